//! `synth`: synthetic worlds as CSV.

use crate::presets::Name;
use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use underglass_engine::application::FormValue;
use underglass_engine::population::World;
use underglass_engine::population::auto::Shock;
use underglass_engine::units::Probability;

/// Make a synthetic world with a known truth.
#[derive(Subcommand)]
pub(crate) enum Synth {
    /// Loan applications with their outcome.
    Applications(Applications),
}

/// Loan applications with their outcome.
#[derive(Args)]
pub(crate) struct Applications {
    /// The lending book.
    #[arg(long, value_enum, default_value_t = Name::Auto)]
    book: Name,
    /// How many applications.
    #[arg(long)]
    rows: u64,
    /// The same seed gives the same rows, in any number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A JSON file of shocks, such as {"income_factor": 0.9}; absent members are unshocked. The book auto only.
    #[arg(long)]
    shock: Option<PathBuf>,
    /// Add the column `true_pd`, the probability with which `bad` was drawn.
    #[arg(long)]
    truth: bool,
    /// The CSV file to write; - is standard output.
    #[arg(long)]
    out: PathBuf,
}

impl Synth {
    pub(crate) fn run(self) -> Done {
        let Synth::Applications(asked) = self;
        let world = asked.book.preset().world;
        let shock: Option<Shock> = match &asked.shock {
            Some(path) if world == World::Auto => serde_json::from_slice(&files::read(path)?)
                .map(Some)
                .map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?,
            Some(_) => return Err(Fault::Usage("--shock: only the book auto can be shocked".to_owned())),
            None => None,
        };
        let mut names: Vec<String> = world.inputs().into_iter().map(|input| input.name).collect();
        names.push("bad".to_owned());
        names.extend(asked.truth.then(|| "true_pd".to_owned()));
        let mut csv = names.join(",") + "\n";
        let mut bad = 0_u64;
        for row in 0..asked.rows {
            let applicant = match &shock {
                Some(shock) => World::shocked(asked.seed, row, shock),
                None => world.applicant(asked.seed, row),
            };
            bad += u64::from(applicant.bad);
            for value in &applicant.values {
                match value {
                    FormValue::Number(number) => write!(csv, "{number},").ok(),
                    FormValue::Text(text) => write!(csv, "{},", files::cell(text)).ok(),
                    FormValue::Missing | FormValue::Other(_) => write!(csv, ",").ok(),
                };
            }
            csv.push(if applicant.bad { '1' } else { '0' });
            if asked.truth {
                write!(csv, ",{}", Probability::from_log_odds(applicant.true_log_odds).value()).ok();
            }
            csv.push('\n');
        }
        files::write(&asked.out, csv.as_bytes())?;
        let line = format!("{}: {} applications, {bad} bad", asked.out.display(), asked.rows);
        let lines = if asked.out == *"-" { Vec::new() } else { vec![line] };
        Ok(Report::new(lines, json!({ "rows": asked.rows, "bad": bad, "seed": asked.seed.to_string() })))
    }
}

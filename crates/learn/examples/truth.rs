//! How near a model comes to the known truth of the synthetic auto world, on fresh applicants, for three seeds.
//!
//! `cargo run --release -p underglass-learn --example truth -- [rows=30000] [setting=value …]`. Prints the AUC of the learned
//! and of the true probability, the mean absolute error in log-odds, and how often the model's 90 % interval covers the
//! true probability (bars: AUC within 0.005, coverage at least 80 %).
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]

use std::error::Error;
use underglass_engine::application::{FormValue, Input, Permitted, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::metrics;
use underglass_engine::population::Applicant;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::table::Table;
use underglass_engine::units::Probability;
use underglass_learn::boost::Settings;
use underglass_learn::plan::Columns;
use underglass_learn::{Plan, train};

const FRESH: u64 = 60_000;
const SEEDS: [u64; 3] = [2026, 2028, 2030];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rows, mut settings) = (30_000, Settings::default());
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').ok_or("name=value")?;
        let value: f64 = value.parse()?;
        match name {
            "rows" => rows = value as u64,
            _ => settings = settings.with(name, value).ok_or_else(|| format!("no setting {name}"))?,
        }
    }
    println!(
        "{:>6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6}",
        "seed", "rows", "AUC", "of truth", "short by", "|error|", "coverage", "trees"
    );
    let mut sums = [0.0; 5];
    for seed in SEEDS {
        let columns = Columns::Given { inputs: auto::inputs(), features: auto::features() };
        let plan = Plan { columns, settings, seed, positive: Some("1".to_owned()), ..Plan::new("bad") };
        let trained = train(&world(seed, rows)?, plan)?;
        let figures = against_truth(&trained.model, seed + 1)?;
        let [learned, truth, error, coverage] = figures;
        let trees = trained.model.file().lineage.parameters["grown_trees"];
        println!(
            "{seed:>6} {rows:>6} {learned:8.4} {truth:8.4} {:8.4} {error:8.4} {coverage:9.3} {trees:6}",
            truth - learned
        );
        sums.iter_mut().zip(figures.into_iter().chain([trees as f64])).for_each(|(sum, figure)| *sum += figure / 3.0);
    }
    let [learned, truth, error, coverage, trees] = sums;
    println!(
        "{:>6} {rows:>6} {learned:8.4} {truth:8.4} {:8.4} {error:8.4} {coverage:9.3} {trees:6.0}",
        "mean",
        truth - learned
    );
    Ok(())
}

/// Applicants as a table with the column `bad`.
fn world(seed: u64, rows: u64) -> Result<Table, Box<dyn Error>> {
    let names = auto::inputs().into_iter().map(|input| input.name).chain(["bad".to_owned()]).collect();
    let cells = (0..rows).map(|row| {
        let Applicant { values, bad, .. } = auto::applicant(seed, row, &Shock::default());
        let text = |value| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text,
            FormValue::Missing | FormValue::Other(_) => String::new(),
        };
        values.into_iter().map(text).chain([u8::from(bad).to_string()]).collect::<Vec<_>>()
    });
    Ok(Table::from_rows(names, cells)?)
}

/// AUC learned, AUC of the truth, mean absolute error in log-odds, coverage of the 90 % interval.
fn against_truth(model: &Model, seed: u64) -> Result<[f64; 4], Box<dyn Error>> {
    let inputs = model.schema().inputs();
    let (mut learned, mut truth, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    let (mut error, mut covered) = (0.0, 0_u64);
    for row in 0..FRESH {
        let applicant = auto::applicant(seed, row, &Shock::default());
        let kept = |(input, value): (&Input, FormValue)| match input.permitted {
            Permitted::AuditOnly => FormValue::Missing,
            _ => value,
        };
        let features = model.schema().features_of(&check_row(inputs, inputs.iter().zip(applicant.values).map(kept))?);
        let (z, true_z) = (model.log_odds(&features), applicant.true_log_odds);
        // Points are affine in log-odds: the interval covers one where it covers the other.
        let (raw, true_raw) = (model.scale().raw(z), model.scale().raw(true_z));
        error += (z.0 - true_z.0).abs();
        covered += u64::from((raw - true_raw).abs() <= 1.645 * model.spread_at(raw));
        learned.push(Probability::from_log_odds(z).value());
        truth.push(Probability::from_log_odds(true_z).value());
        bad.push(applicant.bad);
    }
    Ok([
        metrics::auc(&learned, &bad, None),
        metrics::auc(&truth, &bad, None),
        error / FRESH as f64,
        covered as f64 / FRESH as f64,
    ])
}

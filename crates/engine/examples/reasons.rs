//! Whether the reasons of declines hold what they promise.
//!
//! `cargo run --release -p underglass-engine --example reasons -- FOLDER`, a folder with the artifacts of a book named
//! `auto`. Ten thousand declines of synthetic applicants.
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]

use std::error::Error;
use std::path::Path;
use underglass_engine::Engine;
use underglass_engine::application::{Application, FormValue, Permitted, check_row};
use underglass_engine::decision::Outcome;
use underglass_engine::faithful::{NOISE, measure};
use underglass_engine::load::Files;
use underglass_engine::population::auto::{self, Shock};

const DECLINES: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder of the artifacts")?;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name));
    let [artifact, policy, pricing, reasons] =
        [read("risk-auto.json")?, read("policy-auto.json")?, read("pricing-auto.json")?, read("reasons-auto.json")?];
    let files = Files { artifact: &artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: Some(&reasons) };
    let engine = Engine::load(files)?;
    let as_of = engine.model.file().lineage.as_of;

    // A seed that no model was trained on.
    let applicant = |row| -> Result<Application, Box<dyn Error>> {
        let values = auto::applicant(2026, row, &Shock::default()).values.into_iter();
        let given = engine
            .inputs()
            .iter()
            .zip(values)
            .map(|(input, value)| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value });
        Ok(check_row(engine.inputs(), given)?)
    };
    let mut declined = Vec::new();
    for row in 0.. {
        let application = applicant(row)?;
        if engine.outcome(&application, as_of).0 == Outcome::Decline {
            declined.push(application);
        }
        if declined.len() == DECLINES {
            println!("{DECLINES} declines of {} applicants", row + 1);
            break;
        }
    }
    let found = measure(&engine, &declined, as_of, 1).ok_or("the model has no population to be explained against")?;
    let share = |part: u64, of: u64| format!("{part:>6} of {of} ({:.2} %)", 100.0 * part as f64 / of as f64);
    println!("declined by score                             {}", share(found.by_score, found.declines));
    println!("without one to four reasons                   {}", share(found.miscounted, found.declines));
    println!("reasons false in direction, against reference {}", share(found.false_direction, found.citations));
    println!("reasons false in direction, at the medians    {}", share(found.false_at_median, found.citations));
    println!("reasons that are usual at the medians         {}", share(found.usual, found.citations));
    println!("notices that omit a larger factor             {}", share(found.omits_larger, found.by_score));
    println!("sufficient: cited set to reference, no decline {}", share(found.sufficient, found.by_score));
    println!("            and even approved                 {}", share(found.sufficient_to_approve, found.by_score));
    println!("top-4 Jaccard under {} noise: {:.4}", NOISE, found.stability().unwrap_or(f64::NAN));
    Ok(())
}

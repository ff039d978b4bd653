//! Five-fold AUC and log-loss of the default settings on real data sets, beside the boosted reference learners.
//!
//! `cargo run --release -p underglass-learn --example folds -- [SET,SET] [learner=auto] [setting=value …]`. The folder with the data and
//! `baselines.json` is `UNDERGLASS_DATA`, else `../shared/data`. A set whose file is absent is skipped.
#![expect(clippy::print_stdout, reason = "a table on the terminal is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long training takes")]

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;
use underglass_engine::application::{FormValue, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::metrics;
use underglass_engine::table::Table;
use underglass_engine::units::Probability;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Learner, Permit};
use underglass_learn::{Plan, labels, train};

struct Set {
    name: &'static str,
    file: &'static str,
    target: &'static str,
    positive: &'static str,
    drop: &'static [&'static str],
}

const SETS: [Set; 7] = [
    Set { name: "german", file: "germancredit.csv", target: "creditability", positive: "bad", drop: &[] },
    Set { name: "hmda_boston", file: "AER_HMDA_boston.csv", target: "deny", positive: "yes", drop: &["rownames"] },
    Set {
        name: "credit_modeldata",
        file: "modeldata_credit_data.csv",
        target: "Status",
        positive: "bad",
        drop: &["rownames"],
    },
    Set {
        name: "taiwan_default",
        file: "UCI_Credit_Card.csv",
        target: "default.payment.next.month",
        positive: "1",
        drop: &["ID"],
    },
    Set { name: "bank_full_no_duration", file: "bank-full.csv", target: "y", positive: "yes", drop: &["duration"] },
    Set { name: "gmsc", file: "cs-training.csv", target: "SeriousDlqin2yrs", positive: "1", drop: &["column_1"] },
    Set {
        name: "nannyml_car_loan_ref",
        file: "nannyml_synthetic_car_loan_reference.csv",
        target: "repaid",
        positive: "1",
        drop: &["id", "timestamp", "y_pred", "y_pred_proba"],
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var_os("UNDERGLASS_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (knobs, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| argument.contains('='));
    let (learners, knobs): (Vec<&String>, Vec<&String>) = knobs.iter().partition(|knob| knob.starts_with("learner="));
    let learner = learners.first().map_or(Ok(Learner::Symmetric), |knob| knob["learner=".len()..].parse())?;
    let settings = settings(&knobs)?;
    let wanted = |name: &str| names.is_empty() || names.iter().any(|list| list.split(',').any(|wanted| wanted == name));
    println!(
        "{:24} {:>7} {:>7} {:>8} {:>8} {:>8} {:>7}  learners",
        "set", "AUC", "bar", "log-loss", "bar", "own AUC", "s"
    );
    for set in SETS.iter().filter(|set| wanted(set.name)) {
        let path = folder.join(format!("{}.gz", set.file));
        if path.exists() {
            measure(set, &folder, learner, settings)?;
        } else {
            println!("{:24} skipped: {} is absent", set.name, path.display());
        }
    }
    Ok(())
}

fn settings(knobs: &[&String]) -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings::default();
    for knob in knobs {
        let (name, value) = knob.split_once('=').ok_or("name=value")?;
        let value: f64 = value.parse()?;
        settings = settings.with(name, value).ok_or_else(|| format!("no setting {name}"))?;
    }
    Ok(settings)
}

fn measure(set: &Set, folder: &Path, learner: Learner, settings: Settings) -> Result<(), Box<dyn Error>> {
    let all = Table::from_csv(&unpacked(&folder.join(format!("{}.gz", set.file)))?)?;
    let folds = unpacked(&folder.join("folds").join(format!("{}.txt.gz", set.name)))?;
    let (mut auc, mut loss, mut own, mut chosen, mut seconds) = (0.0, 0.0, 0.0, Vec::new(), 0.0);
    for fold in b'0'..=b'4' {
        let rows = |keep: &dyn Fn(u8) -> bool| {
            let cells = |row| (0..all.names().len()).map(|column| all.cell(row, column)).collect::<Vec<_>>();
            Table::from_rows(all.names().to_vec(), (0..all.n_rows()).filter(|row| keep(folds[*row])).map(cells))
        };
        let (training, test) = (rows(&|of| of != fold && of != b'.')?, rows(&|of| of == fold)?);
        let drop = set.drop.iter().map(|name| (*name).to_owned()).collect();
        let plan = Plan {
            positive: Some(set.positive.to_owned()),
            columns: Columns::Inferred { drop, permit: Permit::All },
            learner,
            settings,
            ..Plan::new(set.target)
        };
        let started = Instant::now();
        let trained = train(&training, plan)?;
        seconds += started.elapsed().as_secs_f64();
        let bad = labels::read(&test, set.target, Some(set.positive))?.bad;
        let pd = score(&trained.model, &test)?;
        auc += metrics::auc(&pd, &bad, None) / 5.0;
        loss += metrics::log_loss(&pd, &bad, None) / 5.0;
        own += trained.model.metrics().expect("measured").auc.value / 5.0;
        chosen.push(trained.model.file().lineage.learner.clone());
    }
    let (auc_bar, loss_bar) = bars(&folder.join("baselines.json"), set.name, learner)?;
    let short = auc < auc_bar || loss > loss_bar;
    println!(
        "{:24} {auc:7.4} {auc_bar:7.4} {loss:8.4} {loss_bar:8.4} {own:8.4} {seconds:7.1}  {}{}",
        set.name,
        chosen.join(", "),
        if short { "  SHORT" } else { "" }
    );
    Ok(())
}

/// Probability of bad of every row.
fn score(model: &Model, table: &Table) -> Result<Vec<f64>, Box<dyn Error>> {
    let inputs = model.schema().inputs();
    let columns: Vec<Option<usize>> = inputs.iter().map(|input| table.column(&input.name)).collect();
    (0..table.n_rows())
        .map(|row| {
            let cells = inputs.iter().zip(&columns).map(|(input, column)| {
                column.map_or(FormValue::Missing, |column| FormValue::from_cell(table.cell(row, column), &input.kind))
            });
            let features = model.schema().features_of(&check_row(inputs, cells)?);
            Ok(Probability::from_log_odds(model.log_odds(&features)).value())
        })
        .collect()
}

/// Best boosted reference: AUC − 0.001 and log-loss + 0.001; for `auto` best of all references, and 0.002.
fn bars(path: &Path, name: &str, learner: Learner) -> Result<(f64, f64), Box<dyn Error>> {
    let baselines: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let of =
        |learner: &str, figure: &str| baselines["binary"][name]["cv5"][learner][figure].as_f64().unwrap_or(f64::NAN);
    let (learners, slack) = match learner {
        Learner::Auto => (&["xgb", "lgbm", "hgb", "rf", "logreg"][..], 0.002),
        _ => (&["xgb", "lgbm", "hgb"][..], 0.001),
    };
    let auc = learners.iter().map(|learner| of(learner, "auc")).fold(f64::NAN, f64::max);
    let loss = learners.iter().map(|learner| of(learner, "logloss")).fold(f64::NAN, f64::min);
    Ok((auc - slack, loss + slack))
}

fn unpacked(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(&std::fs::read(path)?[..]).read_to_end(&mut bytes)?;
    Ok(bytes)
}

//! Five-fold AUC and log-loss of the linear model and of a scorecard on real data sets, beside the logistic reference learner.
//!
//! `cargo run --release -p underglass-learn --example linear -- [SET,SET]`. The folder with the data and
//! `baselines.json` is `UNDERGLASS_DATA`, else `../shared/data`. A set whose file is absent is skipped.
#![expect(clippy::print_stdout, reason = "a table on the terminal is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long fitting takes")]

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;
use underglass_engine::application::{FormValue, check_row};
use underglass_engine::features::Schema;
use underglass_engine::metrics;
use underglass_engine::model::linear::Linear;
use underglass_engine::table::Table;
use underglass_engine::units::{LogOdds, Probability};
use underglass_learn::infer::infer;
use underglass_learn::linear::{self, Data, PENALTIES};
use underglass_learn::plan::Permit;
use underglass_learn::woe::card::{self, Scorecard};
use underglass_learn::{fold, labels, prepare, rows};

/// Folds within the training rows, on which the penalty is chosen.
const INNER_FOLDS: u16 = 5;

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
    let names: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|list| list.split(',').any(|wanted| wanted == name));
    println!(
        "{:24} {:>7} {:>7} {:>7} {:>8} {:>8} {:>8} {:>7}  penalties",
        "set", "AUC", "card", "theirs", "log-loss", "card", "theirs", "s"
    );
    for set in SETS.iter().filter(|set| wanted(set.name)) {
        let path = folder.join(format!("{}.gz", set.file));
        if path.exists() {
            measure(set, &folder)?;
        } else {
            println!("{:24} skipped: {} is absent", set.name, path.display());
        }
    }
    Ok(())
}

fn measure(set: &Set, folder: &Path) -> Result<(), Box<dyn Error>> {
    let all = Table::from_csv(&unpacked(&folder.join(format!("{}.gz", set.file)))?)?;
    let folds = unpacked(&folder.join("folds").join(format!("{}.txt.gz", set.name)))?;
    let (mut auc, mut loss, mut l2, mut seconds) = ([0.0; 2], [0.0; 2], Vec::new(), 0.0);
    for fold in b'0'..=b'4' {
        let rows = |keep: &dyn Fn(u8) -> bool| {
            let cells = |row| (0..all.names().len()).map(|column| all.cell(row, column)).collect::<Vec<_>>();
            Table::from_rows(all.names().to_vec(), (0..all.n_rows()).filter(|row| keep(folds[*row])).map(cells))
        };
        let (training, test) = (rows(&|of| of != fold && of != b'.')?, rows(&|of| of == fold)?);
        let started = Instant::now();
        let fitted = fit(set, &training)?;
        seconds += started.elapsed().as_secs_f64();
        l2.push(fitted.l2);
        let bad = labels::read(&test, set.target, Some(set.positive))?.bad;
        for (model, pd) in score(&fitted, &test)?.iter().enumerate() {
            auc[model] += metrics::auc(pd, &bad, None) / 5.0;
            loss[model] += metrics::log_loss(pd, &bad, None) / 5.0;
        }
    }
    let baselines: Value = serde_json::from_slice(&std::fs::read(folder.join("baselines.json"))?)?;
    let theirs = |figure: &str| baselines["binary"][set.name]["cv5"]["logreg"][figure].as_f64().unwrap_or(f64::NAN);
    println!(
        "{:24} {:7.4} {:7.4} {:7.4} {:8.4} {:8.4} {:8.4} {seconds:7.1}  {l2:?}",
        set.name,
        auc[0],
        auc[1],
        theirs("auc"),
        loss[0],
        loss[1],
        theirs("logloss"),
    );
    Ok(())
}

struct Fitted {
    schema: Schema,
    linear: Linear,
    l2: f64,
    card: Scorecard,
}

fn fit(set: &Set, table: &Table) -> Result<Fitted, Box<dyn Error>> {
    let drop: Vec<String> = set.drop.iter().map(|name| (*name).to_owned()).collect();
    let inferred = infer(table, set.target, &drop, &Permit::All);
    let bad = labels::read(table, set.target, Some(set.positive))?.bad;
    let rows = rows::read(table, inferred.inputs, inferred.features)?;
    let columns = rows.columns.clone();
    let folds = fold::stratified(&bad, INNER_FOLDS, 0);
    let prepared = prepare::prepare(rows, &bad, &folds, 0);
    let (inputs, features) = (prepared.schema.inputs().to_vec(), prepared.features);
    let values = linear::values(&features, &columns);
    let data = Data { features: &features, values: &values, bad: &bad, weight: None };
    let l2 = linear::choose(&data, &folds, &PENALTIES)?.l2;
    let every: Vec<usize> = (0..bad.len()).collect();
    let linear = linear::fit(&data, &every, l2)?.model;
    let card = card::fit(&features, &values, &bad, &card::Settings::default())?;
    Ok(Fitted { schema: Schema::new(inputs, features)?, linear, l2, card })
}

/// Probability of bad of every row: of the linear model and of the scorecard.
fn score(fitted: &Fitted, table: &Table) -> Result<[Vec<f64>; 2], Box<dyn Error>> {
    let Fitted { schema, linear, card, .. } = fitted;
    let inputs = schema.inputs();
    let columns: Vec<Option<usize>> = inputs.iter().map(|input| table.column(&input.name)).collect();
    let mut margins = Vec::with_capacity(table.n_rows());
    let mut values = vec![Vec::with_capacity(table.n_rows()); schema.features().len()];
    for row in 0..table.n_rows() {
        let cells = inputs.iter().zip(&columns).map(|(input, column)| {
            column.map_or(FormValue::Missing, |column| FormValue::from_cell(table.cell(row, column), &input.kind))
        });
        let features = schema.features_of(&check_row(inputs, cells)?).0;
        values.iter_mut().zip(&features).for_each(|(values, value)| values.push(*value));
        margins.push(linear.margin(features));
    }
    let pd = |margin: &f64| Probability::from_log_odds(LogOdds(*margin)).value();
    let of_card = card.margins(schema.features(), &values);
    Ok([margins.iter().map(pd).collect(), of_card.iter().map(pd).collect()])
}

fn unpacked(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(&std::fs::read(path)?[..]).read_to_end(&mut bytes)?;
    Ok(bytes)
}

//! The cheapest change of a row that is approved, against looking everywhere.

use crate::Report;
use crate::trees::{parts, vector};
use crate::values::{cases, number, numbers};
use serde_json::Value;
use underglass_engine::features::FeatureVector;
use underglass_engine::import::xgboost;
use underglass_engine::model::Ensemble;
use underglass_engine::paths::{Certificate, FeatureAxis, RowSearch};

/// Approved when the margin is at most this: a probability of one half.
const MOST_MARGIN: f64 = 0.0;
const INCOME: usize = 0;
const AGE: usize = 3;
const DELINQUENCIES: usize = 4;

/// A case is a line with the length of `expected.json`, that file, and the model's file.
pub(crate) fn case(bytes: &[u8], report: &mut Report) {
    let Some((expected, model)) = parts(bytes) else {
        return report.failures.push("expected a length, the expected answers and the model".to_owned());
    };
    let ensemble = match xgboost::read(model) {
        Ok(import) => import.ensemble,
        Err(error) => return report.failures.push(error.to_string()),
    };
    let tolerance = number(&expected["tolerance"]["cost_abs"]).unwrap_or(0.0);
    for (index, case) in cases(&expected).iter().enumerate() {
        one(&format!("case {index}"), case, &expected, &ensemble, tolerance, report);
    }
}

fn one(name: &str, case: &Value, file: &Value, ensemble: &Ensemble, tolerance: f64, report: &mut Report) {
    let (row, expected) = (vector(&case["row"]), &case["expected"]);
    let of = |member: &str| number(&expected[member]).unwrap_or(f64::NAN);
    report.number(&format!("{name}: margin"), ensemble.margin(&row), of("margin_original"), tolerance);
    let mut search = RowSearch::new(ensemble, &row, axes(&row, case["policy"] == "B", file), MOST_MARGIN);
    while !search.step(ensemble, 64) {}
    let certificate = if expected["feasible"] == true { Certificate::Optimal } else { Certificate::Impossible };
    report.text(
        &format!("{name}: certificate"),
        Some(&format!("{:?}", search.certificate())),
        Some(&format!("{certificate:?}")),
    );
    if let Some((row, cost)) = search.found() {
        report.number(&format!("{name}: cost"), cost, of("min_weighted_l1"), tolerance);
        report.text(
            &format!("{name}: approved"),
            Some(&(ensemble.margin(&row) <= MOST_MARGIN).to_string()),
            Some("true"),
        );
    }
}

/// Income may rise and is the only one that may not fall, age stays, delinquencies stay or, if they may, fall by whole numbers.
/// Anything else enters the cells between thresholds: upward at the threshold, downward just below it, in single precision.
fn axes(row: &FeatureVector, delinquencies_fall: bool, file: &Value) -> Vec<FeatureAxis> {
    let scale = numbers(&file["scale"]);
    let mut axes = Vec::new();
    for (feature, value) in row.0.iter().enumerate().filter(|(feature, _)| *feature != AGE) {
        let Some(value) = *value else { continue };
        let priced = |place: f64| (place, (place - value).abs() / scale[feature]);
        if feature == DELINQUENCIES {
            let places = (1..=value as u32).map(|fewer| priced(value - f64::from(fewer)));
            axes.extend(delinquencies_fall.then(|| FeatureAxis { feature, places: places.collect() }));
            continue;
        }
        let thresholds = numbers(&file["thresholds_float32"][feature.to_string()]);
        let (below, above): (Vec<f64>, Vec<f64>) = thresholds.into_iter().partition(|threshold| *threshold <= value);
        axes.push(FeatureAxis { feature, places: above.into_iter().map(priced).collect() });
        if feature != INCOME {
            let under = |threshold: f64| f64::from((threshold as f32).next_down());
            axes.push(FeatureAxis { feature, places: below.into_iter().rev().map(|at| priced(under(at))).collect() });
        }
    }
    axes
}

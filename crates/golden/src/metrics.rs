//! Figures of merit of a classifier.

use crate::Report;
use crate::values::{cases, number, numbers};
use serde_json::Value;
use underglass_engine::metrics;

pub(crate) fn classification(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["default_abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let bad: Vec<bool> = numbers(&case["input"]["y_true"]).into_iter().map(|y| y == 1.0).collect();
        let score = numbers(&case["input"]["score"]);
        let weight = case["input"]["weight"].as_array().map(|_| numbers(&case["input"]["weight"]));
        let weight = weight.as_deref();
        let found = [
            ("roc_auc", metrics::auc(&score, &bad, weight)),
            ("gini", metrics::gini(&score, &bad, weight)),
            ("ks", metrics::ks(&score, &bad, weight)),
            ("log_loss", metrics::log_loss(&score, &bad, weight)),
            ("brier", metrics::brier(&score, &bad, weight)),
        ];
        for (name, found) in found {
            // `null` means that the figure is not defined for the case, such as a log-loss of points.
            if let Some(expected) = number(&case["expected"][name]) {
                report.number(&format!("{} of {}", name, case["name"]), found, expected, tolerance);
            }
        }
    }
}

//! Expected answers of the field's reference libraries against engine and trainer.
//!
//! [`check`] is the one judge: native tests and the browser run call the same function with a file's bytes.

mod calibration;
mod counterfactual;
mod csv;
mod metrics;
mod pricing;
mod scorecard;
mod segmentation;
mod trees;
mod values;

use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;

/// What a file's cases came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Comparisons made.
    pub cases: usize,
    /// Largest absolute difference.
    pub max_diff: f64,
    /// Cases beyond their tolerance, in words.
    pub failures: Vec<String>,
}

impl Report {
    /// Compares one number; both NaN is equal.
    fn number(&mut self, name: &str, found: f64, expected: f64, tolerance: f64) {
        self.cases += 1;
        if found.is_nan() && expected.is_nan() {
            return;
        }
        let diff = (found - expected).abs();
        if diff > self.max_diff {
            self.max_diff = diff;
        }
        // A NaN on one side fails here too.
        if diff.is_nan() || diff > tolerance {
            self.failures.push(format!("{name}: found {found}, expected {expected} ± {tolerance}"));
        }
    }

    /// Compares a list with a list of numbers in the file, length first.
    fn list(&mut self, name: &str, found: &[f64], expected: &Value, tolerance: f64) {
        let expected = values::numbers(expected);
        self.equal(&format!("{name}: length"), found.len() as i64, expected.len() as i64);
        for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
            self.number(&format!("{name} [{at}]"), *found, expected, tolerance);
        }
    }

    /// Compares whole numbers.
    fn equal(&mut self, name: &str, found: i64, expected: i64) {
        self.number(name, found as f64, expected as f64, 0.0);
    }

    /// Compares texts.
    fn text(&mut self, name: &str, found: Option<&str>, expected: Option<&str>) {
        self.cases += 1;
        if found != expected {
            self.failures.push(format!("{name}: found {found:?}, expected {expected:?}"));
        }
    }
}

/// The files that engine and trainer answer for, as folder and file name without extension.
pub const KINDS: [(&str, &str); 9] = [
    ("metrics", "beta_calibration"),
    ("metrics", "classification_metrics"),
    ("metrics", "isotonic"),
    ("metrics", "platt"),
    ("pricing", "amortisation"),
    ("pricing", "apr"),
    ("scorecard", "pdo_scaling"),
    ("scorecard", "woe_iv"),
    ("segmentation", "kmeans_scaling_encoding"),
];

/// Checks one file. `None` when nothing answers for its kind and name.
pub fn check(kind: &str, name: &str, bytes: &[u8]) -> Option<Report> {
    if kind == "csv" {
        let mut report = Report::default();
        csv::case(bytes, &mut report);
        return Some(report);
    }
    if kind == "counterfactual" && name == "model.json" {
        let mut report = Report::default();
        counterfactual::case(bytes, &mut report);
        return Some(report);
    }
    if kind == "trees" {
        let mut report = Report::default();
        trees::case(name, bytes, &mut report);
        return Some(report);
    }
    let judge: fn(&Value, &mut Report) = match (kind, name) {
        ("metrics", "beta_calibration") => calibration::beta,
        ("metrics", "classification_metrics") => metrics::classification,
        ("metrics", "isotonic") => calibration::isotonic,
        ("metrics", "platt") => calibration::platt,
        ("pricing", "amortisation") => pricing::amortisation,
        ("pricing", "apr") => pricing::apr,
        ("scorecard", "pdo_scaling") => scorecard::pdo_scaling,
        ("scorecard", "woe_iv") => scorecard::woe_iv,
        ("segmentation", "kmeans_scaling_encoding") => segmentation::kmeans_scaling_encoding,
        _ => return None,
    };
    let mut report = Report::default();
    match serde_json::from_slice::<Value>(bytes) {
        Ok(file) => judge(&file, &mut report),
        Err(error) => report.failures.push(format!("not JSON: {error}")),
    }
    if report.cases == 0 {
        report.failures.push("no case ran".to_owned());
    }
    Some(report)
}

/// The same for a browser: a line of text, or an exception with every failure.
///
/// # Errors
/// The failures, one a line.
#[wasm_bindgen]
pub fn judge(kind: &str, name: &str, bytes: &[u8]) -> Result<Option<String>, String> {
    match check(kind, name, bytes) {
        None => Ok(None),
        Some(report) if report.failures.is_empty() => Ok(Some(line(kind, name, &report))),
        Some(report) => Err(report.failures.join("\n")),
    }
}

/// One line a file: name, comparisons, largest difference.
pub fn line(kind: &str, name: &str, report: &Report) -> String {
    format!("golden {kind}/{name} cases={} max_diff={:e}", report.cases, report.max_diff)
}

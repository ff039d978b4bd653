//! Models of other libraries: their margins, probabilities and contributions, and the kinds that are refused.

use crate::Report;
use crate::values::{number, numbers};
use serde_json::Value;
use underglass_engine::artifact::{Model, Population};
use underglass_engine::explain::{Explainer, Game};
use underglass_engine::features::FeatureVector;
use underglass_engine::import::{Import, ImportError, lightgbm, onnx, xgboost};
use underglass_engine::model::Ensemble;
use underglass_engine::model::general::Sum;
use underglass_engine::seal::Digest;

/// A case is a line with the length of `expected.json`, that file, and the model's file.
pub(crate) fn case(name: &str, bytes: &[u8], report: &mut Report) {
    let Some((expected, model)) = parts(bytes) else {
        return report.failures.push("expected a length, the expected answers and the model".to_owned());
    };
    let read = match name.rsplit('.').next() {
        Some("json" | "ubj") => xgboost::read,
        Some("txt") => lightgbm::read,
        _ => onnx::read,
    };
    match (classes(&expected) > 1, read(model)) {
        (true, Err(error @ ImportError::Unsupported { .. })) => {
            report.cases += 1;
            if !error.to_string().contains("class") {
                report.failures.push(format!("the refusal names no classes: {error}"));
            }
        }
        (true, Err(error)) => report.failures.push(format!("refused for another reason: {error}")),
        (true, Ok(_)) => report.failures.push("a model of several classes was taken for one of one".to_owned()),
        (false, Err(error)) => report.failures.push(error.to_string()),
        (false, Ok(import)) => supported(import, &expected, model, report),
    }
}

pub(crate) fn parts(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    let length: usize = std::str::from_utf8(&bytes[..line]).ok()?.parse().ok()?;
    let (expected, model) = bytes[line + 1..].split_at_checked(length)?;
    Some((serde_json::from_slice(expected).ok()?, model))
}

/// How many classes the library answers with.
fn classes(file: &Value) -> usize {
    let answers = &file["expected"];
    let first = ["margin", "raw_score"].iter().find_map(|name| answers[name][0].as_array());
    let first = first.or_else(|| answers["onnxruntime_probability"][0].as_array().filter(|row| row.len() > 2));
    first.map_or(1, Vec::len)
}

pub(crate) fn vector(row: &Value) -> FeatureVector {
    let cells = row.as_array().map_or(&[][..], Vec::as_slice);
    FeatureVector(cells.iter().map(|cell| number(cell).filter(|value| !value.is_nan())).collect())
}

fn vectors(rows: &Value) -> Vec<FeatureVector> {
    rows.as_array().map_or(&[][..], Vec::as_slice).iter().map(vector).collect()
}

fn supported(import: Import, file: &Value, bytes: &[u8], report: &mut Report) {
    let single = matches!(&import.ensemble, Ensemble::General(model) if model.sum == Sum::F32);
    // What is judged is a model that was written and read back, probes and all.
    let model = import
        .model_file("golden", Digest::of(bytes))
        .map_err(|error| error.to_string())
        .and_then(|file| Model::new(file).map_err(|error| error.to_string()))
        .and_then(|model| Model::decode(&model.with_probes(7).encode()).map_err(|error| error.to_string()));
    let model = match model {
        Ok((model, _)) => model,
        Err(error) => return report.failures.push(error),
    };
    let rows = vectors(&file["rows"]);
    let tolerance = |name: &str| number(&file["tolerance"][name]).unwrap_or(0.0);
    let answers = &file["expected"];
    // XGBoost's margins are singles, and ours are the same ones; LightGBM's are doubles, likewise.
    for (row, (vector, expected)) in rows.iter().zip(numbers(&answers["margin"])).enumerate() {
        report.number(&format!("margin of row {row}"), model.margin(vector), f64::from(expected as f32), 0.0);
    }
    for (row, (vector, expected)) in rows.iter().zip(numbers(&answers["raw_score"])).enumerate() {
        report.number(&format!("raw score of row {row}"), model.margin(vector), expected, 0.0);
    }
    for (row, (vector, expected)) in rows.iter().zip(numbers(&answers["probability"])).enumerate() {
        let found = if model.decides() { model.probability(vector).value() } else { model.margin(vector) };
        report.number(&format!("probability of row {row}"), found, expected, tolerance("probability_abs"));
    }
    for (row, vector) in rows.iter().enumerate() {
        if let Some(expected) = number(&answers["onnxruntime_probability"][row][1]) {
            let found = model.probability(vector).value();
            report.number(&format!("probability of row {row}"), found, expected, tolerance("onnx_abs"));
        }
    }
    let shap = if single { "shap_abs" } else { "shap_path_dependent_abs" };
    if let Some(explainer) = Explainer::of_library(model.ensemble()) {
        explained(&model, &explainer, &rows, &answers["shap_path_dependent"], "path", tolerance(shap), report);
        interactions(&model, &explainer, &rows, &answers["shap_interactions"], tolerance(shap), report);
    }
    let shap = if single { "shap_abs" } else { "shap_interventional_abs" };
    for (name, tolerance) in [
        ("shap_interventional", tolerance(shap)),
        ("shap_interventional_class1", tolerance(shap)),
        ("linear_shap_interventional", 2e-5),
    ] {
        against_background(&model, &rows, &answers[name], name, tolerance, report);
    }
}

/// Contributions of rows; the last number of a row is the base, or the whole has an expected value.
fn explained(
    model: &Model,
    explainer: &Explainer,
    rows: &[FeatureVector],
    expected: &Value,
    game: &str,
    tolerance: f64,
    report: &mut Report,
) {
    let indices = expected["row_indices"].as_array().map(|_| numbers(&expected["row_indices"]));
    let lists = expected["values"].as_array().map_or(&[][..], Vec::as_slice);
    for (place, list) in lists.iter().enumerate() {
        let row = indices.as_ref().map_or(place, |indices| indices[place] as usize);
        let found = model.explain(explainer, &rows[row]);
        let sum = found.values.iter().fold(found.base, |sum, value| sum + value);
        let rounding = if tolerance > 1e-6 { 1e-5 } else { 1e-9 };
        report.number(&format!("{game}, row {row}: sum"), sum, model.margin(&rows[row]), rounding);
        let last = numbers(list).get(found.values.len()).copied();
        if let Some(expected) = last.or(number(&expected["expected_value"])) {
            report.number(&format!("{game}, row {row}: base"), found.base, expected, tolerance);
        }
        for (at, (found, expected)) in found.values.iter().zip(numbers(list)).enumerate() {
            report.number(&format!("{game}, row {row}, feature {at}"), *found, expected, tolerance);
        }
    }
}

/// Interaction values; the last list of a row and the last number of each list are the base.
fn interactions(
    model: &Model,
    explainer: &Explainer,
    rows: &[FeatureVector],
    expected: &Value,
    tolerance: f64,
    report: &mut Report,
) {
    let indices = numbers(&expected["row_indices"]);
    for (place, lists) in expected["values"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate() {
        let row = &rows[indices.get(place).map_or(place, |index| *index as usize)];
        let (found, n) = (explainer.interactions(model.ensemble(), row), row.0.len());
        for a in 0..n {
            for (b, expected) in numbers(&lists[a]).into_iter().take(n).enumerate() {
                report.number(
                    &format!("interaction of {a} and {b}, row {place}"),
                    found[a * n + b],
                    expected,
                    tolerance,
                );
            }
        }
    }
}

fn against_background(
    model: &Model,
    rows: &[FeatureVector],
    expected: &Value,
    name: &str,
    tolerance: f64,
    report: &mut Report,
) {
    let background = vectors(&expected["background"]);
    if background.is_empty() {
        return;
    }
    let Some(summary) = model.ensemble().interventional_summary(&background) else {
        return report.failures.push(format!("{name}: too deep"));
    };
    let all = Population { from: None, to: None, rows: background.len() as u64, summary };
    let explainer = model.explainer(&all);
    if explainer.game() != Game::Interventional {
        report.failures.push(format!("{name}: found the game {:?}", explainer.game()));
    }
    explained(model, &explainer, rows, expected, name, tolerance, report);
}

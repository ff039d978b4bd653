//! `verify --proofs`: what is proven of a model, as a table.

use crate::report::Report;
use serde_json::json;
use underglass_engine::application::FormValue;
use underglass_engine::artifact::Model;
use underglass_engine::features::Direction;
use underglass_engine::proof::{Answer, Counterexample, FeatureProof, InputProof, Sign, prove};
use underglass_engine::seal::Digest;

/// The proofs of a model; the result says no where a declared direction is refuted or not kept by the trees.
pub(crate) fn report(model: &Model, digest: Digest) -> Report {
    let proofs = prove(model);
    let mut lines =
        vec![format!("{}: the effect on log-odds of bad when an input rises, all others kept", model.file().name)];
    lines.extend(table(&proofs.inputs));
    let kept = |proof: &&FeatureProof| proof.declared != Direction::Free;
    let constrained = proofs.features.iter().filter(kept);
    let broken: Vec<&FeatureProof> = constrained.clone().filter(|proof| !proof.keeps_direction()).collect();
    lines.push(format!(
        "{} of {} declared directions are kept by every tree",
        constrained.clone().count() - broken.len(),
        constrained.count()
    ));
    for proof in &broken {
        lines.push(format!(
            "not kept: {}, declared {}, found {}",
            proof.name,
            direction(proof.declared),
            proof.rising.effect()
        ));
    }
    let refuted = proofs.inputs.iter().any(|proof| proof.keeps_promise() == Some(false));
    let report = Report::new(lines, json!({ "kind": "model", "sha256": digest.to_string(), "proofs": proofs }));
    if refuted || !broken.is_empty() { report.no() } else { report }
}

fn table(proofs: &[InputProof]) -> Vec<String> {
    let rows: Vec<[String; 4]> = proofs
        .iter()
        .map(|proof| {
            [
                proof.name.clone(),
                declared(proof).to_owned(),
                proof.found(),
                proof.missing.map_or("required", Sign::effect).to_owned(),
            ]
        })
        .collect();
    let header = ["input", "declared", "found", "left empty"].map(str::to_owned);
    let width =
        |column: usize| rows.iter().chain([&header]).map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..4).map(width).collect();
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&header)];
    for (row, proof) in rows.iter().zip(proofs) {
        lines.push(line(row));
        if let Answer::Refuted(pairs) = &proof.rising {
            lines.extend(pairs.iter().map(|pair| format!("    {}", evidence(proof, pair))));
        }
    }
    lines
}

/// What the declared directions promise of an input.
fn declared(proof: &InputProof) -> &'static str {
    if proof.declared == Sign::Any { "free" } else { proof.declared.effect() }
}

/// The two values of a counterexample and their log-odds.
fn evidence(proof: &InputProof, pair: &Counterexample) -> String {
    let value = |row: usize| pair.rows[row].0.get(&proof.name).unwrap_or(&FormValue::Missing);
    format!("{} to {}: log-odds {} to {}", value(0), value(1), pair.log_odds[0], pair.log_odds[1])
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Increasing => "increasing",
        Direction::Decreasing => "decreasing",
        Direction::Free => "free",
    }
}

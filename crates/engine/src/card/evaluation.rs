//! An evaluation's report, whatever its members are called: figures become facts, equal objects a table.

use super::{Block, Fact};
use serde_json::Value;

/// The longest list that a card repeats from a report; curves stay in the report.
const MOST_ROWS: usize = 60;

/// What a report says about itself: its own figures, and those of what it evaluated and on what.
pub(super) fn about(report: &Value) -> Vec<Block> {
    let parts = [Some(report), report.get("data"), report.get("evaluation")];
    let facts = parts.into_iter().flatten().flat_map(figures).filter(|(_, fact)| is_known(fact));
    vec![Block::Facts(facts.collect())]
}

/// Whether the rows are those that the model was trained on.
pub(super) fn is_on_training_data(report: &Value) -> bool {
    report.pointer("/evaluation/sample").and_then(Value::as_str) == Some("training")
}

/// Everything that was measured, as headings, facts and tables.
pub(super) fn measured(report: &Value) -> Vec<Block> {
    let results = ["evaluation", "comparison"].iter().filter_map(|name| report.get(name));
    let mut blocks = vec![Block::Text("Intervals beside figures are 95 %.".to_owned())];
    blocks.extend(results.flat_map(inner));
    blocks
}

fn inner(value: &Value) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            _ if scalar(value).is_some() => {}
            Value::Object(_) => {
                blocks.push(Block::Heading(title(name)));
                blocks.push(Block::Facts(figures(value)));
                blocks.extend(inner(value));
            }
            Value::Array(rows) if rows.is_empty() => {}
            Value::Array(rows) if rows.len() > MOST_ROWS => {
                blocks.push(Block::Text(format!("{}: {} entries, in the report itself.", title(name), rows.len())));
            }
            Value::Array(rows) => blocks.push(table(title(name), rows)),
            _ => {}
        }
    }
    blocks
}

/// Equal objects as the rows of a table; their inner objects' members are columns too.
fn table(caption: String, rows: &[Value]) -> Block {
    let rows: Vec<Vec<(String, Fact)>> = rows.iter().map(|row| flat("", row)).collect();
    let names: Vec<&String> = rows.first().into_iter().flatten().map(|(name, _)| name).collect();
    let cell = |row: &[(String, Fact)], name: &String| {
        row.iter().find(|(found, _)| found == name).map_or(Fact::NotMeasured, |(_, fact)| fact.clone())
    };
    Block::Table {
        caption,
        header: names.iter().map(|name| (*name).clone()).collect(),
        rows: rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect()).collect(),
    }
}

fn flat(prefix: &str, value: &Value) -> Vec<(String, Fact)> {
    if let Some(fact) = scalar(value) {
        return vec![(prefix.trim().to_owned(), fact)];
    }
    let members = value.as_object().into_iter().flatten();
    // Texts first: they name the row.
    let mut facts: Vec<_> =
        members.flat_map(|(name, value)| flat(&format!("{prefix} {}", name.replace('_', " ")), value)).collect();
    facts.sort_by_key(|(_, fact)| !matches!(fact, Fact::Text(_)));
    facts
}

/// The figures directly in an object.
fn figures(value: &Value) -> Vec<(String, Fact)> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((title(name), scalar(value)?))).collect()
}

fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn is_known(fact: &Fact) -> bool {
    !matches!(fact, Fact::NotMeasured | Fact::NotStated)
}

/// A single figure of a report: a number, a text, or a value with its interval.
fn scalar(value: &Value) -> Option<Fact> {
    match value {
        Value::Null => Some(Fact::NotMeasured),
        Value::Bool(yes) => Some(Fact::text(if *yes { "yes" } else { "no" })),
        Value::Number(number) => number.as_f64().map(Fact::Number),
        Value::String(text) => Some(Fact::text(text)),
        Value::Object(members)
            if members.len() == 3 && ["value", "low", "high"].iter().all(|end| members.contains_key(*end)) =>
        {
            // A figure that is not defined, such as an AUC of one outcome, is null in JSON.
            Some(serde_json::from_value(value.clone()).map_or(Fact::NotMeasured, Fact::Estimate))
        }
        Value::Object(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Estimate;
    use serde_json::json;

    #[test]
    fn figures_become_facts_and_equal_objects_a_table() {
        let half = json!({ "value": 0.5, "low": 0.25, "high": 0.75 });
        let none = json!({ "value": null, "low": null, "high": null });
        let report = json!({
            "data": { "file": "fresh.csv" },
            "evaluation": {
                "sample": "test",
                "quality": { "rows": 10, "auc": half },
                "segments": [{ "auc": half, "label": "a", "bin": { "n": 3 } }, { "auc": none, "label": "b", "bin": { "n": 7 } }],
                "curve": vec![0.5; 100],
                "groups": [],
            },
        });
        let fact = |name: &str, fact: Fact| (name.to_owned(), fact);
        let half = Fact::Estimate(Estimate { value: 0.5, low: 0.25, high: 0.75 });
        let known = vec![fact("File", Fact::text("fresh.csv")), fact("Sample", Fact::text("test"))];
        assert_eq!(about(&report), [Block::Facts(known)]);
        assert!(!is_on_training_data(&report));
        let row = |label: &str, auc: Fact, n: f64| vec![Fact::text(label), auc, Fact::Number(n)];
        let expected = [
            Block::Text("Intervals beside figures are 95 %.".to_owned()),
            Block::Text("Curve: 100 entries, in the report itself.".to_owned()),
            Block::Heading("Quality".to_owned()),
            Block::Facts(vec![fact("Auc", half.clone()), fact("Rows", Fact::Number(10.0))]),
            Block::Table {
                caption: "Segments".to_owned(),
                header: ["label", "auc", "bin n"].map(str::to_owned).into(),
                rows: vec![row("a", half, 3.0), row("b", Fact::NotMeasured, 7.0)],
            },
        ];
        assert_eq!(measured(&report), expected);
    }
}

//! An evaluation's report, whatever its members are called: figures become facts, equal objects a table.

use super::{Block, Fact};
use serde_json::Value;

/// The longest list that a card repeats from a report; curves stay in the report.
const MOST_ROWS: usize = 60;

/// The figures at the top of a report.
pub(super) fn figures(report: &Value) -> Block {
    let members = report.as_object().into_iter().flatten();
    Block::Facts(members.filter_map(|(name, value)| Some((name.replace('_', " "), scalar(value)?))).collect())
}

/// Everything in a report that is no scalar, as headings, facts and tables.
pub(super) fn measured(report: &Value) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (name, value) in report.as_object().into_iter().flatten() {
        let title = name.replace('_', " ");
        match value {
            _ if scalar(value).is_some() => {}
            Value::Object(_) => {
                blocks.push(Block::Heading(title));
                blocks.push(figures(value));
                blocks.extend(measured(value));
            }
            Value::Array(rows) if rows.len() > MOST_ROWS => {
                blocks.push(Block::Text(format!("{title}: {} entries, in the report itself.", rows.len())));
            }
            Value::Array(rows) => blocks.extend(rows_of(title, rows)),
            _ => {}
        }
    }
    blocks
}

fn rows_of(title: String, rows: &[Value]) -> Vec<Block> {
    let Some(Value::Object(first)) = rows.first() else {
        let texts: Vec<String> = rows.iter().filter_map(scalar).map(|fact| fact.to_string()).collect();
        return vec![Block::Facts(vec![(title, Fact::text(texts.join(", ")))])];
    };
    let is_flat = |name: &&String| rows.iter().all(|row| row.get(*name).is_none_or(|value| scalar(value).is_some()));
    let names: Vec<&String> = first.keys().filter(is_flat).collect();
    let cell = |row: &Value, name: &String| row.get(name).and_then(scalar).unwrap_or(Fact::NotMeasured);
    let table = Block::Table {
        caption: title.clone(),
        header: names.iter().map(|name| name.replace('_', " ")).collect(),
        rows: rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect()).collect(),
    };
    let deeper = rows.iter().enumerate().flat_map(|(index, row)| {
        let inner = measured(row);
        let heading = Block::Heading(format!("{title} {}", index + 1));
        if inner.is_empty() { Vec::new() } else { [heading].into_iter().chain(inner).collect() }
    });
    [table].into_iter().chain(deeper).collect()
}

/// A single figure of a report: a number, a text, or a value with its interval.
fn scalar(value: &Value) -> Option<Fact> {
    match value {
        Value::Null => Some(Fact::NotMeasured),
        Value::Bool(yes) => Some(Fact::text(if *yes { "yes" } else { "no" })),
        Value::Number(number) => number.as_f64().map(Fact::Number),
        Value::String(text) => Some(Fact::text(text)),
        Value::Array(_) => None,
        Value::Object(_) => serde_json::from_value(value.clone()).ok().map(Fact::Estimate),
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
        let report = json!({
            "rows": 10,
            "auc": half,
            "by_group": [{ "group": "a", "auc": half, "n": 3 }, { "group": "b", "auc": null, "n": 7 }],
            "curve": vec![0.5; 100],
            "labels": ["x", "y"],
        });
        let half = Fact::Estimate(Estimate { value: 0.5, low: 0.25, high: 0.75 });
        let facts = vec![("auc".to_owned(), half.clone()), ("rows".to_owned(), Fact::Number(10.0))];
        assert_eq!(figures(&report), Block::Facts(facts));
        let row = |group: &str, auc: Fact, n: f64| vec![auc, Fact::text(group), Fact::Number(n)];
        let expected = [
            Block::Table {
                caption: "by group".to_owned(),
                header: ["auc", "group", "n"].map(str::to_owned).into(),
                rows: vec![row("a", half, 3.0), row("b", Fact::NotMeasured, 7.0)],
            },
            Block::Text("curve: 100 entries, in the report itself.".to_owned()),
            Block::Facts(vec![("labels".to_owned(), Fact::text("x, y"))]),
        ];
        assert_eq!(measured(&report), expected);
    }
}

//! Reading CSV: what a good importer makes of a file, sound or broken.
//!
//! A case is a line of JSON, its entry in the folder's manifest, and behind it the bytes of the CSV file.

use crate::Report;
use crate::values::number;
use serde_json::Value;
use underglass_engine::application::{Action, FormValue, Input, InputKind, Permitted, Personal};
use underglass_engine::features::{Direction, Expr, Feature};
use underglass_engine::table::{Fault, Faults, Table};
use underglass_learn::{LearnError, labels, rows};

/// The columns of every file, in the order in which the manifest lists a record.
const COLUMNS: [&str; 5] = ["id", "income", "age", "home", "defaulted"];

pub(crate) fn case(bytes: &[u8], report: &mut Report) {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (entry, csv) = (&bytes[..line], bytes.get(line + 1..).unwrap_or_default());
    let Ok(entry) = serde_json::from_slice::<Value>(entry) else {
        return report.failures.push("the first line is no manifest entry".to_owned());
    };
    match (read(csv), entry["verdict"].as_str()) {
        (Ok(table), Some("accept")) => accepted(&entry, &table, report),
        (Err(faults), Some("reject")) => rejected(&entry, faults.listed(), report),
        (Ok(_), verdict) => report.failures.push(format!("accepted, expected {verdict:?}")),
        (Err(faults), verdict) => report.failures.push(format!("expected {verdict:?}, found {faults}")),
    }
}

/// The manifest's schema: income at least 0, age a whole number from 18 to 120, home a text, defaulted 0 or 1.
fn read(csv: &[u8]) -> Result<Table, Faults> {
    let table = Table::from_csv(csv)?;
    let range = |min, max, whole| InputKind::Number { min, max, step: 1.0, whole };
    let inputs = vec![
        input("income", range(Some(0.0), None, false)),
        input("age", range(Some(18.0), Some(120.0), true)),
        input("home", InputKind::Category { levels: Vec::new() }),
    ];
    let features = inputs.iter().map(feature).collect();
    let faults = |error| match error {
        LearnError::Faults(faults) => faults,
        // One outcome alone is no fault of a file.
        _ => Faults::default(),
    };
    let of_cells = rows::read(&table, inputs, features).err().map_or(Ok(()), |error| faults(error).none());
    let of_labels = labels::read(&table, "defaulted", Some("1")).err().map_or(Ok(()), |error| faults(error).none());
    of_cells.and(of_labels).map(|()| table)
}

fn input(name: &str, kind: InputKind) -> Input {
    Input {
        name: name.to_owned(),
        label: name.to_owned(),
        unit: String::new(),
        kind,
        optional: true,
        permitted: Permitted::Model,
        personal: Personal::None,
        role: None,
        action: Action::IMMUTABLE,
        typical: FormValue::Missing,
    }
}

fn feature(input: &Input) -> Feature {
    Feature {
        name: input.name.clone(),
        label: input.name.clone(),
        from: Expr::Input(input.name.clone()),
        direction: Direction::Free,
        family: input.name.clone(),
        levels: Vec::new(),
        range: None,
        median: None,
    }
}

fn accepted(entry: &Value, table: &Table, report: &mut Report) {
    report.equal("rows", table.n_rows() as i64, entry["rows"].as_i64().unwrap_or(-1));
    if let Some(lines) = entry["physical_lines"].as_i64() {
        report.equal("line of the last record", table.line(table.n_rows() - 1) as i64, lines);
    }
    let cell = |record: usize, column: &str| {
        let column = table.column(column)?;
        (1..=table.n_rows()).contains(&record).then(|| table.cell(record - 1, column))
    };
    for gap in entry["missing"].as_array().into_iter().flatten() {
        let (record, column) = (gap["record"].as_u64().unwrap_or(0) as usize, gap["column"].as_str().unwrap_or(""));
        report.text(&format!("record {record}, {column}"), cell(record, column), Some(""));
    }
    for (name, expected) in entry["parsed"].as_object().into_iter().flatten() {
        let (record, column) = match name.split_once('_').unwrap_or((name, "")) {
            ("first", column) => (1, column),
            ("last", column) => (table.n_rows(), column),
            (_, rest) => rest.split_once('_').map_or((0, ""), |(n, column)| (n.parse().unwrap_or(0), column)),
        };
        if let Some(cells) = expected.as_array() {
            for (column, expected) in COLUMNS.iter().zip(cells) {
                report.text(&format!("{name}, {column}"), cell(record, column), expected.as_str());
            }
        } else if name == "income_sum" {
            let incomes = (1..=table.n_rows()).filter_map(|record| cell(record, "income")?.parse::<f64>().ok());
            let sum = incomes.fold(0.0, |sum, income| sum + income);
            // Twelve significant digits: the order in which the incomes are added is not given.
            report.number(name, sum, number(expected).unwrap_or(f64::NAN), 1e-12 * sum);
        } else if let Some(column) = column.strip_suffix("_code_points") {
            let points = cell(record, column).map_or(-1, |text| text.chars().count() as i64);
            report.equal(name, points, expected.as_i64().unwrap_or(-2));
        } else if let Some(expected) = number(expected) {
            let found = cell(record, column).and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
            report.number(name, found, expected, 0.0);
        } else {
            report.text(name, cell(record, column), expected.as_str());
        }
    }
}

fn rejected(entry: &Value, faults: &[Fault], report: &mut Report) {
    let one = [entry.clone()];
    let expected = entry["errors"].as_array().map_or(&one[..], Vec::as_slice);
    report.equal("faults", faults.len() as i64, expected.len() as i64);
    for (fault, expected) in faults.iter().zip(expected) {
        for (name, found) in [("line", Some(fault.line)), ("record", fault.record)] {
            if let Some(expected) = expected[name].as_i64() {
                report.equal(name, found.map_or(-1, |found| found as i64), expected);
            }
        }
        if let Some(column) = expected["column"].as_str() {
            report.text("column", fault.column.as_deref(), Some(column));
        }
    }
}

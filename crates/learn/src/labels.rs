//! The outcome of each row.

use crate::personal::shown;
use crate::rows;
use crate::train::LearnError;
use std::collections::BTreeMap;
use underglass_engine::table::{Fault, FaultCode, Faults, Table};

/// Labels that an error lists.
const MOST_LISTED: usize = 8;

/// Outcomes and the label that means bad.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    /// Whether each row turned bad.
    pub bad: Vec<bool>,
    /// The label in the data.
    pub positive: String,
    /// Every label with its rows.
    pub labels: BTreeMap<String, u64>,
}

/// Reads the target column. Where the positive label is 0 or 1, every label must be; else every other text is good.
///
/// # Errors
/// [`LearnError::Faults`] with every cell that is no label, [`LearnError::Positive`], [`LearnError::OneOutcome`].
pub fn read(table: &Table, target: &str, positive: Option<&str>) -> Result<Outcomes, LearnError> {
    let column = table.column(target).ok_or_else(|| Faults::from(rows::absent(table, target)))?;
    let mut labels: BTreeMap<String, u64> = BTreeMap::new();
    for cell in table.cells(column) {
        match labels.get_mut(cell) {
            Some(count) => *count += 1,
            None => _ = labels.insert(cell.to_owned(), 1),
        }
    }
    let positive = match positive {
        Some(label) => label.trim().to_owned(),
        None => guess(&labels).ok_or_else(|| refusal(target, &labels))?,
    };
    let is_binary = |label: &str| label.parse::<f64>().is_ok_and(|number| number == 0.0 || number == 1.0);
    let expected = if is_binary(&positive) { "0 or 1" } else { "a label" };
    let mut faults = Faults::default();
    for (row, found) in table.cells(column).enumerate() {
        if found.is_empty() || is_binary(&positive) && !is_binary(found) {
            faults.push(Fault {
                code: FaultCode::Label,
                line: table.line(row),
                record: Some(row + 1),
                column: Some(target.to_owned()),
                found: shown(found),
                expected: expected.to_owned(),
            });
        }
    }
    faults.none()?;
    let bad: Vec<bool> = table.cells(column).map(|cell| is_same(cell, &positive)).collect();
    let bads = bad.iter().filter(|bad| **bad).count();
    if bads == 0 {
        return Err(refusal(target, &labels));
    }
    if bads == bad.len() {
        return Err(LearnError::OneOutcome { column: target.to_owned(), positive });
    }
    Ok(Outcomes { bad, positive, labels })
}

fn refusal(target: &str, labels: &BTreeMap<String, u64>) -> LearnError {
    let found: Vec<String> = labels.keys().take(MOST_LISTED).map(|label| shown(label)).collect();
    let more = if labels.len() > MOST_LISTED { ", …" } else { "" };
    LearnError::Positive { column: target.to_owned(), found: format!("{}{more}", found.join(", ")) }
}

fn is_same(found: &str, label: &str) -> bool {
    found == label || found.parse::<f64>().ok().zip(label.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}

/// The usual name of *it happened* in a pair of labels.
fn guess(labels: &BTreeMap<String, u64>) -> Option<String> {
    let of_pair = |label: &&String| {
        let lower = label.to_lowercase();
        ["yes", "true", "bad", "default"].contains(&lower.as_str()) || is_same(label, "1")
    };
    let mut candidates = labels.keys().filter(of_pair);
    let first = candidates.next().filter(|_| labels.len() <= 2)?;
    candidates.next().is_none().then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(cells: &[&str], positive: Option<&str>) -> Result<Outcomes, LearnError> {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        read(&Table::from_columns(&[("y".to_owned(), cells)]).expect("a table"), "y", positive)
    }

    #[test]
    fn the_usual_pairs_need_no_label() {
        for cells in [["0", "1"], ["no", "yes"], ["good", "bad"], ["False", "True"], ["0.0", "1.0"]] {
            assert_eq!(outcomes(&cells, None).expect("two labels").bad, [false, true], "{cells:?}");
        }
        assert_eq!(outcomes(&["paid", "late", "charged off"], Some("late")).expect("named").bad, [false, true, false]);
    }

    #[test]
    fn every_fault_is_named() {
        assert!(matches!(outcomes(&["a", "b"], None), Err(LearnError::Positive { .. })));
        assert!(matches!(outcomes(&["0", "1"], Some("2")), Err(LearnError::Positive { .. })));
        assert!(matches!(outcomes(&["1", "1"], None), Err(LearnError::OneOutcome { .. })));
        for bad in ["yes", "", "2"] {
            let Err(LearnError::Faults(faults)) = outcomes(&["0", "1", bad, "x"], Some("1")) else { panic!("{bad}") };
            let lines: Vec<usize> = faults.listed().iter().map(|fault| fault.line).collect();
            assert_eq!(lines, [4, 5], "every cell that is no label is named");
        }
    }
}

//! Suspected leakage: columns that know the outcome, because they were recorded after it or made from it.

use crate::bins::Cuts;
use crate::fold::stratified;
use crate::names::{has_words, words};
use crate::profile::{Profile, Shape};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use underglass_engine::metrics::auc;
use underglass_engine::table::Table;

/// A column that alone orders held-out rows better than this is suspected.
pub const MOST_AUC: f64 = 0.95;
/// A contact's duration is known when the contact is over; a loan's orders rows less well than this.
const MOST_AUC_OF_A_DURATION: f64 = 0.75;
/// Rows of each outcome below which nothing is concluded from values.
const FEWEST: usize = 30;
/// Rows that share one value, as a share, for the others to count as an event.
const RARE_EVENT: f64 = 0.8;
/// Share of an event's rows with one and the same outcome from which the event settles the outcome.
const SETTLED: f64 = 0.999;
const FOLDS: u16 = 5;
/// Rows at the overall rate that smooth the rate of a bin.
const PRIOR_ROWS: f64 = 10.0;

/// Why a column is suspected to know the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Leak {
    /// Its name says that it was recorded after the outcome, or that it is a prediction of it.
    Name,
    /// It is the duration of a contact, which is known when the contact is over.
    Duration,
    /// It alone orders held-out rows too well.
    Alone {
        /// Area under the ROC curve, out of fold.
        auc: f64,
    },
    /// Wherever it differs from its usual value, the outcome is the same.
    Settles {
        /// Rows with another than the usual value.
        rows: u64,
    },
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leak::Name => f.write_str("its name says that it is recorded after the outcome or predicts it"),
            Leak::Duration => f.write_str("the duration of a contact is known only when its outcome is"),
            Leak::Alone { auc } => write!(f, "it alone has an AUC of {auc:.3} on held-out rows"),
            Leak::Settles { rows } => write!(f, "the outcome is the same in all {rows} rows without its usual value"),
        }
    }
}

/// Whether a column is suspected to know the outcome; without outcomes its name alone is asked.
pub fn leak(table: &Table, column: usize, profile: &Profile, bad: Option<&[bool]>) -> Option<Leak> {
    let name = words(&table.names()[column]);
    if has_words(&name, &AFTER) && !has_words(&name, &BEFORE) {
        return Some(Leak::Name);
    }
    let about_contacts = |name: &String| has_words(&words(name), &CONTACTS);
    let is_duration = name == ["duration"] || has_words(&name, &["call duration", "call length", "talk time"]);
    if is_duration && (name.len() > 1 || table.names().iter().any(about_contacts)) {
        return Some(Leak::Duration);
    }
    let bad = bad.filter(|bad| {
        let bads = bad.iter().filter(|bad| **bad).count();
        bads.min(bad.len() - bads) >= FEWEST
    })?;
    let codes = codes(table, column, profile)?;
    if let Some(rows) = settles(&codes, bad) {
        return Some(Leak::Settles { rows });
    }
    let auc = auc_alone(&codes, bad);
    if is_duration && auc > MOST_AUC_OF_A_DURATION {
        return Some(Leak::Duration);
    }
    (auc > MOST_AUC).then_some(Leak::Alone { auc })
}

/// Words of names of what is recorded after an outcome, or predicts it.
const AFTER: [&str; 27] = [
    "recoveries",
    "recovery amount",
    "recovery fee",
    "recovered amount",
    "charge off",
    "charged off",
    "chargeoff",
    "chargedoff",
    "write off",
    "writeoff",
    "written off",
    "loan status",
    "default date",
    "date of default",
    "days to default",
    "months to default",
    "time to default",
    "loss given default",
    "paid total",
    "paid principal",
    "paid interest",
    "paid late",
    "total pymnt",
    "out prncp",
    "y pred",
    "y prob",
    "true pd",
];
/// Words that make the same an applicant's history.
const BEFORE: [&str; 13] = [
    "within",
    "prior",
    "previous",
    "prev",
    "past",
    "historical",
    "history",
    "ever",
    "since",
    "num",
    "number",
    "count",
    "bureau",
];
/// Words of the columns of a campaign of calls.
const CONTACTS: [&str; 6] = ["contact", "campaign", "call", "calls", "poutcome", "pdays"];

/// One code a row: the bin of a number, the level of a category, there or not of anything else. Missing has its own.
fn codes(table: &Table, column: usize, profile: &Profile) -> Option<Vec<u16>> {
    let cells = table.cells(column);
    Some(match &profile.shape {
        Shape::Number(numbers) => {
            let cuts = Cuts::of_sorted(&numbers.sorted);
            let code = |cell: &str| cell.parse().map_or(cuts.missing(), |value: f64| cuts.code(value));
            cells.map(|cell| u16::from(code(cell))).collect()
        }
        Shape::Category(levels) => {
            let numbers: BTreeMap<&str, u16> = levels.keys().map(String::as_str).zip(1..).collect();
            cells.map(|cell| numbers.get(cell).copied().unwrap_or(0)).collect()
        }
        Shape::Date(_) | Shape::Text | Shape::Constant(_) if profile.missing > 0 => {
            cells.map(|cell| u16::from(cell.is_empty())).collect()
        }
        _ => return None,
    })
}

/// Rows with another than the usual value, if all of them have the rarer outcome.
fn settles(codes: &[u16], bad: &[bool]) -> Option<u64> {
    let counts = counts(codes, bad, |_| true);
    let total = |count: &[u64; 2]| count[0] + count[1];
    let usual = counts.iter().max_by_key(|count| total(count))?;
    let (rows, bads) = (codes.len() as u64, bad.iter().filter(|bad| **bad).count() as u64);
    let rarer = usize::from(2 * bads < rows);
    let (others, others_of_rarer) = (rows - total(usual), [rows - bads, bads][rarer] - usual[rarer]);
    let usual_enough = total(usual) as f64 >= RARE_EVENT * rows as f64;
    let settled = others_of_rarer as f64 >= SETTLED * others as f64;
    (usual_enough && settled && others >= FEWEST as u64).then_some(others)
}

/// Good and bad rows of each code.
fn counts(codes: &[u16], bad: &[bool], counted: impl Fn(usize) -> bool) -> Vec<[u64; 2]> {
    let mut counts = vec![[0, 0]; codes.iter().max().map_or(0, |most| usize::from(*most) + 1)];
    for row in (0..codes.len()).filter(|row| counted(*row)) {
        counts[usize::from(codes[row])][usize::from(bad[row])] += 1;
    }
    counts
}

/// The AUC of each row's smoothed bad rate among the other folds' rows with its code.
fn auc_alone(codes: &[u16], bad: &[bool]) -> f64 {
    let folds = stratified(bad, FOLDS, 0);
    let rate = bad.iter().filter(|bad| **bad).count() as f64 / bad.len() as f64;
    let mut score = vec![0.0; bad.len()];
    for fold in 0..FOLDS {
        let counts = counts(codes, bad, |row| folds[row] != fold);
        for row in (0..bad.len()).filter(|row| folds[*row] == fold) {
            let [good, bads] = counts[usize::from(codes[row])];
            score[row] = (bads as f64 + PRIOR_ROWS * rate) / ((good + bads) as f64 + PRIOR_ROWS);
        }
    }
    auc(&score, bad, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 rows, a fifth of them bad, and a column that is made from the row and its outcome.
    fn found(names: &[&str], cell: impl Fn(usize, bool) -> String) -> Option<Leak> {
        let bad: Vec<bool> = (0..1000).map(|row| row * 37 % 100 < 20).collect();
        let cells: Vec<String> = bad.iter().enumerate().map(|(row, bad)| cell(row, *bad)).collect();
        let columns: Vec<_> = names.iter().map(|name| ((*name).to_owned(), cells.clone())).collect();
        let table = Table::from_columns(&columns).expect("a table");
        leak(&table, 0, &Profile::of(&table, 0), Some(&bad))
    }

    #[test]
    fn a_column_that_knows_the_outcome_is_suspected() {
        let noise = |row: usize| row * 7919 % 1000;
        assert!(
            matches!(found(&["x"], |row, bad| (noise(row) + 950 * usize::from(bad)).to_string()), Some(Leak::Alone { auc }) if auc > 0.95)
        );
        assert!(matches!(
            found(&["x"], |row, bad| (if bad || row % 50 == 0 { "c" } else { "a" }).to_owned()),
            Some(Leak::Alone { .. })
        ));
        assert_eq!(
            found(&["x"], |row, bad| if bad && row % 3 == 0 { row.to_string() } else { String::new() }),
            Some(Leak::Settles { rows: 66 })
        );
        assert_eq!(found(&["x"], |row, bad| (noise(row) + 300 * usize::from(bad)).to_string()), None);
        assert_eq!(found(&["x"], |row, _| noise(row).to_string()), None);
    }

    #[test]
    fn names_of_what_comes_after_are_suspected() {
        let by_name = |names: &[&str]| found(names, |row, _| (row * 7919 % 1000).to_string());
        for name in ["recoveries", "total_pymnt", "y_pred_proba", "ChargeOffAmount", "paid_late_fees", "loan_status"] {
            assert_eq!(by_name(&[name]), Some(Leak::Name), "{name}");
        }
        for name in ["chargeoff_within_12_mths", "credit_history", "num_historical_failed_to_pay", "status", "PAY_AMT1"]
        {
            assert_eq!(by_name(&[name]), None, "{name}");
        }
        assert_eq!(by_name(&["duration", "contact"]), Some(Leak::Duration));
        assert_eq!(by_name(&["duration", "amount"]), None);
        assert_eq!(by_name(&["duration_in_month", "contact"]), None);
    }
}

//! What columns must be before anything is learned from them.

use ndarray::ArrayView2;

/// Why nothing was learned from columns that are in memory already.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadData {
    /// Two things that have one entry a row differ in length.
    #[error("{found} {what}; expected {expected}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A number that cannot be computed with.
    #[error("row {row}: {what} {found} is out of range; expected {expected}")]
    Number {
        /// What the number is.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// The number.
        found: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// A setting out of range.
    #[error("{what} {found} is out of range; expected {expected}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What was given.
        found: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// Every row has the same outcome, or the rows of one outcome weigh nothing.
    #[error("all rows have one outcome; both are needed")]
    OneOutcome,
    /// Fewer rows than the method needs.
    #[error("{found} {what}; expected at least {least}")]
    TooFew {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
}

/// Refuses a count that is not the expected one.
pub(crate) fn length(what: &'static str, found: usize, expected: usize) -> Result<(), BadData> {
    if found == expected { Ok(()) } else { Err(BadData::Length { what, found, expected }) }
}

/// Refuses numbers outside `[low, high]`, and NaN.
pub(crate) fn within(
    what: &'static str,
    numbers: &[f64],
    (low, high): (f64, f64),
    expected: &'static str,
) -> Result<(), BadData> {
    match numbers.iter().position(|number| !(low..=high).contains(number)) {
        Some(row) => Err(BadData::Number { what, row, found: numbers[row], expected }),
        None => Ok(()),
    }
}

/// Refuses a setting outside `[low, high]`, and NaN.
pub(crate) fn setting(
    what: &'static str,
    found: f64,
    (low, high): (f64, f64),
    expected: &'static str,
) -> Result<(), BadData> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(BadData::Setting { what, found, expected }) }
}

/// Refuses numbers that are not finite.
pub(crate) fn finite(what: &'static str, numbers: &[f64]) -> Result<(), BadData> {
    within(what, numbers, (f64::MIN, f64::MAX), "a finite number")
}

/// Refuses a matrix of rows that holds a number that is not finite.
pub(crate) fn finite_rows(what: &'static str, rows: ArrayView2<'_, f64>) -> Result<(), BadData> {
    match rows.indexed_iter().find(|(_, number)| !number.is_finite()) {
        Some(((row, _), found)) => Err(BadData::Number { what, row, found: *found, expected: "a finite number" }),
        None => Ok(()),
    }
}

/// The weights of so many rows, each 1 where none are given.
pub(crate) fn weights(given: Option<&[f64]>, n_rows: usize) -> Result<Vec<f64>, BadData> {
    let Some(weights) = given else { return Ok(vec![1.0; n_rows]) };
    length("weights", weights.len(), n_rows)?;
    within("weight", weights, (0.0, f64::MAX), "a finite number from 0")?;
    Ok(weights.to_vec())
}

//! How much each row counts: by a column of the data, and by its outcome.

use crate::boost::Weights;
use crate::personal::shown;
use crate::resample;
use crate::rows::absent;
use crate::train::LearnError;
use underglass_engine::table::{Fault, FaultCode, Faults, Table};

/// Whether the two outcomes count by their rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Classes {
    /// They do.
    #[default]
    AsTheyAre,
    /// Each outcome counts half in learning. The calibration takes it back, so that probabilities stay those of the data.
    Balanced,
    /// Rows of the rarer outcome are made up for learning until there are as many as of the other: [`crate::resample::smote`].
    /// No figure counts them, and the calibration takes back what they do to the probabilities.
    MadeUp,
}

/// Weights from a column, one where none is named.
///
/// # Errors
/// [`Faults`]: the column is absent, or a cell is no finite number from 0; every such cell is counted.
pub fn of_column(table: &Table, column: Option<&str>) -> Result<Weights, LearnError> {
    let Some(name) = column else { return Ok(Weights::equal(table.n_rows())) };
    let column = table.column(name).ok_or_else(|| Faults::from(absent(table, name)))?;
    let mut faults = Faults::default();
    let mut weights = Vec::with_capacity(table.n_rows());
    for (row, cell) in table.cells(column).enumerate() {
        match cell.trim().parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0) {
            Some(weight) => weights.push(weight),
            None => faults.push(Fault {
                code: FaultCode::Cell,
                line: table.line(row),
                record: Some(row + 1),
                column: Some(name.to_owned()),
                found: shown(cell),
                expected: "a weight: a finite number from 0".to_owned(),
            }),
        }
    }
    faults.none()?;
    Ok(Weights::new(weights)?)
}

/// The weights with which a model is learned.
///
/// # Errors
/// [`LearnError::Columns`] when one outcome has no row.
pub fn by_outcome(weights: &Weights, bad: &[bool], classes: Classes) -> Result<Weights, LearnError> {
    match classes {
        Classes::AsTheyAre | Classes::MadeUp => Ok(weights.clone()),
        Classes::Balanced => {
            let balanced = resample::balanced(bad)?;
            Ok(Weights::new(
                weights.values().iter().zip(balanced).map(|(weight, of_class)| weight * of_class).collect(),
            )?)
        }
    }
}

//! Many rows at once: scores and contributions of columns, in steps that a host drives.
//!
//! Rows are taken in blocks of [`ROWS`]. A block is compared with a model's thresholds once, which leaves one bit for
//! each row and question; everything else is made of these bits.

mod block;
mod contributions;
mod jobs;
mod lanes;
mod margins;

pub use block::{Block, ROWS};
pub use contributions::{BLOCKS, ShapKernel};
pub use jobs::{Contributions, ExplainJob, ScoreJob, Scores};
pub use margins::Kernel;

use crate::application::{FormValue, InvalidApplication, check_row};
use crate::artifact::Model;

/// Columns of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    /// Feature values, column-major over the schema's features; NaN is missing.
    Features(Vec<f64>),
    /// Inputs by name; inputs without a column are missing.
    Inputs(Vec<(String, Vec<FormValue>)>),
}

/// Why a batch was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BatchError {
    /// A column of the wrong length.
    #[error("column {column:?} has {found} values; expected {expected}")]
    Length {
        /// The column.
        column: String,
        /// Its length.
        found: usize,
        /// The number of rows.
        expected: usize,
    },
    /// A column that the model does not know.
    #[error("column {0:?} is not an input of this model")]
    UnknownColumn(String),
    /// A value that is infinite.
    #[error("row {row}: feature {feature:?} is infinite; expected a finite number or NaN for missing")]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The feature.
        feature: String,
    },
    /// A row that is not an application.
    #[error("row {row}: {errors}")]
    Row {
        /// The row, from 0.
        row: usize,
        /// Every bad field.
        errors: InvalidApplication,
    },
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// Rows of a batch against a model's schema.
#[derive(Clone, Debug)]
struct Rows {
    columns: Columns,
    n_rows: usize,
    /// For input columns: position of each schema input's column.
    positions: Vec<Option<usize>>,
}

impl Rows {
    fn new(model: &Model, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let length = |column: &str, found: usize, expected: usize| {
            if found == expected {
                Ok(())
            } else {
                Err(BatchError::Length { column: column.to_owned(), found, expected })
            }
        };
        let inputs = model.schema().inputs();
        let mut positions = Vec::new();
        match &columns {
            Columns::Features(values) => length("features", values.len(), n_rows * model.schema().features().len())?,
            Columns::Inputs(named) => {
                for (name, values) in named {
                    length(name, values.len(), n_rows)?;
                    if model.schema().input_index(name).is_none() {
                        return Err(BatchError::UnknownColumn(name.clone()));
                    }
                }
                positions = inputs.iter().map(|input| named.iter().position(|(name, _)| *name == input.name)).collect();
            }
        }
        Ok(Self { columns, n_rows, positions })
    }

    /// Fills a block with the rows from `from` on, at most [`ROWS`] of them and none from `to` on.
    fn fill(&self, model: &Model, from: usize, to: usize, block: &mut Block) -> Result<(), BatchError> {
        block.clear(to - from);
        let to = from + block.n_rows();
        match &self.columns {
            Columns::Features(values) => {
                for (index, feature) in model.schema().features().iter().enumerate() {
                    let column = &values[index * self.n_rows..][from..to];
                    let admits = model.schema().admits_infinity(index);
                    let any = !admits && column.iter().fold(false, |any, value| any | value.is_infinite());
                    if let Some(row) = any.then(|| column.iter().position(|value| value.is_infinite())).flatten() {
                        return Err(BatchError::NotFinite { row: from + row, feature: feature.name.clone() });
                    }
                    block.set_column(index, column);
                }
            }
            Columns::Inputs(named) => {
                for row in from..to {
                    let given = self
                        .positions
                        .iter()
                        .map(|position| position.map_or(FormValue::Missing, |at| named[at].1[row].clone()));
                    let application =
                        check_row(model.schema().inputs(), given).map_err(|errors| BatchError::Row { row, errors })?;
                    block.set_row(row - from, &model.schema().features_of(&application));
                }
            }
        }
        Ok(())
    }
}

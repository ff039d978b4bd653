//! Many rows at once: scores and contributions of columns, in steps that a host drives.

use crate::application::{FormValue, InvalidApplication, check_row};
use crate::artifact::Model;
use crate::explain::Explainer;
use crate::features::FeatureVector;
use crate::units::{Points, Probability};

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
    /// An imported model without counts of its training rows and without a reference population.
    #[error("this model has no reference population: import it again with one to explain its scores")]
    NoReference,
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

    fn features(&self, model: &Model, row: usize) -> Result<FeatureVector, BatchError> {
        match &self.columns {
            Columns::Features(values) => {
                let listed = model.schema().features().iter().enumerate();
                let read =
                    |(index, feature): (usize, &crate::features::Feature)| match values[index * self.n_rows + row] {
                        value if value.is_nan() => Ok(None),
                        value if value.is_finite() => Ok(Some(value)),
                        _ => Err(BatchError::NotFinite { row, feature: feature.name.clone() }),
                    };
                listed.map(read).collect::<Result<_, _>>().map(FeatureVector)
            }
            Columns::Inputs(named) => {
                let given = self
                    .positions
                    .iter()
                    .map(|position| position.map_or(FormValue::Missing, |at| named[at].1[row].clone()));
                let application =
                    check_row(model.schema().inputs(), given).map_err(|errors| BatchError::Row { row, errors })?;
                Ok(model.schema().features_of(&application))
            }
        }
    }
}

/// Scores of a batch, in the order of its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Calibrated margins: log-odds of bad, or what the model's link says.
    pub margin: Vec<f64>,
    /// Probability of bad.
    pub probability: Vec<Probability>,
    /// Shown points.
    pub points: Vec<Points>,
}

/// Scoring as a value that a host steps.
#[derive(Clone, Debug)]
pub struct ScoreJob {
    rows: Rows,
    scores: Scores,
}

impl ScoreJob {
    /// Prepares a batch of `n_rows` rows.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit.
    pub fn new(model: &Model, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        Ok(Self { rows: Rows::new(model, columns, n_rows)?, scores: Scores::default() })
    }

    /// Scores at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let from = self.scores.margin.len();
        let to = self.rows.n_rows.min(from.saturating_add(budget));
        for row in from..to {
            let features = self.rows.features(model, row)?;
            self.scores.margin.push(model.margin(&features));
            self.scores.probability.push(model.probability(&features));
            self.scores.points.push(Points::from_raw(model.scale().raw(model.log_odds(&features))));
        }
        Ok(Progress { done: to, total: self.rows.n_rows })
    }

    /// The scores so far.
    pub fn finish(self) -> Scores {
        self.scores
    }
}

/// Contributions of a batch in the calibrated margin's unit: `base + Σ row = margin`.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// The population's mean.
    pub base: f64,
    /// Row-major, rows × features.
    pub values: Vec<f64>,
}

/// Explaining as a value that a host steps.
#[derive(Clone, Debug)]
pub struct ExplainJob {
    rows: Rows,
    explainer: Explainer,
    contributions: Contributions,
}

impl ExplainJob {
    /// Prepares `n_rows` rows for explanation against all training rows.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit, or when the model has nothing to be explained against.
    pub fn new(model: &Model, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let n_features = model.schema().features().len();
        let explainer = model.own_explainer().ok_or(BatchError::NoReference)?;
        let rows = Rows::new(model, columns, n_rows)?;
        let values = Vec::with_capacity(n_rows * n_features);
        let base = model.file().calibration.calibrated(explainer.base());
        Ok(Self { rows, explainer, contributions: Contributions { base, values } })
    }

    /// Explains at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let n_features = model.schema().features().len().max(1);
        let from = self.contributions.values.len() / n_features;
        let to = self.rows.n_rows.min(from.saturating_add(budget));
        for row in from..to {
            let explanation = model.explain(&self.explainer, &self.rows.features(model, row)?);
            self.contributions.values.extend(explanation.values);
        }
        Ok(Progress { done: to, total: self.rows.n_rows })
    }

    /// The contributions so far.
    pub fn finish(self) -> Contributions {
        self.contributions
    }
}

//! Batches as values that a host steps.

use super::{BatchError, Block, Columns, Kernel, Progress, ROWS, Rows, ShapKernel};
use crate::artifact::Model;
use crate::explain::Explainer;
use crate::units::{Points, Probability};

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
    kernel: Kernel,
    block: Block,
    scores: Scores,
}

impl ScoreJob {
    /// Prepares a batch of `n_rows` rows.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit.
    pub fn new(model: &Model, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let rows = Rows::new(model, columns, n_rows)?;
        let block = Block::new(model.schema().features().len());
        Ok(Self { rows, kernel: Kernel::new(model.ensemble()), block, scores: Scores::default() })
    }

    /// Scores at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let from = self.scores.margin.len();
        let to = self.rows.n_rows.min(from.saturating_add(budget));
        let mut at = from;
        while at < to {
            self.rows.fill(model, at, to, &mut self.block)?;
            let margins = self.kernel.margins(model.ensemble(), &self.block);
            for margin in margins.iter().take(self.block.n_rows()) {
                let calibration = &model.file().calibration;
                self.scores.margin.push(calibration.calibrated(*margin));
                self.scores.probability.push(calibration.probability(*margin));
                self.scores.points.push(Points::from_raw(model.scale().raw(calibration.log_odds(*margin))));
            }
            at += self.block.n_rows();
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
    /// `None`: the model's own, against all training rows.
    explainer: Option<Explainer>,
    kernel: ShapKernel,
    block: Block,
    columns: Vec<[f64; ROWS]>,
    contributions: Contributions,
}

impl ExplainJob {
    /// Prepares `n_rows` rows for explanation against all training rows.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit, or when the model has nothing to be explained against.
    pub fn new(model: &Model, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        Self::of(model, None, columns, n_rows)
    }

    /// Prepares `n_rows` rows for explanation by an explainer of this model, that is against the population and in the
    /// game that it was folded for.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit.
    pub fn by(model: &Model, explainer: Explainer, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        Self::of(model, Some(explainer), columns, n_rows)
    }

    fn of(model: &Model, given: Option<Explainer>, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let n_features = model.schema().features().len();
        let rows = Rows::new(model, columns, n_rows)?;
        let explainer = given.as_ref().or(model.against_all()).ok_or(BatchError::NoReference)?;
        let base = model.file().calibration.calibrated(explainer.base());
        let kernel = ShapKernel::new(model.ensemble(), explainer);
        let contributions = Contributions { base, values: Vec::with_capacity(n_rows * n_features) };
        let columns = vec![[0.0; ROWS]; n_features];
        Ok(Self { rows, kernel, block: Block::new(n_features), columns, contributions, explainer: given })
    }

    /// Explains at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let n_features = model.schema().features().len().max(1);
        let from = self.contributions.values.len() / n_features;
        let to = self.rows.n_rows.min(from.saturating_add(budget));
        let explainer = self.explainer.as_ref().or(model.against_all()).ok_or(BatchError::NoReference)?;
        let slope = model.file().calibration.slope;
        let mut at = from;
        while at < to {
            self.rows.fill(model, at, to, &mut self.block)?;
            self.kernel.contributions(model.ensemble(), explainer, &self.block, &mut self.columns);
            for row in 0..self.block.n_rows() {
                self.contributions.values.extend(self.columns.iter().map(|column| column[row] * slope));
            }
            at += self.block.n_rows();
        }
        Ok(Progress { done: to, total: self.rows.n_rows })
    }

    /// The contributions so far.
    pub fn finish(self) -> Contributions {
        self.contributions
    }
}

//! Batches as values that a host steps.

use super::{BLOCKS, BatchError, Block, Columns, Kernel, Progress, ROWS, Rows, ShapKernel};
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
            let calibration = model.file().calibration;
            for margin in margins.iter().take(self.block.n_rows()) {
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
    explainer: Explainer,
    kernel: ShapKernel,
    blocks: Vec<Block>,
    /// Contributions of some blocks, block by block, one column a feature.
    columns: Vec<[f64; ROWS]>,
    contributions: Contributions,
    done: usize,
}

impl ExplainJob {
    /// Prepares `n_rows` rows for explanation by an explainer of this model, that is against the population and in the
    /// game that it was folded for.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit.
    pub fn new(model: &Model, explainer: Explainer, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let n_features = model.schema().features().len();
        let rows = Rows::new(model, columns, n_rows)?;
        let base = model.file().calibration.calibrated(explainer.base());
        Ok(Self {
            rows,
            kernel: ShapKernel::new(model.ensemble(), &explainer),
            blocks: vec![Block::new(n_features); BLOCKS],
            columns: vec![[0.0; ROWS]; BLOCKS * n_features],
            contributions: Contributions { base, values: vec![0.0; n_rows * n_features] },
            explainer,
            done: 0,
        })
    }

    /// Explains at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let n_features = model.schema().features().len();
        let slope = model.file().calibration.slope;
        let to = self.rows.n_rows.min(self.done.saturating_add(budget));
        while self.done < to {
            let n_blocks = (to - self.done).div_ceil(ROWS).min(BLOCKS);
            let blocks = &mut self.blocks[..n_blocks];
            let mut at = self.done;
            for block in blocks.iter_mut() {
                self.rows.fill(model, at, to, block)?;
                at += block.n_rows();
            }
            let columns = &mut self.columns[..n_blocks * n_features];
            self.kernel.explain(model.ensemble(), &self.explainer, blocks, None, columns);
            let mut values = &mut self.contributions.values[self.done * n_features..at * n_features];
            for (block, columns) in blocks.iter().zip(columns.chunks_exact(n_features)) {
                let (of_block, rest) = values.split_at_mut(block.n_rows() * n_features);
                values = rest;
                for (feature, column) in columns.iter().enumerate() {
                    let places = of_block.iter_mut().skip(feature).step_by(n_features);
                    places.zip(column).for_each(|(place, value)| *place = value * slope);
                }
            }
            self.done = at;
        }
        Ok(Progress { done: to, total: self.rows.n_rows })
    }

    /// The contributions; zeros of rows that no step has come to.
    pub fn finish(self) -> Contributions {
        self.contributions
    }
}

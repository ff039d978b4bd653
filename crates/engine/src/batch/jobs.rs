//! Batches as values that a host steps.

use super::{BLOCKS, BatchError, Block, Columns, Kernel, Progress, ROWS, Rows, ShapKernel};
use crate::artifact::Model;
use crate::explain::Explainer;
use crate::reasons::{Families, MOST_REASONS};
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
    explaining: Explaining,
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
        let explaining = Explaining::new(model, given, columns, n_rows)?;
        let base = model.file().calibration.calibrated(explaining.explainer(model)?.base());
        let values = Vec::with_capacity(n_rows * model.schema().features().len());
        Ok(Self { explaining, contributions: Contributions { base, values } })
    }

    /// Explains at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let Self { explaining, contributions } = self;
        explaining.step(model, budget, |row| contributions.values.extend_from_slice(row))
    }

    /// The contributions so far.
    pub fn finish(self) -> Contributions {
        self.contributions
    }
}

/// The principal adverse families of a batch: what a decision's notice would say of the model, for every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Adverse {
    /// Codes of the reason families.
    pub families: Vec<String>,
    /// Families of a row, the most adverse first, row-major with [`MOST_REASONS`] places a row; `None` once there are no
    /// more.
    pub reasons: Vec<Option<u16>>,
    /// Points that each costs, in the same places; 0 where there is none.
    pub points: Vec<f64>,
}

/// Reasons of a batch as a value that a host steps. Contributions are not kept.
#[derive(Clone, Debug)]
pub struct ReasonJob {
    explaining: Explaining,
    families: Families,
    adverse: Adverse,
}

impl ReasonJob {
    /// Prepares `n_rows` rows for reasons against all training rows, or by an explainer of this model.
    ///
    /// # Errors
    /// [`BatchError`] when columns do not fit, or when the model has nothing to be explained against.
    pub fn new(
        model: &Model,
        explainer: Option<Explainer>,
        columns: Columns,
        n_rows: usize,
    ) -> Result<Self, BatchError> {
        let families = Families::new(model.schema());
        let adverse = Adverse { families: families.names().to_vec(), reasons: Vec::new(), points: Vec::new() };
        Ok(Self { explaining: Explaining::new(model, explainer, columns, n_rows)?, families, adverse })
    }

    /// Finds the reasons of at most `budget` more rows.
    ///
    /// # Errors
    /// [`BatchError`] at the first row that is not an application.
    pub fn step(&mut self, model: &Model, budget: usize) -> Result<Progress, BatchError> {
        let Self { explaining, families, adverse } = self;
        let factor = model.scale().factor();
        explaining.step(model, budget, |row| {
            let found = families.adverse(row.iter().map(|value| -factor * value));
            for place in 0..MOST_REASONS {
                let reason = found.get(place);
                adverse.reasons.push(reason.map(|(family, _)| *family as u16));
                adverse.points.push(reason.map_or(0.0, |(_, points)| *points));
            }
        })
    }

    /// The reasons so far.
    pub fn finish(self) -> Adverse {
        self.adverse
    }
}

/// Rows on their way through an explainer.
#[derive(Clone, Debug)]
struct Explaining {
    rows: Rows,
    /// `None`: the model's own, against all training rows.
    explainer: Option<Explainer>,
    kernel: ShapKernel,
    blocks: Vec<Block>,
    columns: Vec<[f64; ROWS]>,
    done: usize,
}

impl Explaining {
    fn new(model: &Model, given: Option<Explainer>, columns: Columns, n_rows: usize) -> Result<Self, BatchError> {
        let n_features = model.schema().features().len();
        let rows = Rows::new(model, columns, n_rows)?;
        let explainer = given.as_ref().or(model.against_all()).ok_or(BatchError::NoReference)?;
        let kernel = ShapKernel::new(model.ensemble(), explainer);
        let blocks = vec![Block::new(n_features); BLOCKS];
        Ok(Self { rows, explainer: given, kernel, blocks, columns: vec![[0.0; ROWS]; BLOCKS * n_features], done: 0 })
    }

    fn explainer<'a>(&'a self, model: &'a Model) -> Result<&'a Explainer, BatchError> {
        self.explainer.as_ref().or(model.against_all()).ok_or(BatchError::NoReference)
    }

    /// Hands over the contributions of at most `budget` more rows in calibrated log-odds, one slice a row.
    fn step(&mut self, model: &Model, budget: usize, mut take: impl FnMut(&[f64])) -> Result<Progress, BatchError> {
        let n_features = model.schema().features().len();
        let slope = model.file().calibration.slope;
        let to = self.rows.n_rows.min(self.done.saturating_add(budget));
        let mut row_values = vec![0.0; n_features];
        while self.done < to {
            let n_blocks = (to - self.done).div_ceil(ROWS).min(BLOCKS);
            let blocks = &mut self.blocks[..n_blocks];
            let mut at = self.done;
            for block in blocks.iter_mut() {
                self.rows.fill(model, at, to, block)?;
                at += block.n_rows();
            }
            let columns = &mut self.columns[..n_blocks * n_features];
            let explainer = self.explainer.as_ref().or(model.against_all()).ok_or(BatchError::NoReference)?;
            self.kernel.contributions(model.ensemble(), explainer, blocks, columns);
            for (index, block) in blocks.iter().enumerate() {
                let columns = &columns[index * n_features..][..n_features];
                for row in 0..block.n_rows() {
                    row_values.iter_mut().zip(columns).for_each(|(value, column)| *value = column[row] * slope);
                    take(&row_values);
                }
            }
            self.done = at;
        }
        Ok(Progress { done: to, total: self.rows.n_rows })
    }
}

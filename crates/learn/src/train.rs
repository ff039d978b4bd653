//! From a table and a plan to a model: a long fit as a value that is driven in steps.
//!
//! Every learner grows one model a fold and one of all rows, which is the artifact's. Calibration, spread and metrics come
//! from the fold models.

use crate::boost::{BadSetting, BadWeight};
use crate::build::{self, Parts};
use crate::check::BadData;
use crate::fold::{self, Split};
use crate::infer::{Inferred, infer};
use crate::labels;
pub use crate::learner::TrialSummary;
use crate::learner::{self, Fitted, Growing, Learner, Start, TrainingSet};
use crate::personal::shown;
use crate::plan::{Columns, Folds, Plan};
use crate::prepare;
use crate::profile;
use crate::quality::Flagged;
use crate::row_weights;
use crate::rows;
use crate::spec::SpecError;
use underglass_engine::application::Input;
use underglass_engine::artifact::{ArtifactError, BandsFile, Model};
use underglass_engine::features::{Feature, SchemaError};
use underglass_engine::model::{Ensemble, Symmetric};
use underglass_engine::seal::Digest;
use underglass_engine::table::{Fault, FaultCode, Faults, Table};
use underglass_engine::units::Date;

/// A fit under way. Drive it with [`Fit::step`] and take the result with [`Fit::finish`]; dropping it cancels.
///
/// ```
/// use underglass_engine::table::Table;
/// use underglass_learn::{Fit, Plan};
/// let csv: String = (0..400).map(|i| format!("{},{}\n", i % 40, u8::from(i * 7 % 41 < i % 40))).collect();
/// let table = Table::from_csv(format!("debt,bad\n{csv}").as_bytes())?;
/// let mut fit = Fit::new(&table, Plan::new("bad"))?;
/// let progress = fit.step(10);
/// assert!(progress.done >= 10 && progress.total > progress.done);
/// let trained = fit.finish()?;
/// assert!(trained.model.metrics().is_some_and(|metrics| metrics.auc.value > 0.6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Fit {
    plan: Plan,
    data_sha256: Digest,
    as_of: Option<Date>,
    positive: String,
    permitted_by_request: Vec<String>,
    notes: Vec<String>,
    set: TrainingSet,
    learners: Vec<Growing>,
}

/// How far a fit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Trees grown, of all fold models and final ones.
    pub done: u32,
    /// Trees that will be grown at most; shrinks when held-out rows stop improving.
    pub total: u32,
    /// What is being grown.
    pub stage: Stage,
}

/// What a fit is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Models of the folds.
    Folds,
    /// The model of all rows.
    Final,
    /// Nothing more: [`Fit::finish`] is quick.
    Done,
}

/// A finished fit.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model, with probes.
    pub model: Model,
    /// The score bands that the model does not carry; its digest stands in the model.
    pub bands: BandsFile,
    /// What a person should know about the columns: dropped, set aside, suspicious.
    pub notes: Vec<String>,
    /// Probability of bad of each row from which the figures of quality come, under a model that had not seen it, calibrated;
    /// `None` for the others: the earlier rows where folds follow time.
    pub out_of_fold: Vec<Option<f64>>,
}

/// Why nothing was learned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// A setting out of range.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// Columns, cells or labels that the plan and the schema do not take.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The positive label is not in the data, or was not named and cannot be told.
    #[error("column {column:?} has the labels {found}; name the one that means bad")]
    Positive {
        /// The target column.
        column: String,
        /// Labels in the data.
        found: String,
    },
    /// Every row has the same outcome.
    #[error("every row of column {column:?} is {positive:?}; a model needs both outcomes")]
    OneOutcome {
        /// The target column.
        column: String,
        /// The label.
        positive: String,
    },
    /// Folds that cannot be trained on.
    #[error("{found}; expected {expected}")]
    Folds {
        /// What was found.
        found: String,
        /// What is needed.
        expected: &'static str,
    },
    /// A weight that no row can have.
    #[error(transparent)]
    Weight(#[from] BadWeight),
    /// A model or a plan with which no model is continued.
    #[error("found {found}; symmetric trees are continued by the symmetric learner, with settings as given")]
    Continue {
        /// What stands in the way.
        found: &'static str,
    },
    /// Columns that a learner cannot work with.
    #[error(transparent)]
    Columns(#[from] BadData),
    /// Columns of personal data that nobody has answered for.
    #[error("personal data: {}; nothing is trained until these columns are dropped", columns.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Personal {
        /// The columns.
        columns: Vec<Flagged>,
    },
    /// A specification that does not fit the data.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// No column is left to learn from.
    #[error("no column is left to learn from{}", if notes.is_empty() { String::new() } else { format!(": {}", notes.join("; ")) })]
    NoFeatures {
        /// Why each column was left out.
        notes: Vec<String>,
    },
    /// Inputs and features that do not go together.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The assembled model was refused by the engine.
    #[error("the model was refused: {0}")]
    Model(#[from] ArtifactError),
}

impl Fit {
    /// Checks plan and data and prepares the fit; grows no tree yet. The table is not needed afterwards.
    ///
    /// # Errors
    /// Every [`LearnError`] but `Model`.
    pub fn new(table: &Table, plan: Plan) -> Result<Self, LearnError> {
        plan.settings.check()?;
        let outcomes = labels::read(table, &plan.target, plan.positive.as_deref())?;
        let Inferred { inputs, features, mut notes, permitted_by_request, latest } =
            columns(table, &plan, &outcomes.bad)?;
        if outcomes.labels.len() > 2 {
            notes.push(format!(
                "{}: {} labels; all but {:?} count as good",
                plan.target,
                outcomes.labels.len(),
                outcomes.positive
            ));
        }
        if features.is_empty() {
            return Err(LearnError::NoFeatures { notes });
        }
        let rows = rows::read(table, inputs, features)?;
        let bad = outcomes.bad;
        let split = split(table, &plan, &bad)?;
        let as_of = plan.as_of.or(latest).or(rows.latest);
        let parent = parent(&plan)?;
        let prepared =
            prepare::prepare(rows, &bad, &split, parent.as_ref().map(|(model, _)| model.schema().features()));
        let start = parent.map(|(model, trees)| Start::new(model, trees, &prepared, bad.len()));
        let case_weights = row_weights::of_column(table, plan.weight.as_deref())?;
        let weights = row_weights::by_outcome(&case_weights, &bad, plan.classes)?;
        let Plan { seed, settings, threads, .. } = plan;
        let set = TrainingSet { prepared, bad, split, start, case_weights, weights, seed, settings, threads };
        let learners = plan.learner.start(&set, plan.trials);
        let (data_sha256, positive) = (table.sha256(), outcomes.positive);
        Ok(Self { data_sha256, as_of, positive, permitted_by_request, notes, learners, set, plan })
    }

    /// Grows `budget` trees, or a few more where models grow side by side, or what is left.
    pub fn step(&mut self, budget: u32) -> Progress {
        let enough = self.progress().done.saturating_add(budget);
        while self.progress().done < enough {
            match self.learners.iter_mut().find(|learner| !learner.is_done(&self.set)) {
                Some(learner) => learner.step(&self.set),
                None => break,
            }
        }
        self.progress()
    }

    /// How far the fit is.
    pub fn progress(&self) -> Progress {
        let none = Progress { done: 0, total: 0, stage: Stage::Done };
        self.learners.iter().map(|learner| learner.progress(&self.set)).fold(none, |all, of| Progress {
            done: all.done + of.done,
            total: all.total + of.total,
            stage: if all.stage == Stage::Done { of.stage } else { all.stage },
        })
    }

    /// The trials of a search that are finished.
    pub fn trials(&self) -> Vec<TrialSummary> {
        self.learners.iter().flat_map(|learner| learner.trials(&self.set)).collect()
    }

    /// What a person should know about the columns.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Grows what is left and assembles the model.
    ///
    /// # Errors
    /// [`LearnError::Columns`] and [`LearnError::Model`].
    pub fn finish(mut self) -> Result<Trained, LearnError> {
        while self.progress().stage != Stage::Done {
            self.step(u32::MAX);
        }
        let set = &self.set;
        let finished = self.learners.into_iter().map(|learner| learner.finish(set));
        let mut fitted = finished.collect::<Result<Vec<Fitted>, _>>()?;
        if self.plan.learner == Learner::Auto {
            fitted = learner::with_means(fitted, set);
        }
        let built = build::build(Parts {
            plan: &self.plan,
            data_sha256: self.data_sha256,
            as_of: self.as_of,
            positive: self.positive,
            permitted_by_request: self.permitted_by_request,
            set,
            fitted,
        })?;
        self.notes.extend(built.notes);
        Ok(Trained { model: built.model, bands: built.bands, notes: self.notes, out_of_fold: built.out_of_fold })
    }
}

/// Trains in one go.
///
/// # Errors
/// [`LearnError`].
pub fn train(table: &Table, plan: Plan) -> Result<Trained, LearnError> {
    Fit::new(table, plan)?.finish()
}

fn columns(table: &Table, plan: &Plan, bad: &[bool]) -> Result<Inferred, LearnError> {
    let (time, row_date) = dates(table, plan)?;
    let set_aside: Vec<String> = time.into_iter().chain(plan.weight.clone()).collect();
    Ok(match &plan.columns {
        Columns::Inferred { drop, permit } => {
            let dropped = [&drop[..], &set_aside].concat();
            let mut inferred = infer(table, &plan.target, bad, &dropped, permit, row_date)?;
            let absent = drop.iter().filter(|name| table.column(name).is_none());
            inferred.notes.extend(absent.map(|name| format!("{name}: nothing to drop, there is no such column")));
            inferred
        }
        Columns::Specified { drop, permit, spec } => {
            let dropped = [&drop[..], &spec.unlisted(table), &set_aside].concat();
            spec.apply(table, infer(table, &plan.target, bad, &dropped, permit, row_date)?)?
        }
        Columns::Given { inputs, features } => as_given(inputs, features),
        Columns::Continued { parent, .. } => as_given(parent.schema().inputs(), parent.schema().features()),
    })
}

fn as_given(inputs: &[Input], features: &[Feature]) -> Inferred {
    Inferred {
        inputs: inputs.to_vec(),
        features: features.to_vec(),
        notes: Vec::new(),
        permitted_by_request: Vec::new(),
        latest: None,
    }
}

/// The model that is continued, with its trees.
fn parent(plan: &Plan) -> Result<Option<(&Model, &Symmetric)>, LearnError> {
    let Columns::Continued { parent, .. } = &plan.columns else { return Ok(None) };
    match (parent.ensemble(), plan.learner, plan.trials) {
        (Ensemble::Symmetric(trees), ..)
            if trees.predicates.len() as u32 + plan.settings.trees * plan.settings.depth > u32::from(u16::MAX) =>
        {
            Err(LearnError::Continue { found: "more questions than 16 bits can count" })
        }
        (Ensemble::Symmetric(trees), Learner::Symmetric, 0) => Ok(Some((parent, trees))),
        (Ensemble::Symmetric(_), ..) => Err(LearnError::Continue { found: "another learner or a search for settings" }),
        _ => Err(LearnError::Continue { found: "a model of another shape" }),
    }
}

/// The column of times when it is to be left out, and the day of each row. Dates stay: other dates are read against them.
fn dates<'a>(table: &Table, plan: &'a Plan) -> Result<(Vec<String>, Option<&'a str>), LearnError> {
    let row_date = plan.row_date.as_deref();
    if let Some(name) = row_date {
        let column = table.column(name).ok_or_else(|| Faults::from(rows::absent(table, name)))?;
        if let Some(row) = (0..table.n_rows()).find(|row| profile::day(table.cell(*row, column)).is_none()) {
            let fault = Fault {
                code: FaultCode::Cell,
                line: table.line(row),
                record: Some(row + 1),
                column: Some(name.to_owned()),
                found: shown(table.cell(row, column)),
                expected: "the day of the row as YYYY-MM-DD".to_owned(),
            };
            return Err(Faults::from(fault).into());
        }
    }
    let Folds::InTime { column, .. } = &plan.folds else { return Ok((Vec::new(), row_date)) };
    let is_date = |column: usize| table.cells(column).all(|cell| profile::day(cell).is_some());
    Ok(match table.column(column) {
        Some(at) if !is_date(at) => (vec![table.names()[at].clone()], row_date),
        _ => (Vec::new(), row_date.or(Some(column))),
    })
}

fn split(table: &Table, plan: &Plan, bad: &[bool]) -> Result<Split, LearnError> {
    let split = match &plan.folds {
        Folds::Stratified(k) | Folds::InTime { windows: k, .. } if *k < 2 => {
            return Err(LearnError::Folds { found: format!("{k} folds"), expected: "at least 2" });
        }
        Folds::InTime { held_out_percent, .. } if !(1..=90).contains(held_out_percent) => {
            let found = format!("{held_out_percent} percent of the rows held out");
            return Err(LearnError::Folds { found, expected: "1 to 90" });
        }
        Folds::Stratified(k) => Split::Folds(fold::stratified(bad, *k, plan.seed)),
        Folds::Given(given) if given.len() != bad.len() => {
            let found = format!("{} fold numbers for {} rows", given.len(), bad.len());
            return Err(LearnError::Folds { found, expected: "one a row" });
        }
        Folds::Given(given) => Split::Folds(given.clone()),
        Folds::InTime { column, windows, held_out_percent } => {
            fold::windows(table, column, *windows, *held_out_percent)?
        }
    };
    let counts = split.counts(bad);
    if !(2..=1000).contains(&counts.len()) || counts.iter().any(|[good, bad]| *good == 0 || *bad == 0) {
        let found = format!("{} folds, one of them without a good or without a bad row", counts.len());
        return Err(LearnError::Folds { found, expected: "2 to 1000 folds with both outcomes in each" });
    }
    Ok(split)
}

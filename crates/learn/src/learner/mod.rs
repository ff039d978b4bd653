//! The learners: each grows one model a fold and one of all rows, in small steps.

mod forest;
pub(crate) mod lesson;
mod logistic;
mod scorecard;
mod symmetric;
mod tuned;

use crate::boost::{Settings, Weights};
use crate::calibrate;
use crate::check::BadData;
use crate::fold::Split;
use crate::prepare::Prepared;
use crate::row_weights::Classes;
use crate::train::{Progress, Stage};
use forest::Forests;
use logistic::Lines;
use scorecard::Cards;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use symmetric::Boosting;
use tuned::Tuned;
use underglass_engine::artifact::{Model, Search};
use underglass_engine::model::mean::Member;
use underglass_engine::model::{Calibration, Ensemble, Mean, Symmetric};

pub use tuned::TrialSummary;

/// What kind of model is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Gradient-boosted symmetric trees.
    Symmetric,
    /// A logistic regression with one readable term a feature.
    Logistic,
    /// A scorecard of weights of evidence.
    Scorecard,
    /// A random forest.
    Forest,
    /// Boosted trees, logistic regression, forest and their means; the one with the least held-out log-loss is kept.
    Auto,
}

/// What every learner reads.
#[derive(Debug)]
pub(crate) struct TrainingSet {
    pub(crate) prepared: Prepared,
    pub(crate) bad: Vec<bool>,
    pub(crate) split: Split,
    /// The trees that boosting continues.
    pub(crate) start: Option<Start>,
    /// How much each row counts.
    pub(crate) case_weights: Weights,
    pub(crate) classes: Classes,
    /// How much it counts in learning: by its outcome as well.
    pub(crate) weights: Weights,
    pub(crate) seed: u64,
    pub(crate) settings: Settings,
    pub(crate) threads: u16,
}

/// A model that is continued.
#[derive(Debug)]
pub(crate) struct Start {
    trees: Symmetric,
    /// One margin a row.
    margins: Vec<f64>,
    /// What its trees gained; empty where it does not say.
    gain: Vec<f64>,
}

impl Start {
    pub(crate) fn new(model: &Model, trees: &Symmetric, prepared: &Prepared, n_rows: usize) -> Self {
        let margins = (0..n_rows).map(|row| model.ensemble().margin(&prepared.vector(row))).collect();
        Self { trees: trees.clone(), margins, gain: model.file().lineage.gain.clone() }
    }
}

/// A learner under way.
#[derive(Debug)]
pub(crate) enum Growing {
    Symmetric(Box<Boosting>),
    Forest(Forests),
    Logistic(Box<Lines>),
    Scorecard(Box<Cards>),
    Tuned(Box<Tuned>),
}

/// A learner's model of all rows, and the scores of every row under it and under the model of each fold.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    /// What it is called where learners are compared.
    pub(crate) name: String,
    pub(crate) ensemble: Ensemble,
    pub(crate) margins: Vec<f64>,
    /// One list a model of the split, one margin a row.
    pub(crate) by_fold: Vec<Vec<f64>>,
    /// Each row's margin under a model that knew nothing of it, if there is one.
    pub(crate) held_out: Vec<Option<f64>>,
    /// The search for settings, if there was one.
    pub(crate) search: Option<Search>,
    pub(crate) parameters: BTreeMap<String, f64>,
    /// What questions about each feature gained; empty where none are asked.
    pub(crate) gain: Vec<f64>,
}

/// A word that names no learner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no learner; expected one of symmetric, logistic, scorecard, forest, auto")]
pub struct UnknownLearner(pub String);

impl fmt::Display for Learner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Learner::Symmetric => "symmetric",
            Learner::Logistic => "logistic",
            Learner::Scorecard => "scorecard",
            Learner::Forest => "forest",
            Learner::Auto => "auto",
        })
    }
}

impl FromStr for Learner {
    type Err = UnknownLearner;
    fn from_str(name: &str) -> Result<Self, UnknownLearner> {
        let known = [Learner::Symmetric, Learner::Logistic, Learner::Scorecard, Learner::Forest, Learner::Auto];
        known.into_iter().find(|learner| learner.to_string() == name).ok_or_else(|| UnknownLearner(name.to_owned()))
    }
}

impl Learner {
    /// The learners that have to be run.
    pub(crate) fn start(self, set: &TrainingSet, trials: u16) -> Vec<Growing> {
        let symmetric = || match trials {
            0 => Growing::Symmetric(Box::new(Boosting::new(set))),
            trials => Growing::Tuned(Box::new(Tuned::new(set, trials))),
        };
        let forest = || Growing::Forest(Forests::new(set));
        let logistic = || Growing::Logistic(Box::new(Lines::new(set)));
        match self {
            Learner::Symmetric => vec![symmetric()],
            Learner::Logistic => vec![logistic()],
            Learner::Scorecard => vec![Growing::Scorecard(Box::new(Cards::new(set)))],
            Learner::Forest => vec![forest()],
            Learner::Auto => vec![symmetric(), logistic(), forest()],
        }
    }
}

impl Growing {
    /// Grows a tree of each model that grows side by side, or fits one small model.
    pub(crate) fn step(&mut self, set: &TrainingSet) {
        match self {
            Growing::Symmetric(boosting) => boosting.step(set),
            Growing::Forest(forests) => forests.step(set),
            Growing::Logistic(lines) => lines.step(set),
            Growing::Scorecard(cards) => cards.step(set),
            Growing::Tuned(tuned) => tuned.step(set),
        }
    }

    pub(crate) fn progress(&self, set: &TrainingSet) -> Progress {
        match self {
            Growing::Symmetric(boosting) => boosting.progress(),
            Growing::Forest(forests) => forests.progress(),
            Growing::Logistic(lines) => lines.progress(set),
            Growing::Scorecard(cards) => cards.progress(set),
            Growing::Tuned(tuned) => tuned.progress(set),
        }
    }

    pub(crate) fn is_done(&self, set: &TrainingSet) -> bool {
        self.progress(set).stage == Stage::Done
    }

    /// The trials of a search that are finished.
    pub(crate) fn trials(&self, set: &TrainingSet) -> Vec<TrialSummary> {
        match self {
            Growing::Tuned(tuned) => tuned.trials(set),
            _ => Vec::new(),
        }
    }

    /// The fitted model of a learner that is done.
    pub(crate) fn finish(self, set: &TrainingSet) -> Result<Fitted, BadData> {
        match self {
            Growing::Symmetric(boosting) => {
                boosting.finish(set).ok_or(BadData::TooFew { what: "models", found: 0, least: 1 })
            }
            Growing::Forest(forests) => Ok(forests.finish(set)),
            Growing::Logistic(lines) => lines.finish(),
            Growing::Scorecard(cards) => cards.finish(set),
            Growing::Tuned(tuned) => tuned.finish(set).ok_or(BadData::TooFew { what: "trials", found: 0, least: 1 }),
        }
    }
}

impl TrainingSet {
    /// Each row's score under the model that is judged on it.
    fn held_out(&self, by_fold: &[Vec<f64>]) -> Vec<Option<f64>> {
        (0..self.bad.len()).map(|row| Some(by_fold[usize::from(self.split.judge(row)?)][row])).collect()
    }

    /// Values and outcomes of those rows that have a value.
    pub(crate) fn at(&self, rows: &[usize], values: &[Option<f64>]) -> (Vec<f64>, Vec<bool>) {
        rows.iter().filter_map(|row| Some((values[*row]?, self.bad[*row]))).unzip()
    }

    /// Mean loss of margins on the rows where trees and penalties are chosen, as they count in learning.
    fn tuning_loss(&self, held_out: &[Option<f64>]) -> f64 {
        let weights = self.weights.values();
        let loss =
            |row: usize| held_out[row].map_or(0.0, |margin| weights[row] * calibrate::loss(margin, self.bad[row]));
        self.split.tuning().into_iter().map(loss).sum::<f64>() / self.tuning_weight()
    }

    /// What the rows weigh where trees and penalties are chosen.
    fn tuning_weight(&self) -> f64 {
        self.split.tuning().into_iter().map(|row| self.weights.values()[row]).sum()
    }
}

impl Fitted {
    /// From margins to log-odds, fitted on held-out rows.
    pub(crate) fn calibration(&self, set: &TrainingSet) -> Calibration {
        let rows = set.split.tuning();
        let (margins, bad) = set.at(&rows, &self.held_out);
        let weights = set.case_weights.values();
        let weights: Vec<f64> =
            rows.into_iter().filter(|row| self.held_out[*row].is_some()).map(|row| weights[row]).collect();
        calibrate::affine(&margins, &bad, &weights)
    }
}

/// Every model that [`Learner::Auto`] compares: each alone, each pair's mean, and the mean of all.
pub(crate) fn with_means(fitted: Vec<Fitted>, set: &TrainingSet) -> Vec<Fitted> {
    let n = fitted.len();
    let mut groups: Vec<usize> = (1..1_usize << n).filter(|group| group.count_ones() > 1).collect();
    groups.sort_by_key(|group| group.count_ones());
    let means: Vec<Fitted> = groups
        .into_iter()
        .map(|group| mean(fitted.iter().enumerate().filter(|(k, _)| group >> k & 1 == 1).map(|(_, f)| f), set))
        .collect();
    fitted.into_iter().chain(means).collect()
}

/// The mean of calibrated models.
fn mean<'a>(fitted: impl Iterator<Item = &'a Fitted>, set: &TrainingSet) -> Fitted {
    let members: Vec<(&Fitted, Calibration)> = fitted.map(|fitted| (fitted, fitted.calibration(set))).collect();
    let n = members.len() as f64;
    let mean = |of_row: &dyn Fn(&Fitted) -> Option<f64>| -> Option<f64> {
        let each = members.iter().map(|(fitted, calibration)| of_row(fitted).map(|m| calibration.log_odds(m).0));
        each.sum::<Option<f64>>().map(|sum| sum / n)
    };
    let rows = 0..set.bad.len();
    // Every model scores every row.
    let known = |of_row: &dyn Fn(&Fitted) -> f64| mean(&|fitted| Some(of_row(fitted))).unwrap_or_default();
    let by_fold = |k: usize| rows.clone().map(|row| known(&|fitted| fitted.by_fold[k][row])).collect();
    let mut parameters = BTreeMap::new();
    for (fitted, _) in &members {
        parameters.extend(fitted.parameters.iter().map(|(name, value)| (format!("{}.{name}", fitted.name), *value)));
    }
    let member = |(fitted, calibration): &(&Fitted, Calibration)| Member {
        calibration: *calibration,
        ensemble: fitted.ensemble.clone(),
    };
    Fitted {
        name: members.iter().map(|(fitted, _)| fitted.name.as_str()).collect::<Vec<_>>().join(" + "),
        ensemble: Ensemble::Mean(Mean { members: members.iter().map(member).collect() }),
        margins: rows.clone().map(|row| known(&|fitted| fitted.margins[row])).collect(),
        by_fold: (0..usize::from(set.split.n_models())).map(by_fold).collect(),
        held_out: rows.clone().map(|row| mean(&|fitted| fitted.held_out[row])).collect(),
        search: members.iter().find_map(|(fitted, _)| fitted.search),
        parameters,
        gain: Vec::new(),
    }
}

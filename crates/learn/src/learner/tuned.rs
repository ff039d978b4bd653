//! Boosting whose settings are searched for, with an honest figure of what the search is worth.
//!
//! The trials are drawn beforehand, without a look at the data, the default first. Each grows a model without each fold
//! and a model without each pair of folds. For an outer fold `k` the models without `{j, k}`, judged on `j`, choose trial
//! and number of trees; only then is the chosen trial's model without `k` judged on `k`. These nested scores are the
//! artifact's metrics. The loss that the search itself minimised is recorded beside them: it flatters. Windows in time need
//! no pairs: the last one has no part in any choice.
//!
//! Source: Bergstra and Bengio, *Random search for hyper-parameter optimization* (2012); Varma and Simon, *Bias in error
//! estimation when using cross-validation for model selection* (2006).

use super::symmetric::{booster, gain, least, symmetric};
use super::{Fitted, TrainingSet};
use crate::boost::{Booster, Grown, Settings, patterns};
use crate::calibrate;
use crate::design::Design;
use crate::fold::Split;
use crate::random::{Stream, stream};
use crate::train::{Progress, Stage};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use underglass_engine::artifact::Search;
use underglass_engine::model::Ensemble;

/// A search under way.
#[derive(Debug)]
pub(crate) struct Tuned {
    /// Settings still to be tried, the next one last.
    ahead: Vec<Settings>,
    n_trials: u32,
    growing: Option<Trial>,
    tried: Vec<Tried>,
    last: Option<Last>,
    done: u32,
}

/// The models of one setting.
#[derive(Debug)]
struct Trial {
    settings: Settings,
    /// They grow side by side, a tree each in turn.
    boosters: Vec<Booster>,
    designs: Vec<Design>,
    /// One a booster.
    judged: Vec<Judged>,
}

/// The rows that a model is judged on.
#[derive(Debug)]
struct Judged {
    /// The models of the split whose rows these are: one, or the two folds of a pair.
    judges: Vec<u16>,
    /// Of each of them, the summed loss after each tree, from none.
    losses: Vec<Vec<f64>>,
}

/// A finished trial: the trees of each model of the split, and every loss.
#[derive(Debug)]
struct Tried {
    settings: Settings,
    trees: Vec<Vec<Grown>>,
    bases: Vec<f64>,
    /// Summed loss on the rows that choose the final model's settings.
    overall: Vec<f64>,
    /// For each model of the split, the summed loss on the rows that choose the settings with which it is judged.
    nested: Vec<Vec<f64>>,
}

/// The model of all rows.
#[derive(Debug)]
struct Last {
    booster: Booster,
    design: Design,
    trees: usize,
    trial: usize,
}

/// A finished trial as people see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialSummary {
    /// What was tried.
    pub settings: Settings,
    /// Trees with the least loss.
    pub trees: usize,
    /// Mean loss on held-out rows, before calibration; the search minimises it, so the least one flatters.
    pub log_loss: f64,
}

impl Tuned {
    /// Draws so many trials, the default settings first.
    pub(crate) fn new(set: &TrainingSet, trials: u16) -> Self {
        let mut rng = stream(set.seed, Stream::Search);
        let mut ahead = vec![set.settings];
        ahead.extend((1..trials).map(|_| draw(set.settings, &mut rng)));
        ahead.reverse();
        Self { n_trials: ahead.len() as u32, ahead, growing: None, tried: Vec::new(), last: None, done: 0 }
    }

    pub(crate) fn step(&mut self, set: &TrainingSet) {
        if let Some(last) = &mut self.last {
            if last.booster.trees().len() < last.trees {
                last.booster.grow(&last.design);
                self.done += 1;
            }
            return;
        }
        let trial = match &mut self.growing {
            Some(trial) => trial,
            None => match self.ahead.pop() {
                Some(settings) => self.growing.insert(Trial::new(set, settings)),
                None => {
                    self.last = Some(self.choose(set));
                    return;
                }
            },
        };
        self.done += trial.boosters.len() as u32;
        if trial.step(set) {
            self.tried.extend(self.growing.take().map(|trial| trial.close(set)));
        }
    }

    /// The trials that are finished.
    pub(crate) fn trials(&self, set: &TrainingSet) -> Vec<TrialSummary> {
        let weight = set.tuning_weight();
        let summary = |tried: &Tried| {
            let trees = least(&tried.overall);
            TrialSummary { settings: tried.settings, trees, log_loss: tried.overall[trees] / weight }
        };
        self.tried.iter().map(summary).collect()
    }

    pub(crate) fn progress(&self, set: &TrainingSet) -> Progress {
        let k = u32::from(set.split.n_models());
        let n_pairs = if matches!(set.split, Split::Folds(_)) { k * (k - 1) / 2 } else { 0 };
        let a_trial = set.settings.trees * (k + n_pairs);
        match &self.last {
            None => {
                let ahead = self.n_trials - self.tried.len() as u32;
                Progress { done: self.done, total: self.done + ahead * a_trial, stage: Stage::Folds }
            }
            Some(last) => {
                let rest = (last.trees - last.booster.trees().len()) as u32;
                let stage = if rest > 0 { Stage::Final } else { Stage::Done };
                Progress { done: self.done, total: self.done + rest, stage }
            }
        }
    }

    pub(crate) fn finish(self, set: &TrainingSet) -> Option<Fitted> {
        let trials = self.trials(set);
        let last = self.last.as_ref()?;
        let (chosen, tried) = (trials.get(last.trial)?, self.tried.get(last.trial)?);
        let by_fold: Vec<Vec<f64>> = (0..set.split.n_models()).map(|k| tried.margins(set, k, last.trees)).collect();
        let held_out = self.nested(set);
        let mut parameters = chosen.settings.named();
        parameters.insert("grown_trees".to_owned(), last.trees as f64);
        let model = &last.booster;
        Some(Fitted {
            name: "symmetric".to_owned(),
            ensemble: Ensemble::Symmetric(symmetric(model.base(), model.trees(), &set.prepared.design)),
            margins: model.margins()[..set.bad.len()].to_vec(),
            by_fold,
            held_out,
            search: Some(Search { trials: self.n_trials, searched_log_loss: chosen.log_loss }),
            parameters,
            gain: gain(set, model.trees()),
        })
    }

    /// The trial and number of trees with the least loss on all folds.
    fn choose(&self, set: &TrainingSet) -> Last {
        let (trial, trees) = best(self.tried.iter().map(|tried| tried.overall.clone()));
        let settings = self.tried[trial].settings;
        let all = set.lesson(|_| true);
        let booster = booster(set, settings, &all, Stream::FinalModel);
        Last { booster, design: all.design(set, &set.prepared.design), trees, trial }
    }

    /// Each row's margin under a model whose settings and trees were chosen without it.
    fn nested(&self, set: &TrainingSet) -> Vec<Option<f64>> {
        let chosen = |k: u16| {
            let (trial, trees) = best(self.tried.iter().map(|tried| tried.nested[usize::from(k)].clone()));
            self.tried[trial].margins(set, k, trees)
        };
        set.held_out(&(0..set.split.n_models()).map(chosen).collect::<Vec<_>>())
    }
}

impl Trial {
    fn new(set: &TrainingSet, settings: Settings) -> Self {
        let k = set.split.n_models();
        let single = (0..k).map(|k| vec![k]);
        let n_paired = if matches!(set.split, Split::Folds(_)) { k } else { 0 };
        let pairs = (0..n_paired).flat_map(|one| (one + 1..n_paired).map(move |other| vec![one, other]));
        let mut trial = Self { settings, boosters: Vec::new(), designs: Vec::new(), judged: Vec::new() };
        for (index, judges) in single.chain(pairs).enumerate() {
            let trains = |row: usize| judges.iter().all(|k| set.split.trains(*k, row));
            let lesson = set.lesson(trains);
            trial.designs.push(match judges[..] {
                [k] => lesson.design(set, &set.prepared.fold_designs[usize::from(k)]),
                _ => lesson.design(set, &set.prepared.design_of(&set.bad, trains)),
            });
            trial.boosters.push(booster(set, settings, &lesson, Stream::FoldModel(index as u16)));
            trial.judged.push(Judged { losses: vec![Vec::new(); judges.len()], judges });
        }
        trial.judge(set);
        trial
    }

    /// Grows one tree of each model; says whether the trial is over.
    fn step(&mut self, set: &TrainingSet) -> bool {
        Booster::grow_each(&mut self.boosters, &self.designs, set.threads);
        self.judge(set);
        let curve = overall(&self.judged, set);
        let grown = curve.len() - 1;
        grown >= self.settings.trees as usize || grown - least(&curve) >= self.settings.patience as usize
    }

    /// Adds the loss on the rows that each model does not see.
    fn judge(&mut self, set: &TrainingSet) {
        for (booster, judged) in self.boosters.iter().zip(&mut self.judged) {
            let margins = booster.margins();
            for (judge, losses) in judged.judges.iter().zip(&mut judged.losses) {
                let rows = (0..set.bad.len()).filter(|row| set.split.judge(*row) == Some(*judge));
                let loss = |row: usize| set.weights.values()[row] * calibrate::loss(margins[row], set.bad[row]);
                losses.push(rows.fold(0.0, |sum, row| sum + loss(row)));
            }
        }
    }

    fn close(self, set: &TrainingSet) -> Tried {
        let overall = overall(&self.judged, set);
        let nested = |outer: u16| match set.split {
            Split::Folds(_) => {
                let pairs = self.judged.iter().filter(|model| model.judges.len() == 2 && model.judges.contains(&outer));
                let of_other = pairs.flat_map(|model| {
                    let listed = model.judges.iter().zip(&model.losses);
                    listed.filter(|(judge, _)| **judge != outer).map(|(_, losses)| losses)
                });
                sum(of_other)
            }
            Split::Windows(_) => overall.clone(),
        };
        let single = || self.boosters.iter().take(usize::from(set.split.n_models()));
        Tried {
            settings: self.settings,
            nested: (0..set.split.n_models()).map(nested).collect(),
            bases: single().map(Booster::base).collect(),
            trees: single().map(|booster| booster.trees().to_vec()).collect(),
            overall,
        }
    }
}

/// Summed loss on the rows that choose settings: of the models of the split, in time of all but the last.
fn overall(models: &[Judged], set: &TrainingSet) -> Vec<f64> {
    let n = match set.split {
        Split::Folds(_) => set.split.n_models(),
        Split::Windows(_) => set.split.n_models() - 1,
    };
    // The models of the split come before the pairs.
    sum(models.iter().take(usize::from(n)).map(|model| &model.losses[0]))
}

impl Tried {
    /// Every row's margin under the first trees of a model of the split.
    fn margins(&self, set: &TrainingSet, model: u16, trees: usize) -> Vec<f64> {
        let fold = usize::from(model);
        let design = &set.prepared.fold_designs[fold];
        let (mut margins, mut nodes) = (vec![self.bases[fold]; set.bad.len()], Vec::new());
        for tree in &self.trees[fold][..trees] {
            patterns(&tree.questions, design, &mut nodes);
            margins.iter_mut().zip(&nodes).for_each(|(margin, node)| *margin += tree.leaves[usize::from(*node)]);
        }
        margins
    }
}

/// Loss curves added up, as long as the shortest.
fn sum<'a>(curves: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let add = |all: Vec<f64>, curve: &Vec<f64>| all.iter().zip(curve).map(|(sum, loss)| sum + loss).collect();
    curves.fold(None, |all, curve| Some(all.map_or_else(|| curve.clone(), |all| add(all, curve)))).unwrap_or_default()
}

/// Which curve has the least loss, and after how many trees, at least one; of equals the first.
fn best(curves: impl Iterator<Item = Vec<f64>>) -> (usize, usize) {
    let (mut found, mut lowest) = ((0, 1), f64::INFINITY);
    for (trial, curve) in curves.enumerate() {
        let trees = least(&curve).max(1);
        if curve.get(trees).is_some_and(|loss| *loss < lowest) {
            (found, lowest) = ((trial, trees), curve[trees]);
        }
    }
    found
}

/// Settings drawn evenly, of scales evenly by their logarithm.
fn draw(defaults: Settings, rng: &mut ChaCha8Rng) -> Settings {
    let mut even = |low: f64, high: f64| rng.random_range(low..high);
    // Three digits say enough.
    let short = |value: f64| (value * 1e3).round() / 1e3;
    let mut scale = |low: f64, high: f64| short(libm::exp(even(libm::log(low), libm::log(high))));
    let (learning_rate, lambda, min_child_weight) = (scale(0.03, 0.2), scale(0.3, 30.0), scale(0.3, 30.0));
    let (row_share, column_share) = (short(even(0.5, 1.0)), short(even(0.4, 1.0)));
    let depth = rng.random_range(3..=6_u32);
    Settings { depth, learning_rate, lambda, min_child_weight, row_share, column_share, ..defaults }
}

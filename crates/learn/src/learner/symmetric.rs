//! Boosting of symmetric trees with the number of trees chosen on held-out rows.
//!
//! One model a fold is grown, all in lockstep, until the loss on held-out rows stops falling; the number of trees with
//! the least loss is the final model's, which is grown on all rows.

use super::lesson::Lesson;
use super::{Fitted, Start, TrainingSet};
use crate::boost::{Booster, Grown, Question, Settings, gain_by_column};
use crate::design::Design;
use crate::random::{Stream, stream};
use crate::train::{Progress, Stage};
use std::collections::BTreeMap;
use underglass_engine::model::symmetric::Tree;
use underglass_engine::model::{Ensemble, Predicate, Side, Symmetric};

#[derive(Debug)]
pub(crate) struct Boosting {
    /// One a model of the split, then the one of all rows: they grow side by side, a tree each in turn.
    models: Vec<Booster>,
    designs: Vec<Design>,
    settings: Settings,
    threads: u16,
    /// Held-out loss after each tree, from none.
    losses: Vec<f64>,
    /// The trees of every model, once they are chosen.
    chosen: Option<usize>,
}

impl Boosting {
    pub(crate) fn new(set: &TrainingSet) -> Self {
        let of_split = |(k, design): (u16, &Design)| {
            let lesson = set.lesson(|row| set.split.trains(k, row));
            (booster(set, set.settings, &lesson, Stream::FoldModel(k)), lesson.design(set, design))
        };
        let all = set.lesson(|_| true);
        let last = booster(set, set.settings, &all, Stream::FinalModel);
        let last = (last, all.design(set, &set.prepared.design));
        let (models, designs) = (0..).zip(&set.prepared.fold_designs).map(of_split).chain([last]).unzip();
        let mut boosting =
            Self { models, designs, settings: set.settings, threads: set.threads, losses: Vec::new(), chosen: None };
        boosting.losses.push(boosting.held_out_loss(set));
        boosting
    }

    /// Grows one tree of each model, until the loss on held-out rows has stopped falling.
    pub(crate) fn step(&mut self, set: &TrainingSet) {
        if self.chosen.is_some() {
            return;
        }
        Booster::grow_each(&mut self.models, &self.designs, self.threads);
        self.losses.push(self.held_out_loss(set));
        let grown = self.losses.len() - 1;
        let best = least(&self.losses);
        if grown >= self.settings.trees as usize || grown - best >= self.settings.patience as usize {
            // A model without a tree would say nothing about anybody; one tree says little.
            let trees = best.max(1);
            self.models.iter_mut().zip(&self.designs).for_each(|(model, design)| model.truncate(trees, design));
            self.chosen = Some(trees);
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        let n_models = self.models.len() as u32;
        let done = (self.losses.len() as u32 - 1) * n_models;
        match self.chosen {
            None => Progress { done, total: self.settings.trees * n_models, stage: Stage::Folds },
            Some(_) => Progress { done, total: done, stage: Stage::Done },
        }
    }

    pub(crate) fn finish(mut self, set: &TrainingSet) -> Option<Fitted> {
        let model = self.models.pop()?;
        let mut parameters = self.settings.named();
        parameters.insert("grown_trees".to_owned(), model.trees().len() as f64);
        let margins = |model: &Booster| model.margins()[..set.bad.len()].to_vec();
        let by_fold: Vec<Vec<f64>> = self.models.iter().map(margins).collect();
        Some(Fitted {
            name: "symmetric".to_owned(),
            ensemble: Ensemble::Symmetric(continued(set, symmetric(model.base(), model.trees(), &set.prepared.design))),
            margins: margins(&model),
            held_out: set.held_out(&by_fold),
            by_fold,
            search: None,
            parameters,
            gain: gain(set, model.trees()),
        })
    }

    fn held_out_loss(&self, set: &TrainingSet) -> f64 {
        let margin = |row| Some(self.models[usize::from(set.split.judge(row)?)].margins()[row]);
        set.tuning_loss(&(0..set.bad.len()).map(margin).collect::<Vec<_>>())
    }
}

/// A booster on the rows of a lesson.
pub(super) fn booster(set: &TrainingSet, settings: Settings, lesson: &Lesson, of: Stream) -> Booster {
    let Lesson { bad, weights, .. } = lesson;
    let directions = set.prepared.features.iter().map(|feature| feature.direction).collect();
    match &set.start {
        None => Booster::new(settings, directions, bad, weights, stream(set.seed, of)),
        Some(start) => {
            let margins = start.margins.clone();
            Booster::from_margins(settings, directions, margins, bad, weights, stream(set.seed, of))
        }
    }
}

/// The position of the least loss, of equals the first.
pub(super) fn least(losses: &[f64]) -> usize {
    (1..losses.len()).fold(0, |best, at| if losses[at] < losses[best] { at } else { best })
}

/// New trees after those that they continue.
fn continued(set: &TrainingSet, new: Symmetric) -> Symmetric {
    let Some(Start { trees: before, .. }) = &set.start else { return new };
    let mut joined = before.clone();
    let n_before = joined.predicates.len() as u16;
    joined.predicates.extend(new.predicates);
    let shifted = |tree: Tree| Tree { levels: tree.levels.iter().map(|level| level + n_before).collect(), ..tree };
    joined.trees.extend(new.trees.into_iter().map(shifted));
    joined
}

/// What questions about each feature gained, with what the trees that are continued say of themselves.
pub(super) fn gain(set: &TrainingSet, trees: &[Grown]) -> Vec<f64> {
    let new = gain_by_column(trees, set.prepared.features.len());
    match &set.start {
        None => new,
        // Without the parent's, those of the new trees alone would mislead.
        Some(Start { gain, .. }) => gain.iter().zip(new).map(|(before, new)| before + new).collect(),
    }
}

/// Names each distinct question once, in the order of first use.
pub(super) fn symmetric(base: f64, trees: &[Grown], design: &Design) -> Symmetric {
    let mut questions = Questions::default();
    let trees = trees
        .iter()
        .map(|tree| Tree {
            levels: tree.questions.iter().map(|question| questions.number(question, design) as u16).collect(),
            leaves: tree.leaves.clone(),
        })
        .collect();
    Symmetric { base, predicates: questions.predicates, trees }
}

/// Distinct questions as predicates.
#[derive(Default)]
pub(crate) struct Questions {
    numbers: BTreeMap<Question, u32>,
    pub(crate) predicates: Vec<Predicate>,
}

impl Questions {
    /// The number of a question's predicate.
    pub(crate) fn number(&mut self, question: &Question, design: &Design) -> u32 {
        *self.numbers.entry(*question).or_insert_with(|| {
            self.predicates.push(Predicate::Less {
                feature: question.column as u16,
                threshold: design.cuts(question.column).thresholds()[usize::from(question.cut)],
                missing: if question.missing_is_yes { Side::Yes } else { Side::No },
            });
            (self.predicates.len() - 1) as u32
        })
    }
}

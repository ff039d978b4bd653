//! A readable logistic regression, its penalty chosen on held-out rows.

use super::{Fitted, TrainingSet};
use crate::check::BadData;
use crate::linear::{self, Data, PENALTIES};
use crate::train::{Progress, Stage};
use underglass_engine::model::Ensemble;
use underglass_engine::model::linear::Linear;

/// The models of the folds, each under every penalty; then the one of all rows.
#[derive(Debug)]
pub(crate) struct Lines {
    /// One list a feature.
    values: Vec<Vec<Option<f64>>>,
    /// Folds × penalties.
    fold_models: Vec<Vec<Linear>>,
    fitted: Option<Fitted>,
    fault: Option<BadData>,
}

impl Lines {
    pub(crate) fn new(set: &TrainingSet) -> Self {
        Self { values: set.prepared.values(), fold_models: Vec::new(), fitted: None, fault: None }
    }

    pub(crate) fn step(&mut self, set: &TrainingSet) {
        if let Err(fault) = self.try_step(set) {
            self.fault = Some(fault);
        }
    }

    pub(crate) fn progress(&self, set: &TrainingSet) -> Progress {
        let (folds, done) = (u32::from(set.split.n_models()), self.fold_models.len() as u32);
        let stage = match (&self.fitted, &self.fault) {
            (None, None) if done < folds => Stage::Folds,
            (None, None) => Stage::Final,
            _ => Stage::Done,
        };
        let done = if stage == Stage::Done { folds + 1 } else { done };
        Progress { done, total: folds + 1, stage }
    }

    pub(crate) fn finish(self) -> Result<Fitted, BadData> {
        match (self.fitted, self.fault) {
            (Some(fitted), None) => Ok(fitted),
            (_, fault) => Err(fault.unwrap_or(BadData::TooFew { what: "steps", found: 0, least: 1 })),
        }
    }

    fn try_step(&mut self, set: &TrainingSet) -> Result<(), BadData> {
        let features = &set.prepared.features;
        let data = Data { features, values: &self.values, bad: &set.bad, weight: Some(set.weights.values()) };
        let k = self.fold_models.len() as u16;
        if k < set.split.n_models() {
            let lesson = set.lesson(|row| set.split.trains(k, row));
            let values = lesson.values(features, &self.values);
            let taught = Data { features, values: &values, bad: &lesson.bad, weight: Some(lesson.weights.values()) };
            self.fold_models.push(linear::fits(&taught, &lesson.rows, &PENALTIES)?);
            return Ok(());
        }
        let by_fold = |penalty: usize| -> Vec<Vec<f64>> {
            self.fold_models.iter().map(|models| data.margins(&models[penalty])).collect()
        };
        let judged = |penalty: usize| {
            let by_fold = by_fold(penalty);
            let held_out = set.held_out(&by_fold);
            (set.tuning_loss(&held_out), PENALTIES[penalty], by_fold, held_out)
        };
        // Of equal losses the larger penalty, which comes first.
        let best = (0..PENALTIES.len()).map(judged).reduce(|best, other| if other.0 < best.0 { other } else { best });
        let Some((_, l2, by_fold, held_out)) = best else { return Ok(()) };
        let all = set.lesson(|_| true);
        let values = all.values(features, &self.values);
        let taught = Data { features, values: &values, bad: &all.bad, weight: Some(all.weights.values()) };
        let model = linear::fit(&taught, &all.rows, l2)?.model;
        self.fitted = Some(Fitted {
            name: "logistic".to_owned(),
            margins: data.margins(&model),
            ensemble: Ensemble::Linear(model),
            by_fold,
            held_out,
            search: None,
            parameters: [("l2".to_owned(), l2)].into(),
            gain: Vec::new(),
        });
        Ok(())
    }
}

//! A scorecard: monotone bins, and a logistic regression on their weights of evidence.

use super::{Fitted, TrainingSet};
use crate::check::BadData;
use crate::train::{Progress, Stage};
use crate::woe::Holds;
use crate::woe::card::{self, Scorecard, Settings};
use underglass_engine::features::Feature;
use underglass_engine::model::Ensemble;
use underglass_engine::model::linear::{Linear, Term};

/// One card a model of the split, then the one of all rows.
#[derive(Debug)]
pub(crate) struct Cards {
    /// One list a feature.
    values: Vec<Vec<Option<f64>>>,
    cards: Vec<Scorecard>,
    fault: Option<BadData>,
}

impl Cards {
    pub(crate) fn new(set: &TrainingSet) -> Self {
        let uneven = set.weights.values().iter().position(|weight| *weight != 1.0);
        let fault = uneven.map(|row| BadData::Number {
            what: "weight",
            row,
            found: set.weights.values()[row],
            expected: "1: a scorecard counts rows",
        });
        Self { values: set.prepared.values(), cards: Vec::new(), fault }
    }

    pub(crate) fn step(&mut self, set: &TrainingSet) {
        let k = self.cards.len() as u16;
        // After the models of the split comes the one of all rows.
        let lesson = set.lesson(|row| k >= set.split.n_models() || set.split.trains(k, row));
        let of_rows = |values: &Vec<Option<f64>>| lesson.rows.iter().map(|row| values[*row]).collect();
        let all = lesson.values(&set.prepared.features, &self.values);
        let values: Vec<Vec<Option<f64>>> = all.iter().map(of_rows).collect();
        let bad: Vec<bool> = lesson.rows.iter().map(|row| lesson.bad[*row]).collect();
        match card::fit(&set.prepared.features, &values, &bad, &Settings::default()) {
            Ok(card) => self.cards.push(card),
            Err(fault) => self.fault = Some(fault),
        }
    }

    pub(crate) fn progress(&self, set: &TrainingSet) -> Progress {
        let (folds, done) = (u32::from(set.split.n_models()), self.cards.len() as u32);
        let stage = match self.fault {
            None if done < folds => Stage::Folds,
            None if done == folds => Stage::Final,
            _ => Stage::Done,
        };
        Progress { done: if stage == Stage::Done { folds + 1 } else { done }, total: folds + 1, stage }
    }

    pub(crate) fn finish(mut self, set: &TrainingSet) -> Result<Fitted, BadData> {
        let features = &set.prepared.features;
        let last = match (self.cards.pop(), self.fault) {
            (Some(last), None) => last,
            (_, fault) => return Err(fault.unwrap_or(BadData::TooFew { what: "scorecards", found: 0, least: 1 })),
        };
        let by_fold: Vec<Vec<f64>> = self.cards.iter().map(|card| card.margins(features, &self.values)).collect();
        Ok(Fitted {
            name: "scorecard".to_owned(),
            margins: last.margins(features, &self.values),
            ensemble: Ensemble::Linear(linear(&last, features)),
            held_out: set.held_out(&by_fold),
            by_fold,
            search: None,
            parameters: [("l2".to_owned(), Settings::default().l2)].into(),
            gain: Vec::new(),
        })
    }
}

/// The card as terms: a bin's coefficient times its weight of evidence; nothing for features that are not on it.
fn linear(card: &Scorecard, features: &[Feature]) -> Linear {
    let term = |(index, feature): (usize, &Feature)| {
        let Some(carded) = card.features.iter().find(|carded| carded.feature == index) else {
            return Term::Levels { coefficients: vec![0.0; feature.levels.len()], missing: 0.0 };
        };
        let value = |woe: f64| carded.coefficient * woe;
        let missing = value(carded.binned.missing.woe);
        if feature.levels.is_empty() {
            let ends = carded.binned.bins.iter().filter_map(|bin| match bin.holds {
                Holds::Range(_, below) => below,
                Holds::Levels(_) | Holds::Missing => None,
            });
            let values = carded.binned.bins.iter().map(|bin| value(bin.woe)).collect();
            return Term::Bins { thresholds: ends.collect(), values, missing };
        }
        let ranks: Vec<Option<f64>> = (0..feature.levels.len()).map(|rank| Some(rank as f64)).collect();
        let of_ranks = carded.binned.positions(feature, &ranks);
        Term::Levels { coefficients: of_ranks.into_iter().map(|at| value(carded.binned.woe(at))).collect(), missing }
    };
    Linear { intercept: card.intercept, terms: features.iter().enumerate().map(term).collect() }
}

//! What one model learns from: some of the data's rows, and rows that were made up from these alone.

use super::TrainingSet;
use crate::boost::Weights;
use crate::design::Design;
use crate::resample::{self, MadeUp};
use crate::row_weights::Classes;
use std::borrow::Cow;
use underglass_engine::features::Feature;

/// Neighbours among which a made-up row is moved towards one.
pub(crate) const NEIGHBOURS: u16 = 5;
/// Rows of the rarer outcome for one of the other, once rows were made up.
pub(crate) const RATIO: f64 = 1.0;

/// The rows of one model: all of the data, of which those that are held out weigh nothing, then those made up.
pub(crate) struct Lesson {
    made_up: Vec<MadeUp>,
    /// Positions of the rows that are learned from.
    pub(crate) rows: Vec<usize>,
    pub(crate) bad: Vec<bool>,
    pub(crate) weights: Weights,
}

impl TrainingSet {
    /// What a model learns that may see some of the rows. No other row has a part in what is made up.
    pub(crate) fn lesson(&self, sees: impl Fn(usize) -> bool) -> Lesson {
        let n_rows = self.bad.len();
        let mut rows: Vec<usize> = (0..n_rows).filter(|row| sees(*row)).collect();
        let made_up = match self.classes {
            Classes::AsTheyAre | Classes::Balanced => Vec::new(),
            Classes::MadeUp => self.made_up(&rows),
        };
        let mut bad = self.bad.clone();
        bad.extend(made_up.iter().map(|made| self.bad[made.from]));
        rows.extend(n_rows..bad.len());
        let weights = self.weights.clone().only(sees).and(made_up.iter().map(|made| made.from));
        Lesson { made_up, rows, bad, weights }
    }

    fn made_up(&self, rows: &[usize]) -> Vec<MadeUp> {
        let of_rows = |values: Vec<Option<f64>>| rows.iter().map(|row| values[*row]).collect();
        let values: Vec<Vec<Option<f64>>> = self.prepared.values().into_iter().map(of_rows).collect();
        let bad: Vec<bool> = rows.iter().map(|row| self.bad[*row]).collect();
        let made = resample::smote(&self.prepared.features, &values, &bad, NEIGHBOURS, RATIO, self.seed);
        // A fit begins only where every model sees rows enough of both outcomes.
        let made = made.unwrap_or_default().into_iter();
        made.map(|made| MadeUp { from: rows[made.from], to: rows[made.to], ..made }).collect()
    }
}

impl Lesson {
    /// Its rows under a design of the data's.
    pub(crate) fn design(&self, set: &TrainingSet, design: &Design) -> Design {
        if self.made_up.is_empty() { design.clone() } else { set.prepared.with_made_up(design, &self.made_up) }
    }

    /// The features of its rows, after those of the data's: one list a feature.
    pub(crate) fn values<'a>(
        &self,
        features: &[Feature],
        values: &'a [Vec<Option<f64>>],
    ) -> Cow<'a, [Vec<Option<f64>>]> {
        if self.made_up.is_empty() {
            return Cow::Borrowed(values);
        }
        let more = |(feature, values): (&Feature, &Vec<Option<f64>>)| {
            let made = self.made_up.iter().map(|made| made.value(feature, values));
            values.iter().copied().chain(made).collect()
        };
        Cow::Owned(features.iter().zip(values).map(more).collect())
    }
}

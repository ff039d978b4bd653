//! Linear models: one term a feature, each read on its own.

use super::ModelError;
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most terms, and the most steps of a term.
const MOST: usize = 10_000;

/// `margin = intercept + Σ terms`: a logistic regression, or a scorecard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// The margin before any term.
    pub intercept: f64,
    /// The terms, in the order in which they are added.
    pub terms: Vec<Term>,
}

/// What one feature adds to the margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Position of the feature.
    pub feature: u16,
    /// What a missing value adds.
    pub missing: f64,
    /// What a value adds.
    pub shape: Shape,
}

/// How a term depends on its feature's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// `coefficient · (clip(value, low, high) − mean) / deviation`.
    Line {
        /// Values below count as this.
        low: f64,
        /// Values above count as this.
        high: f64,
        /// Mean of the clipped training values.
        mean: f64,
        /// Their standard deviation; positive.
        deviation: f64,
        /// Log-odds per standard deviation.
        coefficient: f64,
    },
    /// `values[k]`, where `k` thresholds are at or below the value: categories by rank, or the bins of a scorecard.
    Steps {
        /// Rising.
        thresholds: Vec<f64>,
        /// One more than thresholds.
        values: Vec<f64>,
    },
}

impl Linear {
    /// The margin of one row, summed in the terms' order.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        self.terms.iter().fold(self.intercept, |sum, term| sum + term.value(row.0[usize::from(term.feature)]))
    }

    /// The values of a feature at which its term bends or steps.
    pub fn thresholds(&self, feature: usize) -> Vec<f64> {
        let of = |term: &Term| match &term.shape {
            Shape::Line { low, high, .. } => vec![*low, *high],
            Shape::Steps { thresholds, .. } => thresholds.clone(),
        };
        self.terms.iter().filter(|term| usize::from(term.feature) == feature).flat_map(of).collect()
    }

    /// The mean of each term over a population.
    pub fn means<'a>(&self, rows: impl Iterator<Item = &'a FeatureVector>) -> Vec<f64> {
        let (mut sums, mut n_rows) = (vec![0.0; self.terms.len()], 0.0_f64);
        for row in rows {
            n_rows += 1.0;
            for (sum, term) in sums.iter_mut().zip(&self.terms) {
                *sum += term.value(row.0[usize::from(term.feature)]);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= n_rows.max(1.0));
        sums
    }

    /// Checks every index, length and number against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        if !self.intercept.is_finite() {
            return Err(ModelError::NotFinite { what: "intercept", index: 0 });
        }
        if self.terms.len() > MOST {
            return Err(ModelError::Index { what: "term", found: self.terms.len(), limit: MOST + 1 });
        }
        for (index, term) in self.terms.iter().enumerate() {
            let feature = usize::from(term.feature);
            if feature >= n_features {
                return Err(ModelError::Index { what: "feature", found: feature, limit: n_features });
            }
            if !term.is_sound() {
                return Err(ModelError::NotFinite { what: "term", index });
            }
            if let Shape::Steps { thresholds, values } = &term.shape {
                ModelError::length("values of a term", values.len(), thresholds.len() + 1)?;
            }
        }
        Ok(())
    }
}

impl Term {
    /// What a value adds; `None` is missing.
    pub fn value(&self, value: Option<f64>) -> f64 {
        match (value, &self.shape) {
            (None, _) => self.missing,
            (Some(value), Shape::Line { low, high, mean, deviation, coefficient }) => {
                coefficient * ((value.max(*low).min(*high) - mean) / deviation)
            }
            (Some(value), Shape::Steps { thresholds, values }) => {
                values[thresholds.partition_point(|threshold| *threshold <= value)]
            }
        }
    }

    /// The largest difference that the feature makes, or a standard deviation's where that is less.
    pub fn reach(&self) -> f64 {
        match &self.shape {
            Shape::Line { coefficient, .. } => coefficient.abs(),
            Shape::Steps { values, .. } => {
                let (low, high) = values.iter().fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
                high - low
            }
        }
    }

    fn is_sound(&self) -> bool {
        self.missing.is_finite()
            && match &self.shape {
                Shape::Line { low, high, mean, deviation, coefficient } => {
                    [low, high, mean, coefficient].iter().all(|number| number.is_finite())
                        && low <= high
                        && deviation.is_finite()
                        && *deviation > 0.0
                }
                Shape::Steps { thresholds, values } => {
                    thresholds.len() < MOST
                        && thresholds.iter().chain(values).all(|number| number.is_finite())
                        && thresholds.windows(2).all(|pair| pair[0] < pair[1])
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Linear {
        let line = Shape::Line { low: 0.0, high: 10.0, mean: 4.0, deviation: 2.0, coefficient: 0.5 };
        let steps = Shape::Steps { thresholds: vec![1.0, 2.0], values: vec![-1.0, 0.25, 3.0] };
        Linear {
            intercept: 0.125,
            terms: vec![
                Term { feature: 1, missing: -0.5, shape: line },
                Term { feature: 0, missing: 0.75, shape: steps },
            ],
        }
    }

    #[test]
    fn terms_read_their_feature_and_add_up() {
        let margin = |a, b| model().margin(&FeatureVector(vec![a, b]));
        assert_eq!(margin(Some(1.0), Some(6.0)), 0.125 + 0.5 + 0.25);
        assert_eq!(margin(Some(0.9), Some(99.0)), 0.125 + 1.5 - 1.0);
        assert_eq!(margin(None, None), 0.125 - 0.5 + 0.75);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(model().check(2), Ok(()));
        assert!(matches!(model().check(1), Err(ModelError::Index { .. })));
        let mut short = model();
        short.terms[1].shape = Shape::Steps { thresholds: vec![1.0], values: vec![1.0] };
        assert!(matches!(short.check(2), Err(ModelError::Length { .. })));
        let mut unordered = model();
        unordered.terms[1].shape = Shape::Steps { thresholds: vec![2.0, 1.0], values: vec![1.0; 3] };
        assert!(matches!(unordered.check(2), Err(ModelError::NotFinite { .. })));
    }
}

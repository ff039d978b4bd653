//! Linear models: one term a feature, each read on its own.

use super::ModelError;
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most steps or levels of a term.
const MOST: usize = 10_000;

/// `margin = intercept + Σ term(value)`: a logistic regression, or a scorecard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// The margin when every term is 0.
    pub intercept: f64,
    /// One a feature, in the schema's order.
    pub terms: Vec<Term>,
}

/// What one feature adds to the margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Term {
    /// Straight lines from corner to corner; outside of them the value of the nearest one.
    Number {
        /// How the number is read between corners.
        reading: Reading,
        /// Numbers, rising, with their log-odds. None where no training row had a number.
        corners: Vec<(f64, f64)>,
        /// Log-odds of a missing value.
        missing: f64,
    },
    /// A straight line through 0 without end: a coefficient of another library's model.
    Slope {
        /// Log-odds for one unit.
        coefficient: f64,
        /// Log-odds of a missing value.
        missing: f64,
    },
    /// The coefficient of the level.
    Levels {
        /// By rank, as the schema orders the feature's levels.
        coefficients: Vec<f64>,
        /// Log-odds of a missing value or a level that is not in the schema.
        missing: f64,
    },
    /// The value of the bin, as in a scorecard: `values[k]`, where `k` thresholds are at or below the number.
    Bins {
        /// Rising.
        thresholds: Vec<f64>,
        /// One more than thresholds.
        values: Vec<f64>,
        /// Log-odds of a missing value.
        missing: f64,
    },
}

/// The scale on which a term is straight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// As it is.
    AsIs,
    /// `ln(1 + x)`, for numbers from 0 that it makes less skewed.
    Log1p,
}

impl Reading {
    /// The reading of a number.
    pub fn of(self, x: f64) -> f64 {
        match self {
            Reading::AsIs => x,
            Reading::Log1p => libm::log1p(x),
        }
    }
}

impl Linear {
    /// Log-odds of a bad outcome of one row of features, summed in the schema's order.
    pub fn margin(&self, features: impl IntoIterator<Item = Option<f64>>) -> f64 {
        self.terms.iter().zip(features).fold(self.intercept, |sum, (term, value)| sum + term.value(value))
    }

    /// The mean of each term over a population.
    pub fn means<'a>(&self, rows: impl Iterator<Item = &'a FeatureVector>) -> Vec<f64> {
        let (mut sums, mut n_rows) = (vec![0.0; self.terms.len()], 0.0_f64);
        for row in rows {
            n_rows += 1.0;
            for ((sum, term), value) in sums.iter_mut().zip(&self.terms).zip(&row.0) {
                *sum += term.value(*value);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= n_rows.max(1.0));
        sums
    }

    /// The values of a feature at which its term bends or steps.
    pub fn thresholds(&self, feature: usize) -> Vec<f64> {
        match &self.terms[feature] {
            Term::Number { corners, .. } => corners.iter().map(|corner| corner.0).collect(),
            Term::Levels { .. } | Term::Slope { .. } => Vec::new(),
            Term::Bins { thresholds, .. } => thresholds.clone(),
        }
    }

    /// Checks every length and number against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        if !self.intercept.is_finite() {
            return Err(ModelError::NotFinite { what: "intercept", index: 0 });
        }
        ModelError::length("terms", self.terms.len(), n_features)?;
        for (index, term) in self.terms.iter().enumerate() {
            if !term.is_sound() {
                return Err(ModelError::NotFinite { what: "term", index });
            }
            if let Term::Bins { thresholds, values, .. } = term {
                ModelError::length("values of a term", values.len(), thresholds.len() + 1)?;
            }
        }
        Ok(())
    }
}

impl Term {
    /// Log-odds that a value adds: a number, the rank of a level, or missing.
    pub fn value(&self, value: Option<f64>) -> f64 {
        match (self, value) {
            (Term::Number { reading, corners, .. }, Some(x)) => between_corners(*reading, corners, x),
            (Term::Slope { coefficient, .. }, Some(x)) => coefficient * x,
            (Term::Levels { coefficients, missing }, Some(rank)) => {
                coefficients.get(rank as usize).copied().unwrap_or(*missing)
            }
            (Term::Bins { thresholds, values, .. }, Some(x)) => {
                values[thresholds.partition_point(|threshold| *threshold <= x)]
            }
            (
                Term::Number { missing, .. }
                | Term::Slope { missing, .. }
                | Term::Levels { missing, .. }
                | Term::Bins { missing, .. },
                None,
            ) => *missing,
        }
    }

    /// The largest difference that the feature makes; of a line without end that of one unit.
    pub fn reach(&self) -> f64 {
        let range = |values: &[f64]| {
            let (low, high) = values.iter().fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
            high - low
        };
        match self {
            Term::Number { corners, .. } => range(&corners.iter().map(|corner| corner.1).collect::<Vec<_>>()),
            Term::Slope { coefficient, .. } => coefficient.abs(),
            Term::Levels { coefficients, .. } => range(coefficients),
            Term::Bins { values, .. } => range(values),
        }
    }

    fn is_sound(&self) -> bool {
        let finite = |values: &[f64]| values.len() <= MOST && values.iter().all(|value| value.is_finite());
        match self {
            Term::Number { reading, corners, missing } => {
                corners.len() <= MOST
                    && missing.is_finite()
                    && corners.iter().all(|(at, value)| at.is_finite() && value.is_finite())
                    && corners.windows(2).all(|pair| reading.of(pair[0].0) < reading.of(pair[1].0))
            }
            Term::Slope { coefficient, missing } => coefficient.is_finite() && missing.is_finite(),
            Term::Levels { coefficients, missing } => finite(coefficients) && missing.is_finite(),
            Term::Bins { thresholds, values, missing } => {
                finite(thresholds)
                    && finite(values)
                    && missing.is_finite()
                    && thresholds.windows(2).all(|pair| pair[0] < pair[1])
            }
        }
    }
}

fn between_corners(reading: Reading, corners: &[(f64, f64)], x: f64) -> f64 {
    let after = corners.partition_point(|corner| corner.0 < x);
    match (after.checked_sub(1).and_then(|before| corners.get(before)), corners.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => {
            let (from, to) = (reading.of(*x0), reading.of(*x1));
            let share = (reading.of(x) - from) / (to - from);
            // Rounding may pass the corner by a bit, and a monotone term must not.
            (y0 + share * (y1 - y0)).clamp(y0.min(*y1), y0.max(*y1))
        }
        (Some((_, end)), None) | (None, Some((_, end))) => *end,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Linear {
        let corners = vec![(0.0, -1.5), (3.0, 0.0), (15.0, 2.0)];
        let number = Term::Number { reading: Reading::Log1p, corners, missing: -0.5 };
        let bins = Term::Bins { thresholds: vec![1.0, 2.0], values: vec![-1.0, 0.25, 3.0], missing: 0.75 };
        let levels = Term::Levels { coefficients: vec![0.125, 8.0], missing: -4.0 };
        Linear { intercept: 0.125, terms: vec![bins, number, levels] }
    }

    #[test]
    fn terms_read_their_feature_and_add_up() {
        let margin = |a, b, c| model().margin([a, b, c]);
        assert_eq!(margin(Some(1.0), Some(0.0), Some(1.0)), 0.125 + 0.25 - 1.5 + 8.0);
        // ln 8 lies half way from ln 4 to ln 16.
        assert!((margin(Some(0.9), Some(7.0), Some(2.0)) - (0.125 - 1.0 + 1.0 - 4.0)).abs() < 1e-12);
        assert_eq!(margin(Some(0.9), Some(99.0), Some(2.0)), 0.125 - 1.0 + 2.0 - 4.0);
        assert_eq!(margin(None, None, None), 0.125 + 0.75 - 0.5 - 4.0);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(model().check(3), Ok(()));
        assert!(matches!(model().check(2), Err(ModelError::Length { .. })));
        let with = |term: Term| {
            let mut model = model();
            model.terms[0] = term;
            model.check(3)
        };
        let bins = |thresholds, values| with(Term::Bins { thresholds, values, missing: 0.0 });
        assert!(matches!(bins(vec![1.0], vec![1.0]), Err(ModelError::Length { .. })));
        assert!(matches!(bins(vec![2.0, 1.0], vec![1.0; 3]), Err(ModelError::NotFinite { .. })));
        assert!(matches!(bins(vec![], vec![f64::NAN]), Err(ModelError::NotFinite { .. })));
        let number = |corners| with(Term::Number { reading: Reading::Log1p, corners, missing: 0.0 });
        assert!(matches!(number(vec![(1.0, 0.0), (1.0, 2.0)]), Err(ModelError::NotFinite { .. })));
        assert!(matches!(number(vec![(-3.0, 0.0), (1.0, 2.0)]), Err(ModelError::NotFinite { .. })));
        assert_eq!(number(Vec::new()), Ok(()));
    }
}

//! How much each row counts.

/// A weight a row: finite and not negative. A row of weight 2 is a row twice; a row of weight 0 is scored along but
/// teaches nothing.
///
/// Derivatives are integers in units of 2⁻¹⁸ (gradient) and 2⁻²⁰ (curvature) of the heaviest row's, so rows that are lighter
/// than it by more than that teach nothing either.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(Vec<f64>);

/// A weight that is negative or not finite.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("row {row} has weight {found}; expected a finite number, 0 or more")]
pub struct BadWeight {
    /// Its position, from 0.
    pub row: usize,
    /// The weight.
    pub found: f64,
}

impl Weights {
    /// Checks every weight.
    ///
    /// # Errors
    /// [`BadWeight`] names the first row whose weight is negative, infinite or NaN.
    pub fn new(weights: Vec<f64>) -> Result<Self, BadWeight> {
        match weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            Some(row) => Err(BadWeight { row, found: weights[row] }),
            None => Ok(Self(weights)),
        }
    }

    /// Every row counts once.
    pub fn equal(n_rows: usize) -> Self {
        Self(vec![1.0; n_rows])
    }

    /// The same weights, times one for good and one for bad rows.
    ///
    /// # Errors
    /// [`BadWeight`] names the first row whose product is negative, infinite or NaN.
    pub fn times_classes(mut self, bad: &[bool], of_good: f64, of_bad: f64) -> Result<Self, BadWeight> {
        for (weight, bad) in self.0.iter_mut().zip(bad) {
            *weight *= if *bad { of_bad } else { of_good };
        }
        Self::new(self.0)
    }

    /// The same weights where `keeps` says so; 0 elsewhere.
    #[must_use]
    pub fn only(mut self, keeps: impl Fn(usize) -> bool) -> Self {
        for (row, weight) in self.0.iter_mut().enumerate() {
            if !keeps(row) {
                *weight = 0.0;
            }
        }
        self
    }

    /// The same weights, and after them those of some of the rows again.
    #[must_use]
    pub fn and(mut self, again: impl Iterator<Item = usize>) -> Self {
        let again: Vec<f64> = again.map(|row| self.0[row]).collect();
        self.0.extend(again);
        self
    }

    /// One weight a row.
    pub fn values(&self) -> &[f64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_finite_and_not_negative() {
        assert_eq!(Weights::new(vec![0.0, 2.5]).map(|weights| weights.0), Ok(vec![0.0, 2.5]));
        assert_eq!(Weights::new(vec![1.0, -1.0]), Err(BadWeight { row: 1, found: -1.0 }));
        assert!(Weights::new(vec![f64::NAN]).is_err() && Weights::new(vec![f64::INFINITY]).is_err());
        let classes = Weights::equal(3).times_classes(&[true, false, true], 1.0, 4.0);
        assert_eq!(classes.map(|weights| weights.only(|row| row < 2).0), Ok(vec![4.0, 1.0, 0.0]));
    }
}

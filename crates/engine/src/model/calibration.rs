//! From margin to log-odds of bad: affine, so that contributions stay additive.

use super::ModelError;
use crate::units::LogOdds;
use serde::{Deserialize, Serialize};

/// `log-odds = slope · margin + intercept`, slope > 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What the margin is.
    pub link: Link,
    /// Positive slope.
    pub slope: f64,
    /// Intercept in log-odds.
    pub intercept: f64,
}

/// What a margin means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Log-odds before calibration: probability is the logistic of the calibrated margin.
    Logistic,
    /// A probability or a plain value: such a model scores and explains, and decides only once calibrated.
    Identity,
}

impl Calibration {
    /// The identity on log-odds.
    pub const NONE: Calibration = Calibration { link: Link::Logistic, slope: 1.0, intercept: 0.0 };

    /// Calibrated log-odds of a margin.
    pub fn log_odds(&self, margin: f64) -> LogOdds {
        LogOdds(self.slope * margin + self.intercept)
    }

    /// Checks slope and intercept.
    ///
    /// # Errors
    /// [`ModelError::Calibration`].
    pub fn check(&self) -> Result<(), ModelError> {
        if self.slope.is_finite() && self.slope > 0.0 && self.intercept.is_finite() {
            Ok(())
        } else {
            Err(ModelError::Calibration { slope: self.slope, intercept: self.intercept })
        }
    }
}

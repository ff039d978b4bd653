//! From margin to probability of bad: affine, so that contributions stay additive, then a link.

use super::ModelError;
use crate::units::{LogOdds, Probability};
use serde::{Deserialize, Serialize};

/// `calibrated margin = slope · margin + intercept`, slope > 0; its link says what that is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What the calibrated margin is.
    pub link: Link,
    /// Positive slope.
    pub slope: f64,
    /// Intercept in the calibrated margin's unit.
    pub intercept: f64,
}

/// What a calibrated margin means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Log-odds: probability is the logistic of the calibrated margin.
    Logistic,
    /// Log-odds are so many times the calibrated margin: LightGBM's parameter `sigmoid`.
    Steep(f64),
    /// A probability or a plain value: such a model scores and explains, and decides only once calibrated.
    Identity,
}

/// The least chance of either outcome whose log-odds are shown for a margin that is a probability.
const LEAST_CHANCE: f64 = 1e-12;

impl Calibration {
    /// The identity on log-odds.
    pub const NONE: Calibration = Calibration { link: Link::Logistic, slope: 1.0, intercept: 0.0 };

    /// The calibrated margin.
    pub fn calibrated(&self, margin: f64) -> f64 {
        self.slope * margin + self.intercept
    }

    /// Calibrated log-odds of a margin.
    pub fn log_odds(&self, margin: f64) -> LogOdds {
        let calibrated = self.calibrated(margin);
        match self.link {
            Link::Logistic => LogOdds(calibrated),
            Link::Steep(steepness) => LogOdds(steepness * calibrated),
            Link::Identity => {
                let p = calibrated.clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE);
                LogOdds(libm::log(p / (1.0 - p)))
            }
        }
    }

    /// Probability of a margin; a plain value is taken to the nearest probability.
    pub fn probability(&self, margin: f64) -> Probability {
        let nearest = || Probability::new(self.calibrated(margin).clamp(0.0, 1.0));
        let by_value = if self.link == Link::Identity { nearest() } else { None };
        by_value.unwrap_or_else(|| Probability::from_log_odds(self.log_odds(margin)))
    }

    /// Checks slope and intercept.
    ///
    /// # Errors
    /// [`ModelError::Calibration`].
    pub fn check(&self) -> Result<(), ModelError> {
        let steepness = if let Link::Steep(steepness) = self.link { steepness } else { 1.0 };
        let positive = |number: f64| number.is_finite() && number > 0.0;
        if positive(self.slope) && positive(steepness) && self.intercept.is_finite() {
            Ok(())
        } else {
            Err(ModelError::Calibration { slope: self.slope, intercept: self.intercept })
        }
    }
}

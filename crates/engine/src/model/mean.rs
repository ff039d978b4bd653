//! The mean of calibrated models, in log-odds, so that their contributions average exactly.

use super::{Calibration, Ensemble, Link, ModelError};
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most members.
const MOST_MEMBERS: usize = 16;

/// `margin = mean over members of their calibrated log-odds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mean {
    /// At least one; none is a mean itself.
    pub members: Vec<Member>,
}

/// A model with its own calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the types")]
pub struct Member {
    pub calibration: Calibration,
    pub ensemble: Ensemble,
}

impl Mean {
    /// The margin of one row.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        self.members.iter().fold(0.0, |sum, member| sum + member.calibration.log_odds(member.ensemble.margin(row)).0)
            / self.members.len() as f64
    }

    /// Checks every member.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        let found = self.members.len();
        if found == 0 || found > MOST_MEMBERS {
            return Err(ModelError::Index { what: "member", found, limit: MOST_MEMBERS + 1 });
        }
        self.members.iter().try_for_each(|member| {
            member.calibration.check()?;
            if member.calibration.link != Link::Logistic {
                return Err(ModelError::Link);
            }
            match &member.ensemble {
                Ensemble::Mean(_) => Err(ModelError::Nested),
                ensemble => ensemble.check(n_features),
            }
        })
    }
}

//! One yes/no question about one feature.

use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The answer that a missing value gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    No,
    Yes,
}

/// A question whose answer is one bit of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Predicate {
    /// Is the value less than the threshold?
    Less {
        /// Position of the feature.
        feature: u16,
        /// A finite threshold.
        threshold: f64,
        /// The answer for a missing value.
        missing: Side,
    },
    /// Is the value, truncated toward zero, one of these codes?
    In {
        /// Position of the feature.
        feature: u16,
        /// Category codes, rising.
        codes: Vec<u32>,
        /// The answer for a missing value.
        missing: Side,
    },
}

impl Predicate {
    /// Position of the feature that is asked about.
    pub fn feature(&self) -> usize {
        match self {
            Predicate::Less { feature, .. } | Predicate::In { feature, .. } => usize::from(*feature),
        }
    }

    /// The answer for one row.
    pub fn holds(&self, row: &FeatureVector) -> bool {
        match self {
            Predicate::Less { feature, threshold, missing } => {
                row.0[usize::from(*feature)].map_or(*missing == Side::Yes, |value| value < *threshold)
            }
            Predicate::In { feature, codes, missing } => {
                row.0[usize::from(*feature)].map_or(*missing == Side::Yes, |value| {
                    let code = value.trunc();
                    code >= 0.0 && code <= f64::from(u32::MAX) && codes.binary_search(&(code as u32)).is_ok()
                })
            }
        }
    }
}

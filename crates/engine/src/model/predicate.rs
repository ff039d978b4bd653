//! One yes/no question about one feature.

use super::ModelError;
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

/// The thresholds that are asked of a feature, in the order of the predicates.
pub(crate) fn thresholds(predicates: &[Predicate], feature: usize) -> Vec<f64> {
    let threshold = |predicate: &Predicate| match predicate {
        Predicate::Less { feature: asked, threshold, .. } if usize::from(*asked) == feature => Some(*threshold),
        _ => None,
    };
    predicates.iter().filter_map(threshold).collect()
}

/// Checks every feature, threshold and list of codes.
///
/// # Errors
/// [`ModelError`] names the first thing that is wrong.
pub(crate) fn check(predicates: &[Predicate], n_features: usize) -> Result<(), ModelError> {
    for (index, predicate) in predicates.iter().enumerate() {
        if predicate.feature() >= n_features {
            return Err(ModelError::Index { what: "feature", found: predicate.feature(), limit: n_features });
        }
        match predicate {
            Predicate::Less { threshold, .. } if !threshold.is_finite() => {
                return Err(ModelError::NotFinite { what: "threshold", index });
            }
            Predicate::In { codes, .. } if codes.windows(2).any(|pair| pair[0] >= pair[1]) => {
                return Err(ModelError::Unordered { what: "codes of predicate", index });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Predicates as a structure of arrays: prints short, compresses well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredicateTable {
    feature: Vec<u16>,
    /// Yes below it; `null` where the next of `codes` is asked for.
    threshold: Vec<Option<f64>>,
    /// 1 where a missing value answers yes.
    missing: Vec<u8>,
    /// Yes for these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<Vec<u32>>,
}

impl From<Vec<Predicate>> for PredicateTable {
    fn from(predicates: Vec<Predicate>) -> Self {
        let mut table = PredicateTable::default();
        for predicate in predicates {
            let (feature, threshold, missing) = match predicate {
                Predicate::Less { feature, threshold, missing } => (feature, Some(threshold), missing),
                Predicate::In { feature, codes, missing } => {
                    table.codes.push(codes);
                    (feature, None, missing)
                }
            };
            table.feature.push(feature);
            table.threshold.push(threshold);
            table.missing.push(u8::from(missing == Side::Yes));
        }
        table
    }
}

impl TryFrom<PredicateTable> for Vec<Predicate> {
    type Error = ModelError;
    fn try_from(table: PredicateTable) -> Result<Self, ModelError> {
        let n = table.feature.len();
        ModelError::length("threshold", table.threshold.len(), n)?;
        ModelError::length("missing", table.missing.len(), n)?;
        let n_lists = table.threshold.iter().filter(|threshold| threshold.is_none()).count();
        ModelError::length("codes", table.codes.len(), n_lists)?;
        let mut lists = table.codes.into_iter();
        let listed = table.feature.into_iter().zip(table.threshold).zip(table.missing);
        let predicate = |((feature, threshold), missing): ((u16, Option<f64>), u8)| {
            let missing = if missing == 0 { Side::No } else { Side::Yes };
            match threshold {
                Some(threshold) => Predicate::Less { feature, threshold, missing },
                None => Predicate::In { feature, codes: lists.next().unwrap_or_default(), missing },
            }
        };
        Ok(listed.map(predicate).collect())
    }
}

//! One yes/no question about one feature.

use super::ModelError;
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// How far from zero a value still is one, in LightGBM's `kZeroThreshold`: the next double above 1e-35 in single precision.
pub const ZERO: f64 = 1e-35_f32 as f64;

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
    /// Is the value less than the threshold, where a zero says that there is none?
    LessNonZero {
        /// Position of the feature.
        feature: u16,
        /// A finite threshold.
        threshold: f64,
        /// The answer for a missing value, and for one that is at most [`ZERO`] from zero.
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
            Predicate::Less { feature, .. }
            | Predicate::LessNonZero { feature, .. }
            | Predicate::In { feature, .. } => usize::from(*feature),
        }
    }

    /// The answer for a missing value.
    pub fn missing(&self) -> Side {
        match self {
            Predicate::Less { missing, .. }
            | Predicate::LessNonZero { missing, .. }
            | Predicate::In { missing, .. } => *missing,
        }
    }

    /// The answer for one row.
    pub fn holds(&self, row: &FeatureVector) -> bool {
        self.holds_for(row.0[self.feature()])
    }

    /// The answer for a value of its feature.
    pub(crate) fn holds_for(&self, value: Option<f64>) -> bool {
        value.map_or(self.missing() == Side::Yes, |value| match self {
            Predicate::Less { threshold, .. } => value < *threshold,
            Predicate::LessNonZero { threshold, missing, .. } => {
                if value.abs() <= ZERO {
                    *missing == Side::Yes
                } else {
                    value < *threshold
                }
            }
            Predicate::In { codes, .. } => {
                let code = value.trunc();
                code >= 0.0 && code <= f64::from(u32::MAX) && codes.binary_search(&(code as u32)).is_ok()
            }
        })
    }
}

/// The thresholds that are asked of a feature, in the order of the predicates.
pub(crate) fn thresholds(predicates: &[Predicate], feature: usize) -> Vec<f64> {
    let threshold = |predicate: &Predicate| match predicate {
        Predicate::Less { threshold, .. } | Predicate::LessNonZero { threshold, .. }
            if predicate.feature() == feature =>
        {
            Some(*threshold)
        }
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
            Predicate::Less { threshold, .. } | Predicate::LessNonZero { threshold, .. } if !threshold.is_finite() => {
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
    /// 1 where a missing value answers yes; 2 more where a zero is a missing value.
    missing: Vec<u8>,
    /// Yes for these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<Vec<u32>>,
}

impl From<Vec<Predicate>> for PredicateTable {
    fn from(predicates: Vec<Predicate>) -> Self {
        let mut table = PredicateTable::default();
        for predicate in predicates {
            let missing = u8::from(predicate.missing() == Side::Yes);
            let (feature, threshold, missing) = match predicate {
                Predicate::Less { feature, threshold, .. } => (feature, Some(threshold), missing),
                Predicate::LessNonZero { feature, threshold, .. } => (feature, Some(threshold), 2 | missing),
                Predicate::In { feature, codes, .. } => {
                    table.codes.push(codes);
                    (feature, None, missing)
                }
            };
            table.feature.push(feature);
            table.threshold.push(threshold);
            table.missing.push(missing);
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
        if let Some(kind) = table.missing.iter().find(|kind| **kind > 3) {
            return Err(ModelError::Index { what: "missing", found: usize::from(*kind), limit: 4 });
        }
        let mut lists = table.codes.into_iter();
        let listed = table.feature.into_iter().zip(table.threshold).zip(table.missing);
        let predicate = |((feature, threshold), kind): ((u16, Option<f64>), u8)| {
            let missing = if kind & 1 == 0 { Side::No } else { Side::Yes };
            match threshold {
                Some(threshold) if kind & 2 == 0 => Predicate::Less { feature, threshold, missing },
                Some(threshold) => Predicate::LessNonZero { feature, threshold, missing },
                None => Predicate::In { feature, codes: lists.next().unwrap_or_default(), missing },
            }
        };
        Ok(listed.map(predicate).collect())
    }
}

//! Models: an ensemble of yes/no predicates and tables of leaf values, and its calibration.

pub mod calibration;
pub mod predicate;
pub mod symmetric;

pub use calibration::{Calibration, Link};
pub use predicate::{Predicate, Side};
pub use symmetric::Symmetric;

use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// A model of any supported shape. Its output is a margin; [`Calibration`] turns it into log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensemble {
    /// Gradient-boosted symmetric trees: the product's own model.
    Symmetric(Symmetric),
}

impl Ensemble {
    /// The margin of one row, accumulated in tree order.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        match self {
            Ensemble::Symmetric(model) => model.margin(row),
        }
    }

    /// How many splits ask about each feature.
    pub fn split_counts(&self, n_features: usize) -> Vec<u64> {
        match self {
            Ensemble::Symmetric(model) => model.split_counts(n_features),
        }
    }

    /// Checks the ensemble against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        match self {
            Ensemble::Symmetric(model) => model.check(n_features),
        }
    }
}

/// Why a model was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Arrays that belong together differ in length.
    #[error("{what} has {found} entries; expected {expected}")]
    Length {
        /// The array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// An index points outside.
    #[error("{what} {found} is out of range; expected less than {limit}")]
    Index {
        /// What the index names.
        what: &'static str,
        /// The index.
        found: usize,
        /// The number of things that exist.
        limit: usize,
    },
    /// A number is NaN or infinite, or a leaf value is not representable in single precision.
    #[error("{what} {index} is not a finite number of the expected precision")]
    NotFinite {
        /// What the number is.
        what: &'static str,
        /// Its position.
        index: usize,
    },
    /// A tree is deeper than six levels.
    #[error("tree {tree} has depth {depth}; at most {most} is supported")]
    Depth {
        /// The tree.
        tree: usize,
        /// Its depth.
        depth: usize,
        /// The limit.
        most: usize,
    },
    /// A calibration slope that is not positive, or an intercept that is not finite.
    #[error(
        "calibration slope {slope} and intercept {intercept}: expected a finite positive slope and a finite intercept"
    )]
    Calibration {
        /// The slope found.
        slope: f64,
        /// The intercept found.
        intercept: f64,
    },
}

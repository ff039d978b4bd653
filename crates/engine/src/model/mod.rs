//! Models: an ensemble of some shape, its calibration, and populations in its shape.

pub mod calibration;
pub mod general;
pub mod linear;
pub mod mean;
pub mod patterns;
pub mod predicate;
pub mod summary;
pub mod symmetric;

pub use calibration::{Calibration, Link};
pub use general::General;
pub use linear::Linear;
pub use mean::Mean;
pub use patterns::PatternCounts;
pub use predicate::{Predicate, Side};
pub use summary::{LeafCounts, Summary};
pub use symmetric::Symmetric;

use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// A model of any supported shape. Its output is a margin; [`Calibration`] turns it into log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensemble {
    /// Gradient-boosted symmetric trees: the product's own model.
    Symmetric(Symmetric),
    /// Trees of any form.
    General(General),
    /// One term a feature.
    Linear(Linear),
    /// The mean of several calibrated models.
    Mean(Mean),
}

impl Ensemble {
    /// The margin of one row, accumulated in the order of trees, terms or members.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        match self {
            Ensemble::Symmetric(model) => model.margin(row),
            Ensemble::General(model) => model.margin(row),
            Ensemble::Linear(model) => model.margin(row.0.iter().copied()),
            Ensemble::Mean(model) => model.margin(row),
        }
    }

    /// The values of a feature at which the margin may change, rising.
    pub fn thresholds(&self, feature: usize) -> Vec<f64> {
        let mut found = match self {
            Ensemble::Symmetric(model) => predicate::thresholds(&model.predicates, feature),
            Ensemble::General(model) => predicate::thresholds(&model.predicates, feature),
            Ensemble::Linear(model) => model.thresholds(feature),
            Ensemble::Mean(model) => {
                model.members.iter().flat_map(|member| member.ensemble.thresholds(feature)).collect()
            }
        };
        found.sort_by(f64::total_cmp);
        found.dedup();
        found
    }

    /// A population in the ensemble's shape, with all that the interventional game needs. General trees are counted by
    /// pattern then, which takes much room; `None` when they are too deep for it.
    pub fn interventional_summary(&self, rows: &[FeatureVector]) -> Option<Summary> {
        match self {
            Ensemble::General(model) => PatternCounts::new(model, rows.iter()).map(Summary::Patterns),
            Ensemble::Mean(model) => {
                let members = model.members.iter().map(|member| member.ensemble.interventional_summary(rows));
                members.collect::<Option<_>>().map(Summary::Members)
            }
            Ensemble::Symmetric(_) | Ensemble::Linear(_) => Some(self.summary(rows)),
        }
    }

    /// A population in the ensemble's shape, in the least room: general trees are counted by leaf.
    pub fn summary(&self, rows: &[FeatureVector]) -> Summary {
        match self {
            Ensemble::Symmetric(model) => Summary::Leaves(model.count(rows.iter())),
            Ensemble::General(model) => Summary::Leaves(model.count(rows.iter())),
            Ensemble::Linear(model) => Summary::Means(model.means(rows.iter())),
            Ensemble::Mean(model) => {
                Summary::Members(model.members.iter().map(|member| member.ensemble.summary(rows)).collect())
            }
        }
    }

    /// How many splits or terms read each feature, a symmetric level counting once.
    pub fn split_counts(&self, n_features: usize) -> Vec<u64> {
        let count = |features: &mut dyn Iterator<Item = usize>| {
            let mut counts = vec![0; n_features];
            features.for_each(|feature| counts[feature] += 1);
            counts
        };
        match self {
            Ensemble::Symmetric(model) => {
                let levels = model.trees.iter().flat_map(|tree| &tree.levels);
                count(&mut levels.map(|level| model.predicates[usize::from(*level)].feature()))
            }
            Ensemble::General(model) => {
                let nodes = model.trees.iter().flat_map(|tree| &tree.nodes);
                count(&mut nodes.map(|node| model.predicates[node.predicate as usize].feature()))
            }
            Ensemble::Linear(model) => model.terms.iter().map(|term| u64::from(term.reach() > 0.0)).collect(),
            Ensemble::Mean(model) => model.members.iter().fold(vec![0; n_features], |sum, member| {
                let counts = member.ensemble.split_counts(n_features);
                sum.into_iter().zip(counts).map(|(sum, count)| sum + count).collect()
            }),
        }
    }

    /// Checks the ensemble against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        match self {
            Ensemble::Symmetric(model) => model.check(n_features),
            Ensemble::General(model) => model.check(n_features),
            Ensemble::Linear(model) => model.check(n_features),
            Ensemble::Mean(model) => model.check(n_features),
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
    /// A list that must rise does not.
    #[error("{what} {index} do not rise")]
    Unordered {
        /// The list.
        what: &'static str,
        /// Its position.
        index: usize,
    },
    /// A population's summary is not of the ensemble's shape.
    #[error("a population is not described in the shape of the model")]
    Shape,
    /// A mean of models has a mean among its members.
    #[error("a member of a mean is itself a mean of models")]
    Nested,
    /// A member of a mean is not in log-odds.
    #[error("a member of a mean of models is not calibrated to log-odds")]
    Link,
    /// A calibration slope or steepness that is not positive, or an intercept that is not finite.
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

impl ModelError {
    fn length(what: &'static str, found: usize, expected: usize) -> Result<(), ModelError> {
        if found == expected { Ok(()) } else { Err(ModelError::Length { what, found, expected }) }
    }
}

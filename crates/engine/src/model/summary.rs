//! A population in the shape of an ensemble: all that an explanation needs to know of it, and no row.

use super::{Ensemble, ModelError, PatternCounts};
use serde::{Deserialize, Serialize};

/// What the rows of a population look like to an ensemble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Summary {
    /// Of trees: how many rows fall into each leaf.
    Leaves(LeafCounts),
    /// Of general trees: how many rows meet which conditions of each leaf.
    Patterns(PatternCounts),
    /// Of a linear model: the mean of each term.
    Means(Vec<f64>),
    /// Of a mean of models: one summary a member.
    Members(Vec<Summary>),
}

/// How many rows of a population fall into each leaf: one table a tree, aligned with the tree's leaf values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeafCounts(pub Vec<Vec<u32>>);

impl Summary {
    /// Joins another population of the same model. Leaf counts merge exactly, in any order.
    pub fn merge(&mut self, rows: u64, other: &Summary, other_rows: u64) {
        match (self, other) {
            (Summary::Leaves(sum), Summary::Leaves(other)) => sum.add(other),
            (Summary::Patterns(sum), Summary::Patterns(other)) => sum.add(other),
            (Summary::Means(means), Summary::Means(others)) => {
                let share = other_rows as f64 / (rows + other_rows) as f64;
                means.iter_mut().zip(others).for_each(|(mean, other)| *mean += share * (other - *mean));
            }
            (Summary::Members(members), Summary::Members(others)) => {
                members.iter_mut().zip(others).for_each(|(member, other)| member.merge(rows, other, other_rows));
            }
            // Summaries of one model have one shape.
            _ => {}
        }
    }

    /// Checks that the summary has the ensemble's shape and counts `rows` rows.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that does not fit.
    pub fn check(&self, ensemble: &Ensemble, rows: u64) -> Result<(), ModelError> {
        match (self, ensemble) {
            (Summary::Leaves(counts), Ensemble::Symmetric(model)) => {
                counts.check(model.trees.iter().map(|tree| tree.leaves.len()), rows)
            }
            (Summary::Leaves(counts), Ensemble::General(model)) => {
                counts.check(model.trees.iter().map(|tree| tree.leaves.len()), rows)
            }
            (Summary::Patterns(counts), Ensemble::General(model)) => counts.check(model, rows),
            (Summary::Means(means), Ensemble::Linear(model)) => {
                ModelError::length("means of a population", means.len(), model.terms.len())?;
                match means.iter().position(|mean| !mean.is_finite()) {
                    Some(index) => Err(ModelError::NotFinite { what: "mean of a population", index }),
                    None => Ok(()),
                }
            }
            (Summary::Members(members), Ensemble::Mean(model)) => {
                ModelError::length("members of a population", members.len(), model.members.len())?;
                members
                    .iter()
                    .zip(&model.members)
                    .try_for_each(|(summary, member)| summary.check(&member.ensemble, rows))
            }
            _ => Err(ModelError::Shape),
        }
    }
}

impl LeafCounts {
    /// Adds another population's counts: integers merge exactly in any order.
    pub fn add(&mut self, other: &LeafCounts) {
        for (sum, table) in self.0.iter_mut().zip(&other.0) {
            for (count, more) in sum.iter_mut().zip(table) {
                *count += more;
            }
        }
    }

    fn check(&self, n_leaves: impl ExactSizeIterator<Item = usize>, rows: u64) -> Result<(), ModelError> {
        ModelError::length("leaf counts", self.0.len(), n_leaves.len())?;
        for (table, n_leaves) in self.0.iter().zip(n_leaves) {
            ModelError::length("leaf counts of a tree", table.len(), n_leaves)?;
            let total: u64 = table.iter().map(|count| u64::from(*count)).sum();
            if total != rows || rows == 0 {
                let (found, expected) = (total as usize, rows as usize);
                return Err(ModelError::Length { what: "rows of a leaf-count table", found, expected });
            }
        }
        Ok(())
    }
}

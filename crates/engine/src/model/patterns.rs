//! A population in the shape of general trees, for the interventional game.
//!
//! On the way to a leaf all questions about one feature are one condition. What the game needs of the reference rows is
//! how many of them meet which of a leaf's conditions: for `k` features, counts of at most `2^k` patterns.

use super::ModelError;
use super::general::{Branching, General, Next};
use super::predicate::Predicate;
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most features on the way to a leaf whose patterns are counted.
pub const MOST_FEATURES: usize = 8;

/// How many rows meet which conditions of each leaf: one list a tree, of one list a leaf, of rising patterns with their
/// counts. Bit `k` of a pattern is the condition of the leaf's `k`-th feature, counted from the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PatternCounts(pub Vec<Vec<Vec<(u8, u32)>>>);

/// The conditions of one leaf.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeafPath {
    /// Distinct features, in the order in which the way from the root asks about them.
    pub(crate) features: Vec<usize>,
    /// Every question on the way.
    pub(crate) steps: Vec<Step>,
}

/// A question on the way to a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// Position among the leaf's features.
    pub(crate) feature: usize,
    pub(crate) node: usize,
    pub(crate) predicate: usize,
    /// The answer that leads to the leaf.
    pub(crate) answer: bool,
}

impl LeafPath {
    /// Which conditions hold, given the answer to each predicate.
    pub(crate) fn pattern(&self, answers: &[bool]) -> usize {
        let all = (1 << self.features.len()) - 1;
        let failed = self.steps.iter().filter(|step| answers[step.predicate] != step.answer);
        failed.fold(all, |met, step| met & !(1 << step.feature))
    }
}

/// The conditions of every leaf of a tree.
pub(crate) fn leaf_paths(tree: &Branching, predicates: &[Predicate]) -> Vec<LeafPath> {
    let empty = LeafPath { features: Vec::new(), steps: Vec::new() };
    let mut paths = vec![empty.clone(); tree.leaves.len()];
    let mut open = vec![(tree.root(), empty)];
    while let Some((next, path)) = open.pop() {
        match next {
            Next::Leaf(leaf) => paths[leaf as usize] = path,
            Next::Node(node) => {
                let question = &tree.nodes[node as usize];
                let (node, predicate) = (node as usize, question.predicate as usize);
                for (next, answer) in [(question.yes, true), (question.no, false)] {
                    let mut path = path.clone();
                    let asked = predicates[predicate].feature();
                    let feature = path.features.iter().position(|feature| *feature == asked).unwrap_or_else(|| {
                        path.features.push(asked);
                        path.features.len() - 1
                    });
                    path.steps.push(Step { feature, node, predicate, answer });
                    open.push((next, path));
                }
            }
        }
    }
    paths
}

impl PatternCounts {
    /// Counts a population. `None` when a leaf has conditions on more than [`MOST_FEATURES`] features.
    pub fn new<'a>(model: &General, rows: impl Iterator<Item = &'a FeatureVector>) -> Option<Self> {
        let trees: Vec<Vec<LeafPath>> = model.trees.iter().map(|tree| leaf_paths(tree, &model.predicates)).collect();
        if trees.iter().flatten().any(|leaf| leaf.features.len() > MOST_FEATURES) {
            return None;
        }
        let table = |leaf: &LeafPath| vec![0_u32; 1 << leaf.features.len()];
        let mut counts: Vec<Vec<Vec<u32>>> = trees.iter().map(|leaves| leaves.iter().map(table).collect()).collect();
        for row in rows {
            let answers: Vec<bool> = model.predicates.iter().map(|predicate| predicate.holds(row)).collect();
            for (leaves, counts) in trees.iter().zip(&mut counts) {
                for (leaf, counts) in leaves.iter().zip(counts) {
                    counts[leaf.pattern(&answers)] += 1;
                }
            }
        }
        let sparse = |counts: Vec<u32>| {
            let listed = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
            listed.map(|(pattern, count)| (pattern as u8, count)).collect()
        };
        Some(Self(counts.into_iter().map(|leaves| leaves.into_iter().map(sparse).collect()).collect()))
    }

    /// Adds another population's counts: integers merge exactly in any order.
    pub fn add(&mut self, other: &PatternCounts) {
        for (counts, more) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            for (pattern, count) in more {
                match counts.binary_search_by_key(pattern, |(pattern, _)| *pattern) {
                    Ok(at) => counts[at].1 += count,
                    Err(at) => counts.insert(at, (*pattern, *count)),
                }
            }
        }
    }

    /// Rows in each leaf: those that meet all of its conditions.
    pub(crate) fn covers(&self, model: &General) -> Vec<Vec<f64>> {
        let of_leaf = |(path, counts): (&LeafPath, &Vec<(u8, u32)>)| {
            let all = (1 << path.features.len()) - 1;
            counts
                .last()
                .filter(|(pattern, _)| usize::from(*pattern) == all)
                .map_or(0.0, |(_, count)| f64::from(*count))
        };
        let of_tree = |(tree, counts): (&Branching, &Vec<Vec<(u8, u32)>>)| {
            leaf_paths(tree, &model.predicates).iter().zip(counts).map(of_leaf).collect()
        };
        model.trees.iter().zip(&self.0).map(of_tree).collect()
    }

    /// Checks shape, order and sums.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that does not fit.
    pub(crate) fn check(&self, model: &General, rows: u64) -> Result<(), ModelError> {
        ModelError::length("pattern counts", self.0.len(), model.trees.len())?;
        for (tree, leaves) in model.trees.iter().zip(&self.0) {
            ModelError::length("pattern counts of a tree", leaves.len(), tree.leaves.len())?;
            for (index, (path, counts)) in leaf_paths(tree, &model.predicates).iter().zip(leaves).enumerate() {
                let features = path.features.len();
                if features > MOST_FEATURES {
                    let limit = MOST_FEATURES + 1;
                    return Err(ModelError::Index { what: "feature of a counted leaf", found: features, limit });
                }
                if counts.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                    return Err(ModelError::Unordered { what: "patterns of leaf", index });
                }
                if let Some((found, _)) = counts.last().filter(|(last, _)| usize::from(*last) >> features > 0) {
                    return Err(ModelError::Index {
                        what: "pattern",
                        found: usize::from(*found),
                        limit: 1 << features,
                    });
                }
                let total: u64 = counts.iter().map(|(_, count)| u64::from(*count)).sum();
                if total != rows || rows == 0 {
                    let (found, expected) = (total as usize, rows as usize);
                    return Err(ModelError::Length { what: "rows of a leaf's patterns", found, expected });
                }
            }
        }
        Ok(())
    }
}

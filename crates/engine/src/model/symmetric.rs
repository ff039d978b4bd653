//! Symmetric (oblivious) trees: every level asks one question of the whole level, so a tree is at most six
//! predicates and a table of 64 leaf values, and a row's leaf is a 6-bit pattern.

use super::ModelError;
use super::predicate::{self, Predicate, PredicateTable, Side};
use super::summary::LeafCounts;
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most levels that a tree may have.
pub const MOST_LEVELS: usize = 6;
/// The most trees that a model may have.
pub const MOST_TREES: usize = 20_000;

/// A boosted ensemble of symmetric trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SymmetricFile", into = "SymmetricFile")]
pub struct Symmetric {
    /// The margin before any tree.
    pub base: f64,
    /// The distinct questions.
    pub predicates: Vec<Predicate>,
    /// The trees in the order in which their leaves are added.
    pub trees: Vec<Tree>,
}

/// One tree. Bit `k` of a leaf's index is the answer to level `k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Positions in the ensemble's predicates, at most six.
    pub levels: Vec<u16>,
    /// `2^levels` leaf values in the margin's unit.
    pub leaves: Vec<f64>,
}

/// Structure of arrays: prints short, compresses well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SymmetricFile {
    base: f64,
    predicates: PredicateTable,
    /// Predicates of each tree, one a level.
    levels: Vec<Vec<u16>>,
    /// Leaf values of each tree; representable in single precision, which prints in half the digits.
    leaves: Vec<Vec<f32>>,
}

impl From<Symmetric> for SymmetricFile {
    fn from(model: Symmetric) -> Self {
        let short = |leaves: Vec<f64>| leaves.into_iter().map(|leaf| leaf as f32).collect();
        let (levels, leaves) = model.trees.into_iter().map(|tree| (tree.levels, short(tree.leaves))).unzip();
        SymmetricFile { base: model.base, predicates: PredicateTable::from(model.predicates), levels, leaves }
    }
}

impl TryFrom<SymmetricFile> for Symmetric {
    type Error = ModelError;
    fn try_from(file: SymmetricFile) -> Result<Self, ModelError> {
        ModelError::length("leaves", file.leaves.len(), file.levels.len())?;
        let trees = file.levels.into_iter().zip(file.leaves).map(|(levels, leaves)| {
            let leaves = leaves.into_iter().map(f64::from).collect();
            Tree { levels, leaves }
        });
        Ok(Symmetric { base: file.base, predicates: file.predicates.try_into()?, trees: trees.collect() })
    }
}

/// The answers that one feature can give to a tree: of all patterns of its levels those that a value gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answers {
    pub(crate) feature: usize,
    /// Of values, rising, each with the threshold at which it begins.
    pub(crate) rising: Vec<(f64, usize)>,
    /// Of a missing value.
    pub(crate) missing: usize,
}

impl Answers {
    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        self.rising.iter().map(|(_, pattern)| *pattern).chain([self.missing])
    }
}

impl Symmetric {
    /// Checks every index, length and number against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        if !self.base.is_finite() {
            return Err(ModelError::NotFinite { what: "base", index: 0 });
        }
        if self.trees.len() > MOST_TREES {
            return Err(ModelError::Index { what: "tree", found: self.trees.len(), limit: MOST_TREES + 1 });
        }
        predicate::check(&self.predicates, n_features)?;
        for (index, tree) in self.trees.iter().enumerate() {
            tree.check(index, self.predicates.len())?;
        }
        Ok(())
    }

    /// The margin of one row: base plus one leaf a tree, in tree order.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        self.trees.iter().zip(self.patterns(row)).fold(self.base, |sum, (tree, pattern)| sum + tree.leaves[pattern])
    }

    /// The leaf of each tree that a row falls into.
    pub fn patterns(&self, row: &FeatureVector) -> impl Iterator<Item = usize> {
        // Trees share questions: each is asked once.
        let answers: Vec<bool> = self.predicates.iter().map(|predicate| predicate.holds(row)).collect();
        self.trees.iter().map(move |tree| tree.pattern(|predicate| answers[predicate]))
    }

    /// Counts the leaves of a population.
    pub fn count<'a>(&self, rows: impl Iterator<Item = &'a FeatureVector>) -> LeafCounts {
        let mut counts = LeafCounts(self.trees.iter().map(|tree| vec![0; tree.leaves.len()]).collect());
        for row in rows {
            counts.0.iter_mut().zip(self.patterns(row)).for_each(|(table, pattern)| table[pattern] += 1);
        }
        counts
    }
}

impl Tree {
    /// The leaf where the ensemble's predicates are answered so.
    pub fn pattern(&self, holds: impl Fn(usize) -> bool) -> usize {
        let levels = self.levels.iter().enumerate();
        levels.fold(0, |pattern, (level, predicate)| pattern | usize::from(holds(usize::from(*predicate))) << level)
    }

    /// What each feature that the tree asks about can answer, by rising feature.
    pub(crate) fn answers(&self, predicates: &[Predicate]) -> Vec<Answers> {
        // `check` holds: own symmetric trees ask `Less` only.
        let mut levels: Vec<(usize, f64, usize, Side)> = self
            .levels
            .iter()
            .enumerate()
            .filter_map(|(level, predicate)| match &predicates[usize::from(*predicate)] {
                Predicate::Less { feature, threshold, missing } => {
                    Some((usize::from(*feature), *threshold, 1 << level, *missing))
                }
                Predicate::LessNonZero { .. } | Predicate::In { .. } => None,
            })
            .collect();
        levels.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let of_feature = |levels: &[(usize, f64, usize, Side)]| {
            let below_all = levels.iter().fold(0, |pattern, level| pattern | level.2);
            let mut rising = vec![(f64::NEG_INFINITY, below_all)];
            for passed in levels.chunk_by(|a, b| a.1 == b.1) {
                let bits = passed.iter().fold(0, |bits, level| bits | level.2);
                rising.push((passed[0].1, rising[rising.len() - 1].1 & !bits));
            }
            let missing =
                levels.iter().filter(|level| level.3 == Side::Yes).fold(0, |pattern, level| pattern | level.2);
            Answers { feature: levels[0].0, rising, missing }
        };
        levels.chunk_by(|a, b| a.0 == b.0).map(of_feature).collect()
    }

    /// The distinct features that the tree asks about, rising: the players of its game.
    pub fn players(&self, predicates: &[Predicate]) -> Vec<usize> {
        let mut players: Vec<usize> =
            self.levels.iter().map(|level| predicates[usize::from(*level)].feature()).collect();
        players.sort_unstable();
        players.dedup();
        players
    }

    fn check(&self, tree: usize, n_predicates: usize) -> Result<(), ModelError> {
        let depth = self.levels.len();
        if depth > MOST_LEVELS {
            return Err(ModelError::Depth { tree, depth, most: MOST_LEVELS });
        }
        ModelError::length("leaves of a tree", self.leaves.len(), 1 << depth)?;
        if let Some(level) = self.levels.iter().find(|level| usize::from(**level) >= n_predicates) {
            return Err(ModelError::Index { what: "predicate", found: usize::from(*level), limit: n_predicates });
        }
        if let Some(index) = self.leaves.iter().position(|leaf| !leaf.is_finite() || f64::from(*leaf as f32) != *leaf) {
            return Err(ModelError::NotFinite { what: "leaf", index });
        }
        Ok(())
    }
}

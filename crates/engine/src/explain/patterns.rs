//! Exact SHAP of general trees from the conditions of their leaves.
//!
//! On the way to a leaf, all questions about one feature are one condition. Let the row meet the conditions `a`, and let
//! `h(T)` be the share of reference rows that meet all of `T`: counted in the interventional game, in the path-dependent
//! one a product of shares. Then the leaf's game is `v(S) = leaf · [S ⊆ a] · h(P ∖ S)`.
//!
//! One row against counted reference rows: where such a row meets `b`, the leaf is reached if the features of `a ∖ b` are
//! the row's and those of `b ∖ a` are not, whose Shapley values are ratios of factorials.
//!
//! Blocks of rows: a tree is cut into groups of leaves that together ask at most seven things, and each group becomes a
//! table by the answers. With `w(s) = s! (k − s − 1)! / k!`, `G(a) = Σ_{S ⊆ a} w(|S|) h(P ∖ S)` and
//! `F(a) = Σ_{∅ ≠ S ⊆ a} w(|S| − 1) h(P ∖ S)`, both subset sums, `φ_j / leaf` is `F(a) − F(a ∖ j) − G(a ∖ j)` for `j` in
//! `a`, else `−G(a)`.
//!
//! Source: Lundberg et al. (2020), interventional feature perturbation; Yang, *Fast TreeSHAP* (2021), for tables by
//! pattern; Nadel and Wettenstein, *WOODELF* (2025), for games that depend on conditions alone.

use super::path::PathShap;
use crate::features::FeatureVector;
use crate::model::general::{Branching, General, Next};
use crate::model::patterns::{LeafPath, MOST_FEATURES, PatternCounts, leaf_paths};

/// Subsets of the most features that a leaf may have.
const SUBSETS: usize = 1 << MOST_FEATURES;
const FACTORIAL: [f64; MOST_FEATURES + 1] = [1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0];

/// A model with the patterns of one population at every leaf: the interventional game.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternShap {
    base: f64,
    trees: Vec<Vec<Leaf>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Leaf {
    path: LeafPath,
    /// What the leaf adds to the margin.
    value: f64,
    /// Shares of the reference rows by the conditions that they meet.
    shares: Vec<(usize, f64)>,
}

impl PatternShap {
    /// Takes over a population. `counts` must have passed its check for this model.
    pub fn new(model: &General, counts: &PatternCounts) -> Self {
        let mut base = model.base;
        let scale = model.scale();
        let trees = model.trees.iter().zip(&counts.0).map(|(tree, counts)| {
            let listed = leaf_paths(tree, &model.predicates).into_iter().zip(&tree.leaves).zip(counts);
            let leaves = listed.map(|((path, value), counts)| {
                let rows: f64 = counts.iter().map(|(_, count)| f64::from(*count)).sum();
                let share = |(pattern, count): &(u8, u32)| (usize::from(*pattern), f64::from(*count) / rows);
                let leaf = Leaf { value: value * scale, shares: counts.iter().map(share).collect(), path };
                base += leaf.value * leaf.meeting(leaf.all());
                leaf
            });
            leaves.collect()
        });
        let trees = trees.collect();
        Self { base, trees }
    }

    /// The population's mean margin.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Adds the contributions of one row to some trees, in the order of trees and leaves.
    pub(crate) fn add(&self, model: &General, trees: &[usize], row: &FeatureVector, values: &mut [f64]) {
        self.meet(model, trees, row, |leaf, share, row_only, reference_only| {
            let (u, w) = (row_only.count_ones() as usize, reference_only.count_ones() as usize);
            let value = leaf.value * share / FACTORIAL[u + w];
            for (position, feature) in leaf.path.features.iter().enumerate() {
                if row_only >> position & 1 == 1 {
                    values[*feature] += value * FACTORIAL[u - 1] * FACTORIAL[w];
                } else if reference_only >> position & 1 == 1 {
                    values[*feature] -= value * FACTORIAL[u] * FACTORIAL[w - 1];
                }
            }
        });
    }

    /// Adds the interaction values of one row: `pairs` has a place for each pair of features, row-major, of which those
    /// after the diagonal are used.
    pub(super) fn add_pairs(&self, model: &General, row: &FeatureVector, pairs: &mut [f64]) {
        let trees: Vec<usize> = (0..self.trees.len()).collect();
        self.meet(model, &trees, row, |leaf, share, row_only, reference_only| {
            let (u, w) = (row_only.count_ones() as usize, reference_only.count_ones() as usize);
            let value = leaf.value * share / FACTORIAL[u + w - 1] / 2.0;
            let features = &leaf.path.features;
            let among = |set: usize| (0..features.len()).filter(move |position| set >> position & 1 == 1);
            for b in among(row_only | reference_only) {
                for a in among(row_only | reference_only).take_while(|a| *a < b) {
                    let both = 1 << a | 1 << b;
                    let effect = match (row_only & both).count_ones() {
                        2 => FACTORIAL[u - 2] * FACTORIAL[w],
                        1 => -FACTORIAL[u - 1] * FACTORIAL[w - 1],
                        _ => FACTORIAL[u] * FACTORIAL[w - 2],
                    };
                    let (a, b) = (features[a], features[b]);
                    pairs[a.min(b) * row.0.len() + a.max(b)] += value * effect;
                }
            }
        });
    }

    /// Every leaf with the reference rows that can reach it together with this row: their share, the conditions that only
    /// the row meets, and those that only they meet. Where both meet the same, nothing is left to explain.
    fn meet(
        &self,
        model: &General,
        trees: &[usize],
        row: &FeatureVector,
        mut each: impl FnMut(&Leaf, f64, usize, usize),
    ) {
        let answers: Vec<bool> = model.predicates.iter().map(|predicate| predicate.holds(row)).collect();
        for leaf in trees.iter().flat_map(|tree| &self.trees[*tree]) {
            let (met, all) = (leaf.path.pattern(&answers), leaf.all());
            for (pattern, share) in &leaf.shares {
                if met | pattern == all && met != *pattern {
                    each(leaf, *share, met & !pattern, pattern & !met);
                }
            }
        }
    }
}

impl Leaf {
    fn all(&self) -> usize {
        (1 << self.path.features.len()) - 1
    }

    /// The share of reference rows that meet exactly these conditions.
    fn meeting(&self, pattern: usize) -> f64 {
        self.shares.iter().find(|(met, _)| *met == pattern).map_or(0.0, |(_, share)| *share)
    }
}

/// A game of general trees, arranged for blocks of rows.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) groups: Vec<Group>,
    /// Trees that are too deep for tables, or for which no room is left.
    pub(crate) deep: Vec<usize>,
}

/// Leaves that together ask few things, as one table.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What is asked: each a predicate with an answer, or several of which all must be given.
    pub(crate) bits: Vec<Vec<(usize, bool)>>,
    /// Features of the leaves, rising.
    pub(crate) features: Vec<usize>,
    /// What each feature adds, by the answers to the above.
    pub(crate) columns: Vec<[f64; TABLE]>,
}

/// Things that a group may ask.
pub(crate) const MOST_BITS: usize = 7;
/// Groups of a model: seven kilobytes each, 230 MB in all. The trees behind them take a row at a time, as deep ones do.
/// Tests of this crate have both.
const MOST_GROUPS: usize = if cfg!(test) { 20 } else { 1 << 15 };
/// Patterns of a group.
pub(crate) const TABLE: usize = 1 << MOST_BITS;

impl Groups {
    /// The path-dependent game.
    pub(crate) fn path_dependent(model: &General, paths: &PathShap) -> Self {
        Self::new(model, |tree, _, path| {
            let mut passed = [1.0; MOST_FEATURES];
            for step in &path.steps {
                let yes = paths.share(tree, step.node);
                passed[step.feature] *= if step.answer { yes } else { 1.0 - yes };
            }
            let mut shares = [1.0; SUBSETS];
            for subset in 1_usize..1 << path.features.len() {
                let last = subset.trailing_zeros() as usize;
                shares[subset] = shares[subset & (subset - 1)] * passed[last];
            }
            shares
        })
    }

    /// The interventional game.
    pub(crate) fn interventional(model: &General, patterns: &PatternShap) -> Self {
        Self::new(model, |tree, leaf, path| {
            let mut shares = [0.0; SUBSETS];
            for (pattern, share) in &patterns.trees[tree][leaf].shares {
                shares[*pattern] = *share;
            }
            // Rows that meet more than a subset meet the subset.
            for bit in 0..path.features.len() {
                for subset in (0..1_usize << path.features.len()).filter(|subset| subset >> bit & 1 == 0) {
                    shares[subset] += shares[subset | 1 << bit];
                }
            }
            shares
        })
    }

    /// `shares` gives `h(T)` by subset of a leaf's features.
    fn new(model: &General, shares: impl Fn(usize, usize, &LeafPath) -> [f64; SUBSETS]) -> Self {
        let mut found = Self { groups: Vec::new(), deep: Vec::new() };
        for (index, tree) in model.trees.iter().enumerate() {
            let paths = leaf_paths(tree, &model.predicates);
            let is_deep = paths.iter().any(|path| path.features.len() > MOST_BITS);
            let groups = if is_deep { Vec::new() } else { cut(tree, &paths) };
            if is_deep || found.groups.len() + groups.len() > MOST_GROUPS {
                found.deep.push(index);
                continue;
            }
            for leaves in groups {
                let mut group = Group::asking(&leaves, &paths);
                for leaf in leaves.leaves {
                    let path = &paths[leaf];
                    let values = Contributions::new(path.features.len(), &shares(index, leaf, path));
                    group.add(path, tree.leaves[leaf] * model.scale(), &values);
                }
                found.groups.push(group);
            }
        }
        found
    }
}

/// The leaves below one node, with the nodes among them.
struct Below {
    leaves: Vec<usize>,
    nodes: Vec<usize>,
}

/// Cuts a tree into groups that ask at most [`MOST_BITS`] things: one a feature on the way, one a node below.
fn cut(tree: &Branching, paths: &[LeafPath]) -> Vec<Below> {
    let mut found = Vec::new();
    let mut open = vec![tree.root()];
    while let Some(next) = open.pop() {
        let below = below(tree, next);
        // The way to any leaf below starts with the way to this node.
        let on_the_way = below.leaves.first().map_or(0, |leaf| {
            let path = &paths[*leaf];
            let above = path.steps.iter().take_while(|step| !below.nodes.contains(&step.node));
            above.map(|step| step.feature + 1).max().unwrap_or(0)
        });
        match next {
            Next::Node(node) if on_the_way + below.nodes.len() > MOST_BITS => {
                let node = &tree.nodes[node as usize];
                open.extend([node.no, node.yes]);
            }
            _ => found.push(below),
        }
    }
    found
}

fn below(tree: &Branching, next: Next) -> Below {
    let mut found = Below { leaves: Vec::new(), nodes: Vec::new() };
    let mut open = vec![next];
    while let Some(next) = open.pop() {
        match next {
            Next::Leaf(leaf) => found.leaves.push(leaf as usize),
            Next::Node(node) => {
                found.nodes.push(node as usize);
                let node = &tree.nodes[node as usize];
                open.extend([node.no, node.yes]);
            }
        }
    }
    found
}

impl Group {
    fn asking(below: &Below, paths: &[LeafPath]) -> Self {
        let mut bits: Vec<Vec<(usize, bool)>> = Vec::new();
        let (mut features, mut inside) = (Vec::new(), Vec::new());
        for (position, leaf) in below.leaves.iter().enumerate() {
            for step in &paths[*leaf].steps {
                let question = (step.predicate, step.answer);
                if below.nodes.contains(&step.node) {
                    inside.push(step.predicate);
                } else if position == 0 {
                    // All questions about one feature on the common way are one condition.
                    bits.resize(bits.len().max(step.feature + 1), Vec::new());
                    bits[step.feature].push(question);
                }
            }
            features.extend(&paths[*leaf].features);
        }
        for list in [&mut inside, &mut features] {
            list.sort_unstable();
            list.dedup();
        }
        bits.extend(inside.into_iter().map(|predicate| vec![(predicate, true)]));
        Self { bits, columns: vec![[0.0; TABLE]; features.len()], features }
    }

    /// Adds what one leaf says to every pattern of answers.
    fn add(&mut self, path: &LeafPath, value: f64, values: &Contributions) {
        // Of each feature, the bits that its condition needs to be set and not to be set; what is asked twice with both
        // answers is never met.
        let mut needs = [(0_usize, 0_usize); MOST_FEATURES];
        for step in &path.steps {
            let (set, unset) = &mut needs[step.feature];
            let question = (step.predicate, step.answer);
            let on_the_way = self.bits.iter().position(|bit| bit.contains(&question) && (bit.len() > 1 || !question.1));
            let alone = |answer| self.bits.iter().position(|bit| *bit == [(step.predicate, answer)]);
            if let Some(bit) = on_the_way {
                *set |= 1 << bit;
            } else if let Some(bit) = alone(true) {
                *(if step.answer { set } else { unset }) |= 1 << bit;
            }
        }
        let needs = &needs[..path.features.len()];
        let met: [usize; TABLE] = core::array::from_fn(|pattern| {
            needs.iter().enumerate().fold(0, |met, (feature, (set, unset))| {
                met | usize::from(pattern & set == *set && pattern & unset == 0) << feature
            })
        });
        for (position, feature) in path.features.iter().enumerate() {
            let place = self.features.partition_point(|listed| listed < feature);
            for (sum, met) in self.columns[place].iter_mut().zip(met) {
                *sum += value * values.of(position, met);
            }
        }
    }
}

/// The Shapley values of a leaf of 1, by the conditions that a row meets.
struct Contributions {
    gains: [f64; SUBSETS],
    losses: [f64; SUBSETS],
}

impl Contributions {
    /// `F` and `G` of the module's text.
    fn new(k: usize, shares: &[f64; SUBSETS]) -> Self {
        let all = (1_usize << k) - 1;
        let (mut gains, mut losses) = ([0.0; SUBSETS], [0.0; SUBSETS]);
        for subset in 0..=all {
            let size = subset.count_ones() as usize;
            let weight = |size: usize| FACTORIAL[size] * FACTORIAL[k - size - 1] / FACTORIAL[k];
            if size > 0 {
                gains[subset] = weight(size - 1) * shares[all & !subset];
            }
            if size < k {
                losses[subset] = weight(size) * shares[all & !subset];
            }
        }
        for bit in 0..k {
            for subset in (0..=all).filter(|subset| subset >> bit & 1 == 1) {
                gains[subset] += gains[subset & !(1 << bit)];
                losses[subset] += losses[subset & !(1 << bit)];
            }
        }
        Self { gains, losses }
    }

    fn of(&self, feature: usize, met: usize) -> f64 {
        let without = met & !(1 << feature);
        if met == without { -self.losses[met] } else { self.gains[met] - self.gains[without] - self.losses[without] }
    }
}

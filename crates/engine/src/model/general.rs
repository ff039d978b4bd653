//! General trees: every node asks its own question. Random forests, and models of other libraries.

use super::predicate::{self, Predicate, PredicateTable};
use super::symmetric::MOST_TREES;
use super::{LeafCounts, ModelError};
use crate::features::FeatureVector;
use serde::{Deserialize, Serialize};

/// The most leaves of one tree.
const MOST_LEAVES: usize = 1 << 20;
/// The most questions on the way to a leaf: explanations walk down in as many calls.
const MOST_DEPTH: usize = 256;

/// Trees whose leaves are added up or averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GeneralFile", into = "GeneralFile")]
pub struct General {
    /// The margin before any tree.
    pub base: f64,
    /// What becomes of the trees' leaves.
    pub combine: Combine,
    /// The precision in which they are added.
    pub sum: Sum,
    /// The distinct questions.
    pub predicates: Vec<Predicate>,
    /// The trees in the order in which their leaves are added.
    pub trees: Vec<Branching>,
    /// What a library counted in each leaf when it grew the trees, rows or sums of second derivatives: one list a tree,
    /// aligned with its leaves. `None` when nobody wrote it down.
    pub cover: Option<Vec<Vec<f64>>>,
}

/// The precision of a sum of leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    /// Double precision, the base last.
    #[default]
    F64,
    /// Single precision, the base first, as XGBoost adds; base and leaves are single-precision numbers.
    F32,
}

fn is_double(sum: &Sum) -> bool {
    *sum == Sum::F64
}

/// What becomes of the leaves that a row falls into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// They are added: boosting.
    Sum,
    /// They are averaged: a forest.
    Mean,
}

/// One tree. Children come after their parent; a tree without a node is its first leaf.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Branching {
    pub nodes: Vec<Node>,
    /// Leaf values, each reached from exactly one node.
    pub leaves: Vec<f64>,
}

/// A question and where its answers lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Position in the ensemble's predicates.
    pub predicate: u32,
    /// Where a yes leads.
    pub yes: Next,
    /// Where a no leads.
    pub no: Next,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "i32", into = "i32")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Next {
    Node(u32),
    Leaf(u32),
}

/// A node is its position, a leaf the complement of its position, so that a child is one short number.
impl From<i32> for Next {
    fn from(code: i32) -> Self {
        if code < 0 { Next::Leaf(!code as u32) } else { Next::Node(code as u32) }
    }
}

impl From<Next> for i32 {
    fn from(next: Next) -> Self {
        match next {
            Next::Node(node) => node as i32,
            Next::Leaf(leaf) => !(leaf as i32),
        }
    }
}

/// Structure of arrays: prints short, compresses well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneralFile {
    base: f64,
    combine: Combine,
    #[serde(default, skip_serializing_if = "is_double")]
    sum: Sum,
    predicates: PredicateTable,
    /// Question of each node, one list a tree.
    ask: Vec<Vec<u32>>,
    yes: Vec<Vec<Next>>,
    no: Vec<Vec<Next>>,
    /// Leaf values of each tree, in double precision.
    leaves: Vec<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cover: Option<Vec<Vec<f64>>>,
}

impl From<General> for GeneralFile {
    fn from(model: General) -> Self {
        let mut file = GeneralFile {
            base: model.base,
            combine: model.combine,
            sum: model.sum,
            cover: model.cover,
            predicates: PredicateTable::from(model.predicates),
            ask: Vec::new(),
            yes: Vec::new(),
            no: Vec::new(),
            leaves: Vec::new(),
        };
        for tree in model.trees {
            file.ask.push(tree.nodes.iter().map(|node| node.predicate).collect());
            file.yes.push(tree.nodes.iter().map(|node| node.yes).collect());
            file.no.push(tree.nodes.iter().map(|node| node.no).collect());
            file.leaves.push(tree.leaves);
        }
        file
    }
}

impl TryFrom<GeneralFile> for General {
    type Error = ModelError;
    fn try_from(file: GeneralFile) -> Result<Self, ModelError> {
        let n_trees = file.leaves.len();
        for (what, found) in [("ask", file.ask.len()), ("yes", file.yes.len()), ("no", file.no.len())] {
            ModelError::length(what, found, n_trees)?;
        }
        let mut trees = Vec::with_capacity(n_trees);
        for (((ask, yes), no), leaves) in file.ask.into_iter().zip(file.yes).zip(file.no).zip(file.leaves) {
            ModelError::length("yes of a tree", yes.len(), ask.len())?;
            ModelError::length("no of a tree", no.len(), ask.len())?;
            let nodes = ask.into_iter().zip(yes).zip(no).map(|((predicate, yes), no)| Node { predicate, yes, no });
            trees.push(Branching { nodes: nodes.collect(), leaves });
        }
        let GeneralFile { base, combine, sum, cover, .. } = file;
        Ok(General { base, combine, sum, predicates: file.predicates.try_into()?, trees, cover })
    }
}

impl General {
    /// Checks every index, length and number against the number of features.
    ///
    /// # Errors
    /// [`ModelError`] names the first thing that is wrong.
    pub fn check(&self, n_features: usize) -> Result<(), ModelError> {
        if !self.base.is_finite() {
            return Err(ModelError::NotFinite { what: "base", index: 0 });
        }
        if self.trees.is_empty() || self.trees.len() > MOST_TREES {
            return Err(ModelError::Index { what: "tree", found: self.trees.len(), limit: MOST_TREES + 1 });
        }
        predicate::check(&self.predicates, n_features)?;
        self.trees.iter().enumerate().try_for_each(|(index, tree)| tree.check(index, self.predicates.len()))?;
        self.check_sum()?;
        self.check_cover()
    }

    fn check_sum(&self) -> Result<(), ModelError> {
        let is_single = |value: f64| f64::from(value as f32).to_bits() == value.to_bits();
        match (self.sum, self.combine) {
            (Sum::F64, _) => Ok(()),
            (Sum::F32, Combine::Mean) => Err(ModelError::Shape),
            (Sum::F32, Combine::Sum) if !is_single(self.base) => Err(ModelError::NotFinite { what: "base", index: 0 }),
            (Sum::F32, Combine::Sum) => {
                match self.trees.iter().flat_map(|tree| &tree.leaves).position(|l| !is_single(*l)) {
                    Some(index) => Err(ModelError::NotFinite { what: "leaf", index }),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_cover(&self) -> Result<(), ModelError> {
        let Some(cover) = &self.cover else { return Ok(()) };
        ModelError::length("cover", cover.len(), self.trees.len())?;
        for (cover, tree) in cover.iter().zip(&self.trees) {
            ModelError::length("cover of a tree", cover.len(), tree.leaves.len())?;
            if let Some(index) = cover.iter().position(|cover| !(0.0..=f64::from(f32::MAX)).contains(cover)) {
                return Err(ModelError::NotFinite { what: "cover of leaf", index });
            }
        }
        Ok(())
    }

    /// The margin of one row, summed in tree order.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        let leaves = self.trees.iter().map(|tree| tree.leaves[tree.leaf(&self.predicates, row)]);
        match self.sum {
            Sum::F64 => self.base + leaves.fold(0.0, |sum, leaf| sum + leaf) * self.scale(),
            Sum::F32 => f64::from(leaves.fold(self.base as f32, |sum, leaf| sum + leaf as f32)),
        }
    }

    /// Counts the leaves of a population.
    pub fn count<'a>(&self, rows: impl Iterator<Item = &'a FeatureVector>) -> LeafCounts {
        let mut counts = LeafCounts(self.trees.iter().map(|tree| vec![0; tree.leaves.len()]).collect());
        for row in rows {
            for (tree, table) in self.trees.iter().zip(&mut counts.0) {
                table[tree.leaf(&self.predicates, row)] += 1;
            }
        }
        counts
    }

    /// By how much a tree's leaf enters the margin.
    pub fn scale(&self) -> f64 {
        match self.combine {
            Combine::Sum => 1.0,
            Combine::Mean => 1.0 / self.trees.len() as f64,
        }
    }
}

impl Branching {
    /// Where a walk begins.
    pub fn root(&self) -> Next {
        if self.nodes.is_empty() { Next::Leaf(0) } else { Next::Node(0) }
    }

    /// The leaf that a row falls into.
    pub fn leaf(&self, predicates: &[Predicate], row: &FeatureVector) -> usize {
        let mut next = self.root();
        loop {
            match next {
                Next::Leaf(leaf) => return leaf as usize,
                Next::Node(node) => {
                    let node = &self.nodes[node as usize];
                    next = if predicates[node.predicate as usize].holds(row) { node.yes } else { node.no };
                }
            }
        }
    }

    /// One node reaches each child and each leaf, and children come later: so every walk ends.
    fn check(&self, tree: usize, n_predicates: usize) -> Result<(), ModelError> {
        if self.leaves.len() > MOST_LEAVES {
            return Err(ModelError::Index { what: "leaf", found: self.leaves.len(), limit: MOST_LEAVES + 1 });
        }
        ModelError::length("leaves of a tree", self.leaves.len(), self.nodes.len() + 1)?;
        let (mut seen_nodes, mut seen_leaves) = (vec![false; self.nodes.len()], vec![false; self.leaves.len()]);
        let mut depth = vec![1; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if depth[index] > MOST_DEPTH {
                return Err(ModelError::Depth { tree, depth: depth[index], most: MOST_DEPTH });
            }
            if node.predicate as usize >= n_predicates {
                let found = node.predicate as usize;
                return Err(ModelError::Index { what: "predicate", found, limit: n_predicates });
            }
            for next in [node.yes, node.no] {
                let (what, found, seen) = match next {
                    Next::Node(child) => ("child", child as usize, &mut seen_nodes),
                    Next::Leaf(leaf) => ("leaf", leaf as usize, &mut seen_leaves),
                };
                let limit = seen.len();
                let backward = what == "child" && found <= index;
                match seen.get_mut(found) {
                    Some(seen) if !*seen && !backward => {
                        *seen = true;
                        if let Next::Node(child) = next {
                            depth[child as usize] = depth[index] + 1;
                        }
                    }
                    _ => return Err(ModelError::Index { what, found, limit }),
                }
            }
        }
        match self.leaves.iter().position(|leaf| !leaf.is_finite()) {
            Some(index) => Err(ModelError::NotFinite { what: "leaf", index }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;

    fn model() -> General {
        let less = |feature, threshold, missing| Predicate::Less { feature, threshold, missing };
        let one_of = Predicate::In { feature: 1, codes: vec![0, 3], missing: Side::No };
        General {
            base: 1.0,
            combine: Combine::Mean,
            sum: Sum::F64,
            cover: None,
            predicates: vec![less(0, 5.0, Side::Yes), one_of],
            trees: vec![
                Branching {
                    nodes: vec![
                        Node { predicate: 0, yes: Next::Leaf(0), no: Next::Node(1) },
                        Node { predicate: 1, yes: Next::Leaf(1), no: Next::Leaf(2) },
                    ],
                    leaves: vec![0.5, 0.25, -2.0],
                },
                Branching { nodes: Vec::new(), leaves: vec![1.0] },
            ],
        }
    }

    #[test]
    fn a_row_walks_to_one_leaf_a_tree() {
        let margin = |a, b| model().margin(&FeatureVector(vec![a, b]));
        assert_eq!(margin(Some(4.0), None), 1.0 + 1.5 / 2.0);
        assert_eq!(margin(None, Some(3.0)), 1.0 + 1.5 / 2.0);
        assert_eq!(margin(Some(5.0), Some(3.0)), 1.0 + 1.25 / 2.0);
        assert_eq!(margin(Some(5.0), None), 1.0 - 1.0 / 2.0);
    }

    #[test]
    fn single_precision_adds_the_base_first_and_a_zero_may_be_missing() {
        let zero = Predicate::LessNonZero { feature: 0, threshold: 5.0, missing: Side::No };
        let stump = |leaves: [f32; 2]| Branching {
            nodes: vec![Node { predicate: 0, yes: Next::Leaf(0), no: Next::Leaf(1) }],
            leaves: leaves.map(f64::from).into(),
        };
        let model = General {
            base: 1.0,
            combine: Combine::Sum,
            sum: Sum::F32,
            predicates: vec![zero],
            trees: vec![stump([3e-8, 0.5]), stump([3e-8, 0.25])],
            cover: Some(vec![vec![1.5, 2.0], vec![0.0, 3.5]]),
        };
        assert_eq!(model.check(1), Ok(()));
        let margin = |value| model.margin(&FeatureVector(vec![value]));
        // 3e-8 is less than half of the distance from 1 to the next single: it is lost twice.
        assert_eq!(margin(Some(4.0)), 1.0);
        assert_eq!([Some(0.0), Some(-1e-36), None, Some(5.0)].map(margin), [1.75; 4]);
        assert_eq!(margin(Some(-2e-35)), 1.0);
        let text = serde_json::to_string(&model).expect("JSON");
        assert_eq!(serde_json::from_str::<General>(&text).expect("the same"), model);
        let broken = |change: fn(&mut General)| {
            let mut model = model.clone();
            change(&mut model);
            model.check(1).is_err()
        };
        assert!(broken(|model| model.combine = Combine::Mean));
        assert!(broken(|model| model.base = 0.1));
        assert!(broken(|model| model.trees[1].leaves[0] = 0.1));
        assert!(broken(|model| model.cover = Some(vec![vec![1.0, 2.0]])));
        assert!(broken(|model| model.cover = Some(vec![vec![1.0, 2.0], vec![-1.0, 2.0]])));
        assert!(broken(|model| model.cover = Some(vec![vec![1.0], vec![1.0, 2.0]])));
    }

    #[test]
    fn a_file_is_read_back_and_a_loop_is_refused() {
        let text = serde_json::to_string(&model()).expect("JSON");
        assert_eq!(serde_json::from_str::<General>(&text).expect("the same"), model());
        assert_eq!(model().check(2), Ok(()));
        let broken = |change: fn(&mut General)| {
            let mut model = model();
            change(&mut model);
            model.check(2)
        };
        assert!(broken(|model| model.trees[0].nodes[1].no = Next::Node(0)).is_err());
        assert!(broken(|model| model.trees[0].nodes[1].no = Next::Leaf(1)).is_err());
        assert!(broken(|model| model.trees[0].nodes[1].no = Next::Leaf(3)).is_err());
        assert!(broken(|model| model.trees[0].nodes[0].predicate = 2).is_err());
        assert!(broken(|model| model.trees[1].leaves.clear()).is_err());
        assert!(broken(|model| model.trees[1].leaves[0] = f64::NAN).is_err());
        assert!(broken(|model| model.trees.clear()).is_err());
        let chain = |depth: u32| {
            let mut model = model();
            let next = |node: u32| if node + 1 < depth { Next::Node(node + 1) } else { Next::Leaf(depth) };
            let nodes = (0..depth).map(|node| Node { predicate: 0, yes: Next::Leaf(node), no: next(node) });
            model.trees[0] = Branching { nodes: nodes.collect(), leaves: vec![0.0; depth as usize + 1] };
            model.check(2)
        };
        assert_eq!(chain(256), Ok(()));
        assert_eq!(chain(257), Err(ModelError::Depth { tree: 0, depth: 257, most: 256 }));
    }
}

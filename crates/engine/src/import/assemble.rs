//! From a library's nodes, in any order, to trees whose children come after their parents.

use super::ImportError;
use crate::model::general::{Branching, Next, Node};
use crate::model::{Predicate, Side};
use std::collections::BTreeMap;

/// A node of a library's tree: a question with the positions of its answers, or a leaf with what was counted in it.
pub(super) enum Foreign {
    Question { predicate: Predicate, yes: usize, no: usize },
    Leaf { value: f64, cover: f64 },
}

/// Trees with their distinct questions.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) predicates: Vec<Predicate>,
    pub(super) trees: Vec<Branching>,
    pub(super) cover: Vec<Vec<f64>>,
    known: BTreeMap<Key, u32>,
}

/// What tells one question from another.
type Key = (usize, u8, u64, Vec<u32>);

fn key(predicate: &Predicate) -> Key {
    let missing = u8::from(predicate.missing() == Side::Yes);
    let (kind, bits, codes) = match predicate {
        Predicate::Less { threshold, .. } => (0, threshold.to_bits(), Vec::new()),
        Predicate::LessNonZero { threshold, .. } => (2, threshold.to_bits(), Vec::new()),
        Predicate::In { codes, .. } => (4, 0, codes.clone()),
    };
    (predicate.feature(), kind | missing, bits, codes)
}

impl Assembly {
    /// Adds the tree below `root` of `n_nodes` nodes; what the root does not reach is left out.
    ///
    /// # Errors
    /// What `read` refuses, a child that does not exist, and a node that is reached twice.
    pub(super) fn add(
        &mut self,
        at: &str,
        n_nodes: usize,
        root: usize,
        read: impl Fn(usize) -> Result<Foreign, ImportError>,
    ) -> Result<(), ImportError> {
        let mut tree = Branching { nodes: Vec::new(), leaves: Vec::new() };
        let mut cover = Vec::new();
        let mut reached = vec![false; n_nodes];
        // Nodes to visit, each with the node that asked and the answer that leads here.
        let mut open = vec![(root, None)];
        while let Some((index, from)) = open.pop() {
            match reached.get_mut(index) {
                Some(reached) if !*reached => *reached = true,
                Some(_) => {
                    return Err(ImportError::malformed(at, format!("node {index} is reached twice"), "a tree"));
                }
                None => {
                    let expected = format!("a node below {n_nodes}");
                    return Err(ImportError::malformed(at, format!("node {index}"), expected));
                }
            }
            let next = match read(index)? {
                Foreign::Leaf { value, cover: counted } => {
                    tree.leaves.push(value);
                    cover.push(counted);
                    Next::Leaf(tree.leaves.len() as u32 - 1)
                }
                Foreign::Question { predicate, yes, no } => {
                    let here = tree.nodes.len();
                    let predicate = self.position(predicate);
                    tree.nodes.push(Node { predicate, yes: Next::Leaf(0), no: Next::Leaf(0) });
                    open.push((no, Some((here, Side::No))));
                    open.push((yes, Some((here, Side::Yes))));
                    Next::Node(here as u32)
                }
            };
            if let Some((parent, side)) = from {
                let parent: &mut Node = &mut tree.nodes[parent];
                match side {
                    Side::Yes => parent.yes = next,
                    Side::No => parent.no = next,
                }
            }
        }
        self.trees.push(tree);
        self.cover.push(cover);
        Ok(())
    }

    fn position(&mut self, predicate: Predicate) -> u32 {
        let next = self.predicates.len() as u32;
        let position = *self.known.entry(key(&predicate)).or_insert(next);
        if position == next {
            self.predicates.push(predicate);
        }
        position
    }
}

//! What a model says at least over a box of applications.

use crate::features::interval::Interval;
use crate::model::general::{Branching, General, Next, Sum};
use crate::model::predicate::ZERO;
use crate::model::symmetric::{Answers, MOST_LEVELS, Symmetric};
use crate::model::{Ensemble, Predicate};

/// A feature over a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Over {
    /// The same everywhere.
    Same(Option<f64>),
    /// There everywhere, and within.
    Within(Interval),
    /// Anything, or missing.
    Any,
}

impl Over {
    /// A predicate's answer, if it is the same everywhere.
    fn answer(self, predicate: &Predicate) -> Option<bool> {
        match (self, predicate) {
            (Over::Same(value), _) => Some(predicate.holds_for(value)),
            (Over::Any, _) | (Over::Within(_), Predicate::In { .. }) => None,
            (Over::Within(Interval { low, high }), Predicate::LessNonZero { .. }) if low <= ZERO && high >= -ZERO => {
                None
            }
            (Over::Within(within), Predicate::Less { threshold, .. } | Predicate::LessNonZero { threshold, .. }) => {
                within.is_below(*threshold)
            }
        }
    }

    /// The answers that a feature's values over the box give to a tree.
    fn patterns(self, answers: &Answers) -> impl Iterator<Item = usize> {
        let rising = &answers.rising;
        let upto = |value: f64| rising.partition_point(|(threshold, _)| *threshold <= value);
        let (range, has_missing) = match self {
            Over::Same(None) => (0..0, true),
            Over::Same(Some(value)) => (upto(value).max(1) - 1..upto(value), false),
            Over::Within(Interval { low, high }) => (upto(low).max(1) - 1..upto(high), false),
            Over::Any => (0..rising.len(), true),
        };
        // Distinct patterns: a tree's features together give at most as many as it has leaves.
        let listed = &rising[range];
        let is_new = has_missing && listed.iter().all(|(_, pattern)| *pattern != answers.missing);
        listed.iter().map(|(_, pattern)| *pattern).chain(is_new.then_some(answers.missing))
    }
}

/// A model, made ready for boxes that agree in most features.
#[derive(Clone, Debug)]
pub(crate) enum Bounds {
    /// Of each symmetric tree: the answers of the features that stay, and what the others can answer.
    Symmetric(Vec<(usize, Vec<Answers>)>),
    /// General trees are walked.
    General,
    /// No bound is known.
    Unknown,
}

impl Bounds {
    /// For boxes over which each feature has its value or moves.
    pub(crate) fn new(ensemble: &Ensemble, features: &[(Option<f64>, bool)]) -> Self {
        match ensemble {
            Ensemble::Symmetric(model) if model.predicates.iter().all(|by| matches!(by, Predicate::Less { .. })) => {
                Self::Symmetric(of_trees(model, features))
            }
            Ensemble::General(_) => Self::General,
            Ensemble::Symmetric(_) | Ensemble::Linear(_) | Ensemble::Mean(_) => Self::Unknown,
        }
    }

    /// The least margin over a box; minus infinity where no bound is known. Leaves are added in the order of a row: a sum of
    /// doubles that are not greater is not greater.
    pub(crate) fn least_margin(&self, ensemble: &Ensemble, over: &[Over]) -> f64 {
        match (self, ensemble) {
            (Self::Symmetric(trees), Ensemble::Symmetric(model)) => {
                let leaves = model.trees.iter().zip(trees);
                leaves.fold(model.base, |sum, (tree, bound)| sum + least_leaf(&tree.leaves, bound, over))
            }
            (Self::General, Ensemble::General(model)) => of_general(model, over),
            _ => f64::NEG_INFINITY,
        }
    }
}

fn of_trees(model: &Symmetric, features: &[(Option<f64>, bool)]) -> Vec<(usize, Vec<Answers>)> {
    let of_tree = |answers: Vec<Answers>| {
        let (moving, staying): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answers| features[answers.feature].1);
        let stays = staying.iter().flat_map(|answers| Over::Same(features[answers.feature].0).patterns(answers));
        (stays.fold(0, |pattern, bits| pattern | bits), moving)
    };
    model.trees.iter().map(|tree| of_tree(tree.answers(&model.predicates))).collect()
}

fn least_leaf(leaves: &[f64], (staying, moving): &(usize, Vec<Answers>), over: &[Over]) -> f64 {
    let (mut patterns, mut n) = ([0; 1 << MOST_LEVELS], 1);
    patterns[0] = *staying;
    for answers in moving {
        let (known, mut more) = (n, 0);
        // The first answer is written last: it goes where the patterns without it stand.
        let mut first = None;
        for bits in over[answers.feature].patterns(answers) {
            if first.is_none() {
                first = Some(bits);
                continue;
            }
            more += 1;
            for at in 0..known {
                patterns[more * known + at] = patterns[at] | bits;
            }
        }
        let first = first.unwrap_or_default();
        patterns[..known].iter_mut().for_each(|pattern| *pattern |= first);
        n = known * (more + 1);
    }
    patterns[..n].iter().fold(f64::INFINITY, |least, pattern| least.min(leaves[*pattern]))
}

fn of_general(model: &General, over: &[Over]) -> f64 {
    let answers: Vec<_> =
        model.predicates.iter().map(|predicate| over[predicate.feature()].answer(predicate)).collect();
    let leaves = model.trees.iter().map(|tree| least_below(tree, tree.root(), &answers));
    match model.sum {
        Sum::F64 => model.base + leaves.fold(0.0, |sum, leaf| sum + leaf) * model.scale(),
        Sum::F32 => f64::from(leaves.fold(model.base as f32, |sum, leaf| sum + leaf as f32)),
    }
}

fn least_below(tree: &Branching, next: Next, answers: &[Option<bool>]) -> f64 {
    match next {
        Next::Leaf(leaf) => tree.leaves[leaf as usize],
        Next::Node(node) => {
            let node = &tree.nodes[node as usize];
            let below = |next| least_below(tree, next, answers);
            match answers[node.predicate as usize] {
                Some(true) => below(node.yes),
                Some(false) => below(node.no),
                None => below(node.yes).min(below(node.no)),
            }
        }
    }
}

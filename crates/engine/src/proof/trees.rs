//! Steps between the leaves of symmetric trees along one feature.
//!
//! The levels of a tree that ask about one feature have one answer pattern for each interval between their thresholds, and
//! one for a missing value. Patterns that no value gives are never looked at.

use super::sign::Sign;
use crate::model::symmetric::Tree;
use crate::model::{Predicate, Side, Symmetric};

/// A rise of one feature past a threshold of one tree, all other answers kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) feature: usize,
    pub(super) tree: usize,
    pub(super) threshold: f64,
    /// The leaves before and after.
    pub(super) leaves: [usize; 2],
    /// What it adds to the margin.
    pub(super) change: f64,
}

/// The answers that one feature can give to a tree.
struct Answers {
    feature: usize,
    /// Of values, rising, each with the threshold at which it begins.
    rising: Vec<(f64, usize)>,
    missing: usize,
}

impl Answers {
    fn all(&self) -> impl Iterator<Item = usize> {
        self.rising.iter().map(|(_, pattern)| *pattern).chain([self.missing])
    }
}

/// Every step of a feature in every tree.
pub(super) fn steps(model: &Symmetric, feature: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    each_case(model, feature, |tree, moved, rest| {
        for pair in moved.rising.windows(2) {
            let leaves = [rest | pair[0].1, rest | pair[1].1];
            let [before, after] = leaves.map(|leaf| model.trees[tree].leaves[leaf]);
            steps.push(Step { feature, tree, threshold: pair[1].0, leaves, change: after - before });
        }
    });
    steps
}

/// The sign of what a missing value adds beside any value.
pub(super) fn missing(model: &Symmetric, feature: usize) -> Sign {
    let mut sign = Sign::Zero;
    each_case(model, feature, |tree, moved, rest| {
        let leaves = &model.trees[tree].leaves;
        for (_, pattern) in &moved.rising {
            sign = sign.plus(Sign::of(leaves[rest | moved.missing] - leaves[rest | pattern]));
        }
    });
    sign
}

/// Shows every tree that asks about a feature, with the feature's answers and each combination of the others'.
fn each_case(model: &Symmetric, feature: usize, mut see: impl FnMut(usize, &Answers, usize)) {
    for (at, tree) in model.trees.iter().enumerate() {
        let (moved, others): (Vec<_>, Vec<_>) =
            answers(model, tree).into_iter().partition(|answers| answers.feature == feature);
        let mut rests = vec![0];
        for other in &others {
            rests = rests.iter().flat_map(|rest| other.all().map(move |pattern| rest | pattern)).collect();
            rests.sort_unstable();
            rests.dedup();
        }
        moved.iter().for_each(|moved| rests.iter().for_each(|rest| see(at, moved, *rest)));
    }
}

fn answers(model: &Symmetric, tree: &Tree) -> Vec<Answers> {
    // `check` holds: own symmetric trees ask `Less` only.
    let mut levels: Vec<(usize, f64, usize, Side)> = tree
        .levels
        .iter()
        .enumerate()
        .filter_map(|(level, predicate)| match &model.predicates[usize::from(*predicate)] {
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
        let missing = levels.iter().filter(|level| level.3 == Side::Yes).fold(0, |pattern, level| pattern | level.2);
        Answers { feature: levels[0].0, rising, missing }
    };
    levels.chunk_by(|a, b| a.0 == b.0).map(of_feature).collect()
}

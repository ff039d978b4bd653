//! Steps between the leaves of symmetric trees along one feature.
//!
//! The levels of a tree that ask about one feature have one answer pattern for each interval between their thresholds, and
//! one for a missing value. Patterns that no value gives are never looked at.

use super::sign::Sign;
use crate::model::Symmetric;
use crate::model::symmetric::Answers;

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
            tree.answers(&model.predicates).into_iter().partition(|answers| answers.feature == feature);
        let mut rests = vec![0];
        for other in &others {
            rests = rests.iter().flat_map(|rest| other.all().map(move |pattern| rest | pattern)).collect();
            rests.sort_unstable();
            rests.dedup();
        }
        moved.iter().for_each(|moved| rests.iter().for_each(|rest| see(at, moved, *rest)));
    }
}

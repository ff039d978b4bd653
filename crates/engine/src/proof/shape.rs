//! The sign with which an ensemble follows one feature, whatever its shape.

use super::sign::Sign;
use super::trees;
use crate::model::general::{Branching, General, Next};
use crate::model::linear::{Linear, Term};
use crate::model::{Ensemble, Predicate, Side};

/// The sign of what a rise adds to the margin, beside any values of the other features.
pub(super) fn rising(ensemble: &Ensemble, feature: usize) -> Sign {
    match ensemble {
        Ensemble::Symmetric(model) => {
            trees::steps(model, feature).iter().fold(Sign::Zero, |sign, step| sign.plus(Sign::of(step.change)))
        }
        Ensemble::General(model) => splits(model, feature).fold(Sign::Zero, |sign, split| sign.plus(split.no_over_yes)),
        Ensemble::Linear(model) => rising_term(model, feature),
        // Calibrations have positive slopes.
        Ensemble::Mean(model) => {
            model.members.iter().fold(Sign::Zero, |sign, member| sign.plus(rising(&member.ensemble, feature)))
        }
    }
}

/// The sign of what a missing value adds beside any value.
pub(super) fn missing(ensemble: &Ensemble, feature: usize) -> Sign {
    match ensemble {
        Ensemble::Symmetric(model) => trees::missing(model, feature),
        Ensemble::General(model) => splits(model, feature).fold(Sign::Zero, |sign, split| {
            sign.plus(match split.missing {
                Side::No => split.no_over_yes,
                Side::Yes => split.no_over_yes.times(Sign::Negative),
            })
        }),
        Ensemble::Linear(model) => missing_term(model, feature),
        Ensemble::Mean(model) => {
            model.members.iter().fold(Sign::Zero, |sign, member| sign.plus(missing(&member.ensemble, feature)))
        }
    }
}

/// A question about a feature: how every leaf of the no side compares with every leaf of the yes side. Two rows that
/// differ in this feature only part at one such question, so a sign that all of them share is the tree's.
struct Split {
    no_over_yes: Sign,
    missing: Side,
}

fn splits(model: &General, feature: usize) -> impl Iterator<Item = Split> {
    model.trees.iter().flat_map(move |tree| {
        let ranges = ranges(tree);
        let range = move |next: Next| match next {
            Next::Node(node) => ranges[node as usize],
            Next::Leaf(leaf) => (tree.leaves[leaf as usize], tree.leaves[leaf as usize]),
        };
        tree.nodes.iter().filter_map(move |node| {
            let predicate = &model.predicates[node.predicate as usize];
            if predicate.feature() != feature {
                return None;
            }
            let (yes, no) = (range(node.yes), range(node.no));
            let no_over_yes = match predicate {
                Predicate::In { .. } | Predicate::LessNonZero { .. } => Sign::Any,
                Predicate::Less { .. } if yes == no && yes.0 == yes.1 => Sign::Zero,
                Predicate::Less { .. } if yes.1 <= no.0 => Sign::Positive,
                Predicate::Less { .. } if no.1 <= yes.0 => Sign::Negative,
                Predicate::Less { .. } => Sign::Any,
            };
            Some(Split { no_over_yes, missing: predicate.missing() })
        })
    })
}

/// The least and the largest leaf below each node.
fn ranges(tree: &Branching) -> Vec<(f64, f64)> {
    let mut ranges = vec![(0.0, 0.0); tree.nodes.len()];
    // Children come after their parent.
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        let of = |next: Next| match next {
            Next::Node(node) => ranges[node as usize],
            Next::Leaf(leaf) => (tree.leaves[leaf as usize], tree.leaves[leaf as usize]),
        };
        let (yes, no): ((f64, f64), (f64, f64)) = (of(node.yes), of(node.no));
        ranges[index] = (yes.0.min(no.0), yes.1.max(no.1));
    }
    ranges
}

fn rising_term(model: &Linear, feature: usize) -> Sign {
    let steps =
        |values: &[f64]| values.windows(2).fold(Sign::Zero, |sign, pair| sign.plus(Sign::of(pair[1] - pair[0])));
    match &model.terms[feature] {
        Term::Number { corners, .. } => steps(&values(corners)),
        Term::Slope { coefficient, .. } => Sign::of(*coefficient),
        Term::Levels { coefficients, .. } => steps(coefficients),
        Term::Bins { values, .. } => steps(values),
    }
}

fn missing_term(model: &Linear, feature: usize) -> Sign {
    let beside = |values: &[f64], missing: f64| {
        values.iter().fold(Sign::Zero, |sign, value| sign.plus(Sign::of(missing - value)))
    };
    match &model.terms[feature] {
        // Lines are extreme at their corners.
        Term::Number { corners, missing, .. } => beside(&values(corners), *missing),
        Term::Slope { coefficient, missing } if *coefficient == 0.0 => Sign::of(*missing),
        Term::Slope { .. } => Sign::Any,
        Term::Levels { coefficients, missing } => beside(coefficients, *missing),
        Term::Bins { values, missing, .. } => beside(values, *missing),
    }
}

/// The values of a term at its corners; 0 where it has none.
fn values(corners: &[(f64, f64)]) -> Vec<f64> {
    if corners.is_empty() { vec![0.0] } else { corners.iter().map(|corner| corner.1).collect() }
}

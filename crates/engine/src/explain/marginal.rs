//! What a model expects of a row of which some features are not known.
//!
//! `v(P ∖ U | x)`: the mean margin over a population's rows, each with the row's own values in all features but the
//! unknown ones. Of a symmetric tree it is the mean over the leaf counts, the levels of known features answered by the
//! row: exact, and no row is needed.

use crate::features::FeatureVector;
use crate::model::patterns::leaf_paths;
use crate::model::symmetric::{Symmetric, Tree};
use crate::model::{Ensemble, General, PatternCounts, Summary};

/// The expected margin of a row whose `unknown` features are those of a reference row. `None` where the population's
/// summary does not say enough: general trees that were counted by leaf.
pub fn expected_margin(ensemble: &Ensemble, summary: &Summary, row: &FeatureVector, unknown: &[bool]) -> Option<f64> {
    match (ensemble, summary) {
        (Ensemble::Symmetric(model), Summary::Leaves(counts)) => {
            let listed = model.trees.iter().zip(&counts.0).zip(model.patterns(row));
            Some(listed.fold(model.base, |sum, ((tree, counts), pattern)| {
                sum + mean_leaf(tree, counts, pattern, free_levels(model, tree, unknown))
            }))
        }
        (Ensemble::General(model), Summary::Patterns(counts)) => Some(of_general(model, counts, row, unknown)),
        (Ensemble::Linear(model), Summary::Means(means)) => {
            let terms = model.terms.iter().zip(&row.0).zip(means).zip(unknown);
            Some(terms.fold(model.intercept, |sum, (((term, value), mean), unknown)| {
                sum + if *unknown { *mean } else { term.value(*value) }
            }))
        }
        (Ensemble::Mean(model), Summary::Members(summaries)) => {
            let members = model.members.iter().zip(summaries).map(|(member, summary)| {
                let margin = expected_margin(&member.ensemble, summary, row, unknown)?;
                // Log-odds are affine in the margin: their mean is those of the mean margin.
                Some(member.calibration.log_odds(margin).0)
            });
            let log_odds = members.collect::<Option<Vec<f64>>>()?;
            Some(log_odds.iter().sum::<f64>() / log_odds.len() as f64)
        }
        _ => None,
    }
}

/// The levels that a reference row answers.
fn free_levels(model: &Symmetric, tree: &Tree, unknown: &[bool]) -> usize {
    let levels = tree.levels.iter().enumerate();
    levels.fold(0, |mask, (level, predicate)| {
        mask | usize::from(unknown[model.predicates[usize::from(*predicate)].feature()]) << level
    })
}

fn mean_leaf(tree: &Tree, counts: &[u32], pattern: usize, free: usize) -> f64 {
    if free == 0 {
        return tree.leaves[pattern];
    }
    let reached = |leaf: usize| tree.leaves[pattern & !free | leaf & free];
    let sum = counts.iter().enumerate().fold(0.0, |sum, (leaf, count)| sum + f64::from(*count) * reached(leaf));
    sum / counts.iter().map(|count| f64::from(*count)).sum::<f64>()
}

/// A leaf counts in the share of reference rows that meet its conditions on unknown features, if the row meets the others.
fn of_general(model: &General, counts: &PatternCounts, row: &FeatureVector, unknown: &[bool]) -> f64 {
    let answers: Vec<bool> = model.predicates.iter().map(|predicate| predicate.holds(row)).collect();
    let mut sum = 0.0;
    for (tree, counts) in model.trees.iter().zip(&counts.0) {
        for ((path, leaf), counts) in leaf_paths(tree, &model.predicates).iter().zip(&tree.leaves).zip(counts) {
            let free = path
                .features
                .iter()
                .enumerate()
                .fold(0, |mask, (position, feature)| mask | usize::from(unknown[*feature]) << position);
            let all = (1_usize << path.features.len()) - 1;
            if path.pattern(&answers) | free == all {
                let rows: f64 = counts.iter().map(|(_, count)| f64::from(*count)).sum();
                let meeting = counts.iter().filter(|(met, _)| usize::from(*met) & free == free);
                sum += leaf * meeting.map(|(_, count)| f64::from(*count)).sum::<f64>() / rows;
            }
        }
    }
    model.base + model.scale() * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::general::{Branching, Combine, Next, Node, Sum};
    use crate::model::linear::{Linear, Term};
    use crate::model::mean::{Mean, Member};
    use crate::model::{Calibration, Link, Predicate, Side};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const FEATURES: usize = 4;

    fn less(rng: &mut ChaCha8Rng) -> Predicate {
        Predicate::Less {
            feature: rng.random_range(0..FEATURES as u16),
            threshold: f64::from(rng.random_range(1..8_u32)),
            missing: if rng.random_range(0..2_u32) == 0 { Side::No } else { Side::Yes },
        }
    }

    /// One model of every shape.
    fn models(rng: &mut ChaCha8Rng) -> Vec<Ensemble> {
        let predicates: Vec<Predicate> = (0..9).map(|_| less(rng)).collect();
        let tree = |rng: &mut ChaCha8Rng| {
            let depth = rng.random_range(0..=6_u32);
            Tree {
                levels: (0..depth).map(|_| rng.random_range(0..9_u16)).collect(),
                leaves: (0..1_u32 << depth).map(|_| rng.random_range(-1.0..1.0)).collect(),
            }
        };
        let symmetric =
            Symmetric { base: 0.25, predicates: predicates.clone(), trees: (0..4).map(|_| tree(rng)).collect() };
        let node = |predicate, yes, no| Node { predicate, yes, no };
        let branching = Branching {
            nodes: vec![
                node(0, Next::Node(1), Next::Node(2)),
                node(3, Next::Leaf(0), Next::Leaf(1)),
                node(5, Next::Leaf(2), Next::Node(3)),
                node(7, Next::Leaf(3), Next::Leaf(4)),
            ],
            leaves: (0..5).map(|_| rng.random_range(-1.0..1.0)).collect(),
        };
        let trees = vec![branching];
        let general = General { base: -0.5, combine: Combine::Sum, sum: Sum::F64, predicates, trees, cover: None };
        let bins = |rng: &mut ChaCha8Rng| Term::Bins {
            thresholds: vec![2.0, 5.0],
            values: (0..3).map(|_| rng.random_range(-1.0..1.0)).collect(),
            missing: 0.5,
        };
        let linear = Linear { intercept: -1.0, terms: (0..FEATURES).map(|_| bins(rng)).collect() };
        let calibration = |slope, intercept| Calibration { link: Link::Logistic, slope, intercept };
        let members = vec![
            Member { calibration: calibration(2.0, 0.125), ensemble: Ensemble::Symmetric(symmetric.clone()) },
            Member { calibration: calibration(0.5, -1.0), ensemble: Ensemble::Linear(linear.clone()) },
        ];
        vec![
            Ensemble::Symmetric(symmetric),
            Ensemble::General(general),
            Ensemble::Linear(linear),
            Ensemble::Mean(Mean { members }),
        ]
    }

    #[test]
    fn is_the_mean_over_reference_rows_with_the_known_features_of_the_row() {
        let mut worst: f64 = 0.0;
        for seed in 0..60 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let value =
                |rng: &mut ChaCha8Rng| (rng.random_range(0..10_u32) > 0).then(|| f64::from(rng.random_range(0..8_u32)));
            let ensembles = models(&mut rng);
            let mut row = || FeatureVector((0..FEATURES).map(|_| value(&mut rng)).collect());
            let (population, row): (Vec<FeatureVector>, _) = ((0..23).map(|_| row()).collect(), row());
            for ensemble in ensembles {
                let summary = ensemble.interventional_summary(&population).expect("shallow trees");
                for set in 0..1_usize << FEATURES {
                    let unknown: Vec<bool> = (0..FEATURES).map(|feature| set >> feature & 1 == 1).collect();
                    let mixed = |other: &FeatureVector| {
                        let values = (0..FEATURES).map(|at| if unknown[at] { other.0[at] } else { row.0[at] });
                        ensemble.margin(&FeatureVector(values.collect()))
                    };
                    let truth = population.iter().map(mixed).sum::<f64>() / population.len() as f64;
                    let found = expected_margin(&ensemble, &summary, &row, &unknown).expect("counted by pattern");
                    worst = worst.max((found - truth).abs());
                }
            }
        }
        // Sums of at most 23 × 6 terms below 10 in another order.
        assert!(worst <= 1e-13, "{worst:e}");
    }

    #[test]
    fn general_trees_counted_by_leaf_do_not_say() {
        let ensemble = models(&mut ChaCha8Rng::seed_from_u64(1)).swap_remove(1);
        let rows = vec![FeatureVector(vec![Some(1.0); FEATURES])];
        assert_eq!(expected_margin(&ensemble, &ensemble.summary(&rows), &rows[0], &[true; FEATURES]), None);
    }
}

//! Exact interventional SHAP of symmetric trees.
//!
//! A tree's whole reference population is its leaf counts. With `H[b]` the share of reference rows in leaf `b`,
//! `v(S | x) = Σ_b H[b] · leaf[(x & mask(S)) | (b & !mask(S))]`, where `mask(S)` selects the levels owned by the
//! players in `S`, and `φ_i = Σ_{S ∌ i} |S|! (p − |S| − 1)! / p! · (v(S ∪ i) − v(S))`. Both depend on the row
//! through its pattern only, so they are folded into one table a tree, and a row costs one lookup a tree.
//!
//! Source: Lundberg et al., *From local explanations to global understanding with explainable AI for trees* (2020),
//! interventional feature perturbation.

use crate::features::FeatureVector;
use crate::model::LeafCounts;
use crate::model::symmetric::{MOST_LEVELS, Symmetric, Tree};

/// The folded tables of one model against one population.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapTables {
    base: f64,
    trees: Vec<TreeTable>,
}

#[derive(Clone, Debug, PartialEq)]
struct TreeTable {
    players: Vec<usize>,
    /// `2^levels × players`, row-major by pattern.
    values: Vec<f64>,
}

impl ShapTables {
    /// Folds a population into tables. `counts` must fit this model, as [`Summary::check`](crate::model::Summary::check) says.
    pub fn new(model: &Symmetric, counts: &LeafCounts) -> Self {
        let mut base = model.base;
        let trees = model
            .trees
            .iter()
            .zip(&counts.0)
            .map(|(tree, counts)| {
                let players = tree.players(&model.predicates);
                let game = Game::new(tree, &players, model, counts);
                base += game.value(0, 0);
                TreeTable { values: game.shapley(players.len()), players }
            })
            .collect();
        Self { base, trees }
    }

    /// The population's mean margin.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Adds `scale` times the contributions of one row, summed in tree order.
    pub(super) fn add(&self, model: &Symmetric, row: &FeatureVector, scale: f64, values: &mut [f64]) {
        for (tree, table) in model.trees.iter().zip(&self.trees) {
            let n = table.players.len();
            let from = model.pattern(tree, row) * n;
            for (player, value) in table.players.iter().zip(&table.values[from..from + n]) {
                values[*player] += scale * value;
            }
        }
    }

    /// Adds the mean absolute contribution of each feature within each tree, summed over trees: an upper bound of
    /// mean |SHAP|, from the tables alone.
    pub(super) fn add_influence(&self, counts: &LeafCounts, influence: &mut [f64]) {
        for (table, counts) in self.trees.iter().zip(&counts.0) {
            let rows: f64 = counts.iter().map(|count| f64::from(*count)).sum();
            let n = table.players.len();
            for (pattern, count) in counts.iter().enumerate() {
                for (player, value) in table.players.iter().zip(&table.values[pattern * n..(pattern + 1) * n]) {
                    influence[*player] += value.abs() * f64::from(*count) / rows;
                }
            }
        }
    }
}

/// One tree's cooperative game: `v(S | x)` for every coalition and every pattern.
struct Game {
    patterns: usize,
    /// `coalitions × patterns`.
    values: Vec<f64>,
}

impl Game {
    fn new(tree: &Tree, players: &[usize], model: &Symmetric, counts: &[u32]) -> Self {
        let patterns = tree.leaves.len();
        let owned = |player: usize| {
            (0..tree.levels.len())
                .filter(|level| model.predicates[usize::from(tree.levels[*level])].feature() == player)
                .fold(0_usize, |mask, level| mask | 1 << level)
        };
        let owned: Vec<usize> = players.iter().map(|player| owned(*player)).collect();
        let rows: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let mut values = vec![0.0; patterns << players.len()];
        for coalition in 0..1_usize << players.len() {
            let mask = members(coalition).fold(0, |mask, player| mask | owned[player]);
            let rest = (patterns - 1) & !mask;
            // The reference rows only matter through the levels outside the coalition.
            let mut share = vec![0_u64; patterns];
            for (leaf, count) in counts.iter().enumerate() {
                share[leaf & rest] += u64::from(*count);
            }
            for known in (0..patterns).filter(|pattern| pattern & rest == 0) {
                let sum = (0..patterns)
                    .filter(|leaf| leaf & mask == 0 && share[*leaf] > 0)
                    .fold(0.0, |sum, leaf| sum + share[leaf] as f64 * tree.leaves[known | leaf]);
                values[coalition * patterns + known] = sum / rows as f64;
            }
            for pattern in 0..patterns {
                values[coalition * patterns + pattern] = values[coalition * patterns + (pattern & mask)];
            }
        }
        Self { patterns, values }
    }

    fn value(&self, coalition: usize, pattern: usize) -> f64 {
        self.values[coalition * self.patterns + pattern]
    }

    fn shapley(&self, n: usize) -> Vec<f64> {
        let mut table = vec![0.0; self.patterns * n];
        for coalition in 0..1_usize << n {
            let size = coalition.count_ones() as usize;
            for player in (0..n).filter(|player| coalition & 1 << player == 0) {
                let weight = FACTORIAL[size] * FACTORIAL[n - size - 1] / FACTORIAL[n];
                for pattern in 0..self.patterns {
                    let gain = self.value(coalition | 1 << player, pattern) - self.value(coalition, pattern);
                    table[pattern * n + player] += weight * gain;
                }
            }
        }
        table
    }
}

const FACTORIAL: [f64; MOST_LEVELS + 1] = [1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0];

fn members(coalition: usize) -> impl Iterator<Item = usize> {
    (0..usize::BITS as usize).filter(move |player| coalition >> player & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Predicate, Side};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    struct Case {
        model: Symmetric,
        population: Vec<FeatureVector>,
        row: FeatureVector,
    }

    fn value(rng: &mut ChaCha8Rng) -> Option<f64> {
        (rng.random_range(0..10_u32) > 0).then(|| f64::from(rng.random_range(0..8_u32)))
    }

    fn case(seed: u64) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n_features = rng.random_range(1..=7_u32) as u16;
        let predicates: Vec<Predicate> = (0..12)
            .map(|_| Predicate::Less {
                feature: rng.random_range(0..n_features),
                threshold: f64::from(rng.random_range(1..8_u32)),
                missing: if rng.random_range(0..2_u32) == 0 { Side::No } else { Side::Yes },
            })
            .collect();
        let trees = (0..rng.random_range(1..4_u32))
            .map(|_| {
                let depth = rng.random_range(0..=6_u32);
                Tree {
                    levels: (0..depth).map(|_| rng.random_range(0..12_u16)).collect(),
                    leaves: (0..1_u32 << depth).map(|_| rng.random_range(-1.0..1.0)).collect(),
                }
            })
            .collect();
        let mut row = || FeatureVector((0..n_features).map(|_| value(&mut rng)).collect());
        let population = (0..17).map(|_| row()).collect();
        Case { model: Symmetric { base: 0.25, predicates, trees }, population, row: row() }
    }

    /// The definition itself: every subset of all features, every reference row.
    fn brute_force(case: &Case) -> Vec<f64> {
        let n = case.row.0.len();
        let mean = |subset: usize| {
            let sum: f64 = case
                .population
                .iter()
                .map(|other| {
                    let mixed = (0..n)
                        .map(|feature| if subset >> feature & 1 == 1 { case.row.0[feature] } else { other.0[feature] });
                    case.model.margin(&FeatureVector(mixed.collect()))
                })
                .sum();
            sum / case.population.len() as f64
        };
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        (0..n)
            .map(|player| {
                (0..1_usize << n)
                    .filter(|subset| subset >> player & 1 == 0)
                    .map(|subset| {
                        let size = subset.count_ones() as usize;
                        factorial(size) * factorial(n - size - 1) / factorial(n)
                            * (mean(subset | 1 << player) - mean(subset))
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn equals_brute_force_over_all_subsets() {
        let mut worst: f64 = 0.0;
        for seed in 0..400 {
            let case = case(seed);
            let counts = case.model.count(case.population.iter());
            let tables = ShapTables::new(&case.model, &counts);
            let mut values = vec![0.0; case.row.0.len()];
            tables.add(&case.model, &case.row, 1.0, &mut values);
            for (ours, truth) in values.iter().zip(brute_force(&case)) {
                worst = worst.max((ours - truth).abs());
            }
            let sum = values.iter().fold(tables.base(), |sum, value| sum + value);
            worst = worst.max((sum - case.model.margin(&case.row)).abs());
        }
        println!("400 random (model, population, row) cases: largest difference to brute force {worst:e}");
        assert!(worst <= 1e-12, "{worst:e}");
    }
}

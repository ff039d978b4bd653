//! Exact SHAP of symmetric trees, as tables.
//!
//! A tree's whole reference population is its leaf counts. In the interventional game, with `H[b]` the share of reference
//! rows in leaf `b`, `v(S | x) = Σ_b H[b] · leaf[(x & mask(S)) | (b & !mask(S))]`, where `mask(S)` selects the levels
//! owned by the players in `S`. In the path-dependent game a level whose player is not in `S` goes both ways, in the
//! shares in which the reference rows went that had the same answers so far. Either way
//! `φ_i = Σ_{S ∌ i} |S|! (p − |S| − 1)! / p! · (v(S ∪ i) − v(S))` depends on the row through its pattern only, so it is
//! folded into one table a tree, and a row costs one lookup a tree.
//!
//! Source: Lundberg et al., *From local explanations to global understanding with explainable AI for trees* (2020),
//! interventional feature perturbation; Lundberg et al., *Consistent individualized feature attribution for tree
//! ensembles* (2018), the path-dependent game and interaction values.

use super::Game;
use crate::features::FeatureVector;
use crate::model::LeafCounts;
use crate::model::symmetric::{MOST_LEVELS, Symmetric, Tree};

/// Patterns of a tree with [`MOST_LEVELS`] levels.
pub(crate) const PATTERNS: usize = 1 << MOST_LEVELS;

/// The folded tables of one model against one population.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapTables {
    game: Game,
    base: f64,
    trees: Vec<TreeTable>,
    counts: LeafCounts,
}

/// What each player of one tree adds, by pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TreeTable {
    /// Features, rising.
    pub(crate) players: Vec<usize>,
    /// What each player adds, by pattern; of a smaller tree only the first patterns.
    pub(crate) columns: Vec<[f64; PATTERNS]>,
}

impl ShapTables {
    /// Folds a population into tables. `counts` must fit this model, as [`Summary::check`](crate::model::Summary::check) says.
    pub fn new(game: Game, model: &Symmetric, counts: &LeafCounts) -> Self {
        let mut base = model.base;
        let trees = model
            .trees
            .iter()
            .zip(&counts.0)
            .map(|(tree, counts)| {
                let players = tree.players(&model.predicates);
                let values = Values::new(game, tree, &players, model, counts);
                base += values.values[0][0];
                TreeTable { columns: values.shapley(players.len()), players }
            })
            .collect();
        Self { game, base, trees, counts: counts.clone() }
    }

    /// The game that was folded.
    pub fn game(&self) -> Game {
        self.game
    }

    /// The population's mean margin.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// One table a tree.
    pub(crate) fn trees(&self) -> &[TreeTable] {
        &self.trees
    }

    /// Adds the contributions of one row, in tree order.
    pub(super) fn add(&self, model: &Symmetric, row: &FeatureVector, values: &mut [f64]) {
        for (pattern, table) in model.patterns(row).zip(&self.trees) {
            for (player, column) in table.players.iter().zip(&table.columns) {
                values[*player] += column[pattern];
            }
        }
    }

    /// Adds the interaction values of one row, in tree order: `pairs` has a place for each pair of features, row-major,
    /// of which those after the diagonal are used.
    pub(super) fn add_pairs(&self, model: &Symmetric, row: &FeatureVector, pairs: &mut [f64]) {
        let trees = model.trees.iter().zip(model.patterns(row));
        for (((tree, pattern), table), counts) in trees.zip(&self.trees).zip(&self.counts.0) {
            let players = &table.players;
            let values = Values::new(self.game, tree, players, model, counts);
            for (b, of_b) in players.iter().enumerate() {
                for (a, of_a) in players.iter().enumerate().take(b) {
                    pairs[of_a * row.0.len() + of_b] += values.interaction(players.len(), pattern, a, b);
                }
            }
        }
    }

    /// Adds the mean absolute contribution of each feature within each tree, summed over trees: an upper bound of
    /// mean |SHAP|, from the tables alone.
    pub(super) fn add_influence(&self, influence: &mut [f64]) {
        for (table, counts) in self.trees.iter().zip(&self.counts.0) {
            let rows: f64 = counts.iter().map(|count| f64::from(*count)).sum();
            for (player, column) in table.players.iter().zip(&table.columns) {
                for (value, count) in column.iter().zip(counts) {
                    influence[*player] += value.abs() * f64::from(*count) / rows;
                }
            }
        }
    }
}

/// What one tree says to every coalition about every pattern: `v(S | x)`.
struct Values {
    /// By coalition.
    values: Vec<[f64; PATTERNS]>,
}

impl Values {
    fn new(game: Game, tree: &Tree, players: &[usize], model: &Symmetric, counts: &[u32]) -> Self {
        let owned = |player: usize| {
            (0..tree.levels.len())
                .filter(|level| model.predicates[usize::from(tree.levels[*level])].feature() == player)
                .fold(0_usize, |mask, level| mask | 1 << level)
        };
        let owned: Vec<usize> = players.iter().map(|player| owned(*player)).collect();
        let levels = |coalition: usize| members(coalition).fold(0, |mask, player| mask | owned[player]);
        let value = |coalition: usize| match game {
            Game::PathDependent => path_dependent(tree, counts, levels(coalition)),
            Game::Interventional | Game::Members => interventional(tree, counts, levels(coalition)),
        };
        Self { values: (0..1_usize << players.len()).map(value).collect() }
    }

    /// One column a player.
    fn shapley(&self, n: usize) -> Vec<[f64; PATTERNS]> {
        let mut columns = vec![[0.0; PATTERNS]; n];
        for coalition in 0..1_usize << n {
            let size = coalition.count_ones() as usize;
            for (player, column) in columns.iter_mut().enumerate().filter(|(player, _)| coalition & 1 << player == 0) {
                let weight = FACTORIAL[size] * FACTORIAL[n - size - 1] / FACTORIAL[n];
                let (with, without) = (&self.values[coalition | 1 << player], &self.values[coalition]);
                for ((sum, with), without) in column.iter_mut().zip(with).zip(without) {
                    *sum += weight * (with - without);
                }
            }
        }
        columns
    }

    /// The interaction value of two players: half of Shapley's value of what they add together and not alone.
    fn interaction(&self, n: usize, pattern: usize, a: usize, b: usize) -> f64 {
        let (a, b) = (1 << a, 1 << b);
        let apart = (0..1_usize << n).filter(|coalition| coalition & (a | b) == 0);
        apart.fold(0.0, |sum, coalition| {
            let size = coalition.count_ones() as usize;
            let weight = FACTORIAL[size] * FACTORIAL[n - size - 2] / FACTORIAL[n - 1];
            let of = |joined: usize| self.values[coalition | joined][pattern];
            sum + weight * (of(a | b) - of(a) - of(b) + of(0)) / 2.0
        })
    }
}

/// The mean leaf when the levels of `mask` are answered by the pattern and the others by each reference row.
fn interventional(tree: &Tree, counts: &[u32], mask: usize) -> [f64; PATTERNS] {
    let rest = (tree.leaves.len() - 1) & !mask;
    // The reference rows only matter through the levels outside the coalition.
    let (mut share, mut rows) = ([0_u64; PATTERNS], 0_u64);
    for (leaf, count) in counts.iter().enumerate() {
        share[leaf & rest] += u64::from(*count);
        rows += u64::from(*count);
    }
    let mut values = [0.0; PATTERNS];
    for known in subsets(mask) {
        let sum = subsets(rest).fold(0.0, |sum, leaf| sum + share[leaf] as f64 * tree.leaves[known | leaf]);
        values[known] = sum / rows as f64;
    }
    core::array::from_fn(|pattern| values[pattern & mask])
}

/// The mean leaf when the walk follows the pattern at the levels of `mask`, and both ways at the others.
fn path_dependent(tree: &Tree, counts: &[u32], mask: usize) -> [f64; PATTERNS] {
    let mut values = [0.0; PATTERNS];
    values.iter_mut().zip(&tree.leaves).for_each(|(value, leaf)| *value = *leaf);
    // Rows by their first answers: a level less each time.
    let mut rows: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
    for level in (0..tree.levels.len()).rev() {
        let (no, yes) = rows.split_at(1 << level);
        let share = |path: usize| match no[path] + yes[path] {
            here if here > 0.0 => yes[path] / here,
            // Nobody of the population comes here.
            _ => 0.5,
        };
        if mask >> level & 1 == 0 {
            for pattern in (0..tree.leaves.len()).filter(|pattern| pattern >> level & 1 == 0) {
                let yes = share(pattern % (1 << level));
                let both = yes * values[pattern | 1 << level] + (1.0 - yes) * values[pattern];
                (values[pattern], values[pattern | 1 << level]) = (both, both);
            }
        }
        rows = no.iter().zip(yes).map(|(no, yes)| no + yes).collect();
    }
    values
}

const FACTORIAL: [f64; MOST_LEVELS + 1] = [1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0];

fn members(coalition: usize) -> impl Iterator<Item = usize> {
    (0..usize::BITS as usize).filter(move |player| coalition >> player & 1 == 1)
}

/// Every subset of a mask's bits, rising.
fn subsets(mask: usize) -> impl Iterator<Item = usize> {
    let mut next = Some(0);
    core::iter::from_fn(move || {
        let subset = next?;
        next = (subset != mask).then_some(subset.wrapping_sub(mask) & mask);
        Some(subset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Explainer;
    use crate::explain::path::PathShap;
    use crate::model::general::{Branching, Combine, Next, Node, Sum};
    use crate::model::{Ensemble, General, Predicate, Side};
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
            let tables = ShapTables::new(Game::Interventional, &case.model, &counts);
            let mut values = vec![0.0; case.row.0.len()];
            tables.add(&case.model, &case.row, &mut values);
            for (ours, truth) in values.iter().zip(brute_force(&case)) {
                worst = worst.max((ours - truth).abs());
            }
            let sum = values.iter().fold(tables.base(), |sum, value| sum + value);
            worst = worst.max((sum - case.model.margin(&case.row)).abs());
        }
        println!("400 random (model, population, row) cases: largest difference to brute force {worst:e}");
        assert!(worst <= 1e-12, "{worst:e}");
    }

    /// The same tree as a general one.
    fn branching(tree: &Tree) -> Branching {
        fn grow(tree: &Tree, level: usize, pattern: usize, made: &mut Branching) -> Next {
            let Some(predicate) = tree.levels.get(level) else {
                made.leaves.push(tree.leaves[pattern]);
                return Next::Leaf(made.leaves.len() as u32 - 1);
            };
            let index = made.nodes.len();
            made.nodes.push(Node { predicate: u32::from(*predicate), yes: Next::Leaf(0), no: Next::Leaf(0) });
            let yes = grow(tree, level + 1, pattern | 1 << level, made);
            let no = grow(tree, level + 1, pattern, made);
            (made.nodes[index].yes, made.nodes[index].no) = (yes, no);
            Next::Node(index as u32)
        }
        let mut made = Branching { nodes: Vec::new(), leaves: Vec::new() };
        grow(tree, 0, 0, &mut made);
        made
    }

    #[test]
    fn the_path_dependent_game_is_that_of_the_same_general_trees() {
        let mut worst: f64 = 0.0;
        for seed in 0..100 {
            let Case { model, population, row } = case(seed);
            let trees = model.trees.iter().map(branching).collect();
            let general = General {
                base: model.base,
                combine: Combine::Sum,
                sum: Sum::F64,
                predicates: model.predicates.clone(),
                trees,
                cover: None,
            };
            let general_counts = general.count(population.iter());
            let paths = PathShap::new(&general, &general_counts);
            let tables = ShapTables::new(Game::PathDependent, &model, &model.count(population.iter()));
            worst = worst.max((tables.base() - paths.base()).abs());
            let (mut ours, mut theirs) = (vec![0.0; row.0.len()], vec![0.0; row.0.len()]);
            tables.add(&model, &row, &mut ours);
            let trees: Vec<usize> = (0..general.trees.len()).collect();
            paths.add(&general, &trees, &row, &mut theirs);
            worst = ours.iter().zip(theirs).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
        }
        println!("100 random models: largest difference of the path-dependent values {worst:e}");
        assert!(worst <= 1e-12, "{worst:e}");
    }

    #[test]
    fn interactions_are_halves_of_what_two_features_add_together() {
        for seed in 0..60 {
            let Case { model, population, row } = case(seed);
            let ensemble = Ensemble::Symmetric(model);
            let explainer = Explainer::new(&ensemble, &ensemble.summary(&population));
            let n = row.0.len();
            let found = explainer.interactions(&ensemble, &row);
            let mean = |subset: usize| {
                let mixed = |other: &FeatureVector| {
                    let cell =
                        |feature: usize| if subset >> feature & 1 == 1 { row.0[feature] } else { other.0[feature] };
                    ensemble.margin(&FeatureVector((0..n).map(cell).collect()))
                };
                population.iter().map(mixed).sum::<f64>() / population.len() as f64
            };
            let means: Vec<f64> = (0..1_usize << n).map(mean).collect();
            let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
            for a in 0..n {
                for b in (0..n).filter(|b| *b != a) {
                    let (in_a, in_b) = (1 << a, 1 << b);
                    let apart = (0..1_usize << n).filter(|subset| subset & (in_a | in_b) == 0);
                    let expected: f64 = apart
                        .map(|subset| {
                            let size = subset.count_ones() as usize;
                            let weight = factorial(size) * factorial(n - size - 2) / factorial(n - 1);
                            let of = |joined: usize| means[subset | joined];
                            weight * (of(in_a | in_b) - of(in_a) - of(in_b) + of(0)) / 2.0
                        })
                        .sum();
                    assert!((found[a * n + b] - expected).abs() < 1e-12, "{} {expected}", found[a * n + b]);
                }
                let sum: f64 = found[a * n..(a + 1) * n].iter().sum();
                assert!((sum - explainer.explain(&ensemble, &row).values[a]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_same_trees_say_the_same_as_general_ones_in_both_games() {
        let mut worst: f64 = 0.0;
        for seed in 0..60 {
            let Case { model, population, row } = case(seed);
            let trees = model.trees.iter().map(branching).collect();
            let (base, predicates) = (model.base, model.predicates.clone());
            let general = General { base, combine: Combine::Sum, sum: Sum::F64, predicates, trees, cover: None };
            for game in [Game::PathDependent, Game::Interventional] {
                let [ours, theirs] =
                    [Ensemble::Symmetric(model.clone()), Ensemble::General(general.clone())].map(|ensemble| {
                        let summary = ensemble.interventional_summary(&population).expect("six levels");
                        let explainer = Explainer::of_game(game, &ensemble, &summary).expect("trees");
                        assert_eq!(explainer.game(), game);
                        let mut all = explainer.explain(&ensemble, &row).values;
                        all.extend(explainer.interactions(&ensemble, &row));
                        all.push(explainer.base());
                        all
                    });
                worst = ours.iter().zip(&theirs).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
            }
        }
        println!("60 random models as symmetric and as general trees, both games: largest difference {worst:e}");
        assert!(worst <= 1e-12, "{worst:e}");
    }

    #[test]
    fn counts_of_two_populations_merge_into_those_of_both() {
        let Case { model, population, .. } = case(7);
        let trees = model.trees.iter().map(branching).collect();
        let (base, predicates) = (model.base, model.predicates);
        let general = General { base, combine: Combine::Sum, sum: Sum::F64, predicates, trees, cover: None };
        let ensemble = Ensemble::General(general);
        let of = |rows: &[FeatureVector]| ensemble.interventional_summary(rows).expect("six levels");
        let mut merged = of(&population[..5]);
        merged.merge(5, &of(&population[5..]), 12);
        assert_eq!(merged, of(&population));
        assert_eq!(merged.check(&ensemble, 17), Ok(()));
        assert!(merged.check(&ensemble, 18).is_err());
    }
}

//! Exact path-dependent SHAP of general trees.
//!
//! Where a feature is not known, a walk takes both answers, in the shares in which the reference rows that came so far
//! gave them. On the way to a leaf let feature `j` ask questions that reference rows pass with the share `p_j`, and let
//! `o_j` be 1 if the row passes all of them, else 0. The leaf then adds
//! `leaf · (o_i − p_i) · ∫₀¹ Π_{j≠i} (t·o_j + (1−t)·p_j) dt` to feature `i`: Shapley's weights are that integral's. The
//! integrand is a polynomial, so a Gauss–Legendre sum over half as many points as there are features is exact.
//!
//! Source: Lundberg et al., *Consistent individualized feature attribution for tree ensembles* (2018), for the game;
//! Owen, *Multilinear extensions of games* (1972), for the integral.

use crate::features::FeatureVector;
use crate::model::general::{Branching, General, Next};
use crate::model::{LeafCounts, Predicate};

/// A model with one population's shares at every node.
#[derive(Clone, Debug, PartialEq)]
pub struct PathShap {
    base: f64,
    trees: Vec<Shares>,
}

#[derive(Clone, Debug, PartialEq)]
struct Shares {
    /// Of the rows at a node, the share that answers yes; aligned with the tree's nodes.
    yes: Vec<f64>,
    /// Rows at each node, as a share of all.
    weight: Vec<f64>,
    /// Mean leaf value below each node.
    mean: Vec<f64>,
    /// Points and weights of the integral over 0 to 1.
    rules: Vec<Rule>,
}

impl PathShap {
    /// Adds up the rows of every node. `counts` must have passed its check for this model.
    pub fn new(model: &General, counts: &LeafCounts) -> Self {
        let as_cover = |counts: &Vec<u32>| counts.iter().map(|count| f64::from(*count)).collect::<Vec<f64>>();
        Self::of_covers(model, counts.0.iter().map(as_cover))
    }

    /// The same with what the library that grew the trees counted in their leaves, if it is known.
    pub fn of_library(model: &General) -> Option<Self> {
        let cover = model.cover.as_ref()?;
        Some(Self::of_covers(model, cover.iter()))
    }

    pub(super) fn of_covers<C: AsRef<[f64]>>(model: &General, covers: impl Iterator<Item = C>) -> Self {
        let (mut sum, mut trees) = (0.0, Vec::with_capacity(model.trees.len()));
        for (tree, cover) in model.trees.iter().zip(covers) {
            let (shares, mean) = Shares::new(tree, cover.as_ref(), &model.predicates);
            sum += mean;
            trees.push(shares);
        }
        Self { base: model.base + sum * model.scale(), trees }
    }

    /// The population's mean margin.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Adds the contributions of one row to some trees, in their order.
    pub(crate) fn add(&self, model: &General, trees: &[usize], row: &FeatureVector, values: &mut [f64]) {
        self.walks(model, trees, row, values, |walk, tree, rule| {
            walk.below(tree.root(), &rule.weight);
        });
    }

    /// Adds the interaction values of one row, in tree order: `pairs` has a place for each pair of features, row-major,
    /// of which those after the diagonal are used.
    pub(super) fn add_pairs(&self, model: &General, row: &FeatureVector, pairs: &mut [f64]) {
        let trees: Vec<usize> = (0..self.trees.len()).collect();
        self.walks(model, &trees, row, pairs, |walk, tree, rule| {
            walk.pairs(tree.root(), &rule.weight, &mut Vec::new())
        });
    }

    fn walks(
        &self,
        model: &General,
        trees: &[usize],
        row: &FeatureVector,
        values: &mut [f64],
        go: impl Fn(&mut Walk<'_>, &Branching, &Rule),
    ) {
        let predicates = &model.predicates;
        let answers: Vec<bool> = predicates.iter().map(|predicate| predicate.holds(row)).collect();
        let mut states = vec![State::START; row.0.len()];
        let scale = model.scale();
        for index in trees {
            let (tree, Shares { yes: shares, rules, .. }) = (&model.trees[*index], &self.trees[*index]);
            for rule in rules {
                let (answers, values, states) = (&answers, &mut *values, &mut states[..]);
                go(&mut Walk { tree, shares, rule, predicates, answers, scale, values, states }, tree, rule);
            }
        }
    }

    /// Of the reference rows at a node, the share that answers yes.
    pub(super) fn share(&self, tree: usize, node: usize) -> f64 {
        self.trees[tree].yes[node]
    }

    /// Adds, for each feature, how far its questions move the mean leaf, by the rows that are asked.
    pub(super) fn add_influence(&self, model: &General, influence: &mut [f64]) {
        for (tree, shares) in model.trees.iter().zip(&self.trees) {
            let mean = |next: Next| match next {
                Next::Node(node) => shares.mean[node as usize],
                Next::Leaf(leaf) => tree.leaves[leaf as usize],
            };
            for (index, node) in tree.nodes.iter().enumerate() {
                let (yes, gap) = (shares.yes[index], mean(node.yes) - mean(node.no));
                let moved = 2.0 * yes * (1.0 - yes) * gap.abs() * shares.weight[index] * model.scale();
                influence[model.predicates[node.predicate as usize].feature()] += moved;
            }
        }
    }
}

impl Shares {
    fn new(tree: &Branching, cover: &[f64], predicates: &[Predicate]) -> (Self, f64) {
        let n = tree.nodes.len();
        let (mut rows, mut yes, mut mean, mut features) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0_usize; n]);
        // Children come after their parent: backwards, both are known.
        for index in (0..n).rev() {
            let side = |next: Next| match next {
                Next::Node(node) => (rows[node as usize], mean[node as usize], features[node as usize]),
                Next::Leaf(leaf) => (cover[leaf as usize], tree.leaves[leaf as usize], 0),
            };
            let (of_yes, of_no) = (side(tree.nodes[index].yes), side(tree.nodes[index].no));
            let here = of_yes.0 + of_no.0;
            // Nobody of the population comes here: no share of it can, whatever stands below.
            let share = if here > 0.0 { of_yes.0 / here } else { 0.5 };
            (rows[index], yes[index]) = (here, share);
            mean[index] = share * of_yes.1 + (1.0 - share) * of_no.1;
            features[index] = 1 + of_yes.2.max(of_no.2);
        }
        let all = rows.first().copied().filter(|all| *all > 0.0).unwrap_or(1.0);
        let distinct = distinct_features(tree, predicates).min(features.first().copied().unwrap_or(0));
        let root = mean.first().or(tree.leaves.first()).copied().unwrap_or(0.0);
        let weight = rows.iter().map(|rows| rows / all).collect();
        (Self { yes, weight, mean, rules: Rule::all(distinct.div_ceil(2).max(1)) }, root)
    }
}

fn distinct_features(tree: &Branching, predicates: &[Predicate]) -> usize {
    let mut asked: Vec<usize> = tree.nodes.iter().map(|node| predicates[node.predicate as usize].feature()).collect();
    asked.sort_unstable();
    asked.dedup();
    asked.len()
}

/// Points of the integral that one walk carries.
const AT_ONCE: usize = 4;

/// One value a point.
type Points = [f64; AT_ONCE];

/// Points of the integral with their weights, the last ones filled up with points of no weight.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rule {
    t: Points,
    weight: Points,
}

impl Rule {
    /// Points and weights, [`AT_ONCE`] at a time.
    fn all(n: usize) -> Vec<Self> {
        let some = |points: &[(f64, f64)]| {
            let point = |at: usize| points.get(at).copied().unwrap_or((0.5, 0.0));
            Self { t: core::array::from_fn(|at| point(at).0), weight: core::array::from_fn(|at| point(at).1) }
        };
        gauss_legendre(n).chunks(AT_ONCE).map(some).collect()
    }
}

/// How far row and population pass the questions of one feature that were asked on the way.
#[derive(Clone, Copy)]
struct State {
    asked: bool,
    row: bool,
    population: f64,
}

impl State {
    const START: State = State { asked: false, row: true, population: 1.0 };

    /// After one more question; `None` when neither passes: no leaf behind it has a part in any game.
    fn after(self, passes: bool, share: f64) -> Option<State> {
        let state = State { asked: true, row: self.row && passes, population: self.population * share };
        (state.row || state.population > 0.0).then_some(state)
    }

    /// `row − population`.
    fn gap(self) -> f64 {
        if self.row { 1.0 - self.population } else { -self.population }
    }

    /// `t · row + (1 − t) · population`; 1 if nothing was asked.
    fn factor(self, rule: &Rule) -> Points {
        let row = if self.row { 1.0 } else { 0.0 };
        rule.t.map(|t| t * row + (1.0 - t) * self.population)
    }
}

/// One row's way down one tree, along both answers.
struct Walk<'a> {
    tree: &'a Branching,
    shares: &'a [f64],
    rule: &'a Rule,
    predicates: &'a [Predicate],
    /// The row's answers, one a predicate.
    answers: &'a [bool],
    scale: f64,
    values: &'a mut [f64],
    /// Where each feature stands.
    states: &'a mut [State],
}

impl Walk<'_> {
    /// Sum over the leaves below of `leaf · Π factors of questions below`, one entry a point; adds the contributions below.
    /// `products` are the factors of the questions above, times the weights.
    fn below(&mut self, next: Next, products: &Points) -> Points {
        let node = match next {
            Next::Leaf(leaf) => return [self.tree.leaves[leaf as usize]; AT_ONCE],
            Next::Node(node) => node as usize,
        };
        let question = &self.tree.nodes[node];
        let feature = self.predicates[question.predicate as usize].feature();
        let (holds, share) = (self.answers[question.predicate as usize], self.shares[node]);
        let before = self.states[feature];
        let old = before.factor(self.rule);
        let (mut sums, mut value) = ([0.0; AT_ONCE], 0.0);
        for (next, passes, share) in [(question.yes, holds, share), (question.no, !holds, 1.0 - share)] {
            let Some(state) = before.after(passes, share) else { continue };
            self.states[feature] = state;
            let factor = state.factor(self.rule);
            // The latest question of a feature stands for all of them: it takes out the factor of those above, and takes
            // back what they will add.
            let ratio = match (before.asked, before.row) {
                (false, _) => factor,
                (true, false) => [share; AT_ONCE],
                (true, true) => core::array::from_fn(|at| factor[at] / old[at]),
            };
            let found = match next {
                Next::Leaf(leaf) => [self.tree.leaves[leaf as usize]; AT_ONCE],
                Next::Node(_) => self.below(next, &core::array::from_fn(|at| products[at] * ratio[at])),
            };
            match (before.asked, before.row) {
                (false, _) => value += state.gap() * dot(products, &found),
                (true, false) => {}
                (true, true) => {
                    let (gap, above) = (state.gap(), before.gap());
                    let pull = core::array::from_fn(|at| found[at] * (gap - ratio[at] * above) / old[at]);
                    value += dot(products, &pull);
                }
            }
            sums = core::array::from_fn(|at| sums[at] + found[at] * ratio[at]);
        }
        self.values[feature] += self.scale * value;
        self.states[feature] = before;
        sums
    }

    /// Adds the interaction values of the leaves below. `met` lists the features that were asked on the way, each with its
    /// `(row − population) / factor`.
    fn pairs(&mut self, next: Next, products: &Points, met: &mut Vec<(usize, Points)>) {
        let node = match next {
            Next::Leaf(leaf) => {
                let value = self.tree.leaves[leaf as usize] * self.scale / 2.0;
                for (index, (a, of_a)) in met.iter().enumerate() {
                    let with_a: Points = core::array::from_fn(|at| products[at] * of_a[at]);
                    for (b, of_b) in &met[..index] {
                        let both = (0..AT_ONCE).fold(0.0, |sum, at| sum + with_a[at] * of_b[at]);
                        self.values[a.min(b) * self.states.len() + a.max(b)] += value * both;
                    }
                }
                return;
            }
            Next::Node(node) => node as usize,
        };
        let question = &self.tree.nodes[node];
        let feature = self.predicates[question.predicate as usize].feature();
        let (holds, share) = (self.answers[question.predicate as usize], self.shares[node]);
        let before = self.states[feature];
        let of_before = before.factor(self.rule);
        let place = met.iter().position(|(asked, _)| *asked == feature);
        for (next, passes, share) in [(question.yes, holds, share), (question.no, !holds, 1.0 - share)] {
            let Some(state) = before.after(passes, share) else { continue };
            self.states[feature] = state;
            let factor = state.factor(self.rule);
            let entry = (feature, factor.map(|factor| state.gap() / factor));
            let deeper = core::array::from_fn(|at| products[at] / of_before[at] * factor[at]);
            let above = place.map(|place| core::mem::replace(&mut met[place], entry));
            if above.is_none() {
                met.push(entry);
            }
            self.pairs(next, &deeper, met);
            match (place, above) {
                (Some(place), Some(above)) => met[place] = above,
                _ => drop(met.pop()),
            }
        }
        self.states[feature] = before;
    }
}

fn dot(a: &Points, b: &Points) -> f64 {
    (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3])
}

/// Points and weights that integrate polynomials of degree `2n − 1` over 0 to 1 exactly.
///
/// Source: Newton's method on Legendre polynomials, Press et al., *Numerical Recipes* (2007), section 4.6.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let order = n as f64;
    let polynomial = |x: f64| {
        let (mut last, mut value) = (1.0, x);
        for k in 2..=n {
            let k = k as f64;
            (last, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * last) / k);
        }
        (value, order * (x * value - last) / (x * x - 1.0))
    };
    (0..n)
        .map(|index| {
            let mut x = libm::cos(core::f64::consts::PI * (index as f64 + 0.75) / (order + 0.5));
            // Newton doubles the digits each time; from this start six times are more than enough.
            for _ in 0..10 {
                let (value, slope) = polynomial(x);
                x -= value / slope;
            }
            let (_, slope) = polynomial(x);
            ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;
    use crate::model::general::{Combine, Node, Sum};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const N_FEATURES: usize = 6;

    /// A random tree of a random form, its children after their parents.
    fn tree(rng: &mut ChaCha8Rng) -> Branching {
        let mut tree = Branching { nodes: Vec::new(), leaves: Vec::new() };
        grow(&mut tree, rng, 0);
        tree
    }

    fn grow(tree: &mut Branching, rng: &mut ChaCha8Rng, depth: u32) -> Next {
        if depth == 8 || rng.random_range(0..10_u32) < depth {
            tree.leaves.push(rng.random_range(-1.0..1.0));
            return Next::Leaf(tree.leaves.len() as u32 - 1);
        }
        let index = tree.nodes.len();
        let empty = Next::Leaf(0);
        tree.nodes.push(Node { predicate: rng.random_range(0..20_u32), yes: empty, no: empty });
        let (yes, no) = (grow(tree, rng, depth + 1), grow(tree, rng, depth + 1));
        (tree.nodes[index].yes, tree.nodes[index].no) = (yes, no);
        Next::Node(index as u32)
    }

    fn model(rng: &mut ChaCha8Rng) -> General {
        let side = |bit: u32| if bit == 0 { Side::No } else { Side::Yes };
        let predicates = (0..20).map(|_| Predicate::Less {
            feature: rng.random_range(0..N_FEATURES as u16),
            threshold: f64::from(rng.random_range(1..8_u32)),
            missing: side(rng.random_range(0..2_u32)),
        });
        let predicates = predicates.collect();
        let combine = if rng.random_range(0..2_u32) == 0 { Combine::Sum } else { Combine::Mean };
        let trees = (0..3).map(|_| tree(rng)).collect();
        General { base: 0.25, combine, sum: Sum::F64, predicates, trees, cover: None }
    }

    fn row(rng: &mut ChaCha8Rng) -> FeatureVector {
        let value =
            |rng: &mut ChaCha8Rng| (rng.random_range(0..8_u32) > 0).then(|| f64::from(rng.random_range(0..9_u32)));
        FeatureVector((0..N_FEATURES).map(|_| value(rng)).collect())
    }

    /// The game itself: walk by the row where the feature is known, else both ways by shares of rows.
    fn value(model: &General, tree: &Branching, shares: &Shares, next: Next, row: &FeatureVector, known: usize) -> f64 {
        let node = match next {
            Next::Leaf(leaf) => return tree.leaves[leaf as usize],
            Next::Node(node) => node as usize,
        };
        let question = &tree.nodes[node];
        let predicate = &model.predicates[question.predicate as usize];
        let go = |next| value(model, tree, shares, next, row, known);
        if known >> predicate.feature() & 1 == 1 {
            return go(if predicate.holds(row) { question.yes } else { question.no });
        }
        let share = shares.yes[node];
        share * go(question.yes) + (1.0 - share) * go(question.no)
    }

    #[test]
    fn equals_the_definition_over_all_subsets() {
        let mut worst: f64 = 0.0;
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        for seed in 0..60 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let model = model(&mut rng);
            assert_eq!(model.check(N_FEATURES), Ok(()));
            let population: Vec<FeatureVector> = (0..23).map(|_| row(&mut rng)).collect();
            let counts = model.count(population.iter());
            let paths = PathShap::new(&model, &counts);
            let mean = population.iter().map(|row| model.margin(row)).sum::<f64>() / 23.0;
            worst = worst.max((paths.base() - mean).abs());
            let row = row(&mut rng);
            let mut found = vec![0.0; N_FEATURES];
            paths.add(&model, &[0, 1, 2], &row, &mut found);
            let of = |known: usize| {
                let trees = model.trees.iter().zip(&paths.trees);
                let sum: f64 = trees.map(|(tree, shares)| value(&model, tree, shares, tree.root(), &row, known)).sum();
                model.base + sum * model.scale()
            };
            for (player, found) in found.iter().enumerate() {
                let expected: f64 = (0..1_usize << N_FEATURES)
                    .filter(|known| known >> player & 1 == 0)
                    .map(|known| {
                        let size = known.count_ones() as usize;
                        factorial(size) * factorial(N_FEATURES - size - 1) / factorial(N_FEATURES)
                            * (of(known | 1 << player) - of(known))
                    })
                    .sum();
                worst = worst.max((found - expected).abs());
            }
            worst = worst.max((found.iter().fold(paths.base(), |sum, value| sum + value) - model.margin(&row)).abs());
        }
        println!("60 random forests: largest difference to the definition {worst:e}");
        assert!(worst <= 1e-12, "{worst:e}");
    }

    #[test]
    fn the_integral_of_a_polynomial_is_exact() {
        for n in 1..=16 {
            for degree in 0..2 * n {
                let sum: f64 = gauss_legendre(n).iter().map(|(t, weight)| weight * libm::pow(*t, degree as f64)).sum();
                assert!((sum - 1.0 / (degree as f64 + 1.0)).abs() < 1e-14, "{n} points, degree {degree}: {sum}");
            }
        }
    }
}

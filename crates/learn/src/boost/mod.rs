//! Gradient boosting of symmetric trees under log loss: every level of a tree asks one question of all its nodes.
//!
//! A booster grows one ensemble on the rows that have a weight and keeps the margin of *every* row, so that held-out rows
//! are scored along the way. A tree's questions are chosen on a sample of the rows, its leaf values on all of them. All
//! sums over rows are sums of integers, so the trees are the same on any number of threads.

mod gradient;
mod histogram;
mod leaves;
mod monotone;
mod sample;
mod settings;
mod split;
mod threads;
mod weights;

pub use leaves::patterns;
pub use settings::{BadSetting, Settings};
pub use split::Question;
pub use weights::{BadWeight, Weights};

use crate::design::Design;
use gradient::{Unit, differentiate};
use histogram::{Group, Partition, share_out};
use leaves::{add, sum};
use monotone::{MOST_LEAVES, leaf_values};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use sample::Sample;
use split::{Choice, Level, tree_chains};
use threads::for_each;
use underglass_engine::features::Direction;

/// Rows from which a tree is shared among threads. Below, waiting for each other nine times a tree eats up what two gain.
const LEAST_SHARED_ROWS: usize = 500_000;

/// A grown tree. Bit `k` of a leaf's index is the answer to question `k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grown {
    /// At most six questions.
    pub questions: Vec<Question>,
    /// `2^questions` values, each one exactly an `f32`.
    pub leaves: Vec<f64>,
    /// What each question added to `Σ G² / (H + λ)` over the leaves, on the rows that chose it.
    pub gains: Vec<f64>,
}

/// The gain of each of so many columns, added up tree by tree.
pub fn gain_by_column(trees: &[Grown], n_columns: usize) -> Vec<f64> {
    let mut of_column = vec![0.0; n_columns];
    for tree in trees {
        tree.questions.iter().zip(&tree.gains).for_each(|(question, gain)| of_column[question.column] += gain);
    }
    of_column
}

/// A boosted ensemble under way.
#[derive(Clone, Debug)]
pub struct Booster {
    settings: Settings,
    directions: Vec<Direction>,
    rng: ChaCha8Rng,
    threads: u16,
    start: Start,
    trees: Vec<Grown>,
    /// Each row's weight over the heaviest one, below zero for the bad ones.
    signed: Vec<f32>,
    heaviest: f64,
    margins: Vec<f64>,
    scratch: Scratch,
}

/// The margins before any tree.
#[derive(Clone, Debug)]
enum Start {
    Same(f64),
    Each(Vec<f64>),
}

/// Buffers that live from tree to tree.
#[derive(Clone, Debug, Default)]
struct Scratch {
    /// Packed derivatives of all rows.
    packed: Vec<i64>,
    sample: Sample,
    partition: Partition,
    groups: Vec<Group>,
    /// The leaf of every row.
    nodes: Vec<u8>,
}

impl Booster {
    /// Starts from the log-odds of bad among the rows as they are weighted. `directions` has one entry a column.
    pub fn new(
        settings: Settings,
        directions: Vec<Direction>,
        bad: &[bool],
        weights: &Weights,
        rng: ChaCha8Rng,
    ) -> Self {
        let (mut goods, mut bads) = (0.5, 0.5);
        for (bad, weight) in bad.iter().zip(weights.values()) {
            *(if *bad { &mut bads } else { &mut goods }) += weight;
        }
        // Half a row of each outcome keeps the start finite.
        let base = f64::from(libm::log(bads / goods) as f32);
        Self::start(settings, directions, Start::Same(base), bad, weights, rng)
    }

    /// Starts from a margin of each row, as another model scores it: the trees say what that model has left to say.
    pub fn from_margins(
        settings: Settings,
        directions: Vec<Direction>,
        margins: Vec<f64>,
        bad: &[bool],
        weights: &Weights,
        rng: ChaCha8Rng,
    ) -> Self {
        Self::start(settings, directions, Start::Each(margins), bad, weights, rng)
    }

    fn start(
        settings: Settings,
        directions: Vec<Direction>,
        start: Start,
        bad: &[bool],
        weights: &Weights,
        rng: ChaCha8Rng,
    ) -> Self {
        let weights = weights.values();
        let heaviest = weights.iter().fold(f64::MIN_POSITIVE, |most, weight| most.max(*weight));
        let signed = |(weight, bad): (&f64, &bool)| (if *bad { -weight } else { *weight } / heaviest) as f32;
        let mut booster = Self {
            settings,
            directions,
            rng,
            threads: 1,
            start,
            trees: Vec::new(),
            signed: weights.iter().zip(bad).map(signed).collect(),
            heaviest,
            margins: Vec::new(),
            scratch: Scratch::default(),
        };
        booster.restart();
        booster
    }

    /// Grows each tree on so many threads, if there are half a million rows or more; a browser has one. It changes how long
    /// a tree takes and nothing else. Several boosters are better grown side by side: [`Booster::grow_each`].
    #[must_use]
    pub fn with_threads(mut self, threads: u16) -> Self {
        self.threads = if self.signed.len() < LEAST_SHARED_ROWS { 1 } else { threads.max(1) };
        self
    }

    /// Grows one tree of each booster on its own design, boosters side by side on so many threads.
    pub fn grow_each(boosters: &mut [Self], designs: &[Design], threads: u16) {
        let mut pairs: Vec<(&mut Self, &Design)> = boosters.iter_mut().zip(designs).collect();
        for_each(threads, &mut pairs, |(booster, design)| booster.grow(design));
    }

    /// The margin before any tree: 0 where each row came with its own.
    pub fn base(&self) -> f64 {
        match self.start {
            Start::Same(base) => base,
            Start::Each(_) => 0.0,
        }
    }

    /// The trees so far.
    pub fn trees(&self) -> &[Grown] {
        &self.trees
    }

    /// The margin of every row: where it started plus one leaf a tree, in tree order.
    pub fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// Forgets all trees after the first `n`.
    pub fn truncate(&mut self, n: usize, design: &Design) {
        if n < self.trees.len() {
            self.trees.truncate(n);
            self.restart();
            for tree in &self.trees {
                patterns(&tree.questions, design, &mut self.scratch.nodes);
                add(self.threads, &mut self.margins, &self.scratch.nodes, &tree.leaves);
            }
        }
    }

    fn restart(&mut self) {
        self.margins.clear();
        match &self.start {
            Start::Same(base) => self.margins.resize(self.signed.len(), *base),
            Start::Each(margins) => self.margins.extend(margins),
        }
    }

    /// Grows one tree and adds it.
    pub fn grow(&mut self, design: &Design) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.packed.resize(self.signed.len(), 0);
        scratch.nodes.resize(self.signed.len(), 0);
        differentiate(self.threads, &self.margins, &self.signed, &mut scratch.packed);
        let (questions, gains) = self.ask(design, &mut scratch).into_iter().unzip::<_, _, Vec<_>, _>();
        let leaves = self.fit_leaves(&questions, design, &mut scratch);
        add(self.threads, &mut self.margins, &scratch.nodes, &leaves);
        self.trees.push(Grown { questions, leaves, gains });
        self.scratch = scratch;
    }

    /// Draws the columns that the tree may ask about, rising.
    fn draw_columns(&mut self, n_columns: usize) -> Vec<usize> {
        let share = (n_columns as f64 * self.settings.column_share).ceil() as usize;
        let n = share.max(self.settings.depth as usize).min(n_columns);
        let mut columns: Vec<usize> = (0..n_columns).collect();
        if n < n_columns {
            for at in 0..n {
                let rest = (n_columns - at) as u64;
                columns.swap(at, at + ((u64::from(self.rng.next_u32()) * rest) >> 32) as usize);
            }
            columns.truncate(n);
            columns.sort_unstable();
        }
        columns
    }

    /// Chooses the questions level by level, on a sample of the rows, each with its gain.
    fn ask(&mut self, design: &Design, scratch: &mut Scratch) -> Vec<(Question, f64)> {
        let Scratch { packed, sample, partition, groups, .. } = scratch;
        let unit = sample.draw(packed, self.settings.row_share, &mut self.rng, Unit::of_rows(self.heaviest));
        partition.start(sample.rows.len());
        let mut columns = self.draw_columns(design.n_columns());
        columns.retain(|column| !design.cuts(*column).thresholds().is_empty());
        share_out(&columns, self.threads, groups);

        let (g, h) = unit.unpack(sample.packed.iter().sum());
        let weight = h + self.settings.lambda;
        let mut gain = g * (g / weight);
        let (mut questions, mut gains): (Vec<Question>, Vec<f64>) = (Vec::new(), Vec::new());
        for depth in 0..self.settings.depth {
            let level = Level {
                directions: &self.directions,
                asked: &questions,
                unit,
                weight,
                lambda: self.settings.lambda,
                least: gain,
            };
            let mut work: Vec<(&mut Group, Vec<Choice>)> = groups.iter_mut().map(|group| (group, Vec::new())).collect();
            for_each(self.threads, &mut work, |(group, candidates)| {
                if depth == 0 {
                    let least = self.settings.min_child_weight / unit.curvature;
                    group.root(design, &sample.rows, &sample.packed, least);
                } else {
                    group.descend(partition, &sample.packed);
                }
                *candidates = level.candidates(group);
            });
            let candidates: Vec<Choice> = work.into_iter().flat_map(|(_, candidates)| candidates).collect();
            let Some(Choice { question, gain: found }) = level.best(groups, candidates.into_iter()) else { break };
            gains.push(found - gain);
            gain = found;
            questions.push(question);
            if depth + 1 < self.settings.depth {
                let is_yes = groups.iter().find_map(|group| group.is_yes(question));
                is_yes.into_iter().for_each(|is_yes| partition.split(is_yes));
            }
        }
        questions.into_iter().zip(gains).collect()
    }

    /// Leaf values on all rows, monotone, shrunk and rounded to `f32`; leaves each row's leaf in `scratch.nodes`.
    fn fit_leaves(&self, questions: &[Question], design: &Design, scratch: &mut Scratch) -> Vec<f64> {
        let sums = sum(self.threads, questions, design, &scratch.packed, &mut scratch.nodes);
        let unit = Unit::of_rows(self.heaviest);
        let gradients = sums.map(|(gradient, _)| gradient as f64 * unit.gradient);
        let weights = sums.map(|(_, curvature)| curvature as f64 * unit.curvature + self.settings.lambda);
        let n_leaves = 1 << questions.len();
        let chains = tree_chains(questions, &self.directions);
        let leaves: [f64; MOST_LEAVES] = leaf_values(&chains, &gradients, &weights, n_leaves);
        leaves[..n_leaves].iter().map(|leaf| stored(self.settings.learning_rate * leaf)).collect()
    }
}

/// A leaf value as it stands in the artifact: a multiple of 1e-4 in single precision, which prints in few digits. Later
/// trees see this value and make up for what rounding left. Rounding keeps every order.
fn stored(leaf: f64) -> f64 {
    f64::from(((leaf * 1e4).round() / 1e4) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::Cuts;
    use crate::random::{Stream, stream};
    use ndarray::Array2;

    #[test]
    fn any_number_of_threads_grows_the_same_trees() {
        const COLUMNS: usize = 13;
        let n = 3 * gradient::BLOCK + 7;
        let code = |column: usize, row: usize| ((row * (2 * column + 7)) ^ (row >> 3)) % 41;
        let codes = Array2::from_shape_fn((COLUMNS, n), |(column, row)| code(column, row) as u8);
        // The last code stands for missing.
        let design = Design::new(codes, vec![Cuts::of_ranks(40); COLUMNS]);
        let bad: Vec<bool> = (0..n).map(|row| (code(0, row) * code(1, row) + row * row % 900) > 1100).collect();
        let weights = Weights::new((0..n).map(|row| f64::from(row as u32 % 4)).collect()).expect("weights");
        let directions: Vec<Direction> =
            [Direction::Increasing].into_iter().chain([Direction::Free; COLUMNS - 1]).collect();
        let on = |threads| {
            let rng = stream(1, Stream::FinalModel);
            let mut booster = Booster::new(Settings::default(), directions.clone(), &bad, &weights, rng);
            booster.threads = threads;
            (0..8).for_each(|_| booster.grow(&design));
            booster
        };
        let one = on(1);
        assert!(one.trees.iter().all(|tree| tree.questions.len() == 6));
        for threads in [2, 3, 16] {
            let several = on(threads);
            assert_eq!((one.trees(), one.margins()), (several.trees(), several.margins()), "{threads} threads");
        }
    }
}

//! Gradient boosting of symmetric trees under log loss: every level of a tree asks one question of all its nodes.
//!
//! A booster grows one ensemble on the rows it may train on and keeps the margin of *every* row, so that held-out rows
//! are scored along the way.

mod gradient;
mod histogram;
mod monotone;
mod settings;
mod split;

pub use settings::{BadSetting, Settings};
pub use split::Question;

use crate::design::Design;
use gradient::pack;
use histogram::{Histogram, SmallerChildren};
use monotone::{MOST_LEAVES, leaf_values};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use split::{Level, tree_chains};
use underglass_engine::features::Direction;

/// A grown tree. Bit `k` of a leaf's index is the answer to question `k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grown {
    /// At most six questions.
    pub questions: Vec<Question>,
    /// `2^questions` values, each one exactly an `f32`.
    pub leaves: Vec<f64>,
}

/// A boosted ensemble under way.
#[derive(Clone, Debug)]
pub struct Booster {
    settings: Settings,
    directions: Vec<Direction>,
    rng: ChaCha8Rng,
    /// Log-odds of bad among the training rows, as an `f32`.
    base: f64,
    trees: Vec<Grown>,
    trains_on: Vec<bool>,
    n_training_rows: usize,
    margins: Vec<f64>,
    scratch: Scratch,
}

/// Buffers that live from tree to tree.
#[derive(Clone, Debug, Default)]
struct Scratch {
    gradient: Vec<f64>,
    curvature: Vec<f64>,
    drawn: Vec<bool>,
    packed: Vec<i64>,
    nodes: Vec<u8>,
    small: SmallerChildren,
}

impl Booster {
    /// Starts from the log-odds of bad among the rows that may be trained on. `directions` has one entry a column.
    pub fn new(
        settings: Settings,
        directions: Vec<Direction>,
        bad: &[bool],
        trains_on: Vec<bool>,
        rng: ChaCha8Rng,
    ) -> Self {
        let n_training_rows = trains_on.iter().filter(|trains| **trains).count();
        let bads = bad.iter().zip(&trains_on).filter(|(bad, trains)| **bad && **trains).count();
        // Half a row of each outcome keeps the start finite.
        let odds = (bads as f64 + 0.5) / ((n_training_rows - bads) as f64 + 0.5);
        let base = f64::from(libm::log(odds) as f32);
        let margins = vec![base; bad.len()];
        Self {
            settings,
            directions,
            rng,
            base,
            trees: Vec::new(),
            trains_on,
            n_training_rows,
            margins,
            scratch: Scratch::default(),
        }
    }

    /// The margin before any tree.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The trees so far.
    pub fn trees(&self) -> &[Grown] {
        &self.trees
    }

    /// The margin of every row: base plus one leaf a tree, in tree order.
    pub fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// Forgets all trees after the first `n`.
    pub fn truncate(&mut self, n: usize, design: &Design) {
        if n < self.trees.len() {
            self.trees.truncate(n);
            self.margins.fill(self.base);
            let mut nodes = std::mem::take(&mut self.scratch.nodes);
            for tree in &self.trees {
                patterns(&tree.questions, design, &mut nodes);
                add(&mut self.margins, &nodes, &tree.leaves);
            }
            self.scratch.nodes = nodes;
        }
    }

    /// Grows one tree and adds it.
    pub fn grow(&mut self, design: &Design, bad: &[bool]) {
        let mut scratch = std::mem::take(&mut self.scratch);
        self.differentiate(bad, &mut scratch);
        self.draw_rows(&mut scratch.drawn);
        let questions = self.ask(design, &mut scratch);
        let leaves = self.fit_leaves(&questions, &scratch);
        add(&mut self.margins, &scratch.nodes, &leaves);
        self.trees.push(Grown { questions, leaves });
        self.scratch = scratch;
    }

    /// First and second derivative of the log loss at the margins of the training rows; 0 elsewhere.
    #[inline(never)]
    fn differentiate(&self, bad: &[bool], scratch: &mut Scratch) {
        scratch.gradient.resize(bad.len(), 0.0);
        scratch.curvature.resize(bad.len(), 0.0);
        let to = scratch.gradient.iter_mut().zip(&mut scratch.curvature);
        for ((margin, (bad, trains)), (g, h)) in self.margins.iter().zip(bad.iter().zip(&self.trains_on)).zip(to) {
            if *trains {
                let p = 1.0 / (1.0 + libm::exp(-margin));
                *g = p - f64::from(u8::from(*bad));
                *h = p * (1.0 - p);
            }
        }
    }

    /// Draws the rows that choose the questions.
    fn draw_rows(&mut self, drawn: &mut Vec<bool>) {
        drawn.clear();
        if self.settings.row_share >= 1.0 {
            drawn.extend(&self.trains_on);
        } else {
            let limit = (self.settings.row_share * 4_294_967_296.0) as u32;
            let rng = &mut self.rng;
            drawn.extend(self.trains_on.iter().map(|trains| *trains && rng.next_u32() < limit));
        }
    }

    /// Draws the columns that the tree may ask about, rising.
    fn draw_columns(&mut self, n_columns: usize) -> Vec<usize> {
        let n = ((n_columns as f64 * self.settings.column_share).ceil() as usize).clamp(1, n_columns.max(1));
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

    /// Chooses the questions level by level; leaves each row's pattern in `scratch.nodes`.
    fn ask(&mut self, design: &Design, scratch: &mut Scratch) -> Vec<Question> {
        let n_rows = design.n_rows();
        let unit = pack(&scratch.gradient, &scratch.curvature, &scratch.drawn, &mut scratch.packed);
        let mut histograms: Vec<(usize, Histogram)> = self
            .draw_columns(design.n_columns())
            .into_iter()
            .filter(|column| !design.cuts(*column).thresholds().is_empty())
            .map(|column| {
                let mut histogram = Histogram::default();
                histogram.root(design.codes(column), design.cuts(column).n_codes(), &scratch.packed);
                (column, histogram)
            })
            .collect();
        scratch.nodes.clear();
        scratch.nodes.resize(n_rows, 0);
        let mut questions: Vec<Question> = Vec::new();
        let (g, h) = unit.unpack(scratch.packed.iter().sum());
        let mut gain = g * g / (h + self.settings.lambda);
        for depth in 0..self.settings.depth {
            let level = Level {
                columns: &histograms,
                directions: &self.directions,
                asked: &questions,
                unit,
                lambda: self.settings.lambda,
                min_child_weight: self.settings.min_child_weight,
            };
            let Some(choice) = level.best(gain) else { break };
            gain = choice.gain;
            answer(choice.question, questions.len(), design, &mut scratch.nodes);
            questions.push(choice.question);
            if depth + 1 < self.settings.depth {
                let mut small = std::mem::take(&mut scratch.small);
                smaller_children(depth, scratch, &mut small);
                for (column, histogram) in &mut histograms {
                    histogram.descend(design.codes(*column), &small);
                }
                scratch.small = small;
            }
        }
        questions
    }

    /// Leaf values on all training rows, monotone, shrunk and rounded to `f32`.
    #[inline(never)]
    fn fit_leaves(&self, questions: &[Question], scratch: &Scratch) -> Vec<f64> {
        let (mut gradients, mut weights) = ([0.0; MOST_LEAVES], [self.settings.lambda; MOST_LEAVES]);
        for ((node, g), h) in scratch.nodes.iter().zip(&scratch.gradient).zip(&scratch.curvature) {
            gradients[usize::from(*node) % MOST_LEAVES] += g;
            weights[usize::from(*node) % MOST_LEAVES] += h;
        }
        let n_leaves = 1 << questions.len();
        let chains = tree_chains(questions, &self.directions);
        let leaves = leaf_values(&chains, &gradients, &weights, n_leaves);
        leaves[..n_leaves].iter().map(|leaf| stored(self.settings.learning_rate * leaf)).collect()
    }

    /// How many rows are trained on.
    pub fn n_training_rows(&self) -> usize {
        self.n_training_rows
    }
}

/// The leaf of every row.
pub fn patterns(questions: &[Question], design: &Design, nodes: &mut Vec<u8>) {
    nodes.clear();
    nodes.resize(design.n_rows(), 0);
    for (level, question) in questions.iter().enumerate() {
        answer(*question, level, design, nodes);
    }
}

#[inline(never)]
fn answer(question: Question, level: usize, design: &Design, nodes: &mut [u8]) {
    let codes = design.codes(question.column);
    let missing = design.cuts(question.column).missing();
    if question.missing_is_yes {
        for (node, code) in nodes.iter_mut().zip(codes) {
            *node |= u8::from(*code <= question.cut || *code == missing) << level;
        }
    } else {
        for (node, code) in nodes.iter_mut().zip(codes) {
            *node |= u8::from(*code <= question.cut) << level;
        }
    }
}

#[inline(never)]
fn add(margins: &mut [f64], nodes: &[u8], leaves: &[f64]) {
    for (margin, node) in margins.iter_mut().zip(nodes) {
        *margin += leaves[usize::from(*node)];
    }
}

/// Of each pair that a level has made, the child with fewer drawn rows; of equals the one that answers no.
#[inline(never)]
fn smaller_children(depth: u32, scratch: &Scratch, small: &mut SmallerChildren) {
    let n_pairs = 1_usize << depth;
    let counts = drawn_rows(&scratch.nodes, &scratch.drawn);
    small.is_yes.clear();
    small.is_yes.extend((0..n_pairs).map(|pair| counts[pair + n_pairs] < counts[pair]));
    let mut is_small = [false; MOST_LEAVES];
    for (pair, yes) in small.is_yes.iter().enumerate() {
        is_small[if *yes { pair + n_pairs } else { pair }] = true;
    }
    small.keep(&scratch.nodes, &scratch.packed, &is_small, n_pairs as u8 - 1);
}

/// Drawn rows of each node. Four tables: neighbouring rows often share a node, and an addition waits for the one before.
fn drawn_rows(nodes: &[u8], drawn: &[bool]) -> [u32; MOST_LEAVES] {
    let mut tables = [[0_u32; MOST_LEAVES]; 4];
    let ((fours, rest), (drawn_fours, drawn_rest)) = (nodes.as_chunks::<4>(), drawn.as_chunks::<4>());
    for (node, drawn) in rest.iter().zip(drawn_rest) {
        tables[0][usize::from(*node) % MOST_LEAVES] += u32::from(*drawn);
    }
    for (nodes, drawn) in fours.iter().zip(drawn_fours) {
        for ((table, node), drawn) in tables.iter_mut().zip(nodes).zip(drawn) {
            table[usize::from(*node) % MOST_LEAVES] += u32::from(*drawn);
        }
    }
    std::array::from_fn(|node| tables.iter().map(|table| table[node]).sum())
}

/// A leaf value as it stands in the artifact: a multiple of 1e-5 in single precision, which prints in few digits. Later
/// trees see this value and make up for what rounding left. Rounding keeps every order.
fn stored(leaf: f64) -> f64 {
    f64::from(((leaf * 1e5).round() / 1e5) as f32)
}

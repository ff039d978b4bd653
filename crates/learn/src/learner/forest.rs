//! A random forest on binned columns: trees of any form, grown on bootstrap samples, each node asking the best question
//! of a few columns drawn for it.
//!
//! Source: Breiman, *Random forests* (2001).

use super::symmetric::Questions;
use super::{Fitted, TrainingSet};
use crate::boost::Question;
use crate::design::Design;
use crate::random::{Stream, stream};
use crate::train::{Progress, Stage};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use underglass_engine::features::{Direction, Feature};
use underglass_engine::model::Ensemble;
use underglass_engine::model::general::{Branching, Combine, General, Next, Node, Sum};

/// Trees of a forest.
const TREES: usize = 100;
/// Questions on the way to a leaf, at most.
const DEPTH: u32 = 10;
/// Rows of a bootstrap sample in a leaf, at least.
const LEAST_ROWS: u32 = 5;
/// Rows at the overall share that are added to every leaf.
const PRIOR_ROWS: f64 = 1.0;

/// One forest a fold, then one of all rows.
#[derive(Debug)]
pub(crate) struct Forests {
    forests: Vec<Forest>,
}

#[derive(Debug)]
struct Forest {
    trees: Vec<Grown>,
    trains_on: Vec<u32>,
    /// Of the rows that are trained on, the weight up to and with each.
    weight_up_to: Vec<f64>,
    /// Of every row, the sum of its leaves.
    sums: Vec<f64>,
    rng: ChaCha8Rng,
}

#[derive(Debug)]
struct Grown {
    nodes: Vec<(Question, Next, Next)>,
    leaves: Vec<f64>,
}

impl Forests {
    pub(crate) fn new(set: &TrainingSet) -> Self {
        let n_rows = set.bad.len() as u32;
        let weights = set.weights.values();
        let forest = |trains_on: Vec<u32>, of: Stream| Forest {
            trees: Vec::new(),
            weight_up_to: trains_on
                .iter()
                .scan(0.0, |sum, row| {
                    *sum += weights[*row as usize];
                    Some(*sum)
                })
                .collect(),
            trains_on,
            sums: vec![0.0; set.bad.len()],
            rng: stream(set.seed, of),
        };
        let of_fold = |k: u16| {
            let rows = (0..n_rows).filter(|row| set.split.trains(k, *row as usize));
            forest(rows.collect(), Stream::FoldForest(k))
        };
        let forests =
            (0..set.split.n_models()).map(of_fold).chain([forest((0..n_rows).collect(), Stream::FinalForest)]);
        Self { forests: forests.collect() }
    }

    pub(crate) fn step(&mut self, set: &TrainingSet) {
        let designs = set.prepared.fold_designs.iter().chain([&set.prepared.design]);
        if let Some((forest, design)) = self.forests.iter_mut().zip(designs).find(|(forest, _)| !forest.is_done()) {
            forest.grow(design, &set.prepared.features, &set.bad);
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        let done = self.forests.iter().map(|forest| forest.trees.len()).sum::<usize>() as u32;
        let stage = match self.forests.iter().position(|forest| !forest.is_done()) {
            None => Stage::Done,
            Some(at) if at + 1 == self.forests.len() => Stage::Final,
            Some(_) => Stage::Folds,
        };
        Progress { done, total: (self.forests.len() * TREES) as u32, stage }
    }

    pub(crate) fn finish(mut self, set: &TrainingSet) -> Fitted {
        let margins =
            |forest: &Forest| -> Vec<f64> { forest.sums.iter().map(|sum| sum * (1.0 / TREES as f64)).collect() };
        let last = self.forests.pop();
        let by_fold: Vec<Vec<f64>> = self.forests.iter().map(margins).collect();
        let named = [("trees", TREES as f64), ("depth", f64::from(DEPTH)), ("least_rows", f64::from(LEAST_ROWS))];
        Fitted {
            name: "forest".to_owned(),
            margins: last.as_ref().map(margins).unwrap_or_default(),
            ensemble: Ensemble::General(general(
                last.map(|forest| forest.trees).unwrap_or_default(),
                &set.prepared.design,
            )),
            held_out: set.held_out(&by_fold),
            by_fold,
            search: None,
            parameters: named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

impl Forest {
    fn is_done(&self) -> bool {
        self.trees.len() >= TREES
    }

    fn grow(&mut self, design: &Design, features: &[Feature], bad: &[bool]) {
        let n = self.trains_on.len() as u32;
        let total = self.weight_up_to.last().copied().unwrap_or(1.0);
        let mut draw = |_| {
            let at: f64 = self.rng.random_range(0.0..total);
            let row = self.weight_up_to.partition_point(|up_to| *up_to <= at);
            self.trains_on[row.min(self.trains_on.len() - 1)]
        };
        let mut rows: Vec<u32> = (0..n).map(&mut draw).collect();
        rows.sort_unstable();
        let bads = rows.iter().filter(|row| bad[**row as usize]).count();
        let share = bads as f64 / f64::from(n.max(1));
        let columns = (0..design.n_columns()).filter(|column| !design.cuts(*column).thresholds().is_empty()).collect();
        let tree = Grown { nodes: Vec::new(), leaves: Vec::new() };
        let mut growth =
            Growth { design, features, bad, share, columns, rng: &mut self.rng, tree, histogram: Vec::new() };
        growth.grow(&mut rows, 0, (0.0, 1.0));
        let tree = growth.tree;
        for (row, sum) in self.sums.iter_mut().enumerate() {
            *sum += tree.leaves[tree.leaf(design, row)];
        }
        self.trees.push(tree);
    }
}

impl Grown {
    fn leaf(&self, design: &Design, row: usize) -> usize {
        let mut next = if self.nodes.is_empty() { Next::Leaf(0) } else { Next::Node(0) };
        loop {
            match next {
                Next::Leaf(leaf) => return leaf as usize,
                Next::Node(node) => {
                    let (question, yes, no) = &self.nodes[node as usize];
                    next = if question.holds(design, row) { *yes } else { *no };
                }
            }
        }
    }
}

/// One tree under way.
struct Growth<'a> {
    design: &'a Design,
    features: &'a [Feature],
    bad: &'a [bool],
    /// Share of bad outcomes in the sample.
    share: f64,
    columns: Vec<usize>,
    rng: &'a mut ChaCha8Rng,
    tree: Grown,
    histogram: Vec<Count>,
}

/// Rows and bad outcomes among them.
#[derive(Clone, Copy, Default)]
struct Count {
    rows: u32,
    bad: u32,
}

impl Count {
    fn without(self, other: Count) -> Count {
        Count { rows: self.rows - other.rows, bad: self.bad - other.bad }
    }

    fn with(self, other: Count) -> Count {
        Count { rows: self.rows + other.rows, bad: self.bad + other.bad }
    }

    /// What a leaf takes off the Gini impurity, up to what is the same for every question.
    fn purity(self) -> f64 {
        f64::from(self.bad) * f64::from(self.bad) / f64::from(self.rows.max(1))
    }
}

impl Growth<'_> {
    /// Grows a node whose leaves must lie between two probabilities: what keeps the tree monotone, exactly.
    fn grow(&mut self, rows: &mut [u32], depth: u32, (low, high): (f64, f64)) -> Next {
        let bad = rows.iter().filter(|row| self.bad[**row as usize]).count() as u32;
        let all = Count { rows: rows.len() as u32, bad };
        let pure = all.bad == 0 || all.bad == all.rows;
        let question = if depth == DEPTH || pure || all.rows < 2 * LEAST_ROWS { None } else { self.best(rows, all) };
        let Some(question) = question else {
            self.tree.leaves.push(self.probability(all).clamp(low, high));
            return Next::Leaf(self.tree.leaves.len() as u32 - 1);
        };
        let node = self.tree.nodes.len();
        self.tree.nodes.push((question, Next::Leaf(0), Next::Leaf(0)));
        let (design, mut n_yes) = (self.design, 0);
        // The order of rows within a node does not matter: sums are of integers.
        for at in 0..rows.len() {
            if question.holds(design, rows[at] as usize) {
                rows.swap(at, n_yes);
                n_yes += 1;
            }
        }
        let (of_yes, of_no) = rows.split_at_mut(n_yes);
        let count = |rows: &[u32]| {
            let bad = rows.iter().filter(|row| self.bad[**row as usize]).count() as u32;
            self.probability(Count { rows: rows.len() as u32, bad })
        };
        // Both sides meet in the middle: whatever is asked below, no leaf of one passes a leaf of the other.
        let middle = ((count(of_yes) + count(of_no)) / 2.0).clamp(low, high);
        let (below, above) = ((low, middle), (middle, high));
        let (for_yes, for_no) = match self.features[question.column].direction {
            Direction::Free => ((low, high), (low, high)),
            Direction::Increasing => (below, above),
            Direction::Decreasing => (above, below),
        };
        let yes = self.grow(of_yes, depth + 1, for_yes);
        let no = self.grow(of_no, depth + 1, for_no);
        self.tree.nodes[node] = (question, yes, no);
        Next::Node(node as u32)
    }

    /// The smoothed share of bad outcomes, in five decimals, which print short.
    fn probability(&self, all: Count) -> f64 {
        let probability = (f64::from(all.bad) + PRIOR_ROWS * self.share) / (f64::from(all.rows) + PRIOR_ROWS);
        (probability * 1e5).round() / 1e5
    }

    /// Whether the answers differ the way that the column's direction asks for.
    fn keeps_direction(&self, column: usize, yes: Count, no: Count) -> bool {
        let (yes, no) = (self.probability(yes), self.probability(no));
        match self.features[column].direction {
            Direction::Free => true,
            Direction::Increasing => yes <= no,
            Direction::Decreasing => no <= yes,
        }
    }

    /// The best question of `√columns` columns drawn for this node; more are drawn while none of them can be asked.
    fn best(&mut self, rows: &[u32], all: Count) -> Option<Question> {
        let n_drawn = (self.columns.len() as f64).sqrt().ceil() as usize;
        let mut best: Option<(f64, Question)> = None;
        for at in 0..self.columns.len() {
            if at >= n_drawn && best.is_some() {
                break;
            }
            let rest = (self.columns.len() - at) as u32;
            self.columns.swap(at, at + self.rng.random_range(0..rest) as usize);
            let column = self.columns[at];
            for (gain, question) in self.questions(rows, all, column) {
                if best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, question));
                }
            }
        }
        best.map(|(_, question)| question)
    }

    /// The best question of a column for each side of missing values.
    fn questions(&mut self, rows: &[u32], all: Count, column: usize) -> Vec<(f64, Question)> {
        let cuts = self.design.cuts(column);
        let (n_cuts, codes) = (cuts.thresholds().len(), self.design.codes(column));
        self.histogram.clear();
        self.histogram.resize(cuts.n_codes(), Count::default());
        for row in rows {
            let row = *row as usize;
            let count = &mut self.histogram[usize::from(codes[row])];
            *count = Count { rows: count.rows + 1, bad: count.bad + u32::from(self.bad[row]) };
        }
        let missing = self.histogram[usize::from(cuts.missing())];
        let sides = if missing.rows > 0 { &[false, true][..] } else { &[false][..] };
        let least = all.purity();
        let mut found = Vec::new();
        for missing_is_yes in sides {
            let mut yes = if *missing_is_yes { missing } else { Count::default() };
            let mut best: Option<(f64, Question)> = None;
            for (cut, count) in self.histogram[..n_cuts].iter().enumerate() {
                yes = yes.with(*count);
                let no = all.without(yes);
                let gain = yes.purity() + no.purity() - least;
                let asked = yes.rows >= LEAST_ROWS && no.rows >= LEAST_ROWS && gain > 0.0;
                let better = asked && best.is_none_or(|(most, _)| gain > most);
                if better && self.keeps_direction(column, yes, no) {
                    best = Some((gain, Question { column, cut: cut as u8, missing_is_yes: *missing_is_yes }));
                }
            }
            found.extend(best);
        }
        found
    }
}

fn general(trees: Vec<Grown>, design: &Design) -> General {
    let mut questions = Questions::default();
    let trees = trees
        .into_iter()
        .map(|tree| {
            let nodes = tree.nodes.iter().map(|(question, yes, no)| Node {
                predicate: questions.number(question, design),
                yes: *yes,
                no: *no,
            });
            Branching { nodes: nodes.collect(), leaves: tree.leaves }
        })
        .collect();
    General { base: 0.0, combine: Combine::Mean, sum: Sum::F64, predicates: questions.predicates, trees, cover: None }
}

//! Margins of blocks of rows: bit-sliced trees whose leaves are added in tree order, so that a row's margin has the
//! bits that it has alone.
//!
//! A symmetric tree's six answers are six masks. A general tree of at most six levels becomes one too: level by level,
//! the answers at the node that each row has reached are selected from the masks of the level's nodes, a word of 64 rows
//! at a time. Deeper trees are walked by sets of rows.

use super::block::{self, Answers, Block, Mask, Questions, ROWS};
use super::lanes::Lanes;
use crate::model::general::{Branching, General, Next, Sum};
use crate::model::mean::Member;
use crate::model::symmetric::{MOST_LEVELS, Symmetric};
use crate::model::{Ensemble, Mean};

/// Leaves of a tree with [`MOST_LEVELS`] levels.
const LEAVES: usize = 1 << MOST_LEVELS;

/// An ensemble arranged for blocks of rows.
#[derive(Clone, Debug)]
pub struct Kernel {
    form: Form,
    answers: Answers,
}

#[derive(Clone, Debug)]
enum Form {
    Trees(Trees),
    Linear,
    Mean(Vec<Kernel>),
}

/// Trees over one set of questions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trees {
    pub(crate) questions: Questions,
    trees: Vec<Tree>,
    /// The leaves of sliced trees by number, tree by tree, and zeros until [`WINDOW`] leaves begin with any.
    leaves: Vec<f64>,
    /// The same in single precision, where leaves are added in it.
    single: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq)]
enum Tree {
    /// One predicate a level.
    Symmetric(Vec<u32>),
    /// The predicates of a tree with this many levels, by level, each level from the path of answers read as a number
    /// with the root's answer lowest. Where a branch ends early, one that never holds.
    Complete(usize, Vec<u32>),
    /// Too deep.
    Deep,
}

impl Kernel {
    /// Arranges an ensemble that has passed its check.
    pub fn new(ensemble: &Ensemble) -> Self {
        let form = match ensemble {
            Ensemble::Symmetric(model) => Form::Trees(Trees::symmetric(model)),
            Ensemble::General(model) => Form::Trees(Trees::general(model)),
            Ensemble::Linear(_) => Form::Linear,
            Ensemble::Mean(Mean { members }) => {
                Form::Mean(members.iter().map(|member| Kernel::new(&member.ensemble)).collect())
            }
        };
        Self { form, answers: Answers::default() }
    }

    /// The margins of a block under the ensemble of this kernel, with the bits of [`Ensemble::margin`]. Rows that are
    /// not used have the margin of missing values.
    pub fn margins(&mut self, ensemble: &Ensemble, block: &Block) -> [f64; ROWS] {
        match (&mut self.form, ensemble) {
            (Form::Trees(trees), Ensemble::Symmetric(model)) => {
                self.answers.fill(&trees.questions, block);
                let mut sums = [model.base; ROWS];
                trees.add(self.answers.masks(), &[], &mut sums);
                sums
            }
            (Form::Trees(trees), Ensemble::General(model)) => {
                self.answers.fill(&trees.questions, block);
                trees.margins(model, &self.answers)
            }
            (Form::Mean(kernels), Ensemble::Mean(model)) => {
                let mut sums = [0.0; ROWS];
                for (member, kernel) in model.members.iter().zip(kernels) {
                    add_log_odds(member, &kernel.margins(&member.ensemble, block), &mut sums);
                }
                sums.map(|sum| sum / model.members.len() as f64)
            }
            (_, Ensemble::Linear(model)) => {
                let mut sums = [model.intercept; ROWS];
                for (feature, term) in model.terms.iter().enumerate() {
                    for (sum, value) in sums.iter_mut().zip(block.column(feature)) {
                        *sum += term.value(Some(*value).filter(|value| !value.is_nan()));
                    }
                }
                sums
            }
            // A kernel is made of its ensemble.
            _ => [f64::NAN; ROWS],
        }
    }
}

/// Adds a member's calibrated log-odds.
pub(super) fn add_log_odds(member: &Member, margins: &[f64; ROWS], sums: &mut [f64; ROWS]) {
    for (sum, margin) in sums.iter_mut().zip(margins) {
        *sum += member.calibration.log_odds(*margin).0;
    }
}

/// A precision in which leaves are added.
pub(super) trait Precision: Lanes {
    fn of(leaf: f64) -> Self;
    fn leaves(trees: &Trees) -> &[Self];
}

impl Precision for f64 {
    fn of(leaf: f64) -> Self {
        leaf
    }
    fn leaves(trees: &Trees) -> &[Self] {
        &trees.leaves
    }
}

impl Precision for f32 {
    fn of(leaf: f64) -> Self {
        leaf as f32
    }
    fn leaves(trees: &Trees) -> &[Self] {
        &trees.single
    }
}

/// Trees whose leaves are added while a row's sum is at hand.
pub(super) const AT_ONCE: usize = 4;
/// The leaves of so many trees, and more until any byte is a number of the last: what a number finds needs no check.
const WINDOW: usize = LEAVES * (AT_ONCE - 1) + 256;

impl Trees {
    pub(crate) fn symmetric(model: &Symmetric) -> Self {
        let table =
            |leaves: &Vec<f64>| -> [f64; LEAVES] { core::array::from_fn(|number| leaves[number & (leaves.len() - 1)]) };
        let levels = |levels: &[u16]| Tree::Symmetric(levels.iter().map(|level| u32::from(*level)).collect());
        Self {
            questions: Questions::new(&model.predicates),
            trees: model.trees.iter().map(|tree| levels(&tree.levels)).collect(),
            leaves: model.trees.iter().flat_map(|tree| table(&tree.leaves)).chain([0.0; WINDOW]).collect(),
            single: Vec::new(),
        }
    }

    pub(crate) fn general(model: &General) -> Self {
        let mut trees = Self {
            questions: Questions::new(&model.predicates),
            trees: Vec::with_capacity(model.trees.len()),
            leaves: Vec::with_capacity(model.trees.len() * LEAVES + WINDOW),
            single: Vec::new(),
        };
        for tree in &model.trees {
            let depth = depth(tree);
            let mut table = [0.0; LEAVES];
            trees.trees.push(if depth > MOST_LEVELS {
                Tree::Deep
            } else {
                // The predicate past the last one never holds.
                let mut nodes = vec![model.predicates.len() as u32; (1 << depth) - 1];
                complete(tree, tree.root(), 0, 0, &mut nodes, &mut table);
                Tree::Complete(depth, nodes)
            });
            trees.leaves.extend(table);
        }
        trees.leaves.extend([0.0; WINDOW]);
        if model.sum == Sum::F32 {
            trees.single = trees.leaves.iter().map(|leaf| *leaf as f32).collect();
        }
        trees
    }

    /// Adds one leaf a tree to each row, in tree order. `branching` holds the trees that are too deep to be sliced.
    fn add<T: Precision>(&self, masks: &[Mask], branching: &[Branching], sums: &mut [T; ROWS]) {
        let mut from = 0;
        while let Some(tree) = self.trees.get(from) {
            let some = self.trees[from..].first_chunk::<AT_ONCE>();
            from += match (tree, branching.get(from)) {
                (Tree::Deep, Some(tree)) => {
                    walk(tree, masks, |leaf, rows| {
                        block::rows(rows).for_each(|row| sums[row] += T::of(tree.leaves[leaf]));
                    });
                    1
                }
                _ if some.is_some_and(|trees| !trees.contains(&Tree::Deep)) => {
                    self.add_sliced::<T, AT_ONCE>(from, masks, Some(sums)).len()
                }
                _ => self.add_sliced::<T, 1>(from, masks, Some(sums)).len(),
            };
        }
    }

    /// Finds the leaf numbers of `N` sliced trees, at most [`AT_ONCE`], from one on, and adds each tree's leaf to each row's
    /// sum if there are sums.
    #[inline]
    pub(super) fn add_sliced<T: Precision, const N: usize>(
        &self,
        from: usize,
        masks: &[Mask],
        sums: Option<&mut [T; ROWS]>,
    ) -> [[u8; ROWS]; N] {
        let mut numbers = [[0; ROWS]; N];
        let trees = self.trees[from..].iter();
        trees.zip(&mut numbers).for_each(|(tree, numbers)| tree.numbers(masks, numbers));
        if let Some((leaves, sums)) = T::leaves(self)[from * LEAVES..].first_chunk::<WINDOW>().zip(sums) {
            for (pair, sums) in sums.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                let mut sum = *sums;
                for (tree, numbers) in numbers.iter().enumerate().take(AT_ONCE) {
                    let [a, b] = numbers.as_chunks::<2>().0[pair];
                    let leaf = |number: u8| leaves[tree * LEAVES + usize::from(number)];
                    sum = T::plus(sum, [leaf(a), leaf(b)]);
                }
                *sums = sum;
            }
        }
        numbers
    }

    /// The margins of general trees.
    pub(super) fn margins(&self, model: &General, answers: &Answers) -> [f64; ROWS] {
        match model.sum {
            Sum::F64 => {
                let mut sums = [0.0; ROWS];
                self.add(answers.masks(), &model.trees, &mut sums);
                let scale = model.scale();
                sums.map(|sum| model.base + sum * scale)
            }
            Sum::F32 => {
                let mut sums = [model.base as f32; ROWS];
                self.add(answers.masks(), &model.trees, &mut sums);
                sums.map(f64::from)
            }
        }
    }
}

impl Tree {
    fn numbers(&self, masks: &[Mask], numbers: &mut [u8; ROWS]) {
        match self {
            Tree::Symmetric(levels) => {
                fn of<const N: usize>(levels: &[u32], masks: &[Mask], numbers: &mut [u8; ROWS]) {
                    block::numbers::<N>(&core::array::from_fn(|level| &masks[levels[level] as usize]), numbers);
                }
                match levels.len() {
                    0 => numbers.fill(0),
                    1 => of::<1>(levels, masks, numbers),
                    2 => of::<2>(levels, masks, numbers),
                    3 => of::<3>(levels, masks, numbers),
                    4 => of::<4>(levels, masks, numbers),
                    5 => of::<5>(levels, masks, numbers),
                    _ => of::<MOST_LEVELS>(levels, masks, numbers),
                }
            }
            Tree::Complete(depth, nodes) => match depth {
                0 => numbers.fill(0),
                1 => sliced::<1>(nodes, masks, numbers),
                2 => sliced::<2>(nodes, masks, numbers),
                3 => sliced::<3>(nodes, masks, numbers),
                4 => sliced::<4>(nodes, masks, numbers),
                5 => sliced::<5>(nodes, masks, numbers),
                _ => sliced::<MOST_LEVELS>(nodes, masks, numbers),
            },
            Tree::Deep => numbers.fill(0),
        }
    }
}

/// The answers at each level of a complete tree, as numbers.
fn sliced<const N: usize>(nodes: &[u32], masks: &[Mask], numbers: &mut [u8; ROWS]) {
    let mask = |node: usize| masks[nodes[node] as usize];
    let mut planes = [block::NONE; MOST_LEVELS];
    for level in 0..N {
        let from = (1 << level) - 1;
        planes[level] = match level {
            0 => mask(0),
            1 => reached::<2>(&planes, from, &mask),
            2 => reached::<4>(&planes, from, &mask),
            3 => reached::<8>(&planes, from, &mask),
            4 => reached::<16>(&planes, from, &mask),
            _ => reached::<32>(&planes, from, &mask),
        };
    }
    block::numbers(&planes.each_ref(), numbers);
}

/// The answers at a level with `NODES` nodes, the first of them at `from`, by the answers at the levels above: nodes
/// stand by their path, the root's answer lowest, so that the last answer parts a level in halves.
#[inline(always)]
fn reached<const NODES: usize>(answers: &[Mask; MOST_LEVELS], from: usize, mask: &impl Fn(usize) -> Mask) -> Mask {
    #[inline(always)]
    fn two(answers: &[Mask; MOST_LEVELS], from: usize, mask: &impl Fn(usize) -> Mask) -> Mask {
        block::select(&answers[0], &mask(from + 1), &mask(from))
    }
    #[inline(always)]
    fn four(answers: &[Mask; MOST_LEVELS], from: usize, mask: &impl Fn(usize) -> Mask) -> Mask {
        block::select(&answers[1], &two(answers, from + 2, mask), &two(answers, from, mask))
    }
    #[inline(always)]
    fn eight(answers: &[Mask; MOST_LEVELS], from: usize, mask: &impl Fn(usize) -> Mask) -> Mask {
        block::select(&answers[2], &four(answers, from + 4, mask), &four(answers, from, mask))
    }
    #[inline(always)]
    fn sixteen(answers: &[Mask; MOST_LEVELS], from: usize, mask: &impl Fn(usize) -> Mask) -> Mask {
        block::select(&answers[3], &eight(answers, from + 8, mask), &eight(answers, from, mask))
    }
    match NODES {
        2 => two(answers, from, mask),
        4 => four(answers, from, mask),
        8 => eight(answers, from, mask),
        16 => sixteen(answers, from, mask),
        _ => block::select(&answers[4], &sixteen(answers, from + 16, mask), &sixteen(answers, from, mask)),
    }
}

/// Levels of a tree.
fn depth(tree: &Branching) -> usize {
    let mut depths = vec![0; tree.nodes.len()];
    // Children come after their parent.
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        let below = |next: Next| match next {
            Next::Node(child) => depths[child as usize],
            Next::Leaf(_) => 0,
        };
        depths[index] = 1 + below(node.yes).max(below(node.no));
    }
    depths.first().copied().unwrap_or(0)
}

/// Writes what stands below one node, `level` answers from the root along `path`, into a complete tree.
fn complete(tree: &Branching, next: Next, level: usize, path: usize, nodes: &mut [u32], table: &mut [f64; LEAVES]) {
    match next {
        // Whatever the levels below are answered, the leaf is this one.
        Next::Leaf(leaf) => {
            table.iter_mut().skip(path).step_by(1 << level).for_each(|entry| *entry = tree.leaves[leaf as usize]);
        }
        Next::Node(node) => {
            let node = &tree.nodes[node as usize];
            nodes[(1 << level) - 1 + path] = node.predicate;
            complete(tree, node.no, level + 1, path, nodes, table);
            complete(tree, node.yes, level + 1, path | 1 << level, nodes, table);
        }
    }
}

/// Goes down with the rows that come so far, and hands the rows of each leaf that any row reaches to `reach`.
fn walk(tree: &Branching, masks: &[Mask], mut reach: impl FnMut(usize, &Mask)) {
    let mut open = vec![(tree.root(), block::ALL)];
    while let Some((next, rows)) = open.pop() {
        match next {
            _ if rows == block::NONE => {}
            Next::Leaf(leaf) => reach(leaf as usize, &rows),
            Next::Node(node) => {
                let node = &tree.nodes[node as usize];
                let holds = &masks[node.predicate as usize];
                open.push((node.yes, block::and(&rows, holds)));
                open.push((node.no, block::without(&rows, holds)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::ShapKernel;
    use crate::explain::{Explainer, Game};
    use crate::features::FeatureVector;
    use crate::model::general::{Combine, Node};
    use crate::model::linear::{Reading, Term};
    use crate::model::{Calibration, Linear, Link, Predicate, Side, symmetric};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const N_FEATURES: u16 = 5;

    fn predicates(rng: &mut ChaCha8Rng) -> Vec<Predicate> {
        let predicate = |_| {
            let feature = rng.random_range(0..N_FEATURES);
            let missing = if rng.random_range(0..2_u32) == 0 { Side::No } else { Side::Yes };
            let threshold = f64::from(rng.random_range(-6..7_i32)) / 2.0;
            match rng.random_range(0..4_u32) {
                0 => {
                    let codes = (0..6).filter(|_| rng.random_range(0..3_u32) == 0).collect();
                    Predicate::In { feature, codes, missing }
                }
                1 => Predicate::LessNonZero { feature, threshold, missing },
                _ => Predicate::Less { feature, threshold, missing },
            }
        };
        (0..40).map(predicate).collect()
    }

    fn leaf(rng: &mut ChaCha8Rng) -> f64 {
        f64::from(rng.random_range(-1.0..1.0_f32))
    }

    fn symmetric(rng: &mut ChaCha8Rng) -> Ensemble {
        let tree = |depth: usize, rng: &mut ChaCha8Rng| symmetric::Tree {
            levels: (0..depth).map(|_| rng.random_range(0..40_u16)).collect(),
            leaves: (0..1 << depth).map(|_| leaf(rng)).collect(),
        };
        let trees = (0..=MOST_LEVELS).chain([MOST_LEVELS, 3]).map(|depth| tree(depth, rng)).collect();
        Ensemble::Symmetric(Symmetric { base: 0.3, predicates: predicates(rng), trees })
    }

    fn general(rng: &mut ChaCha8Rng, combine: Combine, sum: Sum) -> Ensemble {
        let tree = |most: usize, rng: &mut ChaCha8Rng| {
            let mut tree = Branching { nodes: Vec::new(), leaves: Vec::new() };
            grow(&mut tree, rng, most);
            tree
        };
        let trees = (0..=MOST_LEVELS + 3).chain([4, 12]).map(|depth| tree(depth, rng)).collect();
        Ensemble::General(General { base: 0.25, combine, sum, predicates: predicates(rng), trees, cover: None })
    }

    fn grow(tree: &mut Branching, rng: &mut ChaCha8Rng, most: usize) -> Next {
        if most == 0 || !tree.nodes.is_empty() && rng.random_range(0..4_u32) == 0 {
            tree.leaves.push(leaf(rng));
            return Next::Leaf(tree.leaves.len() as u32 - 1);
        }
        let index = tree.nodes.len();
        tree.nodes.push(Node { predicate: rng.random_range(0..40_u32), yes: Next::Leaf(0), no: Next::Leaf(0) });
        let (yes, no) = (grow(tree, rng, most - 1), grow(tree, rng, most - 1));
        (tree.nodes[index].yes, tree.nodes[index].no) = (yes, no);
        Next::Node(index as u32)
    }

    fn linear(rng: &mut ChaCha8Rng) -> Ensemble {
        let number =
            Term::Number { reading: Reading::AsIs, corners: vec![(-1.0, leaf(rng)), (2.0, leaf(rng))], missing: 0.5 };
        let levels = Term::Levels { coefficients: vec![leaf(rng), leaf(rng)], missing: leaf(rng) };
        let bins = Term::Bins { thresholds: vec![0.0, 1.5], values: vec![leaf(rng), 0.1, 0.2], missing: leaf(rng) };
        Ensemble::Linear(Linear { intercept: 0.7, terms: vec![number.clone(), levels.clone(), bins, number, levels] })
    }

    /// Values at thresholds, one double beside them, between codes, zeros of both signs, far away, and none.
    fn value(rng: &mut ChaCha8Rng) -> Option<f64> {
        let at = f64::from(rng.random_range(-6..7_i32)) / 2.0;
        match rng.random_range(0..10_u32) {
            0 => None,
            1 => Some(at.next_up()),
            2 => Some(at.next_down()),
            3 => Some(if rng.random_range(0..2_u32) == 0 { -0.0 } else { 1e-36 }),
            4 => Some(1e300 * at),
            5 => Some(if at < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY }),
            _ => Some(at),
        }
    }

    #[test]
    fn a_row_has_the_bits_that_it_has_alone() {
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let calibration = Calibration { link: Link::Logistic, slope: 1.25, intercept: -0.5 };
            let member = |ensemble| Member { calibration, ensemble };
            let trees = general(&mut rng, Combine::Mean, Sum::F64);
            let mean = Mean { members: vec![member(symmetric(&mut rng)), member(trees), member(linear(&mut rng))] };
            let ensembles = [
                symmetric(&mut rng),
                general(&mut rng, Combine::Sum, Sum::F64),
                general(&mut rng, Combine::Sum, Sum::F32),
                general(&mut rng, Combine::Mean, Sum::F64),
                linear(&mut rng),
                Ensemble::Mean(mean),
            ];
            let mut block = Block::new(usize::from(N_FEATURES));
            let n_rows = rng.random_range(1..=ROWS as u32) as usize;
            block.clear(n_rows);
            let rows: Vec<FeatureVector> =
                (0..n_rows).map(|_| FeatureVector((0..N_FEATURES).map(|_| value(&mut rng)).collect())).collect();
            rows.iter().enumerate().for_each(|(row, features)| block.set_row(row, features));
            for ensemble in &ensembles {
                assert_eq!(ensemble.check(usize::from(N_FEATURES)), Ok(()));
                let margins = Kernel::new(ensemble).margins(ensemble, &block);
                for (row, features) in rows.iter().enumerate() {
                    let alone = ensemble.margin(features);
                    assert_eq!(margins[row].to_bits(), alone.to_bits(), "seed {seed}, row {row}: {alone}");
                }
                same_contributions(ensemble, &block, &rows);
            }
        }
    }

    /// With the same bits, but of general trees, whose tables add otherwise.
    fn same_contributions(ensemble: &Ensemble, block: &Block, rows: &[FeatureVector]) {
        let summaries = [Some(ensemble.summary(rows)), ensemble.interventional_summary(rows)];
        for summary in summaries.into_iter().flatten() {
            assert_eq!(summary.check(ensemble, rows.len() as u64), Ok(()));
            for game in [Game::Interventional, Game::PathDependent, Game::Members] {
                let Ok(explainer) = Explainer::of_game(game, ensemble, &summary) else { continue };
                let (mut margins, mut columns) = ([[f64::NAN; ROWS]], vec![[f64::NAN; ROWS]; usize::from(N_FEATURES)]);
                let (blocks, mut kernel) = (std::slice::from_ref(block), ShapKernel::new(ensemble, &explainer));
                kernel.explain(ensemble, &explainer, blocks, Some(&mut margins), &mut columns);
                for (row, features) in rows.iter().enumerate() {
                    let explanation = explainer.explain(ensemble, features);
                    assert_eq!(margins[0][row].to_bits(), ensemble.margin(features).to_bits(), "{game:?}, row {row}");
                    let sum = explanation.values.iter().fold(explanation.base, |sum, value| sum + value);
                    assert!((sum - ensemble.margin(features)).abs() < 2e-6, "{game:?} {sum}");
                    for (column, alone) in columns.iter().zip(explanation.values) {
                        match ensemble {
                            Ensemble::Symmetric(_) | Ensemble::Linear(_) => {
                                assert_eq!(column[row].to_bits(), alone.to_bits(), "{game:?}, row {row}: {alone}");
                            }
                            _ => assert!((column[row] - alone).abs() < 1e-12, "{game:?} {} {alone}", column[row]),
                        }
                    }
                }
            }
        }
    }
}

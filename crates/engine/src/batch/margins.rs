//! Margins of blocks of rows: bit-sliced trees whose leaves are added in tree order, so that a row's margin has the
//! bits that it has alone.
//!
//! A symmetric tree's six answers are six masks. A general tree of at most six levels becomes one too: level by level,
//! the answers at the node that each row has reached are selected from the masks of the level's nodes, a word of 64 rows
//! at a time. Deeper trees are walked by sets of rows.

use super::block::{self, Answers, Block, Mask, Questions, ROWS};
use crate::model::general::{Branching, General, Next, Sum};
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
    /// Every leaf of a sliced tree by its number.
    leaves: Vec<[f64; LEAVES]>,
    /// The same in single precision, where leaves are added in it.
    single: Vec<[f32; LEAVES]>,
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
        let answers = &mut self.answers;
        match (&mut self.form, ensemble) {
            (Form::Trees(trees), Ensemble::Symmetric(model)) => {
                answers.fill(&trees.questions, block);
                let mut sums = [model.base; ROWS];
                trees.add(answers.masks(), &[], &mut sums);
                sums
            }
            (Form::Trees(trees), Ensemble::General(model)) => {
                answers.fill(&trees.questions, block);
                match model.sum {
                    Sum::F64 => {
                        let mut sums = [0.0; ROWS];
                        trees.add(answers.masks(), &model.trees, &mut sums);
                        let scale = model.scale();
                        sums.map(|sum| model.base + sum * scale)
                    }
                    Sum::F32 => {
                        let mut sums = [model.base as f32; ROWS];
                        trees.add(answers.masks(), &model.trees, &mut sums);
                        sums.map(f64::from)
                    }
                }
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
            (Form::Mean(kernels), Ensemble::Mean(model)) => {
                let mut sums = [0.0; ROWS];
                for (member, kernel) in model.members.iter().zip(kernels) {
                    let margins = kernel.margins(&member.ensemble, block);
                    for (sum, margin) in sums.iter_mut().zip(margins) {
                        *sum += member.calibration.log_odds(margin).0;
                    }
                }
                sums.map(|sum| sum / model.members.len() as f64)
            }
            // A kernel is made of its ensemble.
            _ => [f64::NAN; ROWS],
        }
    }
}

/// A precision in which leaves are added.
trait Precision: Copy + core::ops::AddAssign {
    fn of(leaf: f64) -> Self;
    fn leaves(trees: &Trees) -> &[[Self; LEAVES]];
}

impl Precision for f64 {
    fn of(leaf: f64) -> Self {
        leaf
    }
    fn leaves(trees: &Trees) -> &[[Self; LEAVES]] {
        &trees.leaves
    }
}

impl Precision for f32 {
    fn of(leaf: f64) -> Self {
        leaf as f32
    }
    fn leaves(trees: &Trees) -> &[[Self; LEAVES]] {
        &trees.single
    }
}

/// Trees whose leaves are added while a row's sum is at hand.
const AT_ONCE: usize = 4;

impl Trees {
    pub(crate) fn symmetric(model: &Symmetric) -> Self {
        let table = |leaves: &Vec<f64>| core::array::from_fn(|number| leaves[number & (leaves.len() - 1)]);
        let levels = |levels: &[u16]| Tree::Symmetric(levels.iter().map(|level| u32::from(*level)).collect());
        Self {
            questions: Questions::new(&model.predicates),
            trees: model.trees.iter().map(|tree| levels(&tree.levels)).collect(),
            leaves: model.trees.iter().map(|tree| table(&tree.leaves)).collect(),
            single: Vec::new(),
        }
    }

    pub(crate) fn general(model: &General) -> Self {
        let mut trees = Self {
            questions: Questions::new(&model.predicates),
            trees: Vec::with_capacity(model.trees.len()),
            leaves: Vec::with_capacity(model.trees.len()),
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
            trees.leaves.push(table);
        }
        if model.sum == Sum::F32 {
            trees.single = trees.leaves.iter().map(|table| table.map(|leaf| leaf as f32)).collect();
        }
        trees
    }

    /// Adds one leaf a tree to each row, in tree order. `branching` holds the trees that are too deep to be sliced.
    fn add<T: Precision>(&self, masks: &[Mask], branching: &[Branching], sums: &mut [T; ROWS]) {
        let (fours, rest) = T::leaves(self).as_chunks::<AT_ONCE>();
        let tables = fours.iter().map(|four| &four[..]).chain(rest.chunks(1));
        let (mut from, mut numbers) = (0, [[0; ROWS]; AT_ONCE]);
        for tables in tables {
            let trees = &self.trees[from..from + tables.len()];
            match <&[[T; LEAVES]; AT_ONCE]>::try_from(tables) {
                Ok(tables) if !trees.contains(&Tree::Deep) => {
                    trees.iter().zip(&mut numbers).for_each(|(tree, numbers)| tree.numbers(masks, numbers));
                    for (row, sum) in sums.iter_mut().enumerate() {
                        for (table, numbers) in tables.iter().zip(&numbers) {
                            *sum += table[usize::from(numbers[row]) % LEAVES];
                        }
                    }
                }
                _ => {
                    for (index, (tree, table)) in trees.iter().zip(tables).enumerate() {
                        tree.add(table, branching.get(from + index), masks, sums);
                    }
                }
            }
            from += tables.len();
        }
    }
}

impl Trees {
    /// The leaf numbers of a block in one tree with at most [`MOST_LEVELS`] levels.
    pub(super) fn numbers(&self, tree: usize, masks: &[Mask], numbers: &mut [u8; ROWS]) {
        self.trees[tree].numbers(masks, numbers);
    }
}

impl Tree {
    /// Adds a leaf to each row: from the table by number, or by a walk down a tree that is too deep.
    fn add<T: Precision>(
        &self,
        table: &[T; LEAVES],
        branching: Option<&Branching>,
        masks: &[Mask],
        sums: &mut [T; ROWS],
    ) {
        match (self, branching) {
            (Tree::Deep, Some(tree)) => walk(tree, masks, |leaf, rows| {
                block::rows(rows).for_each(|row| sums[row] += T::of(tree.leaves[leaf]));
            }),
            _ => {
                let mut numbers = [0; ROWS];
                self.numbers(masks, &mut numbers);
                for (sum, number) in sums.iter_mut().zip(numbers) {
                    *sum += table[usize::from(number) % LEAVES];
                }
            }
        }
    }

    fn numbers(&self, masks: &[Mask], numbers: &mut [u8; ROWS]) {
        match self {
            Tree::Symmetric(levels) => {
                fn of<const N: usize>(levels: &[u32], masks: &[Mask], numbers: &mut [u8; ROWS]) {
                    block::numbers::<N>(&core::array::from_fn(|level| masks[levels[level] as usize]), numbers);
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
    let mask = |node: usize| &masks[nodes[node] as usize];
    let planes: [Mask; N] = core::array::from_fn(|level| {
        if level == 0 {
            return *mask(0);
        }
        let mut selected = [block::NONE; LEAVES / 4];
        // A level's nodes stand by their path, the root's answer lowest: those that differ in the last answer stand half
        // a level apart.
        let (mut half, at) = (1 << (level - 1), (1 << level) - 1);
        for (path, selected) in selected.iter_mut().enumerate().take(half) {
            *selected = block::select(mask(half - 1 + path), mask(at + half + path), mask(at + path));
        }
        while half > 1 {
            half /= 2;
            for path in 0..half {
                selected[path] = block::select(mask(half - 1 + path), &selected[half + path], &selected[path]);
            }
        }
        selected[0]
    });
    block::numbers(&planes, numbers);
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
    use crate::model::mean::Member;
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
                let mut columns = vec![[f64::NAN; ROWS]; usize::from(N_FEATURES)];
                let blocks = std::slice::from_ref(block);
                ShapKernel::new(ensemble, &explainer).contributions(ensemble, &explainer, blocks, &mut columns);
                for (row, features) in rows.iter().enumerate() {
                    let explanation = explainer.explain(ensemble, features);
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

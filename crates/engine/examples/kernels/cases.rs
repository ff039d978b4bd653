//! Made-up models of the sizes that are compared with other libraries, and rows for them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::batch::{BLOCKS, Block, Kernel, ROWS, ShapKernel};
use underglass_engine::explain::{Explainer, Game};
use underglass_engine::features::FeatureVector;
use underglass_engine::model::general::{Branching, Combine, Next, Node, Sum};
use underglass_engine::model::symmetric::Tree;
use underglass_engine::model::{Ensemble, General, Predicate, Side, Summary, Symmetric};

pub(crate) const N_FEATURES: usize = 20;
const N_TREES: usize = 500;
const N_PREDICATES: u32 = 2_737;

/// A model and what is measured of it.
pub(crate) struct Case {
    ensemble: Ensemble,
    kernel: Kernel,
    summary: Summary,
    blocks: Vec<Block>,
    explainer: Explainer,
    shap: ShapKernel,
}

impl Case {
    pub(crate) fn new(ensemble: Ensemble, n_rows: usize) -> Self {
        let blocks = blocks(n_rows);
        let some: Vec<FeatureVector> =
            blocks.iter().take(8).flat_map(|block| (0..block.n_rows()).map(|row| block.row(row))).collect();
        let summary = ensemble.interventional_summary(&some).unwrap_or_else(|| ensemble.summary(&some));
        let explainer = Explainer::new(&ensemble, &summary);
        let (kernel, shap) = (Kernel::new(&ensemble), ShapKernel::new(&ensemble, &explainer));
        Self { kernel, summary, blocks, explainer, shap, ensemble }
    }

    /// Folds the reference rows again, for a game.
    pub(crate) fn fold(&mut self, game: Game) -> f64 {
        let Ok(explainer) = Explainer::of_game(game, &self.ensemble, &self.summary) else { return f64::NAN };
        self.explainer = explainer;
        self.shap = ShapKernel::new(&self.ensemble, &self.explainer);
        self.explainer.base()
    }

    /// The sum of the contributions of `n_blocks` blocks.
    pub(crate) fn explain(&mut self, n_blocks: usize) -> f64 {
        let (mut sum, mut columns) = (0.0, vec![[0.0; ROWS]; BLOCKS * N_FEATURES]);
        for blocks in self.blocks[..n_blocks].as_chunks::<BLOCKS>().0 {
            self.shap.explain(&self.ensemble, &self.explainer, blocks, None, &mut columns);
            sum += columns.iter().map(|column| column.iter().sum::<f64>()).sum::<f64>();
        }
        sum
    }

    /// The same for some rows, one after the other.
    pub(crate) fn explain_by_row(&self, n_rows: usize) -> f64 {
        let rows = self.blocks.iter().flat_map(|block| (0..block.n_rows()).map(|row| block.row(row)));
        rows.take(n_rows).map(|row| self.explainer.explain(&self.ensemble, &row).values.iter().sum::<f64>()).sum()
    }

    /// The sum of all margins.
    pub(crate) fn score(&mut self) -> f64 {
        let mut sum = 0.0;
        for block in &self.blocks {
            sum += self.kernel.margins(&self.ensemble, block).iter().take(block.n_rows()).sum::<f64>();
        }
        sum
    }

    /// The same, one row after the other.
    pub(crate) fn score_by_row(&self) -> f64 {
        let rows = self.blocks.iter().flat_map(|block| (0..block.n_rows()).map(|row| block.row(row)));
        rows.map(|row| self.ensemble.margin(&row)).sum()
    }
}

/// 500 symmetric trees of six levels.
pub(crate) fn symmetric() -> Ensemble {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let predicates = predicates(&mut rng);
    let trees = (0..N_TREES).map(|_| Tree {
        levels: (0..6).map(|_| rng.random_range(0..N_PREDICATES) as u16).collect(),
        leaves: (0..64).map(|_| f64::from(rng.random_range(-0.1..0.1_f32))).collect(),
    });
    Ensemble::Symmetric(Symmetric { base: 0.0, trees: trees.collect(), predicates })
}

/// 500 trees of six levels with about 52 leaves each, as XGBoost learns them from 200,000 rows.
pub(crate) fn general() -> Ensemble {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let predicates = predicates(&mut rng);
    let trees = (0..N_TREES).map(|_| {
        let mut tree = Branching { nodes: Vec::new(), leaves: Vec::new() };
        grow(&mut tree, &mut rng, 0);
        tree
    });
    Ensemble::General(General {
        base: 0.0,
        combine: Combine::Sum,
        sum: Sum::F32,
        trees: trees.collect(),
        predicates,
        cover: None,
    })
}

fn grow(tree: &mut Branching, rng: &mut ChaCha8Rng, depth: u32) -> Next {
    if depth == 6 || depth > 3 && rng.random_range(0..8_u32) == 0 {
        tree.leaves.push(f64::from(rng.random_range(-0.1..0.1_f32)));
        return Next::Leaf(tree.leaves.len() as u32 - 1);
    }
    let index = tree.nodes.len();
    let empty = Next::Leaf(0);
    tree.nodes.push(Node { predicate: rng.random_range(0..N_PREDICATES), yes: empty, no: empty });
    let (yes, no) = (grow(tree, rng, depth + 1), grow(tree, rng, depth + 1));
    (tree.nodes[index].yes, tree.nodes[index].no) = (yes, no);
    Next::Node(index as u32)
}

fn predicates(rng: &mut ChaCha8Rng) -> Vec<Predicate> {
    let predicate = |index| Predicate::Less {
        feature: (index % N_FEATURES as u32) as u16,
        threshold: rng.random_range(0.0..1.0),
        missing: if rng.random_range(0..2_u32) == 0 { Side::No } else { Side::Yes },
    };
    (0..N_PREDICATES).map(predicate).collect()
}

/// Rows of which every twentieth value is missing.
fn blocks(n_rows: usize) -> Vec<Block> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let block = |from: usize| {
        let mut block = Block::new(N_FEATURES);
        block.clear(n_rows - from);
        for feature in 0..N_FEATURES {
            let value = |_| if rng.random_range(0..20_u32) == 0 { f64::NAN } else { rng.random_range(0.0..1.0) };
            let values: Vec<f64> = (0..block.n_rows()).map(value).collect();
            block.set_column(feature, &values);
        }
        block
    };
    (0..n_rows).step_by(ROWS).map(block).collect()
}

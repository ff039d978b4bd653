//! Contributions of blocks of rows, with the bits that a row's explanation has alone where the trees are symmetric.

use super::block::{self, Answers, Block, Mask, Questions, ROWS};
use super::margins::Trees;
use crate::explain::patterns::{Group, Groups, MOST_BITS};
use crate::explain::{Explainer, Fold};
use crate::model::{Ensemble, General};

/// Blocks that are best explained at once: their masks and sums stay in the cache while tables pass by.
pub const BLOCKS: usize = 8;

/// Groups whose tables are used for one block after the other.
const GROUPS: usize = 16;

/// An explainer arranged for blocks of rows.
#[derive(Clone, Debug)]
pub struct ShapKernel {
    form: Form,
    /// Of each block.
    answers: Vec<Answers>,
}

#[derive(Clone, Debug)]
enum Form {
    Symmetric(Trees),
    General(Questions, Groups),
    Linear,
    Mean(Vec<ShapKernel>),
}

impl ShapKernel {
    /// Arranges the explainer of an ensemble. Of general trees this makes tables of some ten kilobytes a tree.
    pub fn new(ensemble: &Ensemble, explainer: &Explainer) -> Self {
        let of_general = |model: &General, groups| Form::General(Questions::new(&model.predicates), groups);
        let form = match (ensemble, explainer.fold()) {
            (Ensemble::Symmetric(model), Fold::Symmetric(_)) => Form::Symmetric(Trees::symmetric(model)),
            (Ensemble::General(model), Fold::Paths(paths)) => of_general(model, Groups::path_dependent(model, paths)),
            (Ensemble::General(model), Fold::Patterns(shap)) => of_general(model, Groups::interventional(model, shap)),
            (Ensemble::Mean(model), Fold::Mean(_, members)) => {
                let listed = model.members.iter().zip(members);
                Form::Mean(listed.map(|(member, folded)| ShapKernel::new(&member.ensemble, folded)).collect())
            }
            _ => Form::Linear,
        };
        Self { form, answers: Vec::new() }
    }

    /// The contributions of some blocks in the margin's unit, under the ensemble and explainer of this kernel. `columns` has
    /// one entry a block and feature, block by block; what stands in it is overwritten. [`BLOCKS`] at a time are fastest.
    pub fn contributions(
        &mut self,
        ensemble: &Ensemble,
        explainer: &Explainer,
        blocks: &[Block],
        columns: &mut [[f64; ROWS]],
    ) {
        columns.iter_mut().for_each(|column| column.fill(0.0));
        let n_features = (columns.len() / blocks.len().max(1)).max(1);
        match (&mut self.form, ensemble, explainer.fold()) {
            (Form::Symmetric(trees), _, Fold::Symmetric(tables)) => {
                fill(&mut self.answers, &trees.questions, blocks);
                let mut numbers = [0; ROWS];
                for (answers, sums) in self.answers.iter().zip(columns.chunks_exact_mut(n_features)) {
                    for (index, table) in tables.trees().iter().enumerate() {
                        trees.numbers(index, answers.masks(), &mut numbers);
                        add(sums, &table.players, &table.columns, &numbers);
                    }
                }
            }
            (Form::General(questions, groups), Ensemble::General(model), fold) => {
                fill(&mut self.answers, questions, blocks);
                // A block's sums stay near while some tables pass by, and these tables while the blocks do.
                let mut numbers = [0; ROWS];
                for groups in groups.groups.chunks(GROUPS) {
                    for (answers, sums) in self.answers.iter().zip(columns.chunks_exact_mut(n_features)) {
                        for group in groups {
                            number(group, answers.masks(), &mut numbers);
                            add(sums, &group.features, &group.columns, &numbers);
                        }
                    }
                }
                for (block, sums) in blocks.iter().zip(columns.chunks_exact_mut(n_features)) {
                    for row in (0..block.n_rows()).filter(|_| !groups.deep.is_empty()) {
                        let (features, mut values) = (block.row(row), vec![0.0; n_features]);
                        match fold {
                            Fold::Paths(paths) => paths.add(model, &groups.deep, &features, &mut values),
                            Fold::Patterns(shap) => shap.add(model, &groups.deep, &features, &mut values),
                            // Folded from this ensemble.
                            _ => {}
                        }
                        sums.iter_mut().zip(values).for_each(|(sums, value)| sums[row] += value);
                    }
                }
            }
            (_, Ensemble::Linear(model), Fold::Linear(means)) => {
                for (block, sums) in blocks.iter().zip(columns.chunks_exact_mut(n_features)) {
                    for (feature, ((term, mean), sums)) in model.terms.iter().zip(means).zip(sums).enumerate() {
                        for (sum, value) in sums.iter_mut().zip(block.column(feature)) {
                            *sum = term.value(Some(*value).filter(|value| !value.is_nan())) - mean;
                        }
                    }
                }
            }
            (Form::Mean(kernels), Ensemble::Mean(model), Fold::Mean(_, members)) => {
                let mut of_member = vec![[0.0; ROWS]; columns.len()];
                for ((member, folded), kernel) in model.members.iter().zip(members).zip(kernels) {
                    let share = member.calibration.slope / members.len() as f64;
                    kernel.contributions(&member.ensemble, folded, blocks, &mut of_member);
                    for (sums, values) in columns.iter_mut().zip(&of_member) {
                        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
                    }
                }
            }
            // A kernel is made of its ensemble and explainer.
            _ => {}
        }
    }
}

fn fill(answers: &mut Vec<Answers>, questions: &Questions, blocks: &[Block]) {
    answers.resize_with(blocks.len(), Answers::default);
    answers.iter_mut().zip(blocks).for_each(|(answers, block)| answers.fill(questions, block));
}

/// Adds to each row what stands at its number in the table of each feature. A table's length is a power of two, so that no
/// number is out of range; features are distinct.
fn add<const N: usize>(sums: &mut [[f64; ROWS]], features: &[usize], tables: &[[f64; N]], numbers: &[u8; ROWS]) {
    /// Some features at once: a row's number is read once for all of them.
    fn some<const P: usize, const N: usize>(
        sums: &mut [[f64; ROWS]],
        features: &[usize],
        tables: &[[f64; N]],
        numbers: &[u8; ROWS],
    ) {
        let (Some(features), Some(tables)) = (features.first_chunk::<P>(), tables.first_chunk::<P>()) else { return };
        let Ok(mut sums) = sums.get_disjoint_mut(*features) else { return };
        for (row, number) in numbers.iter().enumerate() {
            let number = usize::from(*number) % N;
            for (sums, table) in sums.iter_mut().zip(tables) {
                sums[row] += table[number];
            }
        }
    }
    for (features, tables) in features.chunks(4).zip(tables.chunks(4)) {
        match features.len() {
            1 => some::<1, N>(sums, features, tables, numbers),
            2 => some::<2, N>(sums, features, tables, numbers),
            3 => some::<3, N>(sums, features, tables, numbers),
            _ => some::<4, N>(sums, features, tables, numbers),
        }
    }
}

/// Each row's answers to what a group asks, as a number.
fn number(group: &Group, masks: &[Mask], numbers: &mut [u8; ROWS]) {
    let mut planes = [block::NONE; MOST_BITS];
    for (plane, bit) in planes.iter_mut().zip(&group.bits) {
        *plane = bit.iter().fold(block::ALL, |rows, (predicate, answer)| match answer {
            true => block::and(&rows, &masks[*predicate]),
            false => block::without(&rows, &masks[*predicate]),
        });
    }
    block::numbers(&planes, numbers);
}

//! Margins of blocks of rows with their contributions, which have the bits of a row's explanation alone where the trees
//! are symmetric.

use super::block::{self, Answers, Block, Mask, Questions, ROWS};
use super::lanes::Lanes;
use super::margins::{AT_ONCE, Trees, add_log_odds};
use crate::explain::patterns::{Group, Groups, MOST_BITS};
use crate::explain::shap::TreeTable;
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
    General(Trees, Groups),
    Linear,
    Mean(Vec<ShapKernel>),
}

impl ShapKernel {
    /// Arranges the explainer of an ensemble. Of general trees this makes tables of some ten kilobytes a tree.
    pub fn new(ensemble: &Ensemble, explainer: &Explainer) -> Self {
        let of_general = |model: &General, groups| Form::General(Trees::general(model), groups);
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

    /// The contributions of some blocks in the margin's unit, under the ensemble and explainer of this kernel, and their
    /// margins if there is a place for them. `margins` has one entry a block; `columns` has one a block and feature, block by
    /// block; what stands in them is overwritten. [`BLOCKS`] at a time are fastest.
    pub fn explain(
        &mut self,
        ensemble: &Ensemble,
        explainer: &Explainer,
        blocks: &[Block],
        mut margins: Option<&mut [[f64; ROWS]]>,
        columns: &mut [[f64; ROWS]],
    ) {
        columns.iter_mut().for_each(|column| column.fill(0.0));
        let n_features = (columns.len() / blocks.len().max(1)).max(1);
        let mut numbers = [0; ROWS];
        match (&mut self.form, ensemble, explainer.fold()) {
            (Form::Symmetric(trees), Ensemble::Symmetric(model), Fold::Symmetric(tables)) => {
                fill(&mut self.answers, &trees.questions, blocks);
                for (block, columns) in columns.chunks_exact_mut(n_features).enumerate() {
                    let answers = &self.answers[block];
                    let mut sums = margins.as_mut().map(|margins| &mut margins[block]);
                    sums.iter_mut().for_each(|sums| sums.fill(model.base));
                    let mut explain = |table: &TreeTable, numbers: &[u8; ROWS]| {
                        add(columns, &table.players, &table.columns, numbers);
                    };
                    let (some, rest) = tables.trees().as_chunks::<AT_ONCE>();
                    for (tables, from) in some.iter().zip((0..).step_by(AT_ONCE)) {
                        let numbers = trees.add_sliced::<f64, AT_ONCE>(from, answers.masks(), sums.as_deref_mut());
                        tables.iter().zip(&numbers).for_each(|(table, numbers)| explain(table, numbers));
                    }
                    for (table, from) in rest.iter().zip(some.len() * AT_ONCE..) {
                        let [numbers] = trees.add_sliced::<f64, 1>(from, answers.masks(), sums.as_deref_mut());
                        explain(table, &numbers);
                    }
                }
            }
            (Form::General(trees, groups), Ensemble::General(model), fold) => {
                fill(&mut self.answers, &trees.questions, blocks);
                for (answers, margins) in self.answers.iter().zip(margins.into_iter().flatten()) {
                    *margins = trees.margins(model, answers);
                }
                // A block's sums stay near while some tables pass by, and these tables while the blocks do.
                for groups in groups.groups.chunks(GROUPS) {
                    for (answers, columns) in self.answers.iter().zip(columns.chunks_exact_mut(n_features)) {
                        for group in groups {
                            number(group, answers.masks(), &mut numbers);
                            add(columns, &group.features, &group.columns, &numbers);
                        }
                    }
                }
                for (block, columns) in blocks.iter().zip(columns.chunks_exact_mut(n_features)) {
                    for row in (0..block.n_rows()).filter(|_| !groups.deep.is_empty()) {
                        let (features, mut values) = (block.row(row), vec![0.0; n_features]);
                        match fold {
                            Fold::Paths(paths) => paths.add(model, &groups.deep, &features, &mut values),
                            Fold::Patterns(shap) => shap.add(model, &groups.deep, &features, &mut values),
                            // Folded from this ensemble.
                            _ => {}
                        }
                        columns.iter_mut().zip(values).for_each(|(column, value)| column[row] += value);
                    }
                }
            }
            (_, Ensemble::Linear(model), Fold::Linear(means)) => {
                for (index, (block, columns)) in blocks.iter().zip(columns.chunks_exact_mut(n_features)).enumerate() {
                    let mut sums = [model.intercept; ROWS];
                    for (feature, ((term, mean), column)) in model.terms.iter().zip(means).zip(columns).enumerate() {
                        for ((sum, found), value) in sums.iter_mut().zip(column).zip(block.column(feature)) {
                            let value = term.value(Some(*value).filter(|value| !value.is_nan()));
                            *sum += value;
                            *found = value - mean;
                        }
                    }
                    margins.iter_mut().for_each(|margins| margins[index] = sums);
                }
            }
            (Form::Mean(kernels), Ensemble::Mean(model), Fold::Mean(_, members)) => {
                let (mut of_member, mut values) = (vec![[0.0; ROWS]; blocks.len()], vec![[0.0; ROWS]; columns.len()]);
                let mut log_odds = vec![[0.0; ROWS]; blocks.len()];
                for ((member, folded), kernel) in model.members.iter().zip(members).zip(kernels) {
                    kernel.explain(&member.ensemble, folded, blocks, Some(&mut of_member), &mut values);
                    log_odds.iter_mut().zip(&of_member).for_each(|(sums, found)| add_log_odds(member, found, sums));
                    let share = member.calibration.slope / members.len() as f64;
                    for (column, values) in columns.iter_mut().zip(&values) {
                        column.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
                    }
                }
                for (margins, sums) in margins.into_iter().flatten().zip(log_odds) {
                    *margins = sums.map(|sum| sum / model.members.len() as f64);
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
        for (pair, numbers) in numbers.as_chunks::<2>().0.iter().enumerate() {
            let numbers = numbers.map(|number| usize::from(number) % N);
            for (sums, table) in sums.iter_mut().zip(tables) {
                let sums = &mut sums.as_chunks_mut::<2>().0[pair];
                *sums = f64::plus(*sums, numbers.map(|number| table[number]));
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
    block::numbers(&planes.each_ref(), numbers);
}

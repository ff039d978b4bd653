//! Contributions of blocks of rows, with the bits that a row's explanation has alone where the trees are symmetric.

use super::block::{Answers, Block, ROWS};
use super::margins::Trees;
use crate::explain::{Explainer, Fold};
use crate::model::Ensemble;

/// An explainer arranged for blocks of rows.
#[derive(Clone, Debug)]
pub struct ShapKernel {
    form: Form,
    answers: Answers,
}

#[derive(Clone, Debug)]
enum Form {
    Symmetric(Trees),
    /// One row after the other.
    Rows,
    Mean(Vec<ShapKernel>),
}

impl ShapKernel {
    /// Arranges the explainer of an ensemble.
    pub fn new(ensemble: &Ensemble, explainer: &Explainer) -> Self {
        let form = match (ensemble, explainer.fold()) {
            (Ensemble::Symmetric(model), Fold::Symmetric(_)) => Form::Symmetric(Trees::symmetric(model)),
            (Ensemble::Mean(model), Fold::Mean(_, members)) => {
                let listed = model.members.iter().zip(members);
                Form::Mean(listed.map(|(member, folded)| ShapKernel::new(&member.ensemble, folded)).collect())
            }
            _ => Form::Rows,
        };
        Self { form, answers: Answers::default() }
    }

    /// The contributions of a block in the margin's unit, one column a feature, under the ensemble and explainer of this
    /// kernel. `columns` has one entry a feature; what stands in it is overwritten.
    pub fn contributions(
        &mut self,
        ensemble: &Ensemble,
        explainer: &Explainer,
        block: &Block,
        columns: &mut [[f64; ROWS]],
    ) {
        columns.iter_mut().for_each(|column| column.fill(0.0));
        match (&mut self.form, ensemble, explainer.fold()) {
            (Form::Symmetric(trees), _, Fold::Symmetric(tables)) => {
                self.answers.fill(&trees.questions, block);
                for (index, table) in tables.trees().iter().enumerate() {
                    let numbers = trees.numbers(index, self.answers.masks());
                    for (player, values) in table.columns() {
                        add(&mut columns[player], values, &numbers);
                    }
                }
            }
            (Form::Mean(kernels), Ensemble::Mean(model), Fold::Mean(_, members)) => {
                let mut of_member = vec![[0.0; ROWS]; columns.len()];
                for ((member, folded), kernel) in model.members.iter().zip(members).zip(kernels) {
                    let share = member.calibration.slope / members.len() as f64;
                    kernel.contributions(&member.ensemble, folded, block, &mut of_member);
                    for (sums, values) in columns.iter_mut().zip(&of_member) {
                        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
                    }
                }
            }
            _ => {
                for row in 0..block.n_rows() {
                    let values = explainer.explain(ensemble, &block.row(row)).values;
                    columns.iter_mut().zip(values).for_each(|(column, value)| column[row] = value);
                }
            }
        }
    }
}

/// Adds to each row what stands in a table of a power of two entries at its number.
fn add(sums: &mut [f64; ROWS], table: &[f64], numbers: &[u8; ROWS]) {
    // A length that the compiler knows lets it look up without asking whether the number is in range.
    fn of<const N: usize>(sums: &mut [f64; ROWS], table: &[f64; N], numbers: &[u8; ROWS]) {
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum += table[usize::from(*number) % N];
        }
    }
    if let Ok(table) = <&[f64; 64]>::try_from(table) {
        of(sums, table, numbers);
    } else {
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum += table[usize::from(*number)];
        }
    }
}

//! Passes over all rows: which leaf they fall into, what its value is fitted from, and their margins.

use super::gradient::{BLOCK, chunk, halves};
use super::monotone::MOST_LEAVES;
use super::split::Question;
use super::threads::for_each;
use crate::design::Design;

/// The leaf of every row.
pub fn patterns(questions: &[Question], design: &Design, nodes: &mut Vec<u8>) {
    nodes.resize(design.n_rows(), 0);
    fill(questions, design, 0, nodes);
}

/// The leaves of the rows from `first` on.
fn fill(questions: &[Question], design: &Design, first: usize, nodes: &mut [u8]) {
    nodes.fill(0);
    for (level, question) in questions.iter().enumerate() {
        let codes = &design.codes(question.column)[first..][..nodes.len()];
        let missing = design.cuts(question.column).missing();
        if question.missing_is_yes {
            for (node, code) in nodes.iter_mut().zip(codes) {
                *node |= u8::from((*code <= question.cut) | (*code == missing)) << level;
            }
        } else {
            for (node, code) in nodes.iter_mut().zip(codes) {
                *node |= u8::from(*code <= question.cut) << level;
            }
        }
    }
}

/// Sums of gradient and curvature units, one pair a leaf.
pub(crate) type Sums = [(i64, i64); MOST_LEAVES];

/// Finds the leaf of every row and sums the rows' packed derivatives by leaf.
pub(crate) fn sum(threads: u16, questions: &[Question], design: &Design, packed: &[i64], nodes: &mut [u8]) -> Sums {
    let chunk = chunk(nodes.len(), threads);
    let parts = nodes.chunks_mut(chunk).zip(packed.chunks(chunk)).enumerate();
    let mut parts: Vec<_> = parts.map(|(part, rows)| (part * chunk, rows, [(0, 0); MOST_LEAVES])).collect();
    for_each(threads, &mut parts, |(first, (nodes, packed), sums)| {
        for (block, (nodes, packed)) in nodes.chunks_mut(BLOCK).zip(packed.chunks(BLOCK)).enumerate() {
            fill(questions, design, *first + block * BLOCK, nodes);
            for (sum, of_block) in sums.iter_mut().zip(sum_block(nodes, packed)) {
                let (gradient, curvature) = halves(of_block);
                *sum = (sum.0 + i64::from(gradient), sum.1 + i64::from(curvature));
            }
        }
    });
    // Integers: the order of the parts does not matter.
    let mut sums = [(0, 0); MOST_LEAVES];
    for (_, _, part) in parts {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum = (sum.0 + part.0, sum.1 + part.1));
    }
    sums
}

/// Packed sums of at most [`BLOCK`] rows. Four tables: neighbouring rows often share a leaf, and an addition waits for the
/// one before it.
fn sum_block(nodes: &[u8], packed: &[i64]) -> [i64; MOST_LEAVES] {
    let mut tables = [[0_i64; MOST_LEAVES]; 4];
    let ((fours, rest), (packed_fours, packed_rest)) = (nodes.as_chunks::<4>(), packed.as_chunks::<4>());
    for (node, packed) in rest.iter().zip(packed_rest) {
        tables[0][usize::from(*node) % MOST_LEAVES] += packed;
    }
    for (nodes, packed) in fours.iter().zip(packed_fours) {
        for ((table, node), packed) in tables.iter_mut().zip(nodes).zip(packed) {
            table[usize::from(*node) % MOST_LEAVES] += packed;
        }
    }
    std::array::from_fn(|leaf| tables.iter().map(|table| table[leaf]).sum())
}

/// Adds each row's leaf to its margin.
pub(crate) fn add(threads: u16, margins: &mut [f64], nodes: &[u8], leaves: &[f64]) {
    let mut table = [0.0; MOST_LEAVES];
    table[..leaves.len()].copy_from_slice(leaves);
    let chunk = chunk(margins.len(), threads);
    let mut parts: Vec<_> = margins.chunks_mut(chunk).zip(nodes.chunks(chunk)).collect();
    for_each(threads, &mut parts, |(margins, nodes)| {
        for (margin, node) in margins.iter_mut().zip(*nodes) {
            *margin += table[usize::from(*node) % MOST_LEAVES];
        }
    });
}

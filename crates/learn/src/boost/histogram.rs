//! Histograms of packed gradients: one table a node and column, kept as running sums over the codes.

use super::gradient::Unit;
use super::monotone::MOST_LEAVES;

/// Nodes whose histograms are summed row by row at one level: one child of each of at most 16 pairs.
pub(crate) const MOST_PAIRS: usize = 16;

/// One column's histograms of all nodes of a level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    n_codes: usize,
    /// `nodes × n_codes`; within a node, entry `c` is the sum over codes up to `c`, and the last entry is missing's own.
    sums: Vec<i64>,
}

/// Rows of the smaller child of each pair, in row order.
#[derive(Clone, Debug, Default)]
pub(crate) struct SmallerChildren {
    /// For each pair, whether the smaller child is the one that answers yes.
    pub(crate) is_yes: Vec<bool>,
    /// How many rows there are; the lists below are longer.
    n_rows: usize,
    rows: Vec<u32>,
    /// The pair of each row.
    pairs: Vec<u8>,
    /// The packed gradient of each row.
    packed: Vec<i64>,
}

impl SmallerChildren {
    /// Lists the drawn rows whose node is small. The pair of a node is its number under the mask `pair_of`.
    ///
    /// Which side a row is on cannot be foretold, so every row is written, and the end moves on only for those that stay.
    #[inline(never)]
    pub(crate) fn keep(&mut self, nodes: &[u8], packed: &[i64], is_small: &[bool; MOST_LEAVES], pair_of: u8) {
        self.rows.resize(nodes.len(), 0);
        self.pairs.resize(nodes.len(), 0);
        self.packed.resize(nodes.len(), 0);
        let (rows, pairs, kept) = (&mut self.rows[..], &mut self.pairs[..], &mut self.packed[..]);
        let mut end = 0;
        for (row, (node, packed)) in nodes.iter().zip(packed).enumerate() {
            (rows[end], pairs[end], kept[end]) = (row as u32, *node & pair_of, *packed);
            end += usize::from(is_small[usize::from(*node) % MOST_LEAVES] & (*packed != 0));
        }
        self.n_rows = end;
    }

    fn rows(&self) -> impl Iterator<Item = ((&u32, &u8), &i64)> {
        let n = self.n_rows;
        self.rows[..n].iter().zip(&self.pairs[..n]).zip(&self.packed[..n])
    }
}

impl Histogram {
    /// Sums all rows into the one node of level 0.
    pub(crate) fn root(&mut self, codes: &[u8], n_codes: usize, packed: &[i64]) {
        // Two tables: neighbouring rows often share a code, and an addition waits for the one before it.
        let (mut even, mut odd) = ([0_i64; 256], [0_i64; 256]);
        let ((code_pairs, code_rest), (packed_pairs, packed_rest)) = (codes.as_chunks::<2>(), packed.as_chunks::<2>());
        for (code, value) in code_rest.iter().zip(packed_rest) {
            even[usize::from(*code)] += value;
        }
        for (code, value) in code_pairs.iter().zip(packed_pairs) {
            even[usize::from(code[0])] += value[0];
            odd[usize::from(code[1])] += value[1];
        }
        self.n_codes = n_codes;
        self.sums.clear();
        self.sums.extend(even[..n_codes].iter().zip(&odd[..n_codes]).map(|(a, b)| a + b));
        accumulate(&mut self.sums);
    }

    /// Goes one level down: sums the smaller child of each pair and subtracts it from the parent for its sibling.
    pub(crate) fn descend(&mut self, codes: &[u8], small: &SmallerChildren) {
        let mut tables = [[0_i64; 256]; MOST_PAIRS];
        for ((row, pair), value) in small.rows() {
            tables[usize::from(*pair) % MOST_PAIRS][usize::from(codes[*row as usize])] += value;
        }
        let width = self.n_codes;
        let parents = self.sums.len();
        self.sums.resize(2 * parents, 0);
        let (no, yes) = self.sums.split_at_mut(parents);
        for (pair, (no, yes)) in no.chunks_exact_mut(width).zip(yes.chunks_exact_mut(width)).enumerate() {
            let child = &mut tables[pair][..width];
            accumulate(child);
            for ((no, yes), child) in no.iter_mut().zip(yes).zip(child) {
                let sibling = *no - *child;
                (*no, *yes) = if small.is_yes[pair] { (sibling, *child) } else { (*child, sibling) };
            }
        }
    }

    /// The running sums of each node.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &[i64]> {
        self.sums.chunks_exact(self.n_codes)
    }

    /// Whether any drawn row misses the value.
    pub(crate) fn has_missing(&self) -> bool {
        self.nodes().any(|node| node[self.n_codes - 1] != 0)
    }

    /// Thresholds of the column.
    pub(crate) fn n_cuts(&self) -> usize {
        self.n_codes - 2
    }

    /// Gradient and curvature sums of the yes and the no side of every node at a cut.
    pub(crate) fn sides(&self, cut: usize, missing_is_yes: bool, unit: Unit) -> impl Iterator<Item = [(f64, f64); 2]> {
        let last = self.n_codes - 1;
        self.nodes().map(move |node| {
            let yes = node[cut] + if missing_is_yes { node[last] } else { 0 };
            [unit.unpack(node[last - 1] + node[last] - yes), unit.unpack(yes)]
        })
    }
}

/// Running sums over the value codes; the missing code, which is the last, stays by itself.
fn accumulate(node: &mut [i64]) {
    let mut sum = 0;
    let values = node.len() - 1;
    for cell in &mut node[..values] {
        sum += *cell;
        *cell = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_down_equals_summing_every_node() {
        let n = 999;
        let codes: Vec<u8> = (0..n).map(|i| (i * i % 7) as u8).collect();
        let packed: Vec<i64> = (0..n).map(|i| (((i * 37 % 19) as i64 - 9) << 32) + (i as i64 % 5)).collect();
        let node = |row: usize| u8::from(row.is_multiple_of(3));
        let mut histogram = Histogram::default();
        histogram.root(&codes, 7, &packed);
        let nodes: Vec<u8> = (0..n).map(node).collect();
        let mut small = SmallerChildren { is_yes: vec![true], ..SmallerChildren::default() };
        small.keep(&nodes, &packed, &std::array::from_fn(|node| node == 1), 0);
        histogram.descend(&codes, &small);
        for (child, found) in histogram.nodes().enumerate() {
            let mut expected = [0_i64; 7];
            for row in (0..n).filter(|row| usize::from(node(*row)) == child) {
                expected[usize::from(codes[row])] += packed[row];
            }
            accumulate(&mut expected);
            assert_eq!(found, expected);
        }
    }
}

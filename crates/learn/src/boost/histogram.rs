//! Histograms of packed gradients: one table a node and column, kept as running sums over the codes.

use super::gradient::halves;
use super::split::Question;
use crate::bins::MOST_CODES;
use crate::design::Design;
use std::ops::Range;

/// Columns whose histograms are summed in one pass over the rows.
const WIDTH: usize = 4;

/// The drawn rows, ordered by node. A row is named by its position in the sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partition {
    order: Vec<u32>,
    /// Where in the order each node's rows lie.
    nodes: Vec<Range<usize>>,
    spare: Vec<u32>,
}

impl Partition {
    /// All rows in one node.
    pub(crate) fn start(&mut self, n_rows: usize) {
        self.order.clear();
        self.order.extend(0..n_rows as u32);
        self.spare.resize(n_rows, 0);
        self.nodes.clear();
        self.nodes.push(0..n_rows);
    }

    /// Splits every node by a question about a code; the child that answers yes is as many nodes further.
    pub(crate) fn split(&mut self, is_yes: impl Fn(usize) -> bool) {
        let mut yes_nodes = Vec::with_capacity(self.nodes.len());
        for node in &mut self.nodes {
            let (rows, spare) = (&mut self.order[node.clone()], &mut self.spare[node.clone()]);
            let (mut no_end, mut yes_end) = (0, 0);
            for at in 0..rows.len() {
                let row = rows[at];
                let yes = usize::from(is_yes(row as usize));
                // Which side a row is on cannot be foretold, so it is written on both, and one end moves on.
                (rows[no_end], spare[yes_end]) = (row, row);
                (no_end, yes_end) = (no_end + 1 - yes, yes_end + yes);
            }
            rows[no_end..].copy_from_slice(&spare[..yes_end]);
            let middle = node.start + no_end;
            yes_nodes.push(middle..node.end);
            node.end = middle;
        }
        self.nodes.append(&mut yes_nodes);
    }

    fn rows(&self, node: usize) -> &[u32] {
        &self.order[self.nodes[node].clone()]
    }

    fn n_rows(&self, node: usize) -> usize {
        self.nodes[node].len()
    }
}

/// Up to [`WIDTH`] columns of the drawn rows side by side, with their histograms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    codes: Vec<[u8; WIDTH]>,
    tables: Tables,
    pub(crate) histograms: Vec<Histogram>,
}

#[derive(Clone, Debug)]
struct Tables(Box<[[i64; MOST_CODES]; WIDTH]>);

impl Default for Tables {
    fn default() -> Self {
        Self(Box::new([[0; MOST_CODES]; WIDTH]))
    }
}

/// One column's histograms of all nodes of a level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    pub(crate) column: usize,
    n_codes: usize,
    /// `nodes × n_codes`; within a node, entry `c` is the sum over codes up to `c`, and the last entry is missing's own.
    sums: Vec<i64>,
    /// Cuts with enough curvature on either side of the whole level, with missing on the no and on the yes side; no level
    /// changes them. `None` for the yes side if no drawn row misses the value: then it makes no difference.
    open: [Option<Range<usize>>; 2],
}

/// Shares rising columns out among groups, evenly, and as many groups to each thread.
pub(crate) fn share_out(columns: &[usize], threads: u16, groups: &mut Vec<Group>) {
    let n = columns.len().div_ceil(WIDTH).next_multiple_of(usize::from(threads.max(1))).min(columns.len());
    groups.resize_with(n, Group::default);
    for (at, group) in groups.iter_mut().enumerate() {
        group.choose(&columns[at * columns.len() / n..(at + 1) * columns.len() / n]);
    }
}

impl Group {
    /// Takes on other columns, at most [`WIDTH`].
    fn choose(&mut self, columns: &[usize]) {
        self.histograms.resize_with(columns.len(), Histogram::default);
        for (histogram, column) in self.histograms.iter_mut().zip(columns) {
            histogram.column = *column;
        }
    }

    /// Brings the columns' codes of the drawn rows together and sums them all into the one node of level 0.
    /// Cuts with a curvature below `least` on a side are closed.
    pub(crate) fn root(&mut self, design: &Design, rows: &[u32], packed: &[i64], least: f64) {
        // A lane without a column repeats the first one; nobody reads its table.
        let first = self.histograms.first().map_or(0, |histogram| histogram.column);
        let columns: [&[u8]; WIDTH] = std::array::from_fn(|lane| {
            design.codes(self.histograms.get(lane).map_or(first, |histogram| histogram.column))
        });
        self.codes.clear();
        self.codes.resize(rows.len(), [0; WIDTH]);
        for (to, row) in self.codes.iter_mut().zip(rows) {
            for (to, codes) in to.iter_mut().zip(columns) {
                *to = codes[*row as usize];
            }
        }
        self.tables.sum(self.histograms.len(), self.codes.iter().zip(packed));
        for (histogram, table) in self.histograms.iter_mut().zip(self.tables.0.iter()) {
            histogram.n_codes = design.cuts(histogram.column).n_codes();
            histogram.sums.clear();
            histogram.sums.extend(&table[..histogram.n_codes]);
            accumulate(&mut histogram.sums);
            histogram.close(least);
        }
    }

    /// Goes one level down: sums the smaller child of each pair and subtracts it from the parent for its sibling.
    pub(crate) fn descend(&mut self, partition: &Partition, packed: &[i64]) {
        let n_pairs = partition.nodes.len() / 2;
        for histogram in &mut self.histograms {
            histogram.sums.resize(2 * n_pairs * histogram.n_codes, 0);
        }
        for pair in 0..n_pairs {
            let (no, yes) = (pair, pair + n_pairs);
            let small = if partition.n_rows(yes) < partition.n_rows(no) { yes } else { no };
            let rows = partition.rows(small).iter().map(|row| *row as usize);
            self.tables.sum(self.histograms.len(), rows.map(|row| (&self.codes[row], &packed[row])));
            for (histogram, table) in self.histograms.iter_mut().zip(self.tables.0.iter_mut()) {
                let child = &mut table[..histogram.n_codes];
                accumulate(child);
                histogram.place(child, no, yes, small);
            }
        }
    }

    /// Whether a drawn row answers yes; `None` if the question is about none of the group's columns.
    pub(crate) fn is_yes(&self, question: Question) -> Option<impl Fn(usize) -> bool> {
        let Question { column, cut, missing_is_yes } = question;
        let lane = self.histograms.iter().position(|histogram| histogram.column == column)?;
        let missing = (self.histograms[lane].n_codes - 1) as u8;
        // Where missing is no, the second comparison repeats the first.
        let also = if missing_is_yes { missing } else { cut };
        Some(move |row: usize| {
            let code = self.codes[row][lane % WIDTH];
            (code <= cut) | (code == also)
        })
    }
}

impl Tables {
    /// Sums the rows, of which the first so many lanes hold columns.
    fn sum<'a>(&mut self, n_lanes: usize, rows: impl Iterator<Item = (&'a [u8; WIDTH], &'a i64)>) {
        match n_lanes {
            1 => self.sum_lanes::<1>(rows),
            2 => self.sum_lanes::<2>(rows),
            3 => self.sum_lanes::<3>(rows),
            _ => self.sum_lanes::<WIDTH>(rows),
        }
    }

    #[inline(always)]
    fn sum_lanes<'a, const N: usize>(&mut self, rows: impl Iterator<Item = (&'a [u8; WIDTH], &'a i64)>) {
        let Some(tables) = self.0.first_chunk_mut::<N>() else { return };
        tables.iter_mut().for_each(|table| table.fill(0));
        for (codes, value) in rows {
            for (table, code) in tables.iter_mut().zip(codes) {
                table[usize::from(*code) % MOST_CODES] += value;
            }
        }
    }
}

impl Histogram {
    /// Writes the smaller child and, in place of the parent, its sibling; the parent stands where `no` does.
    fn place(&mut self, child: &[i64], no: usize, yes: usize, small: usize) {
        let width = self.n_codes;
        let (before, from_yes) = self.sums.split_at_mut(yes * width);
        let (no_sums, yes_sums) = (&mut before[no * width..][..width], &mut from_yes[..width]);
        for ((no_sum, yes_sum), child) in no_sums.iter_mut().zip(yes_sums).zip(child) {
            let sibling = *no_sum - *child;
            (*no_sum, *yes_sum) = if small == yes { (sibling, *child) } else { (*child, sibling) };
        }
    }

    /// The running sums of each node.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &[i64]> {
        self.sums.chunks_exact(self.n_codes)
    }

    /// Closes the cuts with too little curvature on a side, given the sums of level 0.
    fn close(&mut self, least: f64) {
        let curvatures: Vec<f64> = self.sums.iter().map(|sum| f64::from(halves(*sum).1)).collect();
        let [values @ .., all, missing] = &curvatures[..] else { return };
        let open = |missing_is_yes: f64| {
            let enough = |yes: f64| yes >= least;
            let from = values.partition_point(|sum| !enough(sum + missing_is_yes));
            let to = values.partition_point(|sum| enough(all + missing - sum - missing_is_yes));
            from..to.max(from)
        };
        let has_missing = self.sums.last().is_some_and(|missing| *missing != 0);
        self.open = [Some(open(0.0)), has_missing.then(|| open(*missing))];
    }

    /// The cuts that may be asked about.
    pub(crate) fn open(&self, missing_is_yes: bool) -> Option<Range<usize>> {
        self.open[usize::from(missing_is_yes)].clone()
    }

    /// Packed sums of the no and the yes side of every node at a cut.
    pub(crate) fn sides(&self, cut: usize, missing_is_yes: bool) -> impl Iterator<Item = [i64; 2]> {
        let last = self.n_codes - 1;
        self.nodes().map(move |node| {
            let yes = node[cut] + if missing_is_yes { node[last] } else { 0 };
            [node[last - 1] + node[last] - yes, yes]
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
    use crate::bins::Cuts;
    use ndarray::Array2;

    #[test]
    fn two_levels_down_equal_summing_every_node() {
        let n = 999;
        let code = |row: usize, column: usize| ((row * row + 3 * column) % (5 + column)) as u8;
        let cuts = (0..3).map(|column| Cuts::of_ranks(5 + column - 1)).collect();
        let design = Design::new(Array2::from_shape_fn((3, n), |(column, row)| code(row, column)), cuts);
        let drawn: Vec<u32> = (0..n as u32).filter(|row| row % 4 != 1).collect();
        let packed: Vec<i64> =
            drawn.iter().map(|row| ((i64::from(row * 37 % 19) - 9) << 32) + i64::from(row % 5)).collect();
        let (mut group, mut partition) = (Group::default(), Partition::default());
        group.choose(&[0, 1, 2]);
        partition.start(drawn.len());
        group.root(&design, &drawn, &packed, 0.0);
        for (column, cut) in [(1, 2), (2, 0)] {
            let question = Question { column, cut, missing_is_yes: column == 2 };
            partition.split(group.is_yes(question).expect("a column of the group"));
            group.descend(&partition, &packed);
        }
        let node =
            |row: usize| usize::from(code(row, 1) <= 2) + 2 * usize::from(code(row, 2) == 0 || code(row, 2) == 6);
        for histogram in &group.histograms {
            for (child, found) in histogram.nodes().enumerate() {
                let mut expected = vec![0_i64; 5 + histogram.column];
                for (row, packed) in drawn.iter().zip(&packed).filter(|(row, _)| node(**row as usize) == child) {
                    expected[usize::from(code(*row as usize, histogram.column))] += packed;
                }
                accumulate(&mut expected);
                assert_eq!(found, expected, "{} {child}", histogram.column);
            }
        }
    }
}

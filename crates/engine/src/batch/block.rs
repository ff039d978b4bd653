//! A block of rows, and every question of a model answered for all of them at once: one bit a row.

use crate::features::FeatureVector;
use crate::model::predicate::ZERO;
use crate::model::{Predicate, Side};

/// Rows of a block.
pub const ROWS: usize = 128;
const WORDS: usize = ROWS / 64;

/// One bit a row: bit `r % 64` of word `r / 64` belongs to row `r`.
pub(crate) type Mask = [u64; WORDS];

/// No row.
pub(crate) const NONE: Mask = [0; WORDS];
/// Every row.
pub(crate) const ALL: Mask = [u64::MAX; WORDS];

/// Feature values of at most [`ROWS`] rows, one column a feature; NaN is missing, also in rows that are not used.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    columns: Vec<[f64; ROWS]>,
    n_rows: usize,
}

impl Block {
    /// A block without rows.
    pub fn new(n_features: usize) -> Self {
        Self { columns: vec![[f64::NAN; ROWS]; n_features], n_rows: 0 }
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// One value a row; NaN is missing.
    pub fn column(&self, feature: usize) -> &[f64; ROWS] {
        &self.columns[feature]
    }

    /// Makes room for other rows, at most [`ROWS`]; until they are set, old values stand in their places.
    pub fn clear(&mut self, n_rows: usize) {
        self.n_rows = n_rows.min(ROWS);
        self.columns.iter_mut().for_each(|column| column[self.n_rows..].fill(f64::NAN));
    }

    /// Takes a feature's values, at most one a row of the block; NaN is missing.
    pub fn set_column(&mut self, feature: usize, values: &[f64]) {
        self.columns[feature].iter_mut().zip(values).for_each(|(cell, value)| *cell = *value);
    }

    /// Takes one row.
    pub fn set_row(&mut self, row: usize, features: &FeatureVector) {
        for (column, value) in self.columns.iter_mut().zip(&features.0) {
            column[row] = value.unwrap_or(f64::NAN);
        }
    }

    /// One row.
    pub fn row(&self, row: usize) -> FeatureVector {
        let value = |column: &[f64; ROWS]| Some(column[row]).filter(|value| !value.is_nan());
        FeatureVector(self.columns.iter().map(value).collect())
    }
}

/// The distinct questions of an ensemble, sorted so that each feature is looked up once a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Questions {
    scales: Vec<ScaleOf>,
    n: usize,
}

/// The sorted numbers with which a feature is compared, and the questions that compare it.
#[derive(Clone, Debug, PartialEq)]
struct ScaleOf {
    feature: usize,
    /// Rising, and infinities behind them until their number is a power of two.
    marks: Vec<f64>,
    n_marks: usize,
    asked: Asked,
}

#[derive(Clone, Debug, PartialEq)]
enum Asked {
    /// Is the value below the mark of this rank? By rank.
    Below(Zero, Vec<(usize, Question)>),
    /// Is the value, truncated, one of the marks of these ranks?
    OneOf(Vec<(Vec<usize>, Question)>),
}

/// What a zero is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Zero {
    Number,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Question {
    predicate: usize,
    missing: Side,
}

impl Questions {
    pub(crate) fn new(predicates: &[Predicate]) -> Self {
        let n_features = predicates.iter().map(|predicate| predicate.feature() + 1).max().unwrap_or(0);
        let mut below: Vec<Vec<(f64, Question)>> = vec![Vec::new(); n_features];
        let mut below_non_zero = below.clone();
        let mut one_of: Vec<Vec<(&[u32], Question)>> = vec![Vec::new(); n_features];
        for (index, predicate) in predicates.iter().enumerate() {
            let question = Question { predicate: index, missing: predicate.missing() };
            match predicate {
                Predicate::Less { feature, threshold, .. } => below[usize::from(*feature)].push((*threshold, question)),
                Predicate::LessNonZero { feature, threshold, .. } => {
                    below_non_zero[usize::from(*feature)].push((*threshold, question));
                }
                Predicate::In { feature, codes, .. } => one_of[usize::from(*feature)].push((codes, question)),
            }
        }
        let mut scales = Vec::new();
        for (zero, by_feature) in [(Zero::Number, below), (Zero::Missing, below_non_zero)] {
            for (feature, asked) in by_feature.into_iter().enumerate().filter(|(_, asked)| !asked.is_empty()) {
                let marks = distinct(asked.iter().map(|(threshold, _)| *threshold));
                let rank = |threshold| marks.partition_point(|mark| *mark < threshold);
                let mut ranked: Vec<(usize, Question)> =
                    asked.iter().map(|(threshold, question)| (rank(*threshold), *question)).collect();
                ranked.sort_by_key(|(rank, question)| (*rank, question.predicate));
                scales.push(ScaleOf::new(feature, marks, Asked::Below(zero, ranked)));
            }
        }
        for (feature, asked) in one_of.into_iter().enumerate().filter(|(_, asked)| !asked.is_empty()) {
            let marks = distinct(asked.iter().flat_map(|(codes, _)| codes.iter().map(|code| f64::from(*code))));
            let rank = |code: &u32| marks.partition_point(|mark| *mark < f64::from(*code));
            let ranked = asked.iter().map(|(codes, question)| (codes.iter().map(rank).collect(), *question)).collect();
            scales.push(ScaleOf::new(feature, marks, Asked::OneOf(ranked)));
        }
        Self { scales, n: predicates.len() }
    }
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    // -0.0 and 0.0 are one threshold: no value lies between them.
    let mut values: Vec<f64> = values.map(|value| value + 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

impl ScaleOf {
    fn new(feature: usize, mut marks: Vec<f64>, asked: Asked) -> Self {
        let n_marks = marks.len();
        marks.resize((n_marks + 1).next_power_of_two(), f64::INFINITY);
        Self { feature, marks, n_marks, asked }
    }

    /// How many marks are at or below each value; one more than there are marks where the value is missing.
    fn ranks(&self, values: &[f64; ROWS]) -> [u32; ROWS] {
        fn of<const N: usize>(marks: &[f64], values: &[f64; ROWS]) -> Option<[u32; ROWS]> {
            marks.first_chunk::<N>().map(|marks| search(marks, values))
        }
        let found = match self.marks.len() {
            2 => of::<2>(&self.marks, values),
            4 => of::<4>(&self.marks, values),
            8 => of::<8>(&self.marks, values),
            16 => of::<16>(&self.marks, values),
            32 => of::<32>(&self.marks, values),
            64 => of::<64>(&self.marks, values),
            128 => of::<128>(&self.marks, values),
            256 => of::<256>(&self.marks, values),
            512 => of::<512>(&self.marks, values),
            1024 => of::<1024>(&self.marks, values),
            _ => None,
        };
        let n_marks = self.n_marks as u32;
        let mut ranks =
            found.unwrap_or_else(|| values.map(|value| self.marks.partition_point(|mark| *mark <= value) as u32));
        for (rank, value) in ranks.iter_mut().zip(values) {
            *rank = if value.is_nan() { n_marks + 1 } else { (*rank).min(n_marks) };
        }
        ranks
    }
}

/// How many of fewer than `N` marks, a power of two, are at or below each value.
fn search<const N: usize>(marks: &[f64; N], values: &[f64; ROWS]) -> [u32; ROWS] {
    let mut ranks = [0_u32; ROWS];
    // Some rows at once: their searches do not wait for each other.
    for (ranks, values) in ranks.as_chunks_mut::<8>().0.iter_mut().zip(values.as_chunks::<8>().0) {
        for step in (0..N.ilog2()).rev() {
            for (rank, value) in ranks.iter_mut().zip(values) {
                // As a shift: a branch would be taken every other time, and mispredicted as often.
                *rank += u32::from(marks[(*rank as usize + (1 << step) - 1) % N] <= *value) << step;
            }
        }
    }
    ranks
}

/// The answers of one block, one mask a predicate, and one more that never holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    masks: Vec<Mask>,
    /// Rows by rank on one scale.
    at: Vec<Mask>,
}

impl Answers {
    /// Where each predicate holds; the last mask, one past them, is of no row.
    pub(crate) fn masks(&self) -> &[Mask] {
        &self.masks
    }

    pub(crate) fn fill(&mut self, questions: &Questions, block: &Block) {
        self.masks.resize(questions.n + 1, NONE);
        for scale in &questions.scales {
            let column = block.column(scale.feature);
            let ranks = match &scale.asked {
                Asked::Below(Zero::Number, _) => scale.ranks(column),
                Asked::Below(Zero::Missing, _) => {
                    scale.ranks(&column.map(|value| if value.abs() <= ZERO { f64::NAN } else { value }))
                }
                Asked::OneOf(_) => scale.ranks(&column.map(f64::trunc)),
            };
            self.at.clear();
            self.at.resize(scale.n_marks + 2, NONE);
            match &scale.asked {
                Asked::Below(_, questions) => {
                    for (row, rank) in ranks.iter().enumerate() {
                        self.at[*rank as usize][row / 64] |= 1 << (row % 64);
                    }
                    let missing = self.at[scale.n_marks + 1];
                    let (mut below, mut next) = (NONE, 0);
                    for (rank, question) in questions {
                        // A value is below a mark if at most as many marks as come before it are at or below the value.
                        while next <= *rank {
                            below = or(&below, &self.at[next]);
                            next += 1;
                        }
                        self.masks[question.predicate] = with_missing(&below, &missing, question.missing);
                    }
                }
                Asked::OneOf(questions) => {
                    for (row, (rank, value)) in ranks.iter().zip(column).enumerate() {
                        let rank = *rank as usize;
                        let found = value.is_nan() || rank > 0 && scale.marks[rank - 1] == value.trunc();
                        if found {
                            self.at[rank][row / 64] |= 1 << (row % 64);
                        }
                    }
                    let missing = self.at[scale.n_marks + 1];
                    for (ranks, question) in questions {
                        let found = ranks.iter().fold(NONE, |found, rank| or(&found, &self.at[rank + 1]));
                        self.masks[question.predicate] = with_missing(&found, &missing, question.missing);
                    }
                }
            }
        }
    }
}

fn with_missing(mask: &Mask, missing: &Mask, side: Side) -> Mask {
    match side {
        Side::No => *mask,
        Side::Yes => or(mask, missing),
    }
}

/// Rows of either.
pub(crate) fn or(a: &Mask, b: &Mask) -> Mask {
    core::array::from_fn(|word| a[word] | b[word])
}

/// Rows of both.
pub(crate) fn and(a: &Mask, b: &Mask) -> Mask {
    core::array::from_fn(|word| a[word] & b[word])
}

/// Rows of the first that are not in the second.
pub(crate) fn without(a: &Mask, b: &Mask) -> Mask {
    core::array::from_fn(|word| a[word] & !b[word])
}

/// Where `condition` holds the bit of `yes`, else that of `no`.
pub(crate) fn select(condition: &Mask, yes: &Mask, no: &Mask) -> Mask {
    core::array::from_fn(|word| no[word] ^ (condition[word] & (yes[word] ^ no[word])))
}

/// The rows of a mask, rising.
pub(crate) fn rows(mask: &Mask) -> impl Iterator<Item = usize> {
    mask.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        core::iter::from_fn(move || {
            let row = (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize);
            bits &= bits.wrapping_sub(1);
            row
        })
    })
}

/// Up to eight bits a row, the first mask lowest, as one number a row: an 8 × 8 × 8 transpose of bytes, then of bits, on
/// all words at once.
///
/// Source: Warren, *Hacker's Delight* (2012), section 7-3.
pub(crate) fn numbers<const N: usize>(planes: &[&Mask; N], numbers: &mut [u8; ROWS]) {
    let mut rows: [Mask; 8] = core::array::from_fn(|plane| planes.get(plane).map_or(NONE, |plane| **plane));
    swap_bytes::<4>(&mut rows, 32, 0xFFFF_FFFF);
    swap_bytes::<2>(&mut rows, 16, 0xFFFF_0000_FFFF);
    swap_bytes::<1>(&mut rows, 8, 0xFF_00FF_00FF_00FF);
    for row in &mut rows {
        swap_bits(row, 7, 0xAA_00AA_00AA_00AA);
        swap_bits(row, 14, 0xCCCC_0000_CCCC);
        swap_bits(row, 28, 0xF0F0_F0F0);
    }
    for (group, eight) in numbers.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *eight = rows[group % 8][group / 8].to_le_bytes();
    }
}

#[inline(always)]
fn swap_bytes<const DISTANCE: usize>(rows: &mut [Mask; 8], shift: u32, kept: u64) {
    for low in 0..8 {
        if low & DISTANCE == 0 {
            let (a, b) = (rows[low], rows[low + DISTANCE]);
            let swapped: Mask = core::array::from_fn(|word| (a[word] >> shift ^ b[word]) & kept);
            rows[low] = core::array::from_fn(|word| a[word] ^ swapped[word] << shift);
            rows[low + DISTANCE] = core::array::from_fn(|word| b[word] ^ swapped[word]);
        }
    }
}

#[inline(always)]
fn swap_bits(row: &mut Mask, shift: u32, kept: u64) {
    *row = row.map(|word| {
        let swapped = (word ^ word >> shift) & kept;
        word ^ swapped ^ swapped << shift
    });
}

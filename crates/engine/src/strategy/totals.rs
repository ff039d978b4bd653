//! Sums over decided rows, for all of them and by segment: integers, so that parts add up exactly.

use super::levers::Levers;
use super::sample::Sample;
use crate::decision::Outcome;
use std::ops::{AddAssign, Sub, SubAssign};

/// Sums over some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows.
    pub rows: i64,
    /// Rows of which it is known whether they turned bad.
    pub known: i64,
    /// Rows that turned bad.
    pub bad: i64,
    /// Probabilities of bad, in billionths.
    pub pd_billionths: i64,
    /// Amounts financed; a row without a price, whose score is below the lowest tier, adds nothing to any sum of money.
    pub amount_cents: i64,
    /// Expected losses.
    pub expected_loss_cents: i64,
    /// Net present values.
    pub npv_cents: i64,
}

/// Members of a [`Tally`], in their order.
pub const N_SUMS: usize = 7;

impl Tally {
    /// The sums in their order.
    pub fn sums(&self) -> [i64; N_SUMS] {
        let Self { rows, known, bad, pd_billionths, amount_cents, expected_loss_cents, npv_cents } = *self;
        [rows, known, bad, pd_billionths, amount_cents, expected_loss_cents, npv_cents]
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.known += other.known;
        self.bad += other.bad;
        self.pd_billionths += other.pd_billionths;
        self.amount_cents += other.amount_cents;
        self.expected_loss_cents += other.expected_loss_cents;
        self.npv_cents += other.npv_cents;
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.rows -= other.rows;
        self.known -= other.known;
        self.bad -= other.bad;
        self.pd_billionths -= other.pd_billionths;
        self.amount_cents -= other.amount_cents;
        self.expected_loss_cents -= other.expected_loss_cents;
        self.npv_cents -= other.npv_cents;
    }
}

impl Sub for Tally {
    type Output = Self;
    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

/// The sums of one cell by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the decisions")]
pub struct ByOutcome {
    pub approve: Tally,
    pub conditional: Tally,
    pub counteroffer: Tally,
    pub review: Tally,
    pub decline: Tally,
    pub incomplete: Tally,
}

impl ByOutcome {
    /// The sums of an outcome.
    pub fn of(&self, outcome: Outcome) -> &Tally {
        match outcome {
            Outcome::Approve => &self.approve,
            Outcome::Conditional => &self.conditional,
            Outcome::Counteroffer => &self.counteroffer,
            Outcome::Review => &self.review,
            Outcome::Decline => &self.decline,
            Outcome::Incomplete => &self.incomplete,
        }
    }

    pub(super) fn of_mut(&mut self, outcome: Outcome) -> &mut Tally {
        match outcome {
            Outcome::Approve => &mut self.approve,
            Outcome::Conditional => &mut self.conditional,
            Outcome::Counteroffer => &mut self.counteroffer,
            Outcome::Review => &mut self.review,
            Outcome::Decline => &mut self.decline,
            Outcome::Incomplete => &mut self.incomplete,
        }
    }

    /// All rows.
    pub fn all(&self) -> Tally {
        Outcome::ALL.iter().fold(Tally::default(), |mut sum, outcome| {
            sum += *self.of(*outcome);
            sum
        })
    }

    /// Rows that are approved, some once something is brought. Counter-offers are not among them: nobody knows how many are
    /// taken.
    pub fn approved(&self) -> Tally {
        let mut sum = self.approve;
        sum += self.conditional;
        sum
    }
}

impl AddAssign for ByOutcome {
    fn add_assign(&mut self, other: Self) {
        Outcome::ALL.iter().for_each(|outcome| *self.of_mut(*outcome) += *other.of(*outcome));
    }
}

/// Sums of a sample under some levers. The first cell is of all rows; behind it stand, segment by segment, the cells of the
/// levels, the last of each for rows whose level is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// One entry a cell.
    pub cells: Vec<ByOutcome>,
}

impl Totals {
    /// The sums over all rows.
    pub fn all(&self) -> &ByOutcome {
        &self.cells[0]
    }

    /// Adds the sums of other rows of the same frame and segments.
    pub fn merge(&mut self, other: &Self) {
        self.cells.iter_mut().zip(&other.cells).for_each(|(sum, more)| *sum += *more);
    }
}

/// Which segments a sample's totals are broken down by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// Positions among the frame's segments.
    by: Vec<usize>,
    /// Codes of each segment: its levels, and one more for not known.
    n_codes: Vec<usize>,
    /// Of each row, one number for its codes together.
    crossed: Vec<u16>,
}

/// More combinations of levels than a row has numbers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these segments have {0} combinations of levels; at most 65536 can be shown")]
pub struct TooManyCells(pub usize);

impl Breakdown {
    /// No segments: one cell, of all rows.
    pub(super) fn none(n_rows: usize) -> Self {
        Self { by: Vec::new(), n_codes: Vec::new(), crossed: vec![0; n_rows] }
    }

    /// The cells of all rows and of every level.
    pub fn n_cells(&self) -> usize {
        1 + self.n_codes.iter().sum::<usize>()
    }

    /// The positions of the segments among those of the frame.
    pub fn by(&self) -> &[usize] {
        &self.by
    }

    /// The cells of a segment by its position here: levels, then not known.
    pub fn cells_of(&self, position: usize) -> std::ops::Range<usize> {
        let from = 1 + self.n_codes.iter().take(position).sum::<usize>();
        from..from + self.n_codes.get(position).copied().unwrap_or_default()
    }

    pub(super) fn crossed(&self, row: usize) -> usize {
        usize::from(self.crossed[row])
    }

    pub(super) fn n_crossed(&self) -> usize {
        self.n_codes.iter().product()
    }

    /// The cells that a combination of levels counts in.
    pub(super) fn cells(&self, crossed: usize) -> impl Iterator<Item = usize> {
        let (mut rest, mut from) = (crossed, 1);
        let of_segments = self.n_codes.iter().map(move |n_codes| {
            let cell = from + rest % n_codes;
            rest /= n_codes;
            from += n_codes;
            cell
        });
        std::iter::once(0).chain(of_segments)
    }
}

impl Sample {
    /// Breaks totals down by segments, given as positions in the frame; others are left out.
    ///
    /// # Errors
    /// [`TooManyCells`].
    pub fn breakdown(&self, by: &[usize]) -> Result<Breakdown, TooManyCells> {
        let by: Vec<usize> = by.iter().copied().filter(|segment| *segment < self.frame.segments.len()).collect();
        let n_codes: Vec<usize> = by.iter().map(|segment| self.frame.segments[*segment].levels.len() + 1).collect();
        let n_crossed = n_codes.iter().fold(1_usize, |product, n| product.saturating_mul(*n));
        if n_crossed > 1 << 16 {
            return Err(TooManyCells(n_crossed));
        }
        let mut crossed = vec![0_u16; self.n_rows()];
        let mut stride = 1_usize;
        for (segment, n) in by.iter().zip(&n_codes) {
            let codes = crossed.iter_mut().zip(&self.codes[*segment]);
            codes.for_each(|(sum, code)| *sum += (usize::from(*code) * stride) as u16);
            stride *= n;
        }
        Ok(Breakdown { by, n_codes, crossed })
    }

    /// The totals under any levers: every row is decided.
    pub fn totals(&self, levers: &Levers, breakdown: &Breakdown) -> Totals {
        let mut crossed = vec![ByOutcome::default(); breakdown.n_crossed()];
        for row in 0..self.n_rows() {
            let standing = self.standing(levers, row);
            let outcome = self.outcome_of(levers.bands, row, standing);
            *crossed[breakdown.crossed(row)].of_mut(outcome) += self.tally(row, standing, outcome);
        }
        let mut totals = Totals { cells: vec![ByOutcome::default(); breakdown.n_cells()] };
        for (index, sums) in crossed.iter().enumerate() {
            breakdown.cells(index).for_each(|cell| totals.cells[cell] += *sums);
        }
        totals
    }
}

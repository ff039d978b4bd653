//! Moving the cut-offs while the rules stay: sums of the rows below every score, made once.
//!
//! What becomes of a row depends on where its score lies between the cut-offs, and on its standing with the rules. So the
//! rows of one standing below one score are one sum, and totals at any two cut-offs are a few differences of such sums. Only a
//! counter-offer compares two scores, that of the deal that was asked for and that of the changed one: rows between whose
//! two scores both cut-offs may lie are looked at one by one.

use super::frame::{N_SCORES, bin};
use super::levers::Levers;
use super::outcome::Standing;
use super::sample::Sample;
use super::totals::{Breakdown, ByOutcome, Tally, Totals};
use crate::policy::Bands;
use crate::units::Points;

/// Totals of a sample at every pair of cut-offs, with the rules of some levers.
#[derive(Clone, Debug)]
pub struct CutOffs {
    n_cells: usize,
    incomplete: Below,
    declined: Below,
    limited: Below,
    referred: Below,
    conditional: Below,
    clean: Below,
    /// Rows with a counter-offer by the score of the changed deal, with the money of the deal that was asked for.
    limited_asked: Below,
    /// The same with the money of the changed deal.
    limited_changed: Below,
    /// By reference population: rows that no score below the review cut-off declines, for want of a reason.
    unexplained: Vec<Below>,
    of_approve: Vec<u8>,
    /// Rows whose changed deal scores higher than the one that was asked for.
    raised: Vec<Raised>,
    breakdown: Breakdown,
}

#[derive(Clone, Copy, Debug)]
struct Raised {
    from: Points,
    to: Points,
    crossed: u16,
    asked: Tally,
    changed: Tally,
}

/// Sums of the rows below each score, cell by cell.
#[derive(Clone, Debug)]
struct Below {
    n_cells: usize,
    /// The sums of a score's cells stand together; behind the highest score stand those of all rows.
    sums: Vec<Tally>,
}

impl Below {
    fn new(n_cells: usize) -> Self {
        Self { n_cells, sums: vec![Tally::default(); (N_SCORES + 1) * n_cells] }
    }

    /// Adds a row; the sums are those of single scores until [`Below::accumulate`].
    fn add(&mut self, points: Points, cells: impl Iterator<Item = usize>, tally: Tally) {
        let from = (bin(points) + 1) * self.n_cells;
        cells.for_each(|cell| self.sums[from + cell] += tally);
    }

    fn accumulate(&mut self) {
        for at in self.n_cells..self.sums.len() {
            let below = self.sums[at - self.n_cells];
            self.sums[at] += below;
        }
    }

    /// Rows below a score.
    fn below(&self, points: Points, cell: usize) -> Tally {
        self.sums[bin(points) * self.n_cells + cell]
    }

    /// All rows.
    fn all(&self, cell: usize) -> Tally {
        self.sums[N_SCORES * self.n_cells + cell]
    }

    /// Rows at or above a score.
    fn from(&self, points: Points, cell: usize) -> Tally {
        self.all(cell) - self.below(points, cell)
    }

    /// Rows from one score up to another.
    fn between(&self, from: Points, to: Points, cell: usize) -> Tally {
        self.below(to, cell) - self.below(from, cell)
    }
}

impl Sample {
    /// Prepares moves of the cut-offs with the rules of some levers; their own cut-offs do not matter.
    pub fn cut_offs(&self, levers: &Levers, breakdown: &Breakdown) -> CutOffs {
        let n_cells = breakdown.n_cells();
        let new = || Below::new(n_cells);
        let mut sums = CutOffs {
            n_cells,
            incomplete: new(),
            declined: new(),
            limited: new(),
            referred: new(),
            conditional: new(),
            clean: new(),
            limited_asked: new(),
            limited_changed: new(),
            unexplained: self.frame.references.ranges.iter().map(|_| new()).collect(),
            of_approve: self.frame.references.of_approve.clone(),
            raised: Vec::new(),
            breakdown: breakdown.clone(),
        };
        for row in 0..self.n_rows() {
            sums.add(self, levers, row);
        }
        sums.accumulate();
        sums
    }
}

impl CutOffs {
    fn add(&mut self, sample: &Sample, levers: &Levers, row: usize) {
        let crossed = self.breakdown.crossed(row);
        let (points, asked) = (sample.asked.points[row], sample.asked.tally(row, sample.bad[row]));
        let standing = sample.standing(levers, row);
        let by_standing = match standing {
            Standing::Incomplete => &mut self.incomplete,
            Standing::Declined => &mut self.declined,
            Standing::Limited { .. } => &mut self.limited,
            Standing::Referred => &mut self.referred,
            Standing::Conditional => &mut self.conditional,
            Standing::Clean => &mut self.clean,
        };
        by_standing.add(points, self.breakdown.cells(crossed), asked);
        if let Standing::Limited { deal } = standing {
            let (to, changed) = (sample.changed.points[deal], sample.changed.tally(deal, sample.bad[row]));
            self.limited_asked.add(to, self.breakdown.cells(crossed), asked);
            self.limited_changed.add(to, self.breakdown.cells(crossed), changed);
            if to > points {
                self.raised.push(Raised { from: points, to, crossed: crossed as u16, asked, changed });
            }
        }
        if !matches!(standing, Standing::Incomplete | Standing::Declined) {
            let bits = sample.unexplained[row];
            let unexplained = self.unexplained.iter_mut().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
            unexplained.for_each(|(_, sums)| sums.add(points, self.breakdown.cells(crossed), asked));
        }
    }

    fn accumulate(&mut self) {
        let by_standing = [
            &mut self.incomplete,
            &mut self.declined,
            &mut self.limited,
            &mut self.referred,
            &mut self.conditional,
            &mut self.clean,
            &mut self.limited_asked,
            &mut self.limited_changed,
        ];
        by_standing.into_iter().chain(&mut self.unexplained).for_each(Below::accumulate);
    }

    /// The segments of the totals.
    pub fn breakdown(&self) -> &Breakdown {
        &self.breakdown
    }

    /// The totals at two cut-offs; a review cut-off above the other counts as equal to it.
    pub fn totals(&self, bands: Bands) -> Totals {
        let Bands { approve, review } = bands;
        let review = review.min(approve);
        let mut offered = vec![(Tally::default(), Tally::default()); self.n_cells];
        for (cell, (asked, changed)) in offered.iter_mut().enumerate() {
            *asked = self.limited_asked.from(approve, cell);
            *changed = self.limited_changed.from(approve, cell);
        }
        // A row below the review cut-off gets no counter-offer, whatever its changed deal would score.
        for raised in self.raised.iter().filter(|raised| raised.from < review && approve <= raised.to) {
            for cell in self.breakdown.cells(usize::from(raised.crossed)) {
                offered[cell].0 -= raised.asked;
                offered[cell].1 -= raised.changed;
            }
        }
        let cell = |(cell, (asked, changed)): (usize, &(Tally, Tally))| {
            let unexplained = self.unexplained[usize::from(self.of_approve[bin(approve)])].below(review, cell);
            let undecided = [&self.limited, &self.referred, &self.conditional, &self.clean];
            let mut decline = self.declined.all(cell);
            undecided.into_iter().for_each(|sums| decline += sums.below(review, cell));
            decline -= unexplained;
            let mut looked_at = unexplained;
            looked_at += self.referred.from(review, cell);
            looked_at += self.limited.from(review, cell);
            looked_at -= *asked;
            looked_at += self.conditional.between(review, approve, cell);
            looked_at += self.clean.between(review, approve, cell);
            ByOutcome {
                approve: self.clean.from(approve, cell),
                conditional: self.conditional.from(approve, cell),
                counteroffer: *changed,
                review: looked_at,
                decline,
                incomplete: self.incomplete.all(cell),
            }
        };
        Totals { cells: offered.iter().enumerate().map(cell).collect() }
    }

    /// The rows of a cell that are approved at a cut-off, some once something is brought.
    pub(super) fn approved(&self, approve: Points, cell: usize) -> Tally {
        let mut sum = self.clean.from(approve, cell);
        sum += self.conditional.from(approve, cell);
        sum
    }

    /// The rows of a cell that are complete.
    pub(super) fn decided(&self, cell: usize) -> i64 {
        let sums = [&self.declined, &self.limited, &self.referred, &self.conditional, &self.clean];
        sums.iter().map(|sums| sums.all(cell).rows).sum()
    }

    /// Rows that a person looks at, at an approve cut-off and each review cut-off up to it: all rows, from the lowest score.
    pub(super) fn reviewed(&self, approve: Points) -> Vec<i64> {
        let unexplained = &self.unexplained[usize::from(self.of_approve[bin(approve)])];
        let mut below = vec![0_i64; bin(approve) + 2];
        for raised in self.raised.iter().filter(|raised| raised.from < approve && approve <= raised.to) {
            below[bin(raised.from) + 1] += 1;
        }
        let mut kept = 0;
        let offered = self.limited_asked.from(approve, 0).rows;
        let at = |review: Points| {
            kept += below[bin(review)];
            unexplained.below(review, 0).rows + self.referred.from(review, 0).rows + self.limited.from(review, 0).rows
                - (offered - kept)
                + self.conditional.between(review, approve, 0).rows
                + self.clean.between(review, approve, 0).rows
        };
        super::frame::scores().take(bin(approve) + 1).map(at).collect()
    }
}

//! How decisions spread over scores, probabilities and prices, and which slice of the approved turns out worst.

use super::frame::{N_SCORES, bin};
use super::levers::Levers;
use super::sample::Sample;
use crate::decision::Outcome;
use crate::metrics::Estimate;
use serde::Serialize;

/// Rows by outcome, in the order approve, conditional, counteroffer, review, decline, incomplete.
pub type Counts = [i64; Outcome::ALL.len()];

/// How decided rows spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// By shown score, from 300; without rows that are incomplete for want of a field.
    pub points: Vec<Counts>,
    /// By probability of bad in whole per cent, of the same rows.
    pub pd: Vec<Counts>,
    /// By APR in whole per cent, the last for 60 and more; of rows with a price.
    pub apr: Vec<Counts>,
}

const N_APR: usize = 61;

/// Approved rows that share one or two levels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slice {
    /// Segment and level, as positions in the frame; the number of levels is a level that is not known.
    pub levels: Vec<(usize, usize)>,
    /// Approved rows of which it is known whether they turned bad.
    pub known: i64,
    /// Of these, those that did.
    pub bad: i64,
    /// Their share, with its 95 % interval.
    pub rate: Estimate,
}

impl Sample {
    /// How rows spread under some levers.
    pub fn spread(&self, levers: &Levers) -> Spread {
        let none = Counts::default();
        let mut spread = Spread { points: vec![none; N_SCORES], pd: vec![none; 101], apr: vec![none; N_APR] };
        let is_scored = |row: &usize| self.asked.fired[*row] & super::frame::MISSING == 0;
        for row in (0..self.n_rows()).filter(is_scored) {
            let outcome = self.outcome_of(levers.bands, row, self.standing(levers, row));
            let at = outcome as usize;
            spread.points[bin(self.asked.points[row])][at] += 1;
            spread.pd[self.asked.pd[row] as usize / 10_000_000][at] += 1;
            if self.asked.amount[row] != 0 {
                spread.apr[(self.asked.apr[row] as usize / 100).min(N_APR - 1)][at] += 1;
            }
        }
        spread
    }

    /// The slices of the approved rows that turned bad most, by the lower end of the interval, the worst first: one level of
    /// a segment or two of two segments, with at least `fewest` known rows. The interval is of one slice; among many the
    /// worst looks worse than it is.
    pub fn worst_slices(&self, levers: &Levers, fewest: i64, most: usize) -> Vec<Slice> {
        let approved = self.approved_rows(levers);
        let n_segments = self.frame.segments.len();
        let mut found = Vec::new();
        for first in 0..n_segments {
            for second in first..n_segments {
                self.slices(&approved, (first, second), fewest.max(1), &mut found);
            }
        }
        found.sort_by(|a, b| b.rate.low.total_cmp(&a.rate.low).then_with(|| a.levels.cmp(&b.levels)));
        found.truncate(most);
        found
    }

    /// Approved rows of which it is known whether they turned bad.
    fn approved_rows(&self, levers: &Levers) -> Vec<(usize, bool)> {
        let decided = |row: usize| {
            let outcome = self.outcome_of(levers.bands, row, self.standing(levers, row));
            let bad = self.bad[row].filter(|_| matches!(outcome, Outcome::Approve | Outcome::Conditional))?;
            Some((row, bad))
        };
        (0..self.n_rows()).filter_map(decided).collect()
    }

    fn slices(&self, rows: &[(usize, bool)], (first, second): (usize, usize), fewest: i64, found: &mut Vec<Slice>) {
        let n_codes = |segment: usize| self.frame.segments[segment].levels.len() + 1;
        let mut counts = vec![(0_i64, 0_i64); n_codes(first) * n_codes(second)];
        let (of_first, of_second) = (&self.codes[first], &self.codes[second]);
        for (row, bad) in rows {
            let cell = &mut counts[usize::from(of_first[*row]) * n_codes(second) + usize::from(of_second[*row])];
            cell.0 += 1;
            cell.1 += i64::from(*bad);
        }
        for (cell, (known, bad)) in counts.into_iter().enumerate().filter(|(_, (known, _))| *known >= fewest) {
            let mut levels = vec![(first, cell / n_codes(second)), (second, cell % n_codes(second))];
            levels.dedup();
            found.push(Slice { levels, known, bad, rate: Estimate::share(bad as u64, known as u64) });
        }
    }
}

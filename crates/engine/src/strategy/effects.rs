//! What each rule does, and what changes between two settings of the levers.

use super::frame::MISSING;
use super::levers::Levers;
use super::sample::Sample;
use super::totals::Tally;
use crate::decision::Outcome;

/// What one rule does to a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleEffect {
    /// Rows on whose deal it fires.
    pub hits: i64,
    /// Rows that would be decided otherwise without it alone, with the money of the deals that were asked for.
    pub only_by: Tally,
}

/// Rows by what two settings of the levers make of them, with the money of the deals that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapSet {
    cells: [[Tally; Outcome::ALL.len()]; Outcome::ALL.len()],
}

impl SwapSet {
    /// The rows that go from one outcome to another.
    pub fn of(&self, from: Outcome, to: Outcome) -> &Tally {
        &self.cells[position(from)][position(to)]
    }

    /// Adds the counts of other rows.
    pub fn merge(&mut self, other: &Self) {
        let cells = self.cells.iter_mut().flatten().zip(other.cells.iter().flatten());
        cells.for_each(|(sum, more)| *sum += *more);
    }
}

/// The position of an outcome among [`Outcome::ALL`], which stand as they are declared.
fn position(outcome: Outcome) -> usize {
    outcome as usize
}

impl Sample {
    /// What each rule does, in the policy's order.
    pub fn effects(&self, levers: &Levers) -> Vec<RuleEffect> {
        let mut effects = vec![RuleEffect::default(); self.frame.rules.len()];
        for row in 0..self.n_rows() {
            let fired = self.asked.fired(levers, row);
            let on_changed = |deal| self.changed.fired(levers, deal);
            let outcome = |without: u64| {
                let standing = self.standing_of(row, fired & !without, |deal| on_changed(deal) & !without);
                self.outcome_of(levers.bands, row, standing)
            };
            // A rule may also keep a changed deal from being offered.
            let concerned = self.changed_deals(row).fold(fired, |fired, deal| fired | on_changed(deal)) & !MISSING;
            let decided = outcome(0);
            let mut left = concerned;
            while left != 0 {
                let rule = left.trailing_zeros() as usize;
                left &= left - 1;
                effects[rule].hits += i64::from(fired >> rule & 1 == 1);
                if outcome(1 << rule) != decided {
                    effects[rule].only_by += self.asked.tally(row, self.bad[row]);
                }
            }
        }
        effects
    }

    /// What changes from one setting of the levers to another.
    pub fn swap_set(&self, from: &Levers, to: &Levers) -> SwapSet {
        let mut cells = [[Tally::default(); Outcome::ALL.len()]; Outcome::ALL.len()];
        for row in 0..self.n_rows() {
            let [was, is] = self.both(from, to, row);
            cells[position(was)][position(is)] += self.asked.tally(row, self.bad[row]);
        }
        SwapSet { cells }
    }

    /// The first rows, at most `most`, that go from one outcome to another.
    pub fn swapped(&self, from: (&Levers, Outcome), to: (&Levers, Outcome), most: usize) -> Vec<u32> {
        let swapped = (0..self.n_rows()).filter(|row| self.both(from.0, to.0, *row) == [from.1, to.1]);
        swapped.take(most).map(|row| row as u32).collect()
    }

    fn both(&self, from: &Levers, to: &Levers, row: usize) -> [Outcome; 2] {
        [from, to].map(|levers| self.outcome_of(levers.bands, row, self.standing(levers, row)))
    }
}

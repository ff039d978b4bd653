//! A sample under somebody's hands: whatever lever is grabbed, the totals come by the shortest way.

use super::cutoffs::CutOffs;
use super::levers::{LeverError, Levers};
use super::limit::Limit;
use super::sample::{NotTheSame, Sample};
use super::totals::{Breakdown, TooManyCells, Totals};

/// A sample, the segments that its totals are broken down by, and the lever that is prepared to be moved.
#[derive(Clone, Debug)]
pub struct Simulation {
    sample: Sample,
    breakdown: Breakdown,
    grabbed: Grabbed,
}

#[derive(Clone, Debug)]
enum Grabbed {
    Nothing,
    CutOffs(Levers, Box<CutOffs>),
    Limit(Levers, usize, Box<Limit>),
}

impl Simulation {
    /// A sample whose totals are of all rows.
    pub fn new(sample: Sample) -> Self {
        let breakdown = Breakdown::none(sample.n_rows());
        Self { sample, breakdown, grabbed: Grabbed::Nothing }
    }

    /// The rows.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The segments of the totals.
    pub fn breakdown(&self) -> &Breakdown {
        &self.breakdown
    }

    /// Adds the rows of another sample as of [`Sample::append_bytes`]. The totals are of all rows again.
    ///
    /// # Errors
    /// [`NotTheSame`].
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), NotTheSame> {
        self.sample.append_bytes(bytes)?;
        self.breakdown = Breakdown::none(self.sample.n_rows());
        self.grabbed = Grabbed::Nothing;
        Ok(())
    }

    /// Breaks totals down as of [`Sample::breakdown`].
    ///
    /// # Errors
    /// [`TooManyCells`].
    pub fn break_down(&mut self, by: &[usize]) -> Result<(), TooManyCells> {
        self.breakdown = self.sample.breakdown(by)?;
        self.grabbed = Grabbed::Nothing;
        Ok(())
    }

    /// Prepares moves of the cut-offs, with the rules of some levers.
    pub fn grab_cut_offs(&mut self, levers: &Levers) {
        if self.cut_offs(levers).is_none() {
            let sums = self.sample.cut_offs(levers, &self.breakdown);
            self.grabbed = Grabbed::CutOffs(levers.clone(), Box::new(sums));
        }
    }

    /// The sums at all cut-offs, if they are prepared with the rules of some levers.
    pub fn cut_offs(&self, levers: &Levers) -> Option<&CutOffs> {
        match &self.grabbed {
            Grabbed::CutOffs(held, sums) if held.has_rules_of(levers) => Some(sums),
            _ => None,
        }
    }

    /// Prepares moves of one rule's limit, with the cut-offs and the other rules of some levers.
    ///
    /// # Errors
    /// As [`Sample::limit`].
    pub fn grab_limit(&mut self, levers: &Levers, rule: &str) -> Result<(), LeverError> {
        let limit = self.sample.limit(levers, rule, &self.breakdown)?;
        let rule = self.sample.frame().rule(rule)?;
        self.grabbed = Grabbed::Limit(levers.without(rule), rule, Box::new(limit));
        Ok(())
    }

    /// The totals under some levers.
    pub fn totals(&self, levers: &Levers) -> Totals {
        match &self.grabbed {
            Grabbed::CutOffs(held, sums) if held.has_rules_of(levers) => sums.totals(levers.bands()),
            Grabbed::Limit(others, rule, limit) if levers.without(*rule) == *others => match levers.limit_of(*rule) {
                Some(at) => limit.totals(&self.sample, at.unwrap_or(limit.written())),
                None => self.sample.totals(levers, &self.breakdown),
            },
            _ => self.sample.totals(levers, &self.breakdown),
        }
    }
}

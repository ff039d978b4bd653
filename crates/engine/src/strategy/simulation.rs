//! A sample under somebody's hands: whatever lever is grabbed, the totals come by the shortest way.

use super::cutoffs::CutOffs;
use super::levers::{LeverError, Levers};
use super::limit::Limit;
use super::sample::{NotTheSame, Sample};
use super::totals::{Breakdown, TooManyCells, Totals};

/// A sample, the segments that its totals are broken down by, and the levers that are prepared to be moved: the cut-offs, and
/// one rule's limit.
#[derive(Clone, Debug)]
pub struct Simulation {
    sample: Sample,
    breakdown: Breakdown,
    /// With the rules that it holds for.
    cut_offs: Option<(Levers, Box<CutOffs>)>,
    /// With the other levers that it holds for, and the rule.
    limit: Option<(Levers, usize, Box<Limit>)>,
}

impl Simulation {
    /// A sample whose totals are of all rows.
    pub fn new(sample: Sample) -> Self {
        let breakdown = Breakdown::none(sample.n_rows());
        Self { sample, breakdown, cut_offs: None, limit: None }
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
        (self.cut_offs, self.limit) = (None, None);
        Ok(())
    }

    /// Breaks totals down as of [`Sample::breakdown`].
    ///
    /// # Errors
    /// [`TooManyCells`].
    pub fn break_down(&mut self, by: &[usize]) -> Result<(), TooManyCells> {
        self.breakdown = self.sample.breakdown(by)?;
        (self.cut_offs, self.limit) = (None, None);
        Ok(())
    }

    /// Prepares moves of the cut-offs, with the rules of some levers.
    pub fn grab_cut_offs(&mut self, levers: &Levers) {
        if self.cut_offs(levers).is_none() {
            let sums = self.sample.cut_offs(levers, &self.breakdown);
            self.cut_offs = Some((levers.clone(), Box::new(sums)));
        }
    }

    /// The sums at all cut-offs, if they are prepared with the rules of some levers.
    pub fn cut_offs(&self, levers: &Levers) -> Option<&CutOffs> {
        self.cut_offs.as_ref().filter(|(held, _)| held.has_rules_of(levers)).map(|(_, sums)| &**sums)
    }

    /// Prepares moves of one rule's limit, with the cut-offs and the other rules of some levers.
    ///
    /// # Errors
    /// As [`Sample::limit`].
    pub fn grab_limit(&mut self, levers: &Levers, rule: &str) -> Result<(), LeverError> {
        let limit = self.sample.limit(levers, rule, &self.breakdown)?;
        let rule = self.sample.frame().rule(rule)?;
        self.limit = Some((levers.without(rule), rule, Box::new(limit)));
        Ok(())
    }

    /// The totals under some levers.
    pub fn totals(&self, levers: &Levers) -> Totals {
        if let Some(sums) = self.cut_offs(levers) {
            return sums.totals(levers.bands());
        }
        let limit = self.limit.as_ref().filter(|(others, rule, _)| levers.without(*rule) == *others);
        let quick = limit.and_then(|(_, rule, limit)| {
            let at = levers.limit_of(*rule)?.unwrap_or(limit.written());
            Some(limit.totals(&self.sample, at))
        });
        quick.unwrap_or_else(|| self.sample.totals(levers, &self.breakdown))
    }
}

//! What levers make of a row.

use super::frame::{Severities, bin};
use super::levers::Levers;
use super::sample::{Deals, Sample};
use super::totals::Tally;
use crate::decision::Outcome;
use crate::policy::Bands;
use crate::units::Points;

/// What the rules say of a row, whatever its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Something that is needed is missing.
    Incomplete,
    /// A rule declines it.
    Declined,
    /// A counter-offer whose changed deal no rule speaks against.
    Limited {
        /// The changed deal.
        deal: usize,
    },
    /// A person looks at it.
    Referred,
    /// Something has to be brought.
    Conditional,
    /// Nothing speaks against it.
    Clean,
}

impl Sample {
    /// What the rules say of a row.
    pub(super) fn standing(&self, levers: &Levers, row: usize) -> Standing {
        self.standing_of(row, self.asked.fired(levers, row), |deal| self.changed.fired(levers, deal))
    }

    /// The same from the rules that fire on its deal, and on changed ones.
    pub(super) fn standing_of(&self, row: usize, fired: u64, on_changed: impl Fn(usize) -> u64) -> Standing {
        let severities: &Severities = &self.frame.by_severity;
        if fired & severities.incomplete != 0 {
            Standing::Incomplete
        } else if fired & severities.decline != 0 {
            Standing::Declined
        } else if fired & severities.counteroffer != 0 {
            let deal = self.changed_deal(row, fired);
            let sound = deal.filter(|deal| on_changed(*deal) & severities.against() == 0);
            sound.map_or(Standing::Referred, |deal| Standing::Limited { deal })
        } else if fired & severities.review != 0 {
            Standing::Referred
        } else if fired & severities.condition != 0 {
            Standing::Conditional
        } else {
            Standing::Clean
        }
    }

    /// The changed deal of the first counter-offer rule that fires.
    pub(super) fn changed_deal(&self, row: usize, fired: u64) -> Option<usize> {
        let rule = (fired & self.frame.by_severity.counteroffer).trailing_zeros();
        self.changed_deals(row).find(|deal| u32::from(self.changed_by[*deal]) == rule)
    }

    /// The decision on a row of a standing.
    pub(super) fn outcome_of(&self, bands: Bands, row: usize, standing: Standing) -> Outcome {
        let points = self.asked.points[row];
        match standing {
            Standing::Incomplete => Outcome::Incomplete,
            Standing::Declined => Outcome::Decline,
            _ if points < bands.review => {
                if self.is_explained(bands.approve, row) {
                    Outcome::Decline
                } else {
                    Outcome::Review
                }
            }
            Standing::Limited { deal } if self.changed.points[deal] >= bands.approve => Outcome::Counteroffer,
            Standing::Limited { .. } | Standing::Referred => Outcome::Review,
            _ if points < bands.approve => Outcome::Review,
            Standing::Conditional => Outcome::Conditional,
            Standing::Clean => Outcome::Approve,
        }
    }

    /// The decision on a row.
    ///
    /// It is that of an engine whose policy has these cut-offs and limits: [`crate::Engine::decide`].
    pub fn outcome(&self, levers: &Levers, row: usize) -> Option<Outcome> {
        (row < self.n_rows()).then(|| self.outcome_of(levers.bands, row, self.standing(levers, row)))
    }

    /// Whether a decline by score alone would have a reason, against the population that an approve cut-off explains it by.
    fn is_explained(&self, approve: Points, row: usize) -> bool {
        self.unexplained[row] >> self.frame.references.of_approve[bin(approve)] & 1 == 0
    }

    /// A decided row with the money of its deal: the changed one of a counter-offer.
    pub(super) fn tally(&self, row: usize, standing: Standing, outcome: Outcome) -> Tally {
        let (deals, deal): (&Deals, usize) = match standing {
            Standing::Limited { deal } if outcome == Outcome::Counteroffer => (&self.changed, deal),
            _ => (&self.asked, row),
        };
        deals.tally(deal, self.bad[row])
    }
}

//! The best cut-offs under constraints: every pair of them is tried.

use super::curve::{Benefit, Risk, impact};
use super::cutoffs::CutOffs;
use super::frame::{points_of, scores};
use crate::policy::Bands;
use crate::units::{Points, Probability};
use serde::{Deserialize, Serialize};

/// What cut-offs must keep to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constraints {
    /// The highest risk of the approved rows.
    pub most_risk: Option<(Risk, Probability)>,
    /// The lowest adverse impact ratio, and the segment whose levels are the groups, as a position in the breakdown.
    pub least_impact: Option<(usize, f64)>,
    /// The most rows that a person can look at.
    pub most_reviewed: Option<i64>,
}

impl CutOffs {
    /// The cut-offs with the most of a benefit that keep to the constraints; `None` when none do.
    ///
    /// Only the approve cut-off moves the benefit; of several equally good ones the highest is taken, and the review cut-off
    /// stays as near as it can to where it is.
    pub fn optimum(&self, benefit: Benefit, constraints: &Constraints, review: Points) -> Option<Bands> {
        let mut ranked: Vec<(i64, Points)> = scores()
            .filter(|approve| self.is_allowed(*approve, constraints))
            .map(|approve| (benefit.of(&self.approved(approve, 0)), approve))
            .collect();
        ranked.sort_by(|a, b| b.cmp(a));
        let with_review = |approve: Points| {
            let reviewed = self.reviewed(approve);
            let fits = |rows: i64| constraints.most_reviewed.is_none_or(|most| rows <= most);
            let allowed = reviewed.iter().enumerate().filter(|(_, rows)| fits(**rows)).map(|(bin, _)| points_of(bin));
            let review = allowed.min_by_key(|at| (at.value() - review.value()).abs())?;
            Some(Bands { approve, review })
        };
        ranked.into_iter().find_map(|(_, approve)| with_review(approve))
    }

    fn is_allowed(&self, approve: Points, constraints: &Constraints) -> bool {
        let risk = constraints
            .most_risk
            .is_none_or(|(risk, most)| risk.rate(&self.approved(approve, 0)).is_some_and(|rate| rate <= most.value()));
        risk && constraints.least_impact.is_none_or(|(segment, least)| {
            let cells = self.breakdown().cells_of(segment);
            // The last cell is of rows whose group is not known.
            let groups = cells.clone().take(cells.len().saturating_sub(1));
            let found = impact(groups.map(|cell| (self.approved(approve, cell).rows, self.decided(cell))));
            found.is_some_and(|found| found.ratio >= least)
        })
    }
}

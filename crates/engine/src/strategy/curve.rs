//! The profit curve, and the efficient frontier.

use super::cutoffs::CutOffs;
use super::frame::scores;
use super::totals::{ByOutcome, Tally};
use crate::units::{Cents, Points, Probability};
use serde::{Deserialize, Serialize};

/// What would be approved at one cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurvePoint {
    /// The lowest approved score.
    pub approve: Points,
    /// The rows that are approved, some once something is brought.
    pub approved: Tally,
}

/// How risky a set of approved rows is, as a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Rows that turned bad, of those of which it is known.
    Observed,
    /// The mean probability of bad.
    Expected,
    /// Expected loss of the amount financed.
    Loss,
}

/// What is wanted of a set of approved rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Benefit {
    /// Net present value.
    Profit,
    /// Approved rows.
    Approvals,
}

impl CutOffs {
    /// What would be approved at each of the 551 cut-offs, rising. The review cut-off does not matter to it.
    pub fn curve(&self) -> Vec<CurvePoint> {
        scores().map(|approve| CurvePoint { approve, approved: self.approved(approve, 0) }).collect()
    }
}

/// The point with the most of a benefit; the highest cut-off of several, which approves no row for nothing.
pub fn best(curve: &[CurvePoint], benefit: Benefit) -> Option<&CurvePoint> {
    curve
        .iter()
        .reduce(|best, point| if benefit.of(&point.approved) >= benefit.of(&best.approved) { point } else { best })
}

/// The probability of bad at which an account neither earns nor costs anything: `G / (G + L)`, where `G` is what a good account
/// earns and `L` what a bad one loses, both positive. `None` otherwise.
///
/// ```
/// use underglass_engine::{strategy::break_even, units::Cents};
/// let pd = break_even(Cents(1_200_00), Cents(7_000_00)).unwrap();
/// assert_eq!(format!("{:.4}", pd.value()), "0.1463");
/// ```
///
/// Source: Thomas, Edelman and Crook, *Credit Scoring and Its Applications* (2002), section 7.2.
pub fn break_even(gain: Cents, loss: Cents) -> Option<Probability> {
    let (gain, loss) = (gain.dollars(), loss.dollars());
    (gain > 0.0 && loss > 0.0).then(|| Probability::new(gain / (gain + loss))).flatten()
}

impl Benefit {
    pub(super) fn of(self, approved: &Tally) -> i64 {
        match self {
            Benefit::Profit => approved.npv_cents,
            Benefit::Approvals => approved.rows,
        }
    }
}

impl Risk {
    /// The rate as a fraction of integers; zero where nothing is approved, `None` where nothing is known.
    fn fraction(self, approved: &Tally) -> Option<(i128, i128)> {
        let (part, whole) = match self {
            Risk::Observed => (approved.bad.into(), approved.known.into()),
            Risk::Expected => (approved.pd_billionths.into(), i128::from(approved.rows) * 1_000_000_000),
            Risk::Loss => (approved.expected_loss_cents.into(), approved.amount_cents.into()),
        };
        match (approved.rows, whole) {
            (0, _) => Some((0, 1)),
            (_, 0) => None,
            fraction => Some((part, fraction.1)),
        }
    }

    /// The rate; zero where nothing is approved, `None` where nothing is known.
    pub fn rate(self, approved: &Tally) -> Option<f64> {
        self.fraction(approved).map(|(part, whole)| part as f64 / whole as f64)
    }
}

/// The points that no other point beats: none has as much of the benefit at a lower risk, or more at no higher one. Positions
/// in the curve, by rising risk; of equal points the first. Compared as fractions of integers, without rounding.
pub fn frontier(curve: &[CurvePoint], benefit: Benefit, risk: Risk) -> Vec<usize> {
    let rated = |(index, point): (usize, &CurvePoint)| {
        risk.fraction(&point.approved).map(|fraction| (index, benefit.of(&point.approved), fraction))
    };
    let mut rated: Vec<(usize, i64, (i128, i128))> = curve.iter().enumerate().filter_map(rated).collect();
    let by_risk = |a: (i128, i128), b: (i128, i128)| (a.0 * b.1).cmp(&(b.0 * a.1));
    rated.sort_by(|a, b| by_risk(a.2, b.2).then(b.1.cmp(&a.1)).then(a.0.cmp(&b.0)));
    let mut most = None;
    rated.retain(|(_, benefit, _)| {
        let is_more = most.is_none_or(|most| *benefit > most);
        if is_more {
            most = Some(*benefit);
        }
        is_more
    });
    rated.into_iter().map(|(index, _, _)| index).collect()
}

/// The approval rates of two groups, and their ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impact {
    /// The group that is approved least, as a position among those given.
    pub group: usize,
    /// The group that is approved most.
    pub reference: usize,
    /// The adverse impact ratio: the first's approval rate over the second's.
    pub ratio: f64,
}

/// Decided rows below which a group's approval rate says nothing.
const FEWEST: i64 = 30;

/// The adverse impact ratio: the lowest approval rate of a group over the highest, of groups with at least 30 decided rows.
/// `None` with fewer than two such groups, or when nobody is approved. A screen: employment law calls below 0.8 adverse
/// impact, credit law has no such line.
///
/// Source: 29 CFR 1607.4(D).
pub fn adverse_impact(groups: &[ByOutcome]) -> Option<Impact> {
    let counts = |group: &ByOutcome| (group.approved().rows, group.all().rows - group.incomplete.rows);
    impact(groups.iter().map(counts))
}

/// The same of approved and decided rows by group.
pub(super) fn impact(groups: impl Iterator<Item = (i64, i64)>) -> Option<Impact> {
    let counted = groups.enumerate().filter(|(_, (_, decided))| *decided >= FEWEST);
    let rates: Vec<(usize, f64)> =
        counted.map(|(group, (approved, decided))| (group, approved as f64 / decided as f64)).collect();
    let least = rates.iter().copied().reduce(|least, other| if other.1 < least.1 { other } else { least })?;
    let most = rates.iter().copied().reduce(|most, other| if other.1 > most.1 { other } else { most })?;
    let is_known = rates.len() > 1 && most.1 > 0.0;
    is_known.then(|| Impact { group: least.0, reference: most.0, ratio: least.1 / most.1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Scale;

    /// Accounts at every score, good ones earning 1,200 and bad ones losing 7,000 dollars: profit is highest where the worst
    /// approved account is the last to earn anything.
    #[test]
    fn profit_is_highest_at_the_break_even_probability() {
        let pd =
            |points: Points| Probability::from_log_odds(Scale::default().log_odds(f64::from(points.value()))).value();
        let (gain, loss) = (Cents(120_000), Cents(700_000));
        let mut approved = Tally::default();
        let mut curve: Vec<CurvePoint> = scores()
            .rev()
            .map(|approve| {
                let npv = (1.0 - pd(approve)) * gain.0 as f64 - pd(approve) * loss.0 as f64;
                approved += Tally { rows: 1, npv_cents: npv as i64, ..Tally::default() };
                CurvePoint { approve, approved }
            })
            .collect();
        curve.reverse();
        let break_even = break_even(gain, loss).expect("both positive").value();
        let best = best(&curve, Benefit::Profit).expect("a curve").approve;
        assert_eq!(Some(best), scores().find(|points| pd(*points) < break_even));
        assert_eq!(best.value(), 606);
    }

    #[test]
    fn adverse_impact_follows_the_published_vector() {
        let found = impact([(410, 600), (312, 600), (0, 29)].into_iter()).expect("two groups");
        assert_eq!((found.group, found.reference, format!("{:.4}", found.ratio)), (1, 0, "0.7610".to_owned()));
        assert_eq!(impact([(410, 600), (29, 29)].into_iter()), None);
        assert_eq!(impact([(0, 600), (0, 600)].into_iter()), None);
    }
}

//! Applications that have been scored: one row each, in columns.

use super::frame::{Frame, MISSING};
use super::levers::Levers;
use super::totals::Tally;
use crate::pricing::Offer;
use crate::units::{Points, Probability};

/// Applications of one frame, scored, priced and looked at by every rule.
#[derive(Clone, Debug)]
pub struct Sample {
    pub(super) frame: Frame,
    /// The deals that were asked for, one a row.
    pub(super) asked: Deals,
    /// Deals as counter-offers would change them: one a row and fired counter-offer rule, in that order.
    pub(super) changed: Deals,
    /// The counter-offer rule of each.
    pub(super) changed_by: Vec<u8>,
    /// Where the changed deals of each row begin.
    pub(super) first_changed: Vec<u32>,
    /// One bit a reference population: no reason family speaks against the score.
    pub(super) unexplained: Vec<u8>,
    /// One column a segment, one level's code a row.
    pub(super) codes: Vec<Vec<u8>>,
    /// Whether the row turned bad, where that is known.
    pub(super) bad: Vec<Option<bool>>,
    /// Rows that were no applications, and are not here.
    pub(super) refused: u64,
}

/// Deals in columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Deals {
    pub(super) points: Vec<Points>,
    /// Probability of bad in billionths.
    pub(super) pd: Vec<u32>,
    pub(super) amount: Vec<i64>,
    pub(super) expected_loss: Vec<i64>,
    pub(super) npv: Vec<i64>,
    /// In basis points, as it is shown; 0 without a price.
    pub(super) apr: Vec<u32>,
    /// The rules that fire as they are written.
    pub(super) fired: Vec<u64>,
    /// One column a threshold; NaN where nothing is observed.
    pub(super) observed: Vec<Vec<f64>>,
}

/// One deal, before it becomes a row.
pub(super) struct Deal {
    pub(super) scored: Option<(Points, Probability)>,
    pub(super) offer: Option<Offer>,
    pub(super) fired: u64,
    pub(super) observed: Vec<f64>,
}

/// Why samples were not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTheSame {
    /// They were decided by other files or on another day, or what was given is no sample.
    #[error("the samples were decided by other files or on another day, or one is damaged")]
    Frame,
    /// Together they have more rows than can be counted.
    #[error("a sample holds at most {} rows", u32::MAX)]
    TooManyRows,
}

impl Deals {
    pub(super) fn new(n_thresholds: usize) -> Self {
        Self { observed: vec![Vec::new(); n_thresholds], ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.fired.len()
    }

    pub(super) fn push(&mut self, deal: &Deal) {
        let offer = deal.offer.as_ref();
        let (points, pd) = deal.scored.map_or((Points::MIN, 0.0), |(points, pd)| (points, pd.value()));
        self.points.push(points);
        self.pd.push((pd * 1e9).round_ties_even() as u32);
        self.amount.push(offer.map_or(0, |offer| offer.amount_cents.0));
        self.expected_loss.push(offer.map_or(0, |offer| offer.expected_loss_cents.0));
        self.npv.push(offer.map_or(0, |offer| offer.npv_cents.0));
        self.apr.push(offer.map_or(0, |offer| (offer.apr * 100.0).round_ties_even() as u32));
        self.fired.push(deal.fired | if deal.scored.is_none() { MISSING } else { 0 });
        self.observed.iter_mut().zip(&deal.observed).for_each(|(column, value)| column.push(*value));
    }

    fn append(&mut self, other: Self) {
        self.points.extend(other.points);
        self.pd.extend(other.pd);
        self.amount.extend(other.amount);
        self.expected_loss.extend(other.expected_loss);
        self.npv.extend(other.npv);
        self.apr.extend(other.apr);
        self.fired.extend(other.fired);
        self.observed.iter_mut().zip(other.observed).for_each(|(column, more)| column.extend(more));
    }

    /// The rules that fire on a deal when levers are moved.
    pub(super) fn fired(&self, levers: &Levers, deal: usize) -> u64 {
        levers.moved.iter().fold(self.fired[deal] & levers.as_written, |fired, moved| {
            fired | u64::from(moved.fires(self.observed[moved.threshold][deal])) << moved.rule
        })
    }

    /// One deal's money, with what became of its row.
    pub(super) fn tally(&self, deal: usize, bad: Option<bool>) -> Tally {
        Tally {
            rows: 1,
            known: i64::from(bad.is_some()),
            bad: i64::from(bad == Some(true)),
            pd_billionths: i64::from(self.pd[deal]),
            amount_cents: self.amount[deal],
            expected_loss_cents: self.expected_loss[deal],
            npv_cents: self.npv[deal],
        }
    }
}

impl Sample {
    /// A sample without rows.
    pub fn new(frame: Frame) -> Self {
        let (n_thresholds, n_segments) = (frame.thresholds.len(), frame.segments.len());
        Self {
            frame,
            asked: Deals::new(n_thresholds),
            changed: Deals::new(n_thresholds),
            changed_by: Vec::new(),
            first_changed: Vec::new(),
            unexplained: Vec::new(),
            codes: vec![Vec::new(); n_segments],
            bad: Vec::new(),
            refused: 0,
        }
    }

    /// Applications in it.
    pub fn n_rows(&self) -> usize {
        self.asked.len()
    }

    /// Rows that were no applications, and are not in it.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// What the rows mean.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Adds the rows of another sample behind these.
    ///
    /// # Errors
    /// [`NotTheSame`].
    pub fn append(&mut self, other: Self) -> Result<(), NotTheSame> {
        if self.frame != other.frame {
            return Err(NotTheSame::Frame);
        }
        if u32::try_from(self.n_rows() + other.n_rows()).is_err() {
            return Err(NotTheSame::TooManyRows);
        }
        let n_changed = self.changed.len() as u32;
        self.asked.append(other.asked);
        self.changed.append(other.changed);
        self.changed_by.extend(other.changed_by);
        self.first_changed.extend(other.first_changed.into_iter().map(|first| first + n_changed));
        self.unexplained.extend(other.unexplained);
        self.codes.iter_mut().zip(other.codes).for_each(|(column, more)| column.extend(more));
        self.bad.extend(other.bad);
        self.refused += other.refused;
        Ok(())
    }

    /// The changed deals of a row.
    pub(super) fn changed_deals(&self, row: usize) -> std::ops::Range<usize> {
        let to = self.first_changed.get(row + 1).map_or(self.changed.len(), |to| *to as usize);
        self.first_changed[row] as usize..to
    }
}

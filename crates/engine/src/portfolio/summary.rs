//! Counts of many answers: integers alone, so parts merge to the same counts in any order.

use crate::decision::Outcome;
use crate::table::{Fault, Faults};
use crate::units::Points;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What many rows were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// All rows.
    pub rows: u64,
    /// Rows that are no applications.
    pub refused: u64,
    /// Rows by decision, or by band of the score where no decision was asked for.
    pub outcomes: Outcomes,
    /// Rows by shown score, from the lowest.
    pub points: Vec<u64>,
    /// Rows by code of a reason; a row may have several.
    pub codes: BTreeMap<String, u64>,
    /// What is wrong with the refused rows.
    pub faults: Faults,
}

/// Rows by decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the decisions")]
pub struct Outcomes {
    pub approve: u64,
    pub conditional: u64,
    pub counteroffer: u64,
    pub review: u64,
    pub decline: u64,
    pub incomplete: u64,
}

/// Shown scores.
const N_POINTS: usize = (Points::MAX.value() - Points::MIN.value()) as usize + 1;

impl Default for Summary {
    fn default() -> Self {
        Self {
            rows: 0,
            refused: 0,
            outcomes: Outcomes::default(),
            points: vec![0; N_POINTS],
            codes: BTreeMap::new(),
            faults: Faults::default(),
        }
    }
}

impl Outcomes {
    fn count(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Approve => &mut self.approve,
            Outcome::Conditional => &mut self.conditional,
            Outcome::Counteroffer => &mut self.counteroffer,
            Outcome::Review => &mut self.review,
            Outcome::Decline => &mut self.decline,
            Outcome::Incomplete => &mut self.incomplete,
        }
    }

    fn merge(&mut self, other: Self) {
        self.approve += other.approve;
        self.conditional += other.conditional;
        self.counteroffer += other.counteroffer;
        self.review += other.review;
        self.decline += other.decline;
        self.incomplete += other.incomplete;
    }
}

impl Summary {
    /// Rows that were approved, conditional, counter-offered, reviewed, declined, incomplete, and refused.
    pub fn answers(&self) -> [u64; 7] {
        let Outcomes { approve, conditional, counteroffer, review, decline, incomplete } = self.outcomes;
        [approve, conditional, counteroffer, review, decline, incomplete, self.refused]
    }

    /// Adds the counts of other rows of the same file.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.refused += other.refused;
        self.outcomes.merge(other.outcomes);
        self.points.iter_mut().zip(other.points).for_each(|(sum, more)| *sum += more);
        for (code, more) in other.codes {
            *self.codes.entry(code).or_default() += more;
        }
        self.faults.merge(other.faults);
    }

    pub(super) fn refuse(&mut self, faults: Vec<Fault>) {
        self.rows += 1;
        self.refused += 1;
        faults.into_iter().for_each(|fault| self.faults.push(fault));
    }

    pub(super) fn answer(&mut self, outcome: Option<Outcome>, points: Option<Points>) {
        self.rows += 1;
        if let Some(outcome) = outcome {
            *self.outcomes.count(outcome) += 1;
        }
        if let Some(points) = points {
            self.points[(points.value() - Points::MIN.value()) as usize] += 1;
        }
    }

    /// Counts rows with a code.
    pub(super) fn count(&mut self, code: &str, rows: u64) {
        match self.codes.get_mut(code) {
            Some(count) => *count += rows,
            None if rows > 0 => {
                self.codes.insert(code.to_owned(), rows);
            }
            None => {}
        }
    }
}

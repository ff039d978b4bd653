//! Vintages: what became of the approved rows of each month, by months on book.

use super::levers::Levers;
use super::sample::Sample;
use crate::decision::Outcome;
use crate::pricing::Economics;
use serde::Serialize;

/// The approved rows of one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vintage {
    /// Rows of which it is known whether they turned bad.
    pub known: i64,
    /// Of these, how many had turned bad after each month on book. Months that have not passed are not there: a vintage is never
    /// compared at an age that it has not reached.
    pub bad: Vec<i64>,
}

impl Sample {
    /// The vintages of so many months, the oldest first, as they stand at the end of the last one.
    ///
    /// Rows of a sample have no dates. They are dealt to the months in turn, and a row that turned bad did so in a month that is
    /// spread over the score's window as the pricing's hazard is: it is a simulation of vintages, not a record of them.
    pub fn vintages(&self, levers: &Levers, economics: &Economics, n_months: usize) -> Vec<Vintage> {
        let ends = ends(economics);
        let mut vintages: Vec<Vintage> =
            (0..n_months).map(|month| Vintage { known: 0, bad: vec![0; ends.len().min(n_months - month)] }).collect();
        for row in 0..self.n_rows() {
            let outcome = self.outcome_of(levers.bands, row, self.standing(levers, row));
            let is_approved = matches!(outcome, Outcome::Approve | Outcome::Conditional);
            let Some(bad) = self.bad[row].filter(|_| is_approved) else { continue };
            let Some(vintage) = vintages.get_mut(row % n_months.max(1)) else { continue };
            vintage.known += 1;
            if bad {
                let month = ends.partition_point(|end| *end <= spread_evenly(row));
                vintage.bad.iter_mut().skip(month).for_each(|sum| *sum += 1);
            }
        }
        vintages
    }
}

/// The share of all bad rows that has turned bad by the end of each month of the window.
fn ends(economics: &Economics) -> Vec<f64> {
    let shape = |month: usize| economics.hazard.get(month).or(economics.hazard.last()).copied().unwrap_or(1.0);
    let months = 0..usize::from(economics.pd_window_months.count());
    let all: f64 = months.clone().map(shape).sum();
    let mut sum = 0.0;
    let running = months.map(|month| {
        sum += shape(month);
        if all > 0.0 { sum / all } else { 1.0 }
    });
    running.collect()
}

/// A number from 0 to 1 for each row, evenly spread over any stretch of rows: multiples of the golden ratio's fraction.
///
/// Source: Knuth, *The Art of Computer Programming*, volume 3 (1998), section 6.4.
fn spread_evenly(row: usize) -> f64 {
    ((row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / 9_007_199_254_740_992.0
}

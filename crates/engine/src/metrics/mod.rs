//! Figures of merit of a score or a probability against what happened.
//!
//! All functions take equally long slices: `bad[i]` is the outcome of row *i*, and `weight`, where given, its
//! non-negative weight. A figure that is not defined, such as an AUC of one class, is NaN.

mod bootstrap;
mod cutoff;
mod delong;
mod losses;
mod ranking;
mod reliability;

pub use bootstrap::{Resampling, bootstrap};
pub use cutoff::Confusion;
pub use delong::{Difference, auc_difference, auc_estimate, log_loss_difference};
pub use losses::{brier, brier_estimate, log_loss, log_loss_estimate, row_log_loss};
pub use ranking::{GainsBin, PrPoint, Ranking, RocPoint, auc, gini, ks};
pub use reliability::{
    Bins, Edge, ReliabilityBin, calibration_intercept, calibration_slope, expected_calibration_error,
    maximum_calibration_error, reliability,
};

use serde::{Deserialize, Serialize};

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Two-sided 95 % point of the normal distribution.
pub(crate) const Z_95: f64 = 1.959963984540054;

/// Probabilities are kept this far from 0 and 1 in [`log_loss`], so that a certain and wrong answer costs much but not
/// infinitely much: the spacing of doubles at 1, as scikit-learn has it.
pub const LOG_LOSS_CLIP: f64 = f64::EPSILON;

impl Estimate {
    /// `value ± 1.96 · standard error`, kept within the figure's range.
    pub(crate) fn around(value: f64, standard_error: f64, range: (f64, f64)) -> Self {
        let half = Z_95 * standard_error;
        Self { value, low: (value - half).clamp(range.0, range.1), high: (value + half).clamp(range.0, range.1) }
    }

    /// A share of `n` counted rows with Wilson's interval, which holds at 0 and at 1 too.
    ///
    /// Source: Wilson, *Probable inference, the law of succession, and statistical inference* (1927).
    pub fn share(count: u64, n: u64) -> Self {
        let (p, n) = (count as f64 / n as f64, n as f64);
        let z2 = Z_95 * Z_95;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Self { value: p, low: (middle - half).clamp(0.0, p), high: (middle + half).clamp(p, 1.0) }
    }

    /// The mean of values with its interval.
    pub fn mean(values: impl Iterator<Item = f64>) -> Self {
        let mut moments = Moments::default();
        values.for_each(|value| moments.add(value, 1.0));
        let standard_error = (moments.variance() / moments.count).sqrt();
        Self::around(moments.mean(), standard_error, (f64::NEG_INFINITY, f64::INFINITY))
    }

    /// Half the interval's width over 1.96: the standard error that it stands for.
    pub fn standard_error(&self) -> f64 {
        (self.high - self.low) / (2.0 * Z_95)
    }
}

/// KS with the interval of a difference of two shares at the threshold where it is largest.
pub fn ks_estimate(score: &[f64], bad: &[bool]) -> Estimate {
    let point = Ranking::new(score, bad).ks_point(None);
    let bads = bad.iter().filter(|is_bad| **is_bad).count() as f64;
    let goods = bad.len() as f64 - bads;
    let variance =
        point.bad_share * (1.0 - point.bad_share) / bads + point.good_share * (1.0 - point.good_share) / goods;
    Estimate::around(point.bad_share - point.good_share, variance.sqrt(), (0.0, 1.0))
}

/// Running mean and variance of repeated values (West, 1979).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64, times: f64) {
        if times > 0.0 {
            self.count += times;
            let step = value - self.mean;
            self.mean += step * times / self.count;
            self.squares += times * step * (value - self.mean);
        }
    }

    fn mean(&self) -> f64 {
        if self.count > 0.0 { self.mean } else { f64::NAN }
    }

    /// Sample variance; 0 for one value, NaN for none.
    fn variance(&self) -> f64 {
        if self.count > 1.0 { self.squares / (self.count - 1.0) } else { self.squares / self.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_the_value_and_shrink_with_rows() {
        let rows = |n: u32| {
            let score: Vec<f64> = (0..n).map(|i| f64::from(i * 7919 % 1000) / 1000.0).collect();
            let bad: Vec<bool> = (0..n).map(|i| i * 104_729 % 1000 < i * 7919 % 1000).collect();
            (score, bad)
        };
        for figure in [auc_estimate, ks_estimate, log_loss_estimate, brier_estimate] {
            let [few, many] = [200, 5000].map(|n| {
                let (score, bad) = rows(n);
                figure(&score, &bad)
            });
            assert!(few.low <= few.value && few.value <= few.high, "{few:?}");
            assert!(many.high - many.low < few.high - few.low, "{few:?} {many:?}");
        }
        let (score, bad) = rows(500);
        assert!((auc_estimate(&score, &bad).value - auc(&score, &bad, None)).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_nothing_is_still_uncertain() {
        let (none, half) = (Estimate::share(0, 20), Estimate::share(10, 20));
        // Wilson's upper end for 0 of 20 is z²/(n + z²).
        assert!(none.low == 0.0 && (none.high - 3.841_458_820_694_124 / 23.841_458_820_694_124).abs() < 1e-12);
        assert!((half.low + half.high - 1.0).abs() < 1e-12 && half.value == 0.5);
    }
}

//! Figures of a probability that are means over rows.

use super::{Estimate, LOG_LOSS_CLIP, Moments};

/// Mean negative log-likelihood, with probabilities clipped by [`LOG_LOSS_CLIP`].
///
/// Source: Good, *Rational decisions* (1952).
pub fn log_loss(probability: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    mean(probability, bad, weight, row_log_loss)
}

/// Mean squared difference of probability and outcome.
///
/// Source: Brier, *Verification of forecasts expressed in terms of probability* (1950).
pub fn brier(probability: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    mean(probability, bad, weight, row_brier)
}

/// Log-loss with the interval of a mean.
pub fn log_loss_estimate(probability: &[f64], bad: &[bool]) -> Estimate {
    mean_estimate(probability, bad, row_log_loss, f64::INFINITY)
}

/// Brier score with the interval of a mean.
pub fn brier_estimate(probability: &[f64], bad: &[bool]) -> Estimate {
    mean_estimate(probability, bad, row_brier, 1.0)
}

/// One row's negative log-likelihood.
pub fn row_log_loss(probability: f64, bad: bool) -> f64 {
    let of_what_happened = if bad { probability } else { 1.0 - probability };
    -libm::log(of_what_happened.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP))
}

fn row_brier(probability: f64, bad: bool) -> f64 {
    let difference = probability - f64::from(u8::from(bad));
    difference * difference
}

fn mean(probability: &[f64], bad: &[bool], weight: Option<&[f64]>, loss: fn(f64, bool) -> f64) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, (probability, bad)) in probability.iter().zip(bad).enumerate() {
        let weight = weight.map_or(1.0, |weight| weight[row]);
        sum += weight * loss(*probability, *bad);
        total += weight;
    }
    sum / total
}

fn mean_estimate(probability: &[f64], bad: &[bool], loss: fn(f64, bool) -> f64, most: f64) -> Estimate {
    let mut moments = Moments::default();
    probability.iter().zip(bad).for_each(|(probability, bad)| moments.add(loss(*probability, *bad), 1.0));
    Estimate::around(moments.mean(), (moments.variance() / moments.count).sqrt(), (0.0, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_weighted_rows_by_hand() {
        let (score, bad) = ([0.1, 0.4, 0.35, 0.8, 0.8], [false, true, true, false, true]);
        let weight = [1.0, 2.0, 0.5, 1.0, 3.0];
        // Squares .01, .36, .4225, .64, .04 with their weights over 7.5.
        assert!((brier(&score, &bad, Some(&weight)) - (0.01 + 0.72 + 0.211_25 + 0.64 + 0.12) / 7.5).abs() < 1e-15);
    }

    #[test]
    fn certainty_has_a_price() {
        assert!((log_loss(&[0.0], &[true], None) - 36.043_653_389_117_15).abs() < 1e-12);
    }
}

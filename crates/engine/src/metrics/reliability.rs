//! Does a probability mean what it says? Bins of predicted probability against what happened, and the calibration line.

use serde::Serialize;

/// Steps after which a fit of the calibration line gives up.
const MOST_STEPS: u32 = 50;

/// To which bin a probability on an edge belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// To the bin below: `(low, high]`, as scikit-learn has it.
    Below,
    /// To the bin above: `[low, high)`.
    Above,
}

/// Bins of [0, 1].
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// Inner edges, rising.
    inner: Vec<f64>,
    edge: Edge,
}

impl Bins {
    /// `n` bins of equal width.
    pub fn equal_width(n: u32, edge: Edge) -> Self {
        let width = 1.0 / f64::from(n);
        Self { inner: (1..n).map(|index| f64::from(index) * width).collect(), edge }
    }

    /// `n` bins with edges at quantiles of the probabilities, interpolated linearly.
    pub fn equal_count(probability: &[f64], n: u32, edge: Edge) -> Self {
        let mut sorted = probability.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let width = 1.0 / f64::from(n);
        Self { inner: (1..n).map(|index| quantile(&sorted, f64::from(index) * width)).collect(), edge }
    }

    fn of(&self, probability: f64) -> usize {
        match self.edge {
            Edge::Below => self.inner.partition_point(|edge| *edge < probability),
            Edge::Above => self.inner.partition_point(|edge| *edge <= probability),
        }
    }
}

/// Quantile of rising values, interpolated linearly; NaN of none.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = part * last as f64;
    let below = at.floor();
    let (a, b) = (sorted[below as usize], sorted[(below as usize + 1).min(last)]);
    let t = at - below;
    // From the nearer end, so that the result is exact at both.
    if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) }
}

/// One non-empty bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Rows in it.
    pub rows: u64,
    /// Their weight, above 0.
    pub weight: f64,
    /// Mean predicted probability.
    pub mean_probability: f64,
    /// Share of bads.
    pub share_bad: f64,
}

/// Mean prediction and what happened, in the bins that hold any weight.
pub fn reliability(probability: &[f64], bad: &[bool], weight: Option<&[f64]>, bins: &Bins) -> Vec<ReliabilityBin> {
    #[derive(Clone, Copy, Default)]
    struct Sums {
        rows: u64,
        weight: f64,
        probability: f64,
        bad: f64,
    }
    let mut sums = vec![Sums::default(); bins.inner.len() + 1];
    for (row, (probability, bad)) in probability.iter().zip(bad).enumerate() {
        let weight = weight.map_or(1.0, |weight| weight[row]);
        let sum = &mut sums[bins.of(*probability)];
        sum.rows += 1;
        sum.weight += weight;
        sum.probability += weight * probability;
        sum.bad += if *bad { weight } else { 0.0 };
    }
    let bin = |(index, sum): (usize, Sums)| ReliabilityBin {
        from: if index == 0 { 0.0 } else { bins.inner[index - 1] },
        to: bins.inner.get(index).copied().unwrap_or(1.0),
        rows: sum.rows,
        weight: sum.weight,
        mean_probability: sum.probability / sum.weight,
        share_bad: sum.bad / sum.weight,
    };
    sums.into_iter().enumerate().filter(|(_, sum)| sum.weight > 0.0).map(bin).collect()
}

/// Expected calibration error: the mean distance of prediction and outcome over bins, by weight.
///
/// Source: Naeini, Cooper and Hauskrecht, *Obtaining well calibrated probabilities using Bayesian binning* (2015).
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    bins.iter().map(|bin| bin.weight / total * (bin.share_bad - bin.mean_probability).abs()).sum()
}

/// Maximum calibration error: the largest distance of prediction and outcome in a bin.
pub fn maximum_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    bins.iter().map(|bin| (bin.share_bad - bin.mean_probability).abs()).fold(0.0, f64::max)
}

/// Calibration slope: the coefficient of a logistic regression of the outcome on the predicted log-odds, with an
/// intercept. 1 is right, below 1 the predictions are too extreme, above 1 too timid. NaN where the likelihood has no
/// maximum.
///
/// Source: Cox, *Two further applications of a model for binary regression* (1958).
pub fn calibration_slope(log_odds: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    newton(log_odds, bad, weight, |[g0, g1, h00, h10, h11]| {
        let determinant = h11 * h00 - h10 * h10;
        [(h11 * g0 - h10 * g1) / determinant, (h00 * g1 - h10 * g0) / determinant]
    })[1]
}

/// Calibration in the large: the intercept of the same regression with the slope held at 1. 0 is right, above 0 more
/// rows turn bad than predicted. NaN with one class.
///
/// Source: Steyerberg, *Clinical Prediction Models* (2009), chapter 15.
pub fn calibration_intercept(log_odds: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    newton(log_odds, bad, weight, |[g0, _, h00, ..]| [g0 / h00, 0.0])[0]
}

/// Newton's method from (0, 1); `step` turns gradient and Hessian into changes of intercept and slope.
fn newton(z: &[f64], bad: &[bool], weight: Option<&[f64]>, step: fn([f64; 5]) -> [f64; 2]) -> [f64; 2] {
    let mut at = [0.0, 1.0];
    for _ in 0..MOST_STEPS {
        let mut sums = [0.0; 5];
        for (row, (z, bad)) in z.iter().zip(bad).enumerate() {
            let weight = weight.map_or(1.0, |weight| weight[row]);
            let p = 1.0 / (1.0 + libm::exp(-(at[0] + at[1] * z)));
            let (g, h) = (weight * (p - f64::from(u8::from(*bad))), weight * p * (1.0 - p));
            for (sum, term) in sums.iter_mut().zip([g, g * z, h, h * z, h * z * z]) {
                *sum += term;
            }
        }
        // A far start could overshoot; nobody's slope changes by more than 2 at once.
        let [d0, d1] = step(sums).map(|change| change.clamp(-2.0, 2.0));
        at = [at[0] - d0, at[1] - d1];
        if d0.abs() + d1.abs() <= 1e-9 * (1.0 + at[0].abs() + at[1].abs()) {
            return at;
        }
    }
    [f64::NAN, f64::NAN]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_line_of_drawn_outcomes_is_found_again() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let z: Vec<f64> = (0..40_000).map(|_| rng.random_range(-4.0..2.0)).collect();
        let truth = |z: f64| 1.0 / (1.0 + libm::exp(-(0.3 + 0.7 * z)));
        let bad: Vec<bool> = z.iter().map(|z| rng.random_range(0.0..1.0) < truth(*z)).collect();
        // Standard error of the slope is about 0.009 here: four of them.
        assert!((calibration_slope(&z, &bad, None) - 0.7).abs() < 0.036);
        let shifted: Vec<f64> = z.iter().map(|z| 0.3 + 0.7 * z).collect();
        assert!(calibration_intercept(&shifted, &bad, None).abs() < 0.05);
        assert!((calibration_slope(&shifted, &bad, None) - 1.0).abs() < 0.052);
    }

    #[test]
    fn separated_outcomes_have_no_slope_and_one_class_no_intercept() {
        assert!(calibration_slope(&[-2.0, -1.0, 1.0, 2.0], &[false, false, true, true], None).is_nan());
        assert!(calibration_intercept(&[0.1, 0.2], &[true, true], None).is_nan());
    }

    #[test]
    fn an_edge_belongs_below_or_above() {
        let (p, bad) = ([0.5, 0.5, 0.2], [true, false, false]);
        let below = reliability(&p, &bad, None, &Bins::equal_width(2, Edge::Below));
        assert_eq!((below.len(), below[0].rows), (1, 3));
        let above = reliability(&p, &bad, None, &Bins::equal_width(2, Edge::Above));
        assert_eq!((above[1].rows, above[1].share_bad, above[1].mean_probability), (2, 0.5, 0.5));
        // One third of the weight is 0.2 away, two thirds are right.
        assert!((expected_calibration_error(&above) - 0.2 / 3.0).abs() < 1e-15);
        assert_eq!(maximum_calibration_error(&above), 0.2);
    }
}

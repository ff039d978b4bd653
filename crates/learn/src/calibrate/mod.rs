//! From margins to log-odds: two parameters, fitted on rows that the trees had not seen.
//!
//! The other calibrations here are diagnostics: they show what the affine one misses.

pub mod beta;
pub mod isotonic;
pub mod platt;

use underglass_engine::model::{Calibration, Link};

const MOST_STEPS: usize = 100;

/// Fits `log-odds = slope · margin + intercept` by Newton's method on the log-likelihood, with halved steps.
///
/// The slope is positive. Where the likelihood wants none above zero (margins without information) or has no maximum
/// (margins that separate the outcomes), the slope stays 1 and only the intercept is fitted, so that the mean
/// probability is the share of bad outcomes.
///
/// Each row counts as it weighs.
///
/// Source: Platt, *Probabilistic outputs for support vector machines* (1999), without his prior on the targets.
pub fn affine(margins: &[f64], bad: &[bool], weights: &[f64]) -> Calibration {
    let rows = Rows { margins, bad, weights };
    let (slope, intercept) =
        newton(rows, true).filter(|(slope, _)| *slope > 0.0).or_else(|| newton(rows, false)).unwrap_or((1.0, 0.0));
    Calibration { link: Link::Logistic, slope, intercept }
}

/// Equally long lists.
#[derive(Clone, Copy)]
struct Rows<'a> {
    margins: &'a [f64],
    bad: &'a [bool],
    weights: &'a [f64],
}

impl Rows<'_> {
    fn each(&self) -> impl Iterator<Item = (f64, bool, f64)> {
        self.margins.iter().zip(self.bad).zip(self.weights).map(|((margin, bad), weight)| (*margin, *bad, *weight))
    }
}

/// Maximum of the likelihood over slope and intercept, or over the intercept alone at slope 1.
fn newton(rows: Rows<'_>, slope_is_free: bool) -> Option<(f64, f64)> {
    let (mut slope, mut intercept) = (1.0, 0.0);
    let mut loss = total_loss(rows, slope, intercept);
    for _ in 0..MOST_STEPS {
        let [g1, g0, h11, h10, h00] = derivatives(rows, slope, intercept);
        let determinant = h11 * h00 - h10 * h10;
        let (d1, d0) = if slope_is_free {
            ((h00 * g1 - h10 * g0) / determinant, (h11 * g0 - h10 * g1) / determinant)
        } else {
            (0.0, g0 / h00)
        };
        if !(d1.is_finite() && d0.is_finite()) {
            return None;
        }
        let mut part = 1.0;
        loop {
            let (next_slope, next_intercept) = (slope - part * d1, intercept - part * d0);
            let next = total_loss(rows, next_slope, next_intercept);
            if next <= loss {
                let step = (slope - next_slope).abs() + (intercept - next_intercept).abs();
                (slope, intercept, loss) = (next_slope, next_intercept, next);
                if step <= 1e-12 * (1.0 + slope.abs() + intercept.abs()) {
                    return Some((slope, intercept));
                }
                break;
            }
            part /= 2.0;
            // No step of any size improves: this is the maximum to the last bit.
            if part < 1e-10 {
                return Some((slope, intercept));
            }
        }
    }
    None
}

/// Negative log-likelihood, `Σ weight · (ln(1 + e^z) − y·z)`.
fn total_loss(rows: Rows<'_>, slope: f64, intercept: f64) -> f64 {
    rows.each().fold(0.0, |sum, (margin, bad, weight)| sum + weight * loss(slope * margin + intercept, bad))
}

/// Negative log-likelihood of an outcome at log-odds `z`, without overflow.
pub(crate) fn loss(z: f64, bad: bool) -> f64 {
    let of_wrong = if bad { -z } else { z };
    of_wrong.max(0.0) + libm::log1p(libm::exp(-of_wrong.abs()))
}

/// Gradient and Hessian of the summed loss.
fn derivatives(rows: Rows<'_>, slope: f64, intercept: f64) -> [f64; 5] {
    let mut sums = [0.0; 5];
    for (margin, bad, weight) in rows.each() {
        let p = 1.0 / (1.0 + libm::exp(-(slope * margin + intercept)));
        let (g, h) = (weight * (p - f64::from(u8::from(bad))), weight * p * (1.0 - p));
        for (sum, term) in sums.iter_mut().zip([g * margin, g, h * margin * margin, h * margin, h]) {
            *sum += term;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use smartcore::linalg::basic::matrix::DenseMatrix;
    use smartcore::linear::logistic_regression::LogisticRegression;

    fn drawn(n: u32, slope: f64, intercept: f64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let margins: Vec<f64> = (0..n).map(|_| rng.random_range(-4.0..3.0)).collect();
        let bad = margins
            .iter()
            .map(|margin| rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-(slope * margin + intercept))))
            .collect();
        (margins, bad)
    }

    #[test]
    fn finds_the_parameters_that_smartcore_finds() {
        let (margins, bad) = drawn(4000, 0.7, -0.4);
        let found = affine(&margins, &bad, &vec![1.0; bad.len()]);
        let rows: Vec<Vec<f64>> = margins.iter().map(|margin| vec![*margin]).collect();
        let labels: Vec<i32> = bad.iter().map(|bad| i32::from(*bad)).collect();
        let matrix = DenseMatrix::from_2d_vec(&rows).expect("a matrix");
        let theirs = LogisticRegression::fit(&matrix, &labels, Default::default()).expect("a fit");
        let (slope, intercept) =
            (theirs.coefficients().iter().next().copied(), theirs.intercept().iter().next().copied());
        // Its line search stops at a gradient of about 1e-6 of 4,000 summed rows: three digits of the parameters are sure.
        assert!((slope.unwrap_or(f64::NAN) - found.slope).abs() < 1e-3, "{slope:?} {found:?}");
        assert!((intercept.unwrap_or(f64::NAN) - found.intercept).abs() < 1e-3, "{intercept:?} {found:?}");
    }

    #[test]
    fn the_mean_probability_is_the_share_of_bad() {
        for (margins, bad) in [drawn(500, 0.7, -2.0), drawn(500, -0.5, 0.3)] {
            let found = affine(&margins, &bad, &vec![1.0; bad.len()]);
            assert!(found.slope > 0.0, "{found:?}");
            let share = bad.iter().filter(|bad| **bad).count() as f64 / bad.len() as f64;
            let mean = margins.iter().map(|m| 1.0 / (1.0 + libm::exp(-found.log_odds(*m).0))).sum::<f64>()
                / margins.len() as f64;
            // Newton stops where a step changes the parameters by 1e-12.
            assert!((mean - share).abs() < 1e-9, "{mean} {share}");
        }
    }

    #[test]
    fn a_weight_of_two_is_a_row_twice() {
        let (margins, bad) = drawn(300, 0.8, -0.5);
        let twice = |row: usize| row.is_multiple_of(3);
        let weights: Vec<f64> = (0..300).map(|row| if twice(row) { 2.0 } else { 1.0 }).collect();
        let repeated: Vec<usize> = (0..300).chain((0..300).filter(|row| twice(*row))).collect();
        let (again, again_bad): (Vec<f64>, Vec<bool>) = repeated.iter().map(|row| (margins[*row], bad[*row])).unzip();
        let (found, expected) = (affine(&margins, &bad, &weights), affine(&again, &again_bad, &vec![1.0; again.len()]));
        assert!((found.slope - expected.slope).abs() < 1e-9 && (found.intercept - expected.intercept).abs() < 1e-9);
    }

    #[test]
    fn separated_margins_keep_slope_one() {
        let found = affine(&[-2.0, -1.0, 1.0, 2.0], &[false, false, true, true], &[1.0; 4]);
        assert!(found.slope > 0.0 && found.check().is_ok(), "{found:?}");
    }
}

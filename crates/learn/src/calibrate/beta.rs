//! Beta calibration: log-odds as a mixture of `ln p` and `ln(1 − p)`.

use crate::check::{self, BadData};
use crate::logistic::{Evidence, Problem, Sparse, logistic};

/// Probabilities are kept this far from 0 and 1.
const CLIP: f64 = f64::EPSILON;

/// `log-odds = a · ln(p) − b · ln(1 − p) + c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    /// Of `ln p`.
    pub a: f64,
    /// Of `−ln(1 − p)`.
    pub b: f64,
    /// Shift.
    pub c: f64,
    /// How the fit ended.
    pub evidence: Evidence,
}

/// Which parameters are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// a, b and c.
    Full,
    /// One slope for both, `a = b`, and c: Platt scaling of the log-odds.
    EqualSlopes,
    /// a and b; ½ stays ½, so that `c = (a − b) · ln 2`.
    FixedMiddle,
}

/// Which slopes are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slopes {
    /// Any: the maximum of the likelihood.
    Free,
    /// None below 0, so that a higher probability never becomes a lower one: a slope below 0 is held at 0 and the rest
    /// fitted again.
    NotBelowZero,
}

/// Fits by Newton's method to the maximum of the likelihood.
///
/// # Errors
/// [`BadData`]: lengths that differ, probabilities outside 0 to 1, weights below 0, or one outcome only.
///
/// Source: Kull, Silva Filho and Flach, *Beta calibration* (2017).
pub fn beta(p: &[f64], bad: &[bool], weight: Option<&[f64]>, form: Form, slopes: Slopes) -> Result<Beta, BadData> {
    check::length("outcomes", bad.len(), p.len())?;
    check::within("probability", p, (0.0, 1.0), "0 to 1")?;
    let target: Vec<f64> = bad.iter().map(|bad| f64::from(u8::from(*bad))).collect();
    let ln_2 = libm::log(2.0);
    let mut rows = Sparse::new(2);
    for p in p {
        let (for_bad, for_good) = logs(*p);
        rows.push(match form {
            Form::Full => [(0, for_bad), (1, for_good)].into_iter(),
            Form::FixedMiddle => [(0, for_bad + ln_2), (1, for_good - ln_2)].into_iter(),
            Form::EqualSlopes => [(0, for_bad + for_good), (1, 0.0)].into_iter(),
        });
    }
    let problem = match form {
        Form::FixedMiddle => Problem::new(rows, &target, weight)?.without_intercept(),
        Form::Full | Form::EqualSlopes => Problem::new(rows, &target, weight)?,
    };
    let mut held = [false, form == Form::EqualSlopes];
    let mut found = problem.fit(0.0, &held, None)?;
    while slopes == Slopes::NotBelowZero && found.coefficients.iter().any(|slope| *slope < 0.0) {
        // One at a time, a first: the other may be right without it.
        match found.coefficients[0] < 0.0 {
            true => held[0] = true,
            false => held[1] = true,
        }
        found = problem.fit(0.0, &held, None)?;
    }
    let a = found.coefficients[0];
    let b = if form == Form::EqualSlopes { a } else { found.coefficients[1] };
    let c = if form == Form::FixedMiddle { (a - b) * ln_2 } else { found.intercept };
    Ok(Beta { a, b, c, evidence: found.evidence })
}

impl Beta {
    /// The calibrated probability.
    pub fn probability(&self, p: f64) -> f64 {
        let (for_bad, for_good) = logs(p);
        logistic(self.a * for_bad + self.b * for_good + self.c)
    }
}

/// `ln p` and `−ln(1 − p)`.
fn logs(p: f64) -> (f64, f64) {
    let p = p.clamp(CLIP, 1.0 - CLIP);
    (libm::log(p), -libm::log(1.0 - p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::Ending;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Outcomes whose log-odds are `a · ln p − b · ln(1 − p) + c`.
    fn drawn(a: f64, b: f64, c: f64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let p: Vec<f64> = (0..30_000).map(|_| rng.random_range(0.02..0.98)).collect();
        let bad = |p: &f64| rng.random_range(0.0..1.0) < logistic(a * logs(*p).0 + b * logs(*p).1 + c);
        let bad = p.iter().map(bad).collect();
        (p, bad)
    }

    #[test]
    fn recovers_the_parameters() {
        let (p, bad) = drawn(0.6, 1.4, 0.3);
        let found = beta(&p, &bad, None, Form::Full, Slopes::NotBelowZero).expect("a fit");
        assert_eq!(found.evidence.ending, Ending::Converged);
        // 30,000 rows: standard errors of about 0.03, 0.03 and 0.04.
        assert!(
            (found.a - 0.6).abs() < 0.12 && (found.b - 1.4).abs() < 0.12 && (found.c - 0.3).abs() < 0.16,
            "{found:?}"
        );
    }

    #[test]
    fn a_reversed_score_becomes_the_base_rate() {
        let (p, bad) = drawn(-1.0, -1.0, 0.0);
        let found = beta(&p, &bad, None, Form::Full, Slopes::NotBelowZero).expect("a fit");
        assert_eq!((found.a, found.b), (0.0, 0.0));
        let share = bad.iter().filter(|bad| **bad).count() as f64 / bad.len() as f64;
        assert!((found.probability(0.9) - share).abs() < 1e-9);
        let free = beta(&p, &bad, None, Form::EqualSlopes, Slopes::Free).expect("a fit");
        assert!(free.a < -0.9 && free.a == free.b, "{free:?}");
        let middle = beta(&p, &bad, None, Form::FixedMiddle, Slopes::Free).expect("a fit");
        assert!((middle.probability(0.5) - 0.5).abs() < 1e-15 && middle.a != middle.b, "{middle:?}");
    }
}

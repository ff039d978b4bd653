//! Platt scaling with his prior: targets that stop short of 0 and 1, so that separated scores have a finite answer.

use crate::check::{self, BadData};
use crate::logistic::{Evidence, Problem, Sparse};

/// `log-odds = slope · score + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Platt {
    /// Log-odds of bad for one unit of score; below 0 where bad rows score lower.
    pub slope: f64,
    /// Log-odds at score 0.
    pub intercept: f64,
    /// How the fit ended.
    pub evidence: Evidence,
}

/// Fits slope and intercept to targets `(N₊ + 1)/(N₊ + 2)` of bad rows and `1/(N₋ + 2)` of good ones, N the sums of weights.
///
/// # Errors
/// [`BadData`]: lengths that differ, scores that are not finite, weights below 0.
///
/// Source: Platt, *Probabilistic outputs for support vector machines* (1999).
pub fn platt(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> Result<Platt, BadData> {
    check::length("outcomes", bad.len(), score.len())?;
    check::finite("score", score)?;
    let weights = check::weights(weight, score.len())?;
    let total =
        |of: bool| weights.iter().zip(bad).filter(|(_, bad)| **bad == of).map(|(weight, _)| weight).sum::<f64>();
    let (bads, goods) = (total(true), total(false));
    let target: Vec<f64> =
        bad.iter().map(|bad| if *bad { (bads + 1.0) / (bads + 2.0) } else { 1.0 / (goods + 2.0) }).collect();
    // Newton steps are as exact for scores in hundreds as for scores around 1 once they are divided by their size.
    let size = score.iter().fold(0.0, |most: f64, score| most.max(score.abs()));
    let unit = if size > 0.0 { size } else { 1.0 };
    let mut rows = Sparse::new(1);
    score.iter().for_each(|score| rows.push([(0, score / unit)].into_iter()));
    let found = Problem::new(rows, &target, weight)?.fit(0.0, &[false], None)?;
    Ok(Platt { slope: found.coefficients[0] / unit, intercept: found.intercept, evidence: found.evidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::Ending;

    #[test]
    fn separated_scores_have_a_finite_answer() {
        let found = platt(&[-3.0, -1.0, 1.0, 3.0], &[false, false, true, true], None).expect("a fit");
        assert_eq!(found.evidence.ending, Ending::Converged);
        assert!(found.slope > 0.0 && found.intercept.abs() < 1e-12, "{found:?}");
        let back = platt(&[-300.0, -100.0, 100.0, 300.0], &[true, true, false, false], None).expect("a fit");
        assert!((back.slope + found.slope / 100.0).abs() < 1e-12, "{back:?}");
    }

    #[test]
    fn bad_scores_are_named() {
        assert!(matches!(platt(&[f64::INFINITY], &[true], None), Err(BadData::Number { what: "score", row: 0, .. })));
        assert!(matches!(platt(&[1.0], &[], None), Err(BadData::Length { what: "outcomes", .. })));
    }
}

//! Intervals of figures on the same rows: AUC and its difference between two scores, differences of log-loss.

use super::ranking::Ranking;
use super::{Estimate, Moments, Z_95, row_log_loss};
use serde::Serialize;

/// A difference of two figures of the same rows, first minus second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The difference.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Standard error of the difference, which knows that both figures come from the same rows.
    pub standard_error: f64,
    /// Difference over standard error; 0 where there is neither.
    pub z: f64,
    /// Two-sided p-value of no difference.
    pub p: f64,
}

impl Difference {
    fn new(value: f64, standard_error: f64) -> Self {
        let z = if value == 0.0 { 0.0 } else { value / standard_error };
        let half = Z_95 * standard_error;
        let p = libm::erfc(z.abs() / std::f64::consts::SQRT_2);
        Self { value, low: value - half, high: value + half, standard_error, z, p }
    }

    /// The difference with its interval.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, low: self.low, high: self.high }
    }
}

/// AUC with DeLong's interval.
///
/// Source: DeLong, DeLong and Clarke-Pearson (1988), by midranks as in Sun and Xu (2014).
pub fn auc_estimate(score: &[f64], bad: &[bool]) -> Estimate {
    let ranking = Ranking::new(score, bad);
    let (bads, goods) = ranking.totals(None);
    // Rows tied at one score share their structural component: the share of the other class on the far side.
    let (mut good_below, mut bad_below) = (0.0, 0.0);
    let (mut of_bad, mut of_good) = (Moments::default(), Moments::default());
    for tie in ranking.ties(None).rev() {
        of_bad.add((good_below + 0.5 * tie.good) / goods, tie.bad);
        of_good.add((bads - bad_below - 0.5 * tie.bad) / bads, tie.good);
        good_below += tie.good;
        bad_below += tie.bad;
    }
    let variance = of_bad.variance() / bads + of_good.variance() / goods;
    Estimate::around(of_bad.mean(), variance.max(0.0).sqrt(), (0.0, 1.0))
}

/// DeLong's test of two scores on the same rows: AUC of the first minus AUC of the second.
///
/// The structural components of the two scores are subtracted row by row; the variance of a mean of such differences is
/// DeLong's variance of both less twice their covariance.
///
/// Source: DeLong, DeLong and Clarke-Pearson, *Comparing the areas under two or more correlated receiver operating
/// characteristic curves* (1988).
pub fn auc_difference(first: &[f64], second: &[f64], bad: &[bool]) -> Difference {
    let (first, second) = (components(first, bad), components(second, bad));
    let (mut of_bad, mut of_good) = (Moments::default(), Moments::default());
    for ((first, second), bad) in first.into_iter().zip(second).zip(bad) {
        (if *bad { &mut of_bad } else { &mut of_good }).add(first - second, 1.0);
    }
    let variance = of_bad.variance() / of_bad.count + of_good.variance() / of_good.count;
    Difference::new(of_bad.mean(), variance.max(0.0).sqrt())
}

/// Structural components: the share of the other class that a row is on the right side of.
fn components(score: &[f64], bad: &[bool]) -> Vec<f64> {
    let ranking = Ranking::new(score, bad);
    let (bads, goods) = ranking.totals(None);
    let mut components = vec![0.0; score.len()];
    let (mut bads_above, mut goods_above) = (0.0, 0.0);
    for (rows, tie) in ranking.tied_rows().zip(ranking.ties(None)) {
        for row in rows {
            components[*row as usize] = if bad[*row as usize] {
                (goods - goods_above - 0.5 * tie.good) / goods
            } else {
                (bads_above + 0.5 * tie.bad) / bads
            };
        }
        bads_above += tie.bad;
        goods_above += tie.good;
    }
    components
}

/// Log-loss of the first probability minus that of the second, with the interval of a mean of paired differences.
pub fn log_loss_difference(first: &[f64], second: &[f64], bad: &[bool]) -> Difference {
    let mut moments = Moments::default();
    for ((first, second), bad) in first.iter().zip(second).zip(bad) {
        moments.add(row_log_loss(*first, *bad) - row_log_loss(*second, *bad), 1.0);
    }
    Difference::new(moments.mean(), (moments.variance() / moments.count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::auc;

    fn rows() -> (Vec<f64>, Vec<f64>, Vec<bool>) {
        let first: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 23)).collect();
        let second: Vec<f64> = (0..60).map(|i| f64::from(i * 53 % 31)).collect();
        let bad = (0..60).map(|i| i * 29 % 17 < i * 37 % 23).collect();
        (first, second, bad)
    }

    #[test]
    fn the_test_equals_its_definition_by_pairs() {
        let (first, second, bad) = rows();
        let psi = |a: f64, b: f64| {
            if a > b {
                1.0
            } else if a < b {
                0.0
            } else {
                0.5
            }
        };
        let [bads, goods] = [true, false].map(|of| (0..60).filter(|row| bad[*row] == of).collect::<Vec<usize>>());
        let by_pairs = |score: &[f64]| {
            let of_bad: Vec<f64> = bads
                .iter()
                .map(|b| goods.iter().map(|g| psi(score[*b], score[*g])).sum::<f64>() / goods.len() as f64)
                .collect();
            let of_good: Vec<f64> = goods
                .iter()
                .map(|g| bads.iter().map(|b| psi(score[*b], score[*g])).sum::<f64>() / bads.len() as f64)
                .collect();
            (of_bad, of_good)
        };
        let covariance = |a: &[f64], b: &[f64]| {
            let n = a.len() as f64;
            let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
            a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>() / (n - 1.0)
        };
        let ((b1, g1), (b2, g2)) = (by_pairs(&first), by_pairs(&second));
        let entry = |b: &[f64], g: &[f64], b2: &[f64], g2: &[f64]| {
            covariance(b, b2) / bads.len() as f64 + covariance(g, g2) / goods.len() as f64
        };
        let variance = entry(&b1, &g1, &b1, &g1) + entry(&b2, &g2, &b2, &g2) - 2.0 * entry(&b1, &g1, &b2, &g2);
        let found = auc_difference(&first, &second, &bad);
        assert!((found.standard_error - variance.sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found.value - (auc(&first, &bad, None) - auc(&second, &bad, None))).abs() < 1e-12);
        assert!((found.z - found.value / variance.sqrt()).abs() < 1e-9 && found.p > 0.0 && found.p < 1.0);
    }

    #[test]
    fn a_score_does_not_differ_from_itself() {
        let (first, _, bad) = rows();
        let found = auc_difference(&first, &first, &bad);
        assert_eq!((found.value, found.low, found.high, found.z, found.p), (0.0, 0.0, 0.0, 0.0, 1.0));
        assert_eq!(log_loss_difference(&[0.2, 0.7], &[0.2, 0.7], &[false, true]).value, 0.0);
    }

    #[test]
    fn the_single_interval_is_the_paired_one_against_a_constant() {
        let (first, _, bad) = rows();
        let (single, paired) = (auc_estimate(&first, &bad), auc_difference(&first, &[0.0; 60], &bad));
        assert!((single.value - 0.5 - paired.value).abs() < 1e-12);
        assert!((single.high - single.value - (paired.high - paired.value)).abs() < 1e-12);
    }
}

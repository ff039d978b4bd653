//! Intervals of any figure by resampling rows.

use super::Estimate;
use super::reliability::quantile;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How rows are drawn again: the same seed gives the same intervals everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Resampling {
    pub resamples: u32,
    pub seed: u64,
}

/// 95 % percentile intervals of figures of rows.
///
/// `figures` computes any number of figures from the rows' weights. Its values stand at equal weights; then as many rows
/// as there are, drawn with replacement, become weights 0, 1, 2, … for each resample, so nothing is sorted or copied
/// again. A resample in which a figure is not defined does not count for it.
///
/// Source: Efron, *Bootstrap methods: another look at the jackknife* (1979).
///
/// ```
/// use underglass_engine::metrics::{Resampling, bootstrap};
/// let x = [3.0, 5.0, 4.0, 4.0, 6.0, 2.0, 5.0, 3.0];
/// let mean = |weight: &[f64]| [weight.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() / 8.0];
/// let found = bootstrap(x.len(), Resampling { resamples: 200, seed: 1 }, mean)[0];
/// assert!(found.value == 4.0 && found.low < 3.6 && found.high > 4.4);
/// ```
pub fn bootstrap<const N: usize>(
    n_rows: usize,
    resampling: Resampling,
    mut figures: impl FnMut(&[f64]) -> [f64; N],
) -> [Estimate; N] {
    let mut weight = vec![1.0; n_rows];
    let values = figures(&weight);
    let mut drawn: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(resampling.resamples as usize));
    let mut rng = ChaCha8Rng::seed_from_u64(resampling.seed);
    for _ in 0..resampling.resamples {
        weight.fill(0.0);
        for _ in 0..n_rows {
            weight[rng.random_range(0..n_rows as u32) as usize] += 1.0;
        }
        for (drawn, figure) in drawn.iter_mut().zip(figures(&weight)) {
            if !figure.is_nan() {
                drawn.push(figure);
            }
        }
    }
    let mut drawn = drawn.into_iter();
    values.map(|value| interval(value, drawn.next().unwrap_or_default()))
}

fn interval(value: f64, mut drawn: Vec<f64>) -> Estimate {
    drawn.sort_unstable_by(f64::total_cmp);
    Estimate { value, low: quantile(&drawn, 0.025), high: quantile(&drawn, 0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Ranking, auc_estimate};

    #[test]
    fn agrees_with_delong_on_an_auc() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let score: Vec<f64> = (0..2000).map(|_| rng.random_range(0.0..1.0)).collect();
        let bad: Vec<bool> = score.iter().map(|score| rng.random_range(0.0..1.0) < 0.1 + 0.4 * score).collect();
        let ranking = Ranking::new(&score, &bad);
        let resampling = Resampling { resamples: 400, seed: 3 };
        let found = bootstrap(2000, resampling, |weight| [ranking.auc(Some(weight))])[0];
        let delong = auc_estimate(&score, &bad);
        // The standard error of a 2.5 % quantile of 400 draws is about 13 % of their standard deviation, that is 6.7 %
        // of the half width: three of them.
        let half = delong.high - delong.value;
        assert!((found.low - delong.low).abs() < 0.2 * half, "{found:?} {delong:?}");
        assert!((found.high - delong.high).abs() < 0.2 * half, "{found:?} {delong:?}");
        let again = bootstrap(2000, resampling, |weight| [ranking.auc(Some(weight))])[0];
        assert_eq!((found.low.to_bits(), found.high.to_bits()), (again.low.to_bits(), again.high.to_bits()));
    }

    #[test]
    fn a_figure_without_a_value_has_no_interval() {
        let found = bootstrap(3, Resampling { resamples: 10, seed: 1 }, |_| [f64::NAN])[0];
        assert!(found.value.is_nan() && found.low.is_nan() && found.high.is_nan());
    }
}

//! How much the score of a row depends on which rows were drawn for training.

use ndarray::{Array2, Axis};
use underglass_engine::artifact::{N_BANDS, band_of};

/// Jackknife standard deviation of the raw score, one a 20-point band of the final model's raw score.
///
/// `by_fold` is `folds × rows`: every row's raw points under every fold model. The variance of a row is
/// `(K−1)/K · Σ_k (s_k − s̄)²`; a band takes the root of the mean over its rows, and an empty band that of the nearest
/// one (of two equally near the lower).
///
/// Source: Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 11, with groups of rows left out.
pub fn by_band(by_fold: &Array2<f64>, raw: &[f64]) -> Vec<f64> {
    let k = by_fold.nrows() as f64;
    let mut bands = [(0.0, 0_u64); N_BANDS];
    for (scores, raw) in by_fold.axis_iter(Axis(1)).zip(raw) {
        let mean = scores.iter().sum::<f64>() / k;
        let squares = scores.iter().map(|score| (score - mean) * (score - mean)).sum::<f64>();
        let band = &mut bands[band_of(*raw)];
        *band = (band.0 + squares * (k - 1.0) / k, band.1 + 1);
    }
    let filled: Vec<usize> = (0..N_BANDS).filter(|band| bands[*band].1 > 0).collect();
    let nearest = |band: usize| filled.iter().min_by_key(|other| other.abs_diff(band)).copied();
    let root = |band: usize| (bands[band].0 / bands[band].1 as f64).sqrt();
    (0..N_BANDS).map(|band| nearest(band).map_or(0.0, root)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_band_takes_the_root_mean_variance_of_its_rows() {
        // Rows at 605 and 615 share a band. Three folds: deviations (−1, 0, 1) and (−2, 0, 2) around the mean.
        let by_fold = array![[604.0, 613.0, 700.0], [605.0, 615.0, 700.0], [606.0, 617.0, 700.0]];
        let spread = by_band(&by_fold, &[605.0, 615.0, 700.0]);
        let expected = f64::sqrt((2.0 + 8.0) * (2.0 / 3.0) / 2.0);
        assert!((spread[15] - expected).abs() < 1e-12 && (spread[0] - expected).abs() < 1e-12);
        assert_eq!((spread[20], spread[27]), (0.0, 0.0));
        // Band 17 lies two below 15's upper neighbour 20 and two above 15: nearer to 15.
        assert!((spread[17] - expected).abs() < 1e-12);
    }
}

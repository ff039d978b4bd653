//! How well rows are divided: within segments close, between segments far.

use super::squared_distance;
use crate::check::{self, BadData};
use ndarray::{Array2, ArrayView2};

/// Figures of a division of rows into segments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Mean over rows of `(b − a) / max(a, b)`: a the mean distance to the other rows of the own segment, b the least mean
    /// distance to the rows of another one. From −1 to 1, higher is better; a row alone in its segment counts 0.
    /// Its time grows with the square of the rows.
    ///
    /// Source: Rousseeuw (1987).
    pub silhouette: f64,
    /// Mean over segments of the worst ratio of their widths to the distance of their centres. Lower is better.
    ///
    /// Source: Davies and Bouldin (1979).
    pub davies_bouldin: f64,
    /// Variance between segments over variance within. Higher is better.
    ///
    /// Source: Caliński and Harabasz (1974).
    pub calinski_harabasz: f64,
}

/// Judges labels from 0, every row counting once. A figure that is not defined is NaN.
///
/// # Errors
/// [`BadData`]: lengths that differ, fewer than two segments with rows, or no more rows than segments.
pub fn quality(rows: ArrayView2<'_, f64>, labels: &[u32]) -> Result<Quality, BadData> {
    check::length("labels", labels.len(), rows.nrows())?;
    let most = labels.iter().max().map_or(0, |last| *last as usize + 1);
    let mut counts = vec![0_u32; most];
    labels.iter().for_each(|label| counts[*label as usize] += 1);
    // Labels that no row has are left out.
    let names: Vec<usize> = (0..most).filter(|label| counts[*label] > 0).collect();
    let place = |label: u32| names.partition_point(|name| *name < label as usize);
    let labels: Vec<usize> = labels.iter().map(|label| place(*label)).collect();
    let counts: Vec<f64> = names.iter().map(|name| f64::from(counts[*name])).collect();
    if counts.len() < 2 {
        return Err(BadData::TooFew { what: "segments", found: counts.len(), least: 2 });
    }
    if rows.nrows() <= counts.len() {
        return Err(BadData::TooFew { what: "rows", found: rows.nrows(), least: counts.len() + 1 });
    }
    let mut centers = Array2::zeros((counts.len(), rows.ncols()));
    for (row, label) in rows.rows().into_iter().zip(&labels) {
        centers.row_mut(*label).zip_mut_with(&row, |sum, x| *sum += x / counts[*label]);
    }
    Ok(Quality {
        silhouette: silhouette(rows, &labels, &counts),
        davies_bouldin: davies_bouldin(rows, &labels, &counts, &centers),
        calinski_harabasz: calinski_harabasz(rows, &labels, &counts, &centers),
    })
}

fn silhouette(rows: ArrayView2<'_, f64>, labels: &[usize], counts: &[f64]) -> f64 {
    let of = |row: usize| {
        let own = labels[row];
        if counts[own] == 1.0 {
            return 0.0;
        }
        let mut sums = vec![0.0; counts.len()];
        for (other, label) in labels.iter().enumerate() {
            sums[*label] += squared_distance(rows.row(row), rows.row(other)).sqrt();
        }
        let a = sums[own] / (counts[own] - 1.0);
        let others = (0..counts.len()).filter(|label| *label != own);
        let b = others.map(|label| sums[label] / counts[label]).fold(f64::INFINITY, f64::min);
        if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 }
    };
    (0..labels.len()).map(of).sum::<f64>() / labels.len() as f64
}

fn davies_bouldin(rows: ArrayView2<'_, f64>, labels: &[usize], counts: &[f64], centers: &Array2<f64>) -> f64 {
    let mut width = vec![0.0; counts.len()];
    for (row, label) in rows.rows().into_iter().zip(labels) {
        width[*label] += squared_distance(row, centers.row(*label)).sqrt() / counts[*label];
    }
    let worst = |a: usize| {
        let ratio = |b: usize| (width[a] + width[b]) / squared_distance(centers.row(a), centers.row(b)).sqrt();
        (0..counts.len()).filter(|b| *b != a).map(ratio).fold(0.0, f64::max)
    };
    (0..counts.len()).map(worst).sum::<f64>() / counts.len() as f64
}

fn calinski_harabasz(rows: ArrayView2<'_, f64>, labels: &[usize], counts: &[f64], centers: &Array2<f64>) -> f64 {
    let (n, k) = (labels.len() as f64, counts.len() as f64);
    let mut middle = Array2::zeros((1, rows.ncols()));
    for row in rows.rows() {
        middle.row_mut(0).zip_mut_with(&row, |sum, x| *sum += x / n);
    }
    let between = counts
        .iter()
        .enumerate()
        .fold(0.0, |sum, (label, count)| sum + count * squared_distance(centers.row(label), middle.row(0)));
    let within = rows
        .rows()
        .into_iter()
        .zip(labels)
        .fold(0.0, |sum, (row, label)| sum + squared_distance(row, centers.row(*label)));
    (between / (k - 1.0)) / (within / (n - k))
}

#[cfg(test)]
mod tests {
    use super::super::tests::clouds;
    use super::*;
    use ndarray::array;

    #[test]
    fn right_segments_are_better_than_wrong_ones() {
        let rows = clouds();
        let right: Vec<u32> = (0..150).map(|row| row % 3).collect();
        let wrong: Vec<u32> = (0..150).map(|row| row / 50).collect();
        let [right, wrong] = [right, wrong].map(|labels| quality(rows.view(), &labels).expect("figures"));
        assert!(right.silhouette > 0.7 && wrong.silhouette < 0.1, "{right:?} {wrong:?}");
        assert!(right.davies_bouldin < 0.5 && wrong.davies_bouldin > 1.0);
        assert!(right.calinski_harabasz > 100.0 * wrong.calinski_harabasz);
    }

    #[test]
    fn figures_of_two_pairs() {
        // Centres 0.5 and 10.5 with widths 0.5: (0.5 + 0.5) / 10. Between 2 · 2 · 25, within 4 · 0.25, 2 degrees left.
        let found = quality(array![[0.0], [1.0], [10.0], [11.0]].view(), &[4, 4, 2, 2]).expect("figures");
        assert!((found.davies_bouldin - 0.1).abs() < 1e-15 && (found.calinski_harabasz - 200.0).abs() < 1e-12);
        // a = 1 and b = 10.5 for the outer rows, 9.5 for the inner ones.
        let expected = (2.0 * 9.5 / 10.5 + 2.0 * 8.5 / 9.5) / 4.0;
        assert!((found.silhouette - expected).abs() < 1e-15, "{found:?}");
    }

    #[test]
    fn one_segment_has_no_quality() {
        let found = quality(array![[0.0], [1.0]].view(), &[3, 3]);
        assert_eq!(found, Err(BadData::TooFew { what: "segments", found: 1, least: 2 }));
    }
}

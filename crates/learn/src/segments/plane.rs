//! The plane that keeps most of the variance of rows, to draw them on: principal components.

use crate::check::{self, BadData};
use ndarray::{Array2, ArrayView1, ArrayView2};

/// Sweeps of rotations; each squares what is left off the diagonal.
const MOST_SWEEPS: usize = 60;

/// A plane through the mean of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Mean of each column.
    pub mean: Vec<f64>,
    /// `2 × columns`: directions of unit length; the largest part of each is positive.
    pub axes: Array2<f64>,
    /// Variance along each axis, with n − 1.
    pub variance: [f64; 2],
    /// Share of all variance along each axis; 0 when there is none.
    pub share: [f64; 2],
}

/// Finds the two principal components.
///
/// # Errors
/// [`BadData`]: fewer than two rows or columns, or numbers that are not finite.
///
/// Source: Jolliffe, *Principal Component Analysis* (2002); eigenvectors by Jacobi rotations, Golub and Van Loan 8.5.
pub fn plane(rows: ArrayView2<'_, f64>) -> Result<Plane, BadData> {
    for (what, found) in [("rows", rows.nrows()), ("columns", rows.ncols())] {
        if found < 2 {
            return Err(BadData::TooFew { what, found, least: 2 });
        }
    }
    check::finite_rows("row", rows)?;
    let (n, width) = (rows.nrows() as f64, rows.ncols());
    let mut mean = vec![0.0; width];
    for row in rows.rows() {
        mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x / n);
    }
    let mut covariance = Array2::zeros((width, width));
    for row in rows.rows() {
        for a in 0..width {
            for b in 0..=a {
                covariance[[a, b]] += (row[a] - mean[a]) * (row[b] - mean[b]) / (n - 1.0);
            }
        }
    }
    for a in 0..width {
        for b in 0..a {
            covariance[[b, a]] = covariance[[a, b]];
        }
    }
    let vectors = rotate(&mut covariance);
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| covariance[[*b, *b]].total_cmp(&covariance[[*a, *a]]));
    let total: f64 = (0..width).map(|column| covariance[[column, column]]).sum();
    let variance = [0, 1].map(|axis| covariance[[order[axis], order[axis]]].max(0.0));
    let mut axes = Array2::zeros((2, width));
    for (axis, column) in order.iter().take(2).enumerate() {
        let vector = vectors.column(*column);
        let largest = vector.iter().fold(0.0, |most: f64, x| if x.abs() > most.abs() { *x } else { most });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        axes.row_mut(axis).zip_mut_with(&vector, |axis, x| *axis = sign * x);
    }
    Ok(Plane { mean, axes, variance, share: variance.map(|v| if total > 0.0 { v / total } else { 0.0 }) })
}

impl Plane {
    /// Where a row lies on the plane.
    pub fn place(&self, row: ArrayView1<'_, f64>) -> [f64; 2] {
        [0, 1].map(|axis| {
            let cells = row.iter().zip(&self.mean).zip(self.axes.row(axis));
            cells.fold(0.0, |sum, ((x, mean), part)| sum + (x - mean) * part)
        })
    }
}

/// Rotates a symmetric matrix until it is diagonal; the columns of the result are its eigenvectors.
fn rotate(matrix: &mut Array2<f64>) -> Array2<f64> {
    let n = matrix.nrows();
    let mut vectors = Array2::eye(n);
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = matrix[[p, q]];
                if off.abs() <= f64::EPSILON * (matrix[[p, p]] * matrix[[q, q]]).abs().sqrt() {
                    continue;
                }
                rotated = true;
                let theta = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * off);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for k in 0..n {
                    let (a, b) = (matrix[[k, p]], matrix[[k, q]]);
                    (matrix[[k, p]], matrix[[k, q]]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
                for k in 0..n {
                    let (a, b) = (matrix[[p, k]], matrix[[q, k]]);
                    (matrix[[p, k]], matrix[[q, k]]) = (cosine * a - sine * b, sine * a + cosine * b);
                    let (a, b) = (vectors[[k, p]], vectors[[k, q]]);
                    (vectors[[k, p]], vectors[[k, q]]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    vectors
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_on_a_line_lie_on_the_first_axis() {
        let rows = array![[0.0, 0.0, 1.0], [1.0, 2.0, 1.0], [2.0, 4.0, 1.0], [5.0, 10.0, 1.0]];
        let found = plane(rows.view()).expect("a plane");
        let length = f64::sqrt(5.0);
        assert!((found.axes[[0, 0]] - 1.0 / length).abs() < 1e-15 && (found.axes[[0, 1]] - 2.0 / length).abs() < 1e-15);
        assert!((found.share[0] - 1.0).abs() < 1e-15 && found.variance[1] < 1e-14);
        let [along, across] = found.place(rows.row(3));
        assert!((along - 3.0 * length).abs() < 1e-14 && across.abs() < 1e-14);
    }

    #[test]
    fn axes_are_eigenvectors() {
        let rows = Array2::from_shape_fn((40, 5), |(row, column)| ((row * 7 + column * 13) % (11 + column)) as f64);
        let found = plane(rows.view()).expect("a plane");
        // The variance of the places is the eigenvalue, and the places are not correlated.
        let places: Vec<[f64; 2]> = rows.rows().into_iter().map(|row| found.place(row)).collect();
        let moment = |a: usize, b: usize| places.iter().map(|place| place[a] * place[b]).sum::<f64>() / 39.0;
        // Entries are below 100, so rounding stays below 1e-12.
        assert!((moment(0, 0) - found.variance[0]).abs() < 1e-11 && (moment(1, 1) - found.variance[1]).abs() < 1e-11);
        assert!(moment(0, 1).abs() < 1e-11 && found.variance[0] >= found.variance[1]);
    }
}

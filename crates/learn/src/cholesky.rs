//! Linear equations with a symmetric positive semidefinite matrix.

use ndarray::Array2;

/// A pivot below this share of its diagonal entry is rounding: the column repeats earlier ones.
const DEAD_PIVOT: f64 = 1e-12;

/// Solves `matrix · x = right` by Cholesky factors, reading the lower triangle. The matrix is overwritten by its factor.
///
/// An unknown whose column repeats earlier ones is 0: the others say all that is to be said.
///
/// Source: Golub and Van Loan, *Matrix Computations* (2013), section 4.2.
pub(crate) fn solve(matrix: &mut Array2<f64>, right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let mut x = right.to_vec();
    for row in 0..n {
        let diagonal = matrix[[row, row]];
        for column in 0..row {
            let sum = (0..column).fold(matrix[[row, column]], |sum, k| sum - matrix[[row, k]] * matrix[[column, k]]);
            let pivot = matrix[[column, column]];
            matrix[[row, column]] = if pivot > 0.0 { sum / pivot } else { 0.0 };
        }
        let left = (0..row).fold(diagonal, |left, k| left - matrix[[row, k]] * matrix[[row, k]]);
        matrix[[row, row]] = if left > DEAD_PIVOT * diagonal { left.sqrt() } else { 0.0 };
        let known = (0..row).fold(x[row], |known, k| known - matrix[[row, k]] * x[k]);
        x[row] = over(known, matrix[[row, row]]);
    }
    for row in (0..n).rev() {
        let known = (row + 1..n).fold(x[row], |known, k| known - matrix[[k, row]] * x[k]);
        x[row] = over(known, matrix[[row, row]]);
    }
    x
}

fn over(known: f64, pivot: f64) -> f64 {
    if pivot > 0.0 { known / pivot } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn solves_a_positive_definite_system() {
        let mut matrix = array![[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let right: Vec<f64> = matrix.rows().into_iter().map(|row| row[0] - 2.0 * row[1] + 3.0 * row[2]).collect();
        let x = solve(&mut matrix, &right);
        // The condition number is below 10, so the error is a few units of the last place.
        for (found, expected) in x.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-14, "{x:?}");
        }
    }

    #[test]
    fn a_repeated_column_takes_no_part() {
        let mut matrix = array![[4.0, 4.0, 0.0], [4.0, 4.0, 0.0], [0.0, 0.0, 0.0]];
        assert_eq!(solve(&mut matrix, &[8.0, 8.0, 0.0]), [2.0, 0.0, 0.0]);
    }
}

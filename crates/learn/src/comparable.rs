//! Comparable cases: the rows nearest to a row.
//!
//! All rows are looked at: a hundred thousand of 30 coordinates take about 12 ms, and the answer is exact and the same
//! everywhere. (A cover tree leaves open which of two equally distant rows is named.)

use crate::check::{self, BadData};
use crate::segments::squared_distance;
use ndarray::{ArrayView1, ArrayView2};

/// A row and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Position of the row, from 0.
    pub row: usize,
    /// Euclidean distance.
    pub distance: f64,
}

/// The `k` nearest of the points, nearest first; of equally distant ones the earlier row. Fewer where there are fewer.
///
/// `points` is `rows × coordinates` of a [`crate::space::Space`], `to` a point of the same space.
///
/// # Errors
/// [`BadData`]: a point with other coordinates, or one that is not finite.
///
/// ```
/// use ndarray::array;
/// use underglass_learn::comparable::nearest;
/// let found = nearest(array![[0.0], [5.0], [4.0]].view(), array![3.0].view(), 2)?;
/// assert_eq!(found.iter().map(|near| (near.row, near.distance)).collect::<Vec<_>>(), [(2, 1.0), (1, 2.0)]);
/// # Ok::<(), underglass_learn::check::BadData>(())
/// ```
pub fn nearest(points: ArrayView2<'_, f64>, to: ArrayView1<'_, f64>, k: usize) -> Result<Vec<Neighbour>, BadData> {
    check::length("coordinates", to.len(), points.ncols())?;
    check::finite("coordinate", &to.to_vec())?;
    check::finite_rows("point", points)?;
    Ok(among(points, 0..points.nrows(), to, k))
}

/// The nearest of some rows, which rise.
pub(crate) fn among(
    points: ArrayView2<'_, f64>,
    rows: impl Iterator<Item = usize>,
    to: ArrayView1<'_, f64>,
    k: usize,
) -> Vec<Neighbour> {
    // Squares, nearest first.
    let mut near: Vec<(f64, usize)> = Vec::with_capacity(k + 1);
    for row in rows {
        let distance = squared_distance(points.row(row), to);
        if near.len() < k || near.last().is_some_and(|last| distance < last.0) {
            near.insert(near.partition_point(|other| other.0 <= distance), (distance, row));
            near.truncate(k);
        }
    }
    near.into_iter().map(|(square, row)| Neighbour { row, distance: square.sqrt() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use smartcore::algorithm::neighbour::cover_tree::CoverTree;
    use smartcore::metrics::distance::Distances;

    #[test]
    fn finds_the_rows_that_a_cover_tree_finds() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let points = Array2::from_shape_fn((300, 4), |_| rng.random_range(-1.0..1.0));
        let list: Vec<Vec<f64>> = points.rows().into_iter().map(|row| row.to_vec()).collect();
        let tree = CoverTree::new(list.clone(), Distances::euclidian()).expect("a tree");
        for (row, point) in list.iter().enumerate().take(20) {
            let found = nearest(points.view(), points.row(row), 6).expect("neighbours");
            let mut theirs = tree.find(point, 6).expect("neighbours");
            theirs.sort_by(|a, b| a.1.total_cmp(&b.1));
            for (ours, (index, distance, _)) in found.iter().zip(theirs) {
                assert_eq!(ours.row, index);
                assert!((ours.distance - distance).abs() < 1e-15, "{ours:?} {distance}");
            }
        }
    }

    #[test]
    fn of_equal_distances_the_earlier_row_comes_first() {
        let points = array![[1.0], [-1.0], [1.0], [0.0]];
        let rows =
            |k| nearest(points.view(), array![0.0].view(), k).expect("neighbours").into_iter().map(|near| near.row);
        assert_eq!(rows(3).collect::<Vec<_>>(), [3, 0, 1]);
        assert_eq!((rows(0).count(), rows(9).count()), (0, 4));
        assert!(matches!(nearest(points.view(), array![0.0, 1.0].view(), 1), Err(BadData::Length { .. })));
    }
}

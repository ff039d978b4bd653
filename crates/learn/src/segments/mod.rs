//! Segments of like rows: k-means with weights, from a given or a seeded start.

pub mod plane;
pub mod quality;
pub mod scaling;

use crate::check::{self, BadData};
use crate::random::{Stream, stream};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Rounds after which a start that still moves rows is left as it is.
const MOST_ROUNDS: u32 = 300;

/// Rows divided among centres.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// One row a segment.
    pub centers: Array2<f64>,
    /// The segment of each row.
    pub labels: Vec<u32>,
    /// Weighted sum of squared distances from the rows to their centres.
    pub inertia: f64,
    /// Rounds until no row changed its segment.
    pub rounds: u32,
}

/// Divides rows into `k` segments: the best of so many seeded starts, by inertia.
///
/// A start takes rows as centres, each next one with probability in proportion to weight times squared distance to the
/// nearest centre so far. Columns should have like scales; see [`crate::space`].
///
/// # Errors
/// [`BadData`]: fewer rows than segments, no start, numbers that are not finite, weights below 0.
///
/// Source: Arthur and Vassilvitskii, *k-means++: the advantages of careful seeding* (2007).
pub fn segments(
    rows: ArrayView2<'_, f64>,
    weight: Option<&[f64]>,
    k: u16,
    starts: u16,
    seed: u64,
) -> Result<Segments, BadData> {
    let weights = check::weights(weight, rows.nrows())?;
    let least = usize::from(k.max(1));
    if rows.nrows() < least {
        return Err(BadData::TooFew { what: "rows", found: rows.nrows(), least });
    }
    let mut best: Option<Segments> = None;
    for start in 0..starts {
        let centers = spread_out(rows, &weights, least, &mut stream(seed, Stream::Segments(start)));
        let found = lloyd(rows, weight, centers)?;
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
    }
    best.ok_or(BadData::TooFew { what: "starts", found: 0, least: 1 })
}

/// Lloyd's algorithm from given centres (`segments × columns`): every row goes to its nearest centre (of equally near ones
/// the first), every centre to the weighted mean of its rows, until no row moves.
///
/// A centre that loses all its rows moves to the row that is furthest from its own centre, which leaves that segment.
///
/// # Errors
/// [`BadData`]: centres with other columns than the rows, no centre, numbers that are not finite, weights below 0.
///
/// Source: Lloyd, *Least squares quantization in PCM* (1982); the rule for empty segments is scikit-learn's.
pub fn lloyd(rows: ArrayView2<'_, f64>, weight: Option<&[f64]>, start: Array2<f64>) -> Result<Segments, BadData> {
    let weight = check::weights(weight, rows.nrows())?;
    check::length("columns of centres", start.ncols(), rows.ncols())?;
    check::finite_rows("row", rows)?;
    check::finite_rows("centre", start.view())?;
    for (what, found) in [("rows", rows.nrows()), ("centres", start.nrows())] {
        if found == 0 {
            return Err(BadData::TooFew { what, found, least: 1 });
        }
    }
    let mut centers = start;
    let mut labels = labels_of(rows, &centers);
    let mut rounds = 0;
    loop {
        centers = means(rows, &weight, &labels, &centers);
        rounds += 1;
        let next = labels_of(rows, &centers);
        let settled = next == labels;
        labels = next;
        if settled || rounds == MOST_ROUNDS {
            break;
        }
    }
    let inertia =
        rows.rows().into_iter().zip(&labels).zip(&weight).fold(0.0, |sum, ((row, label), weight)| {
            sum + weight * squared_distance(row, centers.row(*label as usize))
        });
    Ok(Segments { centers, labels, inertia, rounds })
}

impl Segments {
    /// One segment's part of the inertia over the rows that were divided, with their weights.
    pub fn inertia_of(&self, rows: ArrayView2<'_, f64>, weight: &[f64], segment: u32) -> f64 {
        let center = self.centers.row(segment as usize);
        let of_segment = self.labels.iter().zip(rows.rows()).zip(weight).filter(|((label, _), _)| **label == segment);
        of_segment.fold(0.0, |sum, ((_, row), weight)| sum + weight * squared_distance(row, center))
    }

    /// The segment of a row: that of the nearest centre.
    pub fn of(&self, row: ArrayView1<'_, f64>) -> u32 {
        nearest(row, &self.centers).0
    }
}

/// `Σ (a − b)²`.
pub(crate) fn squared_distance(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
}

fn nearest(row: ArrayView1<'_, f64>, centers: &Array2<f64>) -> (u32, f64) {
    let mut best = (0, f64::INFINITY);
    for (label, center) in centers.rows().into_iter().enumerate() {
        let distance = squared_distance(row, center);
        if distance < best.1 {
            best = (label as u32, distance);
        }
    }
    best
}

fn labels_of(rows: ArrayView2<'_, f64>, centers: &Array2<f64>) -> Vec<u32> {
    rows.rows().into_iter().map(|row| nearest(row, centers).0).collect()
}

/// Weighted means of the segments' rows, empty segments filled.
fn means(rows: ArrayView2<'_, f64>, weight: &[f64], labels: &[u32], before: &Array2<f64>) -> Array2<f64> {
    let mut sums = Array2::zeros(before.raw_dim());
    let mut totals = vec![0.0; before.nrows()];
    for ((row, label), weight) in rows.rows().into_iter().zip(labels).zip(weight) {
        sums.row_mut(*label as usize).zip_mut_with(&row, |sum, x| *sum += weight * x);
        totals[*label as usize] += weight;
    }
    let empty: Vec<usize> = (0..totals.len()).filter(|segment| totals[*segment] == 0.0).collect();
    if !empty.is_empty() {
        let distance = |row: usize| squared_distance(rows.row(row), before.row(labels[row] as usize));
        let mut far: Vec<(usize, f64)> = (0..labels.len()).map(|row| (row, distance(row))).collect();
        far.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (segment, (row, _)) in empty.into_iter().zip(far) {
            let (from, moved) = (labels[row] as usize, weight[row]);
            for (column, x) in rows.row(row).iter().enumerate() {
                sums[[from, column]] -= moved * x;
                sums[[segment, column]] = moved * x;
            }
            totals[from] -= moved;
            totals[segment] = moved;
        }
    }
    for (segment, total) in totals.iter().enumerate() {
        match *total > 0.0 {
            true => sums.row_mut(segment).mapv_inplace(|sum| sum / total),
            // All of its rows weigh nothing: it stays where it was.
            false => sums.row_mut(segment).assign(&before.row(segment)),
        }
    }
    sums
}

/// Rows that are far from each other.
fn spread_out(rows: ArrayView2<'_, f64>, weight: &[f64], k: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
    let mut chosen: Vec<usize> = Vec::with_capacity(k);
    let mut distance = vec![f64::INFINITY; rows.nrows()];
    for _ in 0..k {
        let share = |row: usize| match chosen.is_empty() {
            true => weight[row],
            false => weight[row] * distance[row],
        };
        let total: f64 = (0..rows.nrows()).map(share).sum();
        let mut left = rng.random_range(0.0..1.0) * total;
        // Rounding may leave a rest after the last row; without any distance left the first row is taken again.
        let mut next = 0;
        for row in (0..rows.nrows()).filter(|row| share(*row) > 0.0) {
            next = row;
            left -= share(row);
            if left < 0.0 {
                break;
            }
        }
        chosen.push(next);
        for (row, distance) in distance.iter_mut().enumerate() {
            *distance = distance.min(squared_distance(rows.row(row), rows.row(next)));
        }
    }
    rows.select(Axis(0), &chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::SeedableRng;
    use smartcore::cluster::kmeans::{KMeans, KMeansParameters};
    use smartcore::linalg::basic::matrix::DenseMatrix;

    /// Three round clouds of 50 rows.
    pub(super) fn clouds() -> Array2<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        Array2::from_shape_fn((150, 2), |(row, column)| {
            let center = [[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]][row % 3][column];
            center + rng.random_range(-1.0..1.0)
        })
    }

    #[test]
    fn finds_the_segments_that_smartcore_finds() {
        let rows = clouds();
        let found = segments(rows.view(), None, 3, 10, 1).expect("segments");
        let list: Vec<Vec<f64>> = rows.rows().into_iter().map(|row| row.to_vec()).collect();
        let matrix = DenseMatrix::from_2d_vec(&list).expect("a matrix");
        let theirs = KMeans::<f64, i32, DenseMatrix<f64>, Vec<i32>>::fit(
            &matrix,
            KMeansParameters { k: 3, max_iter: 100, seed: Some(3) },
        )
        .expect("a fit");
        let labels = theirs.predict(&matrix).expect("labels");
        // Names of segments are arbitrary; which rows share one is not.
        for a in 0..150 {
            for b in 0..a {
                assert_eq!(found.labels[a] == found.labels[b], labels[a] == labels[b], "{a} {b}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bits() {
        let rows = clouds();
        let once = segments(rows.view(), None, 4, 3, 7).expect("segments");
        assert_eq!(once, segments(rows.view(), None, 4, 3, 7).expect("segments"));
        assert!(once.labels.iter().zip(rows.rows()).all(|(label, row)| once.of(row) == *label));
    }

    #[test]
    fn a_weight_counts_like_repeated_rows() {
        let rows = array![[0.0], [1.0], [10.0], [12.0]];
        let start = array![[0.0], [10.0]];
        let weighted = lloyd(rows.view(), Some(&[1.0, 3.0, 1.0, 1.0]), start.clone()).expect("segments");
        let repeated = array![[0.0], [1.0], [1.0], [1.0], [10.0], [12.0]];
        let plain = lloyd(repeated.view(), None, start).expect("segments");
        assert_eq!((weighted.centers, weighted.inertia), (plain.centers, plain.inertia));
    }

    #[test]
    fn an_empty_segment_takes_the_furthest_row() {
        let rows = array![[0.0], [1.0], [2.0], [30.0]];
        let found = lloyd(rows.view(), None, array![[1.0], [500.0]]).expect("segments");
        assert_eq!((found.labels, found.centers), (vec![0, 0, 0, 1], array![[1.0], [30.0]]));
        let same = lloyd(array![[5.0], [5.0]].view(), None, array![[5.0], [5.0], [5.0]]).expect("segments");
        assert_eq!((same.inertia, same.centers.nrows()), (0.0, 3));
    }

    #[test]
    fn bad_data_is_named() {
        let rows = array![[0.0], [f64::NAN]];
        assert!(matches!(lloyd(rows.view(), None, array![[0.0]]), Err(BadData::Number { what: "row", row: 1, .. })));
        assert!(matches!(lloyd(rows.view(), None, array![[0.0, 1.0]]), Err(BadData::Length { .. })));
        assert!(matches!(segments(rows.view(), None, 3, 1, 0), Err(BadData::TooFew { found: 2, least: 3, .. })));
    }
}

//! What a model carries of its training rows: ranges and medians, drift bins, populations. No row itself.

use crate::rows::Column;
use underglass_engine::artifact::{BAND_WIDTH, N_BANDS, Population, ReferenceBins};
use underglass_engine::features::FeatureVector;
use underglass_engine::model::Ensemble;
use underglass_engine::units::Points;

/// The least rows of a score band that serves as a reference.
pub const LEAST_BAND_ROWS: u64 = 200;
/// The name of the score among the drift bins.
const SCORE: &str = "score.points";
/// Drift bins of a number.
const N_BINS: usize = 10;

/// What is known of a column of numbers once it is binned.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// 0.1 % and 99.9 % quantiles.
    pub range: Option<(f64, f64)>,
    /// Lower median.
    pub median: Option<f64>,
    /// Drift bins.
    pub bins: ReferenceBins,
}

/// Summarises numbers. `sorted` rises.
pub fn of_numbers(name: &str, sorted: &[f64], missing: u64) -> Summary {
    let at = |place: f64| sorted.get(place as usize).copied();
    let last = (sorted.len().max(1) - 1) as f64;
    let range = at((0.001 * last).floor()).zip(at((0.999 * last).ceil()));
    Summary { range, median: at(0.5 * last), bins: decile_bins(name, sorted, missing) }
}

/// Summarises a category by the ranks of its levels.
pub fn of_ranks(name: &str, ranks: impl Iterator<Item = Option<u16>>, n_levels: usize) -> Summary {
    let (mut counts, mut missing) = (vec![0_u64; n_levels.max(1)], 0);
    for rank in ranks {
        match rank {
            Some(rank) => counts[usize::from(rank)] += 1,
            None => missing += 1,
        }
    }
    let total: u64 = counts.iter().sum();
    let mut below = 0;
    let median = counts.iter().position(|count| {
        below += count;
        total > 0 && 2 * below >= total
    });
    let edges = (1..n_levels).map(|rank| rank as f64).collect();
    Summary {
        range: (n_levels > 0).then(|| (0.0, (n_levels - 1) as f64)),
        median: median.map(|rank| rank as f64),
        bins: ReferenceBins { name: name.to_owned(), edges, counts, missing },
    }
}

/// Drift bins of the shown score.
pub fn score_bins(points: &[Points]) -> ReferenceBins {
    let mut sorted: Vec<f64> = points.iter().map(|points| f64::from(points.value())).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    decile_bins(SCORE, &sorted, 0)
}

fn decile_bins(name: &str, sorted: &[f64], missing: u64) -> ReferenceBins {
    let mut edges: Vec<f64> = Vec::new();
    for edge in (1..N_BINS).filter_map(|k| sorted.get(sorted.len() * k / N_BINS)) {
        if *edge > sorted[0] && edges.last() != Some(edge) {
            edges.push(*edge);
        }
    }
    let ends: Vec<usize> =
        edges.iter().map(|edge| sorted.partition_point(|value| value < edge)).chain([sorted.len()]).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let counts = ends.iter().zip(starts).map(|(end, start)| (end - start) as u64).collect();
    ReferenceBins { name: name.to_owned(), edges, counts, missing }
}

/// All rows, and every 20-point band of the shown score that has [`LEAST_BAND_ROWS`], in the shape of the model.
pub fn populations(
    ensemble: &Ensemble,
    points: &[Points],
    vector: impl Fn(usize) -> FeatureVector,
) -> (Population, Vec<Population>) {
    let mut all: Option<Population> = None;
    let mut bands = Vec::new();
    for band in 0..N_BANDS as i16 {
        let from = 300 + BAND_WIDTH * band;
        // The last band ends above the highest score.
        let inside = |points: &Points| (points.value() - 300) / BAND_WIDTH == band;
        let rows = points.iter().enumerate().filter(|(_, points)| inside(points)).map(|(row, _)| row);
        let vectors: Vec<FeatureVector> = rows.map(&vector).collect();
        if vectors.is_empty() {
            continue;
        }
        let (rows, summary) = (vectors.len() as u64, ensemble.summary(&vectors));
        match &mut all {
            Some(all) => {
                all.summary.merge(all.rows, &summary, rows);
                all.rows += rows;
            }
            None => all = Some(Population { from: None, to: None, rows, summary: summary.clone() }),
        }
        if rows >= LEAST_BAND_ROWS {
            bands.push(Population { from: Some(from), to: Some(from + BAND_WIDTH), rows, summary });
        }
    }
    // Both outcomes were seen, so there are rows.
    let none = || Population { from: None, to: None, rows: 0, summary: ensemble.summary(&[]) };
    (all.unwrap_or_else(none), bands)
}

/// Whether a band is touched by one of the cut-offs: by the 20 points from it.
pub fn is_touched(band: &Population, cut_offs: &[i16]) -> bool {
    let touches = |from: i16, to: i16, cut_off: i16| from < cut_off + BAND_WIDTH && to > cut_off;
    band.from.zip(band.to).is_some_and(|(from, to)| cut_offs.iter().any(|cut_off| touches(from, to, *cut_off)))
}

/// How many rows of a column miss the value.
pub fn missing(column: &Column) -> u64 {
    let count = match column {
        Column::Numbers { present, .. } => present.iter().filter(|present| !**present).count(),
        Column::Levels { levels, .. } => levels.iter().filter(|level| level.is_none()).count(),
    };
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deciles_count_every_row_once() {
        let sorted: Vec<f64> = [vec![0.0; 55], (1..=45).map(f64::from).collect()].concat();
        let bins = decile_bins("x", &sorted, 3);
        assert_eq!(bins.edges, [6.0, 16.0, 26.0, 36.0]);
        assert_eq!(bins.counts, [60, 10, 10, 10, 10]);
        assert_eq!(decile_bins("x", &[], 9).counts, [0]);
        assert_eq!(decile_bins("x", &[1.0, 1.0], 0).edges, [0.0; 0]);
    }

    #[test]
    fn ranks_have_a_bin_each_and_a_median_level() {
        let summary = of_ranks("home", [Some(0), Some(2), Some(2), None].into_iter(), 3);
        assert_eq!((summary.range, summary.median), (Some((0.0, 2.0)), Some(2.0)));
        assert_eq!((summary.bins.counts, summary.bins.missing, summary.bins.edges), (vec![1, 0, 2], 1, vec![1.0, 2.0]));
    }
}

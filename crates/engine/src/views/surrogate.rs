//! A local linear surrogate: what a straight line through made-up neighbours of one row says of each feature (LIME).
//!
//! It approximates; exact contributions stand beside it. Each neighbour keeps a random half of the row's features and has
//! the others redrawn from the reference; a weighted ridge regression on *kept or redrawn* gives one weight a feature.
//!
//! Source: Ribeiro, Singh, Guestrin, "Why Should I Trust You?" (KDD 2016), with the kernel, its width and the ridge of the
//! authors' own implementation.

use crate::artifact::ReferenceBins;
use crate::features::{Feature, FeatureVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The most features that a surrogate names.
pub const MOST_FEATURES: usize = 10;
/// Neighbours of the row, the row itself among them.
pub const SAMPLES: usize = 1000;
/// Penalty of the squared weights.
const RIDGE: f64 = 1.0;
/// The stream of random numbers under a receipt's seed: `lime` in ASCII.
const STREAM: u64 = 0x6c69_6d65;

/// A straight line near one row, in the unit of what it approximates.
#[derive(Clone, Debug, PartialEq)]
pub struct Surrogate {
    /// The line's value where every feature is redrawn.
    pub intercept: f64,
    /// Features with what keeping the row's own value adds, the largest effect first; at most [`MOST_FEATURES`].
    pub weights: Vec<(usize, f64)>,
    /// Share of the neighbours' weighted variance that the line explains; `None` when they do not differ.
    pub r2: Option<f64>,
}

/// Fits the surrogate of `score` at a row. `players` are the features that neighbours may change, `redraw` gives a feature
/// another value. The same seed gives the same bits.
pub fn fit(
    row: &FeatureVector,
    players: &[usize],
    mut redraw: impl FnMut(usize, &mut ChaCha8Rng) -> Option<f64>,
    score: impl Fn(&FeatureVector) -> f64,
    seed: u64,
) -> Surrogate {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    // With the width 0.75·√n, the kernel of the authors is exp(−d² / (2·0.75²·n)); d² is the number of redrawn features.
    let width = 2.0 * 0.75 * 0.75 * players.len().max(1) as f64;
    // Differences from the row itself, so that a constant is exactly 0.
    let own = score(row);
    let mut neighbours = Vec::with_capacity(SAMPLES);
    for sample in 0..SAMPLES {
        let mut near = row.clone();
        let kept: Vec<bool> = players
            .iter()
            .map(|player| {
                let kept = sample == 0 || rng.random_range(0..2_u32) == 1;
                if !kept && let Some(value) = near.0.get_mut(*player) {
                    *value = redraw(*player, &mut rng);
                }
                kept
            })
            .collect();
        let redrawn = kept.iter().filter(|kept| !**kept).count() as f64;
        neighbours.push(Neighbour { kept, value: score(&near) - own, weight: libm::exp(-redrawn / width) });
    }
    let all: Vec<usize> = (0..players.len()).collect();
    let mut ranked: Vec<(usize, f64)> = all.iter().copied().zip(ridge(&neighbours, &all).1).collect();
    ranked.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    let chosen: Vec<usize> = ranked.iter().take(MOST_FEATURES).map(|(player, _)| *player).collect();
    let (intercept, slopes) = ridge(&neighbours, &chosen);
    let r2 = explained(&neighbours, &chosen, intercept, &slopes);
    let mut weights: Vec<(usize, f64)> =
        chosen.iter().zip(slopes).filter_map(|(player, slope)| Some((*players.get(*player)?, slope))).collect();
    weights.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    Surrogate { intercept: own + intercept, weights, r2 }
}

/// A value of a feature as the reference rows have it: a bin by its count, then anywhere in the bin, a whole number between
/// whole ends. The last bin ends with the feature's range; there values crowd toward its edge, as those of a long tail do.
pub fn redrawn(feature: &Feature, bins: &ReferenceBins, rng: &mut ChaCha8Rng) -> Option<f64> {
    let total = bins.counts.iter().fold(bins.missing, |sum, count| sum.saturating_add(*count));
    let mut place = rng.random_range(0..total.max(1));
    let within: f64 = rng.random_range(0.0..1.0);
    let bin = bins.counts.iter().position(|count| {
        let here = place < *count;
        place = place.saturating_sub(*count);
        here
    })?;
    if !feature.levels.is_empty() {
        return Some(bin as f64);
    }
    let (first, last) = feature.range.unzip();
    let low = bin.checked_sub(1).and_then(|edge| bins.edges.get(edge)).copied().or(first);
    let edge = bins.edges.get(bin).copied();
    let Some((low, high)) = low.zip(edge.or(last)) else { return low.or(edge).or(last) };
    let share = if edge.is_some() { within } else { within * within * within };
    let value = low + (high - low).max(0.0) * share;
    Some(if low.fract() == 0.0 && high.fract() == 0.0 { value.floor() } else { value })
}

struct Neighbour {
    /// Which players kept the row's value.
    kept: Vec<bool>,
    value: f64,
    weight: f64,
}

impl Neighbour {
    /// 1 for a kept player.
    fn at(&self, player: usize) -> f64 {
        if self.kept.get(player).copied().unwrap_or(false) { 1.0 } else { 0.0 }
    }
}

/// Intercept and slopes of the weighted ridge regression on some players; the intercept bears no penalty.
fn ridge(neighbours: &[Neighbour], players: &[usize]) -> (f64, Vec<f64>) {
    let total: f64 = neighbours.iter().map(|near| near.weight).sum();
    let mean =
        |of: &dyn Fn(&Neighbour) -> f64| neighbours.iter().fold(0.0, |sum, near| sum + near.weight * of(near)) / total;
    let middle = mean(&|near| near.value);
    let middles: Vec<f64> = players.iter().map(|player| mean(&|near| near.at(*player))).collect();
    let n = players.len();
    let (mut gram, mut right) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    for near in neighbours {
        let x: Vec<f64> = players.iter().zip(&middles).map(|(player, middle)| near.at(*player) - middle).collect();
        for ((row, b), xi) in gram.iter_mut().zip(&mut right).zip(&x) {
            row.iter_mut().zip(&x).for_each(|(sum, xj)| *sum += near.weight * xi * xj);
            *b += near.weight * xi * (near.value - middle);
        }
    }
    for (at, row) in gram.iter_mut().enumerate() {
        row[at] += RIDGE;
    }
    let slopes = solved(gram, right);
    let intercept = slopes.iter().zip(&middles).fold(middle, |sum, (slope, middle)| sum - slope * middle);
    (intercept, slopes)
}

/// Solves a positive definite system; such a one needs no pivoting.
fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for pivot in 0..n {
        for row in pivot + 1..n {
            let factor = a[row][pivot] / a[pivot][pivot];
            let (above, below) = a.split_at_mut(row);
            below[0].iter_mut().zip(&above[pivot]).skip(pivot).for_each(|(value, of)| *value -= factor * of);
            b[row] -= factor * b[pivot];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| a[row][column] * b[column]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    b
}

fn explained(neighbours: &[Neighbour], players: &[usize], intercept: f64, slopes: &[f64]) -> Option<f64> {
    let total: f64 = neighbours.iter().map(|near| near.weight).sum();
    let middle = neighbours.iter().fold(0.0, |sum, near| sum + near.weight * near.value) / total;
    let (mut left, mut all) = (0.0, 0.0);
    for near in neighbours {
        let line = players.iter().zip(slopes).fold(intercept, |sum, (player, slope)| sum + slope * near.at(*player));
        left += near.weight * (near.value - line) * (near.value - line);
        all += near.weight * (near.value - middle) * (near.value - middle);
    }
    (all > 0.0).then(|| 1.0 - left / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Direction, Expr, LevelEffect};

    /// Twelve features; redrawn values are 0.
    fn of(score: impl Fn(&FeatureVector) -> f64, seed: u64) -> Surrogate {
        let row = FeatureVector((1..=12).map(|value| Some(f64::from(value))).collect());
        fit(&row, &(0..12).collect::<Vec<_>>(), |_, _| Some(0.0), score, seed)
    }

    fn line(row: &FeatureVector) -> f64 {
        row.0.iter().enumerate().fold(2.0, |sum, (at, value)| sum + (at as f64 - 5.0) * value.unwrap_or(0.0))
    }

    #[test]
    fn a_line_is_found_again() {
        let found = of(line, 7);
        assert_eq!(found.weights.len(), MOST_FEATURES);
        assert_eq!(found.weights.iter().map(|(feature, _)| *feature).take(4).collect::<Vec<_>>(), [11, 10, 9, 8]);
        for (feature, weight) in &found.weights {
            let exact = (*feature as f64 - 5.0) * (*feature as f64 + 1.0);
            // A penalty of 1 on about 1000·¼·0.6 = 150 units of variance takes off less than a hundredth; the two features
            // that are left out have at most 6 in 72 of the largest effect and blur the others by chance.
            assert!((weight - exact).abs() <= 0.02 * exact.abs() + 1.5, "{feature}: {weight} of {exact}");
        }
        assert!(found.r2.is_some_and(|r2| r2 > 0.99 && r2 <= 1.0), "{:?}", found.r2);
    }

    #[test]
    fn a_seed_gives_the_same_bits_and_another_seed_others() {
        let bent = |row: &FeatureVector| line(row) * line(row);
        assert_eq!(of(bent, 7), of(bent, 7));
        assert_ne!(of(bent, 7), of(bent, 8));
        let r2 = of(bent, 7).r2.unwrap_or(f64::NAN);
        assert!((0.0..0.999).contains(&r2), "a square is no line: {r2}");
    }

    #[test]
    fn redrawn_values_lie_where_the_reference_rows_do() {
        let feature = |levels: &[&str]| Feature {
            name: "x".to_owned(),
            label: "x".to_owned(),
            from: Expr::Input("x".to_owned()),
            direction: Direction::Free,
            family: "x".to_owned(),
            levels: levels.iter().map(|level| LevelEffect { level: (*level).to_owned(), mean: 0.0 }).collect(),
            range: Some((-5.0, 50.0)),
            median: None,
        };
        let bins = ReferenceBins { name: "x".to_owned(), edges: vec![0.0, 10.0], counts: vec![10, 0, 30], missing: 60 };
        let drawn = |feature: &Feature, bins: &ReferenceBins| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            (0..10_000).map(|_| redrawn(feature, bins, &mut rng)).collect::<Vec<_>>()
        };
        let numbers = drawn(&feature(&[]), &bins);
        let count = |from: f64, to: f64| numbers.iter().flatten().filter(|x| (from..to).contains(*x)).count() as f64;
        // 10,000 draws: the standard error of a share is at most 50, so 200 is four of them.
        assert!(count(10.0, 30.0) > 2.0 * count(30.0, 50.0), "the tail is thin");
        assert!((count(-5.0, 0.0) - 1_000.0).abs() < 200.0 && (count(10.0, 50.0) - 3_000.0).abs() < 200.0);
        let missing = numbers.iter().filter(|x| x.is_none()).count() as f64;
        assert_eq!(count(-5.0, 0.0) + count(10.0, 50.0) + missing, 10_000.0, "and nowhere else");
        assert!(numbers.iter().flatten().all(|number| number.fract() == 0.0), "whole between whole ends");
        assert!(drawn(&feature(&["a", "b", "c"]), &bins).iter().flatten().all(|rank| *rank == 0.0 || *rank == 2.0));
        let none = ReferenceBins { name: "x".to_owned(), edges: Vec::new(), counts: vec![0], missing: 0 };
        assert_eq!(drawn(&feature(&[]), &none)[0], None, "no rows, no value");
    }

    #[test]
    fn what_never_moves_has_no_r2() {
        let found = of(|_| 3.0, 1);
        assert!(found.r2.is_none() && found.weights.iter().all(|(_, weight)| *weight == 0.0));
        assert_eq!(fit(&FeatureVector(Vec::new()), &[], |_, _| None, |_| 1.0, 1).weights, []);
    }
}

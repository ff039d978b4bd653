//! Isotonic regression: the monotone steps nearest to the outcomes, joined by straight lines.
//!
//! A diagnostic: it shows what an affine calibration misses. A model is not calibrated by it, as points would no longer add up.

use crate::check::{self, BadData};
use serde::{Deserialize, Serialize};

/// A monotone function of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Whether the function rises or falls.
    pub trend: Trend,
    /// Corners `(score, value)`, scores rising, at least one. Between two corners the function is a straight line.
    pub corners: Vec<(f64, f64)>,
}

/// Which way a monotone function goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Never falls.
    Rising,
    /// Never rises.
    Falling,
}

impl Trend {
    /// The sign of Spearman's rank correlation; rising where it is 0 or not defined.
    pub fn of(x: &[f64], y: &[f64]) -> Self {
        let (x, y) = (ranks(x), ranks(y));
        let n = x.len() as f64;
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let covariance = x.iter().zip(&y).fold(0.0, |sum, (x, y)| sum + (x - mean_x) * (y - mean_y));
        if covariance < 0.0 { Trend::Falling } else { Trend::Rising }
    }
}

/// Fits values `y` over scores `x` by pooling adjacent violators, weighted least squares. Equal scores count as one row
/// with their weighted mean; rows of weight 0 count as absent; values are limited to `bounds`.
///
/// # Errors
/// [`BadData`]: lengths that differ, numbers that are not finite, weights below 0, bounds that exclude all, or no row that weighs something.
///
/// Source: Barlow, Bartholomew, Bremner and Brunk, *Statistical Inference under Order Restrictions* (1972).
///
/// ```
/// use underglass_learn::calibrate::isotonic::{Trend, isotonic};
/// let found = isotonic(&[0.1, 0.2, 0.3, 0.4], &[0.0, 1.0, 0.0, 1.0], None, Trend::Rising, (0.0, 1.0))?;
/// assert_eq!(found.corners, [(0.1, 0.0), (0.2, 0.5), (0.3, 0.5), (0.4, 1.0)]);
/// assert_eq!(found.nearest(9.0), 1.0);
/// # Ok::<(), underglass_learn::check::BadData>(())
/// ```
pub fn isotonic(
    x: &[f64],
    y: &[f64],
    weight: Option<&[f64]>,
    trend: Trend,
    bounds: (f64, f64),
) -> Result<Isotonic, BadData> {
    let weight = check::weights(weight, x.len())?;
    check::length("values", y.len(), x.len())?;
    check::finite("score", x)?;
    check::finite("value", y)?;
    check::setting("lower bound", bounds.0, (f64::NEG_INFINITY, f64::INFINITY), "a number")?;
    check::setting("upper bound", bounds.1, (bounds.0, f64::INFINITY), "at least the lower one")?;
    let mut order: Vec<usize> = (0..x.len()).filter(|row| weight[*row] > 0.0).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let sign = if trend == Trend::Rising { 1.0 } else { -1.0 };
    let mut points: Vec<(f64, Block)> = Vec::new();
    for row in order {
        let block = Block { value: sign * y[row], weight: weight[row], members: 1 };
        match points.last_mut() {
            Some((last, joined)) if *last == x[row] => *joined = joined.with(&block),
            _ => points.push((x[row], block)),
        }
    }
    let mut values = Vec::with_capacity(points.len());
    for block in pool(points.iter().map(|(_, block)| Block { members: 1, ..*block })) {
        let value = (sign * block.value).clamp(bounds.0, bounds.1);
        values.extend(std::iter::repeat_n(value, block.members));
    }
    let is_corner = |at: &usize| {
        let flat_before = at.checked_sub(1).and_then(|before| values.get(before)) == values.get(*at);
        let flat_after = values.get(*at + 1) == values.get(*at);
        !(flat_before && flat_after)
    };
    let corners: Vec<(f64, f64)> = (0..values.len()).filter(is_corner).map(|at| (points[at].0, values[at])).collect();
    if corners.is_empty() {
        return Err(BadData::TooFew { what: "rows of positive weight", found: 0, least: 1 });
    }
    Ok(Isotonic { trend, corners })
}

impl Isotonic {
    /// The value at a score; `None` outside of the scores that were fitted.
    pub fn within(&self, x: f64) -> Option<f64> {
        let after = self.corners.partition_point(|corner| corner.0 < x);
        match (after.checked_sub(1).and_then(|before| self.corners.get(before)), self.corners.get(after)) {
            (_, Some(corner)) if corner.0 == x => Some(corner.1),
            (Some((x0, y0)), Some((x1, y1))) => Some((y1 - y0) / (x1 - x0) * (x - x0) + y0),
            _ => None,
        }
    }

    /// The value at a score; outside of the fitted scores that of the nearest one. NaN gives NaN.
    pub fn nearest(&self, x: f64) -> f64 {
        let ends = self.corners.first().zip(self.corners.last());
        ends.and_then(|(first, last)| self.within(x.clamp(first.0, last.0))).unwrap_or(f64::NAN)
    }
}

/// Neighbours that were pooled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    /// Weighted mean.
    pub(crate) value: f64,
    /// Sum of weights.
    pub(crate) weight: f64,
    /// How many were pooled.
    pub(crate) members: usize,
}

impl Block {
    fn with(&self, next: &Block) -> Block {
        let weight = self.weight + next.weight;
        let value = (self.value * self.weight + next.value * next.weight) / weight;
        Block { value, weight, members: self.members + next.members }
    }
}

/// Pools neighbours until the values rise strictly from block to block.
pub(crate) fn pool(points: impl Iterator<Item = Block>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for point in points {
        let mut last = point;
        while let Some(before) = blocks.pop_if(|before| before.value >= last.value) {
            last = before.with(&last);
        }
        blocks.push(last);
    }
    blocks
}

/// Ranks from 1, ties sharing their mean.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let mut ranks = vec![0.0; numbers.len()];
    let mut start = 0;
    for tie in order.chunk_by(|a, b| numbers[*a] == numbers[*b]) {
        let mean = start as f64 + (tie.len() as f64 + 1.0) / 2.0;
        tie.iter().for_each(|row| ranks[*row] = mean);
        start += tie.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_monotone_shift_of_a_block_fits_better(rows in prop::collection::vec((0_u8..20, 0.0_f64..1.0, 0.1_f64..3.0), 1..60)) {
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let y: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let weight: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let found = isotonic(&x, &y, Some(&weight), Trend::Rising, (0.0, 1.0)).expect("a fit");
            prop_assert!(found.corners.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
            // Least squares: on every level of the function the weighted residuals sum to 0.
            for (_, level) in &found.corners {
                let residual: f64 = (0..x.len())
                    .filter(|row| found.nearest(x[*row]) == *level)
                    .map(|row| weight[row] * (y[row] - level))
                    .sum();
                prop_assert!(residual.abs() < 1e-12, "{residual}");
            }
        }
    }

    #[test]
    fn outside_is_named_or_nearest() {
        let found = isotonic(&[1.0, 2.0], &[3.0, 1.0], None, Trend::Falling, (0.0, 2.5)).expect("a fit");
        assert_eq!(found.corners, [(1.0, 2.5), (2.0, 1.0)]);
        assert_eq!((found.within(0.5), found.within(1.5), found.within(2.5)), (None, Some(1.75), None));
        assert_eq!((found.nearest(0.5), found.nearest(7.0)), (2.5, 1.0));
        assert!(found.nearest(f64::NAN).is_nan());
    }

    #[test]
    fn the_trend_is_that_of_the_ranks() {
        assert_eq!(Trend::of(&[1.0, 2.0, 3.0], &[0.0, 0.0, 1.0]), Trend::Rising);
        assert_eq!(Trend::of(&[1.0, 2.0, 3.0], &[1.0, 0.0, 0.0]), Trend::Falling);
        assert_eq!(Trend::of(&[1.0, 2.0], &[1.0, 1.0]), Trend::Rising);
    }

    #[test]
    fn rows_that_weigh_nothing_are_none() {
        let found = isotonic(&[1.0], &[1.0], Some(&[0.0]), Trend::Rising, (0.0, 1.0));
        assert_eq!(found, Err(BadData::TooFew { what: "rows of positive weight", found: 0, least: 1 }));
        assert!(matches!(
            isotonic(&[f64::NAN], &[1.0], None, Trend::Rising, (0.0, 1.0)),
            Err(BadData::Number { what: "score", .. })
        ));
        assert!(matches!(
            isotonic(&[1.0], &[1.0], None, Trend::Rising, (1.0, 0.0)),
            Err(BadData::Setting { what: "upper bound", .. })
        ));
    }
}

//! Which rows choose the questions of a tree: steep ones more often, and each counts for those that it stands for.
//!
//! A row is drawn with probability `min(1, s / μ)`, where `s = √(g² + h²)`, and its derivatives are divided by it, so that
//! every histogram is right on average, with the least variance for the number of rows (Ibragimov and Gusev, *Minimal
//! Variance Sampling in Stochastic Gradient Boosting*, 2019).

use super::gradient::{Unit, halves, pair};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Rows that are looked at to find μ.
const MOST_LOOKED_AT: usize = 2048;

/// The drawn rows of a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Their numbers, rising.
    pub(crate) rows: Vec<u32>,
    /// Their derivatives over their probabilities, packed.
    pub(crate) packed: Vec<i64>,
    derivatives: Vec<[f32; 2]>,
}

impl Sample {
    /// Draws about `share` of the rows that have a derivative, given the packed derivatives of all rows.
    #[inline(never)]
    pub(crate) fn draw(&mut self, of: &[i64], share: f64, rng: &mut ChaCha8Rng, unit: Unit) -> Unit {
        let limit = limit(of, share);
        // A row's number is `start + row · step` modulo 2^32: uniform, and for any two rows nearly independent.
        let (mut number, step) = (rng.next_u32(), rng.next_u32() | 1);
        let scale = limit / (1_u32 << 24) as f32;
        self.rows.resize(of.len(), 0);
        let mut end = 0;
        for (row, packed) in of.iter().enumerate() {
            let least = (number >> 8) as f32 * scale;
            number = number.wrapping_add(step);
            self.rows[end] = row as u32;
            // Whether a row is drawn cannot be foretold: every row is written, and the end moves on for those that stay.
            end += usize::from((least * least < square(*packed)) & (*packed != 0));
        }
        self.rows.truncate(end);
        self.quantise(of, limit, unit)
    }

    /// Packs what the drawn rows stand for, in units of which the sums just fit.
    #[inline(never)]
    fn quantise(&mut self, of: &[i64], limit: f32, unit: Unit) -> Unit {
        self.derivatives.clear();
        self.derivatives.extend(self.rows.iter().map(|row| {
            let packed = of[*row as usize];
            let (g, h) = halves(packed);
            let stands_for = (limit / square(packed).sqrt()).max(1.0);
            [g as f32 * stands_for, h as f32 * stands_for]
        }));
        let sums = self
            .derivatives
            .iter()
            .fold([0.0; 2], |[sum_g, sum_h]: [f64; 2], [g, h]| [sum_g + f64::from(g.abs()), sum_h + f64::from(*h)]);
        // Half a unit of rounding a row is left free: 2^30 + n/2 stays below 2^31.
        let [units_g, units_h] = sums.map(|sum| f64::from(1 << 30) / sum.max(1.0));
        let packed = |[g, h]: &[f32; 2]| pair(nearest(f64::from(*g) * units_g), nearest(f64::from(*h) * units_h));
        self.packed.clear();
        self.packed.extend(self.derivatives.iter().map(packed));
        Unit { gradient: unit.gradient / units_g, curvature: unit.curvature / units_h }
    }
}

/// `s²` of a row, in units of the gradient.
#[inline]
fn square(packed: i64) -> f32 {
    let (g, h) = halves(packed);
    // A curvature has four units for one of the gradient's.
    let (g, h) = (g as f32, h as f32 * 0.25);
    g * g + h * h
}

/// The μ with which a share of the rows is expected to be drawn: that of up to [`MOST_LOOKED_AT`] rows at even distances.
#[inline(never)]
fn limit(of: &[i64], share: f64) -> f32 {
    if share >= 1.0 {
        return 0.0;
    }
    let looked_at = of.iter().step_by(of.len().div_ceil(MOST_LOOKED_AT).max(1)).filter(|packed| **packed != 0);
    let mut steepness: Vec<f32> = looked_at.map(|packed| square(*packed).sqrt()).collect();
    steepness.sort_unstable_by(f32::total_cmp);
    let mut expected = share * steepness.len() as f64;
    let mut rest = steepness.iter().fold(0.0, |sum, s| sum + f64::from(*s));
    // The steepest rows are drawn for certain as long as μ is below them.
    while let Some(steepest) = steepness.pop() {
        if expected <= 1.0 || f64::from(steepest) * expected <= rest {
            break;
        }
        rest -= f64::from(steepest);
        expected -= 1.0;
    }
    (rest / expected.max(f64::MIN_POSITIVE)) as f32
}

/// The nearest integer of a number below 2^31, ties to even: the low bits of the sum with 1.5 · 2^52.
fn nearest(x: f64) -> i32 {
    (x + 6_755_399_441_055_744.0).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, stream};

    fn rows(n: i32) -> Vec<i64> {
        let some = |i: i32| pair((i * 7919 % 200_000) - 70_000, i * 10_729 % 150_000);
        (0..n).map(|i| if i % 7 == 0 { 0 } else { some(i) }).collect()
    }

    #[test]
    fn a_sample_stands_for_all_rows() {
        let of = rows(60_000);
        let unit = Unit::of_rows(1.0);
        let all = of.iter().fold((0.0, 0.0), |sum, packed| {
            let (g, h) = unit.unpack(*packed);
            (sum.0 + g, sum.1 + h)
        });
        let mut sample = Sample::default();
        let drawn = sample.draw(&of, 0.3, &mut stream(3, Stream::FinalModel), unit);
        let found = drawn.unpack(sample.packed.iter().sum());
        // Σ over rows of s² (1/p − 1): a standard error of about 65 for the gradient of 60,000 rows; four of them.
        assert!((found.0 - all.0).abs() < 260.0 && (found.1 - all.1).abs() < 0.02 * all.1, "{found:?} {all:?}");
        let share = sample.rows.len() as f64 / (60_000.0 * 6.0 / 7.0);
        assert!((share - 0.3).abs() < 0.02, "{share}");
        assert!(sample.rows.iter().all(|row| row % 7 != 0) && sample.rows.is_sorted());
    }

    #[test]
    fn a_full_sample_is_every_row_as_it_is() {
        let of = rows(5000);
        let unit = Unit::of_rows(2.0);
        let mut sample = Sample::default();
        let drawn = sample.draw(&of, 1.0, &mut stream(3, Stream::FinalModel), unit);
        assert_eq!(sample.rows.len(), of.iter().filter(|packed| **packed != 0).count());
        for (row, packed) in sample.rows.iter().zip(&sample.packed) {
            let ((g, h), (exact_g, exact_h)) = (drawn.unpack(*packed), unit.unpack(of[*row as usize]));
            assert!((g - exact_g).abs() <= 0.5 * drawn.gradient && (h - exact_h).abs() <= 0.5 * drawn.curvature);
        }
    }
}

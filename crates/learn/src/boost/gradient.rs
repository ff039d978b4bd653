//! Gradient and curvature of the log loss, packed into one integer a row.
//!
//! Both halves are fixed-point numbers, so a sum is one addition of an `i64` and is the same whatever order its rows are
//! added in. The gradient is the high half. The curvature is the low half: it is not negative and its sums fit 32 bits,
//! so it never carries or borrows.

use super::threads::for_each;

/// Rows whose packed pairs may be summed: 2^12 gradients of at most 2^18 units fit 32 bits.
pub(crate) const BLOCK: usize = 1 << 12;

/// What one unit of each half stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) gradient: f64,
    pub(crate) curvature: f64,
}

impl Unit {
    /// The unit of the rows' own pairs, whose heaviest row weighs `heaviest`.
    pub(crate) fn of_rows(heaviest: f64) -> Self {
        Self { gradient: heaviest / f64::from(GRADIENT_UNITS), curvature: heaviest / f64::from(CURVATURE_UNITS) }
    }

    /// The gradient and the curvature of a packed pair or sum.
    pub(crate) fn unpack(self, packed: i64) -> (f64, f64) {
        let (gradient, curvature) = halves(packed);
        (f64::from(gradient) * self.gradient, f64::from(curvature) * self.curvature)
    }
}

/// Units of a gradient of 1: the gradient of the heaviest row is between −1 and 1.
const GRADIENT_UNITS: f32 = 262_144.0;
/// Units of a curvature of 1: the curvature of the heaviest row is at most ¼.
const CURVATURE_UNITS: f32 = 1_048_576.0;

/// Packs two halves.
pub(crate) fn pair(gradient: i32, curvature: i32) -> i64 {
    (i64::from(gradient) << 32) + i64::from(curvature)
}

/// The halves of a packed pair or sum.
pub(crate) fn halves(packed: i64) -> (i32, i32) {
    ((packed >> 32) as i32, packed as i32)
}

/// Rows that are differentiated side by side.
const LANES: usize = 8;

/// Packs the derivatives of the log loss at each margin. `signed` holds each row's weight over the heaviest one's, below
/// zero for the bad ones.
#[inline(never)]
pub(crate) fn differentiate(threads: u16, margins: &[f64], signed: &[f32], packed: &mut [i64]) {
    let chunk = chunk(margins.len(), threads);
    let rows = margins.chunks(chunk).zip(signed.chunks(chunk)).zip(packed.chunks_mut(chunk));
    for_each(threads, &mut rows.collect::<Vec<_>>(), |((margins, signed), packed)| {
        let ((margins, rest), (signed, signed_rest)) = (margins.as_chunks(), signed.as_chunks());
        let (packed, packed_rest) = packed.as_chunks_mut();
        for ((margins, signed), packed) in margins.iter().zip(signed).zip(packed) {
            *packed = derivatives(*margins, *signed);
        }
        let (mut margins, mut signed) = ([0.0; LANES], [0.0; LANES]);
        margins[..rest.len()].copy_from_slice(rest);
        signed[..rest.len()].copy_from_slice(signed_rest);
        packed_rest.copy_from_slice(&derivatives(margins, signed)[..rest.len()]);
    });
}

/// Rows of a thread's part: whole blocks.
pub(crate) fn chunk(n_rows: usize, threads: u16) -> usize {
    n_rows.div_ceil(usize::from(threads.max(1))).next_multiple_of(BLOCK)
}

/// `p − y` and `p (1 − p)` times the weight. Single precision is finer than the units above.
#[inline(always)]
fn derivatives(margins: [f64; LANES], signed: [f32; LANES]) -> [i64; LANES] {
    let margins = margins.map(|margin| margin as f32);
    let (mut gradients, mut curvatures) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        let (margin, signed) = (margins[lane], signed[lane]);
        let e = exp_of_minus(margin.abs());
        let likelier = 1.0 / (1.0 + e);
        let other = e * likelier;
        // The probability of the outcome that the row did not have.
        let missed = if margin * signed > 0.0 { likelier } else { other };
        gradients[lane] = nearest(missed * signed * GRADIENT_UNITS);
        curvatures[lane] = nearest(likelier * other * signed.abs() * CURVATURE_UNITS);
    }
    std::array::from_fn(|lane| pair(gradients[lane], curvatures[lane]))
}

/// `exp(−x)` of a number that is not negative, to 2 units in the last place; at most 80 is subtracted.
///
/// Products and sums only, so that the loop over rows is vectorised and gives the same bits everywhere: a power of two
/// times the Taylor polynomial of the rest, which is within half a binary order.
#[inline]
fn exp_of_minus(x: f32) -> f32 {
    // 1.5 · 2^23: the low bits of a sum with it are the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let x = -x.min(80.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    // ln 2 in two parts, of which the first has so few digits that its multiples are exact.
    let rest = x - power * 0.693_359_4 - power * -2.121_944_4e-4;
    let tail = 1.0 / 120.0 + rest * (1.0 / 720.0 + rest * (1.0 / 5040.0));
    let series = 1.0 + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * tail))));
    series * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
}

/// The nearest integer of a number within ±2^22, ties to even.
#[inline]
fn nearest(x: f32) -> i32 {
    const ROUND: f32 = 12_582_912.0;
    ((x + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_derivatives_are_those_of_the_log_loss() {
        let margins: Vec<f64> = (-3000..3003).map(|i| f64::from(i) * 0.004).collect();
        let bad: Vec<bool> = (0..margins.len()).map(|i| i % 3 == 0).collect();
        let weights: Vec<f32> = (0..margins.len()).map(|i| (i % 5) as f32 / 4.0).collect();
        let signed: Vec<f32> =
            weights.iter().zip(&bad).map(|(weight, bad)| if *bad { -weight } else { *weight }).collect();
        let mut packed = vec![0; margins.len()];
        differentiate(2, &margins, &signed, &mut packed);
        let unit = Unit::of_rows(8.0);
        for (row, packed) in packed.iter().enumerate() {
            let p = 1.0 / (1.0 + libm::exp(-margins[row]));
            let weight = 8.0 * f64::from(weights[row]);
            let (g, h) = unit.unpack(*packed);
            // Half a unit of rounding, and the last bits of single precision.
            assert!(
                (g - weight * (p - f64::from(u8::from(bad[row])))).abs() < 0.55 * unit.gradient,
                "{}",
                margins[row]
            );
            assert!((h - weight * p * (1.0 - p)).abs() < 0.6 * unit.curvature, "{}", margins[row]);
        }
    }

    #[test]
    fn the_exponential_is_good_to_single_precision() {
        for i in 0..80_000 {
            let x = i as f32 * 0.001;
            let exact = libm::exp(-f64::from(x));
            assert!((f64::from(exp_of_minus(x)) - exact).abs() < 2.4e-7 * exact, "{x}");
        }
        assert!(exp_of_minus(1e30) > 0.0);
        assert_eq!([0.5, 1.5, -0.5, -1.5, 4e6].map(nearest), [0, 2, 0, -2, 4_000_000]);
    }

    #[test]
    fn a_block_of_the_steepest_rows_does_not_overflow() {
        for (margin, sign) in [(50.0, 1.0), (50.0, -1.0), (-50.0, 1.0), (-50.0, -1.0), (0.0, 1.0)] {
            let mut packed = vec![0; BLOCK];
            differentiate(1, &[margin; BLOCK], &[sign as f32; BLOCK], &mut packed);
            let (g, h) = Unit::of_rows(1.0).unpack(packed.iter().sum());
            let each = if margin == 0.0 { [0.5, 0.25] } else { [f64::max(margin * sign, 0.0) / 50.0 * sign, 0.0] };
            let [exact_g, exact_h] = each.map(|each| each * BLOCK as f64);
            assert!((g - exact_g).abs() < 1e-3 && (h - exact_h).abs() < 1e-3, "{margin} {sign}: {g} {h}");
        }
    }
}

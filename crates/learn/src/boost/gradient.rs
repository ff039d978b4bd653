//! Gradient and curvature of the log loss, packed into one integer a row.
//!
//! Both halves are fixed-point numbers whose sums over all rows fit 32 bits, so a histogram cell is one `i64` and a
//! histogram is the same whatever order its rows are added in.

/// Sums of packed pairs, with the factors that turn them back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    gradient: f64,
    curvature: f64,
}

impl Unit {
    /// The gradient's and the curvature's sum of a packed sum.
    pub(crate) fn unpack(self, packed: i64) -> (f64, f64) {
        // The low half never carries or borrows: curvatures are not negative and their sum fits it.
        (f64::from((packed >> 32) as i32) * self.gradient, f64::from(packed as i32) * self.curvature)
    }
}

/// Packs pairs row by row; rows that were not drawn stay 0.
pub(crate) fn pack(gradient: &[f64], curvature: &[f64], drawn: &[bool], packed: &mut Vec<i64>) -> Unit {
    let rows = || gradient.iter().zip(curvature).zip(drawn).filter(|(_, drawn)| **drawn);
    let (sum_g, sum_h) = rows().fold((0.0, 0.0), |(g, h), ((dg, dh), _)| (g + dg.abs(), h + dh));
    // Half a unit of rounding a row is left free: 2^30 + n/2 stays below 2^31.
    let scale = |sum: f64| f64::from(1 << 30) / f64::max(sum, f64::MIN_POSITIVE * f64::from(1 << 30));
    let (scale_g, scale_h) = (scale(sum_g), scale(sum_h));
    packed.clear();
    packed.extend(gradient.iter().zip(curvature).zip(drawn).map(|((g, h), drawn)| {
        let pair = (i64::from(nearest(g * scale_g)) << 32) + i64::from(nearest(h * scale_h));
        if *drawn { pair } else { 0 }
    }));
    Unit { gradient: 1.0 / scale_g, curvature: 1.0 / scale_h }
}

/// The nearest integer of a number below 2^31, ties to even: the low bits of the sum with 1.5 · 2^52.
fn nearest(x: f64) -> i32 {
    (x + 6_755_399_441_055_744.0).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_sums_are_the_sums() {
        let gradient: Vec<f64> = (0..5000).map(|i| libm::sin(f64::from(i)) * 0.9).collect();
        let curvature: Vec<f64> = gradient.iter().map(|g| 0.25 - g * g / 4.0).collect();
        let drawn: Vec<bool> = (0..5000).map(|i| i % 5 != 0).collect();
        let mut packed = Vec::new();
        let unit = pack(&gradient, &curvature, &drawn, &mut packed);
        for part in [0..5000, 10..11, 700..2300] {
            let (g, h) = unit.unpack(packed[part.clone()].iter().sum());
            let sum = |values: &[f64]| part.clone().filter(|i| drawn[*i]).map(|i| values[i]).sum::<f64>();
            // Half a unit a row, and a unit is Σ|g| / 2^30.
            let tolerance = part.len() as f64 * 5000.0 / f64::from(1 << 30);
            assert!((g - sum(&gradient)).abs() < tolerance && (h - sum(&curvature)).abs() < tolerance);
        }
        assert_eq!([0.5, 1.5, -0.5, -1.5, 1e9].map(nearest), [0, 2, 0, -2, 1_000_000_000]);
    }
}

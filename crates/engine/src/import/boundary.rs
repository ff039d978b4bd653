//! A library's comparison as an exact `<` between doubles.

/// The double `b` for which `x < b` says what `x as f32 < threshold` says, for every double `x` that is finite in single
/// precision. Single precision rounds to nearest, ties to even: `b` is the midpoint below the threshold, or the double after
/// it when that midpoint rounds down.
pub(super) fn below_single(threshold: f32) -> f64 {
    // What would come after the largest single.
    let beyond = f64::from(f32::MAX) + (1_u128 << 104) as f64;
    let widen = |single: f32| {
        if single.is_infinite() { beyond.copysign(f64::from(single)) } else { f64::from(single) }
    };
    let (low, high) = (widen(threshold.next_down()), widen(threshold));
    let midpoint = low + (high - low) / 2.0;
    if threshold.to_bits() & 1 == 0 { midpoint } else { midpoint.next_up() }
}

/// The same for `x as f32 <= threshold`.
pub(super) fn at_most_single(threshold: f32) -> f64 {
    below_single(threshold.next_up())
}

/// The double `b` for which `x < b` says what `x <= threshold` says.
pub(super) fn at_most_double(threshold: f64) -> f64 {
    threshold.next_up()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_double_is_below_the_boundary_where_its_single_is_below_the_threshold(bits: u32, ulps in -3_i32..=3, far: f64) {
            let threshold = f32::from_bits(bits);
            prop_assume!(threshold.is_finite());
            let boundary = below_single(threshold);
            let mut near = boundary;
            for _ in 0..ulps.abs() {
                near = if ulps < 0 { near.next_down() } else { near.next_up() };
            }
            let singles = [threshold.next_down(), threshold, threshold.next_up()].map(f64::from);
            for x in singles.into_iter().chain([near, far, 0.0, -0.0]) {
                prop_assume!((x as f32).is_finite());
                prop_assert_eq!((x as f32) < threshold, x < boundary, "{} {}", x, threshold);
                prop_assert_eq!((x as f32) <= threshold, x < at_most_single(threshold), "{} {}", x, threshold);
            }
        }
    }

    #[test]
    fn the_ends_of_single_precision_have_their_boundaries() {
        assert!(f64::from(f32::MAX) < below_single(f32::INFINITY));
        assert!(3.5e38 >= below_single(f32::INFINITY));
        assert!(-f64::from(f32::MAX) >= below_single(-f32::MAX));
        assert_eq!(below_single(0.0), -f64::from(f32::from_bits(1)) / 2.0);
        assert!(1.0 < at_most_double(1.0) && 1.0_f64.next_up() >= at_most_double(1.0));
    }
}

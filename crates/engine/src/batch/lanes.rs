//! Two rows' sums at once. The compiler makes vectors of loops over neighbouring values by itself; that values looked up
//! one by one are worth being put into one, for the sums beside them, it has to be told.

/// A number that is added in pairs.
pub(super) trait Lanes: Copy + core::ops::AddAssign {
    /// Both sums.
    fn plus(a: [Self; 2], b: [Self; 2]) -> [Self; 2];
}

impl Lanes for f64 {
    #[cfg(target_arch = "wasm32")]
    #[inline(always)]
    fn plus(a: [Self; 2], b: [Self; 2]) -> [Self; 2] {
        use core::arch::wasm32::{f64x2, f64x2_add, f64x2_extract_lane};
        let sums = f64x2_add(f64x2(a[0], a[1]), f64x2(b[0], b[1]));
        [f64x2_extract_lane::<0>(sums), f64x2_extract_lane::<1>(sums)]
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[inline(always)]
    fn plus(a: [Self; 2], b: [Self; 2]) -> [Self; 2] {
        [a[0] + b[0], a[1] + b[1]]
    }
}

impl Lanes for f32 {
    #[inline(always)]
    fn plus(a: [Self; 2], b: [Self; 2]) -> [Self; 2] {
        [a[0] + b[0], a[1] + b[1]]
    }
}

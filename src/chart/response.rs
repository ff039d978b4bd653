//! The response of the risk to one input, as the shape behind a slider.

use super::Scale;

/// Width of the drawing's own units.
pub const WIDTH: f64 = 1000.0;
/// Height of the drawing's own units.
pub const HEIGHT: f64 = 100.0;

/// An SVG path that fills the area under a curve. `curve` holds (value, height), rising by value.
pub fn area(curve: &[(f64, f64)], x: Scale, y: Scale) -> String {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return String::new() };
    let at = |value: f64| (x.share(value) * WIDTH).round();
    let mut path = format!("M{} {HEIGHT}", at(first.0));
    for (value, height) in curve {
        path.push_str(&format!("L{} {}", at(*value), (HEIGHT * (1.0 - y.share(*height)) * 10.0).round() / 10.0));
    }
    path.push_str(&format!("L{} {HEIGHT}Z", at(last.0)));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_stands_on_the_bottom_line() {
        let path = area(&[(0.0, 0.0), (5.0, 1.0), (10.0, 0.5)], Scale::new(0.0, 10.0), Scale::new(0.0, 1.0));
        assert_eq!(path, "M0 100L0 100L500 0L1000 50L1000 100Z");
    }

    #[test]
    fn no_curve_is_no_path() {
        assert_eq!(area(&[], Scale::new(0.0, 1.0), Scale::new(0.0, 1.0)), "");
    }
}

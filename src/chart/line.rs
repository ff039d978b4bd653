//! A line through points, and round numbers for an axis.

use super::Scale;

/// Width and height of the drawing's own units.
pub const SIZE: f64 = 1000.0;

/// An SVG path through points; a point that is not finite parts it.
pub fn line(points: impl IntoIterator<Item = (f64, f64)>, x: Scale, y: Scale) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for (across, up) in points {
        if across.is_finite() && up.is_finite() {
            path.push_str(&format!(
                "{pen}{} {}",
                (x.share(across) * SIZE).round(),
                (SIZE * (1.0 - y.share(up))).round()
            ));
            pen = 'L';
        } else {
            pen = 'M';
        }
    }
    path
}

/// About `n` round numbers from `low` to `high`: multiples of one, two or five.
pub fn ticks(low: f64, high: f64, n: usize) -> Vec<f64> {
    let rough = (high - low) / n.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return Vec::new();
    }
    let tens = std::iter::successors(Some(1e-6), |tens| Some(tens * 10.0)).take(20);
    let step = tens.flat_map(|tens| [1.0, 2.0, 5.0].map(|n| n * tens)).find(|step| *step >= rough).unwrap_or(rough);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|multiple| multiple as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_parts_the_line() {
        let unit = Scale::new(0.0, 1.0);
        assert_eq!(line([(0.0, 0.0), (0.5, 1.0), (0.6, f64::NAN), (1.0, 0.5)], unit, unit), "M0 1000L500 0M1000 500");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(300.0, 850.0, 5), [400.0, 600.0, 800.0]);
        assert_eq!(ticks(-3.0, 12.0, 4), [0.0, 5.0, 10.0]);
        assert_eq!(ticks(1.0, 1.0, 4), Vec::<f64>::new());
    }
}

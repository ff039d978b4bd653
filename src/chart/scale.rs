//! A linear scale from values to shares of a drawing.

/// Maps an interval of values to 0 ..= 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale from `low` to `high`. An empty interval is widened, so that a share always exists.
    pub fn new(low: f64, high: f64) -> Self {
        if high > low { Self { low, high } } else { Self { low: low - 0.5, high: low + 0.5 } }
    }

    /// A scale that holds every value, with a margin on both sides as a share of their spread.
    pub fn around(values: impl IntoIterator<Item = f64>, margin: f64) -> Self {
        let (low, high) = values
            .into_iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self::new(0.0, 1.0);
        }
        let gap = (high - low) * margin;
        Self::new(low - gap, high + gap)
    }

    /// The value's share of the interval, within 0 and 1.
    pub fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The share as an SVG percentage.
    pub fn percent(self, value: f64) -> String {
        percent(self.share(value))
    }
}

/// A share as an SVG percentage; a hundredth of a percent is finer than any screen.
pub fn percent(share: f64) -> String {
    format!("{}%", (share * 1e4).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_are_drawn_at_the_edge() {
        let scale = Scale::new(300.0, 850.0);
        assert_eq!([300.0, 575.0, 850.0, 0.0, 1e9].map(|value| scale.share(value)), [0.0, 0.5, 1.0, 0.0, 1.0]);
        assert_eq!(scale.percent(575.0), "50%");
    }

    #[test]
    fn an_empty_interval_still_has_a_middle() {
        assert_eq!(Scale::new(4.0, 4.0).share(4.0), 0.5);
        assert_eq!(Scale::around([], 0.1).share(0.5), 0.5);
    }
}

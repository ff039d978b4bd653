//! Numbers on like scales, and categories as columns of 0 and 1.

/// What is subtracted from a number and what it is then divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaler {
    /// Subtracted.
    pub center: f64,
    /// Divides; 1 for a column of one value.
    pub scale: f64,
}

/// How a column is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// Mean and standard deviation, with n.
    Standard,
    /// Smallest value and range: from 0 to 1.
    MinMax,
    /// Median and the distance of the quartiles: a few extreme values change nothing.
    Robust,
}

impl Scaling {
    /// Learns from the values that are there. Without any, numbers stay as they are.
    pub fn learn(self, values: &[Option<f64>]) -> Scaler {
        let mut there: Vec<f64> = values.iter().filter_map(|value| *value).collect();
        if there.is_empty() {
            return Scaler { center: 0.0, scale: 1.0 };
        }
        let n = there.len() as f64;
        let (center, scale) = match self {
            Scaling::Standard => {
                let mean = there.iter().sum::<f64>() / n;
                let squares = there.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
                (mean, (squares / n).sqrt())
            }
            Scaling::MinMax => {
                let (low, high) =
                    there.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (x.min(low), x.max(high)));
                (low, high - low)
            }
            Scaling::Robust => {
                there.sort_unstable_by(f64::total_cmp);
                (quantile(&there, 0.5), quantile(&there, 0.75) - quantile(&there, 0.25))
            }
        };
        // Rounding may leave a trace of variance in a column of one value.
        let is_constant = scale <= 10.0 * f64::EPSILON * center.abs();
        Scaler { center, scale: if is_constant { 1.0 } else { scale } }
    }
}

impl Scaler {
    /// `(x − center) / scale`.
    pub fn apply(&self, x: f64) -> f64 {
        (x - self.center) / self.scale
    }
}

/// A quantile of rising numbers, between two of them by a straight line; NaN of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().max(1) - 1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (above - below) * (place - place.floor())
}

/// The levels of a category as columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneHot {
    levels: Vec<String>,
    first: First,
}

/// Whether the first level has a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// It has one.
    Kept,
    /// It is what is left when all columns are 0.
    Dropped,
}

impl OneHot {
    /// Learns the levels that occur, in the order of their characters.
    pub fn learn<'a>(cells: impl Iterator<Item = Option<&'a str>>, first: First) -> Self {
        let mut levels: Vec<String> = cells.flatten().map(str::to_owned).collect();
        levels.sort_unstable();
        levels.dedup();
        Self { levels, first }
    }

    /// All levels.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The levels that have a column.
    pub fn columns(&self) -> &[String] {
        match self.first {
            First::Kept => &self.levels,
            First::Dropped => self.levels.split_first().map_or(&[], |(_, rest)| rest),
        }
    }

    /// 1 in the level's column, else 0; a missing or unknown level is 0 in all.
    pub fn encode<'a>(&'a self, cell: Option<&'a str>) -> impl Iterator<Item = f64> + 'a {
        self.columns().iter().map(move |level| f64::from(u8::from(cell == Some(level.as_str()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scaling_has_its_center_and_scale() {
        let values = [Some(1.0), None, Some(2.0), Some(3.0), Some(10.0)];
        for (scaling, center, scale) in
            [(Scaling::Standard, 4.0, 12.5_f64.sqrt()), (Scaling::MinMax, 1.0, 9.0), (Scaling::Robust, 2.5, 3.0)]
        {
            assert_eq!(scaling.learn(&values), Scaler { center, scale });
            assert_eq!(scaling.learn(&[Some(0.1); 3]).scale, 1.0, "{scaling:?}");
            assert_eq!(scaling.learn(&[None]), Scaler { center: 0.0, scale: 1.0 });
        }
    }

    #[test]
    fn an_unknown_level_is_zero_everywhere() {
        let one_hot = OneHot::learn([Some("b"), None, Some("a"), Some("b")].into_iter(), First::Kept);
        assert_eq!(one_hot.columns(), ["a", "b"]);
        let encoded = |cell| one_hot.encode(cell).collect::<Vec<f64>>();
        assert_eq!([encoded(Some("b")), encoded(Some("z")), encoded(None)], [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]);
    }
}

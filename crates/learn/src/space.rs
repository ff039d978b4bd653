//! Rows of features as points, so that distances mean something: numbers in standard deviations, two different levels of a
//! category one unit apart, and a missing value one unit from a value that is there.

use crate::segments::scaling::{Scaler, Scaling};
use ndarray::{Array1, Array2};
use underglass_engine::features::Feature;

/// Two levels differ in two columns: this makes their distance 1.
pub(crate) const LEVEL: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// How features become coordinates; learned without outcomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    columns: Vec<Coordinate>,
}

/// One coordinate of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Position of the feature in the schema.
    pub feature: usize,
    /// What it measures.
    pub measures: Measures,
}

/// What a coordinate says of its feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Measures {
    /// A number, limited to its usual range, in standard deviations from its mean; 0 where it is missing.
    Number {
        /// Usual range.
        range: (f64, f64),
        /// Mean and standard deviation within it.
        scaler: Scaler,
    },
    /// Whether the value is missing.
    Missing,
    /// Whether the level has this rank.
    Level(usize),
}

impl Space {
    /// Learns from rows. `values` holds one list a feature, as [`crate::linear::values`] gives it.
    pub fn learn(features: &[Feature], values: &[Vec<Option<f64>>]) -> Self {
        let mut columns = Vec::new();
        for (feature, (description, values)) in features.iter().zip(values).enumerate() {
            if values.iter().any(Option::is_none) {
                columns.push(Coordinate { feature, measures: Measures::Missing });
            }
            if description.levels.is_empty() {
                let range = description.range.unwrap_or((f64::MIN, f64::MAX));
                let limited: Vec<Option<f64>> =
                    values.iter().map(|value| value.map(|x| x.clamp(range.0, range.1))).collect();
                let measures = Measures::Number { range, scaler: Scaling::Standard.learn(&limited) };
                columns.push(Coordinate { feature, measures });
            } else {
                let levels = (0..description.levels.len()).map(Measures::Level);
                columns.extend(levels.map(|measures| Coordinate { feature, measures }));
            }
        }
        Self { columns }
    }

    /// What each coordinate measures.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.columns
    }

    /// The point of one row of features.
    pub fn point(&self, row: &[Option<f64>]) -> Array1<f64> {
        self.columns.iter().map(|column| column.measures.of(row.get(column.feature).copied().flatten())).collect()
    }

    /// The points of all rows, `rows × coordinates`. `values` holds one list a feature.
    pub fn points(&self, values: &[Vec<Option<f64>>]) -> Array2<f64> {
        let n_rows = values.first().map_or(0, Vec::len);
        Array2::from_shape_fn((n_rows, self.columns.len()), |(row, column)| {
            let Coordinate { feature, measures } = &self.columns[column];
            measures.of(values[*feature][row])
        })
    }
}

impl Measures {
    fn of(&self, value: Option<f64>) -> f64 {
        match (self, value) {
            (Measures::Number { range, scaler }, Some(x)) => scaler.apply(x.clamp(range.0, range.1)),
            (Measures::Missing, None) => 1.0,
            (Measures::Level(rank), Some(level)) if *rank == level as usize => LEVEL,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::squared_distance;
    use crate::woe::tests::feature;
    use underglass_engine::features::Direction;

    #[test]
    fn levels_and_standard_deviations_are_one_apart() {
        let features = [feature(&[], Direction::Free), feature(&["a", "b", "c"], Direction::Free)];
        let values = [vec![Some(1.0), Some(3.0), None], vec![Some(0.0), Some(2.0), Some(1.0)]];
        let space = Space::learn(&features, &values);
        let point = |row: [Option<f64>; 2]| space.point(&row);
        let apart = |a: [Option<f64>; 2], b: [Option<f64>; 2]| squared_distance(point(a).view(), point(b).view());
        assert_eq!(space.coordinates().len(), 5);
        assert!((apart([Some(1.0), Some(0.0)], [Some(1.0), Some(2.0)]) - 1.0).abs() < 1e-15);
        assert!((apart([Some(1.0), Some(0.0)], [Some(2.0), Some(0.0)]) - 1.0).abs() < 1e-15);
        assert!((apart([None, Some(0.0)], [Some(2.0), Some(0.0)]) - 1.0).abs() < 1e-15);
        let row = space.point(&[Some(3.0), Some(2.0)]);
        assert_eq!(space.points(&values).row(1), row);
    }
}

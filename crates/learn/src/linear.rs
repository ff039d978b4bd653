//! A linear model of credit risk that can be read: one term a feature, and the margin is their sum.
//!
//! A number is limited to its usual range, put on a logarithmic scale where that makes it less skewed, and its term bends
//! at two quantiles. A category has a coefficient a level. A missing value has a constant of its own where training rows
//! missed it. On the seven credit data sets where limits, scale and bends were tried, this gains .001 to .16 of held-out AUC
//! over the reference logistic regression, which standardises numbers as they are, and its log-loss is lower on each.

use crate::categories;
use crate::check::{self, BadData};
use crate::logistic::{Evidence, Logistic, Problem, Sparse};
use crate::rows::Column;
use underglass_engine::features::{Direction, Feature};
use underglass_engine::model::linear::{Linear, Reading, Term};

/// Rows that a level or a missing value needs to have a coefficient of its own.
pub const LEAST_ROWS: usize = 5;
/// Shares of the training rows below the numbers where a slope may change.
pub const BENDS: [f64; 2] = [0.5, 0.9];
/// Ridge penalties to compare, largest first: each fit starts from the one before, and grows from it.
pub const PENALTIES: [f64; 4] = [30.0, 10.0, 3.0, 1.0];

/// The rows that a linear model learns from.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The features with ranges and ordered levels.
    pub features: &'a [Feature],
    /// One list a feature, as [`values`] gives it: a number, the rank of a level, or missing.
    pub values: &'a [Vec<Option<f64>>],
    /// The outcome of each row.
    pub bad: &'a [bool],
    /// The weight of each row; 1 where none are given.
    pub weight: Option<&'a [f64]>,
}

/// A fitted linear model.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: Linear,
    /// How the fit ended.
    pub evidence: Evidence,
    /// The penalty on squared coefficients.
    pub l2: f64,
}

impl Data<'_> {
    /// The margin of every row.
    pub fn margins(&self, model: &Linear) -> Vec<f64> {
        let margin = |row: usize| model.margin(self.values.iter().map(|values| values[row]));
        (0..self.bad.len()).map(margin).collect()
    }
}

/// Feature values as the schema would compute them, column by column: ranks follow the features' order of levels.
pub fn values(features: &[Feature], columns: &[Column]) -> Vec<Vec<Option<f64>>> {
    let of = |(feature, column): (&Feature, &Column)| match column {
        Column::Numbers { values, present } => {
            values.iter().zip(present).map(|(value, present)| present.then_some(*value)).collect()
        }
        Column::Levels { names, levels } => {
            let ranks = categories::ranks(names, &feature.levels);
            levels.iter().map(|level| level.and_then(|level| ranks[usize::from(level)]).map(f64::from)).collect()
        }
    };
    features.iter().zip(columns).map(of).collect()
}

/// Fits a model to some of the rows.
///
/// A number whose direction is given keeps it: a slope of the wrong sign is held at 0, and the rest is fitted again.
/// Levels are free of direction, as their order was learned.
///
/// # Errors
/// [`BadData`]: lengths that differ, weights below 0, or rows of one outcome only.
pub fn fit(data: &Data<'_>, rows: &[usize], l2: f64) -> Result<Fitted, BadData> {
    let encoding = Encoding::of(data, rows)?;
    let target = encoding.target(data, rows);
    let (logistic, model) = encoding.fit(&encoding.problem(data, rows, &target)?, l2, None)?;
    Ok(Fitted { model, evidence: logistic.evidence, l2 })
}

/// Fits some of the rows under every penalty.
///
/// # Errors
/// As [`fit`].
pub fn fits(data: &Data<'_>, rows: &[usize], penalties: &[f64]) -> Result<Vec<Linear>, BadData> {
    let encoding = Encoding::of(data, rows)?;
    let target = encoding.target(data, rows);
    let problem = encoding.problem(data, rows, &target)?;
    let (mut models, mut start) = (Vec::new(), None);
    for l2 in penalties {
        let (logistic, model) = encoding.fit(&problem, *l2, start.as_ref())?;
        models.push(model);
        start = Some(logistic);
    }
    Ok(models)
}

/// What a column of the design says of its feature. Lengths are in standard deviations of readings, from the median.
#[derive(Clone, Copy)]
enum Says {
    /// The distance.
    Distance,
    /// The part of the distance that lies above a reading.
    Above(f64),
    /// The part of the distance that lies between two readings.
    Between(f64, f64),
    Missing,
    Level(usize),
}

/// How a number becomes columns.
struct Axis {
    reading: Reading,
    /// Where the slope may change and where the usual range ends, rising.
    corners: Vec<f64>,
    /// Median reading.
    middle: f64,
    /// Standard deviation of readings; positive.
    sd: f64,
}

/// How features become columns: learned from the training rows, without their outcomes.
struct Encoding {
    /// One a feature; `None` for a category.
    axes: Vec<Option<Axis>>,
    /// Levels of each feature.
    n_levels: Vec<usize>,
    /// The feature and the meaning of each column.
    columns: Vec<(usize, Says)>,
    /// The sign that each column's coefficient must have.
    directions: Vec<Direction>,
}

impl Encoding {
    fn of(data: &Data<'_>, rows: &[usize]) -> Result<Self, BadData> {
        check::length("columns of values", data.values.len(), data.features.len())?;
        for values in data.values {
            check::length("values of a feature", values.len(), data.bad.len())?;
        }
        let n_levels = data.features.iter().map(|feature| feature.levels.len()).collect();
        let mut encoding = Self { axes: Vec::new(), n_levels, columns: Vec::new(), directions: Vec::new() };
        for (index, (feature, values)) in data.features.iter().zip(data.values).enumerate() {
            if rows.iter().filter(|row| values[**row].is_none()).count() >= LEAST_ROWS {
                encoding.push(index, Says::Missing, Direction::Free);
            }
            if feature.levels.is_empty() {
                let present: Vec<f64> = rows.iter().filter_map(|row| values[*row]).collect();
                check::finite("value", &present)?;
                let axis = Axis::measure(present, feature.range.unwrap_or((f64::MIN, f64::MAX)));
                let read: Vec<f64> = axis.corners.iter().map(|corner| axis.reading.of(*corner)).collect();
                match feature.direction {
                    // A ridge on these draws towards one slope.
                    Direction::Free if read.len() > 1 => {
                        encoding.push(index, Says::Distance, Direction::Free);
                        read[1..read.len() - 1]
                            .iter()
                            .for_each(|corner| encoding.push(index, Says::Above(*corner), Direction::Free));
                    }
                    // A slope a column, so that the sign of each can be held.
                    direction => read
                        .windows(2)
                        .for_each(|pair| encoding.push(index, Says::Between(pair[0], pair[1]), direction)),
                }
                encoding.axes.push(Some(axis));
            } else {
                let mut counts = vec![0; feature.levels.len()];
                for rank in rows.iter().filter_map(|row| values[*row]) {
                    if let Some(count) = counts.get_mut(rank as usize) {
                        *count += 1;
                    }
                }
                for (rank, _) in counts.iter().enumerate().filter(|(_, count)| **count >= LEAST_ROWS) {
                    encoding.push(index, Says::Level(rank), Direction::Free);
                }
                encoding.axes.push(None);
            }
        }
        Ok(encoding)
    }

    fn push(&mut self, feature: usize, says: Says, direction: Direction) {
        self.columns.push((feature, says));
        self.directions.push(direction);
    }

    fn target(&self, data: &Data<'_>, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| f64::from(u8::from(data.bad[*row]))).collect()
    }

    fn problem<'a>(&self, data: &Data<'_>, rows: &[usize], target: &'a [f64]) -> Result<Problem<'a>, BadData> {
        let mut design = Sparse::new(self.columns.len());
        for row in rows {
            design.push(
                self.columns
                    .iter()
                    .enumerate()
                    .map(|(column, (feature, says))| (column, self.cell(*feature, *says, data.values[*feature][*row]))),
            );
        }
        let all = check::weights(data.weight, data.bad.len())?;
        let weight: Vec<f64> = rows.iter().map(|row| all[*row]).collect();
        Problem::new(design, target, Some(&weight))
    }

    fn cell(&self, feature: usize, says: Says, value: Option<f64>) -> f64 {
        match (says, value, &self.axes[feature]) {
            (Says::Missing, None, _) => 1.0,
            (Says::Level(level), Some(rank), None) if rank as usize == level => 1.0,
            (_, Some(x), Some(axis)) => axis.length(says, x),
            _ => 0.0,
        }
    }

    /// Fits, and holds what goes against its direction at 0 until nothing does.
    fn fit(&self, problem: &Problem<'_>, l2: f64, start: Option<&Logistic>) -> Result<(Logistic, Linear), BadData> {
        let mut held = vec![false; self.columns.len()];
        let mut found = problem.fit(l2, &held, start)?;
        loop {
            let mut wrong = false;
            for (column, direction) in self.directions.iter().enumerate() {
                let against = match direction {
                    Direction::Increasing => found.coefficients[column] < 0.0,
                    Direction::Decreasing => found.coefficients[column] > 0.0,
                    Direction::Free => false,
                };
                if against {
                    (held[column], wrong) = (true, true);
                }
            }
            if !wrong {
                let model = self.model(&found);
                return Ok((found, model));
            }
            found = problem.fit(l2, &held, Some(&found))?;
        }
    }

    fn model(&self, found: &Logistic) -> Linear {
        let mut terms: Vec<Term> =
            self.axes.iter().zip(&self.n_levels).map(|(axis, n)| empty(axis.as_ref(), *n)).collect();
        for ((feature, says), fitted) in self.columns.iter().zip(&found.coefficients) {
            match (says, &self.axes[*feature], &mut terms[*feature]) {
                (Says::Missing, _, Term::Number { missing, .. } | Term::Levels { missing, .. }) => *missing = *fitted,
                (Says::Level(rank), _, Term::Levels { coefficients, .. }) => coefficients[*rank] = *fitted,
                (says, Some(axis), Term::Number { corners, .. }) => {
                    corners.iter_mut().for_each(|(x, log_odds)| *log_odds += fitted * axis.length(*says, *x));
                }
                _ => {}
            }
        }
        Linear { intercept: found.intercept, terms }
    }
}

fn empty(axis: Option<&Axis>, n_levels: usize) -> Term {
    match axis {
        Some(axis) => Term::Number {
            reading: axis.reading,
            corners: axis.corners.iter().map(|corner| (*corner, 0.0)).collect(),
            missing: 0.0,
        },
        None => Term::Levels { coefficients: vec![0.0; n_levels], missing: 0.0 },
    }
}

impl Axis {
    /// The reading that leaves less skew, with median, standard deviation and quantiles of the training rows' readings.
    fn measure(mut present: Vec<f64>, (low, high): (f64, f64)) -> Self {
        present.iter_mut().for_each(|x| *x = x.clamp(low, high));
        present.sort_unstable_by(f64::total_cmp);
        let n = (present.len() as f64).max(1.0);
        let moments = |reading: Reading| {
            let mean = present.iter().map(|x| reading.of(*x)).sum::<f64>() / n;
            let (squares, cubes) = present.iter().fold((0.0, 0.0), |(squares, cubes), x| {
                let d = reading.of(*x) - mean;
                (squares + d * d, cubes + d * d * d)
            });
            let sd = (squares / n).sqrt();
            (sd, (cubes / n / (sd * sd * sd)).abs())
        };
        let at = |share: f64| present.get((share * (n - 1.0)) as usize).copied();
        let (as_is, log) = (moments(Reading::AsIs), moments(Reading::Log1p));
        let use_log = at(0.0).is_some_and(|least| least >= 0.0) && log.1 < as_is.1;
        let (reading, (sd, _)) = if use_log { (Reading::Log1p, log) } else { (Reading::AsIs, as_is) };
        let mut corners: Vec<f64> = Vec::new();
        for corner in std::iter::once(0.0).chain(BENDS).chain([1.0]).filter_map(at) {
            if corners.last().is_none_or(|last| reading.of(*last) < reading.of(corner)) {
                corners.push(corner);
            }
        }
        let middle = reading.of(at(0.5).unwrap_or(0.0));
        Self { reading, corners, middle, sd: if sd > 0.0 { sd } else { 1.0 } }
    }

    /// What a column says of a number; 0 at the median.
    fn length(&self, says: Says, x: f64) -> f64 {
        let ends = self.corners.first().zip(self.corners.last());
        let read = self.reading.of(ends.map_or(x, |(first, last)| x.clamp(*first, *last)));
        let of = |read: f64| match says {
            Says::Distance => read,
            Says::Above(from) => (read - from).max(0.0),
            Says::Between(from, to) => read.clamp(from, to),
            Says::Missing | Says::Level(_) => 0.0,
        };
        (of(read) - of(self.middle)) / self.sd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::Ending;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use underglass_engine::features::{Expr, LevelEffect};

    fn feature(name: &str, direction: Direction, levels: &[&str], range: Option<(f64, f64)>) -> Feature {
        Feature {
            name: name.to_owned(),
            label: name.to_owned(),
            from: Expr::Input(name.to_owned()),
            direction,
            family: name.to_owned(),
            levels: levels.iter().map(|level| LevelEffect { level: (*level).to_owned(), mean: 0.0 }).collect(),
            range,
            median: None,
        }
    }

    /// Risk falls up to 5 and rises from there, is higher where the number is missing, and by level: 0, 0.5, 1.5.
    fn world(n: usize, direction: Direction) -> (Vec<Feature>, Vec<Vec<Option<f64>>>, Vec<bool>) {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let features = vec![
            feature("x", direction, &[], Some((0.0, 10.0))),
            feature("c", Direction::Free, &["a", "b", "d"], None),
        ];
        let (mut values, mut bad) = (vec![Vec::new(), Vec::new()], Vec::new());
        for _ in 0..n {
            let x = (rng.random_range(0.0..1.0) < 0.9).then(|| rng.random_range(0.0..10.0));
            let level = rng.random_range(0..3_u32);
            let z = x.map_or(1.0, |x: f64| 0.4 * (x - 5.0).abs() - 1.0) + [0.0, 0.5, 1.5][level as usize];
            bad.push(rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z)));
            values[0].push(x);
            values[1].push(Some(f64::from(level)));
        }
        (features, values, bad)
    }

    #[test]
    fn recovers_two_slopes_a_missing_constant_and_levels() {
        let (features, values, bad) = world(20_000, Direction::Free);
        let data = Data { features: &features, values: &values, bad: &bad, weight: None };
        let rows: Vec<usize> = (0..bad.len()).collect();
        let fitted = fit(&data, &rows, 1.0).expect("a fit");
        assert_eq!(fitted.evidence.ending, Ending::Converged);
        let at = |x: Option<f64>, level: Option<f64>| fitted.model.margin([x, level]);
        // 20,000 rows: standard errors of these differences of log-odds are below 0.06, so four of them below 0.25.
        for (found, expected) in [
            (at(Some(0.0), Some(0.0)) - at(Some(5.0), Some(0.0)), 2.0),
            (at(Some(10.0), Some(0.0)) - at(Some(5.0), Some(0.0)), 2.0),
            (at(None, Some(0.0)) - at(Some(5.0), Some(0.0)), 2.0),
            (at(None, Some(2.0)) - at(None, Some(0.0)), 1.5),
        ] {
            assert!((found - expected).abs() < 0.25, "{found} {expected}");
        }
        assert_eq!(at(Some(10.0), None), at(Some(99.0), Some(7.0)), "beyond the range and beyond the levels");
    }

    #[test]
    fn a_direction_is_kept_on_both_sides_of_the_median() {
        for (direction, sign) in [(Direction::Increasing, 1.0), (Direction::Decreasing, -1.0)] {
            let (features, values, bad) = world(2000, direction);
            let data = Data { features: &features, values: &values, bad: &bad, weight: None };
            let fitted = fit(&data, &(0..2000).collect::<Vec<_>>(), 1.0).expect("a fit");
            let at = |x: f64| sign * fitted.model.terms[0].value(Some(x));
            // The truth falls and rises: on one side the term is flat, on the other it goes as asked, everywhere.
            assert!((0..1000).all(|step| at(f64::from(step) / 100.0) <= at(f64::from(step + 1) / 100.0)));
            assert!(at(10.0) - at(0.0) > 0.3, "{:?}", fitted.model);
        }
    }

    #[test]
    fn rare_levels_and_constant_numbers_add_nothing() {
        let features =
            [feature("x", Direction::Free, &[], Some((1.0, 1.0))), feature("c", Direction::Free, &["a", "rare"], None)];
        let values = [vec![Some(1.0); 40], (0..40).map(|row| Some(f64::from(u8::from(row == 7)))).collect()];
        let bad: Vec<bool> = (0..40).map(|row| row % 4 == 3).collect();
        let data = Data { features: &features, values: &values, bad: &bad, weight: None };
        let model = fit(&data, &(0..40).collect::<Vec<_>>(), 1.0).expect("a fit").model;
        assert_eq!(model.terms[0].value(Some(3.0)), 0.0);
        assert_eq!(model.terms[1].value(Some(1.0)), 0.0);
    }
}

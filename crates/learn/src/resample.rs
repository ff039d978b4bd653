//! Treatments of training rows that are often asked for, and what they do to calibration.
//!
//! None is on by default: made-up rows and class weights move the mean probability far above the share of bad outcomes, and
//! hardly change how well rows are told apart. [`effect`] measures both.

use crate::check::{self, BadData};
use crate::comparable;
use crate::linear::{self, Data};
use crate::logistic::{Problem, Sparse, logistic};
use crate::random::{Stream, stream};
use crate::segments::scaling::quantile;
use crate::space::Space;
use ndarray::Axis;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use underglass_engine::features::Feature;
use underglass_engine::metrics;

/// What is done to training rows. Rows that are held out stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nothing.
    Untouched,
    /// Every number is limited to these quantiles of its column.
    Winsorised {
        /// Lower quantile, such as 0.01.
        low: f64,
        /// Upper quantile, such as 0.99.
        high: f64,
    },
    /// Rows with a number more than so many quartile distances outside the quartiles are left out.
    WithoutOutliers {
        /// Quartile distances; 1.5 is Tukey's outlier, 3 his far out.
        fences: f64,
    },
    /// Rows of the rarer outcome are made up; see [`smote`].
    Smote {
        /// Neighbours to choose from.
        neighbours: u16,
        /// Rows of the rarer outcome for one of the other, afterwards: above 0, at most 1.
        ratio: f64,
    },
    /// Both outcomes weigh the same in total; see [`balanced`].
    Balanced,
}

/// How well probabilities of held-out rows hold, and how well they tell rows apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Slope of the log-odds of what happened over the log-odds that were given; 1 is right, below 1 is too sure.
    pub slope: f64,
    /// Log-odds that would have to be added at the given slope 1; 0 is right, below 0 is too pessimistic.
    pub intercept: f64,
    /// Mean probability.
    pub mean_probability: f64,
    /// Share of bad outcomes.
    pub base_rate: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Mean negative log-likelihood.
    pub log_loss: f64,
}

/// Figures of held-out rows without and with a treatment of the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The treatment.
    pub treatment: Treatment,
    /// Without it.
    pub before: Figures,
    /// With it.
    pub after: Figures,
}

/// Limits numbers to two of their quantiles; missing stays missing.
pub fn winsorised(values: &[Option<f64>], low: f64, high: f64) -> Vec<Option<f64>> {
    let (low, high) = quantiles(values, low, high);
    values.iter().map(|value| value.map(|x| x.max(low).min(high))).collect()
}

/// Whether each row has a number beyond the fences of its column: so many quartile distances outside the quartiles. A
/// column whose quartiles are equal has no fences.
///
/// Source: Tukey, *Exploratory Data Analysis* (1977).
pub fn outlying(features: &[Feature], values: &[Vec<Option<f64>>], fences: f64) -> Vec<bool> {
    let mut found = vec![false; values.first().map_or(0, Vec::len)];
    for (_, values) in numbers(features, values) {
        let (low, high) = quantiles(values, 0.25, 0.75);
        let reach = fences * (high - low);
        if reach > 0.0 {
            let beyond = |value: &Option<f64>| value.is_some_and(|x| x < low - reach || x > high + reach);
            found.iter_mut().zip(values).for_each(|(found, value)| *found |= beyond(value));
        }
    }
    found
}

/// Weights that give both outcomes half of the total: `rows / (2 · rows of the outcome)`.
///
/// # Errors
/// [`BadData::OneOutcome`].
pub fn balanced(bad: &[bool]) -> Result<Vec<f64>, BadData> {
    let bads = bad.iter().filter(|bad| **bad).count();
    if bads == 0 || bads == bad.len() {
        return Err(BadData::OneOutcome);
    }
    let weight = |count: usize| bad.len() as f64 / (2.0 * count as f64);
    let (of_bad, of_good) = (weight(bads), weight(bad.len() - bads));
    Ok(bad.iter().map(|bad| if *bad { of_bad } else { of_good }).collect())
}

/// A made-up row: on the way from one row to another of the same outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MadeUp {
    /// Position of the row that it starts from.
    pub from: usize,
    /// Position of the row that it is moved towards.
    pub to: usize,
    /// How far, as a part of the way: from 0, below 1.
    pub part: f64,
}

impl MadeUp {
    /// Its value of a feature, of which `values` are those of all rows. A category takes the level of the row that it is
    /// moved towards; a number that one of the two misses stays as it was.
    pub fn value(&self, feature: &Feature, values: &[Option<f64>]) -> Option<f64> {
        match (values[self.from], values[self.to]) {
            (_, level) if !feature.levels.is_empty() => level,
            (Some(from), Some(to)) => Some(self.between(from, to)),
            (own, _) => own,
        }
    }

    /// The number between those of the two rows.
    pub fn between(&self, from: f64, to: f64) -> f64 {
        from + self.part * (to - from)
    }
}

/// Makes up rows of the rarer outcome until there are `ratio` of them for one of the other.
///
/// Rows of the rarer outcome take turns; each is moved a random part of the way towards one of its nearest such rows.
/// `values` holds one list a feature.
///
/// # Errors
/// [`BadData`]: fewer than two rows of the rarer outcome, no neighbours to choose from, or a ratio outside 0 to 1.
///
/// Source: Chawla, Bowyer, Hall and Kegelmeyer, *SMOTE* (2002).
pub fn smote(
    features: &[Feature],
    values: &[Vec<Option<f64>>],
    bad: &[bool],
    neighbours: u16,
    ratio: f64,
    seed: u64,
) -> Result<Vec<MadeUp>, BadData> {
    check::length("columns of values", values.len(), features.len())?;
    for values in values {
        check::length("values of a feature", values.len(), bad.len())?;
    }
    check::setting("ratio", ratio, (f64::MIN_POSITIVE, 1.0), "above 0, at most 1")?;
    let is_rare = rarer(bad);
    let rare: Vec<usize> = (0..bad.len()).filter(|row| bad[*row] == is_rare).collect();
    let least = |what, found, least| if found < least { Err(BadData::TooFew { what, found, least }) } else { Ok(()) };
    least("rows of the rarer outcome", rare.len(), 2)?;
    least("neighbours", usize::from(neighbours), 1)?;
    let wanted = (ratio * (bad.len() - rare.len()) as f64).round() as usize;
    let n_made = wanted.saturating_sub(rare.len());
    let points = Space::learn(features, values).points(values).select(Axis(0), &rare);
    let near = |at: usize| {
        let others = (0..rare.len()).filter(|other| *other != at);
        comparable::among(points.view(), others, points.row(at), usize::from(neighbours))
    };
    let mut rng = stream(seed, Stream::Smote);
    let mut near_of = vec![None; rare.len()];
    let mut made = Vec::with_capacity(n_made);
    for turn in 0..n_made {
        let at = turn % rare.len();
        let near = near_of[at].get_or_insert_with(|| near(at));
        let to = rare[near[rng.random_range(0..near.len() as u32) as usize].row];
        made.push(MadeUp { from: rare[at], to, part: rng.random_range(0.0..1.0) });
    }
    Ok(made)
}

/// Whether the bad outcome is the rarer one.
pub(crate) fn rarer(bad: &[bool]) -> bool {
    2 * bad.iter().filter(|bad| **bad).count() <= bad.len()
}

/// Measures held-out log-odds against what happened.
///
/// # Errors
/// [`BadData`]: lengths that differ, log-odds that are not finite, or one outcome only.
///
/// Source: Cox, *Two further applications of a model for binary regression* (1958): slope, and intercept at slope 1.
pub fn figures(log_odds: &[f64], bad: &[bool]) -> Result<Figures, BadData> {
    check::length("outcomes", bad.len(), log_odds.len())?;
    check::finite("log-odds", log_odds)?;
    let target: Vec<f64> = bad.iter().map(|bad| f64::from(u8::from(*bad))).collect();
    let mut rows = Sparse::new(1);
    log_odds.iter().for_each(|z| rows.push([(0, *z)].into_iter()));
    let slope = Problem::new(rows, &target, None)?.fit(0.0, &[false], None)?.coefficients[0];
    let p: Vec<f64> = log_odds.iter().map(|z| logistic(*z)).collect();
    let n = bad.len() as f64;
    Ok(Figures {
        slope,
        intercept: shift(log_odds, &target),
        mean_probability: p.iter().sum::<f64>() / n,
        base_rate: target.iter().sum::<f64>() / n,
        auc: metrics::auc(&p, bad, None),
        log_loss: metrics::log_loss(&p, bad, None),
    })
}

/// The shift of all log-odds after which the mean probability is the share of bad outcomes, by bisection.
fn shift(log_odds: &[f64], target: &[f64]) -> f64 {
    let wanted: f64 = target.iter().sum();
    let excess = |shift: f64| log_odds.iter().map(|z| logistic(z + shift)).sum::<f64>() - wanted;
    let reach = log_odds.iter().fold(0.0, |most: f64, z| most.max(z.abs())) + libm::log(target.len() as f64) + 1.0;
    let (mut low, mut high) = (-reach, reach);
    // Each halves the interval, and 60 leave a width below the last bit of its ends.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match excess(middle) > 0.0 {
            true => high = middle,
            false => low = middle,
        }
    }
    (low + high) / 2.0
}

/// Fits the linear model to every fold's training rows without and with the treatment, and measures both on the rows that
/// were held out and never treated. `folds` holds the fold of each row, from 0.
///
/// # Errors
/// [`BadData`], of any fold.
pub fn effect(data: &Data<'_>, folds: &[u16], l2: f64, treatment: Treatment, seed: u64) -> Result<Effect, BadData> {
    check::length("folds", folds.len(), data.bad.len())?;
    let measured = |treatment: Treatment| {
        let mut margins = vec![0.0; folds.len()];
        for fold in 0..folds.iter().max().map_or(0, |last| last + 1) {
            let training: Vec<usize> = (0..folds.len()).filter(|row| folds[*row] != fold).collect();
            let treated = Treated::of(data, &training, treatment, seed)?;
            let of_treated = Data {
                features: data.features,
                values: &treated.values,
                bad: &treated.bad,
                weight: Some(&treated.weight),
            };
            let every: Vec<usize> = (0..treated.bad.len()).collect();
            let model = linear::fit(&of_treated, &every, l2)?.model;
            for row in (0..folds.len()).filter(|row| folds[*row] == fold) {
                margins[row] = model.margin(data.values.iter().map(|values| values[row]));
            }
        }
        figures(&margins, data.bad)
    };
    Ok(Effect { treatment, before: measured(Treatment::Untouched)?, after: measured(treatment)? })
}

/// Training rows after a treatment.
#[derive(Clone, Debug, PartialEq)]
pub struct Treated {
    /// One list a feature.
    pub values: Vec<Vec<Option<f64>>>,
    /// The outcome of each row.
    pub bad: Vec<bool>,
    /// The weight of each row.
    pub weight: Vec<f64>,
}

impl Treated {
    /// Treats some of the rows, and drops the others.
    ///
    /// # Errors
    /// [`BadData`]: lengths that differ, or what [`smote`] and [`balanced`] refuse.
    pub fn of(data: &Data<'_>, rows: &[usize], treatment: Treatment, seed: u64) -> Result<Self, BadData> {
        let given = check::weights(data.weight, data.bad.len())?;
        for values in data.values {
            check::length("values of a feature", values.len(), data.bad.len())?;
        }
        let mut values: Vec<Vec<Option<f64>>> =
            data.values.iter().map(|values| rows.iter().map(|row| values[*row]).collect()).collect();
        let mut bad: Vec<bool> = rows.iter().map(|row| data.bad[*row]).collect();
        let mut weight: Vec<f64> = rows.iter().map(|row| given[*row]).collect();
        match treatment {
            Treatment::Untouched => {}
            Treatment::Winsorised { low, high } => {
                check::setting("lower quantile", low, (0.0, 1.0), "0 to 1")?;
                check::setting("upper quantile", high, (low, 1.0), "the lower one to 1")?;
                let limited: Vec<(usize, Vec<Option<f64>>)> = numbers(data.features, &values)
                    .map(|(feature, values)| (feature, winsorised(values, low, high)))
                    .collect();
                limited.into_iter().for_each(|(feature, limited)| values[feature] = limited);
            }
            Treatment::WithoutOutliers { fences } => {
                let out = outlying(data.features, &values, fences);
                values.iter_mut().for_each(|values| keep(values, &out));
                keep(&mut bad, &out);
                keep(&mut weight, &out);
            }
            Treatment::Smote { neighbours, ratio } => {
                let made = smote(data.features, &values, &bad, neighbours, ratio, seed)?;
                for (feature, values) in data.features.iter().zip(&mut values) {
                    values.extend(made.iter().map(|made| made.value(feature, values)).collect::<Vec<_>>());
                }
                bad.extend(std::iter::repeat_n(rarer(&bad), made.len()));
                weight.extend(made.iter().map(|made| weight[made.from]).collect::<Vec<_>>());
            }
            Treatment::Balanced => {
                weight.iter_mut().zip(balanced(&bad)?).for_each(|(weight, balance)| *weight *= balance);
            }
        }
        Ok(Self { values, bad, weight })
    }
}

fn keep<T: Copy>(list: &mut Vec<T>, out: &[bool]) {
    *list = list.iter().zip(out).filter(|(_, out)| !**out).map(|(item, _)| *item).collect();
}

fn numbers<'a>(
    features: &'a [Feature],
    values: &'a [Vec<Option<f64>>],
) -> impl Iterator<Item = (usize, &'a Vec<Option<f64>>)> {
    let of_numbers = |(_, (feature, _)): &(usize, (&Feature, &Vec<Option<f64>>))| feature.levels.is_empty();
    features.iter().zip(values).enumerate().filter(of_numbers).map(|(index, (_, values))| (index, values))
}

fn quantiles(values: &[Option<f64>], low: f64, high: f64) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.iter().filter_map(|value| *value).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    (quantile(&sorted, low), quantile(&sorted, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::woe::tests::feature;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use underglass_engine::features::Direction;

    /// 2,000 rows, a tenth bad: a number and a level that say something, a number that is sometimes missing.
    fn world() -> (Vec<Feature>, Vec<Vec<Option<f64>>>, Vec<bool>) {
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        let mut features =
            vec![feature(&[], Direction::Free), feature(&["a", "b"], Direction::Free), feature(&[], Direction::Free)];
        features
            .iter_mut()
            .filter(|feature| feature.levels.is_empty())
            .for_each(|feature| feature.range = Some((-9.0, 9.0)));
        let (mut values, mut bad) = (vec![Vec::new(); 3], Vec::new());
        for _ in 0..2000 {
            let (x, c) = (rng.random_range(-2.0..2.0), rng.random_range(0..2_u32));
            bad.push(rng.random_range(0.0..1.0) < logistic(x + f64::from(c) - 3.3));
            values[0].push(Some(x));
            values[1].push(Some(f64::from(c)));
            values[2].push((rng.random_range(0.0..1.0) < 0.8).then(|| rng.random_range(0.0..1.0)));
        }
        (features, values, bad)
    }

    #[test]
    fn extremes_are_limited_and_missing_stays_missing() {
        let values: Vec<Option<f64>> = (0..=100).map(|x| Some(f64::from(x))).chain([None]).collect();
        let found = winsorised(&values, 0.05, 0.9);
        assert_eq!((found[0], found[50], found[100], found[101]), (Some(5.0), Some(50.0), Some(90.0), None));
    }

    #[test]
    fn rows_beyond_the_fences_are_outlying() {
        // Quartiles 2.5 and 7.5: fences at −5 and 15.
        let features = [feature(&[], Direction::Free), feature(&["a", "b"], Direction::Free)];
        let numbers: Vec<Option<f64>> = (0..=10).map(|x| Some(f64::from(x))).collect();
        let mut values = vec![numbers, vec![Some(1.0); 11]];
        assert!(!outlying(&features, &values, 1.5).contains(&true));
        values[0][10] = Some(15.5);
        values[1][3] = Some(0.0);
        let found = outlying(&features, &values, 1.5);
        assert_eq!((0..11).filter(|row| found[*row]).collect::<Vec<_>>(), [10]);
    }

    #[test]
    fn balanced_outcomes_weigh_the_same() {
        let weight = balanced(&[true, false, false, false]).expect("weights");
        assert_eq!(weight, [2.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(balanced(&[true]), Err(BadData::OneOutcome));
    }

    #[test]
    fn made_up_rows_lie_between_rows_of_the_rarer_outcome() {
        let (features, values, bad) = world();
        let made = smote(&features, &values, &bad, 5, 0.5, 3).expect("rows");
        let bads = bad.iter().filter(|bad| **bad).count();
        assert_eq!(made.len(), ((2000 - bads) as f64 * 0.5).round() as usize - bads);
        let rare: Vec<f64> = (0..2000).filter(|row| bad[*row]).filter_map(|row| values[0][row]).collect();
        let (low, high) = rare.iter().fold((9.0, -9.0), |(low, high), x| (x.min(low), x.max(high)));
        let of = |at: usize| {
            made.iter().map(move |made| (made, at)).map(|(made, at)| made.value(&features[at], &values[at]))
        };
        assert!(of(0).all(|x| x.is_some_and(|x| low <= x && x <= high)));
        assert!(of(1).all(|level| level == Some(0.0) || level == Some(1.0)));
        assert_eq!(made, smote(&features, &values, &bad, 5, 0.5, 3).expect("rows"));
        assert_ne!(made, smote(&features, &values, &bad, 5, 0.5, 4).expect("rows"));
        assert!(matches!(smote(&features, &values, &bad, 0, 1.0, 0), Err(BadData::TooFew { what: "neighbours", .. })));
        assert!(matches!(smote(&features, &values, &bad, 5, 1.1, 0), Err(BadData::Setting { what: "ratio", .. })));
    }

    #[test]
    fn made_up_rows_and_weights_spoil_the_mean_probability_and_limits_do_not() {
        let (features, values, bad) = world();
        let data = Data { features: &features, values: &values, bad: &bad, weight: None };
        let folds: Vec<u16> = (0..2000).map(|row| row % 4).collect();
        let of = |treatment| effect(&data, &folds, 1.0, treatment, 7).expect("figures");
        for treatment in [Treatment::Smote { neighbours: 5, ratio: 1.0 }, Treatment::Balanced] {
            let Effect { before, after, .. } = of(treatment);
            // A ridge of 1 leaves the intercept free, so each fold's training rows are met exactly; folds differ by chance.
            assert!((before.mean_probability - before.base_rate).abs() < 0.005, "{before:?}");
            assert!(after.mean_probability > 2.0 * after.base_rate && after.intercept < -1.0, "{after:?}");
            // What it is done for hardly changes.
            assert!((after.auc - before.auc).abs() < 0.02 && after.log_loss > before.log_loss, "{before:?} {after:?}");
        }
        let limited = of(Treatment::Winsorised { low: 0.01, high: 0.99 });
        assert!((limited.after.mean_probability - limited.after.base_rate).abs() < 0.005, "{limited:?}");
        let untouched = of(Treatment::Untouched);
        assert_eq!(untouched.before, untouched.after);
    }

    #[test]
    fn right_log_odds_have_slope_one_and_intercept_zero() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let z: Vec<f64> = (0..40_000).map(|_| rng.random_range(-3.0..1.0)).collect();
        let bad: Vec<bool> = z.iter().map(|z| rng.random_range(0.0..1.0) < logistic(*z)).collect();
        let found = figures(&z, &bad).expect("figures");
        // 40,000 rows: standard errors of about 0.012 each.
        assert!((found.slope - 1.0).abs() < 0.05 && found.intercept.abs() < 0.05, "{found:?}");
        let shifted: Vec<f64> = z.iter().map(|z| 2.0 * z + 1.0).collect();
        let off = figures(&shifted, &bad).expect("figures");
        assert!((off.slope - found.slope / 2.0).abs() < 1e-9, "{off:?}");
        let right: Vec<f64> = shifted.iter().map(|z| z + off.intercept).collect();
        let again = figures(&right, &bad).expect("figures");
        assert!((again.mean_probability - again.base_rate).abs() < 1e-12, "{again:?}");
    }
}

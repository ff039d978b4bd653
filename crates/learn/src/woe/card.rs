//! A scorecard: whole points a bin, which a person can add up.

use super::binning::{Rules, optimal};
use super::{Binned, Pure};
use crate::check::{self, BadData};
use crate::logistic::{Evidence, Logistic, Problem, Sparse};
use serde::Serialize;
use underglass_engine::features::Feature;
use underglass_engine::units::Scale;

/// Features below this information value say too little to be on a card.
///
/// Source: Siddiqi, *Credit Risk Scorecards* (2006): below 0.02 unpredictive, to 0.1 weak, to 0.3 medium, above strong.
pub const LEAST_IV: f64 = 0.02;

/// A scorecard. Higher points are safer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scorecard {
    /// Ties log-odds to points.
    pub scale: Scale,
    /// Log-odds of bad where every weight of evidence is 0.
    pub intercept: f64,
    /// Points that everybody has.
    pub base_points: i64,
    /// The features on the card.
    pub features: Vec<Carded>,
    /// How the fit ended.
    pub evidence: Evidence,
}

/// A feature on a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Carded {
    /// Position in the schema.
    pub feature: usize,
    /// Its bins.
    pub binned: Binned,
    /// Log-odds for one unit of weight of evidence; 1 where the other features say nothing of it.
    pub coefficient: f64,
    /// Points of each bin, and last of missing values.
    pub points: Vec<i64>,
}

/// How a scorecard is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What bins must be.
    pub rules: Rules,
    /// What is done with bins of one outcome.
    pub pure: Pure,
    /// Ridge penalty on the coefficients.
    pub l2: f64,
    /// Ties log-odds to points.
    pub scale: Scale,
    /// Where the points of the intercept go.
    pub base: Base,
}

impl Default for Settings {
    fn default() -> Self {
        let (rules, scale) = (Rules::default(), Scale::default());
        Self { rules, pure: Pure::Replaced(0.99), l2: 1.0, scale, base: Base::Separate }
    }
}

/// Where the points of the intercept go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Everybody starts from them.
    Separate,
    /// Equal shares are added to every feature's points.
    Spread,
}

/// Bins every feature, fits a logistic regression to the weights of evidence, and scales it to points.
///
/// Features below [`LEAST_IV`] stay off the card; one whose coefficient turns its weight of evidence round (it repeats
/// others) is taken off and the rest fitted again. `values` holds one list a feature: numbers or ranks of levels.
///
/// # Errors
/// [`BadData`]: lengths that differ, or rows of one outcome only.
pub fn fit(
    features: &[Feature],
    values: &[Vec<Option<f64>>],
    bad: &[bool],
    settings: &Settings,
) -> Result<Scorecard, BadData> {
    check::length("columns of values", values.len(), features.len())?;
    let mut kept = Vec::new();
    for (index, (feature, values)) in features.iter().zip(values).enumerate() {
        let binned = optimal(feature, values, bad, &settings.rules, settings.pure)?;
        if binned.iv >= LEAST_IV {
            kept.push((index, binned));
        }
    }
    loop {
        let columns: Vec<Vec<f64>> =
            kept.iter().map(|(index, binned)| weights(binned, &features[*index], &values[*index])).collect();
        let found = regress(&columns, bad, settings.l2)?;
        let Some(turned) = found.coefficients.iter().position(|coefficient| *coefficient < 0.0) else {
            return Ok(card(kept, found, settings.scale, settings.base));
        };
        kept.remove(turned);
    }
}

/// The weight of evidence of each value.
pub fn weights(binned: &Binned, feature: &Feature, values: &[Option<f64>]) -> Vec<f64> {
    binned.positions(feature, values).into_iter().map(|position| binned.woe(position)).collect()
}

/// Logistic regression on columns of weights of evidence.
///
/// # Errors
/// As [`crate::logistic::fit`].
pub fn regress(columns: &[Vec<f64>], bad: &[bool], l2: f64) -> Result<Logistic, BadData> {
    for column in columns {
        check::length("values of a feature", column.len(), bad.len())?;
    }
    let mut rows = Sparse::new(columns.len());
    (0..bad.len()).for_each(|row| rows.push(columns.iter().map(|column| column[row]).enumerate()));
    let target: Vec<f64> = bad.iter().map(|bad| f64::from(u8::from(*bad))).collect();
    Problem::new(rows, &target, None)?.fit(l2, &vec![false; columns.len()], None)
}

/// Turns bins and a fit into points: `−factor · coefficient · weight of evidence`, rounded half to even, and the base
/// `offset − factor · intercept`.
pub fn card(binned: Vec<(usize, Binned)>, fit: Logistic, scale: Scale, base: Base) -> Scorecard {
    let start = scale.offset() - scale.factor() * fit.intercept;
    let (own, shared) = match base {
        Base::Spread if !binned.is_empty() => (0.0, start / binned.len() as f64),
        _ => (start, 0.0),
    };
    let carded = |((feature, binned), coefficient): ((usize, Binned), f64)| {
        let points = |bin: &super::Bin| whole(shared - scale.factor() * coefficient * bin.woe);
        let points = binned.bins.iter().chain([&binned.missing]).map(points).collect();
        Carded { feature, binned, coefficient, points }
    };
    Scorecard {
        scale,
        intercept: fit.intercept,
        base_points: whole(own),
        features: binned.into_iter().zip(fit.coefficients).map(carded).collect(),
        evidence: fit.evidence,
    }
}

fn whole(points: f64) -> i64 {
    points.round_ties_even() as i64
}

impl Scorecard {
    /// Log-odds of bad of each row, before points are rounded. `values` as in [`fit`].
    pub fn margins(&self, features: &[Feature], values: &[Vec<Option<f64>>]) -> Vec<f64> {
        self.sums(features, values, self.intercept, |carded, position| carded.coefficient * carded.binned.woe(position))
    }

    /// Points of each row.
    pub fn scores(&self, features: &[Feature], values: &[Vec<Option<f64>>]) -> Vec<i64> {
        self.sums(features, values, self.base_points, |carded, position| {
            carded.points.get(position).copied().unwrap_or(0)
        })
    }

    fn sums<N: Copy + std::ops::AddAssign>(
        &self,
        features: &[Feature],
        values: &[Vec<Option<f64>>],
        base: N,
        of: impl Fn(&Carded, usize) -> N,
    ) -> Vec<N> {
        let mut sums = vec![base; values.first().map_or(0, Vec::len)];
        for carded in &self.features {
            let positions = carded.binned.positions(&features[carded.feature], &values[carded.feature]);
            sums.iter_mut().zip(positions).for_each(|(sum, position)| *sum += of(carded, position));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::feature;
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use underglass_engine::features::Direction;

    #[test]
    fn points_follow_the_log_odds_and_repeats_leave_the_card() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let features =
            [feature(&[], Direction::Free), feature(&["a", "b"], Direction::Free), feature(&[], Direction::Free)];
        let (mut values, mut bad) = (vec![Vec::new(); 3], Vec::new());
        for _ in 0..3000 {
            let (x, c) = (rng.random_range(0.0..1.0), rng.random_range(0..2_u32));
            values[0].push(Some(x));
            values[1].push(Some(f64::from(c)));
            values[2].push((rng.random_range(0.0..1.0) < 0.5).then(|| rng.random_range(0.0..1.0)));
            bad.push(rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(2.0 - 2.0 * x - f64::from(c))));
        }
        let settings = Settings::default();
        let card = fit(&features, &values, &bad, &settings).expect("a card");
        let on_card: Vec<usize> = card.features.iter().map(|carded| carded.feature).collect();
        assert_eq!(on_card, [0, 1], "the third says nothing");
        // Independent features: each weight of evidence counts fully; standard errors are about 0.1.
        assert!(card.features.iter().all(|carded| (carded.coefficient - 1.0).abs() < 0.3), "{card:?}");
        let margins = card.margins(&features, &values);
        for (score, margin) in card.scores(&features, &values).into_iter().zip(margins) {
            // Three roundings to whole points.
            let raw = settings.scale.raw(underglass_engine::units::LogOdds(margin));
            assert!((score as f64 - raw).abs() <= 1.5, "{score} {raw}");
        }
    }
}

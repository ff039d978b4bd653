//! Figures of a model's answers, each with a 95 % interval.

use super::{Scored, Segments};
use crate::artifact::Metrics;
use crate::metrics::{
    Bins, Confusion, Edge, Estimate, GainsBin, Ranking, ReliabilityBin, Resampling, auc_estimate, bootstrap,
    brier_estimate, calibration_intercept, calibration_slope, expected_calibration_error, ks_estimate,
    log_loss_estimate, reliability,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Bins of gains and reliability.
pub const BINS: u32 = 10;
const N_BINS: usize = BINS as usize;

/// The stream of outcomes drawn in [`Quality::ece_if_calibrated`].
const CALIBRATED_STREAM: u64 = 1;

/// Figures of all rows. AUC, Gini, log-loss and Brier have the intervals of DeLong and of a mean, KS that of two shares;
/// the others are resampled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Rows.
    pub rows: u64,
    /// Bad outcomes among them.
    pub positives: u64,
    /// Share of bads.
    pub bad_rate: Estimate,
    /// Mean predicted probability.
    pub mean_probability: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// `2 · AUC − 1`.
    pub gini: Estimate,
    /// Kolmogorov–Smirnov distance.
    pub ks: Estimate,
    /// Average precision; a score without information has the share of bads.
    pub average_precision: Estimate,
    /// Mean negative log-likelihood.
    pub log_loss: Estimate,
    /// Mean squared error of the probability.
    pub brier: Estimate,
    /// Expected calibration error in ten bins of equally many rows. Its interval is that of the resamples, moved by the
    /// bias of resampling: a resample is always less well calibrated than the rows it is drawn from.
    pub ece: Estimate,
    /// 95 % of perfectly calibrated models would show less than this calibration error on so many rows.
    pub ece_if_calibrated: f64,
    /// Calibration slope.
    pub calibration_slope: Estimate,
    /// Calibration in the large, in log-odds.
    pub calibration_intercept: Estimate,
}

/// Figures of all rows.
pub fn quality(scored: &Scored, resampling: Resampling) -> Quality {
    let Scored { log_odds, probability, bad, .. } = scored;
    let ranking = Ranking::new(log_odds, bad);
    let bins = equal_count(scored);
    let [average_precision, ece, calibration_slope, calibration_intercept] =
        bootstrap(scored.n_rows(), resampling, |weight| {
            let weight = Some(weight);
            [
                ranking.average_precision(weight),
                ece(scored, &bins, weight),
                calibration_slope(log_odds, bad, weight),
                calibration_intercept(log_odds, bad, weight),
            ]
        });
    let auc = auc_estimate(log_odds, bad);
    let gini = |auc: f64| 2.0 * auc - 1.0;
    let (rows, positives) = counts(bad);
    Quality {
        rows,
        positives,
        bad_rate: Estimate::share(positives, rows),
        mean_probability: mean(probability),
        auc,
        gini: Estimate { value: gini(auc.value), low: gini(auc.low), high: gini(auc.high) },
        ks: ks_estimate(log_odds, bad),
        average_precision,
        log_loss: log_loss_estimate(probability, bad),
        brier: brier_estimate(probability, bad),
        ece: unbiased(ece),
        ece_if_calibrated: ece_if_calibrated(scored, &bins, resampling),
        calibration_slope,
        calibration_intercept,
    }
}

fn counts(bad: &[bool]) -> (u64, u64) {
    (bad.len() as u64, bad.iter().filter(|bad| **bad).count() as u64)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The resamples' interval, centred on the value and kept from 0.
fn unbiased(found: Estimate) -> Estimate {
    let shift = (found.low + found.high) / 2.0 - found.value;
    Estimate { value: found.value, low: (found.low - shift).max(0.0), high: found.high - shift }
}

pub(super) fn equal_count(scored: &Scored) -> Bins {
    Bins::equal_count(&scored.probability, BINS, Edge::Below)
}

pub(super) fn equal_width() -> Bins {
    Bins::equal_width(BINS, Edge::Below)
}

/// Expected calibration error of weighted rows in given bins.
pub(super) fn ece(scored: &Scored, bins: &Bins, weight: Option<&[f64]>) -> f64 {
    expected_calibration_error(&reliability(&scored.probability, &scored.bad, weight, bins))
}

/// Upper 5 % of the calibration error when outcomes are drawn from the probabilities themselves.
fn ece_if_calibrated(scored: &Scored, bins: &Bins, resampling: Resampling) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(resampling.seed);
    rng.set_stream(CALIBRATED_STREAM);
    let mut drawn: Vec<f64> = (0..resampling.resamples)
        .map(|_| {
            let bad: Vec<bool> = scored.probability.iter().map(|p| rng.random_range(0.0..1.0) < *p).collect();
            expected_calibration_error(&reliability(&scored.probability, &bad, None, bins))
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = (drawn.len() as f64 * 0.95) as usize;
    drawn.get(at.min(drawn.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// A figure here and in the model's own validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// The figure's name in [`Quality`].
    pub figure: &'static str,
    /// On the rows that the model learned from, if they were given.
    pub training: Option<Estimate>,
    /// On rows that the scoring trees had not seen, when the model was made.
    pub validation: Estimate,
    /// On these rows.
    pub here: Estimate,
    /// Here less validation; both samples are taken as independent.
    pub difference: Estimate,
    /// Differences up to this do not matter.
    pub tolerance: f64,
    /// What follows.
    pub verdict: GapVerdict,
}

/// Whether a figure holds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapVerdict {
    /// The interval of the difference reaches into the tolerance.
    Consistent,
    /// The whole interval lies beyond the tolerance, on the better side.
    Better,
    /// The whole interval lies beyond the tolerance, on the worse side.
    Worse,
}

/// Figures here against the model's own validation, with those of the training rows beside them.
pub fn gaps(validation: &Metrics, here: &Quality, training: Option<&Quality>) -> Vec<Gap> {
    let of = |quality: &Quality| [quality.auc, quality.ks, quality.log_loss, quality.brier];
    gaps_of(validation, of(here), training.map(of))
}

/// Figures of the rows that a model learned from against its own validation: *better* beyond the tolerance says that it
/// fits these rows more than others. The rows are largely the same, so the intervals are wider than they need be.
pub fn training_gaps(validation: &Metrics, training: &Scored) -> Vec<Gap> {
    let Scored { log_odds, probability, bad, .. } = training;
    let here = [
        auc_estimate(log_odds, bad),
        ks_estimate(log_odds, bad),
        log_loss_estimate(probability, bad),
        brier_estimate(probability, bad),
    ];
    gaps_of(validation, here, Some(here))
}

/// AUC, KS, log-loss and Brier score.
fn gaps_of(validation: &Metrics, here: [Estimate; 4], training: Option<[Estimate; 4]>) -> Vec<Gap> {
    // Beyond 0.01 of AUC or two points of KS a portfolio notices; log-loss and Brier alike, as they measure.
    let gap = |figure, validation: Estimate, at: usize, tolerance, worse: fn(f64) -> f64| {
        let (here, training) = (here[at], training.map(|training| training[at]));
        let error = libm::hypot(here.standard_error(), validation.standard_error());
        let value = here.value - validation.value;
        let difference = Estimate::around(value, error, (f64::NEG_INFINITY, f64::INFINITY));
        let verdict = if worse(difference.low).min(worse(difference.high)) > tolerance {
            GapVerdict::Worse
        } else if worse(difference.low).max(worse(difference.high)) < -tolerance {
            GapVerdict::Better
        } else {
            GapVerdict::Consistent
        };
        Gap { figure, training, validation, here, difference, tolerance, verdict }
    };
    vec![
        gap("auc", validation.auc, 0, 0.01, |difference| -difference),
        gap("ks", validation.ks, 1, 0.02, |difference| -difference),
        gap("log_loss", validation.log_loss, 2, 0.01, |difference| difference),
        gap("brier", validation.brier, 3, 0.005, |difference| difference),
    ]
}

/// Figures of predicting *bad* below a cut-off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtCutOff {
    /// Rows with fewer shown points are predicted bad.
    pub cut_off: i16,
    /// The four counts.
    pub confusion: Confusion,
    /// Share of rows at or above the cut-off.
    pub approval_rate: Estimate,
    /// Share of bads among them; the share of bads that a cut-off lets through.
    pub approved_bad_rate: Estimate,
    /// Share of right predictions.
    pub accuracy: Estimate,
    /// Share of bads among rows below the cut-off.
    pub precision: Estimate,
    /// Share of the bads that lie below it.
    pub recall: Estimate,
    /// Share of the goods that do not.
    pub specificity: Estimate,
    /// Harmonic mean of precision and recall.
    pub f1: Estimate,
}

/// Figures of predicting *bad* below a cut-off.
pub fn at_cut_off(scored: &Scored, cut_off: i16, resampling: Resampling) -> AtCutOff {
    let predicted = scored.below(cut_off);
    let [approval_rate, approved_bad_rate, accuracy, precision, recall, specificity, f1] =
        bootstrap(scored.n_rows(), resampling, |weight| {
            let found = Confusion::of(&predicted, &scored.bad, Some(weight));
            [
                found.approval_rate(),
                found.approved_bad_rate(),
                found.accuracy(),
                found.precision(),
                found.recall(),
                found.specificity(),
                found.f1(),
            ]
        });
    let confusion = Confusion::of(&predicted, &scored.bad, None);
    AtCutOff { cut_off, confusion, approval_rate, approved_bad_rate, accuracy, precision, recall, specificity, f1 }
}

/// One bin of the gains table with resampled intervals; the bin's rows stay the same in every resample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gains {
    /// Rows in it.
    pub rows: u64,
    /// Bad outcomes among them.
    pub positives: u64,
    /// Highest log-odds of bad in it.
    pub log_odds_max: f64,
    /// Lowest log-odds of bad in it.
    pub log_odds_min: f64,
    /// Share of bads, by Wilson's interval.
    pub bad_rate: Estimate,
    /// Its share of bads over everybody's.
    pub lift: Estimate,
    /// Share of all bads in this bin and those before it.
    pub cumulative_gain: Estimate,
    /// Lift of this bin and those before it.
    pub cumulative_lift: f64,
    /// Share of all rows in this bin and those before it.
    pub cumulative_population: f64,
}

/// Lift and gains in ten bins, highest risk first.
pub fn gains(scored: &Scored, resampling: Resampling) -> Vec<Gains> {
    let ranking = Ranking::new(&scored.log_odds, &scored.bad);
    let figures: [Estimate; 2 * N_BINS] = bootstrap(scored.n_rows(), resampling, |weight| {
        let mut figures = [f64::NAN; 2 * N_BINS];
        for (bin, found) in ranking.gains(BINS, Some(weight)).iter().enumerate() {
            figures[bin] = found.lift;
            figures[N_BINS + bin] = found.cumulative_gain;
        }
        figures
    });
    let (lifts, gains) = figures.split_at(N_BINS);
    let row = |((bin, lift), cumulative_gain): ((GainsBin, &Estimate), &Estimate)| Gains {
        rows: bin.rows,
        positives: bin.bads as u64,
        log_odds_max: bin.score_max,
        log_odds_min: bin.score_min,
        bad_rate: Estimate::share(bin.bads as u64, bin.rows),
        lift: *lift,
        cumulative_gain: *cumulative_gain,
        cumulative_lift: bin.cumulative_lift,
        cumulative_population: bin.cumulative_population,
    };
    ranking.gains(BINS, None).into_iter().zip(lifts).zip(gains).map(row).collect()
}

/// One bin of the reliability diagram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// The bin.
    #[serde(flatten)]
    pub bin: ReliabilityBin,
    /// What happened, by Wilson's interval.
    pub observed: Estimate,
}

/// Predicted and observed shares of bads in the given bins.
pub fn reliability_of(scored: &Scored, bins: &Bins) -> Vec<Reliability> {
    let row = |bin: ReliabilityBin| {
        let bads = (bin.share_bad * bin.weight).round() as u64;
        Reliability { observed: Estimate::share(bads, bin.rows), bin }
    };
    reliability(&scored.probability, &scored.bad, None, bins).into_iter().map(row).collect()
}

/// Figures of one segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentQuality {
    /// The segment's name.
    pub label: String,
    /// Its rows.
    pub rows: u64,
    /// Bad outcomes among them.
    pub positives: u64,
    /// Share of bads, by Wilson's interval.
    pub bad_rate: Estimate,
    /// Mean predicted probability; miscalibrated where it lies outside of the bad rate's interval.
    pub mean_probability: f64,
    /// Share at or above the cut-off, by Wilson's interval.
    pub approval_rate: Estimate,
    /// Area under the ROC curve within the segment; NaN with one outcome only.
    pub auc: Estimate,
    /// Mean negative log-likelihood.
    pub log_loss: Estimate,
}

/// Figures of each segment, in the order of their names.
pub fn by_segment(scored: &Scored, segments: &Segments, cut_off: i16) -> Vec<SegmentQuality> {
    let of = |(label, rows): (&str, Vec<usize>)| {
        let bad: Vec<bool> = rows.iter().map(|row| scored.bad[*row]).collect();
        let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| values[*row]).collect() };
        let probability = pick(&scored.probability);
        let (n_rows, positives) = counts(&bad);
        let approved = rows.iter().filter(|row| scored.points[**row] >= cut_off).count() as u64;
        SegmentQuality {
            label: label.to_owned(),
            rows: n_rows,
            positives,
            bad_rate: Estimate::share(positives, n_rows),
            mean_probability: mean(&probability),
            approval_rate: Estimate::share(approved, n_rows),
            auc: auc_estimate(&pick(&scored.log_odds), &bad),
            log_loss: log_loss_estimate(&probability, &bad),
        }
    };
    segments.rows().into_iter().map(of).collect()
}

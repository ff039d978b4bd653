//! How good a model is on rows whose outcome is known: figures with intervals, overall and by segment, against the
//! model's own validation, what its inputs are worth, and whether a challenger may take a champion's place.
//!
//! Rows are checked applications, so that a permuted input reaches every feature that is derived from it. Everything
//! drawn at random comes from one seed.

mod curves;
mod gate;
mod importance;
mod quality;

pub use curves::{Curves, KsPoint};
pub use gate::{Bars, Check, Gate, Latency, Verdict, gate};
pub use importance::{
    FeatureImportance, GroupValue, Importance, MOST_SAMPLED, PermutationEffect, REPEATS, group_values, importance,
};
pub use quality::{
    AtCutOff, BINS, Gains, Gap, GapVerdict, Quality, Reliability, SegmentQuality, at_cut_off, by_segment, gains, gaps,
    quality, reliability_of,
};

use crate::application::Application;
use crate::artifact::Model;
use crate::metrics::{Difference, Estimate, Resampling, auc_difference, bootstrap, log_loss_difference};
use crate::seal::Digest;
use crate::units::{LogOdds, Points, Probability};
use serde::Serialize;

/// A model's answers for rows whose outcome is known; all lists are equally long.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Calibrated log-odds of bad.
    pub log_odds: Vec<f64>,
    /// Probability of bad.
    pub probability: Vec<f64>,
    /// Shown points.
    pub points: Vec<i16>,
    /// What happened.
    pub bad: Vec<bool>,
}

impl Scored {
    /// Scores rows.
    pub fn new(model: &Model, applications: &[Application], bad: &[bool]) -> Self {
        let log_odds = applications.iter().map(|row| model.log_odds(&model.schema().features_of(row)));
        let log_odds: Vec<_> = log_odds.collect();
        Self {
            probability: log_odds.iter().map(|z| Probability::from_log_odds(*z).value()).collect(),
            points: log_odds.iter().map(|z| Points::from_raw(model.scale().raw(*z)).value()).collect(),
            log_odds: log_odds.into_iter().map(|z| z.0).collect(),
            bad: bad.to_vec(),
        }
    }

    /// Answers that other models of a fit gave, as calibrated probabilities, on this model's scale.
    pub fn of_probabilities(model: &Model, probability: &[f64], bad: &[bool]) -> Self {
        let log_odds: Vec<f64> = probability.iter().map(|p| libm::log(*p) - libm::log1p(-p)).collect();
        let points = |z: &f64| Points::from_raw(model.scale().raw(LogOdds(*z))).value();
        Self {
            points: log_odds.iter().map(points).collect(),
            log_odds,
            probability: probability.to_vec(),
            bad: bad.to_vec(),
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.bad.len()
    }

    /// Whether each row is predicted bad: its shown score lies below the cut-off.
    pub fn below(&self, cut_off: i16) -> Vec<bool> {
        self.points.iter().map(|points| *points < cut_off).collect()
    }
}

/// Names of groups of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// What tells them apart: a column, or `points`.
    pub name: String,
    /// The group of each row.
    pub labels: Vec<String>,
}

/// Width of the bands of [`Segments::by_points`].
const SEGMENT_POINTS: i16 = 40;

impl Segments {
    /// 40-point bands of the shown score.
    pub fn by_points(scored: &Scored) -> Self {
        let band = |points: &i16| {
            let from = points - (points - 300).rem_euclid(SEGMENT_POINTS);
            format!("{from} to {}", from + SEGMENT_POINTS - 1)
        };
        Self { name: "points".to_owned(), labels: scored.points.iter().map(band).collect() }
    }

    /// Rows of each group, groups in the order of their names.
    fn rows(&self) -> std::collections::BTreeMap<&str, Vec<usize>> {
        let mut rows: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
        for (row, label) in self.labels.iter().enumerate() {
            rows.entry(label).or_default().push(row);
        }
        rows
    }
}

/// What an evaluation shall answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<'a> {
    /// Digest of the evaluated data: tells training rows from others.
    pub data_sha256: Digest,
    /// Rows with fewer shown points count as predicted bad.
    pub cut_off: i16,
    /// How intervals are drawn.
    pub resampling: Resampling,
    /// Groups of inputs, as positions in the schema, whose joint worth is asked.
    pub groups: &'a [Vec<usize>],
    /// Groups of rows to look at one by one.
    pub segments: Option<Segments>,
    /// The model's answers for the rows that it learned from.
    pub training: Option<&'a Scored>,
}

/// Which rows were evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// The file that the model learned from: its figures flatter.
    Training,
    /// Another file.
    Test,
}

/// The answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Which rows these are.
    pub sample: Sample,
    /// How the model's own validation was made.
    pub validation_protocol: String,
    /// Figures of all rows.
    pub quality: Quality,
    /// The same figures of the rows that the model learned from, if they were given: they flatter.
    pub training: Option<Quality>,
    /// Against the model's own validation.
    pub gaps: Vec<Gap>,
    /// Figures of the yes/no prediction.
    pub at_cut_off: AtCutOff,
    /// Lift and gains, highest risk first.
    pub gains: Vec<Gains>,
    /// Predicted and observed, in bins of equally many rows.
    pub reliability: Vec<Reliability>,
    /// Predicted and observed, in bins of equal width.
    pub reliability_equal_width: Vec<Reliability>,
    /// Points of the usual curves.
    pub curves: Curves,
    /// Figures of each segment.
    pub segments: Vec<SegmentQuality>,
    /// What tells the segments apart.
    pub segmented_by: Option<String>,
    /// What each feature is worth.
    pub importance: Importance,
    /// What groups of inputs are worth.
    pub groups: Vec<GroupValue>,
}

/// Evaluates a model on rows whose outcome is known.
pub fn evaluate(model: &Model, applications: &[Application], bad: &[bool], question: &Question<'_>) -> Evaluation {
    let scored = Scored::new(model, applications, bad);
    let Question { resampling, cut_off, .. } = *question;
    let validation = model.metrics();
    let training = question.training.map(|scored| quality(scored, resampling));
    let quality = quality(&scored, resampling);
    Evaluation {
        sample: if question.data_sha256 == model.file().lineage.data_sha256 { Sample::Training } else { Sample::Test },
        validation_protocol: validation.map_or_else(
            || "nobody measured it: the model was imported".to_owned(),
            |metrics| metrics.protocol.clone(),
        ),
        gaps: validation.map_or_else(Vec::new, |metrics| gaps(metrics, &quality, training.as_ref())),
        quality,
        training,
        at_cut_off: at_cut_off(&scored, cut_off, resampling),
        gains: gains(&scored, resampling),
        reliability: reliability_of(&scored, &quality::equal_count(&scored)),
        reliability_equal_width: reliability_of(&scored, &quality::equal_width()),
        curves: Curves::of(&scored),
        segments: question.segments.as_ref().map_or_else(Vec::new, |named| by_segment(&scored, named, cut_off)),
        segmented_by: question.segments.as_ref().map(|named| named.name.clone()),
        importance: importance(model, applications, bad, resampling),
        groups: group_values(model, applications, bad, question.groups, resampling),
    }
}

/// Two models on the same rows, first minus second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Difference of AUC, by DeLong's test: above 0 the first ranks better.
    pub auc: Difference,
    /// Difference of log-loss: below 0 the first is better.
    pub log_loss: Difference,
    /// Difference of the expected calibration error in bins of equally many rows, resampled in pairs.
    pub calibration_error: Estimate,
}

/// Compares two models' answers for the same rows.
pub fn compare(first: &Scored, second: &Scored, resampling: Resampling) -> Comparison {
    let (first_bins, second_bins) = (quality::equal_count(first), quality::equal_count(second));
    let [calibration_error] = bootstrap(first.n_rows(), resampling, |weight| {
        [quality::ece(first, &first_bins, Some(weight)) - quality::ece(second, &second_bins, Some(weight))]
    });
    Comparison {
        auc: auc_difference(&first.log_odds, &second.log_odds, &first.bad),
        log_loss: log_loss_difference(&first.probability, &second.probability, &first.bad),
        calibration_error,
    }
}

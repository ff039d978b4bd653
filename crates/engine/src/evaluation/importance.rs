//! What features and groups of inputs are worth to a model.
//!
//! Permutation: values are dealt again among the rows, so that a column keeps its distribution and loses its meaning; the
//! loss of AUC and the rise of log-loss are the column's worth *to this model*, not to a model trained without it.
//! Source: Breiman, *Random forests* (2001); Fisher, Rudin and Dominici (2019).

use crate::application::Application;
use crate::artifact::Model;
use crate::batch::{Columns, ExplainJob};
use crate::features::FeatureVector;
use crate::metrics::{Estimate, Ranking, Resampling, bootstrap, row_log_loss};
use crate::units::{LogOdds, Probability};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Importance is measured on at most so many rows, drawn by the seed.
pub const MOST_SAMPLED: usize = 5_000;
/// Times that values are dealt again; figures are means over them.
pub const REPEATS: u64 = 5;
/// Streams below this one belong to other draws; each feature and group has its own.
const FIRST_STREAM: u64 = 1 << 16;
const FIRST_GROUP_STREAM: u64 = 1 << 32;

/// The worth of every feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// Rows that it was measured on.
    pub rows: u64,
    /// One entry a feature, the greatest AUC drop first.
    pub features: Vec<FeatureImportance>,
}

/// The worth of one feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureImportance {
    /// The feature.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// Its share of what all splits took off the training loss or impurity; `None` where the model does not say.
    pub gain_share: Option<f64>,
    /// Splits that ask about it; none in a linear model.
    pub splits: u64,
    /// What permuting it costs.
    #[serde(flatten)]
    pub permutation: PermutationEffect,
    /// Mean size of its contribution, in log-odds; `None` where the model cannot be explained against its rows.
    pub mean_abs_shap: Option<Estimate>,
}

/// What permuting columns costs, with resampled intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PermutationEffect {
    /// AUC as it is less AUC with permuted values.
    pub auc_drop: Estimate,
    /// Log-loss with permuted values less log-loss as it is.
    pub log_loss_rise: Estimate,
}

/// The marginal value of a group of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupValue {
    /// The inputs' names.
    pub inputs: Vec<String>,
    /// What permuting them together costs.
    #[serde(flatten)]
    pub permutation: PermutationEffect,
}

/// The worth of every feature, the greatest AUC drop first.
pub fn importance(model: &Model, applications: &[Application], bad: &[bool], resampling: Resampling) -> Importance {
    let sample = SampledRows::draw(model, applications, bad, resampling.seed);
    let splits = model.ensemble().split_counts(model.schema().features().len());
    let gain = model.file().lineage.gain_shares();
    let shap = mean_abs_shap(model, &sample.features);
    let mut rows = sample.features.clone();
    let listed = model.schema().features().iter().zip(splits).enumerate();
    let mut features: Vec<FeatureImportance> = listed
        .map(|(index, (feature, splits))| {
            let permuted = sample.permuted(resampling.seed, FIRST_STREAM + index as u64, |row, donor| {
                let own = std::mem::replace(&mut rows[row].0[index], sample.features[donor].0[index]);
                let log_odds = model.log_odds(&rows[row]);
                rows[row].0[index] = own;
                log_odds
            });
            FeatureImportance {
                name: feature.name.clone(),
                label: feature.label.clone(),
                gain_share: gain.as_ref().map(|gain| gain[index]),
                splits,
                permutation: sample.effect(&permuted, resampling),
                mean_abs_shap: shap.as_ref().map(|shap| shap[index]),
            }
        })
        .collect();
    features.sort_by(|a, b| b.permutation.auc_drop.value.total_cmp(&a.permutation.auc_drop.value));
    Importance { rows: sample.bad.len() as u64, features }
}

/// The marginal value of groups of inputs: every feature that is derived from them is computed again.
pub fn group_values(
    model: &Model,
    applications: &[Application],
    bad: &[bool],
    groups: &[Vec<usize>],
    resampling: Resampling,
) -> Vec<GroupValue> {
    if groups.is_empty() {
        return Vec::new();
    }
    let sample = SampledRows::draw(model, applications, bad, resampling.seed);
    let value = |(index, group): (usize, &Vec<usize>)| {
        let permuted = sample.permuted(resampling.seed, FIRST_GROUP_STREAM + index as u64, |row, donor| {
            let (own, donor) = (&applications[sample.rows[row]], &applications[sample.rows[donor]]);
            model.log_odds(&model.schema().features_of(&own.with_answers_of(donor, group)))
        });
        GroupValue {
            inputs: group.iter().map(|input| model.schema().inputs()[*input].name.clone()).collect(),
            permutation: sample.effect(&permuted, resampling),
        }
    };
    groups.iter().enumerate().map(value).collect()
}

/// The rows that importance is measured on.
struct SampledRows {
    rows: Vec<usize>,
    features: Vec<FeatureVector>,
    bad: Vec<bool>,
    log_odds: Vec<LogOdds>,
}

impl SampledRows {
    fn draw(model: &Model, applications: &[Application], bad: &[bool], seed: u64) -> Self {
        let mut rows = dealt(applications.len(), seed, 2);
        rows.truncate(MOST_SAMPLED);
        rows.sort_unstable();
        let features: Vec<FeatureVector> =
            rows.iter().map(|row| model.schema().features_of(&applications[*row])).collect();
        Self {
            bad: rows.iter().map(|row| bad[*row]).collect(),
            log_odds: features.iter().map(|row| model.log_odds(row)).collect(),
            rows,
            features,
        }
    }

    /// Scores of every repeat, each row with a donor's values.
    fn permuted(&self, seed: u64, stream: u64, mut score: impl FnMut(usize, usize) -> LogOdds) -> Vec<Vec<LogOdds>> {
        (0..REPEATS)
            .map(|repeat| {
                let donors = dealt(self.rows.len(), seed, stream * REPEATS + repeat);
                donors.into_iter().enumerate().map(|(row, donor)| score(row, donor)).collect()
            })
            .collect()
    }

    fn effect(&self, permuted: &[Vec<LogOdds>], resampling: Resampling) -> PermutationEffect {
        let zero = Estimate { value: 0.0, low: 0.0, high: 0.0 };
        // A column that the model does not read: no resample could show anything else.
        if permuted.iter().all(|log_odds| *log_odds == self.log_odds) {
            return PermutationEffect { auc_drop: zero, log_loss_rise: zero };
        }
        let repeats = permuted.len() as f64;
        let ranking = |log_odds: &[LogOdds]| Ranking::new(&log_odds.iter().map(|z| z.0).collect::<Vec<_>>(), &self.bad);
        let loss = |z: LogOdds, bad: bool| row_log_loss(Probability::from_log_odds(z).value(), bad);
        let rise: Vec<f64> = (0..self.bad.len())
            .map(|row| {
                let bad = self.bad[row];
                let with = permuted.iter().map(|log_odds| loss(log_odds[row], bad)).sum::<f64>() / repeats;
                with - loss(self.log_odds[row], bad)
            })
            .collect();
        let (own, rankings) = (ranking(&self.log_odds), permuted.iter().map(|z| ranking(z)).collect::<Vec<_>>());
        let [auc_drop, log_loss_rise] = bootstrap(self.bad.len(), resampling, |weight| {
            let without = rankings.iter().map(|ranking| ranking.auc(Some(weight))).sum::<f64>() / repeats;
            let total: f64 = weight.iter().sum();
            let rise = rise.iter().zip(weight).map(|(rise, weight)| rise * weight).sum::<f64>() / total;
            [own.auc(Some(weight)) - without, rise]
        });
        PermutationEffect { auc_drop, log_loss_rise }
    }
}

/// Positions in a seeded order (Fisher and Yates; Durstenfeld, 1964).
fn dealt(n: usize, seed: u64, stream: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, rng.random_range(0..=last as u32) as usize);
    }
    order
}

/// Mean size of each feature's contribution, with the interval of a mean.
fn mean_abs_shap(model: &Model, rows: &[FeatureVector]) -> Option<Vec<Estimate>> {
    let n_features = model.schema().features().len();
    let columns = (0..n_features).flat_map(|index| rows.iter().map(move |row| row.0[index].unwrap_or(f64::NAN)));
    let explainer = model.against_all()?.clone();
    let mut job = ExplainJob::new(model, explainer, Columns::Features(columns.collect()), rows.len()).ok()?;
    job.step(model, rows.len()).ok()?;
    let values = job.finish().values;
    let of = |index: usize| values.iter().skip(index).step_by(n_features).map(|value| value.abs());
    Some((0..n_features).map(|index| Estimate::mean(of(index))).collect())
}

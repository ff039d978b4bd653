//! From fitted ensembles to a model file.

use crate::learner::{Fitted, Learner, TrainingSet};
use crate::plan::{Classes, Columns, Folds, Plan};
use crate::train::LearnError;
use crate::{reference, spread};
use ndarray::Array2;
use std::collections::BTreeSet;
use underglass_engine::artifact::{BandsFile, Candidate, Lineage, Metrics, Model, ModelFile, Populations, Target};
use underglass_engine::features::Schema;
use underglass_engine::metrics;
use underglass_engine::model::Calibration;
use underglass_engine::seal::{self, Digest};
use underglass_engine::units::{Date, LogOdds, Points, Probability, Scale};

/// Months after which a model must be looked at again.
const REVIEW_MONTHS: u16 = 12;

/// What a finished fit consists of.
pub(crate) struct Parts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) data_sha256: Digest,
    pub(crate) as_of: Option<Date>,
    pub(crate) positive: String,
    pub(crate) permitted_by_request: Vec<String>,
    pub(crate) set: &'a TrainingSet,
    /// Models to choose from.
    pub(crate) fitted: Vec<Fitted>,
}

/// A model with what goes beside it.
pub(crate) struct Built {
    pub(crate) model: Model,
    pub(crate) bands: BandsFile,
    pub(crate) out_of_fold: Vec<Option<f64>>,
    pub(crate) notes: Vec<String>,
}

/// A model to choose from, with its scores of rows that it had not seen.
struct Judged {
    fitted: Fitted,
    calibration: Calibration,
    probabilities: Vec<Option<f64>>,
    /// On the rows where learners are compared.
    auc: f64,
    loss: f64,
}

fn judged(fitted: Fitted, set: &TrainingSet) -> Judged {
    let calibration = fitted.calibration(set);
    let probability = |margin: f64| Probability::from_log_odds(calibration.log_odds(margin)).value();
    let probabilities: Vec<Option<f64>> = fitted.held_out.iter().map(|margin| margin.map(probability)).collect();
    let (compared, bad) = set.at(&set.split.tuning(), &probabilities);
    let (auc, loss) = (metrics::auc(&compared, &bad, None), metrics::log_loss(&compared, &bad, None));
    Judged { fitted, calibration, probabilities, auc, loss }
}

pub(crate) fn build(parts: Parts<'_>) -> Result<Built, LearnError> {
    let Parts { plan, set, .. } = parts;
    let prepared = &set.prepared;
    let all: Vec<Judged> = parts.fitted.into_iter().map(|fitted| judged(fitted, set)).collect();
    let candidate =
        |judged: &Judged| Candidate { learner: judged.fitted.name.clone(), auc: judged.auc, log_loss: judged.loss };
    let candidates = if all.len() > 1 { all.iter().map(candidate).collect() } else { Vec::new() };
    // A learner is always run; of equals the first, which is the simplest.
    let best = all.into_iter().reduce(|best, other| if other.loss < best.loss { other } else { best });
    let Some(Judged { fitted, calibration, probabilities: out_of_fold, .. }) = best else {
        return Err(LearnError::NoFeatures { notes: Vec::new() });
    };
    let notes = (plan.classes == Classes::Balanced).then(|| effect_of_weights(&fitted, calibration, set));
    let scale = Scale::default();
    let raw = |margin: &f64| scale.raw(calibration.log_odds(*margin));
    let final_raw: Vec<f64> = fitted.margins.iter().map(raw).collect();
    let points: Vec<Points> = final_raw.iter().map(|raw| Points::from_raw(*raw)).collect();
    let by_fold: Vec<f64> = fitted.by_fold.iter().flatten().map(raw).collect();
    // One score a fold and row was collected, so the shape fits.
    let by_fold = Array2::from_shape_vec((fitted.by_fold.len(), points.len()), by_fold).unwrap_or_default();

    let (all, bands) = reference::populations(&fitted.ensemble, &points, |row| prepared.vector(row));
    let (carried, others) = bands.into_iter().partition(|band| reference::is_touched(band, &plan.cut_offs));
    let bands = BandsFile { name: plan.name.clone(), bands: others };
    let mut bins = prepared.bins.clone();
    bins.push(reference::score_bins(&points));

    let file = ModelFile {
        name: plan.name.clone(),
        version: plan.version.clone(),
        intended_use: plan.intended_use.clone(),
        review_by: parts.as_of.map(|date| date.plus_months(REVIEW_MONTHS)),
        lineage: Lineage {
            data_sha256: parts.data_sha256,
            rows: points.len() as u64,
            seed: plan.seed.to_string(),
            trainer: format!("underglass-learn {}", env!("CARGO_PKG_VERSION")),
            parent: match &plan.columns {
                Columns::Continued { sha256, .. } => Some(*sha256),
                _ => None,
            },
            as_of: parts.as_of.unwrap_or(Date::EPOCH),
            learner: fitted.name,
            candidates,
            search: fitted.search,
            parameters: fitted.parameters,
            permitted_by_request: parts.permitted_by_request,
            imported: None,
        },
        target: Target {
            column: plan.target.clone(),
            definition: plan.definition.clone().unwrap_or_else(|| format!("{} is {}", plan.target, parts.positive)),
            positive: parts.positive,
            window_months: plan.window_months,
        },
        ensemble: fitted.ensemble,
        schema: Schema::new(prepared.schema.inputs().to_vec(), prepared.features.clone())?,
        calibration,
        scale,
        spread: spread::by_band(&by_fold, &final_raw),
        populations: Some(Populations {
            all,
            bands: carried,
            other_bands: seal::open(&bands.encode()).ok().map(|(_, digest)| digest),
        }),
        bins,
        metrics: Some(measured(plan, set, &fitted.held_out, &out_of_fold)),
        probes: Vec::new(),
    };
    let reported: BTreeSet<usize> = set.split.reported().into_iter().collect();
    let only = |(row, probability): (usize, Option<f64>)| probability.filter(|_| reported.contains(&row));
    let out_of_fold = out_of_fold.into_iter().enumerate().map(only).collect();
    Ok(Built {
        model: Model::new(file)?.with_probes(plan.seed),
        bands,
        out_of_fold,
        notes: notes.into_iter().collect(),
    })
}

/// What balanced outcomes did to the probabilities, and how the calibration takes it back.
fn effect_of_weights(fitted: &Fitted, calibration: Calibration, set: &TrainingSet) -> String {
    let (margins, bad) = set.at(&set.split.tuning(), &fitted.held_out);
    let n = margins.len() as f64;
    let mean = |of: &dyn Fn(f64) -> LogOdds| {
        margins.iter().map(|margin| Probability::from_log_odds(of(*margin)).value()).sum::<f64>() / n
    };
    let (before, after) = (mean(&LogOdds), mean(&|margin| calibration.log_odds(margin)));
    let share = bad.iter().filter(|bad| **bad).count() as f64 / n;
    format!(
        "balanced outcomes: mean probability on held-out rows {before:.3} before the calibration and {after:.3} after it, share of bad {share:.3}"
    )
}

/// Figures of quality on the rows that are reported.
fn measured(plan: &Plan, set: &TrainingSet, margins: &[Option<f64>], probabilities: &[Option<f64>]) -> Metrics {
    let rows = set.split.reported();
    let ((margins, bad), (probabilities, _)) = (set.at(&rows, margins), set.at(&rows, probabilities));
    let folds = set.split.n_models();
    let chosen = match (plan.learner, plan.trials) {
        (Learner::Symmetric, 0) => ", and the number of trees,",
        (Learner::Symmetric, _) => ", and the settings of the boosting,",
        (Learner::Logistic, _) => ", and the penalty,",
        (Learner::Forest | Learner::Scorecard, _) => "",
        (Learner::Auto, 0) => ", the number of trees, the penalty and the learner",
        (Learner::Auto, _) => ", the settings of the boosting, the penalty and the learner",
    };
    let nested = plan.trials > 0 && matches!(plan.learner, Learner::Symmetric | Learner::Auto);
    let protocol = match &plan.folds {
        Folds::InTime { column, held_out_percent, .. } => format!(
            "in the order of {column}: the last {held_out_percent} % of the rows are scored by a model of the earlier ones; slope and intercept of the calibration{chosen} were fitted on earlier windows, each scored by a model of the windows before it"
        ),
        Folds::Stratified(_) | Folds::Given(_) if nested => format!(
            "{folds} folds; each row scored by a model that had not seen it, with settings and a number of boosted trees that were chosen on the other folds; slope and intercept of the calibration were fitted on these scores"
        ),
        Folds::Stratified(_) | Folds::Given(_) => format!(
            "{folds} folds; each row scored by the model that had not seen it; slope and intercept of the calibration{chosen} were fitted on these scores"
        ),
    };
    Metrics {
        protocol,
        folds,
        rows: bad.len() as u64,
        positives: bad.iter().filter(|bad| **bad).count() as u64,
        auc: metrics::auc_estimate(&margins, &bad),
        ks: metrics::ks_estimate(&margins, &bad),
        log_loss: metrics::log_loss_estimate(&probabilities, &bad),
        brier: metrics::brier_estimate(&probabilities, &bad),
    }
}

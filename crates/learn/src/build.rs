//! From grown trees to a model file.

use crate::boost::{Booster, Grown, Question};
use crate::design::Design;
use crate::fold::Split;
use crate::plan::{Folds, Plan};
use crate::prepare::Prepared;
use crate::train::LearnError;
use crate::{reference, spread};
use ndarray::Array2;
use std::collections::BTreeMap;
use underglass_engine::artifact::{BandsFile, Lineage, Metrics, Model, ModelFile, Populations, Target};
use underglass_engine::features::Schema;
use underglass_engine::metrics;
use underglass_engine::model::symmetric::Tree;
use underglass_engine::model::{Calibration, Ensemble, Predicate, Side, Symmetric};
use underglass_engine::seal::{self, Digest};
use underglass_engine::units::{Date, Points, Probability, Scale};

/// Months after which a model must be looked at again.
const REVIEW_MONTHS: u16 = 12;

/// What a finished fit consists of.
pub(crate) struct Parts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) data_sha256: Digest,
    pub(crate) as_of: Option<Date>,
    pub(crate) positive: String,
    pub(crate) permitted_by_request: Vec<String>,
    pub(crate) bad: &'a [bool],
    pub(crate) held_out_margins: &'a [Option<f64>],
    pub(crate) split: &'a Split,
    pub(crate) prepared: Prepared,
    pub(crate) fold_models: &'a [Booster],
    pub(crate) final_model: &'a Booster,
    pub(crate) calibration: Calibration,
}

/// A model with what goes beside it.
pub(crate) struct Built {
    pub(crate) model: Model,
    pub(crate) bands: BandsFile,
    pub(crate) out_of_fold: Vec<Option<f64>>,
}

pub(crate) fn build(parts: Parts<'_>) -> Result<Built, LearnError> {
    let Parts { plan, prepared, calibration, .. } = parts;
    let scale = Scale::default();
    let raw = |margins: &[f64]| -> Vec<f64> {
        margins.iter().map(|margin| scale.raw(calibration.log_odds(*margin))).collect()
    };
    let final_raw = raw(parts.final_model.margins());
    let points: Vec<Points> = final_raw.iter().map(|raw| Points::from_raw(*raw)).collect();
    let by_fold: Vec<f64> = parts.fold_models.iter().flat_map(|model| raw(model.margins())).collect();
    // One score a fold and row was collected, so the shape fits.
    let by_fold = Array2::from_shape_vec((parts.fold_models.len(), points.len()), by_fold).unwrap_or_default();
    let probability = |margin: f64| Probability::from_log_odds(calibration.log_odds(margin)).value();
    let out_of_fold: Vec<Option<f64>> = parts.held_out_margins.iter().map(|margin| margin.map(probability)).collect();

    let trees = parts.final_model.trees();
    let (all, bands) = reference::populations(trees, &prepared.design, &points);
    let (carried, others) = bands.into_iter().partition(|band| reference::is_touched(band, &plan.cut_offs));
    let bands = BandsFile { name: plan.name.clone(), bands: others };
    let mut bins = prepared.bins;
    bins.push(reference::score_bins(&points));
    let mut parameters = plan.settings.named();
    parameters.insert("grown_trees".to_owned(), trees.len() as f64);

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
            parent: None,
            as_of: parts.as_of.unwrap_or(Date::EPOCH),
            parameters,
            permitted_by_request: parts.permitted_by_request,
        },
        target: Target {
            column: plan.target.clone(),
            definition: plan.definition.clone().unwrap_or_else(|| format!("{} is {}", plan.target, parts.positive)),
            positive: parts.positive,
            window_months: plan.window_months,
        },
        ensemble: Ensemble::Symmetric(symmetric(parts.final_model.base(), trees, &prepared.design)),
        schema: Schema::new(prepared.schema.inputs().to_vec(), prepared.features)?,
        calibration,
        scale,
        spread: spread::by_band(&by_fold, &final_raw),
        populations: Populations {
            all,
            bands: carried,
            other_bands: seal::open(&bands.encode()).ok().map(|(_, digest)| digest),
        },
        bins,
        metrics: measured(plan, parts.split, parts.held_out_margins, &out_of_fold, parts.bad),
        probes: Vec::new(),
    };
    Ok(Built { model: Model::new(file)?.with_probes(plan.seed), bands, out_of_fold })
}

fn measured(
    plan: &Plan,
    split: &Split,
    margins: &[Option<f64>],
    probabilities: &[Option<f64>],
    bad: &[bool],
) -> Metrics {
    let rows = split.reported();
    let at = |values: &[Option<f64>]| -> Vec<f64> { rows.iter().filter_map(|row| values[*row]).collect() };
    let (margins, probabilities) = (at(margins), at(probabilities));
    let bad: Vec<bool> = rows.iter().map(|row| bad[*row]).collect();
    let folds = split.n_models();
    Metrics {
        protocol: match &plan.folds {
            Folds::InTime { column, held_out_percent, .. } => format!(
                "in the order of {column}: the last {held_out_percent} % of the rows are scored by a model of the earlier ones; slope and intercept of the calibration and the number of trees were fitted on earlier windows, each scored by a model of the windows before it"
            ),
            Folds::Stratified(_) | Folds::Given(_) => format!(
                "{folds} folds; each row scored by the model that had not seen it; slope and intercept of the calibration and the number of trees were fitted on these scores"
            ),
        },
        folds,
        rows: bad.len() as u64,
        positives: bad.iter().filter(|bad| **bad).count() as u64,
        auc: metrics::auc_estimate(&margins, &bad),
        ks: metrics::ks_estimate(&margins, &bad),
        log_loss: metrics::log_loss_estimate(&probabilities, &bad),
        brier: metrics::brier_estimate(&probabilities, &bad),
    }
}

/// Names each distinct question once, in the order of first use.
fn symmetric(base: f64, trees: &[Grown], design: &Design) -> Symmetric {
    let mut numbers: BTreeMap<(usize, u8, bool), u16> = BTreeMap::new();
    let mut predicates = Vec::new();
    let mut number = |question: &Question| {
        *numbers.entry((question.column, question.cut, question.missing_is_yes)).or_insert_with(|| {
            predicates.push(Predicate::Less {
                feature: question.column as u16,
                threshold: design.cuts(question.column).thresholds()[usize::from(question.cut)],
                missing: if question.missing_is_yes { Side::Yes } else { Side::No },
            });
            (predicates.len() - 1) as u16
        })
    };
    let trees = trees
        .iter()
        .map(|tree| Tree { levels: tree.questions.iter().map(&mut number).collect(), leaves: tree.leaves.clone() })
        .collect();
    Symmetric { base, predicates, trees }
}

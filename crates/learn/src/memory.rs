//! How many bytes a fit holds while it grows: what a host with little memory wants to know beforehand.

use crate::fold::Split;
use crate::learner::{Learner, TrainingSet};

/// Of a row in a number's column: the value, whether it is there, its code.
const NUMBER: f64 = 10.0;
/// Of a row in a column of levels: its position, its code, and a code for each model that orders the levels anew.
const LEVEL: f64 = 5.0;
/// Of a row whatever the model: outcome, two weights, the final model's leaf counts in passing.
const ROW: f64 = 18.0;
/// Of a row under a booster: margin, weight, derivatives, leaf.
const BOOSTED: f64 = 21.0;
/// Of a row that a booster draws: number, derivatives, its place in the order of nodes, twice.
const DRAWN: f64 = 20.0;
/// Of a row under a forest: outcome, number, weight, sum of leaves.
const FOREST: f64 = 21.0;
/// Of a row and feature under a linear learner: the value as it stands in the schema.
const VALUE: f64 = 16.0;

/// An estimate from rows, columns, models and settings. Trees and the artifact are not counted: they do not grow with the
/// rows.
pub(crate) fn bytes(set: &TrainingSet, learner: Learner, trials: u16) -> u64 {
    let (rows, features) = (set.bad.len() as f64, &set.prepared.features);
    let models = f64::from(set.split.n_models()) + 1.0;
    let of_levels = features.iter().filter(|feature| !feature.levels.is_empty()).count() as f64;
    let of_numbers = features.len() as f64 - of_levels;
    let columns = of_numbers * NUMBER + of_levels * (LEVEL + models);
    let (asked, drawn) = (set.settings.column_share * features.len() as f64, set.settings.row_share);
    let a_booster = BOOSTED + drawn * (DRAWN + asked);
    let folds = models - 1.0;
    // A search also grows a model without each pair of folds, one trial after the other.
    let pairs = if matches!(set.split, Split::Folds(_)) { folds * (folds - 1.0) / 2.0 } else { 0.0 };
    let boosters = if trials > 0 { folds + pairs } else { models };
    let values = features.len() as f64 * VALUE;
    let of_learner = match learner {
        Learner::Symmetric => boosters * a_booster,
        Learner::Forest => models * FOREST,
        Learner::Logistic | Learner::Scorecard => values,
        Learner::Auto => boosters * a_booster + models * FOREST + values,
    };
    (rows * (ROW + columns + of_learner)) as u64
}

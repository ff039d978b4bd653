//! View 001: P(approve-worthy), a three-way decision at its own two cut-offs, and four readings of why.

use super::{Scored, surrogate};
use crate::decision::same_side;
use crate::features::FeatureVector;
use crate::policy::Severity;
use crate::reasons::Families;
use crate::units::LogOdds;
use serde::Serialize;
use std::collections::BTreeMap;

/// Approved from this score on: the reference system's preset.
pub const APPROVE_FROM: f64 = 0.8;
/// Reviewed from this score on.
pub const REVIEW_FROM: f64 = 0.4;
/// The least log-odds toward risk that make a family a risk factor: the reference system's preset.
pub const RISK_FACTOR_FROM: f64 = 0.1;
/// The most risk factors.
pub const MOST_RISK_FACTORS: usize = 5;
/// The most features that neighbours of the surrogate may change, those that move this score most.
const MOST_PLAYERS: usize = 50;

/// The response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreditScore {
    /// Probability that the loan turns out good: 1 − PD.
    pub score: f64,
    /// The score's place between the two cut-offs, and no better than the rules allow.
    pub decision: CreditDecision,
    /// Probability that a refit of the model leaves the score on its side of the nearest cut-off.
    pub confidence: f64,
    /// Why.
    pub explanation: Explanation,
    /// What speaks against the applicant, in the words of the reason catalogue, the worst first.
    pub risk_factors: Vec<String>,
}

/// The decision in the reference system's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CreditDecision {
    Rejected,
    ManualReview,
    Approved,
}

/// Three readings of the score. All are in log-odds of a bad outcome: positive is riskier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// A straight line near this applicant.
    pub lime_explanation: LimeExplanation,
    /// Exact Shapley values against the receipt's reference population.
    pub shap_values: BTreeMap<String, f64>,
    /// Shares of the Shapley values' sizes; they add up to 1.
    pub feature_importance: BTreeMap<String, f64>,
}

/// The local surrogate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimeExplanation {
    /// At most ten, the largest effect first.
    pub features: Vec<LimeWeight>,
    /// The line's value where every feature is another applicant's.
    pub intercept: f64,
    /// Share of the neighbours' variance that the line explains; `null` when they do not differ.
    pub r2: Option<f64>,
    /// How many neighbours were made up.
    pub samples: usize,
    /// What to make of it.
    pub note: &'static str,
}

/// What keeping the applicant's own value adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct LimeWeight {
    pub feature: String,
    pub weight: f64,
}

const NOTE: &str = "A sampled approximation: another seed gives other weights. The Shapley values are exact.";

pub(super) fn view(scored: &Scored<'_>, features: &FeatureVector) -> CreditScore {
    let score = 1.0 - scored.score.pd.value();
    let model = &scored.engine.model;
    let cut_offs = [APPROVE_FROM, REVIEW_FROM].map(|good| model.scale().raw(LogOdds(libm::log((1.0 - good) / good))));
    let raw = scored.score.raw_points;
    CreditScore {
        score,
        decision: decision(score, scored.severest()),
        confidence: same_side(raw, cut_offs, model.spread_at(raw)),
        explanation: Explanation {
            lime_explanation: lime(scored, features),
            shap_values: scored.score.contributions.clone(),
            feature_importance: importance(&scored.score.contributions),
        },
        risk_factors: risk_factors(scored),
    }
}

/// The two cut-offs stand in the place of the policy's bands; its rules stand as they are, and none makes a decision better.
fn decision(score: f64, severest: Option<Severity>) -> CreditDecision {
    let by_score = if score >= APPROVE_FROM {
        CreditDecision::Approved
    } else if score >= REVIEW_FROM {
        CreditDecision::ManualReview
    } else {
        CreditDecision::Rejected
    };
    let by_rules = match severest {
        None => CreditDecision::Approved,
        Some(Severity::Condition | Severity::Review | Severity::Counteroffer | Severity::Incomplete) => {
            CreditDecision::ManualReview
        }
        Some(Severity::Decline) => CreditDecision::Rejected,
    };
    by_score.min(by_rules)
}

fn importance(contributions: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let total: f64 = contributions.values().map(|value| value.abs()).sum();
    let share = |value: f64| if total > 0.0 { value.abs() / total } else { 0.0 };
    contributions.iter().map(|(name, value)| (name.clone(), share(*value))).collect()
}

/// Families, not features: one cause that two features share is one factor.
fn risk_factors(scored: &Scored<'_>) -> Vec<String> {
    let schema = scored.engine.model.schema();
    let families = Families::new(schema);
    let of = |name: &str| scored.score.contributions.get(name).copied().unwrap_or(0.0);
    let sums = families.sums(schema.features().iter().map(|feature| of(&feature.name)));
    let mut against: Vec<(&String, f64)> =
        families.names().iter().zip(sums).filter(|(_, sum)| *sum > RISK_FACTOR_FROM).collect();
    against.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let entry = |code: &str| scored.engine.reasons.as_ref().and_then(|catalogue| catalogue.entry(code));
    let text = |code: &String| entry(code).map_or_else(|| format!("Counts against: {code}"), |entry| entry.en.clone());
    against.into_iter().take(MOST_RISK_FACTORS).map(|(code, _)| text(code)).collect()
}

fn lime(scored: &Scored<'_>, features: &FeatureVector) -> LimeExplanation {
    let model = &scored.engine.model;
    let (listed, bins) = (model.schema().features(), &model.file().bins);
    let players: Vec<usize> = scored.ranked().into_iter().take(MOST_PLAYERS).map(|(index, _)| index).collect();
    let redraw = |index: usize, rng: &mut rand_chacha::ChaCha8Rng| match (listed.get(index), bins.get(index)) {
        (Some(feature), Some(bins)) => surrogate::redrawn(feature, bins, rng),
        // Without counts of the reference rows: its median.
        (feature, _) => feature.and_then(|feature| feature.median),
    };
    let seed = scored.receipt.seed.parse().unwrap_or(0);
    let found = surrogate::fit(features, &players, redraw, |row| model.log_odds(row).0, seed);
    let weight = |(index, weight): (usize, f64)| LimeWeight { feature: scored.feature_name(index), weight };
    LimeExplanation {
        features: found.weights.into_iter().map(weight).collect(),
        intercept: found.intercept,
        r2: found.r2,
        samples: surrogate::SAMPLES,
        note: NOTE,
    }
}

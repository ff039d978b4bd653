//! View 003: score, terms and the three features that count most, for a decision at the till.

use super::Scored;
use crate::application::FormValue;
use crate::decision::{Confidence, Decision, Outcome, Terms};
use crate::features::FeatureVector;
use crate::pricing::Offer;
use crate::units::{Months, Points, Probability};
use serde::Serialize;

/// Features that are named.
const MOST_FEATURES: usize = 3;

/// The response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointOfSale {
    /// The request's own; `null` when a receipt is viewed, which holds no name.
    pub applicant_id: Option<String>,
    /// The shown score, on the same scale as the probability.
    pub credit_score: Points,
    /// Probability of default within the target's window.
    pub default_probability: Probability,
    /// The decision.
    pub approval_recommendation: Recommendation,
    /// The price.
    pub recommended_terms: RecommendedTerms,
    /// What moves the score most against the reference, the largest effect first.
    pub explanation: Vec<Factor>,
    /// How sure it is that a refit of the model would land in the same band.
    pub confidence: Sureness,
}

/// The decision in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are those of Outcome")]
pub enum Recommendation {
    Approve,
    ApproveWithConditions,
    Counteroffer,
    Review,
    Decline,
    Incomplete,
}

/// What the loan would cost; `null` where there is no price: after a decline, or without a price list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecommendedTerms {
    /// Whether these terms are granted, if under conditions.
    pub approved: bool,
    /// Monthly payments.
    pub term_months: Option<Months>,
    /// Annual percentage rate in percent, to two decimals.
    pub apr: Option<f64>,
    /// Level payment in dollars, exact to the cent.
    pub monthly_payment: Option<f64>,
}

/// One feature's part in the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// The feature's name.
    pub feature: String,
    /// What the applicant has: a number, a level's name, or `null`.
    pub value: FormValue,
    /// Log-odds of default that it adds against the reference; negative takes off.
    pub impact: f64,
    /// What that does to the risk.
    pub direction: Direction,
}

/// What a feature does to the risk of default: the sign of its contribution, never a text about its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Direction {
    Increases,
    Decreases,
}

/// The receipt's confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are those of Confidence")]
pub enum Sureness {
    High,
    Medium,
    Low,
}

pub(super) fn view(scored: &Scored<'_>, features: &FeatureVector, id: Option<&str>) -> PointOfSale {
    let receipt = scored.receipt;
    PointOfSale {
        applicant_id: id.map(str::to_owned),
        credit_score: scored.score.points,
        default_probability: scored.score.pd,
        approval_recommendation: match receipt.outcome {
            Outcome::Approve => Recommendation::Approve,
            Outcome::Conditional => Recommendation::ApproveWithConditions,
            Outcome::Counteroffer => Recommendation::Counteroffer,
            Outcome::Review => Recommendation::Review,
            Outcome::Decline => Recommendation::Decline,
            Outcome::Incomplete => Recommendation::Incomplete,
        },
        recommended_terms: terms(&receipt.decision),
        explanation: explanation(scored, features),
        confidence: match receipt.confidence {
            Some(Confidence::High) => Sureness::High,
            Some(Confidence::Medium) => Sureness::Medium,
            Some(Confidence::Low) | None => Sureness::Low,
        },
    }
}

fn terms(decision: &Decision) -> RecommendedTerms {
    let (approved, terms) = match decision {
        Decision::Approve { terms } | Decision::Conditional { terms, .. } => (true, Some(terms)),
        Decision::Counteroffer { terms, .. } | Decision::Review { terms, .. } => (false, Some(terms)),
        Decision::Decline { .. } | Decision::Incomplete { .. } => (false, None),
    };
    let offer = match terms {
        Some(Terms::Priced(offer)) => Some(offer),
        Some(Terms::Unpriced) | None => None,
    };
    RecommendedTerms {
        approved,
        term_months: offer.map(|offer| offer.term_months),
        apr: offer.map(|offer| (offer.apr * 100.0).round() / 100.0),
        monthly_payment: offer.map(|offer: &Offer| offer.payment_cents.dollars()),
    }
}

fn explanation(scored: &Scored<'_>, features: &FeatureVector) -> Vec<Factor> {
    let factor = |(index, impact): (usize, f64)| {
        let feature = scored.engine.model.schema().features().get(index)?;
        let number = features.0.get(index).copied().flatten();
        let value = match number {
            None => FormValue::Missing,
            Some(rank) if !feature.levels.is_empty() => feature
                .levels
                .get(rank as usize)
                .map_or(FormValue::Missing, |level| FormValue::Text(level.level.clone())),
            Some(number) => FormValue::Number(number),
        };
        let direction = if impact > 0.0 { Direction::Increases } else { Direction::Decreases };
        Some(Factor { feature: feature.name.clone(), value, impact, direction })
    };
    let moving = scored.ranked().into_iter().filter(|(_, impact)| *impact != 0.0);
    moving.take(MOST_FEATURES).filter_map(factor).collect()
}

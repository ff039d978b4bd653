//! View 004: probability of default, a category, and which model said so.

use super::Scored;
use crate::policy::Band;
use crate::units::Probability;
use serde::Serialize;

/// Digits of the artifact's digest that a version shows.
const DIGITS: usize = 12;

/// The response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DefaultRisk {
    /// Probability of default within the target's window.
    pub default_probability: Probability,
    /// The policy's band in a word.
    pub risk_category: RiskCategory,
    /// The artifact's version and the first digits of its digest, `1+0123456789ab`.
    pub model_version: String,
}

/// The policy's bands as risk: its two cut-offs part them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RiskCategory {
    Low,
    Medium,
    High,
}

pub(super) fn view(scored: &Scored<'_>) -> DefaultRisk {
    let digest = scored.receipt.digests.artifact.to_string();
    let digits: String = digest.chars().take(DIGITS).collect();
    DefaultRisk {
        default_probability: scored.score.pd,
        risk_category: match scored.engine.policy.bands.of(scored.score.points) {
            Band::Approve => RiskCategory::Low,
            Band::Review => RiskCategory::Medium,
            Band::Decline => RiskCategory::High,
        },
        model_version: format!("{}+{digits}", scored.engine.model.file().version),
    }
}

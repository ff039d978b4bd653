//! View 000: a bad outcome's probability, and approve or review at one threshold.
//!
//! A request gives a yearly income and four facts of a deal; the rest of the auto book's application is typical, the price such
//! that the amount financed is the amount asked for, and the vehicle worth what makes the loan-to-value typical.

use super::Scored;
use crate::decision::Outcome;
use crate::units::Probability;
use serde::Serialize;

/// The response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approval {
    /// Probability of a bad outcome within the target's window.
    pub probability: Probability,
    /// The two-outcome reading of the decision.
    pub decision: ApprovalDecision,
    /// The highest probability whose shown score reaches the policy's approve cut-off: the one threshold.
    pub threshold: Probability,
    /// Inputs that the request did not give and that took the book's typical values; `null` when a receipt is viewed.
    pub defaulted: Option<Vec<String>>,
}

/// What an approval system says of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalDecision {
    /// At or above the threshold's score, and no rule asks for anything.
    Approve,
    /// Everything else: a person looks at it.
    Review,
}

pub(super) fn view(scored: &Scored<'_>, defaulted: Option<&[String]>) -> Approval {
    let cut_off = f64::from(scored.engine.policy.bands.approve.value());
    // The shown score decides, and it is rounded.
    let threshold = Probability::from_log_odds(scored.engine.model.scale().log_odds(cut_off - 0.5));
    let approved = scored.receipt.outcome == Outcome::Approve;
    Approval {
        probability: scored.score.pd,
        decision: if approved { ApprovalDecision::Approve } else { ApprovalDecision::Review },
        threshold,
        defaulted: defaulted.map(<[String]>::to_vec),
    }
}

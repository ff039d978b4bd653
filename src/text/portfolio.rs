//! The words of the portfolio.

use crate::state::number::plain;
use crate::state::portfolio::large_money;

/// The view.
pub const PORTFOLIO: &str = "Portfolio";
/// What is shown before there are rows.
pub const STARTING: &str = "Drawing applicants and deciding each of them, in this browser\u{2026}";
/// Where there is no synthetic world.
pub const NO_WORLD: &str =
    "This model is not of a synthetic world, so there are no applicants to draw. Score a file of applications instead.";
/// The levers.
pub const LEVERS: &str = "Policy";
/// How many applicants.
pub const POPULATION: &str = "Synthetic applicants";
/// The lowest approved score.
pub const APPROVE_FROM: &str = "Approve from";
/// The lowest reviewed score.
pub const REVIEW_FROM: &str = "Review from";
/// Rules whose limits move.
pub const LIMITS: &str = "Limits";
/// Back to the written policy.
pub const AS_WRITTEN: &str = "As written";
/// Takes the draft along.
pub const SAVE_DRAFT: &str = "Download draft policy";
/// Until something is moved.
pub const NO_DRAFT: &str = "This is the policy as it is written. Move a lever to draft another.";
/// While there is a draft.
pub const DRAFT: &str = "A draft. Differences are against the policy as it is written.";
/// Figures.
pub const FIGURES: &str = "What the policy does";
/// Approved share.
pub const APPROVED: &str = "Approved";
/// To a person.
pub const REVIEWED: &str = "To a person";
/// Declined share.
pub const DECLINED: &str = "Declined";
/// Bad share of the approved.
pub const BAD: &str = "Turned bad, of approved";
/// Expected loss of the approved.
pub const LOSS: &str = "Expected loss";
/// Net present value of the approved.
pub const PROFIT: &str = "Profit";
/// Adverse impact ratio.
pub const IMPACT: &str = "Adverse impact ratio";
/// What it is.
pub const IMPACT_NOTE: &str = "The lowest approval rate of a protected group over the highest. Below 0.80 is flagged. A screen, not a legal finding.";
/// What the profit is.
pub const PROFIT_NOTE: &str = "Net present value of the approved loans at the prices they get, before fixed costs; defaults by the model's probability.";
/// What the bad rate is.
pub const BAD_NOTE: &str = "Applicants of the synthetic world who turned bad within the window, of those approved.";
/// The curve.
pub const CURVE: &str = "Profit by cut-off";
/// The slider on the curve.
pub const CURVE_SLIDER: &str = "Approve from, on the curve";
/// The frontier.
pub const FRONTIER: &str = "Profit against risk";
/// Under the frontier.
pub const FRONTIER_NOTE: &str = "Each point of the line is a cut-off that no other beats in both. The dot is the draft, the ring the written policy.";
/// The rules.
pub const RULES: &str = "Rules";
/// A rule.
pub const RULE: &str = "Rule";
/// Applicants on whom it fires.
pub const HITS: &str = "Fires on";
/// Applicants whom it alone decides.
pub const ONLY_BY: &str = "It alone";
/// Under the rules.
pub const RULES_NOTE: &str =
    "\u{201c}It alone\u{201d} counts applicants who would be decided otherwise without this one rule.";
/// The swap set.
pub const SWAP: &str = "Who is decided otherwise";
/// The rows of the swap set.
pub const WRITTEN: &str = "As written";
/// The segments.
pub const SEGMENTS: &str = "By group";
/// Rows of a group.
pub const APPLICANTS: &str = "Applicants";
/// Of the approved.
pub const BAD_SHORT: &str = "Bad";
/// Without a level.
pub const UNKNOWN: &str = "not known";
/// Fewer than can be shown.
pub const TOO_FEW: &str = "too few";
/// The best cut-off.
pub const TAKE_BEST: &str = "Move there";

/// How many are there, and how many were asked for.
pub fn drawn(rows: u64, wanted: u64) -> String {
    if rows < wanted {
        format!("{} of {} so far", plain(rows as f64), plain(wanted as f64))
    } else {
        format!("{} decided in this browser", plain(rows as f64))
    }
}

/// Under the curve.
pub fn curve_sentence(approve: i16, profit: f64, best: f64, best_profit: f64) -> String {
    if f64::from(approve) == best {
        return format!("Approving from {approve} earns {}, the most of all cut-offs.", large_money(profit));
    }
    format!(
        "Approving from {approve} earns {}. The most, {}, is earned from {best}.",
        large_money(profit),
        large_money(best_profit)
    )
}

/// The curve for those who hear it.
pub fn curve_description(low: &str, high: &str) -> String {
    format!("Profit of the approved loans at every cut-off from 300 to 850, between {low} and {high}.")
}

/// The frontier for those who hear it.
pub fn frontier_description(n: usize) -> String {
    format!("{n} cut-offs that no other beats in both profit and share of bad loans.")
}

/// Under the swap set.
pub fn swap_sentence(changed: f64, rows: f64) -> String {
    if changed == 0.0 {
        return "The draft decides everybody as the written policy does.".to_owned();
    }
    format!("{} of {} applicants are decided otherwise.", plain(changed), plain(rows))
}

/// A switch beside a rule.
pub fn switch(label: &str) -> String {
    format!("In force: {label}")
}

/// A rule's slider.
pub fn limit(label: &str) -> String {
    format!("Limit of: {label}")
}

/// A table that scrolls by itself.
pub fn table(title: &str) -> String {
    format!("{title}: table")
}

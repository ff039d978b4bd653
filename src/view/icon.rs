//! A shape for each outcome, so that no answer hangs on a colour.

use leptos::prelude::*;
use underglass_engine::decision::Outcome;

/// The stable name of an outcome, as in receipts.
pub fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approve => "approve",
        Outcome::Conditional => "conditional",
        Outcome::Counteroffer => "counteroffer",
        Outcome::Review => "review",
        Outcome::Decline => "decline",
        Outcome::Incomplete => "incomplete",
    }
}

/// The outcome's mark; decoration beside its word.
pub fn outcome_icon(outcome: Outcome) -> impl IntoView {
    let sign = match outcome {
        Outcome::Approve => "M13 20.5l5 5 9.5-11",
        Outcome::Conditional => "M12 18.5l4 4 7-8M13 28h14",
        Outcome::Counteroffer => "M12 16h15l-4-4M28 24H13l4 4",
        Outcome::Review => "M20 11.5v11M20 27.6v.8",
        Outcome::Decline => "M14 14l12 12M26 14L14 26",
        Outcome::Incomplete => "M13 20h.5M20 20h.5M27 20h.5",
    };
    view! {
        <svg class="outcome-icon" width="40" height="40" viewBox="0 0 40 40" aria-hidden="true">
            <circle cx="20" cy="20" r="17.5"/>
            <path d=sign/>
        </svg>
    }
    .into_any()
}

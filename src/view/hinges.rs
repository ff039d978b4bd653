//! What the decision hinges on: single changes that flip it, each with a button that makes it.

use leptos::prelude::*;
use underglass_engine::decision::Outcome;

use super::icon;
use crate::state::hinge::{Hinge, hinges};
use crate::state::number::{plain, with_unit};
use crate::state::{Answer, Case};
use crate::text;

/// The panel under the answer.
#[component]
pub fn Hinges(
    /// The applicant.
    case: Case,
    /// Whether every response curve of this answer has been computed.
    is_complete: ReadSignal<bool>,
) -> impl IntoView {
    let is_best =
        move || case.answer.with(|answer| answer.as_ref().is_some_and(|answer| outcome(answer) == Outcome::Approve));
    let title = move || if is_best() { text::HINGE_LOSE } else { text::HINGE_GAIN };
    let list = move || {
        let answer = case.answer.get()?;
        let found = hinges(case, &answer);
        Some(if found.is_empty() { nothing(is_complete.get(), is_best()) } else { listed(case, &answer, &found) })
    };
    let has_score =
        move || case.answer.with(|answer| answer.as_ref().is_some_and(|answer| answer.decided.score.is_some()));
    view! {
        <section class="panel hinges" aria-labelledby="hinges-title" hidden=move || !has_score()>
            <div class="panel-head"><h2 id="hinges-title">{title}</h2></div>
            {list}
            <p class="hint">{text::HINGE_NOTE}</p>
        </section>
    }
    .into_any()
}

fn outcome(answer: &Answer) -> Outcome {
    answer.decided.decision.outcome()
}

fn nothing(is_complete: bool, is_best: bool) -> AnyView {
    let text = match (is_complete, is_best) {
        (false, _) => text::HINGE_WAIT,
        (true, true) => text::HINGE_NONE_LOSE,
        (true, false) => text::HINGE_NONE_GAIN,
    };
    view! { <p class="hinge-none">{text}</p> }.into_any()
}

fn listed(case: Case, answer: &Answer, found: &[Hinge]) -> AnyView {
    let rows = found.iter().map(|hinge| row(case, answer, hinge)).collect_view();
    view! { <ul class="hinge-list" data-testid="hinges">{rows}</ul> }.into_any()
}

fn row(case: Case, answer: &Answer, hinge: &Hinge) -> AnyView {
    let Hinge { input: index, value, until, is_above, outcome, .. } = *hinge;
    let input = &case.book.engine.inputs()[index];
    let shown = |value| with_unit(value, &input.unit);
    let target = match until {
        None => text::or_beyond(&shown(value), is_above),
        Some(until) if until == value => shown(value),
        // The unit stands once, behind the larger value; a sign of money stands before each.
        Some(until) => {
            let smaller = value.min(until);
            let smaller = if input.unit == "USD" { shown(smaller) } else { plain(smaller) };
            text::interval(&smaller, &shown(value.max(until)))
        }
    };
    let now = answer.application.number(index).map_or_else(|| text::NOT_REPORTED.to_owned(), shown);
    view! {
        <li class="hinge">
            <span class="hinge-change">{input.label.as_str()}" "<strong>{target}</strong><small>{text::instead_of(&now)}</small></span>
            <span class="hinge-outcome" data-outcome=icon::name(outcome)>{icon::outcome_icon(outcome)}{text::outcome(outcome)}</span>
            <button class="button" aria-label=text::try_it(&input.label) on:click=move |_| case.entry(index).set(value.to_string())>{text::TRY_IT}</button>
        </li>
    }
    .into_any()
}

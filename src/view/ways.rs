//! The cheapest ways to approval: several changes at once, each with a button that makes them.

use leptos::prelude::*;
use underglass_engine::decision::Outcome;

use crate::state::Case;
use crate::state::number::{percent, with_unit};
use crate::state::ways::{Certificate, Way, Ways};
use crate::text;

/// The panel under the single changes; none for what is approved as it is.
#[component]
pub fn WaysToApproval(
    /// The applicant.
    case: Case,
    /// What the search has come to, once it has.
    ways: ReadSignal<Option<Ways>>,
) -> impl IntoView {
    let is_open = move || {
        case.answer.with(|answer| {
            let outcome = answer.as_ref().map(|answer| answer.decided.decision.outcome());
            outcome.is_some_and(|outcome| {
                !matches!(outcome, Outcome::Approve | Outcome::Conditional | Outcome::Incomplete)
            })
        })
    };
    let body = move || match ways.get() {
        None => view! { <p class="hinge-none" role="status">{text::WAYS_WAIT}</p> }.into_any(),
        Some(ways) => found(case, &ways),
    };
    view! {
        <section class="panel hinges" aria-labelledby="ways-title" data-testid="ways" hidden=move || !is_open()>
            <div class="panel-head"><h2 id="ways-title">{text::WAYS}</h2></div>
            {body}
        </section>
    }
    .into_any()
}

fn found(case: Case, ways: &Ways) -> AnyView {
    let rows = ways.all().map(|way| row(case, way)).collect_view();
    let known = match ways.certificate {
        Certificate::Optimal => text::WAYS_OPTIMAL.to_owned(),
        Certificate::Impossible => text::WAYS_IMPOSSIBLE.to_owned(),
        Certificate::Open { .. } if ways.path.is_none() => text::WAYS_NONE_YET.to_owned(),
        Certificate::Open { .. } => text::ways_open(&percent(ways.proven(), 0)),
    };
    view! {
        {ways.path.is_some().then(|| view! { <ul class="hinge-list">{rows}</ul> })}
        <p class="hint">{known}</p>
    }
    .into_any()
}

fn row(case: Case, way: &Way) -> AnyView {
    let inputs = case.book.engine.inputs();
    let changes: Vec<(usize, f64, f64)> = way
        .changes
        .iter()
        .filter_map(|change| {
            let input = inputs.iter().position(|input| input.name == change.input)?;
            Some((input, change.from, change.to))
        })
        .collect();
    let listed = changes.iter().map(|(input, from, to)| {
        let input = &inputs[*input];
        let shown = |value| with_unit(value, &input.unit);
        view! { <span class="way-change">{input.label.as_str()}" "<strong>{shown(*to)}</strong><small>{text::instead_of(&shown(*from))}</small></span> }
            .into_any()
    });
    let listed = listed.collect_view();
    let make = move |_| {
        batch(|| changes.iter().for_each(|(input, _, to)| case.entry(*input).set(to.to_string())));
    };
    view! {
        <li class="hinge way">
            <span class="hinge-change">{listed}</span>
            <button class="button" aria-label=text::TRY_ALL on:click=make>{text::TRY_IT}</button>
        </li>
    }
    .into_any()
}

//! The answer: one large word, one plain sentence, the score, the figures, the checks.

use std::time::Duration;

use leptos::prelude::*;
use underglass_engine::decision::Outcome;

use super::bands::band_chart;
use super::checks::checks_view;
use super::icon;
use crate::state::reading::{Figure, Sentence, figures, sentence};
use crate::state::{Answer, Case};
use crate::{host, text};

/// A screen reader hears the answer once a slider has come to rest.
const REST: Duration = Duration::from_millis(400);

/// The card in the middle.
#[component]
pub fn AnswerCard(
    /// The applicant.
    case: Case,
) -> impl IntoView {
    let outcome = move || case.answer.with(|answer| answer.as_ref().map(|answer| answer.decided.decision.outcome()));
    let score = move || case.answer.with(|answer| answer.as_ref().and_then(|answer| points(answer)));
    let is_stale = move || !case.errors.with(Vec::is_empty);
    view! {
        <section
            class="panel answer"
            id="answer"
            tabindex="-1"
            aria-labelledby="answer-word"
            data-testid="answer"
            data-outcome=move || outcome().map(icon::name)
            data-score=score
            data-stale=is_stale
        >
            {move || is_stale().then(|| stale_notice(case))}
            {move || case.answer.get().map(|answer| body(case, &answer))}
            <p class="unseen" aria-live="polite">{spoken(case)}</p>
        </section>
    }
    .into_any()
}

fn points(answer: &Answer) -> Option<i16> {
    answer.decided.score.as_ref().map(|score| score.points.value())
}

fn stale_notice(case: Case) -> impl IntoView {
    let n = case.errors.with(Vec::len);
    view! { <p class="notice" role="status">{text::invalid_fields(n)}" "{text::STALE}</p> }
}

fn body(case: Case, answer: &Answer) -> AnyView {
    let book = case.book;
    let outcome = answer.decided.decision.outcome();
    view! {
        <h1 class="answer-word" id="answer-word">{icon::outcome_icon(outcome)}<span>{text::outcome(outcome)}</span></h1>
        {sentence_view(sentence(book, answer))}
        {answer.decided.score.as_ref().map(|score| band_chart(book, score))}
        {figures_view(figures(book, answer))}
        {checks_view(book, answer)}
    }
    .into_any()
}

fn sentence_view(sentence: Sentence) -> AnyView {
    let parts = sentence.0.into_iter().map(|(text, is_stressed)| {
        if is_stressed { view! { <strong>{text}</strong> }.into_any() } else { text.into_any() }
    });
    view! { <p class="sentence" data-testid="sentence">{parts.collect_view()}</p> }.into_any()
}

fn figures_view(figures: Vec<Figure>) -> AnyView {
    let listed = figures.into_iter().map(|figure| {
        let note = (!figure.note.is_empty()).then_some(figure.note);
        view! {
            <div class="figure" title=note>
                <dt>{figure.label}</dt>
                <dd>{figure.value}<small>{figure.aside}</small></dd>
            </div>
        }
    });
    let listed = listed.collect_view();
    if listed.is_empty() { ().into_any() } else { view! { <dl class="figures">{listed}</dl> }.into_any() }
}

/// The spoken answer, after the fields have come to rest.
fn spoken(case: Case) -> ReadSignal<String> {
    let (heard, say) = signal(String::new());
    let mut settle = debounce(REST, move |text: String| say.set(text));
    Effect::new(move |_| {
        if let Some(answer) = case.answer.get() {
            settle(text::spoken(text::outcome(answer.decided.decision.outcome()), points(&answer)));
        }
    });
    heard
}

/// The answer on small screens, always in sight.
#[component]
pub fn AnswerBar(
    /// The applicant.
    case: Case,
) -> impl IntoView {
    let shown = move || case.answer.get().map(|answer| (answer.decided.decision.outcome(), points(&answer)));
    let bar = move || {
        shown().map(|(outcome, score): (Outcome, Option<i16>)| {
        view! {
            <span class="bar-word" data-outcome=icon::name(outcome)>{icon::outcome_icon(outcome)}{text::outcome(outcome)}</span>
            <span class="bar-score">{score}</span>
        }
        .into_any()
    })
    };
    view! { <button class="answer-bar" data-stale=move || !case.errors.with(Vec::is_empty) on:click=|_| host::go_to("answer")>{bar}</button> }.into_any()
}

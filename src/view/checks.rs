//! The policy's checks: fired ones loud, passed ones quiet, all of them in a table.

use leptos::prelude::*;
use underglass_engine::policy::Answer as RuleOutcome;

use crate::state::reading::{Check, checks};
use crate::state::{Answer, OpenBook};
use crate::text;

/// Quiet chips beside the loud ones.
const MOST_QUIET: usize = 4;

/// Chips, and a table behind a disclosure.
pub fn checks_view(book: &OpenBook, answer: &Answer) -> impl IntoView {
    let all = checks(book, answer);
    if all.is_empty() {
        return ().into_any();
    }
    let fired = all.iter().filter(|check| check.answer == RuleOutcome::Fired);
    let passed = all.iter().filter(|check| check.answer == RuleOutcome::Passed && !check.observed.is_empty());
    let chips = fired.chain(passed.take(MOST_QUIET)).map(chip).collect_view();
    let rows = all.iter().map(row).collect_view();
    view! {
        <ul class="chips">{chips}</ul>
        <details class="all-checks" data-testid="checks">
            <summary>{text::all_checks(all.len())}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=text::ALL_CHECKS>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{text::CHECK}</th>
                            <th scope="col">{text::CHECK_ANSWER}</th>
                            <th scope="col" class="number">{text::OBSERVED}</th>
                            <th scope="col" class="condition">{text::POLICY}</th>
                            <th scope="col">{text::IF_FIRED}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn chip(check: &Check) -> impl IntoView + use<> {
    let fired = check.answer == RuleOutcome::Fired;
    let sign = if fired { "\u{25b2}" } else { "\u{2713}" };
    view! {
        <li class="chip" data-answer=answer_name(check.answer)>
            <span aria-hidden="true">{sign}</span>
            <span class="unseen">{text::check_answer(check.answer)}</span>
            {check.chip()}
        </li>
    }
}

fn row(check: &Check) -> impl IntoView + use<> {
    view! {
        <tr data-answer=answer_name(check.answer)>
            <th scope="row">{check.label.clone()}</th>
            <td>{text::check_answer(check.answer)}</td>
            <td class="number">{check.observed.clone()}</td>
            <td class="condition">{check.condition.clone()}</td>
            <td>{text::severity(check.severity)}</td>
        </tr>
    }
}

fn answer_name(answer: RuleOutcome) -> &'static str {
    match answer {
        RuleOutcome::Fired => "fired",
        RuleOutcome::Passed => "passed",
        RuleOutcome::NotApplicable => "not_applicable",
    }
}

//! Why this score: a waterfall from a reference group's mean, and the principal reasons of a decline.

use leptos::prelude::*;
use underglass_engine::decision::Score;

use super::money;
use crate::chart::scale::percent;
use crate::chart::sorted;
use crate::chart::waterfall::{Row, RowKind, Waterfall, waterfall};
use crate::state::number::{level_tenths, signed_tenths};
use crate::state::reading::{Grouping, base_points, parts, principal_reasons, waterfall_of};
use crate::state::{Answer, Case, OpenBook};
use crate::text;

/// Parts that a spoken description names.
const MOST_SPOKEN: usize = 3;

/// How the reasons are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Families,
    Features,
    Table,
    Money,
}

/// The panel on the right.
#[component]
pub fn Why(
    /// The applicant.
    case: Case,
    /// What stands under the reasons.
    children: Children,
) -> impl IntoView {
    let shown = RwSignal::new(Shown::Families);
    let title = move || {
        case.answer.with(|answer| {
            answer.as_ref().and_then(|answer| answer.decided.score.as_ref().map(|score| title(case.book, score)))
        })
    };
    view! {
        <section class="panel why" aria-labelledby="why-title">
            <div class="panel-head">
                <h2 id="why-title">{move || title().unwrap_or_else(|| text::WHY.to_owned())}</h2>
                {switch(shown)}
            </div>
            {move || case.answer.get().map(|answer| body(case.book, &answer, shown.get()))}
            {children()}
        </section>
    }
    .into_any()
}

fn title(book: &OpenBook, score: &Score) -> String {
    text::why(score.points.value(), base_points(book, score).round() as i64)
}

fn switch(shown: RwSignal<Shown>) -> AnyView {
    let choices = [
        (Shown::Families, text::FAMILIES),
        (Shown::Features, text::FEATURES),
        (Shown::Table, text::TABLE),
        (Shown::Money, text::MONEY),
    ];
    let button = |(choice, label): (Shown, &'static str)| {
        view! { <button aria-pressed=move || (shown.get() == choice).to_string() on:click=move |_| shown.set(choice)>{label}</button> }
    };
    view! { <div class="switch" role="group" aria-label=text::WHY_VIEWS>{choices.map(button).collect_view()}</div> }
        .into_any()
}

fn body(book: &OpenBook, answer: &Answer, shown: Shown) -> AnyView {
    let Some(score) = &answer.decided.score else { return view! { <p class="hint">{text::WHY_EMPTY}</p> }.into_any() };
    let chart = match shown {
        Shown::Families => chart(book, score, &waterfall_of(book, score, Grouping::Families)),
        Shown::Features => chart(book, score, &waterfall_of(book, score, Grouping::Features)),
        Shown::Table => table(book, score),
        Shown::Money => money::table(book, answer),
    };
    let reasons = principal_reasons(book, answer);
    view! {
        {chart}
        <p class="sentence small">{text::compared_with(book.engine.reference())}" "{text::ADDS_UP}</p>
        {(!reasons.is_empty()).then(|| reason_list(reasons))}
    }
    .into_any()
}

fn reason_list(reasons: Vec<String>) -> AnyView {
    let items = reasons.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view();
    view! {
        <h3>{text::PRINCIPAL_REASONS}</h3>
        <ol class="reasons" data-testid="reasons">{items}</ol>
    }
    .into_any()
}

fn chart(book: &OpenBook, score: &Score, waterfall: &Waterfall) -> AnyView {
    let cut = f64::from(book.engine.policy.bands.approve.value());
    let share = waterfall.scale.share(cut);
    let cut_at = (share > 0.0 && share < 1.0).then(|| percent(share));
    let axis = cut_at.clone().map(|at| {
        let anchor = if share > 0.8 {
            "end"
        } else if share < 0.2 {
            "start"
        } else {
            "middle"
        };
        view! {
            <div class="wf-row wf-axis">
                <span class="wf-label"></span>
                <svg class="wf-bar"><text x=at y="14" text-anchor=anchor>{text::approval_line(cut)}</text></svg>
                <span class="wf-value"></span>
            </div>
        }
    });
    let rows = waterfall.rows.iter().map(|row| chart_row(row, waterfall.n_others, cut_at.clone())).collect_view();
    view! { <div class="waterfall" role="img" aria-label=described(waterfall, score) data-testid="waterfall">{axis}{rows}</div> }.into_any()
}

fn chart_row(row: &Row, n_others: usize, cut_at: Option<String>) -> AnyView {
    let is_level = matches!(row.kind, RowKind::Base | RowKind::Score);
    let (from, to) = (percent(row.from), percent(row.to));
    let mark = if is_level {
        view! { <circle cx=to.clone() cy="50%" r="5"/> }.into_any()
    } else {
        let (left, width) = (row.from.min(row.to), (row.to - row.from).abs());
        // A part too small for a pixel still has a mark.
        view! { <rect x=percent(left) y="25%" width=percent(width.max(0.004)) height="50%" rx="2"/> }.into_any()
    };
    let value = if is_level { level_tenths(row.tenths) } else { signed_tenths(row.tenths) };
    view! {
        <div class="wf-row" data-kind=kind_name(row.kind) data-side=side(row)>
            <span class="wf-label">{label(row, n_others)}</span>
            <svg class="wf-bar">
                {cut_at.map(|at| view! { <line class="wf-cut" x1=at.clone() x2=at y1="0" y2="100%"/> })}
                {(row.kind != RowKind::Base).then(|| view! { <line class="wf-join" x1=from.clone() x2=from y1="0" y2="50%"/> })}
                {(row.kind != RowKind::Score).then(|| view! { <line class="wf-join" x1=to.clone() x2=to y1="50%" y2="100%"/> })}
                {mark}
            </svg>
            <span class="wf-value">{value}</span>
        </div>
    }
    .into_any()
}

fn label(row: &Row, n_others: usize) -> String {
    match row.kind {
        RowKind::Base => text::THEIR_MEAN.to_owned(),
        RowKind::Part => row.label.clone(),
        RowKind::Others => text::others(n_others),
        RowKind::Rounding => text::ROUNDING.to_owned(),
        RowKind::Score => text::THIS_APPLICANT.to_owned(),
    }
}

fn kind_name(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Base => "base",
        RowKind::Part => "part",
        RowKind::Others => "others",
        RowKind::Rounding => "rounding",
        RowKind::Score => "score",
    }
}

fn side(row: &Row) -> &'static str {
    if row.to < row.from { "against" } else { "toward" }
}

fn described(waterfall: &Waterfall, score: &Score) -> String {
    let parts: Vec<&Row> = waterfall.rows.iter().filter(|row| row.kind == RowKind::Part).collect();
    let by_size = sorted(parts.len(), &|a, b| parts[b].tenths.abs().cmp(&parts[a].tenths.abs()));
    let largest: Vec<(String, String)> = by_size
        .into_iter()
        .take(MOST_SPOKEN)
        .map(|at| (parts[at].label.clone(), signed_tenths(parts[at].tenths)))
        .collect();
    let base = waterfall.rows.first().map(|row| level_tenths(row.tenths)).unwrap_or_default();
    text::waterfall_description(&base, score.points.value(), &largest)
}

/// Every feature, none summed up.
fn table(book: &OpenBook, score: &Score) -> AnyView {
    let parts = parts(book, score, Grouping::Features);
    let all = waterfall(base_points(book, score), &parts, score.points.value(), parts.len());
    let rows = all.rows.iter().filter(|row| row.kind != RowKind::Others).map(|row| {
        let is_level = matches!(row.kind, RowKind::Base | RowKind::Score);
        let (step, level) = if is_level { (String::new(), level_tenths(row.tenths)) } else { (signed_tenths(row.tenths), String::new()) };
        view! { <tr data-kind=kind_name(row.kind)><th scope="row">{label(row, 0)}</th><td class="number">{step}</td><td class="number">{level}</td></tr> }
    });
    view! {
        <table class="why-table" data-testid="why-table">
            <thead>
                <tr><th scope="col">{text::FEATURE}</th><th scope="col" class="number">{text::POINTS}</th><th scope="col" class="number">{text::SCORE}</th></tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

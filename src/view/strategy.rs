//! The panels of the portfolio: figures, curves and tables of a draft.

use leptos::prelude::*;

use super::portfolio::Portfolio;
use crate::chart::line::{SIZE, line, ticks};
use crate::chart::{Scale, scale::percent as at_percent};
use crate::state::number::{percent, plain};
use crate::state::portfolio::{Curve, Totals, large_money, with_approve};
use crate::text::portfolio as text;

/// Groups with fewer applicants are not shown as rates.
const FEWEST: f64 = 30.0;
/// Below this an adverse impact ratio is flagged.
const FLAG: f64 = 0.8;

fn panel(id: &'static str, title: &'static str, body: AnyView) -> AnyView {
    view! {
        <section class="panel" aria-labelledby=id>
            <div class="panel-head"><h2 id=id>{title}</h2></div>
            {body}
        </section>
    }
    .into_any()
}

/// The figures, each with its difference from the written policy.
pub(super) fn tiles(portfolio: Portfolio) -> AnyView {
    let tile = move |label: &'static str,
                     note: &'static str,
                     name: &'static str,
                     value: fn(&Totals) -> Option<f64>,
                     shown: fn(f64) -> String,
                     difference: fn(f64) -> String| {
        let figures = Memo::new(move |_| {
            (portfolio.totals.with(|totals| value(totals)), portfolio.written.with(|totals| value(totals)))
        });
        let now = move || figures.get().0.map_or_else(|| text::TOO_FEW.to_owned(), shown);
        let moved = move || {
            let (now, written) = figures.get();
            let by = now? - written?;
            let sign = if by < 0.0 { "\u{2212}" } else { "+" };
            (by != 0.0).then(|| format!("{sign}{}", difference(by.abs())))
        };
        view! {
            <div class="figure" title=(!note.is_empty()).then_some(note) data-testid=name>
                <dt>{label}</dt>
                <dd>{now}<small>{moved}</small></dd>
            </div>
        }
        .into_any()
    };
    let rate = |rate: f64| percent(rate, 1);
    let points = |rate: f64| format!("{} pp", crate::state::number::fixed(rate * 100.0, 1));
    let ratio = |ratio: f64| crate::state::number::fixed(ratio, 2);
    let is_flagged = move || portfolio.totals.with(|totals| totals.impact.is_some_and(|ratio| ratio < FLAG));
    view! {
        <section class="panel" aria-labelledby="figures-title" data-flagged=is_flagged>
            <div class="panel-head"><h2 id="figures-title">{text::FIGURES}</h2></div>
            <dl class="figures tiles">
                {tile(text::APPROVED, "", "approved", |Totals { all, .. }| Some(all.share(&all.approved)), rate, points)}
                {tile(text::REVIEWED, "", "reviewed", |Totals { all, .. }| Some(all.share(&all.reviewed)), rate, points)}
                {tile(text::DECLINED, "", "declined", |Totals { all, .. }| Some(all.share(&all.declined)), rate, points)}
                {tile(text::BAD, text::BAD_NOTE, "bad", |totals| totals.all.approved.bad_rate(), rate, points)}
                {tile(text::LOSS, "", "loss", |totals| Some(totals.all.approved.loss), large_money, large_money)}
                {tile(text::PROFIT, text::PROFIT_NOTE, "profit", |totals| Some(totals.all.approved.npv), large_money, large_money)}
                {tile(text::IMPACT, text::IMPACT_NOTE, "impact", |totals| totals.impact, ratio, ratio)}
            </dl>
            <p class="hint">{text::IMPACT_NOTE}</p>
        </section>
    }
    .into_any()
}

/// Profit at every cut-off; the line through it is the cut-off's own slider.
pub(super) fn curve_panel(portfolio: Portfolio) -> AnyView {
    let x = Scale::new(300.0, 850.0);
    let drawn = move || {
        portfolio.curve.with(|curve| {
            let profits = || curve.approved.iter().map(|tally| tally.npv);
            let y = Scale::around(profits().chain([0.0]), 0.06);
            let path = line((300..).map(f64::from).zip(profits()), x, y);
            let marks = ticks(lowest(curve), highest(curve), 4).into_iter().map(|profit| {
                let up = at_percent(1.0 - y.share(profit));
                view! {
                    <line class="grid" x1="0" x2="100%" y1=up.clone() y2=up.clone()/>
                    <text class="tick" x="2" y=up dy="-3">{large_money(profit)}</text>
                }
                .into_any()
            });
            let best = curve.best.map(|best| {
                let (profit, _) = curve.at(best).map_or((0.0, 0.0), |(tally, risk)| (tally.npv, risk));
                view! { <circle class="best" cx=at_percent(x.share(best)) cy=at_percent(1.0 - y.share(profit)) r="4"/> }
            });
            view! {
                <svg class="plot" role="img" aria-label=text::curve_description(&large_money(lowest(curve)), &large_money(highest(curve)))>
                    {marks.collect_view()}
                    <svg viewBox=format!("0 0 {SIZE} {SIZE}") preserveAspectRatio="none"><path class="line" d=path/></svg>
                    {best}
                </svg>
            }
            .into_any()
        })
    };
    let scores = ticks(300.0, 850.0, 6).into_iter().map(|points| {
        view! { <text class="tick" x=at_percent(x.share(points)) y="12" text-anchor="middle">{points}</text> }
            .into_any()
    });
    let approve = move || portfolio.cut_offs().0;
    let cut = move || at_percent(x.share(f64::from(approve())));
    let sentence = move || {
        portfolio.curve.with(|curve| {
            let best = curve.best?;
            let (now, most) = (curve.at(f64::from(approve()))?.0.npv, curve.at(best)?.0.npv);
            Some(text::curve_sentence(approve(), now, best, most))
        })
    };
    let best = move || portfolio.curve.with(|curve| curve.best);
    let take = move |_| {
        if let Some(best) = best() {
            portfolio.set_cut_off(&best.to_string(), with_approve);
        }
    };
    let body = view! {
        <div class="plot-frame">
            {drawn}
            <svg class="plot-over" aria-hidden="true"><line class="cut" x1=cut x2=cut y1="0" y2="100%"/></svg>
            <input
                class="plot-slider"
                type="range"
                aria-label=text::CURVE_SLIDER
                min="300"
                max="850"
                prop:value=move || approve().to_string()
                on:input=move |event| portfolio.set_cut_off(&event_target_value(&event), with_approve)
            />
        </div>
        <svg class="plot-axis" aria-hidden="true">{scores.collect_view()}</svg>
        <p class="sentence small" data-testid="curve">{sentence}</p>
        <button class="button" disabled=move || best().is_none_or(|best| best == f64::from(approve())) on:click=take>{text::TAKE_BEST}</button>
    }
    .into_any();
    panel("curve-title", text::CURVE, body)
}

fn lowest(curve: &Curve) -> f64 {
    curve.approved.iter().map(|tally| tally.npv).fold(0.0, f64::min)
}

fn highest(curve: &Curve) -> f64 {
    curve.approved.iter().map(|tally| tally.npv).fold(0.0, f64::max)
}

/// Profit against the share of bad loans, at the cut-offs that no other beats.
pub(super) fn frontier_panel(portfolio: Portfolio) -> AnyView {
    let body = move || {
        portfolio.curve.with(|curve| {
            let points: Vec<(f64, f64)> =
                curve.frontier.iter().filter_map(|cut| curve.at(*cut)).map(|(tally, risk)| (risk, tally.npv)).collect();
            let place = |totals: &Totals| Some((totals.all.approved.bad_rate()?, totals.all.approved.npv));
            let [draft, written] = [portfolio.totals, portfolio.written].map(|totals| totals.with(|totals| place(totals)));
            let all = || points.iter().copied().chain(draft).chain(written);
            let (x, y) = (Scale::around(all().map(|at| at.0), 0.05), Scale::around(all().map(|at| at.1), 0.08));
            let (low, high) = all().fold((f64::INFINITY, 0.0), |(low, high), at| (at.0.min(low), at.0.max(high)));
            let across = ticks(low, high, 4).into_iter().map(|rate| {
                view! { <text class="tick" x=at_percent(x.share(rate)) y="100%" dy="-4" text-anchor="middle">{percent(rate, 1)}</text> }.into_any()
            });
            let dot = |place: Option<(f64, f64)>, class: &'static str| {
                place.map(|(risk, profit)| {
                    view! { <circle class=class cx=at_percent(x.share(risk)) cy=at_percent(1.0 - y.share(profit)) r="5"/> }
                })
            };
            view! {
                <div class="plot-frame">
                    <svg class="plot" role="img" aria-label=text::frontier_description(points.len())>
                        <svg viewBox=format!("0 0 {SIZE} {SIZE}") preserveAspectRatio="none"><path class="line" d=line(points.iter().copied(), x, y)/></svg>
                        {across.collect_view()}
                        {dot(written, "written")}
                        {dot(draft, "draft")}
                    </svg>
                </div>
                <p class="sentence small">{text::FRONTIER_NOTE}</p>
            }
            .into_any()
        })
    };
    panel("frontier-title", text::FRONTIER, body.into_any())
}

/// What each rule does.
pub(super) fn rules_panel(portfolio: Portfolio) -> AnyView {
    let rules = portfolio.frame.get_untracked().map(|frame| frame.rules.clone()).unwrap_or_default();
    let rows = rules.into_iter().enumerate().map(|(index, rule)| {
        let effect = move || portfolio.effects.with(|effects| effects.get(index).copied().unwrap_or_default());
        let share = move || {
            let most =
                portfolio.effects.with(|effects| effects.iter().map(|effect| effect.only_by).fold(1.0, f64::max));
            at_percent(effect().only_by / most)
        };
        view! {
            <tr>
                <th scope="row">{rule.label}</th>
                <td class="number">{move || plain(effect().hits)}</td>
                <td class="number">{move || plain(effect().only_by)}</td>
                <td class="bar"><svg aria-hidden="true"><rect width=share height="100%" rx="2"/></svg></td>
            </tr>
        }
        .into_any()
    });
    let body = view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text::table(text::RULES)>
            <table data-testid="rules">
                <thead>
                    <tr>
                        <th scope="col">{text::RULE}</th>
                        <th scope="col" class="number">{text::HITS}</th>
                        <th scope="col" class="number">{text::ONLY_BY}</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <p class="hint">{text::RULES_NOTE}</p>
    }
    .into_any();
    panel("rules-title", text::RULES, body)
}

/// Who is decided otherwise than by the written policy.
pub(super) fn swap_panel(portfolio: Portfolio) -> AnyView {
    const GROUPS: [&str; 3] = [text::APPROVED, text::REVIEWED, text::DECLINED];
    let cell = move |was: usize, is: usize| portfolio.swap.with(|cells| cells[was][is]);
    let rows = (0..3).map(|was| {
        let cells = (0..3).map(|is| {
            let shown = move || {
                let tally = cell(was, is);
                let bad = tally.bad_rate().filter(|_| tally.known >= FEWEST);
                (plain(tally.rows), bad.map(|bad| format!("{} bad", percent(bad, 1))))
            };
            view! { <td class="number" data-same=was == is>{move || shown().0}<small>{move || shown().1}</small></td> }
                .into_any()
        });
        view! { <tr><th scope="row">{GROUPS[was]}</th>{cells.collect_view()}</tr> }.into_any()
    });
    let sentence = move || {
        let cells = portfolio.swap.get();
        let all: f64 = cells.iter().flatten().map(|tally| tally.rows).sum();
        let same: f64 = (0..3).map(|group| cells[group][group].rows).sum();
        text::swap_sentence(all - same, all)
    };
    let body = view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text::table(text::SWAP)>
            <table class="swap" data-testid="swap">
                <thead>
                    <tr>
                        <th scope="col">{text::WRITTEN}</th>
                        {GROUPS.map(|group| view! { <th scope="col" class="number">{group}</th> })}
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <p class="sentence small">{sentence}</p>
    }
    .into_any();
    panel("swap-title", text::SWAP, body)
}

/// Approval and bad loans by group.
pub(super) fn segments_panel(portfolio: Portfolio) -> AnyView {
    let body = move || {
        let frame = portfolio.frame.get()?;
        let totals = portfolio.totals.get();
        let by = portfolio.by.get_value();
        let tables = by.iter().zip(&totals.segments).filter_map(|(index, cells)| {
            let segment = frame.segments.get(*index)?;
            let levels = segment.levels.iter().map(String::as_str).chain([text::UNKNOWN]).zip(cells);
            let rows = levels.filter(|(_, cell)| cell.rows() > 0.0).map(|(level, cell)| {
                let is_enough = cell.rows() >= FEWEST;
                let approval =
                    if is_enough { percent(cell.share(&cell.approved), 1) } else { text::TOO_FEW.to_owned() };
                let bad = cell.approved.bad_rate().filter(|_| cell.approved.known >= FEWEST);
                view! {
                    <tr>
                        <th scope="row">{level.to_owned()}</th>
                        <td class="number">{plain(cell.rows())}</td>
                        <td class="number">{approval}</td>
                        <td class="number">{bad.map_or_else(|| text::TOO_FEW.to_owned(), |bad| percent(bad, 1))}</td>
                    </tr>
                }
                .into_any()
            });
            let head = view! {
                <thead>
                    <tr>
                        <th scope="col">{segment.label.clone()}</th>
                        <th scope="col" class="number">{text::APPLICANTS}</th>
                        <th scope="col" class="number">{text::APPROVED}</th>
                        <th scope="col" class="number">{text::BAD_SHORT}</th>
                    </tr>
                </thead>
            };
            Some(view! { <table>{head}<tbody>{rows.collect_view()}</tbody></table> }.into_any())
        });
        Some(tables.collect_view())
    };
    let body = view! { <div class="scroll segments" tabindex="0" role="region" aria-label=text::table(text::SEGMENTS) data-testid="segments">{body}</div> };
    panel("segments-title", text::SEGMENTS, body.into_any())
}

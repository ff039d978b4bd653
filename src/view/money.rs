//! The reasons in money: what each family does to the probability of default, the rate and the payment.

use leptos::prelude::*;
use underglass_engine::waterfall::{Cause, Line, Price, PriceMove, Standing};

use crate::state::number::{fixed, money};
use crate::state::reading::family_label;
use crate::state::{Answer, OpenBook};
use crate::text;

/// One row from the reference's mean, one a family that moves anything, one for the applicant.
pub(super) fn table(book: &OpenBook, answer: &Answer) -> AnyView {
    let Ok(walk) = book.engine.waterfall(&answer.application) else {
        return view! { <p class="hint">{text::WHY_EMPTY}</p> }.into_any();
    };
    let label = |cause: &Cause| match cause {
        Cause::Family(code) => family_label(book, code),
        Cause::Rounding => text::ROUNDING.to_owned(),
    };
    let moves = walk.lines.iter().filter(|line| moves(line)).map(|line| row("part", label(&line.cause), moved(line)));
    let start = row("base", text::THEIR_MEAN.to_owned(), standing(&walk.start));
    let end = row("score", text::THIS_APPLICANT.to_owned(), standing(walk.end()));
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text::MONEY>
            <table class="why-table" data-testid="why-money">
                <thead>
                    <tr>
                        <th scope="col">{text::CAUSE}</th>
                        <th scope="col" class="number">{text::DEFAULT}</th>
                        <th scope="col" class="number">{text::APR}</th>
                        <th scope="col" class="number">{text::A_MONTH}</th>
                    </tr>
                </thead>
                <tbody>{start}{moves.collect_view()}{end}</tbody>
            </table>
        </div>
        <p class="hint">{text::MONEY_NOTE}</p>
    }
    .into_any()
}

fn row(kind: &'static str, label: String, [default, apr, month]: [String; 3]) -> AnyView {
    view! {
        <tr data-kind=kind>
            <th scope="row">{label}</th>
            <td class="number">{default}</td>
            <td class="number">{apr}</td>
            <td class="number">{month}</td>
        </tr>
    }
    .into_any()
}

fn moves(line: &Line) -> bool {
    line.pd_bps != 0
        || match line.price {
            PriceMove::By { apr_bps, payment_cents, .. } => apr_bps != 0 || payment_cents != 0,
            PriceMove::Gained | PriceMove::Lost => true,
            PriceMove::Without(_) => false,
        }
}

/// A probability or a rate of so many basis points, in per cent.
fn rate(bps: i64) -> String {
    format!("{}\u{a0}%", fixed(bps as f64 / 100.0, 2))
}

fn signed(size: String, is_negative: bool) -> String {
    format!("{}{size}", if is_negative { '\u{2212}' } else { '+' })
}

fn standing(standing: &Standing) -> [String; 3] {
    let [apr, month] = match &standing.price {
        Price::Quoted(quote) => [rate(quote.apr_bps), money(quote.payment_cents.dollars())],
        Price::Without(_) => [text::NO_PRICE.to_owned(), text::NO_PRICE.to_owned()],
    };
    [rate(standing.pd_bps), apr, month]
}

fn moved(line: &Line) -> [String; 3] {
    let points = |bps: i64| match bps {
        0 => String::new(),
        bps => signed(fixed(bps.unsigned_abs() as f64 / 100.0, 2), bps < 0),
    };
    let [apr, month] = match line.price {
        PriceMove::By { apr_bps, payment_cents, .. } => {
            let cents = match payment_cents {
                0 => String::new(),
                cents => signed(money(cents.unsigned_abs() as f64 / 100.0), cents < 0),
            };
            [points(apr_bps), cents]
        }
        PriceMove::Gained => [text::PRICED.to_owned(), String::new()],
        PriceMove::Lost => [text::NO_PRICE.to_owned(), String::new()],
        PriceMove::Without(_) => [String::new(), String::new()],
    };
    [points(line.pd_bps), apr, month]
}

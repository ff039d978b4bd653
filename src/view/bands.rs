//! The score on its policy's bands.

use leptos::prelude::*;
use underglass_engine::decision::Score;
use underglass_engine::policy::Bands;

use crate::chart::{bands, scale::percent};
use crate::state::OpenBook;
use crate::text;

/// A band narrower than this share of the width has no room for its word.
const NARROWEST_WORD: f64 = 0.13;
/// A band narrower than this has it on wide screens only.
const NARROW: f64 = 0.25;
/// Of the normal distribution: 90 % lie within so many standard deviations.
const QUANTILE_90: f64 = 1.645;

/// The axis from 300 to 850 with the score and its 90 % interval.
pub fn band_chart(book: &OpenBook, score: &Score) -> impl IntoView {
    let cuts = book.engine.policy.bands;
    let points = score.points.value();
    let half = QUANTILE_90 * book.engine.model.spread_at(score.raw_points);
    let at = bands::scale().percent(f64::from(points));
    let (from, to) = (bands::scale().share(score.raw_points - half), bands::scale().share(score.raw_points + half));
    let described = text::bands_description(points, cuts.review.value(), cuts.approve.value());
    view! {
        <svg class="bands" role="img" aria-label=described>
            {axis(cuts)}
            <rect class="band-interval" x=percent(from) y="22" width=percent(to - from) height="4" rx="2"/>
            <line class="band-mark" x1=at.clone() x2=at.clone() y1="18" y2="48"/>
            <text class="band-score" x=at y="12" text-anchor=anchor(bands::scale().share(f64::from(points)))>{points}</text>
        </svg>
    }
    .into_any()
}

fn axis(cuts: Bands) -> impl IntoView {
    let segments = bands::segments(cuts).into_iter().map(|segment| {
        let middle = percent((segment.from + segment.to) / 2.0);
        let width = segment.to - segment.from;
        let word = (width >= NARROWEST_WORD).then(|| text::band(segment.band));
        view! {
            <rect class="band" data-band=text::band(segment.band) x=percent(segment.from) y="30" width=percent(width) height="10"/>
            <text class="band-word" data-narrow={width < NARROW} x=middle y="62" text-anchor="middle">{word}</text>
        }
    });
    let ticks = bands::ticks(cuts).into_iter().map(|tick| {
        view! { <text class="band-tick" data-end={tick.at == 0.0 || tick.at == 1.0} x=percent(tick.at) y="62" text-anchor=anchor(tick.at)>{tick.points}</text> }
    });
    (segments.collect_view(), ticks.collect_view())
}

/// Texts at the ends stay inside the drawing.
fn anchor(share: f64) -> &'static str {
    match share {
        share if share < 0.04 => "start",
        share if share > 0.96 => "end",
        _ => "middle",
    }
}

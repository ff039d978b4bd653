//! One field of the form: a number with its slider, a list, or a date.

use leptos::prelude::*;
use underglass_engine::application::{FormValue, Input, InputKind, Level};
use web_sys::HtmlInputElement;

use crate::chart::{Scale, response};
use crate::state::Case;
use crate::state::case::Curve;
use crate::state::field::{Field, Track};
use crate::state::hinge::stretches;
use crate::state::number::{on_grid, with_unit};
use crate::text;

/// The height of the safest point, as a share of the reach, so that a curve is never without an area.
const LEAST_HEIGHT: f64 = 0.12;

/// A field by its position in the layout.
#[component]
pub fn FormField(
    /// The applicant.
    case: Case,
    /// Position in the layout.
    index: usize,
) -> impl IntoView {
    let field = &case.book.fields[index];
    let input = &case.book.engine.inputs()[field.input];
    let control = match &input.kind {
        InputKind::Number { step, .. } => number_field(case, index, field, input, *step),
        InputKind::Category { levels } => category_field(case, field.input, input, levels),
        InputKind::Date => date_field(case, field.input, input),
    };
    let is_invalid = move || case.error(field.input).is_some();
    let is_missing = move || case.value(field.input) == FormValue::Missing;
    view! {
        <div class="field" data-field=input.name.as_str() data-invalid=is_invalid data-missing=is_missing>
            {control}
            {move || case.error(field.input).map(|error| view! {
                <p class="field-error" id=error_id(input)>{text::field_error(&error.found, &error.expected)}</p>
            })}
        </div>
    }
    .into_any()
}

fn field_id(input: &Input) -> String {
    format!("field-{}", input.name)
}

fn error_id(input: &Input) -> String {
    format!("error-{}", input.name)
}

/// Points to the error while there is one.
fn described(case: Case, index: usize, input: &'static Input) -> impl Fn() -> Option<String> + Copy {
    move || case.error(index).map(|_| error_id(input))
}

fn invalid(case: Case, index: usize) -> impl Fn() -> Option<&'static str> + Copy {
    move || case.error(index).map(|_| "true")
}

fn number_field(case: Case, index: usize, field: &'static Field, input: &'static Input, step: f64) -> AnyView {
    let entry = case.entry(field.input);
    let is_edited = RwSignal::new(false);
    let shown = move || {
        let text = entry.get();
        match (is_edited.get(), case.value(field.input)) {
            (false, FormValue::Number(number)) => with_unit(number, &input.unit),
            _ => text,
        }
    };
    let begin = move |event: web_sys::FocusEvent| {
        // At once, not with the next turn: whoever types on replaces what is selected.
        let target: HtmlInputElement = event_target(&event);
        target.set_value(&entry.get_untracked());
        target.select();
        is_edited.set(true);
    };
    view! {
        <div class="field-line">
            <label for=field_id(input)>{input.label.as_str()}</label>
            {input.optional.then(|| forget_button(case, field.input, input))}
            <input
                class="field-value"
                id=field_id(input)
                type="text"
                inputmode="decimal"
                autocomplete="off"
                spellcheck="false"
                placeholder=input.optional.then_some(text::NOT_REPORTED)
                aria-invalid=invalid(case, field.input)
                aria-describedby=described(case, field.input, input)
                prop:value=shown
                on:focus=begin
                on:blur=move |_| is_edited.set(false)
                on:input=move |event| entry.set(event_target_value(&event))
            />
        </div>
        {field.track.map(|track| slider(case, index, field, input, track, step))}
    }
    .into_any()
}

fn forget_button(case: Case, index: usize, input: &'static Input) -> impl IntoView {
    let entry = case.entry(index);
    view! {
        <button
            type="button"
            class="forget"
            aria-label=text::forget(&input.label)
            title=text::forget(&input.label)
            hidden=move || entry.with(String::is_empty)
            on:click=move |_| entry.set(String::new())
        >"\u{d7}"</button>
    }
}

fn slider(case: Case, index: usize, field: &'static Field, input: &'static Input, track: Track, step: f64) -> AnyView {
    let entry = case.entry(field.input);
    let position = move || match case.value(field.input) {
        FormValue::Number(number) => number,
        _ => match input.typical {
            FormValue::Number(typical) => typical,
            _ => track.low,
        },
    };
    let curve = case.curve(index);
    let x = Scale::new(track.low, track.high);
    let flips = format!("flips-{}", input.name);
    let spoken = move || match case.value(field.input) {
        FormValue::Number(number) => with_unit(number, &input.unit),
        _ => text::NOT_REPORTED.to_owned(),
    };
    view! {
        <div class="track">
            <svg
                class="curve"
                id=flips.clone()
                role=move || curve.with(Option::is_some).then_some("img")
                aria-label=move || curve.with(|curve| curve.as_ref().map(|curve| described_curve(curve, input, step)))
                viewBox=format!("0 0 {} {}", response::WIDTH, response::HEIGHT)
                preserveAspectRatio="none"
            >
                <path d=move || curve.with(|curve| curve.as_ref().map(|curve| curve_path(curve, x, case.reach.get())))/>
            </svg>
            <svg class="flips" aria-hidden="true">
                {move || curve.with(|curve| curve.as_ref().map(|curve| flip_marks(curve, x, input, step)))}
            </svg>
            <input
                type="range"
                aria-label=text::slider(&input.label)
                aria-describedby=flips
                aria-valuetext=spoken
                min=track.low.to_string()
                max=track.high.to_string()
                step=track.step.to_string()
                prop:value=move || position().to_string()
                on:input=move |event| entry.set(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}

/// Higher is riskier. Points are linear in the log-odds of bad, so 2 % against 4 % is seen as well as 20 % against 40 %.
fn curve_path(curve: &Curve, x: Scale, (safest, riskiest): (f64, f64)) -> String {
    let points: Vec<(f64, f64)> =
        curve.response.curve.iter().map(|point| (point.value, -f64::from(point.points.value()))).collect();
    response::area(&points, x, Scale::new(-safest - LEAST_HEIGHT * (safest - riskiest), -riskiest))
}

/// All values of the field with the answers to them.
fn described_curve(curve: &Curve, input: &Input, step: f64) -> String {
    let stretches = stretches(&curve.response, step);
    let last = stretches.len().saturating_sub(1);
    let shown = |value: f64| with_unit(value, &input.unit);
    let said = stretches.iter().enumerate().map(|(at, stretch)| {
        let from = (at > 0).then(|| shown(stretch.from));
        let to = (at < last).then(|| shown(stretch.to));
        text::stretch(text::outcome(stretch.outcome), from.as_deref(), to.as_deref())
    });
    format!("{}: {}", input.label, said.collect::<Vec<_>>().join("; "))
}

fn flip_marks(curve: &Curve, x: Scale, input: &Input, step: f64) -> impl IntoView + use<> {
    let mark = |flip: &underglass_engine::paths::Flip| {
        let at = x.percent(flip.value);
        let title = text::flips_to(text::outcome(flip.above), &with_unit(on_grid(flip.value, step), &input.unit));
        view! { <line x1=at.clone() x2=at y1="0" y2="100%"><title>{title}</title></line> }
    };
    curve.response.flips.iter().map(mark).collect_view()
}

fn category_field(case: Case, index: usize, input: &'static Input, levels: &'static [Level]) -> AnyView {
    let entry = case.entry(index);
    let unseen = move || {
        entry.with(|text| (!text.is_empty() && levels.iter().all(|level| level.name != *text)).then(|| text.clone()))
    };
    let empty = if input.optional { text::NOT_REPORTED } else { text::CHOOSE };
    let options = levels
        .iter()
        .map(|level| view! { <option value=level.name.as_str()>{level.label.as_str()}</option> })
        .collect_view();
    view! {
        <div class="field-line loose">
            <label for=field_id(input)>{input.label.as_str()}</label>
            <select
                class="field-choice"
                id=field_id(input)
                aria-invalid=invalid(case, index)
                aria-describedby=described(case, index, input)
                prop:value=move || entry.get()
                on:change=move |event| entry.set(event_target_value(&event))
            >
                <option value="">{empty}</option>
                {options}
                {move || unseen().map(|text| {
                    let value = text.clone();
                    view! { <option value=value>{text}</option> }
                })}
            </select>
        </div>
    }
    .into_any()
}

fn date_field(case: Case, index: usize, input: &'static Input) -> AnyView {
    let entry = case.entry(index);
    view! {
        <div class="field-line">
            <label for=field_id(input)>{input.label.as_str()}</label>
            <input
                class="field-date"
                id=field_id(input)
                type="date"
                aria-invalid=invalid(case, index)
                aria-describedby=described(case, index, input)
                prop:value=move || entry.get()
                on:input=move |event| entry.set(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}

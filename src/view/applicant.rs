//! The form: an example to start from, and every field of the schema.

use leptos::prelude::*;

use super::FormField;
use crate::state::book::Example;
use crate::state::{Case, link};
use crate::{host, text};

/// The panel on the left.
#[component]
pub fn ApplicantForm(
    /// The applicant.
    case: Case,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let fields = |prominent: bool| {
        let listed = case.book.fields.iter().enumerate().filter(move |(_, field)| field.prominent == prominent);
        listed.map(|(index, _)| view! { <FormField case index/> }).collect_view()
    };
    let n_more = case.book.fields.iter().filter(|field| !field.prominent).count();
    let more_label = move || if is_open.get() { text::FEWER_FIELDS.to_owned() } else { text::more_fields(n_more) };
    view! {
        <section class="panel applicant" aria-labelledby="applicant-title">
            <div class="panel-head">
                <h2 id="applicant-title">{text::APPLICANT}</h2>
                {example_menu(case)}
            </div>
            <form class="fields" on:submit=|event| event.prevent_default()>
                {fields(true)}
                <div class="fields" id="more-fields" hidden=move || !is_open.get()>{fields(false)}</div>
            </form>
            <div class="form-foot">
                {(n_more > 0).then(|| view! {
                    <button
                        class="button more"
                        aria-controls="more-fields"
                        aria-expanded=move || is_open.get().to_string()
                        on:click=move |_| is_open.update(|open| *open = !*open)
                    >{more_label}</button>
                })}
                {case.book.has_world.then(|| view! {
                    <button class="button" data-testid="surprise" on:click=move |_| case.choose(&link::seeded(host::seed()))>
                        {text::SURPRISE}
                    </button>
                })}
                <button
                    class="button"
                    title=text::RESET_LONG
                    disabled=move || !case.is_changed()
                    on:click=move |_| case.choose(&case.example.get_untracked())
                >{text::RESET}</button>
            </div>
        </section>
    }
    .into_any()
}

fn example_menu(case: Case) -> AnyView {
    if !case.book.has_world {
        return view! { <span class="hint">{text::TYPICAL_APPLICANT}</span> }.into_any();
    }
    let options = move || {
        let chosen = case.example.get();
        let drawn =
            case.book.examples.iter().all(|example| example.id != chosen).then(|| case.book.example(&chosen)).flatten();
        let listed = case.book.examples.iter().cloned().chain(drawn);
        let option = |example: Example| {
            let is_chosen = example.id == chosen;
            view! { <option value=example.id prop:selected=is_chosen>{example.label}</option> }
        };
        listed.map(option).collect_view()
    };
    view! {
        <select
            class="example"
            aria-label=text::EXAMPLE
            data-testid="example"
            on:change=move |event| case.choose(&event_target_value(&event))
        >{options}</select>
    }
    .into_any()
}

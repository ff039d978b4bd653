//! When nothing can be decided: what happened, to which file, and a way to try again.

use std::sync::Arc;

use leptos::prelude::*;

use crate::state::Failure;
use crate::text;

/// The message in place of the view.
#[component]
pub fn Failed(
    /// What happened.
    failure: Arc<Failure>,
    /// Loads everything again.
    again: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <main class="failed" data-state="failed">
            <h1>{text::FAILED}</h1>
            <p role="alert">{text::failure(failure.kind, &failure.file)}</p>
            <code>{failure.detail.clone()}</code>
            <button class="button primary" on:click=move |_| again()>{text::TRY_AGAIN}</button>
        </main>
    }
    .into_any()
}

//! While files are read: the shape of what comes, and what is being waited for.

use leptos::prelude::*;

use crate::state::book::Stage;
use crate::text;

/// The skeleton of the view.
#[component]
pub fn Loading(
    /// What is being waited for.
    stage: Stage,
) -> impl IntoView {
    view! {
        <main class="decide" data-state="loading" aria-busy="true">
            <div class="panel skeleton"></div>
            <div class="middle">
                <div class="panel skeleton"><p role="status">{text::stage(stage)}</p></div>
            </div>
            <div class="panel skeleton"></div>
        </main>
    }
    .into_any()
}

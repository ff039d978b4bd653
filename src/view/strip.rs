//! What kind of data this is, what left the browser, how fast it went.

use leptos::prelude::*;

use crate::state::Session;
use crate::text;

/// What the page measures about itself.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Microseconds of one decision, and over how many that was averaged.
    pub decision: RwSignal<Option<(f64, u32)>>,
    /// Requests to other hosts.
    pub requests: RwSignal<u32>,
}

impl Measured {
    /// Nothing measured yet.
    pub fn new() -> Self {
        Self { decision: RwSignal::new(None), requests: RwSignal::new(0) }
    }
}

impl Default for Measured {
    fn default() -> Self {
        Self::new()
    }
}

/// The line under the header.
#[component]
pub fn Strip(
    /// Says whether the applicants are made up.
    session: RwSignal<Session>,
    /// What to report.
    measured: Measured,
) -> impl IntoView {
    let kind = move || match session.get() {
        Session::Ready(book) if !book.entry.synthetic => text::STRIP_OWN,
        _ => text::STRIP_SYNTHETIC,
    };
    let speed = move || measured.decision.get().map(|(micros, _)| text::decided_in(micros));
    let speed_note = move || measured.decision.get().map(|(_, n)| text::decided_note(n));
    view! {
        <div class="strip">
            <span>{kind}</span>
            <span data-testid="requests">{move || text::requests(measured.requests.get())}</span>
            <span class="speed" data-testid="speed" title=speed_note>{speed}</span>
        </div>
    }
    .into_any()
}

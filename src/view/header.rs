//! Brand, views, model, colours.

use leptos::prelude::*;

use crate::state::link::Link;
use crate::state::{OpenBook, Session};
use crate::{host, text};

/// What the page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// One applicant.
    Decide,
    /// Many applicants, and the policy's levers.
    Portfolio,
    /// A file of applicants.
    ScoreFile,
}

/// The bar at the top.
#[component]
pub fn Header(
    /// Whether a book is open, and which.
    session: RwSignal<Session>,
    /// What is shown.
    shown: RwSignal<View>,
    /// The line under the bar.
    children: Children,
) -> impl IntoView {
    let theme = RwSignal::new(host::effective_theme());
    let other = move || match theme.get() {
        host::Theme::Light => text::THEME_TO_DARK,
        host::Theme::Dark => text::THEME_TO_LIGHT,
    };
    let item = move |of: View, name: &'static str| {
        let is_shown = move || shown.get() == of;
        view! {
            <button
                class="nav-item"
                aria-current=move || is_shown().then_some("page")
                on:click=move |_| shown.set(of)
            >
                {name}
            </button>
        }
    };
    let skip = move || {
        host::go_to(match shown.get_untracked() {
            View::Decide => "answer",
            View::Portfolio => "portfolio",
            View::ScoreFile => "file",
        })
    };
    view! {
        <header>
            <div class="top">
            <button class="skip" on:click=move |_| skip()>{text::SKIP}</button>
            <span class="brand">
                <svg class="brand-mark" width="22" height="22" viewBox="0 0 20 20" aria-hidden="true">
                    <rect x="1.5" y="1.5" width="17" height="17" rx="4.5"/>
                    <path d="M5 12.5 8.5 8l3 2.5L15.5 6"/>
                </svg>
                {text::BRAND}
            </span>
            <nav aria-label=text::NAVIGATION>
                {item(View::Decide, text::DECIDE)}
                {item(View::Portfolio, text::portfolio::PORTFOLIO)}
                {item(View::ScoreFile, text::SCORE_FILE)}
            </nav>
            {move || match session.get() {
                Session::Ready(book) => Some(model_chip(book)),
                _ => None,
            }}
            <button
                class="theme"
                aria-label=other
                title=other
                on:click=move |_| theme.set(host::toggle_theme())
            >
                <svg width="18" height="18" viewBox="0 0 20 20" aria-hidden="true">
                    <circle cx="10" cy="10" r="6.5"/>
                    <path d="M10 3.5a6.5 6.5 0 0 1 0 13Z"/>
                </svg>
            </button>
            </div>
            {children()}
        </header>
    }
    .into_any()
}

fn model_chip(book: &'static OpenBook) -> impl IntoView {
    let digests = &book.engine.digests;
    let artifact = digests.artifact.to_string();
    let optional = [("pricing", digests.pricing), ("reasons", digests.reasons)];
    let named = [("engine", digests.engine), ("model", digests.artifact), ("policy", digests.policy)]
        .into_iter()
        .chain(optional.into_iter().filter_map(|(name, digest)| Some((name, digest?))));
    let all: Vec<(&str, String)> = named.map(|(name, digest)| (name, digest.to_string())).collect();
    let model = book.engine.model.file();
    let other = |(name, label): &(String, String)| {
        let link = Link { book: Some(name.clone()), ..Link::default() };
        view! { <li><a href=link.text()>{label.clone()}</a></li> }.into_any()
    };
    let others: Vec<AnyView> = book.others.iter().map(other).collect();
    view! {
        <details class="model">
            <summary title=text::digests(&all) data-testid="model">
                {text::model(&book.entry.label, &model.version)}
                <code>{artifact[..8].to_owned()}</code>
                <span class="verified">{format!("\u{2713} {}", text::VERIFIED)}</span>
            </summary>
            <ul aria-label=text::OTHER_BOOKS>{others}</ul>
        </details>
    }
    .into_any()
}

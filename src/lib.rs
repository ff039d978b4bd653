//! The Underglass page: a form made from a model's schema, the decision, and why.
//!
//! `host` alone knows the browser, `state` holds what changes and derives what follows, `chart` computes where things
//! are drawn, `view` draws them, `text` has every word, `later` fetches what the first decision does not need. All
//! numbers come from `underglass-engine`.
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod app;
pub mod chart;
pub mod host;
pub mod later;
pub mod state;
pub mod text;
pub mod view;

/// Mounts the page.
pub fn start() {
    host::show_panics();
    host::apply_stored_theme();
    leptos::mount::mount_to_body(app::App);
    host::remove_skeleton();
}

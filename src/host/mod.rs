//! The only room that knows the browser: files, clock, entropy, address, storage, workers.

mod address;
mod clock;
mod entropy;
mod files;
mod network;
mod panic;
mod pool;
mod portfolio;
mod save;
mod theme;
mod worker;

pub use address::{on_new_address, read_address, reload, write_address};
pub use clock::{now, pause, today};
pub use entropy::seed;
pub use files::open_book;
pub use network::foreign_requests;
pub use panic::show_panics;
pub use pool::{FileRun, Heard, forget, most_workers};
pub use portfolio::{Columns, PortfolioWorkers};
pub use save::{copy, download};
pub use theme::{Theme, apply_stored_theme, effective_theme, toggle_theme};
pub use worker::{EngineWorker, Unavailable};

use wasm_bindgen::{JsCast, JsValue};

/// An address relative to the page, wherever it is published.
fn absolute(relative: &str) -> Option<String> {
    let base = web_sys::window()?.document()?.base_uri().ok()??;
    web_sys::Url::new_with_base(relative, &base).ok().map(|url| url.href())
}

/// What a JavaScript exception says.
fn message(error: &JsValue) -> String {
    let named = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    named.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}

/// Removes the static skeleton that stood here until the first view.
pub fn remove_skeleton() {
    let skeleton =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id("boot"));
    if let Some(skeleton) = skeleton {
        skeleton.remove();
    }
}

/// Scrolls to an element and puts the focus there.
pub fn go_to(id: &str) {
    let element =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.scroll_into_view();
        // Without focus the place is found all the same.
        let _ = element.focus();
    }
}

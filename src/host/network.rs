//! The browser's own record of what was asked for.

use wasm_bindgen::JsCast;

/// How many requests to other hosts the browser has recorded since the page began to load.
pub fn foreign_requests() -> u32 {
    let Some(window) = web_sys::window() else { return 0 };
    let Some(performance) = window.performance() else { return 0 };
    let own = window.location().origin().unwrap_or_default();
    let is_foreign = |entry: &wasm_bindgen::JsValue| {
        let name = entry.unchecked_ref::<web_sys::PerformanceEntry>().name();
        name.starts_with("http") && !name.starts_with(&format!("{own}/"))
    };
    performance.get_entries_by_type("resource").iter().filter(is_foreign).count() as u32
}

//! What stands behind `#` in the address.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

/// What stands behind `#`, with it; empty when nothing does.
pub fn read_address() -> String {
    web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Replaces what stands behind `#` without a step in the history: a dragged slider is not a hundred pages.
pub fn write_address(hash: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // Refused only when called too often; the next change writes again.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// Opens the page anew, at its present address.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // Refused only where the page is closing.
        let _ = window.location().reload();
    }
}

/// Calls when a person enters another address of this page. Lives as long as the page.
pub fn on_new_address(mut heard: impl FnMut(String) + 'static) {
    let closure = Closure::<dyn FnMut()>::new(move || heard(read_address()));
    if let Some(window) = web_sys::window() {
        window.set_onhashchange(Some(wasm_bindgen::JsCast::unchecked_ref(closure.as_ref())));
    }
    closure.forget();
}

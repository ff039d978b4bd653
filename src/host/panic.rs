//! The last resort: a panic stops the module, so the page says so without it.

use wasm_bindgen::JsValue;

use crate::state::book::FailureKind;
use crate::text;

/// Shows a plain message in place of the page when the module panics.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let detail = panic.to_string();
        web_sys::console::error_1(&JsValue::from_str(&detail));
        // Signals may be borrowed now: only the document is touched.
        let _ = show(&detail);
    }));
}

fn show(detail: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let element = |name: &str, text: &str| {
        let element = document.create_element(name).ok()?;
        element.set_text_content(Some(text));
        Some(element)
    };
    let main = element("main", "")?;
    main.set_class_name("failed");
    main.set_attribute("data-state", "failed").ok()?;
    let again = element("a", text::TRY_AGAIN)?;
    again.set_attribute("href", "").ok()?;
    again.set_class_name("button");
    for child in [
        element("h1", text::FAILED)?,
        element("p", &text::failure(FailureKind::Crashed, ""))?,
        element("code", detail)?,
        again,
    ] {
        main.append_child(&child).ok()?;
    }
    let body = document.body()?;
    body.set_text_content(None);
    body.append_child(&main).ok()?;
    Some(())
}

//! Dates, durations and turns of the event loop.

use js_sys::{Function, Promise};
use underglass_engine::units::Date;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Today's date where the person is.
pub fn today() -> Date {
    let now = js_sys::Date::new_0();
    let (month, day) = (now.get_month() + 1, now.get_date());
    Date::new(now.get_full_year() as i32, month as u8, day as u8).unwrap_or(Date::EPOCH)
}

/// Milliseconds since the page began to load.
pub fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}

/// Waits, so that events are heard and the page is painted.
pub async fn pause(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve, _| later(&resolve, milliseconds, &JsValue::UNDEFINED));
    // A timer's promise is never rejected.
    let _ = JsFuture::from(promise).await;
}

/// Calls a function with a value after a time.
pub(super) fn later(function: &Function, milliseconds: i32, value: &JsValue) {
    if let Some(window) = web_sys::window() {
        // A window that takes no timers is closing.
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_1(function, milliseconds, value);
    }
}

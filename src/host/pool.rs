//! Several engines at once: a file's rows are answered by workers, chunk by chunk.

use js_sys::{Function, JSON, Object, Reflect};
use underglass_engine::portfolio::Summary;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, Url};

use super::{SecondEngine, Unavailable, clock};
use crate::state::book::BookFiles;
use crate::state::file::Progress;

#[wasm_bindgen(module = "/www/pool.js")]
extern "C" {
    #[wasm_bindgen(js_name = scoreFile)]
    fn score_file(book: &Object, file: &File, asked: &JsValue, workers: u32, hear: &Function) -> Function;
}

/// What is heard of a file under way.
pub enum Heard {
    /// How far it is.
    Progress(Progress),
    /// The counts of some more rows.
    Counts(Summary),
    /// All lines, at this address.
    Done(String),
    /// It cannot be scored.
    Failed(String),
}

/// A file under way. Dropping it ends its workers.
pub struct FileRun {
    cancel: Function,
    _hear: Closure<dyn FnMut(JsValue)>,
}

impl FileRun {
    /// Starts workers on a file. `asked` is what the engine's `Asked` reads, as JSON.
    ///
    /// # Errors
    /// [`Unavailable`] when a part of the engine cannot be fetched.
    pub async fn start(
        book: &BookFiles,
        file: &File,
        asked: &str,
        workers: u32,
        mut hear: impl FnMut(Heard) + 'static,
    ) -> Result<Self, Unavailable> {
        let parts = SecondEngine::parts(book, "lab").await?;
        let started = clock::now();
        let heard = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            let elapsed = clock::now() - started;
            let get = |name: &str| Reflect::get(&event, &name.into()).unwrap_or(JsValue::UNDEFINED);
            let [progress, summary, result, error] = ["progress", "summary", "result", "error"].map(get);
            if progress.is_object() {
                hear(Heard::Progress(read(&progress, elapsed)));
            } else if let Some(summary) = summary.as_string() {
                hear(match serde_json::from_str(&summary) {
                    Ok(summary) => Heard::Counts(summary),
                    Err(error) => Heard::Failed(error.to_string()),
                });
            } else if let Some(blob) = result.dyn_ref::<Blob>() {
                let address = Url::create_object_url_with_blob(blob).unwrap_or_default();
                hear(Heard::Done(address));
            } else if error.is_object() {
                let message = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
                hear(Heard::Failed(message.unwrap_or_default()));
            }
        });
        let asked = JSON::parse(asked)?;
        let cancel = score_file(&parts, file, &asked, workers, heard.as_ref().unchecked_ref());
        Ok(Self { cancel, _hear: heard })
    }
}

impl Drop for FileRun {
    fn drop(&mut self) {
        // Ends the workers and cannot throw.
        let _ = self.cancel.call0(&JsValue::NULL);
    }
}

fn read(progress: &JsValue, elapsed: f64) -> Progress {
    let number = |name: &str| Reflect::get(progress, &name.into()).ok().and_then(|n| n.as_f64()).unwrap_or_default();
    Progress {
        rows: number("rows"),
        bytes: number("bytes"),
        workers: number("workers") as u32,
        replaced: number("replaced") as u32,
        memory: number("memory"),
        budget: number("budget"),
        elapsed,
    }
}

/// As many workers as the machine runs at once, at most eight.
pub fn most_workers() -> u32 {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    cores.clamp(1.0, 8.0) as u32
}

/// Gives up the memory behind an address that was heard.
pub fn forget(address: &str) {
    // An address that is already forgotten is no fault.
    let _ = Url::revoke_object_url(address);
}

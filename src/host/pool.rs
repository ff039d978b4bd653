//! Several engines at once: a file's rows are answered by workers, chunk by chunk.

use js_sys::{Array, Float64Array, Function, JSON, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, Url};

use super::{EngineWorker, Unavailable, absolute, clock};
use crate::state::book::BookFiles;
use crate::state::file::{Counts, Progress};

#[wasm_bindgen]
extern "C" {
    /// Loads a script when it is first needed.
    #[wasm_bindgen(js_name = import)]
    fn import(address: &str) -> Promise;
}

/// What is heard of a file under way.
pub enum Heard {
    /// How far it is.
    Progress(Progress),
    /// The counts of some more rows.
    Counts(Counts),
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
        let address = absolute("pool.js").ok_or_else(|| Unavailable("the page has no address".to_owned()))?;
        let pool = JsFuture::from(import(&address)).await?;
        let parts = EngineWorker::parts(book, "lab").await?;
        let started = clock::now();
        let heard = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            let elapsed = clock::now() - started;
            let get = |name: &str| Reflect::get(&event, &name.into()).unwrap_or(JsValue::UNDEFINED);
            let [progress, counts, result, error] = ["progress", "counts", "result", "error"].map(get);
            if progress.is_object() {
                hear(Heard::Progress(read(&progress, elapsed)));
            } else if let Some(counted) = counts.dyn_ref::<Float64Array>() {
                let mut counts = Counts::default();
                for (at, rows) in counts.rows.iter_mut().enumerate() {
                    *rows = counted.get_index(at as u32);
                }
                let faults = Array::from(&get("faults"));
                counts.faults = faults.iter().filter_map(|fault| fault.as_string()).collect();
                hear(Heard::Counts(counts));
            } else if let Some(blob) = result.dyn_ref::<Blob>() {
                let address = Url::create_object_url_with_blob(blob).unwrap_or_default();
                hear(Heard::Done(address));
            } else if error.is_object() {
                let message = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
                hear(Heard::Failed(message.unwrap_or_default()));
            }
        });
        let asked = JSON::parse(asked)?;
        let score_file: Function = Reflect::get(&pool, &"scoreFile".into())?.dyn_into()?;
        let arguments = Array::of5(&parts, file, &asked, &workers.into(), heard.as_ref());
        let cancel = score_file.apply(&JsValue::NULL, &arguments)?.dyn_into()?;
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

//! Training in the lab worker's module.

use crate::convert::{fail, object};
use js_sys::Uint8Array;
use serde::Deserialize;
use underglass_engine::table::Table;
use underglass_learn::plan::{Columns, Learner, Permit, Plan, UnknownLearner};
use underglass_learn::{Fit, LearnError};
use wasm_bindgen::prelude::*;

/// What to train, as JavaScript says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    name: String,
    target: String,
    positive: Option<String>,
    #[serde(default)]
    drop: Vec<String>,
    /// `symmetric` when absent.
    learner: Option<String>,
    /// A 64-bit number as text.
    seed: Option<String>,
}

/// A training job: step it, then finish it; free it to cancel.
#[wasm_bindgen]
pub struct Training {
    fit: Fit,
}

#[wasm_bindgen]
impl Training {
    /// Prepares a fit on CSV bytes. Throws `data_refused`.
    pub fn start(csv: &[u8], plan: JsValue) -> Result<Training, JsValue> {
        let request: Request = crate::convert::from_js(plan)?;
        let table = Table::from_csv(csv).map_err(|error| fail("data_refused", &error.to_string()))?;
        let learner = match request.learner {
            Some(name) => name.parse().map_err(|error: UnknownLearner| fail("data_refused", &error.to_string()))?,
            None => Learner::Symmetric,
        };
        let plan = Plan {
            name: request.name,
            learner,
            positive: request.positive,
            columns: Columns::Inferred { drop: request.drop, permit: Permit::Named(Vec::new()) },
            seed: crate::convert::seed(request.seed)?,
            ..Plan::new(&request.target)
        };
        Ok(Self { fit: Fit::new(&table, plan).map_err(refused)? })
    }

    /// Grows at most `budget` more trees: `{done, total, bytes, memory}`, where `bytes` is about what the job holds while it
    /// grows, from rows, columns and folds, and `memory` the size of this module's memory, which never shrinks.
    pub fn step(&mut self, budget: u32) -> Result<JsValue, JsValue> {
        let state = self.fit.step(budget);
        object(&[
            ("done", state.done.into()),
            ("total", state.total.into()),
            ("bytes", (self.fit.bytes() as f64).into()),
            ("memory", memory().into()),
        ])
    }

    /// Assembles the artifact: `{artifact, bands: Uint8Array, notes: string[]}`.
    pub fn finish(self) -> Result<JsValue, JsValue> {
        let trained = self.fit.finish().map_err(refused)?;
        object(&[
            ("artifact", Uint8Array::from(&trained.model.encode()[..]).into()),
            ("bands", Uint8Array::from(&trained.bands.encode()[..]).into()),
            ("notes", crate::convert::to_js(&trained.notes)?),
        ])
    }
}

/// Bytes of this module's memory.
fn memory() -> f64 {
    let buffer = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>().buffer();
    f64::from(buffer.unchecked_into::<js_sys::ArrayBuffer>().byte_length())
}

fn refused(error: LearnError) -> JsValue {
    fail("data_refused", &error.to_string())
}

//! Many applications in a worker, and other workers that make them.

use std::cell::Cell;
use std::collections::VecDeque;

use js_sys::{Float64Array, JSON, Object};
use underglass_engine::units::Date;
use wasm_bindgen::{JsCast, JsValue};

use super::worker::{get, set};
use super::{EngineWorker, Unavailable, most_workers};
use crate::state::book::BookFiles;

/// Rows that a worker makes at a time.
const CHUNK: u64 = 10_000;
/// Whose applicants: those of the examples have other seeds.
const SEED: &str = "1";

/// The worker that holds the applications, and those that make them.
pub struct PortfolioWorkers {
    holder: EngineWorker,
    makers: Vec<EngineWorker>,
    as_of: String,
    /// Rows that are made or being made.
    asked: Cell<u64>,
}

/// Numbers of an answer, by name.
pub struct Columns(JsValue);

impl Columns {
    /// The numbers under a name; none if there are none.
    pub fn of(&self, name: &str) -> Vec<f64> {
        get(&self.0, name).dyn_ref::<Float64Array>().map(Float64Array::to_vec).unwrap_or_default()
    }

    /// The one number under a name.
    pub fn number(&self, name: &str) -> Option<f64> {
        get(&self.0, name).as_f64()
    }

    /// The whole answer as JSON.
    pub fn json(&self) -> String {
        // Numbers and texts always have a spelling.
        JSON::stringify(&self.0).map(String::from).unwrap_or_default()
    }
}

impl PortfolioWorkers {
    /// Starts the worker that holds the applications, with none yet, and the others: as many as the machine has cores
    /// beside it.
    ///
    /// # Errors
    /// [`Unavailable`] with a worker's own message.
    pub async fn start(book: &BookFiles, as_of: Date) -> Result<Self, Unavailable> {
        let parts = EngineWorker::parts(book, "pkg").await?;
        let holder = EngineWorker::of_parts(&parts).await?;
        let mut makers = Vec::new();
        for _ in 1..most_workers().max(2) {
            makers.push(EngineWorker::of_parts(&parts).await?);
        }
        let as_of = as_of.to_string();
        holder.ask("openPortfolio", &[("asOf", as_of.as_str().into())]).await?;
        Ok(Self { holder, makers, as_of, asked: Cell::new(0) })
    }

    /// Adds applicants of a synthetic world until `wanted()` have been asked for, and calls `grown` with the frame, as
    /// JSON, whenever there are more. Chunks are added in their order: any number of workers makes the same rows.
    ///
    /// # Errors
    /// [`Unavailable`] with a worker's own message.
    pub async fn grow(&self, world: &str, wanted: impl Fn() -> u64, grown: impl Fn(String)) -> Result<(), Unavailable> {
        let ask = |maker: usize| {
            let from = self.asked.get();
            let to = wanted().min(from + CHUNK);
            if to <= from {
                return None;
            }
            self.asked.set(to);
            let draw = Object::new();
            let (first, last) = ((from as f64).into(), (to as f64).into());
            let members: [(&str, JsValue); 4] =
                [("world", world.into()), ("seed", SEED.into()), ("from", first), ("to", last)];
            members.iter().for_each(|(name, value)| set(&draw, name, value));
            let members = [("draw", draw.into()), ("asOf", self.as_of.as_str().into())];
            Some((maker, Box::pin(self.makers[maker].ask("drawSample", &members))))
        };
        let mut under_way = VecDeque::new();
        loop {
            // More may be wanted while the last ones are added.
            if under_way.is_empty() {
                under_way.extend((0..self.makers.len()).filter_map(ask));
            }
            let Some((maker, chunk)) = under_way.pop_front() else { return Ok(()) };
            let rows = chunk.await?;
            under_way.extend(ask(maker));
            let frame = self.holder.ask("append", &[("bytes", get(&rows, "bytes"))]).await?;
            grown(Columns(frame).json());
        }
    }

    /// Asks about drafts, each given as JSON under its name; further members are JSON as well. The answer is JSON text or
    /// columns of numbers.
    ///
    /// # Errors
    /// [`Unavailable`] with the worker's own message.
    pub fn ask(
        &self,
        op: &str,
        members: &[(&str, &str)],
    ) -> impl Future<Output = Result<Columns, Unavailable>> + use<> {
        let parsed: Vec<(&str, JsValue)> =
            members.iter().map(|(name, json)| (*name, JSON::parse(json).unwrap_or(JsValue::UNDEFINED))).collect();
        let answer = self.holder.ask(op, &parsed);
        async move { answer.await.map(Columns) }
    }
}

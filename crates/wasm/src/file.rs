//! A file of applications, chunk by chunk: what a worker of a pool calls.

use crate::Underglass;
use crate::convert::{self, Failure, fail};
use js_sys::{Array, Float64Array, Uint8Array};
use underglass_engine::portfolio::{Chunk, Scoring};
use underglass_engine::table::{Fault, Layout};
use wasm_bindgen::prelude::*;

/// One file against one book.
#[wasm_bindgen]
pub struct FileScoring {
    scoring: Scoring,
}

/// Some records of a file, on the way to their lines.
#[wasm_bindgen]
pub struct FileChunk {
    chunk: Chunk,
}

#[wasm_bindgen]
impl Underglass {
    /// Reads the first MiB of a CSV file, or all of a smaller one. Throws `data_refused` with the faults in `errors`.
    #[wasm_bindgen(js_name = openFile)]
    pub fn open_file(
        &self,
        head: &[u8],
        #[wasm_bindgen(unchecked_param_type = "Asked")] asked: JsValue,
    ) -> Result<FileScoring, JsValue> {
        let asked = convert::from_js(asked)?;
        let scoring = Layout::of(head).and_then(|layout| Scoring::new(&self.engine, layout, asked, None)).failed()?;
        Ok(FileScoring { scoring })
    }
}

#[wasm_bindgen]
impl FileScoring {
    /// What stands above the lines of all chunks.
    pub fn header(&self, book: &Underglass) -> String {
        self.scoring.header(&book.engine)
    }

    /// Where the data begin.
    #[wasm_bindgen(getter, unchecked_return_type = "Place")]
    pub fn start(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&self.scoring.layout().start())
    }

    /// Takes the whole records at the beginning of bytes that stand in the file at `from`. Throws `data_refused`.
    pub fn chunk(
        &self,
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Place")] from: JsValue,
        #[wasm_bindgen(js_name = isLast)] is_last: bool,
    ) -> Result<FileChunk, JsValue> {
        Ok(FileChunk { chunk: self.scoring.chunk(bytes, convert::from_js(from)?, is_last).failed()? })
    }
}

#[wasm_bindgen]
impl FileChunk {
    /// The whole records that were taken; no bytes when one record is longer than all that were given.
    #[wasm_bindgen(getter, unchecked_return_type = "Place")]
    pub fn size(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&self.chunk.size())
    }

    /// Answers at least `budget` more rows, or the rest.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self, book: &Underglass, file: &FileScoring, budget: u32) -> Result<JsValue, JsValue> {
        convert::progress(self.chunk.step(&book.engine, &file.scoring, budget as usize))
    }

    /// One line a row, all counts as JSON, and what a page shows of them: rows by answer and the first faults.
    #[wasm_bindgen(unchecked_return_type = "Scored")]
    pub fn finish(self) -> Result<JsValue, JsValue> {
        let scored = self.chunk.finish();
        let summary = serde_json::to_string(&scored.summary).map_err(|error| fail("internal", &error.to_string()))?;
        let counts = scored.summary.answers().map(|count| count as f64);
        let fault = |fault: &Fault| format!("{:>12} {fault}", fault.record.unwrap_or_default());
        let faults: Array = scored.summary.faults.listed().iter().map(|one| JsValue::from(fault(one))).collect();
        convert::object(&[
            ("lines", Uint8Array::from(scored.lines.as_bytes()).into()),
            ("summary", summary.into()),
            ("counts", Float64Array::from(&counts[..]).into()),
            ("faults", faults.into()),
        ])
    }
}

//! Values and errors across the boundary.

use js_sys::{Array, ArrayBuffer, Float64Array, Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use underglass_engine::Engine;
use underglass_engine::application::{FormValue, InvalidApplication};
use underglass_engine::artifact::{Metrics, Target};
use underglass_engine::batch::{BatchError, Columns, Progress};
use underglass_engine::decision::{Digests, NotExplained, Outcome};
use underglass_engine::explain::Game;
use underglass_engine::load::LoadError;
use underglass_engine::notice::{NoticeError, Parties, UnknownName};
use underglass_engine::policy::Bands;
use underglass_engine::receipt::{Receipt, ReplayError};
use underglass_engine::seal::SealError;
use underglass_engine::sources::Refused;
use underglass_engine::strategy::{LeverError, NotRead, NotSampled, NotTheSame, TooManyCells};
use underglass_engine::table::{Fault, Faults};
use underglass_engine::views::{NotViewed, UnknownView};
use underglass_engine::waterfall::NoWaterfall;
use wasm_bindgen::{JsCast, JsValue};

/// An `Error` with a stable `code`.
pub(crate) fn fail(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    // Setting a property of a fresh plain object cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}

/// Turns the engine's typed errors into JavaScript's.
pub(crate) trait Failure<T> {
    fn failed(self) -> Result<T, JsValue>;
}

macro_rules! failures {
    ($($error:ty => $code:expr),* $(,)?) => {
        $(impl<T> Failure<T> for Result<T, $error> {
            fn failed(self) -> Result<T, JsValue> {
                self.map_err(|error| {
                    let code: fn(&$error) -> &'static str = $code;
                    fail(code(&error), &error.to_string())
                })
            }
        })*
    };
}

failures! {
    LoadError => |error| match error {
        LoadError::Artifact(_) => "artifact_refused",
        LoadError::Policy(_) => "policy_refused",
        LoadError::Pricing(_) => "pricing_refused",
        LoadError::Reasons(_) => "reasons_refused",
    },
    ReplayError => |_| "receipt_refused",
    NoticeError => |error| match error {
        NoticeError::Receipt(_) => "receipt_refused",
        _ => "notice_refused",
    },
    UnknownName => |_| "notice_refused",
    SealError => |_| "file_refused",
    BatchError => |_| "batch_refused",
    NotExplained => |_| "batch_refused",
    UnknownView => |_| "unknown_view",
    NoWaterfall => |error| match error {
        NoWaterfall::Incomplete(_) => "incomplete",
        NoWaterfall::NotCalibrated => "not_calibrated",
        NoWaterfall::NoReference => "no_reference",
    },
    NotSampled => |_| "portfolio_refused",
    NotTheSame => |_| "portfolio_refused",
    TooManyCells => |_| "portfolio_refused",
    LeverError => |_| "draft_refused",
}

impl<T> Failure<T> for Result<T, InvalidApplication> {
    fn failed(self) -> Result<T, JsValue> {
        self.map_err(|invalid| fail_with("invalid_application", &invalid.to_string(), &invalid))
    }
}

impl<T> Failure<T> for Result<T, NotViewed> {
    fn failed(self) -> Result<T, JsValue> {
        self.map_err(|error| {
            let code = match &error {
                NotViewed::Receipt(_) => "receipt_refused",
                NotViewed::OtherBook { .. } => "other_book",
                NotViewed::NotCalibrated => "not_calibrated",
                NotViewed::Incomplete(refused) => {
                    return fail_with("incomplete", &refused.to_string(), &refused.detail);
                }
            };
            fail(code, &error.to_string())
        })
    }
}

impl<T> Failure<T> for Result<T, Faults> {
    fn failed(self) -> Result<T, JsValue> {
        self.map_err(|faults| fail_with("data_refused", &faults.to_string(), &faults))
    }
}

impl<T> Failure<T> for Result<T, Refused> {
    fn failed(self) -> Result<T, JsValue> {
        self.map_err(|refused| fail_with("source_refused", &refused.to_string(), &refused))
    }
}

impl<T> Failure<T> for Result<T, Fault> {
    fn failed(self) -> Result<T, JsValue> {
        self.map_err(Faults::from).failed()
    }
}

impl<T> Failure<T> for Result<T, NotRead> {
    fn failed(self) -> Result<T, JsValue> {
        self.or_else(|error| match error {
            NotRead::Engine(error) => Err(error).failed(),
            NotRead::File(fault) => Err(fault).failed(),
        })
    }
}

/// An `Error` with a stable `code` and what is wrong in `errors`.
fn fail_with(code: &str, message: &str, errors: &impl Serialize) -> JsValue {
    let error = fail(code, message);
    let _ = Reflect::set(&error, &"errors".into(), &to_js(errors).unwrap_or(JsValue::NULL));
    error
}

/// Plain objects, `null` for what is absent.
pub(crate) fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    let serializer = Serializer::json_compatible();
    value.serialize(&serializer).map_err(|error| fail("internal", &error.to_string()))
}

pub(crate) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| fail("malformed_form", &error.to_string()))
}

/// Whom a notice names; samples where nothing is given.
pub(crate) fn parties(value: JsValue) -> Result<Parties, JsValue> {
    if value.is_undefined() || value.is_null() {
        return Ok(Parties::default());
    }
    serde_wasm_bindgen::from_value(value).map_err(|error| fail("malformed_parties", &error.to_string()))
}

pub(crate) fn object(members: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

pub(crate) fn progress(progress: Progress) -> Result<JsValue, JsValue> {
    object(&[("done", (progress.done as f64).into()), ("total", (progress.total as f64).into())])
}

/// The bytes of a member: a `Uint8Array`, an `ArrayBuffer`, or nothing.
pub(crate) fn bytes(files: &Object, name: &str) -> Result<Option<Vec<u8>>, JsValue> {
    let value = Reflect::get(files, &name.into())?;
    if value.is_undefined() || value.is_null() {
        Ok(None)
    } else if value.is_instance_of::<Uint8Array>() || value.is_instance_of::<ArrayBuffer>() {
        Ok(Some(Uint8Array::new(&value).to_vec()))
    } else {
        Err(fail("malformed_files", &format!("{name}: expected a Uint8Array or an ArrayBuffer")))
    }
}

/// A member as JSON text, or nothing.
pub(crate) fn json(object: &Object, name: &str) -> Result<Option<Vec<u8>>, JsValue> {
    let value = Reflect::get(object, &name.into())?;
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    let value: serde_json::Value = from_js(value)?;
    serde_json::to_vec(&value).map(Some).map_err(|error| fail("internal", &error.to_string()))
}

/// A 64-bit seed as text; 0 when absent.
pub(crate) fn seed(seed: Option<String>) -> Result<u64, JsValue> {
    seed.map_or(Ok(0), |text| {
        text.parse().map_err(|_| fail("invalid_seed", "expected a whole number from 0 to 2^64 − 1, as text"))
    })
}

/// A column-major `Float64Array` over the schema's features, or `{name: Float64Array | string[]}` over its inputs.
pub(crate) fn columns(columns: &JsValue) -> Result<Columns, JsValue> {
    if let Some(features) = columns.dyn_ref::<Float64Array>() {
        return Ok(Columns::Features(features.to_vec()));
    }
    let Some(named) = columns.dyn_ref::<Object>() else {
        return Err(fail("batch_refused", "columns: expected a Float64Array or an object of columns"));
    };
    let read = |entry: JsValue| {
        let entry = Array::from(&entry);
        let name = entry.get(0).as_string().unwrap_or_default();
        let column = entry.get(1);
        let values = if let Some(numbers) = column.dyn_ref::<Float64Array>() {
            let given = |number: f64| if number.is_nan() { FormValue::Missing } else { FormValue::Number(number) };
            numbers.to_vec().into_iter().map(given).collect()
        } else if let Some(texts) = column.dyn_ref::<Array>() {
            let given = |value: JsValue| match (value.as_string(), value.as_f64()) {
                (Some(text), _) if text.is_empty() => FormValue::Missing,
                (Some(text), _) => FormValue::Text(text),
                (None, Some(number)) if !number.is_nan() => FormValue::Number(number),
                _ => FormValue::Missing,
            };
            texts.iter().map(given).collect()
        } else {
            return Err(fail(
                "batch_refused",
                &format!("column {name:?}: expected a Float64Array or an array of texts"),
            ));
        };
        Ok((name, values))
    };
    Object::entries(named).iter().map(read).collect::<Result<_, _>>().map(Columns::Inputs)
}

/// The game and the population that `explainBatch` is asked for.
pub(crate) fn explain_options(options: &JsValue) -> Result<(Option<Game>, Option<String>), JsValue> {
    let member = |name: &str| {
        let given = if options.is_object() { Reflect::get(options, &name.into())? } else { JsValue::UNDEFINED };
        match given.as_string() {
            None if !given.is_undefined() => Err(fail("batch_refused", &format!("{name}: expected a text"))),
            text => Ok(text),
        }
    };
    let game = match member("game")?.as_deref() {
        None => None,
        Some("interventional") => Some(Game::Interventional),
        Some("path") => Some(Game::PathDependent),
        Some(other) => {
            return Err(fail("batch_refused", &format!("game {other:?}: expected \"interventional\" or \"path\"")));
        }
    };
    Ok((game, member("reference")?))
}

/// What `decide` returns: the essentials, and the receipt's canonical text.
pub(crate) fn decided(receipt: &Receipt) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Decided {
        outcome: Outcome,
        points: Option<i16>,
        pd: Option<f64>,
        receipt: String,
    }
    let text = String::from_utf8(receipt.encode()).map_err(|error| fail("internal", &error.to_string()))?;
    to_js(&Decided {
        outcome: receipt.decision.outcome(),
        points: receipt.score.as_ref().map(|score| score.points.value()),
        pd: receipt.score.as_ref().map(|score| score.pd.value()),
        receipt: text,
    })
}

/// What `info` returns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info<'a> {
    name: &'a str,
    version: &'a str,
    intended_use: &'a str,
    digests: &'a Digests,
    target: &'a Target,
    metrics: Option<&'a Metrics>,
    bands: Bands,
}

impl<'a> Info<'a> {
    pub(crate) fn of(engine: &'a Engine) -> Self {
        let file = engine.model.file();
        Self {
            name: &file.name,
            version: &file.version,
            intended_use: &file.intended_use,
            digests: &engine.digests,
            target: &file.target,
            metrics: engine.model.metrics(),
            bands: engine.policy.bands,
        }
    }
}

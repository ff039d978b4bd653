//! The boundary between JavaScript and the engine: convert, call, convert back, and nothing between.
#![deny(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "bench")]
pub mod bench;
mod convert;
mod file;
mod portfolio;
#[cfg(feature = "learn")]
mod training;

use convert::{Failure, fail};
use js_sys::{Float64Array, Int16Array, Object, Uint8Array};
use underglass_engine::Engine;
use underglass_engine::application::{Application, ApplicationForm};
use underglass_engine::batch::{ExplainJob, Progress, ScoreJob};
use underglass_engine::load::Files;
use underglass_engine::notice::{Kind, Language};
use underglass_engine::paths::DiversePaths;
use underglass_engine::receipt::{Receipt, ReplayError};
use underglass_engine::sources::{self, Sources};
use underglass_engine::units::Date;
use underglass_engine::views::View;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../../../pkg/types.d.ts");

/// Boxes of deals that a search looks at unless told otherwise.
const DEAL_BOXES: u32 = 20_000;

/// One loaded book: a model with its policy, prices and reason texts.
#[wasm_bindgen]
pub struct Underglass {
    engine: Engine,
}

#[wasm_bindgen]
impl Underglass {
    /// Reads and checks a book's files, each given as bytes. Throws `artifact_refused`, `policy_refused`,
    /// `pricing_refused` or `reasons_refused`.
    #[wasm_bindgen(unchecked_return_type = "Underglass")]
    pub fn load(#[wasm_bindgen(unchecked_param_type = "Files")] files: &Object) -> Result<Underglass, JsValue> {
        let artifact =
            convert::bytes(files, "artifact")?.ok_or_else(|| fail("artifact_refused", "no artifact was given"))?;
        let [policy, pricing, reasons] = ["policy", "pricing", "reasons"].map(|name| convert::bytes(files, name));
        let (policy, pricing, reasons) = (policy?, pricing?, reasons?);
        let files = Files {
            artifact: &artifact,
            policy: policy.as_deref(),
            pricing: pricing.as_deref(),
            reasons: reasons.as_deref(),
        };
        Ok(Self { engine: Engine::load(files).failed()? })
    }

    /// Decides one application. Throws `invalid_application` with one entry per bad field in `errors`.
    #[wasm_bindgen(unchecked_return_type = "Decided")]
    pub fn decide(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Form")] form: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
        seed: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let form: ApplicationForm = convert::from_js(form)?;
        let receipt = self.engine.receipt(&form, date(as_of)?, convert::seed(seed)?).failed()?;
        convert::decided(&receipt)
    }

    /// Decides one application given as JSON text and returns the receipt's canonical text.
    #[wasm_bindgen(js_name = decideJson)]
    pub fn decide_json(
        &self,
        form: &str,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<String, JsValue> {
        self.receipt_text(form, date(as_of)?)
    }

    /// Decides one application a line and returns one receipt a line: many decisions in one call.
    #[wasm_bindgen(js_name = decideLines)]
    pub fn decide_lines(
        &self,
        forms: &str,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<String, JsValue> {
        let as_of = date(as_of)?;
        let mut receipts = String::with_capacity(forms.len() * 4);
        for form in forms.lines() {
            receipts.push_str(&self.receipt_text(form, as_of)?);
            receipts.push('\n');
        }
        Ok(receipts)
    }

    /// Computes a receipt's decision again. Throws `receipt_refused` when it is broken or belongs to other files.
    #[wasm_bindgen(unchecked_return_type = "Replay")]
    pub fn replay(&self, receipt: &str) -> Result<JsValue, JsValue> {
        convert::to_js(&self.engine.replay(receipt.as_bytes()).failed()?)
    }

    /// A receipt in a reference system's shape: `"000"`, `"001"`, `"003"` or `"004"`. Throws `unknown_view`,
    /// `receipt_refused`, or `incomplete` when the receipt has no score.
    #[wasm_bindgen(unchecked_return_type = "ViewResponse")]
    pub fn view(&self, receipt: &str, name: &str) -> Result<JsValue, JsValue> {
        let view = name.parse::<View>().failed()?;
        let receipt = Receipt::verify(receipt.as_bytes()).map_err(ReplayError::from).failed()?;
        convert::to_js(&self.engine.view(&receipt, view).failed()?)
    }

    /// Decides a reference system's request, or a batch of them, and answers in its shape; what is wrong with a request is an
    /// answer too. Throws `unknown_view`, or `other_book` when this book lacks what the view asks for.
    #[wasm_bindgen(unchecked_return_type = "ViewAnswer")]
    pub fn request(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "unknown")] body: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let view = name.parse::<View>().failed()?;
        let body: serde_json::Value = convert::from_js(body)?;
        convert::to_js(&self.engine.answer(view, &body, date(as_of)?, 0).failed()?)
    }

    /// Puts together an application from a bureau's report, a bank statement and an identity check, each as bytes, and what
    /// the applicant said. Throws `source_refused` with one entry per bad field in `errors`.
    #[wasm_bindgen(unchecked_return_type = "Intake")]
    pub fn intake(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Sources")] sources: &Object,
    ) -> Result<JsValue, JsValue> {
        let [bureau, bank, kyc] = ["bureau", "bank", "kyc"].map(|name| convert::bytes(sources, name));
        let (bureau, bank, kyc, form) = (bureau?, bank?, kyc?, convert::json(sources, "form")?);
        let sources =
            Sources { bureau: bureau.as_deref(), bank: bank.as_deref(), kyc: kyc.as_deref(), form: form.as_deref() };
        convert::to_js(&sources::intake(self.engine.inputs(), sources).failed()?)
    }

    /// The letter that is due to an applicant after a receipt's decision: one HTML file, marked as a simulation. Without a
    /// kind, the one that is due; in English unless `es` is asked for. Throws `receipt_refused` as `replay` does, and
    /// `notice_refused` when no such notice is due.
    pub fn notice(
        &self,
        receipt: &str,
        #[wasm_bindgen(unchecked_param_type = "NoticeKind | null | undefined")] kind: Option<String>,
        #[wasm_bindgen(unchecked_param_type = "\"en\" | \"es\" | null | undefined")] language: Option<String>,
        #[wasm_bindgen(unchecked_param_type = "Parties | null | undefined")] parties: JsValue,
    ) -> Result<String, JsValue> {
        let kind = kind.map(|kind| kind.parse::<Kind>().failed()).transpose()?;
        let language = language.map(|language| language.parse::<Language>().failed()).transpose()?.unwrap_or_default();
        self.engine.notice(receipt.as_bytes(), kind, language, &convert::parties(parties)?).failed()
    }

    /// Scores `nRows` rows. Throws `batch_refused`.
    #[wasm_bindgen(js_name = scoreBatch, unchecked_return_type = "Scores")]
    pub fn score_batch(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Columns")] columns: &JsValue,
        #[wasm_bindgen(js_name = nRows)] n_rows: u32,
    ) -> Result<JsValue, JsValue> {
        let mut job = self.score_job(columns, n_rows)?;
        job.step(self, u32::MAX)?;
        job.finish()
    }

    /// Contributions of `nRows` rows in log-odds: in the game that is asked for, else the model's own, against all
    /// reference rows or a population by name. Throws `batch_refused`.
    #[wasm_bindgen(js_name = explainBatch, unchecked_return_type = "Contributions")]
    pub fn explain_batch(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Columns")] columns: &JsValue,
        #[wasm_bindgen(js_name = nRows)] n_rows: u32,
        #[wasm_bindgen(unchecked_param_type = "ExplainOptions")] options: JsValue,
    ) -> Result<JsValue, JsValue> {
        let mut job = self.explain_job(columns, n_rows, options)?;
        job.step(self, u32::MAX)?;
        job.finish()
    }

    /// The same as `scoreBatch`, as a job that the caller steps: between steps a worker can hear *cancel*.
    #[wasm_bindgen(js_name = scoreJob)]
    pub fn score_job(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Columns")] columns: &JsValue,
        #[wasm_bindgen(js_name = nRows)] n_rows: u32,
    ) -> Result<Scoring, JsValue> {
        let columns = convert::columns(columns)?;
        Ok(Scoring { job: ScoreJob::new(&self.engine.model, columns, n_rows as usize).failed()? })
    }

    /// The same as `explainBatch`, as a job that the caller steps.
    #[wasm_bindgen(js_name = explainJob)]
    pub fn explain_job(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Columns")] columns: &JsValue,
        #[wasm_bindgen(js_name = nRows)] n_rows: u32,
        #[wasm_bindgen(unchecked_param_type = "ExplainOptions")] options: JsValue,
    ) -> Result<Explaining, JsValue> {
        let (game, reference) = convert::explain_options(&options)?;
        let explainer = self.engine.explainer_of(game, reference.as_deref()).failed()?;
        let columns = convert::columns(columns)?;
        Ok(Explaining { job: ExplainJob::new(&self.engine.model, explainer, columns, n_rows as usize).failed()? })
    }

    /// What each reason family does to the probability of bad, the rate and the payment, from the reference's mean to the
    /// applicant; a receipt's `inputs` are a form. Throws `invalid_application`, `incomplete`, `not_calibrated` or
    /// `no_reference`.
    #[wasm_bindgen(unchecked_return_type = "Waterfall")]
    pub fn waterfall(&self, #[wasm_bindgen(unchecked_param_type = "Form")] form: JsValue) -> Result<JsValue, JsValue> {
        convert::to_js(&self.engine.waterfall(&self.application(form)?).failed()?)
    }

    /// The nearest approved deals over amount, term and down payment alone; each search looks at up to `budget` boxes of
    /// deals, 20,000 unless told. Null for an application that cannot be decided. Throws `invalid_application`.
    #[wasm_bindgen(unchecked_return_type = "Feasible | null")]
    pub fn feasible(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Form")] form: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
        budget: Option<u32>,
    ) -> Result<JsValue, JsValue> {
        let budget = budget.unwrap_or(DEAL_BOXES) as usize;
        convert::to_js(&self.engine.feasible(&self.application(form)?, date(as_of)?, budget))
    }

    /// The smallest change of each number, up and down, that flips the decision. Null for an application that cannot be
    /// decided. Throws `invalid_application`.
    #[wasm_bindgen(unchecked_return_type = "Fragility | null")]
    pub fn fragility(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Form")] form: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<JsValue, JsValue> {
        convert::to_js(&self.engine.fragility(&self.application(form)?, date(as_of)?))
    }

    /// A search for the cheapest change that is approved, which the caller steps for as long as it likes; inputs in `held`
    /// stay. With `most`, up to 4, it goes on to the cheapest changes of other inputs. Throws `invalid_application`, or
    /// `unknown_input` for a name in `held`.
    #[wasm_bindgen(js_name = pathJob)]
    pub fn path_job(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Form")] form: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
        held: Option<Vec<String>>,
        most: Option<u32>,
    ) -> Result<PathFinding, JsValue> {
        let application = self.application(form)?;
        let index = |name: String| {
            let found = self.engine.model.schema().input_index(&name);
            found.ok_or_else(|| fail("unknown_input", &format!("held: this model has no input {name:?}")))
        };
        let held = held.unwrap_or_default().into_iter().map(index).collect::<Result<Vec<_>, _>>()?;
        let most = most.unwrap_or(1) as usize;
        Ok(PathFinding { search: DiversePaths::new(&self.engine, &application, date(as_of)?, &held, most) })
    }

    /// What the policy's author cannot have meant: rules that never fire or never decide, scores without a price.
    #[wasm_bindgen(js_name = policyFindings)]
    pub fn policy_findings(&self) -> Vec<String> {
        self.engine.policy.findings(self.engine.model.schema()).iter().map(ToString::to_string).collect()
    }

    /// Inputs and features.
    #[wasm_bindgen(getter, unchecked_return_type = "Schema")]
    pub fn schema(&self) -> Result<JsValue, JsValue> {
        convert::to_js(self.engine.model.schema())
    }

    /// Name, version, digests, target and quality of the model.
    #[wasm_bindgen(getter, unchecked_return_type = "Info")]
    pub fn info(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&convert::Info::of(&self.engine))
    }

    fn application(&self, form: JsValue) -> Result<Application, JsValue> {
        let form: ApplicationForm = convert::from_js(form)?;
        form.check(self.engine.inputs()).failed()
    }

    fn receipt_text(&self, form: &str, as_of: Date) -> Result<String, JsValue> {
        let form: ApplicationForm =
            serde_json::from_str(form).map_err(|error| fail("malformed_json", &error.to_string()))?;
        let receipt = self.engine.receipt(&form, as_of, 0).failed()?;
        String::from_utf8(receipt.encode()).map_err(|error| fail("internal", &error.to_string()))
    }
}

/// A scoring job.
#[wasm_bindgen]
pub struct Scoring {
    job: ScoreJob,
}

#[wasm_bindgen]
impl Scoring {
    /// Scores at most `budget` more rows of the book that made the job.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self, book: &Underglass, budget: u32) -> Result<JsValue, JsValue> {
        convert::progress(self.job.step(&book.engine.model, budget as usize).failed()?)
    }

    /// The scores so far.
    #[wasm_bindgen(unchecked_return_type = "Scores")]
    pub fn finish(self) -> Result<JsValue, JsValue> {
        let scores = self.job.finish();
        let probability: Vec<f64> = scores.probability.iter().map(|p| p.value()).collect();
        let points: Vec<i16> = scores.points.iter().map(|p| p.value()).collect();
        convert::object(&[
            ("margin", Float64Array::from(&scores.margin[..]).into()),
            ("probability", Float64Array::from(&probability[..]).into()),
            ("points", Int16Array::from(&points[..]).into()),
        ])
    }
}

/// An explaining job.
#[wasm_bindgen]
pub struct Explaining {
    job: ExplainJob,
}

#[wasm_bindgen]
impl Explaining {
    /// Explains at most `budget` more rows of the book that made the job.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self, book: &Underglass, budget: u32) -> Result<JsValue, JsValue> {
        convert::progress(self.job.step(&book.engine.model, budget as usize).failed()?)
    }

    /// The contributions so far.
    #[wasm_bindgen(unchecked_return_type = "Contributions")]
    pub fn finish(self) -> Result<JsValue, JsValue> {
        let contributions = self.job.finish();
        convert::object(&[
            ("base", contributions.base.into()),
            ("values", Float64Array::from(&contributions.values[..]).into()),
        ])
    }
}

/// A search for the cheapest change that is approved, and for others.
#[wasm_bindgen]
pub struct PathFinding {
    search: DiversePaths,
}

#[wasm_bindgen]
impl PathFinding {
    /// Looks at at most `budget` more boxes of applications of the book that made the search.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self, book: &Underglass, budget: u32) -> Result<JsValue, JsValue> {
        self.search.step(&book.engine, budget as usize);
        let (done, left) = self.search.boxes();
        convert::progress(Progress { done, total: done + left })
    }

    /// What the search has come to.
    #[wasm_bindgen(unchecked_return_type = "PathAnswers")]
    pub fn answer(&self, book: &Underglass) -> Result<JsValue, JsValue> {
        convert::to_js(&self.search.answer(&book.engine))
    }
}

/// Recomputes the digest of a file that was edited by hand. Throws `file_refused`.
#[wasm_bindgen]
pub fn seal(bytes: &[u8]) -> Result<Uint8Array, JsValue> {
    Ok(Uint8Array::from(&underglass_engine::seal::seal(bytes).failed()?[..]))
}

/// The decision's day: as given, else today in the browser's own calendar.
fn date(as_of: Option<String>) -> Result<Date, JsValue> {
    match as_of {
        Some(text) => {
            text.parse().map_err(|error: underglass_engine::units::NotADate| fail("invalid_date", &error.to_string()))
        }
        None => {
            let now = js_sys::Date::new_0();
            Ok(Date::new(now.get_full_year() as i32, now.get_month() as u8 + 1, now.get_date() as u8)
                .unwrap_or(Date::EPOCH))
        }
    }
}

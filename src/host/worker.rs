//! An engine in a worker: the npm package's own module, which decides the same application again and holds what is heavy.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, MessageEvent, RequestCache, Url, Worker, WorkerOptions, WorkerType};

use super::{absolute, clock, files, message};
use crate::state::book::{BookFiles, Failure};

/// A worker that does not answer in this time is given up.
const PATIENCE_MS: i32 = 20_000;

/// Why there is no second engine, in words for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl From<Failure> for Unavailable {
    fn from(failure: Failure) -> Self {
        Self(format!("{}: {}", failure.file, failure.detail))
    }
}

impl From<JsValue> for Unavailable {
    fn from(error: JsValue) -> Self {
        Self(message(&error))
    }
}

/// A worker with a loaded book.
pub struct EngineWorker {
    worker: Worker,
    waiting: Rc<RefCell<Waiting>>,
    _heard: [Closure<dyn FnMut(JsValue)>; 2],
}

#[derive(Default)]
struct Waiting {
    last_id: u32,
    answers: BTreeMap<u32, Function>,
}

impl EngineWorker {
    /// Starts a worker and loads a book into it.
    ///
    /// # Errors
    /// [`Unavailable`] when a part is missing or the worker refuses the book.
    pub async fn start(book: &BookFiles) -> Result<Self, Unavailable> {
        Self::of_parts(&Self::parts(book, "pkg").await?).await
    }

    /// Starts a worker from parts that may serve several.
    ///
    /// # Errors
    /// [`Unavailable`] when the worker refuses the book.
    pub(super) async fn of_parts(parts: &Object) -> Result<Self, Unavailable> {
        let engine = Self::listen(worker_at(&get(parts, "script").as_string().unwrap_or_default())?);
        set(parts, "op", &"init".into());
        engine.send(parts).await?;
        Ok(engine)
    }

    /// What a worker starts from: the address of its `script`, and the members of its first message, with the engine's
    /// module from a folder.
    ///
    /// # Errors
    /// [`Unavailable`] when a part is missing.
    pub(super) async fn parts(book: &BookFiles, folder: &str) -> Result<Object, Unavailable> {
        let script = files::fetch("worker.js", RequestCache::Default)?;
        let module = files::fetch(&format!("{folder}/underglass_wasm_bg.wasm"), RequestCache::Default)?;
        let (script, module) = (script.buffer().await?, module.buffer().await?);
        let module = JsFuture::from(WebAssembly::compile(&module)).await?;
        let glue = absolute(&format!("{folder}/underglass_wasm.js"))
            .ok_or_else(|| Unavailable("the page has no address".to_owned()))?;
        let parts = Object::new();
        let named: [(&str, JsValue); 3] =
            [("script", address_of(&script)?.into()), ("glue", glue.into()), ("module", module)];
        named.iter().for_each(|(name, value)| set(&parts, name, value));
        let optional = [("policy", &book.policy), ("pricing", &book.pricing), ("reasons", &book.reasons)];
        let listed = optional.into_iter().filter_map(|(name, bytes)| Some((name, bytes.as_ref()?)));
        for (name, bytes) in listed.chain([("artifact", &book.artifact)]) {
            set(&parts, name, &Uint8Array::from(bytes.as_slice()).buffer());
        }
        Ok(parts)
    }

    /// The receipt of an application, given as JSON, as the worker writes it.
    ///
    /// # Errors
    /// [`Unavailable`] with the worker's own message.
    pub async fn decide(&self, form: &str, as_of: &str) -> Result<String, Unavailable> {
        let answer = self.ask("decide", &[("form", form.into()), ("asOf", as_of.into())]).await?;
        answer.as_string().ok_or_else(|| Unavailable("the worker answered without a receipt".to_owned()))
    }

    /// The cheapest ways to approval that are found in some milliseconds, as JSON.
    ///
    /// # Errors
    /// [`Unavailable`] with the worker's own message.
    pub async fn ways(&self, form: &str, as_of: &str, most: u32, milliseconds: u32) -> Result<String, Unavailable> {
        let form = js_sys::JSON::parse(form)?;
        let members =
            [("form", form), ("asOf", as_of.into()), ("most", most.into()), ("milliseconds", milliseconds.into())];
        let answer = self.ask("paths", &members).await?;
        Ok(String::from(js_sys::JSON::stringify(&answer)?))
    }

    /// The letter that is due after a receipt's decision, as HTML, in `en` or `es`.
    ///
    /// # Errors
    /// [`Unavailable`] with the worker's own message: for one, that no letter is due.
    pub async fn notice(&self, receipt: &str, language: &str) -> Result<String, Unavailable> {
        let answer = self.ask("notice", &[("receipt", receipt.into()), ("language", language.into())]).await?;
        answer.as_string().ok_or_else(|| Unavailable("the worker answered without a letter".to_owned()))
    }

    fn listen(worker: Worker) -> Self {
        let waiting = Rc::new(RefCell::new(Waiting::default()));
        let answered = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                let data = event.unchecked_into::<MessageEvent>().data();
                if !get(&data, "progress").is_undefined() {
                    return;
                }
                let id = get(&data, "id").as_f64().unwrap_or_default() as u32;
                let resolve = waiting.borrow_mut().answers.remove(&id);
                if let Some(resolve) = resolve {
                    // A promise's own resolve does not throw.
                    let _ = resolve.call1(&JsValue::NULL, &data);
                }
            })
        };
        let failed = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                let text = get(&event, "message").as_string().unwrap_or_else(|| "the worker did not start".to_owned());
                let answers = std::mem::take(&mut waiting.borrow_mut().answers);
                for resolve in answers.into_values() {
                    let _ = resolve.call1(&JsValue::NULL, &fault(&text));
                }
            })
        };
        worker.set_onmessage(Some(answered.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Self { worker, waiting, _heard: [answered, failed] }
    }

    /// Asks for one of the worker's operations. A worker answers in the order in which it is asked.
    ///
    /// # Errors
    /// [`Unavailable`] with the worker's own message.
    pub(super) fn ask(
        &self,
        op: &str,
        members: &[(&str, JsValue)],
    ) -> impl Future<Output = Result<JsValue, Unavailable>> + use<> {
        let request = Object::new();
        set(&request, "op", &op.into());
        members.iter().for_each(|(name, value)| set(&request, name, value));
        self.send(&request)
    }

    /// The request is on its way when this returns; the future is the answer to it.
    fn send(&self, request: &Object) -> impl Future<Output = Result<JsValue, Unavailable>> + use<> {
        let id = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.last_id += 1;
            waiting.last_id
        };
        set(request, "id", &id.into());
        let answer = Promise::new(&mut |resolve, _| {
            // Whichever comes first settles the promise.
            clock::later(&resolve, PATIENCE_MS, &fault("the worker does not answer"));
            self.waiting.borrow_mut().answers.insert(id, resolve);
        });
        let sent = self.worker.post_message(request);
        async move {
            sent?;
            let answer = JsFuture::from(answer).await?;
            let error = get(&answer, "error");
            if error.is_undefined() {
                Ok(get(&answer, "ok"))
            } else {
                Err(Unavailable(get(&error, "message").as_string().unwrap_or_default()))
            }
        }
    }
}

impl Drop for EngineWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// A worker from a blob inherits the page's policy; one by the script's own address would not.
fn address_of(script: &Uint8Array) -> Result<String, JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(script), &kind)?;
    Url::create_object_url_with_blob(&blob)
}

fn worker_at(address: &str) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(address, &options)
}

fn fault(text: &str) -> JsValue {
    let error = Object::new();
    set(&error, "message", &text.into());
    let answer = Object::new();
    set(&answer, "error", &error);
    answer.into()
}

/// Plain objects take and give every member.
pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

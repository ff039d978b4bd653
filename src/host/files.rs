//! From addresses to an open book.

use js_sys::{Promise, Uint8Array};
use underglass_engine::load::{Book, FileRef, Manifest};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestCache, RequestInit, Response};

use super::{absolute, clock, message};
use crate::state::book::{BookFiles, Failure, FailureKind, Stage, seal_kind};
use crate::state::{OpenBook, link::Link};
use crate::text;

/// The list of books, beside the files that it names.
const MANIFEST: &str = "artifacts/manifest.json";

/// Fetches a book's files, checks and opens it. `stage` hears what is being waited for.
///
/// # Errors
/// [`Failure`] names the file.
pub async fn open_book(link: &Link, cache: RequestCache, stage: impl Fn(Stage)) -> Result<OpenBook, Failure> {
    stage(Stage::Manifest);
    let manifest = fetch(MANIFEST, cache)?.bytes().await?;
    let manifest = Manifest::decode(&manifest).map_err(|error| Failure {
        kind: seal_kind(&error),
        file: MANIFEST.to_owned(),
        detail: error.to_string(),
    })?;
    let (entry, others) = chosen(manifest, link)?;
    stage(Stage::Files);
    let files = fetch_files(&entry, cache).await?;
    stage(Stage::Checks);
    // The checks hold the page for some milliseconds: the stage is painted first.
    clock::pause(0).await;
    OpenBook::open(entry, others, files)
}

/// The book that is named, else the first one, and name and label of the others.
fn chosen(manifest: Manifest, link: &Link) -> Result<(Book, Vec<(String, String)>), Failure> {
    let named = manifest.books.iter().position(|book| Some(&book.name) == link.book.as_ref());
    let none = Failure { kind: FailureKind::Refused, file: MANIFEST.to_owned(), detail: text::no_book() };
    let mut books = manifest.books;
    if books.is_empty() {
        return Err(none);
    }
    let entry = books.remove(named.unwrap_or(0));
    Ok((entry, books.into_iter().map(|book| (book.name, book.label)).collect()))
}

/// All files are asked for at once.
async fn fetch_files(entry: &Book, cache: RequestCache) -> Result<BookFiles, Failure> {
    let beside = |file: &FileRef| fetch(&format!("artifacts/{}", file.file), cache);
    let optional = |file: &Option<FileRef>| file.as_ref().map(beside).transpose();
    let artifact = beside(&entry.model)?;
    let policy = optional(&entry.policy)?;
    let pricing = optional(&entry.pricing)?;
    let reasons = optional(&entry.reasons)?;
    Ok(BookFiles {
        artifact: artifact.bytes().await?,
        policy: bytes_of(policy).await?,
        pricing: bytes_of(pricing).await?,
        reasons: bytes_of(reasons).await?,
    })
}

async fn bytes_of(fetched: Option<Fetched>) -> Result<Option<Vec<u8>>, Failure> {
    match fetched {
        Some(fetched) => fetched.bytes().await.map(Some),
        None => Ok(None),
    }
}

/// A request under way.
pub(super) struct Fetched {
    file: String,
    answer: Promise,
}

/// Asks for a file beside the page.
///
/// # Errors
/// [`Failure`] when the address makes no sense.
pub(super) fn fetch(file: &str, cache: RequestCache) -> Result<Fetched, Failure> {
    let failure = |detail: String| Failure { kind: FailureKind::Unreachable, file: file.to_owned(), detail };
    let address = absolute(file).ok_or_else(|| failure("the page has no address".to_owned()))?;
    let options = RequestInit::new();
    options.set_cache(cache);
    let request = Request::new_with_str_and_init(&address, &options).map_err(|error| failure(message(&error)))?;
    let window = web_sys::window().ok_or_else(|| failure("the page is closing".to_owned()))?;
    Ok(Fetched { file: file.to_owned(), answer: window.fetch_with_request(&request) })
}

impl Fetched {
    /// The answer's bytes.
    ///
    /// # Errors
    /// [`Failure`] when there are none.
    pub(super) async fn bytes(self) -> Result<Vec<u8>, Failure> {
        self.buffer().await.map(|bytes| bytes.to_vec())
    }

    /// The answer's bytes where JavaScript keeps them.
    ///
    /// # Errors
    /// [`Failure`] when there are none.
    pub(super) async fn buffer(self) -> Result<Uint8Array, Failure> {
        let failure = |detail: String| Failure { kind: FailureKind::Unreachable, file: self.file.clone(), detail };
        let answer = JsFuture::from(self.answer).await.map_err(|error| failure(message(&error)))?;
        let answer: Response = answer.dyn_into().map_err(|_| failure("no response".to_owned()))?;
        if !answer.ok() {
            return Err(failure(text::http_status(answer.status())));
        }
        let body = answer.array_buffer().map_err(|error| failure(message(&error)))?;
        let body = JsFuture::from(body).await.map_err(|error| failure(message(&error)))?;
        Ok(Uint8Array::new(&body))
    }
}

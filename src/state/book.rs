//! A lending book as the page holds it, from its files' bytes to an engine, or the reason why not.

use std::sync::Arc;

use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, FormValue, Permitted};
use underglass_engine::artifact::ArtifactError;
use underglass_engine::load::{Book, FileRef, Files, LoadError};
use underglass_engine::policy::PolicyError;
use underglass_engine::population::auto;
use underglass_engine::pricing::PricingError;
use underglass_engine::reasons::CatalogueError;
use underglass_engine::seal::{Digest, SealError};

use super::{field, link};
use crate::text;

/// What the page is doing.
#[derive(Clone)]
pub enum Session {
    /// Reading files; the stage says which.
    Loading(Stage),
    /// A book is open. A page opens a handful of books at most and they live as long as it does.
    Ready(&'static OpenBook),
    /// Nothing can be decided.
    Failed(Arc<Failure>),
}

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The list of books.
    Manifest,
    /// The book's files.
    Files,
    /// Digests, structure and probes.
    Checks,
}

/// The bytes of a book's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFiles {
    /// The model.
    pub artifact: Vec<u8>,
    /// The policy; none is the built-in bands.
    pub policy: Option<Vec<u8>>,
    /// Prices.
    pub pricing: Option<Vec<u8>>,
    /// Reason texts.
    pub reasons: Option<Vec<u8>>,
}

/// An open book.
#[derive(Debug)]
pub struct OpenBook {
    /// The book's entry in the manifest.
    pub entry: Book,
    /// The other books of the manifest: name and label.
    pub others: Vec<(String, String)>,
    /// The engine over its files.
    pub engine: Engine,
    /// The files themselves, for a second engine.
    pub files: BookFiles,
    /// Applicants to start from, never none.
    pub examples: Vec<Example>,
    /// The form.
    pub fields: Vec<field::Field>,
    /// Whether applicants of the synthetic auto world fit this book.
    pub has_world: bool,
}

/// An applicant to start from.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Stable name, for links.
    pub id: String,
    /// What a person reads.
    pub label: String,
    /// What is filled in.
    pub form: ApplicationForm,
}

/// Why nothing can be decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// The file, if it was one.
    pub file: String,
    /// The typed message of the engine or the browser.
    pub detail: String,
}

/// What happened, for the sentence that a person reads first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The file could not be fetched.
    Unreachable,
    /// The bytes are not those that were sealed, or not those that the manifest names.
    Changed,
    /// Made by a newer version.
    Future,
    /// Not a file of ours, or cut off.
    Broken,
    /// The model's own probes come out differently here.
    NotReproduced,
    /// Well-formed, but it does not fit together.
    Refused,
    /// The engine stopped.
    Crashed,
}

impl OpenBook {
    /// Checks a book's files and opens it.
    ///
    /// # Errors
    /// [`Failure`] names the file.
    pub fn open(entry: Book, others: Vec<(String, String)>, files: BookFiles) -> Result<Self, Failure> {
        let bytes = Files {
            artifact: &files.artifact,
            policy: files.policy.as_deref(),
            pricing: files.pricing.as_deref(),
            reasons: files.reasons.as_deref(),
        };
        let engine = Engine::load(bytes).map_err(|error| refused(&entry, &error))?;
        named_by_manifest(&entry, &engine)?;
        let samples = if entry.synthetic { samples(&engine) } else { Vec::new() };
        let has_world = !samples.is_empty();
        let examples = if has_world { samples } else { vec![typical(&engine)] };
        let forms: Vec<&ApplicationForm> = examples.iter().map(|example| &example.form).collect();
        let fields = field::layout(&engine, &forms);
        Ok(Self { entry, others, engine, files, examples, fields, has_world })
    }

    /// The example that opens the page.
    pub fn first_example(&self) -> &Example {
        &self.examples[0]
    }

    /// The example of a name, one made from a seed included.
    pub fn example(&self, id: &str) -> Option<Example> {
        let listed = self.examples.iter().find(|example| example.id == id).cloned();
        listed.or_else(|| self.drawn(link::seed_of(id)?))
    }

    /// An applicant of the synthetic world.
    pub fn drawn(&self, seed: u64) -> Option<Example> {
        let values = self.has_world.then(|| auto::applicant(seed, 0, &auto::Shock::default()).values)?;
        let inputs = auto::inputs();
        let named = inputs.into_iter().zip(values).filter(|(input, _)| input.permitted != Permitted::AuditOnly);
        let form = form_of(&mut named.map(|(input, value)| (input.name, value)));
        Some(Example { id: link::seeded(seed), label: text::drawn_applicant(seed), form })
    }
}

/// A form, field by field: collecting a map would bring a sorting routine for every kind of iterator.
pub(super) fn form_of(values: &mut dyn Iterator<Item = (String, FormValue)>) -> ApplicationForm {
    let mut form = ApplicationForm::default();
    for (name, value) in values {
        form.0.insert(name, value);
    }
    form
}

/// The synthetic world's own samples, if this model takes their fields.
fn samples(engine: &Engine) -> Vec<Example> {
    let archetypes = auto::archetypes();
    if archetypes.iter().any(|archetype| archetype.form.check(engine.inputs()).is_err()) {
        return Vec::new();
    }
    let example = |archetype: auto::Archetype| Example {
        id: archetype.id.to_owned(),
        label: text::sample(archetype.name, archetype.label),
        form: archetype.form,
    };
    archetypes.into_iter().map(example).collect()
}

/// Everybody's usual value in every field.
fn typical(engine: &Engine) -> Example {
    let shown = engine.inputs().iter().filter(|input| input.permitted != Permitted::AuditOnly);
    let form = form_of(&mut shown.map(|input| (input.name.clone(), input.typical.clone())));
    Example { id: "typical".to_owned(), label: text::TYPICAL_APPLICANT.to_owned(), form }
}

fn refused(entry: &Book, error: &LoadError) -> Failure {
    let (file, kind) = match error {
        LoadError::Artifact(error) => (Some(&entry.model), artifact_kind(error)),
        LoadError::Policy(PolicyError::Seal(error)) => (entry.policy.as_ref(), seal_kind(error)),
        LoadError::Pricing(PricingError::Seal(error)) => (entry.pricing.as_ref(), seal_kind(error)),
        LoadError::Reasons(CatalogueError::Seal(error)) => (entry.reasons.as_ref(), seal_kind(error)),
        LoadError::Policy(_) => (entry.policy.as_ref(), FailureKind::Refused),
        LoadError::Pricing(_) => (entry.pricing.as_ref(), FailureKind::Refused),
        LoadError::Reasons(_) => (entry.reasons.as_ref(), FailureKind::Refused),
    };
    Failure { kind, file: file.map(|file| file.file.clone()).unwrap_or_default(), detail: error.to_string() }
}

fn artifact_kind(error: &ArtifactError) -> FailureKind {
    match error {
        ArtifactError::Seal(error) => seal_kind(error),
        ArtifactError::Probe { .. } => FailureKind::NotReproduced,
        _ => FailureKind::Refused,
    }
}

/// The kind of failure of a file that could not be read as its kind.
pub fn seal_kind(error: &SealError) -> FailureKind {
    match error {
        SealError::Changed { .. } => FailureKind::Changed,
        SealError::Format { .. } => FailureKind::Future,
        SealError::Head { .. } | SealError::UnknownKind { .. } | SealError::WrongKind { .. } => FailureKind::Broken,
        SealError::Body { .. } => FailureKind::Refused,
    }
}

/// Each file must be the one that the manifest names, not just any intact one.
fn named_by_manifest(entry: &Book, engine: &Engine) -> Result<(), Failure> {
    let digests = &engine.digests;
    let optional = |file: &Option<FileRef>, digest: Option<Digest>| file.clone().zip(digest);
    let pairs = [
        Some((entry.model.clone(), digests.artifact)),
        optional(&entry.policy, Some(digests.policy)),
        optional(&entry.pricing, digests.pricing),
        optional(&entry.reasons, digests.reasons),
    ];
    match pairs.into_iter().flatten().find(|(file, digest)| file.sha256 != *digest) {
        Some((file, digest)) => Err(Failure {
            kind: FailureKind::Changed,
            detail: text::other_digest(&file.sha256, &digest),
            file: file.file,
        }),
        None => Ok(()),
    }
}

//! A book's files to an [`Engine`], with one error that says which file was refused.

use crate::artifact::{ArtifactError, Model};
use crate::decision::{Digests, Engine};
use crate::policy::{Policy, PolicyError};
use crate::pricing::{Pricing, PricingError};
use crate::reasons::{Catalogue, CatalogueError};
use crate::seal::{self, Digest, Kind, Layout, SealError};
use serde::{Deserialize, Serialize};

/// The files of one lending book, as bytes.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are the files")]
pub struct Files<'a> {
    pub artifact: &'a [u8],
    pub policy: Option<&'a [u8]>,
    pub pricing: Option<&'a [u8]>,
    pub reasons: Option<&'a [u8]>,
}

/// Which file was refused and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the names are the files")]
pub enum LoadError {
    #[error("model file refused: {0}")]
    Artifact(#[from] ArtifactError),
    #[error("policy file refused: {0}")]
    Policy(#[from] PolicyError),
    #[error("pricing file refused: {0}")]
    Pricing(#[from] PricingError),
    #[error("reason catalogue refused: {0}")]
    Reasons(#[from] CatalogueError),
}

impl Engine {
    /// Reads and checks a book's files. Without a policy the built-in bands decide, and their digest stands in receipts.
    ///
    /// # Errors
    /// [`LoadError`] names the file and the fault.
    pub fn load(files: Files<'_>) -> Result<Self, LoadError> {
        let (model, artifact) = Model::decode(files.artifact)?;
        let built_in = Policy::built_in().encode();
        let (policy, policy_digest) = Policy::decode(files.policy.unwrap_or(&built_in), model.schema())?;
        let pricing = files.pricing.map(|bytes| Pricing::decode(bytes, &policy)).transpose()?;
        let reasons = files.reasons.map(|bytes| Catalogue::decode(bytes, model.schema(), &policy)).transpose()?;
        let digests = Digests {
            engine: engine_digest(),
            artifact,
            policy: policy_digest,
            pricing: pricing.as_ref().map(|(_, digest)| *digest),
            reasons: reasons.as_ref().map(|(_, digest)| *digest),
        };
        Ok(Engine::new(
            model,
            policy,
            pricing.map(|(pricing, _)| pricing),
            reasons.map(|(reasons, _)| reasons),
            digests,
        ))
    }
}

/// The digest of this engine's meaning: SHA-256 over its sorted source files and its manifest.
pub fn engine_digest() -> Digest {
    env!("UNDERGLASS_ENGINE_DIGEST").parse().unwrap_or(Digest::of(b""))
}

/// The manifest beside a folder's artifacts: which files make a book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Lending books, the first one opens.
    pub books: Vec<Book>,
    /// Names that point to a book, such as `champion`.
    pub aliases: std::collections::BTreeMap<String, String>,
    /// Detached Ed25519 signature over the books, in hexadecimal; `None` when unsigned.
    pub signature: Option<String>,
}

/// One lending book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the files")]
pub struct Book {
    /// The book's name, such as `auto`.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// Whether its applicants are made up.
    pub synthetic: bool,
    pub model: FileRef,
    pub policy: Option<FileRef>,
    pub pricing: Option<FileRef>,
    pub reasons: Option<FileRef>,
}

/// A file beside the manifest and the digest that it must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// File name, relative to the manifest.
    pub file: String,
    /// The digest in its envelope.
    pub sha256: Digest,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        seal::read(Kind::Manifest, bytes).map(|(manifest, _)| manifest)
    }

    /// The sealed file.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Manifest, self, Layout::Lines(4))
    }
}

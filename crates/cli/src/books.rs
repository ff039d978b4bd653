//! A book's files beside an artifact: named by options, else by the manifest in the artifact's folder.

use crate::files;
use crate::report::Fault;
use clap::Args;
use std::path::{Path, PathBuf};
use underglass_engine::Engine;
use underglass_engine::load::{Files, Manifest};
use underglass_engine::seal;

/// Which files turn a score into a decision.
#[derive(Args)]
pub(crate) struct BookFiles {
    /// Policy file; without it the manifest's, else the built-in bands.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Pricing file; without it the manifest's.
    #[arg(long)]
    pricing: Option<PathBuf>,
    /// Reason catalogue; without it the manifest's.
    #[arg(long)]
    reasons: Option<PathBuf>,
}

impl BookFiles {
    /// Loads the engine of an artifact.
    pub(crate) fn load(&self, artifact: &Path) -> Result<Engine, Fault> {
        let bytes = files::read(artifact)?;
        let listed = manifest_files(artifact, &bytes)?;
        let read = |named: &Option<PathBuf>, index: usize| match named.as_ref().or(listed[index].as_ref()) {
            Some(path) => files::read(path).map(Some),
            None => Ok(None),
        };
        let (policy, pricing, reasons) = (read(&self.policy, 0)?, read(&self.pricing, 1)?, read(&self.reasons, 2)?);
        let files = Files {
            artifact: &bytes,
            policy: policy.as_deref(),
            pricing: pricing.as_deref(),
            reasons: reasons.as_deref(),
        };
        Ok(Engine::load(files)?)
    }
}

/// Policy, pricing and reasons of the book whose model has this artifact's digest.
fn manifest_files(artifact: &Path, bytes: &[u8]) -> Result<[Option<PathBuf>; 3], Fault> {
    let folder = artifact.parent().unwrap_or(Path::new("."));
    let path = folder.join("manifest.json");
    if artifact == Path::new("-") || !path.exists() {
        return Ok([None, None, None]);
    }
    let manifest = Manifest::decode(&files::read(&path)?)?;
    let (_, digest) = seal::open(bytes)?;
    let book = manifest.books.into_iter().find(|book| book.model.sha256 == digest);
    Ok(book.map_or([None, None, None], |book| {
        [book.policy, book.pricing, book.reasons].map(|file| file.map(|file| folder.join(file.file)))
    }))
}

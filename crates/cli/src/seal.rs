//! `verify` and `seal`.

use crate::report::{Fault, Report};
use crate::{Done, files, proofs};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use underglass_engine::artifact::{BandsFile, Model};
use underglass_engine::load::Manifest;
use underglass_engine::policy::Policy;
use underglass_engine::pricing::Pricing;
use underglass_engine::reasons::Catalogue;
use underglass_engine::receipt::Receipt;
use underglass_engine::seal::{self, Kind};

/// Check any file's envelope, digest and content.
#[derive(Args)]
pub(crate) struct Verify {
    /// An artifact, policy, pricing, catalogue, receipt or manifest.
    file: PathBuf,
    /// Of a model: prove, input by input, that the score never moves against the declared directions.
    #[arg(long)]
    proofs: bool,
    /// Of a policy: the model whose inputs and features its rules read; every rule is checked against it.
    #[arg(long)]
    artifact: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn run(self) -> Done {
        let bytes = files::read(&self.file)?;
        let first = seal::open(&bytes);
        // A receipt may be spelled in any way that JSON allows.
        let kind = match &first {
            Ok((head, _)) => head.kind,
            Err(error) => {
                Receipt::verify(&bytes).map_err(|_| Fault::Artifact(format!("{}: {error}", self.file.display())))?;
                Kind::Receipt
            }
        };
        match kind {
            Kind::Model => {
                let (model, digest) = Model::decode(&bytes).map_err(|error| Fault::Artifact(error.to_string()))?;
                if self.proofs {
                    return Ok(proofs::report(&model, digest));
                }
            }
            _ if self.proofs => {
                let message = format!("{}: a {kind} file; only a model has proofs", self.file.display());
                return Err(Fault::Usage(message));
            }
            Kind::Bands => seal::read::<BandsFile>(kind, &bytes).map(drop)?,
            Kind::Policy => policy(&bytes, self.artifact.as_deref())?,
            Kind::Pricing => seal::read::<Pricing>(kind, &bytes).map(drop)?,
            Kind::Reasons => seal::read::<Catalogue>(kind, &bytes).map(drop)?,
            Kind::Receipt => Receipt::verify(&bytes).map(drop)?,
            Kind::Manifest => Manifest::decode(&bytes).map(drop)?,
            Kind::Uplift | Kind::Bandit => {}
        }
        let digest = first.ok().map(|(_, digest)| digest.to_string());
        let line = format!(
            "{}: a sound {kind} file{}",
            self.file.display(),
            digest.as_ref().map_or_else(String::new, |digest| format!(", {digest}"))
        );
        Ok(Report::new(vec![line], json!({ "kind": kind.name(), "sha256": digest })))
    }
}

/// Write the digest of a file that was edited by hand.
#[derive(Args)]
pub(crate) struct Seal {
    /// The edited file; it is rewritten in place.
    file: PathBuf,
    /// Of a policy: the model whose inputs and features its rules read; every rule is checked against it.
    #[arg(long)]
    artifact: Option<PathBuf>,
}

impl Seal {
    pub(crate) fn run(self) -> Done {
        let sealed = seal::seal(&files::read(&self.file)?)?;
        let (head, digest) = seal::open(&sealed)?;
        match head.kind {
            Kind::Model => Model::decode(&sealed).map(drop).map_err(|error| Fault::Artifact(error.to_string()))?,
            Kind::Policy => policy(&sealed, self.artifact.as_deref())?,
            Kind::Pricing => seal::read::<Pricing>(head.kind, &sealed).map(drop)?,
            Kind::Reasons => seal::read::<Catalogue>(head.kind, &sealed).map(drop)?,
            _ => {}
        }
        files::write(&self.file, &sealed)?;
        Ok(Report::new(
            vec![format!("{}: {} sealed, {digest}", self.file.display(), head.kind)],
            json!({ "kind": head.kind.name(), "sha256": digest.to_string() }),
        ))
    }
}

/// Reads a policy; with its model it is refused for rules that read what is not there, never fire or never decide.
fn policy(bytes: &[u8], artifact: Option<&Path>) -> Result<(), Fault> {
    let Some(artifact) = artifact else { return Ok(seal::read::<Policy>(Kind::Policy, bytes).map(drop)?) };
    let refused = |reason: String| Fault::Artifact(reason);
    let (model, _) = Model::decode(&files::read(artifact)?).map_err(|error| refused(error.to_string()))?;
    let (policy, _) = Policy::decode(bytes, model.schema()).map_err(|error| refused(error.to_string()))?;
    let findings: Vec<String> = policy.findings(model.schema()).iter().map(ToString::to_string).collect();
    if findings.is_empty() { Ok(()) } else { Err(refused(findings.join("; "))) }
}

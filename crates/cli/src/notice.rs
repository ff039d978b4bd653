//! `notice`.

use crate::books::BookFiles;
use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use underglass_engine::notice::{Kind, Language, NoticeError, Parties};

/// Write the letter that is due to an applicant after a decision, as one HTML file to print.
///
/// Every letter is marked as a simulation. Names that are not given are samples, and say so.
#[derive(Args)]
pub(crate) struct Notice {
    /// The receipt of the decision, in any JSON spelling.
    receipt: PathBuf,
    /// The model that the receipt names.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    book: BookFiles,
    /// adverse-action, counteroffer, incomplete or risk-based-pricing; without it the one that is due.
    #[arg(long)]
    kind: Option<Kind>,
    /// en or es.
    #[arg(long, default_value = "en")]
    language: Language,
    /// A JSON file with applicant, creditor, bureau and agency, each with name, address (a list of lines), telephone, website.
    #[arg(long)]
    parties: Option<PathBuf>,
    /// The HTML file.
    #[arg(long)]
    out: PathBuf,
}

impl Notice {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        let parties = match &self.parties {
            None => Parties::default(),
            Some(path) => serde_json::from_slice(&files::read(path)?)
                .map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?,
        };
        let html = engine.notice(&files::read(&self.receipt)?, self.kind, self.language, &parties)?;
        files::write(&self.out, html.as_bytes())?;
        let out = self.out.display().to_string();
        Ok(Report::new(vec![format!("wrote {out}, a simulated notice")], json!({ "out": out })))
    }
}

impl From<NoticeError> for Fault {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::Receipt(error) => error.into(),
            NoticeError::NotDue { .. } | NoticeError::NoKind(_) | NoticeError::BestTier { .. } => {
                Fault::Usage(error.to_string())
            }
            other => Fault::Artifact(other.to_string()),
        }
    }
}

//! `intake`.

use crate::evaluate::read_model;
use crate::report::{Fault, Report, progress};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use underglass_engine::sources::{Note, Sources, Use, intake};

/// Put together an application from a bureau's report, a bank statement and an identity check.
///
/// The application is JSON on standard output; what was derived from what stands on standard error. What a bureau or an
/// identity check reports replaces the form's answer; what a statement suggests fills only what the form leaves open.
#[derive(Args)]
pub(crate) struct Intake {
    /// The model whose form is filled in.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    given: Given,
}

/// What is handed in.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Given {
    /// A credit bureau's report, JSON.
    #[arg(long)]
    bureau: Option<PathBuf>,
    /// A bank statement, CSV with date, amount, description and balance.
    #[arg(long)]
    bank: Option<PathBuf>,
    /// The flags of an identity check, JSON.
    #[arg(long)]
    kyc: Option<PathBuf>,
    /// What the applicant said: an application, JSON.
    #[arg(long)]
    form: Option<PathBuf>,
}

impl Intake {
    pub(crate) fn run(self) -> Done {
        let (model, _) = read_model(&self.artifact)?;
        let Given { bureau, bank, kyc, form } = &self.given;
        let read = |path: &Option<PathBuf>| path.as_deref().map(files::read).transpose();
        let (bureau, bank, kyc, form) = (read(bureau)?, read(bank)?, read(kyc)?, read(form)?);
        let sources =
            Sources { bureau: bureau.as_deref(), bank: bank.as_deref(), kyc: kyc.as_deref(), form: form.as_deref() };
        let found = intake(model.schema().inputs(), sources).map_err(|refused| Fault::Data(refused.to_string()))?;
        found.notes.iter().for_each(|note| progress(&line(note)));
        let fault = |error: serde_json::Error| Fault::Data(error.to_string());
        let text = serde_json::to_string_pretty(&found.form).map_err(fault)?;
        Ok(Report::new(vec![text], json!({ "form": found.form, "notes": found.notes })))
    }
}

fn line(note: &Note) -> String {
    let used = match note.used {
        Use::Filled => "filled in",
        Use::Replaced => "replaces the form's answer",
        Use::Kept => "the form's answer stands",
        Use::NotAsked => "not asked by this book",
        Use::NotTold => "not told",
    };
    let unit = if note.unit.is_empty() { String::new() } else { format!(" {}", note.unit) };
    format!("{}: {}{unit}: {used} ({})", note.name, note.value, note.from)
}

//! `view`.

use crate::books::BookFiles;
use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use underglass_engine::receipt::{Receipt, ReplayError};
use underglass_engine::units::Date;
use underglass_engine::views::{Answer, NotViewed, View as Contract};

/// Answer a request of a reference system, or show a receipt, in that system's shape.
///
/// The answer is JSON on standard output. A request that is refused is answered with what is wrong, in the shape of a web
/// service's answer 422, and exit code 3; so is a batch with a refused element.
#[derive(Args)]
pub(crate) struct View {
    /// The system: 000, 001, 003 or 004.
    system: Contract,
    /// The model.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    asked: Asked,
    /// The day of the decision; without it the model's own date.
    #[arg(long, conflicts_with = "receipt")]
    as_of: Option<Date>,
    #[command(flatten)]
    book: BookFiles,
}

/// What is to be shown.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Asked {
    /// A request, a list of them, or an object with the list `customers`.
    #[arg(long)]
    request: Option<PathBuf>,
    /// A receipt, in any JSON spelling.
    #[arg(long)]
    receipt: Option<PathBuf>,
}

impl View {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        if let Some(receipt) = &self.asked.receipt {
            let receipt = Receipt::verify(&files::read(receipt)?)?;
            return match engine.view(&receipt, self.system) {
                Ok(response) => shown(&response),
                Err(NotViewed::Incomplete(refused)) => shown(&refused).map(Report::refused),
                Err(other) => Err(fault(other)),
            };
        }
        let as_of = self.as_of.unwrap_or(engine.model.file().lineage.as_of);
        let request = files::read(&self.asked.request.unwrap_or_default())?;
        let answer = match serde_json::from_slice(&request) {
            Ok(body) => engine.answer(self.system, &body, as_of, 0).map_err(fault)?,
            Err(error) => Answer::not_json(&error.to_string()),
        };
        let report = shown(&answer)?;
        Ok(if answer.refused() > 0 { report.refused() } else { report })
    }
}

/// The members in the order of the contract, unlike a JSON value's.
fn shown(response: &impl Serialize) -> Done {
    let fault = |error: serde_json::Error| Fault::Data(error.to_string());
    let text = serde_json::to_string_pretty(response).map_err(fault)?;
    Ok(Report::new(vec![text], serde_json::to_value(response).map_err(fault)?))
}

fn fault(error: NotViewed) -> Fault {
    match error {
        NotViewed::Receipt(ReplayError::Inputs(invalid)) => Fault::Data(invalid.to_string()),
        other => Fault::Artifact(other.to_string()),
    }
}

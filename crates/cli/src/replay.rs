//! `replay`.

use crate::books::BookFiles;
use crate::report::Report;
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Compute a receipt's decision again and name the first stage that differs.
#[derive(Args)]
pub(crate) struct Replay {
    /// The receipt, in any JSON spelling.
    receipt: PathBuf,
    /// The model that the receipt names.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    book: BookFiles,
}

impl Replay {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        let replay = engine.replay(&files::read(&self.receipt)?)?;
        let mut lines = Vec::new();
        if !replay.same_engine {
            lines.push(format!(
                "note: the receipt was made by engine {}, this is {}",
                replay.named_engine, engine.digests.engine
            ));
        }
        let stage = replay
            .difference
            .and_then(|stage| serde_json::to_value(stage).ok())
            .and_then(|stage| stage.as_str().map(str::to_owned));
        lines.push(match &stage {
            None => "replayed: everything is equal".to_owned(),
            Some(stage) => format!("replayed: the first stage that differs is {stage}"),
        });
        let report = Report::new(
            lines,
            json!({ "same_engine": replay.same_engine, "named_engine": replay.named_engine.to_string(), "difference": stage }),
        );
        Ok(if stage.is_some() { report.no() } else { report })
    }
}

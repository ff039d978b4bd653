//! `replay`.

use crate::books::BookFiles;
use crate::report::Report;
use crate::{Done, files};
use clap::Args;
use serde::de::IgnoredAny;
use serde_json::json;
use std::path::PathBuf;
use underglass_engine::Engine;
use underglass_engine::receipt::Replay as Replayed;

/// Compute a receipt's decision again and name the first stage that differs.
#[derive(Args)]
pub(crate) struct Replay {
    /// The receipt, in any JSON spelling; or many, one a line.
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
        let bytes = files::read(&self.receipt)?;
        // Of a receipt that is spelled over several lines, the first is no JSON.
        let receipts: Vec<&[u8]> =
            bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
        if receipts.len() > 1 && serde_json::from_slice::<IgnoredAny>(receipts[0]).is_ok() {
            return Ok(many(&engine, &receipts));
        }
        let replay = engine.replay(&bytes)?;
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

/// Lines that are named when many do not replay.
const MOST_NAMED: usize = 20;

fn many(engine: &Engine, receipts: &[&[u8]]) -> Report {
    let mut wrong = Vec::new();
    for (line, receipt) in receipts.iter().enumerate() {
        let what = match engine.replay(receipt) {
            Ok(Replayed { difference: None, .. }) => continue,
            Ok(Replayed { difference: Some(stage), .. }) => {
                serde_json::to_value(stage).map_or_else(|_| String::new(), |stage| format!("{stage} differs"))
            }
            Err(error) => error.to_string(),
        };
        wrong.push(format!("line {}: {what}", line + 1));
    }
    let (n_wrong, n_receipts) = (wrong.len(), receipts.len());
    let mut lines = vec![format!("replayed {n_receipts} receipts: {n_wrong} differ")];
    lines.extend(wrong.iter().take(MOST_NAMED).cloned());
    let report = Report::new(lines, json!({ "receipts": n_receipts, "differing": n_wrong, "lines": wrong }));
    if n_wrong > 0 { report.no() } else { report }
}

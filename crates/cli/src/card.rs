//! `export modelcard`: what is known of a model, for people (HTML, Markdown) and programs (JSON).

use crate::html::{Cell, Page};
use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use underglass_engine::artifact::Model;
use underglass_engine::card::{Block, Card, Evidence, Fact, card, markdown};
use underglass_engine::load::Manifest;
use underglass_engine::proof::prove;
use underglass_engine::seal::Digest;

/// Write a model's card: model_card.html, model_card.md and model_card.json.
#[derive(Args)]
pub(crate) struct Modelcard {
    /// The model.
    artifact: PathBuf,
    /// The report that `evaluate` wrote for this model, evaluation_report.json.
    #[arg(long)]
    evaluation: Option<PathBuf>,
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
}

impl Modelcard {
    pub(crate) fn run(self) -> Done {
        let refused = |message: String| Fault::Artifact(format!("{}: {message}", self.artifact.display()));
        let (model, digest) =
            Model::decode(&files::read(&self.artifact)?).map_err(|error| refused(error.to_string()))?;
        let evaluation = self.evaluation.as_deref().map(read_report).transpose()?;
        let evidence = Evidence {
            proofs: &prove(&model),
            synthetic: is_synthetic(&self.artifact, digest)?,
            evaluation: evaluation.as_ref(),
        };
        let card = card(&model, digest, evidence);
        let mut json = serde_json::to_vec_pretty(&card).unwrap_or_default();
        json.push(b'\n');
        let written = [
            ("model_card.html", html(&card).into_bytes()),
            ("model_card.md", markdown(&card).into_bytes()),
            ("model_card.json", json),
        ];
        for (name, bytes) in &written {
            files::write(&self.out.join(name), bytes)?;
        }
        let names = written.map(|(name, _)| self.out.join(name));
        let lines = names.iter().map(|name| name.display().to_string()).collect();
        Ok(Report::new(lines, json!({ "sha256": digest.to_string(), "files": names })))
    }
}

fn read_report(path: &Path) -> Result<Value, Fault> {
    let report: Value = serde_json::from_slice(&files::read(path)?)
        .map_err(|error| Fault::Data(format!("{}: {error}", path.display())))?;
    if report.is_object() {
        Ok(report)
    } else {
        Err(Fault::Data(format!("{}: expected an object, as evaluate writes it", path.display())))
    }
}

/// What the manifest beside an artifact says of its data; `None` when there is none or it does not list the artifact.
fn is_synthetic(artifact: &Path, digest: Digest) -> Result<Option<bool>, Fault> {
    let path = artifact.with_file_name("manifest.json");
    if !path.exists() {
        return Ok(None);
    }
    let manifest = Manifest::decode(&files::read(&path)?)?;
    Ok(manifest.books.iter().find(|book| book.model.sha256 == digest).map(|book| book.synthetic))
}

fn html(card: &Card) -> String {
    let mut page = Page::new(&format!("Model card: {}", card.model));
    if let Some(notice) = &card.notice {
        page.notice(notice);
    }
    for section in &card.sections {
        page.section(&section.title);
        for block in &section.blocks {
            match block {
                Block::Heading(heading) => page.heading(heading),
                Block::Text(text) => page.paragraph(text),
                Block::Facts(facts) => page.facts(facts.iter().map(|(name, fact)| (name.clone(), fact.to_string()))),
                Block::Table { caption, header, rows } => {
                    page.table(caption, header, rows.iter().map(|row| row.iter().map(cell).collect()));
                }
                Block::List(points) => page.list(points.iter().cloned()),
            }
        }
    }
    page.finish()
}

fn cell(fact: &Fact) -> Cell {
    match fact {
        Fact::Number(_) => Cell::Figure(fact.to_string()),
        _ => Cell::Text(fact.to_string()),
    }
}

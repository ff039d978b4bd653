//! The model card: what is known of a model, made only of values that stand in its artifact, were proven of it, or were
//! measured by an evaluation.
//!
//! The nine sections are those of Mitchell et al., *Model Cards for Model Reporting* (2019), followed by the target, the
//! calibrator, the lineage and the proofs of monotonicity. What nobody measured or stated says so.

mod evaluation;
mod markdown;
mod sections;

pub use markdown::markdown;
pub use sections::card;

use crate::artifact::Estimate;
use crate::proof::Proofs;
use crate::seal::Digest;
use serde::Serialize;
use serde_json::Value;

/// A model card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Always `model_card`.
    pub kind: &'static str,
    /// Version of the layout.
    pub format: u32,
    /// The model's name.
    pub model: String,
    /// The artifact that the card describes.
    pub artifact_sha256: Digest,
    /// What a reader must know before anything else.
    pub notice: Option<String>,
    /// The sections, in order.
    pub sections: Vec<Section>,
}

/// A section of a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A smaller heading.
    Heading(String),
    /// A sentence or a few.
    Text(String),
    /// Names and values.
    Facts(Vec<(String, Fact)>),
    /// Equal rows under a header.
    Table {
        /// What the table shows.
        caption: String,
        /// Names of the columns.
        header: Vec<String>,
        /// One fact a column.
        rows: Vec<Vec<Fact>>,
    },
    /// Points of their own.
    List(Vec<String>),
}

/// A value in a card. In JSON one that is not known is `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Fact {
    Text(String),
    Number(f64),
    Estimate(Estimate),
    /// Nobody measured it.
    NotMeasured,
    /// Nobody said it.
    NotStated,
}

/// What is known of a model beside its artifact.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What is proven of it.
    pub proofs: &'a Proofs,
    /// Whether its data is made up; `None` when nothing says.
    pub synthetic: Option<bool>,
    /// The report of an evaluation, as it stands in its file.
    pub evaluation: Option<&'a Value>,
}

impl Fact {
    fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Fact::NotStated } else { Fact::Text(text) }
    }

    fn count(count: u64) -> Self {
        Fact::Number(count as f64)
    }

    fn number(number: Option<f64>) -> Self {
        number.map_or(Fact::NotMeasured, Fact::Number)
    }
}

impl std::fmt::Display for Fact {
    /// Whole numbers in groups of three digits, others to four significant digits after the point.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Text(text) => f.write_str(text),
            Fact::Number(number) => f.write_str(&shown(*number)),
            Fact::Estimate(Estimate { value, low, high }) => {
                write!(f, "{value:.4} (95 % interval {low:.4} to {high:.4})")
            }
            Fact::NotMeasured => f.write_str("not measured"),
            Fact::NotStated => f.write_str("not stated"),
        }
    }
}

fn shown(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        let digits = number.abs().to_string();
        let grouped: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().filter_map(|chunk| std::str::from_utf8(chunk).ok()).collect();
        let sign = if number < 0.0 { "−" } else { "" };
        return format!("{sign}{}", grouped.join(","));
    }
    let places = if number.abs() < 0.001 { 7 } else { 4 };
    let text = format!("{number:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

impl Block {
    fn is_empty(&self) -> bool {
        match self {
            Block::Heading(text) | Block::Text(text) => text.is_empty(),
            Block::Facts(facts) => facts.is_empty(),
            Block::Table { rows, .. } => rows.is_empty(),
            Block::List(points) => points.is_empty(),
        }
    }
}

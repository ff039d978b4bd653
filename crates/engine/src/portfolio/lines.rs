//! How answers are written: CSV or NDJSON, numbers in full precision.

use super::{Answer, Asked, Format};
use crate::decision::{Confidence, Outcome};
use crate::explain::Explanation;
use crate::features::Schema;
use crate::table::{Fault, guarded};
use crate::units::{Points, Probability};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The answer to one row.
pub(super) struct Line<'a> {
    row: u64,
    margin: f64,
    probability: Probability,
    pub(super) explanation: Option<Explanation>,
    pub(super) points: Option<Points>,
    pub(super) outcome: Option<Outcome>,
    pub(super) confidence: Option<Confidence>,
    pub(super) codes: Vec<Cow<'a, str>>,
}

impl Line<'_> {
    pub(super) fn new(row: u64, margin: f64, probability: Probability) -> Self {
        let (explanation, points, outcome, confidence) = (None, None, None, None);
        Self { row, margin, probability, explanation, points, outcome, confidence, codes: Vec::new() }
    }
}

/// The columns of a result.
pub(super) struct Columns<'a> {
    asked: Asked,
    names: Vec<Cow<'a, str>>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(asked: Asked, is_explained: bool, schema: &'a Schema) -> Self {
        let mut names: Vec<Cow<'a, str>> = ["row", "margin", "probability"].map(Cow::Borrowed).into();
        if is_explained {
            names.push(Cow::Borrowed("base"));
            for feature in schema.features() {
                let name = Cow::Borrowed(feature.name.as_str());
                let taken = names.contains(&name);
                names.push(if taken { Cow::Owned(format!("x_{name}")) } else { name });
            }
        }
        let more: &[&str] = match asked.answer {
            Answer::Score => &[],
            Answer::Reasons => &["points", "band", "reasons"],
            Answer::Decision => &["points", "decision", "confidence", "reasons"],
        };
        names.extend(more.iter().map(|name| Cow::Borrowed(*name)));
        Self { asked, names }
    }

    /// The first line of CSV.
    pub(super) fn header(&self) -> String {
        match self.asked.format {
            Format::Csv => self.names.iter().map(|name| guarded(name)).collect::<Vec<_>>().join(",") + "\n",
            Format::Ndjson => String::new(),
        }
    }

    pub(super) fn write(&self, line: &Line<'_>, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self.asked.format {
            Format::Csv => self.write_csv(line, out),
            Format::Ndjson => self.write_json(line, out),
        };
    }

    fn write_csv(&self, line: &Line<'_>, out: &mut String) -> std::fmt::Result {
        push_integer(out, line.row);
        let scored = [line.margin, line.probability.value()];
        let explained = line.explanation.iter().flat_map(|found| std::iter::once(&found.base).chain(&found.values));
        for number in scored.iter().chain(explained) {
            out.push(',');
            push(out, *number);
        }
        if self.asked.answer != Answer::Score {
            out.push(',');
            if let Some(points) = line.points {
                push_integer(out, points.value());
            }
            out.push(',');
            out.push_str(line.outcome.map_or("", outcome_name));
            if self.asked.answer == Answer::Decision {
                out.push(',');
                out.push_str(line.confidence.map_or("", confidence_name));
            }
            out.push(',');
            push_codes(out, &line.codes);
        }
        out.push('\n');
        Ok(())
    }

    fn write_json(&self, line: &Line<'_>, out: &mut String) -> std::fmt::Result {
        let names = &self.names;
        write!(out, "{{\"row\":{},\"margin\":", line.row)?;
        push(out, line.margin);
        out.push_str(",\"probability\":");
        push(out, line.probability.value());
        if let Some(Explanation { base, values }) = &line.explanation {
            let named = names.iter().skip(3).zip(std::iter::once(base).chain(values));
            for (name, value) in named {
                write!(out, ",{}:", json_text(name))?;
                push(out, *value);
            }
        }
        if self.asked.answer != Answer::Score {
            match line.points {
                Some(points) => write!(out, ",\"points\":{}", points.value())?,
                None => out.push_str(",\"points\":null"),
            }
            let word = if self.asked.answer == Answer::Decision { "decision" } else { "band" };
            write!(out, ",\"{word}\":\"{}\"", line.outcome.map_or("", outcome_name))?;
            if self.asked.answer == Answer::Decision {
                match line.confidence {
                    Some(confidence) => write!(out, ",\"confidence\":\"{}\"", confidence_name(confidence))?,
                    None => out.push_str(",\"confidence\":null"),
                }
            }
            out.push_str(",\"reasons\":[");
            for (index, code) in line.codes.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&json_text(code));
            }
            out.push(']');
        }
        out.push_str("}\n");
        Ok(())
    }

    /// A row that is no application keeps its place. CSV says where the first fault stands in place of the reasons, or, where
    /// a line has none, leaves all cells empty.
    pub(super) fn write_refused(&self, row: u64, faults: &[Fault], out: &mut String) {
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let _ = match self.asked.format {
            Format::Csv if self.asked.answer == Answer::Score => {
                writeln!(out, "{row}{}", ",".repeat(self.names.len() - 1))
            }
            Format::Csv => {
                // Behind the row: margin, probability, an explanation, points; then the word, a confidence, and the reasons.
                let tail = if self.asked.answer == Answer::Decision { 3 } else { 2 };
                let (empty, behind) = (",".repeat(self.names.len() - tail), ",".repeat(tail - 1));
                writeln!(out, "{row}{empty}refused{behind}{}", guarded(&texts.join("; ")))
            }
            Format::Ndjson => writeln!(out, "{{\"row\":{row},\"refused\":{}}}", serde_json::json!(texts)),
        };
    }
}

/// The shortest text that is read back to the same bits.
fn push(out: &mut String, number: f64) {
    out.push_str(zmij::Buffer::new().format(number));
}

fn push_integer(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Codes in one cell; only those that need it are quoted.
fn push_codes(out: &mut String, codes: &[Cow<'_, str>]) {
    let from = out.len();
    for (index, code) in codes.iter().enumerate() {
        out.push_str(if index > 0 { " " } else { "" });
        out.push_str(code);
    }
    let is_plain = out[from..].bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ' | b'.'));
    if !is_plain {
        let cell = guarded(&out[from..]);
        out.truncate(from);
        out.push_str(&cell);
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approve => "approve",
        Outcome::Conditional => "conditional",
        Outcome::Counteroffer => "counteroffer",
        Outcome::Review => "review",
        Outcome::Decline => "decline",
        Outcome::Incomplete => "incomplete",
    }
}

fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

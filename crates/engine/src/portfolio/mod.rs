//! A file of applications of any size: bytes in, one line a row out, and counts that merge.
//!
//! A host cuts the file into chunks: [`Scoring::chunk`] says how much of the bytes it was given is whole records, so the
//! next chunk begins there. Chunks are answered in any order, by any number of workers, and their lines joined in the
//! order of the file are the same bytes; merged [`Summary`]s are the same counts.

mod lines;
mod summary;

pub use summary::{Outcomes, Summary};

use crate::application::{
    Application, ApplicationForm, FieldError, Input, InvalidApplication, Permitted, Personal, check_block, selection,
};
use crate::artifact::Model;
use crate::batch::{self, Kernel, Progress, ROWS, ShapKernel};
use crate::decision::{Decided, Decision, Engine, Outcome};
use crate::explain::{Explainer, Explanation};
use crate::policy::Band;
use crate::reasons::{Families, MOST_REASONS};
use crate::receipt::Receipt;
use crate::table::{Block, Blocks, Fault, FaultCode, Faults, Layout, Place, Selection};
use crate::units::{Date, Points};
use lines::{Columns, Line};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is asked of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What a line answers.
    pub answer: Answer,
    /// Whether a receipt is made of every decision.
    pub receipts: bool,
    /// How lines are written.
    pub format: Format,
    /// The day of the decisions.
    pub as_of: Date,
}

/// What a line answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Margin and probability.
    Score,
    /// These, points, the band of the score, and the families of features that count most against it.
    Reasons,
    /// These, points, the decision, its confidence, and the codes of its reasons.
    Decision,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// One file against one engine.
#[derive(Clone, Debug)]
pub struct Scoring {
    asked: Asked,
    selection: Selection,
    explainer: Option<Explainer>,
    kernels: Kernels,
}

/// Some rows of a file, on the way to their lines.
#[derive(Clone, Debug)]
pub struct Chunk {
    blocks: Blocks,
    size: Place,
    block: Block,
    kernels: Kernels,
    done: usize,
    scored: Scored,
}

/// What scores blocks, with its working memory.
#[derive(Clone, Debug)]
struct Kernels {
    kernel: EitherKernel,
    features: batch::Block,
    margins: [f64; ROWS],
    /// Contributions in the margin's unit, one column a feature.
    columns: Vec<[f64; ROWS]>,
}

#[derive(Clone, Debug)]
enum EitherKernel {
    Scoring(Kernel),
    Explaining(ShapKernel),
}

/// The answers to a chunk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// One line a row.
    pub lines: String,
    /// One receipt a line, of rows that are applications, when receipts are asked for.
    pub receipts: String,
    /// What the chunk counts.
    pub summary: Summary,
}

impl Scoring {
    /// Finds the inputs' columns. With an explainer of the engine's model every line has the
    /// contributions of the features, and [`Answer::Reasons`] are made of these.
    ///
    /// # Errors
    /// [`FaultCode::MissingColumn`] for every column that no application can do without.
    pub fn new(engine: &Engine, layout: Layout, asked: Asked, explainer: Option<Explainer>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let needed = |input: &&Input| input.permitted == Permitted::Model && !input.optional;
        for input in engine.inputs().iter().filter(needed).filter(|input| layout.column(&input.name).is_none()) {
            faults.push(Fault {
                code: FaultCode::MissingColumn,
                line: layout.header_line(),
                record: None,
                column: Some(input.name.clone()),
                found: format!("the columns {}", layout.names().join(", ")),
                expected: format!("a column {}", input.name),
            });
        }
        faults.none()?;
        let reasons = || (asked.answer == Answer::Reasons).then(|| engine.explainer()).flatten();
        let played = explainer.as_ref().or_else(reasons);
        let (ensemble, n_features) = (engine.model.ensemble(), engine.model.schema().features().len());
        let kernels = Kernels {
            kernel: match played {
                Some(explainer) => EitherKernel::Explaining(ShapKernel::new(ensemble, explainer)),
                None => EitherKernel::Scoring(Kernel::new(ensemble)),
            },
            features: batch::Block::new(n_features),
            margins: [0.0; ROWS],
            columns: vec![[0.0; ROWS]; n_features],
        };
        Ok(Self { asked, selection: selection(engine.inputs(), layout), explainer, kernels })
    }

    /// What is asked.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// How the file is read.
    pub fn layout(&self) -> &Layout {
        self.selection.layout()
    }

    /// What stands above all lines; empty for NDJSON.
    pub fn header(&self, engine: &Engine) -> String {
        self.columns(engine).header()
    }

    /// Takes the whole records at the beginning of some bytes that stand in the file at `from`. `is_last` when no bytes
    /// follow. [`Chunk::size`] says how much was taken; when that is nothing, more bytes are needed.
    ///
    /// # Errors
    /// As [`Layout::whole_records`].
    pub fn chunk(&self, bytes: Vec<u8>, from: Place, is_last: bool) -> Result<Chunk, Fault> {
        let (bytes, size) = self.layout().whole_records(bytes, from, is_last)?;
        let blocks = Blocks::new(bytes, from);
        let kernels = self.kernels.clone();
        Ok(Chunk { blocks, size, block: Block::default(), kernels, done: 0, scored: Scored::default() })
    }

    fn columns<'a>(&self, engine: &'a Engine) -> Columns<'a> {
        Columns::new(self.asked, self.explainer.is_some(), engine.model.schema())
    }
}

impl Chunk {
    /// The whole records that were taken.
    pub fn size(&self) -> Place {
        self.size
    }

    /// Answers at least `budget` more rows, or the rest.
    pub fn step(&mut self, engine: &Engine, scoring: &Scoring, budget: usize) -> Progress {
        let until = self.done.saturating_add(budget);
        while self.done < until && self.blocks.next_block(&scoring.selection, ROWS, &mut self.block) {
            self.done += self.block.n_rows();
            scoring.answer(engine, &self.block, &mut self.kernels, &mut self.scored);
        }
        Progress { done: self.done, total: self.size.records as usize }
    }

    /// The answers.
    pub fn finish(self) -> Scored {
        self.scored
    }
}

impl Scoring {
    fn answer(&self, engine: &Engine, block: &Block, kernels: &mut Kernels, scored: &mut Scored) {
        let model = &engine.model;
        let mut refused = refused_rows(engine.inputs(), block).into_iter().peekable();
        kernels.run(engine, self.explainer.as_ref().or(engine.explainer()), block);
        let margins = &kernels.margins;
        let slope = model.file().calibration.slope;
        let columns = self.columns(engine);
        let raw = model.scale().to_raw();
        // Reasons need a known population and a score in log-odds.
        let is_reasoned = self.asked.answer == Answer::Reasons;
        let gives_reasons = model.decides() && model.populations().is_some();
        let families = Families::new(model.schema());
        let mut against = (is_reasoned && gives_reasons).then(|| Against::new(model, &families, &kernels.columns));
        let mut codes = Vec::new();
        for row in 0..block.n_rows() {
            let number = block.from.records + row as u64;
            if let Some((_, faults)) = refused.next_if(|(refused, _)| *refused == row) {
                columns.write_refused(number, &faults, &mut scored.lines);
                scored.summary.refuse(faults);
                continue;
            }
            let calibration = model.file().calibration;
            let (margin, probability) = (calibration.calibrated(margins[row]), calibration.probability(margins[row]));
            let mut line = Line::new(number, margin, probability);
            if let Some(explainer) = &self.explainer {
                let base = calibration.calibrated(explainer.base());
                let values = kernels.columns.iter().map(|column| slope * column[row]).collect();
                line.explanation = Some(Explanation { base, values });
            }
            line.codes = std::mem::take(&mut codes);
            if is_reasoned {
                let points = Points::from_raw(raw(calibration.log_odds(margins[row])));
                line.points = Some(points);
                line.outcome = Some(outcome_of(engine.policy.bands.of(points)));
                if let Some(against) = &mut against {
                    line.codes.extend(against.principal(row).map(Cow::Borrowed));
                }
            } else if self.asked.answer == Answer::Decision {
                self.decide(engine, &Application::of_row(block, row), &mut line, scored);
                line.codes.iter().for_each(|code| scored.summary.count(code, 1));
            }
            scored.summary.answer(line.outcome, line.points);
            columns.write(&line, &mut scored.lines);
            line.codes.clear();
            codes = line.codes;
        }
        let counted = against.iter().flat_map(|against| against.families.names().iter().zip(&against.rows));
        counted.for_each(|(name, rows)| scored.summary.count(name, *rows));
    }

    /// The decision in full, as for one application.
    fn decide(&self, engine: &Engine, application: &Application, line: &mut Line<'_>, scored: &mut Scored) {
        let as_of = self.asked.as_of;
        let decided = engine.decide(application, as_of);
        line.points = decided.score.as_ref().map(|score| score.points);
        line.outcome = Some(decided.decision.outcome());
        line.confidence = decided.confidence;
        line.codes = codes(&decided).into_iter().map(Cow::Owned).collect();
        if self.asked.receipts {
            let form = ApplicationForm(application.to_form(engine.inputs()).into_iter().collect());
            let receipt = Receipt::new(engine, &form, decided, as_of, 0).encode();
            scored.receipts.push_str(&String::from_utf8_lossy(&receipt));
            scored.receipts.push('\n');
        }
    }
}

impl Kernels {
    /// Finds the margins of a block, and its contributions under an explainer where they are asked for.
    fn run(&mut self, engine: &Engine, explainer: Option<&Explainer>, block: &Block) {
        let ensemble = engine.model.ensemble();
        let features = engine.model.schema().features_of_block(block);
        self.features.clear(block.n_rows());
        for (index, column) in features.chunks(block.n_rows().max(1)).enumerate() {
            self.features.set_column(index, column);
        }
        match (&mut self.kernel, explainer) {
            (EitherKernel::Explaining(kernel), Some(explainer)) => {
                let (blocks, margins) = (std::slice::from_ref(&self.features), std::slice::from_mut(&mut self.margins));
                kernel.explain(ensemble, explainer, blocks, Some(margins), &mut self.columns);
            }
            (EitherKernel::Scoring(kernel), _) => self.margins = kernel.margins(ensemble, &self.features),
            // A kernel that explains is made of an explainer.
            (EitherKernel::Explaining(_), None) => {}
        }
    }
}

/// The contributions of a block in points, by reason family.
struct Against<'a> {
    families: &'a Families,
    /// One column a family, positive is safer.
    points: Vec<[f64; ROWS]>,
    /// Rows of which a family is a principal reason.
    rows: Vec<u64>,
    adverse: Vec<(usize, f64)>,
}

impl<'a> Against<'a> {
    fn new(model: &Model, families: &'a Families, contributions: &[[f64; ROWS]]) -> Self {
        let calibration = model.file().calibration;
        let (slope, factor) = (calibration.slope, -model.scale().factor() * calibration.link.steepness());
        let mut points = vec![[0.0; ROWS]; families.names().len()];
        for (family, column) in families.of_feature().iter().zip(contributions) {
            let sums = points[*family].iter_mut().zip(column);
            sums.for_each(|(sum, value)| *sum += factor * (slope * value));
        }
        Self { families, points, rows: vec![0; families.names().len()], adverse: Vec::new() }
    }

    /// The families that count most against a row, as a decision gives them without rules.
    fn principal(&mut self, row: usize) -> impl Iterator<Item = &'a str> {
        self.adverse.clear();
        self.adverse.extend(self.points.iter().map(|points| points[row]).enumerate());
        self.families.keep_adverse(&mut self.adverse);
        self.adverse.truncate(MOST_REASONS);
        self.adverse.iter().for_each(|(family, _)| self.rows[*family] += 1);
        self.adverse.iter().map(|(family, _)| self.families.names()[*family].as_str())
    }
}

fn outcome_of(band: Band) -> Outcome {
    match band {
        Band::Approve => Outcome::Approve,
        Band::Review => Outcome::Review,
        Band::Decline => Outcome::Decline,
    }
}

/// The codes of why a decision is what it is.
fn codes(decided: &Decided) -> Vec<String> {
    match &decided.decision {
        Decision::Decline { reasons } => reasons.as_slice().iter().map(|reason| reason.code.clone()).collect(),
        Decision::Review { triggers: codes, .. }
        | Decision::Conditional { conditions: codes, .. }
        | Decision::Incomplete { fields: codes } => codes.as_slice().to_vec(),
        Decision::Approve { .. } | Decision::Counteroffer { .. } => Vec::new(),
    }
}

/// Rows that are no records or no applications, rising, with what is wrong.
fn refused_rows(inputs: &[Input], block: &Block) -> Vec<(usize, Vec<Fault>)> {
    let fault = |row: usize, InvalidApplication(errors): InvalidApplication| {
        let of_error = |error: FieldError| {
            let personal =
                inputs.iter().any(|input| input.name == error.field && input.personal == Personal::Identifier);
            Fault {
                code: FaultCode::Cell,
                line: block.lines[row] as usize,
                record: Some(block.from.records as usize + row + 1),
                column: Some(error.field),
                found: if personal { "another value".to_owned() } else { error.found },
                expected: error.expected,
            }
        };
        (row, errors.into_iter().map(of_error).collect())
    };
    let invalid = check_block(inputs, block).into_iter().map(|(row, errors)| fault(row, errors));
    let mut refused: Vec<(usize, Vec<Fault>)> = block.broken.iter().cloned().chain(invalid).collect();
    refused.sort_by_key(|(row, _)| *row);
    refused
}

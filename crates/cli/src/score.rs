//! `score`: a CSV file in, scores, contributions or decisions out, in the same row order.

use crate::books::BookFiles;
use crate::files::Output;
use crate::report::{self, Fault, Report, progress};
use crate::train::threads;
use crate::{Done, files};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::{IsTerminal, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use underglass_engine::Engine;
use underglass_engine::application::{FormValue, Permitted};
use underglass_engine::explain::{Explainer, Game};
use underglass_engine::features::Schema;
use underglass_engine::portfolio::{self, Answer, Chunk, Format, Scored, Scoring, Summary};
use underglass_engine::table::{Faults, Layout, MOST_HEAD_BYTES, Place, Table};
use underglass_engine::units::Date;

/// Score a CSV file, with contributions or with decisions.
#[derive(Args)]
pub(crate) struct Score {
    /// The model.
    #[arg(long)]
    artifact: PathBuf,
    /// The rows; columns that the model does not need are ignored.
    #[arg(long)]
    data: PathBuf,
    /// The CSV file to write; - is standard output.
    #[arg(long)]
    out: PathBuf,
    /// Add one column a feature and `base`, in the margin's unit: they sum to it.
    #[arg(long, value_enum)]
    explain: Option<Asked>,
    /// The reference population of the explanation.
    #[arg(long, value_enum, default_value_t = Reference::All)]
    reference: Reference,
    /// Add score, decision and reasons.
    #[arg(long)]
    decide: bool,
    /// The day of the decisions; without it the model's own date.
    #[arg(long)]
    as_of: Option<Date>,
    /// With --decide: one receipt a line, in this file.
    #[arg(long, requires = "decide")]
    receipts: Option<PathBuf>,
    /// How the rows are written.
    #[arg(long, value_parser = format, default_value = "csv")]
    format: Format,
    /// Threads; the result does not depend on them. Without it all that the machine has.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    #[command(flatten)]
    book: BookFiles,
}

/// The games of Shapley values that can be asked for.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Asked {
    Interventional,
    Path,
}

/// Reference populations.
#[derive(Clone, Copy, ValueEnum)]
enum Reference {
    All,
}

fn format(name: &str) -> Result<Format, &'static str> {
    match name {
        "csv" => Ok(Format::Csv),
        "ndjson" => Ok(Format::Ndjson),
        _ => Err("expected csv or ndjson"),
    }
}

impl Score {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        let Reference::All = self.reference;
        let explainer = self.explain.map(|asked| explainer(&engine, asked)).transpose()?;
        let asked = portfolio::Asked {
            answer: if self.decide { Answer::Decision } else { Answer::Score },
            receipts: self.receipts.is_some(),
            format: self.format,
            as_of: self.as_of.unwrap_or(engine.model.file().lineage.as_of),
        };
        let threads = self.threads.map_or_else(|| usize::from(threads()), NonZero::get);
        let mut file = Chunks::open(&self.data, &engine, asked, explainer)?;
        let mut out = Output::create(&self.out)?;
        let mut receipts = self.receipts.as_deref().map(Output::create).transpose()?;
        out.write(file.scoring.header(&engine).as_bytes())?;
        let (mut summary, mut bar) = (Summary::default(), Bar::new(&self.data));
        let mut wave = file.next_wave(threads)?;
        while !wave.is_empty() {
            let (scored, next) = file.score(&engine, wave, threads);
            for part in scored {
                out.write(part.lines.as_bytes())?;
                if let Some(receipts) = &mut receipts {
                    receipts.write(part.receipts.as_bytes())?;
                }
                summary.merge(part.summary);
            }
            bar.show(summary.rows, file.place.bytes);
            wave = next?;
        }
        bar.end();
        summary.faults.clone().none().map_err(|faults| refused(&self.data, &faults))?;
        out.finish()?;
        receipts.map_or(Ok(()), Output::finish)?;
        let line = format!("{}: {} rows scored", self.out.display(), summary.rows);
        let lines = if self.out == *"-" { Vec::new() } else { vec![line] };
        Ok(Report::new(lines, json!({ "rows": summary.rows, "summary": summary })))
    }
}

/// Bytes of a file that one thread answers at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// A file that is read as whole records, a few chunks at a time.
struct Chunks {
    reader: Box<dyn Read>,
    path: PathBuf,
    scoring: Arc<Scoring>,
    place: Place,
    /// Bytes that were read and do not belong to a chunk yet.
    waiting: Vec<u8>,
    at_end: bool,
}

impl Chunks {
    fn open(
        path: &Path,
        engine: &Engine,
        asked: portfolio::Asked,
        explainer: Option<Explainer>,
    ) -> Result<Self, Fault> {
        let mut reader = files::open(path)?;
        let mut head = Vec::new();
        let read = reader.by_ref().take(MOST_HEAD_BYTES as u64).read_to_end(&mut head);
        read.map_err(|error| files::fault(path, error))?;
        let scoring = Layout::of(&head).and_then(|layout| Scoring::new(engine, layout, asked, explainer));
        let scoring = scoring.map_err(|faults| refused(path, &faults))?;
        let place = scoring.layout().start();
        let waiting = head.split_off(place.bytes as usize);
        Ok(Self { reader, path: path.to_owned(), scoring: Arc::new(scoring), place, waiting, at_end: false })
    }

    /// The next chunks, at most `most`; none at the end of the file.
    fn next_wave(&mut self, most: usize) -> Result<Vec<Chunk>, Fault> {
        let mut wave = Vec::new();
        while wave.len() < most && !(self.at_end && self.waiting.is_empty()) {
            let read = self.reader.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.waiting);
            self.at_end = read.map_err(|error| files::fault(&self.path, error))? < CHUNK_BYTES;
            let chunk = self.scoring.chunk(self.waiting.clone(), self.place, self.at_end);
            let chunk = chunk.map_err(|fault| refused(&self.path, &fault.into()))?;
            self.waiting.drain(..chunk.size().bytes as usize);
            self.place = self.place + chunk.size();
            // A record longer than the bytes at hand waits for more of them.
            if chunk.size().records > 0 {
                wave.push(chunk);
            }
        }
        Ok(wave)
    }

    /// Answers a wave with one thread a chunk, in the order of the file, and reads the next meanwhile.
    fn score(&mut self, engine: &Engine, wave: Vec<Chunk>, threads: usize) -> (Vec<Scored>, Result<Vec<Chunk>, Fault>) {
        let scoring = Arc::clone(&self.scoring);
        std::thread::scope(|scope| {
            let scoring = &scoring;
            let answer = move |mut chunk: Chunk| {
                chunk.step(engine, scoring, usize::MAX);
                chunk.finish()
            };
            let answered: Vec<_> = wave.into_iter().map(|chunk| scope.spawn(move || answer(chunk))).collect();
            let next = self.next_wave(threads);
            // A thread that panics ends the process.
            (answered.into_iter().filter_map(|thread| thread.join().ok()).collect(), next)
        })
    }
}

fn refused(path: &Path, faults: &Faults) -> Fault {
    Fault::Data(format!("{}: {faults}", path.display()))
}

/// Rows and share of the file on standard error, a line that is written over.
struct Bar {
    bytes: Option<u64>,
    started: Instant,
    shown: Option<Instant>,
}

impl Bar {
    #[expect(clippy::disallowed_methods, reason = "a rate is shown, and decides nothing")]
    fn new(path: &Path) -> Self {
        let plain = std::fs::metadata(path).ok().filter(|_| path.extension().is_none_or(|kind| kind != "gz"));
        Self { bytes: plain.map(|file| file.len()), started: Instant::now(), shown: None }
    }

    /// At most ten times a second, and only where somebody looks.
    #[expect(clippy::disallowed_methods, reason = "a rate is shown, and decides nothing")]
    fn show(&mut self, rows: u64, bytes: u64) {
        let rests = self.shown.is_some_and(|shown| shown.elapsed().as_millis() < 100);
        if rests || !std::io::stderr().is_terminal() {
            return;
        }
        self.shown = Some(Instant::now());
        let share = self.bytes.map_or(String::new(), |all| {
            let tenths = (bytes * 20 / all.max(1)).min(20) as usize;
            format!(" [{}{}]", "=".repeat(tenths), " ".repeat(20 - tenths))
        });
        let rate = rows as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        report::over(&format!("{rows} rows,{share} {rate:.0} rows/s"));
    }

    fn end(&self) {
        if self.shown.is_some() {
            report::over("");
        }
    }
}

/// The column of each input; an input that no row can do without must be there.
pub(crate) fn columns(schema: &Schema, table: &Table) -> Result<Vec<Option<usize>>, Fault> {
    let readable =
        |input: &&underglass_engine::application::Input| input.permitted == Permitted::Model && !input.optional;
    let absent: Vec<&str> = schema
        .inputs()
        .iter()
        .filter(readable)
        .filter(|input| table.column(&input.name).is_none())
        .map(|input| input.name.as_str())
        .collect();
    if !absent.is_empty() {
        return Err(Fault::Data(format!("the header lacks {}; found {}", absent.join(", "), table.names().join(", "))));
    }
    let column = |input: &underglass_engine::application::Input| {
        if input.permitted == Permitted::AuditOnly { None } else { table.column(&input.name) }
    };
    Ok(schema.inputs().iter().map(column).collect())
}

pub(crate) fn values(schema: &Schema, table: &Table, columns: &[Option<usize>], row: usize) -> Vec<FormValue> {
    let read = |(input, column): (&underglass_engine::application::Input, &Option<usize>)| {
        column.map_or(FormValue::Missing, |column| FormValue::from_cell(table.cell(row, column), &input.kind))
    };
    schema.inputs().iter().zip(columns).map(read).collect()
}

/// The explainer against all reference rows, or against what the library of an imported model counted, if it plays the
/// game that was asked for.
fn explainer(engine: &Engine, asked: Asked) -> Result<Explainer, Fault> {
    let game = match asked {
        Asked::Interventional => Game::Interventional,
        Asked::Path => Game::PathDependent,
    };
    if let Some(own) = engine.model.against_all().filter(|own| own.game() == Game::Members) {
        progress("note: each member of this mean is explained by its own game");
        return Ok(own.clone());
    }
    engine.explainer_of(Some(game), None).map_err(|error| Fault::Usage(error.to_string()))
}

//! `score`: a CSV file in, scores, contributions or decisions out, in the same row order.

use crate::books::BookFiles;
use crate::report::{Fault, Report, progress};
use crate::train::read_table;
use crate::{Done, files};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use underglass_engine::Engine;
use underglass_engine::application::{Application, ApplicationForm, FormValue, Permitted, check_row};
use underglass_engine::batch::BatchError;
use underglass_engine::explain::{Explainer, Game};
use underglass_engine::features::Schema;
use underglass_engine::receipt::Receipt;
use underglass_engine::table::Table;
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

impl Score {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        let table = read_table(&self.data)?;
        let schema = engine.model.schema();
        let columns = columns(schema, &table)?;
        let as_of = self.as_of.unwrap_or(engine.model.file().lineage.as_of);
        let Reference::All = self.reference;
        let explainer = self.explain.map(|asked| explainer(&engine, asked)).transpose()?;
        let mut csv = header(schema, explainer.is_some(), self.decide);
        let mut receipts = String::new();
        for row in 0..table.n_rows() {
            let given = values(schema, &table, &columns, row);
            let application = check_row(schema.inputs(), given.clone())
                .map_err(|errors| Fault::Data(format!("{} line {}: {errors}", self.data.display(), table.line(row))))?;
            let features = schema.features_of(&application);
            let (margin, probability) = (engine.model.margin(&features), engine.model.probability(&features));
            write!(csv, "{row},{margin},{}", probability.value()).ok();
            if let Some(explainer) = &explainer {
                let explanation = engine.model.explain(explainer, &features);
                write!(csv, ",{}", explanation.base).ok();
                explanation.values.iter().for_each(|value| {
                    write!(csv, ",{value}").ok();
                });
            }
            if self.decide {
                let receipt = decide(&engine, &application, as_of);
                csv.push_str(&decision_cells(&receipt));
                if self.receipts.is_some() {
                    receipts.push_str(&String::from_utf8_lossy(&receipt.encode()));
                    receipts.push('\n');
                }
            }
            csv.push('\n');
        }
        files::write(&self.out, csv.as_bytes())?;
        if let Some(path) = &self.receipts {
            files::write(path, receipts.as_bytes())?;
        }
        let line = format!("{}: {} rows scored", self.out.display(), table.n_rows());
        let lines = if self.out == *"-" { Vec::new() } else { vec![line] };
        Ok(Report::new(lines, json!({ "rows": table.n_rows() })))
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
    let own = engine.model.against_all().ok_or_else(|| Fault::Usage(BatchError::NoReference.to_string()))?;
    if own.game() == Game::Members {
        progress("note: each member of this mean is explained by its own game");
        return Ok(own.clone());
    }
    let Some(populations) = engine.model.populations() else {
        let refused = || Fault::Usage("this model has no reference population; ask for --explain path".to_owned());
        return Some(own.clone()).filter(|own| own.game() == game).ok_or_else(refused);
    };
    engine
        .model
        .explainer_of(game, &populations.all)
        .map_err(|error| Fault::Usage(format!("this model is not explained that way: {error}")))
}

fn decide(engine: &Engine, application: &Application, as_of: Date) -> Receipt {
    let form = ApplicationForm(application.to_form(engine.inputs()).into_iter().collect());
    Receipt::new(engine, &form, engine.decide(application, as_of), as_of, 0)
}

fn header(schema: &Schema, explain: bool, decide: bool) -> String {
    let mut names = vec!["row".to_owned(), "margin".to_owned(), "probability".to_owned()];
    if explain {
        names.push("base".to_owned());
        for feature in schema.features() {
            let taken = names.contains(&feature.name);
            names.push(if taken { format!("x_{}", feature.name) } else { feature.name.clone() });
        }
    }
    if decide {
        names.extend(["points", "decision", "confidence", "reasons"].map(str::to_owned));
    }
    names.iter().map(|name| files::cell(name)).collect::<Vec<_>>().join(",") + "\n"
}

fn decision_cells(receipt: &Receipt) -> String {
    use underglass_engine::decision::Decision;
    let text = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let codes = match &receipt.decision {
        Decision::Decline { reasons } => reasons.as_slice().iter().map(|reason| reason.code.clone()).collect(),
        Decision::Review { triggers: codes, .. }
        | Decision::Conditional { conditions: codes, .. }
        | Decision::Incomplete { fields: codes } => codes.as_slice().to_vec(),
        Decision::Approve { .. } | Decision::Counteroffer { .. } => Vec::new(),
    };
    format!(
        ",{},{},{},{}",
        receipt.score.as_ref().map_or_else(String::new, |score| score.points.value().to_string()),
        text(json!(receipt.decision.outcome())),
        text(json!(receipt.confidence)),
        files::cell(&codes.join(" "))
    )
}

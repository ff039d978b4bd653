//! `check`: what a data file holds, and what speaks against using it.

use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use underglass_engine::artifact::Model;
use underglass_engine::table::{Faults, Table};
use underglass_learn::quality::{ColumnReport, Comparison, Content, DataReport, Part, examine};
use underglass_learn::{LearnError, labels};

/// Look at a data file before anything is learned from it or scored.
///
/// Types, units, gaps, ranges, duplicates, protected attributes, suspected leakage and personal data, whose values are
/// never shown. Exit code 3 when the file is broken, or while a column of personal data is not dropped.
#[derive(Args)]
pub(crate) struct Check {
    /// The data.
    data: PathBuf,
    /// A model whose inputs the data must have.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// The column to predict: without it, only names speak of leakage.
    #[arg(long)]
    target: Option<String>,
    /// Its value for a bad outcome.
    #[arg(long, requires = "target")]
    positive: Option<String>,
    /// Columns that will be left out: the answer to personal data.
    #[arg(long, value_delimiter = ',')]
    drop: Vec<String>,
}

impl Check {
    pub(crate) fn run(self) -> Done {
        let model = match &self.schema {
            Some(path) => {
                Some(Model::decode(&files::read(path)?).map_err(|error| Fault::Artifact(error.to_string()))?.0)
            }
            None => None,
        };
        let table = match Table::from_csv(&files::read(&self.data)?) {
            Ok(table) => table,
            Err(faults) => return Ok(self.broken(&faults)),
        };
        let target = self.target.as_deref();
        let outcomes = match target.map(|target| labels::read(&table, target, self.positive.as_deref())).transpose() {
            Ok(outcomes) => outcomes,
            Err(LearnError::Faults(faults)) => return Ok(self.broken(&faults)),
            Err(error) => return Err(Fault::Data(error.to_string())),
        };
        let schema = model.as_ref().map(Model::schema);
        let report = examine(&table, &self.drop, target.zip(outcomes.as_ref()), schema);
        let object = serde_json::to_value(&report).unwrap_or(Value::Null);
        let finished = Report::new(lines(&report), object);
        Ok(if report.is_usable() { finished } else { finished.refused() })
    }

    fn broken(&self, faults: &Faults) -> Report {
        let mut lines = vec![format!("{}: the file is broken", self.data.display())];
        lines.extend(fault_lines(faults));
        Report::new(lines, json!({ "faults": faults })).refused()
    }
}

fn lines(report: &DataReport) -> Vec<String> {
    let mut lines = vec![format!(
        "{} rows, {} columns, {} repeated rows",
        report.rows,
        report.columns.len(),
        report.duplicate_rows
    )];
    lines.extend(report.columns.iter().flat_map(|column| {
        let findings = findings(column, report.rows);
        std::iter::once(description(column)).chain(findings.into_iter().map(|finding| format!("    {finding}")))
    }));
    lines.extend(report.comparison.iter().flat_map(differences));
    lines.extend(fault_lines(&report.faults));
    let personal: Vec<String> = report.personal().iter().map(ToString::to_string).collect();
    if !personal.is_empty() {
        lines.push(format!(
            "personal data: {}; nothing is trained until these columns are dropped",
            personal.join("; ")
        ));
    }
    lines
}

fn description(column: &ColumnReport) -> String {
    let content = match &column.content {
        Content::Empty => "no value".to_owned(),
        Content::Constant { value } => format!("only {value:?}"),
        Content::Number { whole, quantiles } => {
            let [min, .., max] = quantiles;
            let kind = if *whole { "whole numbers" } else { "numbers" };
            format!("{kind} {min} to {max}, median {}, 1 % to 99 % {} to {}", quantiles[4], quantiles[1], quantiles[7])
        }
        Content::Category { levels } => {
            let first: Vec<&str> = levels.iter().take(5).map(|level| level.level.as_str()).collect();
            format!("{} levels: {}{}", levels.len(), first.join(", "), if levels.len() > 5 { ", …" } else { "" })
        }
        Content::Date { earliest, latest } => format!("dates {earliest} to {latest}"),
        Content::Text => format!("{} different texts", column.distinct),
        Content::Withheld => "withheld".to_owned(),
    };
    let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
    let part = match column.part {
        Part::Column => "",
        Part::Target => ", the target",
        Part::Dropped => ", dropped",
    };
    let missing =
        if column.missing == 0 { String::new() } else { format!(", {:.1} % missing", 100.0 * column.missing_share) };
    format!("{}{unit}: {content}{missing}{part}", column.name)
}

fn findings(column: &ColumnReport, rows: u64) -> Vec<String> {
    let found = &column.findings;
    let identifier = found.identifier.then(|| match rows - column.missing - column.distinct {
        0 => "names or numbers the rows".to_owned(),
        repeated => format!("names or numbers the rows, and {repeated} of them repeat an earlier one"),
    });
    let protected = found.protected.then(|| "a protected attribute: for audit only".to_owned());
    let personal = found.personal.map(|data| format!("personal data: {data}"));
    let leak = found.leak.map(|leak| format!("a suspected leak: {leak}"));
    [identifier, protected, personal, leak].into_iter().flatten().collect()
}

fn differences(comparison: &Comparison) -> Vec<String> {
    let list = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let mut lines: Vec<String> =
        [list("inputs without a column", &comparison.missing), list("columns without an input", &comparison.extra)]
            .into_iter()
            .flatten()
            .collect();
    for changed in &comparison.changed {
        let kind = changed.found_type.map(|found| format!("is a {found}"));
        let unseen: Vec<String> =
            changed.unseen.iter().map(|level| format!("{} ({} rows)", level.level, level.rows)).collect();
        let unseen = (!unseen.is_empty()).then(|| format!("levels never seen: {}", unseen.join(", ")));
        let outside = (changed.outside_share > 0.0)
            .then(|| format!("{:.2} % outside of what the model has learned from", 100.0 * changed.outside_share));
        let all: Vec<String> = [kind, unseen, outside].into_iter().flatten().collect();
        lines.push(format!("{}: {}", changed.name, all.join("; ")));
    }
    lines
}

fn fault_lines(faults: &Faults) -> Vec<String> {
    let mut lines: Vec<String> = faults.listed().iter().map(ToString::to_string).collect();
    let more = faults.count() - lines.len();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

//! `comparable`: the past cases that are most like one, and what became of them.

use crate::report::{Fault, Report, progress};
use crate::segment::refused;
use crate::train::read_table;
use crate::{Done, files};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use underglass_engine::application::{ApplicationForm, Permitted};
use underglass_engine::table::Table;
use underglass_learn::cases::Cases;
use underglass_learn::labels;

/// Find the rows that are most like a row or an application.
///
/// Distances are those of standardised numbers; two levels of a category, or a value and none, are one unit apart. Protected
/// columns and those that seem to know the outcome have no part and are not shown.
#[derive(Args)]
pub(crate) struct Comparable {
    /// The past cases.
    #[arg(long)]
    data: PathBuf,
    /// A row of the data, from 0, which is not compared with itself.
    #[arg(long, required_unless_present = "form", conflicts_with = "form")]
    row: Option<usize>,
    /// An application as JSON: an object of the data's columns; what it leaves out is missing.
    #[arg(long)]
    form: Option<PathBuf>,
    /// How many rows.
    #[arg(long, default_value_t = 5)]
    k: u16,
    /// The column of outcomes: shown, and without part in what is alike.
    #[arg(long)]
    target: Option<String>,
    /// Its value for a bad outcome.
    #[arg(long, requires = "target")]
    positive: Option<String>,
    /// Columns that are left out: also the answer to personal data.
    #[arg(long, value_delimiter = ',')]
    drop: Vec<String>,
}

/// A row that is alike.
#[derive(Serialize)]
struct Case {
    row: usize,
    distance: f64,
    bad: Option<bool>,
    values: BTreeMap<String, String>,
}

impl Comparable {
    pub(crate) fn run(self) -> Done {
        let table = read_table(&self.data)?;
        let data = |error| refused(&self.data, error);
        let target = self.target.as_deref();
        let outcomes = target.map(|name| labels::read(&table, name, self.positive.as_deref()));
        let bad = outcomes.transpose().map_err(data)?.map(|outcomes| outcomes.bad);
        let cases = Cases::read(&table, target.zip(bad.as_deref()), &self.drop).map_err(data)?;
        cases.notes().iter().for_each(|note| progress(&format!("note: {note}")));
        let k = usize::from(self.k);
        let near = match &self.form {
            Some(form) => {
                let application = read_form(form)?
                    .check(cases.schema().inputs())
                    .map_err(|errors| Fault::Data(format!("{}: {errors}", form.display())))?;
                cases.like(&application, k).map_err(|error| Fault::Data(error.to_string()))?
            }
            None => {
                let row = self.row.unwrap_or_default();
                cases.like_row(row, k).ok_or_else(|| {
                    let last = table.n_rows() - 1;
                    Fault::Usage(format!("{} has no row {row}; expected 0 to {last}", self.data.display()))
                })?
            }
        };
        let found: Vec<Case> = near
            .iter()
            .map(|near| Case {
                row: near.row,
                distance: near.distance,
                bad: bad.as_ref().map(|bad| bad[near.row]),
                values: permitted(&cases, &table, near.row),
            })
            .collect();
        let lines = found.iter().map(line).collect();
        Ok(Report::new(lines, json!({ "cases": found, "notes": cases.notes() })))
    }
}

fn read_form(path: &Path) -> Result<ApplicationForm, Fault> {
    serde_json::from_slice(&files::read(path)?).map_err(|error| Fault::Data(format!("{}: {error}", path.display())))
}

/// What may be shown of a row: the inputs that have a part.
fn permitted(cases: &Cases, table: &Table, row: usize) -> BTreeMap<String, String> {
    let inputs = cases.schema().inputs().iter().filter(|input| input.permitted == Permitted::Model);
    let cell = |name: &str| table.column(name).map(|column| table.cell(row, column).to_owned());
    inputs.filter_map(|input| Some((input.name.clone(), cell(&input.name)?))).collect()
}

fn line(case: &Case) -> String {
    let bad = match case.bad {
        None => "",
        Some(true) => ", bad",
        Some(false) => ", good",
    };
    let values: Vec<String> = case.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!("row {}: distance {:.4}{bad}; {}", case.row, case.distance, values.join(", "))
}

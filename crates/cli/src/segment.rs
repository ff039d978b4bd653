//! `segment`: rows divided among groups of like rows.

use crate::report::{Fault, Report, progress};
use crate::train::read_table;
use crate::{Done, files};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use underglass_engine::metrics::Estimate;
use underglass_engine::table::Table;
use underglass_learn::cases::Cases;
use underglass_learn::{labels, row_weights};

/// Divide rows among segments of like rows (k-means on standardised columns).
#[derive(Args)]
pub(crate) struct Segment {
    /// The rows.
    #[arg(long)]
    data: PathBuf,
    /// The columns by which rows are alike: numbers, dates and categories.
    #[arg(long, value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// How many segments, from seeded starts.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), required_unless_present = "start")]
    k: Option<u16>,
    /// The rows that are the first centres, from 0, instead of seeded starts: one segment for each.
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["k", "starts", "seed"])]
    start: Vec<usize>,
    /// A column that says how much each row counts.
    #[arg(long)]
    weight: Option<String>,
    /// A column of outcomes, for the bad rate of each segment; it has no part in the division.
    #[arg(long)]
    target: Option<String>,
    /// Its value for a bad outcome.
    #[arg(long, requires = "target")]
    positive: Option<String>,
    /// Seeded starts, of which the best is kept.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    starts: u16,
    /// The same data and seed give the same segments.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the segment of each row goes, as CSV.
    #[arg(long)]
    out: PathBuf,
}

/// One segment as it is reported.
#[derive(Serialize)]
struct Described {
    segment: u32,
    rows: u64,
    weight: f64,
    inertia: f64,
    bad_rate: Option<Estimate>,
    /// Means of numbers and shares of levels and of missing values, by name.
    center: BTreeMap<String, f64>,
}

impl Segment {
    pub(crate) fn run(self) -> Done {
        let table = read_table(&self.data)?;
        let data = |error| refused(&self.data, error);
        let outcomes = self.target.as_deref().map(|name| labels::read(&table, name, self.positive.as_deref()));
        let bad = outcomes.transpose().map_err(data)?.map(|outcomes| outcomes.bad);
        let weights = row_weights::of_column(&table, self.weight.as_deref()).map_err(data)?;
        let cases = Cases::read(&table, None, &others(&table, &self.columns)?).map_err(data)?;
        all_read(&cases, &self.columns)?;
        cases.notes().iter().for_each(|note| progress(&format!("note: {note}")));
        let weight = Some(weights.values());
        let found = match self.k {
            Some(k) => cases.segments(weight, k, self.starts, self.seed),
            None => cases.segments_from(weight, &self.start).ok_or_else(|| {
                let last = table.n_rows() - 1;
                Fault::Usage(format!(
                    "{} has not all rows of {:?}; expected 0 to {last}",
                    self.data.display(),
                    self.start
                ))
            })?,
        };
        let found = found.map_err(|error| Fault::Data(format!("{}: {error}", self.data.display())))?;
        let described: Vec<Described> = (0..found.centers.nrows() as u32)
            .map(|segment| {
                let rows: Vec<usize> = (0..found.labels.len()).filter(|row| found.labels[*row] == segment).collect();
                let center = found.centers.row(segment as usize);
                let bads = |bad: &Vec<bool>| rows.iter().filter(|row| bad[**row]).count() as u64;
                let share = |bad: &Vec<bool>| Estimate::share(bads(bad), rows.len() as u64);
                Described {
                    segment,
                    rows: rows.len() as u64,
                    weight: rows.iter().map(|row| weights.values()[*row]).sum(),
                    inertia: found.inertia_of(cases.points().view(), weights.values(), segment),
                    bad_rate: bad.as_ref().filter(|_| !rows.is_empty()).map(share),
                    center: cases.in_units(center).into_iter().collect(),
                }
            })
            .collect();
        let mut csv = "row,segment\n".to_owned();
        for (row, segment) in found.labels.iter().enumerate() {
            writeln!(csv, "{row},{segment}").ok();
        }
        files::write(&self.out, csv.as_bytes())?;
        let mut lines = vec![format!(
            "{}: {} rows in {} segments, inertia {:.4} after {} rounds",
            self.out.display(),
            table.n_rows(),
            described.len(),
            found.inertia,
            found.rounds
        )];
        lines.extend(described.iter().map(line));
        let lines = if self.out == *"-" { Vec::new() } else { lines };
        let object = json!({
            "rows": table.n_rows(),
            "inertia": found.inertia,
            "rounds": found.rounds,
            "segments": described,
            "notes": cases.notes(),
        });
        Ok(Report::new(lines, object))
    }
}

fn line(of: &Described) -> String {
    let Described { segment, rows, inertia, .. } = of;
    let bad = of
        .bad_rate
        .map_or_else(String::new, |bad| format!(", bad {:.4} ({:.4} to {:.4})", bad.value, bad.low, bad.high));
    let center: Vec<String> = of.center.iter().map(|(name, x)| format!("{name} {x:.4}")).collect();
    format!("segment {segment}: {rows} rows, inertia {inertia:.4}{bad}; {}", center.join(", "))
}

/// Every column but those that are named.
fn others(table: &Table, named: &[String]) -> Result<Vec<String>, Fault> {
    let absent: Vec<&str> = named.iter().filter(|name| table.column(name).is_none()).map(String::as_str).collect();
    if !absent.is_empty() {
        let found = table.names().join(", ");
        return Err(Fault::Data(format!("the data has no column {}; found {found}", absent.join(", "))));
    }
    let kept: Vec<Option<usize>> = named.iter().map(|name| table.column(name)).collect();
    let is_other = |(column, _): &(usize, &String)| !kept.contains(&Some(*column));
    Ok(table.names().iter().enumerate().filter(is_other).map(|(_, name)| name.clone()).collect())
}

/// A column that was asked for and cannot be used stops the division: nobody would notice that it has no part.
fn all_read(cases: &Cases, named: &[String]) -> Result<(), Fault> {
    let schema = cases.schema();
    let read: Vec<usize> = (0..schema.features().len()).flat_map(|feature| schema.inputs_of(feature)).collect();
    let unused = |name: &&String| !schema.input_index(name).is_some_and(|input| read.contains(&input));
    match named.iter().find(unused) {
        None => Ok(()),
        Some(name) => {
            let notes: Vec<&str> = cases.notes().iter().map(String::as_str).collect();
            Err(Fault::Data(format!("column {name:?} has no part in segments: {}", notes.join("; "))))
        }
    }
}

/// A refusal that names the file.
pub(crate) fn refused(file: &Path, error: underglass_learn::LearnError) -> Fault {
    Fault::Data(format!("{}: {error}", file.display()))
}

//! The quality of a table: what its columns are, and what speaks against learning from them.
//!
//! The report holds no value of a column of personal data, only counts.

use crate::labels::Outcomes;
use crate::leak::{Leak, leak};
use crate::names::{are_protected, is_identifier, is_protected, unit};
use crate::personal::{PersonalData, is_personal_text, personal, shown};
use crate::profile::{Profile, Shape};
use crate::rows::absent;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use underglass_engine::application::{FormValue, Input, InputKind, InvalidApplication, Permitted, check_row};
use underglass_engine::features::{Expr, Schema};
use underglass_engine::table::{Fault, FaultCode, Faults, Table};
use underglass_engine::units::Date;

/// What speaks against learning from a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// It names or numbers the rows.
    pub identifier: bool,
    /// It says a protected attribute of a person.
    pub protected: bool,
    /// It identifies people.
    pub personal: Option<PersonalData>,
    /// It is suspected to know the outcome.
    pub leak: Option<Leak>,
}

/// A column of personal data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flagged {
    /// The column.
    pub column: String,
    /// What it tells about people.
    pub data: PersonalData,
}

impl fmt::Display for Flagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.column, self.data)
    }
}

impl Findings {
    /// Looks at a column; without outcomes only names speak of leakage.
    pub fn of(table: &Table, column: usize, profile: &Profile, bad: Option<&[bool]>) -> Self {
        let name = &table.names()[column];
        let identifier = identifies(name, profile, table.n_rows());
        let levels_say = match &profile.shape {
            Shape::Category(levels) => are_protected(levels.keys().map(String::as_str)),
            _ => false,
        };
        Self {
            identifier,
            protected: is_protected(name) || levels_say,
            personal: personal(table, column, profile),
            leak: leak(table, column, profile, bad).filter(|_| !identifier),
        }
    }
}

/// Nine of ten values of an identifier are different: the others are duplicates, which somebody should know of.
fn identifies(name: &str, profile: &Profile, n_rows: usize) -> bool {
    let unique = n_rows > 1 && profile.distinct == n_rows;
    let nearly = n_rows > 1 && 10 * profile.distinct >= 8 * n_rows;
    match &profile.shape {
        Shape::Number(numbers) => {
            numbers.whole
                && (nearly && is_identifier(name) || unique && numbers.counts_up && name.starts_with("column_"))
        }
        Shape::Text => unique || is_identifier(name),
        Shape::Category(_) => nearly && is_identifier(name),
        _ => false,
    }
}

/// A column's name; its number where the name itself is personal data, as in a file without a header.
pub fn name_of(table: &Table, column: usize) -> String {
    let name = &table.names()[column];
    if is_personal_text(name) { format!("column {}", column + 1) } else { name.clone() }
}

/// What a table holds and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// Data rows.
    pub rows: u64,
    /// Rows that repeat an earlier one in every column.
    pub duplicate_rows: u64,
    /// One entry a column, in the table's order.
    pub columns: Vec<ColumnReport>,
    /// Cells that their columns do not take; with a schema also columns that it needs.
    pub faults: Faults,
    /// Differences from a schema.
    pub comparison: Option<Comparison>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// The unit that its name says; empty when it says none.
    pub unit: String,
    /// Rows without a value.
    pub missing: u64,
    /// The same over all rows.
    pub missing_share: f64,
    /// Different values.
    pub distinct: u64,
    /// Its type and what its values look like.
    pub content: Content,
    /// Whether it is the target, is left out as asked, or is one to learn from.
    pub part: Part,
    /// What speaks against learning from it.
    pub findings: Findings,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Part {
    Column,
    Target,
    Dropped,
}

/// A column's type and what its values look like.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Content {
    /// No value.
    Empty,
    /// One value.
    Constant {
        /// The value.
        value: String,
    },
    /// Numbers.
    Number {
        /// Whether all are whole.
        whole: bool,
        /// Smallest, 1 %, 5 %, 25 %, 50 %, 75 %, 95 %, 99 % quantile, largest.
        quantiles: [f64; 9],
    },
    /// Few texts.
    Category {
        /// Each with its rows, most frequent first.
        levels: Vec<LevelCount>,
    },
    /// Dates.
    Date {
        /// The first.
        earliest: Date,
        /// The last.
        latest: Date,
    },
    /// Many texts.
    Text,
    /// Personal data: no value is shown.
    Withheld,
}

/// A text and its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The text.
    pub level: String,
    /// Rows with it.
    pub rows: u64,
}

/// How a table differs from a schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Inputs without a column.
    pub missing: Vec<String>,
    /// Columns without an input.
    pub extra: Vec<String>,
    /// Inputs whose column differs.
    pub changed: Vec<Changed>,
}

/// How a column differs from its input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// The input.
    pub name: String,
    /// The column's type where it is another than the input's.
    pub found_type: Option<&'static str>,
    /// Levels that the input does not know, each with its rows.
    pub unseen: Vec<LevelCount>,
    /// The share of the rows with a value that is outside of what the model has learned from.
    pub outside_share: f64,
}

/// Examines a table. Dropped columns are only counted; without a target, only names speak of leakage.
pub fn examine(
    table: &Table,
    drop: &[String],
    target: Option<(&str, &Outcomes)>,
    schema: Option<&Schema>,
) -> DataReport {
    let bad = target.map(|(_, outcomes)| &outcomes.bad[..]);
    let target = target.and_then(|(name, _)| table.column(name));
    let left_out: Vec<usize> = drop.iter().filter_map(|name| table.column(name)).collect();
    let mut faults = Faults::default();
    let mut columns = Vec::with_capacity(table.names().len());
    for column in 0..table.names().len() {
        let profile = Profile::of(table, column);
        let dropped = left_out.contains(&column);
        let part = if dropped {
            Part::Dropped
        } else if Some(column) == target {
            Part::Target
        } else {
            Part::Column
        };
        let mut findings = Findings::of(table, column, &profile, bad.filter(|_| part == Part::Column));
        let withheld = findings.personal.is_some();
        if part != Part::Column {
            findings = Findings { personal: None, leak: None, ..findings };
        } else if schema.is_none() && !withheld {
            malformed_numbers(table, column, &profile, &mut faults);
        }
        columns.push(ColumnReport {
            name: name_of(table, column),
            unit: match profile.shape {
                Shape::Number(_) => unit(&table.names()[column]).to_owned(),
                _ => String::new(),
            },
            missing: profile.missing as u64,
            missing_share: profile.missing as f64 / table.n_rows() as f64,
            distinct: profile.distinct as u64,
            content: if withheld { Content::Withheld } else { content(&profile.shape) },
            part,
            findings,
        });
    }
    let comparison = schema.map(|schema| compare(table, &columns, schema, &mut faults));
    let rows = table.n_rows() as u64;
    DataReport { rows, duplicate_rows: duplicate_rows(table), columns, faults, comparison }
}

impl DataReport {
    /// The columns of personal data that nobody has answered for.
    pub fn personal(&self) -> Vec<Flagged> {
        let flagged =
            |column: &ColumnReport| column.findings.personal.map(|data| Flagged { column: column.name.clone(), data });
        self.columns.iter().filter_map(flagged).collect()
    }

    /// Whether the table may be learned from or scored as it is.
    pub fn is_usable(&self) -> bool {
        self.faults.count() == 0 && self.personal().is_empty()
    }
}

fn content(shape: &Shape) -> Content {
    match shape {
        Shape::Empty => Content::Empty,
        Shape::Constant(value) => Content::Constant { value: value.clone() },
        Shape::Number(numbers) => Content::Number {
            whole: numbers.whole,
            quantiles: [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0].map(|p| numbers.quantile(p)),
        },
        Shape::Category(levels) => {
            let count = |(level, rows): (&String, &u64)| LevelCount { level: level.clone(), rows: *rows };
            let mut levels: Vec<LevelCount> = levels.iter().map(count).collect();
            levels.sort_by_key(|level| std::cmp::Reverse(level.rows));
            Content::Category { levels }
        }
        Shape::Date(dates) => match (dates.sorted.first(), dates.sorted.last()) {
            (Some(earliest), Some(latest)) => Content::Date { earliest: *earliest, latest: *latest },
            _ => Content::Empty,
        },
        Shape::Text => Content::Text,
    }
}

fn malformed_numbers(table: &Table, column: usize, profile: &Profile, faults: &mut Faults) {
    if !matches!(profile.shape, Shape::Number(_)) {
        return;
    }
    for (row, cell) in table.cells(column).enumerate() {
        let expected = match cell.parse::<f64>() {
            Ok(number) if number.is_infinite() => "a finite number",
            Err(_) if !cell.is_empty() => "a number",
            _ => continue,
        };
        faults.push(malformed(table, row, column, expected.to_owned()));
    }
}

fn malformed(table: &Table, row: usize, column: usize, expected: String) -> Fault {
    Fault {
        code: FaultCode::Cell,
        line: table.line(row),
        record: Some(row + 1),
        column: Some(name_of(table, column)),
        found: shown(table.cell(row, column)),
        expected,
    }
}

fn compare(table: &Table, columns: &[ColumnReport], schema: &Schema, faults: &mut Faults) -> Comparison {
    let needed: BTreeSet<usize> = (0..schema.features().len()).flat_map(|feature| schema.inputs_of(feature)).collect();
    let (mut missing, mut changed, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, input) in schema.inputs().iter().enumerate() {
        let column = table.column(&input.name);
        used.extend(column);
        if input.permitted == Permitted::AuditOnly {
            continue;
        }
        let Some(column) = column else {
            missing.push(input.name.clone());
            if needed.contains(&index) && !input.optional {
                faults.push(absent(table, &input.name));
            }
            continue;
        };
        for (row, cell) in table.cells(column).enumerate() {
            let given = FormValue::from_cell(cell, &input.kind);
            if let Err(InvalidApplication(errors)) = check_row(std::slice::from_ref(input), [given]) {
                errors.into_iter().for_each(|error| faults.push(malformed(table, row, column, error.expected)));
            }
        }
        let difference = difference(table, column, &columns[column], input, schema);
        changed.extend(difference);
    }
    let extra = (0..columns.len()).filter(|column| !used.contains(column) && columns[*column].part == Part::Column);
    Comparison { missing, extra: extra.map(|column| columns[column].name.clone()).collect(), changed }
}

fn difference(table: &Table, column: usize, report: &ColumnReport, input: &Input, schema: &Schema) -> Option<Changed> {
    let found_type = match (&input.kind, &report.content) {
        (_, Content::Empty | Content::Withheld | Content::Constant { .. }) => None,
        (InputKind::Number { .. }, Content::Category { .. } | Content::Text) => Some("text"),
        (InputKind::Number { .. }, Content::Date { .. }) => Some("date"),
        (InputKind::Date, Content::Number { .. }) => Some("number"),
        (InputKind::Date, Content::Category { .. } | Content::Text) => Some("text"),
        (InputKind::Category { levels }, Content::Number { .. }) => {
            let codes = levels.iter().any(|level| level.name.parse::<f64>().is_ok());
            if codes { None } else { Some("number") }
        }
        (InputKind::Category { .. }, Content::Date { .. }) => Some("date"),
        _ => None,
    };
    let unseen = match (&input.kind, &report.content) {
        (InputKind::Category { levels }, Content::Category { levels: found }) => {
            let known: BTreeSet<&str> = levels.iter().map(|level| level.name.as_str()).collect();
            found.iter().filter(|found| !known.contains(found.level.as_str())).cloned().collect()
        }
        _ => Vec::new(),
    };
    let feature = schema.features().iter().find(|feature| feature.from == Expr::Input(input.name.clone()));
    let range = feature.and_then(|feature| feature.range).filter(|_| matches!(input.kind, InputKind::Number { .. }));
    let outside_share = range.map_or(0.0, |(low, high)| {
        let numbers: Vec<f64> = table.cells(column).filter_map(|cell| cell.parse().ok()).collect();
        let outside = numbers.iter().filter(|number| **number < low || **number > high).count();
        outside as f64 / numbers.len().max(1) as f64
    });
    let changed = Changed { name: input.name.clone(), found_type, unseen, outside_share };
    let differs = found_type.is_some() || !changed.unseen.is_empty() || outside_share > 0.0;
    differs.then_some(changed)
}

/// Rows that equal an earlier one: neighbours once the rows are sorted.
fn duplicate_rows(table: &Table) -> u64 {
    let cells = |row: usize| (0..table.names().len()).map(move |column| table.cell(row, column));
    let mut rows: Vec<usize> = (0..table.n_rows()).collect();
    rows.sort_unstable_by(|a, b| cells(*a).cmp(cells(*b)));
    rows.windows(2).filter(|pair| cells(pair[0]).eq(cells(pair[1]))).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::infer;
    use crate::labels;
    use crate::plan::Permit;

    fn report(csv: &str, drop: &[String]) -> DataReport {
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        let outcomes = labels::read(&table, "bad", None).expect("outcomes");
        examine(&table, drop, Some(("bad", &outcomes)), None)
    }

    const CSV: &str = "id,amount,sex,e_mail,when,same,bad\n\
        7,1000,f,ann@example.org,2024-01-31,1,0\n\
        9,2500,m,bob@example.org,2024-02-01,1,1\n\
        9,NA,f,,2023-02-01,1,0\n\
        9,NA,f,,2023-02-01,1,0\n\
        5,1e999,m,,2023-05-01,1,0\n\
        4,12,m,,2023-06-01,1,1\n";

    #[test]
    fn every_column_is_described_and_no_personal_value_is_shown() {
        let found = report(CSV, &[]);
        assert_eq!((found.rows, found.duplicate_rows, found.faults.count()), (6, 1, 1));
        assert_eq!(
            found.faults.listed()[0].to_string(),
            "line 6, record 5, column \"amount\": found \"1e999\", expected a finite number"
        );
        assert!(
            matches!(&found.columns[1].content, Content::Number { whole: true, quantiles } if quantiles[0] == 12.0)
        );
        assert_eq!((found.columns[1].missing, found.columns[2].findings.protected), (2, true));
        assert_eq!(found.personal().len(), 1);
        assert!(found.columns[5].content == Content::Constant { value: "1".to_owned() });
        let json = serde_json::to_string(&found).expect("JSON");
        assert!(json.contains("\"withheld\"") && !json.contains("example.org"), "{json}");
        assert!(!found.is_usable());
        let answered = report(&CSV.replace("1e999", "999"), &["e_mail".to_owned()]);
        assert!(answered.is_usable() && answered.columns[3].content == Content::Withheld);
    }

    #[test]
    fn differences_from_a_schema_are_named() {
        let table = |csv: &str| Table::from_csv(csv.as_bytes()).expect("a table");
        let trained = table("amount,home,seen,rate,bad\n10,own,1,5,0\n20,rent,2,6,1\n30,own,3,7,0\n40,rent,4,8,1\n");
        let bad = [false, true, false, true];
        let mut found = infer(&trained, "bad", &bad, &[], &Permit::All, None).expect("no personal data");
        found.features[0].range = Some((10.0, 40.0));
        let schema = Schema::new(found.inputs, found.features).expect("a schema");
        let csv = "home,amount,town,rate,extra\nown,5,x,,1\nboat,20,y,,2\nboat,x,z,low,3\n,50,z,high,4\n";
        let report = examine(&table(csv), &["extra".to_owned()], None, Some(&schema));
        let comparison = report.comparison.expect("a comparison");
        assert_eq!(
            (&comparison.missing[..], &comparison.extra[..]),
            (&["seen".to_owned()][..], &["town".to_owned()][..])
        );
        let unseen = vec![LevelCount { level: "boat".to_owned(), rows: 2 }];
        let amount =
            Changed { name: "amount".to_owned(), found_type: None, unseen: Vec::new(), outside_share: 2.0 / 3.0 };
        let home = Changed { name: "home".to_owned(), found_type: None, unseen, outside_share: 0.0 };
        let rate =
            Changed { name: "rate".to_owned(), found_type: Some("text"), unseen: Vec::new(), outside_share: 0.0 };
        assert_eq!(comparison.changed, [amount, home, rate]);
        let places: Vec<_> = report.faults.listed().iter().map(|fault| (fault.code, fault.line)).collect();
        let cell = |line| (FaultCode::Cell, line);
        assert_eq!(places, [cell(4), (FaultCode::MissingColumn, 1), cell(4), cell(5)]);
    }

    #[test]
    fn a_file_without_a_header_does_not_show_its_first_line() {
        let table = Table::from_csv(b"ann@example.org,5\nbob@example.org,6\ncarl@example.org,7\n").expect("a table");
        let found = examine(&table, &[], None, None);
        assert_eq!(found.personal()[0].column, "column 1");
        assert!(!serde_json::to_string(&found).expect("JSON").contains("example.org"));
    }
}

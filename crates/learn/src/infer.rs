//! A schema from a table alone: types, levels, ranges of sliders; what is set aside, and why.

use crate::names::{is_row_date, label, unit};
use crate::plan::Permit;
use crate::profile::{MOST_LEVELS, Numbers, Profile, Shape};
use crate::quality::{Findings, Flagged, name_of};
use crate::train::LearnError;
use std::collections::BTreeMap;
use underglass_engine::application::{Action, FormValue, Input, InputKind, Level, Permitted, Personal};
use underglass_engine::features::{Direction, Expr, Feature};
use underglass_engine::table::Table;
use underglass_engine::units::Date;

/// What was made of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Fields of an application, in the table's order.
    pub inputs: Vec<Input>,
    /// One feature for each input that the model may read, free in direction and a family of its own.
    pub features: Vec<Feature>,
    /// What a person should know, one sentence a column.
    pub notes: Vec<String>,
    /// Protected and suspected columns that were kept by request.
    pub permitted_by_request: Vec<String>,
    /// The latest date in a column of dates.
    pub latest: Option<Date>,
}

/// Infers inputs and features from every column but the target and those to drop; `bad` is each row's outcome.
///
/// `row_date` is the column with the day of each row; without it one is looked for by name. Other dates are then read as
/// months before that day.
///
/// # Errors
/// [`LearnError::Personal`] names every column of personal data that is not dropped.
pub fn infer(
    table: &Table,
    target: &str,
    bad: &[bool],
    drop: &[String],
    permit: &Permit,
    row_date: Option<&str>,
) -> Result<Inferred, LearnError> {
    let mut found = Inferred {
        inputs: Vec::new(),
        features: Vec::new(),
        notes: Vec::new(),
        permitted_by_request: Vec::new(),
        latest: None,
    };
    let (mut flagged, mut dated) = (Vec::new(), Vec::new());
    let left_out: Vec<usize> =
        drop.iter().map(String::as_str).chain([target]).filter_map(|name| table.column(name)).collect();
    for (column, name) in table.names().iter().enumerate() {
        if !left_out.contains(&column) {
            let profile = Profile::of(table, column);
            let findings = Findings::of(table, column, &profile, Some(bad));
            match (findings.personal, profile.shape) {
                (Some(data), _) => flagged.push(Flagged { column: name_of(table, column), data }),
                (None, Shape::Date(dates)) if findings.leak.is_none() && !findings.protected => {
                    dated.push(DateColumn { name, days: dates.sorted, optional: profile.missing > 0 });
                }
                (None, shape) => found.add(name, Profile { shape, ..profile }, &findings, permit),
            }
        }
    }
    if !flagged.is_empty() {
        return Err(LearnError::Personal { columns: flagged });
    }
    let row_date = row_date.and_then(|name| table.column(name)).map(|column| table.names()[column].as_str());
    found.add_dates(dated, row_date);
    found.inputs.sort_by_key(|input| table.column(&input.name));
    Ok(found)
}

struct DateColumn<'a> {
    name: &'a str,
    /// Rising, at least one.
    days: Vec<Date>,
    optional: bool,
}

impl Inferred {
    fn add(&mut self, name: &str, profile: Profile, findings: &Findings, permit: &Permit) {
        let optional = profile.missing > 0;
        let (kind, typical) = match profile.shape {
            _ if findings.identifier => return self.note(name, "left out: it names or numbers the rows"),
            Shape::Empty => return self.note(name, "left out: it has no value"),
            Shape::Constant(value) => return self.note(name, &format!("left out: its only value is {value:?}")),
            Shape::Text => {
                let distinct = profile.distinct;
                return self.note(
                    name,
                    &format!("left out: {distinct} different texts; at most {MOST_LEVELS} levels make a category"),
                );
            }
            Shape::Date(_) => return self.note(name, "left out: a date that is protected or knows the outcome"),
            Shape::Number(numbers) => number(&numbers),
            Shape::Category(levels) => category(&levels),
        };
        let (named, all) = match permit {
            Permit::All => (false, true),
            Permit::Named(names) => (names.iter().any(|permitted| permitted == name), false),
        };
        let protected = findings.protected;
        let suspicion = findings.leak.as_ref().map(ToString::to_string);
        // A leak is kept only by its own name: no comparison is like with like when one side knows the outcome.
        let audit_only = !named && (protected && !all || suspicion.is_some());
        if audit_only {
            let why = suspicion.unwrap_or_else(|| "it says a protected attribute".to_owned());
            self.note(name, &format!("set aside as audit-only: {why}"));
        } else if protected || suspicion.is_some() {
            self.permitted_by_request.push(name.to_owned());
            let what = suspicion.unwrap_or_else(|| "it is a protected attribute".to_owned());
            self.note(name, &format!("kept by request, for benchmarks only: {what}"));
        }
        self.inputs.push(Input {
            permitted: if audit_only { Permitted::AuditOnly } else { Permitted::Model },
            personal: if protected { Personal::Protected } else { Personal::None },
            ..input(name, kind, typical, optional || audit_only)
        });
        if !audit_only {
            self.features.push(feature(name));
        }
    }

    /// Dates become inputs, and features as months before the day of the row, where there is such a day.
    fn add_dates(&mut self, dated: Vec<DateColumn<'_>>, row_date: Option<&str>) {
        let is_of_row = |date: &&DateColumn<'_>| row_date.map_or(is_row_date(date.name), |name| name == date.name);
        let of_row = dated.iter().find(is_of_row).map(|date| date.name);
        let said = dated.iter().filter(|date| of_row.is_none_or(|name| name == date.name));
        self.latest = said.filter_map(|date| date.days.last().copied()).max();
        for date in &dated {
            match of_row {
                None => self.note(date.name, "left out: a date, and no column is the day of the row"),
                Some(row) if row == date.name && dated.len() == 1 => {
                    self.note(row, "left out: a date; it only says how recent the data is");
                }
                Some(row) => {
                    let middle = date.days[date.days.len() / 2].to_string();
                    self.inputs.push(input(date.name, InputKind::Date, FormValue::Text(middle), date.optional));
                    if row == date.name {
                        self.note(row, "the day of the row; the other dates are read as months before it");
                    } else {
                        let from = Expr::MonthsBetween(date.name.to_owned(), row.to_owned());
                        let name = format!("months_since_{}", date.name);
                        self.features.push(Feature { from, family: date.name.to_owned(), ..feature(&name) });
                    }
                }
            }
        }
    }

    fn note(&mut self, name: &str, what: &str) {
        self.notes.push(format!("{name}: {what}"));
    }
}

/// An input that a model may read and nobody can change.
pub(crate) fn input(name: &str, kind: InputKind, typical: FormValue, optional: bool) -> Input {
    Input {
        name: name.to_owned(),
        label: label(name),
        unit: if matches!(kind, InputKind::Number { .. }) { unit(name).to_owned() } else { String::new() },
        kind,
        optional,
        permitted: Permitted::Model,
        personal: Personal::None,
        role: None,
        action: Action::IMMUTABLE,
        typical,
    }
}

/// A feature that is an input, free in direction and a family of its own.
pub(crate) fn feature(name: &str) -> Feature {
    Feature {
        name: name.to_owned(),
        label: label(name),
        from: Expr::Input(name.to_owned()),
        direction: Direction::Free,
        family: name.to_owned(),
        levels: Vec::new(),
        range: None,
        median: None,
    }
}

/// The type and a typical value of numbers.
pub(crate) fn number(numbers: &Numbers) -> (InputKind, FormValue) {
    let step = slider_step(numbers.quantile(0.999) - numbers.quantile(0.001), numbers.whole);
    (InputKind::Number { min: None, max: None, step, whole: numbers.whole }, FormValue::Number(numbers.median()))
}

/// About a hundredth of the range, as 1, 2 or 5 times a power of ten; whole numbers move by at least 1.
fn slider_step(range: f64, whole: bool) -> f64 {
    let wanted = range / 100.0;
    if !(wanted > 0.0 && wanted.is_finite()) {
        return 1.0;
    }
    let mut step = 1.0;
    let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
    if wanted >= 1.0 {
        while step * 2.0 <= wanted {
            step *= factors.next().unwrap_or(2.0);
        }
    } else if !whole {
        while step > wanted && step > 1e-12 {
            step /= factors.next().unwrap_or(2.0);
        }
        // Division leaves dust behind the last digit; the decimal of few digits is the step.
        step = format!("{step:.0e}").parse().unwrap_or(step);
    }
    step
}

/// The type and the most frequent of levels.
pub(crate) fn category(levels: &BTreeMap<String, u64>) -> (InputKind, FormValue) {
    let most = levels.values().max().copied().unwrap_or_default();
    let typical = levels
        .iter()
        .find(|(_, count)| **count == most)
        .map_or(FormValue::Missing, |(name, _)| FormValue::Text(name.clone()));
    let level = |name: &String| Level { name: name.clone(), label: level_label(name) };
    (InputKind::Category { levels: levels.keys().map(level).collect() }, typical)
}

/// Levels that are words get a capital; codes and sentences stay as they are.
fn level_label(name: &str) -> String {
    let is_word =
        name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') && name.chars().any(char::is_lowercase);
    if is_word { label(name) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(csv: &str, permit: &Permit) -> Inferred {
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        let bad = vec![false; table.n_rows()];
        infer(&table, "bad", &bad, &["dropped".to_owned()], permit, None).expect("no personal data")
    }

    const CSV: &str = "ID,amount,rate,housing,AGE,when,dropped,same,comment,bad\n\
        7,1000,0.5,own,30,2024-01-31 10:00,1,x,a1,0\n\
        9,2500,NA,rent,41,2024-02-01 11:00,2,x,b2,1\n\
        8,1000,0.75,own,52,2023-02-01 12:00,3,x,c3,0\n";

    #[test]
    fn each_column_is_read_for_what_it_is() {
        let found = inferred(CSV, &Permit::Named(Vec::new()));
        let names: Vec<&str> = found.inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["amount", "rate", "housing", "AGE", "comment"]);
        assert_eq!(found.inputs[0].kind, InputKind::Number { min: None, max: None, step: 10.0, whole: true });
        assert!(found.inputs[1].optional && matches!(found.inputs[1].kind, InputKind::Number { whole: false, .. }));
        assert_eq!(found.inputs[2].typical, FormValue::Text("own".to_owned()));
        assert_eq!(found.inputs[3].permitted, Permitted::AuditOnly);
        assert_eq!(found.features.len(), 4);
        assert_eq!(found.latest, "2024-02-01".parse().ok());
        assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
    }

    #[test]
    fn a_protected_column_is_kept_by_request_only_and_recorded() {
        let found = inferred(CSV, &Permit::Named(vec!["AGE".to_owned()]));
        assert_eq!(found.permitted_by_request, ["AGE"]);
        assert_eq!(found.features.len(), 5);
    }

    #[test]
    fn dates_become_months_before_the_day_of_the_row() {
        let csv = "opened,applied,amount,bad\n2020-01-31,2024-02-01 10:00,5,0\n,2024-03-01 11:00,6,1\n\
            2022-01-31,2023-12-31 12:00,7,0\n";
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        let run = |row_date| {
            infer(&table, "bad", &[false, true, false], &[], &Permit::All, row_date).expect("no personal data")
        };
        let found = run(None);
        let names: Vec<&str> = found.inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["opened", "applied", "amount"]);
        let months = Expr::MonthsBetween("opened".to_owned(), "applied".to_owned());
        assert!(found.features.iter().any(|feature| feature.name == "months_since_opened" && feature.from == months));
        assert_eq!((found.features.len(), found.latest), (2, "2024-03-01".parse().ok()));
        assert_eq!(run(Some("opened")).latest, "2022-01-31".parse().ok());
    }

    #[test]
    fn personal_data_stops_until_it_is_dropped_and_is_not_repeated() {
        let csv = "amount,contact,bad\n1,ann@example.org,0\n2,bob@example.org,1\n3,,0\n";
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        let run = |drop: &[String]| infer(&table, "bad", &[false, true, false], drop, &Permit::All, None);
        let error = run(&[]).expect_err("personal data").to_string();
        assert!(error.contains("contact") && error.contains("2 cells") && !error.contains('@'), "{error}");
        assert_eq!(run(&["contact".to_owned()]).expect("dropped").inputs.len(), 1);
    }

    #[test]
    fn slider_steps_are_round() {
        for (range, whole, step) in
            [(9000.0, true, 50.0), (30.0, true, 1.0), (0.4, false, 0.002), (1e6, false, 10_000.0), (0.0, false, 1.0)]
        {
            assert_eq!(slider_step(range, whole), step, "{range}");
        }
    }
}

//! A schema from a table alone: types, levels, ranges of sliders; what is set aside, and why.

use crate::names::{label, unit};
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
/// # Errors
/// [`LearnError::Personal`] names every column of personal data that is not dropped.
pub fn infer(
    table: &Table,
    target: &str,
    bad: &[bool],
    drop: &[String],
    permit: &Permit,
) -> Result<Inferred, LearnError> {
    let mut found = Inferred {
        inputs: Vec::new(),
        features: Vec::new(),
        notes: Vec::new(),
        permitted_by_request: Vec::new(),
        latest: None,
    };
    let mut flagged = Vec::new();
    let target = table.column(target);
    for (column, name) in table.names().iter().enumerate() {
        if Some(column) != target && !drop.contains(name) {
            let profile = Profile::of(table, column);
            let findings = Findings::of(table, column, &profile, Some(bad));
            match findings.personal {
                Some(data) => flagged.push(Flagged { column: name_of(table, column), data }),
                None => found.add(name, profile, &findings, permit),
            }
        }
    }
    if flagged.is_empty() { Ok(found) } else { Err(LearnError::Personal { columns: flagged }) }
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
            Shape::Date(dates) => {
                self.latest = self.latest.max(dates.sorted.last().copied());
                return self.note(name, "left out: a date; it only says how recent the data is");
            }
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
        infer(&table, "bad", &bad, &["dropped".to_owned()], permit).expect("no personal data")
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
    fn personal_data_stops_until_it_is_dropped_and_is_not_repeated() {
        let csv = "amount,contact,bad\n1,ann@example.org,0\n2,bob@example.org,1\n3,,0\n";
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        let run = |drop: &[String]| infer(&table, "bad", &[false, true, false], drop, &Permit::All);
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

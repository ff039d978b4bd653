//! A schema from a table alone: types, levels, ranges of sliders; what is set aside, and why.

use crate::names::{is_identifier, is_protected, label};
use crate::plan::Permit;
use std::collections::BTreeMap;
use underglass_engine::application::{Action, FormValue, Input, InputKind, Level, Permitted, Personal};
use underglass_engine::features::{Direction, Expr, Feature};
use underglass_engine::table::Table;
use underglass_engine::units::Date;

/// The most levels of an inferred category.
pub const MOST_LEVELS: usize = 60;

/// What was made of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Fields of an application, in the table's order.
    pub inputs: Vec<Input>,
    /// One feature for each input that the model may read, free in direction and a family of its own.
    pub features: Vec<Feature>,
    /// What a person should know, one sentence a column.
    pub notes: Vec<String>,
    /// Protected columns that were kept by request.
    pub permitted_by_request: Vec<String>,
    /// The latest date in a column of dates.
    pub latest: Option<Date>,
}

/// What the cells of a column look like.
enum Shape {
    Empty,
    Constant(String),
    Number(Numbers),
    Category(BTreeMap<String, u64>),
    Date(Date),
    Text { distinct: usize },
}

struct Numbers {
    /// Finite values, rising.
    sorted: Vec<f64>,
    whole: bool,
    distinct: usize,
    counts_up: bool,
}

/// Infers inputs and features from every column but the target and those to drop.
pub fn infer(table: &Table, target: &str, drop: &[String], permit: &Permit) -> Inferred {
    let mut found = Inferred {
        inputs: Vec::new(),
        features: Vec::new(),
        notes: Vec::new(),
        permitted_by_request: Vec::new(),
        latest: None,
    };
    for (column, name) in table.names().iter().enumerate() {
        if name != target && !drop.contains(name) {
            let shape = shape(table, column);
            found.add(name, shape, table.cells(column).any(str::is_empty), table.n_rows(), permit);
        }
    }
    found
}

impl Inferred {
    fn add(&mut self, name: &str, shape: Shape, optional: bool, n_rows: usize, permit: &Permit) {
        let protected = is_protected(name);
        let kept = match permit {
            Permit::All => true,
            Permit::Named(names) => names.iter().any(|permitted| permitted == name),
        };
        let identifies = match &shape {
            Shape::Number(numbers) => {
                let unique = numbers.whole && numbers.distinct == n_rows && n_rows > 1;
                unique && is_identifier(name) || numbers.counts_up && unique && name.starts_with("column_")
            }
            Shape::Text { distinct } => *distinct == n_rows || is_identifier(name),
            _ => false,
        };
        let (kind, typical) = match shape {
            _ if identifies => return self.note(name, "left out: it names or numbers the rows"),
            Shape::Empty => return self.note(name, "left out: it has no value"),
            Shape::Constant(value) => return self.note(name, &format!("left out: its only value is {value:?}")),
            Shape::Text { distinct } => {
                return self.note(
                    name,
                    &format!("left out: {distinct} different texts; at most {MOST_LEVELS} levels make a category"),
                );
            }
            Shape::Date(latest) => {
                self.latest = self.latest.max(Some(latest));
                return self.note(name, "left out: a date; it only says how recent the data is");
            }
            Shape::Number(numbers) => numbers.kind(),
            Shape::Category(levels) => category(&levels),
        };
        let audit_only = protected && !kept;
        if audit_only {
            self.note(name, "set aside as audit-only: its name says that it is a protected attribute");
        } else if protected {
            self.permitted_by_request.push(name.to_owned());
            self.note(name, "kept by request although it is a protected attribute: for benchmarks only");
        }
        self.inputs.push(Input {
            name: name.to_owned(),
            label: label(name),
            unit: String::new(),
            kind,
            optional: optional || audit_only,
            permitted: if audit_only { Permitted::AuditOnly } else { Permitted::Model },
            personal: if protected { Personal::Protected } else { Personal::None },
            role: None,
            action: Action::IMMUTABLE,
            typical,
        });
        if !audit_only {
            self.features.push(feature(name));
        }
    }

    fn note(&mut self, name: &str, what: &str) {
        self.notes.push(format!("{name}: {what}"));
    }
}

fn feature(name: &str) -> Feature {
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

fn shape(table: &Table, column: usize) -> Shape {
    let there = || table.cells(column).filter(|cell| !cell.is_empty());
    let Some(first) = there().next() else { return Shape::Empty };
    if there().all(|cell| cell == first) {
        return Shape::Constant(first.to_owned());
    }
    let n_there = there().count();
    let n_numbers = there().filter(|cell| cell.parse::<f64>().is_ok()).count();
    if n_numbers < n_there {
        if let Some(latest) = latest_date(there()) {
            return Shape::Date(latest);
        }
        let (levels, distinct) = levels(there());
        // Mostly numbers with hardly a value twice is a column of numbers with malformed cells: the check will name them.
        let broken_numbers = 2 * n_numbers >= n_there && distinct > MOST_LEVELS.min(n_there / 4);
        if !broken_numbers {
            return if distinct <= MOST_LEVELS { Shape::Category(levels) } else { Shape::Text { distinct } };
        }
    }
    Shape::Number(numbers(there()))
}

fn numbers<'a>(cells: impl Iterator<Item = &'a str>) -> Numbers {
    let values: Vec<f64> = cells.filter_map(|cell| cell.parse().ok()).filter(|value: &f64| value.is_finite()).collect();
    let counts_up = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    let mut sorted = values;
    sorted.sort_unstable_by(f64::total_cmp);
    let distinct = usize::from(!sorted.is_empty()) + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    Numbers { whole: sorted.iter().all(|value| value.fract() == 0.0), sorted, distinct, counts_up }
}

impl Numbers {
    fn kind(&self) -> (InputKind, FormValue) {
        let last = (self.sorted.len().max(1) - 1) as f64;
        let at = |place: f64| self.sorted.get(place as usize).copied().unwrap_or(0.0);
        let step = slider_step(at((0.999 * last).ceil()) - at(0.001 * last), self.whole);
        (InputKind::Number { min: None, max: None, step, whole: self.whole }, FormValue::Number(at(0.5 * last)))
    }
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

fn levels<'a>(cells: impl Iterator<Item = &'a str>) -> (BTreeMap<String, u64>, usize) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    cells.for_each(|cell| *counts.entry(cell).or_default() += 1);
    let distinct = counts.len();
    (counts.into_iter().take(MOST_LEVELS).map(|(level, count)| (level.to_owned(), count)).collect(), distinct)
}

fn category(levels: &BTreeMap<String, u64>) -> (InputKind, FormValue) {
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

/// The latest date if every cell is one, with or without a time of day behind it.
fn latest_date<'a>(mut cells: impl Iterator<Item = &'a str>) -> Option<Date> {
    cells.try_fold(Date::EPOCH, |latest, cell| {
        let (day, rest) = cell.split_at_checked(10)?;
        let is_time = rest.is_empty() || rest.starts_with([' ', 'T']);
        day.parse::<Date>().ok().filter(|_| is_time).map(|date| date.max(latest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(csv: &str, permit: &Permit) -> Inferred {
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        infer(&table, "bad", &["dropped".to_owned()], permit)
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
    fn slider_steps_are_round() {
        for (range, whole, step) in
            [(9000.0, true, 50.0), (30.0, true, 1.0), (0.4, false, 0.002), (1e6, false, 10_000.0), (0.0, false, 1.0)]
        {
            assert_eq!(slider_step(range, whole), step, "{range}");
        }
    }
}

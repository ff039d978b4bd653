//! How worlds write their fields and features down.

use crate::application::{Action, Actionability, FormValue, Input, InputKind, Level, Permitted, Personal};
use crate::features::{Direction, Expr, Feature};

/// A level of a category, with the log-odds that it adds in the truth.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) effect: f64,
}

pub(super) const fn choice(name: &'static str, label: &'static str, effect: f64) -> Choice {
    Choice { name, label, effect }
}

pub(super) fn number(name: &str, label: &str, unit: &str, min: f64, max: f64, step: f64, typical: f64) -> Input {
    Input {
        name: name.to_owned(),
        label: label.to_owned(),
        unit: unit.to_owned(),
        kind: InputKind::Number { min: Some(min), max: Some(max), step, whole: false },
        optional: false,
        permitted: Permitted::Model,
        personal: Personal::None,
        role: None,
        action: Action::IMMUTABLE,
        typical: FormValue::Number(typical),
    }
}

pub(super) fn count(name: &str, label: &str, unit: &str, min: f64, max: f64, typical: f64) -> Input {
    Input {
        kind: InputKind::Number { min: Some(min), max: Some(max), step: 1.0, whole: true },
        ..number(name, label, unit, min, max, 1.0, typical)
    }
}

pub(super) fn category(name: &str, label: &str, levels: Vec<Level>, typical: &str) -> Input {
    Input {
        kind: InputKind::Category { levels },
        typical: FormValue::Text(typical.to_owned()),
        ..number(name, label, "", 0.0, 0.0, 1.0, 0.0)
    }
}

/// A field that only fairness measurement reads.
pub(super) fn audit_only(input: Input) -> Input {
    Input { permitted: Permitted::AuditOnly, personal: Personal::Protected, optional: true, ..input }
}

pub(super) fn of_person(input: Input) -> Input {
    Input { personal: Personal::Attribute, ..input }
}

/// Cost is effort: 1 is about a hundred dollars of cash today.
pub(super) fn can(direction: Actionability, step: f64, cost_per_step: f64) -> Action {
    Action { direction, step, cost_per_step }
}

pub(super) fn levels(choices: &[Choice]) -> Vec<Level> {
    choices.iter().map(|choice| Level { name: choice.name.to_owned(), label: choice.label.to_owned() }).collect()
}

pub(super) fn input(name: &str) -> Expr {
    Expr::Input(name.to_owned())
}

pub(super) fn direct(name: &str, label: &str, direction: Direction, family: &str) -> Feature {
    feature(name, label, input(name), direction, family)
}

pub(super) fn feature(name: &str, label: &str, from: Expr, direction: Direction, family: &str) -> Feature {
    Feature {
        name: name.to_owned(),
        label: label.to_owned(),
        from,
        direction,
        family: family.to_owned(),
        levels: Vec::new(),
        range: None,
        median: None,
    }
}

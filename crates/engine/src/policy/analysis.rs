//! What is wrong with a policy although each part of it makes sense: scores without a price, rules that never fire, rules
//! that never decide.
//!
//! A condition changes its answer only at the values that it names, so that one value on each side of every such value stands for
//! all: conditions are tried on each combination of them.

use super::{Condition, Observed, Op, Operand, Policy, Rule, Test};
use crate::application::InputKind;
use crate::features::Schema;
use crate::units::{Date, Points};

/// Comparisons that are made for a whole policy; what would take more is taken as it is.
const MOST: usize = 200_000;

/// Something that its author cannot have meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Scores that may be approved or reviewed, and no price tier for them.
    #[error("scores from {from} to {to} are approved or reviewed and have no price tier")]
    TierGap {
        /// The lowest.
        from: i16,
        /// The highest.
        to: i16,
    },
    /// The last day in effect comes before the first.
    #[error("rule {rule:?} is in effect from {from} to {to}, which is no day")]
    NoDay {
        /// The rule.
        rule: String,
        /// The first day.
        from: Date,
        /// The last.
        to: Date,
    },
    /// No application fires the rule.
    #[error("rule {0:?} can never fire: it contradicts itself or the limits of what it reads")]
    Never(String),
    /// A more severe rule fires wherever this one does.
    #[error("rule {rule:?} never decides: wherever it fires, {by:?} fires too and is more severe")]
    Overruled {
        /// The rule.
        rule: String,
        /// The more severe one.
        by: String,
    },
}

/// All that is found, in the order of the rules.
pub(super) fn findings(policy: &Policy, schema: &Schema) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(worst) = policy.tiers.last().filter(|worst| worst.min > policy.bands.review) {
        found.push(Finding::TierGap { from: policy.bands.review.value(), to: worst.min.value() - 1 });
    }
    let mut left = MOST;
    for rule in &policy.rules {
        if let (Some(from), Some(to)) = (rule.from, rule.to)
            && from > to
        {
            found.push(Finding::NoDay { rule: rule.id.clone(), from, to });
        } else if fires(&rule.when, None, schema, &mut left) == Some(false) {
            found.push(Finding::Never(rule.id.clone()));
        } else {
            let overrules = |by: &&Rule| {
                by.severity > rule.severity
                    && by.from.is_none_or(|from| rule.from >= Some(from))
                    && by.to.is_none_or(|last| rule.to.is_some_and(|to| to <= last))
                    && fires(&rule.when, Some(&by.when), schema, &mut left) == Some(false)
            };
            let by = policy.rules.iter().find(overrules);
            found.extend(by.map(|by| Finding::Overruled { rule: rule.id.clone(), by: by.id.clone() }));
        }
    }
    found
}

/// Whether a condition holds somewhere where another does not; `None` when that would take more comparisons than are
/// `left`.
fn fires(when: &Condition, other: Option<&Condition>, schema: &Schema, left: &mut usize) -> Option<bool> {
    let mut tests = Vec::new();
    when.add_tests(&mut tests);
    let n_own = tests.len();
    if let Some(other) = other {
        other.add_tests(&mut tests);
        let (own, others) = tests.split_at(n_own);
        if !own.iter().any(|test| others.iter().any(|other| other.field == test.field)) {
            // They have nothing to do with each other.
            return None;
        }
    }
    let mut fields: Vec<&str> = Vec::new();
    for test in &tests {
        if !fields.contains(&test.field.as_str()) {
            fields.push(&test.field);
        }
    }
    let values: Vec<Vec<Option<Observed>>> = fields.iter().map(|field| cells(field, &tests, schema)).collect();
    let mut combinations = 1_usize;
    for values in &values {
        combinations = combinations.checked_mul(values.len())?;
    }
    *left = left.checked_sub(combinations.checked_mul(tests.len().max(1))?)?;
    for combination in 0..combinations {
        let answer = |test: &Test| {
            let mut index = combination;
            for (known, values) in fields.iter().zip(&values) {
                if *known == test.field {
                    return test.holds(values[index % values.len()].clone()?);
                }
                index /= values.len();
            }
            None
        };
        if when.holds(&answer) == Some(true) && other.is_none_or(|other| other.holds(&answer) != Some(true)) {
            return Some(true);
        }
    }
    Some(false)
}

/// One value of each kind that the tests of a field tell apart, within its limits; `None` for a stage that is not reached.
fn cells(field: &str, tests: &[&Test], schema: &Schema) -> Vec<Option<Observed>> {
    let (space, name) = field.split_once('.').unwrap_or((field, ""));
    let input = (space == "input").then(|| schema.input_index(name)).flatten().map(|index| &schema.inputs()[index]);
    let (low, high) = match (input.map(|input| &input.kind), name) {
        (Some(InputKind::Number { min, max, .. }), _) => (*min, *max),
        (None, "points") => (Some(f64::from(Points::MIN.value())), Some(f64::from(Points::MAX.value()))),
        (None, "pd") => (Some(0.0), Some(1.0)),
        _ => (None, None),
    };
    let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
    let mut cells = Vec::new();
    let mut number = |value: f64| {
        if low <= value && value <= high {
            cells.push(Some(Observed::Number(value)));
        }
    };
    let mut texts = Vec::new();
    for test in tests.iter().filter(|test| test.field == field) {
        match &test.value {
            Some(Operand::Number(mark)) => [mark.next_down(), *mark, mark.next_up()].into_iter().for_each(&mut number),
            Some(Operand::Text(text)) => texts.push(text),
            Some(Operand::Texts(list)) => texts.extend(list),
            None => {}
        }
    }
    let is_text = matches!(input.map(|input| &input.kind), Some(InputKind::Category { .. } | InputKind::Date));
    if !is_text {
        [low, high].into_iter().for_each(&mut number);
    }
    // Days compare as texts: between a day and the next stands the day with a mark behind it. As a level that is one which no
    // test names, and so is none at all; applications may have levels that the schema does not list.
    for text in texts {
        cells.push(Some(Observed::Text(text.clone())));
        cells.push(Some(Observed::Text(text.clone() + "!")));
    }
    if is_text {
        cells.push(Some(Observed::Text(String::new())));
    }
    if tests.iter().any(|test| test.op == Op::Missing) || input.is_none_or(|input| input.optional) {
        cells.push(Some(Observed::Missing));
    }
    if space == "score" || space == "price" {
        cells.push(None);
    }
    cells
}

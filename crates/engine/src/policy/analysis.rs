//! What is wrong with a policy although each part of it makes sense: scores without a price, rules that never fire, rules
//! that never decide.
//!
//! A condition changes its answer only at the values that it names, so that one value on each side of every such value stands for
//! all: conditions are tried on each combination of them.

use super::{Condition, Observed, Op, Operand, Policy, PolicyError, Rule, Test};
use crate::application::InputKind;
use crate::features::Schema;
use crate::units::Points;
use std::collections::BTreeMap;

/// Comparisons that are made for a whole policy; what would take more is taken as it is.
const MOST: usize = 200_000;

/// # Errors
/// [`PolicyError`] names the first thing that is wrong.
pub(super) fn check(policy: &Policy, schema: &Schema) -> Result<(), PolicyError> {
    if let Some(worst) = policy.tiers.last().filter(|worst| worst.min > policy.bands.review) {
        return Err(PolicyError::TierGap { from: policy.bands.review.value(), to: worst.min.value() - 1 });
    }
    let mut left = MOST;
    for rule in &policy.rules {
        if let (Some(from), Some(to)) = (rule.from, rule.to)
            && from > to
        {
            return Err(PolicyError::NoDay { rule: rule.id.clone(), from, to });
        }
        let fires = |answers: &[Option<bool>]| answers[0] == Some(true);
        if any(&[&rule.when], schema, &mut left, fires) == Some(false) {
            return Err(PolicyError::Never(rule.id.clone()));
        }
        let covers = |by: &&Rule| by.from.is_none_or(|from| rule.from >= Some(from)) && lasts_as_long(by, rule);
        let more_severe = policy.rules.iter().filter(|by| by.severity > rule.severity).filter(covers);
        for by in more_severe.filter(|by| share_a_field(&rule.when, &by.when)) {
            let decides = |answers: &[Option<bool>]| answers[0] == Some(true) && answers[1] != Some(true);
            if any(&[&rule.when, &by.when], schema, &mut left, decides) == Some(false) {
                return Err(PolicyError::Overruled { rule: rule.id.clone(), by: by.id.clone() });
            }
        }
    }
    Ok(())
}

fn lasts_as_long(by: &Rule, rule: &Rule) -> bool {
    by.to.is_none_or(|last| rule.to.is_some_and(|to| to <= last))
}

/// Others have nothing to do with each other.
fn share_a_field(a: &Condition, b: &Condition) -> bool {
    let fields = b.tests();
    a.tests().iter().any(|test| fields.iter().any(|other| other.field == test.field))
}

/// Whether the conditions answer somewhere as `wanted`; `None` when that would take more comparisons than are `left`.
fn any(
    conditions: &[&Condition],
    schema: &Schema,
    left: &mut usize,
    wanted: impl Fn(&[Option<bool>]) -> bool,
) -> Option<bool> {
    let mut tests: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in conditions.iter().flat_map(|condition| condition.tests()) {
        tests.entry(&test.field).or_default().push(test);
    }
    let values: Vec<Vec<Option<Observed>>> = tests.iter().map(|(field, tests)| cells(field, tests, schema)).collect();
    let combinations = values.iter().try_fold(1_usize, |product, values| product.checked_mul(values.len()))?;
    let n_tests: usize = tests.values().map(Vec::len).sum();
    *left = left.checked_sub(combinations.checked_mul(n_tests.max(1))?)?;
    let fields: Vec<&str> = tests.keys().copied().collect();
    Some((0..combinations).any(|mut index| {
        let chosen: Vec<&Option<Observed>> = values
            .iter()
            .map(|values| {
                let value = &values[index % values.len()];
                index /= values.len();
                value
            })
            .collect();
        let observe = |field: &str| chosen[fields.binary_search(&field).ok()?].clone();
        let answers: Vec<Option<bool>> = conditions.iter().map(|condition| condition.holds(&observe)).collect();
        wanted(&answers)
    }))
}

/// One value of each kind that tests tell apart, within the field's limits; `None` for a stage that is not reached.
fn cells(field: &str, tests: &[&Test], schema: &Schema) -> Vec<Option<Observed>> {
    let named = tests.iter().filter_map(|test| test.value.as_ref());
    let numbers = |low: f64, high: f64| -> Vec<Option<Observed>> {
        let marks =
            named.clone().filter_map(|value| if let Operand::Number(number) = value { Some(*number) } else { None });
        let around = marks.flat_map(|mark| [mark.next_down(), mark, mark.next_up()]);
        let within = around.chain([low, high]).filter(|value| (low..=high).contains(value));
        within.map(|value| Some(Observed::Number(value))).collect()
    };
    let (space, name) = field.split_once('.').unwrap_or((field, ""));
    let input = (space == "input").then(|| schema.input_index(name)).flatten().map(|index| &schema.inputs()[index]);
    let mut cells = match (input.map(|input| &input.kind), name) {
        (Some(InputKind::Number { min, max, .. }), _) => {
            numbers(min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY))
        }
        // Applications may have levels that the schema does not list.
        (Some(InputKind::Category { levels }), _) => {
            let listed = levels.iter().map(|level| level.name.clone());
            let texts = named.clone().flat_map(|value| match value {
                Operand::Text(text) => vec![text.clone()],
                Operand::Texts(texts) => texts.clone(),
                Operand::Number(_) => Vec::new(),
            });
            listed.chain(texts).chain([String::new()]).map(|text| Some(Observed::Text(text))).collect()
        }
        (Some(InputKind::Date), _) => {
            // Days compare as texts; between a day and the next stands the day with a mark behind it.
            let days = named.clone().filter_map(|value| if let Operand::Text(day) = value { Some(day) } else { None });
            let around = days.flat_map(|day| [day.clone(), format!("{day}!")]);
            around.chain([String::new()]).map(|day| Some(Observed::Text(day))).collect()
        }
        (None, "points") if space == "score" => numbers(f64::from(Points::MIN.value()), f64::from(Points::MAX.value())),
        (None, "pd") if space == "score" => numbers(0.0, 1.0),
        (None, _) => numbers(f64::NEG_INFINITY, f64::INFINITY),
    };
    if tests.iter().any(|test| test.op == Op::Missing) || input.is_none_or(|input| input.optional) {
        cells.push(Some(Observed::Missing));
    }
    if space == "score" || space == "price" {
        cells.push(None);
    }
    cells
}

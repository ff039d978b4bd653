//! The form's layout, made from the schema alone: which fields, in which order, on which slider.

use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, FormValue, Input, InputKind, Permitted, Role};
use underglass_engine::features::Expr;

use super::number::on_grid;
use crate::chart::sorted;

/// How many fields stand there before *more*.
const PROMINENT: usize = 9;
/// The most steps of a slider; beyond it a step is coarser than the input's grid.
const MOST_STEPS: f64 = 1_000.0;

/// One field of the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Position in the schema's inputs.
    pub input: usize,
    /// The slider of a number; `None` for a date or a category.
    pub track: Option<Track>,
    /// Whether it stands there before *more*.
    pub prominent: bool,
}

/// A slider's range. Values outside can still be typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// Left end.
    pub low: f64,
    /// Right end.
    pub high: f64,
    /// What one key press moves.
    pub step: f64,
}

/// The fields in the order in which the form shows them. `forms` are the examples: a slider reaches all their values.
///
/// A deal's own fields come first if the schema has any, then those that move this model most.
pub fn layout(engine: &Engine, forms: &[&ApplicationForm]) -> Vec<Field> {
    let inputs = engine.inputs();
    let influence = influence_of_inputs(engine);
    let shown: Vec<usize> =
        (0..inputs.len()).filter(|index| inputs[*index].permitted != Permitted::AuditOnly).collect();
    let has_roles = inputs.iter().any(|input| input.role.is_some());
    let order = sorted(shown.len(), &|a, b| {
        let lever = |at: usize| is_lever(inputs[shown[at]].role);
        lever(b).cmp(&lever(a)).then_with(|| influence[shown[b]].total_cmp(&influence[shown[a]]))
    });
    let mut first: Vec<usize> = order.into_iter().take(PROMINENT).collect();
    if has_roles {
        // A schema with roles was written by hand, and its order is part of it.
        first = (0..shown.len()).filter(|at| first.contains(at)).collect();
    }
    let prominent: Vec<usize> = first.into_iter().map(|at| shown[at]).collect();
    let rest = shown.iter().copied().filter(|index| !prominent.contains(index));
    let field = |input: usize, prominent| Field { input, track: track(engine, &inputs[input], forms), prominent };
    prominent.iter().map(|input| field(*input, true)).chain(rest.map(|input| field(input, false))).collect()
}

fn is_lever(role: Option<Role>) -> bool {
    matches!(
        role,
        Some(
            Role::MonthlyIncome
                | Role::YearlyIncome
                | Role::MonthlyDebt
                | Role::Price
                | Role::DownPayment
                | Role::LoanAmount
                | Role::Term
        )
    )
}

/// A feature's influence is shared by the inputs that it reads: enough to order a form by, and no explanation.
fn influence_of_inputs(engine: &Engine) -> Vec<f64> {
    let schema = engine.model.schema();
    let mut influence = vec![0.0; schema.inputs().len()];
    for (feature, value) in engine.influence().into_iter().enumerate() {
        let read = schema.inputs_of(feature);
        for input in &read {
            influence[*input] += value / read.len() as f64;
        }
    }
    influence
}

fn track(engine: &Engine, input: &Input, forms: &[&ApplicationForm]) -> Option<Track> {
    let InputKind::Number { min, max, step, .. } = input.kind else { return None };
    let numbers = forms.iter().filter_map(|form| number(form.0.get(&input.name)?)).chain(number(&input.typical));
    let numbers: Vec<f64> = numbers.collect();
    let range = engine
        .model
        .schema()
        .features()
        .iter()
        .find(|feature| feature.from == Expr::Input(input.name.clone()))
        .and_then(|feature| feature.range);
    let (low, high) = range.unwrap_or_else(|| without_range(min, max, step, &numbers));
    let (low, high) = numbers.iter().fold((low, high), |(low, high), number| (low.min(*number), high.max(*number)));
    let step = coarser(step, high - low);
    // Quantiles are no round numbers; the slider's ends are whole steps around them.
    let low = on_grid(((low / step).floor() * step).max(min.unwrap_or(f64::NEG_INFINITY)), step);
    let high = on_grid(((high / step).ceil() * step).max(low + step).min(max.unwrap_or(f64::INFINITY)), step);
    (high > low).then_some(Track { low, high, step })
}

/// An input that is not itself a feature has no quantiles: from its smallest value to a few times the usual one.
fn without_range(min: Option<f64>, max: Option<f64>, step: f64, numbers: &[f64]) -> (f64, f64) {
    let usual = numbers.iter().copied().fold(0.0, f64::max);
    let low = min.unwrap_or(0.0).max(-usual);
    let high = (low + 3.0 * (usual - low)).max(low + 20.0 * step);
    (low, max.map_or(high, |max| high.min(max)))
}

/// The step times 1, 2, 5, 10, … so that the slider has at most [`MOST_STEPS`] steps.
fn coarser(step: f64, span: f64) -> f64 {
    let mut coarse = step;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle().take(60) {
        if span / coarse <= MOST_STEPS {
            break;
        }
        coarse *= factor;
    }
    coarse
}

fn number(value: &FormValue) -> Option<f64> {
    match value {
        FormValue::Number(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_has_at_most_a_thousand_steps() {
        assert_eq!(coarser(50.0, 12_000.0), 50.0);
        assert_eq!(coarser(1.0, 800_000.0), 1_000.0);
        assert_eq!(coarser(0.01, 45.0), 0.05);
    }

    #[test]
    fn without_quantiles_the_usual_value_gives_the_range() {
        assert_eq!(without_range(Some(1_000.0), Some(150_000.0), 100.0, &[17_000.0]), (1_000.0, 49_000.0));
        assert_eq!(without_range(Some(12.0), Some(84.0), 3.0, &[66.0]), (12.0, 84.0));
        assert_eq!(without_range(None, None, 1.0, &[0.0]), (0.0, 20.0));
    }
}

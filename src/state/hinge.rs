//! What a decision hinges on: single fields whose change would flip it.

use leptos::prelude::*;
use underglass_engine::application::{Actionability, InputKind};
use underglass_engine::decision::Outcome;
use underglass_engine::paths::Response;

use super::number::on_grid;
use super::{Answer, Case};
use crate::chart::sorted;

/// The most that are listed.
const MOST: usize = 4;

/// A stretch of a field's values with one outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The outcome.
    pub outcome: Outcome,
    /// First value.
    pub from: f64,
    /// Last value.
    pub to: f64,
}

/// One change that flips the decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hinge {
    /// The field, by its input.
    pub input: usize,
    /// The nearest value with the other outcome.
    pub value: f64,
    /// Where the other outcome ends again; `None` when it holds to the end of the slider.
    pub until: Option<f64>,
    /// Whether these values lie above the present one.
    pub is_above: bool,
    /// The other outcome.
    pub outcome: Outcome,
    /// Change as a share of the slider.
    distance: f64,
}

/// From worst to best for the applicant.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Incomplete => 0,
        Outcome::Decline => 1,
        Outcome::Review => 2,
        Outcome::Counteroffer => 3,
        Outcome::Conditional => 4,
        Outcome::Approve => 5,
    }
}

/// A response as stretches of equal outcome, rising by value.
pub fn stretches(response: &Response, step: f64) -> Vec<Stretch> {
    let (Some(first), Some(last)) = (response.curve.first(), response.curve.last()) else { return Vec::new() };
    let mut stretches = vec![Stretch { outcome: first.outcome, from: first.value, to: last.value }];
    for flip in &response.flips {
        if let Some(before) = stretches.last_mut() {
            before.to = on_grid(flip.value - step, step);
        }
        stretches.push(Stretch { outcome: flip.above, from: on_grid(flip.value, step), to: last.value });
    }
    stretches
}

/// Changes of one field each that would flip the decision, the smallest first: toward a better outcome, or away from
/// approval when there is nothing better. Reads every computed curve.
///
/// Toward a better outcome only what an applicant can do counts, where the schema knows it: nobody is told to be a year
/// longer at an employer.
pub fn hinges(case: Case, answer: &Answer) -> Vec<Hinge> {
    let now = rank(answer.decided.decision.outcome());
    let is_best = now == rank(Outcome::Approve);
    let wanted = |outcome| if is_best { rank(outcome) < now } else { rank(outcome) > now };
    let inputs = case.book.engine.inputs();
    let knows_actions = inputs.iter().any(|input| input.action.direction != Actionability::Immutable);
    let mut found: Vec<Hinge> = Vec::new();
    for (index, field) in case.book.fields.iter().enumerate() {
        let input = &inputs[field.input];
        let (InputKind::Number { step, .. }, Some(track)) = (&input.kind, field.track) else { continue };
        let Some(present) = answer.application.number(field.input) else { continue };
        let (up, down) = if is_best || !knows_actions { (true, true) } else { open_directions(input.action.direction) };
        let stretches = case
            .curve(index)
            .with(|curve| curve.as_ref().map(|curve| stretches(&curve.response, *step)).unwrap_or_default());
        let above = stretches.iter().find(|stretch| up && stretch.from > present && wanted(stretch.outcome));
        let below = stretches.iter().rev().find(|stretch| down && stretch.to < present && wanted(stretch.outcome));
        let sides = [
            above.map(|stretch| (stretch.from, stretch.to, stretch.outcome, true)),
            below.map(|stretch| (stretch.to, stretch.from, stretch.outcome, false)),
        ];
        let ends = [stretches.first().map(|stretch| stretch.from), stretches.last().map(|stretch| stretch.to)];
        found.extend(sides.into_iter().flatten().map(|(value, end, outcome, is_above)| {
            let distance = (value - present).abs() / (track.high - track.low);
            let until = (!ends.contains(&Some(end))).then_some(end);
            Hinge { input: field.input, value, until, is_above, outcome, distance }
        }));
    }
    let nearest = sorted(found.len(), &|a, b| found[a].distance.total_cmp(&found[b].distance));
    nearest.into_iter().take(MOST).map(|at| found[at]).collect()
}

fn open_directions(direction: Actionability) -> (bool, bool) {
    match direction {
        Actionability::Immutable => (false, false),
        Actionability::Up => (true, false),
        Actionability::Down => (false, true),
        Actionability::Both => (true, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use underglass_engine::paths::{Flip, ResponsePoint};
    use underglass_engine::units::{Points, Probability};

    #[test]
    fn stretches_meet_at_the_flips() {
        let point = |value, outcome| ResponsePoint {
            value,
            points: Points::MIN,
            pd: Probability::new(0.1).expect("a probability"),
            outcome,
        };
        let response = Response {
            curve: vec![point(0.0, Outcome::Decline), point(100.0, Outcome::Approve)],
            flips: vec![
                Flip { value: 20.0, below: Outcome::Decline, above: Outcome::Review },
                Flip { value: 60.0, below: Outcome::Review, above: Outcome::Approve },
            ],
        };
        let stretch = |outcome, from, to| Stretch { outcome, from, to };
        assert_eq!(
            stretches(&response, 5.0),
            [
                stretch(Outcome::Decline, 0.0, 15.0),
                stretch(Outcome::Review, 20.0, 55.0),
                stretch(Outcome::Approve, 60.0, 100.0)
            ]
        );
    }
}

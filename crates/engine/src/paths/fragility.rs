//! How little a decision hangs on: for each number that was entered, the smallest change that flips the outcome.

use super::approval::steps_to;
use crate::application::{Application, InputKind, Permitted};
use crate::decision::{Engine, Outcome};
use crate::units::Date;
use serde::Serialize;

/// What a decision hangs on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fragility {
    /// The outcome as it stands.
    pub outcome: Outcome,
    /// The smallest changes that flip it, one an input and direction, the nearest first: by share of the input's range, then
    /// in the order of the inputs.
    pub tippings: Vec<Tipping>,
    /// Inputs and directions in which nothing flips it.
    pub firm: Vec<Side>,
}

/// The smallest change of one input in one direction that flips the outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tipping {
    /// The input.
    pub input: String,
    /// What was entered.
    pub from: f64,
    /// The nearest value with another outcome.
    pub to: f64,
    /// The signed change, in the input's unit.
    pub change: f64,
    /// The change as a share of the input's range, or of the steps that are looked at where it has none.
    pub share: f64,
    /// What it flips to.
    pub outcome: Outcome,
}

/// A direction of an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The input.
    pub input: String,
    /// What was entered.
    pub from: f64,
    /// The last value that was looked at: an end of the input's range, or so many steps away where it has none.
    pub to: f64,
}

/// Steps that are looked at in one direction.
const MOST_STEPS: usize = 2_000;

impl Engine {
    /// The smallest change of each number input, up and down, on the input's own steps, that gives another outcome than the
    /// application has. Every value on the way is decided, so nothing nearer flips it. What would make the application
    /// incomplete is no other decision. `None` for what cannot be decided as it stands.
    pub fn fragility(&self, application: &Application, as_of: Date) -> Option<Fragility> {
        let now = self.outcome(application, as_of).0;
        if !self.model.decides() || now == Outcome::Incomplete {
            return None;
        }
        let (mut tippings, mut firm) = (Vec::new(), Vec::new());
        for (index, input) in self.inputs().iter().enumerate() {
            let InputKind::Number { min, max, step, .. } = input.kind else { continue };
            let Some(from) =
                application.number(index).filter(|_| input.permitted != Permitted::AuditOnly && step > 0.0)
            else {
                continue;
            };
            for (step, limit) in [(step, max), (-step, min)] {
                let n_steps = steps_to(from, limit, step).min(MOST_STEPS);
                // Steps such as 0.1 are not doubles.
                let at = |steps: usize| ((from + steps as f64 * step) * 1e6).round() / 1e6;
                let flipped = (1..=n_steps).find_map(|steps| {
                    let outcome = self.outcome(&application.with_number(index, at(steps)), as_of).0;
                    (outcome != now && outcome != Outcome::Incomplete).then(|| (at(steps), outcome))
                });
                let name = input.name.clone();
                match flipped {
                    Some((to, outcome)) => {
                        let range = min.zip(max).map_or(MOST_STEPS as f64 * step.abs(), |(min, max)| max - min);
                        let change = ((to - from) * 1e6).round() / 1e6;
                        let share = (change / range).abs();
                        tippings.push(Tipping { input: name, from, to, change, share, outcome });
                    }
                    None => firm.push(Side { input: name, from, to: at(n_steps) }),
                }
            }
        }
        // A stable sort leaves equal shares in the order of the inputs.
        tippings.sort_by(|a, b| a.share.total_cmp(&b.share));
        Some(Fragility { outcome: now, tippings, firm })
    }
}

//! What would change a decision: the response of one input with everything else held fixed.

use crate::application::{Application, InputKind};
use crate::decision::{Engine, Outcome};
use crate::units::{Date, Points, Probability};

/// The response of one number input.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Points of the curve, rising by value.
    pub curve: Vec<ResponsePoint>,
    /// Where the outcome changes, rising by value.
    pub flips: Vec<Flip>,
}

/// One point of a response curve.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ResponsePoint {
    pub value: f64,
    pub points: Points,
    pub pd: Probability,
    pub outcome: Outcome,
}

/// The first value on the input's grid at which the outcome is another than just below.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Flip {
    pub value: f64,
    pub below: Outcome,
    pub above: Outcome,
}

impl Engine {
    /// Evaluates `cells + 1` evenly spaced values of a number input from `low` to `high`, on the input's grid, and finds
    /// each flip to one step of that grid by bisection between neighbours whose outcomes differ.
    /// Returns `None` for an input that is not a number, or an incomplete application.
    pub fn response(
        &self,
        application: &Application,
        input: usize,
        low: f64,
        high: f64,
        cells: u16,
        as_of: Date,
    ) -> Option<Response> {
        let InputKind::Number { step, .. } = self.inputs()[input].kind else { return None };
        let n_steps = ((high - low) / step).round().max(0.0);
        let at = |grid: f64| low + grid * step;
        let evaluate = |grid: f64| {
            let value = at(grid);
            let (outcome, score) = self.outcome(&application.with_number(input, value), as_of);
            score.map(|(points, pd)| ResponsePoint { value, points, pd, outcome })
        };
        let cells = f64::from(cells.max(1)).min(n_steps.max(1.0));
        let grid: Vec<f64> = (0..=cells as u32).map(|cell| (f64::from(cell) * n_steps / cells).round()).collect();
        let curve: Vec<ResponsePoint> = grid.iter().map(|cell| evaluate(*cell)).collect::<Option<_>>()?;
        let mut flips = Vec::new();
        for (pair, cells) in curve.windows(2).zip(grid.windows(2)) {
            if pair[0].outcome != pair[1].outcome {
                let (mut below, mut above) = (cells[0], cells[1]);
                let mut at_above = pair[1].outcome;
                while above - below > 1.0 {
                    let middle = ((below + above) / 2.0).floor();
                    let outcome = evaluate(middle)?.outcome;
                    if outcome == pair[0].outcome {
                        below = middle;
                    } else {
                        (above, at_above) = (middle, outcome);
                    }
                }
                flips.push(Flip { value: at(above), below: pair[0].outcome, above: at_above });
            }
        }
        Some(Response { curve, flips })
    }
}

//! The nearest deals that the engine approves, over amount, term and down payment alone.
//!
//! Nothing is assumed monotone: a shorter term has a higher payment and may score better. Amount, down payment and the
//! combined change are searched by branch and bound over the steps of the inputs, whose bound never drops an approved deal;
//! terms are few and all decided.

use super::approval::{Axis, PathSearch, steps_to};
use super::search::Certificate;
use crate::application::{Application, InputKind, Role};
use crate::decision::{Change, Engine, Outcome};
use crate::pricing::Offer;
use crate::units::{Date, Points};
use serde::Serialize;

/// Deals that are approved, each nearest in a sense of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Feasible {
    /// The largest amount (or price of what is bought) at the present term and down payment.
    pub largest_amount: Sought,
    /// The least down payment at the present amount and term.
    pub least_down_payment: Sought,
    /// The term whose payments add up to least, at the present amount and down payment; without prices the shortest.
    pub best_term: Sought,
    /// The fewest steps of amount, term and down payment together, each in steps of its own input.
    pub smallest_change: Sought,
}

/// What came of looking for a deal.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sought {
    /// The application has no value in such a role.
    NoInput,
    /// Nothing that was looked for is better.
    Found(Deal),
    /// None of the deals on the inputs' steps is approved: all are proven not to be.
    Impossible {
        /// How many deals that are.
        deals: u64,
    },
    /// The search was stopped.
    Open {
        /// Steps: what is nearer is not approved.
        at_least: f64,
        /// The nearest approved deal so far.
        so_far: Option<Deal>,
    },
}

/// A deal that the engine approves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deal {
    /// What differs from the deal that was asked for; nothing when that is it.
    pub changes: Vec<Change>,
    /// What the engine says: approve or conditional.
    pub outcome: Outcome,
    /// The shown score of this deal.
    pub points: Option<Points>,
    /// Its price; `None` in a book without prices.
    pub offer: Option<Offer>,
}

impl Engine {
    /// Looks for approved deals near an application's. Each search looks at up to `budget` boxes of deals. `None` for what
    /// cannot be decided as it stands.
    pub fn feasible(&self, application: &Application, as_of: Date, budget: usize) -> Option<Feasible> {
        if !self.model.decides() || self.outcome(application, as_of).0 == Outcome::Incomplete {
            return None;
        }
        let asked = Asked { engine: self, application, as_of };
        let amount = asked.tracks(&[Role::LoanAmount, Role::Price]).next();
        let down_payment = asked.tracks(&[Role::DownPayment]).next();
        let term = asked.tracks(&[Role::Term]).next();
        let from_end =
            |track: Option<Track>, end: f64| track.map_or(Sought::NoInput, |track| asked.from(&track, end, budget));
        let all: Vec<Track> = [amount, term, down_payment].into_iter().flatten().collect();
        Some(Feasible {
            largest_amount: from_end(amount, 1.0),
            least_down_payment: from_end(down_payment, -1.0),
            best_term: term.map_or(Sought::NoInput, |term| asked.best(&term)),
            smallest_change: if all.is_empty() { Sought::NoInput } else { asked.nearest(&all, budget) },
        })
    }
}

/// One input's values on its own steps, counted from the present one.
#[derive(Clone, Copy)]
struct Track {
    input: usize,
    value: f64,
    step: f64,
    up: usize,
    down: usize,
}

impl Track {
    fn places(&self) -> u64 {
        (self.up + self.down + 1) as u64
    }

    /// The value so many steps from the present one.
    fn at(&self, steps: f64) -> f64 {
        // Steps such as 0.1 are not doubles.
        ((self.value + steps * self.step) * 1e6).round() / 1e6
    }
}

struct Asked<'a> {
    engine: &'a Engine,
    application: &'a Application,
    as_of: Date,
}

impl Asked<'_> {
    /// The tracks of the first input in each of these roles, in the order of the roles.
    fn tracks<'b>(&'b self, roles: &'b [Role]) -> impl Iterator<Item = Track> + 'b {
        roles.iter().filter_map(|role| {
            let listed = self.engine.inputs().iter().enumerate();
            let (input, kind) = listed
                .filter(|(_, input)| input.role == Some(*role))
                .map(|(index, input)| (index, &input.kind))
                .next()?;
            let InputKind::Number { min, max, step, .. } = *kind else { return None };
            let value = self.application.number(input)?;
            (step > 0.0).then(|| Track {
                input,
                value,
                step,
                up: steps_to(value, max, step),
                down: steps_to(value, min, step),
            })
        })
    }

    /// The approved value that is nearest to the upper (+1) or lower (−1) end of a track.
    fn from(&self, track: &Track, end: f64, budget: usize) -> Sought {
        let steps = if end > 0.0 { track.up } else { track.down } as f64;
        let furthest = self.application.with_number(track.input, track.at(end * steps));
        let axis = Axis { input: track.input, step: -end * track.step };
        let costs = (0..track.places()).map(|place| place as f64).collect();
        self.search(
            PathSearch::along(self.engine, &furthest, self.as_of, vec![axis], vec![costs]),
            track.places(),
            budget,
        )
    }

    /// The approved deal with the fewest steps of all tracks together.
    fn nearest(&self, tracks: &[Track], budget: usize) -> Sought {
        let ways = tracks.iter().flat_map(|track| [(track, track.step, track.up), (track, -track.step, track.down)]);
        let (axes, costs) = ways
            .filter(|(_, _, steps)| *steps > 0)
            .map(|(track, step, steps)| {
                (Axis { input: track.input, step }, (0..=steps).map(|steps| steps as f64).collect())
            })
            .unzip();
        let deals = tracks.iter().map(Track::places).product();
        self.search(PathSearch::along(self.engine, self.application, self.as_of, axes, costs), deals, budget)
    }

    fn search(&self, mut search: PathSearch, deals: u64, budget: usize) -> Sought {
        search.step(self.engine, budget);
        let deal = search.found().and_then(|(found, _)| self.deal(&found));
        match (search.certificate(), deal) {
            (Certificate::Optimal, Some(deal)) => Sought::Found(deal),
            (Certificate::Open { at_least }, so_far) => Sought::Open { at_least, so_far },
            _ => Sought::Impossible { deals },
        }
    }

    /// The approved term with the least sum of payments, then the shortest: every one is decided.
    fn best(&self, track: &Track) -> Sought {
        let values = (0..track.places()).map(|place| track.at(place as f64 - track.down as f64));
        let deals = values.filter_map(|value| self.deal(&self.application.with_number(track.input, value)));
        // Of equal sums the first, which is the shortest.
        let total = |deal: &Deal| deal.offer.as_ref().map(|offer| offer.total_cents);
        deals.min_by_key(total).map_or(Sought::Impossible { deals: track.places() }, Sought::Found)
    }

    /// A changed application as a deal, if the engine approves it.
    fn deal(&self, changed: &Application) -> Option<Deal> {
        let decided = self.engine.decide(changed, self.as_of);
        let outcome = decided.decision.outcome();
        let inputs = self.engine.inputs().iter().enumerate();
        let changes = inputs.filter_map(|(index, input)| {
            let (from, to) = (self.application.number(index)?, changed.number(index)?);
            (from != to).then(|| Change { input: input.name.clone(), from, to })
        });
        matches!(outcome, Outcome::Approve | Outcome::Conditional).then(|| Deal {
            changes: changes.collect(),
            outcome,
            points: decided.score.map(|score| score.points),
            offer: decided.offer,
        })
    }
}

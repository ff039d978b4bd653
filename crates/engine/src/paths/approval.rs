//! The cheapest change that is approved, over everything that an applicant can change.
//!
//! Each such input moves in steps of its own, at its own cost a step. The search is exact over these steps: its bound drops a box
//! of applications only if none of them can be approved, because the best score in it is too low or a rule fires on all.

use super::bounds::{Bounds, Over};
use super::search::{Certificate, Grid, Search, take_back};
use crate::application::{Actionability, Application, InputKind, Role};
use crate::decision::{Change, Engine, Outcome};
use crate::features::interval::Interval;
use crate::policy::{Facts, Severity, Test, observe};
use crate::units::{Date, Points};
use serde::Serialize;

/// Steps of one input.
const MOST_STEPS: usize = 10_000;

/// A change of an application that is approved, as the engine itself says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Path {
    /// What changes, in the order of the inputs.
    pub changes: Vec<Change>,
    /// The effort.
    pub cost: f64,
    /// What the changed application gets.
    pub outcome: Outcome,
    /// Its score.
    pub points: Option<Points>,
}

/// What a search has come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathAnswer {
    /// What is known about cheaper paths than this one, or about any.
    pub certificate: Certificate,
    /// The cheapest path so far.
    pub path: Option<Path>,
    /// Boxes of applications that were looked at.
    pub looked_at: usize,
}

/// A search for the cheapest path that a host drives.
#[derive(Clone, Debug)]
pub struct PathSearch {
    application: Application,
    as_of: Date,
    axes: Vec<Axis>,
    /// Of each feature: its value, and whether it changes with an axis.
    features: Vec<(Option<f64>, bool)>,
    bounds: Bounds,
    search: Search,
    /// Sets of inputs of which a path leaves at least one alone.
    avoided: Vec<Vec<usize>>,
}

/// One direction of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) input: usize,
    /// The change of one step; negative on the way down.
    pub(crate) step: f64,
}

/// How often a step fits between a value and its limit.
pub(crate) fn steps_to(value: f64, limit: Option<f64>, step: f64) -> usize {
    let room = limit.map_or(f64::INFINITY, |limit| ((limit - value) / step).abs());
    (room + 1e-9).floor().clamp(0.0, MOST_STEPS as f64) as usize
}

impl PathSearch {
    /// Starts at an application, with every input that its schema lets an applicant change but those that are `held`.
    pub fn new(engine: &Engine, application: &Application, as_of: Date, held: &[usize]) -> Self {
        let schema = engine.model.schema();
        let (mut axes, mut costs) = (Vec::new(), Vec::new());
        // What cannot be decided as it stands is not approved by a change of numbers.
        let can_be_decided = engine.model.decides() && engine.outcome(application, as_of).0 != Outcome::Incomplete;
        let free = |input: &usize| can_be_decided && !held.contains(input);
        for (input, known) in schema.inputs().iter().enumerate().filter(|(input, _)| free(input)) {
            let InputKind::Number { min, max, .. } = known.kind else { continue };
            let Some(value) = application.number(input) else { continue };
            let (action, direction) = (known.action, known.action.direction);
            let mut add = |step: f64, limit: Option<f64>| {
                let n_steps = steps_to(value, limit, step);
                if n_steps > 0 {
                    axes.push(Axis { input, step });
                    costs.push((0..=n_steps).map(|steps| steps as f64 * action.cost_per_step).collect());
                }
            };
            if matches!(direction, Actionability::Up | Actionability::Both) {
                add(action.step, max);
            }
            if matches!(direction, Actionability::Down | Actionability::Both) {
                add(-action.step, min);
            }
        }
        Self::along(engine, application, as_of, axes, costs)
    }

    /// Starts at an application, with axes and what each of their places costs, from 0 at the application.
    pub(crate) fn along(
        engine: &Engine,
        application: &Application,
        as_of: Date,
        axes: Vec<Axis>,
        costs: Vec<Vec<f64>>,
    ) -> Self {
        let schema = engine.model.schema();
        let moves =
            |feature| schema.inputs_of(feature).iter().any(|input| axes.iter().any(|axis| axis.input == *input));
        let values = schema.features_of(application).0.into_iter().enumerate();
        let features: Vec<_> = values.map(|(feature, value)| (value, moves(feature))).collect();
        let bounds = Bounds::new(engine.model.ensemble(), &features);
        let search = Search::new(costs);
        Self { application: application.clone(), as_of, axes, features, bounds, search, avoided: Vec::new() }
    }

    /// The same search for a path that does without at least one input of each of these sets.
    pub(crate) fn avoiding(self, avoided: Vec<Vec<usize>>) -> Self {
        Self { avoided, ..self }
    }

    /// Looks at up to `budget` more boxes of applications. Returns whether the search has ended.
    pub fn step(&mut self, engine: &Engine, budget: usize) -> bool {
        let Self { application, as_of, axes, features, bounds, search, avoided } = self;
        let mut ground = Ground { engine, application, as_of: *as_of, axes, features, bounds, avoided };
        if search.boxes().0 == 0 {
            ground.suggest(search);
        }
        search.step(&mut ground, budget)
    }

    /// The application that the cheapest path so far leads to, and what the way costs.
    pub(crate) fn found(&self) -> Option<(Application, f64)> {
        let at = self.search.found()?;
        Some((moved(&self.application, &self.axes, at), self.search.cost(at)))
    }

    /// The inputs that the cheapest path so far changes.
    pub(crate) fn used(&self) -> Option<Vec<usize>> {
        let listed = self.axes.iter().zip(self.search.found()?);
        let mut used: Vec<usize> = listed.filter(|(_, place)| **place > 0).map(|(axis, _)| axis.input).collect();
        used.dedup();
        Some(used)
    }

    /// The cheapest path, once it is found.
    pub fn path(&self, engine: &Engine) -> Option<Path> {
        let (changed, cost) = self.found()?;
        let (outcome, score) = engine.outcome(&changed, self.as_of);
        let inputs = engine.inputs().iter().enumerate();
        let changes = inputs.filter_map(|(index, input)| {
            let (from, to) = (self.application.number(index)?, changed.number(index)?);
            (from != to).then(|| Change { input: input.name.clone(), from, to })
        });
        Some(Path { changes: changes.collect(), cost, outcome, points: score.map(|(points, _)| points) })
    }

    /// What is known about cheaper paths.
    pub fn certificate(&self) -> Certificate {
        self.search.certificate()
    }

    /// Boxes that were looked at, and boxes that are still to be looked at: none once the search has ended.
    pub fn boxes(&self) -> (usize, usize) {
        self.search.boxes()
    }

    /// What the search has come to.
    pub fn answer(&self, engine: &Engine) -> PathAnswer {
        PathAnswer { certificate: self.certificate(), path: self.path(engine), looked_at: self.boxes().0 }
    }
}

/// The application at a place of the grid.
fn moved(application: &Application, axes: &[Axis], at: &[usize]) -> Application {
    let mut changed = application.clone();
    for (axis, place) in axes.iter().zip(at).filter(|(_, place)| **place > 0) {
        let value = changed.number(axis.input).unwrap_or_default() + axis.step * *place as f64;
        // Steps such as 0.1 are not doubles.
        changed = changed.with_number(axis.input, (value * 1e6).round() / 1e6);
    }
    changed
}

struct Ground<'a> {
    engine: &'a Engine,
    application: &'a Application,
    as_of: Date,
    axes: &'a [Axis],
    features: &'a [(Option<f64>, bool)],
    bounds: &'a Bounds,
    avoided: &'a [Vec<usize>],
}

/// Choices of inputs to leave alone that are tried as suggestions.
const MOST_CHOICES: usize = 32;

impl Ground<'_> {
    /// Whether a place changes all inputs of an avoided set.
    fn is_avoided(&self, at: &[usize]) -> bool {
        let changes = |input: &usize| self.axes.iter().zip(at).any(|(axis, place)| axis.input == *input && *place > 0);
        self.avoided.iter().any(|set| set.iter().all(changes))
    }

    /// One input of each avoided set, in every combination: without avoided sets the one choice of none.
    fn left_alone(&self) -> Vec<Vec<usize>> {
        let more = |choices: Vec<Vec<usize>>, set: &Vec<usize>| {
            let with =
                |choice: &Vec<usize>| set.iter().map(|input| [&choice[..], &[*input]].concat()).collect::<Vec<_>>();
            choices.iter().flat_map(with).take(MOST_CHOICES).collect()
        };
        self.avoided.iter().fold(vec![Vec::new()], more)
    }

    /// Offers the search what moving as far as possible and taking back input by input, in several orders, comes to.
    fn suggest(&mut self, search: &mut Search) {
        for left_alone in self.left_alone() {
            self.suggest_without(&left_alone, search);
        }
    }

    fn suggest_without(&mut self, left_alone: &[usize], search: &mut Search) {
        let n = self.axes.len();
        for (rising, quarters) in
            [true, false].into_iter().flat_map(|rising| [4, 3, 2, 1].map(|quarters| (rising, quarters)))
        {
            // An input that may move either way moves one way.
            let is_chosen = |axis: usize| {
                let both = self.axes.iter().filter(|other| other.input == self.axes[axis].input).count() > 1;
                (!both || (self.axes[axis].step > 0.0) == rising) && !left_alone.contains(&self.axes[axis].input)
            };
            let furthest: Vec<usize> = (0..n)
                .map(|axis| if is_chosen(axis) { (search.costs(axis).len() - 1) * quarters / 4 } else { 0 })
                .collect();
            if !self.accepts(&furthest) {
                continue;
            }
            for first in (0..n).take(if quarters == 4 { n } else { 2 }) {
                let mut at = furthest.clone();
                let mut dearest: Vec<usize> = (0..n).filter(|axis| *axis != first).collect();
                dearest.sort_by(|a, b| search.costs(*b)[at[*b]].total_cmp(&search.costs(*a)[at[*a]]));
                for axis in dearest.into_iter().chain([first]) {
                    take_back(self, &mut at, axis, 0);
                }
                search.offer(at);
            }
        }
    }

    /// The deal with the least payment, the most income and the least debt between two applications.
    fn best_deal(&self, least: &Application, greatest: &Application) -> Application {
        let inputs = self.engine.inputs();
        self.axes.iter().fold(least.clone(), |deal, axis| {
            let is_better_high = matches!(
                inputs[axis.input].role,
                Some(
                    Role::MonthlyIncome
                        | Role::YearlyIncome
                        | Role::DownPayment
                        | Role::TradeIn
                        | Role::Term
                        | Role::CollateralValue
                )
            );
            match greatest.number(axis.input).filter(|_| is_better_high) {
                Some(number) => deal.with_number(axis.input, number),
                None => deal,
            }
        })
    }
}

impl Grid for Ground<'_> {
    fn may_accept(&mut self, low: &[usize], high: &[usize]) -> bool {
        // All of the box moves what its low corner moves.
        if self.is_avoided(low) {
            return false;
        }
        let (engine, schema) = (self.engine, self.engine.model.schema());
        // An input that may move either way is least where it goes down most and up least.
        let end = |rising: &[usize], falling: &[usize]| {
            let places = self.axes.iter().zip(rising.iter().zip(falling));
            let at: Vec<usize> = places.map(|(axis, (up, down))| if axis.step > 0.0 { *up } else { *down }).collect();
            moved(self.application, self.axes, &at)
        };
        let (least, greatest) = (end(low, high), end(high, low));
        let input = |index: usize| match (least.number(index), greatest.number(index)) {
            (Some(low), Some(high)) => Interval { low, high },
            _ => Interval::ALL,
        };
        let over: Vec<Over> = self
            .features
            .iter()
            .enumerate()
            .map(|(feature, (value, moves))| match (value, moves) {
                (value, false) => Over::Same(*value),
                (_, true) => schema.range_of(feature, &input).map_or(Over::Any, Over::Within),
            })
            .collect();
        let calibration = engine.model.file().calibration;
        let margin = self.bounds.least_margin(engine.model.ensemble(), &over);
        let best = match margin.is_finite() && calibration.slope > 0.0 {
            true => Points::from_raw(engine.model.scale().raw(calibration.log_odds(margin))),
            false => Points::MAX,
        };
        if best < engine.policy.bands.approve {
            return false;
        }
        let facts = Facts {
            application: self.application,
            features: &crate::features::FeatureVector(self.features.iter().map(|(value, _)| *value).collect()),
            score: None,
            offer: None,
            as_of: self.as_of,
        };
        let best_deal = self.best_deal(&least, &greatest);
        let burden = engine
            .pricing
            .as_ref()
            .and_then(|pricing| pricing.least_burden(&engine.policy, engine.inputs(), &best_deal, best));
        let holds = |test: &Test| {
            let (space, name) = test.field.split_once('.')?;
            match space {
                "input" => {
                    let index = schema.input_index(name)?;
                    match self.axes.iter().any(|axis| axis.input == index) {
                        true => test.holds_within(input(index)),
                        false => test.holds(observe(&test.field, schema, &facts)?),
                    }
                }
                "feature" => match over[schema.feature_index(name)?] {
                    Over::Same(_) => test.holds(observe(&test.field, schema, &facts)?),
                    Over::Within(within) => test.holds_within(within),
                    Over::Any => None,
                },
                // Of all that a rule may read of a price, the least is known.
                "price" => {
                    let burden = burden?;
                    let low = match name {
                        "payment" => burden.payment.dollars(),
                        "pti" => burden.pti?,
                        "dti" => burden.dti?,
                        "ltv" => burden.ltv?,
                        _ => return None,
                    };
                    test.holds_within(Interval { low, high: f64::INFINITY })
                }
                "score" if name == "points" => {
                    test.holds_within(Interval { low: f64::from(Points::MIN.value()), high: f64::from(best.value()) })
                }
                _ => None,
            }
        };
        let refuses =
            |rule: &&crate::policy::Rule| rule.severity > Severity::Condition && rule.is_in_effect(self.as_of);
        !engine.policy.rules.iter().filter(refuses).any(|rule| rule.when.holds(&holds) == Some(true))
    }

    fn accepts(&mut self, at: &[usize]) -> bool {
        if self.is_avoided(at) {
            return false;
        }
        let changed = moved(self.application, self.axes, at);
        matches!(self.engine.outcome(&changed, self.as_of).0, Outcome::Approve | Outcome::Conditional)
    }
}

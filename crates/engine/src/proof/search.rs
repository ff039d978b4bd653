//! A search for two applications that differ in one input and move the wrong way.
//!
//! A step of a tree that goes the wrong way is a target: first the other inputs are moved, one after the other, until the
//! row answers that tree as the step needs, then until the whole ensemble falls (or rises) most between the two values.
//! Every candidate is checked and scored as any application is, so what is found is a fact, whatever the search missed.

use super::Counterexample;
use super::sign::Sign;
use super::trees::Step;
use crate::application::{Application, ApplicationForm, FormValue, Input, InputKind, Permitted, Role, check_row};
use crate::artifact::Model;
use crate::features::{Expr, FeatureVector, Schema};
use crate::model::Ensemble;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Steps that are aimed at, the largest first.
const TARGETS: usize = 12;
/// Rows that the search starts from, for each target.
const STARTS: usize = 4;
/// Rounds over all inputs, from each start.
const ROUNDS: usize = 3;
/// Values of an input that are tried in a round, beside those next to thresholds.
const EVEN_VALUES: i64 = 8;
/// Parts of a range without a natural step.
const PARTS: f64 = 1_048_576.0;

/// Two applications that differ in `input`, between which log-odds move in a direction although it rises. The targets are
/// steps that do that, and steps that may.
pub(super) fn counterexample(
    model: &Model,
    input: usize,
    direction: Sign,
    targets: [Vec<Step>; 2],
) -> Option<Counterexample> {
    let search = Search::new(model, input, direction);
    let mut rng = ChaCha8Rng::seed_from_u64(input as u64);
    let largest = |mut steps: Vec<Step>| {
        steps.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        steps.into_iter().take(TARGETS)
    };
    // Other shapes than symmetric trees have no steps to aim at: there the rows start anywhere.
    let aims: Vec<Option<Step>> = targets.into_iter().flat_map(largest).map(Some).collect();
    let aims = if aims.is_empty() { vec![None; TARGETS] } else { aims };
    aims.into_iter().find_map(|aim| {
        (0..STARTS).find_map(|start| {
            let row = if start == 0 { search.typical() } else { search.random(&mut rng) };
            search.from(row, aim.as_ref())
        })
    })
}

struct Search<'a> {
    model: &'a Model,
    input: usize,
    direction: Sign,
    axes: Vec<Axis>,
}

/// The position on any axis of no value.
const MISSING: i64 = i64::MIN;

/// The values that are tried of one input.
enum Axis {
    /// Multiples of one over a number, from first to last.
    Grid { first: i64, last: i64, per_unit: f64, beside: Vec<i64> },
    /// Texts, in the model's order.
    Texts(Vec<String>),
    /// One value only.
    Fixed(FormValue),
}

/// A candidate: a position on every axis, and two on that of the input in question.
#[derive(Clone)]
struct Row {
    at: Vec<i64>,
    rise: [i64; 2],
}

/// How good a candidate is: answers of the target that it misses, then how far log-odds move the wrong way, negated.
type Miss = (u32, f64);

impl<'a> Search<'a> {
    fn new(model: &'a Model, input: usize, direction: Sign) -> Self {
        let schema = model.schema();
        let axes = schema.inputs().iter().map(|of| Axis::of(model, schema, of)).collect();
        Self { model, input, direction, axes }
    }

    fn typical(&self) -> Vec<i64> {
        self.model.schema().inputs().iter().zip(&self.axes).map(|(input, axis)| axis.nearest(&input.typical)).collect()
    }

    fn random(&self, rng: &mut ChaCha8Rng) -> Vec<i64> {
        let mut draw = |axis: &Axis| {
            let (first, last) = axis.ends();
            rng.random_range(first..=last)
        };
        self.axes.iter().map(&mut draw).collect()
    }

    /// Descends from a start toward a target.
    fn from(&self, at: Vec<i64>, target: Option<&Step>) -> Option<Counterexample> {
        let schema = self.model.schema();
        let moves_threshold = target.map_or_else(Default::default, |target| schema.inputs_of(target.feature));
        let mut row = Row { rise: self.rise(&at, target), at };
        let mut miss = self.miss(&row, target, u32::MAX)?;
        for _ in 0..ROUNDS {
            let before = miss;
            for (index, axis) in self.axes.iter().enumerate().filter(|(index, _)| *index != self.input) {
                let empty = schema.inputs()[index].optional.then_some(MISSING);
                for value in axis.candidates().into_iter().chain(empty) {
                    let mut moved = row.clone();
                    moved.at[index] = value;
                    if moves_threshold.contains(&index) {
                        moved.rise = self.rise(&moved.at, target);
                    }
                    if let Some(found) = self.miss(&moved, target, miss.0).filter(|found| is_less(*found, miss)) {
                        (row, miss) = (moved, found);
                    }
                }
            }
            if miss.1 < 0.0 || miss == before {
                break;
            }
        }
        (miss.1 < 0.0).then(|| self.evidence(&row)).flatten()
    }

    /// The two values of the input to compare: on both sides of the target, else the neighbours between which log-odds
    /// move most in the direction.
    fn rise(&self, at: &[i64], target: Option<&Step>) -> [i64; 2] {
        if let Some(target) = target {
            return self.crossing(at, target);
        }
        let mut values = self.axes[self.input].candidates();
        values.sort_unstable();
        values.dedup();
        let (first, last) = self.axes[self.input].ends();
        let z = |value: &i64| self.features(at, *value).map(|features| self.model.log_odds(&features).0);
        let scored: Vec<(i64, Option<f64>)> = values.iter().map(|value| (*value, z(value))).collect();
        let towards = |pair: &[(i64, Option<f64>)]| {
            let rise = pair[1].1.zip(pair[0].1).map_or(f64::NEG_INFINITY, |(after, before)| after - before);
            if self.direction == Sign::Positive { rise } else { -rise }
        };
        let best = scored.windows(2).max_by(|a, b| towards(a).total_cmp(&towards(b)));
        best.map_or([first, last], |pair| [pair[0].0, pair[1].0])
    }

    /// The two neighbouring values of the input between which the target's feature passes its threshold.
    fn crossing(&self, at: &[i64], target: &Step) -> [i64; 2] {
        let (mut low, mut high) = self.axes[self.input].ends();
        let is_below = |value: i64| {
            let features = self.features(at, value)?;
            features.0[target.feature].map(|feature| feature < target.threshold)
        };
        let (below_low, below_high) = (is_below(low), is_below(high));
        // Without a crossing the ends are as good as any; a denominator of zero at an end has no answer.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let answer = is_below(middle);
            if answer.is_none() || answer == below_low.or(below_high.map(|below| !below)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        [low, high]
    }

    /// `None` when a row is not sound or misses more answers than `most`.
    fn miss(&self, row: &Row, target: Option<&Step>, most: u32) -> Option<Miss> {
        let [low, high] = row.rise.map(|value| self.features(&row.at, value));
        let (low, high) = (low?, high?);
        let missed = target.map_or(0, |target| self.missed(target, &low, &high));
        if missed > most {
            return None;
        }
        let rise = self.model.log_odds(&high).0 - self.model.log_odds(&low).0;
        Some((missed, if self.direction == Sign::Positive { -rise } else { rise }))
    }

    /// Answers of the target's tree that two rows do not give.
    fn missed(&self, target: &Step, low: &FeatureVector, high: &FeatureVector) -> u32 {
        // Only symmetric trees have steps.
        let Ensemble::Symmetric(ensemble) = self.model.ensemble() else { return 0 };
        let tree = &ensemble.trees[target.tree];
        // A derivation may turn the step around.
        let [before, after] = target.leaves;
        let aimed = if Sign::of(target.change) == self.direction { [before, after] } else { [after, before] };
        let answers = [low, high].map(|row| tree.pattern(|predicate| ensemble.predicates[predicate].holds(row)));
        answers.iter().zip(aimed).map(|(answer, wanted)| (answer ^ wanted).count_ones()).sum()
    }

    fn features(&self, at: &[i64], value: i64) -> Option<FeatureVector> {
        Some(self.model.schema().features_of(&self.application(at, value)?))
    }

    fn application(&self, at: &[i64], value: i64) -> Option<Application> {
        check_row(self.model.schema().inputs(), self.values(at, value)).ok()
    }

    fn values<'b>(&'b self, at: &'b [i64], value: i64) -> impl Iterator<Item = FormValue> + 'b {
        let position = move |index: usize| if index == self.input { value } else { at[index] };
        self.axes.iter().enumerate().map(move |(index, axis)| axis.value(position(index)))
    }

    fn evidence(&self, row: &Row) -> Option<Counterexample> {
        let schema = self.model.schema();
        let mut log_odds = [0.0; 2];
        for (value, z) in row.rise.iter().zip(&mut log_odds) {
            *z = self.model.log_odds(&self.features(&row.at, *value)?).0;
        }
        let form = |value: i64| {
            let named = schema.inputs().iter().map(|input| input.name.clone()).zip(self.values(&row.at, value));
            ApplicationForm(named.filter(|(_, value)| *value != FormValue::Missing).collect())
        };
        (Sign::of(log_odds[1] - log_odds[0]) == self.direction)
            .then(|| Counterexample { rows: row.rise.map(form), log_odds })
    }
}

fn is_less(a: Miss, b: Miss) -> bool {
    a.0 < b.0 || a.0 == b.0 && a.1 < b.1
}

impl Axis {
    fn of(model: &Model, schema: &Schema, input: &Input) -> Self {
        let index = schema.features().iter().position(|feature| feature.from == Expr::Input(input.name.clone()));
        match &input.kind {
            _ if input.permitted == Permitted::AuditOnly => Axis::Fixed(FormValue::Missing),
            InputKind::Number { min, max, whole, .. } => {
                let thresholds = index.map_or_else(Vec::new, |index| model.ensemble().thresholds(index));
                let typical = if let FormValue::Number(typical) = input.typical { typical } else { 0.0 };
                let known = || thresholds.iter().copied().chain([typical]);
                let low = min.unwrap_or_else(|| known().fold(f64::INFINITY, f64::min) - 1.0);
                let high = max.unwrap_or_else(|| known().fold(f64::NEG_INFINITY, f64::max) + 1.0);
                let per_unit = match () {
                    () if *whole => 1.0,
                    () if input.role.is_some_and(Role::is_money) => 100.0,
                    () => PARTS / (high - low).max(1.0),
                };
                let (first, last) = ((low * per_unit).ceil() as i64, (high * per_unit).floor() as i64);
                let beside = thresholds.iter().flat_map(|threshold| {
                    let at = (threshold * per_unit).ceil() as i64;
                    [at - 1, at].map(|at| at.clamp(first, last.max(first)))
                });
                Axis::Grid { first, last: last.max(first), per_unit, beside: beside.collect() }
            }
            InputKind::Category { levels } => match index {
                Some(index) => {
                    let ranked = &schema.features()[index].levels;
                    Axis::Texts(ranked.iter().map(|effect| effect.level.clone()).collect())
                }
                None => Axis::Texts(levels.iter().map(|level| level.name.clone()).collect()),
            },
            InputKind::Date => Axis::Fixed(input.typical.clone()),
        }
    }

    fn ends(&self) -> (i64, i64) {
        match self {
            Axis::Grid { first, last, .. } => (*first, *last),
            Axis::Texts(texts) => (0, texts.len().saturating_sub(1) as i64),
            Axis::Fixed(_) => (0, 0),
        }
    }

    fn candidates(&self) -> Vec<i64> {
        match self {
            Axis::Grid { first, last, beside, .. } => {
                let even = (0..=EVEN_VALUES).map(|part| first + (last - first) / EVEN_VALUES * part);
                beside.iter().copied().chain(even).collect()
            }
            Axis::Texts(_) => (0..=self.ends().1).collect(),
            Axis::Fixed(_) => Vec::new(),
        }
    }

    fn nearest(&self, value: &FormValue) -> i64 {
        match (self, value) {
            (Axis::Grid { first, last, per_unit, .. }, FormValue::Number(number)) => {
                ((number * per_unit).round() as i64).clamp(*first, *last)
            }
            (Axis::Texts(texts), FormValue::Text(text)) => {
                texts.iter().position(|known| known == text).unwrap_or_default() as i64
            }
            _ => self.ends().0,
        }
    }

    fn value(&self, at: i64) -> FormValue {
        match self {
            _ if at == MISSING => FormValue::Missing,
            Axis::Grid { per_unit, .. } => FormValue::Number(at as f64 / per_unit),
            Axis::Texts(texts) => {
                texts.get(at as usize).map_or(FormValue::Missing, |text| FormValue::Text(text.clone()))
            }
            Axis::Fixed(value) => value.clone(),
        }
    }
}

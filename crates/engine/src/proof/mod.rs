//! Is the model monotone in an input, everywhere? A proof, two rows that refute it, or the reason why there is neither.
//!
//! Two facts are composed. *The model*: along a feature, the leaves of a symmetric tree that values can reach form chains;
//! where no step of any chain of any tree goes the other way, their sum, accumulated in a fixed order, does not either.
//! Other shapes are judged question by question, or term by term.
//! *The derivations*: the sign with which a feature follows an input, by interval arithmetic over the schema's ranges. An
//! input's effect has the sign on which all its features agree. Nothing is taken from the declared directions: they are
//! what the answers are compared with.
//!
//! An answer is about two applications that differ in one input, both with a value, and about derivations that have a
//! value on both sides. Leaving an input empty is no rise: it is answered apart.

mod search;
mod shape;
mod sign;
mod trees;

pub use sign::Sign;

use crate::application::{ApplicationForm, Input, InputKind, Permitted};
use crate::artifact::Model;
use crate::features::interval::Interval;
use crate::features::{Direction, Expr, Feature, Schema};
use crate::model::Ensemble;
use serde::{Deserialize, Serialize};
use trees::Step;

/// What is proven of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// One entry a feature, in the schema's order.
    pub features: Vec<FeatureProof>,
    /// One entry an input that the model may read, in the schema's order.
    pub inputs: Vec<InputProof>,
}

/// What the model says of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureProof {
    /// The feature's name.
    pub name: String,
    /// The direction that it was trained with.
    pub declared: Direction,
    /// The effect on log-odds when it rises, in every tree or term.
    pub rising: Sign,
    /// The effect on log-odds when it loses its value.
    pub missing: Sign,
}

impl FeatureProof {
    /// Whether the model proves the declared direction; a free feature has nothing to keep.
    pub fn keeps_direction(&self) -> bool {
        keeps(self.rising, declared(self.declared))
    }
}

/// What is proven of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputProof {
    /// The input's name.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// For a category: its levels in the order in which the model ranks them, which is what *rising* means. Else empty.
    pub order: Vec<String>,
    /// The features that it moves.
    pub through: Vec<Through>,
    /// The effect that the declared directions promise; `any` when they promise none, or contradict each other.
    pub declared: Sign,
    /// The effect on log-odds when the input rises.
    pub rising: Answer,
    /// The effect on log-odds when it is left empty; `None` when it may not be.
    pub missing: Option<Sign>,
    /// Features that have no value at some values of the input; the answer is about the others.
    pub vanishing: Vec<String>,
}

/// One feature on the way from an input to the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Through {
    /// The feature's name.
    pub feature: String,
    /// How it moves when the input rises.
    pub follows: Sign,
    /// How log-odds move when it rises.
    pub adds: Sign,
}

/// The answer for one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Log-odds never move against this sign, which is not `any`.
    Proven(Sign),
    /// Applications whose log-odds move against the declared effect; where none is declared, one pair in either direction.
    Refuted(Vec<Counterexample>),
    /// Some features only raise log-odds when the input rises, and others only lower them.
    Mixed {
        /// Names of the features that raise.
        raising: Vec<String>,
        /// Names of the features that lower.
        lowering: Vec<String>,
    },
    /// Neither a proof nor a counterexample was found.
    NotShown,
}

/// Two applications that differ in one input only, which is larger in the second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// The forms: [`Schema::features_of`] and [`Model::log_odds`] score them.
    pub rows: [ApplicationForm; 2],
    /// Their calibrated log-odds.
    pub log_odds: [f64; 2],
}

impl InputProof {
    /// The answer in words.
    pub fn found(&self) -> String {
        match &self.rising {
            Answer::Proven(sign) => format!("proven: {}", sign.effect()),
            Answer::Refuted(_) if self.declared == Sign::Any => {
                "both ways: two pairs of applications show it".to_owned()
            }
            Answer::Refuted(_) => "refuted by two applications".to_owned(),
            Answer::Mixed { raising, lowering } => {
                format!("mixed by construction: {} up, {} down", raising.join(", "), lowering.join(", "))
            }
            Answer::NotShown => "not shown".to_owned(),
        }
    }

    /// Whether the answer agrees with what the declared directions promise; `None` when that is not settled.
    pub fn keeps_promise(&self) -> Option<bool> {
        match (&self.rising, self.declared) {
            (Answer::Proven(sign), declared) => Some(keeps(*sign, declared)),
            (_, Sign::Any) => Some(true),
            (Answer::Refuted(_), _) => Some(false),
            (Answer::Mixed { .. } | Answer::NotShown, _) => None,
        }
    }
}

fn keeps(found: Sign, declared: Sign) -> bool {
    declared == Sign::Any || found == Sign::Zero || found == declared
}

fn declared(direction: Direction) -> Sign {
    match direction {
        Direction::Increasing => Sign::Positive,
        Direction::Decreasing => Sign::Negative,
        Direction::Free => Sign::Any,
    }
}

/// Proves, refutes or leaves open the monotonicity of every feature and input of a model. Deterministic; the search for
/// counterexamples is seeded.
pub fn prove(model: &Model) -> Proofs {
    let schema = model.schema();
    let ensemble = model.ensemble();
    let steps = |index: usize| match ensemble {
        Ensemble::Symmetric(ensemble) => trees::steps(ensemble, index),
        _ => Vec::new(),
    };
    let steps: Vec<Vec<Step>> = (0..schema.features().len()).map(steps).collect();
    let features: Vec<FeatureProof> = schema
        .features()
        .iter()
        .enumerate()
        .map(|(index, feature)| FeatureProof {
            name: feature.name.clone(),
            declared: feature.direction,
            rising: shape::rising(ensemble, index),
            missing: shape::missing(ensemble, index),
        })
        .collect();
    let readable = schema.inputs().iter().enumerate().filter(|(_, input)| input.permitted == Permitted::Model);
    let inputs = readable.map(|(index, input)| of_input(model, &features, &steps, index, input)).collect();
    Proofs { features, inputs }
}

fn of_input(model: &Model, proofs: &[FeatureProof], steps: &[Vec<Step>], index: usize, input: &Input) -> InputProof {
    let schema = model.schema();
    let moved: Vec<usize> =
        (0..schema.features().len()).filter(|feature| schema.inputs_of(*feature).contains(&index)).collect();
    let follows: Vec<Sign> = moved.iter().map(|at| follows(model, *at, input)).collect();
    let through: Vec<Through> = moved
        .iter()
        .zip(&follows)
        .map(|(at, follows)| Through { feature: proofs[*at].name.clone(), follows: *follows, adds: proofs[*at].rising })
        .collect();
    let joined = |sign_of: fn(&FeatureProof) -> Sign| {
        moved.iter().zip(&follows).fold(Sign::Zero, |sum, (at, follows)| sum.plus(follows.times(sign_of(&proofs[*at]))))
    };
    let (shown, promised) = (joined(|proof| proof.rising), joined(|proof| declared(proof.declared)));
    let empties = input.optional || matches!(input.kind, InputKind::Category { .. });
    InputProof {
        name: input.name.clone(),
        label: input.label.clone(),
        order: order(schema, input),
        declared: promised,
        rising: if shown == Sign::Any {
            let taken = moved.iter().zip(&follows);
            let taken = taken.flat_map(|(at, follows)| steps[*at].iter().map(|step| (*follows, *step)));
            undecided(model, index, promised, &through, &taken.collect::<Vec<_>>())
        } else {
            Answer::Proven(shown)
        },
        missing: empties.then(|| {
            let one = |at: &usize| match &schema.features()[*at].from {
                Expr::IsMissing(_) => proofs[*at].rising,
                expr if sign::asks_missing(expr, &input.name) => Sign::Any,
                _ => proofs[*at].missing,
            };
            moved.iter().map(one).fold(Sign::Zero, Sign::plus)
        }),
        vanishing: moved
            .iter()
            .map(|at| &schema.features()[*at])
            .filter(|feature| sign::may_vanish(&feature.from, &input.name, schema.inputs()))
            .map(|feature| feature.name.clone())
            .collect(),
        through,
    }
}

/// How a feature moves with an input where the model looks: between its first and last threshold.
fn follows(model: &Model, feature: usize, input: &Input) -> Sign {
    let thresholds = model.ensemble().thresholds(feature);
    let ends = thresholds.first().zip(thresholds.last());
    let (low, high) = ends.map_or((f64::NEG_INFINITY, f64::INFINITY), |(low, high)| (low.next_down(), *high));
    let schema = model.schema();
    sign::sign(&schema.features()[feature].from, &input.name, schema.inputs(), Interval { low, high })
}

/// The answer where the signs do not agree. Each step stands beside the sign with which its feature follows the input.
fn undecided(model: &Model, input: usize, promised: Sign, through: &[Through], steps: &[(Sign, Step)]) -> Answer {
    let of = |wanted: Sign| {
        let has = |through: &&Through| through.follows.times(through.adds) == wanted;
        through.iter().filter(has).map(|through| through.feature.clone()).collect::<Vec<_>>()
    };
    let (raising, lowering) = (of(Sign::Positive), of(Sign::Negative));
    let against = match promised {
        Sign::Positive => vec![Sign::Negative],
        Sign::Negative => vec![Sign::Positive],
        _ if !raising.is_empty() && !lowering.is_empty() => return Answer::Mixed { raising, lowering },
        _ => vec![Sign::Positive, Sign::Negative],
    };
    let found = against.into_iter().map(|direction| {
        let effect = |(follows, step): &&(Sign, Step)| follows.times(Sign::of(step.change));
        let of = |sign: Sign| steps.iter().filter(move |step| effect(step) == sign).map(|(_, step)| *step);
        search::counterexample(model, input, direction, [of(direction).collect(), of(Sign::Any).collect()])
    });
    let found: Option<Vec<_>> = found.collect();
    found.map_or(Answer::NotShown, Answer::Refuted)
}

/// Levels as the model ranks them.
fn order(schema: &Schema, input: &Input) -> Vec<String> {
    let is_category = matches!(input.kind, InputKind::Category { .. });
    let reads = |feature: &&Feature| feature.from == Expr::Input(input.name.clone());
    let ranked = schema.features().iter().find(reads).filter(|_| is_category);
    ranked.map_or_else(Vec::new, |feature| feature.levels.iter().map(|effect| effect.level.clone()).collect())
}

//! What the rows of a sample mean: the rules that decide them, the limits that can move, the segments that they fall into.

use crate::application::{Input, InputKind, Permitted};
use crate::artifact::Population;
use crate::decision::{Digests, Engine, above_cutoff};
use crate::explain::Explainer;
use crate::features::Schema;
use crate::policy::{Bands, Condition, Op, Operand, Rule, Severity, Test};
use crate::units::{Date, Points};

/// Rules, one bit each; the highest bit is for a missing field.
const MOST_RULES: usize = 63;
/// Populations that declines are explained against, one bit each.
const MOST_REFERENCES: usize = 8;
/// The bit of a row that lacks a required field.
pub(super) const MISSING: u64 = 1 << MOST_RULES;

/// Why an engine's decisions cannot be sampled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSampled {
    /// The model's scores are not log-odds, so a person decides whatever the policy says.
    #[error("this model's scores are not log-odds: a person decides every application")]
    NotCalibrated,
    /// More rules than a row has bits.
    #[error("the policy has {0} rules; at most {MOST_RULES} can be sampled")]
    TooManyRules(usize),
    /// More populations than a row has bits.
    #[error(
        "the model carries reference populations for {0} sets of cut-offs; at most {MOST_REFERENCES} can be sampled"
    )]
    TooManyReferences(usize),
    /// Applicants of a world lack an input that this model cannot do without.
    #[error("this world's applicants have no {0:?}")]
    OtherWorld(String),
}

/// What the rows of a sample mean. Samples of equal frames can be joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub(super) digests: Digests,
    pub(super) as_of: Date,
    pub(super) bands: Bands,
    pub(super) rules: Vec<(String, String)>,
    pub(super) by_severity: Severities,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) segments: Vec<Segment>,
    pub(super) references: References,
}

/// The rules of each severity, one bit a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Severities {
    pub(super) incomplete: u64,
    pub(super) decline: u64,
    pub(super) counteroffer: u64,
    pub(super) review: u64,
    pub(super) condition: u64,
}

/// A rule whose limit is one number, which a lever can move. A counter-offer's limit is not one: it is part of the changed
/// deal, whose score would be another.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The rule's position in the policy.
    pub rule: usize,
    /// What is observed.
    pub field: String,
    /// How it is compared.
    pub op: Op,
    /// The limit that the policy names.
    pub written: f64,
    /// The lowest limit that makes sense, if what is observed has one.
    pub from: Option<f64>,
    /// The highest.
    pub to: Option<f64>,
}

/// A category that rows can be told apart by.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The input.
    pub input: usize,
    /// Its name.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// Its levels' names; a row whose level is missing or none of these has the number of levels as its code.
    pub levels: Vec<String>,
    /// Whether it is there for fairness measurement alone.
    pub audit_only: bool,
}

/// Which population declines are explained against, by approve cut-off.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct References {
    /// One entry a shown score.
    pub(super) of_approve: Vec<u8>,
    /// Of each, the lowest and the highest score in it; none of all rows.
    pub(super) ranges: Vec<(Option<i16>, Option<i16>)>,
}

impl Frame {
    /// The frame of an engine's decisions on a day.
    ///
    /// # Errors
    /// [`NotSampled`].
    pub fn of(engine: &Engine, as_of: Date) -> Result<Self, NotSampled> {
        Self::with_explainers(engine, as_of).map(|(frame, _)| frame)
    }

    /// The frame, and one explainer a reference population; none where no population is known.
    pub(super) fn with_explainers(engine: &Engine, as_of: Date) -> Result<(Self, Vec<Option<Explainer>>), NotSampled> {
        let (policy, schema) = (&engine.policy, engine.model.schema());
        if !engine.model.decides() {
            return Err(NotSampled::NotCalibrated);
        }
        if policy.rules.len() > MOST_RULES {
            return Err(NotSampled::TooManyRules(policy.rules.len()));
        }
        let in_effect = |(_, rule): &(usize, &Rule)| rule.is_in_effect(as_of);
        let listed = || policy.rules.iter().enumerate();
        let (references, explainers) = references(engine)?;
        let frame = Self {
            digests: engine.digests.clone(),
            as_of,
            bands: policy.bands,
            rules: policy.rules.iter().map(|rule| (rule.id.clone(), rule.label.clone())).collect(),
            by_severity: Severities::of(&policy.rules, schema),
            thresholds: listed().filter(in_effect).filter_map(|(index, rule)| threshold(index, rule, schema)).collect(),
            segments: engine.inputs().iter().enumerate().filter_map(segment).collect(),
            references,
        };
        Ok((frame, explainers))
    }

    /// The rules whose limits can move, in the policy's order.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// Id and label of each rule, in the policy's order.
    pub fn rules(&self) -> &[(String, String)] {
        &self.rules
    }

    /// The categories that rows can be told apart by.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The cut-offs as they are written.
    pub fn bands(&self) -> Bands {
        self.bands
    }
}

impl Severities {
    fn of(rules: &[Rule], schema: &Schema) -> Self {
        let mut masks = Self { incomplete: MISSING, ..Self::default() };
        for (index, rule) in rules.iter().enumerate() {
            match rule.severity {
                Severity::Incomplete => masks.incomplete |= 1 << index,
                Severity::Decline => masks.decline |= 1 << index,
                // One that names no limit offers nothing.
                Severity::Counteroffer if rule.limit(schema).is_some() => masks.counteroffer |= 1 << index,
                Severity::Counteroffer => {}
                Severity::Review => masks.review |= 1 << index,
                Severity::Condition => masks.condition |= 1 << index,
            }
        }
        masks
    }

    /// The rules that keep a deal from being approved as it is.
    pub(super) fn against(&self) -> u64 {
        self.incomplete | self.decline | self.counteroffer | self.review
    }
}

fn threshold(rule_idx: usize, rule: &Rule, schema: &Schema) -> Option<Threshold> {
    let Condition::Test(Test { field, op, value: Some(Operand::Number(written)) }) = &rule.when else { return None };
    let is_limit = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge) && rule.severity != Severity::Counteroffer;
    let (from, to) = range(field, schema);
    is_limit.then(|| Threshold { rule: rule_idx, field: field.clone(), op: *op, written: *written, from, to })
}

/// Where values of a field lie by what they are; features and prices may lie anywhere.
fn range(field: &str, schema: &Schema) -> (Option<f64>, Option<f64>) {
    match field.split_once('.') {
        Some(("input", name)) => match schema.input_index(name).map(|index| &schema.inputs()[index].kind) {
            Some(InputKind::Number { min, max, .. }) => (*min, *max),
            _ => (None, None),
        },
        Some(("score", "points")) => (Some(f64::from(Points::MIN.value())), Some(f64::from(Points::MAX.value()))),
        Some(("score", _)) => (Some(0.0), Some(1.0)),
        Some(("price", _)) => (Some(0.0), None),
        _ => (None, None),
    }
}

fn segment((index, input): (usize, &Input)) -> Option<Segment> {
    let InputKind::Category { levels } = &input.kind else { return None };
    (levels.len() < usize::from(u8::MAX)).then(|| Segment {
        input: index,
        name: input.name.clone(),
        label: input.label.clone(),
        levels: levels.iter().map(|level| level.name.clone()).collect(),
        audit_only: input.permitted == Permitted::AuditOnly,
    })
}

fn references(engine: &Engine) -> Result<(References, Vec<Option<Explainer>>), NotSampled> {
    let Some(populations) = engine.model.populations() else {
        // Nothing explains a decline by score.
        let none = References { of_approve: vec![0; N_SCORES], ranges: vec![(None, None)] };
        return Ok((none, vec![None]));
    };
    let mut found: Vec<Option<Population>> = Vec::new();
    let mut of_approve = Vec::with_capacity(N_SCORES);
    for approve in scores() {
        let above = above_cutoff(populations, engine.policy.reference, approve);
        let range = |population: &Option<Population>| population.as_ref().map(|known| (known.from, known.to));
        let index = found.iter().position(|known| range(known) == range(&above)).unwrap_or_else(|| {
            found.push(above);
            found.len() - 1
        });
        of_approve.push(index as u8);
    }
    if found.len() > MOST_REFERENCES {
        return Err(NotSampled::TooManyReferences(found.len()));
    }
    let ranges = found.iter().map(|known| known.as_ref().map_or((None, None), |known| (known.from, known.to)));
    let ranges = ranges.collect();
    let explainer = |known: Option<Population>| match known {
        Some(population) => Some(engine.model.explainer(&population)),
        None => engine.model.against_all().cloned(),
    };
    Ok((References { of_approve, ranges }, found.into_iter().map(explainer).collect()))
}

/// Shown scores.
pub(super) const N_SCORES: usize = (Points::MAX.value() - Points::MIN.value()) as usize + 1;

/// All shown scores, rising.
pub(super) fn scores() -> impl DoubleEndedIterator<Item = Points> {
    (0..N_SCORES).map(points_of)
}

/// The position of a score among them.
pub(super) fn bin(points: Points) -> usize {
    (points.value() - Points::MIN.value()) as usize
}

/// The score at a position.
pub(super) fn points_of(bin: usize) -> Points {
    Points::from_raw(bin as f64 + f64::from(Points::MIN.value()))
}

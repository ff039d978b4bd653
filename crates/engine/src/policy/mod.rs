//! Decision policy as data: bands, tiers and rules. People change it without retraining.
//!
//! Every rule answers, none is skipped because another fired: severity, not order, decides.

mod analysis;

pub use analysis::Finding;

use crate::application::{Application, InputKind, Permitted, Value};
use crate::features::interval::Interval;
use crate::features::{FeatureVector, Schema};
use crate::pricing::Offer;
use crate::seal::{self, Digest, Kind, Layout, SealError};
use crate::units::{Date, Points, Probability};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeSet;

/// A policy file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The file's name for people.
    pub name: String,
    /// The version of its content.
    pub version: String,
    /// Cut-offs in shown points.
    pub bands: Bands,
    /// Price tiers by score, from best to worst.
    pub tiers: Vec<Tier>,
    /// The population against which decisions are explained.
    pub reference: ReferenceName,
    /// Rules, each with its own answer.
    pub rules: Vec<Rule>,
}

/// Cut-offs in shown points: at or above `approve` is approved, at or above `review` is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// The lowest approved score.
    pub approve: Points,
    /// The lowest reviewed score.
    pub review: Points,
}

/// Where a score falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Band {
    Decline,
    Review,
    Approve,
}

impl Bands {
    /// The band of a shown score.
    pub fn of(self, points: Points) -> Band {
        if points >= self.approve {
            Band::Approve
        } else if points >= self.review {
            Band::Review
        } else {
            Band::Decline
        }
    }
}

/// A price tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The name that pricing refers to.
    pub name: String,
    /// The lowest score of the tier.
    pub min: Points,
}

/// The reference population of explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceName {
    /// Applicants who scored from the approve cut-off to 20 points above it.
    AboveCutoff,
    /// All training rows.
    All,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable name, written into receipts.
    pub id: String,
    /// What a person reads.
    pub label: String,
    /// The condition under which it fires.
    pub when: Condition,
    /// What firing means.
    pub severity: Severity,
    /// The reason code that stands for it.
    pub reason: String,
    /// First day in effect.
    pub from: Option<Date>,
    /// Last day in effect.
    pub to: Option<Date>,
}

/// What a fired rule means; the most severe fired rule wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Approved once the applicant brings something.
    Condition,
    /// A person looks at it.
    Review,
    /// Another deal is offered: the limit that the rule names.
    Counteroffer,
    /// Declined.
    Decline,
    /// Cannot be decided yet.
    Incomplete,
}

/// When a rule fires. In files: `{field, op, value}`, `{all: […]}`, `{any: […]}` or `{not: …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ConditionFile", into = "ConditionFile")]
pub enum Condition {
    /// One comparison.
    Test(Test),
    /// All of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
}

/// One comparison of a field with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// `input.NAME`, `feature.NAME`, `score.points`, `score.pd` or `price.NAME`.
    pub field: String,
    /// The comparison.
    pub op: Op,
    /// What to compare with; absent for `missing`.
    pub value: Option<Operand>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ConditionFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<Op>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Operand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Condition>>,
}

/// A condition that is none of the four forms, or two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a condition is either field with op and value, or all, or any, or not")]
pub struct NotACondition;

impl TryFrom<ConditionFile> for Condition {
    type Error = NotACondition;
    fn try_from(file: ConditionFile) -> Result<Self, NotACondition> {
        match file {
            ConditionFile { field: Some(field), op: Some(op), value, all: None, any: None, not: None } => {
                Ok(Condition::Test(Test { field, op, value }))
            }
            ConditionFile { field: None, op: None, value: None, all: Some(all), any: None, not: None } => {
                Ok(Condition::All(all))
            }
            ConditionFile { field: None, op: None, value: None, all: None, any: Some(any), not: None } => {
                Ok(Condition::Any(any))
            }
            ConditionFile { field: None, op: None, value: None, all: None, any: None, not: Some(not) } => {
                Ok(Condition::Not(not))
            }
            _ => Err(NotACondition),
        }
    }
}

impl From<Condition> for ConditionFile {
    fn from(condition: Condition) -> Self {
        let file = ConditionFile::default();
        match condition {
            Condition::Test(Test { field, op, value }) => Self { field: Some(field), op: Some(op), value, ..file },
            Condition::All(all) => Self { all: Some(all), ..file },
            Condition::Any(any) => Self { any: Some(any), ..file },
            Condition::Not(not) => Self { not: Some(not), ..file },
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Op {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    In,
    Missing,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A number.
    Number(f64),
    /// A text: a category level or a date.
    Text(String),
    /// Several texts, for `in`.
    Texts(Vec<String>),
}

impl Serialize for Operand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Operand::Number(number) => serializer.serialize_f64(*number),
            Operand::Text(text) => serializer.serialize_str(text),
            Operand::Texts(texts) => texts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Operand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = Operand;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, a text or a list of texts")
            }
            fn visit_i64<E>(self, number: i64) -> Result<Operand, E> {
                Ok(Operand::Number(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Operand, E> {
                Ok(Operand::Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Operand, E> {
                Ok(Operand::Number(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Operand, E> {
                Ok(Operand::Text(text.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Operand, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Operand::Texts(texts))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A rule's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The condition holds.
    Fired,
    /// The condition does not hold.
    Passed,
    /// What it reads is not there, or the rule is not in effect.
    NotApplicable,
}

/// A rule's answer with what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleAnswer {
    /// The rule.
    pub id: String,
    /// What it said.
    pub answer: Answer,
    /// The value of the first field that it reads.
    pub observed: Option<Operand>,
    /// What that value is compared with.
    pub threshold: Option<Operand>,
}

/// Everything that rules may read. Stages that have not been reached are `None`.
pub struct Facts<'a> {
    /// The checked inputs.
    pub application: &'a Application,
    /// The derived features.
    pub features: &'a FeatureVector,
    /// Shown points and PD.
    pub score: Option<(Points, Probability)>,
    /// The priced offer.
    pub offer: Option<&'a Offer>,
    /// The day of the decision.
    pub as_of: Date,
}

/// Why a policy was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The file could not be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The review cut-off lies above the approve cut-off.
    #[error("the review cut-off {review} lies above the approve cut-off {approve}")]
    Bands {
        /// The approve cut-off.
        approve: i16,
        /// The review cut-off.
        review: i16,
    },
    /// Tiers do not fall from best to worst, or share a name.
    #[error("tier {0:?}: tiers must have distinct names and falling scores")]
    Tiers(String),
    /// Two rules share a name, or a name is empty.
    #[error("rule {0:?}: ids must be distinct and not empty")]
    RuleId(String),
    /// A condition reads a field that does not exist or may not be read.
    #[error(
        "rule {rule:?} reads {field:?}; expected input.NAME, feature.NAME, score.points, score.pd or price.NAME of this model"
    )]
    UnknownField {
        /// The rule.
        rule: String,
        /// The field.
        field: String,
    },
    /// A comparison that does not fit its field or value.
    #[error("rule {rule:?}: {field} cannot be compared by {op:?} with {value}")]
    Type {
        /// The rule.
        rule: String,
        /// The field.
        field: String,
        /// The comparison.
        op: Op,
        /// What it is compared with.
        value: String,
    },
    /// A counter-offer rule that does not name one limit of one input.
    #[error("rule {0:?}: a counter-offer needs one comparison (lt, le, gt, ge) of one number input")]
    Counteroffer(String),
    /// The condition is nested too deeply.
    #[error("rule {0:?}: the condition is nested more than 16 levels deep")]
    Depth(String),
}

impl Policy {
    /// What decides when no policy is given: approve at 640, review at 560, no rules.
    pub fn built_in() -> Self {
        let points = |points| Points::new(points).unwrap_or(Points::MIN);
        Self {
            name: "built-in bands".to_owned(),
            version: "1".to_owned(),
            bands: Bands { approve: points(640), review: points(560) },
            tiers: Vec::new(),
            reference: ReferenceName::AboveCutoff,
            rules: Vec::new(),
        }
    }

    /// Reads and checks a policy file against a schema.
    ///
    /// # Errors
    /// [`PolicyError`] names the first thing that is wrong.
    pub fn decode(bytes: &[u8], schema: &Schema) -> Result<(Self, Digest), PolicyError> {
        let (policy, digest): (Policy, Digest) = seal::read(Kind::Policy, bytes)?;
        policy.check(schema)?;
        Ok((policy, digest))
    }

    /// The sealed file of this policy.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Policy, self, Layout::Lines(2))
    }

    /// Checks the policy against a schema.
    ///
    /// # Errors
    /// [`PolicyError`] names the first thing that is wrong.
    pub fn check(&self, schema: &Schema) -> Result<(), PolicyError> {
        let Bands { approve, review } = self.bands;
        if review > approve {
            return Err(PolicyError::Bands { approve: approve.value(), review: review.value() });
        }
        let mut names = BTreeSet::new();
        for (index, tier) in self.tiers.iter().enumerate() {
            if !names.insert(&tier.name) || index > 0 && self.tiers[index - 1].min <= tier.min {
                return Err(PolicyError::Tiers(tier.name.clone()));
            }
        }
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            if rule.id.is_empty() || !ids.insert(&rule.id) {
                return Err(PolicyError::RuleId(rule.id.clone()));
            }
            check_condition(&rule.when, &rule.id, schema, 0)?;
            if rule.severity == Severity::Counteroffer && rule.limit(schema).is_none() {
                return Err(PolicyError::Counteroffer(rule.id.clone()));
            }
        }
        Ok(())
    }

    /// What is wrong with a policy although each part of it makes sense. Checks made to order take their time: a door at which
    /// people hand in policies asks, loading does not.
    pub fn findings(&self, schema: &Schema) -> Vec<Finding> {
        analysis::findings(self, schema)
    }

    /// The tier of a score, if any.
    pub fn tier(&self, points: Points) -> Option<&Tier> {
        self.tiers.iter().find(|tier| points >= tier.min)
    }

    /// Every rule's answer, in the policy's order.
    pub fn answers(&self, schema: &Schema, facts: &Facts<'_>) -> Vec<RuleAnswer> {
        self.rules.iter().map(|rule| rule.answer(schema, facts)).collect()
    }
}

impl Rule {
    fn answer(&self, schema: &Schema, facts: &Facts<'_>) -> RuleAnswer {
        let holds = if self.is_in_effect(facts.as_of) {
            self.when.holds(&|test| test.holds(observe(&test.field, schema, facts)?))
        } else {
            None
        };
        let mut tests = Vec::new();
        self.when.add_tests(&mut tests);
        let first = tests.first();
        RuleAnswer {
            id: self.id.clone(),
            answer: match holds {
                Some(true) => Answer::Fired,
                Some(false) => Answer::Passed,
                None => Answer::NotApplicable,
            },
            observed: first.and_then(|test| observe(&test.field, schema, facts)).and_then(Observed::operand),
            threshold: first.and_then(|test| test.value.clone()),
        }
    }

    /// Whether the rule counts on a day.
    pub(crate) fn is_in_effect(&self, as_of: Date) -> bool {
        self.from.is_none_or(|from| from <= as_of) && self.to.is_none_or(|to| as_of <= to)
    }

    /// For a counter-offer rule: the input and the value that would satisfy it.
    pub fn limit(&self, schema: &Schema) -> Option<(usize, f64)> {
        let Condition::Test(Test { field, op, value: Some(Operand::Number(value)) }) = &self.when else { return None };
        let index = schema.input_index(field.strip_prefix("input.")?)?;
        let InputKind::Number { step, .. } = schema.inputs()[index].kind else { return None };
        match op {
            Op::Gt | Op::Lt => Some((index, *value)),
            Op::Ge => Some((index, value - step)),
            Op::Le => Some((index, value + step)),
            _ => None,
        }
    }
}

impl Condition {
    /// The answer from those of its tests; `None` when it depends on one that is not known (Kleene's logic of three values).
    pub(crate) fn holds(&self, answer: &dyn Fn(&Test) -> Option<bool>) -> Option<bool> {
        match self {
            Condition::Test(test) => answer(test),
            Condition::Not(not) => not.holds(answer).map(|holds| !holds),
            Condition::All(all) => {
                let answers: Vec<_> = all.iter().map(|part| part.holds(answer)).collect();
                if answers.contains(&Some(false)) {
                    Some(false)
                } else {
                    answers.iter().all(Option::is_some).then_some(true)
                }
            }
            Condition::Any(any) => {
                let answers: Vec<_> = any.iter().map(|part| part.holds(answer)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else {
                    answers.iter().all(Option::is_some).then_some(false)
                }
            }
        }
    }

    /// Adds the comparisons, in their order.
    fn add_tests<'a>(&'a self, tests: &mut Vec<&'a Test>) {
        match self {
            Condition::Test(test) => tests.push(test),
            Condition::Not(not) => not.add_tests(tests),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.add_tests(tests)),
        }
    }
}

impl Test {
    /// The answer for numbers within an interval, if it is the same for all.
    pub(crate) fn holds_within(&self, within: Interval) -> Option<bool> {
        let Some(Operand::Number(value)) = &self.value else { return None };
        match self.op {
            Op::Lt => within.is_below(*value),
            Op::Ge => within.is_below(*value).map(|below| !below),
            Op::Le => within.is_below(value.next_up()),
            Op::Gt => within.is_below(value.next_up()).map(|below| !below),
            Op::Eq | Op::In | Op::Missing => None,
        }
    }

    /// The answer for what is observed.
    pub(crate) fn holds(&self, observed: Observed) -> Option<bool> {
        if self.op == Op::Missing {
            return Some(observed == Observed::Missing);
        }
        match (observed, self.value.as_ref()?) {
            (Observed::Number(number), Operand::Number(value)) => Some(match self.op {
                Op::Lt => number < *value,
                Op::Le => number <= *value,
                Op::Gt => number > *value,
                Op::Ge => number >= *value,
                Op::Eq => number == *value,
                Op::In | Op::Missing => return None,
            }),
            (Observed::Text(text), Operand::Text(value)) => Some(match self.op {
                Op::Eq => text == *value,
                Op::Lt => text < *value,
                Op::Le => text <= *value,
                Op::Gt => text > *value,
                Op::Ge => text >= *value,
                Op::In | Op::Missing => return None,
            }),
            (Observed::Text(text), Operand::Texts(values)) => Some(values.contains(&text)),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Observed {
    Missing,
    Number(f64),
    Text(String),
}

impl Observed {
    fn operand(self) -> Option<Operand> {
        match self {
            Observed::Missing => None,
            Observed::Number(number) => Some(Operand::Number(number)),
            Observed::Text(text) => Some(Operand::Text(text)),
        }
    }
}

/// The prices that a rule may read.
pub const PRICE_FIELDS: [&str; 5] = ["payment", "pti", "dti", "ltv", "apr"];

/// `None` when the stage that makes the field has not been reached.
pub(crate) fn observe(field: &str, schema: &Schema, facts: &Facts<'_>) -> Option<Observed> {
    let (space, name) = field.split_once('.')?;
    let number = |number: Option<f64>| number.map_or(Observed::Missing, Observed::Number);
    match space {
        "input" => {
            let index = schema.input_index(name)?;
            Some(match facts.application.value(index) {
                None => Observed::Missing,
                Some(Value::Number(number)) => Observed::Number(*number),
                Some(Value::Level(level)) => match &schema.inputs()[index].kind {
                    InputKind::Category { levels } => Observed::Text(levels[usize::from(*level)].name.clone()),
                    _ => Observed::Missing,
                },
                Some(Value::Unseen(text)) => Observed::Text(text.clone()),
                Some(Value::Date(date)) => Observed::Text(date.to_string()),
            })
        }
        "feature" => Some(number(facts.features.0[schema.feature_index(name)?])),
        "score" => {
            let (points, pd) = facts.score?;
            Some(Observed::Number(if name == "points" { f64::from(points.value()) } else { pd.value() }))
        }
        "price" => {
            let offer = facts.offer?;
            let value = match name {
                "payment" => Some(offer.payment_cents.dollars()),
                "pti" => offer.pti,
                "dti" => offer.dti,
                "ltv" => offer.ltv,
                _ => Some(offer.apr),
            };
            value.map(Observed::Number)
        }
        _ => None,
    }
}

fn check_condition(condition: &Condition, rule: &str, schema: &Schema, depth: usize) -> Result<(), PolicyError> {
    if depth > 16 {
        return Err(PolicyError::Depth(rule.to_owned()));
    }
    match condition {
        Condition::Test(test) => check_test(test, rule, schema),
        Condition::Not(not) => check_condition(not, rule, schema, depth + 1),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().try_for_each(|part| check_condition(part, rule, schema, depth + 1))
        }
    }
}

fn check_test(test: &Test, rule: &str, schema: &Schema) -> Result<(), PolicyError> {
    let unknown = || PolicyError::UnknownField { rule: rule.to_owned(), field: test.field.clone() };
    let (space, name) = test.field.split_once('.').ok_or_else(unknown)?;
    let kind = match space {
        "input" => {
            let input = &schema.inputs()[schema.input_index(name).ok_or_else(unknown)?];
            if input.permitted == Permitted::AuditOnly {
                return Err(unknown());
            }
            Some(&input.kind)
        }
        "feature" => schema.feature_index(name).map(|_| None).ok_or_else(unknown)?,
        "score" if name == "points" || name == "pd" => None,
        "price" if PRICE_FIELDS.contains(&name) => None,
        _ => return Err(unknown()),
    };
    let fits = match (kind, test.op, &test.value) {
        (_, Op::Missing, None) => true,
        (
            None | Some(InputKind::Number { .. }),
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq,
            Some(Operand::Number(value)),
        ) => value.is_finite(),
        (Some(InputKind::Category { .. }), Op::Eq, Some(Operand::Text(_))) => true,
        (Some(InputKind::Category { .. }), Op::In, Some(Operand::Texts(_))) => true,
        (Some(InputKind::Date), Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq, Some(Operand::Text(date))) => {
            date.parse::<Date>().is_ok()
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        let value = test.value.as_ref().map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
        Err(PolicyError::Type { rule: rule.to_owned(), field: test.field.clone(), op: test.op, value })
    }
}

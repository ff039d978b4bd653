//! What can be moved: cut-offs, limits, and rules as a whole.

use super::frame::{Frame, Threshold};
use crate::policy::{Bands, Condition, Op, Operand, Policy};
use crate::units::Points;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A policy that somebody thinks of: cut-offs, and the rules that differ from how they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The lowest approved score.
    pub approve: Points,
    /// The lowest reviewed score.
    pub review: Points,
    /// Rules by id; the others stay as they are.
    #[serde(default)]
    pub rules: BTreeMap<String, Setting>,
}

impl Draft {
    /// The policy that decides as this draft says: rules that are off are left out, moved limits are written into theirs.
    pub fn policy(&self, written: &Policy) -> Policy {
        let rules = written.rules.iter().filter_map(|rule| {
            let mut rule = rule.clone();
            match (self.rules.get(&rule.id), &mut rule.when) {
                (Some(Setting::Off), _) => return None,
                (Some(Setting::At(at)), Condition::Test(test)) => test.value = Some(Operand::Number(*at)),
                _ => {}
            }
            Some(rule)
        });
        let bands = Bands { approve: self.approve, review: self.review };
        Policy { bands, rules: rules.collect(), ..written.clone() }
    }
}

/// How a rule differs from how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// It never fires.
    Off,
    /// Its limit lies here.
    At(f64),
}

/// A draft that makes sense on a frame. Only [`Frame::levers`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Levers {
    pub(super) bands: Bands,
    /// The rules that are neither off nor moved, one bit each; a missing field always counts.
    pub(super) as_written: u64,
    pub(super) moved: Vec<Moved>,
}

/// A moved limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moved {
    /// Its position among the thresholds.
    pub(super) threshold: usize,
    /// The rule's position in the policy.
    pub(super) rule: usize,
    pub(super) op: Op,
    pub(super) at: f64,
}

/// Why a draft makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LeverError {
    /// The review cut-off lies above the approve cut-off.
    #[error("the review cut-off {review} lies above the approve cut-off {approve}")]
    Bands {
        /// The approve cut-off.
        approve: i16,
        /// The review cut-off.
        review: i16,
    },
    /// No rule has this id.
    #[error("the policy has no rule {0:?}")]
    NoRule(String),
    /// The rule can be switched off, not moved.
    #[error(
        "rule {0:?} has no limit that can move: it is not in effect, a counter-offer, or more than one comparison with a number"
    )]
    NoLimit(String),
    /// The limit lies where no value can.
    #[error("rule {rule:?}: {found} is out of range; expected {expected}")]
    OutOfRange {
        /// The rule.
        rule: String,
        /// The limit.
        found: f64,
        /// Where it can lie.
        expected: String,
    },
}

impl Moved {
    pub(super) fn new(index: usize, threshold: &Threshold, at: f64) -> Self {
        Self { threshold: index, rule: threshold.rule, op: threshold.op, at }
    }

    /// Whether the rule fires on what is observed; never on NaN.
    pub(super) fn fires(&self, observed: f64) -> bool {
        match self.op {
            Op::Lt => observed < self.at,
            Op::Le => observed <= self.at,
            Op::Gt => observed > self.at,
            Op::Ge => observed >= self.at,
            // No threshold compares in these ways.
            Op::Eq | Op::In | Op::Missing => false,
        }
    }
}

impl Frame {
    /// The policy as it is written.
    pub fn draft(&self) -> Draft {
        Draft { approve: self.bands.approve, review: self.bands.review, rules: BTreeMap::new() }
    }

    /// Checks a draft.
    ///
    /// # Errors
    /// [`LeverError`] names the first thing that makes no sense.
    pub fn levers(&self, draft: &Draft) -> Result<Levers, LeverError> {
        let Draft { approve, review, .. } = *draft;
        if review > approve {
            return Err(LeverError::Bands { approve: approve.value(), review: review.value() });
        }
        let mut levers = Levers { bands: Bands { approve, review }, as_written: u64::MAX, moved: Vec::new() };
        for (id, setting) in &draft.rules {
            let rule = self.rule(id)?;
            match setting {
                Setting::Off => levers.as_written &= !(1 << rule),
                Setting::At(at) => {
                    let (index, threshold) = self.threshold(id)?;
                    let fits = at.is_finite()
                        && threshold.from.is_none_or(|from| from <= *at)
                        && threshold.to.is_none_or(|to| *at <= to);
                    if !fits {
                        let [from, to] = [threshold.from, threshold.to].map(|end| end.map(|end| end.to_string()));
                        let expected = format!(
                            "{} to {}",
                            from.as_deref().unwrap_or("any"),
                            to.as_deref().unwrap_or("any number")
                        );
                        return Err(LeverError::OutOfRange { rule: id.clone(), found: *at, expected });
                    }
                    if *at != threshold.written {
                        levers.as_written &= !(1 << rule);
                        levers.moved.push(Moved::new(index, threshold, *at));
                    }
                }
            }
        }
        Ok(levers)
    }

    /// The position of a rule in the policy.
    pub(super) fn rule(&self, id: &str) -> Result<usize, LeverError> {
        self.rules.iter().position(|(known, _)| known == id).ok_or_else(|| LeverError::NoRule(id.to_owned()))
    }

    /// The threshold of a rule, with its position among them.
    pub(super) fn threshold(&self, id: &str) -> Result<(usize, &Threshold), LeverError> {
        let rule = self.rule(id)?;
        let mut listed = self.thresholds.iter().enumerate();
        listed.find(|(_, threshold)| threshold.rule == rule).ok_or_else(|| LeverError::NoLimit(id.to_owned()))
    }
}

impl Levers {
    /// The cut-offs.
    pub fn bands(&self) -> Bands {
        self.bands
    }

    /// The same rules with other cut-offs.
    ///
    /// # Errors
    /// [`LeverError::Bands`].
    pub fn with_bands(&self, bands: Bands) -> Result<Self, LeverError> {
        if bands.review > bands.approve {
            return Err(LeverError::Bands { approve: bands.approve.value(), review: bands.review.value() });
        }
        Ok(Self { bands, ..self.clone() })
    }

    /// Whether rules are the same, whatever the cut-offs are.
    pub(super) fn has_rules_of(&self, other: &Self) -> bool {
        self.as_written == other.as_written && self.moved == other.moved
    }

    /// The limit of a rule: within, `None` where it is as it is written; nothing where the rule is off.
    pub(super) fn limit_of(&self, rule: usize) -> Option<Option<f64>> {
        let moved = self.moved.iter().find(|moved| moved.rule == rule);
        match moved {
            Some(moved) => Some(Some(moved.at)),
            None => (self.as_written >> rule & 1 == 1).then_some(None),
        }
    }

    /// The same without a rule.
    pub(super) fn without(&self, rule: usize) -> Self {
        let moved = self.moved.iter().copied().filter(|moved| moved.rule != rule).collect();
        Self { bands: self.bands, as_written: self.as_written & !(1 << rule), moved }
    }
}

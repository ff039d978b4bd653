//! A receipt: everything that a decision depends on and everything it said, in canonical bytes that anyone can replay.

use crate::application::{ApplicationForm, FormValue, InvalidApplication};
use crate::decision::{Confidence, Decided, Decision, Digests, Engine, Outcome, ReferencePopulation};
use crate::policy::{Band, RuleAnswer};
use crate::pricing::Offer;
use crate::seal::{self, Digest, Kind, Layout, SealError};
use crate::units::{Date, LogOdds, Points, Probability};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The members of a receipt, in canonical order. Maps are sorted by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The envelope's members: read with the others, in whatever order they stand, and written by the envelope.
    #[serde(skip_serializing)]
    kind: Option<String>,
    #[serde(skip_serializing)]
    format: Option<u64>,
    #[serde(skip_serializing)]
    sha256: Option<Digest>,
    /// The files and the engine.
    pub digests: Digests,
    /// The population of the explanation.
    pub reference: ReferencePopulation,
    /// The day of the decision, from the host.
    pub as_of: Date,
    /// Seed of anything random, as text; decisions themselves draw nothing.
    pub seed: String,
    /// What was entered: money in the input's unit, dates as text.
    pub inputs: BTreeMap<String, FormValue>,
    /// The score; `None` when incomplete.
    pub score: Option<ReceiptScore>,
    /// Where the score falls.
    pub band: Option<Band>,
    /// How sure the band is.
    pub confidence: Option<Confidence>,
    /// Features outside the range of the training rows.
    pub outside_experience: Vec<String>,
    /// Every rule's answer, in the policy's order.
    pub rules: Vec<RuleAnswer>,
    /// The price at this score.
    pub offer: Option<Offer>,
    /// The decision in a word.
    pub outcome: Outcome,
    /// The decision.
    pub decision: Decision,
}

/// The score with contributions by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of decision::Score")]
pub struct ReceiptScore {
    pub log_odds: LogOdds,
    pub pd: Probability,
    pub pd_low: Probability,
    pub pd_high: Probability,
    pub points: Points,
    pub raw_points: f64,
    pub base: f64,
    pub contributions: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub float32_rounding: Option<f64>,
}

/// Why a receipt could not be replayed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// The receipt is not canonical JSON of its kind, or its bytes changed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A member was changed after the decision: the same inputs give the sealed digest with another value there.
    #[error("{member} was changed: the receipt has {found}, its digest is that of {expected}")]
    Member {
        /// Where, as a path.
        member: String,
        /// What stands there.
        found: String,
        /// What was decided.
        expected: String,
    },
    /// What the decision was made on was changed: an input, the day or the seed.
    #[error(
        "its inputs, as_of or seed were changed after the decision: with what stands there the digest is {actual}, the receipt names {named}"
    )]
    DecidedOn {
        /// The digest in the receipt.
        named: Digest,
        /// That of a decision on what stands there.
        actual: Digest,
    },
    /// The receipt was made with another file than was given.
    #[error("the receipt names {what} {named}, but {given} was given")]
    OtherFile {
        /// artifact, policy, pricing or reasons.
        what: &'static str,
        /// The digest in the receipt.
        named: String,
        /// The digest of the given file.
        given: String,
    },
    /// The inputs do not check against the model's schema.
    #[error("the receipt's inputs are not an application of this model: {0}")]
    Inputs(#[from] InvalidApplication),
}

/// The result of a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// Whether the receipt was made by this very engine.
    pub same_engine: bool,
    /// The engine that made the receipt.
    pub named_engine: Digest,
    /// The first stage that differs; `None` when everything is equal.
    pub difference: Option<Stage>,
}

/// A stage of a decision, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Receipt")]
pub enum Stage {
    Inputs,
    Reference,
    Score,
    Contributions,
    Band,
    Confidence,
    Price,
    Rules,
    Decision,
}

impl Receipt {
    /// Records a decision.
    pub fn new(engine: &Engine, form: &ApplicationForm, decided: Decided, as_of: Date, seed: u64) -> Self {
        let features = engine.model.schema().features();
        let score = decided.score.map(|score| ReceiptScore {
            log_odds: score.log_odds,
            pd: score.pd,
            pd_low: score.pd_low,
            pd_high: score.pd_high,
            points: score.points,
            raw_points: score.raw_points,
            base: score.base,
            float32_rounding: score.float32_rounding,
            contributions: features.iter().map(|feature| feature.name.clone()).zip(score.contributions).collect(),
        });
        let given = form.0.iter().filter(|(_, value)| **value != FormValue::Missing);
        Self {
            kind: None,
            format: None,
            sha256: None,
            digests: engine.digests.clone(),
            reference: engine.reference().clone(),
            as_of,
            seed: seed.to_string(),
            inputs: given.map(|(name, value)| (name.clone(), value.clone())).collect(),
            score,
            band: decided.band,
            confidence: decided.confidence,
            outside_experience: decided.outside_experience,
            rules: decided.rules,
            offer: decided.offer,
            outcome: decided.decision.outcome(),
            decision: decided.decision,
        }
    }

    /// The canonical bytes: one line, declared order, shortest floats, sealed.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Receipt, self, Layout::Canonical)
    }

    /// Reads any JSON spelling of a receipt, rewrites it canonically and compares the digest.
    ///
    /// # Errors
    /// [`SealError`] when it is not a receipt or was changed.
    pub fn verify(bytes: &[u8]) -> Result<Self, SealError> {
        let (receipt, named, actual) = Self::read(bytes)?;
        if named == actual { Ok(receipt) } else { Err(SealError::Changed { named, actual }) }
    }

    /// A receipt with the digest that it names and the digest that it has.
    fn read(bytes: &[u8]) -> Result<(Self, Digest, Digest), SealError> {
        let mut receipt: Receipt = serde_json::from_slice(bytes).map_err(|error| SealError::body(&error))?;
        let kind = receipt.kind.take().unwrap_or_default();
        if kind != Kind::Receipt.name() {
            return Err(SealError::UnknownKind { found: kind });
        }
        let format = receipt.format.take().unwrap_or_default();
        if format == 0 || format > u64::from(Kind::Receipt.format()) {
            return Err(SealError::Format { kind: Kind::Receipt, found: format, supported: Kind::Receipt.format() });
        }
        let named = receipt.sha256.take().ok_or(SealError::Head { at: 0, expected: "the member sha256" })?;
        let (_, actual) = seal::open(&receipt.encode())?;
        Ok((receipt, named, actual))
    }
}

impl Engine {
    /// Decides a form: check, decide, record.
    ///
    /// # Errors
    /// [`InvalidApplication`] with every bad field.
    pub fn receipt(&self, form: &ApplicationForm, as_of: Date, seed: u64) -> Result<Receipt, InvalidApplication> {
        let application = form.check(self.inputs())?;
        Ok(Receipt::new(self, form, self.decide(&application, as_of), as_of, seed))
    }

    /// Computes a receipt's decision again and compares stage by stage.
    ///
    /// # Errors
    /// [`ReplayError`] when the receipt is broken or belongs to other files.
    pub fn replay(&self, bytes: &[u8]) -> Result<Replay, ReplayError> {
        let (receipt, named, actual) = Receipt::read(bytes)?;
        self.same_files(&receipt.digests)?;
        let seed = receipt.seed.parse().unwrap_or(0);
        let again = self.receipt(&ApplicationForm(receipt.inputs.clone()), receipt.as_of, seed)?;
        if named != actual {
            return Err(changed(&receipt, again, named, actual));
        }
        Ok(Replay {
            same_engine: receipt.digests.engine == self.digests.engine,
            named_engine: receipt.digests.engine,
            difference: first_difference(&receipt, &again),
        })
    }

    /// Whether a receipt's files are those of this engine; the engine itself may be another.
    ///
    /// # Errors
    /// [`ReplayError::OtherFile`] names the first that is not.
    pub(crate) fn same_files(&self, named: &Digests) -> Result<(), ReplayError> {
        let text = |digest: Option<Digest>| digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        let ours = &self.digests;
        let files = [
            ("artifact", Some(named.artifact), Some(ours.artifact)),
            ("policy", Some(named.policy), Some(ours.policy)),
            ("pricing", named.pricing, ours.pricing),
            ("reasons", named.reasons, ours.reasons),
        ];
        match files.into_iter().find(|(_, named, given)| named != given) {
            Some((what, named, given)) => Err(ReplayError::OtherFile { what, named: text(named), given: text(given) }),
            None => Ok(()),
        }
    }
}

/// What was changed in a receipt whose digest is not the one that it names, from the decision on what it says it was decided on.
fn changed(receipt: &Receipt, again: Receipt, named: Digest, actual: Digest) -> ReplayError {
    // Another engine would not have its own digest here.
    let again = Receipt { digests: receipt.digests.clone(), ..again };
    let expected = again.encode();
    match seal::open(&expected) {
        Ok((_, sealed)) if sealed == named => {
            let [found, expected] = [receipt, &again].map(|receipt| serde_json::to_value(receipt).unwrap_or_default());
            let (member, found, expected) = differing(String::new(), &found, &expected);
            ReplayError::Member { member, found, expected }
        }
        Ok((_, sealed)) if sealed == actual => ReplayError::Seal(SealError::Changed { named, actual }),
        Ok((_, actual)) => ReplayError::DecidedOn { named, actual },
        Err(error) => ReplayError::Seal(error),
    }
}

/// The path of the first member that differs, with both values.
fn differing(path: String, found: &Value, expected: &Value) -> (String, String, String) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let first = match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            let pairs = names.map(|name| (below(name), a.get(name), b.get(name)));
            pairs.into_iter().find(|(_, a, b)| a != b)
        }
        (Value::Array(a), Value::Array(b)) => {
            let pairs = (0..a.len().max(b.len())).map(|at| (format!("{path}[{at}]"), a.get(at), b.get(at)));
            pairs.into_iter().find(|(_, a, b)| a != b)
        }
        _ => None,
    };
    match first {
        Some((path, found, expected)) => {
            differing(path, found.unwrap_or(&Value::Null), expected.unwrap_or(&Value::Null))
        }
        None => (path, found.to_string(), expected.to_string()),
    }
}

fn first_difference(a: &Receipt, b: &Receipt) -> Option<Stage> {
    let numbers = |receipt: &Receipt| {
        receipt.score.as_ref().map(|score| ReceiptScore { base: 0.0, contributions: BTreeMap::new(), ..score.clone() })
    };
    let parts = |receipt: &Receipt| receipt.score.as_ref().map(|score| (score.base, score.contributions.clone()));
    [
        (Stage::Inputs, a.inputs == b.inputs && a.seed == b.seed),
        (Stage::Reference, a.reference == b.reference),
        (Stage::Score, numbers(a) == numbers(b)),
        (Stage::Contributions, parts(a) == parts(b)),
        (Stage::Band, a.band == b.band),
        (Stage::Confidence, a.confidence == b.confidence && a.outside_experience == b.outside_experience),
        (Stage::Price, a.offer == b.offer),
        (Stage::Rules, a.rules == b.rules),
        (Stage::Decision, a.outcome == b.outcome && a.decision == b.decision),
    ]
    .into_iter()
    .find(|(_, equal)| !equal)
    .map(|(stage, _)| stage)
}

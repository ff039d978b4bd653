//! Adverse-action reasons: specific, directional, at most four, never a score.
//!
//! Hard rules come first, then model contributions summed by reason family, adverse direction only, largest first.
//! Source: 12 CFR 1002.9(b)(2) and Supplement I (principal reasons actually scored; approved method: furthest below
//! applicants at or slightly above the passing score).

use crate::features::Schema;
use crate::policy::{Answer, Policy, RuleAnswer, Severity};
use crate::seal::{self, Digest, Kind, Layout, SealError};
use serde::{Deserialize, Serialize};

/// The most reasons that a notice gives.
pub const MOST_REASONS: usize = 4;
/// A family below this share of all adverse points is not a principal reason.
const LEAST_SHARE: f64 = 0.05;

/// A catalogue file: what stands in notices for each rule and family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The file's name for people.
    pub name: String,
    /// The version of its content.
    pub version: String,
    /// One entry a code.
    pub reasons: Vec<Entry>,
}

/// One reason text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Stable code: a rule's reason code or a feature family.
    pub code: String,
    /// Short name of the family, for charts.
    pub label: String,
    /// The reason in English, as in a notice.
    pub en: String,
    /// The reason in Spanish.
    pub es: String,
}

/// A reason of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The catalogue's code.
    pub code: String,
    /// Where it comes from.
    pub source: Source,
    /// Points that the family costs against the reference; `None` for a rule.
    pub points: Option<f64>,
}

/// Where a reason comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Source {
    Rule,
    Model,
}

/// Why a catalogue was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CatalogueError {
    /// The file could not be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A text that a notice may not give.
    #[error("reason {code:?} says {found:?}: a notice must give the specific reason, not a standard or a score")]
    Vague {
        /// The entry.
        code: String,
        /// The phrase.
        found: &'static str,
    },
    /// A code without text, or twice.
    #[error("reason {0:?} is empty or given twice")]
    Entry(String),
    /// A rule or family without an entry.
    #[error("{user} {code:?} has no entry in the catalogue")]
    NoEntry {
        /// Who needs it: a rule or a family.
        user: &'static str,
        /// The missing code.
        code: String,
    },
}

/// Phrases that the regulation's commentary calls insufficient.
const VAGUE: [&str; 4] = ["internal standard", "qualifying score", "internal polic", "insufficient score"];

impl Catalogue {
    /// Reads a catalogue and checks that it covers policy and model.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn decode(bytes: &[u8], schema: &Schema, policy: &Policy) -> Result<(Self, Digest), CatalogueError> {
        let (catalogue, digest): (Catalogue, Digest) = seal::read(Kind::Reasons, bytes)?;
        catalogue.check(schema, policy)?;
        Ok((catalogue, digest))
    }

    /// The sealed file of this catalogue.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Reasons, self, Layout::Lines(2))
    }

    /// Checks texts and coverage.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn check(&self, schema: &Schema, policy: &Policy) -> Result<(), CatalogueError> {
        for (index, entry) in self.reasons.iter().enumerate() {
            let twice = self.reasons[..index].iter().any(|other| other.code == entry.code);
            if twice || [&entry.code, &entry.label, &entry.en, &entry.es].iter().any(|text| text.is_empty()) {
                return Err(CatalogueError::Entry(entry.code.clone()));
            }
            let text = entry.en.to_lowercase();
            if let Some(found) = VAGUE.iter().find(|phrase| text.contains(*phrase)) {
                return Err(CatalogueError::Vague { code: entry.code.clone(), found });
            }
        }
        let rules = policy.rules.iter().map(|rule| ("rule reason", &rule.reason));
        let families = schema.features().iter().map(|feature| ("family", &feature.family));
        match rules.chain(families).find(|(_, code)| self.entry(code).is_none()) {
            Some((user, code)) => Err(CatalogueError::NoEntry { user, code: code.clone() }),
            None => Ok(()),
        }
    }

    /// The entry of a code.
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.reasons.iter().find(|entry| entry.code == code)
    }
}

/// Contributions summed by reason family, in the order in which families first appear in the schema.
///
/// `points` has one value a feature: positive is safer.
pub fn by_family<'a>(schema: &'a Schema, points: &[f64]) -> Vec<(&'a str, f64)> {
    let mut families: Vec<(&str, f64)> = Vec::new();
    for (feature, value) in schema.features().iter().zip(points) {
        match families.iter_mut().find(|(family, _)| *family == feature.family) {
            Some((_, sum)) => *sum += value,
            None => families.push((&feature.family, *value)),
        }
    }
    families
}

/// The principal reasons against a decision: fired rules of a severity first, then adverse families, at most four.
pub fn principal(schema: &Schema, policy: &Policy, answers: &[RuleAnswer], points: Option<&[f64]>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for (rule, answer) in policy.rules.iter().zip(answers) {
        let adverse = answer.answer == Answer::Fired && rule.severity == Severity::Decline;
        if adverse && reasons.iter().all(|reason| reason.code != rule.reason) {
            reasons.push(Reason { code: rule.reason.clone(), source: Source::Rule, points: None });
        }
    }
    let mut adverse: Vec<(&str, f64)> = points.map(|points| by_family(schema, points)).unwrap_or_default();
    keep_adverse(&mut adverse, |family| family);
    for (family, points) in adverse {
        if reasons.iter().all(|reason| reason.code != family) {
            reasons.push(Reason { code: family.to_owned(), source: Source::Model, points: Some(points) });
        }
    }
    reasons.truncate(MOST_REASONS);
    reasons
}

/// Keeps the families that count against an application and are no trifles, the worst first.
pub(crate) fn keep_adverse<'a, F: Copy>(families: &mut Vec<(F, f64)>, name: impl Fn(F) -> &'a str) {
    families.retain(|(_, points)| *points < 0.0);
    families.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then_with(|| name(a.0).cmp(name(b.0))));
    let all: f64 = families.iter().map(|(_, points)| points).sum();
    let mut is_first = true;
    families.retain(|(_, points)| std::mem::take(&mut is_first) || *points <= LEAST_SHARE * all);
}

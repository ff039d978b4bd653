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
/// The family that is disclosed beyond the limit where it is a key factor of a score: recent inquiries.
pub const INQUIRIES: &str = "inquiries";
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

/// Phrases that the regulation's commentary calls insufficient, as English and Spanish notices would have them.
const VAGUE: [&str; 14] = [
    "internal standard",
    "qualifying score",
    "internal polic",
    "insufficient score",
    "norma interna",
    "normas internas",
    "política interna",
    "políticas internas",
    "criterios internos",
    "estándares internos",
    "puntuación insuficiente",
    "puntuación mínima",
    "puntaje insuficiente",
    "puntaje mínimo",
];

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
            let texts = [entry.en.to_lowercase(), entry.es.to_lowercase()];
            if let Some(found) = VAGUE.iter().find(|phrase| texts.iter().any(|text| text.contains(*phrase))) {
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

/// The reason families of a schema, in the order in which they first appear in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Families {
    names: Vec<String>,
    /// The family of each feature.
    of_feature: Vec<usize>,
}

impl Families {
    /// The families of a schema's features.
    pub fn new(schema: &Schema) -> Self {
        let (mut names, mut of_feature) = (Vec::<String>::new(), Vec::new());
        for feature in schema.features() {
            of_feature.push(names.iter().position(|name| *name == feature.family).unwrap_or_else(|| {
                names.push(feature.family.clone());
                names.len() - 1
            }));
        }
        Self { names, of_feature }
    }

    /// The family of each feature, as a position in the names.
    pub fn of_feature(&self) -> &[usize] {
        &self.of_feature
    }

    /// Their codes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Contributions summed by family. `points` has one value a feature: positive is safer.
    pub fn sums(&self, points: impl IntoIterator<Item = f64>) -> Vec<f64> {
        let mut sums = vec![None; self.names.len()];
        for (family, value) in self.of_feature.iter().zip(points) {
            // A family's first value stands as it is: adding it to 0 would lose the sign of a zero.
            sums[*family] = Some(sums[*family].map_or(value, |sum: f64| sum + value));
        }
        sums.into_iter().flatten().collect()
    }

    /// The families that speak against an applicant and are principal reasons, the most adverse first, each with the points
    /// that it costs.
    pub fn adverse(&self, points: impl IntoIterator<Item = f64>) -> Vec<(usize, f64)> {
        let mut families = self.sums(points).into_iter().enumerate().collect();
        self.keep_adverse(&mut families);
        families
    }

    /// Keeps the families that speak against an applicant and are no trifles, the worst first: by the same rule in a
    /// decision and in a batch.
    pub(crate) fn keep_adverse(&self, families: &mut Vec<(usize, f64)>) {
        keep(families, |(_, points)| *points < 0.0);
        let all: f64 = families.iter().map(|(_, points)| points).sum();
        let worst = families.iter().map(|(_, points)| *points).fold(0.0, f64::min);
        // The worst is always a reason.
        let least = (LEAST_SHARE * all).max(worst);
        keep(families, |(_, points)| *points <= least);
        families.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then_with(|| self.names[a.0].cmp(&self.names[b.0])));
    }
}

/// Keeps what is wanted, in its order, without a branch: which families speak against a row is anyone's guess.
fn keep<T: Copy>(list: &mut Vec<T>, is_wanted: impl Fn(&T) -> bool) {
    let mut kept = 0;
    for index in 0..list.len() {
        let item = list[index];
        list[kept] = item;
        kept += usize::from(is_wanted(&item));
    }
    list.truncate(kept);
}

/// Contributions summed by reason family, in the order in which families first appear in the schema.
///
/// `points` has one value a feature: positive is safer.
pub fn by_family<'a>(schema: &'a Schema, points: &[f64]) -> Vec<(&'a str, f64)> {
    let families = Families::new(schema);
    let name = |family: usize| {
        let first = families.of_feature.iter().position(|of| *of == family)?;
        schema.features().get(first).map(|feature| feature.family.as_str())
    };
    let listed = families.sums(points.iter().copied()).into_iter().enumerate();
    listed.filter_map(|(family, sum)| Some((name(family)?, sum))).collect()
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
    let families = Families::new(schema);
    for (family, points) in points.map(|points| families.adverse(points.iter().copied())).unwrap_or_default() {
        let code = &families.names[family];
        if reasons.iter().all(|reason| reason.code != *code) {
            reasons.push(Reason { code: code.clone(), source: Source::Model, points: Some(points) });
        }
    }
    reasons.truncate(MOST_REASONS);
    reasons
}

/// The key factors of a score: the families that hurt it, the most adverse first, at most four, and inquiries as a fifth
/// where they are one of them and not among the four.
///
/// Another list than [`principal`], for another question: it knows no rules, and an approved applicant has key factors
/// too. `points` has one value a feature: positive is safer.
///
/// Source: 15 USC 1681g(f)(1)(C), (2)(B) and (9), to which 1681m(a)(2) refers.
pub fn key_factors(schema: &Schema, points: &[f64]) -> Vec<Reason> {
    let families = Families::new(schema);
    let adverse = families.adverse(points.iter().copied());
    let reason = |(family, points): (usize, f64)| Reason {
        code: families.names[family].clone(),
        source: Source::Model,
        points: Some(points),
    };
    let listed = adverse.into_iter().enumerate();
    let kept = listed.filter(|(rank, (family, _))| *rank < MOST_REASONS || families.names[*family] == INQUIRIES);
    kept.map(|(_, factor)| reason(factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::auto;

    /// Points of the named families' first features; the others say nothing.
    fn factors(points: &[(&str, f64)]) -> Vec<String> {
        let schema = Schema::new(auto::inputs(), auto::features()).expect("a sound schema");
        let mut of_feature = vec![0.0; schema.features().len()];
        for (family, points) in points {
            let first = schema.features().iter().position(|feature| feature.family == *family).expect("a family");
            of_feature[first] = *points;
        }
        key_factors(&schema, &of_feature).into_iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn inquiries_are_a_fifth_key_factor_and_nothing_else_is() {
        let four = [("income", -50.0), ("utilization", -40.0), ("delinquency", -30.0), ("term", -20.0)];
        let with = |more: &[(&'static str, f64)]| factors(&[&four, more].concat());
        let first = ["income", "utilization", "delinquency", "term"];
        assert_eq!(with(&[("housing", -15.0)]), first);
        assert_eq!(with(&[("housing", -15.0), ("inquiries", -12.0)]), [&first[..], &["inquiries"]].concat());
        assert_eq!(
            with(&[("inquiries", -25.0), ("housing", -15.0)]),
            ["income", "utilization", "delinquency", "inquiries"]
        );
        // In favour, or a trifle: no key factor.
        assert_eq!(with(&[("inquiries", 12.0)]), first);
        assert_eq!(with(&[("inquiries", -1.0)]), first);
    }

    #[test]
    fn vague_wording_is_refused_in_both_languages() {
        let schema = Schema::new(Vec::new(), Vec::new()).expect("a sound schema");
        let checked = |en: &str, es: &str| {
            let [code, label] = ["income", "Income"].map(str::to_owned);
            let entry = Entry { code, label, en: en.to_owned(), es: es.to_owned() };
            let catalogue = Catalogue { name: String::new(), version: String::new(), reasons: vec![entry] };
            catalogue.check(&schema, &Policy::built_in())
        };
        let (en, es) = ("Income insufficient for amount of credit requested", "Ingresos insuficientes para el monto");
        assert_eq!(checked(en, es), Ok(()));
        for vague in ["No cumple nuestras Normas Internas", "Puntuación insuficiente", "No alcanza el puntaje mínimo"]
        {
            assert!(matches!(checked(en, vague), Err(CatalogueError::Vague { .. })), "{vague}");
        }
        assert!(matches!(checked("Below our internal standards", es), Err(CatalogueError::Vague { .. })));
    }
}

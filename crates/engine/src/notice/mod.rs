//! Notices that the law requires of a decision, as letters: print-ready, self-contained HTML, in English and Spanish.
//!
//! Everything here is a simulation and says so on every page. A letter is written of a receipt that this engine computes
//! again to the same decision, never of numbers that somebody typed.
//!
//! Source: 12 CFR 1002.9 with Supplement I and Appendix C, forms C-1 (statement of reasons), C-4 (counter-offer) and C-6
//! (incomplete application); 15 USC 1681m(a) and (h), 1681g(f); 12 CFR 1022.72 to 1022.74 and Appendix H, form H-6
//! (risk-based pricing with a score).

mod letter;
mod page;
mod words;

use crate::decision::{Decision, Engine, Outcome, Terms};
use crate::policy::Policy;
use crate::receipt::{Receipt, ReplayError, Stage};
use crate::units::Points;
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// Which notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An application was declined.
    AdverseAction,
    /// Another deal is offered than was asked for, and why.
    Counteroffer,
    /// Something is missing, and by when it is needed.
    Incomplete,
    /// Credit was granted on materially less favourable terms because of a consumer report.
    RiskBasedPricing,
}

/// The language of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    #[default]
    English,
    Spanish,
}

/// A name that is none of a notice's kinds or languages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {found:?}: expected {expected}")]
pub struct UnknownName {
    what: &'static str,
    found: String,
    expected: &'static str,
}

/// Who a notice names. What is not given is a sample, and says so; the agency is that of finance companies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parties {
    /// Whom it goes to.
    pub applicant: Contact,
    /// Who decided.
    pub creditor: Contact,
    /// The consumer reporting agency whose report was used.
    pub bureau: Contact,
    /// The federal agency that administers compliance (12 CFR 1002, Appendix A).
    pub agency: Contact,
}

/// A name and how to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Of a person or an organisation.
    pub name: String,
    /// Lines of a postal address.
    pub address: Vec<String>,
    /// Toll-free where the law asks for it; empty when there is none.
    pub telephone: String,
    /// Empty when there is none.
    pub website: String,
}

/// Why there is no notice.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoticeError {
    /// The receipt is broken or belongs to other files.
    #[error(transparent)]
    Receipt(#[from] ReplayError),
    /// This engine does not come to what the receipt says.
    #[error(
        "computed again, the receipt's stage {0:?} differs: a notice is written of a decision that can be replayed"
    )]
    Differs(Stage),
    /// A notice of another kind of decision.
    #[error("a notice of kind {kind} is due after {expected}, this decision is {found:?}")]
    NotDue {
        /// The kind that was asked for.
        kind: Kind,
        /// The decision's word.
        found: Outcome,
        /// The words after which it is due.
        expected: &'static str,
    },
    /// Nobody has decided yet, or the decision needs no notice.
    #[error("no notice is due after a decision of {0:?}")]
    NoKind(Outcome),
    /// The terms are among the best: nobody has to be told.
    #[error(
        "tier {tier:?} is among the best {best} of {tiers}: no risk-based-pricing notice is due (12 CFR 1022.72(b)(2))"
    )]
    BestTier {
        /// The offer's tier.
        tier: String,
        /// How many tiers get no notice.
        best: usize,
        /// How many there are.
        tiers: usize,
    },
    /// A decision without a price.
    #[error("this decision has no price that a notice could be about")]
    Unpriced,
    /// A book without reason texts.
    #[error("this book has no reason catalogue: a notice must give specific reasons in words")]
    NoCatalogue,
    /// A reason without a text.
    #[error("the catalogue has no text for {0:?}")]
    NoText(String),
}

impl Engine {
    /// The letter to the applicant of a receipt: one HTML file without scripts that loads nothing. Without a kind, the one
    /// that is due after such a decision.
    ///
    /// # Errors
    /// [`NoticeError`] when the receipt is not this book's, cannot be replayed, or no such notice is due.
    pub fn notice(
        &self,
        receipt: &[u8],
        kind: Option<Kind>,
        language: Language,
        parties: &Parties,
    ) -> Result<String, NoticeError> {
        if let Some(stage) = self.replay(receipt)?.difference {
            return Err(NoticeError::Differs(stage));
        }
        let receipt = Receipt::verify(receipt).map_err(ReplayError::from)?;
        let outcome = receipt.outcome;
        let kind = kind.or(Kind::after(outcome)).ok_or(NoticeError::NoKind(outcome))?;
        if Kind::after(outcome) != Some(kind) {
            return Err(NoticeError::NotDue { kind, found: outcome, expected: kind.due_after() });
        }
        if let (Kind::RiskBasedPricing, Some(score)) = (kind, &receipt.score) {
            check_tier(&self.policy, score.points)?;
        }
        letter::write(self, &receipt, language, parties)
    }
}

impl Kind {
    /// The notice that is due after a decision, if one is: after a review nobody has decided.
    pub fn after(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Decline => Some(Kind::AdverseAction),
            Outcome::Counteroffer => Some(Kind::Counteroffer),
            Outcome::Incomplete => Some(Kind::Incomplete),
            Outcome::Approve | Outcome::Conditional => Some(Kind::RiskBasedPricing),
            Outcome::Review => None,
        }
    }

    fn due_after(self) -> &'static str {
        match self {
            Kind::AdverseAction => "a decline",
            Kind::Counteroffer => "a counter-offer",
            Kind::Incomplete => "an incomplete application",
            Kind::RiskBasedPricing => "an approval",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::AdverseAction => "adverse-action",
            Kind::Counteroffer => "counteroffer",
            Kind::Incomplete => "incomplete",
            Kind::RiskBasedPricing => "risk-based-pricing",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let all = [Kind::AdverseAction, Kind::Counteroffer, Kind::Incomplete, Kind::RiskBasedPricing];
        all.into_iter().find(|kind| kind.name() == text).ok_or_else(|| UnknownName {
            what: "kind",
            found: text.to_owned(),
            expected: "adverse-action, counteroffer, incomplete or risk-based-pricing",
        })
    }
}

impl FromStr for Language {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "en" => Ok(Language::English),
            "es" => Ok(Language::Spanish),
            other => Err(UnknownName { what: "language", found: other.to_owned(), expected: "en or es" }),
        }
    }
}

impl Default for Parties {
    fn default() -> Self {
        let contact = |name: &str, address: [&str; 2], telephone: &str, website: &str| Contact {
            name: name.to_owned(),
            address: address.map(str::to_owned).into(),
            telephone: telephone.to_owned(),
            website: website.to_owned(),
        };
        Self {
            applicant: contact("SAMPLE APPLICANT", ["1 Sample Road", "Sampletown, ST 00000"], "", ""),
            creditor: contact(
                "SAMPLE Auto Finance",
                ["100 Sample Street", "Sampletown, ST 00000"],
                "1-800-555-0100",
                "",
            ),
            bureau: contact(
                "SAMPLE Consumer Reporting Agency",
                ["P.O. Box 100", "Sampletown, ST 00000"],
                "1-800-555-0199",
                "www.bureau.example",
            ),
            agency: contact(
                "Federal Trade Commission, Consumer Response Center",
                ["600 Pennsylvania Avenue NW", "Washington, DC 20580"],
                "",
                "",
            ),
        }
    }
}

/// The tiers whose terms are so good that no notice is due: the best of at most four; of five and more the best two, or
/// those that are from 30 % to 40 % of all.
///
/// Source: 12 CFR 1022.72(b)(2), tiered pricing.
fn best_tiers(tiers: usize) -> usize {
    let third = (3 * tiers).div_ceil(10);
    match tiers {
        0..=4 => 1,
        _ if 10 * third <= 4 * tiers => third.max(2),
        _ => 2,
    }
}

fn check_tier(policy: &Policy, points: Points) -> Result<(), NoticeError> {
    let tiers = policy.tiers.len();
    let (rank, tier) =
        policy.tiers.iter().enumerate().find(|(_, tier)| points >= tier.min).ok_or(NoticeError::Unpriced)?;
    let best = best_tiers(tiers);
    if rank < best { Err(NoticeError::BestTier { tier: tier.name.clone(), best, tiers }) } else { Ok(()) }
}

/// The priced terms of a decision.
fn terms(decision: &Decision) -> Option<&crate::pricing::Offer> {
    match decision {
        Decision::Approve { terms } | Decision::Conditional { terms, .. } | Decision::Counteroffer { terms, .. } => {
            match terms {
                Terms::Priced(offer) => Some(offer),
                Terms::Unpriced => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_tiers_get_no_notice() {
        // The regulation's own case: of nine tiers the best three.
        for (tiers, best) in [(1, 1), (4, 1), (5, 2), (6, 2), (7, 2), (8, 3), (9, 3), (10, 3), (20, 6)] {
            assert_eq!(best_tiers(tiers), best, "{tiers}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for kind in [Kind::AdverseAction, Kind::Counteroffer, Kind::Incomplete, Kind::RiskBasedPricing] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let error = "fr".parse::<Language>().expect_err("another language");
        assert_eq!(error.to_string(), "language \"fr\": expected en or es");
    }
}

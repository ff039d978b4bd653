//! The highest annual percentage rate that may be charged: caps by state, product and licence, and the policy's own.
//!
//! A cap is data with a citation and a date; nobody has verified one unless its entry says so. The table's examples are no
//! legal advice. A receipt's price is capped by the pricing file alone: what is said here is said beside it.

use crate::pricing::{Pricing, TierRate};
use crate::units::{Bps, Date};
use serde::{Deserialize, Serialize};

/// The cap of a policy that names none: 36 %, as in 32 CFR 232.4(b) for the credit that it covers.
pub const POLICY_CAP: Bps = Bps(3_600);

/// A table of caps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// No rate above this anywhere; [`POLICY_CAP`] unless the table says otherwise.
    #[serde(default = "policy_cap")]
    pub policy_cap_bps: Bps,
    /// Caps in law, in any order.
    pub caps: Vec<Cap>,
}

fn policy_cap() -> Bps {
    POLICY_CAP
}

/// The highest annual percentage rate of a product in a state under a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The state's two letters.
    pub state: String,
    /// The product, such as `used_vehicle`.
    pub product: String,
    /// The licence under which it is lent, such as `sales_finance`.
    pub licence: String,
    /// The cap.
    pub max_apr_bps: Bps,
    /// Where it stands.
    pub citation: String,
    /// The first day on which it holds.
    pub effective: Date,
    /// Whether somebody has checked it against its source.
    #[serde(default)]
    pub verified: bool,
}

/// The cap that binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// No annual percentage rate above this.
    pub max_apr_bps: Bps,
    /// Whose cap it is.
    pub bound_by: Bound,
}

/// Whose cap binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The policy's own.
    Policy,
    /// An entry of the table.
    Cap(Cap),
}

/// Why a table is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapsError {
    /// An entry without a word that says what it is.
    #[error("cap {index} of {state:?}, {product:?}, {licence:?}: {what} is empty")]
    Empty {
        /// Its position.
        index: usize,
        /// Its state.
        state: String,
        /// Its product.
        product: String,
        /// Its licence.
        licence: String,
        /// The empty member.
        what: &'static str,
    },
    /// Two caps that begin on one day.
    #[error("cap {index} of {state:?}, {product:?}, {licence:?}: another one is effective from {effective} too")]
    Twice {
        /// The position of the second.
        index: usize,
        /// Its state.
        state: String,
        /// Its product.
        product: String,
        /// Its licence.
        licence: String,
        /// The day.
        effective: Date,
    },
}

impl Table {
    /// Checks that every entry says what it is, and that no two contradict each other.
    ///
    /// # Errors
    /// [`CapsError`] names the first entry that is not sound.
    pub fn check(&self) -> Result<(), CapsError> {
        for (index, cap) in self.caps.iter().enumerate() {
            let Cap { state, product, licence, citation, effective, .. } = cap;
            let words = [("state", state), ("product", product), ("licence", licence), ("citation", citation)];
            let [state, product, licence] = [state, product, licence].map(String::clone);
            if let Some((what, _)) = words.iter().find(|(_, word)| word.is_empty()) {
                return Err(CapsError::Empty { index, state, product, licence, what });
            }
            if self.caps.iter().take(index).any(|other| other.is_for(cap) && other.effective == *effective) {
                return Err(CapsError::Twice { index, state, product, licence, effective: *effective });
            }
        }
        Ok(())
    }

    /// The cap that binds on a day: the lower of the policy's and of the latest that is effective for the state, product and
    /// licence. Where both are equal, the one in law is named.
    pub fn limit(&self, state: &str, product: &str, licence: &str, as_of: Date) -> Limit {
        let here = |cap: &&Cap| cap.state == state && cap.product == product && cap.licence == licence;
        let in_law = self.caps.iter().filter(here).filter(|cap| cap.effective <= as_of).max_by_key(|cap| cap.effective);
        match in_law.filter(|cap| cap.max_apr_bps <= self.policy_cap_bps) {
            Some(cap) => Limit { max_apr_bps: cap.max_apr_bps, bound_by: Bound::Cap(cap.clone()) },
            None => Limit { max_apr_bps: self.policy_cap_bps, bound_by: Bound::Policy },
        }
    }
}

impl Cap {
    fn is_for(&self, other: &Cap) -> bool {
        self.state == other.state && self.product == other.product && self.licence == other.licence
    }
}

impl Limit {
    /// Whether a price's annual percentage rate, as it is shown to two decimals, is within the cap.
    pub fn allows(&self, apr_percent: f64) -> bool {
        (apr_percent * 100.0).round_ties_even() <= f64::from(self.max_apr_bps.0)
    }

    /// The tiers whose note rate alone is above the cap, whatever the deal: a prepaid charge only adds to a rate.
    pub fn tiers_above<'a>(&self, pricing: &'a Pricing) -> Vec<&'a TierRate> {
        let is_above = |rate: &&TierRate| rate.note_rate_bps.min(pricing.cap_bps) > self.max_apr_bps;
        pricing.rates.iter().filter(is_above).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// Made up: no state's law.
    fn table() -> Table {
        let text = r#"{"caps": [
            {"state": "XA", "product": "used_vehicle", "licence": "sales_finance", "max_apr_bps": 2100, "citation": "made up 1", "effective": "2020-01-01"},
            {"state": "XA", "product": "used_vehicle", "licence": "sales_finance", "max_apr_bps": 1800, "citation": "made up 2", "effective": "2026-07-01", "verified": true},
            {"state": "XB", "product": "used_vehicle", "licence": "sales_finance", "max_apr_bps": 4200, "citation": "made up 3", "effective": "2020-01-01"}
        ]}"#;
        serde_json::from_str(text).expect("a table")
    }

    #[test]
    fn the_latest_effective_cap_binds_unless_the_policy_is_stricter() {
        let table = table();
        assert_eq!((table.check(), table.policy_cap_bps), (Ok(()), POLICY_CAP));
        let limit = |state, on| table.limit(state, "used_vehicle", "sales_finance", day(on));
        let named = |limit: &Limit| match &limit.bound_by {
            Bound::Cap(cap) => (limit.max_apr_bps.0, cap.citation.clone(), cap.verified),
            Bound::Policy => (limit.max_apr_bps.0, "policy".to_owned(), false),
        };
        for (state, on, expected) in [
            ("XA", "2019-12-31", (3_600, "policy", false)),
            ("XA", "2026-06-30", (2_100, "made up 1", false)),
            ("XA", "2026-07-01", (1_800, "made up 2", true)),
            ("XB", "2026-07-01", (3_600, "policy", false)),
            ("XC", "2026-07-01", (3_600, "policy", false)),
        ] {
            let (bps, by, verified) = expected;
            assert_eq!(named(&limit(state, on)), (bps, by.to_owned(), verified), "{state} {on}");
        }
        assert_eq!(table.limit("XA", "mortgage", "sales_finance", day("2026-07-01")).bound_by, Bound::Policy);
        let strict = limit("XA", "2026-07-01");
        assert!(strict.allows(18.004) && !strict.allows(18.006));
    }

    #[test]
    fn tiers_that_no_deal_brings_below_the_cap_are_named() {
        let text = r#"{"name": "", "version": "", "rates": [{"tier": "A", "note_rate_bps": 1800}, {"tier": "B", "note_rate_bps": 1801},
            {"tier": "C", "note_rate_bps": 9000}], "cap_bps": 3600, "fee_cents": 0, "insurance_cents": 0, "economics":
            {"pd_window_months": 18, "lgd": 0.6, "cost_of_funds_bps": 600, "servicing_cents": 0, "recovery_lag_months": 4, "hazard": []}}"#;
        let pricing: Pricing = serde_json::from_str(text).expect("prices");
        let above = |state| {
            let limit = table().limit(state, "used_vehicle", "sales_finance", day("2026-07-01"));
            limit.tiers_above(&pricing).into_iter().map(|rate| rate.tier.clone()).collect::<Vec<_>>()
        };
        assert_eq!(above("XA"), ["B", "C"]);
        // The pricing file caps tier C at the policy's 36 % by itself.
        assert!(above("XC").is_empty());
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let mut twice = table();
        twice.caps[1].effective = twice.caps[0].effective;
        assert!(matches!(twice.check(), Err(CapsError::Twice { index: 1, .. })));
        let mut empty = table();
        empty.caps[2].citation.clear();
        assert!(matches!(empty.check(), Err(CapsError::Empty { index: 2, what: "citation", .. })));
        assert!(serde_json::from_str::<Table>(r#"{"caps": [{"state": "XA"}]}"#).is_err());
    }
}

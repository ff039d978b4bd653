//! What a dealer earns on a contract that it makes and assigns to a lender: participation, a discounted sale, or an advance
//! with a holdback.
//!
//! Sources: the standing forms of indirect lending; Credit Acceptance Corporation, Form 10-K, for the order in which a pool's
//! collections are applied. A lender's own costs of servicing are no cash flow of a pool here: they are in its required return.

mod pool;

pub use pool::{Forecast, Program, Settlement};

use crate::pricing::{Payment, Schedule, apr};
use crate::units::{Bps, Cents, Months};
use serde::{Deserialize, Serialize};

/// A share in basis points of a whole: 2000 is 20 %. At most the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Share(u32);

impl Share {
    /// Returns `None` above 10,000.
    pub fn new(basis_points: u32) -> Option<Self> {
        (basis_points <= 10_000).then_some(Self(basis_points))
    }

    /// That share of an amount, half up to cents.
    pub fn of(self, amount: Cents) -> Cents {
        let exact = i128::from(amount.0) * i128::from(self.0);
        Cents((exact + 5_000).div_euclid(10_000) as i64)
    }
}

impl TryFrom<u32> for Share {
    type Error = DealerError;
    fn try_from(basis_points: u32) -> Result<Self, DealerError> {
        Self::new(basis_points).ok_or(DealerError::Share(basis_points))
    }
}

impl From<Share> for u32 {
    fn from(share: Share) -> u32 {
        share.0
    }
}

/// Why a deal is not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DealerError {
    /// A share above the whole.
    #[error("a share of {0} basis points; expected 0 to 10000")]
    Share(u32),
    /// An amount that is none.
    #[error("{what} is {} cents; expected more than 0", .found.0)]
    Amount {
        /// Which amount.
        what: &'static str,
        /// Its value.
        found: Cents,
    },
    /// The customer would pay less than the lender asks.
    #[error("the contract rate is {} basis points; expected at least the buy rate, {}", .contract.0, .buy.0)]
    BelowBuyRate {
        /// The customer's rate.
        contract: Bps,
        /// The lender's rate.
        buy: Bps,
    },
    /// The mark-up is above what the lender allows.
    #[error("a mark-up of {} basis points; expected at most {}", .found.0, .most.0)]
    AboveCap {
        /// Contract rate less buy rate.
        found: Bps,
        /// The cap.
        most: Bps,
    },
    /// A pool without contracts.
    #[error("a pool has at least one contract")]
    EmptyPool,
}

/// How a lender lets a dealer earn on the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Participation {
    /// The dealer may set the contract's rate above the buy rate.
    MarkUp {
        /// The most that it may add; lenders commonly allow 200 to 250.
        cap_bps: Bps,
        /// The dealer's share of the finance charge that this adds.
        dealer: Share,
    },
    /// A fixed amount for every contract; the contract's rate is the buy rate.
    Flat {
        /// The amount.
        fee_cents: Cents,
    },
}

/// What participation comes to on one contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reserve {
    /// Contract rate less buy rate.
    pub mark_up_bps: Bps,
    /// What the customer pays in all beyond a contract at the buy rate.
    pub added_charge_cents: Cents,
    /// The contract's payments discounted at the buy rate, less the amount: what the mark-up is worth today.
    pub present_value_cents: Cents,
    /// What the dealer earns.
    pub dealer_cents: Cents,
}

/// The dealer's reserve on a contract: `share · (payments at the contract rate − payments at the buy rate)`, or the flat fee.
///
/// # Errors
/// [`DealerError::Amount`], [`DealerError::BelowBuyRate`], and [`DealerError::AboveCap`]: of a flat fee the cap is 0.
pub fn reserve(
    amount: Cents,
    term: Months,
    buy: Bps,
    contract: Bps,
    participation: Participation,
) -> Result<Reserve, DealerError> {
    positive("the amount financed", amount)?;
    let found = Bps(contract.0.checked_sub(buy.0).ok_or(DealerError::BelowBuyRate { contract, buy })?);
    let most = match participation {
        Participation::MarkUp { cap_bps, .. } => cap_bps,
        Participation::Flat { .. } => Bps(0),
    };
    if found > most {
        return Err(DealerError::AboveCap { found, most });
    }
    let [marked, bought] = [contract, buy].map(|rate| Schedule::new(amount, rate, term));
    let added = Cents(marked.total.0 - bought.total.0);
    let payments = marked.installments(amount, contract, term).map(|paid| paid.payment);
    let worth = present_value(payments, buy) - amount.0 as f64;
    let dealer_cents = match participation {
        Participation::MarkUp { dealer, .. } => dealer.of(added),
        Participation::Flat { fee_cents } => fee_cents,
    };
    Ok(Reserve { mark_up_bps: found, added_charge_cents: added, present_value_cents: cents(worth), dealer_cents })
}

/// A contract that a lender buys below its face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Purchase {
    /// What the discount takes from the face.
    pub discount_cents: Cents,
    /// What the lender pays: face less discount and fee.
    pub paid_cents: Cents,
    /// What the contract yields on that if every payment is made: percent a year, by the method of the APR.
    pub yield_percent: f64,
}

/// The sale of a contract at a discount and for an acquisition fee.
///
/// # Errors
/// [`DealerError::Amount`] for a face, or for a price, that is not positive.
pub fn purchase(face: Cents, rate: Bps, term: Months, discount: Share, fee: Cents) -> Result<Purchase, DealerError> {
    positive("the face", face)?;
    let discount_cents = discount.of(face);
    let paid_cents = Cents(face.0 - discount_cents.0 - fee.0);
    positive("what the lender pays", paid_cents)?;
    let installments = Schedule::new(face, rate, term).installments(face, rate, term);
    let payments: Vec<Payment> = (1..=term.count())
        .zip(installments)
        .map(|(month, paid)| Payment { amount: paid.payment.dollars(), periods: f64::from(month), odd: 0.0 })
        .collect();
    Ok(Purchase { discount_cents, paid_cents, yield_percent: apr(paid_cents.dollars(), &payments, 12.0) })
}

/// Payments at the ends of months, discounted at a yearly rate: in cents.
fn present_value(payments: impl Iterator<Item = Cents>, rate: Bps) -> f64 {
    let discount = 1.0 / (1.0 + rate.per_month());
    let (mut value, mut factor) = (0.0, 1.0);
    for payment in payments {
        factor *= discount;
        value += payment.0 as f64 * factor;
    }
    value
}

fn cents(exact: f64) -> Cents {
    Cents(exact.round_ties_even() as i64)
}

fn positive(what: &'static str, found: Cents) -> Result<(), DealerError> {
    if found.0 > 0 { Ok(()) } else { Err(DealerError::Amount { what, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(n: u16) -> Months {
        Months::new(n).expect("not zero")
    }

    fn share(basis_points: u32) -> Share {
        Share::new(basis_points).expect("a share")
    }

    /// 1,200 over a year: twelve payments of 100 at 0 %; at 10 % eleven of 105.50 and one of 105.47.
    #[test]
    fn the_reserve_is_a_share_of_the_added_charge() {
        let earned =
            |buy, contract, participation| reserve(Cents(120_000), months(12), Bps(buy), Bps(contract), participation);
        let mark_up = |cap| Participation::MarkUp { cap_bps: Bps(cap), dealer: share(7_500) };
        let found = earned(0, 1_000, mark_up(1_000)).expect("within the cap");
        let expected = Reserve {
            mark_up_bps: Bps(1_000),
            added_charge_cents: Cents(6_597),
            present_value_cents: Cents(6_597),
            // 0.75 · 65.97 = 49.4775.
            dealer_cents: Cents(4_948),
        };
        assert_eq!(found, expected);
        assert_eq!(earned(0, 251, mark_up(250)), Err(DealerError::AboveCap { found: Bps(251), most: Bps(250) }));
        let below = DealerError::BelowBuyRate { contract: Bps(999), buy: Bps(1_000) };
        assert_eq!(earned(1_000, 999, mark_up(250)), Err(below));
        let flat = Participation::Flat { fee_cents: Cents(20_000) };
        assert_eq!(
            earned(1_000, 1_000, flat).map(|reserve| (reserve.dealer_cents, reserve.added_charge_cents)),
            Ok((Cents(20_000), Cents(0)))
        );
        assert_eq!(earned(1_000, 1_001, flat), Err(DealerError::AboveCap { found: Bps(1), most: Bps(0) }));
        assert!(matches!(reserve(Cents(0), months(12), Bps(0), Bps(0), flat), Err(DealerError::Amount { .. })));
    }

    /// What the dealer's mark-up is worth today is less than what the customer pays for it: 15,000 over 60 months, 250 basis
    /// points above 20.40 %.
    #[test]
    fn a_mark_up_is_worth_less_today_than_it_costs() {
        let participation = Participation::MarkUp { cap_bps: Bps(250), dealer: share(8_000) };
        let found =
            reserve(Cents(1_500_000), months(60), Bps(2_040), Bps(2_290), participation).expect("within the cap");
        // The published total at 22.90 % is 25,319.54.
        let at_buy = Schedule::new(Cents(1_500_000), Bps(2_040), months(60)).total;
        assert_eq!(found.added_charge_cents.0, 2_531_954 - at_buy.0);
        assert!(found.present_value_cents.0 > 0 && found.present_value_cents < found.added_charge_cents);
    }

    /// 900 for two payments of 500: `500 v² + 500 v = 900`.
    #[test]
    fn a_discount_is_a_yield() {
        let bought = purchase(Cents(100_000), Bps(0), months(2), share(900), Cents(1_000)).expect("a price");
        assert_eq!((bought.discount_cents, bought.paid_cents), (Cents(9_000), Cents(90_000)));
        let factor = (2_050_000.0_f64.sqrt() - 500.0) / 1_000.0;
        assert!((bought.yield_percent - 1_200.0 * (1.0 / factor - 1.0)).abs() < 1e-9, "{}", bought.yield_percent);
        let nothing = purchase(Cents(100_000), Bps(0), months(2), share(9_900), Cents(1_000));
        assert_eq!(nothing, Err(DealerError::Amount { what: "what the lender pays", found: Cents(0) }));
    }
}

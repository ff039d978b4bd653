//! The true log-odds of bad: a formula of what the model may see, and of nothing else.
//!
//! Region, dealer and the audit-only groups do not enter. Groups still differ in their share of bad outcomes, because
//! their incomes and down payments differ: that is what fairness measurement is there to show.

use super::Raw;
use super::schema::{EMPLOYMENT, HOUSING, VEHICLES};
use crate::features::annuity_payment;
use crate::units::LogOdds;

/// The quantities of a deal that the truth and the model's features share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Derived {
    pub(super) amount_financed: f64,
    pub(super) payment_to_income: f64,
    pub(super) debt_to_income: f64,
    pub(super) loan_to_value: f64,
    pub(super) down_payment_share: f64,
}

impl Derived {
    pub(super) fn of(raw: &Raw, yearly_rate: f64) -> Self {
        let amount_financed = raw.vehicle_price + raw.fees - (raw.down_payment + raw.trade_in);
        let payment = annuity_payment(amount_financed, yearly_rate / 12.0, raw.term_months);
        Self {
            amount_financed,
            payment_to_income: payment / raw.income_monthly,
            debt_to_income: (raw.debts_monthly + payment) / raw.income_monthly,
            loan_to_value: amount_financed / raw.vehicle_value,
            down_payment_share: (raw.down_payment + raw.trade_in) / raw.vehicle_price,
        }
    }
}

/// Log-odds of bad within 18 months. `(x)₊` is the positive part; utilisation is a share.
///
/// ```text
/// −4.25
/// + 0.36·min(late, 6) + 0.30·min(late, 6)·(LTV − 1)₊          late payments weigh more where the car does not cover the loan
/// + 0.30·util + 1.9·(util − 0.50)₊                            0.55 when not reported
/// + 0.10·min(inquiries, 8) + 0.25·min(collections, 4) + 1.2·(repossession) + 1.0·(bankruptcy)
/// − 0.0030·min(oldest account, 180)                           +0.20 when not reported
/// + 0.25·(3 − accounts)₊ + 0.06·(accounts − 10)₊
/// − 0.45·ln(income / 3,600)
/// + 6·(PTI − 0.10)₊·(1 + exp(−employment / 18))               a payment weighs more on a new job
/// + 1.8·(DTI − 0.32)₊
/// + 0.60·exp(−employment / 24) + 0.30·exp(−residence / 36) + (employment status) + (housing)
/// + 1.3·(LTV − 0.85)₊ − 1.0·(down share, −0.2 to 0.5)
/// + 0.010·(term − 60)
/// + 0.035·age + 0.003·mileage + (vehicle type)
/// + 0.03·(age + term/12 − 12)₊                                terms that outlive the vehicle
/// ```
pub(super) fn log_odds(raw: &Raw, derived: &Derived) -> LogOdds {
    LogOdds(-4.25 + bureau(raw, derived) + capacity(raw, derived) + deal(raw, derived))
}

fn bureau(raw: &Raw, derived: &Derived) -> f64 {
    let late = raw.late_24m.min(6.0);
    let utilization =
        raw.utilization.map_or(0.55, |percent| 0.30 * percent / 100.0 + 1.9 * (percent / 100.0 - 0.50).max(0.0));
    let oldest = raw.oldest_account_months.map_or(0.20, |months| -0.0030 * months.min(180.0));
    late * (0.36 + 0.30 * (derived.loan_to_value - 1.0).max(0.0))
        + utilization
        + 0.10 * raw.inquiries_6m.min(8.0)
        + 0.25 * raw.collections.min(4.0)
        + 1.2 * raw.repossessions_12m.min(1.0)
        + 1.0 * raw.bankruptcies_open
        + oldest
        + 0.25 * (3.0 - raw.open_accounts).max(0.0)
        + 0.06 * (raw.open_accounts - 10.0).max(0.0)
}

fn capacity(raw: &Raw, derived: &Derived) -> f64 {
    let settled = |months: f64, scale: f64| libm::exp(-months / scale);
    -0.45 * libm::log(raw.income_monthly / 3_600.0)
        + 6.0 * (derived.payment_to_income - 0.10).max(0.0) * (1.0 + settled(raw.employment_months, 18.0))
        + 1.8 * (derived.debt_to_income - 0.32).max(0.0)
        + 0.60 * settled(raw.employment_months, 24.0)
        + 0.30 * settled(raw.residence_months, 36.0)
        + EMPLOYMENT[raw.employment].effect
        + HOUSING[raw.housing].effect
}

fn deal(raw: &Raw, derived: &Derived) -> f64 {
    1.3 * (derived.loan_to_value - 0.85).max(0.0) - derived.down_payment_share.clamp(-0.2, 0.5)
        + 0.010 * (raw.term_months - 60.0)
        + 0.035 * raw.vehicle_age_years
        + 0.003 * raw.mileage_thousand
        + VEHICLES[raw.vehicle_type].effect
        + 0.03 * (raw.vehicle_age_years + raw.term_months / 12.0 - 12.0).max(0.0)
}

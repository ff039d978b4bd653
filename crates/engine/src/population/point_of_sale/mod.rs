//! Point of sale: a purchase that is paid off in 3 to 24 months. About one applicant in ten turns bad within 12 months.
//!
//! A hidden credit quality shapes late payments, utilisation and inquiries; a hidden income level shapes income and
//! purchase. The true log-odds are a formula of what the application shows. Who was never late has no month of the last
//! late payment: here missing is good.

mod archetypes;
mod schema;

pub use archetypes::archetypes;
pub use schema::{REFERENCE_RATE, features, inputs};

use super::person::Person;
use super::sampler::{Sampler, whole};
use super::{Applicant, reported};
use crate::application::FormValue;
use crate::features::annuity_payment;
use crate::units::LogOdds;

/// Terms on offer, and how often a purchase of usual weight chooses each.
const TERMS: [(f64, f64); 6] = [(3.0, 0.12), (6.0, 0.20), (9.0, 0.08), (12.0, 0.32), (18.0, 0.13), (24.0, 0.15)];

/// The applicant of a row of a seed.
pub fn applicant(seed: u64, row: u64) -> Applicant {
    let mut sampler = Sampler::new("point of sale", seed, row);
    let luck = sampler.uniform();
    let raw = Raw::draw(&mut sampler);
    Applicant::new(raw.values(), log_odds(&raw, &Derived::of(&raw)), luck)
}

/// An applicant before their values become form values. Ratios are fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Raw {
    purchase_amount: f64,
    term_months: f64,
    annual_income: f64,
    debt_to_income_ratio: f64,
    credit_utilization: f64,
    num_late_payments: f64,
    months_since_last_delinquency: Option<f64>,
    num_credit_inquiries: f64,
    num_credit_lines: f64,
    age: f64,
}

impl Raw {
    fn draw(sampler: &mut Sampler) -> Self {
        let person = Person::draw(sampler);
        let quality = person.quality;
        let annual_income = person.annual_income();
        let debts = sampler.beta(2.2, 6.0) * libm::exp(-0.12 * quality);
        let frailty = sampler.gamma(0.7) / 0.7;
        let late = sampler.poisson((frailty * libm::exp(-0.25 - 0.85 * quality)).min(40.0));
        let late = late.min(if person.thin { 1.0 } else { 60.0 });
        let months = 1.0 + sampler.gamma(1.2) * 30.0 / late.max(1.0).sqrt();
        let spend = sampler.gamma(1.15) * libm::exp(0.60 * libm::log(annual_income / 49_000.0));
        let purchase_amount = 50.0 * whole(1_400.0 * spend / 50.0, 2.0, 400.0);
        // A purchase that is large against income takes a longer term.
        let weight = (libm::log(purchase_amount / annual_income / 0.024) / 0.8).clamp(-2.5, 2.5);
        Self {
            purchase_amount,
            term_months: sampler.tilted(&TERMS, 0.30 * weight),
            annual_income,
            debt_to_income_ratio: whole(100.0 * debts, 0.0, 200.0) / 100.0,
            credit_utilization: person.utilization(sampler),
            num_late_payments: late,
            months_since_last_delinquency: (late > 0.0).then(|| whole(months, 1.0, 240.0)),
            num_credit_inquiries: person.inquiries(sampler, 2.1),
            num_credit_lines: person.accounts(sampler),
            age: person.age,
        }
    }

    /// Form values in the order of [`inputs`].
    fn values(&self) -> Vec<FormValue> {
        let number = FormValue::Number;
        vec![
            number(self.purchase_amount),
            number(self.term_months),
            number(self.annual_income),
            number(self.debt_to_income_ratio),
            number(self.credit_utilization),
            number(self.num_late_payments),
            reported(self.months_since_last_delinquency),
            number(self.num_credit_inquiries),
            number(self.num_credit_lines),
            number(self.age),
        ]
    }
}

/// The quantities that the truth and the model's features share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Derived {
    purchase_to_income: f64,
    payment_to_annual_income: f64,
}

impl Derived {
    fn of(raw: &Raw) -> Self {
        let payment = annuity_payment(raw.purchase_amount, REFERENCE_RATE / 12.0, raw.term_months);
        Self {
            purchase_to_income: raw.purchase_amount / raw.annual_income,
            payment_to_annual_income: payment / raw.annual_income,
        }
    }
}

/// Log-odds of bad within 12 months. `(x)₊` is the positive part; age does not enter.
///
/// ```text
/// −4.05
/// + 0.22·min(late, 8) + 1.1·exp(−months since the last / 14)      nothing for those who were never late
/// + 0.25·min(late, 4)·(debt to income − 0.30)₊                    late payments weigh more on the indebted
/// + 0.30·util + 2.0·(util − 0.50)₊
/// + 0.09·min(inquiries, 10) + 0.22·(3 − credit lines)₊
/// − 0.45·ln(income / 45,000)
/// + 2.4·(debt to income − 0.25)₊
/// + 1.5·purchase / income + 70·(payment / yearly income − 0.003)₊
/// + 0.07·purchase / 1,000 + 0.012·(term − 12)
/// ```
fn log_odds(raw: &Raw, derived: &Derived) -> LogOdds {
    let late = raw.num_late_payments;
    let bureau = 0.22 * late.min(8.0)
        + raw.months_since_last_delinquency.map_or(0.0, |months| 1.1 * libm::exp(-months / 14.0))
        + 0.25 * late.min(4.0) * (raw.debt_to_income_ratio - 0.30).max(0.0)
        + 0.30 * raw.credit_utilization
        + 2.0 * (raw.credit_utilization - 0.50).max(0.0)
        + 0.09 * raw.num_credit_inquiries.min(10.0)
        + 0.22 * (3.0 - raw.num_credit_lines).max(0.0);
    let capacity = -0.45 * libm::log(raw.annual_income / 45_000.0)
        + 2.4 * (raw.debt_to_income_ratio - 0.25).max(0.0)
        + 1.5 * derived.purchase_to_income
        + 70.0 * (derived.payment_to_annual_income - 0.003).max(0.0);
    let purchase = 0.07 * raw.purchase_amount / 1_000.0 + 0.012 * (raw.term_months - 12.0);
    LogOdds(-4.05 + bureau + capacity + purchase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::tests::{Nudge, check_derived, check_directions};

    type Subject = (Raw, Derived);

    fn subject(row: u64) -> Subject {
        let raw = Raw::draw(&mut Sampler::new("directions", 1, row));
        (raw, Derived::of(&raw))
    }

    #[test]
    fn the_truth_keeps_every_direction_that_the_features_declare() {
        let nudges: [Nudge<Subject>; 11] = [
            ("annual_income", |(raw, _)| raw.annual_income *= 1.2),
            ("purchase_to_income", |(_, derived)| derived.purchase_to_income += 0.02),
            ("payment_to_annual_income", |(_, derived)| derived.payment_to_annual_income += 0.002),
            ("debt_to_income_ratio", |(raw, _)| raw.debt_to_income_ratio += 0.1),
            ("credit_utilization", |(raw, _)| raw.credit_utilization += 0.1),
            ("num_late_payments", |(raw, _)| raw.num_late_payments += 1.0),
            ("months_since_last_delinquency", |(raw, _)| {
                raw.months_since_last_delinquency = raw.months_since_last_delinquency.map(|months| months + 6.0);
            }),
            ("num_credit_inquiries", |(raw, _)| raw.num_credit_inquiries += 1.0),
            ("num_credit_lines", |(raw, _)| raw.num_credit_lines += 1.0),
            ("purchase_amount", |(raw, _)| raw.purchase_amount += 500.0),
            ("term_months", |(raw, _)| raw.term_months += 3.0),
        ];
        check_directions(&features(), subject, &nudges, |(raw, derived)| log_odds(raw, derived));
    }

    #[test]
    fn the_truth_and_the_model_derive_the_same_quantities() {
        check_derived(inputs(), features(), subject, |(raw, derived)| {
            let shared = [
                ("purchase_to_income", derived.purchase_to_income),
                ("payment_to_annual_income", derived.payment_to_annual_income),
                ("debt_to_income_ratio", raw.debt_to_income_ratio),
                ("num_credit_lines", raw.num_credit_lines),
            ];
            (raw.values(), shared.to_vec())
        });
    }

    #[test]
    fn who_was_never_late_has_no_last_late_payment() {
        for row in 0..2_000 {
            let (raw, _) = subject(row);
            assert_eq!(raw.num_late_payments > 0.0, raw.months_since_last_delinquency.is_some(), "row {row}");
        }
    }
}

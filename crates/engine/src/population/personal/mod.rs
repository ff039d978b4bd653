//! Personal loans: unsecured, for a stated purpose. About one applicant in seven turns bad within 18 months.
//!
//! A hidden credit quality shapes bureau score, defaults and inquiries; a hidden income level shapes income, debt and the
//! amount requested. The true log-odds are a formula of what the application shows. Thin files have no bureau score.

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
use schema::PURPOSES;

/// How often each purpose is stated.
const PURPOSE_WEIGHTS: [f64; PURPOSES.len()] = [0.40, 0.16, 0.10, 0.12, 0.06, 0.06, 0.10];
/// Terms on offer, and how often an amount of usual weight chooses each.
const TERMS: [(f64, f64); 6] = [(12.0, 0.08), (24.0, 0.17), (36.0, 0.34), (48.0, 0.14), (60.0, 0.22), (72.0, 0.05)];

/// The applicant of a row of a seed.
pub fn applicant(seed: u64, row: u64) -> Applicant {
    let mut sampler = Sampler::new("personal", seed, row);
    let luck = sampler.uniform();
    let raw = Raw::draw(&mut sampler);
    Applicant::new(raw.values(), log_odds(&raw, &Derived::of(&raw)), luck)
}

/// An applicant before their values become form values. The purpose is a position in its list of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Raw {
    annual_income: f64,
    loan_amount: f64,
    term_months: f64,
    bureau_score: Option<f64>,
    existing_debt: f64,
    /// Only policy reads it.
    debts_monthly: Option<f64>,
    employment_years: f64,
    defaulted_accounts: f64,
    inquiries_6m: f64,
    open_accounts: f64,
    closed_accounts: f64,
    purpose: usize,
    age: f64,
}

impl Raw {
    fn draw(sampler: &mut Sampler) -> Self {
        let person = Person::draw(sampler);
        let quality = person.quality;
        let annual_income = person.annual_income();
        let score = 682.0 + 58.0 * (0.85 * quality + 0.53 * sampler.normal());
        let defaults = sampler.poisson((0.16 * libm::exp(-0.9 * quality)).min(8.0));
        let closed = sampler.poisson(3.2 * libm::exp(0.02 * (person.age - 40.0)));
        let loan_amount = 100.0 * whole(annual_income * sampler.gamma(2.2) * 0.115 / 100.0, 8.0, 600.0);
        // An amount that is large against income takes a longer term.
        let weight = (libm::log(loan_amount / annual_income / 0.21) / 0.6).clamp(-2.5, 2.5);
        let raw = Self {
            annual_income,
            loan_amount,
            term_months: sampler.tilted(&TERMS, 0.30 * weight),
            bureau_score: (!person.thin).then(|| whole(score, 300.0, 850.0)),
            existing_debt: person.debt(sampler, annual_income, 0.36),
            debts_monthly: None,
            employment_years: person.employment_years(sampler),
            defaulted_accounts: if person.thin { 0.0 } else { defaults.min(20.0) },
            inquiries_6m: person.inquiries(sampler, 1.3),
            open_accounts: person.accounts(sampler),
            closed_accounts: if person.thin { 0.0 } else { closed.min(60.0) },
            purpose: sampler.categorical(&PURPOSE_WEIGHTS),
            age: person.age,
        };
        // Payments are a fortieth of what is owed, in tens; two applications in five state them.
        let payments = 10.0 * whole(raw.existing_debt / 400.0, 0.0, 1_500.0);
        Self { debts_monthly: sampler.bernoulli(0.4).then_some(payments), ..raw }
    }

    /// Form values in the order of [`inputs`].
    fn values(&self) -> Vec<FormValue> {
        let number = FormValue::Number;
        vec![
            number(self.annual_income),
            number(self.loan_amount),
            number(self.term_months),
            reported(self.bureau_score),
            number(self.existing_debt),
            reported(self.debts_monthly),
            number(self.employment_years),
            number(self.defaulted_accounts),
            number(self.inquiries_6m),
            number(self.open_accounts),
            number(self.closed_accounts),
            FormValue::Text(PURPOSES[self.purpose].name.to_owned()),
            number(self.age),
        ]
    }
}

/// The quantities that the truth and the model's features share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Derived {
    loan_to_income: f64,
    payment_to_annual_income: f64,
    debt_stock_to_income: f64,
}

impl Derived {
    fn of(raw: &Raw) -> Self {
        let payment = annuity_payment(raw.loan_amount, REFERENCE_RATE / 12.0, raw.term_months);
        Self {
            loan_to_income: raw.loan_amount / raw.annual_income,
            payment_to_annual_income: payment / raw.annual_income,
            debt_stock_to_income: raw.existing_debt / raw.annual_income,
        }
    }
}

/// Log-odds of bad within 18 months. `(x)₊` is the positive part; age does not enter.
///
/// ```text
/// −3.65
/// − 0.0105·(bureau score − 680)                             +0.45 when there is none
/// + 0.35·min(defaults, 3) + 0.09·min(inquiries, 8)
/// + 0.20·(3 − open accounts)₊ + 0.07·(3 − closed accounts)₊
/// − 0.40·ln(income / 50,000)
/// + 1.5·(loan / income − 0.15)₊
/// + 60·(payment / yearly income − 0.006)₊·(1 + exp(−employment / 1.5))    a payment weighs more on a new job
/// + 0.8·(debt / income − 0.25)₊
/// + 0.60·exp(−employment / 2)
/// + 0.006·(term − 36) + 0.010·amount / 1,000 + (purpose)
/// ```
fn log_odds(raw: &Raw, derived: &Derived) -> LogOdds {
    let bureau = raw.bureau_score.map_or(0.45, |score| -0.0105 * (score - 680.0))
        + 0.35 * raw.defaulted_accounts.min(3.0)
        + 0.09 * raw.inquiries_6m.min(8.0)
        + 0.20 * (3.0 - raw.open_accounts).max(0.0)
        + 0.07 * (3.0 - raw.closed_accounts).max(0.0);
    let capacity = -0.40 * libm::log(raw.annual_income / 50_000.0)
        + 1.5 * (derived.loan_to_income - 0.15).max(0.0)
        + 60.0 * (derived.payment_to_annual_income - 0.006).max(0.0) * (1.0 + libm::exp(-raw.employment_years / 1.5))
        + 0.8 * (derived.debt_stock_to_income - 0.25).max(0.0)
        + 0.60 * libm::exp(-raw.employment_years / 2.0);
    let loan = 0.006 * (raw.term_months - 36.0) + 0.010 * raw.loan_amount / 1_000.0 + PURPOSES[raw.purpose].effect;
    LogOdds(-3.65 + bureau + capacity + loan)
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
        let nudges: [Nudge<Subject>; 12] = [
            ("annual_income", |(raw, _)| raw.annual_income *= 1.2),
            ("loan_to_income", |(_, derived)| derived.loan_to_income += 0.05),
            ("payment_to_annual_income", |(_, derived)| derived.payment_to_annual_income += 0.002),
            ("debt_stock_to_income", |(_, derived)| derived.debt_stock_to_income += 0.1),
            ("bureau_score", |(raw, _)| raw.bureau_score = raw.bureau_score.map(|score| score + 20.0)),
            ("defaulted_accounts", |(raw, _)| raw.defaulted_accounts += 1.0),
            ("inquiries_6m", |(raw, _)| raw.inquiries_6m += 1.0),
            ("open_accounts", |(raw, _)| raw.open_accounts += 1.0),
            ("closed_accounts", |(raw, _)| raw.closed_accounts += 1.0),
            ("employment_years", |(raw, _)| raw.employment_years += 1.0),
            ("loan_amount", |(raw, _)| raw.loan_amount += 1_000.0),
            ("term_months", |(raw, _)| raw.term_months += 12.0),
        ];
        check_directions(&features(), subject, &nudges, |(raw, derived)| log_odds(raw, derived));
    }

    #[test]
    fn the_truth_and_the_model_derive_the_same_quantities() {
        check_derived(inputs(), features(), subject, |(raw, derived)| {
            let shared = [
                ("loan_to_income", derived.loan_to_income),
                ("payment_to_annual_income", derived.payment_to_annual_income),
                ("debt_stock_to_income", derived.debt_stock_to_income),
                ("closed_accounts", raw.closed_accounts),
                ("loan_purpose", raw.purpose as f64),
            ];
            (raw.values(), shared.to_vec())
        });
    }
}

//! Unsecured credit in an economy: market rates, unemployment and growth move everybody's risk. About one applicant in ten
//! turns bad within 12 months.
//!
//! An application falls into one of sixty quarters, two turns of a business cycle that are the same in every seed: growth
//! leads, unemployment and rates follow. The true log-odds are a formula of what the application shows and of the quarter's
//! figures: rates weigh on those who owe, unemployment on those who are new in their job.

mod archetypes;
mod schema;

pub use archetypes::archetypes;
pub use schema::{features, inputs};

use super::person::Person;
use super::sampler::{Sampler, share, whole};
use super::{Applicant, reported};
use crate::application::FormValue;
use crate::units::LogOdds;
use core::f64::consts::TAU;
use schema::EMPLOYMENT;

/// How often each source of income is stated.
const EMPLOYMENT_WEIGHTS: [f64; EMPLOYMENT.len()] = [0.73, 0.11, 0.10, 0.06];
/// Quarters of the world's history, and of one turn of its cycle.
const N_QUARTERS: u64 = 60;
const CYCLE: f64 = 30.0;

/// What everybody meets at once, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Economy {
    /// Rate at which the market lends.
    pub interest_rate: f64,
    /// Share of the workforce without work.
    pub unemployment_rate: f64,
    /// Growth of output over a year; `None` while it is not published.
    pub gdp_growth: Option<f64>,
}

impl Economy {
    /// The economy of a quarter. The quarters after the last repeat the first.
    pub fn of(quarter: u64) -> Self {
        let quarter = quarter % N_QUARTERS;
        let mut sampler = Sampler::new("macro-aware economy", 0, quarter);
        let phase = TAU * quarter as f64 / CYCLE;
        let tenths = |percent: f64| whole(10.0 * percent, -150.0, 300.0) / 10.0;
        Self {
            gdp_growth: Some(tenths(2.0 + 2.4 * libm::cos(phase) + 0.7 * sampler.normal())),
            unemployment_rate: tenths(5.9 - 2.2 * libm::cos(phase - 0.9) + 0.3 * sampler.normal()),
            interest_rate: tenths(6.5 + 2.2 * libm::cos(phase - 1.6) + 0.4 * sampler.normal()),
        }
    }
}

/// The applicant of a row of a seed, in the quarter into which the application fell.
pub fn applicant(seed: u64, row: u64) -> Applicant {
    drawn(seed, row, |economy| economy)
}

/// The applicant of a row of a seed in another economy. The same row meets every economy with the same luck, so that two
/// scenarios differ by the economy alone.
pub fn applicant_in(economy: Economy, seed: u64, row: u64) -> Applicant {
    drawn(seed, row, |_| economy)
}

fn drawn(seed: u64, row: u64, economy: impl Fn(Economy) -> Economy) -> Applicant {
    let mut sampler = Sampler::new("macro-aware", seed, row);
    let luck = sampler.uniform();
    let raw = Raw::draw(&mut sampler);
    let raw = Raw { economy: economy(raw.economy), ..raw };
    Applicant::new(raw.values(), log_odds(&raw, &Derived::of(&raw)), luck)
}

/// An applicant before their values become form values. Employment is a position in its list of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Raw {
    payment_history_score: f64,
    credit_utilization: f64,
    annual_income: f64,
    total_debt: f64,
    employment_years: f64,
    employment: Option<usize>,
    account_age_months: Option<f64>,
    num_credit_accounts: f64,
    economy: Economy,
    age: f64,
}

impl Raw {
    fn draw(sampler: &mut Sampler) -> Self {
        let published = Economy::of((sampler.uniform() * N_QUARTERS as f64) as u64);
        let late_figures = sampler.bernoulli(0.05);
        let person = Person::draw(sampler);
        let annual_income = person.annual_income();
        let paid = share(1.15 + 0.80 * person.quality + 0.45 * sampler.normal());
        let months = sampler.gamma(2.4) * (20.0 + 1.9 * (person.age - 18.0)) * libm::exp(0.10 * person.quality);
        let longest = (12.0 * (person.age - 17.0)).min(720.0);
        let stated = !sampler.bernoulli(0.04);
        let employment = sampler.categorical(&EMPLOYMENT_WEIGHTS);
        Self {
            payment_history_score: whole(100.0 * paid, 0.0, 100.0),
            credit_utilization: person.utilization(sampler),
            annual_income,
            total_debt: person.debt(sampler, annual_income, 0.47),
            employment_years: person.employment_years(sampler),
            employment: stated.then_some(employment),
            account_age_months: (!person.thin).then(|| whole(6.0 + months, 6.0, longest)),
            num_credit_accounts: person.accounts(sampler),
            economy: Economy { gdp_growth: published.gdp_growth.filter(|_| !late_figures), ..published },
            age: person.age,
        }
    }

    /// Form values in the order of [`inputs`].
    fn values(&self) -> Vec<FormValue> {
        let number = FormValue::Number;
        vec![
            number(self.payment_history_score),
            number(self.credit_utilization),
            number(self.annual_income),
            number(self.total_debt),
            number(self.employment_years),
            self.employment.map_or(FormValue::Missing, |at| FormValue::Text(EMPLOYMENT[at].name.to_owned())),
            reported(self.account_age_months),
            number(self.num_credit_accounts),
            number(self.economy.interest_rate),
            number(self.economy.unemployment_rate),
            reported(self.economy.gdp_growth),
            number(self.age),
        ]
    }
}

/// The quantities that the truth and the model's features share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Derived {
    debt_stock_to_income: f64,
    /// In percent.
    interest_to_income: f64,
}

impl Derived {
    fn of(raw: &Raw) -> Self {
        Self {
            debt_stock_to_income: raw.total_debt / raw.annual_income,
            interest_to_income: raw.total_debt * raw.economy.interest_rate / raw.annual_income,
        }
    }
}

/// Log-odds of bad within 12 months. `(x)₊` is the positive part; age does not enter.
///
/// ```text
/// −4.45
/// − 0.036·(payment history − 75) + 0.30·util + 1.9·(util − 0.50)₊
/// − 0.0025·min(oldest account, 180)                         +0.20 when not reported
/// + 0.20·(3 − accounts)₊
/// − 0.40·ln(income / 50,000) + 0.7·(debt / income − 0.30)₊
/// + 0.60·exp(−employment / 2) + (employment status)         +0.10 when not stated
/// + 0.12·(interest on debt, % of income − 2)₊ + 0.08·(rate − 3)₊
/// + 0.15·(unemployment − 3)₊·(1 + 0.8·exp(−employment / 2))     unemployment weighs more on a new job
/// − 0.08·(growth, −6 to 6)                                  2 when not published
/// ```
fn log_odds(raw: &Raw, derived: &Derived) -> LogOdds {
    let Economy { interest_rate, unemployment_rate, gdp_growth } = raw.economy;
    let new_job = libm::exp(-raw.employment_years / 2.0);
    let bureau = -0.036 * (raw.payment_history_score - 75.0)
        + 0.30 * raw.credit_utilization
        + 1.9 * (raw.credit_utilization - 0.50).max(0.0)
        + raw.account_age_months.map_or(0.20, |months| -0.0025 * months.min(180.0))
        + 0.20 * (3.0 - raw.num_credit_accounts).max(0.0);
    let capacity = -0.40 * libm::log(raw.annual_income / 50_000.0)
        + 0.7 * (derived.debt_stock_to_income - 0.30).max(0.0)
        + 0.60 * new_job
        + raw.employment.map_or(0.10, |at| EMPLOYMENT[at].effect);
    let economy = 0.12 * (derived.interest_to_income - 2.0).max(0.0)
        + 0.08 * (interest_rate - 3.0).max(0.0)
        + 0.15 * (unemployment_rate - 3.0).max(0.0) * (1.0 + 0.8 * new_job)
        - 0.08 * gdp_growth.unwrap_or(2.0).clamp(-6.0, 6.0);
    LogOdds(-4.45 + bureau + capacity + economy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::tests::{Nudge, bad_rate, check_derived, check_directions};

    type Subject = (Raw, Derived);

    fn subject(row: u64) -> Subject {
        let raw = Raw::draw(&mut Sampler::new("directions", 1, row));
        (raw, Derived::of(&raw))
    }

    #[test]
    fn the_truth_keeps_every_direction_that_the_features_declare() {
        let nudges: [Nudge<Subject>; 11] = [
            ("payment_history_score", |(raw, _)| raw.payment_history_score += 5.0),
            ("credit_utilization", |(raw, _)| raw.credit_utilization += 0.1),
            ("annual_income", |(raw, _)| raw.annual_income *= 1.2),
            ("debt_stock_to_income", |(_, derived)| derived.debt_stock_to_income += 0.1),
            ("interest_to_income", |(_, derived)| derived.interest_to_income += 1.0),
            ("employment_years", |(raw, _)| raw.employment_years += 1.0),
            ("account_age_months", |(raw, _)| {
                raw.account_age_months = raw.account_age_months.map(|months| months + 24.0);
            }),
            ("num_credit_accounts", |(raw, _)| raw.num_credit_accounts += 1.0),
            ("interest_rate", |(raw, _)| raw.economy.interest_rate += 1.0),
            ("unemployment_rate", |(raw, _)| raw.economy.unemployment_rate += 1.0),
            ("gdp_growth", |(raw, _)| raw.economy.gdp_growth = raw.economy.gdp_growth.map(|growth| growth + 1.0)),
        ];
        check_directions(&features(), subject, &nudges, |(raw, derived)| log_odds(raw, derived));
    }

    #[test]
    fn the_truth_and_the_model_derive_the_same_quantities() {
        check_derived(inputs(), features(), subject, |(raw, derived)| {
            let shared = [
                ("debt_stock_to_income", derived.debt_stock_to_income),
                ("interest_to_income", derived.interest_to_income),
                ("unemployment_rate", raw.economy.unemployment_rate),
                ("num_credit_accounts", raw.num_credit_accounts),
            ];
            (raw.values(), shared.to_vec())
        });
    }

    #[test]
    fn a_worse_economy_turns_more_loans_bad() {
        let rate = |economy| bad_rate(&(0..20_000).map(|row| applicant_in(economy, 3, row)).collect::<Vec<_>>());
        let calm = Economy { interest_rate: 5.0, unemployment_rate: 4.5, gdp_growth: Some(2.5) };
        let before = rate(calm);
        for (name, economy) in [
            ("dearer money", Economy { interest_rate: 8.0, ..calm }),
            ("unemployment", Economy { unemployment_rate: 7.5, ..calm }),
            ("a recession", Economy { gdp_growth: Some(-2.0), ..calm }),
        ] {
            // The same luck meets both economies: a rate that moves against the change is no accident.
            let after = rate(economy);
            println!("{name}: bad rate {before:.4} to {after:.4}");
            assert!(after > before, "{name}: {before} to {after}");
        }
    }

    #[test]
    fn the_history_has_good_times_and_bad_ones() {
        let history: Vec<Economy> = (0..N_QUARTERS).map(Economy::of).collect();
        let growth = |economy: &Economy| economy.gdp_growth.unwrap_or_default();
        assert!(history.iter().any(|economy| growth(economy) < 0.0 && economy.unemployment_rate > 6.0));
        assert!(history.iter().any(|economy| growth(economy) > 3.0 && economy.unemployment_rate < 5.0));
        assert_eq!(Economy::of(N_QUARTERS), history[0]);
    }
}

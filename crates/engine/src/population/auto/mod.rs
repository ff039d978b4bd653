//! Auto finance: applicants for a used-car loan, about one in six of whom turns bad within 18 months.
//!
//! An applicant has a hidden credit quality and a hidden income level that move together a little. They shape the bureau
//! file, the job, the home and the deal; the true log-odds are then a formula of what the application shows. What is not
//! reported is not missing at random: thin files have neither utilisation nor an oldest account.

mod archetypes;
mod draw;
mod schema;
mod truth;

pub use archetypes::{Archetype, archetypes};
pub use schema::{REFERENCE_RATE, features, inputs};

use super::field::Choice;
use super::sampler::Sampler;
use super::{Applicant, reported};
use crate::application::FormValue;
use crate::units::LogOdds;
use schema::{AGE_BANDS, EMPLOYMENT, GROUPS, HOUSING, REGIONS, SEXES, VEHICLES, dealer_name};
use serde::{Deserialize, Serialize};
use truth::Derived;

/// What happens to the world; nothing by default. The same row of the same seed meets every shock with the same luck, so
/// that two scenarios differ by the shock alone. Only those whom a new dealer brings are other people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shock {
    /// Multiplies incomes.
    pub income_factor: f64,
    /// Percentage points of unemployment: each sends 2 % of the employed to a new job at 85 % of their pay, and adds 0.05
    /// to everybody's log-odds.
    pub unemployment_points: f64,
    /// Percentage points on the rate at which payments weigh on incomes.
    pub rate_points: f64,
    /// Multiplies prices and values of vehicles.
    pub vehicle_price_factor: f64,
    /// Multiplies values of vehicles, not their prices.
    pub vehicle_value_factor: f64,
    /// Percentage points on card utilisation.
    pub utilization_points: f64,
    /// Share of applicants who come through [`NEW_DEALER`], with a poorer credit quality than the rest.
    pub new_dealer_share: f64,
}

/// The dealer that only [`Shock::new_dealer_share`] brings: a level that no schema knows.
pub const NEW_DEALER: &str = "D99";

impl Default for Shock {
    fn default() -> Self {
        Self {
            income_factor: 1.0,
            unemployment_points: 0.0,
            rate_points: 0.0,
            vehicle_price_factor: 1.0,
            vehicle_value_factor: 1.0,
            utilization_points: 0.0,
            new_dealer_share: 0.0,
        }
    }
}

/// The applicant of a row of a seed.
///
/// ```
/// use underglass_engine::population::auto::{Shock, applicant, inputs};
/// let tenth = applicant(7, 10, &Shock::default());
/// assert_eq!(tenth.values.len(), inputs().len());
/// assert_eq!(tenth, applicant(7, 10, &Shock::default()));
/// ```
pub fn applicant(seed: u64, row: u64, shock: &Shock) -> Applicant {
    let mut sampler = Sampler::new("auto", seed, row);
    let luck = sampler.uniform();
    let raw = draw::raw(&mut sampler, shock);
    let derived = Derived::of(&raw, REFERENCE_RATE + shock.rate_points / 100.0);
    let true_log_odds = LogOdds(truth::log_odds(&raw, &derived).0 + 0.05 * shock.unemployment_points);
    Applicant::new(raw.values(), true_log_odds, luck)
}

/// An applicant before their values become form values. Categories are positions in their lists of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Raw {
    income_monthly: f64,
    debts_monthly: f64,
    utilization: Option<f64>,
    late_24m: f64,
    employment_months: f64,
    inquiries_6m: f64,
    vehicle_price: f64,
    down_payment: f64,
    term_months: f64,
    vehicle_value: f64,
    trade_in: f64,
    fees: f64,
    vehicle_age_years: f64,
    mileage_thousand: f64,
    vehicle_type: usize,
    employment: usize,
    housing: usize,
    residence_months: f64,
    open_accounts: f64,
    oldest_account_months: Option<f64>,
    collections: f64,
    repossessions_12m: f64,
    bankruptcies_open: f64,
    dealer: Option<usize>,
    region: usize,
    age_band: usize,
    group: usize,
    sex: usize,
}

impl Raw {
    /// Form values in the order of [`inputs`].
    fn values(&self) -> Vec<FormValue> {
        let number = FormValue::Number;
        let level = |choices: &[Choice], at: usize| FormValue::Text(choices[at].name.to_owned());
        vec![
            number(self.income_monthly),
            number(self.debts_monthly),
            reported(self.utilization),
            number(self.late_24m),
            number(self.employment_months),
            number(self.inquiries_6m),
            number(self.vehicle_price),
            number(self.down_payment),
            number(self.term_months),
            number(self.vehicle_value),
            number(self.trade_in),
            number(self.fees),
            number(self.vehicle_age_years),
            number(self.mileage_thousand),
            level(&VEHICLES, self.vehicle_type),
            level(&EMPLOYMENT, self.employment),
            level(&HOUSING, self.housing),
            number(self.residence_months),
            number(self.open_accounts),
            reported(self.oldest_account_months),
            number(self.collections),
            number(self.repossessions_12m),
            number(self.bankruptcies_open),
            FormValue::Text(self.dealer.map_or_else(|| NEW_DEALER.to_owned(), dealer_name)),
            level(&REGIONS, self.region),
            level(&AGE_BANDS, self.age_band),
            level(&GROUPS, self.group),
            level(&SEXES, self.sex),
        ]
    }
}

#[cfg(test)]
mod tests;

//! Six borrowers in a changing economy, one for each kind of answer. Nothing is lent here, so nothing is priced.

use super::schema::EMPLOYMENT;
use super::{Economy, Raw, inputs};
use crate::population::{Archetype, archetype};

/// The sample applicants; the first is a clear approval.
pub fn archetypes() -> Vec<Archetype> {
    let calm = Economy { interest_rate: 5.5, unemployment_rate: 5.0, gdp_growth: Some(2.0) };
    let ana = Raw {
        payment_history_score: 92.0,
        credit_utilization: 0.20,
        annual_income: 68_000.0,
        total_debt: 12_000.0,
        employment_years: 8.0,
        employment: employment("employed"),
        account_age_months: Some(150.0),
        num_credit_accounts: 7.0,
        economy: calm,
        // Audit-only: stays out of the form.
        age: 44.0,
    };
    let viktor = Raw {
        payment_history_score: 70.0,
        credit_utilization: 0.74,
        annual_income: 36_000.0,
        total_debt: 20_000.0,
        employment_years: 2.0,
        account_age_months: Some(70.0),
        num_credit_accounts: 4.0,
        economy: Economy { interest_rate: 7.5, unemployment_rate: 7.0, gdp_growth: Some(0.5) },
        ..ana
    };
    let sara = Raw { annual_income: 11_000.0, total_debt: 2_000.0, employment_years: 5.0, ..ana };
    let tariq = Raw {
        annual_income: 44_000.0,
        total_debt: 1_500.0,
        employment_years: 4.0,
        account_age_months: None,
        num_credit_accounts: 1.0,
        ..ana
    };
    let ines = Raw {
        payment_history_score: 97.0,
        credit_utilization: 0.10,
        annual_income: 60_000.0,
        total_debt: 80_000.0,
        employment_years: 12.0,
        account_age_months: Some(180.0),
        economy: Economy { interest_rate: 11.5, unemployment_rate: 4.5, gdp_growth: Some(2.5) },
        ..ana
    };
    let milo = Raw {
        annual_income: 70_000.0,
        total_debt: 9_000.0,
        employment_years: 6.0,
        employment: employment("self_employed"),
        ..ana
    };
    [
        ("ana", "Ana", "clear approval", ana),
        ("viktor", "Viktor", "near miss in a weak economy", viktor),
        ("sara", "Sara", "hard cut: income below the floor", sara),
        ("tariq", "Tariq", "thin file", tariq),
        ("ines", "Ines", "interest too high for the income", ines),
        ("milo", "Milo", "approved on proof of income", milo),
    ]
    .into_iter()
    .map(|(id, name, label, raw)| archetype(&inputs(), [id, name, label], raw.values()))
    .collect()
}

fn employment(name: &str) -> Option<usize> {
    EMPLOYMENT.iter().position(|kind| kind.name == name)
}

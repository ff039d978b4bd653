//! Six applicants for a personal loan, one for each kind of answer.

use super::{PURPOSES, Raw, inputs};
use crate::population::{Archetype, archetype};

/// The sample applicants; the first is a clear approval.
pub fn archetypes() -> Vec<Archetype> {
    let nora = Raw {
        annual_income: 72_000.0,
        loan_amount: 10_000.0,
        term_months: 36.0,
        bureau_score: Some(765.0),
        existing_debt: 8_000.0,
        debts_monthly: None,
        employment_years: 7.0,
        defaulted_accounts: 0.0,
        inquiries_6m: 0.0,
        open_accounts: 9.0,
        closed_accounts: 5.0,
        purpose: purpose("home_improvement"),
        // Audit-only: stays out of the form.
        age: 41.0,
    };
    let omar = Raw {
        annual_income: 36_000.0,
        loan_amount: 9_500.0,
        term_months: 48.0,
        bureau_score: Some(645.0),
        existing_debt: 15_000.0,
        employment_years: 2.0,
        inquiries_6m: 3.0,
        open_accounts: 5.0,
        closed_accounts: 2.0,
        purpose: purpose("debt_consolidation"),
        ..nora
    };
    let iris = Raw {
        annual_income: 64_000.0,
        loan_amount: 8_000.0,
        bureau_score: Some(735.0),
        defaulted_accounts: 3.0,
        closed_accounts: 6.0,
        purpose: purpose("car"),
        ..nora
    };
    let ben = Raw {
        annual_income: 58_000.0,
        loan_amount: 3_000.0,
        term_months: 24.0,
        bureau_score: None,
        existing_debt: 500.0,
        employment_years: 8.0,
        open_accounts: 2.0,
        closed_accounts: 1.0,
        ..nora
    };
    let lena = Raw {
        annual_income: 38_000.0,
        loan_amount: 13_500.0,
        term_months: 24.0,
        bureau_score: Some(830.0),
        existing_debt: 1_500.0,
        employment_years: 14.0,
        closed_accounts: 6.0,
        ..nora
    };
    let paul = Raw {
        annual_income: 88_000.0,
        loan_amount: 18_000.0,
        term_months: 72.0,
        bureau_score: Some(775.0),
        existing_debt: 12_000.0,
        employment_years: 9.0,
        open_accounts: 10.0,
        closed_accounts: 7.0,
        ..nora
    };
    [
        ("nora", "Nora", "clear approval", nora),
        ("omar", "Omar", "near miss", omar),
        ("iris", "Iris", "hard cut: accounts in default", iris),
        ("ben", "Ben", "thin file", ben),
        ("lena", "Lena", "payment too high for the income", lena),
        ("paul", "Paul", "counter-offer: shorter term", paul),
    ]
    .into_iter()
    .map(|(id, name, label, raw)| archetype(&inputs(), [id, name, label], raw.values()))
    .collect()
}

fn purpose(name: &str) -> usize {
    PURPOSES.iter().position(|purpose| purpose.name == name).unwrap_or(0)
}

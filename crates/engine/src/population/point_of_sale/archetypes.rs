//! Six applicants at a point of sale, one for each kind of answer.

use super::{Raw, inputs};
use crate::population::{Archetype, archetype};

/// The sample applicants; the first is a clear approval.
pub fn archetypes() -> Vec<Archetype> {
    let emma = Raw {
        purchase_amount: 1_800.0,
        term_months: 12.0,
        annual_income: 64_000.0,
        debt_to_income_ratio: 0.18,
        credit_utilization: 0.20,
        num_late_payments: 0.0,
        months_since_last_delinquency: None,
        num_credit_inquiries: 1.0,
        num_credit_lines: 8.0,
        // Audit-only: stays out of the form.
        age: 36.0,
    };
    let jonas = Raw {
        purchase_amount: 1_500.0,
        annual_income: 36_000.0,
        debt_to_income_ratio: 0.38,
        credit_utilization: 0.70,
        num_late_payments: 2.0,
        months_since_last_delinquency: Some(18.0),
        num_credit_inquiries: 3.0,
        num_credit_lines: 4.0,
        ..emma
    };
    let mei = Raw {
        purchase_amount: 900.0,
        term_months: 6.0,
        num_late_payments: 1.0,
        months_since_last_delinquency: Some(2.0),
        num_credit_lines: 7.0,
        ..emma
    };
    let kofi = Raw {
        purchase_amount: 700.0,
        term_months: 6.0,
        annual_income: 39_000.0,
        debt_to_income_ratio: 0.15,
        num_credit_lines: 0.0,
        ..emma
    };
    let rosa = Raw {
        purchase_amount: 2_000.0,
        term_months: 6.0,
        annual_income: 26_000.0,
        debt_to_income_ratio: 0.05,
        credit_utilization: 0.05,
        num_credit_inquiries: 0.0,
        num_credit_lines: 9.0,
        ..emma
    };
    let hugo = Raw {
        purchase_amount: 11_000.0,
        term_months: 24.0,
        annual_income: 150_000.0,
        debt_to_income_ratio: 0.10,
        credit_utilization: 0.10,
        num_credit_inquiries: 0.0,
        num_credit_lines: 11.0,
        ..emma
    };
    [
        ("emma", "Emma", "clear approval", emma),
        ("jonas", "Jonas", "near miss", jonas),
        ("mei", "Mei", "hard cut: late two months ago", mei),
        ("kofi", "Kofi", "thin file", kofi),
        ("rosa", "Rosa", "payment too high for the income", rosa),
        ("hugo", "Hugo", "counter-offer: smaller amount", hugo),
    ]
    .into_iter()
    .map(|(id, name, label, raw)| archetype(&inputs(), [id, name, label], raw.values()))
    .collect()
}

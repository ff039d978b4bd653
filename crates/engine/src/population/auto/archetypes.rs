//! Six applicants to open the page with, one for each kind of answer.

use super::Raw;
use super::inputs;
use super::schema::EMPLOYED;
use crate::application::{ApplicationForm, Permitted};

/// A sample applicant.
#[derive(Clone, Debug, PartialEq)]
pub struct Archetype {
    /// Stable name, for links.
    pub id: &'static str,
    /// The applicant's first name; invented.
    pub name: &'static str,
    /// What the applicant shows.
    pub label: &'static str,
    /// The application, without audit-only fields.
    pub form: ApplicationForm,
}

/// The sample applicants; the first opens the page.
pub fn archetypes() -> Vec<Archetype> {
    let inputs = inputs();
    let archetype = |(id, name, label, raw): (&'static str, &'static str, &'static str, Raw)| {
        let named = inputs.iter().zip(raw.values()).filter(|(input, _)| input.permitted != Permitted::AuditOnly);
        Archetype {
            id,
            name,
            label,
            form: ApplicationForm(named.map(|(input, value)| (input.name.clone(), value)).collect()),
        }
    };
    raws().into_iter().map(archetype).collect()
}

pub(super) fn raws() -> [(&'static str, &'static str, &'static str, Raw); 6] {
    let maya = Raw {
        income_monthly: 3_150.0,
        debts_monthly: 640.0,
        utilization: Some(71.0),
        late_24m: 1.0,
        employment_months: 20.0,
        inquiries_6m: 3.0,
        vehicle_price: 14_900.0,
        down_payment: 1_500.0,
        term_months: 66.0,
        vehicle_value: 14_200.0,
        trade_in: 0.0,
        fees: 1_850.0,
        vehicle_age_years: 5.0,
        mileage_thousand: 62.0,
        vehicle_type: 0,
        employment: EMPLOYED,
        housing: 2,
        residence_months: 26.0,
        open_accounts: 6.0,
        oldest_account_months: Some(84.0),
        collections: 0.0,
        repossessions_12m: 0.0,
        bankruptcies_open: 0.0,
        dealer: Some(3),
        region: 3,
        // The audit-only fields stay out of the form.
        age_band: 1,
        group: 0,
        sex: 0,
    };
    let daniel = Raw {
        income_monthly: 6_200.0,
        debts_monthly: 1_150.0,
        utilization: Some(18.0),
        late_24m: 0.0,
        employment_months: 74.0,
        inquiries_6m: 1.0,
        vehicle_price: 24_500.0,
        down_payment: 4_000.0,
        term_months: 60.0,
        vehicle_value: 23_800.0,
        fees: 2_100.0,
        vehicle_age_years: 2.0,
        mileage_thousand: 24.0,
        vehicle_type: 1,
        housing: 1,
        residence_months: 60.0,
        open_accounts: 9.0,
        oldest_account_months: Some(168.0),
        ..maya
    };
    let aisha = Raw {
        income_monthly: 4_300.0,
        debts_monthly: 820.0,
        utilization: Some(28.0),
        late_24m: 1.0,
        employment_months: 48.0,
        inquiries_6m: 1.0,
        vehicle_price: 16_200.0,
        down_payment: 2_600.0,
        term_months: 60.0,
        vehicle_value: 16_400.0,
        fees: 1_600.0,
        vehicle_age_years: 3.0,
        mileage_thousand: 38.0,
        housing: 1,
        residence_months: 54.0,
        open_accounts: 7.0,
        oldest_account_months: Some(130.0),
        repossessions_12m: 1.0,
        dealer: Some(5),
        region: 5,
        ..maya
    };
    let leo = Raw {
        income_monthly: 2_900.0,
        debts_monthly: 150.0,
        utilization: None,
        late_24m: 0.0,
        employment_months: 58.0,
        inquiries_6m: 1.0,
        vehicle_price: 9_400.0,
        down_payment: 2_600.0,
        term_months: 48.0,
        vehicle_value: 9_900.0,
        fees: 950.0,
        vehicle_age_years: 7.0,
        mileage_thousand: 81.0,
        housing: 3,
        residence_months: 90.0,
        open_accounts: 1.0,
        oldest_account_months: None,
        ..maya
    };
    let tom = Raw {
        income_monthly: 2_700.0,
        debts_monthly: 260.0,
        utilization: Some(12.0),
        late_24m: 0.0,
        employment_months: 130.0,
        inquiries_6m: 0.0,
        vehicle_price: 23_400.0,
        down_payment: 3_500.0,
        term_months: 66.0,
        vehicle_value: 22_600.0,
        fees: 1_700.0,
        vehicle_age_years: 2.0,
        mileage_thousand: 28.0,
        vehicle_type: 2,
        housing: 1,
        residence_months: 120.0,
        open_accounts: 8.0,
        oldest_account_months: Some(220.0),
        ..maya
    };
    let grace = Raw {
        term_months: 84.0,
        income_monthly: 5_200.0,
        vehicle_price: 26_800.0,
        vehicle_value: 26_400.0,
        down_payment: 3_200.0,
        fees: 2_300.0,
        ..daniel
    };
    [
        ("maya", "Maya", "near miss", maya),
        ("daniel", "Daniel", "clear approval", daniel),
        ("aisha", "Aisha", "hard cut: repossession", aisha),
        ("leo", "Leo", "thin file", leo),
        ("tom", "Tom", "payment too high for the income", tom),
        ("grace", "Grace", "counter-offer: shorter term", grace),
    ]
}

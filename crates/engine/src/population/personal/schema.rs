//! What an application for a personal loan asks, and what the model makes of it.

use crate::application::{Actionability, FormValue, Input, InputKind, Permitted, Role};
use crate::features::{Direction, Expr, Feature};
use crate::population::field::{
    Choice, audit_only, can, category, choice, count, direct, feature, input, levels, number, of_person,
};

/// The yearly rate at which the payment is weighed against income, whatever the price turns out to be: the score comes
/// before the price.
pub const REFERENCE_RATE: f64 = 0.16;

/// What the money is for. Medical expenses are no level: medical information is no basis of a credit decision
/// (12 CFR 1022.30), and an unknown level counts as missing.
pub(super) const PURPOSES: [Choice; 7] = [
    choice("debt_consolidation", "Debt consolidation", 0.10),
    choice("home_improvement", "Home improvement", -0.20),
    choice("car", "Car", -0.10),
    choice("major_purchase", "Major purchase", 0.0),
    choice("education", "Education", 0.10),
    choice("business", "Small business", 0.45),
    choice("other", "Other", 0.15),
];

/// The fields of an application, those that move a decision most first.
pub fn inputs() -> Vec<Input> {
    let dollars = |name, label, max, step, typical| number(name, label, "USD", 0.0, max, step, typical);
    vec![
        Input {
            role: Some(Role::YearlyIncome),
            action: can(Actionability::Up, 500.0, 4.0),
            ..of_person(dollars("annual_income", "Income a year", 400_000.0, 500.0, 51_000.0))
        },
        Input {
            role: Some(Role::LoanAmount),
            action: can(Actionability::Down, 100.0, 0.8),
            ..dollars("loan_amount", "Amount requested", 60_000.0, 100.0, 11_000.0)
        },
        Input {
            role: Some(Role::Term),
            action: can(Actionability::Both, 6.0, 0.5),
            kind: InputKind::Number { min: Some(12.0), max: Some(84.0), step: 6.0, whole: true },
            ..number("term_months", "Term", "months", 12.0, 84.0, 6.0, 36.0)
        },
        Input {
            optional: true,
            ..of_person(count("bureau_score", "Credit bureau score", "points", 300.0, 850.0, 682.0))
        },
        Input {
            action: can(Actionability::Down, 250.0, 2.5),
            ..of_person(dollars("existing_debt", "Existing debt, without mortgage", 500_000.0, 100.0, 13_500.0))
        },
        Input {
            optional: true,
            permitted: Permitted::Policy,
            role: Some(Role::MonthlyDebt),
            // What is owed tells no payments: most applications have none, and none are assumed.
            typical: FormValue::Missing,
            ..of_person(dollars("debts_monthly", "Debt payments a month", 15_000.0, 100.0, 0.0))
        },
        of_person(number("employment_years", "Time at employer", "years", 0.0, 50.0, 0.5, 2.5)),
        of_person(count("defaulted_accounts", "Accounts in default or charged off", "", 0.0, 20.0, 0.0)),
        of_person(count("inquiries_6m", "Inquiries, 6 months", "", 0.0, 30.0, 1.0)),
        of_person(count("open_accounts", "Open accounts", "", 0.0, 60.0, 5.0)),
        of_person(count("closed_accounts", "Closed accounts", "", 0.0, 60.0, 3.0)),
        category("loan_purpose", "Purpose", levels(&PURPOSES), "debt_consolidation"),
        audit_only(count("age", "Age", "years", 18.0, 110.0, 37.0)),
    ]
}

/// The model's columns, before training fills in category order, ranges and medians.
pub fn features() -> Vec<Feature> {
    use Direction::{Decreasing, Free, Increasing};
    let to_income = |of: Expr| Expr::Ratio(Box::new(of), Box::new(input("annual_income")));
    let payment = Expr::AnnuityPayment(Box::new(input("loan_amount")), REFERENCE_RATE, Box::new(input("term_months")));
    vec![
        direct("annual_income", "Income a year", Decreasing, "income"),
        feature(
            "loan_to_income",
            "Amount requested to yearly income",
            to_income(input("loan_amount")),
            Increasing,
            "income",
        ),
        feature(
            "payment_to_annual_income",
            "Monthly payment to yearly income (at 16 %)",
            to_income(payment),
            Increasing,
            "payment_burden",
        ),
        // A stock over a flow: no debt-to-income ratio, which compares payments with income.
        feature(
            "debt_stock_to_income",
            "Existing debt to yearly income",
            to_income(input("existing_debt")),
            Increasing,
            "debt_stock",
        ),
        direct("bureau_score", "Credit bureau score", Decreasing, "bureau_score"),
        direct("defaulted_accounts", "Accounts in default or charged off", Increasing, "defaults"),
        direct("inquiries_6m", "Inquiries, 6 months", Increasing, "inquiries"),
        direct("open_accounts", "Open accounts", Decreasing, "credit_depth"),
        direct("closed_accounts", "Closed accounts", Decreasing, "credit_depth"),
        direct("employment_years", "Time at employer", Decreasing, "employment"),
        direct("loan_amount", "Amount requested", Increasing, "amount"),
        direct("term_months", "Term", Increasing, "term"),
        direct("loan_purpose", "Purpose", Free, "purpose"),
    ]
}

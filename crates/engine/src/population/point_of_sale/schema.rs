//! What a point-of-sale application asks, and what the model makes of it.

use crate::application::{Actionability, FormValue, Input, InputKind, Role};
use crate::features::{Direction, Expr, Feature};
use crate::population::field::{audit_only, can, count, direct, feature, input, number, of_person};

/// The yearly rate at which the payment is weighed against income, whatever the price turns out to be: the score comes
/// before the price.
pub const REFERENCE_RATE: f64 = 0.18;

/// The fields of an application, those that move a decision most first. Ratios are fractions.
pub fn inputs() -> Vec<Input> {
    let dollars = |name, label, max, step, typical| number(name, label, "USD", 0.0, max, step, typical);
    vec![
        Input {
            role: Some(Role::LoanAmount),
            action: can(Actionability::Down, 50.0, 0.4),
            ..dollars("purchase_amount", "Purchase amount", 20_000.0, 50.0, 1_200.0)
        },
        Input {
            role: Some(Role::Term),
            action: can(Actionability::Both, 3.0, 0.5),
            kind: InputKind::Number { min: Some(3.0), max: Some(24.0), step: 3.0, whole: true },
            ..number("term_months", "Term", "months", 3.0, 24.0, 3.0, 12.0)
        },
        Input {
            role: Some(Role::YearlyIncome),
            action: can(Actionability::Up, 500.0, 4.0),
            ..of_person(dollars("annual_income", "Income a year", 400_000.0, 500.0, 51_000.0))
        },
        Input {
            role: Some(Role::DebtRatio),
            action: can(Actionability::Down, 0.01, 3.0),
            ..of_person(number(
                "debt_to_income_ratio",
                "Debt payments to income, before this purchase",
                "of income",
                0.0,
                2.0,
                0.01,
                0.25,
            ))
        },
        Input {
            action: can(Actionability::Down, 0.05, 3.0),
            ..of_person(number("credit_utilization", "Card utilisation", "of limits", 0.0, 1.5, 0.01, 0.45))
        },
        of_person(count("num_late_payments", "Late payments on file", "", 0.0, 60.0, 0.0)),
        Input {
            optional: true,
            // Most applicants were never late.
            typical: FormValue::Missing,
            ..of_person(count(
                "months_since_last_delinquency",
                "Time since the last late payment",
                "months",
                0.0,
                240.0,
                20.0,
            ))
        },
        of_person(count("num_credit_inquiries", "Inquiries, 12 months", "", 0.0, 40.0, 2.0)),
        of_person(count("num_credit_lines", "Credit lines", "", 0.0, 60.0, 5.0)),
        audit_only(count("age", "Age", "years", 18.0, 110.0, 37.0)),
    ]
}

/// The model's columns, before training fills in ranges and medians. Who was never late has no month of the last late
/// payment: that is missing, and good.
pub fn features() -> Vec<Feature> {
    use Direction::{Decreasing, Increasing};
    let to_income = |of: Expr| Expr::Ratio(Box::new(of), Box::new(input("annual_income")));
    let payment =
        Expr::AnnuityPayment(Box::new(input("purchase_amount")), REFERENCE_RATE, Box::new(input("term_months")));
    vec![
        direct("annual_income", "Income a year", Decreasing, "income"),
        feature(
            "purchase_to_income",
            "Purchase amount to yearly income",
            to_income(input("purchase_amount")),
            Increasing,
            "income",
        ),
        feature(
            "payment_to_annual_income",
            "Monthly payment to yearly income (at 18 %)",
            to_income(payment),
            Increasing,
            "payment_burden",
        ),
        direct("debt_to_income_ratio", "Debt payments to income", Increasing, "debt_burden"),
        direct("credit_utilization", "Card utilisation", Increasing, "utilization"),
        direct("num_late_payments", "Late payments on file", Increasing, "delinquency"),
        direct("months_since_last_delinquency", "Time since the last late payment", Decreasing, "delinquency"),
        direct("num_credit_inquiries", "Inquiries, 12 months", Increasing, "inquiries"),
        direct("num_credit_lines", "Credit lines", Decreasing, "credit_depth"),
        direct("purchase_amount", "Purchase amount", Increasing, "amount"),
        direct("term_months", "Term", Increasing, "term"),
    ]
}

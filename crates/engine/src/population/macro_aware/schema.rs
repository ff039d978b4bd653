//! What is asked about a borrower and about the economy, and what the model makes of it.

use crate::application::{Actionability, Input, Role};
use crate::features::{Direction, Expr, Feature};
use crate::population::field::{
    Choice, audit_only, can, category, choice, count, direct, feature, input, levels, number, of_person,
};

/// Source of income. Public assistance is no level: it is a prohibited basis (12 CFR 1002.2(z)).
pub(super) const EMPLOYMENT: [Choice; 4] = [
    choice("employed", "Employed", 0.0),
    choice("self_employed", "Self-employed", 0.20),
    choice("contract", "Temporary or contract", 0.35),
    choice("retired", "Retired", -0.15),
];

/// The fields of an application, those that move a decision most first. Utilisation is a fraction; rates of the economy
/// are percentages at the time of the application, the same for everybody who applies then.
pub fn inputs() -> Vec<Input> {
    let dollars = |name, label, max, step, typical| number(name, label, "USD", 0.0, max, step, typical);
    let economy = |name, label, unit, min, max, typical| number(name, label, unit, min, max, 0.1, typical);
    vec![
        of_person(count("payment_history_score", "Payment history", "points of 100", 0.0, 100.0, 76.0)),
        Input {
            action: can(Actionability::Down, 0.05, 3.0),
            ..of_person(number("credit_utilization", "Card utilisation", "of limits", 0.0, 1.5, 0.01, 0.45))
        },
        Input {
            role: Some(Role::YearlyIncome),
            action: can(Actionability::Up, 500.0, 4.0),
            ..of_person(dollars("annual_income", "Income a year", 400_000.0, 500.0, 51_000.0))
        },
        Input {
            action: can(Actionability::Down, 250.0, 2.5),
            ..of_person(dollars("total_debt", "Total debt, without mortgage", 500_000.0, 100.0, 18_500.0))
        },
        of_person(number("employment_years", "Time at employer", "years", 0.0, 50.0, 0.5, 2.5)),
        Input {
            optional: true,
            ..of_person(category("employment_status", "Employment", levels(&EMPLOYMENT), "employed"))
        },
        Input {
            optional: true,
            ..of_person(count("account_age_months", "Age of oldest account", "months", 0.0, 720.0, 120.0))
        },
        of_person(count("num_credit_accounts", "Credit accounts", "", 0.0, 60.0, 5.0)),
        economy("interest_rate", "Interest rate in the market", "%", 0.0, 25.0, 6.4),
        economy("unemployment_rate", "Unemployment", "%", 0.0, 30.0, 6.0),
        Input { optional: true, ..economy("gdp_growth", "Growth of the economy", "% a year", -15.0, 15.0, 1.9) },
        audit_only(count("age", "Age", "years", 18.0, 110.0, 37.0)),
    ]
}

/// The model's columns, before training fills in category order, ranges and medians.
pub fn features() -> Vec<Feature> {
    use Direction::{Decreasing, Free, Increasing};
    let to_income = |of: Expr| Expr::Ratio(Box::new(of), Box::new(input("annual_income")));
    vec![
        direct("payment_history_score", "Payment history", Decreasing, "payment_history"),
        direct("credit_utilization", "Card utilisation", Increasing, "utilization"),
        direct("annual_income", "Income a year", Decreasing, "income"),
        feature(
            "debt_stock_to_income",
            "Total debt to yearly income",
            to_income(input("total_debt")),
            Increasing,
            "debt_stock",
        ),
        feature(
            "interest_to_income",
            "Yearly interest on total debt, % of income",
            to_income(Expr::Product(vec![input("total_debt"), input("interest_rate")])),
            Increasing,
            "interest_burden",
        ),
        direct("employment_years", "Time at employer", Decreasing, "employment"),
        direct("employment_status", "Employment", Free, "employment_type"),
        direct("account_age_months", "Age of oldest account", Decreasing, "credit_depth"),
        direct("num_credit_accounts", "Credit accounts", Decreasing, "credit_depth"),
        direct("interest_rate", "Interest rate in the market", Increasing, "interest_rate"),
        direct("unemployment_rate", "Unemployment", Increasing, "unemployment"),
        direct("gdp_growth", "Growth of the economy", Decreasing, "growth"),
    ]
}

//! What an auto-finance application asks, and what the model makes of it.

use crate::application::{Actionability, Input, InputKind, Level, Permitted, Role};
use crate::features::{Direction, Expr, Feature};
use crate::population::field::{
    Choice, audit_only, can, category, choice, count, direct, feature, input, levels, number, of_person,
};

/// The yearly rate at which the feature *payment to income* is computed, whatever the price turns out to be: the score
/// comes before the price.
pub const REFERENCE_RATE: f64 = 0.18;

/// Source of income. Public assistance is no level: it is a prohibited basis (12 CFR 1002.2(z)).
pub(super) const EMPLOYMENT: [Choice; 4] = [
    choice("employed", "Employed", 0.0),
    choice("self_employed", "Self-employed", 0.20),
    choice("contract", "Temporary or contract", 0.35),
    choice("retired", "Retired", -0.15),
];
pub(super) const EMPLOYED: usize = 0;
pub(super) const RETIRED: usize = 3;

pub(super) const HOUSING: [Choice; 4] = [
    choice("own", "Owns outright", -0.25),
    choice("mortgage", "Owns with a mortgage", -0.20),
    choice("rent", "Rents", 0.10),
    choice("family", "Lives with family", 0.20),
];

pub(super) const VEHICLES: [Choice; 5] = [
    choice("sedan", "Sedan or hatchback", 0.0),
    choice("suv", "SUV or crossover", -0.05),
    choice("truck", "Pickup truck", -0.10),
    choice("van", "Van", 0.05),
    choice("coupe", "Coupe or sports car", 0.20),
];

/// Regions and dealers have no effect of their own in the truth: what a model found in them would be a proxy.
pub(super) const REGIONS: [Choice; 6] = [
    choice("north", "North", 0.0),
    choice("lakes", "Lakes", 0.0),
    choice("plains", "Plains", 0.0),
    choice("coast", "Coast", 0.0),
    choice("hills", "Hills", 0.0),
    choice("south", "South", 0.0),
];
pub(super) const N_DEALERS: usize = 20;

pub(super) const AGE_BANDS: [Choice; 5] = [
    choice("18-24", "18 to 24", 0.0),
    choice("25-34", "25 to 34", 0.0),
    choice("35-49", "35 to 49", 0.0),
    choice("50-61", "50 to 61", 0.0),
    choice("62+", "62 and over", 0.0),
];
pub(super) const GROUPS: [Choice; 2] = [choice("G", "Group G", 0.0), choice("H", "Group H", 0.0)];
pub(super) const SEXES: [Choice; 2] = [choice("F", "Female", 0.0), choice("M", "Male", 0.0)];

/// A dealer's name in data.
pub(super) fn dealer_name(dealer: usize) -> String {
    format!("D{:02}", dealer + 1)
}

/// The fields of an auto-finance application, those that move a decision most first.
pub fn inputs() -> Vec<Input> {
    let dollars =
        |name, label, role, max, step, typical| Input { role, ..number(name, label, "USD", 0.0, max, step, typical) };
    vec![
        Input {
            action: can(Actionability::Up, 50.0, 4.0),
            ..of_person(dollars("income_monthly", "Income a month", Some(Role::MonthlyIncome), 30_000.0, 50.0, 3_600.0))
        },
        Input {
            action: can(Actionability::Down, 25.0, 2.0),
            ..of_person(dollars(
                "debts_monthly",
                "Debt payments a month",
                Some(Role::MonthlyDebt),
                15_000.0,
                10.0,
                730.0,
            ))
        },
        Input {
            optional: true,
            action: can(Actionability::Down, 5.0, 3.0),
            ..of_person(count("utilization", "Card utilisation", "%", 0.0, 150.0, 44.0))
        },
        of_person(count("late_24m", "Late payments, 24 months", "", 0.0, 24.0, 0.0)),
        of_person(count("employment_months", "Time at employer", "months", 0.0, 600.0, 30.0)),
        of_person(count("inquiries_6m", "Inquiries, 6 months", "", 0.0, 30.0, 1.0)),
        Input {
            action: can(Actionability::Down, 100.0, 0.6),
            ..dollars("vehicle_price", "Vehicle price", Some(Role::Price), 100_000.0, 100.0, 15_900.0)
        },
        Input {
            action: can(Actionability::Up, 100.0, 1.0),
            ..dollars("down_payment", "Down payment", Some(Role::DownPayment), 50_000.0, 50.0, 1_300.0)
        },
        Input {
            role: Some(Role::Term),
            action: can(Actionability::Both, 3.0, 0.5),
            kind: InputKind::Number { min: Some(12.0), max: Some(96.0), step: 3.0, whole: true },
            ..number("term_months", "Term", "months", 12.0, 96.0, 3.0, 60.0)
        },
        dollars(
            "vehicle_value",
            "Vehicle value (wholesale book)",
            Some(Role::CollateralValue),
            100_000.0,
            100.0,
            14_700.0,
        ),
        Input {
            kind: InputKind::Number { min: Some(-15_000.0), max: Some(30_000.0), step: 50.0, whole: false },
            ..dollars("trade_in", "Trade-in, net of what is owed", Some(Role::TradeIn), 30_000.0, 50.0, 0.0)
        },
        Input {
            action: can(Actionability::Down, 100.0, 0.8),
            ..dollars("fees", "Tax, title and products financed", Some(Role::Fees), 12_000.0, 50.0, 1_700.0)
        },
        count("vehicle_age_years", "Vehicle age", "years", 0.0, 30.0, 5.0),
        count("mileage_thousand", "Mileage", "thousand miles", 0.0, 400.0, 59.0),
        category("vehicle_type", "Vehicle type", levels(&VEHICLES), "sedan"),
        of_person(category("employment_status", "Employment", levels(&EMPLOYMENT), "employed")),
        of_person(category("housing", "Housing", levels(&HOUSING), "rent")),
        of_person(count("residence_months", "Time at residence", "months", 0.0, 720.0, 28.0)),
        of_person(count("open_accounts", "Open accounts", "", 0.0, 60.0, 5.0)),
        Input {
            optional: true,
            ..of_person(count("oldest_account_months", "Age of oldest account", "months", 0.0, 720.0, 120.0))
        },
        of_person(count("collections", "Collections on file", "", 0.0, 30.0, 0.0)),
        of_person(count("repossessions_12m", "Repossessions, 12 months", "", 0.0, 5.0, 0.0)),
        of_person(count("bankruptcies_open", "Open bankruptcies", "", 0.0, 1.0, 0.0)),
        Input { optional: true, permitted: Permitted::Policy, ..category("dealer", "Dealer", dealers(), "D01") },
        Input {
            optional: true,
            permitted: Permitted::Policy,
            ..of_person(category("region", "Region", levels(&REGIONS), "coast"))
        },
        audit_only(category("age_band", "Age band", levels(&AGE_BANDS), "35-49")),
        audit_only(category("group", "Group", levels(&GROUPS), "G")),
        audit_only(category("sex", "Sex", levels(&SEXES), "F")),
    ]
}

/// The model's columns, before training fills in category order, ranges and medians.
pub fn features() -> Vec<Feature> {
    use Direction::{Decreasing, Free, Increasing};
    let amount = || {
        let offsets = Expr::Sum(vec![input("down_payment"), input("trade_in")]);
        Expr::Difference(Box::new(Expr::Sum(vec![input("vehicle_price"), input("fees")])), Box::new(offsets))
    };
    let payment = || Expr::AnnuityPayment(Box::new(amount()), REFERENCE_RATE, Box::new(input("term_months")));
    let over = |top, bottom| Expr::Ratio(Box::new(top), Box::new(input(bottom)));
    vec![
        direct("income_monthly", "Income a month", Decreasing, "income"),
        feature(
            "payment_to_income",
            "Payment to income (at 18 %)",
            over(payment(), "income_monthly"),
            Increasing,
            "payment_burden",
        ),
        feature(
            "debt_to_income",
            "Debt to income (at 18 %)",
            over(Expr::Sum(vec![input("debts_monthly"), payment()]), "income_monthly"),
            Increasing,
            "debt_burden",
        ),
        direct("utilization", "Card utilisation", Increasing, "utilization"),
        direct("late_24m", "Late payments, 24 months", Increasing, "delinquency"),
        direct("collections", "Collections on file", Increasing, "collections"),
        direct("repossessions_12m", "Repossessions, 12 months", Increasing, "repossession"),
        direct("bankruptcies_open", "Open bankruptcies", Increasing, "bankruptcy"),
        direct("inquiries_6m", "Inquiries, 6 months", Increasing, "inquiries"),
        direct("open_accounts", "Open accounts", Free, "credit_depth"),
        direct("oldest_account_months", "Age of oldest account", Decreasing, "credit_depth"),
        direct("employment_months", "Time at employer", Decreasing, "employment"),
        direct("employment_status", "Employment", Free, "employment_type"),
        direct("residence_months", "Time at residence", Decreasing, "residence"),
        direct("housing", "Housing", Free, "housing"),
        feature("loan_to_value", "Loan to value", over(amount(), "vehicle_value"), Increasing, "loan_to_value"),
        feature(
            "down_payment_share",
            "Down payment and trade-in, share of price",
            over(Expr::Sum(vec![input("down_payment"), input("trade_in")]), "vehicle_price"),
            Decreasing,
            "down_payment",
        ),
        feature("amount_financed", "Amount financed", amount(), Increasing, "amount"),
        direct("term_months", "Term", Increasing, "term"),
        direct("vehicle_age_years", "Vehicle age", Increasing, "vehicle"),
        direct("mileage_thousand", "Mileage", Increasing, "vehicle"),
        direct("vehicle_type", "Vehicle type", Free, "vehicle"),
    ]
}

fn dealers() -> Vec<Level> {
    (0..N_DEALERS)
        .map(|dealer| Level { name: dealer_name(dealer), label: format!("Dealer {:02}", dealer + 1) })
        .collect()
}

use super::*;
use crate::application::{InputKind, Permitted, Value};
use crate::features::{Direction, Schema};
use crate::population::tests::{auc, bad_rate, checked, mean};
use crate::units::Probability;

const SEED: u64 = 20_261_121;

fn rows(n: u64, shock: &Shock) -> Vec<Applicant> {
    (0..n).map(|row| applicant(SEED, row, shock)).collect()
}

fn schema() -> Schema {
    crate::population::tests::schema(inputs(), features())
}

#[test]
fn every_row_is_a_valid_application() {
    let schema = schema();
    for row in rows(20_000, &Shock::default()) {
        let application = checked(&schema, &row.values);
        for (index, input) in schema.inputs().iter().enumerate() {
            assert!(
                !matches!(application.value(index), Some(Value::Unseen(_))),
                "{}: {}",
                input.name,
                row.values[index]
            );
            let audit_only = input.permitted == Permitted::AuditOnly;
            assert!(input.optional || audit_only || application.value(index).is_some(), "{} is missing", input.name);
        }
    }
}

#[test]
fn shocked_rows_are_valid_applications() {
    let schema = schema();
    let shock = Shock {
        income_factor: 0.7,
        unemployment_points: 6.0,
        rate_points: 3.0,
        vehicle_price_factor: 1.6,
        vehicle_value_factor: 0.6,
        utilization_points: 30.0,
        new_dealer_share: 0.3,
    };
    for row in rows(5_000, &shock) {
        checked(&schema, &row.values);
    }
}

// The world was made for about one bad in six and a truth that ranks well, not perfectly. The standard error of such a
// rate over 100,000 rows is 0.0012, that of the AUC about 0.002: the limits leave five on either side.
#[test]
fn the_truth_is_neither_trivial_nor_hopeless() {
    let rows = rows(100_000, &Shock::default());
    let (rate, auc) = (bad_rate(&rows), auc(&rows));
    println!("bad rate {rate:.4}, AUC of the truth {auc:.4}");
    assert!((0.156..0.169).contains(&rate), "{rate}");
    assert!((0.82..0.842).contains(&auc), "{auc}");
    let told = mean(rows.iter().map(|row| Probability::from_log_odds(row.true_log_odds).value()));
    assert!((told - rate).abs() < 0.006, "probabilities average {told}, outcomes {rate}");
}

#[test]
fn the_truth_and_the_model_derive_the_same_quantities() {
    let schema = schema();
    for row in 0..2_000 {
        let mut sampler = Sampler::new("auto", SEED, row);
        sampler.uniform();
        let raw = draw::raw(&mut sampler, &Shock::default());
        let derived = Derived::of(&raw, REFERENCE_RATE);
        let features = schema.features_of(&checked(&schema, &raw.values()));
        for (name, value) in [
            ("income_monthly", raw.income_monthly),
            ("payment_to_income", derived.payment_to_income),
            ("debt_to_income", derived.debt_to_income),
            ("loan_to_value", derived.loan_to_value),
            ("down_payment_share", derived.down_payment_share),
            ("amount_financed", derived.amount_financed),
            ("late_24m", raw.late_24m),
            ("employment_status", raw.employment as f64),
            ("housing", raw.housing as f64),
            ("vehicle_type", raw.vehicle_type as f64),
            ("mileage_thousand", raw.mileage_thousand),
            ("bankruptcies_open", raw.bankruptcies_open),
        ] {
            let index = schema.feature_index(name).expect("a feature");
            assert_eq!(features.0[index], Some(value), "{name} of row {row}");
        }
    }
}

#[test]
fn the_truth_keeps_every_direction_that_the_features_declare() {
    type Nudge = fn(&mut Raw, &mut Derived);
    let nudges: [(&str, Nudge); 17] = [
        ("income_monthly", |raw, _| raw.income_monthly *= 1.2),
        ("payment_to_income", |_, derived| derived.payment_to_income += 0.05),
        ("debt_to_income", |_, derived| derived.debt_to_income += 0.10),
        ("utilization", |raw, _| raw.utilization = raw.utilization.map(|percent| percent + 20.0)),
        ("late_24m", |raw, _| raw.late_24m += 1.0),
        ("collections", |raw, _| raw.collections += 1.0),
        ("repossessions_12m", |raw, _| raw.repossessions_12m += 1.0),
        ("bankruptcies_open", |raw, _| raw.bankruptcies_open += 1.0),
        ("inquiries_6m", |raw, _| raw.inquiries_6m += 1.0),
        ("oldest_account_months", |raw, _| {
            raw.oldest_account_months = raw.oldest_account_months.map(|months| months + 24.0)
        }),
        ("employment_months", |raw, _| raw.employment_months += 12.0),
        ("residence_months", |raw, _| raw.residence_months += 12.0),
        ("loan_to_value", |_, derived| derived.loan_to_value += 0.10),
        ("down_payment_share", |_, derived| derived.down_payment_share += 0.05),
        ("term_months", |raw, _| raw.term_months += 12.0),
        ("vehicle_age_years", |raw, _| raw.vehicle_age_years += 2.0),
        ("mileage_thousand", |raw, _| raw.mileage_thousand += 20.0),
    ];
    let features = features();
    for row in 0..2_000 {
        let raw = draw::raw(&mut Sampler::new("directions", SEED, row), &Shock::default());
        let derived = Derived::of(&raw, REFERENCE_RATE);
        let before = truth::log_odds(&raw, &derived).0;
        for (name, nudge) in nudges {
            let (mut raw, mut derived) = (raw, derived);
            nudge(&mut raw, &mut derived);
            let change = truth::log_odds(&raw, &derived).0 - before;
            let direction = features.iter().find(|feature| feature.name == name).map(|feature| feature.direction);
            // Sums that do not change may differ in their last bits.
            let kept = match direction {
                Some(Direction::Increasing) => change > -1e-12,
                Some(Direction::Decreasing) => change < 1e-12,
                _ => false,
            };
            assert!(kept, "{name} of row {row}: {direction:?}, but the truth moves by {change}");
        }
    }
}

#[test]
fn what_is_missing_is_riskier_and_not_at_random() {
    let rows = rows(50_000, &Shock::default());
    let at = |name: &str| inputs().iter().position(|input| input.name == name).expect("an input");
    for (name, least, most) in [("utilization", 0.10, 0.25), ("oldest_account_months", 0.06, 0.18)] {
        let index = at(name);
        let (missing, reported): (Vec<_>, Vec<_>) =
            rows.iter().cloned().partition(|row| row.values[index] == FormValue::Missing);
        let share = missing.len() as f64 / rows.len() as f64;
        println!("{name} missing {share:.3}: bad rate {:.3} against {:.3}", bad_rate(&missing), bad_rate(&reported));
        assert!((least..most).contains(&share), "{name}: {share}");
    }
    let thin = |row: &&Applicant| row.values[at("oldest_account_months")] == FormValue::Missing;
    assert!(rows.iter().filter(thin).all(|row| row.values[at("utilization")] == FormValue::Missing));
}

#[test]
fn each_shock_moves_the_bad_rate_the_way_it_should() {
    let calm = bad_rate(&rows(20_000, &Shock::default()));
    let none = Shock::default();
    for (name, shock) in [
        ("lower incomes", Shock { income_factor: 0.9, ..none }),
        ("unemployment", Shock { unemployment_points: 4.0, ..none }),
        ("rates", Shock { rate_points: 4.0, ..none }),
        ("dearer vehicles", Shock { vehicle_price_factor: 1.2, ..none }),
        ("falling values", Shock { vehicle_value_factor: 0.9, ..none }),
        ("utilisation", Shock { utilization_points: 15.0, ..none }),
        ("a new dealer", Shock { new_dealer_share: 0.2, ..none }),
    ] {
        // The same luck meets both worlds: a rate that moves against the shock is no accident.
        let shocked = bad_rate(&rows(20_000, &shock));
        println!("{name}: bad rate {calm:.4} to {shocked:.4}");
        assert!(shocked > calm, "{name}: {calm} to {shocked}");
    }
}

#[test]
fn sample_applicants_are_complete_and_carry_nothing_audit_only() {
    let inputs = inputs();
    let all = archetypes();
    assert_eq!(all.len(), 6);
    for archetype in &all {
        let application = archetype.form.check(&inputs).unwrap_or_else(|error| panic!("{}: {error}", archetype.id));
        for (index, input) in inputs.iter().enumerate() {
            assert!(
                input.optional || application.value(index).is_some(),
                "{}: {} is missing",
                archetype.id,
                input.name
            );
        }
    }
    let scale = crate::units::Scale::default();
    for (id, _, _, raw) in archetypes::raws() {
        let z = truth::log_odds(&raw, &Derived::of(&raw, REFERENCE_RATE));
        println!("{id}: true PD {:.3}, {:.0} points", Probability::from_log_odds(z).value(), scale.raw(z));
    }
}

#[test]
fn a_fresh_form_starts_near_the_middle() {
    let rows = rows(20_000, &Shock::default());
    for (index, input) in inputs().iter().enumerate() {
        match (&input.kind, &input.typical) {
            (InputKind::Number { .. }, FormValue::Number(typical)) => {
                let values = rows.iter().filter_map(|row| match row.values[index] {
                    FormValue::Number(value) => Some(value),
                    _ => None,
                });
                let (mut below, mut above, mut all) = (0, 0, 0);
                for value in values {
                    below += u32::from(value < *typical);
                    above += u32::from(value > *typical);
                    all += 1;
                }
                // At most 55 % of the rows lie on either side.
                assert!(below.max(above) * 100 <= all * 55, "{}: {below} below, {above} above {typical}", input.name);
            }
            (InputKind::Category { levels }, FormValue::Text(typical)) => {
                assert!(levels.iter().any(|level| level.name == *typical), "{}: {typical}", input.name);
            }
            (kind, typical) => panic!("{}: {kind:?} starts at {typical}", input.name),
        }
    }
}

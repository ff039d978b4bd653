//! Every book's hand-edited files fit their world and each other.

use core::slice;
use underglass_engine::application::{
    ApplicationForm, FieldErrorCode, FormValue, InputKind, ModelInput, Permitted, Personal, Role,
};
use underglass_engine::decision::{NO_ADVERSE_FACTOR, SCORE_BAND};
use underglass_engine::features::Schema;
use underglass_engine::policy::{Finding, Policy, Rule, Severity};
use underglass_engine::population::{World, auto};
use underglass_engine::pricing::{Offer, Pricing};
use underglass_engine::reasons::Catalogue;
use underglass_engine::seal;
use underglass_engine::units::{Cents, Date, Points, Probability};

/// The bytes of a book's file, sealed; `None` when the book has none.
fn sealed(book: &str, file: &str) -> Option<Vec<u8>> {
    let path = format!("{}/../cli/books/{book}/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).ok()?;
    Some(seal::seal(&bytes).unwrap_or_else(|error| panic!("{path}: {error}")))
}

struct Book {
    name: &'static str,
    schema: Schema,
    policy: Policy,
    pricing: Option<Pricing>,
    reasons: Catalogue,
}

fn book(name: &'static str, world: World) -> Book {
    let schema = Schema::new(world.inputs(), world.features()).expect("a valid schema");
    let (policy, _) = Policy::decode(&sealed(name, "policy").expect("a policy"), &schema)
        .unwrap_or_else(|error| panic!("{name}, policy: {error}"));
    let decoded = |bytes: Vec<u8>| Pricing::decode(&bytes, &policy).unwrap_or_else(|error| panic!("{name}: {error}")).0;
    let pricing = sealed(name, "pricing").map(decoded);
    let (reasons, _) = Catalogue::decode(&sealed(name, "reasons").expect("reasons"), &schema, &policy)
        .unwrap_or_else(|error| panic!("{name}, reasons: {error}"));
    Book { name, schema, policy, pricing, reasons }
}

fn books() -> [Book; 4] {
    [
        book("auto", World::Auto),
        book("personal", World::Personal),
        book("pos", World::PointOfSale),
        book("macro", World::MacroAware),
    ]
}

#[test]
fn the_auto_book_is_the_standard_program() {
    let Book { policy, pricing, .. } = book("auto", World::Auto);
    assert_eq!((policy.bands.approve.value(), policy.bands.review.value()), (640, 560));
    assert_eq!(policy.rules.len(), 18);
    assert!(!pricing.expect("prices").economics.hazard.is_empty());
}

#[test]
fn every_book_is_valid() {
    for Book { name, schema, policy, pricing, reasons } in books() {
        let asks_for_money =
            schema.inputs().iter().any(|input| matches!(input.role, Some(Role::LoanAmount | Role::Price)));
        assert_eq!(asks_for_money, pricing.is_some(), "{name}: who lends money has prices");
        if let Some(pricing) = pricing {
            assert!(schema.inputs().iter().any(|input| input.role == Some(Role::Term)), "{name}");
            let worst = policy.tiers.last().map(|tier| tier.min);
            assert_eq!(worst, Some(policy.bands.review), "{name}: whoever is not declined has a price");
            assert!(pricing.rates.iter().all(|rate| rate.note_rate_bps <= pricing.cap_bps), "{name}");
            let rates = policy.tiers.iter().map(|tier| pricing.rate(&tier.name));
            assert!(rates.is_sorted_by(|better, worse| better < worse), "{name}: worse scores pay more");
        }
        let counteroffers = policy.rules.iter().filter(|rule| rule.severity == Severity::Counteroffer);
        assert!(counteroffers.into_iter().all(|rule| rule.limit(&schema).is_some()), "{name}");
        for trigger in [SCORE_BAND, NO_ADVERSE_FACTOR] {
            assert!(reasons.entry(trigger).is_some(), "{name}: {trigger}");
        }
    }
}

#[test]
fn every_reason_is_used_and_short_enough_to_chart() {
    for Book { name, schema, policy, reasons, .. } in books() {
        for entry in &reasons.reasons {
            let by_rule = policy.rules.iter().any(|rule| rule.reason == entry.code);
            let by_family = schema.features().iter().any(|feature| feature.family == entry.code);
            let by_score = [SCORE_BAND, NO_ADVERSE_FACTOR].contains(&entry.code.as_str());
            assert!(by_rule || by_family || by_score, "{name}: {} is used by nothing", entry.code);
            assert!(entry.label.chars().count() <= 30, "{name}: {}", entry.label);
            assert_ne!(entry.en, entry.es, "{name}: {}", entry.code);
        }
    }
}

// One of the reference systems calls a low income "High annual income".
#[test]
fn a_reason_says_what_is_wrong() {
    for Book { name, reasons, .. } in books() {
        let income = reasons.entry("income").expect("a reason for low income");
        let text = income.en.to_lowercase();
        assert!(text.contains("low") || text.contains("insufficient"), "{name}: {text}");
        for entry in &reasons.reasons {
            assert!(!entry.en.to_lowercase().contains("high annual income"), "{name}: {}", entry.en);
        }
    }
}

#[test]
fn audit_only_inputs_reach_no_model_and_protected_ones_are_audit_only() {
    for Book { name, schema, .. } in books() {
        let mut found = 0;
        for input in schema.inputs() {
            let audit_only = input.permitted == Permitted::AuditOnly;
            found += usize::from(audit_only);
            assert_eq!(audit_only, input.personal == Personal::Protected, "{name}: {}", input.name);
            assert_eq!(
                ModelInput::of(schema.inputs(), &input.name).is_some(),
                input.permitted == Permitted::Model,
                "{name}: {}",
                input.name
            );
            assert!(!input.label.is_empty(), "{name}: {}", input.name);
            assert!(audit_only || !["age", "age_band", "sex", "marital_status"].contains(&&*input.name), "{name}");
        }
        assert!(found > 0, "{name}: nobody could measure fairness");
        for feature in 0..schema.features().len() {
            let read = schema.inputs_of(feature);
            assert!(read.iter().all(|input| schema.inputs()[*input].permitted == Permitted::Model), "{name}");
        }
    }
}

/// What the compatibility contracts ask, under the names of our inputs: an adapter maps requests field by field, and what
/// it derives from a credit history has a name of its own.
#[test]
fn requests_of_the_contracts_map_onto_inputs() {
    let contracts: [(&str, &[&str]); 3] = [
        (
            "personal",
            &[
                "annual_income",
                "employment_years",
                "existing_debt",
                "loan_amount",
                "loan_purpose",
                "bureau_score",
                "open_accounts",
                "closed_accounts",
                "defaulted_accounts",
                "inquiries_6m",
                "age",
            ],
        ),
        (
            "pos",
            &[
                "age",
                "annual_income",
                "debt_to_income_ratio",
                "num_credit_lines",
                "num_late_payments",
                "credit_utilization",
                "months_since_last_delinquency",
                "num_credit_inquiries",
                "purchase_amount",
            ],
        ),
        (
            "macro",
            &[
                "age",
                "annual_income",
                "credit_utilization",
                "payment_history_score",
                "employment_years",
                "num_credit_accounts",
                "total_debt",
                "interest_rate",
                "unemployment_rate",
            ],
        ),
    ];
    for (name, asked) in contracts {
        let book = books().into_iter().find(|book| book.name == name).expect("a book");
        for field in asked {
            assert!(book.schema.input_index(field).is_some(), "{name} takes no {field}");
        }
        let beside = book.schema.inputs().iter().filter(|input| !asked.contains(&&*input.name) && !input.optional);
        // A request names no term: the one thing that an adapter chooses.
        assert!(beside.into_iter().all(|input| input.role == Some(Role::Term)), "{name} asks for more");
        let stock = |feature: &str| book.schema.feature_index(feature).is_some();
        assert!(name == "pos" || stock("debt_stock_to_income") && !stock("debt_to_income"), "{name}");
    }
}

#[test]
fn a_form_that_starts_with_usual_values_is_complete() {
    for book in books() {
        let application = usual(&book.schema, &[]).check(book.schema.inputs()).expect("a sound application");
        for (index, input) in book.schema.inputs().iter().enumerate() {
            assert!(input.optional || application.value(index).is_some(), "{}: {}", book.name, input.name);
        }
    }
}

/// Everybody's usual values but for some.
fn usual(schema: &Schema, others: &[(&str, f64)]) -> ApplicationForm {
    let shown = schema.inputs().iter().filter(|input| input.permitted != Permitted::AuditOnly);
    let typical = shown.map(|input| (input.name.clone(), input.typical.clone()));
    let others = others.iter().map(|(name, value)| ((*name).to_owned(), FormValue::Number(*value)));
    ApplicationForm(typical.chain(others).collect())
}

// $3,500 at 8.99 % over 12 months: a reference system prints 318.73, which no annuity costs.
#[test]
fn a_purchase_costs_what_an_annuity_costs() {
    let Book { schema, policy, pricing, .. } = book("pos", World::PointOfSale);
    let form = usual(&schema, &[("purchase_amount", 3_500.0), ("term_months", 12.0)]);
    let application = form.check(schema.inputs()).expect("a sound application");
    let (best, pd) = (Points::new(760).expect("a score"), Probability::new(0.012).expect("a probability"));
    let offer = pricing.expect("prices").offer(&policy, schema.inputs(), &application, best, pd).expect("a price");
    assert_eq!((offer.note_rate_bps.0, offer.term_months.count()), (899, 12));
    assert_eq!((offer.payment_cents, offer.last_payment_cents), (Cents(30_606), Cents(30_610)));
    assert!((offer.apr - 8.99).abs() < 0.005, "no fee: the APR is the note rate, not {}", offer.apr);
}

#[test]
fn a_yearly_income_is_weighed_in_twelfths_to_the_cent() {
    let Book { schema, policy, pricing, .. } = book("personal", World::Personal);
    let pricing = pricing.expect("prices");
    let of = |yearly: f64| {
        let form = usual(&schema, &[("annual_income", yearly), ("debts_monthly", 340.0)]);
        form.check(schema.inputs()).expect("a sound application")
    };
    for (yearly, monthly) in [(51_000.0, 425_000), (51_000.05, 425_000), (51_000.06, 425_001), (0.06, 1), (0.05, 0)] {
        assert_eq!(of(yearly).monthly_income(schema.inputs()), Some(Cents(monthly)), "{yearly} a year");
    }
    let (points, pd) = (Points::new(690).expect("a score"), Probability::new(0.04).expect("a probability"));
    let offer = |yearly| pricing.offer(&policy, schema.inputs(), &of(yearly), points, pd).expect("a price");
    let Offer { payment_cents, pti, dti, .. } = offer(51_000.06);
    let payment = payment_cents.dollars();
    assert_eq!((pti, dti), (Some(payment / 4_250.01), Some((340.0 + payment) / 4_250.01)));
    assert_eq!((offer(0.0).pti, offer(0.0).dti), (None, None), "undefined, never infinite");
    let more = usual(&schema, &[("annual_income", 51_000.001)]).check(schema.inputs());
    assert_eq!(more.expect_err("no whole cents").0[0].code, FieldErrorCode::TooManyDecimals);
}

#[test]
fn sample_applicants_are_priced_and_worse_scores_pay_more() {
    let Book { schema, policy, pricing, .. } = book("auto", World::Auto);
    let pricing = pricing.expect("prices");
    for archetype in auto::archetypes() {
        let application =
            archetype.form.check(schema.inputs()).unwrap_or_else(|error| panic!("{}: {error}", archetype.id));
        let mut rates = Vec::new();
        for (points, pd) in [(720, 0.023), (670, 0.053), (630, 0.101), (600, 0.159), (570, 0.240)] {
            let (points, pd) = (Points::new(points).expect("a score"), Probability::new(pd).expect("a probability"));
            let offer = pricing.offer(&policy, schema.inputs(), &application, points, pd).expect("a price");
            println!(
                "{} at {}: {} {:.2} % APR, ${:.2} × {}, PTI {:.3}, DTI {:.3}, LTV {:.3}, expected loss ${:.0}, NPV ${:.0}",
                archetype.name,
                points.value(),
                offer.tier,
                offer.apr,
                offer.payment_cents.dollars(),
                offer.term_months.count(),
                offer.pti.unwrap_or_default(),
                offer.dti.unwrap_or_default(),
                offer.ltv.unwrap_or_default(),
                offer.expected_loss_cents.dollars(),
                offer.npv_cents.dollars()
            );
            rates.push(offer.note_rate_bps);
        }
        assert!(rates.is_sorted_by(|better, worse| better < worse), "{}: {rates:?}", archetype.id);
    }
}

#[test]
fn policy_limits_lie_inside_the_ranges_of_their_inputs() {
    for Book { name, schema, policy, .. } in books() {
        for (index, limit) in policy.rules.iter().filter_map(|rule| rule.limit(&schema)) {
            let input = &schema.inputs()[index];
            let InputKind::Number { min, max, .. } = input.kind else { panic!("{name}: {} is no number", input.name) };
            let inside = min.is_none_or(|min| min <= limit) && max.is_none_or(|max| limit <= max);
            assert!(inside, "{name}: {} at {limit}", input.name);
        }
    }
}

/// What is found in the book's policy with one more rule; `when` as in a file.
fn found(severity: Severity, when: &str) -> Vec<Finding> {
    let Book { schema, mut policy, .. } = book("auto", World::Auto);
    let when = serde_json::from_str(when).unwrap_or_else(|error| panic!("{when}: {error}"));
    let (id, label) = ("added".to_owned(), "Added".to_owned());
    policy.rules.push(Rule { id, label, when, severity, reason: "income".to_owned(), from: None, to: None });
    assert_eq!(policy.check(&schema), Ok(()));
    policy.findings(&schema)
}

#[test]
fn a_rule_that_can_never_fire_is_named() {
    let never = [Finding::Never("added".to_owned())];
    for when in [
        r#"{"field": "input.income_monthly", "op": "lt", "value": 0}"#,
        r#"{"field": "score.points", "op": "gt", "value": 850}"#,
        r#"{"all": [{"field": "input.late_24m", "op": "gt", "value": 3}, {"field": "input.late_24m", "op": "le", "value": 3}]}"#,
        r#"{"all": [{"field": "input.housing", "op": "eq", "value": "own"}, {"not": {"field": "input.housing", "op": "in", "value": ["own", "rent"]}}]}"#,
        r#"{"any": []}"#,
    ] {
        assert_eq!(found(Severity::Review, when), never, "{when}");
    }
    for when in [
        r#"{"field": "score.points", "op": "ge", "value": 850}"#,
        r#"{"field": "input.housing", "op": "eq", "value": "a level that nobody has yet"}"#,
        r#"{"all": [{"field": "input.late_24m", "op": "gt", "value": 3}, {"field": "input.late_24m", "op": "lt", "value": 3.5}]}"#,
        r#"{"not": {"field": "price.pti", "op": "gt", "value": 0.1}}"#,
    ] {
        assert_eq!(found(Severity::Review, when), [], "{when}");
    }
}

#[test]
fn a_rule_that_a_more_severe_one_always_overrules_is_named() {
    let below = |income: u32| format!(r#"{{"field": "input.income_monthly", "op": "lt", "value": {income}}}"#);
    let by = Finding::Overruled { rule: "added".to_owned(), by: "income_floor".to_owned() };
    assert_eq!(found(Severity::Review, &below(1800)), slice::from_ref(&by));
    assert_eq!(found(Severity::Condition, &below(1500)), [by]);
    assert_eq!(found(Severity::Review, &below(1801)), []);
    assert_eq!(found(Severity::Decline, &below(1500)), [], "as severe as the other: both are told");
}

#[test]
fn scores_without_a_price_and_rules_without_a_day_are_named() {
    let Book { schema, policy, .. } = book("auto", World::Auto);
    for Book { name, schema, policy, .. } in books() {
        assert_eq!(policy.findings(&schema), [], "{name}");
    }
    let mut gap = policy.clone();
    gap.tiers.pop();
    assert_eq!(gap.findings(&schema), [Finding::TierGap { from: 560, to: 579 }]);
    let mut over = policy;
    let [from, to] = ["2026-03-01", "2026-02-28"].map(|day| day.parse::<Date>().expect("a date"));
    (over.rules[2].from, over.rules[2].to) = (Some(from), Some(to));
    let rule = over.rules[2].id.clone();
    assert_eq!(over.findings(&schema), [Finding::NoDay { rule, from, to }]);
}

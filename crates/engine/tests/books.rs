//! The auto book's hand-edited files fit the auto world and each other.

use core::slice;
use underglass_engine::application::InputKind;
use underglass_engine::features::Schema;
use underglass_engine::policy::{Finding, Policy, Rule, Severity};
use underglass_engine::population::auto;
use underglass_engine::pricing::Pricing;
use underglass_engine::reasons::Catalogue;
use underglass_engine::seal;
use underglass_engine::units::{Date, Points, Probability};

fn sealed(file: &str) -> Vec<u8> {
    let path = format!("{}/../cli/books/auto/{file}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    seal::seal(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"))
}

struct Book {
    schema: Schema,
    policy: Policy,
    pricing: Pricing,
    reasons: Catalogue,
}

fn book() -> Book {
    let schema = Schema::new(auto::inputs(), auto::features()).expect("a valid schema");
    let (policy, _) = Policy::decode(&sealed("policy.json"), &schema).unwrap_or_else(|error| panic!("policy: {error}"));
    let (pricing, _) =
        Pricing::decode(&sealed("pricing.json"), &policy).unwrap_or_else(|error| panic!("pricing: {error}"));
    let (reasons, _) =
        Catalogue::decode(&sealed("reasons.json"), &schema, &policy).unwrap_or_else(|error| panic!("reasons: {error}"));
    Book { schema, policy, pricing, reasons }
}

#[test]
fn the_auto_book_is_valid() {
    let Book { schema, policy, pricing, reasons } = book();
    assert_eq!((policy.bands.approve.value(), policy.bands.review.value()), (640, 560));
    assert_eq!(
        policy.tiers.last().map(|tier| tier.min),
        Some(policy.bands.review),
        "whoever is not declined has a price"
    );
    assert_eq!(policy.rules.len(), 15);
    assert!(
        policy
            .rules
            .iter()
            .filter(|rule| rule.severity == Severity::Counteroffer)
            .all(|rule| rule.limit(&schema).is_some())
    );
    assert!(pricing.rates.iter().all(|rate| rate.note_rate_bps <= pricing.cap_bps));
    assert!(!pricing.economics.hazard.is_empty());
    for trigger in [underglass_engine::decision::SCORE_BAND, underglass_engine::decision::NO_ADVERSE_FACTOR] {
        assert!(reasons.entry(trigger).is_some(), "{trigger}");
    }
}

#[test]
fn every_reason_is_used_and_short_enough_to_chart() {
    let Book { schema, policy, reasons, .. } = book();
    let triggers = [underglass_engine::decision::SCORE_BAND, underglass_engine::decision::NO_ADVERSE_FACTOR];
    for entry in &reasons.reasons {
        let by_rule = policy.rules.iter().any(|rule| rule.reason == entry.code);
        let by_family = schema.features().iter().any(|feature| feature.family == entry.code);
        assert!(by_rule || by_family || triggers.contains(&entry.code.as_str()), "{} is used by nothing", entry.code);
        assert!(entry.label.chars().count() <= 30, "{}", entry.label);
    }
}

#[test]
fn sample_applicants_are_priced_and_worse_scores_pay_more() {
    let Book { schema, policy, pricing, .. } = book();
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
    let Book { schema, policy, .. } = book();
    for (index, limit) in policy.rules.iter().filter_map(|rule| rule.limit(&schema)) {
        let input = &schema.inputs()[index];
        let InputKind::Number { min, max, .. } = input.kind else { panic!("{} is no number", input.name) };
        assert!(min.is_none_or(|min| min <= limit) && max.is_none_or(|max| limit <= max), "{}: {limit}", input.name);
    }
}

/// What is found in the book's policy with one more rule; `when` as in a file.
fn found(severity: Severity, when: &str) -> Vec<Finding> {
    let Book { schema, mut policy, .. } = book();
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
    let Book { schema, policy, .. } = book();
    assert_eq!(policy.findings(&schema), []);
    let mut gap = policy.clone();
    gap.tiers.pop();
    assert_eq!(gap.findings(&schema), [Finding::TierGap { from: 560, to: 579 }]);
    let mut over = policy;
    let [from, to] = ["2026-03-01", "2026-02-28"].map(|day| day.parse::<Date>().expect("a date"));
    (over.rules[2].from, over.rules[2].to) = (Some(from), Some(to));
    let rule = over.rules[2].id.clone();
    assert_eq!(over.findings(&schema), [Finding::NoDay { rule, from, to }]);
}

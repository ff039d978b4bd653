//! The auto book's hand-edited files fit the auto world and each other.

use underglass_engine::application::InputKind;
use underglass_engine::features::Schema;
use underglass_engine::policy::{Policy, Severity};
use underglass_engine::population::auto;
use underglass_engine::pricing::Pricing;
use underglass_engine::reasons::Catalogue;
use underglass_engine::seal;
use underglass_engine::units::{Points, Probability};

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

//! Models of every world decide with its book's files: all words occur, and every decline has its reasons.

use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, FormValue, Permitted};
use underglass_engine::decision::{Decision, Outcome, Terms};
use underglass_engine::load::Files;
use underglass_engine::population::World;
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Folds};
use underglass_learn::{Plan, train};

fn artifact(world: World) -> Vec<u8> {
    let names = world.inputs().into_iter().map(|input| input.name).chain(["bad".to_owned()]).collect();
    let cell = |value: &FormValue| match value {
        FormValue::Number(number) => number.to_string(),
        FormValue::Text(text) => text.clone(),
        _ => String::new(),
    };
    let rows = (0..4_000).map(|row| {
        let applicant = world.applicant(11, row);
        applicant.values.iter().map(cell).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    let plan = Plan {
        columns: Columns::Given { inputs: world.inputs(), features: world.features() },
        settings: Settings { trees: 60, ..Settings::default() },
        folds: Folds::Stratified(3),
        seed: 5,
        ..Plan::new("bad")
    };
    train(&Table::from_rows(names, rows).expect("a table"), plan).expect("a model").model.encode()
}

fn engine(world: World, book: &str) -> Engine {
    let sealed = |file: &str| {
        let path = format!("{}/../cli/books/{book}/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).ok()?;
        Some(seal::seal(&bytes).unwrap_or_else(|error| panic!("{path}: {error}")))
    };
    let (policy, pricing, reasons) = (sealed("policy"), sealed("pricing"), sealed("reasons"));
    let files = Files {
        artifact: &artifact(world),
        policy: policy.as_deref(),
        pricing: pricing.as_deref(),
        reasons: reasons.as_deref(),
    };
    Engine::load(files).unwrap_or_else(|error| panic!("{book}: {error}"))
}

fn check(world: World, book: &str) {
    let engine = engine(world, book);
    let day = "2026-01-31".parse().expect("a date");
    let (mut approved, mut reviewed, mut declined) = (0, 0, 0);
    for row in 0..2_000 {
        let shown = engine.inputs().iter().zip(world.applicant(12, row).values);
        let shown = shown.filter(|(input, _)| input.permitted != Permitted::AuditOnly);
        let form = ApplicationForm(shown.map(|(input, value)| (input.name.clone(), value)).collect());
        let application = form.check(engine.inputs()).unwrap_or_else(|error| panic!("{book}, row {row}: {error}"));
        let decided = engine.decide(&application, day);
        match &decided.decision {
            Decision::Approve { terms } | Decision::Conditional { terms, .. } => {
                assert_eq!(matches!(terms, Terms::Priced(_)), engine.pricing.is_some(), "{book}, row {row}");
                approved += 1;
            }
            Decision::Review { .. } => reviewed += 1,
            Decision::Decline { reasons } => {
                let reasons = reasons.as_slice();
                assert!((1..=4).contains(&reasons.len()), "{book}, row {row}: {reasons:?}");
                let catalogue = engine.reasons.as_ref().expect("a catalogue");
                assert!(reasons.iter().all(|reason| catalogue.entry(&reason.code).is_some()), "{reasons:?}");
                declined += 1;
            }
            Decision::Counteroffer { .. } => {}
            Decision::Incomplete { fields } => panic!("{book}, row {row}: {fields:?}"),
        }
    }
    archetypes(&engine, world, book);
    println!("{book}: {approved} approved, {reviewed} reviewed, {declined} declined of 2,000");
    for (word, n) in [("approved", approved), ("reviewed", reviewed), ("declined", declined)] {
        assert!(n >= 100, "{book}: {n} of 2,000 {word}");
    }
}

/// Every sample applicant gets the answer that the label promises: the outcome, and the rule or reason behind it.
fn archetypes(engine: &Engine, world: World, book: &str) {
    let found = world.archetypes().into_iter().map(|archetype| {
        let application =
            archetype.form.check(engine.inputs()).unwrap_or_else(|error| panic!("{book}, {}: {error}", archetype.id));
        let decided = engine.decide(&application, "2026-01-31".parse().expect("a date"));
        let why = match &decided.decision {
            Decision::Approve { .. } | Decision::Incomplete { .. } => String::new(),
            Decision::Conditional { conditions, .. } => conditions.first().clone(),
            Decision::Counteroffer { change, .. } => change.input.clone(),
            Decision::Review { triggers, .. } => triggers.as_slice().join(" "),
            Decision::Decline { reasons } => reasons.first().code.clone(),
        };
        println!("{book}, {}: {:?}", archetype.id, decided.score.map(|score| score.points.value()));
        (archetype.id, decided.decision.outcome(), why)
    });
    let found: Vec<_> = found.collect();
    let found: Vec<_> = found.iter().map(|(id, outcome, why)| (*id, *outcome, why.as_str())).collect();
    assert_eq!(found, expected_of(world), "{book}");
}

fn expected_of(world: World) -> [(&'static str, Outcome, &'static str); 6] {
    use Outcome::{Approve, Conditional, Counteroffer, Decline, Review};
    match world {
        World::Auto => [
            ("maya", Review, "score_band"),
            ("daniel", Approve, ""),
            ("aisha", Decline, "repossession"),
            ("leo", Review, "thin_file"),
            ("tom", Review, "payment_burden"),
            ("grace", Counteroffer, "term_months"),
        ],
        World::Personal => [
            ("nora", Approve, ""),
            ("omar", Review, "score_band"),
            ("iris", Decline, "defaults_limit"),
            ("ben", Review, "thin_file"),
            ("lena", Review, "payment_burden"),
            ("paul", Counteroffer, "term_months"),
        ],
        World::PointOfSale => [
            ("emma", Approve, ""),
            ("jonas", Review, "score_band"),
            ("mei", Decline, "recent_delinquency"),
            ("kofi", Review, "thin_file"),
            ("rosa", Review, "payment_burden"),
            ("hugo", Counteroffer, "purchase_amount"),
        ],
        World::MacroAware => [
            ("ana", Approve, ""),
            ("viktor", Review, "score_band"),
            ("sara", Decline, "income_minimum"),
            ("tariq", Review, "thin_file"),
            ("ines", Review, "interest_burden"),
            ("milo", Conditional, "proof_of_self_employed_income"),
        ],
    }
}

#[test]
fn the_auto_book_decides() {
    check(World::Auto, "auto");
}

#[test]
fn the_personal_book_decides() {
    check(World::Personal, "personal");
}

#[test]
fn the_point_of_sale_book_decides() {
    check(World::PointOfSale, "pos");
}

#[test]
fn the_macro_aware_book_decides() {
    check(World::MacroAware, "macro");
}

//! The whole way from a form to a replayed receipt, on a made-up model over the auto book.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, FieldErrorCode, FormValue, Permitted, check_row};
use underglass_engine::artifact::{
    ArtifactError, Estimate, Lineage, Metrics, Model, ModelFile, N_BANDS, Population, Populations, ReferenceBins,
    Target,
};
use underglass_engine::batch::{Columns, ExplainJob, ScoreJob};
use underglass_engine::decision::{Decision, Outcome};
use underglass_engine::explain::{Explanation, Game};
use underglass_engine::features::{FeatureVector, Schema};
use underglass_engine::load::Files;
use underglass_engine::model::symmetric::{Symmetric, Tree};
use underglass_engine::model::{Calibration, Ensemble, Predicate, Side, Summary};
use underglass_engine::policy::Band;
use underglass_engine::population::World;
use underglass_engine::population::auto;
use underglass_engine::receipt::{Receipt, ReplayError, Stage};
use underglass_engine::seal::{self, Digest};
use underglass_engine::units::{Date, Scale};
use underglass_engine::views::{NotViewed, View};

#[path = "decision/deals.rs"]
mod deals;
#[path = "decision/notices.rs"]
mod notices;
#[path = "decision/paths.rs"]
mod paths;
#[path = "decision/portfolio.rs"]
mod portfolio;
#[path = "decision/strategy.rs"]
mod strategy;
#[path = "decision/waterfall.rs"]
mod waterfall;

fn book(name: &str) -> Vec<u8> {
    let path = format!("{}/../cli/books/auto/{name}.json", env!("CARGO_MANIFEST_DIR"));
    seal::seal(&std::fs::read(path).expect("the book's file")).expect("sealable")
}

fn rows(schema: &Schema, seed: u64, n: u64) -> Vec<FeatureVector> {
    let applications =
        (0..n).map(|row| check_row(schema.inputs(), row_values(schema, seed, row)).expect("a valid row"));
    applications.map(|application| schema.features_of(&application)).collect()
}

fn row_values(schema: &Schema, seed: u64, row: u64) -> Vec<FormValue> {
    let values = World::Auto.applicant(seed, row).values;
    let kept = |(input, value): (&underglass_engine::application::Input, FormValue)| {
        if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value }
    };
    schema.inputs().iter().zip(values).map(kept).collect()
}

fn form(schema: &Schema, seed: u64, row: u64) -> ApplicationForm {
    let named = schema.inputs().iter().map(|input| input.name.clone()).zip(row_values(schema, seed, row));
    ApplicationForm(named.filter(|(_, value)| *value != FormValue::Missing).collect())
}

/// Random trees whose thresholds are values of the population, so that every leaf can be reached.
fn model() -> Model {
    let mut features = auto::features();
    for feature in &mut features {
        feature.range = Some((-1e6, 1e6));
        feature.median = Some(1.0);
    }
    let schema = Schema::new(World::Auto.inputs(), features).expect("a sound schema");
    let population = rows(&schema, 1, 2_000);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let n_features = schema.features().len() as u16;
    let predicates: Vec<Predicate> = (0..80)
        .map(|_| {
            let feature = rng.random_range(0..n_features);
            let row = rng.random_range(0..population.len() as u32) as usize;
            let threshold = population[row].0[usize::from(feature)].unwrap_or(0.5);
            Predicate::Less {
                feature,
                threshold,
                missing: if rng.random_range(0..2_u32) == 0 { Side::No } else { Side::Yes },
            }
        })
        .collect();
    let trees = (0..40)
        .map(|_| Tree {
            levels: (0..6).map(|_| rng.random_range(0..80_u16)).collect(),
            leaves: (0..64).map(|_| f64::from(rng.random_range(-0.4_f32..0.4_f32))).collect(),
        })
        .collect();
    let ensemble = Symmetric { base: -1.8, predicates, trees };
    let counts = |chosen: &dyn Fn(&FeatureVector) -> bool| {
        let chosen: Vec<&FeatureVector> = population.iter().filter(|row| chosen(row)).collect();
        (chosen.len() as u64, Summary::Leaves(ensemble.count(chosen.into_iter())))
    };
    let scale = Scale::default();
    let shown =
        |row: &FeatureVector| scale.raw(Calibration::NONE.log_odds(ensemble.margin(row))).round_ties_even() as i16;
    let (all_rows, all) = counts(&|_| true);
    let (band_rows, band) = counts(&|row| (640..660).contains(&shown(row)));
    let estimate = Estimate { value: 0.5, low: 0.4, high: 0.6 };
    let bins = |name: &str| ReferenceBins { name: name.to_owned(), edges: vec![0.0], counts: vec![1, 1], missing: 0 };
    let names = schema.features().iter().map(|feature| feature.name.clone()).chain(["score.points".to_owned()]);
    Model::new(ModelFile {
        name: "made up".to_owned(),
        version: "1".to_owned(),
        intended_use: "tests".to_owned(),
        review_by: None,
        lineage: Lineage {
            data_sha256: Digest::of(b""),
            rows: all_rows,
            seed: "1".to_owned(),
            trainer: "a test".to_owned(),
            parent: None,
            as_of: Date::EPOCH,
            learner: "none".to_owned(),
            candidates: Vec::new(),
            search: None,
            parameters: BTreeMap::new(),
            permitted_by_request: Vec::new(),
            gain: Vec::new(),
            imported: None,
        },
        target: Target {
            column: "bad".to_owned(),
            positive: "1".to_owned(),
            definition: "made up".to_owned(),
            window_months: Some(18),
        },
        bins: names.map(|name| bins(&name)).collect(),
        schema,
        calibration: Calibration::NONE,
        scale,
        spread: vec![8.0; N_BANDS],
        populations: Some(Populations {
            all: Population { from: None, to: None, rows: all_rows, summary: all },
            bands: vec![Population { from: Some(640), to: Some(660), rows: band_rows, summary: band }],
            other_bands: None,
        }),
        metrics: Some(Metrics {
            protocol: "none".to_owned(),
            folds: 0,
            rows: 0,
            positives: 0,
            auc: estimate,
            ks: estimate,
            log_loss: estimate,
            brier: estimate,
        }),
        probes: Vec::new(),
        ensemble: Ensemble::Symmetric(ensemble),
    })
    .expect("a sound model")
    .with_probes(3)
}

fn engine_of(artifact: &[u8]) -> Engine {
    let (policy, pricing, reasons) = (book("policy"), book("pricing"), book("reasons"));
    Engine::load(Files { artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: Some(&reasons) })
        .expect("a sound book")
}

fn engine() -> Engine {
    engine_of(&model().encode())
}

fn day() -> Date {
    "2026-01-31".parse().expect("a date")
}

#[test]
fn contributions_add_up_on_ten_thousand_rows() {
    let engine = engine();
    assert_eq!(engine.reference().name, "above_cutoff");
    let worst = rows(engine.model.schema(), 5, 10_000).iter().fold(0.0_f64, |worst, row| {
        let score = engine.score(row);
        let sum: f64 = score.contributions.iter().fold(score.base, |sum, value| sum + value);
        worst.max((sum - score.log_odds.0).abs())
    });
    println!("10,000 rows: largest difference of base + contributions to the log-odds {worst:e}");
    assert!(worst <= 1e-9, "{worst:e}");
}

#[test]
fn a_receipt_replays_and_a_changed_one_is_caught() {
    let engine = engine();
    for row in 0..500 {
        let receipt = engine.receipt(&form(engine.model.schema(), 6, row), day(), row).expect("valid");
        let bytes = receipt.encode();
        let replay = engine.replay(&bytes).expect("replayable");
        assert_eq!((replay.same_engine, replay.difference), (true, None), "row {row}");
        // Another spelling of the same JSON is the same receipt.
        let spelled = serde_json::to_vec_pretty(&serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON"))
            .expect("JSON");
        assert_eq!(Receipt::verify(&spelled).as_ref(), Ok(&receipt));
    }
    let receipt = engine.receipt(&form(engine.model.schema(), 6, 0), day(), 0).expect("valid");
    let mut changed = receipt.encode();
    let at = changed.len() - 5;
    changed[at] ^= 1;
    assert!(engine.replay(&changed).is_err());
    // A forger who also seals the file again is caught by the computation.
    let mut forged = receipt;
    forged.outside_experience.push("forged".to_owned());
    assert_eq!(engine.replay(&forged.encode()).expect("replayable").difference, Some(Stage::Confidence));
}

/// Every value of a JSON document with its path.
fn leaves(path: &str, value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(members) => {
            let below = |(name, value): (&String, _)| leaves(&format!("{path}/{name}"), value);
            members.iter().flat_map(below).collect()
        }
        serde_json::Value::Array(list) => {
            list.iter().enumerate().flat_map(|(at, value)| leaves(&format!("{path}/{at}"), value)).collect()
        }
        _ => vec![path.to_owned()],
    }
}

#[test]
fn a_changed_member_of_a_receipt_is_named() {
    let engine = engine();
    let mut named = 0;
    for row in 0..20 {
        let bytes = engine.receipt(&form(engine.model.schema(), 6, row), day(), 3).expect("valid").encode();
        let receipt: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        for path in leaves("", &receipt) {
            let mut changed = receipt.clone();
            let value = changed.pointer_mut(&path).expect("a member");
            // One character, so that most stay well-formed.
            let text = value.to_string();
            let Some(at) = text.rfind(|c: char| c.is_ascii_alphanumeric()) else { continue };
            let other = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
            let changed_text = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            let Ok(other) = serde_json::from_str::<serde_json::Value>(&changed_text) else { continue };
            if other == *value {
                // Another spelling of the same number.
                continue;
            }
            *value = other;
            let error = engine.replay(changed.to_string().as_bytes()).expect_err(&path);
            let member = path[1..]
                .split('/')
                .map(|part| part.parse().map_or_else(|_| format!(".{part}"), |at: u32| format!("[{at}]")));
            let member = member.collect::<String>()[1..].to_owned();
            match &error {
                ReplayError::Member { member: found, .. } => {
                    assert_eq!(*found, member, "row {row}");
                    named += 1;
                }
                ReplayError::DecidedOn { .. } | ReplayError::Inputs(_) => {
                    assert!(["inputs.", "as_of", "seed"].iter().any(|of| member.starts_with(of)), "{member}: {error}");
                }
                ReplayError::OtherFile { .. } => assert!(member.starts_with("digests."), "{member}: {error}"),
                // What is not a receipt any more, and the digest itself.
                ReplayError::Seal(_) => {}
            }
        }
    }
    assert!(named > 1_000, "{named}");
}

#[test]
fn every_receipt_is_shown_in_every_view() {
    let engine = engine();
    for row in 0..200 {
        let mut form = form(engine.model.schema(), 10, row);
        if row % 20 == 0 {
            form.0.remove("income_monthly");
        }
        let receipt = engine.receipt(&form, day(), row).expect("valid");
        for view in View::ALL {
            let seen = match engine.view(&receipt, view) {
                Ok(seen) => serde_json::to_value(seen).expect("JSON"),
                Err(NotViewed::Incomplete(_)) if receipt.outcome == Outcome::Incomplete => continue,
                Err(error) => panic!("row {row}, view {view}: {error}"),
            };
            let score = receipt.score.as_ref().expect("a score");
            match view {
                View::Approval => assert_eq!(seen["decision"] == "APPROVE", receipt.outcome == Outcome::Approve),
                View::CreditScore => {
                    let found = &seen["explanation"];
                    assert_eq!(found["shap_values"], serde_json::to_value(&score.contributions).expect("JSON"));
                    let shares = found["feature_importance"].as_object().expect("an object").values();
                    let sum: f64 = shares.filter_map(serde_json::Value::as_f64).sum();
                    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
                    let lime = &found["lime_explanation"];
                    assert_eq!(lime["features"].as_array().map(Vec::len), Some(10));
                    assert!(lime["r2"].as_f64().is_some_and(|r2| (0.0..=1.0).contains(&r2)), "{lime}");
                    assert!(seen["risk_factors"].as_array().is_some_and(|factors| factors.len() <= 5));
                }
                View::PointOfSale => {
                    assert_eq!(seen["credit_score"], score.points.value());
                    let declined = receipt.outcome == Outcome::Decline;
                    assert_eq!(seen["recommended_terms"]["monthly_payment"].is_null(), declined, "row {row}");
                }
                View::DefaultRisk => {
                    let word = match receipt.band.expect("a band") {
                        Band::Approve => "low",
                        Band::Review => "medium",
                        Band::Decline => "high",
                    };
                    assert_eq!(seen["risk_category"], word);
                }
            }
        }
    }
}

#[test]
fn a_receipt_of_another_policy_is_refused() {
    let ours = engine();
    let bytes = ours.receipt(&form(ours.model.schema(), 6, 0), day(), 0).expect("valid").encode();
    let artifact = model().encode();
    let bare = Engine::load(Files { artifact: &artifact, policy: None, pricing: None, reasons: None }).expect("loads");
    assert!(matches!(bare.replay(&bytes), Err(ReplayError::OtherFile { what: "policy", .. })));
}

#[test]
fn every_decision_carries_what_its_word_promises() {
    let engine = engine();
    let mut seen = BTreeMap::new();
    for row in 0..4_000 {
        let application = form(engine.model.schema(), 7, row).check(engine.inputs()).expect("valid");
        let decided = engine.decide(&application, day());
        *seen.entry(format!("{:?}", decided.decision.outcome())).or_insert(0) += 1;
        assert_eq!(engine.outcome(&application, day()).0, decided.decision.outcome(), "row {row}");
        if let Decision::Decline { reasons } = &decided.decision {
            assert!(reasons.as_slice().len() <= 4);
            assert!(reasons.as_slice().iter().all(|reason| reason.points.is_none_or(|points| points < 0.0)));
            let catalogue = engine.reasons.as_ref().expect("a catalogue");
            assert!(reasons.as_slice().iter().all(|reason| catalogue.entry(&reason.code).is_some()));
        }
    }
    for outcome in ["Approve", "Review", "Decline", "Counteroffer", "Conditional"] {
        assert!(seen.contains_key(outcome), "{seen:?}");
    }
}

#[test]
fn an_absent_required_field_is_incomplete_and_a_malformed_one_is_an_error() {
    let engine = engine();
    let mut form = form(engine.model.schema(), 7, 1);
    form.0.remove("income_monthly");
    let receipt = engine.receipt(&form, day(), 0).expect("absent is not malformed");
    assert_eq!(receipt.decision.outcome(), Outcome::Incomplete);
    form.0.insert("income_monthly".to_owned(), FormValue::Text("plenty".to_owned()));
    form.0.insert("term_months".to_owned(), FormValue::Number(60.5));
    form.0.insert("sex".to_owned(), FormValue::Text("female".to_owned()));
    form.0.insert("shoe_size".to_owned(), FormValue::Number(43.0));
    let codes: Vec<FieldErrorCode> =
        engine.receipt(&form, day(), 0).expect_err("malformed").0.iter().map(|error| error.code).collect();
    for code in
        [FieldErrorCode::WrongType, FieldErrorCode::NotWhole, FieldErrorCode::AuditOnly, FieldErrorCode::UnknownField]
    {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn a_model_that_computes_other_bits_is_refused() {
    let mut file = model().file().clone();
    let Ensemble::Symmetric(ensemble) = &mut file.ensemble else { panic!("symmetric") };
    for leaf in &mut ensemble.trees[3].leaves {
        *leaf = f64::from((*leaf as f32).next_up());
    }
    let bytes = Model::new(file).expect("sound").encode();
    assert!(matches!(Model::decode(&bytes), Err(ArtifactError::Probe { .. })));
}

#[test]
fn flips_stand_where_the_outcome_changes() {
    let engine = engine();
    let income = engine.model.schema().input_index("income_monthly").expect("an input");
    let mut flips = 0;
    for row in 0..50 {
        let application = form(engine.model.schema(), 8, row).check(engine.inputs()).expect("valid");
        let response = engine.response(&application, income, 1_000.0, 12_000.0, 64, day()).expect("a number");
        for flip in response.flips {
            flips += 1;
            let at = |value| engine.outcome(&application.with_number(income, value), day()).0;
            assert_eq!(at(flip.value), flip.above);
            assert_ne!(at(flip.value), at(flip.value - 50.0), "one step below, row {row} at {}", flip.value);
        }
    }
    assert!(flips > 0);
}

#[test]
fn a_population_and_a_game_are_chosen_by_name() {
    let engine = engine();
    let row = &rows(engine.model.schema(), 6, 1)[0];
    let margin = engine.model.log_odds(row).0;
    let named = engine.reference().name.clone();
    assert_eq!(named, "above_cutoff");
    let mut bases = Vec::new();
    for reference in [None, Some(named.as_str())] {
        for game in [Game::Interventional, Game::PathDependent] {
            let explainer = engine.explainer_of(Some(game), reference).expect("known");
            assert_eq!(explainer.game(), game);
            let Explanation { base, values } = engine.model.explain(&explainer, row);
            assert!((values.iter().fold(base, |sum, value| sum + value) - margin).abs() < 1e-9);
            bases.push(base);
        }
    }
    assert!((bases[0] - bases[1]).abs() < 1e-9 && (bases[2] - bases[3]).abs() < 1e-9, "a game does not move the mean");
    assert!((bases[0] - bases[2]).abs() > 1e-3, "another population has another");
    assert!(engine.explainer_of(None, Some("everybody")).is_err());
}

#[test]
fn a_batch_gives_the_bits_of_single_rows() {
    let engine = engine();
    let model = &engine.model;
    let rows = rows(model.schema(), 5, 600);
    let n_features = model.schema().features().len();
    let column = |feature: usize| rows.iter().map(move |row| row.0[feature].unwrap_or(f64::NAN));
    let columns = Columns::Features((0..n_features).flat_map(column).collect());
    let mut scoring = ScoreJob::new(model, columns.clone(), rows.len()).expect("fitting columns");
    let explainer = engine.explainer_of(None, None).expect("a reference");
    let mut explaining = ExplainJob::new(model, explainer, columns, rows.len()).expect("fitting columns");
    // Budgets that are no whole number of blocks.
    for (step, done) in [(1, 100), (2, 401), (3, 600)] {
        let budget = [100, 301, 5_000][step - 1];
        assert_eq!(scoring.step(model, budget).expect("finite").done, done);
        assert_eq!(explaining.step(model, budget).expect("finite").done, done);
    }
    let (scores, contributions) = (scoring.finish(), explaining.finish());
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(scores.margin[index].to_bits(), model.log_odds(row).0.to_bits());
        let alone = model.explain(model.against_all().expect("a reference"), row);
        let values = &contributions.values[index * n_features..][..n_features];
        assert!(values.iter().zip(&alone.values).all(|(a, b)| a.to_bits() == b.to_bits()), "row {index}");
        assert_eq!(contributions.base.to_bits(), alone.base.to_bits());
    }
}

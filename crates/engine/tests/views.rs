//! Requests of the reference systems and what they are answered: the pairs under `tests/views`, and the errors of those
//! systems that must not come back.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, FormValue, InputKind, Permitted};
use underglass_engine::decision::{Decision, Outcome};
use underglass_engine::policy::Answer as RuleSays;
use underglass_engine::receipt::Receipt;
use underglass_engine::units::{Date, LogOdds, NonEmpty, Points, Scale};
use underglass_engine::views::refusal::Path;
use underglass_engine::views::request::{Adapted, adapt};
use underglass_engine::views::{NotViewed, View};

#[path = "views/fixture.rs"]
mod fixture;

fn day() -> Date {
    "2026-06-30".parse().expect("a date")
}

fn answer(engine: &Engine, view: View, body: &Value) -> Value {
    let answer = engine.answer(view, body, day(), 0).unwrap_or_else(|error| panic!("view {view}: {error}"));
    serde_json::to_value(&answer).expect("JSON")
}

/// Pairs of a view by file name.
fn pairs(view: View) -> BTreeMap<String, Value> {
    let folder = fixture::pairs().join(view.name());
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = files.map(|entry| entry.expect("an entry").path());
    let pairs = paths.filter(|path| path.file_name().is_some_and(|name| name != "model.json"));
    pairs
        .map(|path| {
            let bytes = std::fs::read(&path).expect("a file");
            let pair = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().expect("a name").to_string_lossy().into_owned(), pair)
        })
        .collect()
}

/// The first path at which an answer is not what a pair expects.
fn difference(expected: &Value, found: &Value, at: &str) -> Option<String> {
    let differs = || Some(format!("{at}: found {found}, expected {expected}"));
    match (expected, found) {
        (Value::Object(rule), _) if rule.keys().any(|key| key.starts_with('$')) => {
            if meets(rule, found) {
                None
            } else {
                differs()
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            if let Some(name) = a.keys().chain(b.keys()).find(|name| a.contains_key(*name) != b.contains_key(*name)) {
                return Some(format!(
                    "{at}.{name}: stands only in {}",
                    if a.contains_key(name) { "the pair" } else { "the answer" }
                ));
            }
            a.iter().find_map(|(name, value)| difference(value, &b[name], &format!("{at}.{name}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| difference(a, b, &format!("{at}[{index}]")))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            // Pairs are computed elsewhere: another order of sums and another exponential, some units in the last place.
            if (a - b).abs() <= 1e-12 * a.abs().max(1.0) { None } else { differs() }
        }
        _ if expected == found => None,
        _ => differs(),
    }
}

/// `{"$number": [from, to]}`, `{"$text": beginning}` or `{"$list": [element rule, most]}`: see the folder's README.
fn meets(rule: &serde_json::Map<String, Value>, found: &Value) -> bool {
    rule.iter().all(|(name, rule)| match name.as_str() {
        "$number" => {
            let limits: (f64, f64) = serde_json::from_value(rule.clone()).expect("two numbers");
            found.as_f64().is_some_and(|found| (limits.0..=limits.1).contains(&found))
        }
        "$text" => found.as_str().zip(rule.as_str()).is_some_and(|(found, start)| found.starts_with(start)),
        "$list" => {
            let most = rule[1].as_u64().expect("a number") as usize;
            found.as_array().is_some_and(|list| {
                list.len() <= most && list.iter().all(|element| difference(&rule[0], element, "").is_none())
            })
        }
        other => panic!("{other} is no rule"),
    })
}

#[test]
fn every_pair_is_answered_as_it_says() {
    let mut failed = Vec::new();
    for view in View::ALL {
        let (engine, pairs) = (fixture::engine(view), pairs(view));
        let refusals = pairs.values().filter(|pair| pair["response"].get("detail").is_some()).count();
        assert!(pairs.len() >= 20 && refusals >= 5, "view {view} has {} pairs, {refusals} refusals", pairs.len());
        println!("view {view}: {} pairs, {refusals} refusals", pairs.len());
        for (name, pair) in pairs {
            let members: Vec<&String> = pair.as_object().expect("an object").keys().collect();
            assert_eq!(members, ["request", "response", "what"], "{view}/{name}");
            if let Some(at) = difference(&pair["response"], &answer(&engine, view, &pair["request"]), "response") {
                failed.push(format!("tests/views/{view}/{name}: {at}"));
            }
        }
    }
    assert!(failed.is_empty(), "{} pairs differ:\n{}", failed.len(), failed.join("\n"));
}

/// Good single requests of a view's pairs.
fn requests(view: View) -> Vec<Value> {
    let good = |pair: &Value| pair["response"].is_object() && pair["response"].get("detail").is_none();
    let all = pairs(view).into_values().filter(good).map(|pair| pair["request"].clone());
    all.filter(|request| request.get("customers").is_none()).collect()
}

fn adapted(engine: &Engine, view: View, body: &Value) -> Adapted {
    adapt(view, engine.inputs(), body, &Path::body(), day()).unwrap_or_else(|refused| panic!("{body}: {refused}"))
}

fn receipt(engine: &Engine, view: View, body: &Value) -> Receipt {
    engine.receipt(&adapted(engine, view, body).form, day(), 0).expect("a checked form")
}

#[test]
fn a_view_is_a_function_of_the_receipt() {
    for view in View::ALL {
        let engine = fixture::engine(view);
        for request in requests(view) {
            let receipt = receipt(&engine, view, &request);
            // Through its bytes: nothing but what the receipt records is left.
            let read = Receipt::verify(&receipt.encode()).expect("a sound receipt");
            let seen = serde_json::to_value(engine.view(&read, view).expect("scored")).expect("JSON");
            let mut answered = answer(&engine, view, &request);
            for only_of_a_request in ["applicant_id", "defaulted"] {
                if let Some(member) = answered.get_mut(only_of_a_request) {
                    *member = Value::Null;
                }
            }
            assert_eq!(seen, answered, "view {view}");
        }
    }
}

#[test]
fn batches_answer_each_element_in_order() {
    for view in View::ALL {
        let engine = fixture::engine(view);
        let mut bodies: Vec<Value> = requests(view).into_iter().take(3).collect();
        bodies.insert(1, json!({ "surprise": 1 }));
        bodies.push(json!(7));
        let alone: Vec<Value> = bodies.iter().map(|body| answer(&engine, view, body)).collect();
        for (batch, inside) in [(json!(bodies), "body"), (json!({ "customers": bodies }), "customers")] {
            let all = answer(&engine, view, &batch);
            let all = all.get("customers").unwrap_or(&all).as_array().expect("a list").clone();
            assert_eq!(all.len(), bodies.len());
            for (index, (alone, found)) in alone.iter().zip(&all).enumerate() {
                if index == 1 || index + 1 == all.len() {
                    let loc = &found["detail"][0]["loc"];
                    let place = if inside == "body" { &loc[1] } else { &loc[2] };
                    assert_eq!(place, &json!(index), "{found}");
                    assert_eq!(found["detail"][0]["type"], alone["detail"][0]["type"]);
                } else {
                    assert_eq!(alone, found, "view {view}, element {index}");
                }
            }
        }
    }
}

#[test]
fn a_receipt_or_a_request_of_another_book_is_refused() {
    let (pos, personal) = (fixture::engine(View::PointOfSale), fixture::engine(View::CreditScore));
    let receipt = receipt(&pos, View::PointOfSale, &requests(View::PointOfSale)[0]);
    assert!(matches!(personal.view(&receipt, View::CreditScore), Err(NotViewed::Receipt(_))));
    let Err(NotViewed::OtherBook { lacking, .. }) = personal.answer(View::PointOfSale, &json!({}), day(), 0) else {
        panic!("a personal loan is no purchase")
    };
    assert!(lacking.contains(&"purchase_amount"), "{lacking:?}");
    assert!("002".parse::<View>().is_err());
}

#[test]
fn an_application_that_cannot_be_decided_is_refused_with_its_fields() {
    let engine = fixture::engine(View::PointOfSale);
    let mut form = adapted(&engine, View::PointOfSale, &requests(View::PointOfSale)[0]).form;
    form.0.remove("annual_income");
    let receipt = engine.receipt(&form, day(), 0).expect("absent is not malformed");
    let Err(NotViewed::Incomplete(refused)) = engine.view(&receipt, View::PointOfSale) else { panic!("no score") };
    let expected =
        json!({ "detail": [{ "loc": ["body", "annual_income"], "msg": "Field required", "type": "missing" }] });
    assert_eq!(serde_json::to_value(refused).expect("JSON"), expected);
}

#[test]
fn payments_too_high_for_a_yearly_income_are_reviewed() {
    let engine = fixture::engine(View::PointOfSale);
    let request = pairs(View::PointOfSale)["approved.json"]["request"].clone();
    let with = |income: u32, debts: f64| {
        let mut request = request.clone();
        (request["annual_income"], request["debt_to_income_ratio"]) = (json!(income), json!(debts));
        receipt(&engine, View::PointOfSale, &request)
    };
    let fired = |receipt: &Receipt| {
        let fired = receipt.rules.iter().filter(|rule| rule.answer == RuleSays::Fired);
        fired.map(|rule| rule.id.clone()).collect::<Vec<_>>()
    };
    // 306.06 a month against a twelfth of 62,000; debts are known as a share of income.
    let sound = with(62_000, 0.22);
    let offer = sound.offer.as_ref().expect("a price");
    assert_eq!((offer.pti, offer.dti), (Some(306.06 / 5_166.67), Some(0.22 + 306.06 / 5_166.67)));
    assert_eq!((sound.outcome, fired(&sound)), (Outcome::Approve, Vec::new()));
    for (income, debts, rule) in [(26_000, 0.22, "pti_max"), (62_000, 0.52, "dti_max")] {
        let receipt = with(income, debts);
        let offer = receipt.offer.as_ref().expect("a price");
        assert_eq!(
            (receipt.outcome, fired(&receipt)),
            (Outcome::Review, vec![rule.to_owned()]),
            "{:?}, {:?}",
            offer.pti,
            offer.dti
        );
    }
    for view in [View::CreditScore, View::PointOfSale, View::DefaultRisk] {
        let mut form = adapted(&fixture::engine(view), view, &requests(view)[0]).form;
        form.0.insert("annual_income".to_owned(), FormValue::Number(0.0));
        let receipt = fixture::engine(view).receipt(&form, day(), 0).expect("no malformed field");
        let fields = NonEmpty::one("annual_income".to_owned());
        assert_eq!(receipt.decision, Decision::Incomplete { fields }, "view {view}");
    }
}

// The errors of the reference systems.

#[test]
fn a_purchase_of_3500_at_8_99_percent_over_a_year_costs_306_06_a_month() {
    let all = pairs(View::PointOfSale);
    let engine = fixture::engine(View::PointOfSale);
    let terms = &answer(&engine, View::PointOfSale, &all["terms-of-3500.json"]["request"])["recommended_terms"];
    assert_eq!(terms, &json!({ "approved": true, "term_months": 12, "apr": 8.99, "monthly_payment": 306.06 }));
}

#[test]
fn low_income_is_never_called_high() {
    let engine = fixture::engine(View::CreditScore);
    let mut request = requests(View::CreditScore)[0].clone();
    request["annual_income"] = json!(16_000);
    request["loan_amount"] = json!(20_000);
    let found = answer(&engine, View::CreditScore, &request);
    let factors: Vec<&str> =
        found["risk_factors"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(factors.contains(&"Income is low for the amount requested"), "{factors:?}");
    for view in View::ALL {
        let engine = fixture::engine(view);
        let schema = engine.model.schema();
        let catalogue = engine.reasons.as_ref().expect("a catalogue");
        for request in requests(view) {
            for text in answer(&engine, view, &request)["risk_factors"].as_array().into_iter().flatten() {
                let text = text.as_str().expect("a text");
                assert!(catalogue.reasons.iter().any(|entry| entry.en == text), "{text}: not of the catalogue");
                let glued = |label: &str| format!("high {}", label.to_lowercase());
                assert!(schema.features().iter().all(|feature| text.to_lowercase() != glued(&feature.label)), "{text}");
            }
        }
    }
}

#[test]
fn the_largest_probability_is_not_the_confidence() {
    let engine = fixture::engine(View::CreditScore);
    // Just above the cut-off of 0.8 the score says 0.8; nobody can be sure of the decision.
    let pair = &pairs(View::CreditScore)["near-the-cut-off.json"];
    let found = answer(&engine, View::CreditScore, &pair["request"]);
    let (score, confidence) =
        (found["score"].as_f64().expect("a number"), found["confidence"].as_f64().expect("a number"));
    assert!((0.79..0.81).contains(&score) && (0.5..0.65).contains(&confidence), "{score} {confidence}");
    // In the middle of the review band the largest probability is near its least, and the decision is sure.
    let pair = &pairs(View::CreditScore)["middle-of-the-review-band.json"];
    let found = answer(&engine, View::CreditScore, &pair["request"]);
    let score = found["score"].as_f64().expect("a number");
    assert_eq!(found["decision"], "MANUAL_REVIEW");
    assert!(score.max(1.0 - score) < 0.65 && found["confidence"].as_f64().is_some_and(|c| c > 0.99), "{found}");
}

#[test]
fn age_reaches_no_form_and_changes_no_answer() {
    for (view, member, young, old) in [
        (View::CreditScore, "date_of_birth", json!("2005-01-31"), json!("1941-01-31")),
        (View::PointOfSale, "age", json!(21), json!(85)),
        (View::DefaultRisk, "age", json!(21), json!(85)),
    ] {
        let engine = fixture::engine(view);
        let audit_only = |name: &str| {
            engine.inputs().iter().any(|input| input.name == name && input.permitted == Permitted::AuditOnly)
        };
        assert!(audit_only("age"), "view {view}");
        let mut request = requests(view)[0].clone();
        request[member] = young;
        let first = adapted(&engine, view, &request);
        let answers = answer(&engine, view, &request);
        request[member] = old;
        let second = adapted(&engine, view, &request);
        assert_eq!(answers, answer(&engine, view, &request), "view {view}");
        assert_eq!(first.form, second.form, "view {view}");
        assert!(first.form.0.keys().all(|name| !audit_only(name)), "view {view}");
        assert_eq!(first.audit["age"], FormValue::Number(21.0), "view {view}");
        assert_eq!(second.audit["age"], FormValue::Number(85.0), "view {view}");
        request["marital_status"] = json!("married");
        assert_eq!(answer(&engine, view, &request)["detail"][0]["type"], "extra_forbidden", "view {view}");
    }
}

#[test]
fn debt_over_income_is_no_debt_to_income_ratio() {
    let engine = fixture::engine(View::CreditScore);
    let request = &requests(View::CreditScore)[0];
    let found = answer(&engine, View::CreditScore, request);
    let names = found["explanation"]["shap_values"].as_object().expect("an object");
    assert!(names.contains_key("debt_stock_to_income"));
    assert!(names.keys().all(|name| !name.contains("dti") && !name.contains("debt_to_income")), "{names:?}");
    let receipt = receipt(&engine, View::CreditScore, request);
    assert_eq!(receipt.offer.and_then(|offer| offer.dti), None, "no monthly debts, so no ratio");
}

#[test]
fn score_and_probability_lie_on_one_scale() {
    let engine = fixture::engine(View::PointOfSale);
    let requests = requests(View::PointOfSale);
    for request in &requests {
        let found = answer(&engine, View::PointOfSale, request);
        let pd = found["default_probability"].as_f64().expect("a number");
        let raw = Scale::default().raw(LogOdds(libm::log(pd / (1.0 - pd))));
        assert_eq!(found["credit_score"], json!(Points::from_raw(raw).value()), "{found}");
    }
    // 720 points are a probability of 2.30 %, not of 12.34 %.
    let at = |pd: f64| Points::from_raw(Scale::default().raw(LogOdds(libm::log(pd / (1.0 - pd))))).value();
    assert_eq!((at(0.0230), at(0.1234)), (720, 617));
}

#[test]
fn what_is_not_asked_takes_the_typical_value_and_is_named() {
    let engine = fixture::engine(View::Approval);
    let request = requests(View::Approval)[0].clone();
    let Adapted { form: ApplicationForm(form), defaulted, .. } = adapted(&engine, View::Approval, &request);
    for input in engine.inputs().iter().filter(|input| input.permitted != Permitted::AuditOnly) {
        let worked_out = ["income_monthly", "vehicle_price", "vehicle_value"].contains(&input.name.as_str());
        if defaulted.contains(&input.name) && !worked_out {
            assert_eq!(form[&input.name], input.typical, "{}", input.name);
        }
    }
    let given = ["dealer", "income_monthly", "region", "vehicle_age_years", "vehicle_price"];
    let rest: Vec<&String> = form.keys().filter(|name| !given.contains(&name.as_str())).collect();
    assert_eq!(rest, defaulted.iter().collect::<Vec<_>>());
    let features = engine.model.schema();
    let application = ApplicationForm(form).check(engine.inputs()).expect("checked");
    let row = features.features_of(&application);
    let amount = features.feature_index("amount_financed").and_then(|index| row.0[index]);
    assert_eq!(amount, request["loan_amount"].as_f64(), "the amount financed is the amount asked for");
}

#[test]
fn hostile_bodies_are_answered() {
    let odd = [
        json!(null),
        json!([]),
        json!(""),
        json!({}),
        json!([[[]]]),
        json!({ "customers": {} }),
        json!({ "customers": null }),
        json!({ "customers": [] }),
        json!({ "credit_history": [] }),
        json!({ "credit_history": { "accounts": {} , "inquiries": [1, null, "x"] } }),
        json!({ "income": 1e308, "loan_amount": -1e308 }),
        json!({ "loan_amount": 1e-300 }),
        json!({ "age": 1e300, "date_of_birth": "0000-01-01" }),
    ];
    for view in View::ALL {
        let engine = fixture::engine(view);
        for body in &odd {
            answer(&engine, view, body);
        }
        // Every member of a good request in turn with a value of every type.
        let good = requests(view)[0].clone();
        for name in good.as_object().expect("an object").keys() {
            for value in [
                json!(null),
                json!(true),
                json!([]),
                json!({}),
                json!(""),
                json!("x"),
                json!(-1e300),
                json!(1e300),
                json!(0.001),
            ] {
                let mut body = good.clone();
                body[name] = value;
                answer(&engine, view, &body);
            }
        }
    }
}

#[test]
fn a_contract_fits_its_book() {
    for view in View::ALL {
        let engine = fixture::engine(view);
        for request in requests(view) {
            let adapted = adapted(&engine, view, &request);
            for input in engine.inputs().iter().filter(|input| input.permitted != Permitted::AuditOnly) {
                let value = adapted.form.0.get(&input.name);
                let fits = match (&input.kind, value) {
                    (InputKind::Number { .. }, Some(FormValue::Number(_))) => true,
                    (InputKind::Category { .. }, Some(FormValue::Text(_) | FormValue::Number(_))) => true,
                    (_, Some(FormValue::Missing)) => input.optional,
                    // Where nothing is usual, nothing is assumed.
                    (_, None) => input.optional && input.typical == FormValue::Missing,
                    _ => false,
                };
                assert!(fits, "view {view}: {} is {value:?}", input.name);
            }
        }
    }
}

//! The class as JavaScript sees it, in a real browser.
#![cfg(target_arch = "wasm32")]

use js_sys::{Float64Array, Object, Reflect, Uint8Array};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::population::World;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Folds, Plan};
use underglass_wasm::Underglass;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn artifact() -> Vec<u8> {
    let inputs = auto::inputs();
    let mut columns: Vec<(String, Vec<String>)> = inputs.iter().map(|input| (input.name.clone(), Vec::new())).collect();
    columns.push(("bad".to_owned(), Vec::new()));
    for row in 0..300 {
        let applicant = auto::applicant(1, row, &Shock::default());
        let cells = applicant.values.iter().map(|value| match value {
            underglass_engine::application::FormValue::Number(number) => number.to_string(),
            underglass_engine::application::FormValue::Text(text) => text.clone(),
            _ => String::new(),
        });
        for ((_, column), cell) in columns.iter_mut().zip(cells.chain([u8::from(applicant.bad).to_string()])) {
            column.push(cell);
        }
    }
    let table = Table::from_columns(&columns).expect("columns of one length");
    let plan = Plan {
        columns: Columns::Given { inputs, features: auto::features() },
        positive: Some("1".to_owned()),
        // Small: a browser's driver gives up on a page that does not answer for 20 seconds.
        settings: Settings { trees: 6, depth: 3, ..Settings::default() },
        folds: Folds::Stratified(2),
        ..Plan::new("bad")
    };
    underglass_learn::train(&table, plan).expect("trainable").model.encode()
}

fn files(artifact: &[u8]) -> Object {
    let files = Object::new();
    Reflect::set(&files, &"artifact".into(), &Uint8Array::from(artifact)).expect("a plain object");
    files
}

fn load() -> Underglass {
    let Ok(book) = Underglass::load(&files(&artifact())) else { panic!("a sound artifact was refused") };
    book
}

fn code(error: &JsValue) -> String {
    Reflect::get(error, &"code".into()).ok().and_then(|code| code.as_string()).unwrap_or_default()
}

fn maya() -> JsValue {
    let form = Object::new();
    for (name, value) in &auto::archetypes()[0].form.0 {
        let value = match value {
            underglass_engine::application::FormValue::Number(number) => JsValue::from(*number),
            underglass_engine::application::FormValue::Text(text) => JsValue::from(text),
            _ => JsValue::NULL,
        };
        Reflect::set(&form, &name.into(), &value).expect("a plain object");
    }
    form.into()
}

#[wasm_bindgen_test]
fn a_form_becomes_a_receipt_that_replays() {
    let book = load();
    let decided = book.decide(maya(), Some("2026-01-31".to_owned()), None).expect("decidable");
    let receipt = Reflect::get(&decided, &"receipt".into()).expect("a member").as_string().expect("text");
    let replay = book.replay(&receipt).expect("replayable");
    assert!(Reflect::get(&replay, &"difference".into()).expect("a member").is_null());
    let changed = receipt.replace("2026-01-31", "2026-01-30");
    assert_eq!(code(&book.replay(&changed).expect_err("changed")), "receipt_refused");
}

#[wasm_bindgen_test]
fn sources_become_a_form_and_bad_ones_name_their_fields() {
    let book = load();
    let sources = Object::new();
    let give = |name: &str, value: &JsValue| Reflect::set(&sources, &name.into(), value).expect("a plain object");
    give("bureau", &Uint8Array::from(&include_bytes!("../../../www/samples/bureau.json")[..]).into());
    give("form", &maya());
    let found = book.intake(&sources).expect("sound sources");
    let form = Reflect::get(&found, &"form".into()).expect("a form");
    let number = |name: &str| Reflect::get(&form, &name.into()).expect("a member").as_f64();
    assert_eq!([number("utilization"), number("income_monthly")], [Some(33.0), Some(3_150.0)]);
    assert!(book.decide(form, None, None).is_ok());
    give("kyc", &Uint8Array::from(&br#"{"sanction_hit": "Sam Sample"}"#[..]).into());
    let error = book.intake(&sources).expect_err("a bad flag");
    assert_eq!(code(&error), "source_refused");
    let message = Reflect::get(&error, &"message".into()).expect("a member").as_string().expect("text");
    assert_eq!(message, "kyc.sanction_hit: found a text, expected true, false or null");
}

#[wasm_bindgen_test]
fn a_notice_that_cannot_be_written_is_refused_with_a_code() {
    let book = load();
    let decided = book.decide(maya(), Some("2026-01-31".to_owned()), None).expect("decidable");
    let receipt = Reflect::get(&decided, &"receipt".into()).expect("a member").as_string().expect("text");
    let notice = |receipt: &str, kind: &str, language: &str, parties: JsValue| {
        let [kind, language] = [kind, language].map(|text| (!text.is_empty()).then(|| text.to_owned()));
        code(&book.notice(receipt, kind, language, parties).expect_err("no notice"))
    };
    // The book has neither prices nor reason texts.
    for kind in ["", "adverse-action", "counteroffer", "incomplete", "risk-based-pricing", "ransom"] {
        assert_eq!(notice(&receipt, kind, "", JsValue::UNDEFINED), "notice_refused", "{kind}");
    }
    assert_eq!(notice(&receipt, "", "fr", JsValue::NULL), "notice_refused");
    assert_eq!(notice(&receipt, "", "es", JsValue::from("somebody")), "malformed_parties");
    assert_eq!(notice(&receipt.replace("2026", "2025"), "", "", JsValue::NULL), "receipt_refused");
}

#[wasm_bindgen_test]
fn every_bad_field_is_reported_at_once() {
    let form = maya();
    for (name, value) in [("income_monthly", JsValue::from("plenty")), ("shoe_size", JsValue::from(43))] {
        Reflect::set(&form, &name.into(), &value).expect("a plain object");
    }
    let error = load().decide(form, None, None).expect_err("malformed");
    assert_eq!(code(&error), "invalid_application");
    let errors = js_sys::Array::from(&Reflect::get(&error, &"errors".into()).expect("a member"));
    assert_eq!(errors.length(), 2);
}

#[wasm_bindgen_test]
fn a_changed_artifact_is_refused_with_a_code() {
    let mut bytes = artifact();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for bytes in [bytes, Vec::new(), b"{}".to_vec()] {
        assert_eq!(code(&Underglass::load(&files(&bytes)).err().expect("refused")), "artifact_refused");
    }
}

#[wasm_bindgen_test]
fn batch_contributions_add_up_to_batch_margins() {
    let book = load();
    let features = Reflect::get(&book.schema().expect("a schema"), &"features".into()).expect("a member");
    let n_features = js_sys::Array::from(&features).length();
    let n_rows = 50;
    let columns = Float64Array::new_with_length(n_rows * n_features);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for index in 0..columns.length() {
        let value = f64::from(rng.next_u32() % 1000);
        columns.set_index(index, if index % 17 == 0 { f64::NAN } else { value });
    }
    let scores = book.score_batch(&columns, n_rows).expect("scored");
    let margins = Float64Array::from(Reflect::get(&scores, &"margin".into()).expect("a member"));
    let options = |game: &str, reference: &str| {
        let options = Object::new();
        for (name, value) in
            [("game", game), ("reference", reference)].into_iter().filter(|(_, value)| !value.is_empty())
        {
            Reflect::set(&options, &name.into(), &value.into()).expect("a plain object");
        }
        JsValue::from(options)
    };
    let mut bases = Vec::new();
    for (game, reference) in [("", ""), ("interventional", "all"), ("path", "all")] {
        let explained = book.explain_batch(&columns, n_rows, options(game, reference)).expect("explained");
        let values = Float64Array::from(Reflect::get(&explained, &"values".into()).expect("a member"));
        let base = Reflect::get(&explained, &"base".into()).expect("a member").as_f64().expect("a number");
        for row in 0..n_rows {
            let sum: f64 = (0..n_features).map(|feature| values.get_index(row * n_features + feature)).sum();
            assert!((base + sum - margins.get_index(row)).abs() < 1e-9, "{game} {reference}, row {row}");
        }
        bases.push(base);
    }
    assert_eq!(bases[0].to_bits(), bases[1].to_bits());
    // The built-in policy explains against all.
    for refused in [options("nash", ""), options("", "everybody"), options("", "above_cutoff")] {
        assert_eq!(code(&book.explain_batch(&columns, n_rows, refused).expect_err("an option")), "batch_refused");
    }
    assert_eq!(code(&book.score_batch(&columns, n_rows + 1).expect_err("a length")), "batch_refused");
}

#[wasm_bindgen_test]
fn the_synthetic_worlds_are_the_native_ones() {
    let expected = [
        "3a58b946061abb4532c357e96d1edc16c9ce0d96adcd8256c009f0d235ecf933",
        "a08750b95ca8a371ebb040011a21a672f339ac951d391f6d4d21d468b007c092",
        "b96bced80f46627b03fcfb2704a014ca33b5949d59d377fbac0c8e1a4dc0e416",
        "188edaec5401b9bfd0368caefc581065efc5190ae6db21ff27e4ba95c5d14c24",
    ];
    assert_eq!(World::ALL.map(|world| world.digest(1, 1_000).to_string()), expected);
}

// Without serde_json's feature `float_roundtrip` one number in nine is read back with another last bit.
#[wasm_bindgen_test]
fn a_hundred_thousand_doubles_are_read_back() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..100_000 {
        let number = f64::from_bits(rng.next_u64());
        if number.is_finite() {
            let text = serde_json::to_string(&number).expect("finite");
            assert_eq!(serde_json::from_str::<f64>(&text).expect("a number").to_bits(), number.to_bits());
        }
    }
}

#[wasm_bindgen_test]
fn a_request_is_answered_in_the_shape_of_its_system() {
    let book = load();
    let body = |text: &str| js_sys::JSON::parse(text).expect("JSON");
    let text = |value: &JsValue| js_sys::JSON::stringify(value).expect("JSON").as_string().expect("a text");
    let day = || Some("2026-06-30".to_owned());
    let good = r#"{"income": 66000, "loan_amount": 16000, "vehicle_age": 3, "dealer_id": "D04"}"#;
    let one = book.request("000", body(good), day()).expect("answered");
    let members: Vec<String> =
        Object::keys(one.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string()).collect();
    assert_eq!(members, ["probability", "decision", "threshold", "defaulted"]);
    let both = book.request("000", body(&format!(r#"[{good}, {{"income": "much"}}]"#)), day()).expect("answered");
    let both = js_sys::Array::from(&both);
    assert_eq!(text(&both.get(0)), text(&one));
    let bad = r#"{"loc":["body",1,"income"],"msg":"Input should be a valid number","type":"float_type"}"#;
    assert!(text(&both.get(1)).contains(bad), "{}", text(&both.get(1)));

    let decided = book.decide(maya(), Some("2026-01-31".to_owned()), None).expect("decidable");
    let receipt = Reflect::get(&decided, &"receipt".into()).expect("a member").as_string().expect("text");
    let pd = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok().and_then(|value| value.as_f64());
    assert_eq!(pd(&book.view(&receipt, "000").expect("a view"), "probability"), pd(&decided, "pd"));
    let point_of_sale = book.view(&receipt, "003").expect("any receipt has a score, a price and reasons");
    assert_eq!(pd(&point_of_sale, "credit_score"), pd(&decided, "points"));
    assert_eq!(code(&book.view(&receipt, "002").expect_err("no view")), "unknown_view");
    assert_eq!(code(&book.view("{}", "000").expect_err("no receipt")), "receipt_refused");
    assert_eq!(code(&book.request("004", body("{}"), day()).expect_err("an auto book")), "other_book");
}

#[wasm_bindgen_test]
fn a_form_is_told_what_its_decision_hangs_on() {
    let book = load();
    let day = || Some("2026-01-31".to_owned());
    let json = |value: &JsValue| -> serde_json::Value {
        let text = js_sys::JSON::stringify(value).expect("JSON").as_string().expect("a text");
        serde_json::from_str(&text).expect("JSON")
    };
    let decided = json(&book.decide(maya(), day(), None).expect("decidable"));
    let walk = json(&book.waterfall(maya()).expect("a walk"));
    let lines = walk["lines"].as_array().expect("lines");
    let last = lines.last().expect("a line");
    assert_eq!((&last["cause"], &last["after"]["points"]), (&"rounding".into(), &decided["points"]));
    // This book has no prices.
    assert_eq!(last["after"]["price"]["without"], "no_pricing");
    let points: i64 = lines.iter().filter_map(|line| line["points"].as_i64()).sum();
    assert_eq!(walk["start"]["points"].as_i64().map(|start| start + points), decided["points"].as_i64());

    let fragility = json(&book.fragility(maya(), day()).expect("a form"));
    assert_eq!(fragility["outcome"], decided["outcome"]);
    let feasible = json(&book.feasible(maya(), day(), Some(500)).expect("a form"));
    for sought in ["largest_amount", "least_down_payment", "best_term", "smallest_change"] {
        let found = feasible[sought].as_object().unwrap_or_else(|| panic!("{sought}: {feasible}"));
        assert!(["found", "impossible", "open"].iter().any(|name| found.contains_key(*name)), "{sought}: {feasible}");
    }
    let mut search = book.path_job(maya(), day(), None, Some(2)).expect("a form");
    search.step(&book, 100).expect("steps");
    let answer = json(&search.answer(&book).expect("an answer"));
    assert!(answer["others"].as_array().is_some_and(|others| others.len() < 2), "{answer}");
    assert!(answer.get("certificate").is_some(), "{answer}");

    assert_eq!(code(&book.waterfall(Object::new().into()).expect_err("nothing was entered")), "incomplete");
    assert!(book.feasible(Object::new().into(), day(), None).expect("a form").is_null());
    assert!(book.fragility(Object::new().into(), day()).expect("a form").is_null());
}

#[wasm_bindgen_test]
fn a_portfolio_is_decided_again_under_a_draft() {
    let book = load();
    let object = |json: &str| js_sys::JSON::parse(json).expect("JSON");
    let member = |value: &JsValue, name: &str| Reflect::get(value, &name.into()).expect("a member");
    let numbers = |value: &JsValue, name: &str| member(value, name).unchecked_into::<Float64Array>().to_vec();
    let Ok(mut portfolio) = book.portfolio(Some("2026-01-31".to_owned())) else { panic!("no portfolio") };
    for (from, to) in [(0, 100), (100, 250)] {
        let draw = object(&format!(r#"{{"world": "auto", "seed": "3", "from": {from}, "to": {to}}}"#));
        let Ok(mut job) = book.draw_job(draw, Some("2026-01-31".to_owned())) else { panic!("no job") };
        job.step(&book, 1_000).expect("progress");
        let drawn = job.finish().expect("rows");
        portfolio.append(&member(&drawn, "bytes").unchecked_into::<Uint8Array>().to_vec()).expect("the same book");
    }
    assert_eq!(member(&portfolio.frame().expect("a frame"), "rows").as_f64(), Some(250.0));
    portfolio.break_down(vec![0]).expect("one segment");
    let draft = || object(r#"{"approve": 660, "review": 600}"#);
    let whole = numbers(&portfolio.totals(draft()).expect("totals"), "sums");
    portfolio.grab(draft(), None).expect("cut-offs");
    assert_eq!(numbers(&portfolio.totals(draft()).expect("totals"), "sums"), whole);
    // Rows are the first of seven sums; the first cell has six outcomes.
    assert_eq!(whole.iter().take(42).step_by(7).sum::<f64>(), 250.0);
    let swap = portfolio.swap(object(r#"{"approve": 640, "review": 560}"#), draft()).expect("cells").to_vec();
    assert_eq!(swap.iter().step_by(7).sum::<f64>(), 250.0);
    let curve = portfolio.curve(draft(), "profit".into(), "observed".into()).expect("a curve");
    assert_eq!(numbers(&curve, "sums").len(), 551 * 7);
    let upside_down = portfolio.totals(object(r#"{"approve": 600, "review": 660}"#)).expect_err("refused");
    assert_eq!(code(&upside_down), "draft_refused");
    let unlike = portfolio.append(&[1, 2, 3]).expect_err("refused");
    assert_eq!(code(&unlike), "portfolio_refused");
}

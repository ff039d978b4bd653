//! The sample files, and what is wrong with others.

use super::*;
use crate::population::World;
use serde_json::{Value, json};

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../../www/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn values(intake: &Intake) -> Vec<(&str, Value)> {
    intake.notes.iter().map(|note| (note.name, serde_json::to_value(&note.value).expect("JSON"))).collect()
}

fn filled(intake: &Intake) -> Value {
    serde_json::to_value(&intake.form).expect("JSON")
}

/// Paths and codes of what is refused.
fn refused(sources: Sources<'_>) -> Vec<(String, BadFieldCode)> {
    let Refused(bad) = intake(&World::Auto.inputs(), sources).expect_err("refused");
    bad.as_slice().iter().map(|bad| (bad.path.clone(), bad.code)).collect()
}

// Counted by hand: 1,840.25 + 310.00 of 6,500 is 33.08 %; what is 24 or 6 months old to the day is out.
#[test]
fn a_bureau_report_gives_what_each_book_asks_for() {
    let bytes = sample("bureau.json");
    let sources = Sources { bureau: Some(&bytes), ..Sources::default() };
    let of = |world: World| filled(&intake(&world.inputs(), sources).expect("a sound report"));
    assert_eq!(
        of(World::Auto),
        json!({
            "utilization": 33.0, "late_24m": 1.0, "inquiries_6m": 2.0, "open_accounts": 3.0, "oldest_account_months": 145.0,
            "debts_monthly": 369.4, "collections": 1.0, "repossessions_12m": 0.0, "bankruptcies_open": 0.0
        })
    );
    assert_eq!(
        of(World::Personal),
        json!({
            "bureau_score": 684.0, "existing_debt": 9_982.43, "debts_monthly": 369.4, "defaulted_accounts": 1.0,
            "inquiries_6m": 2.0, "open_accounts": 3.0, "closed_accounts": 2.0
        })
    );
    assert_eq!(
        of(World::PointOfSale),
        json!({
            "credit_utilization": 0.33, "num_late_payments": 2.0, "months_since_last_delinquency": 15.0,
            "num_credit_inquiries": 3.0, "num_credit_lines": 3.0
        })
    );
    assert_eq!(
        of(World::MacroAware),
        json!({
            "credit_utilization": 0.33, "total_debt": 9_982.43, "account_age_months": 145.0, "num_credit_accounts": 3.0
        })
    );
}

#[test]
fn inquiries_six_months_old_to_the_day_are_out() {
    let report = |day: &str| {
        let report =
            json!({ "as_of": "2026-06-30", "tradelines": [], "inquiries": [{ "date": day }], "public_records": [] });
        let bytes = serde_json::to_vec(&report).expect("JSON");
        filled(&intake(&World::Auto.inputs(), Sources { bureau: Some(&bytes), ..Sources::default() }).expect("sound"))
    };
    assert_eq!(
        [&report("2025-12-31")["inquiries_6m"], &report("2025-12-30")["inquiries_6m"]],
        [&json!(1.0), &json!(0.0)]
    );
    // Nobody without accounts has a utilisation or an oldest account.
    assert_eq!(
        (report("2026-06-30").get("utilization"), report("2026-06-30").get("oldest_account_months")),
        (None, None)
    );
}

// By another program, in fractions.
#[test]
fn a_bank_statement_gives_cash_flow_income_and_rent() {
    let bytes = sample("bank-statement.csv");
    let sources = Sources { bank: Some(&bytes), ..Sources::default() };
    let found = intake(&World::Auto.inputs(), sources).expect("a sound statement");
    let expected = [
        ("months_covered", json!(5.9)),
        ("mean_monthly_net_inflow", json!(254.29)),
        ("lowest_balance", json!(-298.54)),
        ("overdraft_days", json!(5.0)),
        ("income_monthly", json!(3_207.21)),
        ("annual_income", json!(38_486.52)),
        ("rent_monthly", json!(1_150.0)),
        ("rent_months_due", json!(6.0)),
        ("rent_months_on_time", json!(5.0)),
    ];
    assert_eq!(values(&found), expected);
    assert_eq!(filled(&found), json!({ "income_monthly": 3_207.21 }));
    let personal = intake(&World::Personal.inputs(), sources).expect("a sound statement");
    assert_eq!(filled(&personal), json!({ "annual_income": 38_486.52 }));

    // Newest first is the same statement; what the applicant said stands.
    let text = String::from_utf8(bytes.clone()).expect("text");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let newest_first = lines.join("\n");
    let form = br#"{"income_monthly": 4100, "housing": "rent"}"#;
    let sources = Sources { bank: Some(newest_first.as_bytes()), form: Some(form), ..Sources::default() };
    let again = intake(&World::Auto.inputs(), sources).expect("a sound statement");
    assert_eq!(values(&again), expected);
    assert_eq!(filled(&again), json!({ "income_monthly": 4_100.0, "housing": "rent" }));
    assert_eq!(again.notes[4].used, Use::Kept);
}

#[test]
fn what_comes_back_is_told_from_what_does_not() {
    let statement = |dates: &[&str], amount: &str, what: &str| {
        let lines = dates.iter().map(|date| format!("{date},{amount},{what},100\n"));
        let csv = format!("Date,Amount,Description,Balance\n2025-12-01,0,opening,100\n{}", lines.collect::<String>());
        let found =
            intake(&[], Sources { bank: Some(csv.as_bytes()), ..Sources::default() }).expect("a sound statement");
        let value = |name| values(&found).into_iter().find(|(found, _)| *found == name).map(|(_, value)| value);
        [value("income_monthly"), value("rent_monthly"), value("rent_months_on_time")].map(Option::unwrap_or_default)
    };
    const NONE: Value = Value::Null;
    for (dates, amount, what, expected) in [
        // 100 a week: 5,200 a year.
        (&["2026-01-02", "2026-01-09", "2026-01-16"][..], "100", "pay", [json!(433.33), NONE, NONE]),
        (&["2026-01-02", "2026-01-16", "2026-01-30"], "100", "pay", [json!(216.67), NONE, NONE]),
        (&["2026-01-01", "2026-01-15", "2026-02-01", "2026-02-15"], "100", "pay", [json!(200.0), NONE, NONE]),
        (&["2026-01-31", "2026-02-28", "2026-03-31"], "100", "pension 12", [json!(100.0), NONE, NONE]),
        // Twice is no series, nor is now and then.
        (&["2026-01-02", "2026-02-02"], "100", "pay", [NONE, NONE, NONE]),
        (&["2026-01-02", "2026-01-05", "2026-02-20"], "100", "pay", [NONE, NONE, NONE]),
        (&["2026-01-02", "2026-02-09", "2026-03-02"], "-900", "Rent: flat 4", [NONE, json!(900.0), json!(2.0)]),
        (&["2026-01-02", "2026-02-02", "2026-03-02"], "-900", "car rental", [NONE, NONE, NONE]),
    ] {
        assert_eq!(statement(dates, amount, what), expected, "{what} on {dates:?}");
    }
}

#[test]
fn the_gravest_flag_of_an_identity_check_reaches_policy() {
    let result = |flags: Value| {
        let bytes = serde_json::to_vec(&flags).expect("JSON");
        let sources = Sources { kyc: Some(&bytes), ..Sources::default() };
        filled(&intake(&World::Personal.inputs(), sources).expect("sound flags"))["identity_check"].clone()
    };
    let passed = json!({ "identity_verified": true, "document_authentic": true, "document_expired": false, "sanction_hit": false });
    let with = |flag: &str, value: Value| {
        let mut flags = passed.clone();
        flags[flag] = value;
        result(flags)
    };
    assert_eq!(result(passed.clone()), "passed");
    assert_eq!(with("identity_verified", json!(false)), "failed");
    assert_eq!(with("document_authentic", json!(false)), "failed");
    assert_eq!(with("document_expired", json!(true)), "not_done");
    assert_eq!(with("identity_verified", json!(null)), "not_done");
    assert_eq!(with("sanction_hit", json!(null)), "not_done");
    assert_eq!(with("sanction_hit", json!(true)), "sanction_hit");
    assert_eq!(result(json!({ "identity_verified": false, "sanction_hit": true })), "sanction_hit");
    assert_eq!(result(json!({})), "not_done");
}

#[test]
fn a_failed_check_replaces_what_a_form_says() {
    let sources = Sources {
        kyc: Some(br#"{"identity_verified": false}"#),
        form: Some(br#"{"identity_check": "passed"}"#),
        ..Sources::default()
    };
    let found = intake(&World::Auto.inputs(), sources).expect("sound");
    assert_eq!((filled(&found), found.notes[0].used), (json!({ "identity_check": "failed" }), Use::Replaced));
    let elsewhere = intake(&World::PointOfSale.inputs(), sources).expect("sound");
    assert_eq!(elsewhere.notes[0].used, Use::NotAsked);
}

#[test]
fn everything_that_sources_fill_in_is_a_sound_part_of_an_application() {
    let [bureau, bank, kyc] = ["bureau.json", "bank-statement.csv", "kyc.json"].map(sample);
    let sources = Sources { bureau: Some(&bureau), bank: Some(&bank), kyc: Some(&kyc), form: None };
    for world in World::ALL {
        let inputs = world.inputs();
        let found = intake(&inputs, sources).expect("sound sources");
        found.form.check(&inputs).unwrap_or_else(|error| panic!("{world:?}: {error}"));
        assert!(found.notes.iter().all(|note| found.form.0.contains_key(note.name) == (note.used == Use::Filled)));
    }
    // Beyond a field's range, its limit.
    let line = json!({ "type": "revolving", "status": "open", "opened": "2020-01-01", "balance": 900, "limit": 300 });
    let report = json!({ "as_of": "2026-06-30", "tradelines": [line], "inquiries": [], "public_records": [] });
    let report = serde_json::to_vec(&report).expect("JSON");
    let found = intake(&World::Auto.inputs(), Sources { bureau: Some(&report), ..Sources::default() }).expect("sound");
    assert_eq!(filled(&found)["utilization"], json!(150.0));
    assert!(found.notes.iter().any(|note| note.from.ends_with("; 300 is beyond the field's limit")), "{found:?}");
}

#[test]
fn every_bad_field_is_named_by_its_path() {
    use BadFieldCode::*;
    let bureau = br#"{
        "as_of": "2026-06-30", "score": 900, "public_records": {},
        "tradelines": [
            {"type": "revolving", "status": "open", "opened": "2026-07-01", "balance": -1, "limit": 10.005},
            {"type": "leasing", "status": "repossessed", "opened": "last year", "past_due": [{"days": 30}, 4]}
        ]
    }"#;
    let kyc = br#"{"identity_verified": "yes"}"#;
    let bank = b"date,amount,description,balance\n2026-01-02,12,a,b\n2026-13-02,1.234,a,5\n2026-01-01,1,,\n";
    let form = b"[]";
    let at = |path: &str, code| (path.to_owned(), code);
    assert_eq!(
        refused(Sources { bureau: Some(bureau), bank: Some(bank), kyc: Some(kyc), form: Some(form) }),
        [
            at("form", WrongType),
            at("bureau.inquiries", Missing),
            at("bureau.score", OutOfRange),
            at("bureau.tradelines[0].opened", AfterTheDay),
            at("bureau.tradelines[0].balance", OutOfRange),
            at("bureau.tradelines[0].limit", TooManyDecimals),
            at("bureau.tradelines[1].balance", Missing),
            at("bureau.tradelines[1].type", UnknownWord),
            at("bureau.tradelines[1].closed", Missing),
            at("bureau.tradelines[1].opened", NotADate),
            at("bureau.tradelines[1].past_due[1]", WrongType),
            at("bureau.tradelines[1].past_due[0].date", Missing),
            at("bureau.public_records", WrongType),
            at("bank.line 2.balance", WrongType),
            at("bank.line 3.date", NotADate),
            at("bank.line 3.amount", TooManyDecimals),
            at("bank.line 4.balance", WrongType),
            at("kyc.identity_verified", WrongType),
        ]
    );
    let bank = |csv: &[u8]| refused(Sources { bank: Some(csv), ..Sources::default() });
    assert_eq!(
        bank(b"day,amount\n1,2\n"),
        ["date", "description", "balance"].map(|name| at(&format!("bank.line 1.{name}"), Missing))
    );
    assert_eq!(bank(b"date,amount,description,balance\n1,2\n"), [at("bank.line 2", NotATable)]);
    let to_and_fro = b"date,amount,description,balance\n2026-01-02,1,a,1\n2026-01-01,1,a,1\n2026-01-03,1,a,1\n";
    assert_eq!(bank(to_and_fro), [at("bank.date", OutOfOrder)]);
    assert_eq!(refused(Sources { kyc: Some(b"{"), ..Sources::default() }), [at("kyc", NotJson)]);
}

#[test]
fn no_personal_value_leaves() {
    let secrets = [
        "Sample",
        "sample",
        "000-12-3456",
        "1900",
        "Example Street",
        "4000-0000",
        "X0000000",
        "WIDGETS",
        "widgets",
        "OAK",
    ];
    let [bureau, bank, kyc] = ["bureau.json", "bank-statement.csv", "kyc.json"].map(sample);
    let files = [&bureau, &bank, &kyc].map(|bytes| String::from_utf8(bytes.clone()).expect("text")).concat();
    assert!(["Sample", "000-12-3456", "WIDGETS", "OAK"].iter().all(|secret| files.contains(secret)));
    let sources = Sources { bureau: Some(&bureau), bank: Some(&bank), kyc: Some(&kyc), form: None };
    let told = serde_json::to_string(&intake(&World::Personal.inputs(), sources).expect("sound")).expect("JSON");
    assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");

    let bureau = br#"{"as_of": "Sample", "score": "000-12-3456", "tradelines": [{"type": "Sample", "status": 4000, "opened": "Sample"}]}"#;
    let kyc = br#"{"identity_verified": "X0000000"}"#;
    // A statement without a header, one whose columns share a name, and numbers that could be read in two ways.
    for bank in [
        &b"Sample,000-12-3456,WIDGETS,OAK\n1,2,3,4\n"[..],
        b"Sample,Sample,WIDGETS,WIDGETS\n1,2,3,4\n",
        b"date;amount;description;balance\n2026-01-01;1,50;4000;1\n2026-01-01;4000-0000;OAK;WIDGETS\n",
        b"date;amount;description;balance\n2026-01-01;1,50;1.900;1\n",
        b"date,amount,description,balance\nSample,WIDGETS,OAK,4000-0000\n",
        b"date,amount,description,balance\n\xE9Sample,1,OAK,\"4000\n",
    ] {
        let sources = Sources { bureau: Some(bureau), bank: Some(bank), kyc: Some(kyc), form: Some(b"\"Sample\"") };
        let refused = intake(&World::Auto.inputs(), sources).expect_err("refused");
        let told = format!("{refused} {}", serde_json::to_string(&refused).expect("JSON"));
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told}");
    }
}

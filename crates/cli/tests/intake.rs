//! Sample sources on the command line: JSON out, notes beside it, and the exit codes.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use underglass_engine::views::View;

#[path = "../../engine/tests/views/fixture.rs"]
#[expect(dead_code, reason = "only the model is needed here")]
mod fixture;

/// Runs `intake` in a folder: exit code, standard output and standard error.
fn intake(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
    command.current_dir(folder).args(["intake", "--artifact", "model.json"]).args(arguments);
    let out = command.output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (out.status.code(), text(out.stdout), text(out.stderr))
}

#[test]
fn samples_and_a_form_become_one_application() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("intake");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
    write("model.json", &fixture::model(View::CreditScore).encode());
    let form = json!({ "annual_income": 52_000, "loan_amount": 9_000, "term_months": 36, "inquiries_6m": 0,
                       "employment_years": 4, "loan_purpose": "car" });
    write("form.json", form.to_string().as_bytes());
    let sample = |name: &str| format!("{}/../../www/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    let (bureau, bank, kyc) = (sample("bureau.json"), sample("bank-statement.csv"), sample("kyc.json"));
    let all = ["--bureau", &bureau, "--bank", &bank, "--kyc", &kyc, "--form", "form.json"];

    let (code, out, err) = intake(&folder, &all);
    assert_eq!(code, Some(0), "{err}");
    let found: Value = serde_json::from_str(&out).expect("an application");
    let expected = [
        ("annual_income", json!(52_000.0)),
        ("inquiries_6m", json!(2.0)),
        ("existing_debt", json!(9_982.43)),
        ("identity_check", json!("passed")),
        ("loan_purpose", json!("car")),
    ];
    for (name, value) in expected {
        assert_eq!(found[name], value, "{name}: {out}");
    }
    assert!(err.contains("inquiries_6m: 2: replaces the form's answer"), "{err}");
    assert!(err.contains("annual_income: 38486.52 USD: the form's answer stands"), "{err}");
    assert!(err.contains("rent_months_on_time: 5 months: not asked by this book"), "{err}");

    let (code, out, _) = intake(&folder, &[&all[..], &["--json"]].concat());
    let both: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &both["form"]), (Some(0), &found));
    assert_eq!(both["notes"].as_array().map(Vec::len), Some(err.lines().count()));

    write("kyc.json", br#"{"identity_verified": "Sam Sample"}"#);
    let (code, out, err) = intake(&folder, &["--kyc", "kyc.json"]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert_eq!(err, "underglass: kyc.identity_verified: found a text, expected true, false or null\n");
    assert_eq!(intake(&folder, &[]).0, Some(2));
}

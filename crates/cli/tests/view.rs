//! Requests of the reference systems on the command line: JSON in, JSON out, and the exit codes.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use underglass_engine::views::View;

#[path = "../../engine/tests/views/fixture.rs"]
mod fixture;

/// Runs `view` in a folder: exit code, standard output and standard error.
fn view(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
    let out = command.current_dir(folder).arg("view").args(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (out.status.code(), text(out.stdout), text(out.stderr))
}

#[test]
fn a_request_file_is_answered_and_a_refused_one_exits_with_3() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("view");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
    let pair = |name: &str| -> Value {
        let path = fixture::pairs().join("003").join(name);
        serde_json::from_slice(&std::fs::read(path).expect("a pair")).expect("JSON")
    };
    write("model.json", &fixture::model(View::PointOfSale).encode());
    for name in ["policy", "pricing", "reasons"] {
        write(&format!("{name}.json"), &fixture::file(View::PointOfSale, name).expect("a file of the book"));
    }
    let book = [
        "--artifact",
        "model.json",
        "--policy",
        "policy.json",
        "--pricing",
        "pricing.json",
        "--reasons",
        "reasons.json",
    ];
    let asked = |option: &str, file: &str| {
        let arguments = [&["003", option, file][..], &book].concat();
        view(&folder, &arguments)
    };

    let (good, bad) = (pair("terms-of-3500.json"), pair("empty-object.json"));
    write("request.json", good["request"].to_string().as_bytes());
    let (code, out, err) = asked("--request", "request.json");
    assert_eq!(code, Some(0), "{out}{err}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(found["recommended_terms"], good["response"]["recommended_terms"]);
    assert!(out.find("applicant_id") < out.find("credit_score"), "in the order of the contract: {out}");

    write("request.json", bad["request"].to_string().as_bytes());
    let (code, out, _) = asked("--request", "request.json");
    assert_eq!((code, serde_json::from_str::<Value>(&out).expect("JSON")), (Some(3), bad["response"].clone()));

    write("request.json", json!([good["request"], bad["request"]]).to_string().as_bytes());
    let (code, out, _) = asked("--request", "request.json");
    let both: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &both[0]), (Some(3), &found));
    assert_eq!(both[1]["detail"].as_array().map(Vec::len), bad["response"]["detail"].as_array().map(Vec::len));

    write("request.json", b"{ no JSON");
    let (code, out, _) = asked("--request", "request.json");
    assert_eq!(code, Some(3));
    assert!(out.contains("json_invalid"), "{out}");

    let engine = fixture::engine(View::PointOfSale);
    let form = underglass_engine::views::request::adapt(
        View::PointOfSale,
        engine.inputs(),
        &good["request"],
        &underglass_engine::views::refusal::Path::body(),
        engine.model.file().lineage.as_of,
    )
    .expect("a good request")
    .form;
    write("receipt.json", &engine.receipt(&form, engine.model.file().lineage.as_of, 0).expect("decided").encode());
    let (code, out, err) = asked("--receipt", "receipt.json");
    assert_eq!(code, Some(0), "{out}{err}");
    let seen: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&seen["credit_score"], &seen["applicant_id"]), (&found["credit_score"], &Value::Null));

    let other = [&["001", "--request", "request.json"][..], &book].concat();
    write("request.json", b"{}");
    let (code, _, err) = view(&folder, &other);
    assert_eq!(code, Some(4));
    assert!(err.contains("existing_debt"), "{err}");
    assert_eq!(view(&folder, &["002", "--artifact", "model.json", "--request", "request.json"]).0, Some(2));
}

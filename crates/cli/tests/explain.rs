//! `explain` on the command line: the answers to one receipt, for people and for programs.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use underglass_engine::application::{ApplicationForm, FormValue};
use underglass_engine::views::View;

#[path = "../../engine/tests/views/fixture.rs"]
mod fixture;

#[test]
fn a_receipt_is_explained_and_a_changed_one_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explain");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
    write("model.json", &fixture::model(View::PointOfSale).encode());
    for name in ["policy", "pricing", "reasons"] {
        write(&format!("{name}.json"), &fixture::file(View::PointOfSale, name).expect("a file of the book"));
    }
    let explain = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
        let book = "--artifact model.json --policy policy.json --pricing pricing.json --reasons reasons.json";
        let asked =
            command.current_dir(&folder).args(["explain", "receipt.json"]).args(book.split(' ')).args(arguments);
        let out = asked.output().expect("the binary runs");
        (out.status.code(), String::from_utf8(out.stdout).expect("text"), String::from_utf8(out.stderr).expect("text"))
    };
    let engine = fixture::engine(View::PointOfSale);
    let typical = engine.inputs().iter().map(|input| (input.name.clone(), input.typical.clone()));
    let asked = |input: &underglass_engine::application::Input| {
        input.permitted != underglass_engine::application::Permitted::AuditOnly
    };
    let kept: Vec<bool> = engine.inputs().iter().map(asked).collect();
    let form = ApplicationForm(typical.zip(kept).filter(|(_, kept)| *kept).map(|(field, _)| field).collect());
    let form = ApplicationForm(form.0.into_iter().filter(|(_, value)| *value != FormValue::Missing).collect());
    let receipt = engine.receipt(&form, engine.model.file().lineage.as_of, 0).expect("decided");
    write("receipt.json", &receipt.encode());

    let (code, out, err) = explain(&["--json", "--budget", "200"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    let offer = receipt.offer.as_ref().expect("a price");
    let last = found["waterfall"]["lines"].as_array().and_then(|lines| lines.last()).expect("lines");
    assert_eq!(last["after"]["price"]["quoted"]["payment_cents"], offer.payment_cents.0);
    assert_eq!(last["after"]["points"], receipt.score.as_ref().expect("a score").points.value());
    assert_eq!(found["feasible"]["least_down_payment"], "no_input", "a purchase has no down payment");
    assert!(found["fragility"]["firm"].as_array().is_some_and(|firm| !firm.is_empty()));
    assert!(found["paths"]["certificate"].is_string(), "{}", found["paths"]);

    let (code, out, _) = explain(&[]);
    assert_eq!(code, Some(0));
    for part in ["what each reason adds", "nearest deals", "smallest single changes", "cheapest ways"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    // A made-up cap below the price, then one above it.
    for (bps, code) in [(1, 1), (3_599, 0)] {
        let table = format!(
            r#"{{"caps": [{{"state": "XA", "product": "p", "licence": "l", "max_apr_bps": {bps}, "citation": "made up", "effective": "1970-01-01"}}]}}"#
        );
        write("caps.json", table.as_bytes());
        let asked = ["--json", "--caps", "caps.json", "--state", "XA", "--product", "p", "--licence", "l"];
        let (found, out, err) = explain(&asked);
        assert_eq!(found, Some(code), "{out}{err}");
        let found: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(found["cap"]["limit"]["bound_by"]["cap"]["citation"], "made up");
        let n_tiers = engine.pricing.as_ref().expect("prices").rates.len();
        let above = found["cap"]["tiers_above"].as_array().map(Vec::len);
        assert_eq!(above, Some(if code == 1 { n_tiers } else { 0 }));
    }
    assert_eq!(explain(&["--caps", "caps.json"]).0, Some(2));
    write("caps.json", br#"{"caps": [{}]}"#);
    assert_eq!(explain(&["--caps", "caps.json", "--state", "XA", "--product", "p", "--licence", "l"]).0, Some(3));
    assert_eq!(explain(&["--hold", "shoe_size"]).0, Some(2));
    let changed = String::from_utf8(receipt.encode()).expect("text").replace("\"seed\":\"0\"", "\"seed\":\"1\"");
    write("receipt.json", changed.as_bytes());
    assert_eq!(explain(&[]).0, Some(4));
}

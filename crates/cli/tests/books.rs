//! The demo's books on the command line.

use std::process::{Command, Output};

fn underglass(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_underglass")).args(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

fn synth(book: &str, rows: &str, seed: &str) -> String {
    let (code, out, err) =
        underglass(&["synth", "applications", "--book", book, "--rows", rows, "--seed", seed, "--out", "-"]);
    assert_eq!(code, Some(0), "{book}: {err}");
    out
}

#[test]
fn every_book_has_a_world_of_its_own() {
    for (book, column) in [
        ("auto", "vehicle_price"),
        ("personal", "loan_purpose"),
        ("pos", "purchase_amount"),
        ("macro", "unemployment_rate"),
    ] {
        let csv = synth(book, "200", "7");
        let header = csv.lines().next().unwrap_or_default();
        assert!(header.split(',').any(|name| name == column) && header.ends_with(",bad"), "{book}: {header}");
        assert_eq!(csv.lines().count(), 201);
        // Fewer rows of the same seed are the first ones of more.
        assert!(csv.starts_with(&synth(book, "50", "7")), "{book}");
        assert_ne!(csv, synth(book, "200", "8"), "{book}");
    }
}

#[test]
fn a_shock_for_a_world_that_knows_none_is_refused() {
    let (code, _, err) =
        underglass(&["synth", "applications", "--book", "pos", "--rows", "1", "--shock", "any.json", "--out", "-"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--shock"), "{err}");
}

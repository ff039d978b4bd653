//! `segment` and `comparable` as a person runs them: files in, groups and past cases out.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn underglass(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_underglass"))
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output()
        .expect("the binary runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Three kinds of rows by debt, of which two, four and six in ten are bad; ages and e-mail addresses nobody may see.
fn rows(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    let row = |row: usize| {
        let (kind, home) = (row % 3, if row.is_multiple_of(2) { "own" } else { "rent" });
        let bad = u8::from(row * 7 % 10 < 2 * kind + 2);
        format!("{},{home},{},person{row}@example.org,{},{bad}\n", 1000 * kind + row % 7, 40 + row % 11, 1 + row % 2)
    };
    let csv: String =
        std::iter::once("debt,home,age,contact,times,late\n".to_owned()).chain((0..300).map(row)).collect();
    std::fs::write(folder.join("rows.csv"), csv).expect("written");
    folder
}

#[test]
fn segments_are_those_of_the_rows_and_their_figures_add_up() {
    let folder = rows("segments");
    let asked = "segment --data rows.csv --columns debt --k 3 --weight times --target late --out s.csv --json";
    let done = underglass(&folder, asked);
    let found = json(&done);
    assert_eq!(code(&done), 0, "{found}");
    let segments = found["segments"].as_array().expect("segments");
    let sum = |of: &str| segments.iter().filter_map(|segment| segment[of].as_f64()).sum::<f64>();
    assert_eq!((sum("rows"), sum("weight")), (300.0, 450.0));
    assert!((sum("inertia") - found["inertia"].as_f64().expect("a number")).abs() < 1e-9);
    let csv = std::fs::read_to_string(folder.join("s.csv")).expect("written");
    assert_eq!(csv.lines().next(), Some("row,segment"));
    for (row, line) in csv.lines().skip(1).enumerate() {
        let segment: usize = line.strip_prefix(&format!("{row},")).and_then(|of| of.parse().ok()).expect("a segment");
        let center = segments[segment]["center"]["debt"].as_f64().expect("a center");
        assert!((center - (1000 * (row % 3)) as f64 - 3.0).abs() < 1.0, "row {row}: {center}");
        let bad_rate = segments[segment]["bad_rate"]["value"].as_f64().expect("a share");
        assert!((bad_rate - 0.2 * (row % 3 + 1) as f64).abs() < 1e-9, "row {row}: {bad_rate}");
    }
    assert_eq!(found["segments"], json(&underglass(&folder, asked))["segments"]);
    let given = "segment --data rows.csv --columns debt --start 2,0,1 --weight times --out g.csv --json";
    let labels = json(&underglass(&folder, given))["segments"].clone();
    let debts: Vec<Option<f64>> = (0..3).map(|segment| labels[segment]["center"]["debt"].as_f64()).collect();
    assert!(
        debts.iter().zip([2003.0, 3.0, 1003.0]).all(|(debt, near)| debt.is_some_and(|debt| (debt - near).abs() < 1.0))
    );
    for (wrong, expected) in [("--start 0,300", 2), ("--start 0 --k 2", 2), ("", 2), ("--start x", 2)] {
        let done = underglass(&folder, &format!("segment --data rows.csv --columns debt --out g.csv {wrong}"));
        assert_eq!(code(&done), expected, "{wrong}");
    }
    let refused =
        |columns: &str| underglass(&folder, &format!("segment --data rows.csv --columns {columns} --k 2 --out s.csv"));
    for columns in ["nothing", "debt,age", "debt,contact"] {
        let done = refused(columns);
        assert_eq!(code(&done), 3, "{columns}");
        assert!(!String::from_utf8_lossy(&done.stderr).contains("example.org"));
    }
    let done = underglass(&folder, "segment --data rows.csv --columns debt,home --k 400 --out s.csv");
    assert_eq!(code(&done), 3, "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn comparable_cases_show_what_is_permitted_and_nothing_else() {
    let folder = rows("comparable");
    assert_eq!(code(&underglass(&folder, "comparable --data rows.csv --row 4")), 3, "personal data has no answer yet");
    let done = underglass(&folder, "comparable --data rows.csv --drop contact --target late --row 4 --k 3 --json");
    let found = json(&done);
    assert_eq!(code(&done), 0, "{found}");
    let cases = found["cases"].as_array().expect("cases");
    // Row 4 is the row 46, 88, … again: as much debt, the same home, as often.
    assert_eq!(cases.iter().map(|case| case["row"].clone()).collect::<Vec<_>>(), [46, 88, 130]);
    for case in cases {
        assert_eq!((&case["distance"], &case["bad"]), (&0.0.into(), &(case["row"] != 88).into()));
        let names: Vec<&String> = case["values"].as_object().expect("values").keys().collect();
        assert_eq!(names, ["debt", "home", "times"]);
    }
    std::fs::write(folder.join("form.json"), r#"{"debt": 2004, "home": "own"}"#).expect("written");
    let done = underglass(&folder, "comparable --data rows.csv --drop contact --target late --form form.json --k 4");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!((code(&done), text.lines().count()), (0, 4), "{text}");
    assert!(text.lines().all(|line| line.contains("debt 2004, home own") && !line.contains("age")), "{text}");
    for (asked, expected) in [("--row 300", 2), ("", 2), ("--row 1 --form form.json", 2)] {
        assert_eq!(code(&underglass(&folder, &format!("comparable --data rows.csv --drop contact {asked}"))), expected);
    }
    std::fs::write(folder.join("form.json"), r#"{"debt": "much", "age": 3, "job": "x"}"#).expect("written");
    assert_eq!(code(&underglass(&folder, "comparable --data rows.csv --drop contact --form form.json")), 3);
}

//! `evaluate` and `gate` as a person runs them: files in, exit codes and reports out.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn underglass(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_underglass"))
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output()
        .expect("the binary runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Rows whose outcome follows `debt`, or follows nothing when `lag` moves the outcomes to other rows; the last column's
/// name and values are hostile.
fn csv(rows: u64, lag: u64) -> String {
    let draw = |row: u64, of: u64| {
        (row * 2 + of).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 54
    };
    let debt = |row: u64| draw(row, 0);
    let bad = |row: u64| u8::from(draw(row, 1) < debt(row) * 3 / 4);
    let line = |row: u64| {
        let tag = if row.is_multiple_of(3) { "<b>own</b>" } else { "\"rent & \"\"more\"\"\"" };
        format!("{},{},{}\n", debt(row), tag, bad((row + lag) % rows))
    };
    format!("debt,<i>home</i>,bad\n{}", (0..rows).map(line).collect::<String>())
}

fn trained(name: &str) -> PathBuf {
    let folder = folder(name);
    for (file, lag) in [("rows.csv", 0), ("shuffled.csv", 977)] {
        std::fs::write(folder.join(file), csv(2500, lag)).expect("written");
    }
    for (data, artifact) in [("rows.csv", "model.json"), ("shuffled.csv", "worse.json")] {
        let done = underglass(&folder, &format!("train risk --data {data} --target bad --folds 3 --out {artifact}"));
        assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    }
    folder
}

#[test]
fn evaluate_writes_a_report_that_escapes_names_and_says_what_json_says() {
    let folder = trained("evaluate");
    let asked = "evaluate --json --artifact model.json --data rows.csv --train rows.csv --target bad --group debt \
                 --segment <i>home</i> --against worse.json --resamples 40 --out report";
    let done = underglass(&folder, asked);
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let found = json(&done);
    let quality = &found["evaluation"]["quality"];
    assert_eq!(found["evaluation"]["sample"], "training");
    assert_eq!(found["evaluation"]["training"], *quality);
    assert!(quality["auc"]["low"].as_f64().expect("a number") > 0.6, "{quality}");
    assert!(found["comparison"]["auc"]["low"].as_f64().expect("a number") > 0.0);
    assert_eq!(found["evaluation"]["segments"].as_array().map(Vec::len), Some(2));
    let read = |name: &str| std::fs::read_to_string(folder.join("report").join(name)).expect("the report");
    assert_eq!(serde_json::from_str::<Value>(&read("evaluation_report.json")).expect("JSON"), found);
    let page = read("evaluation_report.html");
    assert!(page.contains("By &lt;i&gt;home&lt;/i&gt;") && page.contains("&lt;b&gt;own&lt;/b&gt;"));
    assert!(!page.contains("<i>") && !page.contains("<b>") && !page.contains("<script") && !page.contains("http:"));
    assert_eq!(page.matches("<svg").count(), 6);
    let auc = format!("{:.4}", quality["auc"]["value"].as_f64().expect("a number"));
    assert!(page.contains(&auc), "{auc}");
    assert_eq!(json(&underglass(&folder, asked)), found);
}

#[test]
fn gate_admits_the_champion_itself_and_refuses_a_model_of_shuffled_outcomes() {
    let folder = trained("gate");
    // Two timings of one model can differ on a busy machine, so the bar of time is set aside.
    let with = "--data rows.csv --target bad --resamples 40 --latency-ratio 1000";
    let itself = underglass(&folder, &format!("gate model.json model.json {with} --out report"));
    assert_eq!(code(&itself), 0, "{}", String::from_utf8_lossy(&itself.stdout));
    assert!(std::fs::read_to_string(folder.join("report/gate_report.html")).expect("the page").contains("admitted"));
    let worse = underglass(&folder, &format!("gate model.json worse.json {with}"));
    assert_eq!(code(&worse), 1);
    let said = String::from_utf8_lossy(&worse.stdout).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("refused: ") && last.contains("AUC") && last.contains("log-loss"), "{said}");
    let better = underglass(&folder, &format!("gate worse.json model.json {with} --json --group-columns <i>home</i>"));
    let found = json(&better);
    assert_eq!((code(&better), &found["admitted"]), (0, &Value::Bool(true)), "{found}");
    let names = found["gate"]["checks"].as_array().expect("checks").iter().map(|check| check["name"].as_str());
    assert!(names.flatten().any(|name| name == "adverse impact by <i>home</i>"), "{found}");
}

#[test]
fn wrong_questions_have_their_exit_codes() {
    let folder = trained("refusals");
    let with = "--artifact model.json --data rows.csv --target bad";
    let bytes = std::fs::read_to_string(folder.join("model.json")).expect("the model");
    std::fs::write(folder.join("broken.json"), bytes.replacen("\"bad\"", "\"Bad\"", 1)).expect("written");
    for (arguments, expected, says) in [
        (format!("evaluate {with} --group nothing"), 2, "\"nothing\" is not an input"),
        (format!("evaluate {with} --segment nothing"), 2, "no column \"nothing\""),
        (format!("evaluate {with} --segment debt"), 2, "at most 40"),
        (format!("evaluate {with} --train shuffled.csv"), 3, "the model learned from"),
        ("evaluate --artifact model.json --data rows.csv --target nothing".to_owned(), 3, "nothing"),
        ("evaluate --artifact broken.json --data rows.csv --target bad".to_owned(), 4, "broken.json"),
        ("gate model.json absent.json --data rows.csv --target bad".to_owned(), 5, "absent.json"),
        ("gate model.json model.json --data rows.csv --target bad --margin 0".to_owned(), 2, "--margin"),
    ] {
        let done = underglass(&folder, &arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(code(&done), expected, "{arguments}: {said}");
        assert!(said.contains(says), "{arguments}: {said}");
    }
}

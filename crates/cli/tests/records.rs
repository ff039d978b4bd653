//! What `train` leaves beside an artifact, what `export` makes of it, and what `verify --proofs` says: files in, files out.

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

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A new folder with a model of a column with a hostile name.
fn trained(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    let rows: String = (0..600).map(|i| format!("{},{}\n", i % 40, u8::from(i * 7919 % 97 < i % 40 + 20))).collect();
    std::fs::write(folder.join("rows.csv"), format!("<b>debt</b>|x,bad\n{rows}")).expect("written");
    let asked = "train risk --data rows.csv --target bad --folds 3 --seed 5 --experiment loans --out a.json";
    let done = underglass(&folder, asked);
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    folder
}

#[test]
fn a_run_is_recorded_and_exported_whole() {
    let folder = trained("records");
    let (record, artifact) = (json(&read(folder.join("a.run.json"))), json(&read(folder.join("a.json"))));
    assert_eq!((&record["kind"], &record["format"], &record["seed"]), (&"run".into(), &1.into(), &"5".into()));
    assert_eq!((&record["experiment"], &record["model_name"]), (&"loans".into(), &"risk".into()));
    assert_eq!(record["artifact"]["sha256"], artifact["sha256"]);
    assert_eq!(record["data"]["sha256"], artifact["lineage"]["data_sha256"]);
    assert_eq!(record["metrics"]["auc"], artifact["metrics"]["auc"]);
    for metric in ["accuracy", "precision", "recall", "f1"] {
        let end = |end: &str| record["metrics"][metric][end].as_f64().expect("a number");
        assert!(end("low") <= end("value") && end("value") <= end("high"), "{metric}: {}", record["metrics"][metric]);
    }
    let done = underglass(&folder, "export mlflow a.run.json --champion a.run.json --out store --json");
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let id = json(&String::from_utf8_lossy(&done.stdout))["runs"][0].as_str().expect("an id").to_owned();
    let mlruns = folder.join("store/mlruns");
    let version = json(&read(mlruns.join("models/risk/version-1/meta.yaml")));
    assert_eq!(version["run_id"], id.as_str());
    assert_eq!(read(mlruns.join("models/risk/aliases/champion")), "1");
    let source = version["source"].as_str().and_then(|source| source.strip_prefix("file://")).expect("a file");
    assert_eq!(read(Path::new(source).join("a.json")), read(folder.join("a.json")));
    // A store is written whole, never into another; and an artifact is the one that the run made.
    assert_eq!(code(&underglass(&folder, "export mlflow a.run.json --out store")), 2);
    std::fs::copy(folder.join("a.bands.json"), folder.join("a.json")).expect("copied");
    let done = underglass(&folder, "export mlflow a.run.json --out other");
    assert_eq!(code(&done), 4);
    assert!(String::from_utf8_lossy(&done.stderr).contains("the run made"));
}

#[test]
fn a_card_escapes_names_and_takes_the_evaluation_of_its_own_artifact() {
    let folder = trained("card");
    let done =
        underglass(&folder, "evaluate --artifact a.json --data rows.csv --target bad --resamples 20 --out report");
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let asked = "export modelcard a.json --evaluation report/evaluation_report.json --out card";
    assert_eq!(code(&underglass(&folder, asked)), 0);
    let page = read(folder.join("card/model_card.html"));
    assert!(page.contains("&lt;b&gt;debt&lt;/b&gt;|x") && !page.contains("<b>") && !page.contains("<script"));
    assert!(page.contains("The evaluation was made on the training data"));
    assert!(read(folder.join("card/model_card.md")).contains("&lt;b&gt;debt&lt;/b&gt;\\|x"));
    let card = json(&read(folder.join("card/model_card.json")));
    assert_eq!(card["artifact_sha256"], json(&read(folder.join("a.json")))["sha256"]);
    let report = read(folder.join("report/evaluation_report.json"));
    let sha256 = card["artifact_sha256"].as_str().expect("a digest");
    std::fs::write(folder.join("other.json"), report.replace(sha256, &"0".repeat(64))).expect("written");
    assert_eq!(code(&underglass(&folder, "export modelcard a.json --evaluation other.json --out card")), 3);
}

#[test]
fn proofs_are_a_table_and_json() {
    let folder = trained("proofs");
    let done = underglass(&folder, "verify --proofs a.json");
    assert_eq!(code(&done), 0, "nothing is declared, so nothing is broken");
    assert!(String::from_utf8_lossy(&done.stdout).contains("0 of 0 declared directions"));
    let proofs = json(&String::from_utf8_lossy(&underglass(&folder, "verify --proofs --json a.json").stdout));
    assert_eq!(proofs["proofs"]["inputs"][0]["name"], "<b>debt</b>|x");
    assert_eq!(code(&underglass(&folder, "verify --proofs a.bands.json")), 2);
}

#[test]
fn training_figures_and_the_effect_of_treated_rows_are_recorded() {
    let folder = trained("effect");
    let plain = json(&read(folder.join("a.run.json")));
    assert_eq!(plain["training"].as_array().map(Vec::len), Some(4));
    assert!(plain["effect"].is_null());
    for asked in ["--smote", "--balanced", "--winsorise 0.02", "--smote --winsorise 0.02"] {
        let done = underglass(
            &folder,
            &format!("train risk --data rows.csv --target bad --folds 3 --json {asked} --out b.json"),
        );
        assert_eq!(code(&done), 0, "{asked}: {}", String::from_utf8_lossy(&done.stderr));
        let found = json(&String::from_utf8_lossy(&done.stdout));
        let record = json(&read(folder.join("b.run.json")));
        assert_eq!((&found["training"], &found["effect"]), (&record["training"], &record["effect"]), "{asked}");
        for gap in found["training"].as_array().expect("figures") {
            let figure = |of: &str| gap[of]["value"].as_f64().expect("a number");
            assert_eq!(gap["difference"], figure("training") - figure("out_of_fold"), "{asked}");
        }
        for side in ["without", "with"] {
            for figure in ["intercept", "slope", "log_loss"] {
                assert!(found["effect"][side]["as_learned"][figure].is_f64(), "{asked}: {}", found["effect"]);
            }
            let calibrated = &found["effect"][side]["calibrated"];
            assert!(calibrated["intercept"].as_f64().is_some_and(|x| x.abs() < 0.01), "{asked}: {calibrated}");
        }
        assert_eq!(code(&underglass(&folder, "verify b.json")), 0);
    }
    assert_eq!(
        code(&underglass(&folder, "train risk --data rows.csv --target bad --smote --balanced --out c.json")),
        2
    );
    assert_eq!(code(&underglass(&folder, "train risk --data rows.csv --target bad --winsorise 0.7 --out c.json")), 3);
}

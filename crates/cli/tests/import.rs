//! Models of other libraries as a user meets them: exit codes, what is said, and scores with the library's own bits.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn underglass(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underglass"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).args(arguments.split(' ')).output().expect("the binary runs");
    (status.code(), String::from_utf8(stdout).expect("text") + &String::from_utf8(stderr).expect("text"))
}

/// A case of the project's own copies, with its rows as `rows.csv` and the library's margins or probabilities in `margin`.
fn case(folder: &Path, name: &str, model: &str) -> Value {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/cases/trees").join(name);
    std::fs::copy(own.join(model), folder.join(model)).expect("the model");
    let text = std::fs::read_to_string(own.join("expected.json")).expect("expected answers");
    let expected: Value = serde_json::from_str(&text).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let names: Vec<String> = list(&expected["feature_names"]).iter().map(text_of).collect();
    let answers = &expected["expected"];
    let margins = ["margin", "raw_score"].iter().find_map(|name| answers[name].as_array());
    let margin = |row: usize| match margins {
        Some(margins) => text_of(&margins[row]),
        None => text_of(&answers["onnxruntime_probability"][row][1]),
    };
    let mut csv = names.join(",") + ",margin,bad\n";
    for (row, cells) in list(&expected["rows"]).iter().enumerate() {
        let cells: Vec<String> = list(cells).iter().map(text_of).collect();
        writeln!(csv, "{},{},{}", cells.join(","), margin(row), u8::from(row % 3 == 0)).expect("written");
    }
    std::fs::write(folder.join("rows.csv"), csv).expect("written");
    expected
}

fn text_of(value: &Value) -> String {
    match value.as_str() {
        Some("NaN") => String::new(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn column(csv: &str, name: &str) -> Vec<f64> {
    let mut lines = csv.lines();
    let at = lines.next().expect("a header").split(',').position(|found| found == name).expect(name);
    lines.map(|line| line.split(',').nth(at).expect("a cell").parse().expect("a number")).collect()
}

#[test]
fn a_model_without_rows_scores_and_explains_and_says_that_it_is_unverified() {
    let folder = folder("import-bare");
    let expected = case(&folder, "xgb_depth3_missing", "model.ubj");
    let (code, said) = underglass(&folder, "import xgboost model.ubj --out model.json");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("unverified") && said.contains("gives no reasons"), "{said}");
    let (code, said) = underglass(&folder, "verify model.json");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = underglass(&folder, "score --artifact model.json --data rows.csv --out out.csv --explain path");
    assert_eq!(code, Some(0), "{said}");
    let csv = std::fs::read_to_string(folder.join("out.csv")).expect("scores");
    let margins = column(&csv, "margin");
    for (found, expected) in margins.iter().zip(expected["expected"]["margin"].as_array().expect("margins")) {
        assert_eq!(*found as f32, expected.as_f64().expect("a number") as f32);
    }
    let mut sums = column(&csv, "base");
    for name in expected["feature_names"].as_array().expect("names") {
        let values = column(&csv, name.as_str().expect("a name"));
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    // Leaves were added in single precision.
    assert!(sums.iter().zip(&margins).all(|(sum, margin)| (sum - margin).abs() < 1e-5), "{csv}");
    let (code, said) = underglass(&folder, "score --artifact model.json --data rows.csv --out out.csv --decide");
    assert_eq!(code, Some(0), "{said}");
    let csv = std::fs::read_to_string(folder.join("out.csv")).expect("decisions");
    assert!(csv.contains("no_reference") && !csv.contains("decline"), "{csv}");
}

#[test]
fn parity_is_written_down_or_refused() {
    let folder = folder("import-parity");
    case(&folder, "lgb_categorical", "model.txt");
    let (code, said) = underglass(&folder, "import lightgbm model.txt --out model.json --parity rows.csv --json");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\"verified\"") && said.contains("\"largest_difference\":0.0"), "{said}");
    let rows = std::fs::read_to_string(folder.join("rows.csv")).expect("rows");
    let mut lines: Vec<String> = rows.lines().map(str::to_owned).collect();
    let last = lines[3].rsplit(',').nth(1).expect("a margin").to_owned();
    let moved = format!("{}", last.parse::<f64>().expect("a number") + 2e-6);
    lines[3] = lines[3].replace(&last, &moved);
    std::fs::write(folder.join("rows.csv"), lines.join("\n") + "\n").expect("written");
    let (code, said) = underglass(&folder, "import lightgbm model.txt --out other.json --parity rows.csv");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("rows.csv line 4") && !folder.join("other.json").exists(), "{said}");
}

#[test]
fn a_reference_gives_ranges_bins_and_a_calibration() {
    let folder = folder("import-reference");
    case(&folder, "skl_gb", "model.onnx");
    std::fs::write(
        folder.join("spec.toml"),
        "name = \"known\"\n[[inputs]]\nname = \"income\"\nlabel = \"Income a month\"\nunit = \"USD\"\n\
         [[features]]\nname = \"dti\"\ndirection = \"increasing\"\nfamily = \"burden\"\n",
    )
    .expect("written");
    let (code, said) = underglass(
        &folder,
        "import onnx model.onnx --out model.json --features income,dti,utilisation,age,delinq,tenure \
         --reference rows.csv --target bad --positive 1 --spec spec.toml",
    );
    assert_eq!(code, Some(0), "{said}");
    let text = std::fs::read_to_string(folder.join("model.json")).expect("the artifact");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["name"], "known");
    assert_eq!(file["populations"]["all"]["rows"], 40);
    assert_eq!(file["bins"].as_array().map(Vec::len), Some(7));
    assert_eq!(file["schema"]["inputs"][0]["label"], "Income a month");
    assert_eq!(file["schema"]["features"][1]["family"], "burden");
    assert!(file["schema"]["features"][0]["median"].is_number());
    assert_ne!(file["calibration"]["slope"], 1.0);
    let (code, said) = underglass(&folder, "score --artifact model.json --data rows.csv --out out.csv --decide");
    assert_eq!(code, Some(0), "{said}");
    for member in ["folds = 3", "drop = [\"age\"]", "[[inputs]]\nname = \"age\"\npermitted = \"audit_only\""] {
        std::fs::write(folder.join("spec.toml"), member).expect("written");
        let asked = "import onnx model.onnx --out x.json --features income,dti,utilisation,age,delinq,tenure";
        let (code, said) = underglass(&folder, &format!("{asked} --spec spec.toml"));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("says how to train a model"), "{said}");
    }
    let (code, said) = underglass(&folder, "import onnx model.onnx --out model.json --features a,b");
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn what_is_no_model_of_one_output_is_named() {
    let folder = folder("import-refused");
    case(&folder, "xgb_depth3_missing", "model.ubj");
    for (library, content, said_of_it) in [
        ("xgboost", "{\"learner\": 1}", "line 1 column"),
        ("lightgbm", "tree\nobjective=lambdarank\nnum_class=1\nnum_tree_per_iteration=1\n", "end of trees"),
        (
            "lightgbm",
            "tree\nobjective=lambdarank\nnum_class=1\nnum_tree_per_iteration=1\nend of trees\n",
            "the ranking objective",
        ),
        ("onnx", "{}", "damaged"),
    ] {
        std::fs::write(folder.join("model"), content).expect("written");
        let (code, said) = underglass(&folder, &format!("import {library} model --out model.json"));
        assert_eq!(code, Some(4), "{library}: {said}");
        assert!(said.contains(said_of_it), "{library}: {said}");
    }
}

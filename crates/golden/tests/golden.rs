//! Walks the golden folder natively. `UNDERGLASS_GOLDEN` names it, else the shared one, else the project's own copy.
#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    match std::env::var_os("UNDERGLASS_GOLDEN") {
        Some(named) => named.into(),
        None if shared.is_dir() => shared,
        None => own,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "one line a file is what this test is read for")]
fn golden_files_are_met() {
    let folder = folder();
    let (mut found, mut ran, mut failures) = (0, 0, Vec::new());
    for (kind, name) in underglass_golden::KINDS {
        let path = folder.join(kind).join(format!("{name}.json"));
        found += usize::from(path.exists());
        let Ok(bytes) = std::fs::read(&path) else {
            println!("golden {kind}/{name}: not in {}", folder.display());
            continue;
        };
        ran += 1;
        let report = underglass_golden::check(kind, name, &bytes).expect("every listed kind is answered for");
        println!("{}", underglass_golden::line(kind, name, &report));
        failures.extend(report.failures.iter().map(|failure| format!("{kind}/{name}: {failure}")));
    }
    println!("golden found={found} ran={ran}");
    assert!(found > 0, "no golden file in {}", folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
#[expect(clippy::print_stdout, reason = "one line a file is what this test is read for")]
fn golden_csv_files_are_read_as_the_manifest_says() {
    let folder = folder().join("csv");
    let Ok(manifest) = std::fs::read(folder.join("manifest.json")) else {
        return println!("golden csv: not in {}", folder.display());
    };
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("a manifest");
    let entries = manifest["files"].as_array().expect("a list of files");
    let mut failures = Vec::new();
    for entry in entries {
        let name = entry["file"].as_str().expect("a file name");
        let csv = std::fs::read(folder.join(name)).expect(name);
        let bytes = [entry.to_string().as_bytes(), b"\n", &csv].concat();
        let report = underglass_golden::check("csv", name, &bytes).expect("the kind is answered for");
        println!("{}", underglass_golden::line("csv", name, &report));
        failures.extend(report.failures.iter().map(|failure| format!("csv/{name}: {failure}")));
    }
    println!("golden found={0} ran={0}", entries.len());
    assert!(!entries.is_empty() && failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
#[expect(clippy::print_stdout, reason = "one line a file is what this test is read for")]
fn golden_models_of_other_libraries_are_imported_or_refused() {
    let folder = folder().join("trees");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("golden trees: not in {}", folder.display());
    };
    let mut cases: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    cases.sort();
    let (mut found, mut failures) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.join("expected.json").exists()) {
        let expected = std::fs::read(case.join("expected.json")).expect("expected answers");
        for file in ["model.json", "model.ubj", "model.txt", "model.onnx"] {
            let Ok(model) = std::fs::read(case.join(file)) else { continue };
            found += 1;
            let name = format!("{}/{file}", case.file_name().unwrap_or_default().to_string_lossy());
            let bytes = [format!("{}\n", expected.len()).as_bytes(), &expected, &model].concat();
            let report = underglass_golden::check("trees", &name, &bytes).expect("the kind is answered for");
            println!("{}", underglass_golden::line("trees", &name, &report));
            failures.extend(report.failures.iter().take(5).map(|failure| format!("trees/{name}: {failure}")));
        }
    }
    println!("golden found={found} ran={found}");
    assert!(found > 0 && failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
#[expect(clippy::print_stdout, reason = "one line a file is what this test is read for")]
fn golden_counterfactuals_are_the_cheapest() {
    let folder = folder().join("counterfactual");
    let [Ok(expected), Ok(model)] = ["expected.json", "model.json"].map(|file| std::fs::read(folder.join(file))) else {
        return println!("golden counterfactual: not in {}", folder.display());
    };
    let bytes = [format!("{}\n", expected.len()).as_bytes(), &expected, &model].concat();
    let report = underglass_golden::check("counterfactual", "model.json", &bytes).expect("the kind is answered for");
    println!("{}", underglass_golden::line("counterfactual", "model.json", &report));
    println!("golden found=1 ran=1");
    assert!(report.cases > 0 && report.failures.is_empty(), "{}", report.failures.join("\n"));
}

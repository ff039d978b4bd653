//! Builds the site into `dist/`: the engine module, the lab module, the page.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Result, Stop,
    tools::{Toolbox, root, run},
};

/// Everything a visitor needs until the first decision stands on the page, as a gzip server sends it.
const FIRST_DECISION_BYTES: u32 = 420_000;

pub(crate) fn build(toolbox: &Toolbox) -> Result<()> {
    if !root().join("www/artifacts/manifest.json").is_file() {
        return Err(Stop::new(
            "www/artifacts has no manifest.json; `cargo xtask demo` makes the artifacts and the site.",
        ));
    }
    build_module(toolbox, "pkg/wasm", "")?;
    build_module(toolbox, "target/lab", "--features learn")?;
    run(&mut toolbox.command("trunk build --release"))?;
    run(&mut measure(toolbox))
}

/// Prints the size of what the first decision needs.
fn measure(toolbox: &Toolbox) -> std::process::Command {
    toolbox.command(&format!("node xtask/src/sizes.mjs dist {FIRST_DECISION_BYTES}"))
}

/// Fails when the first decision needs more than it may.
pub(crate) fn require_small(toolbox: &Toolbox) -> Result<()> {
    run(measure(toolbox).arg("--strict"))
}

/// Builds `crates/wasm` for the browser into `folder`, with JavaScript and types beside it.
pub(crate) fn build_module(toolbox: &Toolbox, folder: &str, features: &str) -> Result<()> {
    // wasm-pack reads a relative --out-dir from the crate's folder, and wants cargo's own options last.
    run(&mut toolbox.command(&format!(
        "wasm-pack build crates/wasm --profile module --target web --no-pack --no-opt --mode no-install \
         --out-dir ../../{folder} {features}"
    )))?;
    let folder = root().join(folder);
    remove(&folder.join(".gitignore"))?;
    // By ourselves, because wasm-pack passes over a missing wasm-opt without a word.
    for module in modules(&folder)? {
        run(toolbox.command("wasm-opt -O3").arg(&module).arg("-o").arg(&module))?;
    }
    Ok(())
}

fn modules(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| Stop::at(folder, &error))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Stop::at(file, &error)),
        _ => Ok(()),
    }
}

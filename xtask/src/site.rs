//! Builds the site into `dist/`: the engine module, the lab module, the page.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Result, Stop,
    tools::{self, Toolbox, root, run},
};

/// Everything a visitor needs until the first decision stands on the page, as a gzip server sends it.
const FIRST_DECISION_BYTES: u32 = 420_000;

/// What the compiler takes for granted of a browser, and after a split no module says any more; then rounds, because each
/// finds what the one before made possible.
const SMALLEST: &str = "wasm-opt --enable-bulk-memory --enable-multivalue --enable-mutable-globals \
                        --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --enable-simd \
                        --flatten --rereloop -Oz --flatten --rereloop -Oz -Oz -Oz --strip-debug --strip-producers \
                        --strip-target-features";

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

/// Builds the page's own modules: what the first decision needs in one, the rest in others that the page fetches later.
/// `target/app/site` is what a server sends, `target/app/head.html` the lines of the page that load it.
///
/// Trunk calls this before it puts the page together, on its own as well, so that `trunk serve` follows every change.
pub(crate) fn build_app(toolbox: &Toolbox) -> Result<()> {
    let folder = root().join("target/app");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Stop::at(&folder, &error)),
        _ => {}
    }
    // Where one function calls another stands in the relocations, and by that the module is split.
    run(&mut toolbox.command(
        "cargo rustc --package underglass-app --bin underglass-app --features split --profile web \
         --target wasm32-unknown-unknown -- -C link-arg=--emit-relocs",
    ))?;
    run(toolbox
        .command("wasm-split-cli")
        .arg(tools::target().join("wasm32-unknown-unknown/web/underglass-app.wasm"))
        .arg(folder.join("split"))
        .args(["--target", "web", "--out-name", "underglass"]))?;
    run(&mut toolbox.command(
        "wasm-bindgen target/app/split/underglass.wasm --target web --no-typescript --keep-lld-exports \
         --out-dir target/app/bound --out-name underglass",
    ))?;
    // Trunk says so when it only serves to a developer, who would rather not wait for this.
    if std::env::var_os("TRUNK_PROFILE").is_none_or(|profile| profile != "debug") {
        let parts = modules(&folder.join("split"))?.into_iter().filter(|part| !part.ends_with("underglass.wasm"));
        for module in modules(&folder.join("bound"))?.into_iter().chain(parts) {
            run(toolbox.command(SMALLEST).arg(&module).arg("-o").arg(&module))?;
        }
    }
    run(&mut toolbox.command("node xtask/src/app.mjs target/app"))
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

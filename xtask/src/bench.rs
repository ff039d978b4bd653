//! Underglass beside its peers: one table of ratios, each row measured in the same run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Result, Stop, demo, site,
    tools::{self, Toolbox, root, run},
};

/// Runs every measurement whose title has `only` in it `rounds` times, ours and the peer's by turns.
pub(crate) fn bench(rounds: u16, only: &str) -> Result<()> {
    let toolbox = tools::for_the_site()?;
    let browser = toolbox.browser()?;
    if !root().join("www/artifacts/manifest.json").is_file() {
        demo::train(&toolbox, &[])?;
    }
    site::build(&toolbox)?;
    site::build_module(&toolbox, "target/bench/lab", "--features learn,bench")?;
    run(&mut toolbox.command("cargo build --release --quiet -p underglass-cli"))?;
    run(&mut toolbox.command("cargo build --release --quiet -p underglass-learn --example speed"))?;
    run(toolbox.command("npm ci --silent --ignore-scripts").current_dir(root().join("tests/bench")))?;
    let python = python(&toolbox)?;
    let data = root().join("target/bench/data");
    prepare(&toolbox, &python, &data)?;

    let built = tools::target().join("release");
    let out = root().join("target/bench/bench.json");
    let mut measure = toolbox.command("node tests/bench/bench.mjs");
    let options: [(&str, &Path); 7] = [
        ("--site", &root().join("dist")),
        ("--lab", &root().join("target/bench/lab")),
        ("--data", &data),
        ("--examples", &built.join("examples")),
        ("--python", &python),
        ("--chromium", &browser.chromium),
        ("--out", &out),
    ];
    options.iter().for_each(|(name, value)| {
        measure.arg(name).arg(value);
    });
    run(measure.args(["--only", only, "--rounds"]).arg(rounds.to_string()))?;
    eprintln!("Every round is in {}.", out.display());
    Ok(())
}

/// The peers' rows and models, and ours on the same rows. Made once.
fn prepare(toolbox: &Toolbox, python: &Path, data: &Path) -> Result<()> {
    if data.join("own.json").is_file() {
        return Ok(());
    }
    eprintln!("      making 300,000 rows and training the peers' models, once");
    run(toolbox.command(&python.display().to_string()).arg("tests/bench/peers.py").arg("make").arg(data))?;
    let underglass =
        |line: &str| toolbox.command(&format!("{} {line}", tools::target().join("release/underglass").display()));
    run(underglass("synth applications --rows 1000 --seed 9 --out").arg(data.join("applications.csv")))?;
    run(underglass("import xgboost").arg(data.join("xgboost.json")).arg("--out").arg(data.join("imported.json")))?;
    run(underglass("train risk --spec tests/bench/own.toml --data")
        .arg(data.join("train.csv"))
        .arg("--out")
        .arg(data.join("own.json")))
}

/// A Python with the peers, in an environment of its own in the tool cache: one a list of versions.
fn python(toolbox: &Toolbox) -> Result<PathBuf> {
    let requirements = root().join("tests/bench/requirements.txt");
    let wanted = fs::read_to_string(&requirements).map_err(|error| Stop::at(&requirements, &error))?;
    let folder = tools::cache()?.join("bench-python");
    let (python, installed) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(python);
    }
    if toolbox.find("python3").is_none() {
        return Err(Stop::new("The peers are Python packages: install Python 3 with its module venv."));
    }
    eprintln!("      installing the peers, once, into {}", folder.display());
    run(toolbox.command("python3 -m venv --clear").arg(&folder))?;
    run(toolbox
        .command(&python.display().to_string())
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(&requirements))?;
    fs::write(&installed, wanted).map_err(|error| Stop::at(&installed, &error))?;
    Ok(python)
}

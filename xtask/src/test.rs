//! Every check of the project, in the order in which a failure is cheapest to learn.

use std::{
    fs, io,
    path::Path,
    process::{Command, ExitCode},
    thread,
};

use crate::{
    Result, Stop, demo,
    report::{Report, Tally},
    serve::Server,
    site,
    tools::{self, Browser, Toolbox, WASM_BINDGEN, output_of, root, run, run_reading},
};

/// How far the tests go.
#[derive(PartialEq)]
pub(crate) enum Reach {
    Native,
    Everything,
}

const FOR_WASM: &str = "--target wasm32-unknown-unknown";
/// All but the app, which exists only in the browser.
const NATIVE: &str = "--workspace --exclude underglass-app";
const DENY_WARNINGS: &str = "-- -D warnings";

/// Runs the steps and prints how each ended; the last line holds the totals.
pub(crate) fn test(reach: Reach, filter: &str) -> Result<ExitCode> {
    let mut report = Report::new(filter);
    let outcome = native(&mut report).and_then(|()| match reach {
        Reach::Native => Ok(()),
        Reach::Everything => browser(&mut report),
    });
    if outcome.is_ok() && report.is_empty() {
        return Err(Stop::new(format!("No step's title contains {filter:?}.")));
    }
    if let Err(stop) = &outcome {
        eprintln!("\n{stop}");
    }
    report.print();
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the native tests and prints how many lines of engine and trainer they ran.
pub(crate) fn coverage() -> Result<()> {
    let toolbox = tools::for_coverage()?;
    let others = "crates/(cli|golden|wasm)/|xtask/|/tests/|/examples/";
    run(toolbox
        .command(&format!("cargo llvm-cov {NATIVE} --summary-only --show-missing-lines"))
        .args(["--ignore-filename-regex", others]))
}

fn native(report: &mut Report) -> Result<()> {
    let toolbox = tools::for_rust();
    let command = |line: &str| toolbox.command(line);

    report.step("dependencies are those of Cargo.lock", |_| run(&mut command("cargo fetch --locked")))?;
    report.step("formatting", |_| run(&mut command("cargo fmt --all --check")))?;
    report
        .step("lint, native", |_| run(&mut command(&format!("cargo clippy {NATIVE} --all-targets {DENY_WARNINGS}"))))?;
    report.step("lint, wasm", |_| {
        for package in
            ["underglass-app", "underglass-app --features split", "underglass-wasm", "underglass-wasm --features learn"]
        {
            run(&mut command(&format!("cargo clippy -p {package} {FOR_WASM} --all-targets {DENY_WARNINGS}")))?;
        }
        Ok(())
    })?;
    report.step("house rules", |_| house_rules(&toolbox))?;
    report.step("tests, native", |tally| tests(command(&format!("cargo test {NATIVE} -- --skip golden")), tally))?;
    report
        .step("tests, golden", |tally| golden(command(&format!("cargo test {NATIVE} golden -- --nocapture")), tally))?;
    report.step("documentation", |_| {
        let mut doc = command("cargo doc --no-deps -p underglass-engine -p underglass-learn");
        run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    if toolbox.find("cargo-deny").is_some() {
        report.step("licences and sources", |_| run(&mut command("cargo deny check bans licenses sources")))
    } else {
        report.skip("licences and sources", "cargo-deny is not on PATH; the GitHub workflow runs it");
        Ok(())
    }
}

fn browser(report: &mut Report) -> Result<()> {
    let mut prepared = None;
    report.prepare("tools and browser", || {
        let toolbox = tools::for_the_site()?;
        let browser = toolbox.browser()?;
        prepared = Some((toolbox, browser));
        Ok(())
    })?;
    let (toolbox, browser) = prepared.expect("preparing either fills this or ends the run");

    report.step("tests in the browser, engine", |tally| {
        tests(wasm_pack_test(&toolbox, &browser, "crates/wasm"), tally)
    })?;
    report
        .step("tests in the browser, app", |tally| tests(wasm_pack_test(&toolbox, &browser, ". --test web"), tally))?;
    report.step("demo artifacts", |_| demo::train(&toolbox, &[]))?;
    report.step("site", |_| site::build(&toolbox))?;
    report.step("bytes to the first decision", |_| site::require_small(&toolbox))?;
    report.step("end to end", |tally| end_to_end(&toolbox, &browser, tally))
}

/// Never with `--release`: with link-time optimisation the same tests take minutes to build.
fn wasm_pack_test(toolbox: &Toolbox, browser: &Browser, package: &str) -> Command {
    let mut test = toolbox.command(&format!("wasm-pack test --headless --chrome --mode no-install {package}"));
    test.env("CHROMEDRIVER", &browser.chromedriver);
    test
}

/// The built site, under a path of its own, driven by Playwright.
fn end_to_end(toolbox: &Toolbox, browser: &Browser, tally: &mut Tally) -> Result<()> {
    run(&mut toolbox.command("npm ci --silent --prefix tests/e2e"))?;
    run(&mut toolbox.command(
        "wasm-pack build crates/golden --dev --target web --no-pack --mode no-install --out-dir ../../target/golden",
    ))?;
    let server = Server::bind(None, "/a/nested/path/")?;
    let mut playwright = toolbox.command("npm test --silent --prefix tests/e2e");
    playwright.env("UNDERGLASS_SITE", server.url()).env("CHROMIUM", &browser.chromium);
    playwright.env("UNDERGLASS_CLI", tools::target().join("release/underglass"));
    thread::spawn(|| server.run());
    tests(playwright, tally)
}

/// Runs a test command and counts its tests; one that ran none has failed.
fn tests(mut command: Command, tally: &mut Tally) -> Result<()> {
    run_reading(&mut command, |line| tally.count(line))?;
    if tally.passed == 0 {
        return Err(Stop::new("This step ran no test."));
    }
    Ok(())
}

/// Golden tests count the files they find and the files they check; both numbers must be the same, and not zero.
fn golden(mut command: Command, tally: &mut Tally) -> Result<()> {
    let (mut found, mut ran) = (0, 0);
    run_reading(&mut command, |line| {
        tally.count(line);
        if let Some((_, counts)) = line.split_once("golden found=") {
            let mut numbers = counts.split(" ran=").map(|number| number.trim().parse().unwrap_or(0));
            found += numbers.next().unwrap_or(0);
            ran += numbers.next().unwrap_or(0);
        }
    })?;
    if found == 0 || ran < found {
        return Err(Stop::new(format!("{found} golden files were found and {ran} were checked.")));
    }
    Ok(())
}

/// What no compiler checks.
fn house_rules(toolbox: &Toolbox) -> Result<()> {
    let tree = |packages: &str| {
        output_of(
            &mut toolbox
                .command(&format!("cargo tree {FOR_WASM} --edges normal --prefix none --format {{p}} {packages}")),
        )
    };
    if tree("-p underglass-wasm")?.contains("underglass-learn ") {
        return Err(Stop::new("The package's module depends on underglass-learn; only its feature `learn` may."));
    }
    let everything = tree("-p underglass-app -p underglass-wasm --features underglass-wasm/learn")?;
    let versions_of = |package: &str| {
        let mut versions: Vec<&str> = everything
            .lines()
            .filter_map(|line| line.strip_prefix(package)?.strip_prefix(" v")?.split(' ').next())
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    };
    // Each major version of getrandom wants its own switch for the browser.
    if let versions @ [_, _, ..] = versions_of("getrandom").as_slice() {
        return Err(Stop::new(format!(
            "The browser crates contain {} versions of getrandom: {versions:?}.",
            versions.len()
        )));
    }
    if versions_of("wasm-bindgen") != [WASM_BINDGEN] {
        return Err(Stop::new(format!(
            "The browser crates use wasm-bindgen {:?}, its command is pinned to {WASM_BINDGEN}.",
            versions_of("wasm-bindgen")
        )));
    }
    no_inline_style(&root().join("src"))?;
    no_inline_style(&root().join("www"))
}

/// The page's policy drops `style` attributes without a word; `style:property=` goes another way and works.
fn no_inline_style(folder: &Path) -> Result<()> {
    let at_folder = |error: io::Error| Stop::at(folder, &error);
    for entry in fs::read_dir(folder).map_err(at_folder)? {
        let path = entry.map_err(at_folder)?.path();
        if path.is_dir() {
            no_inline_style(&path)?;
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html") {
            let text = fs::read_to_string(&path).map_err(|error| Stop::at(&path, &error))?;
            if let Some(at) = text.lines().position(|line| line.contains(" style=")) {
                return Err(Stop::new(format!(
                    "{}:{}: a `style` attribute has no effect under the page's policy; use `style:property=` or a class.",
                    path.display(),
                    at + 1
                )));
            }
        }
    }
    Ok(())
}

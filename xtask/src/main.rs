//! `cargo xtask`: builds, serves and tests Underglass with pinned tools. Only the standard library, so that the first
//! command of a fresh clone starts at once.

#![allow(clippy::disallowed_methods, reason = "progress lines show elapsed time; nothing here reaches a decision")]

mod arguments;
mod bench;
mod demo;
mod report;
mod serve;
mod site;
mod test;
mod tools;

use std::{fmt, io, process::ExitCode};

use arguments::Arguments;

const HELP: &str = "\
cargo xtask demo [--data FILE.csv --target COLUMN --positive LABEL [--drop A,B]] [--port N] [--no-serve]
    Installs the pinned tools, trains on the synthetic worlds (or on your own data), builds the site, serves it.
cargo xtask site
    Builds the site into dist/ from the artifacts that are already in www/artifacts.
cargo xtask app
    Builds the page's own modules into target/app; Trunk calls it.
cargo xtask serve [--port N] [--prefix /some/path/]
    Serves dist/ on this machine only.
cargo xtask test [--native] [--filter TEXT]
    Every check, stopping at the first that fails. --native: without browser. --filter: the steps whose title has TEXT.
cargo xtask test --coverage
    The native tests, and how many lines of engine and trainer they run.
cargo xtask bench [--rounds 5] [--only TEXT]
    Measures Underglass beside XGBoost, LightGBM, CatBoost, shap and onnxruntime-web, and prints the ratios. --only: the
    measurements whose title has TEXT.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(stop) => {
            eprintln!("{stop}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = Arguments::from_env();
    match arguments.command().as_deref() {
        Some("demo") => demo::demo(arguments)?,
        Some("site") => {
            arguments.finish()?;
            site::build(&tools::for_the_site()?)?;
        }
        Some("app") => {
            arguments.finish()?;
            site::build_app(&tools::for_the_site()?)?;
        }
        Some("serve") => {
            let port = arguments.port()?;
            let prefix = arguments.value("--prefix")?.unwrap_or_default();
            arguments.finish()?;
            serve::serve_until_stopped(port, &prefix)?;
        }
        Some("bench") => {
            let rounds = arguments.value("--rounds")?.map_or(Ok(5), |text| text.parse());
            let only = arguments.value("--only")?.unwrap_or_default();
            arguments.finish()?;
            bench::bench(rounds.map_err(|error| Stop::new(format!("--rounds: {error}.")))?, &only)?;
        }
        Some("test") if arguments.flag("--coverage") => {
            arguments.finish()?;
            test::coverage()?;
        }
        Some("test") => {
            let reach = if arguments.flag("--native") { test::Reach::Native } else { test::Reach::Everything };
            let filter = arguments.value("--filter")?.unwrap_or_default();
            arguments.finish()?;
            return test::test(reach, &filter);
        }
        Some("help" | "--help" | "-h") | None => {
            println!("{HELP}");
        }
        Some(other) => {
            return Err(Stop::new(format!("{other:?} is not a command.\n\n{HELP}")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a command stops: one sentence for the person who ran it.
#[derive(Debug)]
struct Stop(String);

type Result<T> = std::result::Result<T, Stop>;

impl Stop {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// For a file or folder that could not be used.
    fn at(path: &std::path::Path, error: &io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

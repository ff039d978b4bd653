//! What a command says: lines for people, an object for programs, and an exit code.

use serde_json::{Value, json};
use std::process::ExitCode;
use underglass_engine::load::LoadError;
use underglass_engine::receipt::ReplayError;
use underglass_engine::seal::SealError;

/// A finished command.
pub(crate) struct Report {
    lines: Vec<String>,
    object: Value,
    code: u8,
}

impl Report {
    pub(crate) fn new(lines: Vec<String>, object: Value) -> Self {
        Self { lines, object, code: 0 }
    }

    /// The same, but the result says no: exit code 1.
    pub(crate) fn no(self) -> Self {
        Self { code: 1, ..self }
    }

    /// The same, but the data cannot be used: exit code 3.
    pub(crate) fn refused(self) -> Self {
        Self { code: 3, ..self }
    }

    #[expect(clippy::print_stdout, reason = "this is where results reach a person")]
    pub(crate) fn print(self, as_json: bool) -> ExitCode {
        if as_json {
            println!("{}", self.object);
        } else {
            self.lines.iter().for_each(|line| println!("{line}"));
        }
        ExitCode::from(self.code)
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Options that do not go together.
    #[error("{0}")]
    Usage(String),
    /// Data that cannot be used.
    #[error("{0}")]
    Data(String),
    /// An artifact, policy, pricing, catalogue or receipt that cannot be used.
    #[error("{0}")]
    Artifact(String),
    /// A file that cannot be read or written.
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
}

impl Fault {
    fn code(&self) -> (u8, &'static str) {
        match self {
            Fault::Usage(_) => (2, "usage"),
            Fault::Data(_) => (3, "data_refused"),
            Fault::Artifact(_) => (4, "artifact_refused"),
            Fault::Io { .. } => (5, "io"),
        }
    }

    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where errors reach a person")]
    pub(crate) fn print(self, as_json: bool) -> ExitCode {
        let (code, name) = self.code();
        if as_json {
            println!("{}", json!({ "error": { "code": name, "message": self.to_string() } }));
        } else {
            eprintln!("underglass: {self}");
        }
        ExitCode::from(code)
    }
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Self {
        Fault::Artifact(error.to_string())
    }
}

impl From<SealError> for Fault {
    fn from(error: SealError) -> Self {
        Fault::Artifact(error.to_string())
    }
}

impl From<ReplayError> for Fault {
    fn from(error: ReplayError) -> Self {
        Fault::Artifact(error.to_string())
    }
}

/// A line of progress on standard error.
#[expect(clippy::print_stderr, reason = "progress goes to standard error")]
pub(crate) fn progress(line: &str) {
    eprintln!("{line}");
}

/// A line on standard error that is written over by the next.
#[expect(clippy::print_stderr, reason = "progress goes to standard error")]
pub(crate) fn over(line: &str) {
    eprint!("\r\u{1b}[K{line}");
}

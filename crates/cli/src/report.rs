//! What a command says: lines for people, an object for programs, and an exit code.

use serde_json::{Value, json};
use std::io::{self, Write};
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

    pub(crate) fn print(self, as_json: bool) -> ExitCode {
        if as_json {
            say(&mut io::stdout(), &format!("{}\n", self.object));
        } else {
            self.lines.iter().for_each(|line| say(&mut io::stdout(), &format!("{line}\n")));
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
    Io { file: String, source: io::Error },
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

    pub(crate) fn print(self, as_json: bool) -> ExitCode {
        let (code, name) = self.code();
        if as_json {
            let error = json!({ "error": { "code": name, "message": self.to_string() } });
            say(&mut io::stdout(), &format!("{error}\n"));
        } else {
            say(&mut io::stderr(), &format!("underglass: {self}\n"));
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
pub(crate) fn progress(line: &str) {
    say(&mut io::stderr(), &format!("{line}\n"));
}

/// A line on standard error that is written over by the next.
pub(crate) fn over(line: &str) {
    say(&mut io::stderr(), &format!("\r\u{1b}[K{line}"));
}

fn say(out: &mut impl Write, text: &str) {
    // Whoever reads may have had enough, as `head` has: the exit code says the rest.
    let _ = out.write_all(text.as_bytes());
}

//! The command line, read by hand: four commands do not need a parser that takes longer to build than they do.

use crate::{Result, Stop};

/// What stands on the command line and has not been read yet.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// The first word.
    pub(crate) fn command(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// The word after `name`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 == self.0.len() {
            return Err(Stop::new(format!("{name} needs a value.")));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    pub(crate) fn port(&mut self) -> Result<Option<u16>> {
        self.value("--port")?
            .map(|text| text.parse().map_err(|_| Stop::new(format!("--port {text}: not a port number (1 to 65535)."))))
            .transpose()
    }

    /// Refuses what nobody asked for: a misspelt option must not pass silently.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(word) => Err(Stop::new(format!("{word:?} is not understood here; `cargo xtask help` lists what is."))),
        }
    }
}

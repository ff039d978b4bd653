//! What is wrong with a data file, and where.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Faults that are listed; all are counted.
pub const MOST_LISTED: usize = 20;
/// Characters of a cell that a fault shows.
const MOST_SHOWN: usize = 60;

/// One thing that is wrong with a data file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Fault {
    /// A stable name of what is wrong.
    pub code: FaultCode,
    /// The physical line on which the record begins, from 1.
    pub line: usize,
    /// The data record, from 1; `None` in the header.
    pub record: Option<usize>,
    /// The column's name, or its number where the name is unknown.
    pub column: Option<String>,
    /// What stands there.
    pub found: String,
    /// What would be accepted.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)
    }
}

/// What is wrong with a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// Nothing but blank lines.
    Empty,
    /// A header without data.
    NoRows,
    /// Bytes that are no text in UTF-8 or UTF-16.
    Encoding,
    /// A NUL byte.
    NulByte,
    /// Two columns of one name.
    DuplicateName,
    /// A record with more or fewer fields than the header, or columns of different lengths.
    Ragged,
    /// A quoted field that is never closed.
    UnclosedQuote,
    /// More columns or more text than a table holds.
    TooLarge,
    /// A number whose comma or point may part either decimals or thousands.
    AmbiguousNumber,
    /// A column that is needed and absent.
    MissingColumn,
    /// A cell that its column does not take.
    Cell,
    /// An outcome that is no label.
    Label,
}

/// Everything that is wrong with a data file: the first [`MOST_LISTED`] faults and the number of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    listed: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// Counts a fault, and lists it while there is room.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.listed.len() < MOST_LISTED {
            self.listed.push(fault);
        }
    }

    /// Adds the faults of another part of the same file. The earliest are listed, in whatever order parts are added.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.listed.extend(other.listed);
        self.listed.sort_by_key(|fault| fault.record);
        self.listed.truncate(MOST_LISTED);
    }

    /// The first faults.
    pub fn listed(&self) -> &[Fault] {
        &self.listed
    }

    /// The number of all faults.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The faults, of which there is at least one.
    pub fn none(self) -> Result<(), Self> {
        if self.count == 0 { Ok(()) } else { Err(self) }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { listed: vec![fault], count: 1 }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count > 1 {
            write!(f, "{} faults: ", self.count)?;
        }
        for (index, fault) in self.listed.iter().enumerate() {
            write!(f, "{}{fault}", if index > 0 { "; " } else { "" })?;
        }
        match self.count - self.listed.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

/// A fault of a whole line or file.
pub(super) fn file_fault(code: FaultCode, line: usize, found: &str, expected: &str) -> Fault {
    let (found, expected) = (found.to_owned(), expected.to_owned());
    Fault { code, line, record: None, column: None, found, expected }
}

/// A cell as a fault shows it: quoted, and cut when it is long.
pub fn shown(cell: &str) -> String {
    let cut: String = cell.chars().take(MOST_SHOWN).collect();
    if cut.len() < cell.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}

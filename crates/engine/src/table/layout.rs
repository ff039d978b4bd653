//! What the first bytes of a file say of all of it: encoding, delimiter, names, decimal commas.

use super::decimal::Reading;
use super::encoding::Encoding;
use super::fault::{Fault, FaultCode, Faults, file_fault};
use super::records::{End, Record, Records, delimiter_of, whole};
use super::{MOST_TABLE_COLUMNS, Table, position};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Add;

/// Bytes from which a [`Layout`] is read; a longer header is refused.
pub const MOST_HEAD_BYTES: usize = 1 << 20;
/// The longest record of a file that is read in parts.
pub const MOST_RECORD_BYTES: usize = 16 << 20;

const UNCLOSED: &str = "a quoted field that is not closed";

/// How to read a file of any size, part by part.
///
/// A column has decimal commas if the file's first bytes show it; a cell further on that spells numbers the other way is
/// no number then.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    encoding: Encoding,
    pub(super) header: Header,
    pub(super) decimal_commas: Vec<bool>,
    start: Place,
}

/// A place in a file, or the size of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Bytes before it.
    pub bytes: u64,
    /// Data records before it.
    pub records: u64,
    /// Physical lines before it.
    pub lines: u64,
}

impl Add for Place {
    type Output = Place;
    fn add(self, size: Place) -> Place {
        Place { bytes: self.bytes + size.bytes, records: self.records + size.records, lines: self.lines + size.lines }
    }
}

/// The first record of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) line: usize,
    pub(super) delimiter: u8,
}

impl Layout {
    /// Reads the first [`MOST_HEAD_BYTES`] of a file, or all of a smaller one.
    ///
    /// # Errors
    /// [`Faults`] of the header; numbers that could be read in two ways.
    pub fn of(head: &[u8]) -> Result<Self, Faults> {
        let is_whole = head.len() < MOST_HEAD_BYTES;
        let encoding = Encoding::of(head);
        let marked = &head[encoding.mark()..];
        let body = encoding.decode(if is_whole { marked } else { encoding.whole_characters(marked) }, 1)?;
        let (header, records, faults) = Header::read(&body)?;
        faults.none()?;
        let at = records.at();
        let decoded = if is_whole { body.len() } else { at + whole(&body[at..], header.delimiter).bytes };
        if !is_whole && decoded == at {
            let found = format!("no whole record in {MOST_HEAD_BYTES} bytes");
            return Err(file_fault(FaultCode::TooLarge, header.line, &found, "shorter lines").into());
        }
        let start = Place {
            bytes: (encoding.mark() + encoding.length(&body[..at])) as u64,
            records: 0,
            lines: (records.line() - 1) as u64,
        };
        let mut records = Records::new(&body[at..decoded], header.delimiter, records.line());
        // Bad rows are refused where they are read; a file without any row has nothing to read.
        let mut faults = Faults::default();
        let table = Table::of_records(&header, &mut records, &mut faults);
        if !faults.listed().iter().any(|fault| fault.code == FaultCode::NoRows) {
            faults = Faults::default();
        }
        let mut decimal_commas = vec![false; header.names.len()];
        if header.delimiter != b',' && table.n_rows() > 0 {
            let readings = table.readings(&mut faults);
            decimal_commas = readings.iter().map(|reading| *reading == Reading::DecimalComma).collect();
        }
        faults.none()?;
        Ok(Self { encoding, header, decimal_commas, start })
    }

    /// Column names in file order.
    pub fn names(&self) -> &[String] {
        &self.header.names
    }

    /// Position of a column, as [`Table::column`] finds it.
    pub fn column(&self, name: &str) -> Option<usize> {
        position(&self.header.names, name)
    }

    /// The physical line of the header, from 1.
    pub fn header_line(&self) -> usize {
        self.header.line
    }

    /// Where the data begin.
    pub fn start(&self) -> Place {
        self.start
    }

    /// The whole records at the beginning of some bytes of the file, decoded, and their size. `is_last` when no bytes
    /// follow; else nothing is whole when one record fills all of them.
    ///
    /// # Errors
    /// [`FaultCode::Encoding`] in UTF-16; [`FaultCode::TooLarge`] when [`MOST_RECORD_BYTES`] do not hold one record.
    pub fn whole_records(&self, bytes: Vec<u8>, from: Place, is_last: bool) -> Result<(Vec<u8>, Place), Fault> {
        let line = from.lines as usize + 1;
        let mut body = match self.encoding {
            Encoding::Utf8 | Encoding::Utf8WithMark => bytes,
            utf16 if is_last => utf16.decode(&bytes, line)?.into_owned(),
            utf16 => utf16.decode(utf16.whole_characters(&bytes), line)?.into_owned(),
        };
        let mut found = whole(&body, self.header.delimiter);
        if is_last && found.bytes < body.len() {
            // The last line needs no end.
            let mut rest = Records::new(&body[found.bytes..], self.header.delimiter, 0);
            while rest.next_record().is_some() {
                found.records += 1;
            }
            found.lines += rest.line();
            found.bytes = body.len();
        }
        if found.bytes == 0 && body.len() >= MOST_RECORD_BYTES {
            let text = format!("a record of more than {MOST_RECORD_BYTES} bytes");
            let fault = file_fault(FaultCode::TooLarge, line, &text, "a shorter record: is a quote left open?");
            return Err(Fault { record: Some(from.records as usize + 1), ..fault });
        }
        body.truncate(found.bytes);
        let bytes = self.encoding.length(&body) as u64;
        Ok((body, Place { bytes, records: found.records as u64, lines: found.lines as u64 }))
    }
}

impl Header {
    /// Finds the delimiter and reads the names, of which some may be at fault. The records go on behind them.
    ///
    /// # Errors
    /// There is no header.
    pub(super) fn read(body: &[u8]) -> Result<(Self, Records<'_>, Faults), Fault> {
        let delimiter = delimiter_of(&body[..body.len().min(MOST_HEAD_BYTES)]);
        let mut records = Records::new(body, delimiter, 1);
        let Some(Record { line, end, .. }) = records.next_record() else {
            return Err(file_fault(FaultCode::Empty, 1, "an empty file", "a header line and data lines"));
        };
        if end == End::Unclosed {
            return Err(file_fault(FaultCode::UnclosedQuote, line, UNCLOSED, "a closing quote"));
        }
        let mut faults = Faults::default();
        let names = names_of(&records, line, &mut faults);
        Ok((Self { names, line, delimiter }, records, faults))
    }

    /// What is wrong with a record as such; `number` counts data records from 1.
    pub(super) fn faults_of(&self, record: Record, records: &Records<'_>, number: usize) -> Vec<Fault> {
        let fault = |code, column: Option<usize>, found: String, expected: &str| Fault {
            code,
            line: record.line,
            record: Some(number),
            column: column.map(|column| self.names.get(column).cloned().unwrap_or(format!("{}", column + 1))),
            found,
            expected: expected.to_owned(),
        };
        // An unclosed quote swallows what follows, so the field count would mislead.
        if record.end == End::Unclosed {
            let column = Some(record.fields.saturating_sub(1));
            let expected = "a closing quote before the end of the file";
            return vec![fault(FaultCode::UnclosedQuote, column, UNCLOSED.to_owned(), expected)];
        }
        if record.fields != self.names.len() {
            let found = format!("{} fields", record.fields);
            return vec![fault(FaultCode::Ragged, None, found, &self.names.len().to_string())];
        }
        let bad = records.fields().enumerate().filter_map(|(column, field)| Some((column, bad_byte(field)?)));
        bad.map(|(column, (code, byte))| fault(code, Some(column), byte, "text in UTF-8")).collect()
    }
}

/// The first byte that no text has.
fn bad_byte(field: &[u8]) -> Option<(FaultCode, String)> {
    if field.contains(&0) {
        return Some((FaultCode::NulByte, "a NUL byte".to_owned()));
    }
    let at = std::str::from_utf8(field).err()?.valid_up_to();
    Some((FaultCode::Encoding, format!("the byte 0x{:02X}", field[at])))
}

fn names_of(records: &Records<'_>, line: usize, faults: &mut Faults) -> Vec<String> {
    let mut name = |(column, field): (usize, &[u8])| {
        if let Some((code, byte)) = bad_byte(field) {
            let column = Some((column + 1).to_string());
            faults.push(Fault { column, ..file_fault(code, line, &byte, "text in UTF-8") });
        }
        match String::from_utf8_lossy(field).trim() {
            "" => format!("column_{}", column + 1),
            name => name.to_owned(),
        }
    };
    let names = records.fields().enumerate().map(&mut name).collect();
    checked_names(names, line, faults)
}

pub(super) fn checked_names(names: Vec<String>, line: usize, faults: &mut Faults) -> Vec<String> {
    if names.len() > MOST_TABLE_COLUMNS {
        let (found, most) = (format!("{} columns", names.len()), format!("at most {MOST_TABLE_COLUMNS}"));
        faults.push(file_fault(FaultCode::TooLarge, line, &found, &most));
    }
    let mut seen = BTreeMap::new();
    for (column, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, column) {
            let found = format!("the name of column {} again in column {}", first + 1, column + 1);
            let fault = file_fault(FaultCode::DuplicateName, line, &found, "a name of its own for each column");
            faults.push(Fault { column: Some(name.clone()), ..fault });
        }
    }
    names
}

//! Columns of text: the door through which CSV enters.
//!
//! A table knows names, rows and cells, not types: a schema reads the cells. Cells are trimmed, and every usual spelling
//! of *missing* is an empty cell from here on.

use crate::seal::Digest;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Spellings of a missing value, beside the empty cell.
pub const MISSING: [&str; 10] = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None"];
/// Characters that may part fields.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Records that are looked at to find the delimiter.
const SNIFFED: usize = 64;
/// The most columns that a table may have.
pub const MOST_TABLE_COLUMNS: usize = 65_535;

/// Named columns of text cells.
///
/// ```
/// use underglass_engine::table::Table;
/// let table = Table::from_csv(b"income;home\n48000;own\nNA;rent\n").expect("a table");
/// assert_eq!(table.names(), ["income", "home"]);
/// assert_eq!((table.cell(0, 1), table.cell(1, 0)), ("own", ""));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    text: String,
    /// End of each cell in `text`, row by row.
    ends: Vec<u32>,
    /// Physical line of each row, from 1; the header's is 1 unless blank lines stand above it.
    lines: Vec<u32>,
    sha256: Digest,
}

/// Why bytes are not a table. Lines are physical lines, the first being 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Nothing but blank lines.
    #[error("the file is empty; expected a header line and data lines")]
    Empty,
    /// A header without data.
    #[error("the file has a header but no data line")]
    NoRows,
    /// UTF-16, as spreadsheets export "Unicode text".
    #[error("the file is UTF-16; expected UTF-8 (save it as \"CSV UTF-8\")")]
    Utf16,
    /// A byte that no UTF-8 text has there.
    #[error("line {line}: byte 0x{found:02X} at offset {at} is not UTF-8")]
    NotUtf8 {
        /// Physical line.
        line: usize,
        /// Byte offset in the file.
        at: usize,
        /// The byte.
        found: u8,
    },
    /// A NUL byte.
    #[error("line {line}: NUL byte at offset {at}; expected text")]
    Nul {
        /// Physical line.
        line: usize,
        /// Byte offset in the file.
        at: usize,
    },
    /// Two columns of one name.
    #[error("line {line}: column name {name:?} is used twice, by columns {first} and {second}")]
    DuplicateName {
        /// Physical line of the header.
        line: usize,
        /// The name.
        name: String,
        /// The first column of that name, from 1.
        first: usize,
        /// The second one.
        second: usize,
    },
    /// A record with more or fewer fields than the header.
    #[error("line {line}, record {record}: found {found} fields, expected {expected}")]
    Ragged {
        /// Physical line on which the record begins.
        line: usize,
        /// Data record, from 1.
        record: usize,
        /// Its fields.
        found: usize,
        /// The header's fields.
        expected: usize,
    },
    /// A quote that is never closed.
    #[error("line {line}: a quoted field that begins on this line is not closed before the end of the file")]
    UnclosedQuote {
        /// Physical line on which the record begins.
        line: usize,
    },
    /// More columns or more text than a table holds.
    #[error("{what} exceed what a table can hold ({most})")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        most: u64,
    },
    /// Columns given in memory differ in length.
    #[error("column {name:?} has {found} rows, expected {expected}")]
    Length {
        /// The column.
        name: String,
        /// Its rows.
        found: usize,
        /// Rows of the first column.
        expected: usize,
    },
}

impl Table {
    /// Reads CSV: UTF-8 with or without a byte order mark; any line ends; `,` `;` tab or `|` between fields; double
    /// quotes. Blank lines are skipped, cells and names trimmed; a column without a name is called `column_1` and so on.
    ///
    /// # Errors
    /// [`TableError`] names the first thing that is wrong and its line.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, TableError> {
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(TableError::Utf16);
        }
        let sha256 = Digest::of(bytes);
        let marked = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = error.valid_up_to();
            return Err(TableError::NotUtf8 { line: 1 + line_ends(bytes, 0, at), at, found: bytes[at] });
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(TableError::Nul { line: 1 + line_ends(bytes, 0, at), at });
        }
        let body = &bytes[marked..];
        let mut records = Records::new(body, delimiter_of(body));
        let Some(header) = records.next_record() else { return Err(TableError::Empty) };
        let header_line = header.line;
        let names = names_of(&records, header_line)?;
        let mut table =
            Self { names, text: String::with_capacity(body.len()), ends: Vec::new(), lines: Vec::new(), sha256 };
        while let Some(record) = records.next_record() {
            let expected = table.names.len();
            // An unclosed quote swallows what follows, so the field count would mislead.
            if record.unclosed {
                return Err(TableError::UnclosedQuote { line: record.line });
            }
            if record.fields != expected {
                let (line, found) = (record.line, record.fields);
                return Err(TableError::Ragged { line, record: table.n_rows() + 1, found, expected });
            }
            (0..expected).try_for_each(|field| table.push(records.field(field)))?;
            table.lines.push(record.line as u32);
        }
        if table.n_rows() == 0 { Err(TableError::NoRows) } else { Ok(table) }
    }

    /// A table from columns in memory. Its digest is that of [`Table::to_csv`].
    ///
    /// # Errors
    /// [`TableError::DuplicateName`], [`TableError::Length`], [`TableError::NoRows`], [`TableError::TooLarge`].
    pub fn from_columns<C: AsRef<str>>(columns: &[(String, Vec<C>)]) -> Result<Self, TableError> {
        let n_rows = columns.first().map_or(0, |(_, cells)| cells.len());
        if let Some((name, cells)) = columns.iter().find(|(_, cells)| cells.len() != n_rows) {
            return Err(TableError::Length { name: name.clone(), found: cells.len(), expected: n_rows });
        }
        let names = columns.iter().map(|(name, _)| name.clone()).collect();
        Self::from_rows(names, (0..n_rows).map(|row| columns.iter().map(move |(_, cells)| cells[row].as_ref())))
    }

    /// A table from rows in memory, each with one cell a name. Its digest is that of [`Table::to_csv`].
    ///
    /// # Errors
    /// [`TableError::DuplicateName`], [`TableError::Ragged`], [`TableError::NoRows`], [`TableError::TooLarge`].
    pub fn from_rows<R>(names: Vec<String>, rows: impl IntoIterator<Item = R>) -> Result<Self, TableError>
    where
        R: IntoIterator,
        R::Item: AsRef<str>,
    {
        let names = checked_names(names, 1)?;
        let mut table =
            Self { names, text: String::new(), ends: Vec::new(), lines: Vec::new(), sha256: Digest::of(b"") };
        for row in rows {
            let from = table.ends.len();
            row.into_iter().try_for_each(|cell| table.push(cell.as_ref()))?;
            let (found, expected, record) = (table.ends.len() - from, table.names.len(), table.lines.len() + 1);
            if found != expected {
                return Err(TableError::Ragged { line: record + 1, record, found, expected });
            }
            table.lines.push(record as u32 + 1);
        }
        if table.n_rows() == 0 {
            return Err(TableError::NoRows);
        }
        table.sha256 = Digest::of(table.to_csv().as_bytes());
        Ok(table)
    }

    /// The table as CSV: commas, quotes where needed, LF.
    pub fn to_csv(&self) -> String {
        let mut csv = String::with_capacity(self.text.len() + self.ends.len());
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (index, cell) in cells.enumerate() {
                if index > 0 {
                    csv.push(',');
                }
                if cell.contains(['"', ',', '\n', '\r']) {
                    csv.push('"');
                    csv.push_str(&cell.replace('"', "\"\""));
                    csv.push('"');
                } else {
                    csv.push_str(cell);
                }
            }
            csv.push('\n');
        };
        line(&mut self.names.iter().map(String::as_str));
        (0..self.n_rows()).for_each(|row| line(&mut (0..self.names.len()).map(|column| self.cell(row, column))));
        csv
    }

    /// Number of data rows, at least one.
    pub fn n_rows(&self) -> usize {
        self.lines.len()
    }

    /// Column names in file order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Position of a column by name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| found == name)
    }

    /// A trimmed cell; empty when missing.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let index = row * self.names.len() + column;
        let from = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[from..self.ends[index] as usize]
    }

    /// The cells of a column, from the first row.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        (0..self.n_rows()).map(move |row| self.cell(row, column))
    }

    /// The physical line on which a row begins, from 1.
    pub fn line(&self, row: usize) -> usize {
        self.lines[row] as usize
    }

    /// SHA-256 of the decompressed bytes that the table was read from.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    fn push(&mut self, cell: &str) -> Result<(), TableError> {
        let cell = cell.trim();
        if !MISSING.contains(&cell) {
            self.text.push_str(cell);
        }
        let most = u64::from(u32::MAX);
        self.ends
            .push(u32::try_from(self.text.len()).map_err(|_| TableError::TooLarge { what: "bytes of text", most })?);
        Ok(())
    }
}

fn names_of(records: &Records<'_>, line: usize) -> Result<Vec<String>, TableError> {
    let name = |column: usize| match records.field(column).trim() {
        "" => format!("column_{}", column + 1),
        name => name.to_owned(),
    };
    checked_names((0..records.fields).map(name).collect(), line)
}

fn checked_names(names: Vec<String>, line: usize) -> Result<Vec<String>, TableError> {
    if names.len() > MOST_TABLE_COLUMNS {
        return Err(TableError::TooLarge { what: "columns", most: MOST_TABLE_COLUMNS as u64 });
    }
    let mut seen = std::collections::BTreeMap::new();
    for (column, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, column) {
            return Err(TableError::DuplicateName { line, name: name.clone(), first: first + 1, second: column + 1 });
        }
    }
    Ok(names)
}

/// The delimiter with which most of the first records have as many fields as the header, and more than one.
fn delimiter_of(body: &[u8]) -> u8 {
    let fit = |delimiter: u8| {
        let mut records = Records::new(body, delimiter);
        let header = records.next_record().map_or(0, |record| record.fields);
        let equal = (0..SNIFFED).map_while(|_| records.next_record()).filter(|record| record.fields == header).count();
        if header > 1 { (equal, header) } else { (0, 0) }
    };
    let mut best = (DELIMITERS[0], (0, 0));
    for delimiter in DELIMITERS {
        let found = fit(delimiter);
        if found > best.1 {
            best = (delimiter, found);
        }
    }
    best.0
}

/// Line ends among the first bytes: LF, CRLF or a lone CR. A CR is no end when an LF follows it, be it beyond `to`.
fn line_ends(bytes: &[u8], from: usize, to: usize) -> usize {
    let ends = |at: usize| bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (from..to).filter(|at| ends(*at)).count()
}

/// Records of CSV with the physical line on which each begins.
struct Records<'a> {
    reader: Reader,
    body: &'a [u8],
    at: usize,
    line: usize,
    delimiter: u8,
    out: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

#[derive(Clone, Copy)]
struct Record {
    line: usize,
    fields: usize,
    unclosed: bool,
}

impl<'a> Records<'a> {
    fn new(body: &'a [u8], delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, body, at: 0, line: 1, delimiter, out: vec![0; 1024], ends: vec![0; 64], fields: 0 }
    }

    fn next_record(&mut self) -> Option<Record> {
        let blank = self.body[self.at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.advance(self.at + blank);
        let (line, from) = (self.line, self.at);
        let (mut at, mut written, mut n_ends) = (self.at, 0, 0);
        loop {
            let (result, read, wrote, ended) =
                self.reader.read_record(&self.body[at..], &mut self.out[written..], &mut self.ends[n_ends..]);
            (at, written, n_ends) = (at + read, written + wrote, n_ends + ended);
            match result {
                // At the end of the body the next call, with no input, closes the last record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
            }
        }
        self.advance(at);
        self.fields = n_ends;
        let unclosed = at == self.body.len() && ends_inside_quotes(&self.body[from..], self.delimiter);
        Some(Record { line, fields: n_ends, unclosed })
    }

    fn advance(&mut self, to: usize) {
        self.line += line_ends(self.body, self.at, to);
        self.at = to;
    }

    fn field(&self, index: usize) -> &str {
        let from = if index == 0 { 0 } else { self.ends[index - 1] };
        // The body is UTF-8 and is cut at ASCII characters only.
        std::str::from_utf8(&self.out[from..self.ends[index]]).unwrap_or_default()
    }
}

fn ends_inside_quotes(record: &[u8], delimiter: u8) -> bool {
    let (mut inside, mut field_begins) = (false, true);
    for byte in record {
        if *byte == b'"' && (inside || field_begins) {
            inside = !inside;
            // The second of two quotes opens the field again.
            field_begins = !inside;
        } else if !inside {
            field_begins = *byte == delimiter;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Vec<Vec<String>> {
        let table = Table::from_csv(csv.as_bytes()).expect(csv);
        let row = |row| (0..table.names().len()).map(|column| table.cell(row, column).to_owned()).collect();
        std::iter::once(table.names().to_vec()).chain((0..table.n_rows()).map(row)).collect()
    }

    fn refused(csv: &[u8]) -> TableError {
        Table::from_csv(csv).expect_err("refused")
    }

    #[test]
    fn every_spelling_of_one_table_reads_the_same() {
        let plain = read("id,income,home\nA001,66332.31,own\nA002,,rent\n");
        for csv in [
            "\u{feff}id,income,home\nA001,66332.31,own\nA002,,rent\n",
            "id,income,home\r\nA001,66332.31,own\r\nA002,,rent\r\n",
            "id,income,home\rA001,66332.31,own\rA002,,rent",
            "id;income;home\nA001;66332.31;own\nA002;;rent",
            "id\tincome\thome\nA001\t66332.31\town\nA002\tNaN\trent\n",
            "id|income|home\nA001|66332.31|own\nA002|null|rent\n",
            "\n id, income ,home\n\nA001, 66332.31 ,\"own\"\n\n\nA002,N/A,rent \n\n",
        ] {
            assert_eq!(read(csv), plain, "{csv:?}");
        }
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_quotes() {
        let rows = read("id,home\n1,\"rent, shared\"\n2,\"line one\nline two\"\n3,\"say \"\"hi\"\"\"\n");
        assert_eq!([&rows[1][1], &rows[2][1], &rows[3][1]], ["rent, shared", "line one\nline two", "say \"hi\""]);
    }

    #[test]
    fn a_decimal_comma_does_not_hide_the_semicolon() {
        assert_eq!(read("id;income\nA001;48244,68\nA002;56083,09\n")[1], ["A001", "48244,68"]);
    }

    #[test]
    fn columns_without_a_name_are_numbered() {
        assert_eq!(read(",age\n1,20\n")[0], ["column_1", "age"]);
    }

    #[test]
    fn every_fault_names_its_line() {
        for (csv, expected) in [
            (&b""[..], TableError::Empty),
            (b"\n\n", TableError::Empty),
            (b"a,b\n", TableError::NoRows),
            (b"\xFF\xFEa\0", TableError::Utf16),
            (b"a,b\n1,2\n3,\xE9\n", TableError::NotUtf8 { line: 3, at: 10, found: 0xE9 }),
            (b"a,b\n1,\0\n", TableError::Nul { line: 2, at: 6 }),
            (b"a,b,a\n1,2,3\n", TableError::DuplicateName { line: 1, name: "a".to_owned(), first: 1, second: 3 }),
            (b"a,b\n1,2\n\n\"x\ny\",2\n3\n", TableError::Ragged { line: 6, record: 3, found: 1, expected: 2 }),
            (b"a,b\r\n1,2,3\r\n", TableError::Ragged { line: 2, record: 1, found: 3, expected: 2 }),
            (b"a,b\n1,\"2\n3,4\n", TableError::UnclosedQuote { line: 2 }),
        ] {
            assert_eq!(refused(csv), expected, "{:?}", String::from_utf8_lossy(csv));
        }
    }

    #[test]
    fn a_table_in_memory_equals_the_file_it_writes() {
        let columns = [("a".to_owned(), vec!["1", "x, y"]), ("b".to_owned(), vec!["None", "\"q\""])];
        let table = Table::from_columns(&columns).expect("a table");
        assert_eq!(Table::from_csv(table.to_csv().as_bytes()), Ok(table));
    }
}

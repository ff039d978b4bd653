//! The door through which CSV enters: a [`Table`] of text for a whole file, [`Blocks`] of typed columns for a file of any
//! size. Both read the same records.
//!
//! Cells are trimmed, and every usual spelling of *missing* is an empty cell from here on. Numbers with a decimal comma
//! have a decimal point from here on.

mod block;
mod decimal;
mod encoding;
mod fault;
mod layout;
mod number;
mod records;

pub use block::{Block, Blocks, Column, Kind, Selection, Values, day_of};
pub use fault::{Fault, FaultCode, Faults, MOST_LISTED, shown};
pub use layout::{Layout, MOST_HEAD_BYTES, MOST_RECORD_BYTES, Place};

use crate::seal::Digest;
use decimal::Reading;
use encoding::Encoding;
use fault::file_fault;
use layout::{Header, checked_names};
use records::Records;

/// Spellings of a missing value, beside the empty cell.
pub const MISSING: [&str; 11] = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "-"];
/// The most columns that a table may have.
pub const MOST_TABLE_COLUMNS: usize = 65_535;

/// Named columns of text cells.
///
/// ```
/// use underglass_engine::table::Table;
/// let table = Table::from_csv(b"income;home\n48000,50;own\nNA;rent\n").expect("a table");
/// assert_eq!(table.names(), ["income", "home"]);
/// assert_eq!((table.cell(0, 0), table.cell(0, 1), table.cell(1, 0)), ("48000.50", "own", ""));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    text: String,
    /// End of each cell in `text`, row by row.
    ends: Vec<u32>,
    /// Physical line of each row, from 1.
    lines: Vec<u32>,
    /// Physical line of the header: 1 unless blank lines stand above it.
    header_line: u32,
    sha256: Digest,
}

impl Table {
    /// Reads CSV: UTF-8 or UTF-16 with or without a byte order mark; any line ends; `,` `;` tab or `|` between fields;
    /// double quotes; decimal commas where the comma parts no fields. Blank lines are skipped, cells and names trimmed; a
    /// column without a name is called `column_1` and so on.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong with the bytes, each with its line.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, Faults> {
        let encoding = Encoding::of(bytes);
        let body = encoding.decode(&bytes[encoding.mark()..], 1)?;
        let (header, mut records, mut faults) = Header::read(&body)?;
        let mut table = Self::of_records(&header, &mut records, &mut faults);
        table.sha256 = Digest::of(bytes);
        if faults.count() == 0 && header.delimiter != b',' {
            table.read_decimal_commas(&mut faults);
        }
        faults.none()?;
        table.checked()
    }

    /// The sound records behind a header, and what is wrong with the others.
    fn of_records(header: &Header, records: &mut Records<'_>, faults: &mut Faults) -> Self {
        let mut table = Self::empty(header.names.clone(), header.line as u32);
        let mut record = 0;
        while let Some(found) = records.next_record() {
            record += 1;
            let bad = header.faults_of(found, records, record);
            if bad.is_empty() {
                records.fields().for_each(|field| table.push(&String::from_utf8_lossy(field)));
                table.lines.push(found.line as u32);
            }
            bad.into_iter().for_each(|fault| faults.push(fault));
        }
        if record == 0 {
            faults.push(file_fault(FaultCode::NoRows, header.line, "a header and no data line", "data lines"));
        }
        table
    }

    /// A table from columns in memory. Its digest is that of [`Table::to_csv`].
    ///
    /// # Errors
    /// [`FaultCode::DuplicateName`], [`FaultCode::Ragged`], [`FaultCode::NoRows`], [`FaultCode::TooLarge`].
    pub fn from_columns<C: AsRef<str>>(columns: &[(String, Vec<C>)]) -> Result<Self, Faults> {
        let n_rows = columns.first().map_or(0, |(_, cells)| cells.len());
        if let Some((name, cells)) = columns.iter().find(|(_, cells)| cells.len() != n_rows) {
            let found = format!("{} rows", cells.len());
            let fault = file_fault(FaultCode::Ragged, 1, &found, &n_rows.to_string());
            return Err(Fault { column: Some(name.clone()), ..fault }.into());
        }
        let names = columns.iter().map(|(name, _)| name.clone()).collect();
        Self::from_rows(names, (0..n_rows).map(|row| columns.iter().map(move |(_, cells)| cells[row].as_ref())))
    }

    /// A table from rows in memory, each with one cell a name. Its digest is that of [`Table::to_csv`].
    ///
    /// # Errors
    /// [`FaultCode::DuplicateName`], [`FaultCode::Ragged`], [`FaultCode::NoRows`], [`FaultCode::TooLarge`].
    pub fn from_rows<R>(names: Vec<String>, rows: impl IntoIterator<Item = R>) -> Result<Self, Faults>
    where
        R: IntoIterator,
        R::Item: AsRef<str>,
    {
        let mut faults = Faults::default();
        let mut table = Self::empty(checked_names(names, 1, &mut faults), 1);
        for row in rows {
            let from = table.ends.len();
            row.into_iter().for_each(|cell| table.push(cell.as_ref()));
            let (found, expected, record) = (table.ends.len() - from, table.names.len(), table.lines.len() + 1);
            if found != expected {
                let fault =
                    file_fault(FaultCode::Ragged, record + 1, &format!("{found} fields"), &expected.to_string());
                faults.push(Fault { record: Some(record), ..fault });
            }
            table.lines.push(record as u32 + 1);
        }
        if table.lines.is_empty() {
            faults.push(file_fault(FaultCode::NoRows, 1, "a header and no data line", "data lines"));
        }
        faults.none()?;
        table.sha256 = Digest::of(table.to_csv().as_bytes());
        table.checked()
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

    /// Position of a column by name; where none is spelled so, of the only one that differs in case alone.
    pub fn column(&self, name: &str) -> Option<usize> {
        position(&self.names, name)
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

    /// The physical line of the header, from 1.
    pub fn header_line(&self) -> usize {
        self.header_line as usize
    }

    /// SHA-256 of the decompressed bytes that the table was read from.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    fn empty(names: Vec<String>, header_line: u32) -> Self {
        let sha256 = Digest::of(b"");
        Self { names, text: String::new(), ends: Vec::new(), lines: Vec::new(), header_line, sha256 }
    }

    fn push(&mut self, cell: &str) {
        let cell = cell.trim();
        if !MISSING.contains(&cell) {
            self.text.push_str(cell);
        }
        // A text of more bytes is refused when the table is complete.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    fn checked(self) -> Result<Self, Faults> {
        if self.text.len() > u32::MAX as usize {
            let found = format!("{} bytes of text", self.text.len());
            return Err(file_fault(FaultCode::TooLarge, 1, &found, &format!("at most {}", u32::MAX)).into());
        }
        Ok(self)
    }

    /// How each column writes numbers; a fault for each that could be read in two ways.
    fn readings(&self, faults: &mut Faults) -> Vec<Reading> {
        let readings: Vec<Reading> = (0..self.names.len()).map(|column| decimal::reading(self.cells(column))).collect();
        let decimal_commas = readings.contains(&Reading::DecimalComma);
        for (column, reading) in readings.iter().enumerate() {
            match reading {
                Reading::Ambiguous(row) => faults.push(self.ambiguous(*row, column)),
                Reading::MaybeThousands(row) if decimal_commas => faults.push(self.ambiguous(*row, column)),
                _ => {}
            }
        }
        readings
    }

    /// Gives columns with decimal commas points, and refuses numbers that could be read in two ways.
    fn read_decimal_commas(&mut self, faults: &mut Faults) {
        let readings = self.readings(faults);
        if readings.contains(&Reading::DecimalComma) {
            let columns = self.names.len();
            let mut bytes = std::mem::take(&mut self.text).into_bytes();
            let mut from = 0;
            for (index, end) in self.ends.iter().enumerate() {
                let cell = &mut bytes[from..*end as usize];
                if readings[index % columns] == Reading::DecimalComma {
                    cell.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'.');
                }
                from = *end as usize;
            }
            // One ASCII character took another's place.
            self.text = String::from_utf8(bytes).unwrap_or_default();
        }
    }

    fn ambiguous(&self, row: usize, column: usize) -> Fault {
        Fault {
            code: FaultCode::AmbiguousNumber,
            line: self.line(row),
            record: Some(row + 1),
            column: Some(self.names[column].clone()),
            found: shown(self.cell(row, column)),
            expected: "a number whose comma or point cannot be taken for a thousands separator".to_owned(),
        }
    }
}

/// A CSV cell: quoted when needed, and never a formula for a spreadsheet.
pub fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Position of a name; where none is spelled so, of the only one that differs in case alone.
fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|found| found == name).or_else(|| {
        let lower = name.to_lowercase();
        let mut alike = (0..names.len()).filter(|index| names[*index].to_lowercase() == lower);
        alike.next().filter(|_| alike.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(csv: &str) -> Vec<Vec<String>> {
        let table = Table::from_csv(csv.as_bytes()).expect(csv);
        let row = |row| (0..table.names().len()).map(|column| table.cell(row, column).to_owned()).collect();
        std::iter::once(table.names().to_vec()).chain((0..table.n_rows()).map(row)).collect()
    }

    /// Code, line, record and column of each fault.
    fn refused(csv: &[u8]) -> Vec<(FaultCode, usize, Option<usize>, Option<String>)> {
        let faults = Table::from_csv(csv).expect_err("refused");
        let places = faults.listed().iter().map(|fault| (fault.code, fault.line, fault.record, fault.column.clone()));
        places.collect()
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
    fn columns_without_a_name_are_numbered() {
        assert_eq!(read(",age\n1,20\n")[0], ["column_1", "age"]);
    }

    #[test]
    fn a_decimal_comma_becomes_a_point() {
        assert_eq!(read("id;income\n1;48244,68\n2;7\n3;1,234\n")[1..], [["1", "48244.68"], ["2", "7"], ["3", "1.234"]]);
        assert_eq!(read("id,income\n1,\"48244,68\"\n")[1], ["1", "48244,68"], "commas part the fields");
    }

    #[test]
    fn utf16_reads_like_utf8() {
        let plain = read("id\thome\n1\tÖkohaus 🏠\n");
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let units = "\u{feff}id\thome\r\n1\tÖkohaus 🏠\r\n".encode_utf16();
            let bytes: Vec<u8> = units.flat_map(to_bytes).collect();
            let table = Table::from_csv(&bytes).expect("a table");
            assert_eq!((table.names(), table.cell(0, 1)), (&plain[0][..], &plain[1][1][..]));
        }
    }

    #[test]
    fn a_name_is_found_in_another_case_when_only_one_is_meant() {
        let table = Table::from_csv(b"Income,age,AGE\n1,2,3\n").expect("a table");
        assert_eq!(
            ["income", "Income", "AGE", "Age"].map(|name| table.column(name)),
            [Some(0), Some(0), Some(2), None]
        );
    }

    #[test]
    fn every_fault_names_its_place() {
        let at = |column: &str| Some(column.to_owned());
        for (csv, expected) in [
            (&b""[..], (FaultCode::Empty, 1, None, None)),
            (b"\n\n", (FaultCode::Empty, 1, None, None)),
            (b"a,b\n", (FaultCode::NoRows, 1, None, None)),
            (b"\xFF\xFEa\0\n\0\0\xD8b\0", (FaultCode::Encoding, 2, None, None)),
            (b"\xFF\xFEa\0b", (FaultCode::Encoding, 1, None, None)),
            (b"a,b\n1,2\n3,\xE9\n", (FaultCode::Encoding, 3, Some(2), at("b"))),
            (b"a,\xE9\n1,2\n", (FaultCode::Encoding, 1, None, at("2"))),
            (b"a,b\n1,\0\n", (FaultCode::NulByte, 2, Some(1), at("b"))),
            (b"a,b,a\n1,2,3\n", (FaultCode::DuplicateName, 1, None, at("a"))),
            (b"a,b\n1,2\n\n\"x\ny\",2\n3\n", (FaultCode::Ragged, 6, Some(3), None)),
            (b"a,b\r\n1,2,3\r\n", (FaultCode::Ragged, 2, Some(1), None)),
            (b"a,b\n1,\"2\n3,4\n", (FaultCode::UnclosedQuote, 2, Some(1), at("b"))),
            (b"a,\"b\n1,2\n", (FaultCode::UnclosedQuote, 1, None, None)),
            (b"a;b\n1;2,500\n", (FaultCode::AmbiguousNumber, 2, Some(1), at("b"))),
            (b"a;b\n1,5;7\n2,5;2.500\n", (FaultCode::AmbiguousNumber, 3, Some(2), at("b"))),
        ] {
            assert_eq!(refused(csv), [expected], "{:?}", String::from_utf8_lossy(csv));
        }
    }

    #[test]
    fn all_faults_are_counted_and_the_first_are_listed() {
        let lines = (0..30).map(|line| if line == 3 { "1,\u{0}" } else { "1" });
        let csv: String = ["a,b"].into_iter().chain(lines).flat_map(|line| [line, "\n"]).collect();
        let faults = Table::from_csv(csv.as_bytes()).expect_err("refused");
        assert_eq!(
            (faults.count(), faults.listed().len(), faults.listed()[3].code),
            (30, MOST_LISTED, FaultCode::NulByte)
        );
        assert!(faults.to_string().starts_with("30 faults: line 2, record 1: found 1 fields, expected 2; line 3"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_faults(bytes in prop::collection::vec(
            prop_oneof![4 => Just(b','), 2 => Just(b'\n'), 2 => Just(b'"'), 1 => Just(b';'), 1 => Just(b'\r'), 4 => any::<u8>()],
            0..200,
        )) {
            match Table::from_csv(&bytes) {
                Ok(table) => {
                    prop_assert!(table.n_rows() > 0);
                    let cells = (0..table.names().len()).flat_map(|column| table.cells(column)).count();
                    prop_assert_eq!(cells, table.n_rows() * table.names().len());
                    prop_assert!((1..table.n_rows()).all(|row| table.line(row) > table.line(row - 1)));
                }
                Err(faults) => {
                    prop_assert!(faults.count() >= faults.listed().len() && !faults.listed().is_empty());
                    prop_assert!(faults.listed().iter().all(|fault| fault.line >= 1));
                }
            }
        }
    }

    #[test]
    fn a_table_in_memory_equals_the_file_it_writes() {
        let columns = [("a".to_owned(), vec!["1", "x, y"]), ("b".to_owned(), vec!["None", "\"q\""])];
        let table = Table::from_columns(&columns).expect("a table");
        assert_eq!(Table::from_csv(table.to_csv().as_bytes()), Ok(table));
    }
}

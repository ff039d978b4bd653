//! Typed columns of a file of any size, block by block.

use super::MISSING;
use super::fault::Fault;
use super::layout::{Layout, Place};
use super::number;
use super::records::{End, Records};
use crate::units::Date;

/// What a wanted column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// One of these texts.
    Level(Vec<String>),
    /// Dates as `YYYY-MM-DD`, with or without a time of day behind them.
    Date,
}

/// The columns that are wanted of a file, in the order in which blocks hold them.
#[derive(Clone, Debug)]
pub struct Selection {
    layout: Layout,
    sources: Vec<Source>,
    /// Of each column of the file, the wanted one that it is; nothing at all when one is wanted twice.
    of_field: Option<Vec<Option<usize>>>,
}

/// Where a wanted column comes from, and how its cells are read.
#[derive(Clone, Debug)]
enum Source {
    Absent,
    Number { column: usize, decimal_comma: bool },
    Level { column: usize, decimal_comma: bool, levels: Levels },
    Date { column: usize },
}

/// Positions of texts, sorted by text.
#[derive(Clone, Debug)]
struct Levels(Vec<(Box<[u8]>, u16)>);

/// Some rows of a file as columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Where the first row stands.
    pub from: Place,
    /// The physical line on which each row begins, from 1.
    pub lines: Vec<u64>,
    /// The wanted columns.
    pub columns: Vec<Column>,
    /// Rows that are no records of this file, with what is wrong; their cells are missing.
    pub broken: Vec<(usize, Vec<Fault>)>,
}

/// A column of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// One value a row.
    pub values: Values,
    /// Rows whose cell is filled with something else, and the cell; rising.
    pub others: Vec<(usize, String)>,
}

/// The values of a column. Of a cell that is empty or something else there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// The file has no such column.
    Absent,
    /// Numbers, perhaps infinite; NaN where there is none.
    Numbers(Vec<f64>),
    /// Positions of levels.
    Levels(Vec<Option<u16>>),
    /// Dates.
    Dates(Vec<Option<Date>>),
}

/// Whole records that are read block by block.
#[derive(Clone, Debug)]
pub struct Blocks {
    bytes: Vec<u8>,
    at: usize,
    next: Place,
    /// Whether all bytes are text without NUL: then no field needs to be looked at for that.
    is_text: bool,
}

impl Selection {
    /// Wants columns by position in the layout; `None` is a column that the file lacks.
    pub fn new(layout: Layout, wanted: Vec<(Option<usize>, Kind)>) -> Self {
        let source = |(column, kind): (Option<usize>, Kind)| {
            let Some(column) = column else { return Source::Absent };
            let decimal_comma = layout.decimal_commas.get(column).copied().unwrap_or(false);
            match kind {
                Kind::Number => Source::Number { column, decimal_comma },
                Kind::Level(names) => Source::Level { column, decimal_comma, levels: Levels::new(&names) },
                Kind::Date => Source::Date { column },
            }
        };
        let mut of_field = Some(vec![None; layout.names().len()]);
        for (index, (column, _)) in wanted.iter().enumerate() {
            let field = column.zip(of_field.as_mut()).and_then(|(column, fields)| fields.get_mut(column));
            if field.and_then(|field| field.replace(index)).is_some() {
                of_field = None;
            }
        }
        let sources = wanted.into_iter().map(source).collect();
        Self { layout, sources, of_field }
    }

    /// How the file is read.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Reads a record that is one line of bare numbers, known levels, days and nothing else, and returns its length. `None`
    /// when it is another, with some of its cells perhaps read.
    fn read_plain(&self, text: &[u8], columns: &mut [Column]) -> Option<usize> {
        let delimiter = self.layout.header.delimiter;
        let is_end = |byte: u8| byte == delimiter || matches!(byte, b'\n' | b'\r');
        let mut at = 0;
        let fields = self.of_field.as_ref()?;
        for (field, wanted) in fields.iter().enumerate() {
            let rest = &text[at..];
            let source = wanted.map_or(&Source::Absent, |wanted| &self.sources[wanted]);
            let length = match (source, wanted.map(|wanted| &mut columns[wanted].values)) {
                (Source::Number { decimal_comma, .. }, Some(Values::Numbers(values))) => {
                    let (number, length) = number::leading(rest, if *decimal_comma { b',' } else { b'.' }, is_end)?;
                    values.push(number);
                    length
                }
                (source, values) => {
                    let length = rest.iter().position(|byte| is_end(*byte) || *byte == b'"')?;
                    match (source, values) {
                        (_, Some(Values::Levels(values))) if length == 0 => values.push(None),
                        (_, Some(Values::Dates(values))) if length == 0 => values.push(None),
                        (Source::Level { levels, decimal_comma: false, .. }, Some(Values::Levels(values))) => {
                            values.push(Some(levels.position(&rest[..length])?));
                        }
                        (Source::Date { .. }, Some(Values::Dates(values))) => {
                            values.push(Some(std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?));
                        }
                        (Source::Absent, _) => {}
                        _ => return None,
                    }
                    length
                }
            };
            let is_last = field + 1 == fields.len();
            let end = match &rest[length..] {
                [byte, ..] if *byte == delimiter && !is_last => 1,
                // A blank line is no record.
                _ if at + length == 0 => return None,
                [b'\n', ..] if is_last => 1,
                [b'\r', b'\n', ..] if is_last => 2,
                _ => return None,
            };
            at += length + end;
        }
        Some(at)
    }
}

impl Levels {
    fn new(names: &[String]) -> Self {
        // What reads as missing is no level, and cells are trimmed.
        let listed = (0..=u16::MAX).zip(names).filter(|(_, name)| name.trim() == *name && !is_missing(name));
        let mut sorted: Vec<_> = listed.map(|(position, name)| (name.as_bytes().into(), position)).collect();
        sorted.sort();
        sorted.dedup_by(|later, first| later.0 == first.0);
        Self(sorted)
    }

    fn position(&self, name: &[u8]) -> Option<u16> {
        let found = self.0.binary_search_by(|(level, _)| (**level).cmp(name)).ok()?;
        Some(self.0[found].1)
    }
}

impl Blocks {
    /// `bytes` are whole records as [`Layout::whole_records`] gives them, and begin at `from`.
    pub fn new(bytes: Vec<u8>, from: Place) -> Self {
        let is_text = std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0);
        Self { bytes, at: 0, next: from, is_text }
    }

    /// Reads at most `most` rows into a block. Returns whether there were any.
    pub fn next_block(&mut self, selection: &Selection, most: usize, block: &mut Block) -> bool {
        block.empty(selection, self.next);
        let header = &selection.layout.header;
        let mut records = Records::new(&self.bytes[self.at..], header.delimiter, self.next.lines as usize + 1);
        while block.n_rows() < most {
            let row = block.n_rows();
            let line = records.line() as u64;
            if let Some(length) =
                self.is_text.then(|| selection.read_plain(records.rest(), &mut block.columns)).flatten()
            {
                records.pass_line(length);
                block.lines.push(line);
                continue;
            }
            block.columns.iter_mut().for_each(|column| column.truncate(row));
            let Some(record) = records.next_record() else { break };
            block.lines.push(record.line as u64);
            let sound = self.is_text && record.fields == header.names.len() && record.end != End::Unclosed;
            let number = self.next.records as usize + row + 1;
            let faults = if sound { Vec::new() } else { header.faults_of(record, &records, number) };
            if faults.is_empty() {
                let columns = block.columns.iter_mut().zip(&selection.sources);
                columns.for_each(|(column, source)| column.push(source, row, &records));
            } else {
                block.columns.iter_mut().for_each(Column::push_missing);
                block.broken.push((row, faults));
            }
        }
        self.at += records.at();
        self.next.records += block.n_rows() as u64;
        self.next.lines = records.line() as u64 - 1;
        block.n_rows() > 0
    }
}

impl Block {
    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.lines.len()
    }

    fn empty(&mut self, selection: &Selection, from: Place) {
        self.from = from;
        self.lines.clear();
        self.broken.clear();
        if self.columns.len() == selection.sources.len() {
            self.columns.iter_mut().for_each(Column::clear);
        } else {
            self.columns = selection.sources.iter().map(Column::of).collect();
        }
    }
}

impl Column {
    fn of(source: &Source) -> Self {
        let values = match source {
            Source::Absent => Values::Absent,
            Source::Number { .. } => Values::Numbers(Vec::new()),
            Source::Level { .. } => Values::Levels(Vec::new()),
            Source::Date { .. } => Values::Dates(Vec::new()),
        };
        Self { values, others: Vec::new() }
    }

    /// The cell of a row whose cell is filled with something else than a value.
    pub fn other(&self, row: usize) -> Option<&str> {
        let at = self.others.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&self.others[at].1)
    }

    fn clear(&mut self) {
        self.others.clear();
        match &mut self.values {
            Values::Absent => {}
            Values::Numbers(values) => values.clear(),
            Values::Levels(values) => values.clear(),
            Values::Dates(values) => values.clear(),
        }
    }

    fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Absent => {}
            Values::Numbers(values) => values.truncate(rows),
            Values::Levels(values) => values.truncate(rows),
            Values::Dates(values) => values.truncate(rows),
        }
    }

    fn push_missing(&mut self) {
        match &mut self.values {
            Values::Absent => {}
            Values::Numbers(values) => values.push(f64::NAN),
            Values::Levels(values) => values.push(None),
            Values::Dates(values) => values.push(None),
        }
    }

    #[inline]
    fn push(&mut self, source: &Source, row: usize, records: &Records<'_>) {
        let mut other = |cell: String| self.others.push((row, cell));
        match (&mut self.values, source) {
            (Values::Numbers(values), Source::Number { column, decimal_comma }) => {
                let field = records.field(*column);
                let point = if *decimal_comma { b',' } else { b'.' };
                values.push(match number::exact(field, point) {
                    Some(number) => number,
                    None if field.is_empty() => f64::NAN,
                    None => any_number(field, *decimal_comma).unwrap_or_else(|cell| {
                        other(cell);
                        f64::NAN
                    }),
                });
            }
            (Values::Levels(values), Source::Level { column, decimal_comma, levels }) => {
                let field = records.field(*column);
                let known = if *decimal_comma { None } else { levels.position(field) };
                values.push(known.or_else(|| {
                    let cell = cell_of(field, *decimal_comma)?;
                    levels.position(cell.as_bytes()).or_else(|| {
                        other(cell);
                        None
                    })
                }));
            }
            (Values::Dates(values), Source::Date { column }) => {
                values.push(
                    cell_of(records.field(*column), false)
                        .and_then(|cell| day_of(&cell).parse().map_err(|_| other(cell)).ok()),
                );
            }
            _ => {}
        }
    }
}

/// A cell as a [`Table`](super::Table) has it; `None` when it is missing.
fn cell_of(field: &[u8], decimal_comma: bool) -> Option<String> {
    let text = String::from_utf8_lossy(field);
    let cell = text.trim();
    let missing = cell.is_empty() || is_missing(cell);
    (!missing).then(|| if decimal_comma { cell.replace(',', ".") } else { cell.to_owned() })
}

/// A number in any spelling; NaN when it is missing, the cell when it is none.
#[cold]
fn any_number(field: &[u8], decimal_comma: bool) -> Result<f64, String> {
    let Some(cell) = cell_of(field, false) else { return Ok(f64::NAN) };
    let number = match decimal_comma {
        false => cell.parse(),
        // Where commas are decimal, points are not.
        true if cell.contains('.') => return Err(cell),
        true => cell.replace(',', ".").parse(),
    };
    number.map_err(|_| cell)
}

fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell)
}

/// The day of a timestamp: a time of day behind a date says nothing that a decision reads.
pub fn day_of(cell: &str) -> &str {
    match cell.split_at_checked(10) {
        Some((day, time)) if time.starts_with([' ', 'T']) => day,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Faults, Table};
    use super::*;

    /// A file with everything that a boundary could tear apart.
    const TRICKY: [&str; 7] = [
        "a,b,c,d\n1,2.5,own,2024-01-31\n,NA,rent,\n-0,1e3,\"say \"\"hi\"\"\",2024-02-29T10:00\n",
        "\u{feff}\n a ,b,c,d\r\n\r\n1,2,\"line one\r\nline \"\"two\"\"\",x\r\n\r\n3, 4 ,\"a\"b,2024-01-01",
        "a,b,c,d\r1,2,own,\r\r\r3,\"4\",\"r\rent\",\r",
        "a;b;c;d\n1,5;2;own;\n2,25;7;;2024-01-01\n3.5;many;x,y;\n;-,5;\"own;\";\n",
        "a\tb\tc\td\n1\t2\t\u{d6}kohaus \u{1f3e0}\tx\n1\t2\n3\t4\tNaN\tnull\ttoo many\n5\tinf\tx\t2024-01-01\n",
        "a,b,c,d\n1,2,3,4\n5,6,\"never closed\n7,8,9,10\n",
        "a,b,c,d\n1,2,3,4\n\n\n\n",
    ];

    fn kinds() -> [Kind; 4] {
        [Kind::Number, Kind::Number, Kind::Level(vec!["own".to_owned(), "rent".to_owned()]), Kind::Date]
    }

    /// What a host does: bytes come in pieces of a size, whole records are read, the rest waits.
    fn streamed(file: &[u8], piece: usize, rows: usize) -> Result<Vec<Block>, Faults> {
        let layout = Layout::of(file)?;
        let wanted = ["a", "b", "c", "d"].map(|name| layout.column(name)).into_iter().zip(kinds()).collect();
        let selection = Selection::new(layout.clone(), wanted);
        let (mut place, mut end, mut blocks) = (layout.start(), layout.start().bytes as usize, Vec::new());
        while (place.bytes as usize) < file.len() {
            end = file.len().min(end + piece);
            let bytes = file[place.bytes as usize..end].to_vec();
            let (bytes, size) = layout.whole_records(bytes, place, end == file.len())?;
            let mut part = Blocks::new(bytes, place);
            let mut block = Block::default();
            while part.next_block(&selection, rows, &mut block) {
                blocks.push(block.clone());
            }
            place = place + size;
            assert_eq!(part.next.records, place.records);
        }
        Ok(blocks)
    }

    /// Every cell as a text, so that missing equals missing.
    fn cells(blocks: &[Block]) -> Vec<String> {
        let row = |block: &Block, row: usize| {
            let value = |column: &Column| match &column.values {
                Values::Absent => "absent".to_owned(),
                Values::Numbers(values) => format!("{:?} {:?}", values[row], column.other(row)),
                Values::Levels(values) => format!("{:?} {:?}", values[row], column.other(row)),
                Values::Dates(values) => format!("{:?} {:?}", values[row], column.other(row)),
            };
            let broken: Vec<_> = block.broken.iter().filter(|(at, _)| *at == row).map(|(_, faults)| faults).collect();
            let values: Vec<String> = block.columns.iter().map(value).collect();
            format!("record {} line {}: {values:?} {broken:?}", block.from.records + row as u64 + 1, block.lines[row])
        };
        blocks.iter().flat_map(|block| (0..block.n_rows()).map(move |at| row(block, at))).collect()
    }

    fn encodings(text: &str) -> [Vec<u8>; 3] {
        let utf16 = |to_bytes: fn(u16) -> [u8; 2]| {
            let marked = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
            marked.encode_utf16().flat_map(to_bytes).collect()
        };
        [text.as_bytes().to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]
    }

    #[test]
    fn pieces_of_any_size_read_like_the_whole() {
        for text in TRICKY {
            let whole = cells(&streamed(text.as_bytes(), usize::MAX / 2, 100).expect(text));
            for file in encodings(text) {
                for piece in 1..=file.len() {
                    assert_eq!(
                        cells(&streamed(&file, piece, 1 + piece % 3).expect(text)),
                        whole,
                        "{text:?} by {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn cells_are_those_of_a_table_and_faults_too() {
        for text in TRICKY {
            let blocks = streamed(text.as_bytes(), 7, 2).expect(text);
            let mut faults = Faults::default();
            let broken = blocks.iter().flat_map(|block| block.broken.iter().flat_map(|(_, faults)| faults.clone()));
            broken.for_each(|fault| faults.push(fault));
            let table = match Table::from_csv(text.as_bytes()) {
                Ok(table) => table,
                Err(expected) => {
                    assert_eq!(faults, expected, "{text:?}");
                    continue;
                }
            };
            assert_eq!(faults.count(), 0, "{text:?}");
            let mut row = 0;
            for block in &blocks {
                for at in 0..block.n_rows() {
                    assert_eq!(block.lines[at] as usize, table.line(row));
                    for (column, found) in block.columns.iter().enumerate() {
                        let cell = table.cell(row, column);
                        let value = match &found.values {
                            Values::Absent => None,
                            Values::Numbers(values) => (!values[at].is_nan()).then_some(values[at].to_bits()),
                            Values::Levels(values) => values[at].map(u64::from),
                            Values::Dates(values) => values[at].map(|_| 0),
                        };
                        let expected = match &found.values {
                            Values::Numbers(_) => cell.parse().ok().filter(|n: &f64| !n.is_nan()).map(f64::to_bits),
                            Values::Levels(_) => {
                                ["own", "rent"].iter().position(|level| *level == cell).map(|at| at as u64)
                            }
                            _ => day_of(cell).parse::<Date>().ok().map(|_| 0),
                        };
                        assert_eq!(value, expected, "{text:?} row {row} column {column} {cell:?}");
                        let is_other = expected.is_none() && !cell.is_empty();
                        assert_eq!(found.other(at), is_other.then_some(cell));
                    }
                    row += 1;
                }
            }
            assert_eq!(row, table.n_rows());
        }
    }

    #[test]
    fn a_number_with_the_other_separator_is_none() {
        let layout = Layout::of(b"a;b\n1,5;2\n").expect("a layout");
        let selection = Selection::new(layout, vec![(Some(0), Kind::Number), (Some(1), Kind::Number)]);
        let mut part = Blocks::new(b"2,5;3\n2.5;3,5\n".to_vec(), Place::default());
        let mut block = Block::default();
        assert!(part.next_block(&selection, 9, &mut block));
        let read = |column: &Column, row: usize| match &column.values {
            Values::Numbers(values) => (values[row].to_bits(), column.other(row).map(str::to_owned)),
            _ => (0, None),
        };
        let [a, b] = [0, 1].map(|column| [0, 1].map(|row| read(&block.columns[column], row)));
        assert_eq!((&a[0], &b[0]), (&(2.5_f64.to_bits(), None), &(3_f64.to_bits(), None)));
        assert_eq!((a[1].1.as_deref(), b[1].1.as_deref()), (Some("2.5"), Some("3,5")));
    }

    #[test]
    fn a_quote_left_open_does_not_hold_the_file_in_memory() {
        let layout = Layout::of(b"a\n1\n").expect("a layout");
        let endless = [&b"\"never closed"[..], &vec![b'x'; super::super::MOST_RECORD_BYTES]].concat();
        let place = Place { bytes: 4, records: 1, lines: 2 };
        let fault = layout.whole_records(endless, place, false).expect_err("too long");
        assert_eq!((fault.line, fault.record), (3, Some(2)));
    }
}

//! Records of CSV with the physical line on which each begins.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Characters that may part fields.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Records that are looked at to find the delimiter.
const SNIFFED: usize = 64;

/// A reader of records that stops at the end of each.
pub(super) struct Records<'a> {
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
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) fields: usize,
    /// Whether the file ends inside quotes.
    pub(super) unclosed: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(body: &'a [u8], delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, body, at: 0, line: 1, delimiter, out: vec![0; 1024], ends: vec![0; 64], fields: 0 }
    }

    pub(super) fn next_record(&mut self) -> Option<Record> {
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

    /// The bytes of a field of the last record.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        let from = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.out[from..self.ends[index]]
    }

    pub(super) fn n_fields(&self) -> usize {
        self.fields
    }

    /// The text of each field of the last record, if all are UTF-8 without NUL.
    pub(super) fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        let ends = &self.ends[..self.fields];
        let bytes = &self.out[..ends.last().copied().unwrap_or(0)];
        let text = std::str::from_utf8(bytes).ok().filter(|_| !bytes.contains(&0))?;
        // Halves of a character in neighbouring fields would be whole together.
        let mut from = 0;
        let whole = ends.iter().all(|end| text.is_char_boundary(*end));
        whole.then(|| ends.iter().map(move |end| &text[std::mem::replace(&mut from, *end)..*end]))
    }
}

/// The delimiter with which most of the first records have as many fields as the header, and more than one.
pub(super) fn delimiter_of(body: &[u8]) -> u8 {
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

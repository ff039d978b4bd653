//! Records of CSV: where each field stands, and the physical line on which each record begins.
//!
//! A quote opens a field only at its beginning; inside, a doubled quote is one quote; what follows a closing quote up to
//! the next delimiter belongs to the field. Blank lines are no records.

/// Characters that may part fields.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Records that are looked at to find the delimiter.
const SNIFFED: usize = 64;

/// A reader of records that stops at the end of each.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The physical line at `at`, from 1.
    line: usize,
    delimiter: u8,
    fields: Vec<Field>,
    /// The texts of fields whose bytes in the file are others: those with doubled quotes.
    rewritten: Vec<u8>,
}

/// Where a field's text stands.
#[derive(Clone, Copy, Debug)]
enum Field {
    InFile { from: usize, to: usize },
    Rewritten { from: usize, to: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) fields: usize,
    pub(super) end: End,
}

/// What ends a record, or a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Delimiter,
    Line,
    /// The last bytes, without a line end.
    File,
    /// The last bytes, inside quotes.
    Unclosed,
}

impl<'a> Records<'a> {
    /// `line` is the physical line of the first byte.
    pub(super) fn new(bytes: &'a [u8], delimiter: u8, line: usize) -> Self {
        Self { bytes, at: 0, line, delimiter, fields: Vec::new(), rewritten: Vec::new() }
    }

    /// Bytes that have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The physical line of the next byte.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The bytes from the next record on.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Steps over a record that takes one line, its end included.
    pub(super) fn pass_line(&mut self, length: usize) {
        self.at += length;
        self.line += 1;
    }

    pub(super) fn next_record(&mut self) -> Option<Record> {
        self.skip_blank_lines();
        if self.at == self.bytes.len() {
            return None;
        }
        let line = self.line;
        self.fields.clear();
        self.rewritten.clear();
        let end = loop {
            let end = if self.bytes.get(self.at) == Some(&b'"') { self.quoted_field() } else { self.plain_field() };
            if end != End::Delimiter {
                break end;
            }
        };
        Some(Record { line, fields: self.fields.len(), end })
    }

    fn skip_blank_lines(&mut self) {
        let blank = self.bytes[self.at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if blank > 0 {
            self.line += line_ends(self.bytes, self.at, self.at + blank);
            self.at += blank;
        }
    }

    fn plain_field(&mut self) -> End {
        let (from, to) = (self.at, self.end_of_text(self.at));
        self.fields.push(Field::InFile { from, to });
        self.pass(to)
    }

    fn quoted_field(&mut self) -> End {
        let opened = self.at;
        let kept = self.rewritten.len();
        let mut from = opened + 1;
        loop {
            let Some(length) = self.bytes[from..].iter().position(|byte| *byte == b'"') else {
                self.rewritten.extend_from_slice(&self.bytes[from..]);
                self.fields.push(Field::Rewritten { from: kept, to: self.rewritten.len() });
                self.line += line_ends(self.bytes, opened, self.bytes.len());
                self.at = self.bytes.len();
                return End::Unclosed;
            };
            let quote = from + length;
            if self.bytes.get(quote + 1) == Some(&b'"') {
                self.rewritten.extend_from_slice(&self.bytes[from..=quote]);
                from = quote + 2;
                continue;
            }
            let to = self.end_of_text(quote + 1);
            if to == quote + 1 && self.rewritten.len() == kept {
                self.fields.push(Field::InFile { from, to: quote });
            } else {
                self.rewritten.extend_from_slice(&self.bytes[from..quote]);
                self.rewritten.extend_from_slice(&self.bytes[quote + 1..to]);
                self.fields.push(Field::Rewritten { from: kept, to: self.rewritten.len() });
            }
            self.line += line_ends(self.bytes, opened, to.min(quote));
            return self.pass(to);
        }
    }

    /// The next delimiter or line end, or the end of the bytes.
    #[inline]
    fn end_of_text(&self, from: usize) -> usize {
        let delimiter = self.delimiter;
        let ends = |byte: &u8| *byte == delimiter || *byte == b'\n' || *byte == b'\r';
        self.bytes[from..].iter().position(ends).map_or(self.bytes.len(), |length| from + length)
    }

    /// Steps over what ends a field at `to`.
    #[inline]
    fn pass(&mut self, to: usize) -> End {
        let (end, length) = match self.bytes.get(to) {
            None => (End::File, 0),
            Some(b'\r') if self.bytes.get(to + 1) == Some(&b'\n') => (End::Line, 2),
            Some(b'\r' | b'\n') => (End::Line, 1),
            Some(_) => (End::Delimiter, 1),
        };
        self.at = to + length;
        self.line += usize::from(end == End::Line);
        end
    }

    /// The bytes of a field of the last record.
    #[inline]
    pub(super) fn field(&self, index: usize) -> &[u8] {
        match self.fields[index] {
            Field::InFile { from, to } => &self.bytes[from..to],
            Field::Rewritten { from, to } => &self.rewritten[from..to],
        }
    }

    /// The bytes of every field of the last record.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.fields.len()).map(|index| self.field(index))
    }
}

/// The whole records at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Whole {
    pub(super) bytes: usize,
    pub(super) records: usize,
    /// Physical lines in these bytes.
    pub(super) lines: usize,
}

/// Where the last whole record ends. A line end that may go on in bytes to come ends none.
pub(super) fn whole(bytes: &[u8], delimiter: u8) -> Whole {
    if !bytes.contains(&b'"') && !bytes.contains(&b'\r') {
        return whole_lines(bytes);
    }
    let mut records = Records::new(bytes, delimiter, 0);
    let mut whole = Whole { bytes: 0, records: 0, lines: 0 };
    // Behind a carriage return at the end a line feed may follow.
    let bounded = bytes.strip_suffix(b"\r").map_or(bytes.len(), <[u8]>::len);
    loop {
        let record = records.next_record();
        if record.is_some_and(|record| record.end != End::Line) || records.at() > bounded {
            return whole;
        }
        let more = usize::from(record.is_some());
        whole = Whole { bytes: records.at(), records: whole.records + more, lines: records.line() };
        if record.is_none() {
            return whole;
        }
    }
}

/// The same without quotes and carriage returns: every line that is not blank is a record.
fn whole_lines(bytes: &[u8]) -> Whole {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let body = &bytes[..end];
    let lines = body.iter().map(|byte| usize::from(*byte == b'\n')).sum();
    let pairs = body.iter().zip(body.iter().skip(1));
    let blank: usize = pairs.map(|(one, next)| usize::from(*one == b'\n' && *next == b'\n')).sum();
    Whole { bytes: end, records: lines - blank - usize::from(body.first() == Some(&b'\n')), lines }
}

/// The delimiter with which most of the first records have as many fields as the header, and more than one.
pub(super) fn delimiter_of(head: &[u8]) -> u8 {
    let fit = |delimiter: u8| {
        let mut records = Records::new(head, delimiter, 1);
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

/// Line ends among some bytes: LF, CRLF or a lone CR. A CR is no end when an LF follows it, be it beyond `to`.
fn line_ends(bytes: &[u8], from: usize, to: usize) -> usize {
    let ends = |at: usize| bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (from..to).filter(|at| ends(*at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use csv_core::{ReadRecordResult, ReaderBuilder};
    use proptest::prelude::*;

    /// The records of another reader of CSV.
    fn reference(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = ReaderBuilder::new().delimiter(b',').build();
        let (mut out, mut ends) = (vec![0; bytes.len() + 1], vec![0; bytes.len() + 2]);
        let (mut at, mut records) = (0, Vec::new());
        loop {
            let (mut written, mut n_ends) = (0, 0);
            let result = loop {
                let (result, read, wrote, ended) =
                    reader.read_record(&bytes[at..], &mut out[written..], &mut ends[n_ends..]);
                (at, written, n_ends) = (at + read, written + wrote, n_ends + ended);
                if result != ReadRecordResult::InputEmpty {
                    break result;
                }
            };
            if result != ReadRecordResult::Record {
                return records;
            }
            let from = |index: usize| if index == 0 { 0 } else { ends[index - 1] };
            records.push((0..n_ends).map(|index| out[from(index)..ends[index]].to_vec()).collect());
        }
    }

    fn ours(bytes: &[u8]) -> Vec<(Record, Vec<Vec<u8>>)> {
        let mut records = Records::new(bytes, b',', 1);
        std::iter::from_fn(|| {
            let record = records.next_record()?;
            Some((record, records.fields().map(<[u8]>::to_vec).collect()))
        })
        .collect()
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![3 => Just(b','), 2 => Just(b'\n'), 3 => Just(b'"'), 2 => Just(b'\r'), 3 => Just(b'a')];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn fields_are_those_of_another_reader(bytes in bytes()) {
            let fields: Vec<_> = ours(&bytes).into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(fields, reference(&bytes));
        }

        #[test]
        fn records_of_two_parts_are_those_of_the_whole(bytes in bytes()) {
            let all = ours(&bytes);
            for to in 0..=bytes.len() {
                let first = whole(&bytes[..to], b',');
                let (before, rest) = bytes.split_at(first.bytes);
                let mut parts = ours(before);
                prop_assert_eq!(parts.len(), first.records);
                prop_assert!(parts.iter().all(|(record, _)| record.end == End::Line));
                let shifted = ours(rest).into_iter().map(|(record, fields)| {
                    (Record { line: record.line + first.lines, ..record }, fields)
                });
                parts.extend(shifted);
                prop_assert_eq!(&parts, &all, "cut at {} of {}", first.bytes, to);
            }
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_takes_the_rest() {
        let found = ours(b"a,b\n1,\"2\n3,4\n");
        assert_eq!((found[1].0.line, found[1].0.end), (2, End::Unclosed));
        assert_eq!(found[1].1, [&b"1"[..], b"2\n3,4\n"]);
    }
}

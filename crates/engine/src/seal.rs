//! The envelope of every file: `kind`, `format`, `sha256`, then the body.
//!
//! The digest covers the file's bytes with its own 64 digits zeroed, so any changed byte is refused, with or
//! without a manifest. Files are JSON: reviewable, diffable, and readable by anything.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// A text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits, found {0:?}")]
pub struct NotADigest(pub String);

impl Digest {
    /// The SHA-256 of the bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest's own bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of_sealed(bytes: &[u8], digits: Range<usize>) -> Self {
        let mut hash = Sha256::new();
        hash.update(&bytes[..digits.start]);
        hash.update([b'0'; 64]);
        hash.update(&bytes[digits.end..]);
        Self(hash.finalize().into())
    }

    fn hex(&self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        std::array::from_fn(|at| DIGITS[usize::from(self.0[at / 2] >> (4 * (1 - at % 2)) & 15)])
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::str::FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let nibbles: Option<Vec<u8>> = text.bytes().map(nibble).collect();
        match nibbles {
            Some(nibbles) if nibbles.len() == 64 => {
                Ok(Self(std::array::from_fn(|at| nibbles[2 * at] << 4 | nibbles[2 * at + 1])))
            }
            _ => Err(NotADigest(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the kinds are the file names of ARCHITECTURE.md")]
pub enum Kind {
    Model,
    Bands,
    Policy,
    Pricing,
    Reasons,
    Receipt,
    Uplift,
    Bandit,
    Manifest,
}

impl Kind {
    const ALL: [(Kind, &'static str); 9] = [
        (Kind::Model, "model"),
        (Kind::Bands, "bands"),
        (Kind::Policy, "policy"),
        (Kind::Pricing, "pricing"),
        (Kind::Reasons, "reasons"),
        (Kind::Receipt, "receipt"),
        (Kind::Uplift, "uplift"),
        (Kind::Bandit, "bandit"),
        (Kind::Manifest, "manifest"),
    ];

    /// The name that stands in the file.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, text)| *text == name).map(|(kind, _)| *kind)
    }

    /// The newest format of this kind that this engine reads and the one it writes.
    pub fn format(self) -> u32 {
        1
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file was refused before its content was looked at, or could not be read as its kind.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SealError {
    /// The first members are not `kind`, `format`, `sha256`.
    #[error("byte {at}: expected {expected}; an Underglass file begins with \"kind\", \"format\" and \"sha256\"")]
    Head {
        /// Byte offset.
        at: usize,
        /// What should have stood there.
        expected: &'static str,
    },
    /// A kind that this engine does not know.
    #[error(
        "unknown kind {found:?}; expected one of model, bands, policy, pricing, reasons, receipt, uplift, bandit, manifest"
    )]
    UnknownKind {
        /// The text found.
        found: String,
    },
    /// Another kind than was asked for.
    #[error("this is a {found} file; expected a {expected} file")]
    WrongKind {
        /// The file's kind.
        found: Kind,
        /// The kind asked for.
        expected: Kind,
    },
    /// A format from a later version, or format 0.
    #[error("{kind} format {found} is not supported; this version reads formats 1 to {supported}")]
    Format {
        /// The file's kind.
        kind: Kind,
        /// The file's format.
        found: u64,
        /// The newest format that can be read.
        supported: u32,
    },
    /// The bytes are not those that were sealed.
    #[error("the bytes have changed since they were sealed: the file names digest {named}, its bytes have {actual}")]
    Changed {
        /// The digest in the file.
        named: Digest,
        /// The digest of the bytes.
        actual: Digest,
    },
    /// The body is not what its kind holds.
    #[error("line {line}, column {column}: {message}")]
    Body {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found and expected.
        message: String,
    },
}

/// The opened head of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// What the file holds.
    pub kind: Kind,
    /// The version of its layout.
    pub format: u32,
    digits: Range<usize>,
    named: Option<Digest>,
    body_from: usize,
}

/// Reads the head and checks the digest.
///
/// # Errors
/// Every [`SealError`] but `WrongKind` and `Body`.
pub fn open(bytes: &[u8]) -> Result<(Head, Digest), SealError> {
    let head = read_head(bytes)?;
    let named =
        head.named.ok_or(SealError::Head { at: head.digits.start, expected: "64 lower-case hexadecimal digits" })?;
    let actual = Digest::of_sealed(bytes, head.digits.clone());
    if named == actual { Ok((head, actual)) } else { Err(SealError::Changed { named, actual }) }
}

/// Reads a sealed file of one kind.
///
/// # Errors
/// Any [`SealError`]; `Body` carries line and column.
pub fn read<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<(T, Digest), SealError> {
    let (head, digest) = open(bytes)?;
    if head.kind != kind {
        return Err(SealError::WrongKind { found: head.kind, expected: kind });
    }
    Ok((body(&head, bytes)?, digest))
}

/// Reads the body behind a head, whatever the digest says. Line and column are those of the whole file.
///
/// # Errors
/// [`SealError::Body`].
pub fn body<T: DeserializeOwned>(head: &Head, bytes: &[u8]) -> Result<T, SealError> {
    let mut blanked = bytes.to_vec();
    for byte in &mut blanked[..head.body_from] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    let brace = blanked.iter().position(|byte| *byte == b' ').unwrap_or(0);
    blanked[brace] = b'{';
    serde_json::from_slice(&blanked).map_err(|error| SealError::body(&error))
}

impl SealError {
    pub(crate) fn body(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        SealError::Body { line: error.line(), column: error.column(), message }
    }
}

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One line: receipts, whose canonical bytes the engine alone writes.
    Canonical,
    /// Members and array entries on their own lines down to this depth, compact below: files that people read.
    Lines(usize),
}

/// Writes and seals a file. `body` must serialise to a JSON object.
pub fn write<T: Serialize>(kind: Kind, body: &T, layout: Layout) -> Vec<u8> {
    let zeros = "0".repeat(64);
    let mut out = Vec::with_capacity(4096);
    let (gap, colon, depth) = match layout {
        Layout::Canonical => ("", "", 0),
        Layout::Lines(depth) => ("\n  ", " ", depth),
    };
    out.extend_from_slice(
        format!(
            "{{{gap}\"kind\":{colon}\"{kind}\",{gap}\"format\":{colon}{},{gap}\"sha256\":{colon}\"{zeros}\",",
            kind.format()
        )
        .as_bytes(),
    );
    let at = out.len();
    serialize(body, depth, &mut out);
    debug_assert_eq!(out[at], b'{', "a sealed body is an object");
    out.remove(at);
    if layout != Layout::Canonical {
        out.push(b'\n');
    }
    reseal(&mut out);
    out
}

/// Recomputes the digest of a file that was edited by hand.
///
/// # Errors
/// [`SealError::Head`], [`SealError::UnknownKind`] or [`SealError::Format`].
pub fn seal(bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let head = read_head(bytes)?;
    let mut out = bytes.to_vec();
    let hex = Digest::of_sealed(bytes, head.digits.clone()).hex();
    out[head.digits].copy_from_slice(&hex);
    Ok(out)
}

/// Reads the head without judging the digest.
///
/// # Errors
/// [`SealError::Head`], [`SealError::UnknownKind`] or [`SealError::Format`].
pub fn read_head(bytes: &[u8]) -> Result<Head, SealError> {
    let mut scan = Scan { bytes, at: 0 };
    scan.expect(b"{", "an opening brace")?;
    scan.key(b"\"kind\"", "\"kind\"")?;
    let kind = scan.text("the kind in quotes")?;
    let kind_text = String::from_utf8_lossy(&bytes[kind]).chars().take(40).collect::<String>();
    let kind = Kind::named(&kind_text).ok_or(SealError::UnknownKind { found: kind_text })?;
    scan.expect(b",", "a comma")?;
    scan.key(b"\"format\"", "\"format\"")?;
    let format = scan.integer()?;
    if format == 0 || format > u64::from(kind.format()) {
        return Err(SealError::Format { kind, found: format, supported: kind.format() });
    }
    scan.expect(b",", "a comma")?;
    scan.key(b"\"sha256\"", "\"sha256\"")?;
    let digits = scan.text("64 hexadecimal digits in quotes")?;
    if digits.len() != 64 {
        return Err(SealError::Head { at: digits.start, expected: "64 hexadecimal digits" });
    }
    let named = std::str::from_utf8(&bytes[digits.clone()]).ok().and_then(|text| text.parse().ok());
    scan.expect(b",", "a comma")?;
    Ok(Head { kind, format: format as u32, digits, named, body_from: scan.at })
}

fn reseal(bytes: &mut [u8]) {
    if let Ok(head) = read_head(bytes) {
        let hex = Digest::of_sealed(bytes, head.digits.clone()).hex();
        bytes[head.digits].copy_from_slice(&hex);
    }
}

fn serialize<T: Serialize>(body: &T, depth: usize, out: &mut Vec<u8>) {
    let done = if depth == 0 {
        serde_json::to_writer(&mut *out, body)
    } else {
        body.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Lines { depth: 0, limit: depth }))
    };
    // A Vec never refuses bytes and our types have text keys and finite numbers: JSON cannot fail here.
    debug_assert!(done.is_ok());
}

/// Breaks lines down to a depth and stays compact below it.
struct Lines {
    depth: usize,
    limit: usize,
}

impl Lines {
    fn break_line<W: ?Sized + std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        if self.depth > self.limit {
            return Ok(());
        }
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }

    fn open<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> std::io::Result<()> {
        self.depth += 1;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> std::io::Result<()> {
        let inner = self.depth;
        self.depth -= 1;
        if inner <= self.limit {
            self.break_line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + std::io::Write>(&self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if !first {
            writer.write_all(if self.depth > self.limit + 1 {
                b"," as &[u8]
            } else if self.depth > self.limit {
                b", "
            } else {
                b","
            })?;
        }
        self.break_line(writer)
    }
}

impl serde_json::ser::Formatter for Lines {
    fn begin_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open(writer, b"[")
    }
    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"]")
    }
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.item(writer, first)
    }
    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.open(writer, b"{")
    }
    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.close(writer, b"}")
    }
    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        self.item(writer, first)
    }
    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(if self.depth > self.limit + 1 { b":" as &[u8] } else { b": " })
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, token: &[u8], expected: &'static str) -> Result<(), SealError> {
        self.space();
        if self.bytes[self.at..].starts_with(token) {
            self.at += token.len();
            Ok(())
        } else {
            Err(SealError::Head { at: self.at, expected })
        }
    }

    fn key(&mut self, token: &[u8], expected: &'static str) -> Result<(), SealError> {
        self.expect(token, expected)?;
        self.expect(b":", "a colon")
    }

    fn text(&mut self, expected: &'static str) -> Result<Range<usize>, SealError> {
        self.expect(b"\"", expected)?;
        let from = self.at;
        let length =
            self.bytes[from..].iter().position(|byte| *byte == b'"').ok_or(SealError::Head { at: from, expected })?;
        self.at = from + length + 1;
        Ok(from..from + length)
    }

    fn integer(&mut self) -> Result<u64, SealError> {
        self.space();
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        std::str::from_utf8(&self.bytes[from..self.at])
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(SealError::Head { at: from, expected: "a whole number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        numbers: Vec<f64>,
        name: String,
    }

    fn sample(layout: Layout) -> Vec<u8> {
        write(Kind::Policy, &Body { numbers: vec![0.1, 2.0, -3e-9], name: "a \"b\"".to_owned() }, layout)
    }

    #[test]
    fn a_sealed_file_reads_back() {
        for layout in [Layout::Canonical, Layout::Lines(1), Layout::Lines(3)] {
            let bytes = sample(layout);
            let (body, digest): (Body, _) = read(Kind::Policy, &bytes).expect("readable");
            assert_eq!(body.numbers, [0.1, 2.0, -3e-9]);
            assert_eq!(seal(&bytes).as_deref(), Ok(&bytes[..]), "sealing a sealed file changes nothing: {digest}");
        }
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let bytes = sample(Layout::Lines(2));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read::<Body>(Kind::Policy, &changed).is_err(), "byte {at}");
            assert!(read::<Body>(Kind::Policy, &bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_future_format_names_found_and_supported() {
        let text = String::from_utf8(sample(Layout::Canonical)).expect("text").replace("\"format\":1", "\"format\":7");
        let error = read::<Body>(Kind::Policy, text.as_bytes()).expect_err("refused");
        assert_eq!(error, SealError::Format { kind: Kind::Policy, found: 7, supported: 1 });
    }

    #[test]
    fn a_body_error_carries_its_place() {
        let text = String::from_utf8(sample(Layout::Lines(1))).expect("text").replace("-3e-9", "true");
        let sealed = seal(text.as_bytes()).expect("sealable");
        let error = read::<Body>(Kind::Policy, &sealed).expect_err("refused");
        assert!(matches!(error, SealError::Body { line: 5, .. }), "{error}");
    }
}

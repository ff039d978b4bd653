//! How a file spells characters: UTF-8, or UTF-16 when it begins with that byte order mark.

use super::fault::{Fault, FaultCode, file_fault};
use std::borrow::Cow;

/// An encoding of text, with or without its byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub(super) fn of(file: &[u8]) -> Self {
        match file {
            [0xEF, 0xBB, 0xBF, ..] => Encoding::Utf8WithMark,
            [0xFF, 0xFE, ..] => Encoding::Utf16Le,
            [0xFE, 0xFF, ..] => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        }
    }

    /// Bytes of the byte order mark.
    pub(super) fn mark(self) -> usize {
        match self {
            Encoding::Utf8 => 0,
            Encoding::Utf8WithMark => 3,
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
        }
    }

    fn unit(self) -> Option<fn([u8; 2]) -> u16> {
        match self {
            Encoding::Utf8 | Encoding::Utf8WithMark => None,
            Encoding::Utf16Le => Some(u16::from_le_bytes),
            Encoding::Utf16Be => Some(u16::from_be_bytes),
        }
    }

    /// The bytes without half a character at their end, which the bytes to come complete.
    pub(super) fn whole_characters(self, bytes: &[u8]) -> &[u8] {
        let Some(unit) = self.unit() else { return bytes };
        let (pairs, _) = bytes.as_chunks();
        let half = pairs.last().is_some_and(|pair| (0xD800..0xDC00).contains(&unit(*pair)));
        &bytes[..2 * (pairs.len() - usize::from(half))]
    }

    /// UTF-8, not yet checked where it was UTF-8 before. `line` is the physical line of the first byte.
    ///
    /// # Errors
    /// Halves of characters in UTF-16.
    pub(super) fn decode(self, bytes: &[u8], line: usize) -> Result<Cow<'_, [u8]>, Fault> {
        let Some(unit) = self.unit() else { return Ok(Cow::Borrowed(bytes)) };
        let (pairs, odd) = bytes.as_chunks();
        let mut text = String::with_capacity(bytes.len() / 2);
        let refused = |text: &str, found: &str| {
            file_fault(FaultCode::Encoding, line + text.matches('\n').count(), found, "text in UTF-16")
        };
        for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
            text.push(character.map_err(|error| {
                refused(&text, &format!("half of a character, 0x{:04X}", error.unpaired_surrogate()))
            })?);
        }
        if !odd.is_empty() {
            return Err(refused(&text, "half of a character at the end"));
        }
        Ok(Cow::Owned(text.into_bytes()))
    }

    /// Bytes of the file that some decoded bytes were.
    pub(super) fn length(self, decoded: &[u8]) -> usize {
        match self.unit() {
            None => decoded.len(),
            Some(_) => 2 * String::from_utf8_lossy(decoded).encode_utf16().count(),
        }
    }
}

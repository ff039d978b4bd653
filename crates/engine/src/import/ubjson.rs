//! Universal Binary JSON, as a serde format: one set of types reads XGBoost's two spellings.
//!
//! Lengths are checked against what is left of the file before anything is reserved, and values nest no deeper than
//! [`DEEPEST`].
//!
//! Source: the UBJSON specification, draft 12.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The deepest nesting of lists and objects.
const DEEPEST: usize = 64;

/// What went wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) at: Option<usize>,
    pub(super) message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { at: None, message: message.to_string() }
    }
}

/// Reads one value that fills the file.
pub(super) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut reader = Reader { bytes, at: 0, depth: 0 };
    let placed = |error: Malformed, at: usize| Malformed { at: error.at.or(Some(at)), ..error };
    let value = T::deserialize(&mut reader).map_err(|error| placed(error, reader.at))?;
    if reader.at < bytes.len() {
        return Err(reader.error("bytes after the end"));
    }
    Ok(value)
}

struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    fn error(&self, message: impl Into<String>) -> Malformed {
        Malformed { at: Some(self.at), message: message.into() }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, n: usize) -> Result<&'de [u8], Malformed> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else { return Err(self.error("the file ends early")) };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.error("the file ends early"))
    }

    /// The marker of the next value; no-operations before it are passed over.
    fn marker(&mut self) -> Result<u8, Malformed> {
        loop {
            let [marker] = self.array()?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn integer(&mut self, marker: u8) -> Result<i64, Malformed> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Err(self.error(format!("the marker {:?} is no whole number", char::from(marker)))),
        })
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let marker = self.marker()?;
        let length = self.integer(marker)?;
        let left = self.bytes.len() - self.at;
        usize::try_from(length).map_err(|_| self.error(format!("a length of {length}; {left} bytes are left")))
    }

    fn text(&mut self) -> Result<&'de str, Malformed> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.error("a text is not UTF-8"))
    }

    /// What stands between the opening of a list or object and its values: their type and their number.
    fn header(&mut self) -> Result<(Option<u8>, Option<usize>), Malformed> {
        let mut of_type = None;
        if self.peek() == Some(b'$') {
            self.at += 1;
            of_type = Some(self.array::<1>()?[0]);
        }
        if self.peek() != Some(b'#') {
            return match of_type {
                None => Ok((None, None)),
                Some(_) => Err(self.error("a typed list does not say its length")),
            };
        }
        self.at += 1;
        let length = self.length()?;
        // A value takes a byte at least, but for those that are their own type.
        let width = match of_type {
            None | Some(b'i' | b'U' | b'C' | b'S' | b'H' | b'[' | b'{') => 1,
            Some(b'I') => 2,
            Some(b'l' | b'd') => 4,
            Some(b'L' | b'D') => 8,
            Some(other) => return Err(self.error(format!("a list of the type {:?}", char::from(other)))),
        };
        let left = self.bytes.len() - self.at;
        if length.checked_mul(width).is_none_or(|bytes| bytes > left) {
            return Err(self.error(format!("a length of {length}; {left} bytes are left")));
        }
        Ok((of_type, Some(length)))
    }

    fn value<V: Visitor<'de>>(&mut self, marker: u8, visitor: V) -> Result<V::Value, Malformed> {
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'i' | b'U' | b'I' | b'l' | b'L' => match self.integer(marker)? {
                number @ 0.. => visitor.visit_u64(number as u64),
                number => visitor.visit_i64(number),
            },
            b'd' => visitor.visit_f32(f32::from_be_bytes(self.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.array()?)),
            b'C' => visitor.visit_char(char::from(self.array::<1>()?[0])),
            b'S' | b'H' => visitor.visit_borrowed_str(self.text()?),
            b'[' | b'{' if self.depth == DEEPEST => Err(self.error(format!("values nest deeper than {DEEPEST}"))),
            b'[' | b'{' => {
                let (of_type, left) = self.header()?;
                self.depth += 1;
                let end = if marker == b'[' { b']' } else { b'}' };
                let mut items = Items { reader: self, of_type, left, end };
                let value =
                    if marker == b'[' { visitor.visit_seq(&mut items)? } else { visitor.visit_map(&mut items)? };
                // A visitor may stop before the end; what follows would be read as something else.
                if !items.is_over()? {
                    return Err(items.reader.error("more values than expected"));
                }
                self.depth -= 1;
                Ok(value)
            }
            _ => Err(self.error(format!("the marker {:?} is not known", char::from(marker)))),
        }
    }
}

/// What is left of a list or an object.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    of_type: Option<u8>,
    /// `None` until the end marker.
    left: Option<usize>,
    end: u8,
}

impl Items<'_, '_> {
    /// Whether nothing follows; an end marker is taken, once.
    fn is_over(&mut self) -> Result<bool, Malformed> {
        if let Some(left) = self.left {
            return Ok(left == 0);
        }
        while self.reader.peek() == Some(b'N') {
            self.reader.at += 1;
        }
        if self.reader.peek() == Some(self.end) {
            self.reader.at += 1;
            self.left = Some(0);
            return Ok(true);
        }
        Ok(false)
    }

    fn taken(&mut self) {
        self.left = self.left.map(|left| left - 1);
    }
}

/// A value whose marker is already known, or stands before it.
struct Typed<'r, 'de> {
    reader: &'r mut Reader<'de>,
    marker: Option<u8>,
}

impl<'de> Deserializer<'de> for Typed<'_, 'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => self.reader.marker()?,
        };
        self.reader.value(marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => self.reader.marker()?,
        };
        match marker {
            b'Z' => visitor.visit_none(),
            marker => visitor.visit_some(Typed { reader: self.reader, marker: Some(marker) }),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        Typed { reader: self, marker: None }.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Malformed> {
        if self.is_over()? {
            return Ok(None);
        }
        self.taken();
        seed.deserialize(Typed { reader: self.reader, marker: self.of_type }).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Malformed> {
        if self.is_over()? {
            return Ok(None);
        }
        self.taken();
        let name = self.reader.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Malformed> {
        seed.deserialize(Typed { reader: self.reader, marker: self.of_type })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        name: String,
        list: Vec<f32>,
        mixed: Vec<Option<i32>>,
    }

    fn sample() -> Vec<u8> {
        let mut bytes = b"{i\x04nameSU\x02abi\x04list[$d#i\x02".to_vec();
        bytes.extend(0.1_f32.to_be_bytes());
        bytes.extend((-2.5_f32).to_be_bytes());
        bytes.extend(b"i\x07ignored[{}[#i\x01Z]i\x05mixed[Ni\x07ZI\xff\xfe]}");
        bytes
    }

    #[test]
    fn a_value_is_read_into_its_type() {
        let expected = Sample { name: "ab".into(), list: vec![0.1, -2.5], mixed: vec![Some(7), None, Some(-2)] };
        assert_eq!(from_slice::<Sample>(&sample()).expect("a value"), expected);
    }

    #[test]
    fn damage_is_an_error_that_says_where() {
        for end in 0..sample().len() {
            assert!(from_slice::<Sample>(&sample()[..end]).expect_err("cut short").at.is_some(), "{end}");
        }
        for at in 0..sample().len() {
            for byte in 0..=255 {
                let mut bytes = sample();
                bytes[at] = byte;
                // Any answer but a panic; a changed digit may still be a value.
                let _ = from_slice::<Sample>(&bytes);
            }
        }
        let deep = b"[".repeat(100_000);
        assert!(from_slice::<de::IgnoredAny>(&deep).expect_err("too deep").message.contains("deeper"));
        let huge = b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert!(from_slice::<Vec<f32>>(huge).expect_err("too long").message.contains("length"));
        assert!(from_slice::<Vec<f32>>(b"[]x").is_err());
    }
}

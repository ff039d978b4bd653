//! The fields of a protocol buffer, as slices of the file: nothing is copied, nothing nests.
//!
//! ONNX needs six small messages of it. A reader of fields is shorter than their declarations, and a length can never ask
//! for more memory than the file has.
//!
//! Source: *Protocol Buffers*, "Encoding".

use super::ImportError;

/// A field's content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Wire<'a> {
    /// The bytes of a text, a message or a packed list; empty when the field is a number.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Wire::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// A text; bytes that are none are replaced.
    pub(super) fn text(self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

/// Every field of a message, in the file's order.
///
/// # Errors
/// [`ImportError::Malformed`] where a field ends behind its message or has an unknown type.
pub(super) fn fields<'a>(message: &'a [u8], what: &str) -> Result<Vec<(u64, Wire<'a>)>, ImportError> {
    let mut left = message;
    let mut fields = Vec::new();
    while !left.is_empty() {
        let at = message.len() - left.len();
        let damaged = || ImportError::malformed(format!("{what}, byte {at}"), "a damaged field", "an ONNX model");
        let field = field(&mut left).ok_or_else(damaged)?;
        fields.push(field);
    }
    Ok(fields)
}

fn field<'a>(left: &mut &'a [u8]) -> Option<(u64, Wire<'a>)> {
    let key = varint(left)?;
    let wire = match key & 7 {
        0 => Wire::Varint(varint(left)?),
        1 => Wire::Fixed64(take(left, 8)?.try_into().ok()?),
        2 => {
            let length = usize::try_from(varint(left)?).ok()?;
            Wire::Bytes(take(left, length)?)
        }
        5 => Wire::Fixed32(take(left, 4)?.try_into().ok()?),
        _ => return None,
    };
    Some((key >> 3, wire))
}

fn take<'a>(left: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (taken, rest) = left.split_at_checked(n)?;
    *left = rest;
    Some(taken)
}

fn varint(left: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(left, 1)?[0];
        value |= u64::from(byte & 127).checked_shl(shift)?;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

/// A repeated whole number, packed or not.
///
/// # Errors
/// As [`fields`].
pub(super) fn whole_numbers(wire: Wire<'_>, what: &str, into: &mut Vec<i64>) -> Result<(), ImportError> {
    let damaged = || ImportError::malformed(what, "a damaged list of whole numbers", "an ONNX model");
    match wire {
        Wire::Varint(number) => into.push(number as i64),
        Wire::Bytes(mut packed) => {
            while !packed.is_empty() {
                into.push(varint(&mut packed).ok_or_else(damaged)? as i64);
            }
        }
        Wire::Fixed32(_) | Wire::Fixed64(_) => return Err(damaged()),
    }
    Ok(())
}

/// A repeated single, packed or not.
///
/// # Errors
/// As [`fields`].
pub(super) fn singles(wire: Wire<'_>, what: &str, into: &mut Vec<f64>) -> Result<(), ImportError> {
    let (chunks, rest) = match &wire {
        Wire::Fixed32(one) => one.as_chunks::<4>(),
        Wire::Bytes(packed) => packed.as_chunks::<4>(),
        Wire::Varint(_) | Wire::Fixed64(_) => (&[][..], &[0][..]),
    };
    if !rest.is_empty() {
        return Err(ImportError::malformed(what, "a damaged list of numbers", "an ONNX model"));
    }
    into.extend(chunks.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))));
    Ok(())
}

/// A repeated double, packed or not.
///
/// # Errors
/// As [`fields`].
pub(super) fn doubles(wire: Wire<'_>, what: &str, into: &mut Vec<f64>) -> Result<(), ImportError> {
    let (chunks, rest) = match &wire {
        Wire::Fixed64(one) => one.as_chunks::<8>(),
        Wire::Bytes(packed) => packed.as_chunks::<8>(),
        Wire::Varint(_) | Wire::Fixed32(_) => (&[][..], &[0][..]),
    };
    if !rest.is_empty() {
        return Err(ImportError::malformed(what, "a damaged list of numbers", "an ONNX model"));
    }
    into.extend(chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)));
    Ok(())
}

//! Decimal numbers, read exactly.
//!
//! A number of at most 19 digits whose integer is at most 2⁵³ and whose power of ten is at most 10²² is one exact
//! integer times or over one exact power: a single rounding, so the result is the nearest double. Everything else is
//! left to the standard library, which rounds correctly as well but takes longer.
//!
//! Source: Clinger, *How to read floating point numbers accurately* (1990), the fast case.

/// Powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Digits that a `u64` holds, whatever they are.
const MOST_DIGITS: usize = 19;
/// All integers up to here are doubles.
const MOST_EXACT: u64 = 1 << 53;

/// The number that a cell spells with `point` before its decimals, if that takes one rounding.
#[inline]
pub(super) fn exact(cell: &[u8], point: u8) -> Option<f64> {
    let mantissa = Mantissa::of(cell, point);
    let exponent = match &cell[mantissa.length..] {
        [] => 0,
        [b'e' | b'E', digits @ ..] => small_exponent(digits)?,
        _ => return None,
    };
    mantissa.times(exponent)
}

/// The same of the cell that begins a text and ends where `is_end` says so, and the cell's length; NaN of an empty one.
/// `None` also for a number with an exponent.
#[inline]
pub(super) fn leading(text: &[u8], point: u8, is_end: impl Fn(u8) -> bool) -> Option<(f64, usize)> {
    let mantissa = Mantissa::of(text, point);
    let ended = text.get(mantissa.length).is_some_and(|byte| is_end(*byte));
    match mantissa.length {
        _ if !ended => None,
        0 => Some((f64::NAN, 0)),
        length => Some((mantissa.times(0)?, length)),
    }
}

/// Digits with a sign and a point.
struct Mantissa {
    negative: bool,
    integer: u64,
    digits: usize,
    decimals: usize,
    /// How much of the text they are.
    length: usize,
}

impl Mantissa {
    /// As far as the text goes on like one.
    #[inline]
    fn of(text: &[u8], point: u8) -> Self {
        let sign = usize::from(matches!(text, [b'-' | b'+', ..]));
        let (mut integer, mut length, mut whole) = (0_u64, sign, None);
        while let Some(byte) = text.get(length) {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                // Wraps only when there are too many digits, which is asked later.
                integer = integer.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if *byte == point && whole.is_none() {
                whole = Some(length - sign);
            } else {
                break;
            }
            length += 1;
        }
        let digits = length - sign - usize::from(whole.is_some());
        let decimals = whole.map_or(0, |whole| digits - whole);
        Self { negative: matches!(text, [b'-', ..]), integer, digits, decimals, length }
    }

    /// The number times a power of ten, if that takes one rounding.
    #[inline]
    fn times(&self, exponent: i32) -> Option<f64> {
        if self.digits == 0 || self.digits > MOST_DIGITS || self.integer > MOST_EXACT {
            return None;
        }
        let power = exponent - self.decimals as i32;
        let scale = *POWERS.get(power.unsigned_abs() as usize)?;
        let size = if power < 0 { self.integer as f64 / scale } else { self.integer as f64 * scale };
        Some(if self.negative { -size } else { size })
    }
}

/// One or two digits with or without a sign.
fn small_exponent(digits: &[u8]) -> Option<i32> {
    let (sign, digits) = match digits {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let known = (1..=2).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    known.then(|| sign * digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str) {
        let found = exact(text.as_bytes(), b'.');
        let first = leading(format!("{text};7").as_bytes(), b'.', |byte| byte == b';');
        let expected = found.filter(|_| !text.contains(['e', 'E'])).or_else(|| text.is_empty().then_some(f64::NAN));
        let bits = |number: f64| (number.to_bits(), text.len());
        assert_eq!(first.map(|(number, length)| (number.to_bits(), length)), expected.map(bits), "{text}");
        if let Some(found) = found {
            assert_eq!(Some(found.to_bits()), text.parse::<f64>().ok().map(f64::to_bits), "{text}");
        }
        if let Some((whole, decimals)) = text.split_once('.') {
            let comma = exact(format!("{whole},{decimals}").as_bytes(), b',');
            assert_eq!(comma.map(f64::to_bits), found.map(f64::to_bits), "{text}");
        }
    }

    #[test]
    fn what_is_quick_is_read_and_what_is_no_number_is_not() {
        for text in
            ["0", "-0", "+7", "66332.31", ".5", "5.", "1e5", "2.5E-03", "9007199254740992", "000000000000012.50"]
        {
            same(text);
            assert!(exact(text.as_bytes(), b'.').is_some(), "{text}");
        }
        let others = [
            "", "-", ".", "1.2.3", "1e", "e5", ".e5", "1e+", "0x1A", "1 000", "inf", "NaN", "1_0", "1,5", "--1",
            "1e2.5",
        ];
        for text in others {
            assert_eq!(exact(text.as_bytes(), b'.'), None, "{text}");
        }
        for text in ["9007199254740993", "1e23", "123456789012345678901", "1e400", "2.2250738585072014e-308"] {
            assert_eq!(exact(text.as_bytes(), b'.'), None, "{text}: left to the standard library");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_the_nearest_double(
            negative: bool, whole in "[0-9]{0,18}", decimals in prop::option::of("[0-9]{0,18}"),
            exponent in prop::option::of(-30..30_i32),
        ) {
            let sign = if negative { "-" } else { "" };
            let decimals = decimals.map_or(String::new(), |decimals| format!(".{decimals}"));
            let exponent = exponent.map_or(String::new(), |exponent| format!("e{exponent}"));
            same(&format!("{sign}{whole}{decimals}{exponent}"));
        }

        #[test]
        fn a_written_double_is_read_back(bits: u64) {
            same(&f64::from_bits(bits).to_string());
            same(&((bits >> 40) as f64 / 100.0).to_string());
        }

        #[test]
        fn any_text_is_what_the_standard_library_makes_of_it(text in "[-+0-9.e,E ]{0,12}") {
            same(&text);
        }
    }
}

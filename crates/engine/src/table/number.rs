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
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut integer, mut decimals, mut exponent) = (0_u64, 0, 0);
    let mut n_digits = digits.len();
    for (at, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            // Wraps only when there are too many digits, which is asked below.
            integer = integer.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if *byte == point && n_digits == digits.len() {
            n_digits -= 1;
            decimals = (digits.len() - at - 1) as i32;
        } else if *byte | 0x20 == b'e' && at > 0 {
            let behind = digits.len() - at;
            exponent = small_exponent(&digits[at + 1..])?;
            if n_digits < digits.len() {
                decimals -= behind as i32;
            }
            n_digits -= behind;
            break;
        } else {
            return None;
        }
    }
    if n_digits == 0 || n_digits > MOST_DIGITS || integer > MOST_EXACT {
        return None;
    }
    let power = exponent - decimals;
    let scale = *POWERS.get(power.unsigned_abs() as usize)?;
    let size = if power < 0 { integer as f64 / scale } else { integer as f64 * scale };
    Some(if negative { -size } else { size })
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

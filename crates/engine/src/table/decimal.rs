//! Numbers written with a decimal comma.
//!
//! Where another character than the comma parts the fields, `48244,68` is a number with a decimal comma; `72,655` may be
//! that or a number of thousands. A column is read with decimal commas when one of its cells can be nothing else.

/// How a cell writes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Digits alone, or an exponent: no separator.
    Plain,
    /// A point before decimals, and nothing that may be a group of thousands.
    Point,
    /// A point before three digits: decimals or thousands.
    PointOrThousands,
    /// A comma before decimals, and nothing that may be a group of thousands.
    Comma,
    /// A comma before three digits: decimals or thousands.
    CommaOrThousands,
    /// No number.
    Other,
}

pub(super) fn form(cell: &str) -> Form {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((whole, separator, decimals)) = digits.find([',', '.']).map(|at| {
        let (whole, rest) = digits.split_at(at);
        (whole, &rest[..1], &rest[1..])
    }) else {
        return if cell.parse::<f64>().is_ok() { Form::Plain } else { Form::Other };
    };
    if !all_digits(whole) || decimals.is_empty() || !all_digits(decimals) {
        return if separator == "." && cell.parse::<f64>().is_ok() { Form::Point } else { Form::Other };
    }
    let thousands = decimals.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    match (separator, thousands) {
        (",", true) => Form::CommaOrThousands,
        (",", false) => Form::Comma,
        (_, true) => Form::PointOrThousands,
        (_, false) => Form::Point,
    }
}

/// What the separators of a column's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// No numbers, or numbers that need no care.
    AsIs,
    /// Numbers with a decimal comma.
    DecimalComma,
    /// Commas that may part decimals or thousands, the first of them in this row.
    Ambiguous(usize),
    /// Points that may part decimals or thousands should the file use decimal commas, the first of them in this row.
    MaybeThousands(usize),
}

/// Reads a column's forms. A column that is mostly no numbers is text.
pub(super) fn reading<'a>(cells: impl Iterator<Item = &'a str>) -> Reading {
    let (mut filled, mut other, mut point, mut comma) = (0, 0, false, false);
    let (mut comma_or, mut point_or) = (None, None);
    for (row, cell) in cells.enumerate().filter(|(_, cell)| !cell.is_empty()) {
        filled += 1;
        match form(cell) {
            Form::Plain => {}
            Form::Point => point = true,
            Form::Comma => comma = true,
            Form::PointOrThousands => point_or = point_or.or(Some(row)),
            Form::CommaOrThousands => comma_or = comma_or.or(Some(row)),
            Form::Other => other += 1,
        }
    }
    let numbers = 2 * other < filled;
    match (comma_or, point_or) {
        _ if !numbers || point && (comma || comma_or.is_some()) => Reading::AsIs,
        (_, Some(row)) if comma || comma_or.is_some() => Reading::Ambiguous(row),
        _ if comma => Reading::DecimalComma,
        (Some(row), _) => Reading::Ambiguous(row),
        (None, Some(row)) if !point => Reading::MaybeThousands(row),
        _ => Reading::AsIs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_is_read_only_when_it_cannot_be_mistaken() {
        for (cells, expected) in [
            (&["48244,68", "39767,40", "7"][..], Reading::DecimalComma),
            (&["1,234", "0,5"], Reading::DecimalComma),
            (&["1,234", "2,500"], Reading::Ambiguous(0)),
            (&["7", "2,500"], Reading::Ambiguous(1)),
            (&["1.234", "2,5"], Reading::Ambiguous(0)),
            (&["1,5", "2.5"], Reading::AsIs),
            (&["1.234", "2.500"], Reading::MaybeThousands(0)),
            (&["1.234", "2.5"], Reading::AsIs),
            (&["rent, shared", "own"], Reading::AsIs),
            (&["2024-01-31", "1e5"], Reading::AsIs),
            (&["1,5", "", "x"], Reading::AsIs),
            (&["1,5", "2,5", "x"], Reading::DecimalComma),
            (&[], Reading::AsIs),
        ] {
            assert_eq!(reading(cells.iter().copied()), expected, "{cells:?}");
        }
    }
}

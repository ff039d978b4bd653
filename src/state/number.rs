//! Numbers as people write and read them.

use underglass_engine::application::{FormValue, Input, InputKind};

/// Joins a figure and its unit so that no line breaks between them.
pub const JOIN: char = '\u{a0}';

/// What was typed into a field, as a form value. Signs of money, units and separators of thousands are understood;
/// anything else stays text, so that the engine's check can name it.
pub fn parse(text: &str, input: &Input) -> FormValue {
    match input.kind {
        InputKind::Number { .. } => read(&bare(text, &input.unit)),
        _ if text.trim().is_empty() => FormValue::Missing,
        _ => FormValue::Text(text.trim().to_owned()),
    }
}

/// Reads with JSON's reader, which the module carries anyway: the standard library's would add its own tables.
fn read(text: &str) -> FormValue {
    let padded = text.strip_prefix('.').map(|decimals| format!("0.{decimals}"));
    match serde_json::from_slice(padded.as_deref().unwrap_or(text).as_bytes()) {
        _ if text.is_empty() => FormValue::Missing,
        Ok(number) => FormValue::Number(number),
        Err(_) => FormValue::Text(text.to_owned()),
    }
}

fn bare(text: &str, unit: &str) -> String {
    let text = text.trim().replace('\u{2212}', "-").replace(JOIN, " ");
    let text = text.strip_suffix(unit).unwrap_or(&text).trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits.trim_start()));
    let digits = digits.strip_prefix('$').unwrap_or(digits).trim_start();
    let number = if separates_thousands(digits) { digits.replace(',', "") } else { digits.to_owned() };
    format!("{sign}{number}")
}

/// Whether every comma stands where a separator of thousands does: `1,234.5`, not `1,5`.
fn separates_thousands(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3) && !decimals.contains(',')
}

/// The number with separated thousands and as many decimals as it has.
pub fn plain(number: f64) -> String {
    group(&format!("{number}"))
}

/// The number with separated thousands and a fixed number of decimals.
pub fn fixed(number: f64, decimals: usize) -> String {
    // Through whole numbers: the standard library's exact decimals would bring code for every size of number.
    let tens = 10_i64.pow(decimals as u32);
    let scaled = (number * tens as f64).round() as i64;
    let (sign, scaled) = if scaled < 0 { ("-", scaled.unsigned_abs()) } else { ("", scaled.unsigned_abs()) };
    let (whole, rest) = (scaled / tens as u64, scaled % tens as u64);
    group(&if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0decimals$}") })
}

/// Dollars: cents only where there are any.
pub fn money(dollars: f64) -> String {
    let whole = (dollars * 100.0).round() % 100.0 == 0.0;
    let text = fixed(dollars.abs(), if whole { 0 } else { 2 });
    if dollars < 0.0 { format!("\u{2212}${text}") } else { format!("${text}") }
}

/// A fraction as a percentage.
pub fn percent(fraction: f64, decimals: usize) -> String {
    let text = fixed(fraction * 100.0, decimals);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{JOIN}%")
}

/// A number of an input with its unit.
pub fn with_unit(number: f64, unit: &str) -> String {
    match unit {
        "" => plain(number),
        "USD" => money(number),
        "%" => format!("{}{JOIN}%", plain(number)),
        unit if number.abs() == 1.0 => format!("{}{JOIN}{}", plain(number), unit.strip_suffix('s').unwrap_or(unit)),
        unit => format!("{}{JOIN}{unit}", plain(number)),
    }
}

/// A value on a grid without the binary noise of its computation: `0.30000000000000004` on a grid of 0.1 is 0.3.
pub fn on_grid(value: f64, step: f64) -> f64 {
    // The power of ten that makes the step whole; its quotients are the doubles nearest to the decimals.
    let tens = std::iter::successors(Some(1.0), |tens| Some(tens * 10.0)).take(12);
    let whole = tens.into_iter().find(|tens| (step * tens - (step * tens).round()).abs() < 1e-6).unwrap_or(1e12);
    (value * whole).round() / whole
}

/// Tenths of a point with a sign, as in a column of differences.
pub fn signed_tenths(tenths: i64) -> String {
    let sign = if tenths < 0 { "\u{2212}" } else { "+" };
    format!("{sign}{}", level_tenths(tenths.abs()))
}

/// Tenths of a point without a sign.
pub fn level_tenths(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn group(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("\u{2212}", digits));
    let (whole, rest) = digits.find('.').map_or((digits, ""), |at| digits.split_at(at));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use underglass_engine::application::{Action, Permitted, Personal};

    fn input(unit: &str) -> Input {
        Input {
            name: "x".to_owned(),
            label: "X".to_owned(),
            unit: unit.to_owned(),
            kind: InputKind::Number { min: None, max: None, step: 1.0, whole: false },
            optional: true,
            permitted: Permitted::Model,
            personal: Personal::None,
            role: None,
            action: Action::IMMUTABLE,
            typical: FormValue::Missing,
        }
    }

    #[test]
    fn reads_what_it_writes() {
        for (unit, number) in [("USD", 3150.0), ("USD", -1234.5), ("%", 71.0), ("months", 1_000_000.0), ("", 0.25)] {
            let text = with_unit(number, unit);
            assert_eq!(parse(&text, &input(unit)), FormValue::Number(number), "{text}");
        }
    }

    #[test]
    fn a_comma_that_separates_no_thousands_is_left_for_the_check() {
        assert_eq!(parse("1,234,567.5", &input("")), FormValue::Number(1_234_567.5));
        for text in ["1,5", "12,34", ",5", "abc", "1.000,5"] {
            assert_eq!(parse(text, &input("")), FormValue::Text(text.to_owned()));
        }
        assert_eq!(parse("  ", &input("")), FormValue::Missing);
    }

    #[test]
    fn writes_as_people_read() {
        assert_eq!(money(451.64), "$451.64");
        assert_eq!(money(-3000.0), "\u{2212}$3,000");
        assert_eq!(percent(0.1894, 1), "18.9\u{a0}%");
        assert_eq!(percent(0.18, 1), "18\u{a0}%");
        assert_eq!(with_unit(1.0, "months"), "1\u{a0}month");
        assert_eq!(on_grid(0.1 + 0.2, 0.1), 0.3);
        assert_eq!(signed_tenths(-283), "\u{2212}28.3");
    }
}

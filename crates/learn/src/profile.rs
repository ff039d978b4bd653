//! What the cells of a column look like.

use std::collections::BTreeMap;
use underglass_engine::table::Table;
use underglass_engine::units::Date;

/// The most levels of an inferred category.
pub const MOST_LEVELS: usize = 60;

/// What the cells of a column look like.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Rows without a value.
    pub missing: usize,
    /// Different values.
    pub distinct: usize,
    /// The column's type.
    pub shape: Shape,
}

/// The type that a column's cells suggest.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// No value at all.
    Empty,
    /// One value.
    Constant(String),
    /// Numbers, be some of them malformed.
    Number(Numbers),
    /// Few texts, each with its rows.
    Category(BTreeMap<String, u64>),
    /// Dates, with or without a time of day.
    Date(Dates),
    /// Many texts.
    Text,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Finite values, rising.
    pub sorted: Vec<f64>,
    /// Whether all are whole.
    pub whole: bool,
    /// Whether each is one more than the one before it.
    pub counts_up: bool,
}

/// A column of dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Dates {
    /// Rising.
    pub sorted: Vec<Date>,
}

impl Profile {
    /// Looks at every cell of a column.
    pub fn of(table: &Table, column: usize) -> Self {
        let there = || table.cells(column).filter(|cell| !cell.is_empty());
        let n_there = there().count();
        let (levels, distinct) = levels(there());
        let missing = table.n_rows() - n_there;
        Self { missing, distinct, shape: shape(there, n_there, levels, distinct) }
    }

    /// Rows with a value.
    pub fn filled(&self, n_rows: usize) -> usize {
        n_rows - self.missing
    }
}

impl Numbers {
    /// The finite numbers among cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let values: Vec<f64> =
            cells.filter_map(|cell| cell.parse().ok()).filter(|value: &f64| value.is_finite()).collect();
        let counts_up = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
        let mut sorted = values;
        sorted.sort_unstable_by(f64::total_cmp);
        Self { whole: sorted.iter().all(|value| value.fract() == 0.0), sorted, counts_up }
    }

    /// The value of the row at the share `p` of the rising rows, of two the one farther from the middle; 0 when there is
    /// none.
    pub fn quantile(&self, p: f64) -> f64 {
        let place = p * (self.sorted.len().max(1) - 1) as f64;
        let place = if p > 0.5 { place.ceil() } else { place.floor() };
        self.sorted.get(place as usize).copied().unwrap_or(0.0)
    }

    /// The middle value, of two the lower.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

fn shape<'a, I: Iterator<Item = &'a str>>(
    there: impl Fn() -> I,
    n_there: usize,
    levels: BTreeMap<String, u64>,
    distinct: usize,
) -> Shape {
    let Some(first) = there().next() else { return Shape::Empty };
    if distinct == 1 {
        return Shape::Constant(first.to_owned());
    }
    let n_numbers = there().filter(|cell| cell.parse::<f64>().is_ok()).count();
    if n_numbers < n_there {
        let dates: Option<Vec<Date>> = there().map(day).collect();
        if let Some(mut sorted) = dates {
            sorted.sort_unstable();
            return Shape::Date(Dates { sorted });
        }
        // Mostly numbers with hardly a value twice is a column of numbers with malformed cells: the check will name them.
        let n_meant = n_numbers + there().filter(|cell| is_grouped(cell)).count();
        let broken_numbers = 2 * n_meant >= n_there && distinct > MOST_LEVELS.min(n_there / 4);
        if !broken_numbers {
            return if distinct <= MOST_LEVELS { Shape::Category(levels) } else { Shape::Text };
        }
    }
    Shape::Number(Numbers::of(there()))
}

/// The day of a date, with or without a time of day behind it.
pub fn day(cell: &str) -> Option<Date> {
    let (day, rest) = cell.split_at_checked(10)?;
    let is_time = rest.is_empty() || rest.starts_with([' ', 'T']);
    day.parse().ok().filter(|_| is_time)
}

/// A number with thousands separators, such as `72,655.05` or `12 000`.
fn is_grouped(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let Some(separator) = digits.chars().find(|letter| [',', '.', '\'', ' '].contains(letter)) else { return false };
    let mut groups = digits.split(separator);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let begins = groups.next().is_some_and(|first| first.len() <= 3 && all_digits(first));
    let rest: Vec<&str> = groups.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let (last, decimals) = last.split_once([',', '.']).unwrap_or((last, "0"));
    begins && all_digits(decimals) && middle.iter().chain([&last]).all(|group| group.len() == 3 && all_digits(group))
}

fn levels<'a>(cells: impl Iterator<Item = &'a str>) -> (BTreeMap<String, u64>, usize) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    cells.for_each(|cell| *counts.entry(cell).or_default() += 1);
    let distinct = counts.len();
    (counts.into_iter().take(MOST_LEVELS).map(|(level, count)| (level.to_owned(), count)).collect(), distinct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_separators_are_told_from_dates_and_words() {
        for cell in ["72,655.05", "12 000", "1'234'567", "-1.234.567,8", "48.244"] {
            assert!(is_grouped(cell), "{cell}");
        }
        for cell in ["31.12.2020", "rent", "12", "1,5", "1.234.56", "a,bcd", ""] {
            assert!(!is_grouped(cell), "{cell}");
        }
    }
}

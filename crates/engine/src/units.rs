//! Quantities with a unit or a range. The constructor is the only door, so nothing downstream re-checks.

use serde::{Deserialize, Serialize};

/// A probability in `[0, 1]`; never NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl Probability {
    /// Returns `None` outside `[0, 1]` and for NaN.
    pub fn new(p: f64) -> Option<Self> {
        (0.0..=1.0).contains(&p).then_some(Self(p))
    }

    /// The logistic transform. `libm` keeps native and browser bits equal.
    pub fn from_log_odds(z: LogOdds) -> Self {
        Self(1.0 / (1.0 + libm::exp(-z.0)))
    }

    /// The number itself.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = OutOfRange;
    fn try_from(p: f64) -> Result<Self, OutOfRange> {
        Self::new(p).ok_or(OutOfRange { what: "probability", found: p, expected: "0 to 1" })
    }
}

impl From<Probability> for f64 {
    fn from(p: Probability) -> f64 {
        p.0
    }
}

/// A number outside the range that its unit allows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what} {found} is out of range; expected {expected}")]
pub struct OutOfRange {
    /// The quantity.
    pub what: &'static str,
    /// What was given.
    pub found: f64,
    /// What is allowed.
    pub expected: &'static str,
}

/// Natural log of the odds of a bad outcome, `ln(p / (1 − p))`. Higher is riskier.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogOdds(pub f64);

/// The shown Underglass score: an integer from 300 to 850. Higher is safer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Points(i16);

impl Points {
    /// The lowest shown score.
    pub const MIN: Points = Points(300);
    /// The highest shown score.
    pub const MAX: Points = Points(850);

    /// Returns `None` outside 300 to 850.
    pub fn new(points: i64) -> Option<Self> {
        (300..=850).contains(&points).then_some(Self(points as i16))
    }

    /// Rounds half to even, then clamps to the shown range.
    pub fn from_raw(raw: f64) -> Self {
        Self(raw.round_ties_even().clamp(300.0, 850.0) as i16)
    }

    /// The integer itself.
    pub const fn value(self) -> i16 {
        self.0
    }
}

impl TryFrom<i64> for Points {
    type Error = OutOfRange;
    fn try_from(points: i64) -> Result<Self, OutOfRange> {
        Self::new(points).ok_or(OutOfRange { what: "score", found: points as f64, expected: "300 to 850" })
    }
}

impl From<Points> for i64 {
    fn from(points: Points) -> i64 {
        i64::from(points.0)
    }
}

/// Money in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// Converts a decimal amount in dollars, or returns `None` when it is not finite, has more than two
    /// decimals, or exceeds ten trillion (where a double no longer holds single cents).
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let cents = (dollars * 100.0).round();
        (cents.abs() < 1e15 && cents / 100.0 == dollars).then_some(Self(cents as i64))
    }

    /// The amount in dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

/// A yearly rate in basis points: 1999 is 19.99 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bps(pub u32);

impl Bps {
    /// The yearly rate as a fraction.
    pub fn per_year(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// A twelfth of the yearly rate, as a fraction.
    pub fn per_month(self) -> f64 {
        self.per_year() / 12.0
    }
}

/// A loan term in months, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Months(std::num::NonZeroU16);

impl Months {
    /// Returns `None` for zero.
    pub fn new(months: u16) -> Option<Self> {
        std::num::NonZeroU16::new(months).map(Self)
    }

    /// The number of months.
    pub fn count(self) -> u16 {
        self.0.get()
    }
}

/// A list that is never empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>", bound(serialize = "T: Clone + Serialize"))]
pub struct NonEmpty<T>(Vec<T>);

impl<T> NonEmpty<T> {
    /// Returns `None` for an empty list.
    pub fn new(items: Vec<T>) -> Option<Self> {
        (!items.is_empty()).then_some(Self(items))
    }

    /// A list of one.
    pub fn one(item: T) -> Self {
        Self(vec![item])
    }

    /// The items, at least one.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The first item.
    pub fn first(&self) -> &T {
        &self.0[0]
    }
}

impl<T> TryFrom<Vec<T>> for NonEmpty<T> {
    type Error = EmptyList;
    fn try_from(items: Vec<T>) -> Result<Self, EmptyList> {
        Self::new(items).ok_or(EmptyList)
    }
}

impl<T> From<NonEmpty<T>> for Vec<T> {
    fn from(list: NonEmpty<T>) -> Vec<T> {
        list.0
    }
}

/// A list that must not be empty was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at least one entry, found none")]
pub struct EmptyList;

/// A calendar date of the Gregorian calendar, written `YYYY-MM-DD`. No time, no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

/// A text that is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date; expected YYYY-MM-DD")]
pub struct NotADate(pub String);

impl Date {
    /// 1970-01-01, the date used when data names none.
    pub const EPOCH: Date = Date { year: 1970, month: 1, day: 1 };
    /// The last date that can be written.
    pub const LAST: Date = Date { year: 9999, month: 12, day: 31 };

    /// Returns `None` unless the day exists; years 0 to 9999.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let exists = (0..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
        exists.then_some(Self { year, month, day })
    }

    /// Whole months from `self` to `later`, counting a month when its day is reached; negative when `later` is earlier.
    pub fn months_until(self, later: Date) -> i32 {
        if later < self {
            return -later.months_until(self);
        }
        let months = (later.year - self.year) * 12 + i32::from(later.month) - i32::from(self.month);
        months - i32::from(later.day < self.day)
    }

    /// Days since 1970-01-01; negative before it.
    ///
    /// Years are counted from March, so that a leap day ends one: 153 days are five months.
    pub fn days(self) -> i64 {
        let months = i64::from(self.year) * 12 + i64::from(self.month) - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leaps + (153 * month + 2) / 5 + i64::from(self.day) - 719_469
    }

    /// Calendar months since January of the year 0.
    pub fn month_index(self) -> i32 {
        self.year * 12 + i32::from(self.month) - 1
    }

    /// The day of the month, from 1.
    pub fn day_of_month(self) -> u8 {
        self.day
    }

    /// The same day `months` later, or the last day of that month when it is shorter.
    pub fn plus_months(self, months: u16) -> Date {
        let index = self.year * 12 + i32::from(self.month) - 1 + i32::from(months);
        let (year, month) = (index / 12, (index % 12 + 1) as u8);
        Date { year, month, day: self.day.min(days_in(year, month)) }
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl std::str::FromStr for Date {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
        let number =
            |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |sum, byte| sum * 10 + i32::from(byte - b'0'));
        shaped
            .then(|| Date::new(number(0..4), number(5..7) as u8, number(8..10) as u8))
            .flatten()
            .ok_or_else(|| NotADate(text.to_owned()))
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl TryFrom<String> for Date {
    type Error = NotADate;
    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

/// Ties log-odds to score points: `base_points` at `base_odds` good to one bad, `pdo` points double the odds.
///
/// Source: Siddiqi, *Intelligent Credit Scoring* (2017), chapter on scaling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Points at the base odds.
    pub base_points: f64,
    /// Good : bad odds at the base points.
    pub base_odds: f64,
    /// Points that double the odds; positive.
    pub pdo: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { base_points: 660.0, base_odds: 15.0, pdo: 40.0 }
    }
}

impl Scale {
    /// Points for one unit of log-odds.
    pub fn factor(&self) -> f64 {
        self.pdo / libm::log(2.0)
    }

    /// Points at even odds.
    pub fn offset(&self) -> f64 {
        self.base_points - self.factor() * libm::log(self.base_odds)
    }

    /// Unrounded points of the log-odds of bad.
    ///
    /// ```
    /// use underglass_engine::units::{LogOdds, Scale};
    /// let raw = Scale::default().raw(LogOdds(libm::log(0.05 / 0.95)));
    /// assert!((raw - 673.64).abs() < 0.005);
    /// ```
    pub fn raw(&self, z: LogOdds) -> f64 {
        self.to_raw()(z)
    }

    /// [`Scale::raw`] for many log-odds: the logarithms are taken once.
    pub fn to_raw(&self) -> impl Fn(LogOdds) -> f64 + use<> {
        let (offset, factor) = (self.offset(), self.factor());
        move |z| offset - factor * z.0
    }

    /// Log-odds of bad at unrounded points: the inverse of [`Scale::raw`].
    pub fn log_odds(&self, raw: f64) -> LogOdds {
        LogOdds((self.offset() - raw) / self.factor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_follow_the_published_vectors() {
        let scale = Scale::default();
        assert!((scale.factor() - 57.70780).abs() < 1e-5 && (scale.offset() - 503.72438).abs() < 1e-5);
        for (pd, points) in [
            (0.01, 768.90),
            (0.02, 728.31),
            (0.10, 630.52),
            (0.15, 603.82),
            (0.20, 583.72),
            (0.30, 552.62),
            (0.50, 503.72),
        ] {
            let raw = scale.raw(LogOdds(libm::log(pd / (1.0 - pd))));
            // The vectors are printed to two decimals.
            assert!((raw - points).abs() <= 0.005, "{pd}: {raw}");
            assert!((Probability::from_log_odds(scale.log_odds(raw)).value() - pd).abs() < 1e-12);
        }
    }

    #[test]
    fn shown_points_round_half_to_even_and_clamp() {
        for (raw, shown) in [(611.5, 612), (612.5, 612), (299.0, 300), (1e9, 850), (-1e9, 300)] {
            assert_eq!(Points::from_raw(raw).value(), shown);
        }
    }

    #[test]
    fn money_takes_at_most_two_decimals() {
        assert_eq!(Cents::from_dollars(451.64), Some(Cents(45_164)));
        assert_eq!(Cents::from_dollars(-0.01), Some(Cents(-1)));
        for bad in [1.005, f64::NAN, f64::INFINITY, 1e17] {
            assert_eq!(Cents::from_dollars(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_exist_or_are_refused() {
        for good in ["2024-02-29", "1970-01-01", "2026-11-21"] {
            assert_eq!(good.parse::<Date>().map(|date| date.to_string()), Ok(good.to_owned()));
        }
        for bad in ["2023-02-29", "2024-13-01", "2024-1-01", "24-01-01", "", "2024-01-0é"] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
        let [a, b]: [Date; 2] = ["2024-01-31", "2024-03-01"].map(|text| text.parse().expect("a date"));
        assert_eq!((a.months_until(b), b.months_until(a)), (1, -1));
        assert_eq!(a.plus_months(1).to_string(), "2024-02-29");
        assert_eq!((b.month_index() - a.month_index(), b.day_of_month()), (2, 1));
    }

    #[test]
    fn days_count_every_day_of_the_calendar() {
        let mut day = Date::new(0, 1, 1).expect("a date");
        let mut expected = -719_528;
        while day < Date::LAST {
            for dom in 1..=days_in(day.year, day.month) {
                assert_eq!(Date { day: dom, ..day }.days(), expected, "{day}, {dom}");
                expected += 1;
            }
            day = if day.year == 9999 && day.month == 12 { Date::LAST } else { day.plus_months(1) };
        }
        assert_eq!((Date::EPOCH.days(), Date::LAST.days() + 1), (0, expected));
    }
}

//! A bank statement: CSV with the columns `date`, `amount`, `description` and `balance`, oldest or newest line first.
//!
//! Amounts are dollars, negative where money leaves; the balance is that after the line. A description says which lines
//! belong together, by its words without their digits, and goes no further.
//!
//! * A *month* of a flow is 30.4375 days, 487/16: a sum over `d` days is `sum · 487 / (16·d)` a month, half up to cents.
//! * *Recurring income*: three or more credits of one description, at even distances of a week (5 to 9 days), two weeks or
//!   half a month (12 to 18), or a month (26 to 35), each within a quarter of their median. A month's is the median times
//!   52, 26, 24 or 12 over 12. Two weeks and half a month differ by their longest distance: 15 days or less, or more.
//! * *Rent*: debits whose description has a word for it, within a tenth of their median, in three or more calendar months.
//!   Paid on time is paid at most five days after the usual day of the month.

use super::read::{BadFieldCode, Reader};
use super::{Fact, FormValue, divided, sum};
use crate::table::{Fault, FaultCode, Table};
use crate::units::{Cents, Date};
use std::collections::BTreeMap;

const COLUMNS: [&str; 4] = ["date", "amount", "description", "balance"];
/// Words that a payment of rent is described with.
const RENT_WORDS: [&str; 6] = ["rent", "landlord", "lease", "apartment", "apartments", "apts"];
/// So many days after the usual day, rent is late.
const GRACE_DAYS: u8 = 5;
/// How often something must come back to be recurring.
const LEAST_TIMES: usize = 3;
/// Fewer days tell nothing about a month.
const LEAST_DAYS: i64 = 28;

/// One line of a statement.
struct Line {
    date: Date,
    amount: Cents,
    balance: Cents,
    /// The words of the description.
    words: Vec<String>,
}

/// Everything that a statement tells.
pub(super) fn facts(reader: &mut Reader, bytes: &[u8]) -> Vec<Fact> {
    let lines = lines(reader, bytes);
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Vec::new() };
    let days = last.date.days() - first.date.days() + 1;
    let span = format!("{} lines over {days} days", lines.len());
    let monthly = |cents: Cents| {
        let a_month = divided(i128::from(cents.0) * 487, i128::from(days) * 16);
        (days >= LEAST_DAYS).then_some(Cents(a_month))
    };
    // Tenths, rounded down: what is covered is not overstated.
    let months = (days * 160).div_euclid(487) as f64 / 10.0;
    let mut facts = vec![
        Fact::new("months_covered", FormValue::Number(months), "months", &span),
        Fact::money("mean_monthly_net_inflow", monthly(sum(lines.iter().map(|line| line.amount))), &span),
        Fact::money("lowest_balance", lines.iter().map(|line| line.balance).min(), "the lowest balance after a line"),
        Fact::new(
            "overdraft_days",
            FormValue::Number(overdraft_days(&lines) as f64),
            "days",
            "days that ended below zero",
        ),
    ];
    facts.extend(income(&lines));
    facts.extend(rent(&lines));
    facts
}

/// The lines, oldest first.
fn lines(reader: &mut Reader, bytes: &[u8]) -> Vec<Line> {
    let table = match Table::from_csv(bytes) {
        Ok(table) => table,
        Err(faults) => {
            faults.listed().iter().for_each(|fault| refuse(reader, fault));
            let more = faults.count() - faults.listed().len();
            if more > 0 {
                reader.refuse("bank".to_owned(), BadFieldCode::NotATable, &format!("{more} more faults"), "none");
            }
            return Vec::new();
        }
    };
    let at = COLUMNS.map(|name| table.column(name));
    for (name, _) in COLUMNS.iter().zip(at).filter(|(_, at)| at.is_none()) {
        let path = format!("bank.line {}.{name}", table.header_line());
        reader.refuse(path, BadFieldCode::Missing, "no such column", "a column of this name");
    }
    let [Some(date), Some(amount), Some(description), Some(balance)] = at else { return Vec::new() };

    let mut lines: Vec<Line> = Vec::with_capacity(table.n_rows());
    for row in 0..table.n_rows() {
        let path = |column| format!("bank.line {}.{column}", table.line(row));
        let day = table.cell(row, date).parse::<Date>().ok();
        if day.is_none() {
            reader.refuse(path("date"), BadFieldCode::NotADate, kind(table.cell(row, date)), "a date as YYYY-MM-DD");
        }
        let [amount, balance] = [("amount", amount), ("balance", balance)].map(|(name, column)| {
            let cell = table.cell(row, column);
            let number = cell.parse::<f64>().ok();
            let cents = number.and_then(Cents::from_dollars);
            if cents.is_none() {
                let code = if number.is_some() { BadFieldCode::TooManyDecimals } else { BadFieldCode::WrongType };
                reader.refuse(path(name), code, kind(cell), "an amount in dollars with at most two decimals");
            }
            cents
        });
        if let (Some(date), Some(amount), Some(balance)) = (day, amount, balance) {
            lines.push(Line { date, amount, balance, words: words(table.cell(row, description)) });
        }
    }
    if lines.first().zip(lines.last()).is_some_and(|(first, last)| first.date > last.date) {
        lines.reverse();
    }
    if !lines.is_sorted_by_key(|line| line.date) {
        let expected = "dates that rise, or fall, from line to line";
        reader.refuse("bank.date".to_owned(), BadFieldCode::OutOfOrder, "dates that go to and fro", expected);
    }
    lines
}

/// A fault of the file without what stands in its cells: a cell may be a description, and so may a header's name.
fn refuse(reader: &mut Reader, fault: &Fault) {
    let column = fault.column.as_deref().filter(|name| COLUMNS.contains(name));
    let path = format!("bank.line {}{}", fault.line, column.map(|name| format!(".{name}")).unwrap_or_default());
    let found = match fault.code {
        FaultCode::AmbiguousNumber => "a number that can be read in two ways",
        _ => fault.found.as_str(),
    };
    reader.refuse(path, BadFieldCode::NotATable, found, &fault.expected);
}

fn kind(cell: &str) -> &'static str {
    match cell.parse::<f64>() {
        _ if cell.is_empty() => "nothing",
        Ok(_) => "another number",
        Err(_) => "a text",
    }
}

/// The words of a description, without digits: a reference number changes from month to month.
fn words(description: &str) -> Vec<String> {
    let parts = description.split(|letter: char| !letter.is_alphabetic());
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Days that ended below zero, the last day included.
fn overdraft_days(lines: &[Line]) -> i64 {
    let until = lines.iter().skip(1).map(|line| line.date.days()).chain(lines.last().map(|line| line.date.days() + 1));
    lines.iter().zip(until).filter(|(line, _)| line.balance.0 < 0).map(|(line, until)| until - line.date.days()).sum()
}

/// Lines of one description, in the order of their dates.
fn alike(lines: &[Line], is_wanted: impl Fn(&Line) -> bool) -> Vec<Vec<&Line>> {
    let mut groups: BTreeMap<&[String], Vec<&Line>> = BTreeMap::new();
    for line in lines.iter().filter(|line| is_wanted(line)) {
        groups.entry(&line.words).or_default().push(line);
    }
    groups.into_values().collect()
}

/// The lower of the two middle values where there are two.
fn median<T: Copy + Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// Whether amounts are at most a share of the median away from it.
fn near(amount: Cents, median: Cents, share: i128) -> bool {
    share * (i128::from(amount.0) - i128::from(median.0)).abs() <= i128::from(median.0).abs()
}

/// How many times a year something comes back that came on these days.
fn times_a_year(days: &[i64]) -> Option<i128> {
    let gaps: Vec<i64> = days.iter().zip(days.iter().skip(1)).map(|(day, next)| next - day).collect();
    let (least, most) = (*gaps.iter().min()?, *gaps.iter().max()?);
    match (least, most) {
        _ if days.len() < LEAST_TIMES => None,
        (5.., ..=9) => Some(52),
        (12.., ..=15) => Some(26),
        (12.., ..=18) => Some(24),
        (26.., ..=35) => Some(12),
        _ => None,
    }
}

fn income(lines: &[Line]) -> Vec<Fact> {
    let mut monthly = Vec::new();
    let mut n_credits = 0;
    for group in alike(lines, |line| line.amount.0 > 0) {
        let days: Vec<i64> = group.iter().map(|line| line.date.days()).collect();
        let Some(typical) = median(group.iter().map(|line| line.amount)) else { continue };
        let Some(times) = times_a_year(&days) else { continue };
        if group.iter().all(|line| near(line.amount, typical, 4)) {
            monthly.push(Cents(divided(i128::from(typical.0) * times, 12)));
            n_credits += group.len();
        }
    }
    let from =
        format!("{n_credits} credits in {} recurring series; net of what is withheld from gross pay", monthly.len());
    let found = (!monthly.is_empty()).then(|| sum(monthly.iter().copied()));
    let yearly = found.map(|month| Cents(month.0.saturating_mul(12)));
    vec![
        Fact::money("income_monthly", found, &from),
        Fact::money("annual_income", yearly, &format!("twelve times a month of {from}")),
    ]
}

fn rent(lines: &[Line]) -> Vec<Fact> {
    let is_rent = |line: &Line| line.amount.0 < 0 && line.words.iter().any(|word| RENT_WORDS.contains(&word.as_str()));
    let series = alike(lines, is_rent).into_iter().filter_map(|group| Tenancy::of(&group, lines.last()?.date));
    let found = series.max_by_key(|tenancy| (tenancy.months, tenancy.rent));
    let told = |value: Option<i32>| value.map_or(FormValue::Missing, |value| FormValue::Number(f64::from(value)));
    let from = found.as_ref().map_or_else(
        || "no debit for rent came back in three months".to_owned(),
        |tenancy| format!("rent that is usually paid on day {} of the month", tenancy.usual_day),
    );
    let on_time = format!("{from}, at most {GRACE_DAYS} days later");
    vec![
        Fact::money("rent_monthly", found.as_ref().map(|tenancy| tenancy.rent), &from),
        Fact::new("rent_months_due", told(found.as_ref().map(|tenancy| tenancy.due)), "months", &from),
        Fact::new("rent_months_on_time", told(found.as_ref().map(|tenancy| tenancy.on_time)), "months", &on_time),
    ]
}

/// Rent that was paid month after month.
struct Tenancy {
    rent: Cents,
    usual_day: u8,
    /// Calendar months with a payment.
    months: usize,
    /// Calendar months from the first payment on in which rent fell due.
    due: i32,
    on_time: i32,
}

impl Tenancy {
    /// `None` where payments do not come back; `end` is the last day of the statement.
    fn of(group: &[&Line], end: Date) -> Option<Self> {
        let typical = median(group.iter().map(|line| line.amount))?;
        let mut first_of: BTreeMap<i32, Date> = BTreeMap::new();
        for line in group.iter().filter(|line| near(line.amount, typical, 10)) {
            first_of.entry(line.date.month_index()).or_insert(line.date);
        }
        let first = *first_of.keys().next()?;
        let usual_day = median(first_of.values().map(|date| date.day_of_month()))?;
        // A month that has not reached the last day of grace is due only if it was paid.
        let is_over =
            end.day_of_month() >= usual_day.saturating_add(GRACE_DAYS) || first_of.contains_key(&end.month_index());
        let due = end.month_index() - first + i32::from(is_over);
        let on_time =
            first_of.values().filter(|date| date.day_of_month() <= usual_day.saturating_add(GRACE_DAYS)).count();
        (first_of.len() >= LEAST_TIMES).then_some(Self {
            rent: Cents(-typical.0),
            usual_day,
            months: first_of.len(),
            due,
            on_time: i32::try_from(on_time).unwrap_or(i32::MAX),
        })
    }
}

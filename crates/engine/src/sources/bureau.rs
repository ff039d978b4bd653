//! A credit bureau's report.
//!
//! ```json
//! {
//!   "as_of": "2026-06-30", "score": 684,
//!   "tradelines": [
//!     {"type": "revolving", "status": "open", "opened": "2019-04-11", "balance": 1840.00, "limit": 4000, "payment": 55,
//!      "past_due": [{"date": "2025-03-01", "days": 30}]}
//!   ],
//!   "inquiries": [{"date": "2026-05-02"}],
//!   "public_records": [{"type": "bankruptcy", "status": "discharged", "filed": "2014-09-30"}]
//! }
//! ```
//!
//! The three lists are required and may be empty; `score`, `closed`, `limit`, `payment` and `past_due` may be absent. Other
//! members, such as those that name a person or an account, are not read. Months are whole months before `as_of`: what is
//! six months old to the day lies outside six months.

use super::read::{Place, Reader};
use super::{Fact, FormValue, divided, sum};
use crate::units::{Cents, Date};

const REVOLVING: &str = "revolving";
const MORTGAGE: &str = "mortgage";
const TYPES: [&str; 5] = [REVOLVING, "installment", "auto", MORTGAGE, "other"];

const OPEN: &str = "open";
const CLOSED: &str = "closed";
const COLLECTION: &str = "collection";
const REPOSSESSED: &str = "repossessed";
const STATES: [&str; 5] = [OPEN, CLOSED, "charged_off", COLLECTION, REPOSSESSED];

const BANKRUPTCY: &str = "bankruptcy";
const RECORDS: [&str; 3] = [BANKRUPTCY, "judgment", "tax_lien"];
const RECORD_STATES: [&str; 4] = [OPEN, "discharged", "dismissed", "satisfied"];

/// A payment that is late by fewer days is not reported as late.
const LATE_DAYS: u64 = 30;

/// One account.
struct Tradeline {
    kind: &'static str,
    status: &'static str,
    opened: Date,
    closed: Option<Date>,
    balance: Cents,
    limit: Option<Cents>,
    payment: Option<Cents>,
    /// Days on which a payment was reported as late.
    late: Vec<Date>,
}

impl Tradeline {
    /// `None` when it was refused.
    fn read(reader: &mut Reader, place: &Place<'_>, as_of: Date) -> Option<Self> {
        let words = [("type", TYPES.join(", ")), ("status", STATES.join(", "))];
        let [kind, status] = words.each_ref().map(|(_, words)| format!("one of {words}"));
        reader.require(
            place,
            &[("type", &kind), ("status", &status), ("opened", "a date"), ("balance", "an amount in dollars")],
        );
        let kind = reader.word(place, "type", &TYPES);
        let status = reader.word(place, "status", &STATES);
        if status == Some(REPOSSESSED) {
            reader.require(place, &[("closed", "the date of the repossession")]);
        }
        let opened = reader.date(place, "opened", Some(as_of));
        let closed = reader.date(place, "closed", Some(as_of));
        let balance = reader.money(place, "balance");
        let (limit, payment) = (reader.money(place, "limit"), reader.money(place, "payment"));
        let mut late = Vec::new();
        for past_due in reader.list(place, "past_due") {
            reader.require(&past_due, &[("date", "a date"), ("days", "days past due")]);
            let days = reader.whole(&past_due, "days", (1, 9_999));
            let date = reader.date(&past_due, "date", Some(as_of));
            late.extend(date.filter(|_| days.is_some_and(|days| days >= LATE_DAYS)));
        }
        Some(Self { kind: kind?, status: status?, opened: opened?, closed, balance: balance?, limit, payment, late })
    }

    fn is_open(&self) -> bool {
        self.status == OPEN
    }
}

/// Everything that a report tells.
pub(super) fn facts(reader: &mut Reader, bytes: &[u8]) -> Vec<Fact> {
    let Some(members) = reader.document("bureau", bytes) else { return Vec::new() };
    let place = Place { members: &members, path: "bureau".to_owned() };
    let lists = [("tradelines", "a list"), ("inquiries", "a list"), ("public_records", "a list")];
    reader.require(&place, &[("as_of", "the date of the report")]);
    reader.require(&place, &lists);
    let score = reader.whole(&place, "score", (300, 850));
    let as_of = reader.date(&place, "as_of", None);
    // Without its day, a report's other dates can only be read.
    let day = as_of.unwrap_or(Date::LAST);

    let lines = reader.list(&place, "tradelines");
    let lines: Vec<Tradeline> = lines.iter().filter_map(|line| Tradeline::read(reader, line, day)).collect();
    let mut inquiries = Vec::new();
    for inquiry in reader.list(&place, "inquiries") {
        reader.require(&inquiry, &[("date", "a date")]);
        inquiries.extend(reader.date(&inquiry, "date", Some(day)));
    }
    let mut bankruptcies = 0;
    for record in reader.list(&place, "public_records") {
        reader.require(&record, &[("type", "a kind of record"), ("status", "its status")]);
        let kind = reader.word(&record, "type", &RECORDS);
        let status = reader.word(&record, "status", &RECORD_STATES);
        reader.date(&record, "filed", Some(day));
        bankruptcies += usize::from(kind == Some(BANKRUPTCY) && status == Some(OPEN));
    }

    let mut facts = vec![Fact::new(
        "bureau_score",
        score.map_or(FormValue::Missing, |score| FormValue::Number(score as f64)),
        "points",
        "the report's score",
    )];
    facts.extend(of_accounts(&lines, day));
    facts.extend(of_payments(&lines, day));
    let within = |months: i32| inquiries.iter().filter(|date| date.months_until(day) < months).count();
    let all = inquiries.len();
    facts.push(Fact::count("inquiries_6m", within(6), &format!("{all} inquiries on file, those of the last 6 months")));
    facts.push(Fact::count(
        "num_credit_inquiries",
        within(12),
        &format!("{all} inquiries on file, those of the last 12 months"),
    ));
    facts.push(Fact::count("bankruptcies_open", bankruptcies, "public records of an open bankruptcy"));
    facts
}

/// Accounts and what is owed on them.
fn of_accounts(lines: &[Tradeline], day: Date) -> Vec<Fact> {
    let count = |is_counted: fn(&Tradeline) -> bool| lines.iter().filter(|line| is_counted(line)).count();
    let open = count(Tradeline::is_open);
    let n_open = format!("accounts that are open, of {}", lines.len());
    let cards: Vec<(Cents, Cents)> = lines
        .iter()
        .filter(|line| line.is_open() && line.kind == REVOLVING)
        .filter_map(|line| Some((line.balance, line.limit.filter(|limit| limit.0 > 0)?)))
        .collect();
    let (used, limits) = (sum(cards.iter().map(|card| card.0)), sum(cards.iter().map(|card| card.1)));
    // Hundredths, half up.
    let percent = (limits.0 > 0).then(|| divided(100 * i128::from(used.0), i128::from(limits.0)));
    let told = |value: Option<f64>| value.map_or(FormValue::Missing, FormValue::Number);
    let from_cards = format!("balances over limits of {} open revolving accounts with a limit", cards.len());
    let owed = sum(lines.iter().filter(|line| line.kind != MORTGAGE).map(|line| line.balance));
    let from_owed = "balances of all accounts but mortgages";
    let silent = lines.iter().filter(|line| line.is_open() && line.balance.0 > 0 && line.payment.is_none()).count();
    let paid = sum(lines.iter().filter(|line| line.is_open()).filter_map(|line| line.payment));
    let from_paid =
        format!("payments of {open} open accounts; {silent} with a balance report no payment and count for nothing");
    let oldest = lines.iter().map(|line| line.opened).min().map(|opened| f64::from(opened.months_until(day)));
    let from_oldest = "the account that was opened first";
    let repossessed = |line: &&Tradeline| {
        line.status == REPOSSESSED && line.closed.is_some_and(|closed| closed.months_until(day) < 12)
    };
    let defaulted = count(|line| ![OPEN, CLOSED].contains(&line.status));
    vec![
        Fact::new("utilization", told(percent.map(|percent| percent as f64)), "%", &from_cards),
        Fact::new("credit_utilization", told(percent.map(|percent| percent as f64 / 100.0)), "of limits", &from_cards),
        Fact::count("open_accounts", open, &n_open),
        Fact::count("num_credit_lines", open, &n_open),
        Fact::count("num_credit_accounts", open, &n_open),
        Fact::count("closed_accounts", count(|line| line.status == CLOSED), "accounts that are closed and paid"),
        Fact::new("oldest_account_months", told(oldest), "months", from_oldest),
        Fact::new("account_age_months", told(oldest), "months", from_oldest),
        Fact::money("existing_debt", Some(owed), from_owed),
        Fact::money("total_debt", Some(owed), from_owed),
        Fact::money("debts_monthly", Some(paid), &from_paid),
        Fact::count("defaulted_accounts", defaulted, "accounts charged off, in collection or repossessed"),
        Fact::count("collections", count(|line| line.status == COLLECTION), "accounts in collection"),
        Fact::count(
            "repossessions_12m",
            lines.iter().filter(repossessed).count(),
            "repossessions in the last 12 months",
        ),
    ]
}

/// Late payments.
fn of_payments(lines: &[Tradeline], day: Date) -> Vec<Fact> {
    let ages: Vec<i32> = lines.iter().flat_map(|line| &line.late).map(|date| date.months_until(day)).collect();
    let all = ages.len();
    let recent = ages.iter().filter(|age| **age < 24).count();
    let last = ages.iter().min().map_or(FormValue::Missing, |age| FormValue::Number(f64::from(*age)));
    vec![
        Fact::count(
            "late_24m",
            recent,
            &format!("{all} payments of {LATE_DAYS} days or more past due, those of the last 24 months"),
        ),
        Fact::count("num_late_payments", all, &format!("payments of {LATE_DAYS} days or more past due")),
        Fact::new("months_since_last_delinquency", last, "months", "the latest payment that was past due"),
    ]
}

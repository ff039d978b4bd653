//! Reading what others send: every bad field by its path, none by its value.

use crate::units::{Cents, Date, NonEmpty};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// Everything that is wrong with what was handed in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Refused(pub NonEmpty<BadField>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.as_slice().iter().map(ToString::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for Refused {}

/// One bad field. What was found is a kind of value, never the value: it may be somebody's name or number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: found {found}, expected {expected}")]
pub struct BadField {
    /// Where it stands, such as `bureau.tradelines[2].opened` or `bank.line 7.amount`.
    pub path: String,
    /// A stable name of what is wrong.
    pub code: BadFieldCode,
    /// The kind of what stands there.
    pub found: String,
    /// What would be accepted.
    pub expected: String,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BadFieldCode {
    NotJson,
    NotATable,
    Missing,
    WrongType,
    OutOfRange,
    TooManyDecimals,
    NotADate,
    AfterTheDay,
    UnknownWord,
    OutOfOrder,
}

/// An object with its path.
pub(super) struct Place<'a> {
    pub(super) members: &'a Map<String, Value>,
    pub(super) path: String,
}

impl<'a> Place<'a> {
    pub(super) fn path_of(&self, member: &str) -> String {
        format!("{}.{member}", self.path)
    }

    fn get(&self, member: &str) -> Option<&'a Value> {
        self.members.get(member).filter(|value| !value.is_null())
    }
}

/// What has been found to be wrong so far. Every reading function returns `None` for what is absent and for what it refused.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) bad: Vec<BadField>,
}

impl Reader {
    pub(super) fn refuse(&mut self, path: String, code: BadFieldCode, found: &str, expected: &str) {
        self.bad.push(BadField { path, code, found: found.to_owned(), expected: expected.to_owned() });
    }

    /// The members of a file that is one JSON object.
    pub(super) fn document(&mut self, name: &str, bytes: &[u8]) -> Option<Map<String, Value>> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Some(members),
            Ok(other) => {
                self.refuse(name.to_owned(), BadFieldCode::WrongType, kind(&other), "an object");
                None
            }
            Err(error) => {
                let found = format!("text that ends being JSON in line {}, column {}", error.line(), error.column());
                self.refuse(name.to_owned(), BadFieldCode::NotJson, &found, "JSON");
                None
            }
        }
    }

    /// Refuses an object that lacks one of some members.
    pub(super) fn require(&mut self, place: &Place<'_>, members: &[(&str, &str)]) {
        for (member, expected) in members {
            if place.get(member).is_none() {
                self.refuse(place.path_of(member), BadFieldCode::Missing, "nothing", expected);
            }
        }
    }

    fn wrong_type(&mut self, place: &Place<'_>, member: &str, value: &Value, expected: &str) {
        self.refuse(place.path_of(member), BadFieldCode::WrongType, kind(value), expected);
    }

    /// The objects of a list.
    pub(super) fn list<'a>(&mut self, place: &Place<'a>, member: &str) -> Vec<Place<'a>> {
        let path = place.path_of(member);
        let list = match place.get(member) {
            Some(Value::Array(list)) => list,
            Some(other) => {
                self.wrong_type(place, member, other, "a list");
                return Vec::new();
            }
            None => return Vec::new(),
        };
        let mut objects = Vec::new();
        for (index, element) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match element {
                Value::Object(members) => objects.push(Place { members, path }),
                other => self.refuse(path, BadFieldCode::WrongType, kind(other), "an object"),
            }
        }
        objects
    }

    /// A date, not after the day of the report.
    pub(super) fn date(&mut self, place: &Place<'_>, member: &str, until: Option<Date>) -> Option<Date> {
        let value = place.get(member)?;
        let Some(date) = value.as_str().and_then(|text| text.parse::<Date>().ok()) else {
            self.refuse(place.path_of(member), BadFieldCode::NotADate, kind(value), "a date as YYYY-MM-DD");
            return None;
        };
        match until.filter(|until| date > *until) {
            Some(until) => {
                let expected = format!("a date up to {until}");
                self.refuse(place.path_of(member), BadFieldCode::AfterTheDay, "a later date", &expected);
                None
            }
            None => Some(date),
        }
    }

    /// An amount of dollars that is not negative.
    pub(super) fn money(&mut self, place: &Place<'_>, member: &str) -> Option<Cents> {
        let value = place.get(member)?;
        let Some(dollars) = value.as_f64() else {
            self.wrong_type(place, member, value, "an amount in dollars");
            return None;
        };
        let amount = Cents::from_dollars(dollars);
        match amount {
            Some(amount) if amount.0 >= 0 => return Some(amount),
            Some(_) => {
                self.refuse(place.path_of(member), BadFieldCode::OutOfRange, "a negative number", "at least 0");
            }
            None => {
                let found = "a number that is no whole number of cents";
                self.refuse(place.path_of(member), BadFieldCode::TooManyDecimals, found, "at most two decimals");
            }
        }
        None
    }

    /// A whole number within limits.
    pub(super) fn whole(&mut self, place: &Place<'_>, member: &str, (least, most): (u64, u64)) -> Option<u64> {
        let value = place.get(member)?;
        let expected = format!("a whole number from {least} to {most}");
        match value.as_u64() {
            Some(number) if (least..=most).contains(&number) => return Some(number),
            _ if value.is_number() => {
                self.refuse(place.path_of(member), BadFieldCode::OutOfRange, "another number", &expected);
            }
            _ => self.wrong_type(place, member, value, &expected),
        }
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, place: &Place<'_>, member: &str) -> Option<bool> {
        let value = place.get(member)?;
        if !value.is_boolean() {
            self.wrong_type(place, member, value, "true, false or null");
        }
        value.as_bool()
    }

    /// One of some words.
    pub(super) fn word(&mut self, place: &Place<'_>, member: &str, known: &[&'static str]) -> Option<&'static str> {
        let value = place.get(member)?;
        let expected = format!("one of {}", known.join(", "));
        let Some(text) = value.as_str() else {
            self.wrong_type(place, member, value, &expected);
            return None;
        };
        let found = known.iter().find(|word| **word == text).copied();
        if found.is_none() {
            self.refuse(place.path_of(member), BadFieldCode::UnknownWord, "another text", &expected);
        }
        found
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

//! What is wrong with a request, in the shape of a web service's answer 422: every bad field with its path.

use crate::units::NonEmpty;
use serde::Serialize;
use std::fmt;

/// The body of an answer 422: `{"detail": [{"loc", "msg", "type"}, …]}`, sorted by path. It never repeats a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unprocessable {
    /// Every bad field.
    pub detail: NonEmpty<Detail>,
}

impl Unprocessable {
    /// `None` when nothing is wrong.
    pub fn new(mut detail: Vec<Detail>) -> Option<Self> {
        detail.sort_by(|a, b| a.loc.cmp(&b.loc));
        NonEmpty::new(detail).map(|detail| Self { detail })
    }

    /// A refusal for one thing.
    pub fn one(loc: Path, fault: &Fault) -> Self {
        Self { detail: NonEmpty::one(fault.at(loc)) }
    }
}

impl fmt::Display for Unprocessable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |detail: &Detail| {
            let steps: Vec<String> = detail.loc.0.iter().map(ToString::to_string).collect();
            format!("{}: {}", steps.join("."), detail.msg)
        };
        let all: Vec<String> = self.detail.as_slice().iter().map(one).collect();
        f.write_str(&all.join("; "))
    }
}

/// One bad field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// Where it stands, from `body` inwards.
    pub loc: Path,
    /// What is wrong, as a sentence.
    pub msg: String,
    /// A stable name of what is wrong.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// The way to a field: names of members and positions in lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Path(Vec<Step>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// A position in a list, from 0.
    Index(usize),
    /// A member of an object.
    Name(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Index(index) => write!(f, "{index}"),
            Step::Name(name) => f.write_str(name),
        }
    }
}

impl Path {
    /// The request's body.
    pub fn body() -> Self {
        Self(vec![Step::Name("body".to_owned())])
    }

    /// A member of what stands here.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        self.and(Step::Name(name.to_owned()))
    }

    /// An element of the list that stands here.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.and(Step::Index(index))
    }

    fn and(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

/// What can be wrong with a field. Names and sentences are those that Pydantic gives, where it has one.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Fault {
    NotJson(String),
    Missing,
    Extra,
    NotAnObject,
    NotAList,
    NotANumber,
    NotAText,
    NotFinite,
    NotWhole,
    TooManyDecimals,
    Below(f64),
    Above(f64),
    NotPositive,
    NotADate,
    AfterTheDay,
    NoneOf(&'static [&'static str]),
}

impl Fault {
    /// The fault at a place.
    pub fn at(&self, loc: Path) -> Detail {
        let (kind, msg) = match self {
            Fault::NotJson(why) => ("json_invalid", format!("JSON decode error: {why}")),
            Fault::Missing => ("missing", "Field required".to_owned()),
            Fault::Extra => ("extra_forbidden", "Extra inputs are not permitted".to_owned()),
            Fault::NotAnObject => (
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from".to_owned(),
            ),
            Fault::NotAList => ("list_type", "Input should be a valid list".to_owned()),
            Fault::NotANumber => ("float_type", "Input should be a valid number".to_owned()),
            Fault::NotAText => ("string_type", "Input should be a valid string".to_owned()),
            Fault::NotFinite => ("finite_number", "Input should be a finite number".to_owned()),
            Fault::NotWhole => {
                ("int_from_float", "Input should be a valid integer, got a number with a fractional part".to_owned())
            }
            Fault::TooManyDecimals => {
                ("decimal_max_places", "Decimal input should have no more than 2 decimal places".to_owned())
            }
            Fault::Below(min) => ("greater_than_equal", format!("Input should be greater than or equal to {min}")),
            Fault::Above(max) => ("less_than_equal", format!("Input should be less than or equal to {max}")),
            Fault::NotPositive => ("greater_than", "Input should be greater than 0".to_owned()),
            Fault::NotADate => ("date_parsing", "Input should be a valid date in the format YYYY-MM-DD".to_owned()),
            Fault::AfterTheDay => ("date_past", "Date should not be after the day of the decision".to_owned()),
            Fault::NoneOf(known) => ("literal_error", format!("Input should be one of '{}'", known.join("', '"))),
        };
        Detail { loc, msg, kind }
    }
}

//! What an applicant tells us: inputs, the unchecked form, and the checked application.
//!
//! [`ApplicationForm::check`] is one of the engine's two doors. It reports every bad field at once; behind it
//! nothing about an application can fail.

use crate::table::{self, Block, Kind, Layout, Selection, Values};
use crate::units::{Cents, Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One field of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The field's name in forms and data.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// The unit of a number, such as `USD`, `months`, `%`; empty when there is none.
    pub unit: String,
    /// The type with its range or levels.
    pub kind: InputKind,
    /// Whether the field may be absent. An absent required field makes a decision incomplete.
    pub optional: bool,
    /// Where the value may be read.
    pub permitted: Permitted,
    /// How it relates to a person's identity.
    pub personal: Personal,
    /// What policy and pricing take it for.
    pub role: Option<Role>,
    /// Whether and how the applicant can change it.
    pub action: Action,
    /// The value a fresh form starts from: the reference median or most frequent level.
    pub typical: FormValue,
}

/// The type of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InputKind {
    /// A finite number.
    Number {
        /// Smallest allowed value.
        min: Option<f64>,
        /// Largest allowed value.
        max: Option<f64>,
        /// The grid of a slider; 1 for whole numbers.
        step: f64,
        /// Whether only whole numbers are allowed.
        whole: bool,
    },
    /// One of named levels; any other text is an unseen level and behaves as missing in the model.
    Category {
        /// The known levels in the order in which a form offers them.
        levels: Vec<Level>,
    },
    /// A calendar date.
    Date,
}

/// A level of a categorical input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The text in data.
    pub name: String,
    /// What a person reads.
    pub label: String,
}

/// Where a value may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permitted {
    /// By the model and by policy.
    Model,
    /// By policy only.
    Policy,
    /// By fairness measurement only. Such an input cannot reach a model: see [`ModelInput`].
    AuditOnly,
}

/// How a value relates to a person's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Describes the deal or an amount.
    None,
    /// Describes the person, among many others alike.
    Attribute,
    /// Names the person.
    Identifier,
    /// A prohibited basis, or close to one.
    Protected,
}

/// What policy and pricing take an input for. Money roles are converted to cents once, in `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Gross income a month.
    MonthlyIncome,
    /// Gross income a year; a month's is its twelfth, half up to cents.
    YearlyIncome,
    /// Debt payments a month, without this loan.
    MonthlyDebt,
    /// Debt payments over gross income, without this loan, as a fraction.
    DebtRatio,
    /// Price of what is bought.
    Price,
    /// Taxes, title, products: financed beside the price.
    Fees,
    /// Cash paid at the start.
    DownPayment,
    /// Net allowance for a traded-in vehicle; negative when more is owed on it.
    TradeIn,
    /// The amount asked for, where there is no price.
    LoanAmount,
    /// What the collateral is worth.
    CollateralValue,
    /// Number of monthly payments.
    Term,
}

impl Role {
    /// Whether values in this role are money.
    pub fn is_money(self) -> bool {
        !matches!(self, Role::Term | Role::DebtRatio)
    }

    /// Whether payments are compared with values in this role: nothing can be, unless they are positive.
    pub fn is_income(self) -> bool {
        matches!(self, Role::MonthlyIncome | Role::YearlyIncome)
    }
}

/// Whether and how an applicant can change an input, and at what effort.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The directions that are open.
    pub direction: Actionability,
    /// The smallest sensible change.
    pub step: f64,
    /// Effort of one step, in any common measure.
    pub cost_per_step: f64,
}

impl Action {
    /// Nothing can be done about it.
    pub const IMMUTABLE: Action = Action { direction: Actionability::Immutable, step: 1.0, cost_per_step: 0.0 };
}

/// The directions in which an applicant can move a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Actionability {
    Immutable,
    Up,
    Down,
    Both,
}

/// Index of an input that a model may read. Only [`ModelInput::of`] makes one, and it refuses audit-only inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelInput(u16);

impl ModelInput {
    /// Returns `None` unless the input exists and is permitted for models.
    pub fn of(inputs: &[Input], name: &str) -> Option<Self> {
        let index = inputs.iter().position(|input| input.name == name && input.permitted == Permitted::Model)?;
        u16::try_from(index).ok().map(Self)
    }

    /// The position in the schema's inputs.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A value as it arrives: from JSON, a form or a CSV cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FormValue {
    /// Absent, `null`, empty or NaN.
    #[default]
    Missing,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Something that no input takes, such as a list; named for the error message.
    Other(&'static str),
}

impl FormValue {
    /// Reads a cell of a CSV file or a form field for an input: empty is missing.
    pub fn from_cell(cell: &str, kind: &InputKind) -> Self {
        let cell = cell.trim();
        match kind {
            _ if cell.is_empty() => FormValue::Missing,
            InputKind::Number { .. } => match cell.parse::<f64>() {
                Ok(number) if number.is_nan() => FormValue::Missing,
                Ok(number) => FormValue::Number(number),
                Err(_) => FormValue::Text(cell.to_owned()),
            },
            InputKind::Date => FormValue::Text(table::day_of(cell).to_owned()),
            InputKind::Category { .. } => FormValue::Text(cell.to_owned()),
        }
    }
}

impl fmt::Display for FormValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormValue::Missing => f.write_str("nothing"),
            FormValue::Number(number) => write!(f, "{number}"),
            FormValue::Text(text) => write!(f, "{:?}", text.chars().take(60).collect::<String>()),
            FormValue::Other(kind) => f.write_str(kind),
        }
    }
}

impl Serialize for FormValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            FormValue::Number(number) => serializer.serialize_f64(*number),
            FormValue::Text(text) => serializer.serialize_str(text),
            FormValue::Missing | FormValue::Other(_) => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for FormValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = FormValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text or null")
            }
            fn visit_bool<E>(self, _: bool) -> Result<FormValue, E> {
                Ok(FormValue::Other("true or false"))
            }
            fn visit_i64<E>(self, number: i64) -> Result<FormValue, E> {
                Ok(FormValue::Number(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<FormValue, E> {
                Ok(FormValue::Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<FormValue, E> {
                Ok(if number.is_nan() { FormValue::Missing } else { FormValue::Number(number) })
            }
            fn visit_str<E>(self, text: &str) -> Result<FormValue, E> {
                Ok(if text.is_empty() { FormValue::Missing } else { FormValue::Text(text.to_owned()) })
            }
            fn visit_unit<E>(self) -> Result<FormValue, E> {
                Ok(FormValue::Missing)
            }
            fn visit_none<E>(self) -> Result<FormValue, E> {
                Ok(FormValue::Missing)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<FormValue, A::Error> {
                while list.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(FormValue::Other("a list"))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<FormValue, A::Error> {
                while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
                Ok(FormValue::Other("an object"))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// An unchecked application: field names and what was entered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationForm(pub BTreeMap<String, FormValue>);

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A finite number in the input's range.
    Number(f64),
    /// Position of a known level.
    Level(u16),
    /// A level that the schema does not know.
    Unseen(String),
    /// A date.
    Date(Date),
}

/// A checked application. Values stand in the order of the schema's inputs; audit-only inputs have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    values: Vec<Option<Value>>,
}

/// One bad field.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[error("{field}: found {found}, expected {expected}")]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// A stable name of what is wrong.
    pub code: FieldErrorCode,
    /// What was given.
    pub found: String,
    /// What would be accepted.
    pub expected: String,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FieldErrorCode {
    UnknownField,
    AuditOnly,
    WrongType,
    NotFinite,
    OutOfRange,
    NotWhole,
    TooManyDecimals,
    NotADate,
}

/// All bad fields of a form, never none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct InvalidApplication(pub Vec<FieldError>);

impl fmt::Display for InvalidApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&list.join("; "))
    }
}

impl std::error::Error for InvalidApplication {}

impl ApplicationForm {
    /// Checks every field against the inputs.
    ///
    /// # Errors
    /// [`InvalidApplication`] with one entry for each malformed or unknown field. An absent required value is not
    /// malformed: the decision will be *incomplete*.
    pub fn check(&self, inputs: &[Input]) -> Result<Application, InvalidApplication> {
        let unknown = self.0.keys().filter(|name| !inputs.iter().any(|input| input.name == **name));
        let mut errors: Vec<FieldError> = unknown
            .map(|name| FieldError {
                field: name.clone(),
                code: FieldErrorCode::UnknownField,
                found: "a field that this model does not know".to_owned(),
                expected: "a field of the schema".to_owned(),
            })
            .collect();
        let given = inputs.iter().map(|input| self.0.get(&input.name).cloned().unwrap_or_default());
        match check_row(inputs, given) {
            Ok(application) if errors.is_empty() => Ok(application),
            Ok(_) => Err(InvalidApplication(errors)),
            Err(InvalidApplication(more)) => {
                errors.extend(more);
                Err(InvalidApplication(errors))
            }
        }
    }
}

/// Checks one row of values that stand in the order of the inputs; values beyond the inputs are ignored.
///
/// # Errors
/// As [`ApplicationForm::check`].
pub fn check_row(
    inputs: &[Input],
    given: impl IntoIterator<Item = FormValue>,
) -> Result<Application, InvalidApplication> {
    let mut errors = Vec::new();
    let mut given = given.into_iter();
    let mut values = Vec::with_capacity(inputs.len());
    for input in inputs {
        let given = given.next().unwrap_or_default();
        values.push(check_value(input, &given).unwrap_or_else(|(code, expected)| {
            errors.push(FieldError { field: input.name.clone(), code, found: given.to_string(), expected });
            None
        }));
    }
    if errors.is_empty() { Ok(Application { values }) } else { Err(InvalidApplication(errors)) }
}

/// The columns of a file that inputs are read from; audit-only inputs are not read.
pub fn selection(inputs: &[Input], layout: Layout) -> Selection {
    let wanted = wanted(inputs, &layout);
    Selection::new(layout, wanted)
}

/// The columns of a [`selection`], each with how its cells are read.
pub(crate) fn wanted(inputs: &[Input], layout: &Layout) -> Vec<(Option<usize>, Kind)> {
    let wanted = |input: &Input| {
        let kind = match &input.kind {
            InputKind::Number { .. } => Kind::Number,
            InputKind::Category { levels } => Kind::Level(levels.iter().map(|level| level.name.clone()).collect()),
            InputKind::Date => Kind::Date,
        };
        (layout.column(&input.name).filter(|_| input.permitted != Permitted::AuditOnly), kind)
    };
    inputs.iter().map(wanted).collect()
}

/// Checks the rows of a block whose columns are those of the inputs' [`selection`]: the rows that are no applications,
/// in their order, with the errors that [`check_row`] gives.
pub fn check_block(inputs: &[Input], block: &Block) -> Vec<(usize, InvalidApplication)> {
    let mut bad = BTreeSet::new();
    for (input, column) in inputs.iter().zip(&block.columns) {
        match (&input.kind, &column.values) {
            (InputKind::Number { min, max, whole, .. }, Values::Numbers(numbers)) => {
                let refused =
                    |number: f64| !number.is_nan() && check_number(input, number, *min, *max, *whole).is_err();
                bad.extend((0..numbers.len()).filter(|row| refused(numbers[*row])));
                bad.extend(column.others.iter().map(|(row, _)| *row));
            }
            (InputKind::Date, _) => bad.extend(column.others.iter().map(|(row, _)| *row)),
            // Another text than a level is an unseen level.
            _ => {}
        }
    }
    let errors = |row: usize| Some((row, check_row(inputs, cells(inputs, block, row)).err()?));
    bad.into_iter().filter_map(errors).collect()
}

/// What stands in a row of a block.
fn cells(inputs: &[Input], block: &Block, row: usize) -> impl Iterator<Item = FormValue> {
    inputs.iter().zip(&block.columns).map(move |(input, column)| {
        if let Some(cell) = column.other(row) {
            return FormValue::from_cell(cell, &input.kind);
        }
        match (&column.values, &input.kind) {
            (Values::Numbers(numbers), _) if !numbers[row].is_nan() => FormValue::Number(numbers[row]),
            (Values::Levels(positions), InputKind::Category { levels }) => positions[row]
                .map_or(FormValue::Missing, |position| FormValue::Text(levels[usize::from(position)].name.clone())),
            (Values::Dates(dates), _) => {
                dates[row].map_or(FormValue::Missing, |date| FormValue::Text(date.to_string()))
            }
            _ => FormValue::Missing,
        }
    })
}

fn check_value(input: &Input, given: &FormValue) -> Result<Option<Value>, (FieldErrorCode, String)> {
    if *given == FormValue::Missing {
        return Ok(None);
    }
    if input.permitted == Permitted::AuditOnly {
        return Err((FieldErrorCode::AuditOnly, "nothing: this field is for fairness measurement only".to_owned()));
    }
    match (&input.kind, given) {
        (InputKind::Number { min, max, whole, .. }, FormValue::Number(number)) => {
            let number = admitted(*number, *min, *max);
            check_number(input, number, *min, *max, *whole)?;
            Ok(Some(Value::Number(number)))
        }
        (InputKind::Number { .. }, _) => Err((FieldErrorCode::WrongType, "a number".to_owned())),
        (InputKind::Category { levels }, FormValue::Text(_) | FormValue::Number(_)) => {
            let name = match given {
                FormValue::Text(text) => text.clone(),
                other => other.to_string(),
            };
            let known = levels.iter().position(|level| level.name == name).and_then(|index| u16::try_from(index).ok());
            Ok(Some(known.map_or(Value::Unseen(name), Value::Level)))
        }
        (InputKind::Category { .. }, _) => Err((FieldErrorCode::WrongType, "a text".to_owned())),
        (InputKind::Date, FormValue::Text(text)) => text
            .parse()
            .map(|date| Some(Value::Date(date)))
            .map_err(|_| (FieldErrorCode::NotADate, "a date as YYYY-MM-DD".to_owned())),
        (InputKind::Date, _) => Err((FieldErrorCode::WrongType, "a date as YYYY-MM-DD".to_owned())),
    }
}

/// A limit at the largest double admits the infinity beyond it, as that double: models of other libraries do, and trees
/// answer both alike.
fn admitted(number: f64, min: Option<f64>, max: Option<f64>) -> f64 {
    match number {
        f64::INFINITY if max == Some(f64::MAX) => f64::MAX,
        f64::NEG_INFINITY if min == Some(f64::MIN) => f64::MIN,
        number => number,
    }
}

fn check_number(
    input: &Input,
    number: f64,
    min: Option<f64>,
    max: Option<f64>,
    whole: bool,
) -> Result<(), (FieldErrorCode, String)> {
    if !number.is_finite() {
        return Err((FieldErrorCode::NotFinite, "a finite number".to_owned()));
    }
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        let expected = match (min, max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => String::new(),
        };
        return Err((FieldErrorCode::OutOfRange, expected));
    }
    if whole && number.fract() != 0.0 {
        return Err((FieldErrorCode::NotWhole, "a whole number".to_owned()));
    }
    if input.role.is_some_and(Role::is_money) && Cents::from_dollars(number).is_none() {
        return Err((FieldErrorCode::TooManyDecimals, "at most two decimals".to_owned()));
    }
    Ok(())
}

impl Application {
    /// A row of a block that [`check_block`] has not refused.
    pub fn of_row(block: &Block, row: usize) -> Self {
        let value = |column: &table::Column| match &column.values {
            Values::Absent => None,
            Values::Numbers(numbers) => Some(numbers[row]).filter(|number| !number.is_nan()).map(Value::Number),
            Values::Levels(positions) => positions[row]
                .map(Value::Level)
                .or_else(|| column.other(row).map(|level| Value::Unseen(level.to_owned()))),
            Values::Dates(dates) => dates[row].map(Value::Date),
        };
        Self { values: block.columns.iter().map(value).collect() }
    }

    /// The value of an input that a model may read.
    pub fn model_value(&self, input: ModelInput) -> Option<&Value> {
        self.values[input.index()].as_ref()
    }

    /// The value at a position in the schema's inputs, for policy and display.
    pub fn value(&self, index: usize) -> Option<&Value> {
        self.values[index].as_ref()
    }

    /// The number at a position, if it is one.
    pub fn number(&self, index: usize) -> Option<f64> {
        match self.values[index] {
            Some(Value::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The number in a role.
    pub fn in_role(&self, inputs: &[Input], role: Role) -> Option<f64> {
        let index = inputs.iter().position(|input| input.role == Some(role))?;
        self.number(index)
    }

    /// The amount in a money role, in cents.
    pub fn money(&self, inputs: &[Input], role: Role) -> Option<Cents> {
        // `check` has refused amounts that are not whole cents.
        Cents::from_dollars(self.in_role(inputs, role)?)
    }

    /// Gross income a month: as given, else a twelfth of the yearly income, half up to cents.
    pub fn monthly_income(&self, inputs: &[Input]) -> Option<Cents> {
        let yearly = || Some(Cents((self.money(inputs, Role::YearlyIncome)?.0 + 6).div_euclid(12)));
        self.money(inputs, Role::MonthlyIncome).or_else(yearly)
    }

    /// A copy with one number replaced: for response curves, paths and counter-offers, on the input's own range.
    pub fn with_number(&self, index: usize, number: f64) -> Application {
        let mut changed = self.clone();
        changed.values[index] = Some(Value::Number(number));
        changed
    }

    /// A copy with another application's answers to some inputs: for permutation of inputs.
    pub fn with_answers_of(&self, other: &Application, inputs: &[usize]) -> Application {
        let mut changed = self.clone();
        inputs.iter().for_each(|input| changed.values[*input].clone_from(&other.values[*input]));
        changed
    }

    /// The form that checks to this application: names and values in the schema's order.
    pub fn to_form(&self, inputs: &[Input]) -> Vec<(String, FormValue)> {
        inputs
            .iter()
            .zip(&self.values)
            .filter(|(input, _)| input.permitted != Permitted::AuditOnly)
            .map(|(input, value)| {
                let given = match value {
                    None => FormValue::Missing,
                    Some(Value::Number(number)) => FormValue::Number(*number),
                    Some(Value::Level(level)) => match &input.kind {
                        InputKind::Category { levels } => FormValue::Text(levels[usize::from(*level)].name.clone()),
                        _ => FormValue::Missing,
                    },
                    Some(Value::Unseen(text)) => FormValue::Text(text.clone()),
                    Some(Value::Date(date)) => FormValue::Text(date.to_string()),
                };
                (input.name.clone(), given)
            })
            .collect()
    }
}

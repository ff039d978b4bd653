//! A reference system's request as an application: names are translated, nested lists counted, what is not asked for takes
//! the book's typical value, and every bad field is found at once.

use super::View;
use super::refusal::{Detail, Fault, Path, Unprocessable};
use crate::application::{ApplicationForm, FieldError, FieldErrorCode, FormValue, Input, InputKind, Permitted};
use crate::units::{Cents, Date};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request in the engine's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapted {
    /// The applicant's name for the sender, given back in answers and kept nowhere.
    pub id: Option<String>,
    /// What is decided.
    pub form: ApplicationForm,
    /// What only fairness measurement may read, such as `age`: no part of the form.
    pub audit: BTreeMap<String, FormValue>,
    /// Inputs that the request does not give and that took the book's typical values.
    pub defaulted: Vec<String>,
}

/// Account states by the words of credit reports.
const OPEN: [&str; 3] = ["open", "active", "current"];
const CLOSED: [&str; 2] = ["closed", "paid"];
const DEFAULTED: [&str; 4] = ["default", "defaulted", "charged_off", "collection"];
const STATES: [&str; 9] =
    [OPEN[0], OPEN[1], OPEN[2], CLOSED[0], CLOSED[1], DEFAULTED[0], DEFAULTED[1], DEFAULTED[2], DEFAULTED[3]];
/// How far back inquiries count: less than so many whole months.
const INQUIRY_MONTHS: i32 = 6;

impl View {
    /// Members of the request's top level that are inputs of the book, with the inputs' names.
    fn members(self) -> &'static [(&'static str, &'static str)] {
        match self {
            View::Approval => &[("vehicle_age", "vehicle_age_years"), ("dealer_id", "dealer"), ("region", "region")],
            View::CreditScore => &[
                ("annual_income", "annual_income"),
                ("employment_years", "employment_years"),
                ("existing_debt", "existing_debt"),
                ("loan_amount", "loan_amount"),
                ("loan_purpose", "loan_purpose"),
            ],
            View::PointOfSale => &[
                ("annual_income", "annual_income"),
                ("debt_to_income_ratio", "debt_to_income_ratio"),
                ("num_credit_lines", "num_credit_lines"),
                ("num_late_payments", "num_late_payments"),
                ("credit_utilization", "credit_utilization"),
                ("months_since_last_delinquency", "months_since_last_delinquency"),
                ("num_credit_inquiries", "num_credit_inquiries"),
                ("purchase_amount", "purchase_amount"),
            ],
            View::DefaultRisk => &[
                ("annual_income", "annual_income"),
                ("credit_utilization", "credit_utilization"),
                ("payment_history_score", "payment_history_score"),
                ("employment_years", "employment_years"),
                ("num_credit_accounts", "num_credit_accounts"),
                ("total_debt", "total_debt"),
                ("interest_rate", "interest_rate"),
                ("unemployment_rate", "unemployment_rate"),
            ],
        }
    }

    /// Inputs that are worked out from other members of the request.
    fn derived(self) -> &'static [&'static str] {
        match self {
            View::Approval => &["income_monthly", "vehicle_price", "vehicle_value"],
            View::CreditScore => {
                &["bureau_score", "open_accounts", "closed_accounts", "defaulted_accounts", "inquiries_6m"]
            }
            View::PointOfSale | View::DefaultRisk => &[],
        }
    }

    /// The member that names the applicant.
    fn id(self) -> Option<&'static str> {
        match self {
            View::Approval => None,
            View::PointOfSale => Some("applicant_id"),
            View::CreditScore | View::DefaultRisk => Some("customer_id"),
        }
    }

    /// Inputs that a book needs to be asked in this view, and this one lacks.
    pub(super) fn lacking(self, inputs: &[Input]) -> Vec<&'static str> {
        let needed = self.members().iter().map(|(_, input)| *input).chain(self.derived().iter().copied());
        needed.filter(|name| inputs.iter().all(|input| input.name != *name)).collect()
    }
}

/// Translates a request. `at` is where it stands in the body, `as_of` the day of the decision. Any input of the book may be
/// given by its own name beside the members of the contract.
///
/// # Errors
/// [`Unprocessable`] with every bad field.
pub fn adapt(view: View, inputs: &[Input], body: &Value, at: &Path, as_of: Date) -> Result<Adapted, Unprocessable> {
    let Value::Object(members) = body else { return Err(Unprocessable::one(at.clone(), &Fault::NotAnObject)) };
    let mut reader = Reader { inputs, as_of, errors: Vec::new(), given: BTreeMap::new(), audit: BTreeMap::new() };
    let mut known: Vec<&str> = Vec::new();
    let mut id = None;
    if let Some(name) = view.id() {
        known.push(name);
        id = reader.text(members, name, at);
    }
    for (member, input) in view.members() {
        known.push(member);
        reader.input(members, member, input, at);
    }
    let mut defaulted = Vec::new();
    match view {
        View::Approval => {
            known.extend(["income", "loan_amount"]);
            reader.deal(members, at);
            if !members.contains_key("vehicle_value") {
                defaulted.push("vehicle_value".to_owned());
            }
        }
        View::CreditScore => {
            known.extend(["credit_history", "date_of_birth"]);
            reader.credit_history(members, at);
            reader.born(members, at);
        }
        View::PointOfSale | View::DefaultRisk => {
            known.push("age");
            reader.age(members, at);
        }
    }
    for (name, value) in members.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let own = inputs.iter().find(|input| input.name == *name && input.permitted != Permitted::AuditOnly);
        match own.filter(|input| !reader.given.contains_key(&input.name)) {
            Some(input) => reader.give(&input.name, form_value(value), at.member(name)),
            None => reader.refuse(at.member(name), &Fault::Extra),
        }
    }
    // Where nothing is usual, nothing is assumed.
    let assumed = |input: &&Input| input.permitted != Permitted::AuditOnly && input.typical != FormValue::Missing;
    for input in inputs.iter().filter(assumed) {
        if !reader.given.contains_key(&input.name) {
            reader.give(&input.name, input.typical.clone(), at.clone());
            defaulted.push(input.name.clone());
        }
    }
    defaulted.sort_unstable();
    reader.done().map(|(form, audit)| Adapted { id, form, audit, defaulted })
}

struct Reader<'a> {
    inputs: &'a [Input],
    as_of: Date,
    errors: Vec<Detail>,
    /// By input: the value and where it came from.
    given: BTreeMap<String, (FormValue, Path)>,
    audit: BTreeMap<String, FormValue>,
}

impl Reader<'_> {
    fn refuse(&mut self, loc: Path, fault: &Fault) {
        self.errors.push(fault.at(loc));
    }

    fn give(&mut self, input: &str, value: FormValue, loc: Path) {
        self.given.insert(input.to_owned(), (value, loc));
    }

    /// An input that has already been refused is given as missing, so that it is not refused twice.
    fn refuse_input(&mut self, input: &str, loc: Path, fault: &Fault) {
        self.give(input, FormValue::Missing, loc.clone());
        self.refuse(loc, fault);
    }

    fn find(&self, input: &str) -> Option<&Input> {
        self.inputs.iter().find(|known| known.name == input)
    }

    fn limits(&self, input: &str) -> (f64, f64) {
        match self.find(input).map(|input| &input.kind) {
            Some(InputKind::Number { min, max, .. }) => (min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX)),
            _ => (f64::MIN, f64::MAX),
        }
    }

    fn typical(&self, input: &str) -> f64 {
        match self.find(input).map(|input| &input.typical) {
            Some(FormValue::Number(number)) => *number,
            _ => 0.0,
        }
    }

    /// A member that is an input; absent, it is refused unless the input is optional.
    fn input(&mut self, members: &Map<String, Value>, member: &str, input: &str, at: &Path) {
        let loc = at.member(member);
        let value = members.get(member).map(form_value).unwrap_or_default();
        let optional = self.find(input).is_some_and(|input| input.optional);
        if value == FormValue::Missing && !optional {
            return self.refuse_input(input, loc, &Fault::Missing);
        }
        self.give(input, value, loc);
    }

    /// A text that may be absent. A number is a text too: identifiers often are.
    fn text(&mut self, members: &Map<String, Value>, member: &str, at: &Path) -> Option<String> {
        match members.get(member)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.refuse(at.member(member), &Fault::NotAText);
                None
            }
        }
    }

    /// A required number within limits.
    fn number(&mut self, members: &Map<String, Value>, member: &str, at: &Path, limits: (f64, f64)) -> Option<f64> {
        let fault = match members.get(member) {
            None | Some(Value::Null) => Fault::Missing,
            Some(value) => match value.as_f64() {
                None => Fault::NotANumber,
                Some(number) => match outside(number, limits) {
                    Some(fault) => fault,
                    None => return Some(number),
                },
            },
        };
        self.refuse(at.member(member), &fault);
        None
    }

    /// The auto book asks for income a month and for a whole deal; the request has a yearly income and an amount. Price is
    /// such that the amount financed is what is asked for, and the vehicle is worth what makes the loan-to-value typical.
    fn deal(&mut self, members: &Map<String, Value>, at: &Path) {
        let (least, most) = self.limits("income_monthly");
        let income = self.number(members, "income", at, (least * 12.0, most * 12.0));
        let monthly = income.map_or(FormValue::Missing, |income| FormValue::Number(in_cents(income / 12.0)));
        self.give("income_monthly", monthly, at.member("income"));

        let loc = at.member("loan_amount");
        let part = |name| members.get(name).and_then(Value::as_f64).unwrap_or(self.typical(name));
        let beside = part("fees") - part("down_payment") - part("trade_in");
        let typical = ["vehicle_price", "fees"].map(|name| self.typical(name)).iter().sum::<f64>()
            - ["down_payment", "trade_in"].map(|name| self.typical(name)).iter().sum::<f64>();
        let (least, most) = self.limits("vehicle_price");
        let amount = self.number(members, "loan_amount", at, ((least + beside).max(1.0), most + beside));
        let (price, value) = match amount {
            Some(amount) if Cents::from_dollars(amount).is_none() => {
                self.refuse(loc.clone(), &Fault::TooManyDecimals);
                (FormValue::Missing, FormValue::Missing)
            }
            Some(amount) => {
                let worth = amount * self.typical("vehicle_value") / typical;
                let (least, most) = self.limits("vehicle_value");
                let worth = in_cents(worth).clamp(least, most);
                (FormValue::Number(in_cents(amount - beside)), FormValue::Number(worth))
            }
            None => (FormValue::Missing, FormValue::Missing),
        };
        self.give("vehicle_price", price, loc.clone());
        if !members.contains_key("vehicle_value") {
            self.give("vehicle_value", value, loc);
        }
    }

    fn credit_history(&mut self, members: &Map<String, Value>, at: &Path) {
        let at = at.member("credit_history");
        let history = match members.get("credit_history") {
            Some(Value::Object(history)) => history,
            None | Some(Value::Null) => return self.refuse(at, &Fault::Missing),
            Some(_) => return self.refuse(at, &Fault::NotAnObject),
        };
        self.input(history, "score", "bureau_score", &at);
        self.refuse_others(history, &["score", "accounts", "inquiries"], &at);

        let mut counts = [0_u32; 3];
        for (account, at) in self.list(history, "accounts", &at) {
            self.refuse_others(account, &["type", "status"], &at);
            self.text(account, "type", &at);
            let status = account.get("status").filter(|status| !status.is_null());
            let state = status.and_then(Value::as_str);
            let kinds: [&[&str]; 3] = [&OPEN, &CLOSED, &DEFAULTED];
            let kind = state.and_then(|state| kinds.iter().position(|kind| kind.contains(&state)));
            match kind.and_then(|kind| counts.get_mut(kind)) {
                Some(count) => *count += 1,
                None if status.is_none() => self.refuse(at.member("status"), &Fault::Missing),
                None => self.refuse(at.member("status"), &Fault::NoneOf(&STATES)),
            }
        }
        let mut recent = 0;
        for (inquiry, at) in self.list(history, "inquiries", &at) {
            self.refuse_others(inquiry, &["date"], &at);
            match self.date(inquiry, "date", &at) {
                Some(date) if date.months_until(self.as_of) < INQUIRY_MONTHS => recent += 1,
                Some(_) => {}
                None if inquiry.get("date").is_none_or(Value::is_null) => {
                    self.refuse(at.member("date"), &Fault::Missing)
                }
                None => {}
            }
        }
        let names = ["open_accounts", "closed_accounts", "defaulted_accounts"];
        for (name, count) in names.into_iter().zip(counts) {
            self.give(name, FormValue::Number(f64::from(count)), at.member("accounts"));
        }
        self.give("inquiries_6m", FormValue::Number(f64::from(recent)), at.member("inquiries"));
    }

    /// The objects of a required list, each with its place.
    fn list<'m>(
        &mut self,
        members: &'m Map<String, Value>,
        member: &str,
        at: &Path,
    ) -> Vec<(&'m Map<String, Value>, Path)> {
        let at = at.member(member);
        let list = match members.get(member) {
            Some(Value::Array(list)) => list,
            None | Some(Value::Null) => {
                self.refuse(at, &Fault::Missing);
                return Vec::new();
            }
            Some(_) => {
                self.refuse(at, &Fault::NotAList);
                return Vec::new();
            }
        };
        let mut objects = Vec::new();
        for (index, element) in list.iter().enumerate() {
            match element {
                Value::Object(object) => objects.push((object, at.element(index))),
                _ => self.refuse(at.element(index), &Fault::NotAnObject),
            }
        }
        objects
    }

    fn refuse_others(&mut self, members: &Map<String, Value>, known: &[&str], at: &Path) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            self.refuse(at.member(name), &Fault::Extra);
        }
    }

    /// A date up to the day of the decision; `None` when it is absent or refused.
    fn date(&mut self, members: &Map<String, Value>, member: &str, at: &Path) -> Option<Date> {
        let value = members.get(member).filter(|value| !value.is_null())?;
        let fault = match value.as_str().and_then(|text| text.parse::<Date>().ok()) {
            Some(date) if date <= self.as_of => return Some(date),
            Some(_) => Fault::AfterTheDay,
            None => Fault::NotADate,
        };
        self.refuse(at.member(member), &fault);
        None
    }

    /// Nobody needs a date of birth to be scored: it becomes an age for fairness measurement.
    fn born(&mut self, members: &Map<String, Value>, at: &Path) {
        if let Some(born) = self.date(members, "date_of_birth", at) {
            self.audit_age(f64::from(born.months_until(self.as_of) / 12), at.member("date_of_birth"));
        }
    }

    fn age(&mut self, members: &Map<String, Value>, at: &Path) {
        match members.get("age").filter(|age| !age.is_null()) {
            None => {}
            Some(age) => match age.as_f64() {
                Some(age) if age.fract() == 0.0 => self.audit_age(age, at.member("age")),
                Some(_) => self.refuse(at.member("age"), &Fault::NotWhole),
                None => self.refuse(at.member("age"), &Fault::NotANumber),
            },
        }
    }

    /// An age is measured, never scored; its limits are those of the capacity to contract.
    fn audit_age(&mut self, age: f64, loc: Path) {
        match outside(age, self.limits("age")) {
            Some(fault) => self.refuse(loc, &fault),
            None => {
                self.audit.insert("age".to_owned(), FormValue::Number(age));
            }
        }
    }

    /// The form, once the door of every application has let it pass.
    fn done(self) -> Result<(ApplicationForm, BTreeMap<String, FormValue>), Unprocessable> {
        let Self { inputs, mut errors, given, audit, .. } = self;
        let value = |(name, (value, _)): (&String, &(FormValue, Path))| (name.clone(), value.clone());
        let form = ApplicationForm(given.iter().map(value).collect());
        if let Err(invalid) = form.check(inputs) {
            let refused = invalid.0.iter().filter_map(|error| {
                let (value, loc) = given.get(&error.field)?;
                let input = inputs.iter().find(|input| input.name == error.field)?;
                Some(fault_of(error, input, value).at(loc.clone()))
            });
            errors.extend(refused);
        }
        match Unprocessable::new(errors) {
            Some(refused) => Err(refused),
            None => Ok((form, audit)),
        }
    }
}

/// Any JSON value as a field: what is no number and no text is named for the error.
fn form_value(value: &Value) -> FormValue {
    FormValue::deserialize(value).unwrap_or(FormValue::Other("a value"))
}

fn outside(number: f64, (min, max): (f64, f64)) -> Option<Fault> {
    if number < min {
        Some(Fault::Below(min))
    } else if number > max {
        Some(Fault::Above(max))
    } else {
        None
    }
}

fn in_cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

/// The door's errors in the words of the answer 422.
fn fault_of(error: &FieldError, input: &Input, value: &FormValue) -> Fault {
    match error.code {
        FieldErrorCode::UnknownField | FieldErrorCode::AuditOnly => Fault::Extra,
        FieldErrorCode::NotFinite => Fault::NotFinite,
        FieldErrorCode::NotWhole => Fault::NotWhole,
        FieldErrorCode::TooManyDecimals => Fault::TooManyDecimals,
        FieldErrorCode::NotADate => Fault::NotADate,
        FieldErrorCode::WrongType if matches!(input.kind, InputKind::Number { .. }) => Fault::NotANumber,
        FieldErrorCode::WrongType => Fault::NotAText,
        FieldErrorCode::OutOfRange => match (&input.kind, value) {
            (InputKind::Number { min, max, .. }, FormValue::Number(number)) => {
                outside(*number, (min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX))).unwrap_or(Fault::NotANumber)
            }
            _ => Fault::NotANumber,
        },
    }
}

/// The refusal of an application that a decision calls incomplete, with the request's own names: what is absent is
/// required, what is there (an income of nothing, under a ratio) must be positive.
pub(super) fn incomplete(
    view: View,
    fields: &[String],
    given: &BTreeMap<String, FormValue>,
    at: &Path,
) -> Option<Unprocessable> {
    let refused = |field: &String| {
        let fault = if given.contains_key(field) { Fault::NotPositive } else { Fault::Missing };
        let member = view.members().iter().find(|(_, input)| input == field).map(|(member, _)| *member);
        let loc = match (view, field.as_str()) {
            (View::Approval, "income_monthly") => at.member("income"),
            (View::Approval, "vehicle_price" | "vehicle_value") => at.member("loan_amount"),
            (View::CreditScore, "bureau_score") => at.member("credit_history").member("score"),
            (_, name) => at.member(member.unwrap_or(name)),
        };
        fault.at(loc)
    };
    Unprocessable::new(fields.iter().map(refused).collect())
}

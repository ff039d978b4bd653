//! Where answers come from besides the applicant: a bureau's report, a bank statement, a check of identity. Each is read
//! into facts, and the facts that a book asks for become a part of an application.
//!
//! | Source | Read by | Gives |
//! | --- | --- | --- |
//! | credit bureau, JSON | [`bureau`] | utilisation, late payments, inquiries, accounts, debts, public records |
//! | bank statement, CSV | [`bank`] | cash flow, recurring income, rent and whether it was paid on time |
//! | identity check, JSON | [`kyc`] | one result for policy: `passed`, `failed`, `not_done` or `sanction_hit` |
//!
//! Nothing here decides: what is filled in goes through [`ApplicationForm::check`] like anything typed. Names, numbers of
//! accounts, dates of birth and descriptions of transactions are not read or stay inside; notes and errors hold figures
//! that were derived, names of fields and kinds of values.

pub mod bank;
pub mod bureau;
pub mod kyc;
mod read;

pub use read::{BadField, BadFieldCode, Refused};

use crate::application::{ApplicationForm, FormValue, Input, InputKind};
use crate::units::{Cents, NonEmpty};
use read::Reader;
use serde::{Deserialize, Serialize};

/// What is handed in, each as the bytes of its file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// A bureau's report: see [`bureau`].
    pub bureau: Option<&'a [u8]>,
    /// A bank statement: see [`bank`].
    pub bank: Option<&'a [u8]>,
    /// The flags of an identity check: see [`kyc`].
    pub kyc: Option<&'a [u8]>,
    /// What the applicant said: an application as JSON.
    pub form: Option<&'a [u8]>,
}

/// A part of an application, and where each of its values comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Intake {
    /// What the applicant said and what the sources add to it; not checked yet.
    pub form: ApplicationForm,
    /// Every fact that was derived, in the order of the sources.
    pub notes: Vec<Note>,
}

/// A fact, what it was derived from, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// The source.
    pub source: Source,
    /// The fact's name; where a book asks for it, the name of the input.
    pub name: &'static str,
    /// Its value; `null` when the source does not tell.
    pub value: FormValue,
    /// The value's unit.
    pub unit: &'static str,
    /// How it was derived, in a sentence without personal values.
    pub from: String,
    /// What became of it.
    pub used: Use,
}

/// A source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Source {
    Bureau,
    Bank,
    Kyc,
}

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// It stands in the application.
    Filled,
    /// It stands in the application instead of another answer that was there.
    Replaced,
    /// The application had an answer, which stands.
    Kept,
    /// This book does not ask for it.
    NotAsked,
    /// The source does not tell.
    NotTold,
}

/// Something that a source tells.
#[derive(Clone, Debug, PartialEq)]
struct Fact {
    name: &'static str,
    value: FormValue,
    unit: &'static str,
    from: String,
}

/// Reads what a source tells.
type Facts = fn(&mut Reader, &[u8]) -> Vec<Fact>;

impl Fact {
    fn new(name: &'static str, value: FormValue, unit: &'static str, from: &str) -> Self {
        Self { name, value, unit, from: from.to_owned() }
    }

    fn count(name: &'static str, count: usize, from: &str) -> Self {
        Self::new(name, FormValue::Number(count as f64), "", from)
    }

    fn money(name: &'static str, amount: Option<Cents>, from: &str) -> Self {
        Self::new(name, amount.map_or(FormValue::Missing, |amount| FormValue::Number(amount.dollars())), "USD", from)
    }
}

/// Reads what is handed in and puts what a book asks for into an application.
///
/// What a bureau or an identity check reports takes the place of what the applicant said; what a bank statement suggests
/// fills only what was left open, because deposits are net of what gross income is not.
///
/// # Errors
/// [`Refused`] lists every bad field of every source by its path.
pub fn intake(inputs: &[Input], sources: Sources<'_>) -> Result<Intake, Refused> {
    let mut reader = Reader::default();
    let mut intake = Intake::default();
    if let Some(bytes) = sources.form {
        intake.form = read_form(&mut reader, bytes);
    }
    let read: [(Source, Option<&[u8]>, Facts); 3] = [
        (Source::Bureau, sources.bureau, bureau::facts),
        (Source::Bank, sources.bank, bank::facts),
        (Source::Kyc, sources.kyc, kyc::facts),
    ];
    for (source, bytes, facts) in read {
        for fact in bytes.map(|bytes| facts(&mut reader, bytes)).unwrap_or_default() {
            intake.take(inputs, source, fact);
        }
    }
    match NonEmpty::new(reader.bad) {
        Some(bad) => Err(Refused(bad)),
        None => Ok(intake),
    }
}

impl Intake {
    fn take(&mut self, inputs: &[Input], source: Source, fact: Fact) {
        let Fact { name, value, unit, from } = fact;
        let asked = inputs.iter().find(|input| input.name == name);
        let (value, from) = asked.map_or((value.clone(), from.clone()), |input| limited(input, value, from));
        let fits = |input: &&Input| {
            let alone = ApplicationForm([(name.to_owned(), value.clone())].into());
            alone.check(std::slice::from_ref(*input)).is_ok()
        };
        let said = self.form.0.get(name).is_some_and(|said| *said != FormValue::Missing);
        let used = match asked.filter(fits) {
            _ if value == FormValue::Missing => Use::NotTold,
            None => Use::NotAsked,
            Some(_) if said && source == Source::Bank => Use::Kept,
            Some(_) if said => Use::Replaced,
            Some(_) => Use::Filled,
        };
        if matches!(used, Use::Filled | Use::Replaced) {
            self.form.0.insert(name.to_owned(), value.clone());
        }
        self.notes.push(Note { source, name, value, unit, from, used });
    }
}

/// A quotient of integers, half up. The divisor is positive.
fn divided(top: i128, bottom: i128) -> i64 {
    i64::try_from((2 * top + bottom).div_euclid(2 * bottom)).unwrap_or(i64::MAX)
}

/// A sum that no file makes too large.
fn sum(amounts: impl Iterator<Item = Cents>) -> Cents {
    let all: i128 = amounts.map(|amount| i128::from(amount.0)).sum();
    Cents(i64::try_from(all).unwrap_or(i64::MAX))
}

/// A number beyond what a field takes stands at its limit, and says so.
fn limited(input: &Input, value: FormValue, from: String) -> (FormValue, String) {
    match (&value, &input.kind) {
        (FormValue::Number(number), InputKind::Number { min, max, .. }) => {
            let within = number.max(min.unwrap_or(f64::MIN)).min(max.unwrap_or(f64::MAX));
            if within == *number {
                return (value, from);
            }
            (FormValue::Number(within), format!("{from}; {number} is beyond the field's limit"))
        }
        _ => (value, from),
    }
}

fn read_form(reader: &mut Reader, bytes: &[u8]) -> ApplicationForm {
    let Some(members) = reader.document("form", bytes) else { return ApplicationForm::default() };
    let value = |value| FormValue::deserialize(value).unwrap_or(FormValue::Other("a value"));
    ApplicationForm(members.into_iter().map(|(name, given)| (name, value(given))).collect())
}

#[cfg(test)]
mod tests;

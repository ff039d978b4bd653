//! Synthetic worlds with a known truth.
//!
//! A world draws applicants whose probability of bad is known exactly, so that what a model learned can be compared
//! with what is true. Row *i* of a seed has its own stream of random numbers: any split into shards gives the same rows,
//! natively and in wasm. No model reads anything from here.

pub mod auto;
mod field;
pub mod identity;
pub mod macro_aware;
mod person;
pub mod personal;
pub mod point_of_sale;
pub mod sampler;

pub use auto::Archetype;

use crate::application::{ApplicationForm, FormValue, Input, Permitted};
use crate::features::Feature;
use crate::seal::Digest;
use crate::units::{LogOdds, Probability};

/// A synthetic applicant with the truth about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Applicant {
    /// One value an input, in the order of the world's inputs, audit-only ones included.
    pub values: Vec<FormValue>,
    /// The true log-odds of bad.
    pub true_log_odds: LogOdds,
    /// Whether they turned bad: drawn with the true probability.
    pub bad: bool,
}

impl Applicant {
    /// Luck is uniform on `[0, 1)`: who has less of it than the probability of bad turns bad.
    fn new(values: Vec<FormValue>, true_log_odds: LogOdds, luck: f64) -> Self {
        Self { values, true_log_odds, bad: luck < Probability::from_log_odds(true_log_odds).value() }
    }

    /// The same applicant with the result of an identity check as the last value.
    fn checked(mut self, seed: u64, row: u64) -> Self {
        self.values.push(identity::result(seed, row));
        self
    }
}

/// The synthetic worlds.
///
/// ```
/// use underglass_engine::population::World;
/// for world in World::ALL {
///     let tenth = world.applicant(7, 10);
///     assert_eq!(tenth.values.len(), world.inputs().len());
///     assert_eq!(tenth, world.applicant(7, 10));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the modules say it")]
pub enum World {
    Auto,
    Personal,
    PointOfSale,
    MacroAware,
}

impl World {
    /// All of them.
    pub const ALL: [World; 4] = [World::Auto, World::Personal, World::PointOfSale, World::MacroAware];

    /// The fields of an application, those that move a decision most first.
    pub fn inputs(self) -> Vec<Input> {
        let mut inputs = match self {
            World::Auto => auto::inputs(),
            World::Personal => personal::inputs(),
            World::PointOfSale => point_of_sale::inputs(),
            World::MacroAware => macro_aware::inputs(),
        };
        inputs.extend(self.checks_identity().then(identity::input));
        inputs
    }

    /// The model's columns, before training fills in category order, ranges and medians.
    pub fn features(self) -> Vec<Feature> {
        match self {
            World::Auto => auto::features(),
            World::Personal => personal::features(),
            World::PointOfSale => point_of_sale::features(),
            World::MacroAware => macro_aware::features(),
        }
    }

    /// The applicant of a row of a seed, when nothing has shocked the world.
    pub fn applicant(self, seed: u64, row: u64) -> Applicant {
        match self {
            World::Auto => Self::shocked(seed, row, &auto::Shock::default()),
            World::Personal => personal::applicant(seed, row).checked(seed, row),
            World::PointOfSale => point_of_sale::applicant(seed, row),
            World::MacroAware => macro_aware::applicant(seed, row),
        }
    }

    /// The applicant of a row of a seed in the world of auto finance after a shock.
    pub fn shocked(seed: u64, row: u64, shock: &auto::Shock) -> Applicant {
        auto::applicant(seed, row, shock).checked(seed, row)
    }

    /// Sample applicants, one for each kind of answer.
    pub fn archetypes(self) -> Vec<Archetype> {
        match self {
            World::Auto => auto::archetypes(),
            World::Personal => personal::archetypes(),
            World::PointOfSale => point_of_sale::archetypes(),
            World::MacroAware => macro_aware::archetypes(),
        }
    }

    /// Whether an application comes with the result of an identity check.
    fn checks_identity(self) -> bool {
        matches!(self, World::Auto | World::Personal)
    }

    /// SHA-256 over the first rows of a seed as text: values, bits of the true log-odds, outcome. Equal digests mean equal
    /// rows, natively and in wasm.
    pub fn digest(self, seed: u64, rows: u64) -> Digest {
        let mut text = String::new();
        for row in 0..rows {
            let applicant = self.applicant(seed, row);
            for value in &applicant.values {
                text += &format!("{value},");
            }
            text += &format!("{:016x},{}\n", applicant.true_log_odds.0.to_bits(), u8::from(applicant.bad));
        }
        Digest::of(text.as_bytes())
    }
}

/// A sample applicant: id, name and label, and one value an input. Audit-only values stay out of the form.
fn archetype(inputs: &[Input], [id, name, label]: [&'static str; 3], values: Vec<FormValue>) -> Archetype {
    let named = inputs.iter().zip(values).filter(|(input, _)| input.permitted != Permitted::AuditOnly);
    let form = ApplicationForm(named.map(|(input, value)| (input.name.clone(), value)).collect());
    Archetype { id, name, label, form }
}

/// The form value of a number that may not be reported.
fn reported(value: Option<f64>) -> FormValue {
    value.map_or(FormValue::Missing, FormValue::Number)
}

#[cfg(test)]
mod tests;

//! What a check of identity says: beside the application, by somebody else. Policy reads it and no model does, and it moves
//! nothing in a world's truth.

use super::field::{Choice, category, choice, levels, of_person};
use super::sampler::Sampler;
use crate::application::{FormValue, Input, Permitted};
use crate::sources::kyc::{FAILED, NAME, NOT_DONE, PASSED, SANCTION_HIT};

const RESULTS: [Choice; 4] = [
    choice(PASSED, "Passed", 0.0),
    choice(FAILED, "Failed", 0.0),
    choice(NOT_DONE, "Not done", 0.0),
    choice(SANCTION_HIT, "Possible sanctions match", 0.0),
];
/// How often each result occurs.
const WEIGHTS: [f64; RESULTS.len()] = [0.965, 0.010, 0.020, 0.005];

/// The field. It starts empty: that a check was passed is nobody's to assume.
pub fn input() -> Input {
    Input {
        optional: true,
        permitted: Permitted::Policy,
        typical: FormValue::Missing,
        ..of_person(category(NAME, "Identity check", levels(&RESULTS), PASSED))
    }
}

/// The result of a row of a seed, from random numbers of its own.
pub(super) fn result(seed: u64, row: u64) -> FormValue {
    let drawn = Sampler::new("identity", seed, row).categorical(&WEIGHTS);
    RESULTS.get(drawn).map_or(FormValue::Missing, |result| FormValue::Text(result.name.to_owned()))
}

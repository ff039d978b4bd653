//! From an import to a model file that scores and explains, and says what nobody knows of it.

use super::{Accepts, ForeignFeature, Import};
use crate::application::{Action, FormValue, Input, InputKind, Permitted, Personal};
use crate::artifact::{Imported, Lineage, ModelFile, Parity, Target};
use crate::features::{Direction, Expr, Feature, Schema, SchemaError};
use crate::seal::Digest;
use crate::units::{Date, Scale};
use std::collections::BTreeMap;

/// The magnitude from which single precision rounds to infinity.
const TOO_LARGE: f64 = f32::MAX as f64 + 0.5 * (1_u128 << 104) as f64;

impl Import {
    /// A model file without reference population, quality and probes. `sha256` is that of the library's file.
    ///
    /// # Errors
    /// [`SchemaError`] when the names of the columns are not unique.
    pub fn model_file(self, name: &str, sha256: Digest) -> Result<ModelFile, SchemaError> {
        let inputs = self.features.iter().map(input).collect();
        let features = self.features.iter().map(feature).collect();
        Ok(ModelFile {
            name: name.to_owned(),
            version: "1".to_owned(),
            intended_use: "Not stated: the model was imported.".to_owned(),
            review_by: None,
            lineage: Lineage {
                data_sha256: sha256,
                rows: self.rows.unwrap_or(0),
                seed: "0".to_owned(),
                trainer: self.from.clone(),
                parent: None,
                as_of: Date::EPOCH,
                learner: "imported trees or terms".to_owned(),
                candidates: Vec::new(),
                search: None,
                parameters: BTreeMap::new(),
                permitted_by_request: Vec::new(),
                imported: Some(Imported {
                    from: self.from,
                    objective: self.objective.clone(),
                    parity: Parity::Unverified,
                    reference_sha256: None,
                }),
            },
            target: Target {
                column: "not stated".to_owned(),
                positive: "1".to_owned(),
                definition: format!("the positive outcome of the objective {}", self.objective),
                window_months: None,
            },
            schema: Schema::new(inputs, features)?,
            ensemble: self.ensemble,
            calibration: self.calibration,
            scale: Scale::default(),
            spread: Vec::new(),
            populations: None,
            bins: Vec::new(),
            metrics: None,
            probes: Vec::new(),
        })
    }
}

fn input(column: &ForeignFeature) -> Input {
    let (min, max) = match column.accepts {
        Accepts::Singles => (TOO_LARGE.next_down().copysign(-1.0), TOO_LARGE.next_down()),
        Accepts::Doubles => (f64::MIN, f64::MAX),
    };
    Input {
        name: column.name.clone(),
        label: column.name.clone(),
        unit: String::new(),
        kind: InputKind::Number { min: Some(min), max: Some(max), step: step(column.range), whole: false },
        optional: true,
        permitted: Permitted::Model,
        personal: Personal::None,
        role: None,
        action: Action::IMMUTABLE,
        typical: FormValue::Missing,
    }
}

/// A power of ten that divides the range into 100 to 1,000 steps.
fn step(range: Option<(f64, f64)>) -> f64 {
    let width = range.map_or(0.0, |(low, high)| high - low);
    let step = libm::pow(10.0, libm::floor(libm::log10(width / 100.0)));
    if step.is_finite() && step > 0.0 { step } else { 1.0 }
}

fn feature(column: &ForeignFeature) -> Feature {
    Feature {
        name: column.name.clone(),
        label: column.name.clone(),
        from: Expr::Input(column.name.clone()),
        direction: Direction::Free,
        family: column.name.clone(),
        levels: Vec::new(),
        range: column.range,
        median: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_accepted_number_is_finite_in_single_precision() {
        assert!((TOO_LARGE as f32).is_infinite() && (TOO_LARGE.next_down() as f32).is_finite());
    }
}

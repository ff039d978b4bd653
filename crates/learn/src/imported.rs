//! What an imported model gains from rows: ranges, bins and a reference population; from outcomes, a calibration.

use crate::calibrate;
use crate::reference;
use underglass_engine::application::{FormValue, Input};
use underglass_engine::artifact::{BandsFile, ModelFile, Populations};
use underglass_engine::features::{Feature, FeatureVector, Schema, SchemaError};
use underglass_engine::seal;
use underglass_engine::units::Points;

/// Adds a reference: ranges, medians and drift bins of its columns, and its rows as counts in the model's shape. The score
/// bands that no cut-off touches stand in the second file.
///
/// # Errors
/// [`SchemaError`] when a column's name makes no schema.
pub fn with_reference(
    file: ModelFile,
    rows: &[FeatureVector],
    cut_offs: &[i16],
) -> Result<(ModelFile, BandsFile), SchemaError> {
    let mut bins = Vec::new();
    let mut features: Vec<Feature> = file.schema.features().to_vec();
    let mut inputs: Vec<Input> = file.schema.inputs().to_vec();
    for (at, feature) in features.iter_mut().enumerate() {
        let mut sorted: Vec<f64> = rows.iter().filter_map(|row| row.0[at]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let missing = (rows.len() - sorted.len()) as u64;
        let found = reference::of_numbers(&feature.name, &sorted, missing);
        (feature.range, feature.median) = (found.range, found.median);
        bins.push(found.bins);
        if let Some(input) = inputs.iter_mut().find(|input| input.name == feature.name && feature.levels.is_empty()) {
            input.typical = found.median.map_or(FormValue::Missing, FormValue::Number);
        }
    }
    let points: Vec<Points> = rows
        .iter()
        .map(|row| Points::from_raw(file.scale.raw(file.calibration.log_odds(file.ensemble.margin(row)))))
        .collect();
    bins.push(reference::score_bins(&points));
    let (all, bands) = reference::populations(&file.ensemble, &points, |row| rows[row].clone());
    let (carried, others) = bands.into_iter().partition(|band| reference::is_touched(band, cut_offs));
    let bands = BandsFile { name: file.name.clone(), bands: others };
    let other_bands = seal::open(&bands.encode()).ok().map(|(_, digest)| digest);
    let populations = Some(Populations { all, bands: carried, other_bands });
    Ok((ModelFile { schema: Schema::new(inputs, features)?, bins, populations, ..file }, bands))
}

/// Fits slope and intercept to outcomes, so that the margins become log-odds whatever they were.
pub fn calibrated(file: ModelFile, rows: &[FeatureVector], bad: &[bool]) -> ModelFile {
    let margins: Vec<f64> = rows.iter().map(|row| file.ensemble.margin(row)).collect();
    let calibration = calibrate::affine(&margins, bad, &vec![1.0; bad.len()]);
    ModelFile { calibration, ..file }
}

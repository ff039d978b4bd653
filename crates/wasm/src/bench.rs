//! What the benchmark times in a browser and no page calls.

use underglass_engine::features::Direction;
use underglass_learn::bins::Cuts;
use underglass_learn::boost::{Booster, Settings, Weights};
use underglass_learn::design::Design;
use underglass_learn::random::{Stream, stream};
use wasm_bindgen::prelude::*;

/// Fits symmetric trees of the default settings to numbers, row by row with NaN for missing, binning included.
/// Returns the mean margin: something that depends on all of the work.
#[wasm_bindgen(js_name = fitColumns)]
pub fn fit_columns(numbers: &[f32], outcomes: &[u8], n_columns: usize, trees: u32) -> f64 {
    let bad: Vec<bool> = outcomes.iter().map(|outcome| *outcome == 1).collect();
    let column = |column| numbers.iter().skip(column).step_by(n_columns).map(|value| f64::from(*value)).collect();
    let columns: Vec<Vec<f64>> = (0..n_columns).map(column).collect();
    let design = Design::of_numbers(&columns, columns.iter().map(|column| Cuts::of_numbers(column)).collect());
    let settings = Settings { trees, ..Settings::default() };
    let (directions, weights) = (vec![Direction::Free; n_columns], Weights::equal(bad.len()));
    let mut booster = Booster::new(settings, directions, &bad, &weights, stream(1, Stream::FinalModel));
    (0..trees).for_each(|_| booster.grow(&design));
    booster.margins().iter().sum::<f64>() / bad.len().max(1) as f64
}

//! The audit of a trained model: no constrained feature, stepped over its range on any row, moves the score against its
//! direction.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::application::FormValue;
use underglass_engine::features::{Direction, FeatureVector};
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Folds};
use underglass_learn::{Plan, train};

const ROWS: u64 = 4000;
const AUDITED: usize = 60;
const STEPS: u32 = 40;

#[test]
fn no_feature_of_the_auto_world_moves_the_score_against_its_direction() {
    let names = auto::inputs().into_iter().map(|input| input.name).chain(["bad".to_owned()]).collect();
    let cells = (0..ROWS).map(|row| {
        let applicant = auto::applicant(3, row, &Shock::default());
        let text = |value| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text,
            FormValue::Missing | FormValue::Other(_) => String::new(),
        };
        applicant.values.into_iter().map(text).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    let table = Table::from_rows(names, cells.collect::<Vec<_>>()).expect("a table");
    let plan = Plan {
        columns: Columns::Given { inputs: auto::inputs(), features: auto::features() },
        settings: Settings { trees: 60, ..Settings::default() },
        folds: Folds::Stratified(2),
        ..Plan::new("bad")
    };
    let model = train(&table, plan).expect("a model").model;

    // Rows that nobody is: every feature anywhere in its range, or missing.
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let features = model.schema().features();
    let at = |(low, high): (f64, f64), step: u32| low + (high - low) * (f64::from(step) / f64::from(STEPS) * 1.2 - 0.1);
    let ranges: Vec<(f64, f64)> = features.iter().map(|feature| feature.range.expect("a range")).collect();
    let (mut steps, mut moves) = (0, 0);
    for _ in 0..AUDITED {
        let row: Vec<Option<f64>> = ranges
            .iter()
            .map(|range| (rng.random_range(0..10_u32) > 0).then(|| at(*range, rng.random_range(0..=STEPS))))
            .collect();
        for (index, feature) in features.iter().enumerate() {
            let score = |step| {
                let mut row = row.clone();
                row[index] = Some(at(ranges[index], step));
                model.log_odds(&FeatureVector(row)).0
            };
            let scores: Vec<f64> = (0..=STEPS).map(score).collect();
            for pair in scores.windows(2) {
                let against = match feature.direction {
                    Direction::Increasing => pair[1] < pair[0],
                    Direction::Decreasing => pair[1] > pair[0],
                    Direction::Free => continue,
                };
                assert!(!against, "{} steps from {} to {}", feature.name, pair[0], pair[1]);
                steps += 1;
                moves += u32::from(pair[0] != pair[1]);
            }
        }
    }
    // The audit has something to look at: many steps, a good part of which move the score.
    assert!(steps > 10_000 && moves > steps / 20, "{moves} of {steps} steps move the score");
}

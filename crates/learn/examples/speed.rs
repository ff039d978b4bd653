//! How long training takes: the synthetic auto world through the whole fit, and the bare boosting of 500 unconstrained
//! trees on numbers.
//!
//! `cargo run --release -p underglass-learn --example speed -- [world rows] [boosting rows]`
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long training takes")]

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::time::Instant;
use underglass_engine::application::FormValue;
use underglass_engine::features::Direction;
use underglass_engine::metrics;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::table::Table;
use underglass_learn::bins::Cuts;
use underglass_learn::boost::{Booster, Settings};
use underglass_learn::design::Design;
use underglass_learn::plan::Columns;
use underglass_learn::random::{Stream, stream};
use underglass_learn::{Fit, Plan, Stage};

fn main() -> Result<(), Box<dyn Error>> {
    let rows = |at: usize, default: u32| std::env::args().nth(at).map_or(Ok(default), |text| text.parse());
    world(rows(1, 20_000)?)?;
    boosting(rows(2, 200_000)?);
    Ok(())
}

fn world(rows: u32) -> Result<(), Box<dyn Error>> {
    if rows == 0 {
        return Ok(());
    }
    let names = auto::inputs().iter().map(|input| input.name.clone()).chain(["bad".to_owned()]).collect();
    let mut truth = Vec::new();
    let cells = (0..u64::from(rows)).map(|row| {
        let applicant = auto::applicant(1, row, &Shock::default());
        truth.push(applicant.true_log_odds.0);
        let text = |value: FormValue| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text,
            _ => String::new(),
        };
        applicant.values.into_iter().map(text).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    let csv = Table::from_rows(names, cells.collect::<Vec<_>>())?.to_csv();
    let clock = Instant::now();
    let table = Table::from_csv(csv.as_bytes())?;
    println!(
        "world {rows} × {}: read {:.2} s ({:.1} MB)",
        table.names().len(),
        clock.elapsed().as_secs_f64(),
        csv.len() as f64 / 1e6
    );
    let clock = Instant::now();
    let columns = Columns::Given { inputs: auto::inputs(), features: auto::features() };
    let mut fit = Fit::new(&table, Plan { columns, ..Plan::new("bad") })?;
    println!("  check, features, bins {:.2} s", clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    while matches!(fit.step(50).stage, Stage::Folds) {}
    println!("  folds {:.2} s", clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    while fit.step(50).stage != Stage::Done {}
    println!("  final {:.2} s, {} trees in all", clock.elapsed().as_secs_f64(), fit.progress().done);
    let clock = Instant::now();
    let trained = fit.finish()?;
    let file = trained.model.file();
    println!("  model {:.2} s, {} bytes", clock.elapsed().as_secs_f64(), trained.model.encode().len());
    let bad: Vec<bool> = table.cells(table.names().len() - 1).map(|cell| cell == "1").collect();
    let learned = trained.out_of_fold.iter().flatten().map(|p| libm::log(p / (1.0 - p)));
    let error = learned.zip(&truth).map(|(z, truth)| (z - truth).abs()).sum::<f64>() / f64::from(rows);
    println!(
        "  {} trees, AUC {:.4} (truth {:.4}), mean |log-odds error| {error:.3}, slope {:.3}",
        file.lineage.parameters["grown_trees"],
        file.metrics.auc.value,
        metrics::auc(&truth, &bad, None),
        file.calibration.slope
    );
    Ok(())
}

fn boosting(rows: u32) {
    const COLUMNS: usize = 20;
    if rows == 0 {
        return;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let values: Vec<Vec<f64>> = (0..COLUMNS)
        .map(|column| {
            let levels = [0, 2, 9, 60][column % 4];
            let draw = |_| {
                if levels == 0 { rng.random_range(-3.0..3.0) } else { f64::from(rng.random_range(0..levels + 1_u32)) }
            };
            (0..rows).map(draw).collect()
        })
        .collect();
    let z = |row: usize| {
        -3.0 + 0.8 * values[0][row] + 0.5 * values[4][row] * values[8][row] - 0.1 * values[2][row]
            + 0.6 * values[1][row]
    };
    let bad: Vec<bool> =
        (0..rows as usize).map(|row| rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z(row)))).collect();
    for (name, settings) in [
        (
            "all rows and columns",
            Settings { learning_rate: 0.1, lambda: 1.0, row_share: 1.0, column_share: 1.0, ..Settings::default() },
        ),
        ("default shares", Settings::default()),
    ] {
        let clock = Instant::now();
        let mut cuts = Vec::new();
        let mut codes = Vec::new();
        for column in &values {
            let mut sorted = column.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let of = Cuts::of_sorted(&sorted);
            codes.extend(column.iter().map(|value| of.code(*value)));
            cuts.push(of);
        }
        let design = Design::new(Array2::from_shape_vec((COLUMNS, rows as usize), codes).unwrap_or_default(), cuts);
        let binned = clock.elapsed().as_secs_f64();
        let mut booster = Booster::new(
            settings,
            vec![Direction::Free; COLUMNS],
            &bad,
            vec![true; rows as usize],
            stream(1, Stream::FinalModel),
        );
        (0..500).for_each(|_| booster.grow(&design, &bad));
        println!(
            "boosting {rows} × {COLUMNS}, 500 trees, {name}: bins {binned:.2} s, in all {:.2} s; training AUC {:.4}",
            clock.elapsed().as_secs_f64(),
            metrics::auc(booster.margins(), &bad, None)
        );
    }
}

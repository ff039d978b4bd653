//! How long training takes: the synthetic auto world through the whole fit, and the bare boosting of 500 unconstrained
//! trees on numbers, binning included.
//!
//! `cargo run --release -p underglass-learn --example speed -- [world=20000] [rows=200000] [folder=FOLDER] [columns=20]
//! [rounds=1] [threads=1] [setting=value …]`. A folder holds `train_X.f32`, `train_y.u8`, `test_X.f32` and `test_y.u8`:
//! numbers row by row, little-endian, NaN for missing, and outcomes of 0 or 1; without one, rows are made up. Times are
//! processor seconds of the process (Linux) and wall seconds.
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long training takes")]

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use underglass_engine::application::FormValue;
use underglass_engine::features::Direction;
use underglass_engine::metrics;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::table::Table;
use underglass_learn::bins::Cuts;
use underglass_learn::boost::{Booster, Settings, Weights, patterns};
use underglass_learn::design::Design;
use underglass_learn::plan::Columns;
use underglass_learn::random::{Stream, stream};
use underglass_learn::{Fit, Plan, Stage};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut world_rows, mut rows, mut columns, mut rounds, mut threads) = (20_000, 200_000, 20, 1, 1);
    let (mut folder, mut settings) = (None, Settings { trees: 500, ..Settings::default() });
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').ok_or("name=value")?;
        match name {
            "folder" => folder = Some(PathBuf::from(value)),
            "world" => world_rows = value.parse()?,
            "rows" => rows = value.parse()?,
            "columns" => columns = value.parse()?,
            "rounds" => rounds = value.parse()?,
            "threads" => threads = value.parse()?,
            _ => settings = settings.with(name, value.parse()?).ok_or_else(|| format!("no setting {name}"))?,
        }
    }
    world(world_rows)?;
    let (train, test) = match folder {
        Some(folder) => (Sample::read(&folder, "train", columns)?, Sample::read(&folder, "test", columns)?),
        None => (Sample::made_up(rows), Sample::made_up(0)),
    };
    for _ in 0..if train.bad.is_empty() { 0 } else { rounds } {
        boosting(&train, &test, settings, threads);
    }
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
        trained.model.metrics().expect("measured").auc.value,
        metrics::auc(&truth, &bad, None),
        file.calibration.slope
    );
    Ok(())
}

/// Columns of numbers, NaN for missing, with outcomes.
struct Sample {
    columns: Vec<Vec<f64>>,
    bad: Vec<bool>,
}

impl Sample {
    fn read(folder: &Path, part: &str, n_columns: usize) -> Result<Self, Box<dyn Error>> {
        let bytes = std::fs::read(folder.join(format!("{part}_X.f32")))?;
        let numbers: Vec<f64> = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four).into()).collect();
        let column = |column: usize| numbers.iter().skip(column).step_by(n_columns).copied().collect();
        let outcomes = std::fs::read(folder.join(format!("{part}_y.u8")))?;
        Ok(Self { columns: (0..n_columns).map(column).collect(), bad: outcomes.iter().map(|y| *y == 1).collect() })
    }

    fn made_up(rows: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let columns: Vec<Vec<f64>> = (0..20)
            .map(|column| {
                let levels = [0, 2, 9, 60][column % 4];
                let mut draw = |_| match levels {
                    0 => rng.random_range(-3.0..3.0),
                    _ => f64::from(rng.random_range(0..levels + 1_u32)),
                };
                (0..rows).map(&mut draw).collect()
            })
            .collect();
        let bad = (0..rows as usize).map(|row| {
            let x = |column: usize| columns[column][row];
            let z = -3.0 + 0.8 * x(0) + 0.5 * x(4) * x(8) - 0.1 * x(2) + 0.6 * x(1);
            rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z))
        });
        Self { bad: bad.collect(), columns }
    }

    fn design(&self, cuts: &[Cuts]) -> Design {
        let code = |cuts: &Cuts, value: &f64| if value.is_nan() { cuts.missing() } else { cuts.code(*value) };
        let codes =
            self.columns.iter().zip(cuts).flat_map(|(column, cuts)| column.iter().map(|value| code(cuts, value)));
        let shape = (cuts.len(), self.bad.len());
        Design::new(Array2::from_shape_vec(shape, codes.collect()).unwrap_or_default(), cuts.to_vec())
    }
}

fn boosting(train: &Sample, test: &Sample, settings: Settings, threads: u16) {
    let (cpu, main, clock) = (processor_seconds(), main_thread_seconds(), Instant::now());
    let before = status("VmRSS:");
    let cuts = |column: &Vec<f64>| {
        let mut sorted: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Cuts::of_sorted(&sorted)
    };
    let cuts: Vec<Cuts> = train.columns.iter().map(cuts).collect();
    let design = train.design(&cuts);
    let binned = processor_seconds() - cpu;
    let directions = vec![Direction::Free; cuts.len()];
    let weights = Weights::equal(train.bad.len());
    let booster = Booster::new(settings, directions, &train.bad, &weights, stream(1, Stream::FinalModel));
    let mut booster = booster.with_threads(threads);
    (0..settings.trees).for_each(|_| booster.grow(&design));
    let (cpu, main, wall) = (processor_seconds() - cpu, main_thread_seconds() - main, clock.elapsed().as_secs_f64());
    let peak = status("VmHWM:");

    let design = test.design(&cuts);
    let (mut margins, mut leaves) = (vec![booster.base(); test.bad.len()], Vec::new());
    for tree in booster.trees() {
        patterns(&tree.questions, &design, &mut leaves);
        margins.iter_mut().zip(&leaves).for_each(|(margin, leaf)| *margin += tree.leaves[usize::from(*leaf)]);
    }
    println!(
        "boosting {} × {}, {} trees, {threads} threads: {cpu:.2} CPU s (bins {binned:.2}; main thread {main:.2}), {wall:.2} s; AUC training {:.5}, test {:.5}; memory {before} before, {peak} at most",
        train.bad.len(),
        cuts.len(),
        settings.trees,
        metrics::auc(booster.margins(), &train.bad, None),
        metrics::auc(&margins, &test.bad, None),
    );
}

/// Processor time of all threads so far; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| after_name.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

/// Processor time of this thread so far: on an idle machine, what the wall would be.
fn main_thread_seconds() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedule.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// A line of what Linux says of the process.
fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

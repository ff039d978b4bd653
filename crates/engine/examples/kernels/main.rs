//! Prints what a row costs in the batch kernels, in microseconds of CPU time of one thread: the least of five rounds.
//!
//! `cargo run --release -p underglass-engine --example kernels`
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long scoring takes")]

mod cases;

use cases::Case;
use std::sync::OnceLock;
use std::time::Instant;
use underglass_engine::batch::ROWS;
use underglass_engine::explain::Game;

const N_ROWS: usize = 20_000;
const N_BLOCKS: usize = 16;

fn main() {
    for (name, ensemble) in [("symmetric 500 x 6", cases::symmetric()), ("general 500 x 6", cases::general())] {
        let mut case = Case::new(ensemble, N_ROWS);
        report(name, "score", N_ROWS, || case.score());
        report(name, "score, row by row", N_ROWS, || case.score_by_row());
        for (game, what) in [(Game::Interventional, "interventional"), (Game::PathDependent, "path-dependent")] {
            if case.fold(game).is_nan() {
                continue;
            }
            report(name, &format!("{what}: fold"), 1, || case.fold(game));
            report(name, &format!("{what}: SHAP"), N_BLOCKS * ROWS, || case.explain(N_BLOCKS));
            report(name, &format!("{what}: SHAP, row by row"), 100, || case.explain_by_row(100));
        }
    }
}

fn report(model: &str, what: &str, n: usize, mut run: impl FnMut() -> f64) {
    let (mut least, mut result) = (f64::INFINITY, 0.0);
    for _ in 0..5 {
        let (start, mut runs) = (seconds(), 0.0);
        // The system's count moves in steps of some milliseconds.
        while runs == 0.0 || seconds() - start < 0.1 {
            result = run();
            runs += 1.0;
        }
        least = least.min((seconds() - start) / runs);
    }
    println!("{model:20} {what:28} {:10.3} us   ({result:e})", least / n as f64 * 1e6);
}

/// CPU time of this thread where the system tells it, else the clock.
fn seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds =
        told.as_deref().and_then(|text| text.split(' ').next()).and_then(|first| first.parse::<f64>().ok());
    static START: OnceLock<Instant> = OnceLock::new();
    nanoseconds
        .map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |nanoseconds| nanoseconds * 1e-9)
}

//! How long a million applications take to be decided again: `strategy_speed FOLDER [ROWS]`, a folder with the artifacts of a
//! book named `auto`. Totals are broken down by three segments.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use underglass_engine::Engine;
use underglass_engine::load::Files;
use underglass_engine::policy::Bands;
use underglass_engine::population::{World, auto::Shock};
use underglass_engine::strategy::{Drawing, Setting};
use underglass_engine::units::Points;

/// Applicants that are scored; they are repeated until there are as many rows as are asked for.
const DRAWN: u64 = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder of the artifacts")?;
    let n_rows: usize = arguments.next().map_or(Ok(1_000_000), |rows| rows.parse())?;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name));
    let [artifact, policy, pricing, reasons] =
        [read("risk-auto.json")?, read("policy-auto.json")?, read("pricing-auto.json")?, read("reasons-auto.json")?];
    let files = Files { artifact: &artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: Some(&reasons) };
    let engine = Engine::load(files)?;
    let as_of = engine.model.file().lineage.as_of;

    let start = Instant::now();
    let mut drawing = Drawing::new(&engine, as_of, (World::Auto, 2026, 0..DRAWN), Shock::default())?;
    drawing.step(&engine, usize::MAX);
    let drawn = drawing.finish();
    println!("drawing and scoring: {:.1} µs a row", start.elapsed().as_secs_f64() * 1e6 / DRAWN as f64);
    let bytes = drawn.to_bytes();
    let mut sample = drawn;
    let start = Instant::now();
    while sample.n_rows() < n_rows {
        sample.append_bytes(&bytes)?;
    }
    let joined = start.elapsed().as_secs_f64();
    println!("{} rows, {} bytes each, joined in {joined:.2} s", sample.n_rows(), bytes.len() / DRAWN as usize);

    let frame = sample.frame().clone();
    let named = |name: &&str| frame.segments().iter().position(|segment| segment.name == *name);
    let by: Vec<usize> = ["employment_status", "housing", "group"].iter().filter_map(named).collect();
    let breakdown = sample.breakdown(&by)?;
    println!("segments: {}, cells: {}", by.len(), breakdown.n_cells());
    let levers = frame.levers(&frame.draft())?;

    let start = Instant::now();
    let cut_offs = sample.cut_offs(&levers, &breakdown);
    println!("cut-offs are grabbed in {:.1} ms", milliseconds(start));
    let points = |points: i64| Points::new(points).unwrap_or(Points::MIN);
    let moves = (580..=740).map(|approve| Bands { approve: points(approve), review: points(540) });
    timed("cut-off", moves, |bands| cut_offs.totals(bands).all().approved().rows);

    for rule in ["pti_max", "income_floor", "repossession_recent"] {
        let start = Instant::now();
        let limit = sample.limit(&levers, rule, &breakdown)?;
        println!("{rule} is grabbed in {:.1} ms", milliseconds(start));
        let range = if rule == "income_floor" { (1_000.0, 4_000.0) } else { (0.05, 0.35) };
        let moves = (0..=160).map(|step| range.0 + (range.1 - range.0) * f64::from(step) / 160.0);
        timed(rule, moves, |at| limit.totals(&sample, at).all().approved().rows);
    }

    let moves = (0..9).map(|step| {
        let mut draft = frame.draft();
        draft.rules.insert("pti_max".to_owned(), Setting::At(0.14 + 0.01 * f64::from(step)));
        draft.rules.insert("income_floor".to_owned(), Setting::At(1_500.0 + 100.0 * f64::from(step)));
        frame.levers(&draft)
    });
    let moves: Vec<_> = moves.collect::<Result<_, _>>()?;
    timed("two limits at once, every row", moves.into_iter(), |levers| {
        sample.totals(&levers, &breakdown).all().approved().rows
    });
    let start = Instant::now();
    std::hint::black_box(sample.effects(&levers));
    println!("effects of the rules: {:.1} ms", milliseconds(start));
    let start = Instant::now();
    std::hint::black_box(sample.swap_set(&levers, &levers));
    println!("swap set: {:.1} ms", milliseconds(start));
    Ok(())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// Median and 95th percentile of the moves, and whether they move anything.
fn timed<T>(what: &str, moves: impl Iterator<Item = T>, mut totals: impl FnMut(T) -> i64) {
    let (mut times, mut seen) = (Vec::new(), Vec::new());
    for one in moves {
        let start = Instant::now();
        seen.push(totals(one));
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied().unwrap_or_default();
    let (low, high) = (seen.iter().min().copied().unwrap_or_default(), seen.iter().max().copied().unwrap_or_default());
    println!("{what}: median {:.3} ms, p95 {:.3} ms; approved {low} to {high}", at(50), at(95));
}

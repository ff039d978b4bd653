//! What each stage of a file takes, in microseconds a row and thread: `portfolio_speed DATA.csv [ARTIFACT.json]`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]

use std::time::Instant;
use underglass_engine::Engine;
use underglass_engine::application::{check_block, selection};
use underglass_engine::load::Files;
use underglass_engine::portfolio::{Answer, Asked, Format, Scoring};
use underglass_engine::table::{Block, Blocks, Kind, Layout, Place, Selection};
use underglass_engine::units::Date;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let csv = std::fs::read(arguments.next().ok_or("a CSV file")?)?;
    let layout = Layout::of(&csv[..csv.len().min(1 << 20)])?;
    let body = csv[layout.start().bytes as usize..].to_vec();
    let mut rows = 0;
    for round in 0..5 {
        let (bytes, cut) = timed(|| layout.whole_records(body.clone(), layout.start(), true));
        let (bytes, size) = bytes?;
        rows = size.records as usize;
        let numbers = (0..layout.names().len()).map(|column| (Some(column), Kind::Number)).collect();
        let all = Selection::new(layout.clone(), numbers);
        let ((), parse) = timed(|| read(bytes, &all, |_| {}));
        let each = |seconds: f64| seconds * 1e6 / rows as f64;
        println!("round {round}: cut {:.3}, every column as numbers {:.3}", each(cut), each(parse));
    }
    let Some(artifact) = arguments.next() else { return Ok(()) };
    let artifact = std::fs::read(artifact)?;
    let engine = Engine::load(Files { artifact: &artifact, policy: None, pricing: None, reasons: None })?;
    let wanted = selection(engine.inputs(), layout.clone());
    for round in 0..5 {
        let each = |seconds: f64| seconds * 1e6 / rows as f64;
        let ((), typed) = timed(|| read(body.clone(), &wanted, |_| {}));
        let ((), checked) = timed(|| {
            read(body.clone(), &wanted, |block| {
                std::hint::black_box(check_block(engine.inputs(), block));
            });
        });
        let ((), derived) = timed(|| {
            read(body.clone(), &wanted, |block| {
                std::hint::black_box(engine.model.schema().features_of_block(block));
            });
        });
        print!("round {round}: typed {:.3}, ", each(typed));
        print!("check {:.3}, features {:.3}", each(checked - typed), each(derived - typed));
        for answer in [Answer::Score, Answer::Reasons] {
            let asked = Asked { answer, receipts: false, format: Format::Csv, as_of: Date::EPOCH };
            let scoring = Scoring::new(&engine, layout.clone(), asked, None)?;
            let mut chunk = scoring.chunk(body.clone(), layout.start(), true)?;
            let (_, all) = timed(|| chunk.step(&engine, &scoring, usize::MAX));
            print!(", all with {answer:?} {:.3}", each(all));
        }
        println!();
    }
    Ok(())
}

fn read(bytes: Vec<u8>, selection: &Selection, mut see: impl FnMut(&Block)) {
    let mut blocks = Blocks::new(bytes, Place::default());
    let mut block = Block::default();
    while blocks.next_block(selection, 1024, &mut block) {
        see(std::hint::black_box(&block));
    }
}

/// Seconds of this thread's processor time where the system tells, else of the clock.
fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let spent = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let (start, before) = (Instant::now(), spent());
    let done = run();
    let seconds = start.elapsed().as_secs_f64();
    (done, spent().zip(before).map_or(seconds, |(after, before)| (after - before) / 1e9))
}

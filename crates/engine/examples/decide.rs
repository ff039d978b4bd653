//! How long one decision takes, from a form's bytes to the receipt's bytes, and where the time goes.
//!
//! `cargo run --release -p underglass-engine --example decide -- FOLDER`, a folder with the artifacts of a book named
//! `auto`. One thousand different synthetic applications; the median of rounds, in microseconds a decision.
#![expect(clippy::print_stdout, reason = "figures on the terminal are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures how long a decision takes")]

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use underglass_engine::Engine;
use underglass_engine::application::{ApplicationForm, Permitted};
use underglass_engine::load::Files;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::receipt::Receipt;

const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder of the artifacts")?;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name));
    let [artifact, policy, pricing, reasons] =
        [read("risk-auto.json")?, read("policy-auto.json")?, read("pricing-auto.json")?, read("reasons-auto.json")?];
    let files = Files { artifact: &artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: Some(&reasons) };
    let clock = Instant::now();
    let engine = Engine::load(files)?;
    println!("load           {:8.1} ms", clock.elapsed().as_secs_f64() * 1e3);

    let names: Vec<String> = auto::inputs().into_iter().map(|input| input.name).collect();
    let permitted = |name: &String| {
        engine.inputs().iter().any(|input| input.name == *name && input.permitted != Permitted::AuditOnly)
    };
    let texts: Vec<String> = (0..1000)
        .map(|row| {
            let values = auto::applicant(9, row, &Shock::default()).values;
            let given = names.iter().cloned().zip(values).filter(|(name, _)| permitted(name));
            serde_json::to_string(&ApplicationForm(given.collect::<BTreeMap<_, _>>()))
        })
        .collect::<Result<_, _>>()?;
    let as_of = engine.model.file().lineage.as_of;
    let parse = |text: &String| serde_json::from_str::<ApplicationForm>(text);
    let forms: Vec<ApplicationForm> = texts.iter().map(parse).collect::<Result<_, _>>()?;
    let checked = forms.iter().map(|form| form.check(engine.inputs())).collect::<Result<Vec<_>, _>>()?;
    let features: Vec<_> = checked.iter().map(|application| engine.model.schema().features_of(application)).collect();
    let receipts: Vec<Receipt> = forms.iter().map(|form| engine.receipt(form, as_of, 0)).collect::<Result<_, _>>()?;

    let time = |what: &str, one: &dyn Fn(usize)| {
        let mut rounds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let clock = Instant::now();
                (0..texts.len()).for_each(one);
                clock.elapsed().as_secs_f64() * 1e6 / texts.len() as f64
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        println!("{what:<14} {:8.2} µs", rounds[ROUNDS / 2]);
    };
    time("parse", &|at| drop(black_box(parse(&texts[at]))));
    time("check", &|at| drop(black_box(forms[at].check(engine.inputs()))));
    time("features", &|at| drop(black_box(engine.model.schema().features_of(&checked[at]))));
    time("log-odds", &|at| {
        black_box(engine.model.log_odds(&features[at]));
    });
    time("score", &|at| drop(black_box(engine.score(&features[at]))));
    time("outcome", &|at| {
        black_box(engine.outcome(&checked[at], as_of));
    });
    time("decide", &|at| drop(black_box(engine.decide(&checked[at], as_of))));
    time("encode", &|at| drop(black_box(receipts[at].encode())));
    time("whole", &|at| {
        let form = parse(&texts[at]).unwrap_or_default();
        drop(black_box(engine.receipt(&form, as_of, 0).map(|receipt| receipt.encode())));
    });
    Ok(())
}

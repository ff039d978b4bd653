//! `underglass`: learns from data, writes artifacts, scores, decides and replays.

mod books;
mod card;
mod chart;
mod check;
mod comparable;
mod demo;
mod evaluate;
mod explain;
mod export;
mod files;
mod gate;
mod held_out;
mod html;
mod import;
mod intake;
mod mlflow;
mod notice;
mod presets;
mod proofs;
mod replay;
mod report;
mod run;
mod score;
mod seal;
mod segment;
mod synth;
mod train;
mod view;

use clap::{Parser, Subcommand};
use report::{Fault, Report};
use std::process::ExitCode;

/// Every lending decision, under glass.
///
/// Exit codes: 0 done, 1 the result says no, 2 usage, 3 data refused, 4 artifact refused, 5 input or output failed.
/// CSV is read plain, gzipped, or from standard input as "-".
#[derive(Parser)]
#[command(version, max_term_width = 110)]
struct Cli {
    /// Print the result as JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a synthetic world with a known truth.
    #[command(subcommand)]
    Synth(synth::Synth),
    /// Look at a data file before anything is learned from it or scored.
    Check(check::Check),
    /// Learn a model from a CSV file and write its artifact.
    #[command(subcommand)]
    Train(train::Train),
    /// Score a CSV file, with contributions or with decisions.
    Score(score::Score),
    /// Divide rows among segments of like rows.
    Segment(segment::Segment),
    /// Find the rows that are most like a row or an application.
    Comparable(comparable::Comparable),
    /// Measure a model on rows whose outcome is known.
    Evaluate(evaluate::Evaluate),
    /// Make an artifact of another library's model: XGBoost, LightGBM, ONNX.
    #[command(subcommand)]
    Import(import::Import),
    /// Say whether a challenger may take a champion's place.
    Gate(gate::Gate),
    /// Check any file's envelope, digest and content.
    Verify(seal::Verify),
    /// Write the digest of a file that was edited by hand.
    Seal(seal::Seal),
    /// Compute a receipt's decision again and name the first stage that differs.
    Replay(replay::Replay),
    /// Say what a receipt's decision is made of and what would change it.
    Explain(explain::Explain),
    /// Answer in a reference system's shape: 000, 001, 003, 004.
    View(view::View),
    /// Put together an application from a bureau's report, a bank statement and an identity check.
    Intake(intake::Intake),
    /// Write the letter that is due to an applicant after a decision.
    Notice(notice::Notice),
    /// Write what other tools and people read.
    #[command(subcommand)]
    Export(export::Export),
    /// Make everything that the page needs.
    Demo(demo::Demo),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Synth(synth) => synth.run(),
        Command::Check(check) => check.run(),
        Command::Train(train) => train.run(),
        Command::Score(score) => score.run(),
        Command::Segment(segment) => segment.run(),
        Command::Comparable(comparable) => comparable.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Import(import) => import.run(),
        Command::Gate(gate) => gate.run(),
        Command::Verify(verify) => verify.run(),
        Command::Seal(seal) => seal.run(),
        Command::Replay(replay) => replay.run(),
        Command::Explain(explain) => explain.run(),
        Command::View(view) => view.run(),
        Command::Intake(intake) => intake.run(),
        Command::Notice(notice) => notice.run(),
        Command::Export(export) => export.run(),
        Command::Demo(demo) => demo.run(),
    };
    match done {
        Ok(report) => report.print(cli.json),
        Err(fault) => fault.print(cli.json),
    }
}

/// The result of a command.
type Done = Result<Report, Fault>;

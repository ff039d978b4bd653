//! What ran in a test run, how it ended, how long it took.

use std::time::Instant;

use crate::{Result, tools::elapsed};

/// What a test command said about its tests.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Tally {
    /// Reads a summary line of cargo test, wasm-pack test or Playwright; any other line changes nothing.
    pub(crate) fn count(&mut self, line: &str) {
        let line = line.trim();
        let counts = line.strip_prefix("test result: ").unwrap_or(line);
        for part in counts.split([';', '.', '(']) {
            let mut words = part.split_whitespace();
            match (words.next().map(str::parse::<u32>), words.next(), words.next()) {
                (Some(Ok(n)), Some("passed"), None) => self.passed += n,
                (Some(Ok(n)), Some("failed"), None) => self.failed += n,
                _ => {}
            }
        }
    }
}

/// What ran, how it ended, how long it took.
pub(crate) struct Report<'a> {
    filter: &'a str,
    lines: Vec<Line>,
}

struct Line {
    title: &'static str,
    ending: Ending,
    time: String,
}

enum Ending {
    Ran(Tally),
    Skipped(&'static str),
}

impl<'a> Report<'a> {
    /// A report of the steps whose title contains `filter`.
    pub(crate) fn new(filter: &'a str) -> Self {
        Self { filter, lines: Vec::new() }
    }

    /// Whether no step had such a title.
    pub(crate) fn is_empty(&self) -> bool {
        !self.lines.iter().any(|line| line.title.contains(self.filter))
    }

    /// Runs one step. A step without tests of its own counts as one.
    pub(crate) fn step(&mut self, title: &'static str, work: impl FnOnce(&mut Tally) -> Result<()>) -> Result<()> {
        if !title.contains(self.filter) {
            return Ok(());
        }
        eprintln!("\n== {title}");
        let started = Instant::now();
        let mut tally = Tally::default();
        let outcome = work(&mut tally);
        match &outcome {
            Ok(()) => tally.passed = tally.passed.max(1),
            Err(_) => tally.failed = tally.failed.max(1),
        }
        eprintln!("== {title}: {}", elapsed(started));
        self.lines.push(Line { title, ending: Ending::Ran(tally), time: elapsed(started) });
        outcome
    }

    /// Runs what later steps stand on; it is no check, so it counts only when it fails.
    pub(crate) fn prepare(&mut self, title: &'static str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        eprintln!("\n== {title}");
        let started = Instant::now();
        let outcome = work();
        let failed = u32::from(outcome.is_err());
        self.lines.push(Line { title, ending: Ending::Ran(Tally { passed: 0, failed }), time: elapsed(started) });
        outcome
    }

    pub(crate) fn skip(&mut self, title: &'static str, reason: &'static str) {
        if title.contains(self.filter) {
            self.lines.push(Line { title, ending: Ending::Skipped(reason), time: String::new() });
        }
    }

    /// Prints the table, the totals in its last line.
    pub(crate) fn print(&self) {
        let mut total = Tally::default();
        println!("\n{:<38} {:>7} {:>7} {:>13}", "step", "passed", "failed", "time");
        for Line { title, ending, time } in &self.lines {
            match ending {
                Ending::Ran(tally) => {
                    println!("{title:<38} {:>7} {:>7} {time:>13}", tally.passed, tally.failed);
                    total.passed += tally.passed;
                    total.failed += tally.failed;
                }
                Ending::Skipped(reason) => println!("{title:<38} skipped: {reason}"),
            }
        }
        println!("{} passed, {} failed", total.passed, total.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_count(line: &str, passed: u32, failed: u32) {
        let mut tally = Tally::default();
        tally.count(line);
        assert_eq!((tally.passed, tally.failed), (passed, failed), "{line}");
    }

    #[test]
    fn cargo_summary_is_counted() {
        check_count(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            12,
            0,
        );
        check_count("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured", 3, 2);
    }

    #[test]
    fn playwright_summary_is_counted() {
        check_count("  4 passed (3.1s)", 4, 0);
        check_count("  1 failed", 0, 1);
    }

    #[test]
    fn other_lines_are_not() {
        for line in ["running 3 tests", "3 passed over", "    [chromium] › a test with 3 failed things", ""] {
            check_count(line, 0, 0);
        }
    }
}

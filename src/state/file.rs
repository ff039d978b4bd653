//! A file of applications on its way to answers.

use underglass_engine::portfolio::Summary;

/// What is happening to the chosen file.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Run {
    /// Nothing yet.
    #[default]
    Idle,
    /// Workers are at it.
    Running(Progress),
    /// Every row has its line; the file is at this address.
    Done(Progress, String),
    /// It was given up.
    Cancelled,
    /// It cannot be scored.
    Failed(String),
}

/// How far the workers are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Rows that are answered.
    pub rows: f64,
    /// Bytes of the file whose rows are answered.
    pub bytes: f64,
    /// Workers, and those that died and were replaced.
    pub workers: u32,
    /// See there.
    pub replaced: u32,
    /// Bytes that the workers' engines hold, and the most that they may.
    pub memory: f64,
    /// See there.
    pub budget: f64,
    /// Since the start, in milliseconds.
    pub elapsed: f64,
}

impl Progress {
    /// Rows a second.
    pub fn rate(&self) -> f64 {
        if self.elapsed > 0.0 { (1000.0 * self.rows / self.elapsed).round() } else { 0.0 }
    }
}

/// The rows of a summary by what was answered, as a table shows them: a word, and how many.
pub fn counts(summary: &Summary) -> [(&'static str, u64); 7] {
    let by = summary.outcomes;
    [
        ("approve", by.approve),
        ("conditional", by.conditional),
        ("counteroffer", by.counteroffer),
        ("review", by.review),
        ("decline", by.decline),
        ("incomplete", by.incomplete),
        ("refused", summary.refused),
    ]
}

//! A file of applications on its way to answers.

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

/// What the workers counted so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Rows by answer, in the order of [`ANSWERS`].
    pub rows: [f64; 7],
    /// The first faults, in the order of the file.
    pub faults: Vec<String>,
}

/// The answers that are counted.
pub const ANSWERS: [&str; 7] = ["approve", "conditional", "counteroffer", "review", "decline", "incomplete", "refused"];

/// The most faults that are shown.
const MOST_FAULTS: usize = 20;

impl Counts {
    /// Adds those of other rows.
    pub fn add(&mut self, other: &Counts) {
        self.rows.iter_mut().zip(other.rows).for_each(|(sum, more)| *sum += more);
        for fault in &other.faults {
            let at = self.faults.partition_point(|listed| listed < fault);
            self.faults.insert(at, fault.clone());
        }
        self.faults.truncate(MOST_FAULTS);
    }

    /// All rows.
    pub fn all(&self) -> f64 {
        self.rows.iter().sum()
    }
}

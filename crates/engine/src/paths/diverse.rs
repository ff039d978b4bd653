//! Several ways to approval that differ in what an applicant would have to change.

use super::approval::{PathAnswer, PathSearch};
use crate::application::Application;
use crate::decision::Engine;
use crate::units::Date;
use serde::Serialize;

/// The most paths that are looked for.
const MOST_PATHS: usize = 4;

/// A search for the cheapest path and then for others, that a host drives.
///
/// Each path after the first is the cheapest that does without at least one input of every path before it, so none is an
/// earlier one with something more. Each is an exact search of its own, with its own certificate.
#[derive(Clone, Debug)]
pub struct DiversePaths {
    application: Application,
    as_of: Date,
    held: Vec<usize>,
    most: usize,
    first: PathSearch,
    others: Vec<PathSearch>,
}

/// The cheapest path, and others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathAnswers {
    /// The cheapest.
    #[serde(flatten)]
    pub cheapest: PathAnswer,
    /// Paths with other inputs, as they were looked for: from cheap to dear. The last one may be a proof that there is no other.
    pub others: Vec<PathAnswer>,
}

impl DiversePaths {
    /// Starts at an application, as [`PathSearch::new`] does; looks for up to `most` paths, at least 1 and at most 4.
    pub fn new(engine: &Engine, application: &Application, as_of: Date, held: &[usize], most: usize) -> Self {
        let first = PathSearch::new(engine, application, as_of, held);
        let most = most.clamp(1, MOST_PATHS);
        Self { application: application.clone(), as_of, held: held.to_vec(), most, first, others: Vec::new() }
    }

    /// Looks at up to `budget` more boxes of applications. Returns whether all searches have ended.
    pub fn step(&mut self, engine: &Engine, budget: usize) -> bool {
        let mut left = budget;
        while left > 0 {
            let search = self.others.last_mut().unwrap_or(&mut self.first);
            let before = search.boxes().0;
            if !search.step(engine, left) {
                return false;
            }
            left = left.saturating_sub((search.boxes().0 - before).max(1));
            // What is approved as it is has no other path.
            let has_path = search.used().is_some_and(|used| !used.is_empty());
            if !has_path || self.others.len() + 1 == self.most {
                return true;
            }
            let avoided = self.searches().filter_map(PathSearch::used).collect();
            let next = PathSearch::new(engine, &self.application, self.as_of, &self.held);
            self.others.push(next.avoiding(avoided));
        }
        false
    }

    /// Boxes that were looked at, and boxes that are still to be looked at: none once all searches have ended.
    pub fn boxes(&self) -> (usize, usize) {
        let left = self.others.last().unwrap_or(&self.first).boxes().1;
        (self.searches().map(|search| search.boxes().0).sum(), left)
    }

    /// What the searches have come to.
    pub fn answer(&self, engine: &Engine) -> PathAnswers {
        let others = self.others.iter().map(|search| search.answer(engine)).collect();
        PathAnswers { cheapest: self.first.answer(engine), others }
    }

    fn searches(&self) -> impl Iterator<Item = &PathSearch> {
        [&self.first].into_iter().chain(&self.others)
    }
}

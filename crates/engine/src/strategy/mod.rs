//! A lending strategy on many applications: what cut-offs and limits would do to approvals, losses and profit.
//!
//! Applications are scored once, into a [`Sample`]. Afterwards [`Levers`] decide all of them again, exactly as an engine with
//! that policy would: a score, a price and what a rule observes do not depend on where the cut-offs and limits lie. All sums
//! are integers, so parts of a sample give the same totals in any order.
//!
//! | A move of | is answered by | at |
//! | --- | --- | --- |
//! | a cut-off | [`CutOffs`]: sums below each of the 551 scores | microseconds |
//! | one rule's limit | [`Limit`]: sums between 512 marks of what it observes | microseconds |
//! | anything | [`Sample::totals`]: every row | nanoseconds a row |
//!
//! A [`Simulation`] takes the shortest of these ways.

mod bytes;
mod curve;
mod cutoffs;
mod draw;
mod effects;
mod frame;
mod levers;
mod limit;
mod optimum;
mod outcome;
mod sample;
mod simulation;
mod slices;
mod totals;
mod vintage;

pub use curve::{Benefit, CurvePoint, Impact, Risk, adverse_impact, best, break_even, frontier};
pub use cutoffs::CutOffs;
pub use draw::{Drawing, NotRead, Reading};
pub use effects::{RuleEffect, SwapSet};
pub use frame::{Frame, NotSampled, Segment, Threshold};
pub use levers::{Draft, LeverError, Levers, Setting};
pub use limit::Limit;
pub use optimum::Constraints;
pub use sample::{NotTheSame, Sample};
pub use simulation::Simulation;
pub use slices::{Counts, Slice, Spread};
pub use totals::{Breakdown, ByOutcome, N_SUMS, Tally, TooManyCells, Totals};
pub use vintage::Vintage;

//! Moving one rule's limit while everything else stays.
//!
//! As a limit moves through what its rule observes, a row changes its decision where the limit passes the value observed on its
//! deal, or on its changed one. These events are sorted into slots around at most 512 marks, once; the totals at a limit are
//! then a sum up to its slot, and the few events inside of it.

use super::frame::Frame;
use super::levers::{LeverError, Levers, Moved};
use super::sample::Sample;
use super::totals::{Breakdown, ByOutcome, Tally, Totals};
use crate::decision::Outcome;
use crate::policy::Op;

/// Marks among observed values.
const MOST_MARKS: usize = 512;

/// Totals of a sample at every limit of one rule.
#[derive(Clone, Debug)]
pub struct Limit {
    moved: Moved,
    /// Everything but the rule.
    without: Levers,
    breakdown: Breakdown,
    /// Rising; below the mark of rank `r` lies slot `2r`, and slot `2r + 1` is that of the mark itself.
    marks: Vec<f64>,
    /// Where each slot's events begin, and the end of the last.
    slots: Vec<u32>,
    events: Vec<Event>,
    /// Cells where the rule never fires, and changes of all events before each slot where it fires on low values, or from each
    /// slot on where it fires on high ones.
    sums: Vec<ByOutcome>,
    base: Vec<ByOutcome>,
}

/// A row whose decision changes where the limit passes a value.
#[derive(Clone, Copy, Debug)]
struct Event {
    value: f64,
    row: u32,
    from: Outcome,
    to: Outcome,
}

impl Sample {
    /// Prepares moves of one rule's limit, with the cut-offs and other rules of some levers.
    ///
    /// # Errors
    /// [`LeverError::NoRule`] and [`LeverError::NoLimit`].
    pub fn limit(&self, levers: &Levers, rule: &str, breakdown: &Breakdown) -> Result<Limit, LeverError> {
        let frame: &Frame = &self.frame;
        let (index, threshold) = frame.threshold(rule)?;
        let moved = Moved::new(index, threshold, threshold.written);
        let without = levers.without(threshold.rule);
        let mut base = vec![ByOutcome::default(); breakdown.n_cells()];
        let mut events = Vec::new();
        for row in 0..self.n_rows() {
            let outcome = self.events(&without, &moved, row, &mut events);
            let tally = self.money(&without, row, outcome);
            breakdown.cells(breakdown.crossed(row)).for_each(|cell| *base[cell].of_mut(outcome) += tally);
        }
        let mut limit = Limit {
            moved,
            without,
            breakdown: breakdown.clone(),
            marks: marks(&events),
            slots: Vec::new(),
            events: Vec::new(),
            sums: Vec::new(),
            base,
        };
        let slots: Vec<u32> = events.iter().map(|event| limit.slot(event.value) as u32).collect();
        limit.accumulate(self, &events, &slots);
        limit.sort(events, &slots);
        Ok(limit)
    }

    /// Adds the events of a row, and returns its decision where the rule never fires.
    fn events(&self, without: &Levers, moved: &Moved, row: usize, events: &mut Vec<Event>) -> Outcome {
        let bit = 1 << moved.rule;
        let observed = |column: &[Vec<f64>], deal: usize| column[moved.threshold][deal];
        let fired = self.asked.fired(without, row);
        let changed = self.changed_deal(row, fired);
        let decided = |on_asked: bool, on_changed: bool| {
            let fired = if on_asked { fired | bit } else { fired };
            let on_changed = |deal| self.changed.fired(without, deal) | if on_changed { bit } else { 0 };
            self.outcome_of(without.bands, row, self.standing_of(row, fired, on_changed))
        };
        let own = observed(&self.asked.observed, row);
        let other = changed.map_or(f64::NAN, |deal| observed(&self.changed.observed, deal));
        let mut reached = [(own, (true, false)), (other, (false, true))];
        if is_before(moved.op, other, own) {
            reached.swap(0, 1);
        }
        let base = decided(false, false);
        let (mut state, mut fires) = (base, (false, false));
        for (value, (own, other)) in reached.into_iter().filter(|(value, _)| !value.is_nan()) {
            fires = (fires.0 | own, fires.1 | other);
            let next = decided(fires.0, fires.1);
            if next != state {
                events.push(Event { value, row: row as u32, from: state, to: next });
            }
            state = next;
        }
        base
    }

    /// A row decided in some way, with the money of its deal; the rule that moves is no counter-offer.
    fn money(&self, levers: &Levers, row: usize, outcome: Outcome) -> Tally {
        let offered = (outcome == Outcome::Counteroffer).then(|| self.asked.fired(levers, row));
        match offered.and_then(|fired| self.changed_deal(row, fired)) {
            Some(deal) => self.changed.tally(deal, self.bad[row]),
            None => self.asked.tally(row, self.bad[row]),
        }
    }
}

/// Whether a rule fires on one value before it does on another, as its limit moves from where it never fires.
fn is_before(op: Op, value: f64, other: f64) -> bool {
    if fires_on_low(op) { value < other } else { value > other }
}

fn fires_on_low(op: Op) -> bool {
    matches!(op, Op::Lt | Op::Le)
}

/// Some of the values at which something happens, frequent ones among them.
fn marks(events: &[Event]) -> Vec<f64> {
    let step = events.len().div_ceil(MOST_MARKS * 16).max(1);
    let mut taken: Vec<f64> = events.iter().step_by(step).map(|event| event.value + 0.0).collect();
    taken.sort_unstable_by(f64::total_cmp);
    let every = taken.len().div_ceil(MOST_MARKS).max(1);
    let mut marks: Vec<f64> = taken.into_iter().step_by(every).collect();
    marks.dedup();
    marks
}

impl Limit {
    fn slot(&self, value: f64) -> usize {
        let rank = self.marks.partition_point(|mark| *mark < value);
        2 * rank + usize::from(self.marks.get(rank).is_some_and(|mark| *mark == value))
    }

    fn n_slots(&self) -> usize {
        2 * self.marks.len() + 1
    }

    fn sort(&mut self, events: Vec<Event>, slots: &[u32]) {
        let mut ends = vec![0_u32; self.n_slots() + 1];
        slots.iter().for_each(|slot| ends[*slot as usize + 1] += 1);
        for slot in 1..ends.len() {
            ends[slot] += ends[slot - 1];
        }
        let mut next = ends.clone();
        let mut order = vec![0_u32; events.len()];
        for (index, slot) in slots.iter().enumerate() {
            let place = &mut next[*slot as usize];
            order[*place as usize] = index as u32;
            *place += 1;
        }
        self.events = order.into_iter().map(|index| events[index as usize]).collect();
        self.slots = ends;
    }

    fn accumulate(&mut self, sample: &Sample, events: &[Event], slots: &[u32]) {
        let n_cells = self.base.len();
        let mut sums = vec![ByOutcome::default(); n_cells * (self.n_slots() + 1)];
        let on_low = fires_on_low(self.moved.op);
        // The changes of a slot stand where those who need all of it find them: behind it, or at its beginning.
        for (event, slot) in events.iter().zip(slots) {
            let place = if on_low { *slot as usize + 1 } else { *slot as usize };
            self.apply(sample, event, &mut sums[place * n_cells..][..n_cells]);
        }
        for at in n_cells..sums.len() {
            // From the first slot on, or from the last one back.
            let (from, to) =
                if on_low { (at - n_cells, at) } else { (sums.len() - 1 - at + n_cells, sums.len() - 1 - at) };
            let before = sums[from];
            sums[to] += before;
        }
        self.sums = sums;
    }

    fn in_slot(&self, slot: usize) -> &[Event] {
        &self.events[self.slots[slot] as usize..self.slots[slot + 1] as usize]
    }

    fn apply(&self, sample: &Sample, event: &Event, cells: &mut [ByOutcome]) {
        let (row, was, is) = (event.row as usize, event.from, event.to);
        let [before, after] = [was, is].map(|outcome| sample.money(&self.without, row, outcome));
        for cell in self.breakdown.cells(self.breakdown.crossed(row)) {
            *cells[cell].of_mut(was) -= before;
            *cells[cell].of_mut(is) += after;
        }
    }

    /// The limit that the policy names.
    pub(super) fn written(&self) -> f64 {
        self.moved.at
    }

    /// The totals with the limit at a number. The sample is the one that this was made of.
    pub fn totals(&self, sample: &Sample, at: f64) -> Totals {
        let (n_cells, slot) = (self.base.len(), self.slot(at));
        let (on_low, moved) = (fires_on_low(self.moved.op), Moved { at, ..self.moved });
        // All events at a mark happen at once; between marks they are looked at one by one.
        let (is_mark, at_once) = (slot % 2 == 1, moved.fires(at));
        let whole = if on_low == (is_mark && at_once) { slot + 1 } else { slot };
        let mut cells = self.base.clone();
        cells.iter_mut().zip(&self.sums[whole * n_cells..]).for_each(|(sum, more)| *sum += *more);
        let single = if is_mark { &[] } else { self.in_slot(slot) };
        single.iter().filter(|event| moved.fires(event.value)).for_each(|event| self.apply(sample, event, &mut cells));
        Totals { cells }
    }
}

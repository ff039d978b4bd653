//! The cheapest accepted point of a grid: best-first branch and bound.
//!
//! A box of the grid costs at least what its low corner costs, since costs rise along every axis. Boxes are taken
//! cheapest first: one whose bound says that nothing in it is accepted is dropped, one whose low corner is accepted holds the
//! optimum, and any other is cut in two. When no box is left, no point is accepted.

use core::cmp::Ordering;
use serde::Serialize;
use std::collections::BinaryHeap;

/// One box in so many is asked for a cheaper point than is known.
const POLISHED: usize = 16;

/// What can be asked about a grid.
pub(crate) trait Grid {
    /// Whether any point between two corners may be accepted: never no where one is.
    fn may_accept(&mut self, low: &[usize], high: &[usize]) -> bool;
    /// Whether a point is accepted.
    fn accepts(&mut self, at: &[usize]) -> bool;
}

/// How a search stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// Nothing is cheaper.
    Optimal,
    /// Nothing is accepted at all.
    Impossible,
    /// What is cheaper than this cost is not accepted; the rest has not been looked at.
    Open {
        /// The cost.
        at_least: f64,
    },
}

/// A search that a host drives.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Along each axis, rising from 0 at the place where one is.
    costs: Vec<Vec<f64>>,
    open: BinaryHeap<Part>,
    found: Option<Vec<usize>>,
    looked_at: usize,
}

/// A box of the grid.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    cost: f64,
    low: Vec<usize>,
    high: Vec<usize>,
    /// The low corner has been refused.
    refused: bool,
}

impl Eq for Part {}

impl Ord for Part {
    /// The cheapest is the greatest; of equally cheap ones that with the lower corners.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_cost = other.cost.total_cmp(&self.cost);
        by_cost.then_with(|| other.low.cmp(&self.low)).then_with(|| other.high.cmp(&self.high))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Search {
    /// The whole grid: along each axis the costs, rising from 0 at the place where one is.
    pub(crate) fn new(costs: Vec<Vec<f64>>) -> Self {
        let high = costs.iter().map(|costs| costs.len() - 1).collect();
        let whole = Part { cost: 0.0, low: vec![0; costs.len()], high, refused: false };
        Self { costs, open: BinaryHeap::from([whole]), found: None, looked_at: 0 }
    }

    /// What it costs to be at a place.
    pub(crate) fn cost(&self, at: &[usize]) -> f64 {
        self.costs.iter().zip(at).map(|(costs, place)| costs[*place]).sum()
    }

    /// Boxes that were looked at, and boxes that are left.
    pub(crate) fn boxes(&self) -> (usize, usize) {
        (self.looked_at, self.open.len())
    }

    /// Looks at up to `budget` more boxes. Returns whether the search has ended.
    pub(crate) fn step(&mut self, grid: &mut impl Grid, budget: usize) -> bool {
        for _ in 0..budget {
            let Some(mut part) = self.open.pop() else { return true };
            let least = self.found.as_ref().map_or(f64::INFINITY, |at| self.cost(at));
            if part.cost >= least {
                self.open.clear();
                return true;
            }
            // What costs as much as what is found is of no use.
            for (axis, high) in part.high.iter_mut().enumerate() {
                let (costs, low) = (&self.costs[axis], part.low[axis]);
                let room = costs[low..=*high].partition_point(|cost| part.cost + (cost - costs[low]) < least);
                *high = low + room.max(1) - 1;
            }
            self.looked_at += 1;
            if !grid.may_accept(&part.low, &part.high) {
                continue;
            }
            if !part.refused && grid.accepts(&part.low) {
                self.found = Some(part.low);
                self.open.clear();
                return true;
            }
            if self.looked_at.is_multiple_of(POLISHED) && grid.accepts(&part.high) {
                self.polish(grid, &part);
            }
            // The side that costs most is cut, in the middle of what it costs.
            let sides = 0..part.low.len();
            let side = |axis: &usize| {
                (
                    self.costs[*axis][part.high[*axis]] - self.costs[*axis][part.low[*axis]],
                    part.high[*axis] - part.low[*axis],
                )
            };
            let longest = sides.max_by(|a, b| side(a).partial_cmp(&side(b)).unwrap_or(Ordering::Equal).then(b.cmp(a)));
            let Some(axis) = longest.filter(|axis| side(axis).1 > 0) else { continue };
            let (costs, low, high) = (&self.costs[axis], part.low[axis], part.high[axis]);
            let half = f64::midpoint(costs[low], costs[high]);
            let middle = (low + costs[low..=high].partition_point(|cost| *cost <= half)).clamp(low + 1, high) - 1;
            let mut upper = part.clone();
            upper.low[axis] = middle + 1;
            upper.cost = self.cost(&upper.low);
            upper.refused = false;
            part.high[axis] = middle;
            part.refused = true;
            self.open.extend([part, upper]);
        }
        self.open.is_empty()
    }

    /// From the high corner of a box, which is accepted, every axis is taken back as far as it may be, the dearest first.
    fn polish(&mut self, grid: &mut impl Grid, part: &Part) {
        let mut at = part.high.clone();
        let mut axes: Vec<usize> = (0..at.len()).collect();
        axes.sort_by(|a, b| self.costs[*b][at[*b]].total_cmp(&self.costs[*a][at[*a]]));
        for axis in axes {
            take_back(grid, &mut at, axis, part.low[axis]);
        }
        self.offer(at);
    }

    /// Takes over an accepted point that someone else has found.
    pub(crate) fn offer(&mut self, at: Vec<usize>) {
        if self.found.as_ref().is_none_or(|found| self.cost(&at) < self.cost(found)) {
            self.found = Some(at);
        }
    }

    /// The costs along an axis.
    pub(crate) fn costs(&self, axis: usize) -> &[f64] {
        &self.costs[axis]
    }

    /// The cheapest accepted point so far, if the search has come upon it.
    pub(crate) fn found(&self) -> Option<&[usize]> {
        self.found.as_deref()
    }

    /// What is known.
    pub(crate) fn certificate(&self) -> Certificate {
        let next = self.open.peek().map(|part| part.cost);
        match (self.found.as_ref().map(|at| self.cost(at)), next) {
            (None, None) => Certificate::Impossible,
            (Some(found), next) if next.is_none_or(|next| next >= found) => Certificate::Optimal,
            (_, next) => Certificate::Open { at_least: next.unwrap_or(0.0) },
        }
    }
}

/// Moves an accepted point back along an axis, to a place from which one step more is refused.
pub(crate) fn take_back(grid: &mut impl Grid, at: &mut [usize], axis: usize, least: usize) {
    let mut accepted = at[axis];
    at[axis] = least;
    if accepted == least || grid.accepts(at) {
        return;
    }
    let mut refused = least;
    while accepted - refused > 1 {
        at[axis] = refused.midpoint(accepted);
        match grid.accepts(at) {
            true => accepted = at[axis],
            false => refused = at[axis],
        }
    }
    at[axis] = accepted;
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Accepts where a table says so; its bound looks at the table.
    struct Table {
        costs: Vec<Vec<f64>>,
        accepted: Vec<bool>,
        /// How often the bound is sharp: one in so many.
        sharp: usize,
        asked: usize,
    }

    impl Table {
        fn index(&self, at: &[usize]) -> usize {
            at.iter().zip(&self.costs).fold(0, |index, (place, costs)| index * costs.len() + place)
        }
        fn points(&self, low: &[usize], high: &[usize]) -> Vec<Vec<usize>> {
            low.iter().zip(high).fold(vec![Vec::new()], |points, (low, high)| {
                let longer = |point: &Vec<usize>| {
                    (*low..=*high).map(|place| [&point[..], &[place]].concat()).collect::<Vec<_>>()
                };
                points.iter().flat_map(longer).collect()
            })
        }
    }

    impl Grid for Table {
        fn may_accept(&mut self, low: &[usize], high: &[usize]) -> bool {
            self.asked += 1;
            !self.asked.is_multiple_of(self.sharp)
                || self.points(low, high).iter().any(|at| self.accepted[self.index(at)])
        }
        fn accepts(&mut self, at: &[usize]) -> bool {
            self.accepted[self.index(at)]
        }
    }

    #[test]
    fn finds_what_looking_everywhere_finds() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (mut impossible, mut found) = (0, 0);
        for _ in 0..500 {
            let axis = |rng: &mut ChaCha8Rng| {
                let length = rng.random_range(1..6_u32);
                (0..length)
                    .scan(0.0, |cost, _| {
                        let now = *cost;
                        *cost += f64::from(rng.random_range(1..9_u32));
                        Some(now)
                    })
                    .collect::<Vec<f64>>()
            };
            let costs: Vec<Vec<f64>> = (0..rng.random_range(1..4_u32)).map(|_| axis(&mut rng)).collect();
            let n: usize = costs.iter().map(Vec::len).product();
            let one_in = rng.random_range(2..60_u32);
            let accepted = (0..n).map(|_| rng.random_range(0..one_in) == 0).collect();
            let mut table = Table { costs, accepted, sharp: rng.random_range(1..4_u32) as usize, asked: 0 };
            let (low, high) =
                (vec![0; table.costs.len()], table.costs.iter().map(|costs| costs.len() - 1).collect::<Vec<_>>());
            let mut search = Search::new(table.costs.clone());
            let cheapest = table
                .points(&low, &high)
                .into_iter()
                .filter(|at| table.accepted[table.index(at)])
                .map(|at| search.cost(&at))
                .reduce(f64::min);
            let mut bound = 0.0;
            while !search.step(&mut table, 3) {
                let at_least = match search.certificate() {
                    Certificate::Open { at_least } => at_least,
                    Certificate::Optimal => search.found().map_or(f64::NAN, |at| search.cost(at)),
                    Certificate::Impossible => panic!("it has not ended"),
                };
                assert!(at_least >= bound && cheapest.is_none_or(|cheapest| at_least <= cheapest));
                bound = at_least;
            }
            assert_eq!(search.found().map(|at| search.cost(at)), cheapest);
            match cheapest {
                None => {
                    impossible += 1;
                    assert_eq!(search.certificate(), Certificate::Impossible);
                }
                Some(_) => {
                    found += 1;
                    assert_eq!(search.certificate(), Certificate::Optimal);
                }
            }
        }
        assert!(impossible > 50 && found > 50, "{impossible} {found}");
    }
}

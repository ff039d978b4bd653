//! Monotone leaf tables, exactly.
//!
//! The levels of a tree that ask about one feature have one answer pattern for each interval between their thresholds.
//! Along a feature with a direction these patterns form a chain, and the leaf values must be ordered along every chain:
//! every pair of reachable patterns that differ only in that feature's answers is then ordered. Missing is a pattern of
//! its own and has no place in the chain, unless it answers like some value.
//!
//! The table is projected onto the ordered ones in the metric of the boosting objective (Dykstra's cyclic projections,
//! each one pool-adjacent-violators), then settled: the mean of the largest value below and the smallest value above is
//! ordered in floating point too, and equals the value itself where nothing is out of order.
//!
//! Sources: Barlow, Bartholomew, Bremner and Brunk, *Statistical Inference under Order Restrictions* (1972); Dykstra (1983).

use underglass_engine::features::Direction;

/// Cycles of projections; after them the table is settled whatever is left.
const MOST_CYCLES: usize = 8;
/// Steps against an order that are left to settling, as a share of the largest leaf.
const SMALL: f64 = 1e-3;
/// Leaves of the deepest tree.
pub(crate) const MOST_LEAVES: usize = 64;
/// Intervals between the thresholds of a feature that is asked about on all six levels.
const MOST_STEPS: usize = 7;

/// One value a leaf.
pub(crate) type Leaves = [f64; MOST_LEAVES];

/// The leaves that one constrained feature orders.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    /// Leaves of a line.
    n_steps: usize,
    /// Lines one after the other, each from the safest to the riskiest leaf; one line a combination of the other answers.
    places: Vec<u8>,
}

/// A level as the constraints see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) feature: usize,
    pub(crate) cut: usize,
    pub(crate) direction: Direction,
}

/// The chains of a tree: one for each constrained feature that it asks about.
pub(crate) fn chains(levels: &[Asked]) -> Vec<Chain> {
    let mut chains = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        let is_first = levels[..index].iter().all(|earlier| earlier.feature != level.feature);
        if level.direction != Direction::Free && is_first {
            chains.push(chain(levels, *level));
        }
    }
    chains
}

fn chain(levels: &[Asked], of: Asked) -> Chain {
    let mut bits: Vec<(usize, usize)> = levels
        .iter()
        .enumerate()
        .filter(|(_, level)| level.feature == of.feature)
        .map(|(bit, level)| (level.cut, 1 << bit))
        .collect();
    bits.sort_unstable();
    let mask = bits.iter().fold(0, |mask, (_, bit)| mask | bit);
    // From below every threshold upward: each threshold that is passed turns its answers from yes to no.
    let mut steps = vec![mask];
    for group in bits.chunk_by(|a, b| a.0 == b.0) {
        let passed = group.iter().fold(0, |passed, (_, bit)| passed | bit);
        steps.push(steps[steps.len() - 1] & !passed);
    }
    if of.direction == Direction::Decreasing {
        steps.reverse();
    }
    let others = (0..1_usize << levels.len()).filter(|rest| rest & mask == 0);
    let places = others.flat_map(|rest| steps.iter().map(move |step| (rest | step) as u8)).collect();
    Chain { n_steps: steps.len(), places }
}

impl Chain {
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.places.chunks_exact(self.n_steps)
    }

    /// The largest step against the order; 0 when every line is ordered.
    fn largest_fall(&self, leaves: &Leaves) -> f64 {
        let pairs = self.lines().flat_map(|line| line.windows(2));
        pairs.fold(0.0, |most, pair| f64::max(most, leaves[usize::from(pair[0])] - leaves[usize::from(pair[1])]))
    }

    /// Pools adjacent violators along every line.
    fn pool(&self, leaves: &mut Leaves, weights: &Leaves) {
        for line in self.lines() {
            if let [a, b] = line {
                let (a, b) = (usize::from(*a), usize::from(*b));
                if leaves[a] > leaves[b] {
                    let mean = (leaves[a] * weights[a] + leaves[b] * weights[b]) / (weights[a] + weights[b]);
                    (leaves[a], leaves[b]) = (mean, mean);
                }
            } else {
                pool_line(line, leaves, weights);
            }
        }
    }

    /// An upper bound of the gain of any table that keeps this chain: that of its own projection.
    pub(crate) fn bound(&self, gradients: &Leaves, weights: &Leaves, n_leaves: usize) -> f64 {
        let mut leaves = free_leaves(gradients, weights, n_leaves);
        self.pool(&mut leaves, weights);
        gain(&leaves, gradients, weights, n_leaves)
    }
}

/// The value of each leaf that gains most: `−G / (H + λ)`. `weights` holds `H + λ`.
fn free_leaves(gradients: &Leaves, weights: &Leaves, n_leaves: usize) -> Leaves {
    let mut leaves = [0.0; MOST_LEAVES];
    for leaf in 0..n_leaves {
        leaves[leaf] = -gradients[leaf] / weights[leaf];
    }
    leaves
}

/// Leaf values that keep every chain: the free ones, projected.
pub(crate) fn leaf_values(chains: &[Chain], gradients: &Leaves, weights: &Leaves, n_leaves: usize) -> Leaves {
    let mut leaves = free_leaves(gradients, weights, n_leaves);
    project(chains, &mut leaves, weights);
    leaves
}

/// The gain of a table of leaf values, `Σ −w · (2G + (H + λ)w)`.
pub(crate) fn gain(leaves: &Leaves, gradients: &Leaves, weights: &Leaves, n_leaves: usize) -> f64 {
    (0..n_leaves).fold(0.0, |sum, leaf| sum - leaves[leaf] * (2.0 * gradients[leaf] + weights[leaf] * leaves[leaf]))
}

/// Moves the values as little as possible, in squares weighted by `weights`, until they keep every chain.
fn project(chains: &[Chain], leaves: &mut Leaves, weights: &Leaves) {
    let fall = |leaves: &Leaves| chains.iter().fold(0.0, |most, chain| f64::max(most, chain.largest_fall(leaves)));
    if fall(leaves) <= 0.0 {
        return;
    }
    let enough = SMALL * leaves.iter().fold(0.0, |most, leaf| f64::max(most, leaf.abs()));
    if let [only] = chains {
        only.pool(leaves, weights);
    } else {
        // Dykstra: each projection starts from where its own last correction is taken back.
        let mut corrections = vec![[0.0; MOST_LEAVES]; chains.len()];
        for _ in 0..MOST_CYCLES {
            for (chain, correction) in chains.iter().zip(&mut corrections) {
                for (value, back) in leaves.iter_mut().zip(correction.iter_mut()) {
                    *value += *back;
                    *back = *value;
                }
                chain.pool(leaves, weights);
                for (start, moved) in correction.iter_mut().zip(leaves.iter()) {
                    *start -= moved;
                }
            }
            if fall(leaves) <= enough {
                break;
            }
        }
    }
    settle(chains, leaves);
}

fn pool_line(line: &[u8], leaves: &mut Leaves, weights: &Leaves) {
    // Mean, weight and number of leaves of each pool.
    let mut pools = [(0.0, 0.0, 0_usize); MOST_STEPS];
    let mut n_pools = 0;
    for leaf in line {
        let mut pooled = (leaves[usize::from(*leaf)], weights[usize::from(*leaf)], 1);
        while n_pools > 0 && pools[n_pools - 1].0 > pooled.0 {
            let (mean, weight, count) = pools[n_pools - 1];
            let total = weight + pooled.1;
            pooled = ((mean * weight + pooled.0 * pooled.1) / total, total, count + pooled.2);
            n_pools -= 1;
        }
        pools[n_pools] = pooled;
        n_pools += 1;
    }
    let mut rest = line;
    for (mean, _, count) in &pools[..n_pools] {
        let (pool, others) = rest.split_at(*count);
        pool.iter().for_each(|leaf| leaves[usize::from(*leaf)] = *mean);
        rest = others;
    }
}

/// The mean of the largest value at or below a leaf and the smallest at or above it. Both are ordered along every chain,
/// and rounding keeps an order.
fn settle(chains: &[Chain], leaves: &mut Leaves) {
    let (mut largest, mut smallest) = (*leaves, *leaves);
    for chain in chains {
        for line in chain.lines() {
            line.iter().fold(f64::NEG_INFINITY, |most, leaf| {
                let value = &mut largest[usize::from(*leaf)];
                *value = value.max(most);
                *value
            });
            line.iter().rev().fold(f64::INFINITY, |least, leaf| {
                let value = &mut smallest[usize::from(*leaf)];
                *value = value.min(least);
                *value
            });
        }
    }
    for ((leaf, largest), smallest) in leaves.iter_mut().zip(&largest).zip(&smallest) {
        *leaf = if largest == smallest { *largest } else { largest / 2.0 + smallest / 2.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(feature: usize, cut: usize, direction: Direction) -> Asked {
        Asked { feature, cut, direction }
    }

    #[test]
    fn a_chain_runs_from_safe_to_risky() {
        use Direction::{Decreasing, Free, Increasing};
        let levels = [asked(0, 5, Increasing), asked(1, 2, Free), asked(0, 3, Increasing), asked(2, 9, Decreasing)];
        let found = chains(&levels);
        // Feature 0: below 3 answers yes yes (101), from 3 the third level says no, from 5 the first as well.
        assert_eq!((found[0].n_steps, &found[0].places[..6]), (3, &[0b101, 0b001, 0b000, 0b111, 0b011, 0b010][..]));
        assert_eq!((found[1].n_steps, &found[1].places[..4]), (2, &[0b0000, 0b1000, 0b0001, 0b1001][..]));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn one_chain_is_projected_as_the_textbook_does() {
        let levels = [asked(0, 1, Direction::Increasing), asked(0, 2, Direction::Increasing)];
        let (mut leaves, mut weights) = ([0.0; MOST_LEAVES], [1.0; MOST_LEAVES]);
        // In chain order: leaf 3 (below 1), leaf 2 (1 to 2), leaf 0 (from 2); leaf 1 is unreachable.
        (leaves[3], leaves[2], leaves[0], leaves[1]) = (1.0, 4.0, 1.0, 9.0);
        weights[2] = 2.0;
        project(&chains(&levels), &mut leaves, &weights);
        assert_eq!(leaves[..4], [3.0, 9.0, 3.0, 1.0]);
    }

    fn direction() -> impl Strategy<Value = Direction> {
        prop_oneof![Just(Direction::Increasing), Just(Direction::Decreasing), Just(Direction::Free)]
    }

    proptest! {
        #[test]
        fn every_chain_is_kept_exactly(
            directions in prop::collection::vec(direction(), 3),
            asks in prop::collection::vec((0_usize..3, 0_usize..4), 1..=6),
            values in prop::collection::vec(-1.0_f64..1.0, MOST_LEAVES),
            weights in prop::collection::vec(0.01_f64..50.0, MOST_LEAVES),
        ) {
            let levels: Vec<Asked> = asks.iter().map(|(feature, cut)| asked(*feature, *cut, directions[*feature])).collect();
            let chains = chains(&levels);
            let (mut leaves, mut heavy) = ([0.0; MOST_LEAVES], [0.0; MOST_LEAVES]);
            leaves.copy_from_slice(&values);
            heavy.copy_from_slice(&weights);
            project(&chains, &mut leaves, &heavy);
            // Rounding to f32 keeps the order as well.
            let rounded = leaves.map(|leaf| f64::from((leaf * 0.06) as f32));
            for chain in &chains {
                prop_assert!(chain.largest_fall(&leaves) <= 0.0 && chain.largest_fall(&rounded) <= 0.0);
            }
            let again = leaves;
            project(&chains, &mut leaves, &heavy);
            prop_assert_eq!(leaves, again);
        }
    }
}

//! The question of a level: the one cut whose answers, over all nodes of the level together, gain most.
//!
//! The gain of a leaf with gradient sum `G` and curvature sum `H` at value `w` is `−2Gw − (H + λ)w²`, which is
//! `G² / (H + λ)` at the best free value `w = −G / (H + λ)` (Chen and Guestrin, *XGBoost*, 2016). Under monotone
//! constraints the values are those of the projected table. The free gain bounds the constrained one from above, and so
//! does the gain under any one of the constraints; candidates are judged from the highest bound down, and the first one
//! judged exactly that no bound exceeds is the best of all.

use super::gradient::Unit;
use super::histogram::Histogram;
use super::monotone::{Asked, Chain, Leaves, MOST_LEAVES, chains, gain, leaf_values};
use crate::design::Design;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use underglass_engine::features::Direction;

/// Candidates of a level whose constrained gain is computed: each needs a projection, and bounds that noise has lifted
/// would otherwise send hundreds there for a gain in the third digit.
const MOST_JUDGED: usize = 48;

/// A question: is the code of a column at most `cut`? `missing_is_yes` answers for missing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Position of the column.
    pub column: usize,
    /// Position of the threshold among the column's cuts.
    pub cut: u8,
    /// The answer for a missing value.
    pub missing_is_yes: bool,
}

impl Question {
    /// The answer for a row.
    pub fn holds(&self, design: &Design, row: usize) -> bool {
        let code = design.codes(self.column)[row];
        code <= self.cut || self.missing_is_yes && code == design.cuts(self.column).missing()
    }
}

/// What a level's choice reads.
pub(crate) struct Level<'a> {
    /// The columns that this tree may ask about, with their histograms.
    pub(crate) columns: &'a [(usize, Histogram)],
    /// One direction a column of the model.
    pub(crate) directions: &'a [Direction],
    /// The questions of the levels above.
    pub(crate) asked: &'a [Question],
    pub(crate) unit: Unit,
    pub(crate) lambda: f64,
    pub(crate) min_child_weight: f64,
}

/// The best question of a level, and the gain of the tree that ends with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) question: Question,
    pub(crate) gain: f64,
}

impl Level<'_> {
    /// The question with the highest gain above `least`, if there is one. Of equals the first in order of column, cut
    /// and missing side. Under constraints the best of the first [`MOST_JUDGED`] that are judged exactly.
    pub(crate) fn best(&self, least: f64) -> Option<Choice> {
        let free_above = self.asked.iter().all(|question| self.is_free(question.column));
        let mut chains = BTreeMap::new();
        let mut candidates: BinaryHeap<Candidate> = self.free_candidates(least).into();
        let (mut best, mut n_judged): (Option<Candidate>, _) = (None, 0);
        while let Some(candidate) = candidates.pop() {
            let Candidate { choice, judged, .. } = candidate;
            let column = choice.question.column;
            // The first judged one that comes up: no bound is higher.
            if judged == Judged::Exactly || free_above && self.is_free(column) {
                return Some(choice);
            }
            if n_judged == MOST_JUDGED {
                break;
            }
            let leaves = self.leaves(choice.question);
            let chains = chains
                .entry((column, self.place(choice.question)))
                .or_insert_with(|| tree_chains(&[self.asked, &[choice.question]].concat(), self.directions));
            let (gain, judged) = match judged {
                Judged::Freely => (leaves.bound(chains).min(choice.gain), Judged::ByChain),
                _ => (leaves.gain(chains), Judged::Exactly),
            };
            let closer = Candidate { choice: Choice { gain, ..choice }, judged, ..candidate };
            if judged == Judged::Exactly {
                n_judged += 1;
                best = best.max((gain > least).then_some(closer));
            }
            if gain > least {
                candidates.push(closer);
            }
        }
        best.map(|best| best.choice)
    }

    fn is_free(&self, column: usize) -> bool {
        self.directions[column] == Direction::Free
    }

    /// Where a cut stands among those already asked of its column: all that the chains depend on.
    fn place(&self, question: Question) -> (usize, usize) {
        let cuts = || self.asked.iter().filter(|asked| asked.column == question.column).map(|asked| asked.cut);
        (cuts().filter(|cut| *cut < question.cut).count(), cuts().filter(|cut| *cut == question.cut).count())
    }

    /// Every question whose free gain exceeds `least`.
    fn free_candidates(&self, least: f64) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut sums = Sums::default();
        for (column, histogram) in self.columns {
            let sides = if histogram.has_missing() { &[false, true][..] } else { &[false][..] };
            for missing_is_yes in sides {
                sums.free_gains(histogram, *missing_is_yes, self);
                for (cut, gain) in sums.gain.iter().enumerate() {
                    if *gain > least && sums.least_weight(cut) >= self.min_child_weight {
                        let question = Question { column: *column, cut: cut as u8, missing_is_yes: *missing_is_yes };
                        let choice = Choice { question, gain: *gain };
                        found.push(Candidate { choice, judged: Judged::Freely, order: found.len() });
                    }
                }
            }
        }
        found
    }

    /// Gradients and weights of the leaves that a question makes.
    fn leaves(&self, question: Question) -> Sides {
        let half = 1 << self.asked.len();
        let mut sides =
            Sides { gradients: [0.0; MOST_LEAVES], weights: [self.lambda; MOST_LEAVES], n_leaves: 2 * half };
        // A candidate's column is one of the level's.
        let at = self.columns.partition_point(|(column, _)| *column < question.column);
        let histogram = &self.columns[at].1;
        for (node, sums) in histogram.sides(usize::from(question.cut), question.missing_is_yes, self.unit).enumerate() {
            for (leaf, (gradient, curvature)) in [node, node + half].into_iter().zip(sums) {
                sides.gradients[leaf] = gradient;
                sides.weights[leaf] += curvature;
            }
        }
        sides
    }
}

/// What the leaves of a candidate tree are fitted from.
struct Sides {
    gradients: Leaves,
    weights: Leaves,
    n_leaves: usize,
}

impl Sides {
    /// The least of the bounds that single chains give.
    fn bound(&self, chains: &[Chain]) -> f64 {
        let bounds = chains.iter().map(|chain| chain.bound(&self.gradients, &self.weights, self.n_leaves));
        bounds.fold(f64::INFINITY, f64::min)
    }

    /// The gain of the leaf values that would be stored.
    fn gain(&self, chains: &[Chain]) -> f64 {
        let leaves = leaf_values(chains, &self.gradients, &self.weights, self.n_leaves);
        gain(&leaves, &self.gradients, &self.weights, self.n_leaves)
    }
}

/// The chains of a tree's questions.
pub(crate) fn tree_chains(questions: &[Question], directions: &[Direction]) -> Vec<Chain> {
    let level = |question: &Question| Asked {
        feature: question.column,
        cut: usize::from(question.cut),
        direction: directions[question.column],
    };
    chains(&questions.iter().map(level).collect::<Vec<_>>())
}

/// Sums over the nodes of a level, one entry a cut.
#[derive(Default)]
struct Sums {
    gain: Vec<f64>,
    yes_weight: Vec<f64>,
    weight: f64,
}

impl Sums {
    fn free_gains(&mut self, histogram: &Histogram, missing_is_yes: bool, level: &Level<'_>) {
        let n_cuts = histogram.n_cuts();
        for sums in [&mut self.gain, &mut self.yes_weight] {
            sums.clear();
            sums.resize(n_cuts, 0.0);
        }
        self.weight = 0.0;
        for node in histogram.nodes() {
            let missing = node[n_cuts + 1];
            let all = node[n_cuts] + missing;
            if all == 0 {
                continue;
            }
            let shift = if missing_is_yes { missing } else { 0 };
            let (g, h) = level.unit.unpack(all);
            self.weight += h;
            let lambda = level.lambda;
            for ((sum, gain), weight) in node[..n_cuts].iter().zip(&mut self.gain).zip(&mut self.yes_weight) {
                let (yes_g, yes_h) = level.unit.unpack(sum + shift);
                let (no_g, no_h) = (g - yes_g, h - yes_h);
                let (yes_w, no_w) = (yes_h + lambda, no_h + lambda);
                // One division for two quotients.
                *gain += (yes_g * yes_g * no_w + no_g * no_g * yes_w) / (yes_w * no_w);
                *weight += yes_h;
            }
        }
    }

    fn least_weight(&self, cut: usize) -> f64 {
        self.yes_weight[cut].min(self.weight - self.yes_weight[cut])
    }
}

/// A question with what is known of its gain.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    choice: Choice,
    judged: Judged,
    order: usize,
}

/// How a gain was judged: the first two are bounds from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Freely,
    ByChain,
    Exactly,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.choice.gain.total_cmp(&other.choice.gain).then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

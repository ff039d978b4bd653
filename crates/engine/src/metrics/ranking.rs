//! Figures of an order: how well a score ranks bad rows above good ones.

use serde::Serialize;

/// Rows from the highest score to the lowest, sorted once for any number of weightings.
///
/// ```
/// use underglass_engine::metrics::Ranking;
/// let ranking = Ranking::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]);
/// assert_eq!(ranking.auc(None), 0.75);
/// ```
#[derive(Clone, Debug)]
pub struct Ranking {
    /// Rows, rising within a tie.
    order: Vec<u32>,
    /// Outcomes in that order.
    bad: Vec<bool>,
    /// Distinct scores, falling.
    scores: Vec<f64>,
    /// Where each distinct score ends in the order.
    ends: Vec<u32>,
}

/// The weights of bad and good rows at one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tie {
    pub(super) score: f64,
    pub(super) bad: f64,
    pub(super) good: f64,
}

/// A point of the ROC curve: what is above a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// Rows count as bad from this score; infinite at the curve's start.
    pub score: f64,
    /// Share of the bads at or above it.
    pub bad_share: f64,
    /// Share of the goods at or above it.
    pub good_share: f64,
}

/// A point of the precision–recall curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PrPoint {
    /// Rows count as bad from this score.
    pub score: f64,
    /// Share of bads among the rows at or above it.
    pub precision: f64,
    /// Share of the bads at or above it.
    pub recall: f64,
}

/// One bin of a gains table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GainsBin {
    /// Rows in it.
    pub rows: u64,
    /// Their weight.
    pub weight: f64,
    /// Weight of the bads among them.
    pub bads: f64,
    /// Share of bads.
    pub rate: f64,
    /// The highest score in it.
    pub score_max: f64,
    /// The lowest score in it.
    pub score_min: f64,
    /// Its share of bads over everybody's.
    pub lift: f64,
    /// Share of all bads in this bin and those before it.
    pub cumulative_gain: f64,
    /// Lift of this bin and those before it.
    pub cumulative_lift: f64,
    /// Share of all weight in this bin and those before it.
    pub cumulative_population: f64,
}

impl Ranking {
    /// Sorts rows by score.
    pub fn new(score: &[f64], bad: &[bool]) -> Self {
        let mut order: Vec<u32> = (0..score.len() as u32).collect();
        order.sort_unstable_by(|a, b| score[*b as usize].total_cmp(&score[*a as usize]).then(a.cmp(b)));
        let (mut scores, mut ends): (Vec<f64>, Vec<u32>) = (Vec::new(), Vec::new());
        for (at, row) in order.iter().enumerate() {
            let here = score[*row as usize];
            if scores.last() != Some(&here) {
                ends.push(at as u32);
                scores.push(here);
            }
            if let Some(end) = ends.last_mut() {
                *end = at as u32 + 1;
            }
        }
        let bad = order.iter().map(|row| bad[*row as usize]).collect();
        Self { order, bad, scores, ends }
    }

    /// Distinct scores from the highest to the lowest.
    pub(super) fn ties<'a>(&'a self, weight: Option<&'a [f64]>) -> impl DoubleEndedIterator<Item = Tie> + 'a {
        (0..self.ends.len()).map(move |index| {
            let from = if index == 0 { 0 } else { self.ends[index - 1] as usize };
            let mut tie = Tie { score: self.scores[index], bad: 0.0, good: 0.0 };
            for at in from..self.ends[index] as usize {
                let weight = weight.map_or(1.0, |weight| weight[self.order[at] as usize]);
                *(if self.bad[at] { &mut tie.bad } else { &mut tie.good }) += weight;
            }
            tie
        })
    }

    /// The rows of each distinct score, in the same order as [`Ranking::ties`].
    pub(super) fn tied_rows(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(from, to)| &self.order[*from as usize..*to as usize])
    }

    /// The weights of all bads and all goods.
    pub(super) fn totals(&self, weight: Option<&[f64]>) -> (f64, f64) {
        self.ties(weight).fold((0.0, 0.0), |(bad, good), tie| (bad + tie.bad, good + tie.good))
    }

    /// Area under the ROC curve: the probability that a bad row scores above a good one, a tie counting one half.
    ///
    /// Source: Mann and Whitney (1947); Hanley and McNeil (1982).
    pub fn auc(&self, weight: Option<&[f64]>) -> f64 {
        let (mut good_below, mut area, mut total_bad) = (0.0, 0.0, 0.0);
        for tie in self.ties(weight).rev() {
            area += tie.bad * (good_below + 0.5 * tie.good);
            good_below += tie.good;
            total_bad += tie.bad;
        }
        area / (total_bad * good_below)
    }

    /// Area under the ROC curve where at most `max_good_share` of the goods are above the score, standardised so that
    /// chance is ½ and a perfect order 1.
    ///
    /// Source: McClish, *Analyzing a portion of the ROC curve* (1989).
    pub fn partial_auc(&self, max_good_share: f64, weight: Option<&[f64]>) -> f64 {
        let (total_bad, total_good) = self.totals(weight);
        if total_bad == 0.0 || total_good == 0.0 {
            return f64::NAN;
        }
        let mut area = 0.0;
        for pair in self.roc(weight).windows(2) {
            let [from, to] = pair else { continue };
            let width = to.good_share - from.good_share;
            let covered = (max_good_share - from.good_share).clamp(0.0, width);
            if covered > 0.0 {
                let height = from.bad_share + (to.bad_share - from.bad_share) * covered / width;
                area += covered * (from.bad_share + height) / 2.0;
            }
        }
        let by_chance = max_good_share * max_good_share / 2.0;
        0.5 * (1.0 + (area - by_chance) / (max_good_share - by_chance))
    }

    /// Average precision: Σ (Rₙ − Rₙ₋₁) · Pₙ over the distinct scores, no interpolation. 0 without bads.
    ///
    /// Source: Buckley and Voorhees (2000); scikit-learn's `average_precision_score`.
    pub fn average_precision(&self, weight: Option<&[f64]>) -> f64 {
        let (mut bads, mut rows, mut sum) = (0.0, 0.0, 0.0);
        for tie in self.ties(weight) {
            bads += tie.bad;
            rows += tie.bad + tie.good;
            if tie.bad > 0.0 {
                sum += tie.bad * bads / rows;
            }
        }
        if bads > 0.0 { sum / bads } else { 0.0 }
    }

    /// The ROC curve from (0, 0) to (1, 1), one point a distinct score. NaN with one class.
    pub fn roc(&self, weight: Option<&[f64]>) -> Vec<RocPoint> {
        let (total_bad, total_good) = self.totals(weight);
        let (mut bads, mut goods) = (0.0, 0.0);
        let start = RocPoint { score: f64::INFINITY, bad_share: 0.0, good_share: 0.0 };
        let points = self.ties(weight).filter(|tie| tie.bad + tie.good > 0.0).map(|tie| {
            bads += tie.bad;
            goods += tie.good;
            RocPoint { score: tie.score, bad_share: bads / total_bad, good_share: goods / total_good }
        });
        std::iter::once(start).chain(points).collect()
    }

    /// The precision–recall curve, recall rising, one point a distinct score.
    pub fn precision_recall(&self, weight: Option<&[f64]>) -> Vec<PrPoint> {
        let (total_bad, _) = self.totals(weight);
        let (mut bads, mut rows) = (0.0, 0.0);
        let points = self.ties(weight).filter(|tie| tie.bad + tie.good > 0.0).map(|tie| {
            bads += tie.bad;
            rows += tie.bad + tie.good;
            PrPoint { score: tie.score, precision: bads / rows, recall: bads / total_bad }
        });
        points.collect()
    }

    /// Area under the precision–recall curve by trapezoids, from precision 1 at recall 0: interpolates where
    /// [`Ranking::average_precision`] does not.
    pub fn pr_auc_trapezoid(&self, weight: Option<&[f64]>) -> f64 {
        let (mut area, mut last) = (0.0, (0.0, 1.0));
        for point in self.precision_recall(weight) {
            area += (point.recall - last.0) * (point.precision + last.1) / 2.0;
            last = (point.recall, point.precision);
        }
        area
    }

    /// The point of the ROC curve where the share of bads exceeds that of goods most; of equals the highest score.
    pub fn ks_point(&self, weight: Option<&[f64]>) -> RocPoint {
        let (total_bad, total_good) = self.totals(weight);
        if total_bad == 0.0 || total_good == 0.0 {
            return RocPoint { score: f64::NAN, bad_share: f64::NAN, good_share: f64::NAN };
        }
        let mut best = RocPoint { score: f64::INFINITY, bad_share: 0.0, good_share: 0.0 };
        let (mut bads, mut goods) = (0.0, 0.0);
        for tie in self.ties(weight) {
            bads += tie.bad;
            goods += tie.good;
            let (bad_share, good_share) = (bads / total_bad, goods / total_good);
            if bad_share - good_share > best.bad_share - best.good_share {
                best = RocPoint { score: tie.score, bad_share, good_share };
            }
        }
        best
    }

    /// Kolmogorov–Smirnov distance, signed as credit scoring has it: at least 0, which is the value above the highest
    /// score.
    pub fn ks(&self, weight: Option<&[f64]>) -> f64 {
        let point = self.ks_point(weight);
        point.bad_share - point.good_share
    }

    /// Kolmogorov–Smirnov distance in either direction.
    pub fn ks_two_sided(&self, weight: Option<&[f64]>) -> f64 {
        let distance = |point: RocPoint| (point.bad_share - point.good_share).abs();
        self.roc(weight).into_iter().map(distance).fold(0.0, f64::max)
    }

    /// Lift and gains in `bins` bins of equally many rows, highest scores first: row of rank *r* is in bin
    /// ⌊*r* · bins / rows⌋, equal scores in the order of rows. A bin is a set of rows, whatever their weights.
    pub fn gains(&self, bins: u32, weight: Option<&[f64]>) -> Vec<GainsBin> {
        let (total_bad, total_good) = self.totals(weight);
        let (total, n) = (total_bad + total_good, self.order.len() as u64);
        let base_rate = total_bad / total;
        let (mut seen, mut seen_bad) = (0.0, 0.0);
        let mut table = Vec::new();
        let (mut at, mut tie) = (0_usize, 0_usize);
        for bin in 0..u64::from(bins) {
            let (from, mut weight_here, mut bads) = (at, 0.0, 0.0);
            let first_tie = tie;
            while (at as u64) < n && at as u64 * u64::from(bins) / n == bin {
                if at as u32 >= self.ends[tie] {
                    tie += 1;
                }
                let weight = weight.map_or(1.0, |weight| weight[self.order[at] as usize]);
                weight_here += weight;
                bads += if self.bad[at] { weight } else { 0.0 };
                at += 1;
            }
            if at == from {
                continue;
            }
            let first = if from as u32 >= self.ends[first_tie] { first_tie + 1 } else { first_tie };
            seen += weight_here;
            seen_bad += bads;
            let rate = bads / weight_here;
            table.push(GainsBin {
                rows: (at - from) as u64,
                weight: weight_here,
                bads,
                rate,
                score_max: self.scores[first],
                score_min: self.scores[tie],
                lift: rate / base_rate,
                cumulative_gain: seen_bad / total_bad,
                cumulative_lift: seen_bad / seen / base_rate,
                cumulative_population: seen / total,
            });
        }
        table
    }
}

/// Area under the ROC curve: see [`Ranking::auc`].
///
/// ```
/// use underglass_engine::metrics::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], None), 0.75);
/// ```
pub fn auc(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    Ranking::new(score, bad).auc(weight)
}

/// Gini coefficient, `2 · AUC − 1`.
pub fn gini(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    2.0 * auc(score, bad, weight) - 1.0
}

/// Kolmogorov–Smirnov distance: see [`Ranking::ks`].
pub fn ks(score: &[f64], bad: &[bool], weight: Option<&[f64]>) -> f64 {
    Ranking::new(score, bad).ks(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_weighted_rows_by_hand() {
        let (score, bad) = ([0.1, 0.4, 0.35, 0.8, 0.8], [false, true, true, false, true]);
        let weight = [1.0, 2.0, 0.5, 1.0, 3.0];
        // Bad weight 5.5, good weight 2: 2·1 + 0.5·1 + 3·(1 + ½) = 7 of 11 pairs.
        assert!((auc(&score, &bad, Some(&weight)) - 7.0 / 11.0).abs() < 1e-15);
        assert!((ks(&score, &bad, Some(&weight)) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn one_class_has_no_auc() {
        assert!(auc(&[0.1, 0.2], &[true, true], None).is_nan() && ks(&[0.1, 0.2], &[false, false], None).is_nan());
        assert_eq!(auc(&[0.3, 0.3], &[false, true], None), 0.5);
    }

    #[test]
    fn gains_of_four_rows_by_hand() {
        let ranking = Ranking::new(&[0.1, 0.9, 0.5, 0.5], &[false, true, false, true]);
        let table = ranking.gains(2, None);
        // The first half is 0.9 (bad) and the first of the tied rows (good).
        assert_eq!((table[0].rows, table[0].bads, table[0].score_max, table[0].score_min), (2, 1.0, 0.9, 0.5));
        assert_eq!((table[1].lift, table[1].cumulative_gain, table[1].score_max), (1.0, 1.0, 0.5));
    }

    #[test]
    fn a_whole_number_of_copies_is_a_weight() {
        let (score, bad) = ([0.2, 0.7, 0.7, 0.4, 0.9], [false, true, false, true, false]);
        let copies = [1, 2, 3, 1, 2];
        let repeated: Vec<usize> = (0..5).flat_map(|row| std::iter::repeat_n(row, copies[row])).collect();
        let long = Ranking::new(
            &repeated.iter().map(|row| score[*row]).collect::<Vec<_>>(),
            &repeated.iter().map(|row| bad[*row]).collect::<Vec<_>>(),
        );
        let short = Ranking::new(&score, &bad);
        let weight: Vec<f64> = copies.iter().map(|copies| *copies as f64).collect();
        for figure in [Ranking::auc, Ranking::average_precision, Ranking::ks, Ranking::pr_auc_trapezoid] {
            assert!((figure(&short, Some(&weight)) - figure(&long, None)).abs() < 1e-14);
        }
    }
}

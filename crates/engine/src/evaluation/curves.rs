//! Points of the usual curves, thinned for drawing.

use super::Scored;
use crate::metrics::{PrPoint, Ranking, RocPoint};
use serde::Serialize;

/// Points closer than this to the last kept one are left out: a quarter of a pixel in a chart of 400.
const APART: f64 = 1.0 / 256.0;

/// ROC, precision–recall and KS curves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// From (0, 0) to (1, 1).
    pub roc: Vec<RocPoint>,
    /// Recall rising.
    pub precision_recall: Vec<PrPoint>,
    /// Shown points rising.
    pub ks: Vec<KsPoint>,
    /// Shown points below which the shares differ most.
    pub ks_at: i16,
}

/// Shares of bads and goods below a shown score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KsPoint {
    /// Shown points.
    pub points: i16,
    /// Share of the bads with fewer points.
    pub bad_below: f64,
    /// Share of the goods with fewer points.
    pub good_below: f64,
}

impl Curves {
    /// The curves of a model's answers.
    pub fn of(scored: &Scored) -> Self {
        let ranking = Ranking::new(&scored.log_odds, &scored.bad);
        let ks = below(scored);
        let widest = ks.iter().max_by(|a, b| (a.bad_below - a.good_below).total_cmp(&(b.bad_below - b.good_below)));
        Self {
            roc: thinned(ranking.roc(None), |point| (point.good_share, point.bad_share)),
            precision_recall: thinned(ranking.precision_recall(None), |point| (point.recall, point.precision)),
            ks_at: widest.map_or(0, |point| point.points),
            ks,
        }
    }
}

/// Shares below each shown score that occurs, and one above the highest.
fn below(scored: &Scored) -> Vec<KsPoint> {
    let mut counts: std::collections::BTreeMap<i16, [u64; 2]> = std::collections::BTreeMap::new();
    for (points, bad) in scored.points.iter().zip(&scored.bad) {
        counts.entry(*points).or_default()[usize::from(*bad)] += 1;
    }
    let totals = counts.values().fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]]);
    let share = |seen: [u64; 2], class: usize| seen[class] as f64 / totals[class] as f64;
    let mut seen = [0, 0];
    let mut curve = Vec::with_capacity(counts.len() + 1);
    for (points, count) in &counts {
        curve.push(KsPoint { points: *points, bad_below: share(seen, 1), good_below: share(seen, 0) });
        seen = [seen[0] + count[0], seen[1] + count[1]];
    }
    if let Some((last, _)) = counts.last_key_value() {
        curve.push(KsPoint { points: last + 1, bad_below: share(seen, 1), good_below: share(seen, 0) });
    }
    curve
}

/// Keeps the ends and points that are visibly apart.
fn thinned<P: Copy>(points: Vec<P>, at: fn(&P) -> (f64, f64)) -> Vec<P> {
    let last = points.len().saturating_sub(1);
    let mut kept: Vec<P> = Vec::new();
    for (index, point) in points.into_iter().enumerate() {
        let (x, y) = at(&point);
        let is_apart = kept.last().map(at).is_none_or(|(a, b)| (x - a).abs() >= APART || (y - b).abs() >= APART);
        if is_apart || index == last {
            kept.push(point);
        }
    }
    kept
}

//! The order of a category's levels: by their smoothed share of bad outcomes, so that a threshold on the rank separates
//! safer from riskier levels.

use underglass_engine::features::LevelEffect;

/// Rows at the overall share that are added to every level: a level with few rows stays near the middle.
pub const PRIOR_ROWS: f64 = 20.0;

/// Ranks the levels that occur among the rows. `levels[i]` is the position of row *i*'s level, `bad[i]` its outcome.
///
/// Within a fold only the rows of its training part may be given, else the order would know the held-out outcomes.
/// Equal means keep the order of `names`.
pub fn ranked(
    names: &[String],
    rows: impl Iterator<Item = usize>,
    levels: &[Option<u16>],
    bad: &[bool],
) -> Vec<LevelEffect> {
    let mut counts = vec![(0_u64, 0_u64); names.len()];
    let (mut all, mut all_bad) = (0_u64, 0_u64);
    for row in rows {
        let outcome = u64::from(bad[row]);
        all += 1;
        all_bad += outcome;
        if let Some(level) = levels[row] {
            let count = &mut counts[usize::from(level)];
            *count = (count.0 + 1, count.1 + outcome);
        }
    }
    let overall = all_bad as f64 / (all as f64).max(1.0);
    let mut effects: Vec<LevelEffect> = names
        .iter()
        .zip(counts)
        .filter(|(_, (rows, _))| *rows > 0)
        .map(|(name, (rows, bads))| {
            let mean = (bads as f64 + PRIOR_ROWS * overall) / (rows as f64 + PRIOR_ROWS);
            LevelEffect { level: name.clone(), mean }
        })
        .collect();
    effects.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    effects
}

/// The rank of each level in an order; `None` for levels that are not in it.
pub fn ranks(names: &[String], order: &[LevelEffect]) -> Vec<Option<u16>> {
    let rank = |name: &String| order.iter().position(|effect| effect.level == *name);
    names.iter().map(|name| rank(name).and_then(|rank| u16::try_from(rank).ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_rise_by_smoothed_share_and_absent_ones_have_no_rank() {
        let names = ["safe", "absent", "rare", "risky"].map(str::to_owned);
        // 100 safe rows with 5 bad, 100 risky rows with 60 bad, one rare row that is bad: overall about a third.
        let mut rows: Vec<(u16, bool)> = (0..100).map(|i| (0, i < 5)).collect();
        rows.extend((0..100).map(|i| (3, i < 60)));
        rows.push((2, true));
        let levels: Vec<Option<u16>> = rows.iter().map(|(level, _)| Some(*level)).collect();
        let bad: Vec<bool> = rows.iter().map(|(_, bad)| *bad).collect();
        let order = ranked(&names, 0..rows.len(), &levels, &bad);
        let found: Vec<&str> = order.iter().map(|effect| effect.level.as_str()).collect();
        assert_eq!(found, ["safe", "rare", "risky"]);
        assert_eq!(ranks(&names, &order), [Some(0), None, Some(1), Some(2)]);
    }
}

//! From a reference group's mean to one score, step by step.

use super::{Scale, sorted};

/// One part of the difference, in points: positive is safer.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What a person reads.
    pub label: String,
    /// Points.
    pub points: f64,
}

/// What a row of the chart stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The reference group's mean.
    Base,
    /// One part.
    Part,
    /// All parts that have no row of their own.
    Others,
    /// Rounding to whole points, and the limits 300 and 850.
    Rounding,
    /// The shown score.
    Score,
}

/// One row: a bar between two shares of the width.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub kind: RowKind,
    /// What a person reads; empty where the kind says it.
    pub label: String,
    /// Tenths of a point as shown. A level for base and score, a difference for the rest.
    pub tenths: i64,
    /// Share of the width before the step.
    pub from: f64,
    /// Share of the width after the step.
    pub to: f64,
}

/// A laid-out waterfall.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// Rows from base to score.
    pub rows: Vec<Row>,
    /// How many parts the row *others* stands for.
    pub n_others: usize,
    /// The scale of the bars, for marks such as a cut-off.
    pub scale: Scale,
}

/// Lays out the `most` largest parts, the sum of the others, the rounding and the score. Parts against come first, then
/// parts toward approval, each from the largest.
///
/// Shown figures are tenths, each the difference of two rounded running totals: added up as printed they give exactly
/// the shown score, and none is further than 0.1 from its own value.
pub fn waterfall(base: f64, parts: &[Part], score: i16, most: usize) -> Waterfall {
    let by_size = sorted(parts.len(), &|a, b| {
        let (a, b) = (&parts[a], &parts[b]);
        b.points.abs().total_cmp(&a.points.abs()).then_with(|| a.label.cmp(&b.label))
    });
    let (shown, others) = by_size.split_at(parts.len().min(most));
    let (against, toward): (Vec<usize>, Vec<usize>) = shown.iter().partition(|part| parts[**part].points < 0.0);

    let score = f64::from(score);
    let mut steps: Vec<(RowKind, String, f64)> = Vec::with_capacity(shown.len() + 2);
    for part in against.into_iter().chain(toward).map(|part| &parts[part]) {
        steps.push((RowKind::Part, part.label.clone(), part.points));
    }
    if !others.is_empty() {
        steps.push((RowKind::Others, String::new(), others.iter().map(|part| parts[*part].points).sum()));
    }
    let raw = steps.iter().fold(base, |sum, (_, _, points)| sum + points);
    steps.push((RowKind::Rounding, String::new(), score - raw));

    let totals: Vec<f64> = steps
        .iter()
        .scan(base, |total, (_, _, points)| {
            *total += points;
            Some(*total)
        })
        .collect();
    let scale = Scale::around(totals.iter().copied().chain([base, score]), 0.04);
    let mut rows = vec![level(RowKind::Base, base, scale)];
    let mut before = base;
    for ((kind, label, _), total) in steps.into_iter().zip(totals) {
        rows.push(Row {
            kind,
            label,
            tenths: tenths(total) - tenths(before),
            from: scale.share(before),
            to: scale.share(total),
        });
        before = total;
    }
    rows.push(level(RowKind::Score, score, scale));
    Waterfall { rows, n_others: others.len(), scale }
}

fn level(kind: RowKind, points: f64, scale: Scale) -> Row {
    Row { kind, label: String::new(), tenths: tenths(points), from: scale.share(points), to: scale.share(points) }
}

fn tenths(points: f64) -> i64 {
    (points * 10.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(points: &[f64]) -> Vec<Part> {
        points
            .iter()
            .enumerate()
            .map(|(index, points)| Part { label: format!("part {index}"), points: *points })
            .collect()
    }

    fn check_sum(base: f64, points: &[f64], score: i16) {
        let Waterfall { rows, .. } = waterfall(base, &parts(points), score, 4);
        let (last, steps) = rows.split_last().expect("rows");
        assert_eq!(steps.iter().map(|row| row.tenths).sum::<i64>(), last.tenths);
        assert_eq!(last.tenths, i64::from(score) * 10);
    }

    #[test]
    fn shown_figures_add_up_exactly() {
        check_sum(655.04, &[-28.26, -19.14, -9.33, 13.05, 0.07, 0.08], 611);
        check_sum(640.0, &[], 640);
        check_sum(900.0, &[20.0, 10.0], 850);
    }

    #[test]
    fn parts_against_come_first_each_side_from_the_largest() {
        let Waterfall { rows, n_others, .. } = waterfall(650.0, &parts(&[5.0, -1.0, 9.0, -30.0, 0.5]), 633, 4);
        let labels: Vec<_> = rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["", "part 3", "part 1", "part 2", "part 0", "", "", ""]);
        assert_eq!(n_others, 1);
    }

    #[test]
    fn each_bar_begins_where_the_last_one_ended() {
        let Waterfall { rows, .. } = waterfall(650.0, &parts(&[5.0, -1.0, 9.0, -30.0]), 633, 8);
        assert!(rows.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
}

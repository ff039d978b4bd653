//! From rows to what the boosting reads: binned columns, category orders, and what the model will say about them.

use crate::bins::Cuts;
use crate::categories::{ranked, ranks};
use crate::design::Design;
use crate::fold::Split;
use crate::linear;
use crate::reference::{self, Summary};
use crate::resample::MadeUp;
use crate::rows::{Column, Rows};
use ndarray::Array2;
use underglass_engine::artifact::ReferenceBins;
use underglass_engine::features::{Feature, FeatureVector, LevelEffect, Schema};

/// Everything that is known before the first tree.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The schema as read; [`Prepared::features`] holds what was learned about its features.
    pub schema: Schema,
    /// The features with category orders, ranges and medians.
    pub features: Vec<Feature>,
    /// Drift bins, one entry a feature.
    pub bins: Vec<ReferenceBins>,
    /// All rows, with category orders learned from all of them.
    pub design: Design,
    /// All rows, with category orders learned from the training rows of each fold.
    pub fold_designs: Vec<Design>,
    columns: Vec<Column>,
    /// Of each category the ranks of its levels.
    ranks: Vec<Vec<Option<u16>>>,
}

impl Prepared {
    /// All rows, with category orders learned from some of them.
    pub fn design_of(&self, bad: &[bool], learns: impl Fn(usize) -> bool) -> Design {
        reordered(&self.design, &self.columns, bad, learns)
    }

    /// The features of all rows, one list a feature, as the final model reads them.
    pub(crate) fn values(&self) -> Vec<Vec<Option<f64>>> {
        linear::values(&self.features, &self.columns)
    }

    /// A design of all rows, and after them rows that were made up.
    pub(crate) fn with_made_up(&self, design: &Design, made: &[MadeUp]) -> Design {
        let codes = |(index, column): (usize, &Column)| -> Vec<u8> {
            let (cuts, codes) = (design.cuts(index), design.codes(index));
            let code = |made: &MadeUp| match column {
                Column::Levels { .. } => codes[made.to],
                Column::Numbers { values, present } if present[made.from] && present[made.to] => {
                    cuts.code(made.between(values[made.from], values[made.to]))
                }
                Column::Numbers { .. } => codes[made.from],
            };
            made.iter().map(code).collect()
        };
        design.clone().with_rows(self.columns.iter().enumerate().map(codes).collect())
    }

    /// The features of a row, as the final model reads them.
    pub fn vector(&self, row: usize) -> FeatureVector {
        let value = |(column, ranks): (&Column, &Vec<Option<u16>>)| match column {
            Column::Numbers { values, present } => present[row].then_some(values[row]),
            Column::Levels { levels, .. } => levels[row].and_then(|level| ranks[usize::from(level)]).map(f64::from),
        };
        FeatureVector(self.columns.iter().zip(&self.ranks).map(value).collect())
    }
}

/// Bins every column. Numbers are cut at quantiles of all rows, which know no outcome; categories are ordered by outcome,
/// so each fold orders them by its own training rows. Features that are `kept`, those of a model that is continued, keep
/// their order, and their range is only widened.
pub fn prepare(rows: Rows, bad: &[bool], split: &Split, kept: Option<&[Feature]>) -> Prepared {
    let n_rows = bad.len();
    let mut features = rows.schema.features().to_vec();
    let (mut codes, mut cuts, mut bins) = (Vec::with_capacity(n_rows * features.len()), Vec::new(), Vec::new());
    for (index, (feature, column)) in features.iter_mut().zip(&rows.columns).enumerate() {
        let kept = kept.map(|features| &features[index]);
        let binned = match column {
            Column::Numbers { values, present } => {
                let sorted = column.sorted();
                let cuts = Cuts::of_sorted(&sorted);
                let missing = cuts.missing();
                let there = values.iter().zip(present);
                codes.extend(there.map(|(value, present)| if *present { cuts.code(*value) } else { missing }));
                (cuts, reference::of_numbers(&feature.name, &sorted, reference::missing(column)))
            }
            Column::Levels { names, levels } => {
                let learned = || ranked(names, 0..n_rows, levels, bad);
                let order = kept.map_or_else(learned, |feature| feature.levels.clone());
                let summary = ranked_summary(&feature.name, names, levels, &order);
                let (cuts, ranked) = ranked_codes(names, levels, &order);
                codes.extend(ranked);
                feature.levels = order;
                (cuts, summary)
            }
        };
        let (column_cuts, Summary { range, median, bins: column_bins }) = binned;
        let wider = |(low, high): (f64, f64), (a, b): (f64, f64)| (low.min(a), high.max(b));
        let before = kept.and_then(|feature| feature.range);
        feature.range = range.zip(before).map(|(range, before)| wider(range, before)).or(range).or(before);
        feature.median = median;
        cuts.push(column_cuts);
        bins.push(column_bins);
    }
    // One code a row and column was pushed, so the shape fits.
    let codes = Array2::from_shape_vec((features.len(), n_rows), codes).unwrap_or_default();
    let design = Design::new(codes, cuts);
    let of_split = |k: u16| match kept {
        Some(_) => design.clone(),
        None => reordered(&design, &rows.columns, bad, |row| split.trains(k, row)),
    };
    let fold_designs = (0..split.n_models()).map(of_split).collect();
    let ranks = features.iter().zip(&rows.columns).map(|(feature, column)| match column {
        Column::Levels { names, .. } => ranks(names, &feature.levels),
        Column::Numbers { .. } => Vec::new(),
    });
    let ranks = ranks.collect();
    Prepared { schema: rows.schema, features, bins, design, fold_designs, columns: rows.columns, ranks }
}

/// All rows, with category orders learned from some of them.
fn reordered(design: &Design, columns: &[Column], bad: &[bool], learns: impl Fn(usize) -> bool) -> Design {
    let mut design = design.clone();
    for (index, column) in columns.iter().enumerate() {
        if let Column::Levels { names, levels } = column {
            let rows = (0..bad.len()).filter(|row| learns(*row));
            let (cuts, codes) = ranked_codes(names, levels, &ranked(names, rows, levels, bad));
            design = design.with_column(index, cuts, codes);
        }
    }
    design
}

fn ranked_codes(names: &[String], levels: &[Option<u16>], order: &[LevelEffect]) -> (Cuts, Vec<u8>) {
    let cuts = Cuts::of_ranks(order.len());
    let by_level: Vec<u8> = ranks(names, order)
        .into_iter()
        .map(|rank| rank.map_or(cuts.missing(), |rank| cuts.code(f64::from(rank))))
        .collect();
    let missing = cuts.missing();
    let codes = levels.iter().map(|level| level.map_or(missing, |level| by_level[usize::from(level)])).collect();
    (cuts, codes)
}

fn ranked_summary(name: &str, names: &[String], levels: &[Option<u16>], order: &[LevelEffect]) -> Summary {
    let ranks = ranks(names, order);
    reference::of_ranks(name, levels.iter().map(|level| level.and_then(|level| ranks[usize::from(level)])), order.len())
}

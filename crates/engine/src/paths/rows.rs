//! The cheapest change of a row that brings a model's margin down: for models without applications behind them.

use super::bounds::{Bounds, Over};
use super::search::{Certificate, Grid, Search};
use crate::features::FeatureVector;
use crate::features::interval::Interval;
use crate::model::Ensemble;

/// Where one feature may go, in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureAxis {
    /// The feature. It may have an axis up and an axis down, of which a change uses one.
    pub feature: usize,
    /// Values with their costs, both moving away from where the row is; costs rise.
    pub places: Vec<(f64, f64)>,
}

/// A search for the cheapest row whose margin is at most a number, that a host drives.
#[derive(Clone, Debug)]
pub struct RowSearch {
    row: FeatureVector,
    axes: Vec<FeatureAxis>,
    most: f64,
    features: Vec<(Option<f64>, bool)>,
    bounds: Bounds,
    search: Search,
}

impl RowSearch {
    /// Starts at a row, which costs nothing. Features without a value stay without one.
    pub fn new(ensemble: &Ensemble, row: &FeatureVector, axes: Vec<FeatureAxis>, most_margin: f64) -> Self {
        let axes: Vec<FeatureAxis> = axes.into_iter().filter(|axis| row.0[axis.feature].is_some()).collect();
        let moves = |feature| axes.iter().any(|axis| axis.feature == feature);
        let features: Vec<_> = row.0.iter().enumerate().map(|(feature, value)| (*value, moves(feature))).collect();
        let bounds = Bounds::new(ensemble, &features);
        let along = |axis: &FeatureAxis| [0.0].into_iter().chain(axis.places.iter().map(|(_, cost)| *cost)).collect();
        let search = Search::new(axes.iter().map(along).collect());
        Self { row: row.clone(), axes, most: most_margin, features, bounds, search }
    }

    /// Looks at up to `budget` more boxes of rows. Returns whether the search has ended.
    pub fn step(&mut self, ensemble: &Ensemble, budget: usize) -> bool {
        let Self { row, axes, most, features, bounds, search } = self;
        search.step(&mut Rows { ensemble, row, axes, most: *most, features, bounds }, budget)
    }

    /// The cheapest row so far with its cost.
    pub fn found(&self) -> Option<(FeatureVector, f64)> {
        let at = self.search.found()?;
        Some((moved(&self.row, &self.axes, at), self.search.cost(at)))
    }

    /// What is known.
    pub fn certificate(&self) -> Certificate {
        self.search.certificate()
    }
}

fn moved(row: &FeatureVector, axes: &[FeatureAxis], at: &[usize]) -> FeatureVector {
    let mut moved = row.clone();
    for (axis, place) in axes.iter().zip(at).filter(|(_, place)| **place > 0) {
        moved.0[axis.feature] = Some(axis.places[place - 1].0);
    }
    moved
}

struct Rows<'a> {
    ensemble: &'a Ensemble,
    row: &'a FeatureVector,
    axes: &'a [FeatureAxis],
    most: f64,
    features: &'a [(Option<f64>, bool)],
    bounds: &'a Bounds,
}

impl Rows<'_> {
    /// Whether a feature is moved along two axes at once.
    fn is_torn(&self, at: &[usize]) -> bool {
        let used = |axis: usize| at[axis] > 0;
        (0..self.axes.len())
            .filter(|axis| used(*axis))
            .any(|axis| (0..axis).any(|other| used(other) && self.axes[other].feature == self.axes[axis].feature))
    }
}

impl Grid for Rows<'_> {
    fn may_accept(&mut self, low: &[usize], high: &[usize]) -> bool {
        if self.is_torn(low) {
            return false;
        }
        let mut over: Vec<Over> = self.features.iter().map(|(value, _)| Over::Same(*value)).collect();
        for (axis, (low, high)) in self.axes.iter().zip(low.iter().zip(high)).filter(|(_, (_, high))| **high > 0) {
            let start = self.row.0[axis.feature];
            let ends = [*low, *high].map(|place| if place == 0 { start } else { Some(axis.places[place - 1].0) });
            for value in ends.into_iter().flatten() {
                let within = match over[axis.feature] {
                    Over::Within(Interval { low, high }) => Interval { low: low.min(value), high: high.max(value) },
                    // A lower end above 0 leaves the start behind.
                    _ if *low > 0 => Interval::point(value),
                    _ => {
                        start.map_or(Interval::ALL, |start| Interval { low: start.min(value), high: start.max(value) })
                    }
                };
                over[axis.feature] = Over::Within(within);
            }
        }
        self.bounds.least_margin(self.ensemble, &over) <= self.most
    }

    fn accepts(&mut self, at: &[usize]) -> bool {
        !self.is_torn(at) && self.ensemble.margin(&moved(self.row, self.axes, at)) <= self.most
    }
}

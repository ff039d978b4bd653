//! Rows of a table as points: what segments and comparable cases are found among.

use crate::check::BadData;
use crate::comparable::{self, Neighbour};
use crate::infer::infer;
use crate::linear;
use crate::plan::Permit;
use crate::rows;
use crate::segments::{self, Segments};
use crate::space::{LEVEL, Measures, Space};
use crate::train::LearnError;
use ndarray::{Array2, ArrayView1, Axis};
use underglass_engine::application::Application;
use underglass_engine::features::Schema;
use underglass_engine::table::Table;

/// A table's rows in a space of the columns that a model may read.
#[derive(Clone, Debug)]
pub struct Cases {
    schema: Schema,
    notes: Vec<String>,
    space: Space,
    points: Array2<f64>,
}

impl Cases {
    /// Reads every column but the target and those to drop, as training would: protected columns and those that seem to know
    /// the outcome have no part. `outcome` is the target with each row's outcome.
    ///
    /// # Errors
    /// [`LearnError::Personal`], [`LearnError::NoFeatures`], and what [`rows::read`] refuses.
    pub fn read(table: &Table, outcome: Option<(&str, &[bool])>, drop: &[String]) -> Result<Self, LearnError> {
        let unknown = vec![false; table.n_rows()];
        let (target, bad) = outcome.unwrap_or(("", &unknown));
        let inferred = infer(table, target, bad, drop, &Permit::Named(Vec::new()), None)?;
        if inferred.features.is_empty() {
            return Err(LearnError::NoFeatures { notes: inferred.notes });
        }
        let rows = rows::read(table, inferred.inputs, inferred.features)?;
        let values = linear::values(rows.schema.features(), &rows.columns);
        let space = Space::learn(rows.schema.features(), &values);
        Ok(Self { points: space.points(&values), schema: rows.schema, notes: inferred.notes, space })
    }

    /// Inputs and features of the rows.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What a person should know about the columns.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Coordinates of the rows: `rows × coordinates`.
    pub fn points(&self) -> &Array2<f64> {
        &self.points
    }

    /// Divides the rows into `k` segments.
    ///
    /// # Errors
    /// As [`segments::segments`].
    pub fn segments(&self, weight: Option<&[f64]>, k: u16, starts: u16, seed: u64) -> Result<Segments, BadData> {
        segments::segments(self.points.view(), weight, k, starts, seed)
    }

    /// Divides the rows into as many segments as there are rows to start from, each of which is the first centre of one;
    /// `None` when a row is not there.
    ///
    /// # Errors
    /// As [`segments::lloyd`].
    pub fn segments_from(&self, weight: Option<&[f64]>, start: &[usize]) -> Option<Result<Segments, BadData>> {
        let there = start.iter().all(|row| *row < self.points.nrows());
        there.then(|| segments::lloyd(self.points.view(), weight, self.points.select(Axis(0), start)))
    }

    /// The `k` rows nearest to a row of the table, without itself; `None` when there is no such row.
    pub fn like_row(&self, row: usize, k: usize) -> Option<Vec<Neighbour>> {
        let n_rows = self.points.nrows();
        let others = (0..n_rows).filter(|other| *other != row);
        (row < n_rows).then(|| comparable::among(self.points.view(), others, self.points.row(row), k))
    }

    /// The `k` rows nearest to an application.
    ///
    /// # Errors
    /// As [`comparable::nearest`].
    pub fn like(&self, application: &Application, k: usize) -> Result<Vec<Neighbour>, BadData> {
        let point = self.space.point(&self.schema.features_of(application).0);
        comparable::nearest(self.points.view(), point.view(), k)
    }

    /// A point in the units of the data, named: a number's mean, where missing values count as the mean of all rows; the
    /// share of rows at a level; the share of rows where a value is missing.
    pub fn in_units(&self, point: ArrayView1<'_, f64>) -> Vec<(String, f64)> {
        let coordinates = self.space.coordinates().iter().zip(point);
        let named = coordinates.map(|(coordinate, x)| {
            let feature = &self.schema.features()[coordinate.feature];
            match &coordinate.measures {
                Measures::Number { scaler, .. } => (feature.name.clone(), scaler.center + x * scaler.scale),
                Measures::Missing => (format!("{} missing", feature.name), *x),
                Measures::Level(rank) => (format!("{} = {}", feature.name, feature.levels[*rank].level), x / LEVEL),
            }
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use underglass_engine::application::{ApplicationForm, FormValue};

    /// Two kinds of rows: small debts of owners, large ones of tenants; ages are protected.
    fn table() -> Table {
        let row = |row: usize| {
            let (debt, home) = if row.is_multiple_of(2) { (10 + row % 5, "own") } else { (90 + row % 5, "rent") };
            let debt = if row == 7 { String::new() } else { debt.to_string() };
            format!("{debt},{home},{}\n", 20 + row % 50)
        };
        let csv: String = std::iter::once("debt,home,age\n".to_owned()).chain((0..100).map(row)).collect();
        Table::from_csv(csv.as_bytes()).expect("a table")
    }

    #[test]
    fn segments_are_described_in_the_units_of_the_data() {
        let cases = Cases::read(&table(), None, &[]).expect("cases");
        assert!(cases.notes().iter().any(|note| note.starts_with("age: set aside")), "{:?}", cases.notes());
        let found = cases.segments(None, 2, 5, 1).expect("segments");
        assert!((0..100).all(|row| found.labels[row] == found.labels[row % 2]));
        let center = cases.in_units(found.centers.row(found.labels[0] as usize));
        let of = |name: &str| center.iter().find(|(of, _)| of == name).map(|(_, x)| (x * 1e9).round() / 1e9);
        assert_eq!((of("debt"), of("debt missing")), (Some(12.0), Some(0.0)));
        assert_eq!((of("home = own"), of("home = rent"), of("age")), (Some(1.0), Some(0.0), None));
    }

    #[test]
    fn a_row_and_the_same_application_have_the_same_neighbours() {
        let cases = Cases::read(&table(), None, &[]).expect("cases");
        let near = cases.like_row(4, 3).expect("rows");
        assert_eq!(
            near.iter().map(|near| (near.row, near.distance)).collect::<Vec<_>>(),
            [(14, 0.0), (24, 0.0), (34, 0.0)]
        );
        let form = [("debt", FormValue::Number(14.0)), ("home", FormValue::Text("own".to_owned()))];
        let form = ApplicationForm(form.map(|(name, value)| (name.to_owned(), value)).into());
        let near = cases.like(&form.check(cases.schema().inputs()).expect("an application"), 2).expect("rows");
        assert_eq!(near.iter().map(|near| near.row).collect::<Vec<_>>(), [4, 14]);
        assert_eq!(cases.like_row(100, 3), None);
    }
}

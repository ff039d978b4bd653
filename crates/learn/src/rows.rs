//! From a table to training rows: the same check and the same features as in serving.

use crate::boost::BadSetting;
use crate::personal::shown;
use crate::segments::scaling::quantile;
use crate::train::LearnError;
use std::collections::BTreeSet;
use underglass_engine::application::{
    FieldError, FormValue, Input, InputKind, InvalidApplication, Permitted, Personal, Value, check_row,
};
use underglass_engine::features::{Expr, Feature, LevelEffect, Schema};
use underglass_engine::table::{Fault, FaultCode, Faults, Table};
use underglass_engine::units::Date;

/// The features of all rows, column by column.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The schema with every category's levels in the input's order; ranks are learned later.
    pub schema: Schema,
    /// One column a feature.
    pub columns: Vec<Column>,
    /// The latest date in the data.
    pub latest: Option<Date>,
}

/// One feature of all rows.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers; where `present` is false the value is missing and the number means nothing.
    Numbers {
        /// One number a row.
        values: Vec<f64>,
        /// Whether it is there.
        present: Vec<bool>,
    },
    /// A category: positions of levels in the input's order; `None` is missing.
    Levels {
        /// The levels' names.
        names: Vec<String>,
        /// One position a row.
        levels: Vec<Option<u16>>,
    },
}

/// Reads every row through the schema.
///
/// # Errors
/// [`LearnError::Schema`], or [`LearnError::Faults`] with every absent column or every malformed cell.
pub fn read(table: &Table, inputs: Vec<Input>, features: Vec<Feature>) -> Result<Rows, LearnError> {
    let schema = Schema::new(inputs.clone(), unranked(&inputs, features))?;
    let sources = sources(table, &schema)?;
    let mut columns: Vec<Column> =
        schema.features().iter().map(|feature| Column::empty(&inputs, feature, table.n_rows())).collect();
    let (mut faults, mut latest) = (Faults::default(), None);
    for row in 0..table.n_rows() {
        let cells = inputs.iter().zip(&sources).map(|(input, source)| match source {
            Some(column) => FormValue::from_cell(table.cell(row, *column), &input.kind),
            None => FormValue::Missing,
        });
        match check_row(&inputs, cells) {
            Ok(application) => {
                let dates = (0..inputs.len()).filter_map(|index| match application.value(index) {
                    Some(Value::Date(date)) => Some(*date),
                    _ => None,
                });
                latest = dates.chain(latest).max();
                for (column, value) in columns.iter_mut().zip(schema.features_of(&application).0) {
                    column.push(value);
                }
            }
            Err(InvalidApplication(errors)) => {
                errors.into_iter().for_each(|error| faults.push(malformed(table, row, &inputs, error)));
            }
        }
    }
    faults.none()?;
    Ok(Rows { schema, columns, latest })
}

impl Rows {
    /// Limits every number to two quantiles of its rows, `share` and one less `share`: the features themselves do so from
    /// now on, in serving as in training.
    ///
    /// # Errors
    /// [`LearnError::Setting`] unless the share lies above 0 and below 0.5.
    pub fn winsorised(mut self, share: f64) -> Result<Self, LearnError> {
        if !(share > 0.0 && share < 0.5) {
            let expected = "above 0, below 0.5";
            return Err(BadSetting { name: "winsorised", found: share, expected }.into());
        }
        let mut features = self.schema.features().to_vec();
        for (feature, column) in features.iter_mut().zip(&mut self.columns) {
            let sorted = column.sorted();
            let (low, high) = (quantile(&sorted, share), quantile(&sorted, 1.0 - share));
            if let (Column::Numbers { values, .. }, false) = (column, sorted.is_empty()) {
                values.iter_mut().for_each(|value| *value = value.clamp(low, high));
                feature.from = Expr::Clip(Box::new(feature.from.clone()), low, high);
            }
        }
        self.schema = Schema::new(self.schema.inputs().to_vec(), features)?;
        Ok(self)
    }
}

/// A cell that its input does not take. A value that names a person is not repeated.
fn malformed(table: &Table, row: usize, inputs: &[Input], error: FieldError) -> Fault {
    let personal = inputs.iter().any(|input| input.name == error.field && input.personal == Personal::Identifier);
    let cell = table.column(&error.field).filter(|_| !personal).map(|column| shown(table.cell(row, column)));
    Fault {
        code: FaultCode::Cell,
        line: table.line(row),
        record: Some(row + 1),
        column: Some(error.field),
        found: cell.unwrap_or_else(|| "another value".to_owned()),
        expected: error.expected,
    }
}

/// The input's levels that a categorical feature ranks.
pub fn category_levels<'a>(inputs: &'a [Input], feature: &Feature) -> Option<Vec<&'a str>> {
    let Expr::Input(name) = &feature.from else { return None };
    match &inputs.iter().find(|input| input.name == *name)?.kind {
        InputKind::Category { levels } => Some(levels.iter().map(|level| level.name.as_str()).collect()),
        _ => None,
    }
}

/// Features whose ranks are the positions of the input's levels.
fn unranked(inputs: &[Input], mut features: Vec<Feature>) -> Vec<Feature> {
    for feature in &mut features {
        let levels = category_levels(inputs, feature).unwrap_or_default();
        feature.levels = levels.into_iter().map(|level| LevelEffect { level: level.to_owned(), mean: 0.0 }).collect();
    }
    features
}

/// A column that is needed and not there.
pub fn absent(table: &Table, name: &str) -> Fault {
    Fault {
        code: FaultCode::MissingColumn,
        line: table.header_line(),
        record: None,
        column: Some(name.to_owned()),
        found: "no such column".to_owned(),
        expected: "a column of this name".to_owned(),
    }
}

/// The table's column of each input; `None` for inputs that are not read, or absent and not needed by any feature.
fn sources(table: &Table, schema: &Schema) -> Result<Vec<Option<usize>>, LearnError> {
    let needed: BTreeSet<usize> = (0..schema.features().len()).flat_map(|feature| schema.inputs_of(feature)).collect();
    let mut faults = Faults::default();
    let source = |(index, input): (usize, &Input)| {
        let found = table.column(&input.name);
        if found.is_none() && needed.contains(&index) {
            faults.push(absent(table, &input.name));
        }
        found.filter(|_| input.permitted != Permitted::AuditOnly)
    };
    let sources = schema.inputs().iter().enumerate().map(source).collect();
    faults.none()?;
    Ok(sources)
}

impl Column {
    fn empty(inputs: &[Input], feature: &Feature, n_rows: usize) -> Self {
        match category_levels(inputs, feature) {
            Some(names) => Column::Levels {
                names: names.into_iter().map(str::to_owned).collect(),
                levels: Vec::with_capacity(n_rows),
            },
            None => Column::Numbers { values: Vec::with_capacity(n_rows), present: Vec::with_capacity(n_rows) },
        }
    }

    fn push(&mut self, value: Option<f64>) {
        match self {
            // Adding zero makes -0 and 0 one value: they compare equal but sort apart.
            Column::Numbers { values, present } => {
                values.push(value.unwrap_or(0.0) + 0.0);
                present.push(value.is_some());
            }
            Column::Levels { levels, .. } => levels.push(value.map(|rank| rank as u16)),
        }
    }

    /// The numbers that are there, rising; empty for a category.
    pub fn sorted(&self) -> Vec<f64> {
        match self {
            Column::Numbers { values, present } => {
                let there = values.iter().zip(present).filter(|(_, present)| **present);
                let mut sorted: Vec<f64> = there.map(|(value, _)| *value).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                sorted
            }
            Column::Levels { .. } => Vec::new(),
        }
    }
}

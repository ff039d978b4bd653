//! The binned training rows: one byte a cell, column after column.

use crate::bins::Cuts;
use ndarray::{Array2, ArrayView1};
use std::sync::Arc;

/// Codes of all rows under the cuts of all columns. Clones share columns that were not replaced.
#[derive(Clone, Debug)]
pub struct Design {
    /// `columns × rows`, standard layout: a column's codes lie side by side.
    shared: Arc<Array2<u8>>,
    cuts: Vec<Cuts>,
    /// Codes that stand in place of the shared ones, by column.
    replaced: Vec<Option<Vec<u8>>>,
}

impl Design {
    /// Joins codes (`columns × rows`) with the cuts that made them.
    pub fn new(codes: Array2<u8>, cuts: Vec<Cuts>) -> Self {
        let shared = Arc::new(codes.as_standard_layout().into_owned());
        Self { shared, replaced: vec![None; cuts.len()], cuts }
    }

    /// Bins columns of numbers, NaN for missing, by the cuts of each.
    pub fn of_numbers(columns: &[Vec<f64>], cuts: Vec<Cuts>) -> Self {
        let code = |cuts: &Cuts, value: f64| if value.is_nan() { cuts.missing() } else { cuts.code(value) };
        let binned = columns.iter().zip(&cuts).flat_map(|(column, cuts)| column.iter().map(|value| code(cuts, *value)));
        let shape = (cuts.len(), columns.first().map_or(0, Vec::len));
        Self::new(Array2::from_shape_vec(shape, binned.collect()).unwrap_or_default(), cuts)
    }

    /// The same rows with one column binned otherwise.
    #[must_use]
    pub fn with_column(mut self, column: usize, cuts: Cuts, codes: Vec<u8>) -> Self {
        self.cuts[column] = cuts;
        self.replaced[column] = Some(codes);
        self
    }

    /// The same rows and more after them: `more` holds one list of codes a column, all equally long.
    #[must_use]
    pub fn with_rows(self, more: Vec<Vec<u8>>) -> Self {
        let n_rows = self.n_rows() + more.first().map_or(0, Vec::len);
        let mut codes = Vec::with_capacity(n_rows * self.n_columns());
        for (column, more) in more.iter().enumerate() {
            codes.extend_from_slice(self.codes(column));
            codes.extend_from_slice(more);
        }
        // One code a row and column was collected, so the shape fits.
        let codes = Array2::from_shape_vec((self.n_columns(), n_rows), codes).unwrap_or_default();
        Self::new(codes, self.cuts)
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.shared.ncols()
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.cuts.len()
    }

    /// The thresholds of a column.
    pub fn cuts(&self, column: usize) -> &Cuts {
        &self.cuts[column]
    }

    /// The codes of a column, one a row.
    pub fn codes(&self, column: usize) -> &[u8] {
        match &self.replaced[column] {
            Some(codes) => codes,
            // The layout is standard, so a row of the array is one slice.
            None => self.shared.row(column).to_slice().unwrap_or_default(),
        }
    }

    /// The codes of a column as a view.
    pub fn view(&self, column: usize) -> ArrayView1<'_, u8> {
        ArrayView1::from(self.codes(column))
    }
}

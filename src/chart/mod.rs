//! Where things are drawn: scales and layouts as plain numbers. Nothing here touches the page.

pub mod bands;
pub mod line;
pub mod response;
pub mod scale;
pub mod waterfall;

pub use scale::Scale;

use std::cmp::Ordering;

/// Positions `0..n` in an order; equal ones stay as they were. One sort for the whole page: each further type of element
/// would bring a sorting routine of its own.
pub fn sorted(n: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..n).collect();
    positions.sort_by(|a, b| order(*a, *b));
    positions
}

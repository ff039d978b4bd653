//! Point of sale: a purchase that is paid off in 3 to 24 months.

mod schema;

pub use schema::{REFERENCE_RATE, features, inputs};

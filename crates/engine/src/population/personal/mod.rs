//! Personal loans: unsecured, for a stated purpose.

mod schema;

pub use schema::{REFERENCE_RATE, features, inputs};

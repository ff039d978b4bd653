//! Unsecured credit in an economy: market rates, unemployment and growth move everybody's risk.

mod schema;

pub use schema::{features, inputs};

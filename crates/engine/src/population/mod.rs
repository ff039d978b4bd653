//! Synthetic worlds with a known truth.
//!
//! A world draws applicants whose probability of bad is known exactly, so that what a model learned can be compared
//! with what is true. Row *i* of a seed has its own stream of random numbers: any split into shards gives the same rows,
//! natively and in wasm. No model reads anything from here.

pub mod auto;
mod field;
pub mod macro_aware;
pub mod personal;
pub mod point_of_sale;
pub mod sampler;

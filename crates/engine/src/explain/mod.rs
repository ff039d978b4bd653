//! Why a model gave a score: exact Shapley values against a named reference population.

pub mod shap;

pub use shap::{Explanation, ShapTables};

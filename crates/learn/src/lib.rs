//! Learns the parameters of a model from columns.
//!
//! Pure: no files, no clock, no entropy. The same data, plan and seed give the same artifact bytes natively and in wasm.
//!
//! ```text
//! Table --infer, rows--> features --prepare--> binned columns --learner--> ensemble --calibrate, spread, reference--> ModelFile
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod bins;
pub mod boost;
mod build;
pub mod calibrate;
pub mod categories;
pub mod check;
mod cholesky;
pub mod comparable;
pub mod design;
pub mod fold;
pub mod imported;
pub mod infer;
pub mod labels;
pub mod leak;
mod learner;
pub mod linear;
pub mod logistic;
pub mod names;
pub mod personal;
pub mod plan;
pub mod prepare;
pub mod profile;
pub mod quality;
pub mod random;
pub mod reference;
pub mod resample;
pub mod row_weights;
pub mod rows;
pub mod segments;
pub mod space;
pub mod spec;
pub mod spread;
pub mod train;
pub mod woe;

pub use plan::Plan;
pub use train::{Fit, LearnError, Progress, Stage, Trained, train};

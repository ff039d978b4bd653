//! What would change a decision: the response of one input, the smallest change that flips it, the cheapest changes that are
//! approved, and the nearest deals that are.

mod approval;
mod bounds;
mod diverse;
mod feasible;
mod fragility;
mod response;
mod rows;
mod search;

pub use approval::{Path, PathAnswer, PathSearch};
pub use diverse::{DiversePaths, PathAnswers};
pub use feasible::{Deal, Feasible, Sought};
pub use fragility::{Fragility, Side, Tipping};
pub use response::{Flip, Response, ResponsePoint};
pub use rows::{FeatureAxis, RowSearch};
pub use search::Certificate;

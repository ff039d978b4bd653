//! What would change a decision: the response of one input, and the cheapest change that is approved.

mod approval;
mod bounds;
mod response;
mod rows;
mod search;

pub use approval::{Path, PathAnswer, PathSearch};
pub use response::{Flip, Response, ResponsePoint};
pub use rows::{FeatureAxis, RowSearch};
pub use search::Certificate;

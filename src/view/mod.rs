//! What the page draws.

pub mod afterwards;
pub mod answer;
pub mod applicant;
pub mod bands;
pub mod checks;
pub mod decide;
pub mod failed;
pub mod field;
pub mod header;
pub mod hinges;
pub mod icon;
pub mod loading;
mod money;
pub mod portfolio;
pub mod receipt;
pub mod score_file;
mod strategy;
pub mod strip;
pub mod ways;
pub mod why;

pub use answer::{AnswerBar, AnswerCard};
pub use applicant::ApplicantForm;
pub use decide::Decide;
pub use failed::Failed;
pub use field::FormField;
pub use header::{Header, View};
pub use hinges::Hinges;
pub use loading::Loading;
pub use portfolio::PortfolioView;
pub use receipt::{ReceiptPanel, Replay};
pub use score_file::ScoreFile;
pub use strip::{Measured, Strip};
pub use ways::WaysToApproval;
pub use why::Why;

//! What changes while a person looks: plain data and the signals that derive from it.

pub mod book;
pub mod case;
pub mod field;
pub mod file;
pub mod hinge;
pub mod link;
pub mod number;
pub mod portfolio;
pub mod reading;
pub mod ways;

pub use book::{Failure, OpenBook, Session};
pub use case::{Answer, Case};

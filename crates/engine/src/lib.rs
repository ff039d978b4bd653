//! Every number and every reason of an Underglass decision.
//!
//! Pure: no files, no clock, no entropy, no JavaScript, no globals. The same bits natively and in wasm.
//!
//! ```text
//! ApplicationForm --check--> Application --> FeatureVector --> Score --> Decision --> Receipt
//! bytes ----------decode---> Model, Policy, Pricing, Catalogue --> Engine
//! ```
//!
//! Failure lives at two doors, [`application::ApplicationForm::check`] and [`artifact::Model::decode`] (with its
//! siblings for policy, pricing and reasons). Between them nothing returns a `Result`.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod application;
pub mod artifact;
pub mod batch;
pub mod caps;
pub mod card;
pub mod dealer;
pub mod decision;
pub mod evaluation;
pub mod explain;
pub mod faithful;
pub mod features;
pub mod html;
pub mod import;
pub mod load;
pub mod metrics;
pub mod model;
pub mod notice;
pub mod paths;
pub mod policy;
pub mod population;
pub mod portfolio;
pub mod pricing;
pub mod proof;
pub mod reasons;
pub mod receipt;
pub mod seal;
pub mod sources;
pub mod strategy;
pub mod table;
pub mod units;
pub mod views;
pub mod waterfall;

pub use decision::Engine;

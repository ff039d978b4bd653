//! What to train: columns, target, settings, folds and seed. A plan and a table determine the artifact's bytes.

use crate::boost::Settings;
pub use crate::learner::{Learner, UnknownLearner};
pub use crate::row_weights::Classes;
use crate::spec::Spec;
use underglass_engine::application::Input;
use underglass_engine::artifact::Model;
use underglass_engine::features::Feature;
use underglass_engine::seal::Digest;
use underglass_engine::units::Date;

/// Everything that a fit needs beside the data.
///
/// ```
/// use underglass_learn::plan::Plan;
/// let plan = Plan { seed: 7, ..Plan::new("defaulted") };
/// assert_eq!(plan.cut_offs, [640]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it may be used for.
    pub intended_use: String,
    /// The column to predict.
    pub target: String,
    /// Its value for a bad outcome; `None` takes `1` of a 0/1 column and `yes` or `true` of their pairs.
    pub positive: Option<String>,
    /// What counts as bad, in words; `None` says "`target` is `positive`".
    pub definition: Option<String>,
    /// Months in which it counts; `None` when the data does not say.
    pub window_months: Option<u16>,
    /// Inputs and features.
    pub columns: Columns,
    /// A column that says how much each row counts; it is no input.
    pub weight: Option<String>,
    /// Limits every number to these quantiles of its training rows: the share itself and one less the share. The limits
    /// become part of the schema's features. `None` leaves numbers as they are.
    pub winsorised: Option<f64>,
    /// Whether the two outcomes count by their rows.
    pub classes: Classes,
    /// What kind of model.
    pub learner: Learner,
    /// Settings of the boosting to try, the given ones first; 0 takes the given ones.
    pub trials: u16,
    /// Of the boosting.
    pub settings: Settings,
    /// How many threads the boosting takes; it changes nothing else, and a browser has one.
    pub threads: u16,
    /// Who is held out when.
    pub folds: Folds,
    /// Of every random choice.
    pub seed: u64,
    /// Date of the data; `None` takes the latest date in it.
    pub as_of: Option<Date>,
    /// The column with the day of each row; `None` looks for it by name.
    pub row_date: Option<String>,
    /// Cut-offs in shown points whose reference bands the artifact carries.
    pub cut_offs: Vec<i16>,
}

/// Where the schema comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    /// From the table's names and values.
    Inferred {
        /// Columns that are left out.
        drop: Vec<String>,
        /// Protected columns that are kept as model inputs: benchmarks only, and recorded in the artifact.
        permit: Permit,
    },
    /// From the table, changed to what a specification says.
    Specified {
        /// Columns that are left out.
        drop: Vec<String>,
        /// Protected columns that are kept as model inputs.
        permit: Permit,
        /// What is said about the others.
        spec: Box<Spec>,
    },
    /// Those of a model of symmetric trees, which is continued: its trees stay, and new ones say what they leave over. The
    /// order of levels stays; a level that the model does not know is missing.
    Continued {
        /// The model.
        parent: Box<Model>,
        /// Its file's digest.
        sha256: Digest,
    },
    /// Given. Category order, ranges and medians of the features are filled in by the fit.
    Given {
        /// Fields of an application.
        inputs: Vec<Input>,
        /// Columns of the model.
        features: Vec<Feature>,
    },
}

/// Which protected columns stay model inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Only these; none when empty.
    Named(Vec<String>),
    /// All of them.
    All,
}

/// Who is held out when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folds {
    /// So many seeded folds with equal shares of bad outcomes, at least 2.
    Stratified(u16),
    /// The fold of each row, from 0.
    Given(Vec<u16>),
    /// In the order of time: the last rows are held out, the earlier ones are learned from in windows that grow.
    InTime {
        /// The column of dates or of numbers that rise with time. It is no input of the model.
        column: String,
        /// Windows of the earlier rows, at least 2.
        windows: u16,
        /// Share of the rows that is held out, in percent.
        held_out_percent: u8,
    },
}

impl Plan {
    /// The default plan: inferred columns, five folds, seed 0, cut-off 640.
    pub fn new(target: &str) -> Self {
        Self {
            name: "risk".to_owned(),
            version: "1".to_owned(),
            intended_use: "Simulation of credit decisions.".to_owned(),
            target: target.to_owned(),
            positive: None,
            definition: None,
            window_months: None,
            columns: Columns::Inferred { drop: Vec::new(), permit: Permit::Named(Vec::new()) },
            weight: None,
            winsorised: None,
            classes: Classes::AsTheyAre,
            learner: Learner::Symmetric,
            trials: 0,
            settings: Settings::default(),
            threads: 1,
            folds: Folds::Stratified(5),
            seed: 0,
            as_of: None,
            row_date: None,
            cut_offs: vec![640],
        }
    }
}

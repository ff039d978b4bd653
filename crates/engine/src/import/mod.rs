//! Models that other libraries grew: their files become an [`Ensemble`] with the library's own boundaries and sums.
//!
//! What an import knows is what the file says: names, trees, what was counted in their leaves, how margins become
//! probabilities. Anything that this engine would answer differently from the library is refused and named.

mod artifact;
mod assemble;
mod boundary;
pub mod lightgbm;
pub mod onnx;
mod protobuf;
mod ubjson;
pub mod xgboost;

use crate::model::{Calibration, Ensemble, ModelError};

/// A model as another library's file tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The library, with its version where the file says it, and the form of the file.
    pub from: String,
    /// The objective by the library's name.
    pub objective: String,
    /// The trees or terms.
    pub ensemble: Ensemble,
    /// How a margin becomes a probability.
    pub calibration: Calibration,
    /// The columns in the model's order.
    pub features: Vec<ForeignFeature>,
    /// Whether the file names its columns.
    pub names_are_given: bool,
    /// Rows that the trees were grown on, where the file says it.
    pub rows: Option<u64>,
    /// What a person should know of this file.
    pub notes: Vec<String>,
}

/// A column of an imported model.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignFeature {
    /// The name in the file, or `f` with the position.
    pub name: String,
    /// The numbers that the library accepts.
    pub accepts: Accepts,
    /// Least and largest value of the training rows, where the file says it.
    pub range: Option<(f64, f64)>,
}

/// The numbers that a library accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Those that are finite in single precision.
    Singles,
    /// Every number, and the infinities.
    Doubles,
}

/// Why a file was not imported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The file is not of this format, or is damaged.
    #[error("{at}: {found}; expected {expected}")]
    Malformed {
        /// Where: a line and column, a byte, or a member.
        at: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A kind of model that this engine does not play.
    #[error("{at}: {found} is not supported; expected {expected}")]
    Unsupported {
        /// Where the file says so.
        at: String,
        /// The library's name for it.
        found: String,
        /// What is supported.
        expected: String,
    },
    /// Trees or numbers that do not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl ImportError {
    fn malformed(at: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { at: at.into(), found: found.into(), expected: expected.into() }
    }

    fn unsupported(at: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Unsupported { at: at.into(), found: found.into(), expected: expected.into() }
    }
}

/// The most columns of an imported model.
const MOST_FEATURES: usize = crate::features::MOST_COLUMNS;

/// The names in a file, or `f0`, `f1` … when it has none.
fn features(names: Vec<String>, n: usize, accepts: Accepts, at: &str) -> Result<Vec<ForeignFeature>, ImportError> {
    if n > MOST_FEATURES {
        return Err(ImportError::unsupported(at, format!("{n} features"), format!("at most {MOST_FEATURES}")));
    }
    let names = if names.is_empty() { (0..n).map(|index| format!("f{index}")).collect() } else { names };
    if names.len() != n {
        return Err(ImportError::malformed(at, format!("{} names", names.len()), format!("{n}, one a feature")));
    }
    Ok(names.into_iter().map(|name| ForeignFeature { name, accepts, range: None }).collect())
}

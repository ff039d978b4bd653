//! `export`: what other tools and people read.

use crate::Done;
use crate::card::Modelcard;
use crate::mlflow::Mlflow;
use clap::Subcommand;

/// Write what other tools and people read.
#[derive(Subcommand)]
pub(crate) enum Export {
    /// Runs, metrics and registered model versions for MLflow.
    Mlflow(Mlflow),
    /// What is known of a model: model_card.html, .md and .json.
    Modelcard(Modelcard),
}

impl Export {
    pub(crate) fn run(self) -> Done {
        match self {
            Export::Mlflow(mlflow) => mlflow.run(),
            Export::Modelcard(card) => card.run(),
        }
    }
}

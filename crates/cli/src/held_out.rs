//! What `train` says beyond the out-of-fold figures: those of the rows that it learned from, and what treatments of training
//! rows did to the probabilities.

use crate::report::Fault;
use crate::train::refused;
use serde::{Deserialize, Serialize};
use underglass_engine::artifact::Estimate;
use underglass_engine::evaluation::{GapVerdict, Scored, training_gaps};
use underglass_learn::Trained;
use underglass_learn::resample::Figures;
use underglass_learn::train::HeldOut;

/// What is known once a model is trained.
pub(crate) struct Found {
    pub(crate) training: Vec<TrainingFigure>,
    /// Nothing where rows were not treated.
    pub(crate) effect: Option<Effect>,
}

/// A figure of the rows that the model learned from beside the out-of-fold one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingFigure {
    figure: String,
    training: Estimate,
    out_of_fold: Estimate,
    /// Training less out of fold.
    difference: f64,
    tolerance: f64,
    /// Whether the training figure is surely better by more than the tolerance.
    flagged: bool,
}

/// AUC, KS, log-loss and Brier score of the rows that the model learned from.
pub(crate) fn training_figures(trained: &Trained) -> Vec<TrainingFigure> {
    let scored = Scored::of_probabilities(&trained.model, &trained.in_sample, &trained.bad);
    let metrics = trained.model.metrics().into_iter();
    metrics
        .flat_map(|metrics| training_gaps(metrics, &scored))
        .map(|gap| TrainingFigure {
            figure: gap.figure.to_owned(),
            training: gap.here,
            out_of_fold: gap.validation,
            difference: gap.difference.value,
            tolerance: gap.tolerance,
            flagged: gap.verdict == GapVerdict::Better,
        })
        .collect()
}

/// One line about them.
pub(crate) fn training_line(figures: &[TrainingFigure]) -> String {
    let title = |figure: &TrainingFigure| match figure.figure.as_str() {
        "auc" => "AUC".to_owned(),
        "ks" => "KS".to_owned(),
        "log_loss" => "log-loss".to_owned(),
        "brier" => "Brier".to_owned(),
        other => other.to_owned(),
    };
    let figure = |of: &TrainingFigure| {
        let flag = if of.flagged { " !" } else { "" };
        format!("{} {:.4} ({:+.4}{flag})", title(of), of.training.value, of.difference)
    };
    let listed: Vec<String> = figures.iter().map(figure).collect();
    let finding =
        if figures.iter().any(|figure| figure.flagged) { "; ! it fits these rows more than others" } else { "" };
    format!("on the rows that it learned from: {}{finding}", listed.join(", "))
}

/// What the treatments of training rows did to the probabilities of held-out rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effect {
    without: HeldOut,
    with: HeldOut,
}

impl Effect {
    pub(crate) fn of(without: &Trained, with: &Trained) -> Result<Self, Fault> {
        Ok(Self { without: without.held_out().map_err(refused)?, with: with.held_out().map_err(refused)? })
    }

    pub(crate) fn lines(&self, asked: &str) -> Vec<String> {
        let row = |name: &str, of: &Figures| {
            format!(
                "  {name:<24} {:>8.4} {:>8.4} {:>9.4} {:>8.4} {:>8.4}",
                of.intercept, of.slope, of.mean_probability, of.log_loss, of.auc
            )
        };
        vec![
            format!(
                "effect of {asked} on held-out rows, {:.4} of them bad (in the large: 0 is right; slope: 1 is right):",
                self.with.calibrated.base_rate
            ),
            format!("  {:<24} {:>8} {:>8} {:>9} {:>8} {:>8}", "", "in large", "slope", "mean p", "log-loss", "AUC"),
            row("without, as learned", &self.without.as_learned),
            row("with, as learned", &self.with.as_learned),
            row("without, calibrated", &self.without.calibrated),
            row("with, calibrated", &self.with.calibrated),
        ]
    }
}

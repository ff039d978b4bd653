//! Why a model gave a score: exact Shapley values against a named reference population.

pub mod marginal;
pub mod path;
pub mod patterns;
pub mod shap;

pub use shap::ShapTables;

use crate::features::FeatureVector;
use crate::model::{Ensemble, General, Summary};
use path::PathShap;
use patterns::PatternShap;
use serde::{Deserialize, Serialize};

/// A row's contributions in the margin's unit: `base + Σ values = margin`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The population's mean margin.
    pub base: f64,
    /// One value a feature, in the schema's order.
    pub values: Vec<f64>,
}

/// What "a feature is not known" means in the game whose Shapley values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Game {
    /// It is that of a reference row: what the model would say if the feature were another applicant's.
    Interventional,
    /// The walk splits as the reference rows do: deep trees, where the other game has too many coalitions.
    PathDependent,
    /// Each member of a mean plays its own game.
    Members,
}

/// Why a game cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GameError {
    /// The path-dependent game of a model without paths.
    #[error("a linear model has no paths; ask for its interventional contributions")]
    NoPaths,
    /// The interventional game of general trees whose reference rows were counted by leaf.
    #[error("the reference rows were counted by leaf; these trees need counts of patterns, or the path-dependent game")]
    NoPatterns,
}

/// A population folded into whatever makes one row's explanation quick.
#[derive(Clone, Debug, PartialEq)]
pub struct Explainer {
    base: f64,
    fold: Fold,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fold {
    Symmetric(ShapTables),
    Paths(PathShap),
    Patterns(PatternShap),
    Linear(Vec<f64>),
    Mean(Game, Vec<Explainer>),
}

impl Explainer {
    /// Folds a population for the game that suits the shape best: interventional, for general trees path-dependent. `summary`
    /// must have passed [`Summary::check`] for this ensemble.
    pub fn new(ensemble: &Ensemble, summary: &Summary) -> Self {
        // Every shape plays one of them.
        [Game::Members, Game::Interventional, Game::PathDependent]
            .into_iter()
            .find_map(|game| Self::of_game(game, ensemble, summary).ok())
            .unwrap_or(Self { base: 0.0, fold: Fold::Linear(Vec::new()) })
    }

    /// Folds a population for one game. `summary` must have passed [`Summary::check`] for this ensemble. In a mean every
    /// member plays the game; under [`Game::Members`] each plays its own, and so does a model that is no mean.
    ///
    /// # Errors
    /// [`GameError`] when the model and what is known of its population do not allow the game.
    pub fn of_game(game: Game, ensemble: &Ensemble, summary: &Summary) -> Result<Self, GameError> {
        match (ensemble, summary) {
            (Ensemble::Symmetric(model), Summary::Leaves(counts)) => {
                let played = if game == Game::PathDependent { game } else { Game::Interventional };
                let tables = ShapTables::new(played, model, counts);
                Ok(Self { base: tables.base(), fold: Fold::Symmetric(tables) })
            }
            (Ensemble::General(model), Summary::Patterns(counts)) if game != Game::PathDependent => {
                let patterns = PatternShap::new(model, counts);
                Ok(Self { base: patterns.base(), fold: Fold::Patterns(patterns) })
            }
            (Ensemble::General(model), Summary::Patterns(counts)) => {
                let paths = PathShap::of_covers(model, counts.covers(model).iter());
                Ok(Self { base: paths.base(), fold: Fold::Paths(paths) })
            }
            (Ensemble::General(_), _) if game == Game::Interventional => Err(GameError::NoPatterns),
            (Ensemble::General(model), Summary::Leaves(counts)) => {
                let paths = PathShap::new(model, counts);
                Ok(Self { base: paths.base(), fold: Fold::Paths(paths) })
            }
            (Ensemble::Linear(_), _) if game == Game::PathDependent => Err(GameError::NoPaths),
            (Ensemble::Linear(model), Summary::Means(means)) => Ok(Self {
                base: means.iter().fold(model.intercept, |sum, mean| sum + mean),
                fold: Fold::Linear(means.clone()),
            }),
            (Ensemble::Mean(model), Summary::Members(summaries)) => {
                let listed = model.members.iter().zip(summaries);
                let members: Vec<Explainer> = listed
                    .map(|(member, summary)| match game {
                        Game::Members => Ok(Explainer::new(&member.ensemble, summary)),
                        game => Explainer::of_game(game, &member.ensemble, summary),
                    })
                    .collect::<Result<_, _>>()?;
                let listed = model.members.iter().zip(&members);
                let sum = listed.fold(0.0, |sum, (member, folded)| sum + member.calibration.log_odds(folded.base).0);
                Ok(Self { base: sum / members.len() as f64, fold: Fold::Mean(game, members) })
            }
            // A checked summary has the ensemble's shape.
            _ => Ok(Self { base: 0.0, fold: Fold::Linear(Vec::new()) }),
        }
    }

    /// The path-dependent game against the rows that the trees were grown on, as their library counted them: for models
    /// that came without a reference population. `None` when the library wrote no counts.
    pub fn of_library(ensemble: &Ensemble) -> Option<Self> {
        let Ensemble::General(model) = ensemble else { return None };
        let paths = PathShap::of_library(model)?;
        Some(Self { base: paths.base(), fold: Fold::Paths(paths) })
    }

    /// The population's mean margin.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The game whose values [`Explainer::explain`] gives.
    pub fn game(&self) -> Game {
        match &self.fold {
            Fold::Symmetric(tables) => tables.game(),
            Fold::Linear(_) | Fold::Patterns(_) => Game::Interventional,
            Fold::Paths(_) => Game::PathDependent,
            Fold::Mean(game, _) => *game,
        }
    }

    pub(crate) fn fold(&self) -> &Fold {
        &self.fold
    }

    /// The contributions of one row.
    pub fn explain(&self, ensemble: &Ensemble, row: &FeatureVector) -> Explanation {
        let mut values = vec![0.0; row.0.len()];
        match (ensemble, &self.fold) {
            (Ensemble::Symmetric(model), Fold::Symmetric(tables)) => tables.add(model, row, &mut values),
            (Ensemble::General(model), Fold::Paths(paths)) => paths.add(model, &all(model), row, &mut values),
            (Ensemble::General(model), Fold::Patterns(shap)) => shap.add(model, &all(model), row, &mut values),
            (Ensemble::Linear(model), Fold::Linear(means)) => {
                for (((sum, term), mean), value) in values.iter_mut().zip(&model.terms).zip(means).zip(&row.0) {
                    *sum = term.value(*value) - mean;
                }
            }
            (Ensemble::Mean(model), Fold::Mean(_, members)) => {
                for (member, folded) in model.members.iter().zip(members) {
                    let share = member.calibration.slope / members.len() as f64;
                    let of_member = folded.explain(&member.ensemble, row);
                    values.iter_mut().zip(of_member.values).for_each(|(sum, value)| *sum += share * value);
                }
            }
            // Folded from this ensemble.
            _ => {}
        }
        Explanation { base: self.base, values }
    }

    /// The interaction values of one row: features × features, row-major and symmetric. Beside the diagonal stands half of
    /// what two features add together beyond what they add alone, on it what is left of the feature's contribution: each
    /// row sums to that.
    ///
    /// Source: Lundberg et al., *Consistent individualized feature attribution for tree ensembles* (2018), SHAP
    /// interaction values; Fujimoto, Kojadinovic and Marichal (2006) for the index.
    pub fn interactions(&self, ensemble: &Ensemble, row: &FeatureVector) -> Vec<f64> {
        let n = row.0.len();
        let mut pairs = vec![0.0; n * n];
        self.add_pairs(ensemble, row, 1.0, &mut pairs);
        let alone = self.explain(ensemble, row).values;
        for (feature, value) in alone.into_iter().enumerate() {
            (0..feature).for_each(|other| pairs[feature * n + other] = pairs[other * n + feature]);
            let shared: f64 = (0..n)
                .filter(|other| *other != feature)
                .map(|other| pairs[feature.min(other) * n + feature.max(other)])
                .sum();
            pairs[feature * n + feature] = value - shared;
        }
        pairs
    }

    fn add_pairs(&self, ensemble: &Ensemble, row: &FeatureVector, scale: f64, pairs: &mut [f64]) {
        let mut own = vec![0.0; pairs.len()];
        match (ensemble, &self.fold) {
            (Ensemble::Symmetric(model), Fold::Symmetric(tables)) => tables.add_pairs(model, row, &mut own),
            (Ensemble::General(model), Fold::Paths(paths)) => paths.add_pairs(model, row, &mut own),
            (Ensemble::General(model), Fold::Patterns(shap)) => shap.add_pairs(model, row, &mut own),
            (Ensemble::Mean(model), Fold::Mean(_, members)) => {
                for (member, folded) in model.members.iter().zip(members) {
                    let share = member.calibration.slope / members.len() as f64;
                    folded.add_pairs(&member.ensemble, row, share, &mut own);
                }
            }
            // Terms of a linear model do not interact.
            _ => {}
        }
        pairs.iter_mut().zip(own).for_each(|(sum, value)| *sum += scale * value);
    }

    /// How much each feature moves the model in its population, in the margin's unit: for ordering what people see.
    ///
    /// Of trees the mean size of the contributions within each tree, summed over trees; of terms the largest step.
    pub fn influence(&self, ensemble: &Ensemble, summary: Option<&Summary>, n_features: usize) -> Vec<f64> {
        let mut influence = vec![0.0; n_features];
        match (ensemble, summary, &self.fold) {
            (_, _, Fold::Symmetric(tables)) => tables.add_influence(&mut influence),
            (Ensemble::General(model), _, Fold::Paths(paths)) => paths.add_influence(model, &mut influence),
            (Ensemble::General(model), Some(Summary::Patterns(counts)), Fold::Patterns(_)) => {
                PathShap::of_covers(model, counts.covers(model).iter()).add_influence(model, &mut influence);
            }
            (Ensemble::Linear(model), _, _) => {
                influence.iter_mut().zip(&model.terms).for_each(|(sum, term)| *sum += term.reach());
            }
            (Ensemble::Mean(model), Some(Summary::Members(summaries)), Fold::Mean(_, members)) => {
                for ((member, summary), folded) in model.members.iter().zip(summaries).zip(members) {
                    let of_member = folded.influence(&member.ensemble, Some(summary), n_features);
                    let share = member.calibration.slope / members.len() as f64;
                    influence.iter_mut().zip(of_member).for_each(|(sum, more)| *sum += share * more);
                }
            }
            _ => {}
        }
        influence
    }
}

/// Every tree.
fn all(model: &General) -> Vec<usize> {
    (0..model.trees.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::linear::{Linear, Term};
    use crate::model::mean::{Mean, Member};
    use crate::model::symmetric::Tree;
    use crate::model::{Calibration, Link, Predicate, Side, Symmetric};

    /// A forest is left out: its own test compares it with its own definition.
    #[test]
    fn a_mean_of_trees_and_bins_adds_up_and_splits_by_member() {
        let less = Predicate::Less { feature: 0, threshold: 3.0, missing: Side::No };
        let tree = Tree { levels: vec![0], leaves: vec![-1.0, 2.0] };
        let symmetric = Symmetric { base: 0.5, predicates: vec![less], trees: vec![tree] };
        let unused = Term::Bins { thresholds: Vec::new(), values: vec![0.0], missing: 0.0 };
        let bins = Term::Bins { thresholds: vec![0.0, 6.0], values: vec![-2.0, 1.0, 4.0], missing: 0.5 };
        let linear = Linear { intercept: -0.25, terms: vec![unused, bins] };
        let calibration = |slope, intercept| Calibration { link: Link::Logistic, slope, intercept };
        let members = vec![
            Member { calibration: calibration(2.0, 0.125), ensemble: Ensemble::Symmetric(symmetric) },
            Member { calibration: calibration(0.5, -1.0), ensemble: Ensemble::Linear(linear) },
        ];
        let rows: Vec<FeatureVector> = [(1.0, None), (5.0, Some(4.0)), (2.0, Some(20.0)), (9.0, Some(-3.0))]
            .map(|(a, b)| FeatureVector(vec![Some(a), b]))
            .into();
        let ensemble = Ensemble::Mean(Mean { members });
        assert_eq!(ensemble.check(2), Ok(()));
        let summary = ensemble.summary(&rows);
        assert_eq!(summary.check(&ensemble, 4), Ok(()));
        let explainer = Explainer::new(&ensemble, &summary);
        let mean = rows.iter().map(|row| ensemble.margin(row)).sum::<f64>() / 4.0;
        assert!((explainer.base() - mean).abs() < 1e-15, "{} {mean}", explainer.base());
        for row in &rows {
            let Explanation { base, values } = explainer.explain(&ensemble, row);
            assert!((base + values[0] + values[1] - ensemble.margin(row)).abs() < 1e-15);
            let of_bins = |row: &FeatureVector| {
                let bin = |value| {
                    if value < 0.0 {
                        -2.0
                    } else if value < 6.0 {
                        1.0
                    } else {
                        4.0
                    }
                };
                0.25 * row.0[1].map_or(0.5, bin)
            };
            let alone = of_bins(row) - rows.iter().map(of_bins).sum::<f64>() / 4.0;
            assert!((values[1] - alone).abs() < 1e-15, "{values:?} {alone}");
        }
        assert_eq!(explainer.game(), Game::Members);
    }
}

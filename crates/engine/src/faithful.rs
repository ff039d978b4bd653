//! Whether the reasons of declines are true of the model that declined: measured, not promised.
//!
//! *Set to the reference* means marginalised over the population against which decisions are explained: what the model
//! expects when the features are those of a reference row ([`crate::explain::marginal`]), exact for symmetric trees.

use crate::application::{Application, Input, InputKind, Permitted};
use crate::artifact::Population;
use crate::decision::{Decided, Decision, Engine, Score};
use crate::explain::marginal::expected_margin;
use crate::features::FeatureVector;
use crate::policy::Band;
use crate::reasons::{self, Families, MOST_REASONS, Reason, Source};
use crate::units::{Date, LogOdds, Points};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// How far a number is disturbed to see whether reasons are stable.
pub const NOISE: f64 = 0.01;

/// What the reasons of some declines came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faithfulness {
    /// Declined applications.
    pub declines: u64,
    /// Of them, declined by their score: the others' reasons are rules alone.
    pub by_score: u64,
    /// Notices without a reason, or with more than four.
    pub miscounted: u64,
    /// Reasons that the model gave.
    pub citations: u64,
    /// Of them, those whose family alone at the reference does not lower the expected log-odds of bad.
    pub false_direction: u64,
    /// Of them, those that raise the PD when the family's features are at the medians of all training rows.
    pub false_at_median: u64,
    /// Of them, those that leave the PD as it is there: what is usual among all may still be worse than above the cut-off.
    pub usual: u64,
    /// Notices that omit a family which costs more points than one that they cite.
    pub omits_larger: u64,
    /// Declines by score whose expected shown score, with all cited families at the reference, is no longer a decline.
    pub sufficient: u64,
    /// Of them, those whose expected shown score would be approved.
    pub sufficient_to_approve: u64,
    /// Sum over declines of the Jaccard similarity of a notice's reasons and those under noise.
    similarity: f64,
}

impl Faithfulness {
    /// The share of declines by score that the cited families explain; `None` without one.
    pub fn sufficiency(&self) -> Option<f64> {
        share(self.sufficient, self.by_score)
    }

    /// The mean Jaccard similarity of a notice's reasons and those of the same application with its numbers off by up to
    /// [`NOISE`]; `None` without a decline.
    pub fn stability(&self) -> Option<f64> {
        (self.declines > 0).then(|| self.similarity / self.declines as f64)
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// Measures the reasons of those applications that are declined. `seed` draws the noise. `None` for a model whose
/// reference population is not known, or does not say enough for this model's trees.
pub fn measure<'a>(
    engine: &Engine,
    applications: impl IntoIterator<Item = &'a Application>,
    as_of: Date,
    seed: u64,
) -> Option<Faithfulness> {
    let populations = engine.model.populations()?;
    let above = populations.above(engine.policy.bands.approve.value());
    let population = above.filter(|_| engine.reference().name != "all").unwrap_or_else(|| populations.all.clone());
    let judge = Judge { engine, families: Families::new(engine.model.schema()), population };
    let mut noise = ChaCha8Rng::seed_from_u64(seed);
    let mut found = Faithfulness::default();
    for application in applications {
        let decided = engine.decide(application, as_of);
        let (Decision::Decline { reasons }, Some(score)) = (&decided.decision, &decided.score) else { continue };
        let reasons = reasons.as_slice();
        found.declines += 1;
        found.miscounted += u64::from(reasons.is_empty() || reasons.len() > MOST_REASONS);
        if decided.band == Some(Band::Decline) {
            judge.by_score(application, reasons, score, &mut found)?;
        }
        let again =
            judge.reasons_of(&engine.decide(&disturbed(engine.inputs(), application, &mut noise), as_of), &decided);
        found.similarity += jaccard(reasons, &again);
    }
    Some(found)
}

struct Judge<'a> {
    engine: &'a Engine,
    families: Families,
    population: Population,
}

impl Judge<'_> {
    /// The model's reasons of a decline by score.
    fn by_score(
        &self,
        application: &Application,
        reasons: &[Reason],
        score: &Score,
        found: &mut Faithfulness,
    ) -> Option<()> {
        let model = &self.engine.model;
        let row = model.schema().features_of(application);
        found.by_score += 1;
        for reason in reasons.iter().filter(|reason| reason.source == Source::Model) {
            let alone = self.features_of(|family| family == reason.code);
            found.citations += 1;
            found.false_direction += u64::from(self.expected(&row, &alone)? >= score.log_odds);
            let at_median = model.log_odds(&self.at_median(&row, &alone));
            found.false_at_median += u64::from(at_median > score.log_odds);
            found.usual += u64::from(at_median == score.log_odds);
        }
        let sums = self.families.sums(self.engine.contributions_in_points(score));
        let least = reasons.iter().filter_map(|reason| reason.points).fold(f64::NEG_INFINITY, f64::max);
        let is_cited = |family: &str| reasons.iter().any(|reason| reason.code == family);
        let mut omitted = self.families.names().iter().zip(&sums).filter(|(family, _)| !is_cited(family));
        found.omits_larger += u64::from(omitted.any(|(_, points)| *points < least));
        let expected = self.expected(&row, &self.features_of(is_cited))?;
        let band = self.engine.policy.bands.of(Points::from_raw(model.scale().raw(expected)));
        found.sufficient += u64::from(band != Band::Decline);
        found.sufficient_to_approve += u64::from(band == Band::Approve);
        Some(())
    }

    fn features_of(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<bool> {
        self.families.of_feature().iter().map(|family| is_wanted(&self.families.names()[*family])).collect()
    }

    /// Expected log-odds with some features those of a reference row: the calibration is affine.
    fn expected(&self, row: &FeatureVector, unknown: &[bool]) -> Option<LogOdds> {
        let model = &self.engine.model;
        let margin = expected_margin(model.ensemble(), &self.population.summary, row, unknown)?;
        Some(model.file().calibration.log_odds(margin))
    }

    fn at_median(&self, row: &FeatureVector, features: &[bool]) -> FeatureVector {
        let listed = row.0.iter().zip(features).zip(self.engine.model.schema().features());
        FeatureVector(listed.map(|((value, moved), feature)| if *moved { feature.median } else { *value }).collect())
    }

    /// The reasons that the same verdict would have after noise, wherever the score then falls.
    fn reasons_of(&self, noisy: &Decided, decided: &Decided) -> Vec<Reason> {
        let by_score = noisy.score.as_ref().filter(|_| decided.band == Some(Band::Decline));
        let points = by_score.map(|score| self.engine.contributions_in_points(score));
        let schema = self.engine.model.schema();
        reasons::principal(schema, &self.engine.policy, &noisy.rules, points.as_deref())
    }
}

/// Every number that a model may read off by up to [`NOISE`] of itself, within its limits, whole where it must be and in
/// whole cents.
fn disturbed(inputs: &[Input], application: &Application, noise: &mut ChaCha8Rng) -> Application {
    let mut changed = application.clone();
    for (index, input) in inputs.iter().enumerate().filter(|(_, input)| input.permitted == Permitted::Model) {
        let InputKind::Number { min, max, whole, .. } = input.kind else { continue };
        let off = noise.random_range(-NOISE..=NOISE);
        if let Some(number) = application.number(index) {
            let grain = if whole { 1.0 } else { 100.0 };
            let number = (number * (1.0 + off) * grain).round() / grain;
            changed = changed.with_number(index, number.clamp(min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX)));
        }
    }
    changed
}

fn jaccard(a: &[Reason], b: &[Reason]) -> f64 {
    let codes = |reasons: &[Reason]| reasons.iter().map(|reason| reason.code.clone()).collect::<BTreeSet<_>>();
    let (a, b) = (codes(a), codes(b));
    a.intersection(&b).count() as f64 / a.union(&b).count() as f64
}

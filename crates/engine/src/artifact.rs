//! A model file: everything that scoring, explaining and monitoring need, and evidence that they agree.
//!
//! [`Model::decode`] is one of the engine's two doors: it checks the digest, every length, index and number, and
//! replays the probes before anything is used.

use crate::explain::{Explainer, Explanation, Game, GameError};
use crate::features::{FeatureVector, Schema};
pub use crate::metrics::Estimate;
use crate::model::general::Sum;
use crate::model::{Calibration, Ensemble, Link, ModelError, Summary};
use crate::seal::{self, Digest, Kind, Layout, SealError};
use crate::units::{Date, LogOdds, Points, Probability, Scale};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Width of a score band in points.
pub const BAND_WIDTH: i16 = 20;
/// Number of score bands from 300 to 850.
pub const N_BANDS: usize = 28;
/// The most rows that a reference population may count.
const MOST_ROWS: u64 = 1_000_000_000;

/// The members of a model file, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it may be used for.
    pub intended_use: String,
    /// When it must be looked at again; `None` when the data has no date.
    pub review_by: Option<Date>,
    /// Where it comes from.
    pub lineage: Lineage,
    /// What it predicts.
    pub target: Target,
    /// Inputs and features.
    pub schema: Schema,
    /// The trees.
    pub ensemble: Ensemble,
    /// From margin to log-odds.
    pub calibration: Calibration,
    /// From log-odds to points.
    pub scale: Scale,
    /// Jackknife standard deviation of the raw score, one a 20-point band from 300; empty when nobody measured it.
    pub spread: Vec<f64>,
    /// Reference populations; `None` when a model was imported without rows.
    pub populations: Option<Populations>,
    /// Reference bins for drift: one entry a feature, then the score under the name `score.points`. Empty without a
    /// reference.
    pub bins: Vec<ReferenceBins>,
    /// Out-of-fold quality; `None` when nobody measured it here.
    pub metrics: Option<Metrics>,
    /// Evidence of parity.
    pub probes: Vec<Probe>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// SHA-256 of the decompressed training data; of an imported model that of its file.
    pub data_sha256: Digest,
    /// Training rows; 0 when an imported model does not say.
    pub rows: u64,
    /// The seed, as text: JSON readers round 64-bit integers.
    pub seed: String,
    /// The trainer and its version.
    pub trainer: String,
    /// The model that this one continues.
    pub parent: Option<Digest>,
    /// Latest date in the data.
    pub as_of: Date,
    /// The kind of model.
    pub learner: String,
    /// What it was chosen from, if there was a choice.
    pub candidates: Vec<Candidate>,
    /// The search for the boosting's settings, if there was one.
    pub search: Option<Search>,
    /// The learner's settings.
    pub parameters: BTreeMap<String, f64>,
    /// Columns that were kept as inputs although they would be set aside: benchmarks only.
    pub permitted_by_request: Vec<String>,
    /// What the questions about each feature took off the training loss (trees) or the impurity (forests), one entry a
    /// feature; empty where a learner asks no questions or the file is older than this member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gain: Vec<f64>,
    /// The library that grew it, if it was not learned here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

impl Lineage {
    /// Each feature's share of the total gain; `None` where none is known.
    pub fn gain_shares(&self) -> Option<Vec<f64>> {
        let total: f64 = self.gain.iter().sum();
        (total > 0.0).then(|| self.gain.iter().map(|gain| gain / total).collect())
    }
}

/// A model that another library grew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The library with its version, as far as the file says, and the form of the file.
    pub from: String,
    /// The training objective by the library's name.
    pub objective: String,
    /// Whether its margins were compared with the library's own.
    pub parity: Parity,
    /// SHA-256 of the decompressed rows that became its reference population.
    pub reference_sha256: Option<Digest>,
}

/// Whether an imported model was compared with its library's answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Parity {
    /// Nobody did.
    Unverified,
    /// On these rows.
    Verified {
        /// SHA-256 of the decompressed rows with the library's margins.
        data_sha256: Digest,
        /// How many.
        rows: u64,
        /// The largest absolute difference of a margin.
        largest_difference: f64,
    },
}

/// A kind of model that was compared with others on held-out rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Candidate {
    pub learner: String,
    pub auc: f64,
    pub log_loss: f64,
}

/// A search for settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Settings that were tried.
    pub trials: u32,
    /// The least mean loss on held-out rows, which the search minimised: it flatters, the metrics do not.
    pub searched_log_loss: f64,
}

/// What a model predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The data's column.
    pub column: String,
    /// The value of a bad outcome.
    pub positive: String,
    /// What counts as bad, in words.
    pub definition: String,
    /// Months in which it counts; `None` when the data does not say.
    pub window_months: Option<u16>,
}

/// Reference populations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Populations {
    /// All training rows.
    pub all: Population,
    /// 20-point bands of the model's own shown score, rising: those that the trained cut-offs touch.
    pub bands: Vec<Population>,
    /// Digest of the file with the other bands, `NAME.bands.json`.
    pub other_bands: Option<Digest>,
}

/// A population in the model's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Shown points from, inclusive; `None` for all.
    pub from: Option<i16>,
    /// Shown points to, exclusive; `None` for all.
    pub to: Option<i16>,
    /// Rows counted.
    pub rows: u64,
    /// All that explanations need of the rows.
    pub summary: Summary,
}

/// The file beside a model with the bands that the model does not carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandsFile {
    /// The model's name.
    pub name: String,
    /// The bands, rising.
    pub bands: Vec<Population>,
}

impl BandsFile {
    /// The sealed file.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Bands, self, Layout::Lines(2))
    }
}

/// Reference counts of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBins {
    /// The feature, or `score.points`.
    pub name: String,
    /// Rising inner edges; bin `k` is `[edge k−1, edge k)`.
    pub edges: Vec<f64>,
    /// Rows in each bin: one more than edges.
    pub counts: Vec<u64>,
    /// Rows without a value.
    pub missing: u64,
}

/// Quality on rows that the scoring trees had not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// How it was measured.
    pub protocol: String,
    /// Number of folds.
    pub folds: u16,
    /// Rows.
    pub rows: u64,
    /// Bad outcomes among them.
    pub positives: u64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Kolmogorov–Smirnov distance of bad and good.
    pub ks: Estimate,
    /// Mean negative log-likelihood.
    pub log_loss: Estimate,
    /// Mean squared error of the probability.
    pub brier: Estimate,
}

/// A row with the bits that every engine must reproduce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Feature values; `null` is missing.
    pub row: Vec<Option<f64>>,
    /// Calibrated log-odds.
    pub log_odds: f64,
    /// The shown score.
    pub points: Points,
    /// The first four bytes of the SHA-256 of base and contributions against all rows, as little-endian doubles; of nothing
    /// where there are none. The file's own digest guards against malice, this against another engine's arithmetic.
    pub contributions: u32,
}

/// Why a model file was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArtifactError {
    /// The envelope or the body could not be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Trees, calibration or counts that do not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A list of the wrong length.
    #[error("{what} has {found} entries; expected {expected}")]
    Length {
        /// The list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A number that makes no sense.
    #[error("{what} {index} makes no sense; expected {expected}")]
    Number {
        /// What the number is.
        what: &'static str,
        /// Its position.
        index: usize,
        /// What is allowed.
        expected: &'static str,
    },
    /// This engine computes other bits than the one that wrote the file.
    #[error("probe {index}: {what} is {found}, the file expects {expected}; this engine does not reproduce the model")]
    Probe {
        /// The probe.
        index: usize,
        /// The figure that differs.
        what: &'static str,
        /// What this engine computes.
        found: String,
        /// What the file says.
        expected: String,
    },
}

/// A model whose file has passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    file: ModelFile,
    /// All training rows, folded once.
    against_all: Option<Explainer>,
}

impl Model {
    /// Reads and checks a model file.
    ///
    /// # Errors
    /// [`ArtifactError`] names the first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Digest), ArtifactError> {
        let (file, digest): (ModelFile, Digest) = seal::read(Kind::Model, bytes)?;
        let model = Self::new(file)?;
        model.run_probes()?;
        Ok((model, digest))
    }

    /// Checks a file that was made in memory; its probes are not run.
    ///
    /// # Errors
    /// [`ArtifactError`] names the first thing that is wrong.
    pub fn new(file: ModelFile) -> Result<Self, ArtifactError> {
        let n_features = file.schema.features().len();
        file.ensemble.check(n_features)?;
        file.calibration.check()?;
        if !(file.scale.pdo > 0.0 && file.scale.base_odds > 0.0 && file.scale.base_points.is_finite()) {
            return Err(ArtifactError::Number { what: "scale", index: 0, expected: "positive pdo and odds" });
        }
        if !file.spread.is_empty() {
            length("spread", file.spread.len(), N_BANDS)?;
        }
        if let Some(index) = file.spread.iter().position(|spread| !(0.0..1e6).contains(spread)) {
            return Err(ArtifactError::Number { what: "spread", index, expected: "points from 0" });
        }
        let populations = file.populations.iter().flat_map(|of| std::iter::once(&of.all).chain(&of.bands));
        for (index, population) in populations.enumerate() {
            if population.rows > MOST_ROWS {
                return Err(ArtifactError::Number { what: "rows of population", index, expected: "at most a billion" });
            }
            population.summary.check(&file.ensemble, population.rows)?;
        }
        if !file.lineage.gain.is_empty() {
            length("gain", file.lineage.gain.len(), n_features)?;
        }
        if let Some(index) = file.lineage.gain.iter().position(|gain| !(0.0..1e300).contains(gain)) {
            return Err(ArtifactError::Number { what: "gain", index, expected: "a number from 0" });
        }
        if file.populations.is_some() || !file.bins.is_empty() {
            length("bins", file.bins.len(), n_features + 1)?;
        }
        for bins in &file.bins {
            length("bin counts", bins.counts.len(), bins.edges.len() + 1)?;
        }
        for probe in &file.probes {
            length("row of a probe", probe.row.len(), n_features)?;
        }
        let against_all = match &file.populations {
            Some(populations) => Some(Explainer::new(&file.ensemble, &populations.all.summary)),
            None => Explainer::of_library(&file.ensemble),
        };
        Ok(Self { file, against_all })
    }

    /// The sealed file.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Model, &self.file, Layout::Lines(2))
    }

    /// Every member of the file.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// Inputs and features.
    pub fn schema(&self) -> &Schema {
        &self.file.schema
    }

    /// The trees.
    pub fn ensemble(&self) -> &Ensemble {
        &self.file.ensemble
    }

    /// From log-odds to points.
    pub fn scale(&self) -> Scale {
        self.file.scale
    }

    /// Reference populations; `None` for a model that was imported without rows.
    pub fn populations(&self) -> Option<&Populations> {
        self.file.populations.as_ref()
    }

    /// Figures of quality, if they were measured.
    pub fn metrics(&self) -> Option<&Metrics> {
        self.file.metrics.as_ref()
    }

    /// Whether its scores are log-odds, so that it can decide.
    pub fn decides(&self) -> bool {
        self.file.calibration.link != Link::Identity
    }

    /// Whether leaves are added in single precision, so that contributions add up to the margin but for its rounding.
    pub fn adds_singles(&self) -> bool {
        matches!(&self.file.ensemble, Ensemble::General(model) if model.sum == Sum::F32)
    }

    /// Calibrated margin of a row: log-odds, or what the link says.
    pub fn margin(&self, row: &FeatureVector) -> f64 {
        self.file.calibration.calibrated(self.file.ensemble.margin(row))
    }

    /// Calibrated log-odds of a row.
    pub fn log_odds(&self, row: &FeatureVector) -> LogOdds {
        self.file.calibration.log_odds(self.file.ensemble.margin(row))
    }

    /// Probability of a row.
    pub fn probability(&self, row: &FeatureVector) -> Probability {
        self.file.calibration.probability(self.file.ensemble.margin(row))
    }

    /// Contributions of a row in log-odds: `base + Σ values = log-odds`. Of a model that does not decide, in its margin.
    pub fn explain_log_odds(&self, explainer: &Explainer, row: &FeatureVector) -> Explanation {
        let mut explanation = self.explain(explainer, row);
        let steepness = self.file.calibration.link.steepness();
        explanation.base *= steepness;
        explanation.values.iter_mut().for_each(|value| *value *= steepness);
        explanation
    }

    /// Contributions of a row in the calibrated margin: `base + Σ values = margin`, but for the rounding of single precision.
    pub fn explain(&self, explainer: &Explainer, row: &FeatureVector) -> Explanation {
        let mut explanation = explainer.explain(&self.file.ensemble, row);
        let Calibration { slope, intercept, .. } = self.file.calibration;
        explanation.base = slope * explanation.base + intercept;
        explanation.values.iter_mut().for_each(|value| *value *= slope);
        explanation
    }

    /// Standard deviation of the raw score at a raw score, in points; without bound when nobody measured it.
    pub fn spread_at(&self, raw: f64) -> f64 {
        self.file.spread.get(band_of(raw)).copied().unwrap_or(f64::INFINITY)
    }

    fn run_probes(&self) -> Result<(), ArtifactError> {
        for (index, expected) in self.file.probes.iter().enumerate() {
            let found = self.probe(expected.row.clone());
            let differs =
                |what, found: String, expected: String| Err(ArtifactError::Probe { index, what, found, expected });
            if found.log_odds.to_bits() != expected.log_odds.to_bits() {
                return differs("log-odds", found.log_odds.to_string(), expected.log_odds.to_string());
            }
            if found.points != expected.points {
                return differs("points", found.points.value().to_string(), expected.points.value().to_string());
            }
            if found.contributions != expected.contributions {
                return differs(
                    "digest of the contributions",
                    found.contributions.to_string(),
                    expected.contributions.to_string(),
                );
            }
        }
        Ok(())
    }

    /// Folds a population of this model for [`Model::explain`], in the game that suits the model best.
    pub fn explainer(&self, population: &Population) -> Explainer {
        Explainer::new(&self.file.ensemble, &population.summary)
    }

    /// The same against all reference rows or, without any, against what the library that grew the trees counted; folded
    /// once, when the model is read. `None` when neither is known.
    pub fn against_all(&self) -> Option<&Explainer> {
        self.against_all.as_ref()
    }

    /// Folds a population of this model for one game.
    ///
    /// # Errors
    /// [`GameError`] when the model or what its file says of the population does not allow the game.
    pub fn explainer_of(&self, game: Game, population: &Population) -> Result<Explainer, GameError> {
        Explainer::of_game(game, &self.file.ensemble, &population.summary)
    }

    fn probe(&self, row: Vec<Option<f64>>) -> Probe {
        let vector = FeatureVector(row);
        let log_odds = self.log_odds(&vector);
        let explained = self.against_all.as_ref().map(|explainer| self.explain(explainer, &vector));
        let numbers = explained.into_iter().flat_map(|found| std::iter::once(found.base).chain(found.values));
        let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        let [a, b, c, d, ..] = *Digest::of(&bytes).bytes();
        Probe {
            log_odds: log_odds.0,
            points: Points::from_raw(self.scale().raw(log_odds)),
            contributions: u32::from_be_bytes([a, b, c, d]),
            row: vector.0,
        }
    }

    /// Adds the evidence of parity: rows made from the schema's ranges and levels, never taken from data. 64 seeded rows,
    /// each feature at its middle threshold and one double either side, each feature missing in turn, all missing.
    #[must_use]
    pub fn with_probes(mut self, seed: u64) -> Self {
        self.file.probes = self.probe_rows(seed).into_iter().map(|row| self.probe(row)).collect();
        self
    }

    fn probe_rows(&self, seed: u64) -> Vec<Vec<Option<f64>>> {
        let features = self.schema().features();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rows: Vec<Vec<Option<f64>>> = (0..64)
            .map(|_| {
                let value = |feature: &crate::features::Feature| {
                    let part: f64 = rng.random_range(0.0..1.0);
                    match (feature.levels.len(), feature.range) {
                        (0, Some((low, high))) => Some(short(low + (high - low) * part, (high - low) / 100.0)),
                        (0, None) => None,
                        (levels, _) => Some((part * levels as f64).floor()),
                    }
                };
                features.iter().map(value).collect()
            })
            .collect();
        let middle: Vec<Option<f64>> = features.iter().map(|feature| feature.median).collect();
        for index in 0..features.len() {
            let thresholds = self.file.ensemble.thresholds(index);
            let at = thresholds
                .get(thresholds.len() / 2)
                .map(|threshold| [threshold.next_down(), *threshold, threshold.next_up()]);
            let values = at.into_iter().flatten().map(Some).chain([None]);
            rows.extend(values.map(|value| {
                let mut row = middle.clone();
                row[index] = value;
                row
            }));
        }
        rows.push(vec![None; features.len()]);
        rows
    }
}

impl Populations {
    /// The rows whose shown score lies in the bands touched by the 20 points from a cut-off, if all of them are carried.
    pub fn above(&self, cut_off: i16) -> Option<Population> {
        let first = cut_off - (cut_off - 300).rem_euclid(BAND_WIDTH);
        let mut merged: Option<Population> = None;
        let mut from = first;
        while from < cut_off + BAND_WIDTH {
            let band = self.bands.iter().find(|band| band.from == Some(from))?;
            match &mut merged {
                None => merged = Some(band.clone()),
                Some(sum) => {
                    sum.to = band.to;
                    sum.summary.merge(sum.rows, &band.summary, band.rows);
                    sum.rows += band.rows;
                }
            }
            from += BAND_WIDTH;
        }
        merged
    }
}

/// A number near this one with no digits below a resolution: probes need not carry those of a random number.
fn short(number: f64, resolution: f64) -> f64 {
    let digits = -libm::floor(libm::log10(resolution));
    let power = libm::pow(10.0, digits.abs());
    let rounded = if digits > 0.0 { (number * power).round() / power } else { (number / power).round() * power };
    if rounded.is_finite() { rounded } else { number }
}

/// The 20-point band of a raw score, from 0.
pub fn band_of(raw: f64) -> usize {
    (((raw - 300.0) / f64::from(BAND_WIDTH)).floor().max(0.0) as usize).min(N_BANDS - 1)
}

fn length(what: &'static str, found: usize, expected: usize) -> Result<(), ArtifactError> {
    if found == expected { Ok(()) } else { Err(ArtifactError::Length { what, found, expected }) }
}

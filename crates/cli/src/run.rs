//! `NAME.run.json`: what a training run was given, what it found and how long it took.
//!
//! The record stands outside of the sealed files: it names the time, and no digest of an artifact depends on a clock.

use crate::files;
use crate::report::Fault;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use underglass_engine::artifact::{Estimate, Lineage, ModelFile};
use underglass_engine::evaluation::{Scored, at_cut_off};
use underglass_engine::load::{FileRef, engine_digest};
use underglass_engine::metrics::Resampling;
use underglass_engine::seal::Digest;
use underglass_engine::table::Table;
use underglass_learn::Trained;
use underglass_learn::labels;
use underglass_learn::plan::{Columns, Folds, Permit, Plan};

/// The newest layout of the record, and the one that is written.
const FORMAT: u32 = 1;
/// The shown score below which a row counts as predicted bad, where the plan names no cut-off.
const CUT_OFF: i16 = 640;
/// Behind the intervals of accuracy, precision, recall and F1.
const RESAMPLING: Resampling = Resampling { resamples: 200, seed: 0 };

/// Under which names a run is filed.
#[derive(Args)]
pub(crate) struct Filed {
    /// The experiment that the run belongs to.
    #[arg(long, default_value = "underglass", value_parser = NonEmptyStringValueParser::new())]
    experiment: String,
    /// The registered model that the artifact is a version of; without it the model's name.
    #[arg(long)]
    model_name: Option<Name>,
}

/// A name that can also be a file's: of a registered model, a parameter, a metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Name(String);

/// A text that is no [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of 1 to 200 printable characters without / \\ and :, found {0:?}")]
pub(crate) struct NotAName(String);

impl std::str::FromStr for Name {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let is_plain = |letter: char| !letter.is_control() && !['/', '\\', ':'].contains(&letter);
        let is_name = !text.starts_with('.') && !text.is_empty() && text.trim() == text;
        let fits = is_name && text.len() <= 200 && text.chars().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAName(text.chars().take(80).collect())) }
    }
}

impl TryFrom<String> for Name {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Always `run`.
    kind: String,
    format: u32,
    pub(crate) experiment: String,
    pub(crate) model_name: Name,
    /// Milliseconds since 1970, UTC.
    pub(crate) started_ms: u64,
    pub(crate) durations: Durations,
    pub(crate) data: Data,
    /// As text: JSON readers round 64-bit integers.
    pub(crate) seed: String,
    pub(crate) parameters: BTreeMap<Name, Parameter>,
    /// How the metrics were measured.
    pub(crate) protocol: String,
    pub(crate) metrics: BTreeMap<Name, Estimate>,
    pub(crate) artifact: FileRef,
    /// The other score bands, beside the artifact.
    pub(crate) bands: Option<FileRef>,
    pub(crate) trainer: String,
    pub(crate) engine_sha256: Digest,
    pub(crate) notes: Vec<String>,
}

/// What a run learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    /// The file's name, without its folder.
    pub(crate) file: String,
    /// Of the decompressed bytes.
    pub(crate) sha256: Digest,
    pub(crate) rows: u64,
    pub(crate) positives: u64,
}

/// Wall time of each stage, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Durations {
    pub(crate) reading_ms: u64,
    pub(crate) training_ms: u64,
    pub(crate) writing_ms: u64,
}

impl Durations {
    pub(crate) fn total_ms(self) -> u64 {
        self.reading_ms + self.training_ms + self.writing_ms
    }
}

/// A setting of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Parameter {
    Number(f64),
    Text(String),
}

impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Parameter::Number(number) => number.fmt(f),
            Parameter::Text(text) => text.fmt(f),
        }
    }
}

/// A run under way: its clock and what it was asked for.
pub(crate) struct Recorder {
    experiment: String,
    model_name: Name,
    data_file: String,
    started_ms: u64,
    lap: Instant,
    durations: Durations,
    asked: Vec<(&'static str, Parameter)>,
    /// What happened to each row.
    bad: Vec<bool>,
    /// The shown score below which a row counts as predicted bad.
    cut_off: i16,
}

impl Recorder {
    /// Starts the clock of a run on a data file for a model of this name.
    #[expect(clippy::disallowed_methods, reason = "a run's record says when it was made; no digest holds it")]
    pub(crate) fn start(filed: Filed, model: &str, data: &Path) -> Result<Self, Fault> {
        let named = || model.parse().map_err(|error| Fault::Usage(format!("{error}; or give --model-name")));
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            experiment: filed.experiment,
            model_name: filed.model_name.map_or_else(named, Ok)?,
            data_file: file_name(data),
            started_ms: since_1970.as_millis() as u64,
            lap: Instant::now(),
            durations: Durations::default(),
            asked: Vec::new(),
            bad: Vec::new(),
            cut_off: CUT_OFF,
        })
    }

    /// The data has been read, and what will be learned is settled.
    pub(crate) fn planned(&mut self, plan: &Plan, table: &Table) {
        self.durations.reading_ms = self.lap_ms();
        self.asked = asked(plan);
        self.cut_off = plan.cut_offs.first().copied().unwrap_or(CUT_OFF);
        // Outcomes that cannot be read stop the fit, with their own words.
        self.bad =
            labels::read(table, &plan.target, plan.positive.as_deref()).map_or_else(|_| Vec::new(), |read| read.bad);
    }

    /// The model is learned.
    pub(crate) fn trained(&mut self) {
        self.durations.training_ms = self.lap_ms();
    }

    /// The artifact is written: writes the record beside it and returns its path; nothing for standard output.
    pub(crate) fn written(mut self, trained: &Trained, out: &Path, sha256: Digest) -> Result<Option<PathBuf>, Fault> {
        if out == Path::new("-") {
            return Ok(None);
        }
        self.durations.writing_ms = self.lap_ms();
        let path = out.with_extension("run.json");
        files::write(&path, &self.record(trained, out, sha256).encode())?;
        Ok(Some(path))
    }

    fn record(self, trained: &Trained, out: &Path, sha256: Digest) -> Run {
        let model = trained.model.file();
        // A model that was learned here was measured.
        let (measured, protocol, [rows, positives]) = model.metrics.as_ref().map_or_else(
            || (Vec::new(), String::new(), [0, 0]),
            |of| {
                let named = vec![("auc", of.auc), ("ks", of.ks), ("log_loss", of.log_loss), ("brier", of.brier)];
                (named, of.protocol.clone(), [of.rows, of.positives])
            },
        );
        let reported = trained.out_of_fold.iter().zip(&self.bad).filter_map(|(pd, bad)| Some(((*pd)?, *bad)));
        let (probability, bad): (Vec<f64>, Vec<bool>) = reported.unzip();
        let scored = Scored::of_probabilities(&trained.model, &probability, &bad);
        let below = at_cut_off(&scored, self.cut_off, RESAMPLING);
        let metrics = measured.into_iter().chain([
            ("accuracy", below.accuracy),
            ("precision", below.precision),
            ("recall", below.recall),
            ("f1", below.f1),
        ]);
        let cut_off = [("metrics_cut_off", Parameter::Number(f64::from(self.cut_off)))];
        let settings = model.lineage.parameters.iter().map(|(name, value)| (name.as_str(), Parameter::Number(*value)));
        let parameters = settings.chain(learned(model)).chain(self.asked).chain(cut_off);
        let bands = model.populations.as_ref().and_then(|populations| populations.other_bands);
        Run {
            kind: "run".to_owned(),
            format: FORMAT,
            experiment: self.experiment,
            model_name: self.model_name,
            started_ms: self.started_ms,
            durations: self.durations,
            data: Data { file: self.data_file, sha256: model.lineage.data_sha256, rows, positives },
            seed: model.lineage.seed.clone(),
            parameters: parameters.map(|(name, value)| (Name(name.to_owned()), value)).collect(),
            protocol,
            metrics: metrics.map(|(name, estimate)| (Name(name.to_owned()), estimate)).collect(),
            artifact: FileRef { file: file_name(out), sha256 },
            bands: bands.map(|sha256| FileRef { file: file_name(&out.with_extension("bands.json")), sha256 }),
            trainer: model.lineage.trainer.clone(),
            engine_sha256: engine_digest(),
            notes: trained.notes.clone(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a run's record says how long it took; no digest holds it")]
    fn lap_ms(&mut self) -> u64 {
        let before = std::mem::replace(&mut self.lap, Instant::now());
        self.lap.duration_since(before).as_millis() as u64
    }
}

/// What the command line asked for beyond the learner's settings.
fn asked(plan: &Plan) -> Vec<(&'static str, Parameter)> {
    let folds = match &plan.folds {
        Folds::Stratified(_) => "stratified",
        Folds::Given(_) => "given",
        Folds::InTime { .. } => "in_time",
    };
    let cut_offs: Vec<String> = plan.cut_offs.iter().map(ToString::to_string).collect();
    let mut asked = vec![("fold_assignment", folds.to_owned()), ("cut_offs", cut_offs.join(","))];
    if let Columns::Inferred { drop, permit } | Columns::Specified { drop, permit, .. } = &plan.columns {
        let permit = match permit {
            Permit::All => "all".to_owned(),
            Permit::Named(names) => names.join(","),
        };
        asked.extend([("drop", drop.join(",")), ("permit", permit)]);
    }
    asked.into_iter().map(|(name, text)| (name, Parameter::Text(text))).collect()
}

/// What the artifact itself says about how it was learned.
fn learned(model: &ModelFile) -> [(&'static str, Parameter); 6] {
    let Lineage { as_of, parent, .. } = &model.lineage;
    [
        ("learner", Parameter::Text(model.lineage.learner.clone())),
        ("target", Parameter::Text(model.target.column.clone())),
        ("positive", Parameter::Text(model.target.positive.clone())),
        ("folds", Parameter::Number(model.metrics.as_ref().map_or(0.0, |metrics| f64::from(metrics.folds)))),
        ("as_of", Parameter::Text(as_of.to_string())),
        ("parent", Parameter::Text(parent.map_or_else(String::new, |parent| parent.to_string()))),
    ]
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

impl Run {
    /// The record as it stands in a file.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a record and returns it with its bytes.
    pub(crate) fn read(path: &Path) -> Result<(Self, Vec<u8>), Fault> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u32,
        }
        let bytes = files::read(path)?;
        let refused = |message: String| Fault::Artifact(format!("{}: {message}", path.display()));
        let head: Head = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        if head.kind != "run" {
            return Err(refused(format!("this is a {:?} file; expected a \"run\" file", head.kind)));
        }
        if head.format == 0 || head.format > FORMAT {
            return Err(refused(format!(
                "run format {} is not supported; this version reads 1 to {FORMAT}",
                head.format
            )));
        }
        let run = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        Ok((run, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_of_its_own_folder() {
        for name in ["risk", "auto risk", "Kreditausfälle 2.1", "log_loss"] {
            assert_eq!(name.parse::<Name>().map(String::from), Ok(name.to_owned()));
        }
        for name in ["", " risk", ".", "..", ".trash", "a/b", "a\\b", "c:d", "tab\there", &"long".repeat(99)] {
            assert!(name.parse::<Name>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_record_of_another_kind_or_a_later_format_is_refused() {
        let folder = std::env::temp_dir().join(format!("underglass-run-{}", std::process::id()));
        let refusal = |name: &str, text: &str| {
            let path = folder.join(name);
            files::write(&path, text.as_bytes()).unwrap();
            Run::read(&path).unwrap_err().to_string()
        };
        assert!(refusal("kind", r#"{ "kind": "model", "format": 1 }"#).contains("this is a \"model\" file"));
        assert!(refusal("format", r#"{ "kind": "run", "format": 2 }"#).contains("run format 2 is not supported"));
        assert!(refusal("body", r#"{ "kind": "run", "format": 1 }"#).contains("missing field"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}

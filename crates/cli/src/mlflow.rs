//! `export mlflow`: runs and their artifacts in the layout of MLflow's file store, which `mlflow migrate-filestore` reads.
//!
//! ```text
//! mlruns/<experiment>/meta.yaml                       the experiment
//! mlruns/<experiment>/datasets/<data set>/meta.yaml   what was learned from
//! mlruns/<experiment>/<run>/meta.yaml                 the run, with params/ metrics/ tags/ inputs/ artifacts/model/
//! mlruns/models/<name>/version-<n>/meta.yaml          the artifact as a registered version; aliases/ beside it
//! ```
//!
//! Every identifier is cut from a digest, so the same records give the same store. The `meta.yaml` files are JSON: every
//! JSON text is YAML.

use crate::report::{Fault, Report};
use crate::run::{Name, NotAName, Run};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use underglass_engine::load::{FileRef, Manifest};
use underglass_engine::seal::{self, Digest};

/// MLflow's longest value of a parameter or a tag.
const LONGEST_VALUE: usize = 6000;

/// Write runs, metrics and registered model versions for MLflow.
#[derive(Args)]
pub(crate) struct Mlflow {
    /// Records that `train` left beside its artifacts, NAME.run.json.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// The run whose model version gets the alias "champion"; without it the manifest's.
    #[arg(long, value_name = "RUN")]
    champion: Option<PathBuf>,
    /// The run whose model version gets the alias "challenger"; without it the manifest's.
    #[arg(long, value_name = "RUN")]
    challenger: Option<PathBuf>,
    /// The folder that gets a new folder "mlruns". MLflow looks for artifacts at this place.
    #[arg(long)]
    out: PathBuf,
}

/// A run with the files that it left.
struct Kept {
    run: Run,
    record: Digest,
    bytes: Vec<u8>,
    artifacts: BTreeMap<Name, Vec<u8>>,
}

/// A store's files by their path under `mlruns`.
type Store = BTreeMap<String, Vec<u8>>;

impl Mlflow {
    pub(crate) fn run(self) -> Done {
        let fault = |source| Fault::Io { file: self.out.display().to_string(), source };
        let mlruns = std::path::absolute(&self.out).map_err(fault)?.join("mlruns");
        if mlruns.exists() {
            return Err(Fault::Usage(format!(
                "{} exists; a store is written whole, to a new folder",
                mlruns.display()
            )));
        }
        let mut kept = Vec::new();
        let mut aliases = BTreeMap::new();
        for path in &self.runs {
            aliases.extend(manifest_aliases(path)?);
            kept.push(read(path)?);
        }
        for (alias, path) in [("champion", &self.champion), ("challenger", &self.challenger)] {
            if let Some(path) = path {
                let named = read(path)?;
                aliases.insert(alias.to_owned(), named.run.artifact.sha256);
                kept.push(named);
            }
        }
        kept.sort_by_key(|kept| (kept.run.started_ms, kept.record));
        kept.dedup_by_key(|kept| kept.record);
        let store = store(&kept, &aliases, &file_uri(&mlruns));
        for (path, bytes) in &store {
            files::write(&mlruns.join(path), bytes)?;
        }
        let ids: Vec<String> = kept.iter().map(run_id).collect();
        let line = format!(
            "{}: {} runs; read it with: mlflow migrate-filestore --source {} --target sqlite:///mlflow.db",
            mlruns.display(),
            kept.len(),
            self.out.display()
        );
        Ok(Report::new(vec![line], json!({ "store": mlruns, "runs": ids, "files": store.len() })))
    }
}

/// A record and the files that it names, checked against their digests.
fn read(path: &Path) -> Result<Kept, Fault> {
    let (run, bytes) = Run::read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let refused = |message: String| Fault::Artifact(format!("{}: {message}", path.display()));
    let mut artifacts = BTreeMap::new();
    for FileRef { file, sha256 } in std::iter::once(&run.artifact).chain(&run.bands) {
        let name: Name = file.parse().map_err(|error: NotAName| refused(error.to_string()))?;
        let found = files::read(&folder.join(file))?;
        let (_, digest) = seal::open(&found)?;
        if digest != *sha256 {
            return Err(refused(format!("{file} has digest {digest}; the run made {sha256}")));
        }
        artifacts.insert(name, found);
    }
    Ok(Kept { run, record: Digest::of(&bytes), bytes, artifacts })
}

/// The aliases of the manifest beside a record, and the artifacts that they point to.
fn manifest_aliases(record: &Path) -> Result<BTreeMap<String, Digest>, Fault> {
    let path = record.with_file_name("manifest.json");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let manifest = Manifest::decode(&files::read(&path)?)?;
    let mut pointed = BTreeMap::new();
    for (alias, name) in manifest.aliases {
        let alias: Name =
            alias.parse().map_err(|error: NotAName| Fault::Artifact(format!("{}: {error}", path.display())))?;
        let book = manifest.books.iter().find(|book| book.name == name);
        pointed.extend(book.map(|book| (alias.to_string(), book.model.sha256)));
    }
    Ok(pointed)
}

/// The files of a store whose `mlruns` folder has this URI. Runs come in the order in which they were made.
fn store(kept: &[Kept], aliases: &BTreeMap<String, Digest>, root: &str) -> Store {
    let mut store = Store::new();
    let mut versions: BTreeMap<&Name, Vec<&Kept>> = BTreeMap::new();
    for one in kept {
        let experiment = experiment_id(&one.run.experiment);
        // The first run of an experiment says when it began.
        store.entry(format!("{experiment}/meta.yaml")).or_insert_with(|| {
            yaml(&json!({
                "experiment_id": experiment,
                "name": one.run.experiment,
                "artifact_location": format!("{root}/{experiment}"),
                "lifecycle_stage": "active",
                "creation_time": one.run.started_ms,
                "last_update_time": one.run.started_ms,
            }))
        });
        add_run(&mut store, one, &experiment, root);
        versions.entry(&one.run.model_name).or_default().push(one);
    }
    for (name, versions) in versions {
        add_model(&mut store, name, &versions, aliases, root);
    }
    store
}

fn add_run(store: &mut Store, kept: &Kept, experiment: &str, root: &str) {
    let Kept { run, artifacts, .. } = kept;
    let id = run_id(kept);
    let folder = format!("{experiment}/{id}");
    let run_name = format!("{} {}", run.model_name, &run.artifact.sha256.to_string()[..8]);
    let end = ended_ms(run);
    store.insert(
        format!("{folder}/meta.yaml"),
        yaml(&json!({
            "artifact_uri": format!("{root}/{folder}/artifacts"),
            "start_time": run.started_ms,
            "end_time": end,
            "entry_point_name": "",
            "experiment_id": experiment,
            "lifecycle_stage": "active",
            "run_id": id,
            "run_uuid": id,
            "run_name": run_name,
            "source_name": "underglass train",
            // MLflow's numbers for a local source and a finished run.
            "source_type": 4,
            "source_version": run.trainer,
            "status": 3,
            "tags": [],
            "user_id": "",
        })),
    );
    let facts = [
        ("seed", run.seed.clone()),
        ("data_file", run.data.file.clone()),
        ("data_sha256", run.data.sha256.to_string()),
        ("rows", run.data.rows.to_string()),
        ("positives", run.data.positives.to_string()),
    ];
    let settings = run.parameters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    for (name, value) in facts.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(settings) {
        if !value.is_empty() {
            store.insert(format!("{folder}/params/{name}"), short(&value));
        }
    }
    for (name, value) in metrics(run) {
        store.insert(format!("{folder}/metrics/{name}"), format!("{end} {value} 0\n").into_bytes());
    }
    let tags = [
        ("mlflow.runName", run_name),
        ("mlflow.source.name", "underglass train".to_owned()),
        ("mlflow.source.type", "LOCAL".to_owned()),
        ("mlflow.note.content", run.notes.join("\n")),
        ("underglass.metrics_protocol", run.protocol.clone()),
        ("underglass.artifact_sha256", run.artifact.sha256.to_string()),
        ("underglass.engine_sha256", run.engine_sha256.to_string()),
        ("underglass.trainer", run.trainer.clone()),
    ];
    for (name, value) in tags {
        store.insert(format!("{folder}/tags/{name}"), short(&value));
    }
    add_data(store, run, experiment, &id);
    store.insert(format!("{folder}/artifacts/run.json"), kept.bytes.clone());
    for (name, bytes) in artifacts {
        store.insert(format!("{folder}/artifacts/model/{name}"), bytes.clone());
    }
}

/// The training data as the run's input.
fn add_data(store: &mut Store, run: &Run, experiment: &str, run_id: &str) {
    let data = id_of(&format!("{} {}", run.data.file, run.data.sha256));
    store.insert(
        format!("{experiment}/datasets/{data}/meta.yaml"),
        yaml(&json!({
            "name": run.data.file,
            // MLflow keeps at most 36 characters.
            "digest": run.data.sha256.to_string()[..32],
            "source_type": "local",
            "source": json!({ "uri": run.data.file }).to_string(),
            "schema": null,
            "profile": json!({ "num_rows": run.data.rows }).to_string(),
        })),
    );
    store.insert(
        format!("{experiment}/{run_id}/inputs/{}/meta.yaml", id_of(&format!("{run_id} {data}"))),
        yaml(&json!({
            "source_type": "DATASET",
            "source_id": data,
            "destination_type": "RUN",
            "destination_id": run_id,
            "tags": { "mlflow.data.context": "training" },
        })),
    );
}

/// A registered model with one version a run, from 1, oldest first.
fn add_model(store: &mut Store, name: &Name, versions: &[&Kept], aliases: &BTreeMap<String, Digest>, root: &str) {
    let times = || versions.iter().map(|kept| kept.run.started_ms);
    let mut pointed: BTreeMap<&str, String> = BTreeMap::new();
    for (version, kept) in (1_u32..).zip(versions) {
        let Run { artifact, experiment, .. } = &kept.run;
        let id = run_id(kept);
        let source = format!("{root}/{}/{id}/artifacts/model", experiment_id(experiment));
        let folder = format!("models/{name}/version-{version}");
        store.insert(
            format!("{folder}/meta.yaml"),
            yaml(&json!({
                "name": name,
                "version": version,
                "creation_timestamp": ended_ms(&kept.run),
                "last_updated_timestamp": ended_ms(&kept.run),
                "current_stage": "None",
                "description": format!("{}, SHA-256 {}", artifact.file, artifact.sha256),
                "run_id": id,
                "source": source,
                "storage_location": source,
                "status": "READY",
            })),
        );
        store.insert(format!("{folder}/tags/underglass.artifact_sha256"), artifact.sha256.to_string().into_bytes());
        // Of several runs that made the same artifact, the latest carries its aliases.
        let of_this = aliases.iter().filter(|(_, sha256)| **sha256 == artifact.sha256);
        pointed.extend(of_this.map(|(alias, _)| (alias.as_str(), version.to_string())));
    }
    for (alias, version) in &pointed {
        store.insert(format!("models/{name}/aliases/{alias}"), version.clone().into_bytes());
    }
    store.insert(
        format!("models/{name}/meta.yaml"),
        yaml(&json!({
            "name": name,
            "aliases": pointed,
            "creation_timestamp": times().min(),
            "last_updated_timestamp": versions.iter().map(|kept| ended_ms(&kept.run)).max(),
            "description": null,
        })),
    );
}

/// Every metric with the ends of its interval, and the durations.
fn metrics(run: &Run) -> impl Iterator<Item = (String, f64)> {
    let measured = run.metrics.iter().flat_map(|(name, estimate)| {
        let named = |end: &str, value| (format!("{name}{end}"), value);
        [named("", estimate.value), named("_low", estimate.low), named("_high", estimate.high)]
    });
    let durations = [
        ("reading_ms", run.durations.reading_ms),
        ("training_ms", run.durations.training_ms),
        ("writing_ms", run.durations.writing_ms),
    ];
    measured.chain(durations.map(|(name, ms)| (name.to_owned(), ms as f64)))
}

fn ended_ms(run: &Run) -> u64 {
    run.started_ms.saturating_add(run.durations.total_ms())
}

/// An execution of the trainer: two runs that make the same artifact stay two.
fn run_id(kept: &Kept) -> String {
    kept.record.to_string()[..32].to_owned()
}

fn id_of(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()[..32].to_owned()
}

/// 18 digits, as MLflow gives to an experiment.
fn experiment_id(name: &str) -> String {
    let number = Digest::of(name.as_bytes())
        .bytes()
        .iter()
        .fold(0, |number, byte| (number * 256 + u128::from(*byte)) % 900_000_000_000_000_000);
    (100_000_000_000_000_000 + number).to_string()
}

/// An absolute path as a `file:` URI (RFC 8089).
fn file_uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").ok();
        }
    }
    uri
}

fn yaml(value: &serde_json::Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn short(text: &str) -> Vec<u8> {
    text.as_bytes()[..text.floor_char_boundary(LONGEST_VALUE)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(started_ms: u64, model: &str) -> Kept {
        let digest = Digest::of(model.as_bytes());
        let run = json!({
            "kind": "run", "format": 1, "experiment": "e: \"x\"", "model_name": "risk", "started_ms": started_ms,
            "durations": { "reading_ms": 1, "training_ms": 20, "writing_ms": 300 },
            "data": { "file": "d.csv", "sha256": digest, "rows": 10, "positives": 3 },
            "seed": "18446744073709551615", "parameters": { "depth": 6.0, "target": "bad", "parent": "" },
            "protocol": "p", "metrics": { "auc": { "value": 0.1, "low": 0.0, "high": 0.3 } },
            "artifact": { "file": "risk.json", "sha256": digest }, "bands": null,
            "trainer": "t", "engine_sha256": digest, "notes": [],
        });
        let bytes = run.to_string().into_bytes();
        let artifacts = BTreeMap::from([("risk.json".parse().unwrap(), model.as_bytes().to_vec())]);
        Kept { run: serde_json::from_value(run).unwrap(), record: Digest::of(&bytes), bytes, artifacts }
    }

    fn text(store: &Store, end: &str) -> String {
        let found: Vec<_> = store.iter().filter(|(path, _)| path.ends_with(end)).collect();
        assert_eq!(found.len(), 1, "{end} in {:?}", store.keys());
        String::from_utf8(found[0].1.clone()).unwrap()
    }

    #[test]
    fn a_run_becomes_files_with_its_values() {
        let kept = kept(1_000, "a");
        let aliases = BTreeMap::from([("champion".to_owned(), kept.run.artifact.sha256)]);
        let store = store(&[kept], &aliases, "file:///x/mlruns");
        assert_eq!(text(&store, "/params/depth"), "6");
        assert_eq!(text(&store, "/params/seed"), "18446744073709551615");
        assert_eq!(text(&store, "/metrics/auc"), "1321 0.1 0\n");
        assert_eq!(text(&store, "/metrics/auc_high"), "1321 0.3 0\n");
        assert_eq!(text(&store, "/artifacts/model/risk.json"), "a");
        assert_eq!(text(&store, "models/risk/aliases/champion"), "1");
        // An empty setting is no parameter.
        assert!(!store.keys().any(|path| path.ends_with("/params/parent")));
    }

    #[test]
    fn the_latest_run_of_an_artifact_carries_its_alias() {
        let runs = [kept(1, "a"), kept(2, "b"), kept(3, "a")];
        let aliases = BTreeMap::from([("champion".to_owned(), runs[0].run.artifact.sha256)]);
        let store = store(&runs, &aliases, "file:///x/mlruns");
        assert_eq!(text(&store, "models/risk/aliases/champion"), "3");
        assert_eq!(store.keys().filter(|path| path.ends_with("/artifacts/run.json")).count(), 3);
        assert_eq!(
            store.keys().filter(|path| path.matches('/').count() == 1 && path.ends_with("meta.yaml")).count(),
            1
        );
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(file_uri(Path::new("/a b/é#%")), "file:///a%20b/%C3%A9%23%25");
    }
}

//! A book for the pairs of a view: the book's own schema, policy, prices and reasons, and a hand-written linear model of a
//! few terms, so that every figure can be computed with a pocket calculator.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use underglass_engine::Engine;
use underglass_engine::artifact::{Lineage, Model, ModelFile, N_BANDS, Population, Populations, ReferenceBins, Target};
use underglass_engine::features::Schema;
use underglass_engine::load::Files;
use underglass_engine::model::linear::{Linear, Term};
use underglass_engine::model::{Calibration, Ensemble, Summary};
use underglass_engine::population::World;
use underglass_engine::seal::{self, Digest};
use underglass_engine::units::{Date, Scale};
use underglass_engine::views::View;

/// `model.json` of a view's folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    /// Log-odds where every term is 0.
    intercept: f64,
    /// By feature: log-odds for one unit, log-odds of a missing value, and the value of every reference row.
    terms: BTreeMap<String, [f64; 3]>,
    /// Points by which refits differ, in every band.
    spread: f64,
}

/// The folder of the pairs.
pub(crate) fn pairs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/views")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of a view's book under `crates/cli/books`, and its schema.
pub(crate) fn book_of(view: View) -> (&'static str, Schema) {
    let (name, world) = match view {
        View::Approval => ("auto", World::Auto),
        View::CreditScore => ("personal", World::Personal),
        View::PointOfSale => ("pos", World::PointOfSale),
        View::DefaultRisk => ("macro", World::MacroAware),
    };
    (name, Schema::new(world.inputs(), world.features()).expect("a sound schema"))
}

/// The model of a view's pairs.
pub(crate) fn model(view: View) -> Model {
    let path = pairs().join(view.name()).join("model.json");
    let found: Terms =
        serde_json::from_slice(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, schema) = book_of(view);
    let names: Vec<&String> = schema.features().iter().map(|feature| &feature.name).collect();
    for name in found.terms.keys() {
        assert!(names.contains(&name), "{}: {name} is no feature of the book", path.display());
    }
    let term = |name: &&String| found.terms.get(*name).copied().unwrap_or_default();
    let bins =
        |name: &str, at: f64| ReferenceBins { name: name.to_owned(), edges: vec![at], counts: vec![1, 1], missing: 0 };
    let (means, terms) = names
        .iter()
        .map(|name| {
            let [coefficient, missing, reference] = term(name);
            (coefficient * reference, Term::Slope { coefficient, missing })
        })
        .unzip();
    let every = names.iter().map(|name| bins(name, term(name)[2])).chain([bins("score.points", 640.0)]).collect();
    Model::new(ModelFile {
        name: format!("the pairs of view {view}"),
        version: "1".to_owned(),
        intended_use: "tests".to_owned(),
        review_by: None,
        lineage: Lineage {
            data_sha256: Digest::of(b""),
            rows: 1,
            seed: "1".to_owned(),
            trainer: "a hand".to_owned(),
            parent: None,
            as_of: Date::EPOCH,
            learner: "none".to_owned(),
            candidates: Vec::new(),
            search: None,
            parameters: BTreeMap::new(),
            permitted_by_request: Vec::new(),
            gain: Vec::new(),
            imported: None,
        },
        target: Target {
            column: "bad".to_owned(),
            positive: "1".to_owned(),
            definition: "made up".to_owned(),
            window_months: Some(18),
        },
        schema,
        ensemble: Ensemble::Linear(Linear { intercept: found.intercept, terms }),
        calibration: Calibration::NONE,
        scale: Scale::default(),
        spread: vec![found.spread; N_BANDS],
        populations: Some(Populations {
            all: Population { from: None, to: None, rows: 1, summary: Summary::Means(means) },
            bands: Vec::new(),
            other_bands: None,
        }),
        bins: every,
        metrics: None,
        probes: Vec::new(),
    })
    .expect("a sound model")
}

/// A file of the view's book, sealed; `None` when the book has none of its kind.
pub(crate) fn file(view: View, name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../cli/books/{}/{name}.json", book_of(view).0));
    path.exists().then(|| seal::seal(&read(&path)).expect("sealable"))
}

/// The whole book.
pub(crate) fn engine(view: View) -> Engine {
    let [policy, pricing, reasons] = ["policy", "pricing", "reasons"].map(|name| file(view, name));
    let artifact = model(view).encode();
    Engine::load(Files {
        artifact: &artifact,
        policy: policy.as_deref(),
        pricing: pricing.as_deref(),
        reasons: reasons.as_deref(),
    })
    .unwrap_or_else(|error| panic!("view {view}: {error}"))
}

//! The page's components and its host, in a real browser.
#![cfg(target_arch = "wasm32")]

use std::sync::Arc;

use leptos::mount::mount_to;
use leptos::prelude::*;
use underglass_app::state::book::{BookFiles, FailureKind};
use underglass_app::state::link::Link;
use underglass_app::state::{Failure, OpenBook};
use underglass_app::view::{Decide, Failed, Measured};
use underglass_app::{host, text};
use underglass_engine::application::{ApplicationForm, FormValue};
use underglass_engine::artifact::{
    Estimate, Lineage, Metrics, Model, ModelFile, N_BANDS, Population, Populations, ReferenceBins, Target,
};
use underglass_engine::features::{Direction, LevelEffect, Schema};
use underglass_engine::load::{Book, FileRef};
use underglass_engine::model::symmetric::{Symmetric, Tree};
use underglass_engine::model::{Calibration, Ensemble, Predicate, Side, Summary};
use underglass_engine::population::auto;
use underglass_engine::seal::{self, Digest};
use underglass_engine::units::{Date, Scale};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A model over the synthetic world's own fields: one level a feature, risk in the feature's direction.
fn model() -> Vec<u8> {
    let inputs = auto::inputs();
    let mut features = auto::features();
    for feature in &mut features {
        if let Some(input) = inputs.iter().find(|input| input.name == feature.name)
            && let underglass_engine::application::InputKind::Category { levels } = &input.kind
        {
            feature.levels = levels.iter().map(|level| LevelEffect { level: level.name.clone(), mean: 0.1 }).collect();
        }
        feature.median = Some(1.0);
    }
    let schema = Schema::new(inputs.clone(), features.clone()).expect("a schema");
    let thresholds =
        [("income_monthly", 3_500.0), ("utilization", 60.0), ("late_24m", 1.0), ("down_payment_share", 0.1)];
    let position = |name: &str| features.iter().position(|feature| feature.name == name).expect("a feature");
    let predicates = thresholds.map(|(name, threshold)| Predicate::Less {
        feature: position(name) as u16,
        threshold,
        missing: Side::No,
    });
    let trees = (0..thresholds.len()).map(|index| {
        let risk = if features[position(thresholds[index].0)].direction == Direction::Decreasing { 0.5 } else { -0.5 };
        Tree { levels: vec![index as u16], leaves: vec![-risk, risk] }
    });
    let ensemble = Symmetric { base: -2.0, predicates: predicates.to_vec(), trees: trees.collect() };
    let rows: Vec<_> = (0..50)
        .map(|row| {
            let values = auto::applicant(1, row, &auto::Shock::default()).values;
            let named = inputs.iter().zip(values).map(|(input, value)| (input.name.clone(), value));
            let mut form = ApplicationForm(named.collect());
            for audit_only in ["age_band", "group", "sex"] {
                form.0.insert(audit_only.to_owned(), FormValue::Missing);
            }
            schema.features_of(&form.check(&inputs).expect("an applicant"))
        })
        .collect();
    let population =
        |from, to| Population { from, to, rows: 50, summary: Summary::Leaves(ensemble.count(rows.iter())) };
    let bins = features.iter().map(|feature| feature.name.clone()).chain(["score.points".to_owned()]);
    let estimate = Estimate { value: 0.5, low: 0.4, high: 0.6 };
    let file = ModelFile {
        name: "test".to_owned(),
        version: "1".to_owned(),
        intended_use: "tests".to_owned(),
        review_by: None,
        lineage: Lineage {
            data_sha256: Digest::of(b""),
            rows: 50,
            seed: "1".to_owned(),
            trainer: "none".to_owned(),
            parent: None,
            as_of: Date::EPOCH,
            learner: String::new(),
            candidates: Vec::new(),
            search: None,
            parameters: Default::default(),
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
        calibration: Calibration::NONE,
        scale: Scale::default(),
        spread: vec![5.0; N_BANDS],
        populations: Some(Populations {
            all: population(None, None),
            bands: vec![population(Some(640), Some(660))],
            other_bands: None,
        }),
        bins: bins.map(|name| ReferenceBins { name, edges: Vec::new(), counts: vec![50], missing: 0 }).collect(),
        metrics: Some(Metrics {
            protocol: "none".to_owned(),
            folds: 1,
            rows: 50,
            positives: 10,
            auc: estimate,
            ks: estimate,
            log_loss: estimate,
            brier: estimate,
        }),
        probes: Vec::new(),
        ensemble: Ensemble::Symmetric(ensemble),
        schema,
    };
    Model::new(file).expect("a model").with_probes(1).encode()
}

fn entry(artifact: &[u8]) -> Book {
    let (_, sha256) = seal::open(artifact).expect("sealed");
    Book {
        name: "auto".to_owned(),
        label: "Test loans".to_owned(),
        synthetic: true,
        model: FileRef { file: "model.json".to_owned(), sha256 },
        policy: None,
        pricing: None,
        reasons: None,
    }
}

fn files(artifact: Vec<u8>) -> BookFiles {
    BookFiles { artifact, policy: None, pricing: None, reasons: None }
}

fn book() -> &'static OpenBook {
    let artifact = model();
    Box::leak(Box::new(OpenBook::open(entry(&artifact), Vec::new(), files(artifact)).expect("a book")))
}

/// A view in the document, removed when the test ends.
struct Page {
    root: HtmlElement,
    _view: Box<dyn std::any::Any>,
}

impl Page {
    fn of<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Self {
        let document = web_sys::window().and_then(|window| window.document()).expect("a document");
        let root: HtmlElement = document.create_element("div").expect("a div").unchecked_into();
        document.body().expect("a body").append_child(&root).expect("appended");
        let handle = mount_to(root.clone(), view);
        Self { root, _view: Box::new(handle) }
    }

    fn find(&self, selector: &str) -> Option<Element> {
        self.root.query_selector(selector).expect("a selector")
    }

    fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.find(selector)?.get_attribute(name)
    }

    /// Waits for what is fetched once the page has been painted.
    async fn sees(&self, selector: &str) -> bool {
        for _ in 0..100 {
            if self.find(selector).is_some() {
                return true;
            }
            host::pause(20).await;
        }
        false
    }

    async fn enter(&self, field: &str, value: &str) {
        let input: HtmlInputElement = self.find(&format!("#field-{field}")).expect("a field").unchecked_into();
        input.set_value(value);
        input.dispatch_event(&Event::new("input").expect("an event")).expect("sent");
        host::pause(0).await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.root.remove();
    }
}

fn decide(book: &'static OpenBook) -> Page {
    host::write_address("#");
    Page::of(move || view! { <Decide book measured=Measured::new()/> })
}

fn score_of(book: &OpenBook, change: &[(&str, f64)]) -> Option<String> {
    let mut form = book.first_example().form.clone();
    for (field, value) in change {
        form.0.insert((*field).to_owned(), FormValue::Number(*value));
    }
    let application = form.check(book.engine.inputs()).expect("an application");
    book.engine.decide(&application, host::today()).score.map(|score| score.points.value().to_string())
}

#[wasm_bindgen_test]
async fn opens_on_a_decided_applicant() {
    let book = book();
    let page = decide(book);
    host::pause(0).await;
    assert_eq!(page.attribute("#answer", "data-score"), score_of(book, &[]));
    assert!(page.attribute("#answer", "data-outcome").is_some());
    assert!(page.sees("[data-testid=waterfall]").await);
}

#[wasm_bindgen_test]
async fn a_changed_field_changes_the_answer_at_once() {
    let book = book();
    let page = decide(book);
    page.enter("income_monthly", "9,000").await;
    assert_eq!(page.attribute("#answer", "data-score"), score_of(book, &[("income_monthly", 9_000.0)]));
    assert_ne!(page.attribute("#answer", "data-score"), score_of(book, &[]));
}

#[wasm_bindgen_test]
async fn bad_fields_are_all_named_and_the_last_answer_stays() {
    let book = book();
    let page = decide(book);
    page.enter("income_monthly", "12,5").await;
    page.enter("down_payment", "-5").await;
    assert_eq!(page.root.inner_html().matches("field-error").count(), 2);
    assert_eq!(page.attribute("#answer", "data-score"), score_of(book, &[]));
    assert!(page.find("#answer[data-stale]").is_some());
    page.enter("income_monthly", "3150").await;
    page.enter("down_payment", "1500").await;
    assert!(page.find("#answer[data-stale]").is_none());
}

#[wasm_bindgen_test]
async fn an_address_restores_the_applicant() {
    let book = book();
    host::write_address("#v=1&book=auto&case=maya&income_monthly=9000");
    let page = Page::of(move || view! { <Decide book measured=Measured::new()/> });
    host::pause(0).await;
    assert_eq!(page.attribute("#answer", "data-score"), score_of(book, &[("income_monthly", 9_000.0)]));
    host::write_address("#v=9&book=auto");
    let page = Page::of(move || view! { <Decide book measured=Measured::new()/> });
    host::pause(0).await;
    assert_eq!(page.attribute("#answer", "data-score"), score_of(book, &[]));
    assert!(page.find(".notice").is_some());
}

#[wasm_bindgen_test]
async fn the_address_follows_the_fields() {
    let page = decide(book());
    page.enter("income_monthly", "9000").await;
    host::pause(400).await;
    let link = Link::parse(&host::read_address()).expect("our own address");
    assert_eq!(link.changes, [("income_monthly".to_owned(), "9000".to_owned())]);
}

#[wasm_bindgen_test]
fn any_changed_byte_is_refused_with_its_file() {
    let artifact = model();
    for at in [3, artifact.len() / 2, artifact.len() - 3] {
        let mut changed = artifact.clone();
        changed[at] ^= 1;
        let failure = OpenBook::open(entry(&artifact), Vec::new(), files(changed)).expect_err("refused");
        assert_eq!(failure.file, "model.json");
        assert!(matches!(failure.kind, FailureKind::Changed | FailureKind::Broken), "{failure:?}");
    }
}

#[wasm_bindgen_test]
async fn a_failure_names_the_file_and_offers_another_try() {
    let failure = Failure {
        kind: FailureKind::Future,
        file: "model.json".to_owned(),
        detail: "model format 7 is not supported".to_owned(),
    };
    let tried = RwSignal::new(false);
    let page = Page::of(move || view! { <Failed failure=Arc::new(failure) again=move || tried.set(true)/> });
    assert!(page.root.text_content().is_some_and(|text| text.contains("model.json") && text.contains("format 7")));
    let button: HtmlElement = page.find("[data-state=failed] button").expect("a button").unchecked_into();
    assert_eq!(button.text_content().as_deref(), Some(text::TRY_AGAIN));
    button.click();
    assert!(tried.get_untracked());
}

#[wasm_bindgen_test]
fn the_theme_changes_and_changes_back() {
    let before = host::effective_theme();
    assert_ne!(host::toggle_theme(), before);
    assert_ne!(host::effective_theme(), before);
    assert_eq!(host::toggle_theme(), before);
}

#[wasm_bindgen_test]
fn nothing_was_asked_of_another_host() {
    assert_eq!(host::foreign_requests(), 0);
}

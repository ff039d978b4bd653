//! The reasons of a trained model's declines are true of it.

use underglass_engine::Engine;
use underglass_engine::application::{Application, FormValue, Permitted, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::decision::Outcome;
use underglass_engine::faithful::{Faithfulness, measure};
use underglass_engine::load::Files;
use underglass_engine::population::World;
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Folds};
use underglass_learn::{Plan, train};

const DECLINES: usize = 500;

fn artifact() -> Model {
    let mut names: Vec<String> = World::Auto.inputs().iter().map(|input| input.name.clone()).collect();
    names.push("bad".to_owned());
    let cells = (0..6_000).map(|row| {
        let applicant = World::Auto.applicant(11, row);
        let cell = |value: &FormValue| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text.clone(),
            _ => String::new(),
        };
        applicant.values.iter().map(cell).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    let plan = Plan {
        columns: Columns::Given { inputs: World::Auto.inputs(), features: World::Auto.features() },
        settings: Settings { trees: 80, ..Settings::default() },
        folds: Folds::Stratified(3),
        seed: 5,
        ..Plan::new("bad")
    };
    train(&Table::from_rows(names, cells).expect("a table"), plan).expect("a model").model
}

fn engine(model: &Model) -> Engine {
    let file = |name: &str| {
        let path = format!("{}/../cli/books/auto/{name}.json", env!("CARGO_MANIFEST_DIR"));
        seal::seal(&std::fs::read(path).expect("the book's file")).expect("sealable")
    };
    let (artifact, policy, pricing, reasons) = (model.encode(), file("policy"), file("pricing"), file("reasons"));
    let files = Files { artifact: &artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: Some(&reasons) };
    Engine::load(files).expect("a sound book")
}

fn declines(engine: &Engine) -> Vec<Application> {
    let as_of = engine.model.file().lineage.as_of;
    let applications = (0..10_000).map(|row| {
        let values = World::Auto.applicant(12, row).values.into_iter();
        let given = engine
            .inputs()
            .iter()
            .zip(values)
            .map(|(input, value)| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value });
        check_row(engine.inputs(), given).expect("a valid row")
    });
    applications.filter(|application| engine.outcome(application, as_of).0 == Outcome::Decline).take(DECLINES).collect()
}

fn measured(engine: &Engine) -> Faithfulness {
    let declined = declines(engine);
    assert_eq!(declined.len(), DECLINES);
    measure(engine, &declined, engine.model.file().lineage.as_of, 1).expect("a reference population")
}

#[test]
fn reasons_of_declines_are_specific_true_sufficient_and_stable() {
    let engine = engine(&artifact());
    assert_eq!(engine.reference().name, "above_cutoff");
    let found = measured(&engine);
    println!("{found:?}, sufficiency {:?}, stability {:?}", found.sufficiency(), found.stability());
    assert_eq!((found.declines, found.miscounted, found.omits_larger), (DECLINES as u64, 0, 0));
    assert!(found.by_score > 100 && found.citations > 200, "{found:?}");
    assert_eq!((found.false_direction, found.false_at_median), (0, 0));
    // To rent is usual among all, and worse than what those above the cut-off do.
    assert!(found.usual * 50 < found.citations, "{found:?}");
    // The bars of the project's domain rules.
    assert!(found.sufficiency().expect("declines by score") >= 0.8, "{found:?}");
    assert!(found.stability().expect("declines") >= 0.8, "{found:?}");
}

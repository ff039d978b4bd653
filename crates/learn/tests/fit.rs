//! A whole fit: what the artifact promises holds, and the same data and seed give the same bytes.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use underglass_engine::application::{Action, FormValue, Input, InputKind, Permitted, Personal, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::features::{Direction, Expr, Feature, FeatureVector};
use underglass_engine::model::{Ensemble, Summary};
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Classes, Columns, Folds, Learner};
use underglass_learn::{Fit, LearnError, Plan, Stage, Trained, train};

/// Applications of the synthetic world, with their outcome.
fn world(rows: Range<u64>) -> Table {
    let mut names: Vec<String> = auto::inputs().iter().map(|input| input.name.clone()).collect();
    names.push("bad".to_owned());
    let cells = rows.map(|row| {
        let applicant = auto::applicant(11, row, &Shock::default());
        let cell = |value: &FormValue| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text.clone(),
            _ => String::new(),
        };
        applicant.values.iter().map(cell).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    Table::from_rows(names, cells).expect("a table")
}

fn world_plan() -> Plan {
    Plan {
        columns: Columns::Given { inputs: auto::inputs(), features: auto::features() },
        settings: Settings { trees: 40, ..Settings::default() },
        folds: Folds::Stratified(3),
        seed: 5,
        ..Plan::new("bad")
    }
}

fn features(model: &Model, table: &Table) -> Vec<FeatureVector> {
    let inputs = model.schema().inputs();
    let row = |row: usize| {
        let cells = inputs.iter().map(|input| match (input.permitted, table.column(&input.name)) {
            (Permitted::AuditOnly, _) | (_, None) => FormValue::Missing,
            (_, Some(column)) => FormValue::from_cell(table.cell(row, column), &input.kind),
        });
        model.schema().features_of(&check_row(inputs, cells).expect("a sound row"))
    };
    (0..table.n_rows()).map(row).collect()
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes() {
    let table = world(0..3000);
    let once = train(&table, world_plan()).expect("a model");
    // Another way of driving the fit is no other fit.
    let mut fit = Fit::new(&table, world_plan()).expect("a fit");
    let mut last = fit.progress();
    while last.stage != Stage::Done {
        let next = fit.step(7);
        assert!(next.done > last.done && next.total <= last.total && next.done <= next.total, "{last:?} {next:?}");
        last = next;
    }
    let stepped = fit.finish().expect("a model");
    assert_eq!(once.model.encode(), stepped.model.encode());
    assert_eq!(once.bands.encode(), stepped.bands.encode());
    assert_eq!(once.out_of_fold, stepped.out_of_fold);
    let reseeded = train(&table, Plan { seed: 6, ..world_plan() }).expect("a model");
    assert_ne!(once.model.encode(), reseeded.model.encode());
}

#[test]
fn an_artifact_keeps_its_promises() {
    let table = world(0..4000);
    let Trained { model, bands, out_of_fold, .. } = train(&table, world_plan()).expect("a model");
    let (decoded, _) = Model::decode(&model.encode()).expect("a sound file, probes and all");
    assert_eq!(decoded, model);
    let file = model.file();
    let Ensemble::Symmetric(ensemble) = &file.ensemble else { panic!("symmetric") };
    assert!(ensemble.trees.iter().flat_map(|tree| &tree.leaves).all(|leaf| f64::from(*leaf as f32) == *leaf));

    let rows = features(&model, &table);
    let populations = file.populations.as_ref().expect("learned from rows");
    assert_eq!(file.ensemble.summary(&rows), populations.all.summary, "counts are those of the training rows");
    let points = |row: &FeatureVector| {
        underglass_engine::units::Points::from_raw(model.scale().raw(model.log_odds(row))).value()
    };
    for band in populations.bands.iter().chain(&bands.bands) {
        let (from, to) = (band.from.expect("a band"), band.to.expect("a band"));
        let inside: Vec<&FeatureVector> = rows.iter().filter(|row| (from..to).contains(&points(row))).collect();
        assert!(inside.len() >= 200 && inside.len() as u64 == band.rows, "{from}: {}", inside.len());
        assert_eq!(Summary::Leaves(ensemble.count(inside.into_iter())), band.summary);
    }
    assert_eq!(populations.bands.iter().map(|band| band.from).collect::<Vec<_>>(), [Some(640)]);
    assert_eq!(seal::open(&bands.encode()).ok().map(|(_, digest)| digest), populations.other_bands);

    let explainer = model.explainer(&populations.all);
    for row in &rows {
        let explanation = model.explain(&explainer, row);
        let sum = explanation.values.iter().fold(explanation.base, |sum, value| sum + value);
        assert!((sum - model.log_odds(row).0).abs() < 1e-9);
    }

    let bad: Vec<bool> = table.cells(table.column("bad").expect("there")).map(|cell| cell == "1").collect();
    let mean = out_of_fold.iter().flatten().sum::<f64>() / 4000.0;
    let share = bad.iter().filter(|bad| **bad).count() as f64 / 4000.0;
    assert!((mean - share).abs() < 1e-9, "calibration in the large: {mean} {share}");
    let auc = file.metrics.as_ref().expect("measured").auc;
    assert!(auc.low > 0.65 && auc.high < 0.95, "{auc:?}");
    assert_eq!(file.bins.len(), file.schema.features().len() + 1);
    assert!(file.bins.iter().all(|bins| bins.counts.iter().sum::<u64>() + bins.missing == 4000));
    assert!(file.spread.iter().all(|spread| *spread > 0.0));
}

#[test]
fn every_learner_gives_a_sound_artifact_whose_contributions_add_up() {
    let table = world(0..900);
    for learner in [Learner::Logistic, Learner::Scorecard, Learner::Forest, Learner::Auto] {
        let Trained { model, bands, .. } = train(&table, Plan { learner, ..world_plan() }).expect("a model");
        let again = train(&table, Plan { learner, ..world_plan() }).expect("a model");
        assert_eq!(model.encode(), again.model.encode());
        assert_eq!(bands.encode(), again.bands.encode());
        let (decoded, _) = Model::decode(&model.encode()).expect("a sound file, probes and all");
        assert_eq!(decoded, model);
        let rows = features(&model, &table);
        let explainer = model.against_all().expect("learned from rows");
        for row in rows.iter().step_by(30) {
            let explanation = model.explain(explainer, row);
            let total = explanation.values.iter().fold(explanation.base, |sum, value| sum + value);
            assert!((total - model.log_odds(row).0).abs() < 1e-9, "{total}");
        }
        let mean = rows.iter().map(|row| model.log_odds(row).0).sum::<f64>() / rows.len() as f64;
        assert!((model.file().calibration.log_odds(explainer.base()).0 - mean).abs() < 1e-9);
        let metrics = model.metrics().expect("measured");
        assert!(metrics.auc.value > 0.72, "{learner}: {:?}", metrics.auc);
        let candidates = &model.file().lineage.candidates;
        assert_eq!(candidates.len(), if learner == Learner::Auto { 7 } else { 0 });
        let least = candidates.iter().map(|candidate| candidate.log_loss).fold(f64::INFINITY, f64::min);
        assert!(
            candidates.is_empty() || (least - metrics.log_loss.value).abs() < 1e-12,
            "{candidates:?} {:?}",
            metrics.log_loss
        );
    }
}

#[test]
fn a_search_flatters_itself_and_the_reported_loss_does_not() {
    let table = world(0..700);
    let settings = Settings { trees: 40, patience: 10, ..Settings::default() };
    let plan = Plan { trials: 5, settings, folds: Folds::Stratified(3), ..world_plan() };
    let mut fit = Fit::new(&table, plan.clone()).expect("a fit");
    while fit.step(7).stage != Stage::Done {}
    let trials = fit.trials();
    let file = fit.finish().expect("a model").model.file().clone();
    assert_eq!((trials.len(), trials[0].settings), (5, settings));
    let least = trials.iter().map(|trial| trial.log_loss).fold(f64::INFINITY, f64::min);
    let search = file.lineage.search.expect("a search");
    assert_eq!((search.trials, search.searched_log_loss), (5, least));
    // The nested margins are of models that were chosen without the row; calibrated, they still lose against the search.
    let metrics = file.metrics.as_ref().expect("measured");
    assert!(metrics.log_loss.value > least, "{} {least}", metrics.log_loss.value);
    let protocol = &metrics.protocol;
    assert!(protocol.contains("chosen on the other folds"), "{protocol}");
    assert_eq!(train(&table, plan).expect("a model").model.file(), &file);
}

#[test]
fn rows_of_no_weight_teach_nothing_and_balance_is_taken_back() {
    // Half of the rows are noise that would turn the effect around; they weigh nothing.
    let row = |i: usize| {
        let (debt, noise) = (i * 7919 % 101, i * 104_729 % 100);
        let weight = i % 2;
        let bad = if weight == 1 { noise < debt / 2 } else { noise < 50 - debt / 2 };
        format!("{debt},{weight},{}\n", u8::from(bad))
    };
    let csv: String = std::iter::once("debt,count,bad\n".to_owned()).chain((0..1600).map(row)).collect();
    let table = Table::from_csv(csv.as_bytes()).expect("a table");
    let settings = Settings { trees: 30, ..Settings::default() };
    for learner in [Learner::Symmetric, Learner::Logistic, Learner::Forest] {
        let plan = Plan { weight: Some("count".to_owned()), learner, settings, ..Plan::new("bad") };
        let model = train(&table, plan).expect("a model").model;
        assert_eq!(model.schema().features().len(), 1, "the weight is no feature");
        let z = |debt: f64| model.log_odds(&FeatureVector(vec![Some(debt)])).0;
        assert!(z(95.0) > z(5.0) + 0.3, "{learner}: {} {}", z(95.0), z(5.0));
        let plan = Plan {
            classes: Classes::Balanced,
            weight: Some("count".to_owned()),
            learner,
            settings,
            ..Plan::new("bad")
        };
        let balanced = train(&table, plan).expect("a model");
        assert!(balanced.notes.iter().any(|note| note.starts_with("balanced outcomes")), "{:?}", balanced.notes);
        // Rows that count: debts of 0 to 100 in equal numbers, bad by debt / 2 in a hundred, a quarter in all.
        let pd = |debt: u32| {
            let z = balanced.model.log_odds(&FeatureVector(vec![Some(f64::from(debt))]));
            underglass_engine::units::Probability::from_log_odds(z).value()
        };
        let mean = (0..=100).map(pd).sum::<f64>() / 101.0;
        assert!((mean - 0.25).abs() < 0.03, "{learner}: {mean}");
    }
    let broken = Table::from_csv(b"x,count,bad\n1,1,0\n2,-1,1\n3,many,0\n4,1,1\n5,2,0\n6,1,1\n").expect("a table");
    let plan = Plan { weight: Some("count".to_owned()), folds: Folds::Stratified(2), ..Plan::new("bad") };
    assert!(matches!(train(&broken, plan), Err(LearnError::Faults(faults)) if faults.count() == 2));
}

#[test]
fn a_continued_model_keeps_its_trees_and_learns_from_new_rows() {
    let settings = Settings { trees: 25, ..Settings::default() };
    let first = train(&world(0..1500), Plan { settings, ..world_plan() }).expect("a model").model;
    let (_, sha256) = seal::open(&first.encode()).expect("sealed");
    let columns = Columns::Continued { parent: Box::new(first.clone()), sha256 };
    let plan = Plan { settings, columns, ..world_plan() };
    let second = train(&world(1500..4500), plan.clone()).expect("a model").model;
    assert_eq!(second.file().lineage.parent, Some(sha256));
    let (Ensemble::Symmetric(before), Ensemble::Symmetric(after)) = (first.ensemble(), second.ensemble()) else {
        panic!("symmetric")
    };
    assert_eq!(before.trees[..], after.trees[..before.trees.len()]);
    assert!(after.trees.len() > before.trees.len());
    let (decoded, _) = Model::decode(&second.encode()).expect("a sound file, probes and all");
    assert_eq!(decoded, second);
    let fresh = world(4500..8500);
    let auc = |model: &Model| {
        let scores: Vec<f64> = features(model, &fresh).iter().map(|row| model.log_odds(row).0).collect();
        let bad: Vec<bool> = fresh.cells(fresh.column("bad").expect("there")).map(|cell| cell == "1").collect();
        underglass_engine::metrics::auc(&scores, &bad, None)
    };
    assert!(auc(&second) > auc(&first), "{} {}", auc(&second), auc(&first));
    let refused = |plan| train(&world(0..300), plan).expect_err("not continued");
    assert!(matches!(refused(Plan { learner: Learner::Forest, ..plan }), LearnError::Continue { .. }));
}

/// Rows of constrained and free columns whose effects go with and against their directions; a tenth is missing.
fn contrary(seed: u64, directions: &[Direction]) -> (Table, Vec<Input>, Vec<Feature>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = directions.len();
    let names: Vec<String> = (0..n).map(|column| format!("x{column}")).collect();
    let rows: Vec<Vec<String>> = (0..400)
        .map(|_| {
            let values: Vec<f64> = (0..n).map(|_| f64::from(rng.random_range(0..12_u32))).collect();
            let z: f64 = values.iter().enumerate().map(|(k, value)| (value - 6.0) * [0.3, -0.4, 0.2][k % 3]).sum();
            let wave = 1.5 * libm::sin(values[0] * values[n - 1] / 3.0);
            let bad = rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z - wave));
            let missing = rng.random_range(0..10 * n as u32) as usize;
            let cell = |(k, value): (usize, &f64)| if k == missing { String::new() } else { value.to_string() };
            values.iter().enumerate().map(cell).chain([u8::from(bad).to_string()]).collect()
        })
        .collect();
    let input = |name: &String| Input {
        name: name.clone(),
        label: name.clone(),
        unit: String::new(),
        kind: InputKind::Number { min: None, max: None, step: 1.0, whole: true },
        optional: true,
        permitted: Permitted::Model,
        personal: Personal::None,
        role: None,
        action: Action::IMMUTABLE,
        typical: FormValue::Number(6.0),
    };
    let feature = |(name, direction): (&String, &Direction)| Feature {
        name: name.clone(),
        label: name.clone(),
        from: Expr::Input(name.clone()),
        direction: *direction,
        family: name.clone(),
        levels: Vec::new(),
        range: None,
        median: None,
    };
    let inputs = names.iter().map(input).collect();
    let features = names.iter().zip(directions).map(feature).collect();
    let header = names.into_iter().chain(["bad".to_owned()]).collect();
    (Table::from_rows(header, rows).expect("a table"), inputs, features)
}

/// Steps of a constrained feature against its direction, on every grid value of random rows: the audit that a public
/// crate with the same promise fails.
fn violations(model: &Model, directions: &[Direction], seed: u64) -> usize {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut against = 0;
    for _ in 0..40 {
        let row: Vec<Option<f64>> = directions
            .iter()
            .map(|_| (rng.random_range(0..8_u32) > 0).then(|| f64::from(rng.random_range(-1..13_i32))))
            .collect();
        for (feature, direction) in directions.iter().enumerate() {
            let at = |value: u32| {
                let mut row = row.clone();
                row[feature] = Some(f64::from(value) / 2.0 - 1.0);
                model.log_odds(&FeatureVector(row)).0
            };
            let steps = (0..28).map(|value| at(value + 1) - at(value));
            against += steps
                .filter(|step| match direction {
                    Direction::Increasing => *step < 0.0,
                    Direction::Decreasing => *step > 0.0,
                    Direction::Free => false,
                })
                .count();
        }
    }
    against
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_monotone_model_never_steps_against_its_direction(
        seed in 0_u64..1000,
        directions in prop::collection::vec(
            prop_oneof![Just(Direction::Increasing), Just(Direction::Decreasing), Just(Direction::Free)], 1..5),
        depth in 1_u32..=6,
    ) {
        let (table, inputs, features) = contrary(seed, &directions);
        let plan = Plan {
            columns: Columns::Given { inputs, features },
            settings: Settings { trees: 12, depth, learning_rate: 0.3, lambda: 0.5, ..Settings::default() },
            folds: Folds::Stratified(2),
            seed,
            ..Plan::new("bad")
        };
        let trained = train(&table, plan).expect("a model");
        prop_assert_eq!(violations(&trained.model, &directions, seed), 0);
    }
}

#[test]
fn the_audit_sees_a_model_without_constraints() {
    let contrary_to = [Direction::Decreasing, Direction::Increasing, Direction::Free];
    let (table, inputs, features) = contrary(1, &[Direction::Free; 3]);
    let plan = Plan { columns: Columns::Given { inputs, features }, ..Plan::new("bad") };
    let trained = train(&table, plan).expect("a model");
    assert!(violations(&trained.model, &contrary_to, 1) > 100);
}

#[test]
fn data_that_cannot_be_learned_from_is_refused_with_its_place() {
    let refused = |csv: &str| {
        let table = Table::from_csv(csv.as_bytes()).expect("a table");
        Fit::new(&table, Plan::new("bad")).map(|_| ()).expect_err(csv)
    };
    let numbers = |row: usize| format!("{},{}\n", row * 37 % 101, row % 2);
    let broken: String = (0..100).map(|row| if row == 41 { "1O5,0\n".to_owned() } else { numbers(row) }).collect();
    let error = refused(&format!("income,bad\n{broken}"));
    assert_eq!(error.to_string(), "line 43, record 42, column \"income\": found \"1O5\", expected a number");
    assert!(matches!(refused("income,worse\n1,0\n2,1\n"), LearnError::Faults(_)));
    assert!(matches!(refused("income,bad\n1,0\n2,1\n"), LearnError::Folds { .. }));
    assert!(matches!(refused("id,bad\n1,0\n2,1\n"), LearnError::NoFeatures { .. }));
}

#[test]
fn in_the_order_of_time_the_last_rows_are_held_out_and_the_artifact_says_so() {
    // Debt matters more and more: the share of bad rises with debt, the more so the later the month.
    let row = |row: usize| {
        let (month, debt) = (row * 7 % 24, row * 7919 % 997);
        let bad = row * 104_729 % 1000 < 200 + debt * month / 60;
        format!("{debt},20{}-{:02}-01,{}\n", 10 + month / 12, 1 + month % 12, u8::from(bad))
    };
    let csv: String = std::iter::once("debt,month,bad\n".to_owned()).chain((0..2400).map(row)).collect();
    let table = Table::from_csv(csv.as_bytes()).expect("a table");
    let folds = |column: &str, windows| Folds::InTime { column: column.to_owned(), windows, held_out_percent: 20 };
    let plan = |folds| Plan { folds, settings: Settings { trees: 30, ..Settings::default() }, ..Plan::new("bad") };
    let trained = train(&table, plan(folds("month", 4))).expect("a model");
    let file = trained.model.file();
    // 24 months: the last 20 % begin in the twentieth, which stays whole with the months before it.
    let metrics = file.metrics.as_ref().expect("measured");
    assert_eq!((metrics.rows, metrics.folds, file.lineage.rows), (400, 4, 2400));
    assert!(metrics.protocol.starts_with("in the order of month: the last 20 % of the rows"));
    assert_eq!(file.lineage.as_of.to_string(), "2011-12-01");
    assert_eq!(trained.model.schema().features().len(), 1, "time is no feature");
    assert_eq!(trained.out_of_fold.iter().flatten().count(), 400, "nothing but the last rows is reported");
    assert!(metrics.auc.value > 0.6, "{:?}", metrics.auc);
    assert!(matches!(train(&table, plan(folds("month", 1))), Err(LearnError::Folds { .. })));
    assert!(matches!(train(&table, plan(folds("year", 4))), Err(LearnError::Faults(_))));
}

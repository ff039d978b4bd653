//! Evaluations of trained models whose truth is known.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::application::{Application, FormValue, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::evaluation::{
    Bars, Evaluation, GapVerdict, Latency, Question, Sample, Scored, Segments, Verdict, compare, evaluate, gate,
};
use underglass_engine::metrics::Resampling;
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::Folds;
use underglass_learn::{Plan, labels, train};

const RESAMPLING: Resampling = Resampling { resamples: 100, seed: 4 };
const EVEN: Latency = Latency { champion: 1e-6, challenger: 1e-6 };

/// Debt raises risk much, income lowers it a little, `noise` does nothing; `region` is a name.
fn world(seed: u64, rows: u32) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let names = ["debt", "income", "noise", "region", "bad"].map(str::to_owned).to_vec();
    let cells = (0..rows).map(|_| {
        let [debt, income, noise]: [f64; 3] = std::array::from_fn(|_| rng.random_range(0.0..10.0_f64).round());
        let region = if rng.random_range(0..2_u32) == 0 { "north" } else { "south" };
        let z = -2.5 + 0.5 * debt - 0.2 * income;
        let bad = rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z));
        vec![debt.to_string(), income.to_string(), noise.to_string(), region.to_owned(), u8::from(bad).to_string()]
    });
    Table::from_rows(names, cells).expect("a table")
}

fn model(table: &Table) -> Model {
    let settings = Settings { trees: 60, ..Settings::default() };
    train(table, Plan { settings, folds: Folds::Stratified(3), ..Plan::new("bad") }).expect("a fit").model
}

/// The same rows with the outcomes of other ones: nothing can be learned from them.
fn shuffled(table: &Table) -> Table {
    let n = table.n_rows();
    let rows = (0..n).map(|row| {
        let cell = |column| table.cell(if column == 4 { (row * 7919 + 13) % n } else { row }, column).to_owned();
        (0..5).map(cell).collect::<Vec<_>>()
    });
    Table::from_rows(table.names().to_vec(), rows).expect("a table")
}

fn read(model: &Model, table: &Table) -> (Vec<Application>, Vec<bool>) {
    let inputs = model.schema().inputs();
    let row = |row: usize| {
        let cells = inputs.iter().map(|input| match table.column(&input.name) {
            Some(column) => FormValue::from_cell(table.cell(row, column), &input.kind),
            None => FormValue::Missing,
        });
        check_row(inputs, cells).expect("a sound row")
    };
    ((0..table.n_rows()).map(row).collect(), labels::read(table, "bad", None).expect("outcomes").bad)
}

fn evaluated(model: &Model, table: &Table, groups: &[&[&str]]) -> Evaluation {
    let (applications, bad) = read(model, table);
    let index = |name: &&str| model.schema().input_index(name).expect("an input");
    let groups: Vec<Vec<usize>> = groups.iter().map(|group| group.iter().map(index).collect()).collect();
    let column = table.column("region").expect("a column");
    let segments = Segments { name: "region".to_owned(), labels: table.cells(column).map(str::to_owned).collect() };
    let question = Question {
        data_sha256: table.sha256(),
        cut_off: 600,
        resampling: RESAMPLING,
        groups: &groups,
        segments: Some(segments),
        training: None,
    };
    evaluate(model, &applications, &bad, &question)
}

#[test]
fn what_drives_the_outcome_is_worth_most_and_noise_is_worth_nothing() {
    let model = model(&world(1, 3000));
    let fresh = world(2, 3000);
    let found = evaluated(&model, &fresh, &[&["debt"], &["debt", "income"], &["noise"]]);
    assert_eq!(found.sample, Sample::Test);
    let order: Vec<&str> = found.importance.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(order[..2], ["debt", "income"]);
    let [debt, both, noise] = [0, 1, 2].map(|at| found.groups[at].permutation);
    assert!(debt.auc_drop.low > 0.1 && debt.log_loss_rise.low > 0.0, "{debt:?}");
    assert!(both.auc_drop.value > debt.auc_drop.value && both.log_loss_rise.value > debt.log_loss_rise.value);
    // Without both inputs nothing is left but noise.
    assert!((found.quality.auc.value - both.auc_drop.value - 0.5).abs() < 0.03, "{both:?}");
    assert!(noise.auc_drop.high.abs() < 0.01 && noise.auc_drop.low.abs() < 0.01, "{noise:?}");
    let named = |name: &str| found.importance.features.iter().find(|feature| feature.name == name).expect("a feature");
    let size = |name: &str| named(name).mean_abs_shap.expect("explained").value;
    assert!(size("debt") > size("income") && size("income") > size("noise"));
    assert!(named("debt").splits > 0);
}

#[test]
fn every_figure_lies_in_its_interval_and_the_parts_add_up() {
    let table = world(1, 3000);
    let found = evaluated(&model(&table), &table, &[]);
    assert_eq!(found.sample, Sample::Training);
    let quality = &found.quality;
    for figure in [
        quality.bad_rate,
        quality.auc,
        quality.gini,
        quality.ks,
        quality.average_precision,
        quality.log_loss,
        quality.brier,
        quality.ece,
        quality.calibration_slope,
        quality.calibration_intercept,
        found.at_cut_off.recall,
        found.at_cut_off.f1,
    ] {
        assert!(figure.low <= figure.value && figure.value <= figure.high, "{figure:?}");
        assert!(figure.low < figure.high, "{figure:?}");
    }
    let cells = found.at_cut_off.confusion;
    let rows = cells.true_positive + cells.false_positive + cells.false_negative + cells.true_negative;
    assert_eq!(rows, 3000.0);
    assert_eq!(found.gains.iter().map(|row| row.rows).sum::<u64>(), 3000);
    assert!(found.gains.last().is_some_and(|row| row.cumulative_gain.value == 1.0));
    assert_eq!(found.segments.iter().map(|segment| segment.rows).sum::<u64>(), 3000);
    assert_eq!(found.segments.iter().map(|segment| segment.positives).sum::<u64>(), quality.positives);
    assert_eq!(found.curves.ks.first().map(|point| point.bad_below), Some(0.0));
    assert_eq!(found.curves.ks.last().map(|point| point.good_below), Some(1.0));
}

#[test]
fn a_gap_is_flagged_when_the_world_turns_and_not_when_it_stays() {
    let model = model(&world(1, 3000));
    let stays = evaluated(&model, &world(2, 3000), &[]);
    assert!(stays.gaps.iter().all(|gap| gap.verdict == GapVerdict::Consistent), "{:?}", stays.gaps);
    let turned = evaluated(&model, &shuffled(&world(2, 3000)), &[]);
    assert!(turned.gaps.iter().all(|gap| gap.verdict == GapVerdict::Worse), "{:?}", turned.gaps);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let (model, fresh) = (model(&world(1, 1500)), world(2, 1500));
    let text = || serde_json::to_string(&evaluated(&model, &fresh, &[&["debt"]])).expect("JSON");
    assert_eq!(text(), text());
}

#[test]
fn a_model_passes_against_itself_and_one_of_shuffled_outcomes_is_refused() {
    let table = world(1, 3000);
    let (champion, worse) = (model(&table), model(&shuffled(&table)));
    let fresh = world(2, 3000);
    let (applications, bad) = read(&champion, &fresh);
    let scored = Scored::new(&champion, &applications, &bad);
    let (their_applications, _) = read(&worse, &fresh);
    let theirs = Scored::new(&worse, &their_applications, &bad);
    let ask = |challenger: &Scored, latency| gate(&scored, challenger, &[], 600, latency, Bars::default(), RESAMPLING);
    assert_eq!(ask(&scored, EVEN).failed(), Vec::<&str>::new());
    let refused = ask(&theirs, EVEN);
    assert!(refused.failed().contains(&"AUC") && refused.failed().contains(&"log-loss"), "{:?}", refused.failed());
    assert_eq!(ask(&scored, Latency { challenger: 3e-6, ..EVEN }).failed(), ["latency"]);
    let difference = compare(&theirs, &scored, RESAMPLING);
    assert!(difference.auc.high < -0.1 && difference.auc.p < 1e-6 && difference.log_loss.low > 0.0);
}

#[test]
fn the_screen_compares_the_least_and_the_most_approved_group() {
    let scored = |points: Vec<i16>| Scored {
        log_odds: points.iter().map(|points| -f64::from(*points) / 100.0).collect(),
        probability: vec![0.2; points.len()],
        bad: (0..points.len()).map(|row| row % 5 == 0).collect(),
        points,
    };
    // Of each hundred, 60 of group a and `approved` of group b reach the cut-off; c is too small to count.
    let screen = |approved: usize| {
        let points = |count: usize| (0..100).map(move |row| if row < count { 700 } else { 500 });
        let rows = scored(points(60).chain(points(approved)).chain([500; 10]).collect());
        let labels = [("a", 100), ("b", 100), ("c", 10)];
        let labels = labels.iter().flat_map(|(label, n)| std::iter::repeat_n((*label).to_owned(), *n)).collect();
        let groups = [Segments { name: "group".to_owned(), labels }];
        let found = gate(&rows, &rows, &groups, 640, EVEN, Bars::default(), RESAMPLING);
        found.checks.into_iter().find(|check| check.name == "adverse impact by group").expect("the screen")
    };
    let fair = screen(48);
    assert_eq!(fair.verdict, Verdict::Passed);
    // 48 of 60 is exactly four fifths.
    assert!((fair.found.value - 0.8).abs() < 1e-12 && fair.found.low < 0.8 && fair.found.high > 0.8);
    assert_eq!(screen(47).verdict, Verdict::Failed);
}

//! The boosting on its own: threads change nothing, weights are rows, and trees can be added to another model.

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::features::Direction;
use underglass_learn::bins::Cuts;
use underglass_learn::boost::{Booster, Grown, Settings, Weights};
use underglass_learn::design::Design;
use underglass_learn::random::{Stream, stream};

const COLUMNS: usize = 12;
const LEVELS: u32 = 40;

/// Codes and outcomes of rows whose risk rises with the first column, falls with the second, and waves with the third.
fn rows(n: usize) -> (Array2<u8>, Vec<bool>) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let codes = Array2::from_shape_fn((COLUMNS, n), |_| rng.random_range(0..=LEVELS) as u8);
    let z = |row: usize| {
        let x = |column: usize| f64::from(codes[(column, row)]) / 20.0 - 1.0;
        1.5 * x(0) - x(1) + libm::sin(3.0 * x(2)) * x(3)
    };
    let bad = (0..n).map(|row| rng.random_range(0.0..1.0) < 1.0 / (1.0 + libm::exp(-z(row)))).collect();
    (codes, bad)
}

fn design(codes: &Array2<u8>) -> Design {
    // The last code stands for missing.
    Design::new(codes.clone(), vec![Cuts::of_ranks(LEVELS as usize); COLUMNS])
}

fn directions() -> Vec<Direction> {
    let constrained = [Direction::Increasing, Direction::Decreasing];
    constrained.into_iter().chain([Direction::Free; COLUMNS - 2]).collect()
}

fn grown(mut booster: Booster, design: &Design, n: usize) -> Booster {
    (0..n).for_each(|_| booster.grow(design));
    booster
}

fn loss(margins: &[f64], bad: &[bool]) -> f64 {
    let row = |(z, bad): (&f64, &bool)| libm::log1p(libm::exp(if *bad { -z } else { *z }));
    margins.iter().zip(bad).map(row).sum::<f64>() / bad.len() as f64
}

#[test]
fn any_number_of_threads_grows_the_same_trees() {
    let (codes, bad) = rows(40_001);
    let design = design(&codes);
    let weights = Weights::new((0..bad.len()).map(|row| f64::from(row as u32 % 4)).collect()).expect("weights");
    let on = |threads| {
        let booster = Booster::new(Settings::default(), directions(), &bad, &weights, stream(1, Stream::FinalModel));
        grown(booster.with_threads(threads), &design, 6)
    };
    let one = on(1);
    for threads in [2, 3, 16] {
        let several = on(threads);
        assert_eq!(one.trees(), several.trees());
        assert_eq!(one.margins(), several.margins());
    }
    assert!(one.trees().iter().all(|tree| tree.questions.len() == 6));
}

#[test]
fn boosters_side_by_side_grow_what_each_grows_alone() {
    let (codes, bad) = rows(2000);
    let designs = vec![design(&codes); 3];
    let start = |fold| {
        let weights = Weights::equal(bad.len()).only(|row| row % 3 != usize::from(fold));
        Booster::new(Settings::default(), directions(), &bad, &weights, stream(1, Stream::FoldModel(fold)))
    };
    let mut together: Vec<Booster> = (0..3).map(start).collect();
    (0..5).for_each(|_| Booster::grow_each(&mut together, &designs, 2));
    for (fold, booster) in (0..3).zip(&together) {
        assert_eq!(grown(start(fold), &designs[0], 5).trees(), booster.trees());
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice_and_of_zero_none() {
    let (codes, bad) = rows(3000);
    let weights: Vec<f64> = (0..bad.len()).map(|row| f64::from(row as u32 % 3)).collect();
    // Every row chooses questions: only quantisation tells two rows from one of weight 2.
    let settings = Settings { row_share: 1.0, column_share: 1.0, ..Settings::default() };
    let start = |bad: &[bool], weights: &Weights| {
        Booster::new(settings, directions(), bad, weights, stream(1, Stream::FinalModel))
    };
    let weighted = grown(start(&bad, &Weights::new(weights.clone()).expect("weights")), &design(&codes), 10);

    let repeated: Vec<usize> = (0..bad.len()).flat_map(|row| vec![row; weights[row] as usize]).collect();
    let twice = Array2::from_shape_fn((COLUMNS, repeated.len()), |(column, row)| codes[(column, repeated[row])]);
    let bad_twice: Vec<bool> = repeated.iter().map(|row| bad[*row]).collect();
    let twice = grown(start(&bad_twice, &Weights::equal(repeated.len())), &design(&twice), 10);

    assert_eq!(weighted.base(), twice.base());
    let questions = |booster: &Booster| booster.trees().iter().map(|tree| tree.questions.clone()).collect::<Vec<_>>();
    assert_eq!(questions(&weighted), questions(&twice));
    // Derivatives are rounded to 2⁻¹⁸ of the heaviest row, a leaf is a mean of them, ten are added, and each is rounded to
    // 1e-5: at most a unit or two apart.
    for (at, row) in repeated.iter().enumerate() {
        assert!((weighted.margins()[*row] - twice.margins()[at]).abs() < 3e-4);
    }
}

#[test]
fn class_weights_move_the_margin_by_their_log_ratio() {
    let (codes, bad) = rows(6000);
    let design = design(&codes);
    let mean = |of_bad: f64| {
        let weights = Weights::equal(bad.len()).times_classes(&bad, 1.0, of_bad).expect("weights");
        let booster = Booster::new(Settings::default(), directions(), &bad, &weights, stream(1, Stream::FinalModel));
        grown(booster, &design, 30).margins().iter().sum::<f64>() / bad.len() as f64
    };
    // The odds of a class that counts four times are four times as high; the penalty holds the leaves back a little.
    assert!((mean(4.0) - mean(1.0) - libm::log(4.0)).abs() < 0.1);
}

#[test]
fn trees_are_added_to_given_margins() {
    let (codes, bad) = rows(6000);
    let design = design(&codes);
    let (settings, weights) = (Settings::default(), Weights::equal(bad.len()));
    let first = grown(Booster::new(settings, directions(), &bad, &weights, stream(1, Stream::FinalModel)), &design, 10);
    let given = first.margins().to_vec();
    let continued =
        |margins| Booster::from_margins(settings, directions(), margins, &bad, &weights, stream(2, Stream::FinalModel));
    let mut more = grown(continued(given.clone()), &design, 10);
    assert_eq!(more.base(), 0.0);
    assert!(loss(more.margins(), &bad) < loss(&given, &bad) - 0.005);
    let leaves = |trees: &[Grown], row: usize| -> Vec<f64> {
        let answer = |tree: &Grown| {
            tree.questions.iter().enumerate().fold(0, |leaf, (bit, question)| {
                let code = design.codes(question.column)[row];
                let yes = code <= question.cut || question.missing_is_yes && u32::from(code) == LEVELS;
                leaf | usize::from(yes) << bit
            })
        };
        trees.iter().map(|tree| tree.leaves[answer(tree)]).collect()
    };
    for (row, given) in given.iter().enumerate().take(100) {
        let sum = leaves(more.trees(), row).iter().fold(*given, |sum, leaf| sum + leaf);
        assert_eq!(more.margins()[row], sum);
    }
    more.truncate(0, &design);
    assert_eq!(more.margins(), given);
}

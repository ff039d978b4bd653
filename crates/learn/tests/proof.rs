//! Proofs of monotonicity on a trained model, and on one that was tampered with.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::application::{FormValue, InputKind, Permitted, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::features::Direction;
use underglass_engine::model::{Ensemble, Predicate};
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::proof::{Answer, InputProof, Proofs, Sign, prove};
use underglass_engine::table::Table;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Columns, Folds, Learner};
use underglass_learn::{Plan, train};

fn model() -> Model {
    model_of(Learner::Symmetric, 3000)
}

fn model_of(learner: Learner, rows: u64) -> Model {
    let mut names: Vec<String> = auto::inputs().iter().map(|input| input.name.clone()).collect();
    names.push("bad".to_owned());
    let cells = (0..rows).map(|row| {
        let applicant = auto::applicant(11, row, &Shock::default());
        let cell = |value: &FormValue| match value {
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text.clone(),
            _ => String::new(),
        };
        applicant.values.iter().map(cell).chain([u8::from(applicant.bad).to_string()]).collect::<Vec<_>>()
    });
    let table = Table::from_rows(names, cells).expect("a table");
    let plan = Plan {
        columns: Columns::Given { inputs: auto::inputs(), features: auto::features() },
        settings: Settings { trees: 60, ..Settings::default() },
        learner,
        folds: Folds::Stratified(3),
        seed: 5,
        ..Plan::new("bad")
    };
    train(&table, plan).expect("a model").model
}

fn input<'a>(proofs: &'a Proofs, name: &str) -> &'a InputProof {
    proofs.inputs.iter().find(|input| input.name == name).expect("an input that the model may read")
}

/// Scores the rows of every counterexample anew, through the form's own door.
fn check_evidence(model: &Model, proof: &InputProof) {
    let Answer::Refuted(found) = &proof.rising else { return };
    let directions: Vec<Sign> = found.iter().map(|pair| Sign::of(pair.log_odds[1] - pair.log_odds[0])).collect();
    match proof.declared {
        Sign::Positive => assert_eq!(directions, [Sign::Negative], "{}", proof.name),
        Sign::Negative => assert_eq!(directions, [Sign::Positive], "{}", proof.name),
        _ => assert_eq!(directions, [Sign::Positive, Sign::Negative], "{}", proof.name),
    }
    for pair in found {
        let [low, high] = &pair.rows;
        for (name, value) in &high.0 {
            assert_eq!(low.0.get(name) == Some(value), *name != proof.name, "only {} differs", proof.name);
        }
        for (form, z) in pair.rows.iter().zip(pair.log_odds) {
            let application = form.check(model.schema().inputs()).expect("a sound application");
            assert_eq!(model.log_odds(&model.schema().features_of(&application)).0.to_bits(), z.to_bits());
        }
        if let (Some(FormValue::Number(low)), Some(FormValue::Number(high))) =
            (low.0.get(&proof.name), high.0.get(&proof.name))
        {
            assert!(low < high);
        }
    }
}

#[test]
fn a_constrained_model_keeps_every_direction() {
    let model = model();
    let proofs = prove(&model);
    for (feature, proof) in model.schema().features().iter().zip(&proofs.features) {
        assert_eq!((&feature.name, feature.direction), (&proof.name, proof.declared));
        assert!(proof.keeps_direction(), "{proof:?}");
    }
    // What is declared is also used: proofs of nothing would hold as well.
    let used = proofs.features.iter().filter(|proof| proof.declared != Direction::Free && proof.rising != Sign::Zero);
    assert!(used.count() > 8);
    assert!(proofs.inputs.iter().all(|input| input.keeps_promise() == Some(true)), "{:#?}", proofs.inputs);
    for (name, sign) in [
        ("late_24m", Sign::Positive),
        ("utilization", Sign::Positive),
        ("debts_monthly", Sign::Positive),
        ("employment_months", Sign::Negative),
        ("income_monthly", Sign::Negative),
        ("vehicle_value", Sign::Negative),
    ] {
        assert_eq!(input(&proofs, name).rising, Answer::Proven(sign), "{name}");
    }
    // A longer term lowers the payment, whose burden raises risk, and raises risk itself.
    assert!(matches!(&input(&proofs, "term_months").rising, Answer::Mixed { raising, lowering }
        if *raising == ["term_months"] && lowering.contains(&"payment_to_income".to_owned())));
    proofs.inputs.iter().for_each(|proof| check_evidence(&model, proof));
    check_against_random_rows(&model, &proofs);
}

/// 200 random applications; every proven input is moved between two random values of its range.
fn check_against_random_rows(model: &Model, proofs: &Proofs) {
    let inputs = model.schema().inputs();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut draw = |kind: &InputKind| match kind {
        InputKind::Number { min, max, .. } => {
            FormValue::Number(rng.random_range(min.unwrap_or(0.0)..=max.unwrap_or(1e5)).round())
        }
        InputKind::Category { levels } => {
            FormValue::Text(levels[rng.random_range(0..levels.len() as u32) as usize].name.clone())
        }
        InputKind::Date => FormValue::Missing,
    };
    let score = |row: &[FormValue]| {
        let features = model.schema().features_of(&check_row(inputs, row.to_vec()).expect("in range"));
        (features.0.iter().map(Option::is_some).collect::<Vec<_>>(), model.log_odds(&features).0)
    };
    let mut moved = 0;
    for _ in 0..200 {
        let row: Vec<FormValue> = inputs
            .iter()
            .map(|input| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { draw(&input.kind) })
            .collect();
        for proof in &proofs.inputs {
            let Answer::Proven(sign) = proof.rising else { continue };
            let index = model.schema().input_index(&proof.name).expect("an input");
            let mut other = row.clone();
            other[index] = draw(&inputs[index].kind);
            let (FormValue::Number(a), FormValue::Number(b)) = (&row[index], &other[index]) else { continue };
            let ((has, z), (other_has, other_z)) = (score(&row), score(&other));
            let change = if a < b { other_z - z } else { z - other_z };
            if has == other_has {
                moved += usize::from(change != 0.0);
                assert!(
                    Sign::of(change) == Sign::Zero || Sign::of(change) == sign,
                    "{}: {a} to {b}: {change}",
                    proof.name
                );
            }
        }
    }
    assert!(moved > 500, "{moved} of the moves changed the score");
}

/// The model with the two leaves of one tree swapped between which a feature adds most.
fn tampered(model: &Model, feature: &str) -> Model {
    let mut file = model.file().clone();
    let wanted = file.schema.feature_index(feature).expect("a feature");
    let Ensemble::Symmetric(ensemble) = &mut file.ensemble else { panic!("symmetric") };
    let mut best = (0.0, 0, 0, 0);
    for (at, tree) in ensemble.trees.iter().enumerate() {
        let asks: Vec<usize> = (0..tree.levels.len())
            .filter(|level| ensemble.predicates[usize::from(tree.levels[*level])].feature() == wanted)
            .collect();
        let [level] = asks[..] else { continue };
        for leaf in (0..tree.leaves.len()).filter(|leaf| leaf >> level & 1 == 0) {
            let change = (tree.leaves[leaf] - tree.leaves[leaf | 1 << level]).abs();
            if change > best.0 && is_reachable(&ensemble.predicates, tree, leaf) {
                best = (change, at, leaf, leaf | 1 << level);
            }
        }
    }
    let (change, tree, a, b) = best;
    assert!(change > 0.01, "{feature} matters");
    ensemble.trees[tree].leaves.swap(a, b);
    file.probes.clear();
    Model::new(file).expect("a sound model")
}

/// Whether no two answers of a pattern contradict each other.
fn is_reachable(predicates: &[Predicate], tree: &underglass_engine::model::symmetric::Tree, leaf: usize) -> bool {
    let answers: Vec<(usize, f64, bool)> = tree
        .levels
        .iter()
        .enumerate()
        .filter_map(|(level, predicate)| match &predicates[usize::from(*predicate)] {
            Predicate::Less { feature, threshold, .. } => {
                Some((usize::from(*feature), *threshold, leaf >> level & 1 == 1))
            }
            Predicate::LessNonZero { .. } | Predicate::In { .. } => None,
        })
        .collect();
    answers.iter().all(|a| answers.iter().all(|b| !(a.0 == b.0 && a.2 && !b.2 && a.1 <= b.1)))
}

#[test]
fn a_planted_violation_is_refuted_by_two_applications() {
    let model = model();
    for (feature, name) in [
        ("utilization", "utilization"),
        ("late_24m", "late_24m"),
        ("employment_months", "employment_months"),
        ("debt_to_income", "debts_monthly"),
        ("loan_to_value", "vehicle_value"),
    ] {
        let tampered = tampered(&model, feature);
        let proofs = prove(&tampered);
        let broken: Vec<&str> =
            proofs.features.iter().filter(|proof| !proof.keeps_direction()).map(|proof| proof.name.as_str()).collect();
        assert!(broken.contains(&feature), "{broken:?}");
        let proof = input(&proofs, name);
        assert!(matches!(proof.rising, Answer::Refuted(_)), "{feature}: {proof:#?}");
        assert_eq!(proof.keeps_promise(), Some(false));
        check_evidence(&tampered, proof);
    }
}

#[test]
fn every_learner_keeps_its_directions() {
    for learner in [Learner::Logistic, Learner::Scorecard, Learner::Forest, Learner::Auto] {
        let model = model_of(learner, 1000);
        let proofs = prove(&model);
        for feature in &proofs.features {
            assert!(feature.keeps_direction(), "{learner}: {feature:?}");
        }
        for input in &proofs.inputs {
            assert_ne!(input.keeps_promise(), Some(false), "{learner}: {input:?}");
            check_evidence(&model, input);
        }
        let constrained = proofs.features.iter().filter(|feature| feature.declared != Direction::Free);
        let n_moving = constrained.filter(|feature| feature.rising != Sign::Zero).count();
        assert!(n_moving > 3, "{learner}: only {n_moving} constrained features do anything");
        check_against_random_rows(&model, &proofs);
    }
}

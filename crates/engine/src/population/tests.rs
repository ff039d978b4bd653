//! What every world owes, and what their own tests share.

use super::*;
use crate::application::{Application, InputKind, Permitted, Value, check_row};
use crate::features::{Direction, Expr, LevelEffect, Schema};

const SEED: u64 = 20_261_121;

fn rows(world: World, n: u64) -> Vec<Applicant> {
    (0..n).map(|row| world.applicant(SEED, row)).collect()
}

/// The schema as training would leave it: categories in the order in which the form offers them.
pub(super) fn schema(inputs: Vec<Input>, features: Vec<Feature>) -> Schema {
    let ordered = |mut feature: Feature| {
        if let Expr::Input(name) = &feature.from
            && let Some(InputKind::Category { levels }) =
                inputs.iter().find(|input| input.name == *name).map(|input| &input.kind)
        {
            feature.levels = levels.iter().map(|level| LevelEffect { level: level.name.clone(), mean: 0.0 }).collect();
        }
        feature
    };
    let features = features.into_iter().map(ordered).collect();
    Schema::new(inputs.clone(), features).expect("a valid schema")
}

pub(super) fn checked(schema: &Schema, values: &[FormValue]) -> Application {
    let visible = schema.inputs().iter().zip(values);
    let visible = visible
        .map(|(input, value)| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value.clone() });
    check_row(schema.inputs(), visible).unwrap_or_else(|error| panic!("{error}"))
}

/// Area under the ROC curve: the share of (bad, good) pairs in which the bad one has the higher log-odds.
pub(super) fn auc(rows: &[Applicant]) -> f64 {
    let mut ranked: Vec<_> = rows.iter().map(|row| (row.true_log_odds.0, row.bad)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut goods, mut pairs) = (0.0, 0.0);
    for (_, bad) in &ranked {
        if *bad { pairs += goods } else { goods += 1.0 }
    }
    pairs / goods / (rows.len() as f64 - goods)
}

pub(super) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

pub(super) fn bad_rate(rows: &[Applicant]) -> f64 {
    mean(rows.iter().map(|row| f64::from(u8::from(row.bad))))
}

/// A feature's name, and a step up of the quantity behind it.
pub(super) type Nudge<S> = (&'static str, fn(&mut S));

/// Form values, and the truth's quantities under the names of the features that should equal them.
pub(super) type Shown = (Vec<FormValue>, Vec<(&'static str, f64)>);

/// Moves one quantity at a time on 2,000 subjects: the true log-odds must follow the direction that its feature declares.
/// Every constrained feature must be moved.
pub(super) fn check_directions<S: Copy>(
    features: &[Feature],
    subject: fn(u64) -> S,
    nudges: &[Nudge<S>],
    log_odds: fn(&S) -> LogOdds,
) {
    for feature in features.iter().filter(|feature| feature.direction != Direction::Free) {
        assert!(nudges.iter().any(|(name, _)| *name == feature.name), "{} is not moved", feature.name);
    }
    for row in 0..2_000 {
        let before = subject(row);
        for (name, nudge) in nudges {
            let mut after = before;
            nudge(&mut after);
            let change = log_odds(&after).0 - log_odds(&before).0;
            let direction = features.iter().find(|feature| feature.name == *name).map(|feature| feature.direction);
            // Sums that do not change may differ in their last bits.
            let kept = match direction {
                Some(Direction::Increasing) => change > -1e-12,
                Some(Direction::Decreasing) => change < 1e-12,
                _ => false,
            };
            assert!(kept, "{name} of row {row}: {direction:?}, but the truth moves by {change}");
        }
    }
}

/// The quantities of the truth must be those that the model's features compute from the form values of 2,000 subjects.
pub(super) fn check_derived<S>(
    inputs: Vec<Input>,
    features: Vec<Feature>,
    subject: fn(u64) -> S,
    shown: fn(&S) -> Shown,
) {
    let schema = schema(inputs, features);
    for row in 0..2_000 {
        let (values, quantities) = shown(&subject(row));
        let features = schema.features_of(&checked(&schema, &values));
        for (name, value) in quantities {
            let index = schema.feature_index(name).expect("a feature");
            assert_eq!(features.0[index], Some(value), "{name} of row {row}");
        }
    }
}

#[test]
fn every_row_of_every_world_is_a_valid_application() {
    for world in World::ALL {
        let schema = schema(world.inputs(), world.features());
        for row in rows(world, 5_000) {
            let application = checked(&schema, &row.values);
            for (index, input) in schema.inputs().iter().enumerate() {
                let value = application.value(index);
                assert!(!matches!(value, Some(Value::Unseen(_))), "{world:?}, {}", input.name);
                let may_lack = input.optional || input.permitted == Permitted::AuditOnly;
                assert!(may_lack || value.is_some(), "{world:?}: {} is missing", input.name);
            }
        }
    }
}

// Rates of 20,000 rows have standard errors of at most 0.0028, their AUC about 0.005: the limits leave five on either side
// of what the worlds were made for.
#[test]
fn no_truth_is_trivial_or_hopeless() {
    for (world, rate, least_auc) in
        [(World::Personal, 0.145, 0.75), (World::PointOfSale, 0.10, 0.76), (World::MacroAware, 0.11, 0.80)]
    {
        let rows = rows(world, 20_000);
        let (found, auc) = (bad_rate(&rows), auc(&rows));
        println!("{world:?}: bad rate {found:.4}, AUC of the truth {auc:.4}");
        assert!((found - rate).abs() < 0.014, "{world:?}: {found}");
        assert!((least_auc..0.87).contains(&auc), "{world:?}: {auc}");
        let told = mean(rows.iter().map(|row| Probability::from_log_odds(row.true_log_odds).value()));
        assert!((told - found).abs() < 0.013, "{world:?}: probabilities average {told}, outcomes {found}");
    }
}

#[test]
fn sample_applicants_are_complete_and_carry_nothing_audit_only() {
    for world in World::ALL {
        let inputs = world.inputs();
        for archetype in world.archetypes() {
            let id = archetype.id;
            let application = archetype.form.check(&inputs).unwrap_or_else(|error| panic!("{world:?}, {id}: {error}"));
            for (index, input) in inputs.iter().enumerate() {
                let is_there = input.optional || application.value(index).is_some();
                assert!(is_there, "{world:?}, {id}: {} is missing", input.name);
                assert!(!matches!(application.value(index), Some(Value::Unseen(_))), "{world:?}, {id}: {}", input.name);
            }
        }
    }
}

#[test]
fn rows_are_the_same_everywhere_and_others_in_another_seed() {
    let digests = World::ALL.map(|world| world.digest(1, 1_000).to_string());
    let expected = [
        "3a58b946061abb4532c357e96d1edc16c9ce0d96adcd8256c009f0d235ecf933",
        "a08750b95ca8a371ebb040011a21a672f339ac951d391f6d4d21d468b007c092",
        "b96bced80f46627b03fcfb2704a014ca33b5949d59d377fbac0c8e1a4dc0e416",
        "188edaec5401b9bfd0368caefc581065efc5190ae6db21ff27e4ba95c5d14c24",
    ];
    assert_eq!(digests, expected);
    assert!(World::ALL.iter().all(|world| world.digest(2, 10) != world.digest(1, 10)));
}

#[test]
fn fresh_forms_start_near_the_middle() {
    for world in [World::Personal, World::PointOfSale, World::MacroAware] {
        let rows = rows(world, 10_000);
        for (index, input) in world.inputs().iter().enumerate() {
            let InputKind::Number { .. } = input.kind else { continue };
            let shown = rows.iter().filter_map(|row| match row.values[index] {
                FormValue::Number(value) => Some(value),
                _ => None,
            });
            let mut values: Vec<f64> = shown.collect();
            let FormValue::Number(typical) = input.typical else {
                assert!(values.len() * 2 < rows.len(), "{world:?}, {}: most have it", input.name);
                continue;
            };
            values.sort_by(f64::total_cmp);
            let below = values.partition_point(|value| *value < typical);
            let above = values.len() - values.partition_point(|value| *value <= typical);
            // At most 55 % of the rows lie on either side.
            let median = values[values.len() / 2];
            assert!(below.max(above) * 100 <= values.len() * 55, "{world:?}, {}: median {median}", input.name);
        }
    }
}

//! The cheapest path to approval, against looking everywhere.

use super::{day, engine};
use std::collections::BTreeMap;
use underglass_engine::Engine;
use underglass_engine::application::{Actionability, Application, InputKind, check_row};
use underglass_engine::decision::Outcome;
use underglass_engine::paths::{Certificate, PathSearch};

/// Every change of some inputs along their steps that is approved: the least effort, if there is any.
fn cheapest(engine: &Engine, application: &Application, free: &[usize]) -> Option<f64> {
    let mut changed = vec![(application.clone(), 0.0)];
    for input in free {
        let known = &engine.inputs()[*input];
        let InputKind::Number { min: Some(min), max: Some(max), .. } = known.kind else { continue };
        let Some(value) = application.number(*input) else { continue };
        let steps = |direction: f64| {
            let places =
                (0..).map(move |steps| (f64::from(steps), value + direction * f64::from(steps) * known.action.step));
            places.take_while(move |(_, place)| (min - 1e-9..=max + 1e-9).contains(place)).collect::<Vec<_>>()
        };
        let places = match known.action.direction {
            Actionability::Immutable => continue,
            Actionability::Up => steps(1.0),
            Actionability::Down => steps(-1.0),
            Actionability::Both => [steps(1.0), steps(-1.0)[1..].to_vec()].concat(),
        };
        changed = changed
            .iter()
            .flat_map(|(from, cost)| {
                places.iter().map(move |(steps, place)| {
                    let to = if *steps == 0.0 {
                        from.clone()
                    } else {
                        from.with_number(*input, (place * 1e6).round() / 1e6)
                    };
                    (to, cost + steps * known.action.cost_per_step)
                })
            })
            .collect();
    }
    let approved = |application: &Application| {
        matches!(engine.outcome(application, day()).0, Outcome::Approve | Outcome::Conditional)
    };
    changed.iter().filter(|(application, _)| approved(application)).map(|(_, cost)| *cost).reduce(f64::min)
}

#[test]
fn the_cheapest_path_is_the_one_that_looking_everywhere_finds() {
    let engine = engine();
    let schema = engine.model.schema();
    let [utilization, fees, term, debts] =
        ["utilization", "fees", "term_months", "debts_monthly"].map(|name| schema.input_index(name).expect(name));
    let (mut cases, mut certified) = (0, BTreeMap::new());
    for row in 0.. {
        if cases >= 500 {
            break;
        }
        let application = check_row(schema.inputs(), super::row_values(schema, 31, row)).expect("a valid row");
        if !matches!(engine.outcome(&application, day()).0, Outcome::Decline | Outcome::Review | Outcome::Counteroffer)
        {
            continue;
        }
        let free = [[utilization, fees], [utilization, term], [fees, term], [fees, debts]][cases % 4];
        let held: Vec<usize> = (0..engine.inputs().len()).filter(|input| !free.contains(input)).collect();
        let mut search = PathSearch::new(&engine, &application, day(), &held);
        while !search.step(&engine, 32) {}
        let found = search.answer(&engine);
        let expected = cheapest(&engine, &application, &free);
        match (&found.path, expected) {
            (Some(path), Some(cost)) => {
                assert!((path.cost - cost).abs() < 1e-9, "row {row}: {} against {cost}", path.cost);
                assert!(matches!(path.outcome, Outcome::Approve | Outcome::Conditional), "row {row}: {path:?}");
                assert_eq!(found.certificate, Certificate::Optimal);
            }
            (None, None) => assert_eq!(found.certificate, Certificate::Impossible),
            (path, cost) => panic!("row {row}: {path:?} against {cost:?}"),
        }
        *certified.entry(expected.is_some()).or_insert(0) += 1;
        cases += 1;
    }
    assert!(certified[&true] > 50 && certified[&false] > 50, "{certified:?}");
}

#[test]
fn what_cannot_be_decided_has_no_path() {
    let engine = engine();
    let schema = engine.model.schema();
    let mut values = super::row_values(schema, 31, 0);
    let income = schema.input_index("income_monthly").expect("an input");
    values[income] = underglass_engine::application::FormValue::Missing;
    let application = check_row(schema.inputs(), values).expect("a valid row");
    let mut search = PathSearch::new(&engine, &application, day(), &[]);
    assert!(search.step(&engine, 8));
    assert_eq!((search.certificate(), search.path(&engine)), (Certificate::Impossible, None));
}

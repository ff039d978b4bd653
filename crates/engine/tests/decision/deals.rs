//! Approved deals nearby, what a decision hangs on, and several paths: each against looking everywhere.

use super::{day, engine, engine_of, model, row_values};
use std::collections::BTreeMap;
use underglass_engine::Engine;
use underglass_engine::application::{Action, Actionability, Application, InputKind, check_row};
use underglass_engine::artifact::Model;
use underglass_engine::decision::Outcome;
use underglass_engine::features::Schema;
use underglass_engine::paths::{Certificate, Deal, DiversePaths, Sought};
use underglass_engine::population::World;

/// The made-up model with inputs of few steps, so that everywhere can be looked at.
fn coarse() -> Engine {
    let mut file = model().file().clone();
    let mut inputs = World::Auto.inputs();
    for input in &mut inputs {
        let (most, grid, direction) = match input.name.as_str() {
            "vehicle_price" => (60_000.0, 4_000.0, Actionability::Down),
            "down_payment" => (12_000.0, 1_500.0, Actionability::Up),
            "term_months" => (96.0, 12.0, Actionability::Both),
            "utilization" => (150.0, 25.0, Actionability::Down),
            _ => {
                input.action = Action::IMMUTABLE;
                continue;
            }
        };
        if let InputKind::Number { max, step, .. } = &mut input.kind {
            (*max, *step) = (Some(most), grid);
        }
        input.action = Action { direction, step: grid, ..input.action };
    }
    file.schema = Schema::new(inputs, file.schema.features().to_vec()).expect("a sound schema");
    engine_of(&Model::new(file).expect("a sound model").with_probes(3).encode())
}

/// Applications that are not approved as they stand.
fn refused(engine: &Engine, seed: u64) -> impl Iterator<Item = Application> + '_ {
    let schema = engine.model.schema();
    let valid = (0..).filter_map(move |row| check_row(schema.inputs(), row_values(schema, seed, row)).ok());
    valid.filter(|application| {
        matches!(engine.outcome(application, day()).0, Outcome::Decline | Outcome::Review | Outcome::Counteroffer)
    })
}

fn is_approved(engine: &Engine, application: &Application) -> bool {
    matches!(engine.outcome(application, day()).0, Outcome::Approve | Outcome::Conditional)
}

/// A number input's values on its steps from the present one, with the number of steps.
fn places(engine: &Engine, application: &Application, input: usize) -> Vec<(f64, f64)> {
    let InputKind::Number { min: Some(min), max: Some(max), step, .. } = engine.inputs()[input].kind else {
        return Vec::new();
    };
    let present = application.number(input).expect("a number");
    let way = |sign: f64, first: u32| {
        (first..)
            .map(move |steps| (present + sign * f64::from(steps) * step, f64::from(steps)))
            .take_while(move |(value, _)| (min..=max).contains(value))
    };
    way(1.0, 0).chain(way(-1.0, 1)).collect()
}

fn input(engine: &Engine, name: &str) -> usize {
    engine.model.schema().input_index(name).expect(name)
}

/// The value of an input in a deal.
fn value(engine: &Engine, application: &Application, deal: &Deal, index: usize) -> f64 {
    let changed = deal.changes.iter().find(|change| change.input == engine.inputs()[index].name);
    changed.map_or_else(|| application.number(index).expect("a number"), |change| change.to)
}

/// A found deal is the engine's own, with its price.
fn verify(engine: &Engine, application: &Application, deal: &Deal) {
    let with = |application: Application, change: &underglass_engine::decision::Change| {
        assert_eq!(application.number(input(engine, &change.input)), Some(change.from));
        application.with_number(input(engine, &change.input), change.to)
    };
    let decided = engine.decide(&deal.changes.iter().fold(application.clone(), with), day());
    assert_eq!((decided.decision.outcome(), &decided.offer), (deal.outcome, &deal.offer));
    assert!(matches!(deal.outcome, Outcome::Approve | Outcome::Conditional));
}

#[test]
fn feasible_deals_are_those_that_looking_everywhere_finds() {
    let engine = coarse();
    let [price, down, term] = ["vehicle_price", "down_payment", "term_months"].map(|name| input(&engine, name));
    let mut seen = BTreeMap::new();
    for application in refused(&engine, 51).take(120) {
        let found = engine.feasible(&application, day(), 1_000_000).expect("decidable");
        let axis = |input| places(&engine, &application, input);
        let (prices, downs, terms) = (axis(price), axis(down), axis(term));
        let approved_with = |input: usize, places: &[(f64, f64)]| -> Vec<f64> {
            let values = places.iter().map(|(value, _)| *value);
            values.filter(|value| is_approved(&engine, &application.with_number(input, *value))).collect()
        };
        let mut compare =
            |name: &str, sought: &Sought, expected: Option<f64>, deals: usize, of: &dyn Fn(&Deal) -> f64| {
                *seen.entry(format!("{name}: {}", expected.is_some())).or_insert(0) += 1;
                match (sought, expected) {
                    (Sought::Found(deal), Some(expected)) => {
                        verify(&engine, &application, deal);
                        assert!((of(deal) - expected).abs() < 1e-6, "{name}: {deal:?} against {expected}");
                    }
                    (found, None) => assert_eq!(*found, Sought::Impossible { deals: deals as u64 }, "{name}"),
                    other => panic!("{name}: {other:?}"),
                }
            };
        let most = approved_with(price, &prices).into_iter().reduce(f64::max);
        compare("amount", &found.largest_amount, most, prices.len(), &|deal| value(&engine, &application, deal, price));
        let least = approved_with(down, &downs).into_iter().reduce(f64::min);
        compare("down", &found.least_down_payment, least, downs.len(), &|deal| {
            value(&engine, &application, deal, down)
        });
        let total = |value: f64| {
            let offer = engine.decide(&application.with_number(term, value), day()).offer.expect("a price");
            offer.total_cents.0 as f64
        };
        let cheapest = approved_with(term, &terms).into_iter().map(total).reduce(f64::min);
        compare("term", &found.best_term, cheapest, terms.len(), &|deal| {
            deal.offer.as_ref().expect("a price").total_cents.0 as f64
        });
        let mut fewest: Option<f64> = None;
        for (price_at, by_price) in &prices {
            for (down_at, by_down) in &downs {
                for (term_at, by_term) in &terms {
                    let steps = by_price + by_down + by_term;
                    if fewest.is_some_and(|fewest| fewest <= steps) {
                        continue;
                    }
                    let changed = application.with_number(price, *price_at);
                    let changed = changed.with_number(down, *down_at).with_number(term, *term_at);
                    if is_approved(&engine, &changed) {
                        fewest = Some(steps);
                    }
                }
            }
        }
        let deals = prices.len() * downs.len() * terms.len();
        compare("together", &found.smallest_change, fewest, deals, &|deal| {
            let steps = |change: &underglass_engine::decision::Change| {
                let InputKind::Number { step, .. } = engine.inputs()[input(&engine, &change.input)].kind else {
                    panic!("a number")
                };
                ((change.to - change.from) / step).abs()
            };
            deal.changes.iter().map(steps).sum()
        });
    }
    println!("{seen:?}");
    for name in ["amount", "down", "term", "together"] {
        assert!(seen[&format!("{name}: true")] > 5 && seen[&format!("{name}: false")] > 5, "{seen:?}");
    }
}

#[test]
fn a_stopped_search_for_a_deal_says_what_is_not_known() {
    let engine = coarse();
    let (mut open, mut least) = (0, Vec::new());
    for application in refused(&engine, 52).take(40) {
        let found = engine.feasible(&application, day(), 3).expect("decidable");
        if let Sought::Open { at_least, so_far } = found.smallest_change {
            open += 1;
            so_far.iter().for_each(|deal| verify(&engine, &application, deal));
            least.push(at_least);
        }
    }
    assert!(open > 5 && least.iter().all(|steps| *steps >= 0.0), "{open} {least:?}");
}

#[test]
fn a_book_without_such_inputs_seeks_no_deal_in_them() {
    let mut file = model().file().clone();
    let mut inputs = World::Auto.inputs();
    inputs.iter_mut().for_each(|input| input.role = None);
    file.schema = Schema::new(inputs, file.schema.features().to_vec()).expect("a sound schema");
    let engine = engine_of(&Model::new(file).expect("a sound model").with_probes(3).encode());
    let application = refused(&engine, 53).next().expect("one that is refused");
    let found = engine.feasible(&application, day(), 100).expect("decidable");
    let all = [found.largest_amount, found.least_down_payment, found.best_term, found.smallest_change];
    assert_eq!(all, [Sought::NoInput, Sought::NoInput, Sought::NoInput, Sought::NoInput]);
}

/// Against the response curve with every value of the grid: its flips next to the present value.
#[test]
fn nothing_nearer_flips_a_decision() {
    let engine = engine();
    let schema = engine.model.schema();
    let (mut flips, mut firm, mut curves) = (0, 0, 0);
    for row in 0..6 {
        let application = check_row(schema.inputs(), row_values(schema, 54, row)).expect("a valid row");
        let now = engine.outcome(&application, day()).0;
        let fragility = engine.fragility(&application, day()).expect("decidable");
        assert_eq!(fragility.outcome, now);
        assert!(fragility.tippings.is_sorted_by(|a, b| a.share <= b.share));
        for tipping in &fragility.tippings {
            let changed = application.with_number(input(&engine, &tipping.input), tipping.to);
            assert_eq!(engine.outcome(&changed, day()).0, tipping.outcome);
            assert!(tipping.outcome != now && (tipping.to - tipping.from - tipping.change).abs() < 1e-6);
        }
        for (index, known) in schema.inputs().iter().enumerate() {
            let (InputKind::Number { min: Some(min), max: Some(max), step, .. }, Some(present)) =
                (&known.kind, application.number(index))
            else {
                continue;
            };
            let [down, up] = [(present - min) / step, (max - present) / step].map(|steps| (steps + 1e-9).floor());
            let (low, high) = (present - down * step, present + up * step);
            // A value that makes the application incomplete has no curve.
            let Some(response) = engine.response(&application, index, low, high, u16::MAX, day()) else { continue };
            curves += 1;
            let above = response.flips.iter().map(|flip| flip.value).find(|value| *value > present + 1e-9);
            let below = response.flips.iter().rev().map(|flip| flip.value - step).find(|value| *value < present - 1e-9);
            for (expected, sign) in [(above, 1.0), (below, -1.0)] {
                let of_side =
                    |found: &&underglass_engine::paths::Tipping| found.input == known.name && found.change * sign > 0.0;
                let tipping = fragility.tippings.iter().find(of_side).map(|found| found.to);
                match (tipping, expected) {
                    (Some(found), Some(expected)) => {
                        flips += 1;
                        assert!((found - expected).abs() < 1e-6, "{}: {found} {expected}", known.name);
                    }
                    (None, None) => {
                        firm += 1;
                        assert!(fragility.firm.iter().any(|side| side.input == known.name));
                    }
                    other => panic!("row {row}, {}: {other:?}", known.name),
                }
            }
        }
    }
    assert!(flips > 20 && firm > 20 && curves > 60, "{flips} {firm} {curves}");
}

/// Every approved change of the coarse inputs that an applicant may make, as the inputs that it moves and its cost.
fn approved_changes(engine: &Engine, application: &Application) -> Vec<(Vec<usize>, f64)> {
    let mut changed = vec![(application.clone(), Vec::new(), 0.0)];
    for (index, known) in engine.inputs().iter().enumerate() {
        if known.action.direction == Actionability::Immutable || application.number(index).is_none() {
            continue;
        }
        let present = application.number(index).expect("a number");
        let is_open = |value: f64| match known.action.direction {
            Actionability::Up => value >= present,
            Actionability::Down => value <= present,
            _ => true,
        };
        let open: Vec<(f64, f64)> =
            places(engine, application, index).into_iter().filter(|(value, _)| is_open(*value)).collect();
        changed = changed
            .iter()
            .flat_map(|(from, used, cost)| {
                open.iter().map(move |(value, steps)| {
                    let moved = if *steps > 0.0 { [&used[..], &[index]].concat() } else { used.clone() };
                    (from.with_number(index, *value), moved, cost + steps * known.action.cost_per_step)
                })
            })
            .collect();
    }
    changed.retain(|(application, _, _)| is_approved(engine, application));
    changed.into_iter().map(|(_, used, cost)| (used, cost)).collect()
}

#[test]
fn further_paths_are_the_cheapest_with_other_inputs() {
    let engine = coarse();
    let (mut by_length, mut impossible) = (BTreeMap::new(), 0);
    // Not far from approval, where there is more than one way.
    let near = |application: &Application| {
        engine.outcome(application, day()).1.is_some_and(|(points, _)| points.value() >= 600)
    };
    for application in refused(&engine, 55).filter(near).take(40) {
        let mut search = DiversePaths::new(&engine, &application, day(), &[], 4);
        // Budgets that end within a search.
        while !search.step(&engine, 7) {}
        assert_eq!(search.boxes().1, 0);
        let answers = search.answer(&engine);
        let all = approved_changes(&engine, &application);
        let mut earlier: Vec<Vec<usize>> = Vec::new();
        for answer in [&answers.cheapest].into_iter().chain(&answers.others) {
            let differs = |used: &[usize]| !earlier.iter().any(|set| set.iter().all(|input| used.contains(input)));
            let cheapest = all.iter().filter(|(used, _)| differs(used)).map(|(_, cost)| *cost).reduce(f64::min);
            match (&answer.path, cheapest) {
                (Some(path), Some(cost)) => {
                    assert_eq!(answer.certificate, Certificate::Optimal);
                    assert!((path.cost - cost).abs() < 1e-9, "{path:?} against {cost}");
                    let used: Vec<usize> = path.changes.iter().map(|change| input(&engine, &change.input)).collect();
                    assert!(
                        differs(&used)
                            && is_approved(
                                &engine,
                                &path.changes.iter().fold(application.clone(), |a, change| {
                                    a.with_number(input(&engine, &change.input), change.to)
                                })
                            )
                    );
                    earlier.push(used);
                }
                (None, None) => {
                    assert_eq!(answer.certificate, Certificate::Impossible);
                    impossible += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        // It has ended because there are four, or because a proof says that there is no other.
        assert!(earlier.len() == 4 || answers.others.last().unwrap_or(&answers.cheapest).path.is_none());
        *by_length.entry(earlier.len()).or_insert(0) += 1;
    }
    println!("{by_length:?}");
    assert!(by_length.len() > 2 && impossible > 5, "{by_length:?} {impossible}");
}

//! A sample that is decided by levers, against an engine that has such a policy.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use underglass_engine::Engine;
use underglass_engine::application::Application;
use underglass_engine::artifact::{Model, ModelFile};
use underglass_engine::decision::Outcome;
use underglass_engine::features::Schema;
use underglass_engine::metrics::Estimate;
use underglass_engine::policy::{Answer, Bands, Rule, Severity};
use underglass_engine::population::{World, auto::Shock};
use underglass_engine::strategy::{Benefit, Constraints, CurvePoint, Risk, adverse_impact, best, frontier};
use underglass_engine::strategy::{
    Draft, Drawing, LeverError, Levers, NotTheSame, Reading, Sample, Setting, Simulation,
};
use underglass_engine::table::Layout;
use underglass_engine::units::{Date, Points, Probability};

const SEED: u64 = 12;

/// Applicants of the auto world, in steps of some rows.
fn sample(engine: &Engine, rows: std::ops::Range<u64>, step: usize) -> Sample {
    let mut drawing =
        Drawing::new(engine, super::day(), (World::Auto, SEED, rows), Shock::default()).expect("a sound frame");
    loop {
        let progress = drawing.step(engine, step);
        if progress.done >= progress.total {
            return drawing.finish();
        }
    }
}

fn application(engine: &Engine, row: u64) -> Application {
    super::form(engine.model.schema(), SEED, row).check(engine.inputs()).expect("valid")
}

fn points(points: i64) -> Points {
    Points::new(points).expect("a score")
}

/// The book's policy with a second counter-offer, and rules that read a price, a score and what may be missing. The model
/// knows two families of reasons, so that neither may speak against a good score.
fn strict_engine() -> Engine {
    let file = super::model().file().clone();
    let mut features = file.schema.features().to_vec();
    for (index, feature) in features.iter_mut().enumerate() {
        feature.family = ["income", "utilization"][index % 2].to_owned();
    }
    let schema = Schema::new(file.schema.inputs().to_vec(), features).expect("a sound schema");
    let model = Model::new(ModelFile { schema, ..file }).expect("a sound model").with_probes(3);
    let mut engine = super::engine_of(&model.encode());
    let rules = [
        ("few_years", Severity::Counteroffer, r#"{"field": "input.vehicle_price", "op": "gt", "value": 24000}"#),
        ("dear", Severity::Review, r#"{"field": "price.apr", "op": "ge", "value": 22.9}"#),
        ("likely_bad", Severity::Decline, r#"{"field": "score.pd", "op": "ge", "value": 0.3}"#),
        ("young_file", Severity::Review, r#"{"field": "input.oldest_account_months", "op": "le", "value": 24}"#),
        ("not_known", Severity::Incomplete, r#"{"field": "input.utilization", "op": "ge", "value": 120}"#),
    ];
    for (id, severity, when) in rules {
        let when = serde_json::from_str(when).expect("a condition");
        let reason = "income_minimum".to_owned();
        let rule = Rule { id: id.to_owned(), label: id.to_owned(), when, severity, reason, from: None, to: None };
        engine.policy.rules.push(rule);
    }
    engine.policy.check(engine.model.schema()).expect("a sound policy");
    engine
}

/// An engine whose policy is as drafted.
fn drafted(engine: &Engine, draft: &Draft) -> Engine {
    let Engine { model, pricing, reasons, digests, .. } = engine.clone();
    Engine::new(model, draft.policy(&engine.policy), pricing, reasons, digests)
}

/// A draft with some cut-offs, limits at values that rows have or nearly have, and rules that are off.
fn random(engine: &Engine, sample: &Sample, rng: &mut ChaCha8Rng) -> Draft {
    let frame = sample.frame();
    let mut cut_offs = [0, 0].map(|_| rng.random_range(480..=760_i64));
    cut_offs.sort_unstable();
    let mut draft = frame.draft();
    (draft.review, draft.approve) = (points(cut_offs[0]), points(cut_offs[1]));
    for threshold in frame.thresholds() {
        if rng.random_range(0..3_u32) == 0 {
            let row = rng.random_range(0..sample.n_rows() as u64);
            let features = engine.model.schema().features_of(&application(engine, row));
            let (_, pd) = engine.points(&features);
            let value = match threshold.field.split_once('.') {
                Some(("input", name)) => {
                    let index = engine.model.schema().input_index(name).expect("an input");
                    application(engine, row).number(index)
                }
                Some(("feature", name)) => features.0[engine.model.schema().feature_index(name).expect("a feature")],
                Some(("score", "pd")) => Some(pd.value()),
                _ => Some(threshold.written * f64::from(rng.random_range(50..150_u32)) / 100.0),
            };
            let at = value.unwrap_or(threshold.written);
            draft.rules.insert(frame.rules()[threshold.rule].0.clone(), Setting::At(at));
        }
    }
    for (id, _) in frame.rules() {
        if rng.random_range(0..10_u32) == 0 {
            draft.rules.insert(id.clone(), Setting::Off);
        }
    }
    draft
}

fn check_rows(engine: &Engine, sample: &Sample, draft: &Draft, rows: std::ops::Range<u64>) -> [usize; 6] {
    let levers = sample.frame().levers(draft).expect("sound levers");
    let other = drafted(engine, draft);
    let mut seen = [0; 6];
    for row in rows {
        let decided = other.decide(&application(engine, row), super::day()).decision.outcome();
        assert_eq!(sample.outcome(&levers, row as usize), Some(decided), "row {row} of {draft:?}");
        seen[decided as usize] += 1;
    }
    seen
}

#[test]
fn twenty_thousand_rows_are_decided_as_the_engine_decides_them() {
    let engine = super::engine();
    let sample = sample(&engine, 0..20_000, 777);
    assert_eq!((sample.n_rows(), sample.refused()), (20_000, 0));
    let seen = check_rows(&engine, &sample, &sample.frame().draft(), 0..20_000);
    println!("approve, conditional, counteroffer, review, decline, incomplete: {seen:?}");
    assert!(seen[..5].iter().all(|rows| *rows > 100), "{seen:?}");
}

#[test]
fn moved_levers_decide_as_an_engine_with_that_policy_would() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..600, 600);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut seen = [0; 6];
    for _ in 0..40 {
        let draft = random(&engine, &sample, &mut rng);
        let found = check_rows(&engine, &sample, &draft, 0..600);
        seen.iter_mut().zip(found).for_each(|(sum, more)| *sum += more);
    }
    println!("approve, conditional, counteroffer, review, decline, incomplete: {seen:?}");
    assert!(seen.iter().all(|rows| *rows > 20), "{seen:?}");
    // Where even good scores lie below the review cut-off, some have nothing that speaks against them; the population that a
    // decline is explained by is that of the engine's cut-off at one of these, and all rows at the other.
    let mut unexplained = 0;
    for approve in [640, 660, 780] {
        let mut draft = sample.frame().draft();
        (draft.approve, draft.review) = (points(approve), points(approve));
        draft.rules = engine.policy.rules.iter().map(|rule| (rule.id.clone(), Setting::Off)).collect();
        let found = check_rows(&engine, &sample, &draft, 0..600);
        unexplained += found[3];
        assert_eq!(found[1] + found[2] + found[5], 0, "{found:?}");
    }
    assert!(unexplained > 0, "nobody was sent to review for want of a reason");
}

#[test]
fn sums_at_cut_offs_are_those_of_every_row() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..6_000, 6_000);
    let breakdown = sample.breakdown(&[0, 1, 4]).expect("few cells");
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..6 {
        let draft = random(&engine, &sample, &mut rng);
        let levers = sample.frame().levers(&draft).expect("sound levers");
        let cut_offs = sample.cut_offs(&levers, &breakdown);
        for _ in 0..25 {
            let mut ends = [0, 0].map(|_| points(rng.random_range(300..=850)));
            ends.sort_unstable();
            let bands = Bands { review: ends[0], approve: ends[1] };
            let moved = levers.with_bands(bands).expect("in order");
            let totals = cut_offs.totals(bands);
            assert_eq!(totals, sample.totals(&moved, &breakdown), "{bands:?} of {draft:?}");
            assert_eq!(totals.all().all().rows, 6_000);
        }
    }
}

#[test]
fn sums_at_a_limit_are_those_of_every_row() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..6_000, 6_000);
    let frame = sample.frame();
    let breakdown = sample.breakdown(&[2, 5]).expect("few cells");
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for threshold in frame.thresholds() {
        let rule = &frame.rules()[threshold.rule].0;
        let mut draft = random(&engine, &sample, &mut rng);
        let limit = sample.limit(&frame.levers(&draft).expect("sound levers"), rule, &breakdown).expect("a limit");
        let mut changed = 0;
        for round in 0..16 {
            let other = random(&engine, &sample, &mut rng);
            let at = match (round, other.rules.get(rule)) {
                (0, _) => threshold.to.unwrap_or(threshold.written),
                (1, _) => threshold.from.unwrap_or(threshold.written),
                (_, Some(Setting::At(at))) => *at,
                _ => threshold.written,
            };
            draft.rules.insert(rule.clone(), Setting::At(at));
            let levers: Levers = frame.levers(&draft).expect("sound levers");
            let totals = limit.totals(&sample, at);
            assert_eq!(totals, sample.totals(&levers, &breakdown), "{rule} at {at} of {draft:?}");
            changed += usize::from(at != threshold.written);
        }
        assert!(changed > 0, "{rule} was never moved");
    }
}

#[test]
fn whatever_is_grabbed_the_totals_are_the_same() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..1_500, 1_500);
    let frame = sample.frame();
    let breakdown = sample.breakdown(&[0, 7]).expect("few cells");
    let mut simulation = Simulation::new(sample.clone());
    simulation.break_down(&[0, 7]).expect("few cells");
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for round in 0..30 {
        let held = random(&engine, &sample, &mut rng);
        let levers = frame.levers(&held).expect("sound levers");
        let rule = &frame.rules()[frame.thresholds()[round % frame.thresholds().len()].rule].0;
        if round % 3 == 0 {
            simulation.grab_cut_offs(&levers);
        } else {
            simulation.grab_limit(&levers, rule).expect("a limit");
        }
        // The lever in hand, another, none, the same rule off and as it is written.
        let mut drafts = vec![held.clone(), random(&engine, &sample, &mut rng)];
        drafts.extend([560, 600].map(|review| Draft { approve: points(700), review: points(review), ..held.clone() }));
        for setting in [Some(Setting::Off), None] {
            let mut draft = held.clone();
            draft.rules.remove(rule);
            draft.rules.extend(setting.map(|setting| (rule.clone(), setting)));
            drafts.push(draft);
        }
        for draft in drafts {
            let levers = frame.levers(&draft).expect("sound levers");
            assert_eq!(simulation.totals(&levers), sample.totals(&levers, &breakdown), "{draft:?}");
        }
    }
}

#[test]
fn parts_add_up_to_the_whole() {
    let engine = strict_engine();
    let whole = sample(&engine, 0..3_000, 100);
    let mut parts = [0..1_000, 1_000..1_001, 1_001..3_000].map(|rows| sample(&engine, rows, 100));
    let levers = whole.frame().levers(&whole.frame().draft()).expect("as it is written");
    let totals = |sample: &Sample| sample.totals(&levers, &sample.breakdown(&[0, 3]).expect("few cells"));
    let mut sum = totals(&parts[2]);
    sum.merge(&totals(&parts[0]));
    sum.merge(&totals(&parts[1]));
    assert_eq!(sum, totals(&whole));
    let [first, others @ ..] = &mut parts;
    first.append(others[0].clone()).expect("the same frame");
    first.append_bytes(&others[1].to_bytes()).expect("the same frame");
    assert!(first.to_bytes() == whole.to_bytes());
    assert_eq!(first.append_bytes(&whole.to_bytes()[1..]), Err(NotTheSame::Frame));
    assert_eq!(first.append_bytes(&whole.to_bytes()[..20_000]), Err(NotTheSame::Frame));
    let other_day = Drawing::new(&engine, Date::EPOCH, (World::Auto, SEED, 0..0), Shock::default()).expect("sound");
    assert_eq!(first.append(other_day.finish()), Err(NotTheSame::Frame));
}

#[test]
fn a_file_is_sampled_like_its_applications() {
    let engine = super::engine();
    let csv = super::portfolio::file(400);
    let layout = Layout::of(csv.as_bytes()).expect("a file");
    let start = layout.start();
    let body = csv.as_bytes()[start.bytes as usize..].to_vec();
    let mut reading = Reading::new(&engine, super::day(), layout, (body, start, true)).expect("records");
    while reading.step(&engine, 50).done < reading.size().records as usize {}
    let sample = reading.finish();
    let levers = sample.frame().levers(&sample.frame().draft()).expect("as it is written");
    let (decided, refused) = super::portfolio::outcomes(&engine, &csv);
    let found: Vec<_> = (0..sample.n_rows()).filter_map(|row| sample.outcome(&levers, row)).collect();
    assert_eq!((found, sample.refused()), (decided, refused));
    // The file has no outcomes, and the groups of its applicants are read for fairness alone.
    let fair = sample.frame().segments().iter().rposition(|segment| segment.audit_only).expect("a fairness segment");
    let breakdown = sample.breakdown(&[fair]).expect("few cells");
    let totals = sample.totals(&levers, &breakdown);
    assert_eq!(totals.all().all().known, 0);
    assert!(totals.cells[1].all().rows > 100 && totals.cells[2].all().rows > 100);
}

#[test]
fn a_shock_meets_the_same_applicants_and_costs_money() {
    let engine = super::engine();
    let shock = Shock { unemployment_points: 8.0, income_factor: 0.9, ..Shock::default() };
    let drawn = |shock: &Shock| {
        let rows = (World::Auto, SEED, 0..2_000);
        let mut drawing = Drawing::new(&engine, super::day(), rows, shock.clone()).expect("a sound frame");
        drawing.step(&engine, 2_000);
        drawing.finish()
    };
    let (calm, shocked) = (drawn(&Shock::default()), drawn(&shock));
    let levers = calm.frame().levers(&calm.frame().draft()).expect("as it is written");
    for row in 0..200 {
        let mut form = super::form(engine.model.schema(), SEED, row);
        let values = World::shocked(SEED, row, &shock).values;
        for (input, value) in engine.inputs().iter().zip(values) {
            if let Some(given) = form.0.get_mut(&input.name) {
                *given = value;
            }
        }
        let decided = engine.decide(&form.check(engine.inputs()).expect("valid"), super::day());
        assert_eq!(shocked.outcome(&levers, row as usize), Some(decided.decision.outcome()), "row {row}");
    }
    let all = |sample: &Sample| {
        let breakdown = sample.breakdown(&[]).expect("one cell");
        sample.totals(&levers, &breakdown).all().all()
    };
    assert_eq!(all(&calm).rows, all(&shocked).rows);
    assert!(all(&calm).bad < all(&shocked).bad, "{:?} {:?}", all(&calm), all(&shocked));
}

#[test]
fn a_draft_that_makes_no_sense_is_refused() {
    let engine = super::engine();
    let frame = sample(&engine, 0..1, 1).frame().clone();
    let refused = |change: &dyn Fn(&mut Draft)| {
        let mut draft = frame.draft();
        change(&mut draft);
        frame.levers(&draft)
    };
    let rule = |id: &'static str, setting: Setting| {
        refused(&move |draft: &mut Draft| {
            draft.rules.insert(id.to_owned(), setting);
        })
    };
    assert_eq!(refused(&|draft| draft.review = points(641)), Err(LeverError::Bands { approve: 640, review: 641 }));
    assert_eq!(rule("no_such", Setting::Off), Err(LeverError::NoRule("no_such".to_owned())));
    for id in ["term_max", "amount_range", "self_employed"] {
        assert_eq!(rule(id, Setting::At(12.0)), Err(LeverError::NoLimit(id.to_owned())));
        assert!(rule(id, Setting::Off).is_ok());
    }
    for at in [-1.0, 1e9, f64::NAN, f64::INFINITY] {
        assert!(matches!(rule("income_floor", Setting::At(at)), Err(LeverError::OutOfRange { .. })), "{at}");
    }
    assert!(rule("income_floor", Setting::At(2_000.0)).is_ok());
}

#[test]
fn the_curve_and_its_frontier_are_those_of_every_cut_off() {
    let engine = super::engine();
    let sample = sample(&engine, 0..4_000, 4_000);
    let levers = sample.frame().levers(&sample.frame().draft()).expect("as it is written");
    let breakdown = sample.breakdown(&[]).expect("one cell");
    let curve = sample.cut_offs(&levers, &breakdown).curve();
    assert_eq!((curve.len(), curve[0].approve, curve[550].approve), (551, Points::MIN, Points::MAX));
    for point in curve.iter().step_by(37) {
        let moved = levers.with_bands(Bands { approve: point.approve, review: Points::MIN }).expect("in order");
        assert_eq!(point.approved, sample.totals(&moved, &breakdown).all().approved());
    }
    let top = curve.iter().map(|point| point.approved.npv_cents).max();
    let found = best(&curve, Benefit::Profit).expect("a curve");
    assert_eq!(Some(found.approved.npv_cents), top);
    assert!(curve.iter().all(|point| point.approve <= found.approve || Some(point.approved.npv_cents) < top));
    for (benefit, of) in [
        (Benefit::Profit, (|point| point.approved.npv_cents) as fn(&CurvePoint) -> i64),
        (Benefit::Approvals, |point| point.approved.rows),
    ] {
        for risk in [Risk::Observed, Risk::Expected, Risk::Loss] {
            let rate = |point: &CurvePoint| risk.rate(&point.approved).expect("all is known");
            let found = frontier(&curve, benefit, risk);
            assert!(found.len() > 10, "{benefit:?} {risk:?}: {found:?}");
            for (index, point) in curve.iter().enumerate() {
                let is_beaten = curve.iter().any(|other| {
                    let (more, less) = (of(other) - of(point), rate(point) - rate(other));
                    more >= 0 && less >= 0.0 && (more > 0 || less > 0.0)
                });
                // Of equal points the first is listed.
                let equal = |at: usize| of(&curve[at]) == of(point) && rate(&curve[at]) == rate(point);
                let is_first = !(0..index).any(equal);
                assert_eq!(found.contains(&index), !is_beaten && is_first, "{benefit:?} {risk:?} {point:?}");
            }
        }
    }
}

#[test]
fn rules_hit_what_they_hit_and_decide_what_they_alone_decide() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..1_500, 1_500);
    let frame = sample.frame();
    let draft = frame.draft();
    let levers = frame.levers(&draft).expect("as it is written");
    let effects = sample.effects(&levers);
    let mut hits = vec![0; effects.len()];
    for row in 0..1_500 {
        let decided = engine.decide(&application(&engine, row), super::day());
        let fired = decided.rules.iter().zip(&mut hits).filter(|(answer, _)| answer.answer == Answer::Fired);
        fired.for_each(|(_, hits)| *hits += 1);
    }
    assert_eq!(effects.iter().map(|effect| effect.hits).collect::<Vec<_>>(), hits);
    let mut alone = 0;
    for ((id, _), effect) in frame.rules().iter().zip(&effects) {
        let mut without = draft.clone();
        without.rules.insert(id.clone(), Setting::Off);
        let without = frame.levers(&without).expect("sound levers");
        let is_changed = |row: &usize| sample.outcome(&levers, *row) != sample.outcome(&without, *row);
        let changed = (0..sample.n_rows()).filter(is_changed).count();
        assert_eq!(effect.only_by.rows, changed as i64, "{id}");
        alone += changed;
    }
    assert!(alone > 100, "{alone}");
}

#[test]
fn a_swap_set_holds_every_row_once() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..2_000, 2_000);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let levers = [0, 1].map(|_| {
        let draft = random(&engine, &sample, &mut rng);
        sample.frame().levers(&draft).expect("sound levers")
    });
    let [from, to] = &levers;
    let swap = sample.swap_set(from, to);
    let all = Outcome::ALL;
    let (mut rows, mut moved) = (0, 0);
    for was in all {
        for is in all {
            let expected: Vec<u32> = (0..sample.n_rows())
                .filter(|row| sample.outcome(from, *row) == Some(was) && sample.outcome(to, *row) == Some(is))
                .map(|row| row as u32)
                .collect();
            assert_eq!(swap.of(was, is).rows, expected.len() as i64);
            let first = &expected[..expected.len().min(5)];
            assert_eq!(sample.swapped((from, was), (to, is), 5), first);
            rows += swap.of(was, is).rows;
            moved += if was == is { 0 } else { swap.of(was, is).rows };
        }
    }
    assert_eq!(rows, 2_000);
    assert!(moved > 100, "{moved}");
}

#[test]
fn the_optimum_is_that_of_all_pairs_of_cut_offs() {
    let engine = strict_engine();
    let sample = sample(&engine, 0..1_000, 1_000);
    let levers = sample.frame().levers(&sample.frame().draft()).expect("as it is written");
    let groups = sample.frame().segments().iter().position(|segment| segment.name == "group").expect("a segment");
    let cut_offs = sample.cut_offs(&levers, &sample.breakdown(&[groups]).expect("few cells"));
    let review = points(560);
    let risky = |risk, most| Some((risk, Probability::new(most).expect("a probability")));
    let none = Constraints::default();
    let cases = [
        (Benefit::Profit, none),
        (Benefit::Approvals, Constraints { most_risk: risky(Risk::Expected, 0.10), ..none }),
        (Benefit::Approvals, Constraints { most_risk: risky(Risk::Observed, 0.15), most_reviewed: Some(150), ..none }),
        (Benefit::Profit, Constraints { least_impact: Some((0, 0.97)), most_reviewed: Some(90), ..none }),
        (Benefit::Profit, Constraints { most_reviewed: Some(-1), ..none }),
    ];
    let all: Vec<Points> = (300..=850).map(points).collect();
    for (benefit, constraints) in cases {
        let mut expected: Option<(i64, Bands)> = None;
        for approve in &all {
            for lowest in all.iter().take_while(|lowest| *lowest <= approve) {
                let bands = Bands { approve: *approve, review: *lowest };
                let totals = cut_offs.totals(bands);
                let approved = totals.all().approved();
                let good = match benefit {
                    Benefit::Profit => approved.npv_cents,
                    Benefit::Approvals => approved.rows,
                };
                if expected.is_some_and(|(most, _)| good < most) {
                    break;
                }
                let keeps = constraints
                    .most_risk
                    .is_none_or(|(risk, most)| risk.rate(&approved).is_some_and(|rate| rate <= most.value()))
                    && constraints.most_reviewed.is_none_or(|most| totals.all().review.rows <= most)
                    && constraints.least_impact.is_none_or(|(_, least)| {
                        adverse_impact(&totals.cells[1..3]).is_some_and(|found| found.ratio >= least)
                    });
                let distance = |bands: Bands| (bands.review.value() - review.value()).abs();
                let is_better = expected.is_none_or(|(most, known)| {
                    good > most
                        || known.approve < *approve
                        || known.approve == *approve && distance(bands) < distance(known)
                });
                if keeps && is_better {
                    expected = Some((good, bands));
                }
            }
        }
        let found = cut_offs.optimum(benefit, &constraints, review);
        assert_eq!(found, expected.map(|(_, bands)| bands), "{benefit:?} {constraints:?}");
    }
}

#[test]
fn the_worst_slice_is_counted_row_by_row() {
    let engine = super::engine();
    let sample = sample(&engine, 0..6_000, 6_000);
    let levers = sample.frame().levers(&sample.frame().draft()).expect("as it is written");
    let slices = sample.worst_slices(&levers, 40, 10);
    assert_eq!(slices.len(), 10);
    assert!(slices.is_sorted_by(|a, b| a.rate.low >= b.rate.low));
    let world = World::Auto;
    for slice in slices {
        let (mut known, mut bad) = (0, 0);
        for row in 0..6_000 {
            let applicant = world.applicant(SEED, row);
            let is_level = |(segment, level): &(usize, usize)| {
                let segment = &sample.frame().segments()[*segment];
                let cell = applicant.values[segment.input].to_string();
                segment.levels.get(*level).is_some_and(|level| cell == format!("{level:?}"))
            };
            let outcome = sample.outcome(&levers, row as usize);
            let is_approved = matches!(outcome, Some(Outcome::Approve | Outcome::Conditional));
            if is_approved && slice.levels.iter().all(is_level) {
                known += 1;
                bad += i64::from(applicant.bad);
            }
        }
        assert_eq!((slice.known, slice.bad), (known, bad), "{:?}", slice.levels);
        assert_eq!(slice.rate, Estimate::share(bad as u64, known as u64));
        assert!(known >= 40);
    }
    let spread = sample.spread(&levers);
    let totals = sample.totals(&levers, &sample.breakdown(&[]).expect("one cell"));
    for counts in [&spread.points, &spread.pd, &spread.apr] {
        assert_eq!(counts.iter().map(|counts| counts[0]).sum::<i64>(), totals.all().approve.rows);
    }
}

#[test]
fn vintages_hold_every_approved_row_and_no_month_that_has_not_passed() {
    let engine = super::engine();
    let sample = sample(&engine, 0..6_000, 6_000);
    let levers = sample.frame().levers(&sample.frame().draft()).expect("as it is written");
    let economics = &engine.pricing.as_ref().expect("prices").economics;
    let vintages = sample.vintages(&levers, economics, 24);
    let ages: Vec<usize> = vintages.iter().map(|vintage| vintage.bad.len()).collect();
    assert_eq!(ages, (0..24).map(|month| 18.min(24 - month)).collect::<Vec<_>>());
    let approved = sample.totals(&levers, &sample.breakdown(&[]).expect("one cell")).all().approved();
    assert_eq!(vintages.iter().map(|vintage| vintage.known).sum::<i64>(), approved.known);
    let (mut mature, mut early, mut half) = (0, 0, 0);
    for (month, vintage) in vintages.iter().enumerate() {
        assert!(vintage.bad.is_sorted());
        if vintage.bad.len() == 18 {
            let is_bad = |row: &u64| {
                let outcome = sample.outcome(&levers, *row as usize);
                let is_approved = matches!(outcome, Some(Outcome::Approve | Outcome::Conditional));
                is_approved && World::Auto.applicant(SEED, *row).bad
            };
            let expected = (month as u64..6_000).step_by(24).filter(is_bad).count();
            assert_eq!(vintage.bad.last(), Some(&(expected as i64)), "month {month}");
            mature += expected as i64;
            (early, half) = (early + vintage.bad[2], half + vintage.bad[8]);
        }
    }
    // The auto book's hazard rises for a year: 5 % of its sum over 18 months by the third month, 37 % by the ninth. So many of
    // n independent rows have a standard deviation of at most √(n/4); five of them.
    let near = |count: i64, share: f64| (count as f64 - share * mature as f64).abs() < 2.5 * (mature as f64).sqrt();
    let shape = &economics.hazard[..18];
    let until = |months: usize| shape[..months].iter().sum::<f64>() / shape.iter().sum::<f64>();
    assert!(near(early, until(3)) && near(half, until(9)), "{early} and {half} of {mature}");
    assert!(early < half && half < mature);
    assert_eq!(sample.vintages(&levers, economics, 0), []);
}

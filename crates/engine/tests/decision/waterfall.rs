//! The walk in probability, rate and payment: it ends where the decision stands, and its lines add up without a remainder.

use super::{day, engine, form, model};
use underglass_engine::Engine;
use underglass_engine::application::{Application, ApplicationForm};
use underglass_engine::artifact::Model;
use underglass_engine::load::Files;
use underglass_engine::population::auto;
use underglass_engine::units::Points;
use underglass_engine::waterfall::{Cause, NoPrice, NoWaterfall, Price, PriceMove, Quote, Standing, Waterfall};

fn columns(quote: &Quote) -> [i64; 4] {
    [i64::from(quote.note_rate_bps.0), quote.apr_bps, quote.payment_cents.0, quote.expected_loss_cents.0]
}

/// What the lines say about one walk; returns how many lines have no price on one side or both.
fn check(engine: &Engine, application: &Application) -> usize {
    let decided = engine.decide(application, day());
    let score = decided.score.expect("a score");
    let walk = engine.waterfall(application).expect("a walk");
    assert_eq!(walk.start.log_odds.0.to_bits(), score.base.to_bits());

    let families: Vec<(&String, f64)> = walk
        .lines
        .iter()
        .filter_map(|line| match &line.cause {
            Cause::Family(code) => Some((code, line.log_odds.abs())),
            Cause::Rounding => None,
        })
        .collect();
    assert!(families.is_sorted_by(|a, b| a.1 > b.1 || a.1 == b.1 && a.0 < b.0), "{families:?}");
    assert_eq!(families.len() + 1, walk.lines.len());
    let last = walk.lines.last().expect("a line");
    assert_eq!(last.cause, Cause::Rounding);
    // Twenty sums of numbers below 16, each within half a unit in the last place, about 2e-15.
    assert!(last.log_odds.abs() < 1e-9, "{}", last.log_odds);

    // The end is the decision's own.
    let end = walk.end();
    assert_eq!((end.log_odds, end.points), (score.log_odds, score.points));
    assert_eq!(end.pd_bps, (score.pd.value() * 10_000.0).round_ties_even() as i64);
    match (&end.price, &decided.offer) {
        (Price::Quoted(quote), Some(offer)) => {
            assert_eq!((&quote.tier, quote.note_rate_bps), (&offer.tier, offer.note_rate_bps));
            assert_eq!(quote.payment_cents, offer.payment_cents);
            assert_eq!(quote.expected_loss_cents, offer.expected_loss_cents);
            assert_eq!(format!("{:.2}", quote.apr_bps as f64 / 100.0), format!("{:.2}", offer.apr));
        }
        (Price::Without(NoPrice::NoTier), None) => assert!(engine.policy.tier(end.points).is_none()),
        other => panic!("{other:?}"),
    }
    telescopes(&walk)
}

fn telescopes(walk: &Waterfall) -> usize {
    let mut without = 0;
    // Sums since the start, and of the price since there has been one.
    let (mut points, mut pd) = (0, 0);
    let mut price = match &walk.start.price {
        Price::Quoted(quote) => Some(columns(quote)),
        Price::Without(_) => None,
    };
    let mut before: &Standing = &walk.start;
    for line in &walk.lines {
        points += line.points;
        pd += line.pd_bps;
        price = match (line.price, &line.after.price) {
            (PriceMove::By { note_rate_bps, apr_bps, payment_cents, expected_loss_cents }, _) => {
                let [note, apr, payment, loss] = price.expect("a price before");
                Some([note + note_rate_bps, apr + apr_bps, payment + payment_cents, loss + expected_loss_cents])
            }
            (PriceMove::Gained, Price::Quoted(quote)) => {
                assert!(price.is_none());
                without += 1;
                Some(columns(quote))
            }
            (PriceMove::Lost, Price::Without(_)) => {
                assert!(price.is_some());
                without += 1;
                None
            }
            (PriceMove::Without(why), Price::Without(after)) => {
                assert_eq!((price, why), (None, *after));
                without += 1;
                None
            }
            other => panic!("{other:?}"),
        };
        let now = match &line.after.price {
            Price::Quoted(quote) => Some(columns(quote)),
            Price::Without(_) => None,
        };
        assert_eq!(price, now, "{:?}", line.cause);
        // In log-odds a step is the contribution, up to the rounding of one sum.
        assert!((line.after.log_odds.0 - before.log_odds.0 - line.log_odds).abs() < 1e-12);
        before = &line.after;
    }
    let end = walk.end();
    assert_eq!(i64::from(walk.start.points) + points, i64::from(end.points));
    assert_eq!(walk.start.pd_bps + pd, end.pd_bps);
    without
}

#[test]
fn walks_end_at_the_decision_and_add_up_to_it() {
    let engine = engine();
    for archetype in auto::archetypes() {
        check(&engine, &archetype.form.check(engine.inputs()).expect("valid"));
    }
    let gaps = (0..1_000)
        .map(|row| check(&engine, &form(engine.model.schema(), 12, row).check(engine.inputs()).expect("valid")))
        .filter(|without| *without > 0)
        .count();
    assert!(gaps > 50 && gaps < 950, "walks through scores without a price: {gaps}");
}

#[test]
fn a_walk_below_every_tier_says_that_there_is_no_price() {
    let mut engine = engine();
    let application = auto::archetypes()[1].form.check(engine.inputs()).expect("valid");
    let walk = |engine: &Engine| engine.waterfall(&application).expect("a walk");
    let all = |walk: &Waterfall, why| {
        walk.start.price == Price::Without(why)
            && walk.lines.iter().all(|line| line.price == PriceMove::Without(why))
            && walk.lines.iter().all(|line| line.after.price == Price::Without(why))
    };
    engine.policy.tiers.retain(|tier| tier.name == "A");
    engine.policy.tiers[0].min = Points::MAX;
    assert!(all(&walk(&engine), NoPrice::NoTier));
    engine.pricing = None;
    assert!(all(&walk(&engine), NoPrice::NoPricing));
}

#[test]
fn what_has_no_score_has_no_walk() {
    let engine = engine();
    let mut incomplete: ApplicationForm = auto::archetypes()[0].form.clone();
    incomplete.0.remove("income_monthly");
    let application = incomplete.check(engine.inputs()).expect("absent is not malformed");
    assert_eq!(engine.waterfall(&application), Err(NoWaterfall::Incomplete(vec!["income_monthly".to_owned()])));

    let mut file = model().file().clone();
    file.populations = None;
    let artifact = Model::new(file).expect("sound").with_probes(3).encode();
    let bare = Engine::load(Files { artifact: &artifact, policy: None, pricing: None, reasons: None }).expect("loads");
    let application = auto::archetypes()[0].form.check(bare.inputs()).expect("valid");
    assert_eq!(bare.waterfall(&application), Err(NoWaterfall::NoReference));
}

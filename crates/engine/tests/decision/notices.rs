//! Letters of decisions: what they must say, what they must not become, and when there is none.

use super::{book, day, engine, form, model};
use std::collections::BTreeMap;
use underglass_engine::Engine;
use underglass_engine::application::Application;
use underglass_engine::decision::{Decision, Outcome};
use underglass_engine::faithful::measure;
use underglass_engine::html::escape;
use underglass_engine::load::Files;
use underglass_engine::notice::{Contact, Kind, Language, NoticeError, Parties};
use underglass_engine::reasons::{MOST_REASONS, key_factors};
use underglass_engine::receipt::{Receipt, Stage};

fn receipt(engine: &Engine, row: u64) -> Receipt {
    engine.receipt(&form(engine.model.schema(), 7, row), day(), 0).expect("valid")
}

/// The first receipt of an outcome.
fn of(engine: &Engine, outcome: Outcome) -> Receipt {
    (0..4_000).map(|row| receipt(engine, row)).find(|receipt| receipt.outcome == outcome).expect("one of 4,000")
}

fn incomplete(engine: &Engine) -> Receipt {
    let mut form = form(engine.model.schema(), 7, 1);
    form.0.remove("income_monthly");
    engine.receipt(&form, day(), 0).expect("absent is not malformed")
}

fn letter(engine: &Engine, receipt: &Receipt, language: Language) -> Result<String, NoticeError> {
    engine.notice(&receipt.encode(), None, language, &Parties::default())
}

/// The list that follows a heading.
fn list_after(html: &str, heading: &str) -> Vec<String> {
    let (_, after) = html.split_once(&format!("<h2>{heading}</h2>")).unwrap_or_else(|| panic!("no {heading}"));
    let list = after.split_once("<ol>").and_then(|(_, list)| list.split_once("</ol>")).expect("a list").0;
    list.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_decline_has_a_letter_with_its_reasons_in_order() {
    let engine = engine();
    let catalogue = engine.reasons.as_ref().expect("a catalogue");
    let mut letters = 0;
    for receipt in (0..400).map(|row| receipt(&engine, row)) {
        let Decision::Decline { reasons } = &receipt.decision else { continue };
        let texts = |spanish| {
            let text =
                |code: &str| catalogue.entry(code).map(|entry| escape(if spanish { &entry.es } else { &entry.en }));
            reasons.as_slice().iter().filter_map(|reason| text(&reason.code)).collect::<Vec<_>>()
        };
        let english = letter(&engine, &receipt, Language::English).expect("a letter");
        assert_eq!(list_after(&english, "Principal reasons for our decision"), texts(false));
        let spanish = letter(&engine, &receipt, Language::Spanish).expect("a letter");
        assert_eq!(list_after(&spanish, "Motivos principales de nuestra decisión"), texts(true));
        letters += 1;
    }
    assert!(letters > 50, "{letters}");
}

#[test]
fn a_denial_says_what_the_law_asks_for() {
    let engine = engine();
    let receipt = of(&engine, Outcome::Decline);
    let parties = Parties::default();
    let score = receipt.score.as_ref().expect("a score");
    let html = letter(&engine, &receipt, Language::English).expect("a letter");
    let points = format!("<strong>{}</strong>", score.points.value());
    for said in [
        "SIMULATION",
        "January 31, 2026",
        "Credit denied",
        // 15 USC 1681m(a).
        "The reporting agency played no part in our decision",
        "free copy of your report from the reporting agency, if you request it no later than 60 days",
        "right to dispute the matter",
        &parties.bureau.name,
        &parties.bureau.telephone,
        // 15 USC 1681g(f)(1).
        &points,
        "a low of 300 to a high of 850",
        &format!("with the model “{}”", engine.model.file().name),
        // 12 CFR 1002.9(b)(1).
        "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating",
        "Federal Trade Commission, Consumer Response Center, 600 Pennsylvania Avenue NW, Washington, DC 20580",
        &parties.creditor.name,
        &parties.creditor.address[0],
    ] {
        assert!(html.contains(said), "{said}");
    }
    let factor = engine.model.scale().factor();
    let features = engine.model.schema().features();
    let points: Vec<f64> = features.iter().map(|feature| -factor * score.contributions[&feature.name]).collect();
    let catalogue = engine.reasons.as_ref().expect("a catalogue");
    let factors = key_factors(engine.model.schema(), &points);
    let texts: Vec<String> =
        factors.iter().filter_map(|factor| Some(escape(&catalogue.entry(&factor.code)?.en))).collect();
    assert_eq!(list_after(&html, "Key factors that adversely affected your credit score"), texts);
    let spanish = letter(&engine, &receipt, Language::Spanish).expect("a letter");
    for said in
        ["<html lang=\"es\">", "SIMULACIÓN", "31 de enero de 2026", "60 días", "disputarla", "disponible en inglés"]
    {
        assert!(spanish.contains(said), "{said}");
    }
}

#[test]
fn principal_reasons_and_key_factors_are_two_lists() {
    let engine = engine();
    let mut differ = 0;
    for receipt in (0..400).map(|row| receipt(&engine, row)) {
        if receipt.outcome != Outcome::Decline {
            continue;
        }
        let html = letter(&engine, &receipt, Language::English).expect("a letter");
        let principal = list_after(&html, "Principal reasons for our decision");
        // A decline by a rule alone may leave a score that nothing hurt.
        if html.contains("<h2>Key factors") {
            let factors = list_after(&html, "Key factors that adversely affected your credit score");
            assert!((1..=MOST_REASONS + 1).contains(&factors.len()));
            differ += u32::from(factors != principal);
        }
        assert!((1..=MOST_REASONS).contains(&principal.len()));
    }
    assert!(differ > 0, "rules decline what the score would not");
}

#[test]
fn the_other_letters_say_their_own() {
    let engine = engine();
    let html = letter(&engine, &of(&engine, Outcome::Counteroffer), Language::English).expect("a letter");
    for said in ["Notice of counteroffer", "75 months", "Annual percentage rate", "by February 28, 2026", "60 days"] {
        assert!(html.contains(said), "{said}");
    }
    let rule = "Repayment term requested is longer than 75 months, the longest offered";
    assert_eq!(list_after(&html, "Principal reasons for our decision"), [rule]);
    let html = letter(&engine, &incomplete(&engine), Language::English).expect("a letter");
    assert!(html.contains("<li>Income a month</li>") && html.contains("by February 28, 2026"));
    assert!(!html.contains("credit score"), "nothing was scored");
    let html = letter(&engine, &incomplete(&engine), Language::Spanish).expect("a letter");
    assert!(html.contains("<li>Ingreso bruto mensual</li>") && !html.contains("Income a month"));
}

#[test]
fn who_is_approved_at_a_lower_tier_is_told_so_and_others_are_not() {
    let engine = engine();
    let mut tiers = BTreeMap::new();
    for receipt in (0..1_500).map(|row| receipt(&engine, row)) {
        let Decision::Approve { .. } = receipt.decision else { continue };
        let tier = receipt.offer.as_ref().expect("a price").tier.clone();
        let found = letter(&engine, &receipt, Language::English);
        match tier.as_str() {
            "A" | "B" => assert_eq!(found, Err(NoticeError::BestTier { tier: tier.clone(), best: 2, tiers: 5 })),
            _ => {
                let html = found.expect("a letter");
                let offer = receipt.offer.as_ref().expect("a price");
                for said in ["may be less favorable", "for 60 days after", &format!("{:.2}%", offer.apr), "SIMULATION"]
                {
                    assert!(html.contains(said), "{said}");
                }
            }
        }
        *tiers.entry(tier).or_insert(0) += 1;
    }
    assert!(tiers.len() >= 3, "{tiers:?}");
}

#[test]
fn no_name_becomes_markup() {
    let engine = engine();
    let nasty = "<script>alert(1)</script>\"'&{creditor}";
    let contact = || Contact {
        name: nasty.to_owned(),
        address: vec![nasty.to_owned()],
        telephone: nasty.to_owned(),
        website: nasty.to_owned(),
    };
    let parties = Parties { applicant: contact(), creditor: contact(), bureau: contact(), agency: contact() };
    let counteroffer = of(&engine, Outcome::Counteroffer);
    for receipt in [of(&engine, Outcome::Decline), counteroffer, incomplete(&engine)] {
        for language in [Language::English, Language::Spanish] {
            let html = engine.notice(&receipt.encode(), None, language, &parties).expect("a letter");
            assert!(!html.contains("<script") && !html.contains("\"'&"), "{:?}", receipt.outcome);
            assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;{creditor}"));
        }
    }
}

#[test]
fn a_notice_that_is_not_due_is_refused() {
    let engine = engine();
    let decline = of(&engine, Outcome::Decline);
    let parties = Parties::default();
    let asked = |kind| engine.notice(&decline.encode(), Some(kind), Language::English, &parties);
    assert!(asked(Kind::AdverseAction).is_ok());
    for kind in [Kind::Counteroffer, Kind::Incomplete, Kind::RiskBasedPricing] {
        assert!(matches!(asked(kind), Err(NoticeError::NotDue { found: Outcome::Decline, .. })), "{kind}");
    }
    let review = of(&engine, Outcome::Review);
    assert_eq!(letter(&engine, &review, Language::English), Err(NoticeError::NoKind(Outcome::Review)));
    let mut forged = decline.clone();
    forged.outside_experience.push("forged".to_owned());
    assert_eq!(letter(&engine, &forged, Language::English), Err(NoticeError::Differs(Stage::Confidence)));
    let (artifact, policy, pricing) = (model().encode(), book("policy"), book("pricing"));
    let files = Files { artifact: &artifact, policy: Some(&policy), pricing: Some(&pricing), reasons: None };
    let silent = Engine::load(files).expect("loads");
    let found = letter(&silent, &of(&silent, Outcome::Decline), Language::English);
    assert_eq!(found, Err(NoticeError::NoCatalogue));
    assert!(matches!(letter(&silent, &decline, Language::English), Err(NoticeError::Receipt(_))), "another book");
}

/// Random trees keep no direction, and here no median is the rows': their reasons are not all true, and the measure says so.
#[test]
fn reasons_that_are_not_true_are_counted() {
    let engine = engine();
    let applications: Vec<Application> =
        (0..600).map(|row| form(engine.model.schema(), 7, row).check(engine.inputs()).expect("valid")).collect();
    let found = measure(&engine, &applications, day(), 1).expect("a reference population");
    assert!(found.declines > 50 && found.by_score > 20, "{found:?}");
    assert_eq!((found.miscounted, found.omits_larger), (0, 0), "{found:?}");
    assert!(found.false_at_median > 0 && found.sufficient < found.by_score, "{found:?}");
    assert!(found.stability().is_some_and(|stability| stability < 1.0), "{found:?}");
}

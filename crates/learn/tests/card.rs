//! The card of a trained model: what it holds is in the artifact, and what nobody measured says so.

use serde_json::{Value, json};
use underglass_engine::artifact::Model;
use underglass_engine::card::{Block, Card, Evidence, Fact, card, markdown};
use underglass_engine::proof::prove;
use underglass_engine::seal::Digest;
use underglass_engine::table::Table;
use underglass_learn::{Plan, train};

fn model() -> Model {
    let rows: String = (0..400).map(|i| format!("{},{}\n", i % 40, u8::from(i * 7 % 41 < i % 40))).collect();
    let table = Table::from_csv(format!("de<b>t,bad\n{rows}").as_bytes()).expect("a table");
    train(&table, Plan { seed: 7, ..Plan::new("bad") }).expect("a model").model
}

fn card_of(model: &Model, evaluation: Option<&Value>) -> Card {
    card(model, Digest::of(b"artifact"), Evidence { proofs: &prove(model), synthetic: None, evaluation })
}

fn fact<'a>(card: &'a Card, section: &str, name: &str) -> &'a Fact {
    let section = card.sections.iter().find(|found| found.title == section).expect("a section");
    let facts =
        section.blocks.iter().filter_map(|block| if let Block::Facts(facts) = block { Some(facts) } else { None });
    facts.flatten().find(|(found, _)| found == name).map(|(_, fact)| fact).expect("a fact")
}

#[test]
fn a_card_has_the_nine_sections_and_says_what_is_not_known() {
    let model = model();
    let card = card_of(&model, None);
    let titles: Vec<&str> = card.sections.iter().map(|section| section.title.as_str()).collect();
    let nine = [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ];
    assert_eq!(titles[..9], nine);
    assert_eq!(titles[9..], ["Target", "Calibrator", "Lineage", "Monotone proofs"]);
    assert!(card.sections.iter().all(|section| !section.blocks.is_empty()));
    assert_eq!(fact(&card, "Lineage", "Seed"), &Fact::Text("7".to_owned()));
    assert_eq!(fact(&card, "Training data", "Rows"), &Fact::Number(400.0));
    assert_eq!(fact(&card, "Calibrator", "Slope"), &Fact::Number(model.file().calibration.slope));
    assert_eq!(fact(&card, "Quantitative analyses", "Results by group"), &Fact::NotMeasured);
    assert_eq!(fact(&card, "Evaluation data", "Separate evaluation data"), &Fact::NotMeasured);
    assert_eq!(fact(&card, "Target", "Months in which it counts"), &Fact::NotStated);
    assert_eq!(serde_json::to_value(Fact::NotMeasured).expect("JSON"), Value::Null);
    let text = markdown(&card);
    assert!(text.contains("- **Results by group**: not measured\n") && !text.contains("<b>"));
}

#[test]
fn an_evaluation_fills_what_it_measured() {
    let report = json!({
        "data": { "file": "fresh.csv" },
        "evaluation": {
            "sample": "training",
            "segments": [{ "label": "a", "approval_rate": 0.5 }, { "label": "b", "approval_rate": 0.25 }],
        },
    });
    let card = card_of(&model(), Some(&report));
    assert_eq!(fact(&card, "Evaluation data", "File"), &Fact::Text("fresh.csv".to_owned()));
    let analyses = &card.sections[6];
    assert!(analyses.blocks.iter().any(|block| matches!(block, Block::Table { caption, rows, .. }
        if caption == "Segments" && rows.iter().any(|row| row.contains(&Fact::Number(0.25))))));
    assert!(markdown(&card).contains("made on the training data"));
    assert!(!markdown(&card).contains("Results by group"));
}

//! A file of applications, cut anywhere, against one application at a time.

use underglass_engine::Engine;
use underglass_engine::application::{FormValue, Permitted, check_row};
use underglass_engine::decision::Outcome;
use underglass_engine::population::World;
use underglass_engine::portfolio::{Answer, Asked, Format, Scored, Scoring, Summary};
use underglass_engine::table::{Faults, Layout, Table};
use underglass_engine::units::Date;

const ASKED: Asked = Asked { answer: Answer::Decision, receipts: false, format: Format::Csv, as_of: Date::EPOCH };

/// Applications of the synthetic world, with a text that spans lines, an unseen level, gaps, and rows that are none.
pub(super) fn file(rows: u64) -> String {
    let names: Vec<String> = World::Auto.inputs().into_iter().map(|input| input.name).collect();
    let mut csv = names.join(",") + "\n";
    for row in 0..rows {
        let cells = World::Auto.applicant(7, row).values.into_iter().enumerate().map(|(column, value)| match value {
            _ if row % 11 == 3 && column == row as usize % 7 => "\"another\n\"\"kind\"\"\"".to_owned(),
            FormValue::Number(number) => number.to_string(),
            FormValue::Text(text) => text,
            FormValue::Missing | FormValue::Other(_) => String::new(),
        });
        csv += &(cells.collect::<Vec<_>>().join(",") + if row % 17 == 5 { ",more\n" } else { "\n" });
    }
    csv
}

/// What a host does with pieces of a size: lines in order, and merged counts.
fn scored(engine: &Engine, file: &[u8], asked: Asked, piece: usize) -> Result<Scored, Faults> {
    let layout = Layout::of(file)?;
    // Contributions stand beside a score alone.
    let explainer =
        (asked.answer == Answer::Score).then(|| engine.model.against_all().expect("a reference population").clone());
    let scoring = Scoring::new(engine, layout, asked, explainer)?;
    let mut all = Scored { lines: scoring.header(engine), ..Scored::default() };
    let mut place = scoring.layout().start();
    let mut end = place.bytes as usize;
    let mut summaries = Vec::new();
    while (place.bytes as usize) < file.len() {
        end = file.len().min(end + piece);
        let mut chunk = scoring.chunk(file[place.bytes as usize..end].to_vec(), place, end == file.len())?;
        while chunk.step(engine, &scoring, 1).done < chunk.size().records as usize {}
        place = place + chunk.size();
        let part = chunk.finish();
        all.lines += &part.lines;
        all.receipts += &part.receipts;
        summaries.push(part.summary);
    }
    // The order in which workers finish is any.
    summaries.into_iter().rev().for_each(|summary| all.summary.merge(summary));
    Ok(all)
}

/// What a file's applications are answered on a test's day, and how many rows are none.
pub(super) fn outcomes(engine: &Engine, csv: &str) -> (Vec<Outcome>, u64) {
    let asked = Asked { format: Format::Ndjson, as_of: super::day(), ..ASKED };
    let all = scored(engine, csv.as_bytes(), asked, usize::MAX / 2).expect("a file");
    let outcome = |line: &str| {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        serde_json::from_value(object.get("decision")?.clone()).ok()
    };
    (all.lines.lines().filter_map(outcome).collect(), all.summary.refused)
}

#[test]
fn a_row_of_a_file_is_decided_like_an_application() {
    let engine = super::engine();
    let csv = file(120);
    let all = scored(&engine, csv.as_bytes(), Asked { receipts: true, ..ASKED }, usize::MAX / 2).expect("a file");
    let sound: String = {
        // Rows that are no records have no place in a table.
        let mut lines = csv.split_inclusive(",more\n").map(|part| part.to_owned()).collect::<Vec<_>>();
        lines.iter_mut().for_each(|part| *part = part.replace(",more\n", "\n"));
        lines.concat()
    };
    let table = Table::from_csv(sound.as_bytes()).expect("a table");
    let mut receipts = all.receipts.lines();
    let mut refused = 0;
    for (row, line) in all.lines.lines().skip(1).enumerate() {
        let inputs = engine.inputs();
        let cells = inputs.iter().map(|input| {
            if input.permitted == Permitted::AuditOnly {
                return FormValue::Missing;
            }
            let column = table.column(&input.name).expect("every column");
            FormValue::from_cell(table.cell(row, column), &input.kind)
        });
        let checked = check_row(inputs, cells).ok().filter(|_| row % 17 != 5);
        assert!(line.starts_with(&format!("{row},")), "{line}");
        let Some(application) = checked else {
            assert!(line.contains(",refused,,\"line "), "{line}");
            refused += 1;
            continue;
        };
        let decided = engine.decide(&application, ASKED.as_of);
        let outcome = serde_json::to_value(decided.decision.outcome()).expect("a word");
        let points = decided.score.as_ref().map_or(String::new(), |score| score.points.value().to_string());
        assert!(line.contains(&format!(",{points},{},", outcome.as_str().unwrap_or(""))), "{line}: {outcome} {points}");
        let features = engine.model.schema().features_of(&application);
        let margin: f64 = line.split(',').nth(1).and_then(|cell| cell.parse().ok()).expect("a margin");
        assert_eq!(margin.to_bits(), engine.model.log_odds(&features).0.to_bits());
        let receipt = engine.replay(receipts.next().expect("a receipt").as_bytes()).expect("of this engine");
        assert_eq!(receipt.difference, None);
    }
    assert!(receipts.next().is_none());
    assert!(refused > 5, "{refused}");
    assert_eq!((all.summary.rows, all.summary.refused), (120, refused));
}

#[test]
fn chunks_of_any_size_give_the_same_bytes_and_counts() {
    let engine = super::engine();
    let csv = file(60);
    for asked in [
        ASKED,
        Asked { answer: Answer::Reasons, format: Format::Ndjson, ..ASKED },
        Asked { answer: Answer::Score, ..ASKED },
    ] {
        let whole = scored(&engine, csv.as_bytes(), asked, usize::MAX / 2).expect("a file");
        for piece in [64, 177, 1000, 4096] {
            assert_eq!(scored(&engine, csv.as_bytes(), asked, piece).expect("a file"), whole, "{asked:?} by {piece}");
        }
        let lines: Vec<&str> = whole.lines.lines().collect();
        match asked.format {
            Format::Ndjson => {
                for (row, line) in lines.iter().enumerate() {
                    let object: serde_json::Value = serde_json::from_str(line).expect(line);
                    assert_eq!(object["row"], row);
                }
            }
            Format::Csv => {
                let table = Table::from_csv(whole.lines.as_bytes()).expect("CSV again");
                assert_eq!(table.n_rows(), 60);
            }
        }
    }
}

#[test]
fn counts_add_up_and_faults_name_line_and_column() {
    let engine = super::engine();
    let names: Vec<String> = World::Auto.inputs().into_iter().map(|input| input.name).collect();
    let plain = file(3);
    let mut lines: Vec<&str> = plain.lines().collect();
    let broken = lines[2].replacen(|byte: char| byte.is_ascii_digit(), "x", 1);
    lines[2] = &broken;
    let Scored { summary, .. } = scored(&engine, lines.join("\n").as_bytes(), ASKED, 100).expect("a file");
    let Summary { rows, refused, outcomes, points, faults, .. } = summary;
    assert_eq!((rows, refused, faults.count()), (3, 1, 1));
    let fault = &faults.listed()[0];
    assert_eq!((fault.line, fault.record), (3, Some(2)));
    assert!(fault.column.as_ref().is_some_and(|column| names.contains(column)), "{fault}");
    let decided = outcomes.approve + outcomes.conditional + outcomes.counteroffer + outcomes.review + outcomes.decline;
    assert_eq!(decided + outcomes.incomplete, 2);
    assert_eq!(points.iter().sum::<u64>(), decided);
}

#[test]
fn a_file_without_a_needed_column_is_refused_at_once() {
    let engine = super::engine();
    let faults = scored(&engine, b"age\n30\n", ASKED, 100).expect_err("columns are missing");
    assert!(faults.count() > 3);
    assert!(faults.to_string().contains("line 1, column \""), "{faults}");
}

#[test]
fn reasons_and_contributions_are_those_of_one_application() {
    let engine = super::engine();
    let csv = file(300);
    let reasons = scored(&engine, csv.as_bytes(), Asked { answer: Answer::Reasons, ..ASKED }, 5000).expect("a file");
    let explained = scored(&engine, csv.as_bytes(), Asked { answer: Answer::Score, ..ASKED }, 5000).expect("a file");
    let schema = engine.model.schema();
    let mut compared = 0;
    for (row, (reasons, explained)) in reasons.lines.lines().zip(explained.lines.lines()).skip(1).enumerate() {
        if reasons.contains(",refused,") {
            continue;
        }
        let mut sound = super::row_values(schema, 7, row as u64);
        if row % 11 == 3 {
            // The file has another kind here, and a text where a number stood is refused.
            sound[row % 7] = FormValue::Text("another\n\"kind\"".to_owned());
        }
        let Ok(application) = check_row(engine.inputs(), sound) else { continue };
        let features = schema.features_of(&application);
        let score = engine.score(&features);
        let points = engine.contributions_in_points(&score);
        let principal = underglass_engine::reasons::principal(schema, &engine.policy, &[], Some(&points));
        let codes: Vec<&str> = principal.iter().map(|reason| reason.code.as_str()).collect();
        assert!(reasons.ends_with(&format!(",{}", codes.join(" "))), "{reasons}: {codes:?}");
        assert!(reasons.contains(&format!(",{},", score.points.value())), "{reasons}");
        let explanation = engine.model.explain(engine.model.against_all().expect("a reference population"), &features);
        let found: Vec<u64> =
            explained.split(',').skip(3).map(|cell| cell.parse::<f64>().expect(cell).to_bits()).collect();
        let expected: Vec<u64> =
            std::iter::once(explanation.base).chain(explanation.values).map(f64::to_bits).collect();
        assert_eq!(found, expected, "{explained}");
        compared += 1;
    }
    assert!(compared > 200, "{compared}");
}

//! `gate`: may a challenger take a champion's place? The answer is the exit code.

use crate::evaluate::{Labelled, OutcomeRows, applications, file_name, number, read_model, segments};
use crate::html::{Cell, Column, Page, Tone};
use crate::report::{Fault, Report, progress};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use underglass_engine::application::Application;
use underglass_engine::artifact::{Estimate, Model};
use underglass_engine::evaluation::{Bars, Check, Gate as Answer, Latency, Quality, Scored, Verdict, gate};

/// Rows that are timed, and rounds of which the median counts.
const TIMED_ROWS: usize = 500;
const ROUNDS: usize = 41;

/// Say whether a challenger may take a champion's place: exit code 1 when not.
#[derive(Args)]
pub(crate) struct Gate {
    /// The model in use.
    champion: PathBuf,
    /// The model that shall replace it.
    challenger: PathBuf,
    #[command(flatten)]
    rows: OutcomeRows,
    /// Columns whose groups are screened for adverse impact at the cut-off.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    group_columns: Vec<String>,
    /// AUC may be lower, and log-loss higher, by less than this.
    #[arg(long, default_value_t = Bars::default().margin)]
    margin: f64,
    /// The challenger's time a row may be so many times the champion's.
    #[arg(long, default_value_t = Bars::default().latency_ratio)]
    latency_ratio: f64,
    /// The folder for gate_report.html and gate_report.json.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Gate {
    pub(crate) fn run(self) -> Done {
        if !(self.margin > 0.0 && self.latency_ratio > 0.0) {
            return Err(Fault::Usage("--margin and --latency-ratio: expected numbers above 0".to_owned()));
        }
        let (champion, champion_digest) = read_model(&self.champion)?;
        let (challenger, challenger_digest) = read_model(&self.challenger)?;
        let Labelled { table, bad } = self.rows.read(&champion, &self.rows.data)?;
        let champion_rows = applications(&champion, &table, &self.rows.data)?;
        let challenger_rows = applications(&challenger, &table, &self.rows.data)?;
        let groups = self.group_columns.iter().map(|name| segments(&table, name)).collect::<Result<Vec<_>, _>>()?;
        progress(&format!("{} rows read; comparing", table.n_rows()));
        let answer = gate(
            &Scored::new(&champion, &champion_rows, &bad),
            &Scored::new(&challenger, &challenger_rows, &bad),
            &groups,
            self.rows.cut_off,
            latency([(&champion, &champion_rows), (&challenger, &challenger_rows)]),
            Bars { margin: self.margin, latency_ratio: self.latency_ratio, ..Bars::default() },
            self.rows.resampling(),
        );
        let failed = answer.failed();
        let object = json!({
            "champion": { "file": self.champion, "sha256": champion_digest.to_string() },
            "challenger": { "file": self.challenger, "sha256": challenger_digest.to_string() },
            "data": { "file": self.rows.name(), "sha256": table.sha256().to_string() },
            "admitted": failed.is_empty(),
            "failed": failed,
            "gate": answer,
        });
        let verdict = if failed.is_empty() {
            "admitted: the challenger may take the champion's place".to_owned()
        } else {
            format!("refused: {}", failed.join(", "))
        };
        let mut lines: Vec<String> = answer.checks.iter().map(line).collect();
        lines.push(verdict.clone());
        if let Some(folder) = &self.out {
            let title = format!("May {} replace {}?", file_name(&self.challenger), file_name(&self.champion));
            let subtitle = format!(
                "Challenger {}, champion {}; {} rows of {}",
                named(&challenger),
                named(&champion),
                bad.len(),
                self.rows.name()
            );
            let page = folder.join("gate_report.html");
            files::write(&page, render(&title, &subtitle, &verdict, &answer).as_bytes())?;
            let bytes = serde_json::to_vec_pretty(&object).unwrap_or_default();
            files::write(&folder.join("gate_report.json"), &bytes)?;
            lines.push(page.display().to_string());
        }
        let report = Report::new(lines, object);
        Ok(if failed.is_empty() { report } else { report.no() })
    }
}

fn named(model: &Model) -> String {
    format!("{} {}", model.file().name, model.file().version)
}

/// Median seconds a row of both models, measured in turns so that a busy moment meets both.
fn latency(models: [(&Model, &[Application]); 2]) -> Latency {
    let mut rounds: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for ((model, rows), seconds) in models.iter().zip(&mut rounds) {
            seconds.push(seconds_a_row(model, &rows[..rows.len().min(TIMED_ROWS)]));
        }
    }
    let [champion, challenger] = rounds.map(|mut seconds| {
        seconds.sort_unstable_by(f64::total_cmp);
        seconds[ROUNDS / 2]
    });
    Latency { champion, challenger }
}

#[expect(clippy::disallowed_methods, reason = "latency is a property of the host: it is measured here and handed in")]
fn seconds_a_row(model: &Model, rows: &[Application]) -> f64 {
    let start = std::time::Instant::now();
    for row in rows {
        std::hint::black_box(model.log_odds(&model.schema().features_of(row)));
    }
    start.elapsed().as_secs_f64() / rows.len() as f64
}

fn word(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Passed => ("passed", Tone::Good),
        Verdict::Failed => ("failed", Tone::Bad),
        Verdict::NotMeasured => ("not measured", Tone::Watch),
    }
}

fn cell(found: Estimate) -> Cell {
    let interval = format!("{} to {}", number(found.low, 4), number(found.high, 4));
    let under = (found.low < found.high).then_some(interval);
    let text = if found.value.is_nan() { "–".to_owned() } else { number(found.value, 4) };
    Cell { text, under, tone: None }
}

fn figure(found: Estimate) -> String {
    if found.value.is_nan() {
        return "–".to_owned();
    }
    if found.low == found.high {
        return number(found.value, 4);
    }
    format!("{} ({} to {})", number(found.value, 4), number(found.low, 4), number(found.high, 4))
}

fn line(check: &Check) -> String {
    format!("{:<13} {}: {}; {}", word(check.verdict).0, check.name, figure(check.found), check.bar)
}

fn render(title: &str, subtitle: &str, verdict: &str, answer: &Answer) -> String {
    let mut page = Page::new(title);
    page.subtitle(subtitle);
    let tone = if answer.failed().is_empty() { Tone::Good } else { Tone::Bad };
    page.findings(&[(tone, verdict.to_owned())]);
    page.section("Checks");
    let row = |check: &Check| {
        let (word, tone) = word(check.verdict);
        let name = check.name.as_str();
        vec![Cell::from(name), Cell::toned(word, tone), cell(check.found), Cell::from(check.bar.as_str())]
    };
    page.table(
        "Challenger less champion unless said otherwise, with 95 % intervals",
        &[Column::Text("Check"), Column::Text("Result"), Column::Number("Found"), Column::Prose("Asked")],
        &answer.checks.iter().map(row).collect::<Vec<_>>(),
    );
    page.section("Both on the same rows");
    let rows = [
        ("AUC", (|quality| quality.auc) as fn(&Quality) -> Estimate),
        ("KS", |quality| quality.ks),
        ("Average precision", |quality| quality.average_precision),
        ("Log-loss", |quality| quality.log_loss),
        ("Brier score", |quality| quality.brier),
        ("Expected calibration error", |quality| quality.ece),
        ("Calibration slope", |quality| quality.calibration_slope),
        ("Calibration intercept", |quality| quality.calibration_intercept),
    ]
    .map(|(name, of)| vec![Cell::from(name), cell(of(&answer.champion)), cell(of(&answer.challenger))]);
    page.table(
        "Figures with 95 % intervals",
        &[Column::Text("Figure"), Column::Number("Champion"), Column::Number("Challenger")],
        &rows,
    );
    page.paragraph(
        "A check of quality passes when even the bad end of the difference's interval lies within the margin: too few rows \
         refuse a challenger. The adverse impact ratio is a screen that says where to look; it is not a finding of \
         discrimination, and passing it is no proof of its absence.",
    );
    page.finish()
}

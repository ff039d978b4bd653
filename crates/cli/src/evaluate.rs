//! `evaluate`: how good a model is on rows whose outcome is known, as a few lines, as JSON and as a page.

use crate::chart::{Axis, Chart, Mark, Series};
use crate::html::{Cell, Column, Page, Tone};
use crate::report::{Fault, Report, progress};
use crate::score::{columns, values};
use crate::train::read_table;
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use underglass_engine::application::{Application, Permitted, check_row};
use underglass_engine::artifact::{Estimate, Model};
use underglass_engine::evaluation::{
    AtCutOff, Comparison, Evaluation, Gap, GapVerdict, MOST_SAMPLED, PermutationEffect, Quality, Question, REPEATS,
    Reliability, Sample, Scored, Segments, compare, evaluate,
};
use underglass_engine::metrics::Resampling;
use underglass_engine::seal::Digest;
use underglass_engine::table::Table;
use underglass_learn::labels;

/// The most groups of rows that one column may make.
const MOST_SEGMENTS: usize = 40;
/// A segment with fewer bads or goods says little.
const FEW: u64 = 30;

/// Measure a model on rows whose outcome is known.
#[derive(Args)]
pub(crate) struct Evaluate {
    /// The model.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    rows: OutcomeRows,
    /// Inputs whose joint worth is asked, such as income,debt; may be given several times.
    #[arg(long, value_name = "A,B")]
    group: Vec<String>,
    /// The file that the model learned from, for a column of training figures.
    #[arg(long, value_name = "CSV")]
    train: Option<PathBuf>,
    /// Another model to compare with on the same rows.
    #[arg(long, value_name = "ARTIFACT")]
    against: Option<PathBuf>,
    /// A column, or "points" for bands of the score, by which rows are looked at apart.
    #[arg(long, value_name = "COLUMN")]
    segment: Option<String>,
    /// The folder for evaluation_report.html and evaluation_report.json.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Rows with outcomes, and how they are measured.
#[derive(Args)]
pub(crate) struct OutcomeRows {
    /// The rows; columns that the model does not need are ignored.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// The column of the outcome.
    #[arg(long)]
    target: String,
    /// Its value for a bad outcome; without it the model's own, if the column is the model's.
    #[arg(long)]
    positive: Option<String>,
    /// Rows with fewer shown points count as predicted bad.
    #[arg(long, value_name = "POINTS", default_value_t = 640)]
    pub(crate) cut_off: i16,
    /// The same seed gives the same intervals.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Resamples behind each interval that has no formula.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    resamples: u32,
}

/// Rows as a file has them.
pub(crate) struct Labelled {
    pub(crate) table: Table,
    pub(crate) bad: Vec<bool>,
}

impl OutcomeRows {
    /// Reads a file and its outcomes.
    pub(crate) fn read(&self, model: &Model, data: &Path) -> Result<Labelled, Fault> {
        let table = read_table(data)?;
        let own = &model.file().target;
        let positive = self.positive.as_deref().or((own.column == self.target).then_some(own.positive.as_str()));
        let outcomes = labels::read(&table, &self.target, positive)
            .map_err(|error| Fault::Data(format!("{}: {error}", data.display())))?;
        Ok(Labelled { table, bad: outcomes.bad })
    }

    pub(crate) fn resampling(&self) -> Resampling {
        Resampling { resamples: self.resamples, seed: self.seed }
    }

    pub(crate) fn name(&self) -> String {
        file_name(&self.data)
    }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Checks every row of a file against a model's schema.
pub(crate) fn applications(model: &Model, table: &Table, file: &Path) -> Result<Vec<Application>, Fault> {
    let schema = model.schema();
    let columns = columns(schema, table)?;
    let checked = |row| {
        check_row(schema.inputs(), values(schema, table, &columns, row))
            .map_err(|errors| Fault::Data(format!("{} line {}: {errors}", file.display(), table.line(row))))
    };
    (0..table.n_rows()).map(checked).collect()
}

/// Reads a model file; a refusal names it.
pub(crate) fn read_model(path: &Path) -> Result<(Model, Digest), Fault> {
    Model::decode(&files::read(path)?).map_err(|error| Fault::Artifact(format!("{}: {error}", path.display())))
}

/// The groups of rows that a column makes.
pub(crate) fn segments(table: &Table, name: &str) -> Result<Segments, Fault> {
    let column = table
        .column(name)
        .ok_or_else(|| Fault::Usage(format!("the data has no column {name:?}; found {}", table.names().join(", "))))?;
    let named = |cell: &str| if cell.is_empty() { "(missing)".to_owned() } else { cell.to_owned() };
    let labels: Vec<String> = table.cells(column).map(named).collect();
    let distinct = labels.iter().collect::<BTreeSet<_>>().len();
    if distinct > MOST_SEGMENTS {
        return Err(Fault::Usage(format!("column {name:?} has {distinct} values; expected at most {MOST_SEGMENTS}")));
    }
    Ok(Segments { name: name.to_owned(), labels })
}

impl Evaluate {
    pub(crate) fn run(self) -> Done {
        let (model, digest) = read_model(&self.artifact)?;
        let groups = self.group.iter().map(|group| inputs(&model, group)).collect::<Result<Vec<_>, _>>()?;
        let rival = self.against.as_deref().map(read_model).transpose()?;
        let Labelled { table, bad } = self.rows.read(&model, &self.rows.data)?;
        let applications = applications(&model, &table, &self.rows.data)?;
        let training = self.train.as_deref().map(|file| self.training(&model, file)).transpose()?;
        let resampling = self.rows.resampling();
        let segments = match self.segment.as_deref() {
            None => None,
            Some("points") if table.column("points").is_none() => {
                Some(Segments::by_points(&Scored::new(&model, &applications, &bad)))
            }
            Some(name) => Some(segments(&table, name)?),
        };
        progress(&format!("{} rows read; measuring with {} resamples", table.n_rows(), resampling.resamples));
        let question = Question {
            data_sha256: table.sha256(),
            cut_off: self.rows.cut_off,
            resampling,
            groups: &groups,
            segments,
            training: training.as_ref(),
        };
        let evaluation = evaluate(&model, &applications, &bad, &question);
        let comparison = match &rival {
            None => None,
            Some((rival, _)) => {
                let theirs = Scored::new(rival, &self::applications(rival, &table, &self.rows.data)?, &bad);
                Some(compare(&Scored::new(&model, &applications, &bad), &theirs, resampling))
            }
        };
        let object = json!({
            "artifact": { "name": model.file().name, "version": model.file().version, "sha256": digest.to_string() },
            "against": rival.as_ref().map(|(rival, digest)| {
                json!({ "name": rival.file().name, "version": rival.file().version, "sha256": digest.to_string() })
            }),
            "data": {
                "file": self.rows.name(),
                "sha256": table.sha256().to_string(),
                "target": self.rows.target,
                "seed": resampling.seed.to_string(),
                "resamples": resampling.resamples,
            },
            "evaluation": evaluation,
            "comparison": comparison,
        });
        let mut lines = summary(&evaluation, comparison.as_ref());
        if let Some(folder) = &self.out {
            let subject = Subject {
                title: format!("Evaluation of {} {}", model.file().name, model.file().version),
                subtitle: format!(
                    "{} rows of {}, outcome {}; artifact {}, data {}",
                    evaluation.quality.rows,
                    self.rows.name(),
                    self.rows.target,
                    short(digest),
                    short(table.sha256())
                ),
                rival: self.against.as_deref().map(file_name),
                resampling,
            };
            let page = folder.join("evaluation_report.html");
            files::write(&page, render(&subject, &evaluation, comparison.as_ref()).as_bytes())?;
            let bytes = serde_json::to_vec_pretty(&object).unwrap_or_default();
            files::write(&folder.join("evaluation_report.json"), &bytes)?;
            lines.push(page.display().to_string());
        }
        Ok(Report::new(lines, object))
    }
}

impl Evaluate {
    /// The model's answers for the rows that it learned from; another file is refused.
    fn training(&self, model: &Model, file: &Path) -> Result<Scored, Fault> {
        let Labelled { table, bad } = self.rows.read(model, file)?;
        let expected = model.file().lineage.data_sha256;
        if table.sha256() != expected {
            return Err(Fault::Data(format!(
                "{}: its SHA-256 is {}; the model learned from {expected}",
                file.display(),
                table.sha256()
            )));
        }
        Ok(Scored::new(model, &applications(model, &table, file)?, &bad))
    }
}

/// The first digits of a digest: enough to tell files apart by eye.
fn short(digest: Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

/// Positions of named inputs.
fn inputs(model: &Model, names: &str) -> Result<Vec<usize>, Fault> {
    let schema = model.schema();
    let position = |name: &str| {
        let index = schema.input_index(name.trim());
        index.filter(|index| schema.inputs()[*index].permitted == Permitted::Model).ok_or_else(|| {
            let known = schema.inputs().iter().filter(|input| input.permitted == Permitted::Model);
            let known: Vec<&str> = known.map(|input| input.name.as_str()).collect();
            Fault::Usage(format!(
                "--group: {name:?} is not an input of this model; its inputs are {}",
                known.join(", ")
            ))
        })
    };
    names.split(',').map(position).collect()
}

/// A figure with its interval, on one line.
fn with_interval(found: Estimate, digits: usize) -> String {
    let [value, low, high] = [found.value, found.low, found.high].map(|figure| number(figure, digits));
    format!("{value} ({low} to {high})")
}

/// A number as people set it: with a minus sign, and never minus nothing.
pub(crate) fn number(figure: f64, digits: usize) -> String {
    let text = format!("{figure:.digits$}");
    match text.strip_prefix('-') {
        Some(size) if size.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) => format!("−{size}"),
        Some(size) => size.to_owned(),
        None => text,
    }
}

/// A p-value; the smallest are not told apart.
fn p_value(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".to_owned() } else { format!("p {p:.4}") }
}

fn percent(share: f64) -> String {
    if share.is_nan() { "–".to_owned() } else { format!("{:.1}\u{a0}%", 100.0 * share) }
}

/// What to call a figure of [`Gap`].
fn title_of(figure: &str) -> &str {
    match figure {
        "auc" => "AUC",
        "ks" => "KS",
        "log_loss" => "log-loss",
        "brier" => "Brier score",
        other => other,
    }
}

fn summary(found: &Evaluation, comparison: Option<&Comparison>) -> Vec<String> {
    let Quality { rows, positives, .. } = found.quality;
    let mut lines = vec![format!("{rows} rows, {positives} bad")];
    let figures = [
        ("AUC", found.quality.auc),
        ("KS", found.quality.ks),
        ("average precision", found.quality.average_precision),
        ("log-loss", found.quality.log_loss),
        ("Brier score", found.quality.brier),
        ("calibration error", found.quality.ece),
        ("calibration slope", found.quality.calibration_slope),
        ("calibration intercept", found.quality.calibration_intercept),
        ("approval rate", found.at_cut_off.approval_rate),
        ("bad rate approved", found.at_cut_off.approved_bad_rate),
    ];
    lines.extend(figures.map(|(name, figure)| format!("{name:<22} {}", with_interval(figure, 4))));
    lines.extend(findings(found, comparison).into_iter().map(|(_, finding)| finding));
    lines.extend(found.groups.iter().map(|group| {
        format!("{}: worth {} of AUC", group.inputs.join(" + "), with_interval(group.permutation.auc_drop, 4))
    }));
    lines
}

/// What a validator wants to know first, in words.
fn findings(found: &Evaluation, comparison: Option<&Comparison>) -> Vec<(Tone, String)> {
    let quality = &found.quality;
    let mut findings = vec![ranking(quality), calibration(quality), stability(found)];
    findings.extend(comparison.map(against));
    if found.sample == Sample::Training {
        let text = "These are the rows that the model learned from: the figures flatter it. Judge it by the validation column.";
        findings.insert(0, (Tone::Watch, text.to_owned()));
    }
    if quality.positives < FEW || quality.rows - quality.positives < FEW {
        let text =
            format!("Only {} bad rows of {}: the intervals are wide and rough.", quality.positives, quality.rows);
        findings.insert(0, (Tone::Watch, text));
    }
    findings
}

fn ranking(quality: &Quality) -> (Tone, String) {
    let auc = with_interval(quality.auc, 3);
    if quality.auc.low > 0.5 {
        let text = format!("It ranks: a bad row scores worse than a good one with probability {auc}.");
        (Tone::Good, text)
    } else {
        (Tone::Bad, format!("It does not rank: AUC {auc} may be that of chance."))
    }
}

fn calibration(quality: &Quality) -> (Tone, String) {
    let holds = |figure: Estimate, ideal: f64| figure.low <= ideal && ideal <= figure.high;
    let (slope, intercept) = (quality.calibration_slope, quality.calibration_intercept);
    let mean = format!(
        "Predicted on average {}, observed {} ({} to {})",
        percent(quality.mean_probability),
        percent(quality.bad_rate.value),
        percent(quality.bad_rate.low),
        percent(quality.bad_rate.high)
    );
    let shape = if holds(slope, 1.0) {
        "as spread as they should be".to_owned()
    } else if slope.value < 1.0 {
        format!("too extreme (slope {})", with_interval(slope, 2))
    } else {
        format!("too timid (slope {})", with_interval(slope, 2))
    };
    let error = format!(
        "calibration error {:.4}, where 95 of 100 perfectly calibrated models stay below {:.4}",
        quality.ece.value, quality.ece_if_calibrated
    );
    let is_right = holds(slope, 1.0) && holds(intercept, 0.0) && quality.ece.value <= quality.ece_if_calibrated;
    let is_close = (slope.value - 1.0).abs() < 0.1 && intercept.value.abs() < 0.1;
    let (tone, lead) = match (is_right, is_close) {
        (true, _) => (Tone::Good, "Its probabilities mean what they say."),
        (false, true) => (Tone::Watch, "Its probabilities are slightly off."),
        (false, false) => (Tone::Bad, "Its probabilities are off."),
    };
    (tone, format!("{lead} {mean}; they are {shape}; {error}."))
}

fn stability(found: &Evaluation) -> (Tone, String) {
    let named = |verdict: GapVerdict| -> Vec<String> {
        let gaps = found.gaps.iter().filter(|gap| gap.verdict == verdict);
        gaps.map(|gap| format!("{} by {}", title_of(gap.figure), with_interval(gap.difference, 3))).collect()
    };
    let (worse, better) = (named(GapVerdict::Worse), named(GapVerdict::Better));
    if !worse.is_empty() {
        (Tone::Bad, format!("It is worse here than in its own validation: {}.", worse.join(", ")))
    } else if !better.is_empty() {
        let text = format!("It is better here than in its own validation: {}. Ask why.", better.join(", "));
        (Tone::Watch, text)
    } else {
        let text = "It is as good here as in its own validation: no difference is surely beyond its tolerance.";
        (Tone::Good, text.to_owned())
    }
}

fn against(comparison: &Comparison) -> (Tone, String) {
    let auc = comparison.auc;
    let figures = format!("{}, {}", with_interval(auc.estimate(), 4), p_value(auc.p));
    if auc.low > 0.0 {
        (Tone::Good, format!("It ranks better than the model it is compared with: AUC difference {figures}."))
    } else if auc.high < 0.0 {
        (Tone::Bad, format!("It ranks worse than the model it is compared with: AUC difference {figures}."))
    } else {
        (
            Tone::Watch,
            format!("These rows cannot tell it from the model it is compared with: AUC difference {figures}."),
        )
    }
}

/// What stands above the figures.
struct Subject {
    title: String,
    subtitle: String,
    rival: Option<String>,
    resampling: Resampling,
}

fn render(subject: &Subject, found: &Evaluation, comparison: Option<&Comparison>) -> String {
    let mut page = Page::new(&subject.title);
    page.subtitle(&subject.subtitle);
    page.findings(&findings(found, comparison));
    page.section("Figures");
    figures(&mut page, found);
    page.section("Curves");
    page.charts(&charts(found));
    if let (Some(rival), Some(comparison)) = (&subject.rival, comparison) {
        page.section(&format!("Against {rival}"));
        against_table(&mut page, comparison);
    }
    page.section(&format!("At the cut-off of {} points", found.at_cut_off.cut_off));
    cut_off(&mut page, &found.at_cut_off);
    if let Some(name) = &found.segmented_by {
        page.section(&format!("By {name}"));
        by_segment(&mut page, found);
    }
    page.section("Gains and lift");
    gains(&mut page, found);
    page.section("Reliability");
    reliability(
        &mut page,
        "Ten bins of equally many rows; by chance alone one in twenty lies outside",
        &found.reliability,
    );
    reliability(&mut page, "Ten bins of equal width", &found.reliability_equal_width);
    page.section("What the inputs are worth");
    importance(&mut page, found);
    page.section("How it was measured");
    page.paragraph(&method(subject, found));
    page.finish()
}

fn estimate(found: Estimate, digits: usize) -> Cell {
    if found.value.is_nan() {
        return Cell::from("–");
    }
    let under = format!("{} to {}", number(found.low, digits), number(found.high, digits));
    Cell { text: number(found.value, digits), under: Some(under), tone: None }
}

fn share(found: Estimate) -> Cell {
    let under = (!found.value.is_nan()).then(|| format!("{} to {}", percent(found.low), percent(found.high)));
    Cell { text: percent(found.value), under, tone: None }
}

fn figures(page: &mut Page, found: &Evaluation) {
    let quality = &found.quality;
    let here = if found.sample == Sample::Training { "Training rows" } else { "These rows" };
    let head = [
        Column::Text("Figure"),
        Column::Number("Training"),
        Column::Number("Validation"),
        Column::Number(here),
        Column::Number("Difference"),
        Column::Text("Finding"),
    ];
    let compared = found.gaps.iter().map(|gap: &Gap| {
        let finding = match gap.verdict {
            GapVerdict::Consistent => Cell::toned("holds", Tone::Good),
            GapVerdict::Better => Cell::toned("better", Tone::Watch),
            GapVerdict::Worse => Cell::toned("worse", Tone::Bad),
        };
        let finding = Cell { under: Some(format!("tolerance {}", gap.tolerance)), ..finding };
        let name = Cell::from(title_of(gap.figure));
        let training = gap.training.map_or_else(|| Cell::from("–"), |figure| estimate(figure, 4));
        vec![name, training, estimate(gap.validation, 4), estimate(gap.here, 4), estimate(gap.difference, 4), finding]
    });
    let nothing = || Cell::from("–");
    let alone = [
        ("Gini", (|quality| quality.gini) as fn(&Quality) -> Estimate),
        ("Average precision (PR-AUC)", |quality| quality.average_precision),
        ("Expected calibration error", |quality| quality.ece),
        ("Calibration slope", |quality| quality.calibration_slope),
        ("Calibration intercept", |quality| quality.calibration_intercept),
    ]
    .map(|(name, of)| {
        let training = found.training.as_ref().map_or_else(nothing, |training| estimate(of(training), 4));
        vec![Cell::from(name), training, nothing(), estimate(of(quality), 4), nothing(), Cell::default()]
    });
    let rows: Vec<Vec<Cell>> = compared.chain(alone).collect();
    page.table("Each figure with its 95 % interval", &head, &rows);
}

fn charts(found: &Evaluation) -> Vec<(Chart, String)> {
    let quality = &found.quality;
    let line = |name: &str, mark, points| Series { name: name.to_owned(), mark, points };
    let unit = |label: &str| Axis::percent(label, 0.0, 1.0, 4);
    let roc = Chart {
        title: "ROC".to_owned(),
        x: unit("goods above the score"),
        y: unit("bads above the score"),
        series: vec![
            line(
                "this model",
                Mark::Line,
                found.curves.roc.iter().map(|point| (point.good_share, point.bad_share)).collect(),
            ),
            line("chance", Mark::Reference, vec![(0.0, 0.0), (1.0, 1.0)]),
        ],
    };
    let base = quality.bad_rate.value;
    let pr = Chart {
        title: "Precision and recall".to_owned(),
        x: unit("recall"),
        y: unit("precision"),
        series: vec![
            line(
                "this model",
                Mark::Line,
                found.curves.precision_recall.iter().map(|point| (point.recall, point.precision)).collect(),
            ),
            line("share of bads", Mark::Reference, vec![(0.0, base), (1.0, base)]),
        ],
    };
    let gains = Chart {
        title: "Cumulative gains".to_owned(),
        x: unit("riskiest share of the rows"),
        y: unit("bads among them"),
        series: vec![
            Series {
                name: "this model, with intervals".to_owned(),
                mark: Mark::Dots(
                    found.gains.iter().map(|row| (row.cumulative_gain.low, row.cumulative_gain.high)).collect(),
                ),
                points: found.gains.iter().map(|row| (row.cumulative_population, row.cumulative_gain.value)).collect(),
            },
            line("perfect order", Mark::Second, vec![(0.0, 0.0), (base, 1.0), (1.0, 1.0)]),
            line("chance", Mark::Reference, vec![(0.0, 0.0), (1.0, 1.0)]),
        ],
    };
    let top = found.reliability.iter().map(|row| row.observed.high.max(row.bin.mean_probability)).fold(0.0, f64::max);
    // The next axis whose four ticks are round numbers.
    let top = [0.04, 0.08, 0.2, 0.4, 0.6, 0.8].into_iter().find(|axis| *axis >= top).unwrap_or(1.0);
    let reliability = Chart {
        title: "Reliability".to_owned(),
        x: Axis::percent("predicted probability of bad", 0.0, top, 4),
        y: Axis::percent("observed share of bads", 0.0, top, 4),
        series: vec![
            Series {
                name: "tenths of the rows".to_owned(),
                mark: Mark::Dots(found.reliability.iter().map(|row| (row.observed.low, row.observed.high)).collect()),
                points: found.reliability.iter().map(|row| (row.bin.mean_probability, row.observed.value)).collect(),
            },
            line("says what happens", Mark::Reference, vec![(0.0, 0.0), (top, top)]),
        ],
    };
    let curve = &found.curves.ks;
    let (from, to) = (curve.first().map_or(300, |point| point.points), curve.last().map_or(850, |point| point.points));
    // Whole hundreds around the scores that occur.
    let (from, to) = (f64::from(from / 100 * 100), f64::from((to + 99) / 100 * 100));
    let ticks = (0..=((to - from) / 100.0) as i32).map(|step| from + 100.0 * f64::from(step));
    let points =
        Axis { label: "shown points".to_owned(), from, to, ticks: ticks.map(|at| (at, at.to_string())).collect() };
    let at = f64::from(found.curves.ks_at);
    let widest = curve.iter().find(|point| point.points == found.curves.ks_at);
    let widest = widest.map_or(Vec::new(), |point| vec![(at, point.good_below), (at, point.bad_below)]);
    let ks = Chart {
        title: "Kolmogorov–Smirnov".to_owned(),
        x: points,
        y: unit("rows below the score"),
        series: vec![
            line("bads", Mark::Second, curve.iter().map(|point| (f64::from(point.points), point.bad_below)).collect()),
            line("goods", Mark::Line, curve.iter().map(|point| (f64::from(point.points), point.good_below)).collect()),
            line(&format!("widest at {at} points"), Mark::Reference, widest),
        ],
    };
    let tenth = found.gains.first().map_or(String::new(), |row| {
        format!(
            "The riskiest tenth holds {} of the bads: lift {}.",
            percent(row.cumulative_gain.value),
            with_interval(row.lift, 2)
        )
    });
    let half = "Bars are 95\u{a0}% intervals.";
    vec![
        (roc, format!("AUC {}.", with_interval(quality.auc, 4))),
        (ks, format!("Distance {}.", with_interval(quality.ks, 3))),
        (reliability, format!("Slope {}. {half}", with_interval(quality.calibration_slope, 2))),
        (gains, format!("{tenth} {half}")),
        (
            pr,
            format!(
                "Average precision {}; without information {}.",
                with_interval(quality.average_precision, 3),
                percent(base)
            ),
        ),
        (lift(found), "A tenth of lift 2 holds twice its share of the bads.".to_owned()),
    ]
}

fn lift(found: &Evaluation) -> Chart {
    let most = found.gains.iter().map(|row| row.lift.high).fold(1.0, f64::max).ceil();
    let tick = |at: f64| (at, format!("{at}"));
    Chart {
        title: "Lift".to_owned(),
        x: Axis {
            ticks: (1..=10).map(|bin| tick(f64::from(bin))).collect(),
            ..Axis::percent("tenth of the rows, riskiest first", 0.5, 10.5, 1)
        },
        y: Axis {
            ticks: [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| tick(part * most)).to_vec(),
            ..Axis::percent("bad rate over average", 0.0, most, 1)
        },
        series: vec![
            Series {
                name: "lift of the tenth".to_owned(),
                mark: Mark::Dots(found.gains.iter().map(|row| (row.lift.low, row.lift.high)).collect()),
                points: (1..=10).map(f64::from).zip(found.gains.iter().map(|row| row.lift.value)).collect(),
            },
            Series { name: "chance".to_owned(), mark: Mark::Reference, points: vec![(0.5, 1.0), (10.5, 1.0)] },
        ],
    }
}

fn against_table(page: &mut Page, comparison: &Comparison) {
    let row = |name: &str, difference: Estimate, test: String| {
        vec![Cell::from(name), estimate(difference, 5), Cell::from(test)]
    };
    let (auc, log_loss) = (comparison.auc, comparison.log_loss);
    let p = |z: f64, p: f64| format!("z {}, {}", number(z, 2), p_value(p));
    let rows = [
        row("AUC (more is better)", auc.estimate(), p(auc.z, auc.p)),
        row("Log-loss (less is better)", log_loss.estimate(), p(log_loss.z, log_loss.p)),
        row(
            "Expected calibration error (less is better)",
            comparison.calibration_error,
            "resampled in pairs".to_owned(),
        ),
    ];
    let head = [Column::Text("Figure"), Column::Number("This model less the other"), Column::Text("Test")];
    page.table("Paired differences on the same rows, with 95 % intervals", &head, &rows);
}

fn cut_off(page: &mut Page, found: &AtCutOff) {
    let counts = &found.confusion;
    let count = |weight: f64| Cell::from(format!("{weight}"));
    page.table(
        "Rows by prediction and outcome",
        &[Column::Text("Shown score"), Column::Number("Turned bad"), Column::Number("Stayed good")],
        &[
            vec![
                Cell::from(format!("below {}", found.cut_off)),
                count(counts.true_positive),
                count(counts.false_positive),
            ],
            vec![
                Cell::from(format!("{} and above", found.cut_off)),
                count(counts.false_negative),
                count(counts.true_negative),
            ],
        ],
    );
    let rows = [
        ("Approval rate", "rows at or above the cut-off", found.approval_rate),
        ("Bad rate approved", "bads among them", found.approved_bad_rate),
        ("Recall", "bads below the cut-off", found.recall),
        ("Precision", "bads among rows below it", found.precision),
        ("Specificity", "goods at or above it", found.specificity),
        ("F1", "harmonic mean of precision and recall", found.f1),
        ("Accuracy", "right predictions", found.accuracy),
    ]
    .map(|(name, means, figure)| vec![Cell::from(name), share(figure), Cell::from(means)]);
    page.table(
        "Predicting bad below the cut-off, with 95 % intervals",
        &[Column::Text("Figure"), Column::Number("Value"), Column::Prose("Meaning")],
        &rows,
    );
}

fn by_segment(page: &mut Page, found: &Evaluation) {
    let rows: Vec<Vec<Cell>> = found
        .segments
        .iter()
        .map(|segment| {
            let predicted = percent(segment.mean_probability);
            let inside =
                segment.bad_rate.low <= segment.mean_probability && segment.mean_probability <= segment.bad_rate.high;
            let predicted = match (inside, segment.mean_probability < segment.bad_rate.low) {
                (true, _) => Cell::from(predicted),
                (false, true) => Cell { under: Some("too low".to_owned()), ..Cell::toned(&predicted, Tone::Bad) },
                (false, false) => Cell { under: Some("too high".to_owned()), ..Cell::toned(&predicted, Tone::Watch) },
            };
            let few = segment.positives < FEW || segment.rows - segment.positives < FEW;
            let auc = if few { Cell::from("too few") } else { estimate(segment.auc, 3) };
            vec![
                Cell::from(segment.label.as_str()),
                Cell::from(segment.rows.to_string()),
                share(segment.bad_rate),
                predicted,
                auc,
                estimate(segment.log_loss, 3),
                share(segment.approval_rate),
            ]
        })
        .collect();
    page.table(
        &format!("An AUC needs {FEW} bad and {FEW} good rows; within a score band it is low by construction"),
        &[
            Column::Text("Segment"),
            Column::Number("Rows"),
            Column::Number("Observed bad"),
            Column::Number("Predicted"),
            Column::Number("AUC"),
            Column::Number("Log-loss"),
            Column::Number("Approved"),
        ],
        &rows,
    );
}

fn gains(page: &mut Page, found: &Evaluation) {
    let rows: Vec<Vec<Cell>> = (1..)
        .zip(&found.gains)
        .map(|(tenth, row)| {
            vec![
                Cell::from(tenth.to_string()),
                Cell::from(row.rows.to_string()),
                Cell::from(row.positives.to_string()),
                share(row.bad_rate),
                estimate(row.lift, 2),
                share(row.cumulative_gain),
                Cell::from(format!("{:.2}", row.cumulative_lift)),
            ]
        })
        .collect();
    page.table(
        "Tenths of the rows, riskiest first",
        &[
            Column::Text("Tenth"),
            Column::Number("Rows"),
            Column::Number("Bad"),
            Column::Number("Bad rate"),
            Column::Number("Lift"),
            Column::Number("Bads so far"),
            Column::Number("Lift so far"),
        ],
        &rows,
    );
}

fn reliability(page: &mut Page, caption: &str, bins: &[Reliability]) {
    let row = |row: &Reliability| {
        let inside = row.observed.low <= row.bin.mean_probability && row.bin.mean_probability <= row.observed.high;
        vec![
            Cell::from(format!("{} to {}", percent(row.bin.from), percent(row.bin.to))),
            Cell::from(row.bin.rows.to_string()),
            Cell::from(percent(row.bin.mean_probability)),
            share(row.observed),
            if inside { Cell::toned("within", Tone::Good) } else { Cell::toned("outside", Tone::Watch) },
        ]
    };
    page.table(
        caption,
        &[
            Column::Text("Bin"),
            Column::Number("Rows"),
            Column::Number("Predicted"),
            Column::Number("Observed"),
            Column::Text("Prediction is"),
        ],
        &bins.iter().map(row).collect::<Vec<_>>(),
    );
}

fn importance(page: &mut Page, found: &Evaluation) {
    if !found.groups.is_empty() {
        let row = |name: String, effect: &PermutationEffect| {
            let worth = if effect.auc_drop.low > 0.0 {
                Cell::toned("worth something", Tone::Good)
            } else {
                Cell::toned("not shown to be worth anything", Tone::Watch)
            };
            vec![Cell::from(name), estimate(effect.auc_drop, 4), estimate(effect.log_loss_rise, 4), worth]
        };
        let rows: Vec<_> = found.groups.iter().map(|group| row(group.inputs.join(", "), &group.permutation)).collect();
        page.table(
            "Groups of inputs, permuted together",
            &[
                Column::Text("Inputs"),
                Column::Number("AUC lost"),
                Column::Number("Log-loss gained"),
                Column::Text("Finding"),
            ],
            &rows,
        );
    }
    let rows: Vec<Vec<Cell>> = found
        .importance
        .features
        .iter()
        .map(|feature| {
            let under = (feature.label != feature.name).then(|| feature.name.clone());
            vec![
                Cell { text: feature.label.clone(), under, tone: None },
                estimate(feature.permutation.auc_drop, 4),
                estimate(feature.permutation.log_loss_rise, 4),
                feature.mean_abs_shap.map_or_else(|| Cell::from("–"), |size| estimate(size, 3)),
                feature.gain_share.map_or_else(|| Cell::from("–"), |share| Cell::from(percent(share))),
                Cell::from(feature.splits.to_string()),
            ]
        })
        .collect();
    page.table(
        &format!("Features, measured on {} rows", found.importance.rows),
        &[
            Column::Text("Feature"),
            Column::Number("AUC lost when permuted"),
            Column::Number("Log-loss gained"),
            Column::Number("Mean |SHAP|, log-odds"),
            Column::Number("Share of the gain"),
            Column::Number("Splits"),
        ],
        &rows,
    );
}

fn method(subject: &Subject, found: &Evaluation) -> String {
    let Resampling { resamples, seed } = subject.resampling;
    format!(
        "Validation is the model's own: {}. Intervals are 95 %: AUC and its differences by DeLong, shares by Wilson, \
         log-loss, Brier score and mean |SHAP| as means, the others by {resamples} resamples of the rows with seed {seed}. \
         A difference from validation counts when its whole interval lies beyond the tolerance. Importance is measured on at \
         most {MOST_SAMPLED} rows, values dealt again {REPEATS} times; it says what a feature is worth to this model, not to \
         one trained without it. A row counts as predicted bad below the cut-off.",
        found.validation_protocol
    )
}

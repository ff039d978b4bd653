//! `demo`: everything that the page needs, from the synthetic worlds or from the user's own data.

use crate::presets::{Name, Preset};
use crate::report::{Fault, Report, progress};
use crate::train::{self, quality, read_table};
use crate::{Done, files};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use underglass_engine::Engine;
use underglass_engine::application::{FormValue, Permitted, check_row};
use underglass_engine::load::{Book, FileRef, Files, Manifest};
use underglass_engine::metrics;
use underglass_engine::seal;
use underglass_engine::units::Probability;
use underglass_learn::plan::{Columns, Permit, Plan};

/// Fresh rows that the truth is compared on.
const FRESH_SEED: u64 = 2027;
const FRESH_ROWS: u64 = 30_000;

/// Make everything that the page needs.
#[derive(Args)]
pub(crate) struct Demo {
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
    /// Train on your own CSV file instead of the synthetic worlds.
    #[arg(long, requires = "target")]
    data: Option<PathBuf>,
    /// With --data: the column to predict.
    #[arg(long, requires = "data")]
    target: Option<String>,
    /// With --data: its value for a bad outcome.
    #[arg(long, requires = "data")]
    positive: Option<String>,
    /// With --data: columns that are left out.
    #[arg(long, requires = "data", value_delimiter = ',')]
    drop: Vec<String>,
}

impl Demo {
    pub(crate) fn run(self) -> Done {
        let made = match &self.data {
            Some(data) => vec![self.own(data)?],
            None => {
                Name::value_variants().iter().map(|name| self.made_up(&name.preset())).collect::<Result<Vec<_>, _>>()?
            }
        };
        let (books, lines): (Vec<Book>, Vec<Vec<String>>) = made.into_iter().unzip();
        let lines = lines.concat();
        let champion = books.iter().take(1).map(|book| ("champion".to_owned(), book.name.clone()));
        let manifest = Manifest { aliases: champion.collect(), books, signature: None };
        files::write(&self.out.join("manifest.json"), &manifest.encode())?;
        Ok(Report::new(lines.clone(), json!({ "folder": self.out, "report": lines })))
    }

    fn own(&self, data: &Path) -> Result<(Book, Vec<String>), Fault> {
        let name = data.file_name().unwrap_or_default().to_string_lossy();
        let label = name.trim_end_matches(".gz").trim_end_matches(".csv").to_owned();
        let target = self.target.as_deref().unwrap_or_default();
        let plan = Plan {
            name: label.clone(),
            positive: self.positive.clone(),
            columns: Columns::Inferred { drop: self.drop.clone(), permit: Permit::Named(Vec::new()) },
            ..Plan::new(target)
        };
        let (trained, sha256) = train::book(data, || read_table(data), plan, &self.out.join("risk-own.json"))?;
        let book = Book {
            name: "own".to_owned(),
            label,
            synthetic: false,
            model: FileRef { file: "risk-own.json".to_owned(), sha256 },
            policy: None,
            pricing: None,
            reasons: None,
        };
        Ok((book, trained.model.metrics().map(quality).into_iter().collect()))
    }

    /// Trains a book of a synthetic world and seals its files.
    fn made_up(&self, preset: &Preset) -> Result<(Book, Vec<String>), Fault> {
        let Preset { name, label, world, rows, seed, .. } = *preset;
        progress(&format!("{name}: making {rows} synthetic applicants, seed {seed}"));
        let plan = Plan {
            name: name.to_owned(),
            positive: Some("1".to_owned()),
            definition: Some(preset.definition.to_owned()),
            window_months: Some(preset.window_months),
            columns: Columns::Given { inputs: world.inputs(), features: world.features() },
            seed,
            ..Plan::new("bad")
        };
        let file = format!("risk-{name}.json");
        let (trained, sha256) = train::book(Path::new("synthetic"), || preset.table(), plan, &self.out.join(&file))?;
        let sealed = |kind: &str, text: &str| {
            let bytes = seal::seal(text.as_bytes())?;
            let file = format!("{kind}-{name}.json");
            files::write(&self.out.join(&file), &bytes)?;
            let (_, sha256) = seal::open(&bytes)?;
            Ok::<_, Fault>((FileRef { file, sha256 }, bytes))
        };
        let (policy, policy_bytes) = sealed("policy", preset.policy)?;
        let (pricing, pricing_bytes) = preset.pricing.map(|text| sealed("pricing", text)).transpose()?.unzip();
        let (reasons, reasons_bytes) = sealed("reasons", preset.reasons)?;
        let engine = Engine::load(Files {
            artifact: &trained.model.encode(),
            policy: Some(&policy_bytes),
            pricing: pricing_bytes.as_deref(),
            reasons: Some(&reasons_bytes),
        })?;
        let mut lines: Vec<String> = trained.model.metrics().map(quality).into_iter().collect();
        lines.extend(against_truth(&engine, preset)?);
        let book = Book {
            name: name.to_owned(),
            label: label.to_owned(),
            synthetic: true,
            model: FileRef { file, sha256 },
            policy: Some(policy),
            pricing,
            reasons: Some(reasons),
        };
        Ok((book, lines.into_iter().map(|line| format!("{name}: {line}")).collect()))
    }
}

/// How far the learned probability is from the truth on fresh applicants, by segment.
fn against_truth(engine: &Engine, preset: &Preset) -> Result<Vec<String>, Fault> {
    let inputs = engine.inputs();
    let schema = engine.model.schema();
    let may_lack = schema.input_index(preset.may_lack);
    let levels = preset.levels.and_then(|name| schema.input_index(name));
    let mut errors: BTreeMap<String, (f64, u64)> = BTreeMap::new();
    let (mut truth, mut learned, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..FRESH_ROWS {
        let applicant = preset.world.applicant(FRESH_SEED, row);
        let value = |index: Option<usize>| index.and_then(|index| applicant.values.get(index));
        let mut segments = vec!["all".to_owned()];
        segments.extend(value(may_lack).map(|value| match value {
            FormValue::Missing => format!("without {}", preset.may_lack),
            _ => format!("with {}", preset.may_lack),
        }));
        segments.extend(value(levels).map(|value| match value {
            FormValue::Text(level) => level.clone(),
            _ => "unknown".to_owned(),
        }));
        let kept = inputs.iter().zip(applicant.values);
        let given =
            kept.map(|(input, value)| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value });
        let application = check_row(inputs, given).map_err(|errors| Fault::Data(errors.to_string()))?;
        let z = engine.model.log_odds(&schema.features_of(&application));
        let error = (z.0 - applicant.true_log_odds.0).abs();
        for name in segments {
            let (sum, n) = errors.entry(name).or_default();
            *sum += error;
            *n += 1;
        }
        truth.push(Probability::from_log_odds(applicant.true_log_odds).value());
        learned.push(Probability::from_log_odds(z).value());
        bad.push(applicant.bad);
    }
    let auc = format!(
        "against the known truth on {FRESH_ROWS} fresh applicants: AUC learned {:.4}, truth itself {:.4}",
        metrics::auc(&learned, &bad, None),
        metrics::auc(&truth, &bad, None)
    );
    let segments = errors.iter().map(|(name, (sum, n))| format!("{name} {:.3} (n {n})", sum / *n as f64));
    Ok(vec![auc, format!("mean absolute error in log-odds: {}", segments.collect::<Vec<_>>().join(", "))])
}

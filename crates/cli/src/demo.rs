//! `demo`: everything that the page needs, from the synthetic world or from the user's own data.

use crate::report::{Fault, Report, progress};
use crate::train::{fit, quality, read_table, write};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use underglass_engine::Engine;
use underglass_engine::application::{FormValue, Permitted, check_row};
use underglass_engine::load::{Book, FileRef, Files, Manifest};
use underglass_engine::metrics;
use underglass_engine::population::auto::{self, Shock};
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_engine::units::Probability;
use underglass_learn::plan::{Columns, Permit, Plan};

/// The demo's world: its seed, training rows, and fresh rows that the truth is compared on.
const SEED: u64 = 2026;
const ROWS: u64 = 30_000;
const FRESH_SEED: u64 = 2027;
const FRESH_ROWS: u64 = 30_000;

/// Make everything that the page needs.
#[derive(Args)]
pub(crate) struct Demo {
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
    /// Train on your own CSV file instead of the synthetic world.
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
        let (book, lines) = match &self.data {
            Some(data) => self.own(data)?,
            None => self.auto()?,
        };
        let manifest = Manifest {
            aliases: BTreeMap::from([("champion".to_owned(), book.name.clone())]),
            books: vec![book],
            signature: None,
        };
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
        let trained = fit(&read_table(data)?, plan)?;
        let sha256 = write(&trained, &self.out.join("risk-own.json"))?;
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

    fn auto(&self) -> Result<(Book, Vec<String>), Fault> {
        progress(&format!("making {ROWS} synthetic applicants, seed {SEED}"));
        let plan = Plan {
            name: "auto".to_owned(),
            positive: Some("1".to_owned()),
            definition: Some(
                "Charge-off, repossession or 60 days past due within 18 months of funding; synthetic.".to_owned(),
            ),
            window_months: Some(18),
            columns: Columns::Given { inputs: auto::inputs(), features: auto::features() },
            seed: SEED,
            ..Plan::new("bad")
        };
        let trained = fit(&synthetic(SEED, ROWS)?, plan)?;
        let model_file = self.out.join("risk-auto.json");
        let sha256 = write(&trained, &model_file)?;
        let sealed = |name: &str, text: &str| {
            let bytes = seal::seal(text.as_bytes())?;
            let file = format!("{name}-auto.json");
            files::write(&self.out.join(&file), &bytes)?;
            let (_, sha256) = seal::open(&bytes)?;
            Ok::<_, Fault>((FileRef { file, sha256 }, bytes))
        };
        let (policy, policy_bytes) = sealed("policy", include_str!("../books/auto/policy.json"))?;
        let (pricing, pricing_bytes) = sealed("pricing", include_str!("../books/auto/pricing.json"))?;
        let (reasons, reasons_bytes) = sealed("reasons", include_str!("../books/auto/reasons.json"))?;
        let engine = Engine::load(Files {
            artifact: &trained.model.encode(),
            policy: Some(&policy_bytes),
            pricing: Some(&pricing_bytes),
            reasons: Some(&reasons_bytes),
        })?;
        let mut lines: Vec<String> = trained.model.metrics().map(quality).into_iter().collect();
        lines.extend(against_truth(&engine)?);
        let book = Book {
            name: "auto".to_owned(),
            label: "Auto finance".to_owned(),
            synthetic: true,
            model: FileRef { file: "risk-auto.json".to_owned(), sha256 },
            policy: Some(policy),
            pricing: Some(pricing),
            reasons: Some(reasons),
        };
        Ok((book, lines))
    }
}

/// Applicants of the synthetic world as a table with the column `bad`.
fn synthetic(seed: u64, rows: u64) -> Result<Table, Fault> {
    let inputs = auto::inputs();
    let mut columns: Vec<(String, Vec<String>)> = inputs.into_iter().map(|input| (input.name, Vec::new())).collect();
    columns.push(("bad".to_owned(), Vec::new()));
    for row in 0..rows {
        let applicant = auto::applicant(seed, row, &Shock::default());
        let bad = FormValue::Number(f64::from(u8::from(applicant.bad)));
        for ((_, cells), value) in columns.iter_mut().zip(applicant.values.into_iter().chain([bad])) {
            cells.push(match value {
                FormValue::Number(number) => number.to_string(),
                FormValue::Text(text) => text,
                FormValue::Missing | FormValue::Other(_) => String::new(),
            });
        }
    }
    Table::from_columns(&columns).map_err(|error| Fault::Data(error.to_string()))
}

/// How far the learned probability is from the truth on fresh applicants, by segment.
fn against_truth(engine: &Engine) -> Result<Vec<String>, Fault> {
    let inputs = engine.inputs();
    let employment = engine.model.schema().input_index("employment_status");
    let utilization = engine.model.schema().input_index("utilization");
    let mut errors: BTreeMap<String, (f64, u64)> = BTreeMap::new();
    let (mut truth, mut learned, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..FRESH_ROWS {
        let applicant = auto::applicant(FRESH_SEED, row, &Shock::default());
        let segment = |index: Option<usize>| index.map(|index| applicant.values[index].clone());
        let file = match segment(utilization) {
            Some(FormValue::Missing) => "thin file",
            _ => "full file",
        };
        let job = match segment(employment) {
            Some(FormValue::Text(text)) => text,
            _ => "unknown".to_owned(),
        };
        let kept = inputs.iter().zip(applicant.values);
        let given =
            kept.map(|(input, value)| if input.permitted == Permitted::AuditOnly { FormValue::Missing } else { value });
        let application = check_row(inputs, given).map_err(|errors| Fault::Data(errors.to_string()))?;
        let z = engine.model.log_odds(&engine.model.schema().features_of(&application));
        let error = (z.0 - applicant.true_log_odds.0).abs();
        for name in ["all".to_owned(), file.to_owned(), job] {
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

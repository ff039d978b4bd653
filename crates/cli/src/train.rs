//! `train`: from a CSV file to an artifact.

use crate::report::{Fault, Report, progress};
use crate::run::{Filed, Recorder};
use crate::{Done, files};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use underglass_engine::artifact::Metrics;
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_engine::units::Date;
use underglass_learn::plan::{Columns, Folds, Permit, Plan};
use underglass_learn::train::Stage;
use underglass_learn::{Fit, LearnError, Trained};

/// Learn a model from a CSV file and write its artifact.
#[derive(Subcommand)]
pub(crate) enum Train {
    /// The probability of a bad outcome.
    Risk(Risk),
}

/// The probability of a bad outcome.
#[derive(Args)]
pub(crate) struct Risk {
    /// The training data.
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    target: TargetColumn,
    /// Seeded folds with equal shares of bad outcomes.
    #[arg(long, default_value_t = 5, conflicts_with = "folds_file")]
    folds: u16,
    /// A file with the fold of each row, from 0, one a line.
    #[arg(long)]
    folds_file: Option<PathBuf>,
    /// The same data and seed give the same bytes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Cut-offs whose reference bands the artifact carries.
    #[arg(long, value_delimiter = ',', default_value = "640")]
    cutoffs: Vec<i16>,
    /// Date of the data; without it the latest date in it.
    #[arg(long)]
    as_of: Option<Date>,
    /// Protected columns that stay model inputs, or "all": for like-with-like benchmarks, recorded in the artifact.
    #[arg(long, value_delimiter = ',')]
    permit: Vec<String>,
    /// The model's name.
    #[arg(long, default_value = "risk")]
    name: String,
    #[command(flatten)]
    filed: Filed,
    /// The artifact to write; beside it go the other score bands, NAME.bands.json, and the run's record, NAME.run.json.
    #[arg(long)]
    out: PathBuf,
}

/// What to predict and what to leave out.
#[derive(Args)]
pub(crate) struct TargetColumn {
    /// The column to predict.
    #[arg(long)]
    target: String,
    /// Its value for a bad outcome.
    #[arg(long)]
    positive: Option<String>,
    /// Columns that are left out.
    #[arg(long, value_delimiter = ',')]
    drop: Vec<String>,
}

impl TargetColumn {
    /// The default plan for this target.
    pub(crate) fn plan(&self, permit: Permit) -> Plan {
        Plan {
            positive: self.positive.clone(),
            columns: Columns::Inferred { drop: self.drop.clone(), permit },
            ..Plan::new(&self.target)
        }
    }
}

impl Train {
    pub(crate) fn run(self) -> Done {
        let Train::Risk(asked) = self;
        let mut run = Recorder::start(asked.filed, &asked.name, &asked.data)?;
        let table = read_table(&asked.data)?;
        let permit = if asked.permit == ["all"] { Permit::All } else { Permit::Named(asked.permit.clone()) };
        let folds = match &asked.folds_file {
            Some(path) => Folds::Given(read_folds(path)?),
            None => Folds::Stratified(asked.folds),
        };
        let plan = Plan {
            name: asked.name,
            folds,
            seed: asked.seed,
            as_of: asked.as_of,
            cut_offs: asked.cutoffs,
            ..asked.target.plan(permit)
        };
        run.planned(&plan, &table);
        let trained = fit(&table, plan)?;
        run.trained();
        let written = write(&trained, &asked.out)?;
        let record = run.written(&trained, &asked.out, written)?;
        let metrics = &trained.model.file().metrics;
        let lines = vec![format!("{}: {}", asked.out.display(), written), quality(metrics)];
        Ok(Report::new(
            lines,
            json!({
                "artifact": asked.out,
                "sha256": written.to_string(),
                "run": record,
                "metrics": metrics,
                "notes": trained.notes,
            }),
        ))
    }
}

pub(crate) fn read_table(path: &Path) -> Result<Table, Fault> {
    Table::from_csv(&files::read(path)?).map_err(|error| Fault::Data(format!("{}: {error}", path.display())))
}

fn read_folds(path: &Path) -> Result<Vec<u16>, Fault> {
    let text = String::from_utf8_lossy(&files::read(path)?).into_owned();
    let fold = |(row, line): (usize, &str)| {
        let refused =
            || Fault::Data(format!("{} line {}: expected a fold from 0, found {line:?}", path.display(), row + 1));
        line.trim().parse::<u16>().map_err(|_| refused())
    };
    text.lines().enumerate().map(fold).collect()
}

/// Runs a fit with progress on standard error.
pub(crate) fn fit(table: &Table, plan: Plan) -> Result<Trained, Fault> {
    let mut fit = Fit::new(table, plan).map_err(refused)?;
    fit.notes().iter().for_each(|note| progress(&format!("note: {note}")));
    let mut tenth = 0;
    loop {
        let state = fit.step(25);
        let reached = 10 * state.done / state.total.max(1);
        if reached > tenth {
            tenth = reached;
            progress(&format!("training: {} of at most {} trees", state.done, state.total));
        }
        if state.stage == Stage::Done {
            return fit.finish().map_err(refused);
        }
    }
}

fn refused(error: LearnError) -> Fault {
    Fault::Data(error.to_string())
}

/// Writes a model and, beside it, its other score bands; returns the model's digest.
pub(crate) fn write(trained: &Trained, out: &Path) -> Result<seal::Digest, Fault> {
    let bytes = trained.model.encode();
    let (_, digest) = seal::open(&bytes)?;
    files::write(out, &bytes)?;
    if out != Path::new("-") {
        files::write(&out.with_extension("bands.json"), &trained.bands.encode())?;
    }
    Ok(digest)
}

/// One line about a model's quality on rows that the scoring trees had not seen.
pub(crate) fn quality(metrics: &Metrics) -> String {
    format!(
        "{} rows, {} bad; out of fold: AUC {:.4} ({:.4} to {:.4}), KS {:.3}, log-loss {:.4}, Brier {:.4}",
        metrics.rows,
        metrics.positives,
        metrics.auc.value,
        metrics.auc.low,
        metrics.auc.high,
        metrics.ks.value,
        metrics.log_loss.value,
        metrics.brier.value
    )
}

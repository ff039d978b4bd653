//! `train`: from a CSV file to an artifact.

use crate::report::{Fault, Report, progress};
use crate::run::{Filed, Recorder};
use crate::{Done, files};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use underglass_engine::artifact::{Metrics, Model};
use underglass_engine::seal;
use underglass_engine::table::Table;
use underglass_engine::units::Date;
use underglass_learn::boost::Settings;
use underglass_learn::plan::{Classes, Columns, Folds, Learner, Permit, Plan};
use underglass_learn::spec::Spec;
use underglass_learn::train::{Stage, TrialSummary};
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
    /// The column to predict.
    #[arg(long, required_unless_present = "spec")]
    target: Option<String>,
    /// Its value for a bad outcome.
    #[arg(long)]
    positive: Option<String>,
    /// Columns that are left out: also the answer to personal data.
    #[arg(long, value_delimiter = ',')]
    drop: Vec<String>,
    /// A TOML file with what is known about columns and model; options given here go before it.
    #[arg(long)]
    spec: Option<PathBuf>,
    /// The kind of model: symmetric, logistic, scorecard, forest, or auto: boosted trees, logistic regression, forest or a
    /// mean of them, whichever does best on held-out rows.
    #[arg(long, default_value_t = Learner::Symmetric)]
    learner: Learner,
    /// Add trees to this model instead of starting anew; its columns are the data's.
    #[arg(long = "continue", value_name = "ARTIFACT", conflicts_with_all = ["spec", "drop", "permit", "tune"])]
    parent: Option<PathBuf>,
    /// A column that says how much each row counts; it is no input.
    #[arg(long)]
    weight: Option<String>,
    /// Let each outcome count half in learning; the calibration takes it back.
    #[arg(long)]
    balanced: bool,
    /// Try so many settings of the boosting; the reported figures are nested, so the search does not flatter them.
    #[arg(long, default_value_t = 0)]
    tune: u16,
    /// Seeded folds with equal shares of bad outcomes; 5 unless something else is said.
    #[arg(long, conflicts_with = "folds_file")]
    folds: Option<u16>,
    /// A file with the fold of each row, from 0, one a line.
    #[arg(long)]
    folds_file: Option<PathBuf>,
    /// Train in the order of this column of dates or rising numbers, which is no input: the last rows are held out, the
    /// earlier ones are learned from in windows that grow, as many as --folds.
    #[arg(long, conflicts_with = "folds_file")]
    time_column: Option<String>,
    /// With --time-column: the share of the rows that is held out, in percent.
    #[arg(long, requires = "time_column", default_value_t = 20)]
    hold_out: u8,
    /// The same data and seed give the same bytes; 0 unless something else is said.
    #[arg(long)]
    seed: Option<u64>,
    /// Cut-offs whose reference bands the artifact carries; 640 unless something else is said.
    #[arg(long, value_delimiter = ',')]
    cutoffs: Option<Vec<i16>>,
    /// Date of the data, or the column with the day of each row, before which other dates are read as months. Without it
    /// such a column is looked for by name, and the date is the latest in it.
    #[arg(long)]
    as_of: Option<String>,
    /// Protected columns that stay model inputs, or "all": for like-with-like benchmarks, recorded in the artifact.
    /// A suspected leak stays only by its own name.
    #[arg(long, value_delimiter = ',')]
    permit: Vec<String>,
    /// The model's name; "risk" unless something else is said.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    filed: Filed,
    /// The artifact to write; beside it go the other score bands, NAME.bands.json, and the run's record, NAME.run.json.
    #[arg(long)]
    out: PathBuf,
}

impl Risk {
    /// What the specification says, and over it the options.
    fn plan(&self) -> Result<Plan, Fault> {
        let mut spec = match &self.spec {
            None => Spec::default(),
            Some(path) => {
                let text = String::from_utf8(files::read(path)?)
                    .map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?;
                Spec::parse(&text).map_err(|error| Fault::Usage(format!("{} {error}", path.display())))?
            }
        };
        spec.name = self.name.clone().or(spec.name);
        spec.positive = self.positive.clone().or(spec.positive);
        spec.seed = self.seed.or(spec.seed);
        spec.folds = self.folds.or(spec.folds);
        spec.cutoffs = self.cutoffs.clone().or(spec.cutoffs);
        let as_of: Option<Result<Date, _>> = self.as_of.as_ref().map(|given| given.parse());
        let row_date = self.as_of.clone().filter(|_| as_of.as_ref().is_some_and(Result::is_err));
        spec.as_of = as_of.and_then(Result::ok).or(spec.as_of);
        spec.drop.extend_from_slice(&self.drop);
        let target = self.target.clone().or(spec.target.take());
        let target = target.ok_or_else(|| Fault::Usage("neither --target nor --spec names a target".to_owned()))?;
        let permit = if self.permit == ["all"] { Permit::All } else { Permit::Named(self.permit.clone()) };
        let (learner, trials, threads) = (self.learner, self.tune, threads());
        let classes = if self.balanced { Classes::Balanced } else { Classes::AsTheyAre };
        let weight = self.weight.clone();
        let plan = Plan { learner, trials, threads, row_date, weight, classes, ..spec.plan(&target, permit) };
        let folds = match (&self.folds_file, &self.time_column, plan.folds) {
            (Some(path), ..) => Folds::Given(read_folds(path)?),
            (None, Some(column), Folds::Stratified(windows)) => {
                Folds::InTime { column: column.clone(), windows, held_out_percent: self.hold_out }
            }
            (_, _, folds) => folds,
        };
        let columns = match &self.parent {
            Some(path) => {
                let (parent, sha256) = Model::decode(&files::read(path)?)
                    .map_err(|error| Fault::Artifact(format!("{}: {error}", path.display())))?;
                Columns::Continued { parent: Box::new(parent), sha256 }
            }
            None => plan.columns,
        };
        Ok(Plan { folds, columns, ..plan })
    }
}

impl Train {
    pub(crate) fn run(self) -> Done {
        let Train::Risk(asked) = self;
        let plan = asked.plan()?;
        let mut run = Recorder::start(asked.filed, &plan.name, &asked.data)?;
        let table = read_table(&asked.data)?;
        run.planned(&plan, &table);
        let trained = fit(&table, plan)?;
        run.trained();
        let written = write(&trained, &asked.out)?;
        let record = run.written(&trained, &asked.out, written)?;
        let metrics = trained.model.metrics();
        let lines = std::iter::once(format!("{}: {}", asked.out.display(), written)).chain(metrics.map(quality));
        Ok(Report::new(
            lines.collect(),
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

/// As many threads as the machine runs at once.
pub(crate) fn threads() -> u16 {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(64) as u16)
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
    let (mut tenth, mut n_trials) = (0, 0);
    loop {
        let state = fit.step(25);
        let trials = fit.trials();
        trials[n_trials..].iter().for_each(|trial| progress(&trial_line(trial)));
        n_trials = trials.len();
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

/// A trial as a line of the live table.
fn trial_line(trial: &TrialSummary) -> String {
    let Settings { depth, learning_rate, lambda, min_child_weight, row_share, column_share, .. } = trial.settings;
    format!(
        "trial: held-out loss {:.5}, {:3} trees, depth {depth}, rate {learning_rate:.3}, lambda {lambda:.2}, \
         child weight {min_child_weight:.2}, rows {row_share:.2}, columns {column_share:.2}",
        trial.log_loss, trial.trees
    )
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

//! `import`: another library's model becomes an artifact.

use crate::report::{Fault, Report, progress};
use crate::score::{columns, values};
use crate::train::read_table;
use crate::{Done, files};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use underglass_engine::application::check_row;
use underglass_engine::artifact::{Model, ModelFile, Parity};
use underglass_engine::explain::Explainer;
use underglass_engine::features::FeatureVector;
use underglass_engine::import::{Import as Imported, ImportError, lightgbm, onnx, xgboost};
use underglass_engine::model::general::Sum;
use underglass_engine::model::{Ensemble, Link};
use underglass_engine::seal::{self, Digest};
use underglass_engine::table::Table;
use underglass_learn::spec::Spec;
use underglass_learn::{LearnError, imported, labels};

/// Cut-offs whose score bands the artifact carries unless the spec says others.
const CUT_OFFS: [i16; 1] = [640];
/// The largest difference of a margin from the library's own.
const MOST_DIFFERENCE: f64 = 1e-6;
/// The column of a parity file with the library's margins.
const MARGIN: &str = "margin";

/// Make an artifact of another library's model.
#[derive(Subcommand)]
pub(crate) enum Import {
    /// XGBoost, model.json or model.ubj: gbtree and dart with one output.
    Xgboost(Asked),
    /// LightGBM, the text of save_model: boosting, dart and rf with one output.
    Lightgbm(Asked),
    /// ONNX-ML as skl2onnx writes it: a tree ensemble or a linear model with one output.
    Onnx(Asked),
}

#[derive(Args)]
pub(crate) struct Asked {
    /// The library's file.
    model: PathBuf,
    /// The artifact to write.
    #[arg(long)]
    out: PathBuf,
    /// A TOML file with what is known about columns and model: names, labels, units, roles, directions, families.
    #[arg(long)]
    spec: Option<PathBuf>,
    /// The names of the columns, for a file that has none; without it those of --reference or --parity, in their order.
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
    /// Rows that scores are explained against: they become counts, bins and ranges. Without them there are no reasons.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// With --reference: the column of outcomes, to which the margins are calibrated.
    #[arg(long, requires = "reference")]
    target: Option<String>,
    /// Its value for a bad outcome.
    #[arg(long, requires = "target")]
    positive: Option<String>,
    /// Rows with the library's own margins in the column "margin": a difference above 1e-6 is refused. Without them the
    /// artifact says that it is unverified.
    #[arg(long)]
    parity: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(self) -> Done {
        match self {
            Import::Xgboost(asked) => asked.import(xgboost::read),
            Import::Lightgbm(asked) => asked.import(lightgbm::read),
            Import::Onnx(asked) => asked.import(onnx::read),
        }
    }
}

impl Asked {
    fn import(self, read: fn(&[u8]) -> Result<Imported, ImportError>) -> Done {
        let refused = |error: &dyn std::fmt::Display| Fault::Artifact(format!("{}: {error}", self.model.display()));
        let bytes = files::read(&self.model)?;
        let mut import = read(&bytes).map_err(|error| refused(&error))?;
        let spec = self.spec()?;
        let reference = self.reference.as_deref().map(read_table).transpose()?;
        let parity = self.parity.as_deref().map(read_table).transpose()?;
        self.name_columns(&mut import, [reference.as_ref(), parity.as_ref()])?;
        import.notes.iter().for_each(|note| progress(&format!("note: {note}")));

        let name = spec.name.clone().or_else(|| Some(self.out.file_stem()?.to_string_lossy().into_owned()));
        let name = name.filter(|name| !name.is_empty() && name != "-").unwrap_or_else(|| "imported".to_owned());
        let mut file = import.model_file(&name, Digest::of(&bytes)).map_err(|error| refused(&error))?;
        file = spec.describe(file).map_err(|error| Fault::Usage(format!("{}: {error}", shown(self.spec.as_ref()))))?;
        // Margins are compared before any calibration.
        let verified = parity.as_ref().map(|table| self.parity(&file, table)).transpose()?;
        let mut bands = None;
        if let Some(table) = &reference {
            let rows = self.rows(&file, table, self.reference.as_ref())?;
            if rows.is_empty() {
                return Err(Fault::Data(format!("{}: no row", shown(self.reference.as_ref()))));
            }
            if let Some(target) = &self.target {
                let outcomes = labels::read(table, target, self.positive.as_deref());
                let outcomes = outcomes.map_err(|error: LearnError| Fault::Data(error.to_string()))?;
                file = imported::calibrated(file, &rows, &outcomes.bad);
                file.target.column.clone_from(target);
                file.target.definition = format!("{target} is {}", outcomes.positive);
                file.target.positive = outcomes.positive;
            }
            let cut_offs = spec.cutoffs.as_deref().unwrap_or(&CUT_OFFS);
            let (described, others) =
                imported::with_reference(file, &rows, cut_offs).map_err(|error| refused(&error))?;
            (file, bands) = (described, Some(others));
        }
        if let Some(imported) = &mut file.lineage.imported {
            imported.parity = verified.unwrap_or(Parity::Unverified);
            imported.reference_sha256 = reference.as_ref().map(Table::sha256);
        }
        let model = Model::new(file).map_err(|error| refused(&error))?.with_probes(0);
        let bytes = model.encode();
        let (_, digest) = seal::open(&bytes)?;
        files::write(&self.out, &bytes)?;
        if let Some(bands) = bands.filter(|_| self.out != Path::new("-")) {
            files::write(&self.out.with_extension("bands.json"), &bands.encode())?;
        }
        Ok(self.report(&model, digest))
    }

    fn spec(&self) -> Result<Spec, Fault> {
        let Some(path) = &self.spec else { return Ok(Spec::default()) };
        let text = String::from_utf8(files::read(path)?)
            .map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?;
        Spec::parse(&text).map_err(|error| Fault::Usage(format!("{} {error}", path.display())))
    }

    /// Names the columns of a model whose file does not.
    fn name_columns(&self, import: &mut Imported, tables: [Option<&Table>; 2]) -> Result<(), Fault> {
        let n = import.features.len();
        let of_table = |table: &Table| -> Vec<String> {
            let target = self.target.as_deref();
            let is_feature = |name: &&String| Some(name.as_str()) != target && name.as_str() != MARGIN;
            table.names().iter().filter(is_feature).cloned().collect()
        };
        let names = match (&self.features[..], import.names_are_given) {
            ([], true) => return Ok(()),
            ([], false) => match tables.into_iter().flatten().map(of_table).find(|names| names.len() == n) {
                Some(names) => names,
                None => {
                    let (first, last) = ("f0", n.saturating_sub(1));
                    progress(&format!("note: the file names no columns: they are {first} to f{last}"));
                    return Ok(());
                }
            },
            (names, _) => names.to_vec(),
        };
        if names.len() != n {
            return Err(Fault::Usage(format!("--features names {} columns; the model reads {n}", names.len())));
        }
        import.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name = name);
        Ok(())
    }

    fn rows(&self, file: &ModelFile, table: &Table, path: Option<&PathBuf>) -> Result<Vec<FeatureVector>, Fault> {
        let schema = &file.schema;
        let columns = columns(schema, table)?;
        let absent = schema.inputs().iter().zip(&columns).find(|(_, column)| column.is_none());
        if let Some((input, _)) = absent {
            let found = table.names().join(", ");
            return Err(Fault::Data(format!("{}: the header lacks {}; found {found}", shown(path), input.name)));
        }
        let row = |row: usize| {
            let checked = check_row(schema.inputs(), values(schema, table, &columns, row));
            let at = || format!("{} line {}", shown(path), table.line(row));
            checked
                .map(|application| schema.features_of(&application))
                .map_err(|error| Fault::Data(format!("{}: {error}", at())))
        };
        (0..table.n_rows()).map(row).collect()
    }

    /// Compares margins with the library's own.
    fn parity(&self, file: &ModelFile, table: &Table) -> Result<Parity, Fault> {
        let path = shown(self.parity.as_ref());
        let column = table.column(MARGIN).ok_or_else(|| {
            Fault::Data(format!("{path}: the header lacks {MARGIN}; found {}", table.names().join(", ")))
        })?;
        let is_single = matches!(&file.ensemble, Ensemble::General(model) if model.sum == Sum::F32);
        let mut worst = (0.0_f64, 0, 0.0, 0.0);
        for (row, vector) in self.rows(file, table, self.parity.as_ref())?.iter().enumerate() {
            let cell = table.cell(row, column);
            let expected = cell.parse::<f64>().ok().filter(|margin| margin.is_finite()).ok_or_else(|| {
                Fault::Data(format!("{path} line {}: {MARGIN} is {cell:?}; expected a number", table.line(row)))
            })?;
            // A library that adds in single precision may print no more digits than that has.
            let expected = if is_single { f64::from(expected as f32) } else { expected };
            let found = file.ensemble.margin(vector);
            let difference = (found - expected).abs();
            if difference > worst.0 {
                worst = (difference, table.line(row), found, expected);
            }
        }
        let (difference, line, found, expected) = worst;
        if table.n_rows() == 0 {
            return Err(Fault::Data(format!("{path}: no row to compare")));
        }
        if difference > MOST_DIFFERENCE {
            return Err(Fault::Artifact(format!(
                "{}: the margin of {path} line {line} is {found}, the library says {expected}: {difference:e} apart, at most \
                 {MOST_DIFFERENCE:e} is accepted",
                self.model.display()
            )));
        }
        let rows = table.n_rows() as u64;
        Ok(Parity::Verified { data_sha256: table.sha256(), rows, largest_difference: difference })
    }

    fn report(&self, model: &Model, digest: Digest) -> Report {
        let file = model.file();
        let Some(imported) = &file.lineage.imported else { return Report::new(Vec::new(), json!({})) };
        let parity = match &imported.parity {
            Parity::Unverified => "unverified: compare it with the library's margins by --parity".to_owned(),
            Parity::Verified { rows, largest_difference, .. } => {
                format!("verified on {rows} rows, largest difference of a margin {largest_difference:e}")
            }
        };
        let explains = match (&file.populations, Explainer::of_library(&file.ensemble)) {
            (Some(populations), _) => format!("explains against {} reference rows", populations.all.rows),
            (None, Some(_)) => {
                "explains by the path-dependent game and gives no reasons: there is no reference population".to_owned()
            }
            (None, None) => {
                "explains nothing and gives no reasons: neither file nor command names a population".to_owned()
            }
        };
        let decides = match file.calibration.link {
            Link::Identity => "its margin is no log-odds: it scores, and decides only after --reference with --target",
            Link::Logistic | Link::Steep(_) => "its margin is log-odds",
        };
        let lines = vec![
            format!("{}: {digest}", self.out.display()),
            format!("{}, {}: {} columns", imported.from, imported.objective, file.schema.features().len()),
            parity,
            explains,
            decides.to_owned(),
        ];
        let object = json!({
            "artifact": self.out,
            "sha256": digest.to_string(),
            "imported": imported,
            "calibration": file.calibration,
            "columns": file.schema.features().iter().map(|feature| &feature.name).collect::<Vec<_>>(),
            "reference_rows": file.populations.as_ref().map(|populations| populations.all.rows),
        });
        Report::new(if self.out == Path::new("-") { Vec::new() } else { lines }, object)
    }
}

fn shown(path: Option<&PathBuf>) -> String {
    path.map_or_else(String::new, |path| path.display().to_string())
}

//! A specification: what a person says about a table and a model, over what would be inferred.
//!
//! ```toml
//! name = "german"
//! target = "creditability"
//! positive = "bad"
//! drop = ["telephone"]
//! weight = "times"                # a column that says how much each row counts
//! columns = "inferred"            # or "listed": nothing but the inputs and features below
//!
//! [settings]
//! trees = 100
//!
//! [[inputs]]
//! name = "credit_amount"
//! label = "Amount of the loan"
//! unit = "DM"
//! min = 0
//! action = { direction = "down", step = 100, cost_per_step = 1 }
//!
//! [[features]]
//! name = "amount_a_month"
//! from = { ratio = [{ input = "credit_amount" }, { input = "duration_in_month" }] }
//! direction = "increasing"
//! family = "burden"
//! ```

use crate::boost::Settings;
use crate::infer::{Inferred, category, feature, input, number};
use crate::plan::{Columns, Folds, Permit, Plan};
use crate::profile::{self, Numbers, Profile, Shape};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use underglass_engine::application::{Action, FormValue, Input, InputKind, Level, Permitted, Personal, Role};
use underglass_engine::artifact::ModelFile;
use underglass_engine::features::{Direction, Expr, Feature, Schema, SchemaError};
use underglass_engine::table::Table;
use underglass_engine::units::Date;

/// A file of specifications; what it does not say is inferred or has its default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The model's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it may be used for.
    pub intended_use: Option<String>,
    /// The column to predict.
    pub target: Option<String>,
    /// Its value for a bad outcome.
    pub positive: Option<String>,
    /// What counts as bad, in words.
    pub definition: Option<String>,
    /// Months in which it counts.
    pub window_months: Option<u16>,
    /// A column that says how much each row counts; it is no input.
    pub weight: Option<String>,
    /// Of every random choice.
    pub seed: Option<u64>,
    /// The number of folds.
    pub folds: Option<u16>,
    /// Cut-offs in shown points whose reference bands the artifact carries.
    pub cutoffs: Option<Vec<i16>>,
    /// Date of the data.
    pub as_of: Option<Date>,
    /// Columns that are left out.
    pub drop: Vec<String>,
    /// What becomes of columns that stand in no list below.
    pub columns: Unlisted,
    /// Of the boosting.
    pub settings: Option<Settings>,
    /// Fields of an application.
    pub inputs: Vec<InputSpec>,
    /// Columns of the model.
    pub features: Vec<FeatureSpec>,
    /// Byte offsets of the file's line ends.
    #[serde(skip)]
    line_ends: Vec<usize>,
}

/// What becomes of columns that stand in no list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// They are inferred.
    #[default]
    Inferred,
    /// They are left out; so are features, once one is listed.
    Listed,
}

/// What is said about an input.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `Input` and `InputKind`")]
pub struct InputSpec {
    pub name: Spanned<String>,
    pub label: Option<String>,
    pub unit: Option<String>,
    pub kind: Option<Kind>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub step: Option<f64>,
    pub whole: Option<bool>,
    pub levels: Option<Vec<LevelSpec>>,
    pub optional: Option<bool>,
    pub permitted: Option<Permitted>,
    pub personal: Option<Personal>,
    pub role: Option<Role>,
    pub action: Option<Action>,
    pub typical: Option<FormValue>,
}

/// The type of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Number,
    Category,
    Date,
}

/// A level: its text in the data, or that with what a person reads.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum LevelSpec {
    /// The text in the data.
    Name(String),
    /// With a label.
    Labelled(Level),
}

/// What is said about a feature.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `Feature`")]
pub struct FeatureSpec {
    pub name: Spanned<String>,
    pub label: Option<String>,
    pub from: Option<Expr>,
    pub direction: Option<Direction>,
    pub family: Option<String>,
}

/// Why a specification was refused. Lines count from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpecError {
    /// No TOML, or a member that does not exist or has another type.
    #[error("line {line}: {what}")]
    Toml {
        /// The line.
        line: usize,
        /// What the reader says.
        what: String,
    },
    /// An input without a column.
    #[error("line {line}: the data has no column {name:?}")]
    NoColumn {
        /// The line.
        line: usize,
        /// The input.
        name: String,
    },
    /// An input whose type is not inferred and not said.
    #[error("line {line}: input {name:?} would be left out; say its kind: number, category or date")]
    NoKind {
        /// The line.
        line: usize,
        /// The input.
        name: String,
    },
    /// A member that inputs of this type do not have.
    #[error("line {line}: input {name:?} is a {kind} and has no {member}")]
    NotOfThisKind {
        /// The line.
        line: usize,
        /// The input.
        name: String,
        /// Its type.
        kind: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A feature that is neither an input nor derived.
    #[error("line {line}: feature {name:?} is no input that a model may read; say what it is derived from")]
    NoDerivation {
        /// The line.
        line: usize,
        /// The feature.
        name: String,
    },
    /// A member that only a model that is trained here can follow.
    #[error("{member:?} says how to train a model, and this one is imported")]
    OfTraining {
        /// The member.
        member: &'static str,
    },
    /// An input or a feature that makes no sense.
    #[error("line {line}: {source}")]
    Schema {
        /// The line.
        line: usize,
        /// What is wrong.
        source: SchemaError,
    },
}

impl Spec {
    /// Reads TOML.
    ///
    /// # Errors
    /// [`SpecError::Toml`].
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let line_ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        match toml::from_str::<Spec>(text) {
            Ok(spec) => Ok(Self { line_ends, ..spec }),
            Err(error) => {
                let line = line_of(&line_ends, error.span().map_or(0, |span| span.start));
                Err(SpecError::Toml { line, what: error.message().to_owned() })
            }
        }
    }

    /// The plan that the specification makes of a target; what it does not say has its default.
    pub fn plan(self, target: &str, permit: Permit) -> Plan {
        let plan = Plan::new(target);
        Plan {
            name: self.name.clone().unwrap_or(plan.name),
            version: self.version.clone().unwrap_or(plan.version),
            intended_use: self.intended_use.clone().unwrap_or(plan.intended_use),
            positive: self.positive.clone(),
            definition: self.definition.clone(),
            window_months: self.window_months,
            settings: self.settings.unwrap_or(plan.settings),
            folds: self.folds.map_or(plan.folds, Folds::Stratified),
            weight: self.weight.clone(),
            seed: self.seed.unwrap_or(plan.seed),
            as_of: self.as_of,
            cut_offs: self.cutoffs.clone().unwrap_or(plan.cut_offs),
            columns: Columns::Specified { drop: self.drop.clone(), permit, spec: Box::new(self) },
            ..plan
        }
    }

    /// The columns of a table that the specification leaves out beside those it drops.
    pub fn unlisted(&self, table: &Table) -> Vec<String> {
        let listed: Vec<usize> = self.inputs.iter().filter_map(|input| table.column(input.name.get_ref())).collect();
        match self.columns {
            Unlisted::Inferred => Vec::new(),
            Unlisted::Listed => {
                let names = table.names().iter().enumerate().filter(|(column, _)| !listed.contains(column));
                names.map(|(_, name)| name.clone()).collect()
            }
        }
    }

    /// Changes what an imported model's file says of its columns. What they are is the other library's: a spec gives them names
    /// for people, limits, roles, directions and families, and the model its own. What says how to train is refused.
    ///
    /// # Errors
    /// [`SpecError`] of a column that the model does not read, or of a member that an import cannot take.
    pub fn describe(&self, mut file: ModelFile) -> Result<ModelFile, SpecError> {
        let of_training = [
            ("weight", self.weight.is_some()),
            ("seed", self.seed.is_some()),
            ("folds", self.folds.is_some()),
            ("as_of", self.as_of.is_some()),
            ("drop", !self.drop.is_empty()),
            ("columns", self.columns != Unlisted::Inferred),
            ("settings", self.settings.is_some()),
            ("kind", self.inputs.iter().any(|said| said.kind.is_some())),
            ("permitted", self.inputs.iter().any(|said| said.permitted.is_some())),
            ("from", self.features.iter().any(|said| said.from.is_some())),
        ];
        if let Some((member, _)) = of_training.into_iter().find(|(_, is_said)| *is_said) {
            return Err(SpecError::OfTraining { member });
        }
        let (mut inputs, mut features) = (file.schema.inputs().to_vec(), file.schema.features().to_vec());
        for said in &self.inputs {
            let (line, name) = (self.line(&said.name), said.name.get_ref());
            let input = inputs.iter_mut().find(|input| input.name == *name);
            let input = input.ok_or_else(|| SpecError::NoColumn { line, name: name.clone() })?;
            self.apply_members(said, input)?;
        }
        for said in &self.features {
            let (line, name) = (self.line(&said.name), said.name.get_ref());
            let feature = features.iter_mut().find(|feature| feature.name == *name);
            let feature = feature.ok_or_else(|| SpecError::NoColumn { line, name: name.clone() })?;
            said.name_for_people(feature);
        }
        let line = self.inputs.first().map_or(1, |said| self.line(&said.name));
        file.schema = Schema::new(inputs, features).map_err(|source| SpecError::Schema { line, source })?;
        file.version = self.version.clone().unwrap_or(file.version);
        file.intended_use = self.intended_use.clone().unwrap_or(file.intended_use);
        file.target.column = self.target.clone().unwrap_or(file.target.column);
        file.target.positive = self.positive.clone().unwrap_or(file.target.positive);
        file.target.definition = self.definition.clone().unwrap_or(file.target.definition);
        file.target.window_months = self.window_months.or(file.target.window_months);
        Ok(file)
    }

    /// Changes what was inferred to what is said.
    ///
    /// # Errors
    /// Every [`SpecError`] but `Toml`.
    pub fn apply(&self, table: &Table, mut found: Inferred) -> Result<Inferred, SpecError> {
        for said in &self.inputs {
            self.apply_input(table, said, &mut found)?;
        }
        found.inputs.sort_by_key(|input| table.column(&input.name));
        let inferred = std::mem::take(&mut found.features);
        let only_listed = self.columns == Unlisted::Listed && !self.features.is_empty();
        let is_listed = |feature: &Feature| self.features.iter().any(|said| *said.name.get_ref() == feature.name);
        let (mut overridden, kept): (Vec<_>, Vec<_>) = inferred.into_iter().partition(is_listed);
        found.features = if only_listed { Vec::new() } else { kept };
        for said in &self.features {
            let name = said.name.get_ref();
            let line = self.line(&said.name);
            let of_input = overridden.iter().position(|feature| feature.name == *name).map(|at| overridden.remove(at));
            let mut feature = match (of_input, &said.from) {
                (Some(feature), _) => feature,
                (None, Some(_)) => feature(name),
                (None, None) => return Err(SpecError::NoDerivation { line, name: name.clone() }),
            };
            feature.from = said.from.clone().unwrap_or(feature.from);
            said.name_for_people(&mut feature);
            let schema = Schema::new(found.inputs.clone(), vec![feature.clone()]);
            schema.map_err(|source| SpecError::Schema { line, source })?;
            found.features.push(feature);
        }
        Ok(found)
    }

    fn apply_input(&self, table: &Table, said: &InputSpec, found: &mut Inferred) -> Result<(), SpecError> {
        let line = self.line(&said.name);
        let column = table
            .column(said.name.get_ref())
            .ok_or_else(|| SpecError::NoColumn { line, name: said.name.get_ref().clone() })?;
        let name = table.names()[column].clone();
        let inferred = found.inputs.iter().position(|input| input.name == name).map(|at| found.inputs.remove(at));
        let fits = |input: &Input| said.kind.is_none_or(|kind| kind == kind_of(&input.kind));
        let mut input = match (inferred.filter(fits), said.kind) {
            (Some(input), _) => input,
            (None, Some(kind)) => {
                let profile = Profile::of(table, column);
                let (kind, typical) = read_as(kind, table, column, &profile);
                input(&name, kind, typical, profile.missing > 0)
            }
            (None, None) => return Err(SpecError::NoKind { line, name }),
        };
        self.apply_members(said, &mut input)?;
        if said.permitted == Some(Permitted::Model) && input.permitted == Permitted::AuditOnly {
            found.permitted_by_request.push(name.clone());
        }
        input.permitted = said.permitted.unwrap_or(input.permitted);
        let is_own = |feature: &Feature| feature.from == Expr::Input(name.clone());
        if input.permitted != Permitted::Model {
            found.features.retain(|feature| !is_own(feature));
        } else if input.kind != InputKind::Date && !found.features.iter().any(is_own) {
            found.features.push(feature(&name));
        }
        Schema::new(vec![input.clone()], Vec::new()).map_err(|source| SpecError::Schema { line, source })?;
        found.notes.retain(|note| !note.starts_with(&format!("{name}: left out")));
        found.inputs.push(input);
        Ok(())
    }

    /// Members that do not depend on data.
    fn apply_members(&self, said: &InputSpec, input: &mut Input) -> Result<(), SpecError> {
        let (line, name) = (self.line(&said.name), said.name.get_ref());
        let not_of_this_kind = |kind, member| SpecError::NotOfThisKind { line, name: name.clone(), kind, member };
        match &mut input.kind {
            InputKind::Number { min, max, step, whole } => {
                *min = said.min.or(*min);
                *max = said.max.or(*max);
                *step = said.step.unwrap_or(*step);
                *whole = said.whole.unwrap_or(*whole);
            }
            _ if said.min.is_some() || said.max.is_some() => return Err(not_of_this_kind("text or date", "range")),
            _ if said.step.is_some() || said.whole.is_some() => return Err(not_of_this_kind("text or date", "grid")),
            _ => {}
        }
        match (&mut input.kind, &said.levels) {
            (InputKind::Category { levels }, Some(said)) => *levels = said.iter().map(LevelSpec::level).collect(),
            (_, Some(_)) => return Err(not_of_this_kind("number or date", "levels")),
            (_, None) => {}
        }
        let InputSpec { label, unit, optional, personal, role, action, typical, .. } = said.clone();
        input.label = label.unwrap_or_else(|| input.label.clone());
        input.unit = unit.unwrap_or_else(|| input.unit.clone());
        input.optional = optional.unwrap_or(input.optional);
        input.personal = personal.unwrap_or(input.personal);
        input.role = role.or(input.role);
        input.action = action.unwrap_or(input.action);
        input.typical = typical.unwrap_or_else(|| input.typical.clone());
        Ok(())
    }

    fn line(&self, name: &Spanned<String>) -> usize {
        line_of(&self.line_ends, name.span().start)
    }
}

impl FeatureSpec {
    fn name_for_people(&self, feature: &mut Feature) {
        feature.label = self.label.clone().unwrap_or_else(|| feature.label.clone());
        feature.direction = self.direction.unwrap_or(feature.direction);
        feature.family = self.family.clone().unwrap_or_else(|| feature.family.clone());
    }
}

impl LevelSpec {
    fn level(&self) -> Level {
        match self {
            LevelSpec::Name(name) => Level { name: name.clone(), label: name.clone() },
            LevelSpec::Labelled(level) => level.clone(),
        }
    }
}

fn line_of(line_ends: &[usize], at: usize) -> usize {
    1 + line_ends.partition_point(|end| *end < at)
}

fn kind_of(kind: &InputKind) -> Kind {
    match kind {
        InputKind::Number { .. } => Kind::Number,
        InputKind::Category { .. } => Kind::Category,
        InputKind::Date => Kind::Date,
    }
}

/// A column's cells taken for a type that was not inferred.
fn read_as(kind: Kind, table: &Table, column: usize, profile: &Profile) -> (InputKind, FormValue) {
    let there = || table.cells(column).filter(|cell| !cell.is_empty());
    match kind {
        Kind::Number => match &profile.shape {
            Shape::Number(numbers) => number(numbers),
            _ => number(&Numbers::of(there())),
        },
        Kind::Category => {
            let mut levels = BTreeMap::new();
            there().for_each(|cell| *levels.entry(cell.to_owned()).or_default() += 1);
            category(&levels)
        }
        Kind::Date => {
            let mut days: Vec<Date> = there().filter_map(profile::day).collect();
            days.sort_unstable();
            let middle = days.get(days.len() / 2).map_or(FormValue::Missing, |day| FormValue::Text(day.to_string()));
            (InputKind::Date, middle)
        }
    }
}

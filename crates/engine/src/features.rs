//! What the model sees: features, each an input or a derivation from a closed list.
//!
//! One function evaluates them in training and in serving, so the two cannot differ.

pub(crate) mod interval;

use crate::application::{Application, Input, InputKind, ModelInput, Permitted, Value};
use crate::table::{Block, Values};
use crate::units::Date;
use interval::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An expression over inputs. `L` is a name in files and a checked index once the schema is validated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr<L = String> {
    /// An input itself.
    Input(L),
    /// First over second.
    Ratio(Box<Expr<L>>, Box<Expr<L>>),
    /// First minus second.
    Difference(Box<Expr<L>>, Box<Expr<L>>),
    /// Sum of all.
    Sum(Vec<Expr<L>>),
    /// Product of all.
    Product(Vec<Expr<L>>),
    /// Limited to a range.
    Clip(Box<Expr<L>>, f64, f64),
    /// `ln(1 + x)`.
    Log1p(Box<Expr<L>>),
    /// Whole months from the first date to the second.
    MonthsBetween(L, L),
    /// 1 when the input is missing, else 0.
    IsMissing(L),
    /// Monthly payment of an annuity: principal, yearly rate as a fraction, term in months.
    AnnuityPayment(Box<Expr<L>>, f64, Box<Expr<L>>),
}

/// The sign of a feature's effect on risk that the model must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Risk never falls when the feature rises.
    Increasing,
    /// Risk never rises when the feature rises.
    Decreasing,
    /// Unconstrained.
    Free,
}

/// One column of the model's input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The column's name.
    pub name: String,
    /// What a person reads.
    pub label: String,
    /// Where the value comes from.
    pub from: Expr,
    /// The monotone direction.
    pub direction: Direction,
    /// The reason family that its contribution counts toward.
    pub family: String,
    /// For a categorical input: its levels in the learned order; the feature's value is the position. Else empty.
    pub levels: Vec<LevelEffect>,
    /// 0.1 % and 99.9 % quantiles of the training rows: outside of them is outside experience. `None` when no row had a value.
    pub range: Option<(f64, f64)>,
    /// Median of the reference population.
    pub median: Option<f64>,
}

/// A level and its smoothed share of bad outcomes, by which levels are ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelEffect {
    /// The level's name in data.
    pub level: String,
    /// Smoothed target mean.
    pub mean: f64,
}

/// A validated schema: inputs, features and how each is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SchemaFile", into = "SchemaFile")]
pub struct Schema {
    inputs: Vec<Input>,
    features: Vec<Feature>,
    compiled: Vec<Compiled>,
}

/// A schema as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaFile {
    /// Fields of an application.
    pub inputs: Vec<Input>,
    /// Columns of the model.
    pub features: Vec<Feature>,
}

#[derive(Clone, Debug, PartialEq)]
enum Compiled {
    /// A number from an expression.
    Number(Expr<ModelInput>),
    /// The rank of a category's level, by position of the level in the input.
    Rank(ModelInput, Vec<Option<u16>>),
}

/// Why a schema was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SchemaError {
    /// Two inputs or two features share a name, or a name is empty.
    #[error("the name {0:?} is empty or used twice")]
    Name(String),
    /// A feature reads an input that does not exist or may not reach a model.
    #[error("feature {feature:?} reads {input:?}, which is not an input that a model may read")]
    NotReadable {
        /// The feature.
        feature: String,
        /// The input it names.
        input: String,
    },
    /// An expression uses an input of the wrong type.
    #[error("feature {feature:?} needs {expected}, but input {input:?} is not one")]
    WrongType {
        /// The feature.
        feature: String,
        /// The input.
        input: String,
        /// The needed type.
        expected: &'static str,
    },
    /// More inputs or features than a model may have.
    #[error("{found} {what}; at most {most} are supported")]
    TooMany {
        /// Inputs or features.
        what: &'static str,
        /// How many were found.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// A number in the schema is not finite or a range is empty.
    #[error("{0:?} has a number or a range that makes no sense")]
    Number(String),
}

/// The most inputs or features that a schema may have.
pub const MOST_COLUMNS: usize = 4096;

impl TryFrom<SchemaFile> for Schema {
    type Error = SchemaError;
    fn try_from(file: SchemaFile) -> Result<Self, SchemaError> {
        Schema::new(file.inputs, file.features)
    }
}

impl From<Schema> for SchemaFile {
    fn from(schema: Schema) -> SchemaFile {
        SchemaFile { inputs: schema.inputs, features: schema.features }
    }
}

/// The features of one application, in the schema's order; `None` is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureVector(pub Vec<Option<f64>>);

impl Schema {
    /// Validates inputs and features.
    ///
    /// # Errors
    /// [`SchemaError`] names the first thing that is wrong.
    pub fn new(inputs: Vec<Input>, features: Vec<Feature>) -> Result<Self, SchemaError> {
        for (what, found) in [("inputs", inputs.len()), ("features", features.len())] {
            if found > MOST_COLUMNS {
                return Err(SchemaError::TooMany { what, found, most: MOST_COLUMNS });
            }
        }
        unique(inputs.iter().map(|input| &input.name))?;
        unique(features.iter().map(|feature| &feature.name))?;
        for input in &inputs {
            check_input(input)?;
        }
        let compiled = features.iter().map(|feature| compile(&inputs, feature)).collect::<Result<_, _>>()?;
        Ok(Self { inputs, features, compiled })
    }

    /// The fields of an application.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The columns of the model.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Position of an input by name.
    pub fn input_index(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|input| input.name == name)
    }

    /// Position of a feature by name.
    pub fn feature_index(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature.name == name)
    }

    /// Computes every feature of an application. A non-finite result is missing.
    pub fn features_of(&self, application: &Application) -> FeatureVector {
        FeatureVector(
            self.compiled
                .iter()
                .map(|compiled| match compiled {
                    Compiled::Number(expr) => Some(expr.eval(application)).filter(|value| !value.is_nan()),
                    Compiled::Rank(input, ranks) => match application.model_value(*input) {
                        Some(Value::Level(level)) => ranks[usize::from(*level)].map(f64::from),
                        _ => None,
                    },
                })
                .collect(),
        )
    }

    /// Computes every feature of a block of checked rows: column-major, rows within features; NaN is missing.
    ///
    /// The columns of the block are those of the inputs' [`selection`](crate::application::selection).
    pub fn features_of_block(&self, block: &Block) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.features.len() * block.n_rows());
        for compiled in &self.compiled {
            match compiled {
                Compiled::Number(expr) => values.extend(expr.eval(block)),
                Compiled::Rank(input, ranks) => {
                    match &block.columns[input.index()].values {
                        Values::Levels(levels) => values.extend(levels.iter().map(|level| {
                            level.and_then(|level| ranks[usize::from(level)]).map_or(f64::NAN, f64::from)
                        })),
                        _ => values.resize(values.len() + block.n_rows(), f64::NAN),
                    }
                }
            }
        }
        values
    }

    /// Whether a feature is an input whose limits admit infinities.
    pub fn admits_infinity(&self, feature: usize) -> bool {
        let Compiled::Number(Expr::Input(input)) = &self.compiled[feature] else { return false };
        let limits = |kind: &InputKind| match kind {
            InputKind::Number { min, max, .. } => (*min, *max) == (Some(f64::MIN), Some(f64::MAX)),
            _ => false,
        };
        limits(&self.inputs[input.index()].kind)
    }

    /// The values of a feature over intervals of its inputs, which are all there; `None` when it is no number or may be
    /// missing. Rounding is allowed for.
    pub(crate) fn range_of(&self, feature: usize, input: &dyn Fn(usize) -> Interval) -> Option<Interval> {
        let Compiled::Number(expr) = &self.compiled[feature] else { return None };
        let of = |input_of: &ModelInput| input(input_of.index());
        let Interval { low, high } = interval::range(expr, &of);
        let slack = match expr {
            Expr::Input(_) => 0.0,
            _ => 1e-12,
        };
        let found = Interval { low: low - slack * low.abs(), high: high + slack * high.abs() };
        interval::is_there(expr, &of).then_some(found)
    }

    /// Positions of the inputs that a feature is computed from.
    pub fn inputs_of(&self, feature: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        match &self.compiled[feature] {
            Compiled::Number(expr) => expr.visit(&mut |input| {
                found.insert(input.index());
            }),
            Compiled::Rank(input, _) => {
                found.insert(input.index());
            }
        }
        found
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), SchemaError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() || !seen.insert(name) {
            return Err(SchemaError::Name(name.clone()));
        }
    }
    Ok(())
}

fn check_input(input: &Input) -> Result<(), SchemaError> {
    let sensible = match &input.kind {
        InputKind::Number { min, max, step, .. } => {
            min.is_none_or(f64::is_finite)
                && max.is_none_or(f64::is_finite)
                && step.is_finite()
                && *step > 0.0
                && min.zip(*max).is_none_or(|(min, max)| min <= max)
        }
        InputKind::Category { levels } => {
            unique(levels.iter().map(|level| &level.name))?;
            levels.len() <= usize::from(u16::MAX) && input.role.is_none()
        }
        InputKind::Date => input.role.is_none(),
    };
    let action = input.action.step.is_finite() && input.action.step > 0.0 && input.action.cost_per_step.is_finite();
    let role_is_usable = input.role.is_none() || input.permitted != Permitted::AuditOnly;
    if sensible && action && role_is_usable { Ok(()) } else { Err(SchemaError::Number(input.name.clone())) }
}

fn compile(inputs: &[Input], feature: &Feature) -> Result<Compiled, SchemaError> {
    let range_is_sensible = feature.range.is_none_or(|(low, high)| low.is_finite() && high.is_finite() && low <= high);
    if !range_is_sensible || feature.median.is_some_and(|median| !median.is_finite()) {
        return Err(SchemaError::Number(feature.name.clone()));
    }
    let resolve = |name: &String| {
        ModelInput::of(inputs, name)
            .ok_or_else(|| SchemaError::NotReadable { feature: feature.name.clone(), input: name.clone() })
    };
    if let Expr::Input(name) = &feature.from {
        let input = resolve(name)?;
        if let InputKind::Category { levels } = &inputs[input.index()].kind {
            unique(feature.levels.iter().map(|effect| &effect.level))?;
            let rank =
                |name: &str| feature.levels.iter().position(|effect| effect.level == name).map(|rank| rank as u16);
            return Ok(Compiled::Rank(input, levels.iter().map(|level| rank(&level.name)).collect()));
        }
    }
    let expr = feature.from.resolve(&resolve)?;
    check_types(inputs, &feature.name, &expr)?;
    Ok(Compiled::Number(expr))
}

fn check_types(inputs: &[Input], feature: &str, expr: &Expr<ModelInput>) -> Result<(), SchemaError> {
    let need = |input: ModelInput, expected: &'static str, fits: fn(&InputKind) -> bool| {
        let input = &inputs[input.index()];
        if fits(&input.kind) {
            Ok(())
        } else {
            Err(SchemaError::WrongType { feature: feature.to_owned(), input: input.name.clone(), expected })
        }
    };
    match expr {
        Expr::Input(input) => need(*input, "a number", |kind| matches!(kind, InputKind::Number { .. })),
        Expr::MonthsBetween(from, to) => {
            [*from, *to].into_iter().try_for_each(|input| need(input, "a date", |kind| *kind == InputKind::Date))
        }
        Expr::IsMissing(_) => Ok(()),
        Expr::Clip(_, low, high) if !(low <= high && low.is_finite() && high.is_finite()) => {
            Err(SchemaError::Number(feature.to_owned()))
        }
        Expr::AnnuityPayment(_, rate, _) if !(rate.is_finite() && *rate >= 0.0) => {
            Err(SchemaError::Number(feature.to_owned()))
        }
        other => other.parts().try_for_each(|part| check_types(inputs, feature, part)),
    }
}

impl<L> Expr<L> {
    /// The expressions directly inside.
    fn parts(&self) -> impl Iterator<Item = &Expr<L>> {
        let (pair, list): ([Option<&Expr<L>>; 2], &[Expr<L>]) = match self {
            Expr::Input(_) | Expr::MonthsBetween(..) | Expr::IsMissing(_) => ([None, None], &[]),
            Expr::Ratio(a, b) | Expr::Difference(a, b) | Expr::AnnuityPayment(a, _, b) => ([Some(a), Some(b)], &[]),
            Expr::Clip(a, ..) | Expr::Log1p(a) => ([Some(a), None], &[]),
            Expr::Sum(list) | Expr::Product(list) => ([None, None], list),
        };
        pair.into_iter().flatten().chain(list)
    }

    fn visit(&self, see: &mut impl FnMut(&L)) {
        match self {
            Expr::Input(input) | Expr::IsMissing(input) => see(input),
            Expr::MonthsBetween(from, to) => {
                see(from);
                see(to);
            }
            _ => {}
        }
        self.parts().for_each(|part| part.visit(see));
    }

    fn resolve<M, E>(&self, leaf: &impl Fn(&L) -> Result<M, E>) -> Result<Expr<M>, E> {
        let inner = |expr: &Expr<L>| expr.resolve(leaf).map(Box::new);
        let all = |list: &[Expr<L>]| list.iter().map(|expr| expr.resolve(leaf)).collect::<Result<Vec<_>, E>>();
        Ok(match self {
            Expr::Input(name) => Expr::Input(leaf(name)?),
            Expr::Ratio(a, b) => Expr::Ratio(inner(a)?, inner(b)?),
            Expr::Difference(a, b) => Expr::Difference(inner(a)?, inner(b)?),
            Expr::Sum(list) => Expr::Sum(all(list)?),
            Expr::Product(list) => Expr::Product(all(list)?),
            Expr::Clip(a, low, high) => Expr::Clip(inner(a)?, *low, *high),
            Expr::Log1p(a) => Expr::Log1p(inner(a)?),
            Expr::MonthsBetween(from, to) => Expr::MonthsBetween(leaf(from)?, leaf(to)?),
            Expr::IsMissing(name) => Expr::IsMissing(leaf(name)?),
            Expr::AnnuityPayment(principal, rate, term) => Expr::AnnuityPayment(inner(principal)?, *rate, inner(term)?),
        })
    }
}

/// Where an expression finds its inputs: in one application, or in a block of them. In a number NaN is missing.
trait Inputs {
    type Numbers: Numbers;
    fn number(&self, input: ModelInput) -> Self::Numbers;
    fn is_missing(&self, input: ModelInput) -> Self::Numbers;
    fn months_between(&self, from: ModelInput, to: ModelInput) -> Self::Numbers;
    fn constant(&self, number: f64) -> Self::Numbers;
}

/// One number, or a column of them.
trait Numbers {
    fn map(self, f: impl Fn(f64) -> f64) -> Self;
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self;
}

impl Numbers for f64 {
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        f(self)
    }

    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        f(self, other)
    }
}

impl Numbers for Vec<f64> {
    fn map(mut self, f: impl Fn(f64) -> f64) -> Self {
        self.iter_mut().for_each(|value| *value = f(*value));
        self
    }

    fn zip(mut self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        self.iter_mut().zip(other).for_each(|(value, other)| *value = f(*value, other));
        self
    }
}

impl Inputs for Application {
    type Numbers = f64;

    fn number(&self, input: ModelInput) -> f64 {
        match self.model_value(input) {
            Some(Value::Number(number)) => *number,
            _ => f64::NAN,
        }
    }

    fn is_missing(&self, input: ModelInput) -> f64 {
        f64::from(u8::from(self.model_value(input).is_none()))
    }

    fn months_between(&self, from: ModelInput, to: ModelInput) -> f64 {
        match (self.model_value(from), self.model_value(to)) {
            (Some(Value::Date(from)), Some(Value::Date(to))) => f64::from(from.months_until(*to)),
            _ => f64::NAN,
        }
    }

    fn constant(&self, number: f64) -> f64 {
        number
    }
}

impl Inputs for Block {
    type Numbers = Vec<f64>;

    fn number(&self, input: ModelInput) -> Vec<f64> {
        match &self.columns[input.index()].values {
            Values::Numbers(numbers) => numbers.clone(),
            _ => self.constant(f64::NAN),
        }
    }

    fn is_missing(&self, input: ModelInput) -> Vec<f64> {
        let column = &self.columns[input.index()];
        let missing = |row: usize| match &column.values {
            Values::Absent => true,
            Values::Numbers(values) => values[row].is_nan(),
            Values::Levels(values) => values[row].is_none() && column.other(row).is_none(),
            Values::Dates(values) => values[row].is_none(),
        };
        (0..self.n_rows()).map(|row| f64::from(u8::from(missing(row)))).collect()
    }

    fn months_between(&self, from: ModelInput, to: ModelInput) -> Vec<f64> {
        match [from, to].map(|input| &self.columns[input.index()].values) {
            [Values::Dates(from), Values::Dates(to)] => {
                let months = |(from, to): (&Option<Date>, &Option<Date>)| {
                    from.zip(*to).map_or(f64::NAN, |(from, to)| f64::from(from.months_until(to)))
                };
                from.iter().zip(to).map(months).collect()
            }
            _ => self.constant(f64::NAN),
        }
    }

    fn constant(&self, number: f64) -> Vec<f64> {
        vec![number; self.n_rows()]
    }
}

impl Expr<ModelInput> {
    /// The value, NaN where anything it needs is missing or where it is not finite.
    fn eval<I: Inputs>(&self, inputs: &I) -> I::Numbers {
        let fold = |list: &[Expr<ModelInput>], start: f64, join: fn(f64, f64) -> f64| {
            list.iter().fold(inputs.constant(start), |total, expr| total.zip(expr.eval(inputs), join))
        };
        let value = match self {
            Expr::Input(input) => inputs.number(*input),
            Expr::Ratio(a, b) => a.eval(inputs).zip(b.eval(inputs), |a, b| a / b),
            Expr::Difference(a, b) => a.eval(inputs).zip(b.eval(inputs), |a, b| a - b),
            Expr::Sum(list) => fold(list, 0.0, |sum, value| sum + value),
            Expr::Product(list) => fold(list, 1.0, |product, value| product * value),
            Expr::Clip(a, low, high) => a.eval(inputs).map(|a| a.clamp(*low, *high)),
            Expr::Log1p(a) => a.eval(inputs).map(libm::log1p),
            Expr::MonthsBetween(from, to) => inputs.months_between(*from, *to),
            Expr::IsMissing(input) => inputs.is_missing(*input),
            Expr::AnnuityPayment(principal, rate, term) => {
                let payment = |principal, term| annuity_payment(principal, rate / 12.0, term);
                principal.eval(inputs).zip(term.eval(inputs), payment)
            }
        };
        value.map(|value| if value.is_finite() { value } else { f64::NAN })
    }
}

/// The unrounded level payment `P·r / (1 − (1 + r)^−n)`, or `P / n` at rate zero.
pub fn annuity_payment(principal: f64, monthly_rate: f64, term: f64) -> f64 {
    if monthly_rate == 0.0 {
        principal / term
    } else {
        principal * monthly_rate / -libm::expm1(-term * libm::log1p(monthly_rate))
    }
}

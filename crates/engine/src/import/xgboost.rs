//! XGBoost's JSON and UBJSON files: gradient-boosted trees, with or without dropout, and boosted forests, of one output.
//!
//! XGBoost reads values in single precision and adds leaves to the base in single precision, tree after tree; thresholds
//! become the doubles at which that comparison turns, and the sum is the same. A category goes right when it is listed.
//!
//! Source: `xgboost/doc/model.schema` and `src/predictor/cpu_predictor.cc` of version 3.2.

use super::assemble::{Assembly, Foreign};
use super::{Accepts, Import, ImportError, boundary, features, ubjson};
use crate::model::general::{Combine, General, Sum};
use crate::model::{Calibration, Ensemble, Link, Predicate, Side};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The objectives whose margin is log-odds, and those whose margin is the prediction.
const LOGISTIC: [&str; 3] = ["binary:logistic", "binary:logitraw", "reg:logistic"];
const IDENTITY: [&str; 4] = ["reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:linear"];

#[derive(Deserialize)]
struct File {
    learner: Learner,
    #[serde(default)]
    version: Vec<u32>,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: Parameters,
    objective: Objective,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: Number,
    #[serde(default)]
    num_class: Option<Number>,
    num_feature: Number,
    #[serde(default)]
    num_target: Option<Number>,
}

/// XGBoost writes most numbers as texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Whole(u64),
    Real(f64),
}

impl Number {
    fn text(&self) -> String {
        match self {
            Number::Text(text) => text.clone(),
            Number::Whole(number) => number.to_string(),
            Number::Real(number) => number.to_string(),
        }
    }

    fn whole(&self, at: &str) -> Result<usize, ImportError> {
        let text = self.text();
        text.parse().map_err(|_| ImportError::malformed(at, format!("{text:?}"), "a whole number"))
    }
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    #[serde(default)]
    model: Option<Forest>,
    /// Of a booster with dropout: the trees, one level deeper.
    #[serde(default)]
    gbtree: Option<Trees>,
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct Trees {
    model: Forest,
}

#[derive(Deserialize)]
struct Forest {
    #[serde(default)]
    cats: Option<Categories>,
    #[serde(default)]
    tree_info: Vec<u32>,
    #[serde(default)]
    trees: Vec<Tree>,
}

/// The names of categories, of a model that was trained on a table with categorical columns.
#[derive(Deserialize)]
struct Categories {
    #[serde(default)]
    enc: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Tree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<u64>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    sum_hessian: Vec<f32>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<u64>,
    #[serde(default)]
    categories_segments: Vec<u64>,
    #[serde(default)]
    categories_sizes: Vec<u64>,
    tree_param: TreeParameters,
}

#[derive(Deserialize)]
struct TreeParameters {
    #[serde(default)]
    size_leaf_vector: Option<Number>,
}

/// Written as a number since version 1.4, as true or false before.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

impl Flag {
    fn side(self) -> Side {
        match self {
            Flag::Bool(false) | Flag::Number(0) => Side::No,
            Flag::Bool(true) | Flag::Number(_) => Side::Yes,
        }
    }
}

/// Reads an XGBoost model, `model.json` or `model.ubj`.
///
/// # Errors
/// [`ImportError`] names what is damaged, or what kind of model it is when that is not supported: more than one output,
/// a ranking, survival or count objective, a linear booster.
pub fn read(bytes: &[u8]) -> Result<Import, ImportError> {
    let (file, form): (File, &str) = match bytes {
        // After the brace of UBJSON stands the type of a length.
        [b'{', b'i' | b'U' | b'I' | b'l' | b'L' | b'#' | b'$' | b'N', ..] => {
            (ubjson::from_slice(bytes).map_err(of_ubjson)?, "UBJSON")
        }
        _ => (serde_json::from_slice(bytes).map_err(|error| of_json(&error))?, "JSON"),
    };
    let Learner { attributes, feature_names, gradient_booster, learner_model_param: parameters, objective } =
        file.learner;
    let link = link(&objective.name, &parameters)?;
    let base = base(&parameters.base_score, link)?;
    let n_features = parameters.num_feature.whole("learner_model_param.num_feature")?;
    let names_are_given = !feature_names.is_empty();
    let features = features(feature_names, n_features, Accepts::Singles, "learner.feature_names")?;

    let (forest, weights) = trees(gradient_booster)?;
    if let Some(index) = forest.tree_info.iter().position(|class| *class != 0) {
        return Err(ImportError::unsupported(format!("tree_info[{index}]"), "a tree of another class", "one output"));
    }
    let mut assembly = Assembly::default();
    for (index, tree) in forest.trees.iter().enumerate() {
        tree.add(index, weights.as_ref().map_or(1.0, |weights| weights[index]), n_features, &mut assembly)?;
    }
    let Assembly { predicates, trees, cover, .. } = assembly;
    let n_trees = trees.len();
    let (combine, sum) = (Combine::Sum, Sum::F32);
    let model = General { base, combine, sum, predicates, trees, cover: Some(cover) };
    model.check(n_features)?;
    let version: Vec<String> = file.version.iter().map(u32::to_string).collect();
    let version = if version.is_empty() { String::new() } else { format!(" {}", version.join(".")) };
    Ok(Import {
        from: format!("XGBoost{version}, {form}"),
        objective: objective.name,
        ensemble: Ensemble::General(model),
        calibration: Calibration { link, ..Calibration::NONE },
        features,
        names_are_given,
        rows: None,
        notes: notes(&attributes, forest.cats.is_some_and(|cats| !cats.enc.is_empty()), n_trees),
    })
}

fn of_json(error: &serde_json::Error) -> ImportError {
    let at = format!("line {} column {}", error.line(), error.column());
    ImportError::malformed(at, error.to_string(), "an XGBoost model as JSON or UBJSON")
}

fn of_ubjson(error: ubjson::Malformed) -> ImportError {
    let at = error.at.map_or_else(String::new, |at| format!("byte {at}"));
    ImportError::malformed(at, error.message, "an XGBoost model as JSON or UBJSON")
}

fn notes(attributes: &BTreeMap<String, String>, named_categories: bool, n_trees: usize) -> Vec<String> {
    let stopped = attributes.get("best_iteration").map(|best| {
        format!(
            "training stopped early at iteration {best}: all {n_trees} trees of the file count, as in Booster.predict; the \
             scikit-learn wrapper stops at that iteration"
        )
    });
    let categories = named_categories.then(|| {
        "categorical columns were trained with names: this model expects the codes that XGBoost gave them".to_owned()
    });
    stopped.into_iter().chain(categories).collect()
}

fn link(objective: &str, parameters: &Parameters) -> Result<Link, ImportError> {
    let count = |number: &Option<Number>, at: &str| number.as_ref().map_or(Ok(1), |number| number.whole(at));
    let n_classes = count(&parameters.num_class, "learner_model_param.num_class")?;
    let n_targets = count(&parameters.num_target, "learner_model_param.num_target")?;
    let expected = "one output: binary:logistic or a regression";
    let several = match (n_classes, n_targets) {
        (0..=1, 0..=1) => None,
        (0..=1, targets) => Some(format!("the objective {objective:?} with {targets} targets")),
        (classes, _) => Some(format!("the multi-class objective {objective:?} with {classes} classes")),
    };
    match several {
        Some(found) => Err(ImportError::unsupported("learner_model_param", found, expected)),
        None if LOGISTIC.contains(&objective) => Ok(Link::Logistic),
        None if IDENTITY.contains(&objective) => Ok(Link::Identity),
        None => {
            let kind = objective.split(':').next().unwrap_or_default();
            let kind = match kind {
                "rank" => "the ranking objective",
                "multi" => "the multi-class objective",
                "survival" => "the survival objective",
                _ => "the objective",
            };
            Err(ImportError::unsupported("learner.objective", format!("{kind} {objective:?}"), expected))
        }
    }
}

/// The margin before any tree: `−ln(1/p − 1)`, the ratio in single precision.
fn base(score: &Number, link: Link) -> Result<f64, ImportError> {
    let (at, text) = ("learner_model_param.base_score", score.text());
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&text);
    let malformed = |expected| ImportError::malformed(at, format!("{text:?}"), expected);
    if inside.contains(',') {
        return Err(ImportError::unsupported(at, format!("a vector {text:?}"), "one number"));
    }
    let score: f32 = inside.trim().parse().map_err(|_| malformed("a number, or one in brackets"))?;
    match link {
        Link::Identity if score.is_finite() => Ok(f64::from(score)),
        Link::Logistic | Link::Steep(_) if score > 0.0 && score < 1.0 => {
            let ratio = 1.0 / score - 1.0;
            Ok(f64::from(-libm::log(f64::from(ratio)) as f32))
        }
        Link::Identity => Err(malformed("a finite number")),
        Link::Logistic | Link::Steep(_) => Err(malformed("a probability between 0 and 1")),
    }
}

/// The trees, and of a booster with dropout the weight of each.
fn trees(booster: Booster) -> Result<(Forest, Option<Vec<f32>>), ImportError> {
    let at = "gradient_booster";
    let (forest, weights) = match booster.name.as_str() {
        "gbtree" => (booster.model, None),
        "dart" => (booster.gbtree.map(|trees| trees.model), Some(booster.weight_drop)),
        "gblinear" => {
            return Err(ImportError::unsupported(at, "the linear booster \"gblinear\"", "gbtree or dart"));
        }
        other => return Err(ImportError::unsupported(at, format!("the booster {other:?}"), "gbtree or dart")),
    };
    let forest = forest.ok_or_else(|| ImportError::malformed(at, "no trees", "a member \"model\""))?;
    if forest.trees.is_empty() {
        return Err(ImportError::malformed("gradient_booster.model.trees", "an empty list", "at least one tree"));
    }
    if let Some(weights) = weights.as_ref().filter(|weights| weights.len() != forest.trees.len()) {
        let found = format!("{} weights", weights.len());
        let expected = format!("{}, one a tree", forest.trees.len());
        return Err(ImportError::malformed("gradient_booster.weight_drop", found, expected));
    }
    Ok((forest, weights))
}

impl Tree {
    /// Adds this tree with its leaves times `weight`.
    fn add(&self, index: usize, weight: f32, n_features: usize, assembly: &mut Assembly) -> Result<(), ImportError> {
        let name = format!("trees[{index}]");
        let n = self.left_children.len();
        let lengths = [
            ("right_children", self.right_children.len()),
            ("split_indices", self.split_indices.len()),
            ("split_conditions", self.split_conditions.len()),
            ("default_left", self.default_left.len()),
            ("sum_hessian", self.sum_hessian.len()),
            ("split_type", if self.split_type.is_empty() { n } else { self.split_type.len() }),
        ];
        if let Some((member, found)) = lengths.into_iter().find(|(_, found)| *found != n) {
            let expected = format!("{n}, one a node");
            return Err(ImportError::malformed(format!("{name}.{member}"), format!("{found} entries"), expected));
        }
        if let Some(size) = self.tree_param.size_leaf_vector.as_ref().map(Number::text)
            && !matches!(size.as_str(), "0" | "1")
        {
            return Err(ImportError::unsupported(name, format!("leaves of {size} outputs"), "one output"));
        }
        let codes = self.codes(&name)?;
        let feature = |node: usize| {
            let found = self.split_indices[node];
            u16::try_from(found).ok().filter(|found| usize::from(*found) < n_features).ok_or_else(|| {
                let at = format!("{name}.split_indices[{node}]");
                ImportError::malformed(at, format!("feature {found}"), format!("a feature below {n_features}"))
            })
        };
        let child = |list: &[i64], node: usize, member: &str| {
            usize::try_from(list[node]).map_err(|_| {
                let at = format!("{name}.{member}[{node}]");
                ImportError::malformed(at, list[node].to_string(), "a node; both children of a leaf are -1")
            })
        };
        assembly.add(&name, n, 0, |node| {
            if self.left_children[node] == -1 {
                // In a booster with dropout a leaf's part is a product of singles.
                let value = self.split_conditions[node] * weight;
                return Ok(Foreign::Leaf { value: f64::from(value), cover: f64::from(self.sum_hessian[node]) });
            }
            let left = child(&self.left_children, node, "left_children")?;
            let right = child(&self.right_children, node, "right_children")?;
            let (feature, default) = (feature(node)?, self.default_left[node].side());
            if self.split_type.get(node).copied().unwrap_or(0) == 1 {
                let codes = codes.get(&node).cloned().unwrap_or_default();
                // The listed codes go right: there a yes leads.
                let missing = if default == Side::Yes { Side::No } else { Side::Yes };
                return Ok(Foreign::Question {
                    predicate: Predicate::In { feature, codes, missing },
                    yes: right,
                    no: left,
                });
            }
            let condition = self.split_conditions[node];
            if condition.is_nan() {
                let at = format!("{name}.split_conditions[{node}]");
                return Err(ImportError::malformed(at, "NaN", "a number"));
            }
            let predicate = Predicate::Less { feature, threshold: boundary::below_single(condition), missing: default };
            Ok(Foreign::Question { predicate, yes: left, no: right })
        })
    }

    /// The codes of each categorical question, rising.
    fn codes(&self, name: &str) -> Result<BTreeMap<usize, Vec<u32>>, ImportError> {
        let n = self.categories_nodes.len();
        let lists = [("categories_segments", &self.categories_segments), ("categories_sizes", &self.categories_sizes)];
        if let Some((member, list)) = lists.into_iter().find(|(_, list)| list.len() != n) {
            let found = format!("{} entries", list.len());
            return Err(ImportError::malformed(format!("{name}.{member}"), found, format!("{n}")));
        }
        let total = self.categories_sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        if total > self.categories.len() as u64 {
            let expected = format!("at most {}", self.categories.len());
            return Err(ImportError::malformed(format!("{name}.categories_sizes"), format!("{total} codes"), expected));
        }
        let mut codes = BTreeMap::new();
        let listed = self.categories_nodes.iter().zip(&self.categories_segments).zip(&self.categories_sizes);
        for ((node, from), size) in listed {
            let span = usize::try_from(*from).ok().zip(usize::try_from(*size).ok());
            let inside = span.and_then(|(from, size)| self.categories.get(from..from.checked_add(size)?));
            let Some(inside) = inside else {
                let found = format!("{size} codes from {from}");
                let expected = format!("codes among {}", self.categories.len());
                return Err(ImportError::malformed(format!("{name}.categories_segments"), found, expected));
            };
            let mut inside = inside.to_vec();
            inside.sort_unstable();
            inside.dedup();
            codes.insert(*node as usize, inside);
        }
        Ok(codes)
    }
}

//! ONNX-ML files: one tree ensemble or one linear model of one output, as skl2onnx writes scikit-learn's.
//!
//! A runtime reads values in single precision unless thresholds are doubles; a missing value answers no, unless its node
//! says otherwise. Scalers before a linear model become part of its coefficients; what only renames or types is passed over.
//!
//! Source: the operators of `ai.onnx.ml`, versions 1 to 3, and their implementation in onnxruntime.

use super::assemble::{Assembly, Foreign};
use super::protobuf::{Wire, doubles, fields, singles, whole_numbers};
use super::{Accepts, Import, ImportError, MOST_FEATURES, boundary, features};
use crate::model::general::{Combine, General, Sum};
use crate::model::linear::{Linear, Term};
use crate::model::{Calibration, Ensemble, Link, Predicate, Side};
use std::collections::BTreeMap;

/// Operators that change no value, before a model and behind it.
const PASSING: [&str; 2] = ["Identity", "Cast"];
/// Operators behind a model that only give its probabilities another form.
const FORMING: [&str; 3] = ["ZipMap", "Reshape", "Normalizer"];
/// Operators that are a model.
const MODELS: [&str; 4] = ["TreeEnsembleClassifier", "TreeEnsembleRegressor", "LinearClassifier", "LinearRegressor"];
const EXPECTED: &str = "one tree ensemble or linear model of one output";

/// One operator of a graph.
#[derive(Default)]
struct Operator {
    name: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    attributes: BTreeMap<String, Attribute>,
}

/// A setting of an operator, whatever its type is.
#[derive(Default)]
struct Attribute {
    text: String,
    texts: Vec<String>,
    whole: Vec<i64>,
    /// Singles, or the doubles of a tensor.
    numbers: Vec<f64>,
}

#[derive(Default)]
struct Graph {
    operators: Vec<Operator>,
    inputs: Vec<Column>,
}

/// An input of a graph with its last dimension.
struct Column {
    name: String,
    width: Option<i64>,
}

/// Reads an ONNX model.
///
/// # Errors
/// [`ImportError`] names what is damaged, or what kind of model it is when that is not supported: more than two classes,
/// another operator, a comparison other than less, at most, at least and greater.
pub fn read(bytes: &[u8]) -> Result<Import, ImportError> {
    let (mut producer, mut graph) = (String::new(), None);
    for (field, wire) in fields(bytes, "the file")? {
        match field {
            2 | 3 => producer = format!("{producer} {}", wire.text()).trim().chars().take(60).collect(),
            7 => graph = Some(read_graph(wire.bytes())?),
            _ => {}
        }
    }
    let graph = graph.ok_or_else(|| ImportError::malformed("the file", "no graph", "an ONNX model"))?;
    let operator = graph.model()?;
    let is_tree = operator.name.starts_with("Tree");
    let read = if is_tree { trees(operator)? } else { linear(operator, graph.scaler(operator)?)? };
    let names = graph.names(operator)?;
    let n_features = match (&graph.inputs[..], read.n_features) {
        (_, at_least) if names.len() >= at_least && !names.is_empty() => names.len(),
        ([Column { width: Some(width), .. }], at_least) if (at_least as i64..=MOST_FEATURES as i64).contains(width) => {
            *width as usize
        }
        (_, at_least) => at_least,
    };
    let mut ensemble = read.ensemble;
    if let Ensemble::Linear(model) = &mut ensemble {
        model.terms.resize(n_features, Term::Slope { coefficient: 0.0, missing: 0.0 });
    }
    ensemble.check(n_features)?;
    let accepts = if is_tree { Accepts::Doubles } else { Accepts::Singles };
    Ok(Import {
        from: format!("ONNX, {}", if producer.is_empty() { "no producer named" } else { &producer }),
        objective: operator.name.clone(),
        ensemble,
        calibration: Calibration { link: read.link, ..Calibration::NONE },
        names_are_given: !names.is_empty(),
        features: features(names, n_features, accepts, "the graph's inputs")?,
        rows: None,
        notes: notes(operator, is_tree),
    })
}

fn notes(operator: &Operator, is_tree: bool) -> Vec<String> {
    let tracks = operator.attributes.get("nodes_missing_value_tracks_true");
    let says_nothing = tracks.is_none_or(|tracks| tracks.whole.iter().all(|flag| *flag == 0));
    let note = match (is_tree, says_nothing) {
        (true, true) => {
            "no node of this file sends missing values to its first branch: if the original model did, its export has lost it"
        }
        (true, false) => return Vec::new(),
        (false, _) => "the original has no answer for a missing value; here it counts as the scaler's mean, or as 0",
    };
    vec![note.to_owned()]
}

struct Read {
    ensemble: Ensemble,
    link: Link,
    /// Features that the model reads at least.
    n_features: usize,
}

fn read_graph(bytes: &[u8]) -> Result<Graph, ImportError> {
    let mut graph = Graph::default();
    for (field, wire) in fields(bytes, "graph")? {
        match field {
            1 => graph.operators.push(read_operator(wire.bytes())?),
            11 => graph.inputs.push(read_input(wire.bytes())?),
            _ => {}
        }
    }
    Ok(graph)
}

fn read_operator(bytes: &[u8]) -> Result<Operator, ImportError> {
    let mut operator = Operator::default();
    for (field, wire) in fields(bytes, "node")? {
        match field {
            1 => operator.inputs.push(wire.text()),
            2 => operator.outputs.push(wire.text()),
            4 => operator.name = wire.text(),
            5 => {
                let (name, attribute) = read_attribute(wire.bytes())?;
                operator.attributes.insert(name, attribute);
            }
            _ => {}
        }
    }
    Ok(operator)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Attribute), ImportError> {
    let (mut name, mut read) = (String::new(), Attribute::default());
    for (field, wire) in fields(bytes, "attribute")? {
        match field {
            1 => name = wire.text(),
            2 | 7 => singles(wire, &name, &mut read.numbers)?,
            3 | 8 => whole_numbers(wire, &name, &mut read.whole)?,
            4 => read.text = wire.text(),
            5 => read_tensor(wire.bytes(), &name, &mut read.numbers)?,
            9 => read.texts.push(wire.text()),
            _ => {}
        }
    }
    Ok((name, read))
}

/// The doubles or singles of a tensor.
fn read_tensor(bytes: &[u8], name: &str, into: &mut Vec<f64>) -> Result<(), ImportError> {
    const DOUBLES: u64 = 11;
    let fields = fields(bytes, name)?;
    let kind = fields.iter().find_map(|(field, wire)| match (field, wire) {
        (2, Wire::Varint(kind)) => Some(*kind),
        _ => None,
    });
    for (field, wire) in fields {
        match field {
            4 => singles(wire, name, into)?,
            10 => doubles(wire, name, into)?,
            9 if kind == Some(DOUBLES) => doubles(wire, name, into)?,
            9 => singles(wire, name, into)?,
            _ => {}
        }
    }
    Ok(())
}

/// A value's name and last dimension: `ValueInfo.type.tensor_type.shape.dim[last].dim_value`.
fn read_input(bytes: &[u8]) -> Result<Column, ImportError> {
    let inside = |bytes, number| -> Result<Option<Wire<'_>>, ImportError> {
        Ok(fields(bytes, "graph input")?.into_iter().rev().find(|(field, _)| *field == number).map(|(_, wire)| wire))
    };
    let name = inside(bytes, 1)?.map(Wire::text).unwrap_or_default();
    let mut value = Some(Wire::Bytes(bytes));
    // type, tensor_type, shape, the last dim, its value.
    for number in [2, 1, 2, 1, 1] {
        value = match value {
            Some(wire) => inside(wire.bytes(), number)?,
            None => None,
        };
    }
    let width = if let Some(Wire::Varint(width)) = value { i64::try_from(width).ok() } else { None };
    Ok(Column { name, width })
}

impl Graph {
    /// The only model of the graph; everything else must be known to leave its answer as it is.
    fn model(&self) -> Result<&Operator, ImportError> {
        let is_model = |operator: &&Operator| MODELS.contains(&operator.name.as_str());
        let mut models = self.operators.iter().filter(is_model);
        let model = match (models.next(), models.next()) {
            (Some(model), None) => model,
            (Some(_), Some(_)) => return Err(ImportError::unsupported("graph", "a graph of several models", EXPECTED)),
            (None, _) => {
                let names: Vec<&str> = self.operators.iter().map(|operator| operator.name.as_str()).take(8).collect();
                return Err(ImportError::unsupported("graph", format!("a graph of {names:?}"), EXPECTED));
            }
        };
        let before = self.source(model).filter(|_| model.name.starts_with("Linear"));
        let joins = self.concat(before.unwrap_or(model));
        let is_known = |operator: &Operator| {
            let name = operator.name.as_str();
            is_model(&operator)
                || PASSING.contains(&name)
                || FORMING.contains(&name) && self.source(model).is_none_or(|before| !std::ptr::eq(before, operator))
                || name == "Scaler" && before.is_some_and(|before| std::ptr::eq(before, operator))
                || name == "Concat" && joins.is_some_and(|joins| std::ptr::eq(joins, operator))
        };
        match self.operators.iter().find(|operator| !is_known(operator)) {
            Some(other) => Err(ImportError::unsupported("graph", format!("the operator {:?}", other.name), EXPECTED)),
            None => Ok(model),
        }
    }

    /// The value that another one is, before operators that change nothing.
    fn origin<'a>(&'a self, value: &'a String) -> &'a String {
        let mut value = value;
        for _ in 0..self.operators.len() {
            let made_by = self.operators.iter().find(|operator| operator.outputs.contains(value));
            let before = made_by.filter(|operator| PASSING.contains(&operator.name.as_str()));
            match before.and_then(|before| before.inputs.first()) {
                Some(before) => value = before,
                None => break,
            }
        }
        value
    }

    /// The operator whose output an operator reads, operators that change nothing passed over.
    fn reads(&self, operator: &Operator) -> Option<&Operator> {
        let read = self.origin(operator.inputs.first()?);
        self.operators.iter().find(|other| other.outputs.contains(read))
    }

    /// The same but for the one that joins columns.
    fn source(&self, operator: &Operator) -> Option<&Operator> {
        self.reads(operator).filter(|before| before.name != "Concat")
    }

    /// The operator that joins columns before the first step.
    fn concat(&self, first: &Operator) -> Option<&Operator> {
        self.reads(first).filter(|before| before.name == "Concat")
    }

    /// The names of columns that stand in the graph one by one; none where they are one matrix.
    fn names(&self, model: &Operator) -> Result<Vec<String>, ImportError> {
        let Some(joins) = self.concat(self.source(model).unwrap_or(model)) else { return Ok(Vec::new()) };
        let name = |value: &String| {
            let origin = self.origin(value);
            let is_column = |column: &&Column| column.name == *origin && column.width.is_none_or(|width| width == 1);
            let column = self.inputs.iter().find(is_column).map(|column| column.name.clone());
            column.ok_or_else(|| {
                ImportError::unsupported("Concat", format!("the part {value:?}"), "columns of the input")
            })
        };
        joins.inputs.iter().map(name).collect()
    }

    /// The scaler before a linear model.
    fn scaler(&self, operator: &Operator) -> Result<Option<&Operator>, ImportError> {
        let scaler = self.source(operator);
        match scaler.and_then(|scaler| self.source(scaler)) {
            None => Ok(scaler),
            Some(_) => Err(ImportError::unsupported("graph", "more than one step before the model", EXPECTED)),
        }
    }
}

impl Operator {
    fn numbers(&self, name: &str) -> &[f64] {
        self.attributes.get(name).map_or(&[], |attribute| &attribute.numbers)
    }

    fn whole(&self, name: &str) -> &[i64] {
        self.attributes.get(name).map_or(&[], |attribute| &attribute.whole)
    }

    /// Singles, or the doubles that stand under the name with `_as_tensor`, and whether they are doubles.
    fn either(&self, name: &str) -> (&[f64], Precision) {
        match self.attributes.get(&format!("{name}_as_tensor")) {
            Some(tensor) => (&tensor.numbers, Precision::Double),
            None => (self.numbers(name), Precision::Single),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", |attribute| &attribute.text)
    }

    fn transform(&self) -> &str {
        match self.text("post_transform") {
            "" => "NONE",
            text => text,
        }
    }

    /// The number of classes; more than two are refused.
    fn classes(&self) -> Result<(), ImportError> {
        let labels = ["classlabels_int64s", "classlabels_ints", "classlabels_strings"];
        let n = labels.iter().filter_map(|name| self.attributes.get(*name));
        let n = n.map(|labels| labels.whole.len().max(labels.texts.len())).max().unwrap_or(0);
        match n {
            2 => Ok(()),
            n if n > 2 => {
                let found = format!("a multi-class model of {n} classes");
                Err(ImportError::unsupported(&self.name, found, "two classes"))
            }
            n => Err(ImportError::malformed(&self.name, format!("{n} class labels"), "two")),
        }
    }

    fn unsupported<T>(&self, found: impl Into<String>, expected: &str) -> Result<T, ImportError> {
        Err(ImportError::unsupported(&self.name, found, expected))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Precision {
    Single,
    Double,
}

/// What a tree's leaves add for.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    /// The only output, or of two classes the only one that has weights.
    One,
    /// Of two classes with weights the second; with a softmax what it is above the first.
    Second,
    Difference,
}

/// A tree ensemble.
fn trees(operator: &Operator) -> Result<Read, ImportError> {
    let is_classifier = operator.name == "TreeEnsembleClassifier";
    let part = if is_classifier { "class" } else { "target" };
    let ids = operator.whole(&format!("{part}_ids"));
    let (link, output) = if is_classifier { classified(operator, ids)? } else { regressed(operator)? };
    let (bases, _) = operator.either("base_values");
    let base = match (output, bases) {
        (_, []) => 0.0,
        (Output::One, [base]) => *base,
        (Output::Second, [_, second]) => *second,
        (Output::Difference, [first, second]) => second - first,
        (_, bases) => return operator.unsupported(format!("{} base values", bases.len()), "one an output"),
    };
    let combine = match operator.text("aggregate_function") {
        "" | "SUM" => Combine::Sum,
        "AVERAGE" => Combine::Mean,
        other => return operator.unsupported(format!("the aggregate {other:?}"), "SUM or AVERAGE"),
    };

    let weights = leaf_weights(operator, part, ids, output)?;
    let nodes = Nodes::of(operator)?;
    let mut assembly = Assembly::default();
    for (tree, root, n) in nodes.roots() {
        assembly.add(&format!("tree {tree}"), n, 0, |index| nodes.read(root + index, root, &weights))?;
    }
    let Assembly { predicates, trees, .. } = assembly;
    if trees.is_empty() {
        return Err(ImportError::malformed(&operator.name, "no node", "at least one tree"));
    }
    let n_features = predicates.iter().map(|predicate| predicate.feature() + 1).max().unwrap_or(0);
    let model = General { base, combine, sum: Sum::F64, predicates, trees, cover: None };
    Ok(Read { ensemble: Ensemble::General(model), link, n_features })
}

fn classified(operator: &Operator, ids: &[i64]) -> Result<(Link, Output), ImportError> {
    operator.classes()?;
    let is_one = ids.windows(2).all(|pair| pair[0] == pair[1]);
    match (operator.transform(), is_one) {
        ("NONE", true) => Ok((Link::Identity, Output::One)),
        ("NONE", false) => Ok((Link::Identity, Output::Second)),
        ("LOGISTIC", true) => Ok((Link::Logistic, Output::One)),
        ("LOGISTIC", false) => Ok((Link::Logistic, Output::Second)),
        ("SOFTMAX", false) => Ok((Link::Logistic, Output::Difference)),
        (other, _) => operator.unsupported(format!("the transform {other:?}"), "NONE, LOGISTIC or SOFTMAX"),
    }
}

fn regressed(operator: &Operator) -> Result<(Link, Output), ImportError> {
    match (operator.whole("n_targets"), operator.transform()) {
        ([] | [1], "NONE") => Ok((Link::Identity, Output::One)),
        ([] | [1], "LOGISTIC") => Ok((Link::Logistic, Output::One)),
        ([] | [1], other) => operator.unsupported(format!("the transform {other:?}"), "NONE or LOGISTIC"),
        (targets, _) => operator.unsupported(format!("a regression of {targets:?} targets"), "one"),
    }
}

/// What each leaf adds, by tree and node.
fn leaf_weights(
    operator: &Operator,
    part: &str,
    ids: &[i64],
    output: Output,
) -> Result<BTreeMap<(i64, i64), f64>, ImportError> {
    let tree_ids = operator.whole(&format!("{part}_treeids"));
    let node_ids = operator.whole(&format!("{part}_nodeids"));
    let (weights, _) = operator.either(&format!("{part}_weights"));
    for (what, found) in [("treeids", tree_ids.len()), ("nodeids", node_ids.len()), ("weights", weights.len())] {
        if found != ids.len() {
            let at = format!("{}, {part}_{what}", operator.name);
            return Err(ImportError::malformed(at, format!("{found} entries"), ids.len().to_string()));
        }
    }
    let mut found = BTreeMap::new();
    for (((tree, node), id), weight) in tree_ids.iter().zip(node_ids).zip(ids).zip(weights) {
        let sign = match (output, id) {
            (Output::One, _) | (Output::Second | Output::Difference, 1) => 1.0,
            (Output::Difference, 0) => -1.0,
            (Output::Second, 0) => 0.0,
            (_, other) => return operator.unsupported(format!("class {other}"), "classes 0 and 1"),
        };
        *found.entry((*tree, *node)).or_insert(0.0) += sign * weight;
    }
    Ok(found)
}

/// The nodes of all trees, in the file's order: a tree's stand together, its root first.
struct Nodes<'a> {
    tree: &'a [i64],
    id: &'a [i64],
    feature: &'a [i64],
    value: &'a [f64],
    precision: Precision,
    mode: &'a [String],
    on_true: &'a [i64],
    on_false: &'a [i64],
    /// Empty, or whether a missing value answers yes.
    missing: &'a [i64],
    position: BTreeMap<(i64, i64), usize>,
}

impl<'a> Nodes<'a> {
    fn of(operator: &'a Operator) -> Result<Self, ImportError> {
        let (value, precision) = operator.either("nodes_values");
        let mode = operator.attributes.get("nodes_modes").map_or(&[][..], |modes| &modes.texts);
        let tree = operator.whole("nodes_treeids");
        let nodes = Nodes {
            tree,
            id: operator.whole("nodes_nodeids"),
            feature: operator.whole("nodes_featureids"),
            value,
            precision,
            mode,
            on_true: operator.whole("nodes_truenodeids"),
            on_false: operator.whole("nodes_falsenodeids"),
            missing: operator.whole("nodes_missing_value_tracks_true"),
            position: BTreeMap::new(),
        };
        let n = tree.len();
        let lengths = [
            ("nodes_nodeids", nodes.id.len()),
            ("nodes_featureids", nodes.feature.len()),
            ("nodes_values", nodes.value.len()),
            ("nodes_modes", nodes.mode.len()),
            ("nodes_truenodeids", nodes.on_true.len()),
            ("nodes_falsenodeids", nodes.on_false.len()),
            ("nodes_missing_value_tracks_true", if nodes.missing.is_empty() { n } else { nodes.missing.len() }),
        ];
        if let Some((what, found)) = lengths.into_iter().find(|(_, found)| *found != n) {
            let at = format!("{}, {what}", operator.name);
            return Err(ImportError::malformed(at, format!("{found} entries"), n.to_string()));
        }
        let position = tree.iter().zip(nodes.id).enumerate().map(|(at, (tree, id))| ((*tree, *id), at)).collect();
        Ok(Nodes { position, ..nodes })
    }

    /// The name, first node and number of nodes of each tree.
    fn roots(&self) -> Vec<(i64, usize, usize)> {
        let mut roots = Vec::new();
        let mut at = 0;
        for nodes in self.tree.chunk_by(|a, b| a == b) {
            roots.push((nodes[0], at, nodes.len()));
            at += nodes.len();
        }
        roots
    }

    fn read(&self, at: usize, root: usize, weights: &BTreeMap<(i64, i64), f64>) -> Result<Foreign, ImportError> {
        let tree = self.tree[at];
        let place = || format!("tree {tree}, node {}", self.id[at]);
        let mode = self.mode[at].as_str();
        if mode == "LEAF" {
            let value = weights.get(&(tree, self.id[at])).copied().unwrap_or(0.0);
            return Ok(Foreign::Leaf { value, cover: 0.0 });
        }
        // A child stands in its tree's part of the list; a position before it is no node of this tree.
        let child = |id: i64| {
            let position = self.position.get(&(tree, id)).and_then(|position| position.checked_sub(root));
            position.ok_or_else(|| ImportError::malformed(place(), format!("child {id}"), "a node of this tree"))
        };
        let (on_true, on_false) = (child(self.on_true[at])?, child(self.on_false[at])?);
        let feature = u16::try_from(self.feature[at]);
        let feature = feature
            .map_err(|_| ImportError::malformed(place(), format!("feature {}", self.feature[at]), "a column"))?;
        let value = self.value[at];
        if value.is_nan() {
            return Err(ImportError::malformed(place(), "NaN", "a number"));
        }
        let at_most = match self.precision {
            Precision::Single => boundary::at_most_single(value as f32),
            Precision::Double => boundary::at_most_double(value),
        };
        let less = match self.precision {
            Precision::Single => boundary::below_single(value as f32),
            Precision::Double => value,
        };
        // The comparison as "less than", and whether its yes is the node's true branch.
        let (threshold, is_true) = match mode {
            "BRANCH_LEQ" => (at_most, true),
            "BRANCH_LT" => (less, true),
            "BRANCH_GT" => (at_most, false),
            "BRANCH_GTE" => (less, false),
            other => {
                let expected = "BRANCH_LEQ, BRANCH_LT, BRANCH_GT or BRANCH_GTE";
                return Err(ImportError::unsupported(place(), format!("the comparison {other:?}"), expected));
            }
        };
        let missing_is_true = self.missing.get(at).is_some_and(|flag| *flag != 0);
        let missing = if missing_is_true == is_true { Side::Yes } else { Side::No };
        let (yes, no) = if is_true { (on_true, on_false) } else { (on_false, on_true) };
        Ok(Foreign::Question { predicate: Predicate::Less { feature, threshold, missing }, yes, no })
    }
}

/// A linear model behind at most one scaler.
fn linear(operator: &Operator, scaler: Option<&Operator>) -> Result<Read, ImportError> {
    let coefficients = operator.numbers("coefficients");
    let intercepts = operator.numbers("intercepts");
    let is_classifier = operator.name == "LinearClassifier";
    if is_classifier {
        operator.classes()?;
    } else if !matches!(operator.whole("targets"), [] | [1]) {
        return operator.unsupported(format!("a regression of {:?} targets", operator.whole("targets")), "one");
    }
    // Two rows of a classifier are its two classes; one row is the second.
    let n_rows = if is_classifier { intercepts.len().max(1) } else { 1 };
    let n = coefficients.len() / n_rows;
    if n == 0 || n_rows > 2 || !coefficients.len().is_multiple_of(n_rows) {
        let found = format!("{} coefficients and {} intercepts", coefficients.len(), intercepts.len());
        return Err(ImportError::malformed(&operator.name, found, "one or two rows of coefficients"));
    }
    let (link, subtract) = match (operator.transform(), n_rows) {
        ("LOGISTIC", _) => (Link::Logistic, 0.0),
        ("SOFTMAX", 2) => (Link::Logistic, 1.0),
        ("NONE", _) => (Link::Identity, 0.0),
        (other, _) => return operator.unsupported(format!("the transform {other:?}"), "NONE, LOGISTIC or SOFTMAX"),
    };
    let of_rows = |list: &[f64], width: usize, at: usize| {
        let last = list.get((n_rows - 1) * width + at).copied().unwrap_or(0.0);
        if n_rows == 2 { last - subtract * list[at] } else { last }
    };
    let mut intercept = of_rows(intercepts, 1, 0);
    let mut terms = Vec::with_capacity(n);
    let scaled = |name: &str, at: usize, default: f64| -> Result<f64, ImportError> {
        match scaler.map(|scaler| scaler.numbers(name)) {
            None | Some([]) => Ok(default),
            Some([one]) => Ok(*one),
            Some(list) => list.get(at).copied().ok_or_else(|| {
                ImportError::malformed(format!("Scaler, {name}"), format!("{} entries", list.len()), n.to_string())
            }),
        }
    };
    for at in 0..n {
        let coefficient = of_rows(coefficients, n, at) * scaled("scale", at, 1.0)?;
        let offset = scaled("offset", at, 0.0)?;
        intercept -= coefficient * offset;
        terms.push(Term::Slope { coefficient, missing: coefficient * offset });
    }
    Ok(Read { ensemble: Ensemble::Linear(Linear { intercept, terms }), link, n_features: n })
}

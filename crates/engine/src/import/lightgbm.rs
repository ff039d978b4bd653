//! LightGBM's text files: boosted trees, with or without dropout, and forests, of one output.
//!
//! Values are compared in double precision with `<=`, leaves are added in double precision. A missing value is answered by
//! the side of its question: the default side where the file knows of missing values, the side of 0 where it does not.
//!
//! Source: `include/LightGBM/tree.h` and `src/io/tree.cpp` of version 4.

use super::assemble::{Assembly, Foreign};
use super::{Accepts, Import, ImportError, boundary, features};
use crate::model::general::{Combine, General, Sum};
use crate::model::{Calibration, Ensemble, Link, Predicate, Side};
use std::collections::BTreeMap;

/// Bits of a decision type.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
/// Objectives whose margin is the prediction.
const IDENTITY: [&str; 7] = ["regression", "regression_l1", "huber", "fair", "quantile", "mape", "l2"];
/// The most bits of a set of categories.
const MOST_CODES: usize = 1 << 20;

/// Lines `name=value` up to an empty line, with where they stand.
struct Block<'a> {
    /// Such as `Tree=3`, and its line.
    at: String,
    values: BTreeMap<&'a str, (usize, &'a str)>,
}

impl<'a> Block<'a> {
    fn optional(&self, name: &str) -> Option<(usize, &'a str)> {
        self.values.get(name).copied()
    }

    fn required(&self, name: &str) -> Result<(usize, &'a str), ImportError> {
        self.optional(name).ok_or_else(|| ImportError::malformed(&self.at, format!("no line \"{name}=\""), "one"))
    }

    fn one<T: std::str::FromStr>(&self, name: &str) -> Result<T, ImportError> {
        let (line, text) = self.required(name)?;
        text.trim().parse().map_err(|_| number(line, name, text))
    }

    /// A list of numbers; a line that is absent or empty is an empty one.
    fn list<T: std::str::FromStr>(&self, name: &str) -> Result<Vec<T>, ImportError> {
        let Some((line, text)) = self.optional(name) else { return Ok(Vec::new()) };
        text.split_ascii_whitespace().map(|one| one.parse().map_err(|_| number(line, name, one))).collect()
    }

    fn list_of<T: std::str::FromStr>(&self, name: &str, n: usize) -> Result<Vec<T>, ImportError> {
        let list = self.list(name)?;
        if list.len() == n {
            return Ok(list);
        }
        let at = self.optional(name).map_or_else(|| self.at.clone(), |(line, _)| format!("line {line}, {name}"));
        Err(ImportError::malformed(at, format!("{} entries of {name}", list.len()), n.to_string()))
    }
}

fn number(line: usize, name: &str, found: &str) -> ImportError {
    let found = found.chars().take(40).collect::<String>();
    ImportError::malformed(format!("line {line}, {name}"), format!("{found:?}"), "a number")
}

/// Reads a LightGBM model, as `Booster.save_model` writes it.
///
/// # Errors
/// [`ImportError`] names what is damaged, or what kind of model it is when that is not supported: more than one output,
/// ranking, an objective with another link, linear trees, a feature whose zeros are missing in some trees only.
pub fn read(bytes: &[u8]) -> Result<Import, ImportError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ImportError::malformed(format!("byte {}", error.valid_up_to()), "no UTF-8", "text"))?;
    let mut blocks = blocks(text)?.into_iter();
    let Some(header) = blocks.next() else {
        return Err(ImportError::malformed("line 1", "nothing", "\"tree\", as LightGBM writes"));
    };
    let (line, objective) = header.optional("objective").unwrap_or((1, "custom"));
    let (link, steepness) = link(line, objective, &header)?;
    let n_features = header.one::<usize>("max_feature_idx")?.saturating_add(1);
    let names: Vec<String> = header.required("feature_names")?.1.split(' ').map(str::to_owned).collect();
    let mut features = features(names, n_features, Accepts::Doubles, "feature_names")?;
    if let Some((_, infos)) = header.optional("feature_infos") {
        features.iter_mut().zip(infos.split(' ')).for_each(|(feature, info)| feature.range = range(info));
    }
    let mut assembly = Assembly::default();
    let mut zeros = vec![None; n_features];
    let mut rows = None;
    for tree in blocks {
        let added = add(&tree, n_features, &mut zeros, &mut assembly)?;
        rows = rows.max(added);
    }
    let Assembly { predicates, trees, cover, .. } = assembly;
    if trees.is_empty() {
        return Err(ImportError::malformed("the end", "no tree", "at least one"));
    }
    // A forest's margin is the sum as well; only its probability is that of the mean.
    let averaged = header.values.contains_key("average_output");
    let share = if averaged { 1.0 / trees.len() as f64 } else { 1.0 };
    let link = match link {
        Link::Identity => Link::Identity,
        _ if steepness * share == 1.0 => Link::Logistic,
        _ => Link::Steep(steepness * share),
    };
    // A mean of plain values is one.
    let combine = if averaged && link == Link::Identity { Combine::Mean } else { Combine::Sum };
    let cover = Some(cover).filter(|cover| cover.iter().any(|counts| counts.iter().any(|count| *count > 0.0)));
    let model = General { base: 0.0, combine, sum: Sum::F64, predicates, trees, cover };
    model.check(n_features)?;
    let version = header.optional("version").map_or("", |(_, version)| version);
    Ok(Import {
        from: format!("LightGBM, text {version}").trim_end().to_owned(),
        objective: objective.to_owned(),
        ensemble: Ensemble::General(model),
        calibration: Calibration { link, ..Calibration::NONE },
        features,
        names_are_given: true,
        rows,
        notes: notes(text, averaged),
    })
}

fn notes(text: &str, averaged: bool) -> Vec<String> {
    let forest = averaged.then(|| {
        "a forest: margins and contributions are those of the sum of its trees, as in predict(raw_score=True); the \
         probability is that of their mean"
            .to_owned()
    });
    let named = text.lines().rev().find_map(|line| line.strip_prefix("pandas_categorical:"));
    let named = named.is_some_and(|list| !matches!(list.trim(), "null" | "[]"));
    let named = named.then(|| {
        "categorical columns were trained with names: this model expects the codes that LightGBM gave them".to_owned()
    });
    forest.into_iter().chain(named).collect()
}

/// The header and one block a tree; what stands behind the last tree is for people.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, ImportError> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
    match lines.next() {
        Some((_, "tree")) => {}
        first => {
            let found = first.map_or(String::new(), |(_, line)| line.chars().take(40).collect());
            return Err(ImportError::malformed("line 1", format!("{found:?}"), "\"tree\", as LightGBM writes"));
        }
    }
    let mut blocks = vec![Block { at: "the header".to_owned(), values: BTreeMap::new() }];
    let mut has_ended = false;
    for (number, line) in lines {
        if line == "end of trees" {
            has_ended = true;
            break;
        }
        if line.starts_with("Tree=") {
            blocks.push(Block { at: format!("{line}, line {number}"), values: BTreeMap::new() });
        } else if !line.is_empty() {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            if let Some(block) = blocks.last_mut() {
                block.values.insert(name, (number, value));
            }
        }
    }
    if has_ended { Ok(blocks) } else { Err(ImportError::malformed("the end", "no line \"end of trees\"", "one")) }
}

/// What a margin is, and how steep its logistic curve.
fn link(line: usize, objective: &str, header: &Block<'_>) -> Result<(Link, f64), ImportError> {
    let expected = "one output: binary or a regression";
    let at = || format!("line {line}, objective");
    for name in ["num_class", "num_tree_per_iteration"] {
        let several = header.one::<usize>(name)?;
        if several > 1 {
            let found = format!("the multi-class objective {objective:?} with {several} classes");
            return Err(ImportError::unsupported(at(), found, expected));
        }
    }
    let (name, rest) = objective.split_once(' ').unwrap_or((objective, ""));
    match name {
        "binary" => {
            let steepness = rest.split(' ').find_map(|part| part.strip_prefix("sigmoid:")).unwrap_or("1");
            let steepness = steepness.parse().ok().filter(|steepness: &f64| steepness.is_finite() && *steepness > 0.0);
            let steepness = steepness.ok_or_else(|| number(line, "sigmoid", rest))?;
            Ok((Link::Logistic, steepness))
        }
        "cross_entropy" => Ok((Link::Logistic, 1.0)),
        _ if IDENTITY.contains(&name) && rest.split(' ').all(|part| part != "sqrt") => Ok((Link::Identity, 1.0)),
        "lambdarank" | "rank_xendcg" => {
            Err(ImportError::unsupported(at(), format!("the ranking objective {objective:?}"), expected))
        }
        _ => Err(ImportError::unsupported(at(), format!("the objective {objective:?}"), expected)),
    }
}

/// `[least:largest]` of the training rows; categories and unused features have none.
fn range(info: &str) -> Option<(f64, f64)> {
    let (low, high) = info.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (f64::is_finite(low) && f64::is_finite(high) && low <= high).then_some((low, high))
}

/// Adds one tree; returns how many rows it was grown on.
fn add(
    tree: &Block<'_>,
    n_features: usize,
    zeros: &mut [Option<bool>],
    assembly: &mut Assembly,
) -> Result<Option<u64>, ImportError> {
    let n_leaves = tree.one::<usize>("num_leaves")?;
    if tree.optional("is_linear").is_some_and(|(_, flag)| flag == "1") {
        return Err(ImportError::unsupported(&tree.at, "a linear model in the leaves", "constant leaves"));
    }
    let leaves: Vec<f64> = tree.list_of("leaf_value", n_leaves)?;
    let counts: Vec<f64> = match tree.list::<f64>("leaf_count")? {
        counts if counts.is_empty() => vec![0.0; n_leaves],
        _ => tree.list_of("leaf_count", n_leaves)?,
    };
    let n_nodes = n_leaves.saturating_sub(1);
    let asked: Vec<u16> = tree.list_of("split_feature", n_nodes)?;
    let thresholds: Vec<f64> = tree.list_of("threshold", n_nodes)?;
    let decisions: Vec<u8> = tree.list_of("decision_type", n_nodes)?;
    let children = [tree.list_of::<i64>("left_child", n_nodes)?, tree.list_of::<i64>("right_child", n_nodes)?];
    let sets = sets(tree)?;
    for (index, (feature, decision)) in asked.iter().zip(&decisions).enumerate() {
        let feature = usize::from(*feature);
        let Some(zero) = zeros.get_mut(feature) else {
            let found = format!("feature {feature} in node {index}");
            return Err(ImportError::malformed(&tree.at, found, format!("a feature below {n_features}")));
        };
        if decision & CATEGORICAL == 0 && *zero.get_or_insert(is_zero_missing(*decision)) != is_zero_missing(*decision)
        {
            let found = format!("feature {feature}, whose zeros are missing values in some questions only,");
            return Err(ImportError::unsupported(&tree.at, found, "one reading a feature"));
        }
    }
    // Nodes first, then leaves.
    let position = |child: i64| if child < 0 { n_nodes.saturating_add(!child as usize) } else { child as usize };
    assembly.add(&tree.at, n_nodes + n_leaves, 0, |index| {
        if let Some(leaf) = index.checked_sub(n_nodes) {
            return Ok(Foreign::Leaf { value: leaves[leaf], cover: counts[leaf] });
        }
        let predicate = question(tree, asked[index], thresholds[index], decisions[index], &sets)?;
        let [yes, no] = [&children[0], &children[1]].map(|side| position(side[index]));
        Ok(Foreign::Question { predicate, yes, no })
    })?;
    let rows = counts.iter().sum::<f64>();
    Ok((rows > 0.0).then_some(rows as u64))
}

/// Whether a question takes a zero for a missing value.
fn is_zero_missing(decision: u8) -> bool {
    decision >> 2 & 3 == 1
}

fn question(
    tree: &Block<'_>,
    feature: u16,
    threshold: f64,
    decision: u8,
    sets: &[Vec<u32>],
) -> Result<Predicate, ImportError> {
    if decision & CATEGORICAL != 0 {
        // The threshold of a category is the number of its set. What is missing or in no set goes right.
        let set = (threshold >= 0.0).then(|| sets.get(threshold as usize)).flatten();
        let codes = set.cloned().ok_or_else(|| {
            ImportError::malformed(&tree.at, format!("category set {threshold}"), format!("one of {}", sets.len()))
        })?;
        return Ok(Predicate::In { feature, codes, missing: Side::No });
    }
    let default = if decision & DEFAULT_LEFT != 0 { Side::Yes } else { Side::No };
    let threshold = boundary::at_most_double(threshold);
    if !threshold.is_finite() {
        return Err(ImportError::malformed(&tree.at, format!("the threshold {threshold}"), "a finite number"));
    }
    match decision >> 2 & 3 {
        // A missing value is read as 0.
        0 => Ok(Predicate::Less { feature, threshold, missing: if 0.0 < threshold { Side::Yes } else { Side::No } }),
        1 => Ok(Predicate::LessNonZero { feature, threshold, missing: default }),
        2 => Ok(Predicate::Less { feature, threshold, missing: default }),
        other => Err(ImportError::malformed(&tree.at, format!("missing type {other}"), "0, 1 or 2")),
    }
}

/// The sets of categories of a tree: bit `c` of a set's words stands for code `c`.
fn sets(tree: &Block<'_>) -> Result<Vec<Vec<u32>>, ImportError> {
    let words: Vec<u32> = tree.list("cat_threshold")?;
    let bounds: Vec<usize> = tree.list("cat_boundaries")?;
    let set = |ends: &[usize]| {
        let inside = words.get(ends[0]..ends[1]).filter(|inside| inside.len() * 32 <= MOST_CODES);
        let inside = inside.ok_or_else(|| {
            let found = format!("category bounds {} to {}", ends[0], ends[1]);
            ImportError::malformed(&tree.at, found, format!("rising bounds of {} words", words.len()))
        })?;
        let bits = inside
            .iter()
            .enumerate()
            .flat_map(|(index, word)| (0..32).map(move |bit| (index as u32 * 32 + bit, word >> bit & 1)));
        Ok(bits.filter(|(_, bit)| *bit == 1).map(|(code, _)| code).collect())
    };
    bounds.windows(2).map(set).collect()
}

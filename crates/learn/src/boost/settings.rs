//! The knobs of the boosting.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Settings of symmetric boosting. The defaults are one fixed choice that does well on credit data of a thousand to
/// hundreds of thousands of rows; the number of trees is chosen on held-out folds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The most trees.
    pub trees: u32,
    /// Levels of a tree, 1 to 6.
    pub depth: u32,
    /// Share of each tree's answer that is added.
    pub learning_rate: f64,
    /// L2 penalty on leaf values, in rows' curvature; positive.
    pub lambda: f64,
    /// Least curvature (`Σ p(1−p)`) on either side of a question, over the whole level.
    pub min_child_weight: f64,
    /// Share of the rows that choose each tree's questions, drawn by how steep the loss is at them. Leaf values are fitted
    /// on all rows.
    pub row_share: f64,
    /// Share of the columns that each tree may ask about; at least one a level.
    pub column_share: f64,
    /// Trees without a better held-out loss after which the folds stop growing.
    pub patience: u32,
}

/// The most trees: six distinct questions each still have 16-bit numbers.
const MOST_TREES: u32 = 10_000;

/// A setting out of range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("setting {name} is {found}; expected {expected}")]
pub struct BadSetting {
    /// The setting.
    pub name: &'static str,
    /// Its value.
    pub found: f64,
    /// What is allowed.
    pub expected: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trees: 300,
            depth: 6,
            learning_rate: 0.11,
            lambda: 3.0,
            min_child_weight: 1.0,
            row_share: 0.3,
            column_share: 0.5,
            patience: 40,
        }
    }
}

impl Settings {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`BadSetting`] names the first one that is out of range.
    pub fn check(&self) -> Result<(), BadSetting> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let rules = [
            ("trees", f64::from(self.trees), (1..=MOST_TREES).contains(&self.trees), "1 to 10000"),
            ("depth", f64::from(self.depth), (1..=6).contains(&self.depth), "1 to 6"),
            ("learning_rate", self.learning_rate, share(self.learning_rate), "above 0 to 1"),
            ("lambda", self.lambda, self.lambda > 0.0 && self.lambda < 1e9, "above 0"),
            ("min_child_weight", self.min_child_weight, self.min_child_weight >= 0.0, "0 or more"),
            ("row_share", self.row_share, share(self.row_share), "above 0 to 1"),
            ("column_share", self.column_share, share(self.column_share), "above 0 to 1"),
            ("patience", f64::from(self.patience), self.patience > 0, "1 or more"),
        ];
        let broken = rules.into_iter().find(|(_, _, fits, _)| !fits);
        broken.map_or(Ok(()), |(name, found, _, expected)| Err(BadSetting { name, found, expected }))
    }

    /// The same settings but one, by the name that an artifact records; `None` if there is no such setting. A value that
    /// does not fit is left to [`Settings::check`].
    pub fn with(mut self, name: &str, value: f64) -> Option<Self> {
        match name {
            "trees" => self.trees = value as u32,
            "depth" => self.depth = value as u32,
            "learning_rate" => self.learning_rate = value,
            "lambda" => self.lambda = value,
            "min_child_weight" => self.min_child_weight = value,
            "row_share" => self.row_share = value,
            "column_share" => self.column_share = value,
            "patience" => self.patience = value as u32,
            _ => return None,
        }
        Some(self)
    }

    /// Names and values, as an artifact records them.
    pub fn named(&self) -> BTreeMap<String, f64> {
        [
            ("trees", f64::from(self.trees)),
            ("depth", f64::from(self.depth)),
            ("learning_rate", self.learning_rate),
            ("lambda", self.lambda),
            ("min_child_weight", self.min_child_weight),
            ("row_share", self.row_share),
            ("column_share", self.column_share),
            ("patience", f64::from(self.patience)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

//! The cheapest ways to approval, as a worker found them.

use serde::Deserialize;

/// What a search has come to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ways {
    /// What is known about cheaper ones.
    pub certificate: Certificate,
    /// The cheapest.
    pub path: Option<Way>,
    /// Ways that change something else.
    pub others: Vec<Other>,
}

/// A further way.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Other {
    /// None where there is no other.
    pub path: Option<Way>,
}

/// What is known about ways that are cheaper, or about any.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// None is cheaper.
    Optimal,
    /// There is none.
    Impossible,
    /// Time was up.
    Open {
        /// None takes less effort than this.
        at_least: f64,
    },
}

/// Changes that are approved together.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Way {
    /// The changes.
    pub changes: Vec<Change>,
    /// The effort.
    pub cost: f64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Change {
    /// The input's name.
    pub input: String,
    /// What stands there.
    pub from: f64,
    /// What would be approved.
    pub to: f64,
}

impl Ways {
    /// All that were found, the cheapest first.
    pub fn all(&self) -> impl Iterator<Item = &Way> {
        self.path.iter().chain(self.others.iter().filter_map(|other| other.path.as_ref()))
    }

    /// Of the effort of the cheapest way, the share below which there is proven to be none; 1 where it is the cheapest.
    pub fn proven(&self) -> f64 {
        match (self.certificate, &self.path) {
            (Certificate::Open { at_least }, Some(way)) if way.cost > 0.0 => at_least / way.cost,
            (Certificate::Open { .. }, _) => 0.0,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_worker_writes() {
        let text = r#"{"certificate":{"open":{"at_least":3}},"path":{"changes":[{"input":"income_monthly","from":3150,"to":4100}],"cost":4,"outcome":"approve","points":640},"looked_at":812,"others":[{"certificate":"impossible","path":null,"looked_at":3}]}"#;
        let ways: Ways = serde_json::from_str(text).expect("the worker's answer");
        assert_eq!((ways.all().count(), ways.proven()), (1, 0.75));
    }
}

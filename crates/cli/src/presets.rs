//! The lending books of the demo: each a world with a policy, prices where money is lent, and reason texts.

use crate::report::Fault;
use clap::ValueEnum;
use underglass_engine::application::FormValue;
use underglass_engine::population::{Applicant, World};
use underglass_engine::table::Table;

/// A lending book by its name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    /// A loan for a used car.
    Auto,
    /// An unsecured loan for a stated purpose.
    Personal,
    /// A purchase that is paid off in months.
    Pos,
    /// Unsecured credit, scored with rates, unemployment and growth.
    Macro,
}

/// What a book of the demo is made from.
pub(crate) struct Preset {
    /// In files' names and in links.
    pub(crate) name: &'static str,
    /// What a person reads.
    pub(crate) label: &'static str,
    pub(crate) world: World,
    /// What counts as bad, within `window_months`.
    pub(crate) definition: &'static str,
    pub(crate) window_months: u16,
    pub(crate) seed: u64,
    /// How many applicants the model learns from.
    pub(crate) rows: u64,
    pub(crate) policy: &'static str,
    pub(crate) pricing: Option<&'static str>,
    pub(crate) reasons: &'static str,
    /// Inputs by which the distance to the truth is told apart: by presence, and by level.
    pub(crate) may_lack: &'static str,
    pub(crate) levels: Option<&'static str>,
}

impl Name {
    pub(crate) fn preset(self) -> Preset {
        match self {
            Name::Auto => Preset {
                name: "auto",
                label: "Auto finance",
                world: World::Auto,
                definition: "Charge-off, repossession or 60 days past due within 18 months of funding; synthetic.",
                window_months: 18,
                seed: 2026,
                rows: 30_000,
                policy: include_str!("../books/auto/policy.json"),
                pricing: Some(include_str!("../books/auto/pricing.json")),
                reasons: include_str!("../books/auto/reasons.json"),
                may_lack: "utilization",
                levels: Some("employment_status"),
            },
            Name::Personal => Preset {
                name: "personal",
                label: "Personal loan",
                world: World::Personal,
                definition: "Charge-off or 60 days past due within 18 months of funding; synthetic.",
                window_months: 18,
                seed: 2026,
                rows: 15_000,
                policy: include_str!("../books/personal/policy.json"),
                pricing: Some(include_str!("../books/personal/pricing.json")),
                reasons: include_str!("../books/personal/reasons.json"),
                may_lack: "bureau_score",
                levels: Some("loan_purpose"),
            },
            Name::Pos => Preset {
                name: "pos",
                label: "Point of sale",
                world: World::PointOfSale,
                definition: "Charge-off or 60 days past due within 12 months of the purchase; synthetic.",
                window_months: 12,
                seed: 2026,
                rows: 15_000,
                policy: include_str!("../books/pos/policy.json"),
                pricing: Some(include_str!("../books/pos/pricing.json")),
                reasons: include_str!("../books/pos/reasons.json"),
                may_lack: "months_since_last_delinquency",
                levels: None,
            },
            Name::Macro => Preset {
                name: "macro",
                label: "Macro-aware",
                world: World::MacroAware,
                definition: "Charge-off or 90 days past due within 12 months of the application; synthetic.",
                window_months: 12,
                seed: 2026,
                rows: 15_000,
                policy: include_str!("../books/macro/policy.json"),
                pricing: None,
                reasons: include_str!("../books/macro/reasons.json"),
                may_lack: "account_age_months",
                levels: Some("employment_status"),
            },
        }
    }
}

impl Preset {
    /// The applicants that the model learns from, as a table with the column `bad`.
    pub(crate) fn table(&self) -> Result<Table, Fault> {
        let inputs = self.world.inputs();
        let mut columns: Vec<(String, Vec<String>)> =
            inputs.into_iter().map(|input| (input.name, Vec::new())).collect();
        columns.push(("bad".to_owned(), Vec::new()));
        for row in 0..self.rows {
            let Applicant { values, bad, .. } = self.world.applicant(self.seed, row);
            let bad = FormValue::Number(f64::from(u8::from(bad)));
            for ((_, cells), value) in columns.iter_mut().zip(values.into_iter().chain([bad])) {
                cells.push(match value {
                    FormValue::Number(number) => number.to_string(),
                    FormValue::Text(text) => text,
                    FormValue::Missing | FormValue::Other(_) => String::new(),
                });
            }
        }
        Table::from_columns(&columns).map_err(|error| Fault::Data(error.to_string()))
    }
}

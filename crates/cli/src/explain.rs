//! `explain`.

use crate::books::BookFiles;
use crate::report::{Fault, Report};
use crate::{Done, files};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use underglass_engine::Engine;
use underglass_engine::application::{Application, ApplicationForm};
use underglass_engine::caps::{Bound, Limit, Table};
use underglass_engine::decision::{Change, Outcome};
use underglass_engine::paths::{Certificate, Deal, DiversePaths, Feasible, Fragility, PathAnswers, Sought, Tipping};
use underglass_engine::receipt::Receipt;
use underglass_engine::units::{Cents, Date};
use underglass_engine::waterfall::{Cause, NoPrice, Price, PriceMove, Standing, Waterfall};

/// Say what a receipt's decision is made of and what would change it.
///
/// Four answers: what each reason family does to the score, the probability of bad, the rate and the payment, line by line
/// from the reference to the applicant; the nearest deals (amount, term, down payment) that are approved; the smallest single
/// changes that flip the decision; and the cheapest ways to approval, each with its certificate. The receipt is replayed first.
/// With a table of rate caps it exits 1 when the price is above the cap that binds.
#[derive(Args)]
pub(crate) struct Explain {
    /// The receipt, in any JSON spelling.
    receipt: PathBuf,
    /// The model that the receipt names.
    #[arg(long)]
    artifact: PathBuf,
    #[command(flatten)]
    book: BookFiles,
    /// How many ways to approval to look for, at most 4.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    paths: u8,
    /// Boxes of applications that each search looks at before it stops and says what is not known.
    #[arg(long, default_value_t = 50_000)]
    budget: usize,
    /// Inputs that stay as they are, separated by commas.
    #[arg(long, value_delimiter = ',')]
    hold: Vec<String>,
    #[command(flatten)]
    cap: CapAsked,
}

/// Under which cap the price stands.
#[derive(Args)]
struct CapAsked {
    /// A JSON table of rate caps: {"caps": [{state, product, licence, max_apr_bps, citation, effective, verified}]}.
    #[arg(long, requires_all = ["state", "product", "licence"])]
    caps: Option<PathBuf>,
    /// The state in that table.
    #[arg(long, requires = "caps")]
    state: Option<String>,
    /// The product in that table.
    #[arg(long, requires = "caps")]
    product: Option<String>,
    /// The licence in that table.
    #[arg(long, requires = "caps")]
    licence: Option<String>,
}

impl CapAsked {
    fn limit(&self, as_of: Date) -> Result<Option<Limit>, Fault> {
        let named = [&self.state, &self.product, &self.licence].map(|word| word.as_deref().unwrap_or_default());
        let (Some(path), [state, product, licence]) = (&self.caps, named) else { return Ok(None) };
        let refused = |error: String| Fault::Data(format!("{}: {error}", path.display()));
        let table: Table = serde_json::from_slice(&files::read(path)?).map_err(|error| refused(error.to_string()))?;
        table.check().map_err(|error| refused(error.to_string()))?;
        Ok(Some(table.limit(state, product, licence, as_of)))
    }
}

impl Explain {
    pub(crate) fn run(self) -> Done {
        let engine = self.book.load(&self.artifact)?;
        let bytes = files::read(&self.receipt)?;
        if let Some(stage) = engine.replay(&bytes)?.difference {
            let stage = serde_json::to_value(stage).unwrap_or_default();
            return Err(Fault::Artifact(format!(
                "the receipt does not replay: the first stage that differs is {stage}"
            )));
        }
        let receipt = Receipt::verify(&bytes)?;
        let (outcome, as_of) = (receipt.outcome, receipt.as_of);
        let checked = ApplicationForm(receipt.inputs).check(engine.inputs());
        let application = checked.map_err(|invalid| Fault::Data(invalid.to_string()))?;
        let index = |name: &String| {
            let found = engine.model.schema().input_index(name);
            found.ok_or_else(|| Fault::Usage(format!("--hold: this model has no input {name:?}")))
        };
        let held = self.hold.iter().map(index).collect::<Result<Vec<_>, _>>()?;

        let limit = self.cap.limit(as_of)?;
        let waterfall = engine.waterfall(&application);
        let feasible = engine.feasible(&application, as_of, self.budget);
        let fragility = engine.fragility(&application, as_of);
        let paths = found_paths(&engine, &application, as_of, &held, usize::from(self.paths), self.budget);

        let mut lines = vec![format!("decision: {}", word(outcome))];
        match &waterfall {
            Ok(waterfall) => walk(&engine, waterfall, &mut lines),
            Err(error) => lines.push(format!("no walk: {error}")),
        }
        let is_allowed = limit.as_ref().zip(receipt.offer.as_ref()).map(|(limit, offer)| limit.allows(offer.apr));
        let tiers_above: Vec<&str> = limit
            .as_ref()
            .zip(engine.pricing.as_ref())
            .map(|(limit, pricing)| limit.tiers_above(pricing).into_iter().map(|rate| rate.tier.as_str()).collect())
            .unwrap_or_default();
        limit.iter().for_each(|limit| lines.push(capped(limit, is_allowed)));
        if !tiers_above.is_empty() {
            lines.push(format!("  tiers whose note rate alone is above it: {}", tiers_above.join(", ")));
        }
        feasible.iter().for_each(|feasible| deals(feasible, &mut lines));
        fragility.iter().for_each(|fragility| tippings(fragility, &mut lines));
        ways(&paths, &mut lines);
        let object = json!({
            "outcome": outcome,
            "waterfall": waterfall.ok(),
            "feasible": feasible,
            "fragility": fragility,
            "paths": paths,
            "cap": limit.map(|limit| json!({ "limit": limit, "is_allowed": is_allowed, "tiers_above": tiers_above })),
        });
        let report = Report::new(lines, object);
        Ok(if is_allowed == Some(false) { report.no() } else { report })
    }
}

fn found_paths(
    engine: &Engine,
    application: &Application,
    as_of: Date,
    held: &[usize],
    most: usize,
    budget: usize,
) -> PathAnswers {
    let mut search = DiversePaths::new(engine, application, as_of, held, most);
    search.step(engine, budget.saturating_mul(most));
    search.answer(engine)
}

fn word(outcome: Outcome) -> String {
    serde_json::to_value(outcome).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn percent(bps: i64) -> String {
    format!("{:.2} %", bps as f64 / 100.0)
}

fn money(cents: Cents) -> String {
    let sign = if cents.0 < 0 { "-" } else { "" };
    format!("{sign}${}.{:02}", cents.0.unsigned_abs() / 100, cents.0.unsigned_abs() % 100)
}

fn price_of(price: &Price) -> String {
    match price {
        Price::Quoted(quote) => format!("{} APR, {} a month", percent(quote.apr_bps), money(quote.payment_cents)),
        Price::Without(why) => no_price(*why).to_owned(),
    }
}

fn no_price(why: NoPrice) -> &'static str {
    match why {
        NoPrice::NoTier => "no price: below every tier",
        NoPrice::NoPricing => "no price: the book has none",
        NoPrice::NoDeal => "no price: no amount or term",
    }
}

fn standing(name: &str, standing: &Standing) -> String {
    let Standing { points, pd_bps, price, .. } = standing;
    format!("  {name}: {} points, {} bad, {}", points.value(), percent(*pd_bps), price_of(price))
}

fn walk(engine: &Engine, waterfall: &Waterfall, lines: &mut Vec<String>) {
    lines.push("what each reason adds, the largest first:".to_owned());
    lines.push(standing("reference", &waterfall.start));
    for line in &waterfall.lines {
        let name = match &line.cause {
            Cause::Family(code) => {
                let entry = engine.reasons.as_ref().and_then(|reasons| reasons.entry(code));
                entry.map_or(code.as_str(), |entry| entry.label.as_str())
            }
            Cause::Rounding => "rounding",
        };
        let price = match line.price {
            PriceMove::By { apr_bps, payment_cents, .. } => {
                format!("{:+.2} % APR, {:+.2} a month", apr_bps as f64 / 100.0, payment_cents as f64 / 100.0)
            }
            PriceMove::Gained => format!("from no price to {}", price_of(&line.after.price)),
            PriceMove::Lost => "to no price".to_owned(),
            PriceMove::Without(why) => no_price(why).to_owned(),
        };
        lines.push(format!(
            "  {name:<30} {:>+7.2} points {:>+7.2} % bad   {price}",
            line.raw_points,
            line.pd_bps as f64 / 100.0
        ));
    }
    lines.push(standing("applicant", waterfall.end()));
}

fn capped(limit: &Limit, is_allowed: Option<bool>) -> String {
    let by = match &limit.bound_by {
        Bound::Policy => "the policy's own cap".to_owned(),
        Bound::Cap(cap) => {
            let checked = if cap.verified { "verified" } else { "not verified" };
            format!("{}, effective {}, {checked}", cap.citation, cap.effective)
        }
    };
    let price = match is_allowed {
        Some(true) => "the price is within it",
        Some(false) => "THE PRICE IS ABOVE IT",
        None => "there is no price",
    };
    format!("highest rate: {} APR by {by}; {price}", percent(i64::from(limit.max_apr_bps.0)))
}

fn changes(changes: &[Change]) -> String {
    let list: Vec<String> =
        changes.iter().map(|change| format!("{} {} to {}", change.input, change.from, change.to)).collect();
    if list.is_empty() { "nothing has to change".to_owned() } else { list.join(", ") }
}

fn deals(feasible: &Feasible, lines: &mut Vec<String>) {
    lines.push("nearest deals that are approved:".to_owned());
    let of = |deal: &Deal| {
        let price = deal.offer.as_ref().map(|offer| {
            format!(
                " at {:.2} % APR, {} a month for {} months",
                offer.apr,
                money(offer.payment_cents),
                offer.term_months.count()
            )
        });
        format!("{} ({}{})", changes(&deal.changes), word(deal.outcome), price.unwrap_or_default())
    };
    for (name, sought) in [
        ("largest amount", &feasible.largest_amount),
        ("least down payment", &feasible.least_down_payment),
        ("best term", &feasible.best_term),
        ("smallest change together", &feasible.smallest_change),
    ] {
        let text = match sought {
            Sought::NoInput => "not asked for".to_owned(),
            Sought::Found(deal) => of(deal),
            Sought::Impossible { deals } => format!("proven: none of {deals} deals is approved"),
            Sought::Open { at_least, so_far } => {
                let so_far = so_far.as_ref().map_or_else(|| "none found".to_owned(), of);
                format!("stopped: {so_far}; nothing less than {at_least} steps away is approved")
            }
        };
        lines.push(format!("  {name}: {text}"));
    }
}

fn tippings(fragility: &Fragility, lines: &mut Vec<String>) {
    lines.push("smallest single changes that flip the decision:".to_owned());
    for tipping in fragility.tippings.iter().take(8) {
        let Tipping { input, change, to, outcome, .. } = tipping;
        lines.push(format!("  {input} {change:+} (to {to}): {}", word(*outcome)));
    }
    if fragility.tippings.is_empty() {
        lines.push("  none: no single number flips it".to_owned());
    }
}

fn ways(paths: &PathAnswers, lines: &mut Vec<String>) {
    lines.push("cheapest ways to approval:".to_owned());
    for answer in [&paths.cheapest].into_iter().chain(&paths.others) {
        let certificate = match answer.certificate {
            Certificate::Optimal => "nothing cheaper".to_owned(),
            Certificate::Impossible => "proven: there is none".to_owned(),
            Certificate::Open { at_least } => format!("stopped: what costs less than {at_least} is not approved"),
        };
        let found = answer.path.as_ref().map(|path| format!("{} at effort {}; ", changes(&path.changes), path.cost));
        lines.push(format!("  {}{certificate}", found.unwrap_or_default()));
    }
}

//! What each reason family does to the probability of bad, the rate and the payment: an ordered walk from the reference's
//! mean to the applicant.
//!
//! In log-odds and points a family's contribution is the same whatever stands before it. Probability, rate and payment are
//! not linear in log-odds, so their columns need an order: families by falling size of their contribution, equal ones by
//! code. A line is what stands after it less what stands before it, in whole basis points and cents, so the lines add up to
//! the end without a remainder. The deal (amount, term, down payment) stays the applicant's own.

use crate::application::Application;
use crate::decision::Engine;
use crate::pricing::{Offer, requested};
use crate::reasons::Families;
use crate::units::{Bps, Cents, LogOdds, Points, Probability};
use serde::Serialize;

/// The walk from the reference to an applicant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waterfall {
    /// At the mean log-odds of the reference population.
    pub start: Standing,
    /// One line a reason family, and a last one for rounding; the last line ends at the applicant's own score and price.
    pub lines: Vec<Line>,
}

/// What a score, and its price for the applicant's deal, would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Log-odds of bad.
    pub log_odds: LogOdds,
    /// The shown score.
    pub points: Points,
    /// Probability of bad in basis points: 1234 is 12.34 %.
    pub pd_bps: i64,
    /// The price of that score.
    pub price: Price,
}

/// The price at a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// The policy's tier of the score has a price.
    Quoted(Quote),
    /// There is none.
    Without(NoPrice),
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoPrice {
    /// The score is below every tier.
    NoTier,
    /// The book has no prices.
    NoPricing,
    /// The application asks for no amount or for no term.
    NoDeal,
}

/// What the applicant's deal would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// The policy tier.
    pub tier: String,
    /// Yearly note rate.
    pub note_rate_bps: Bps,
    /// Annual percentage rate as it is shown: to two decimals of a percent.
    pub apr_bps: i64,
    /// Level monthly payment.
    pub payment_cents: Cents,
    /// Expected loss over the loan's life.
    pub expected_loss_cents: Cents,
}

/// What one cause adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Whose line it is.
    pub cause: Cause,
    /// The contribution in log-odds of bad: exact, and the same in any order.
    pub log_odds: f64,
    /// The contribution in unrounded points: exact, and the same in any order.
    pub raw_points: f64,
    /// Change of the shown score.
    pub points: i64,
    /// Change of the probability of bad.
    pub pd_bps: i64,
    /// Change of the price.
    pub price: PriceMove,
    /// Where the walk stands then.
    pub after: Standing,
}

/// Whose line it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A reason family, by its code.
    Family(String),
    /// What a sum in single precision and the order of addition leave.
    Rounding,
}

/// How a line changes the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMove {
    /// There is a price before and after.
    By {
        /// Change of the note rate.
        note_rate_bps: i64,
        /// Change of the shown annual percentage rate.
        apr_bps: i64,
        /// Change of the monthly payment.
        payment_cents: i64,
        /// Change of the expected loss.
        expected_loss_cents: i64,
    },
    /// There is a price only after the line.
    Gained,
    /// There was a price only before the line.
    Lost,
    /// There is no price before and none after.
    Without(NoPrice),
}

/// Why there is no walk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWaterfall {
    /// Without these fields there is no score.
    #[error("the application is incomplete: {} missing", .0.join(", "))]
    Incomplete(Vec<String>),
    /// The model's scores are no log-odds.
    #[error("this model's scores are not log-odds: import it again with a reference to calibrate it")]
    NotCalibrated,
    /// There is nothing to start from.
    #[error("this model has no reference population: import it again with one to explain its scores")]
    NoReference,
}

impl Engine {
    /// The walk from the mean of the reference population to an application, family by family.
    ///
    /// The last standing is the decision's own score and price, to the bit and to the cent.
    ///
    /// # Errors
    /// [`NoWaterfall`] where there is no score or no reference.
    pub fn waterfall(&self, application: &Application) -> Result<Waterfall, NoWaterfall> {
        if !self.model.decides() {
            return Err(NoWaterfall::NotCalibrated);
        }
        let missing = self.missing(application);
        if !missing.is_empty() {
            return Err(NoWaterfall::Incomplete(missing));
        }
        let score = self.score(&self.model.schema().features_of(application));
        if self.explainer().is_none() {
            return Err(NoWaterfall::NoReference);
        }
        let schema = Families::new(self.model.schema());
        let mut families: Vec<(&String, f64)> = schema.names().iter().zip(schema.sums(score.contributions)).collect();
        families.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(b.0)));
        let factor = self.model.scale().factor();
        let start = self.standing(application, LogOdds(score.base));
        let mut lines: Vec<Line> = Vec::with_capacity(families.len() + 1);
        let mut add = |cause, before: &Standing, log_odds: f64, after: LogOdds| {
            let after = self.standing(application, after);
            lines.push(before.line(cause, log_odds, -factor * log_odds, after.clone()));
            after
        };
        let mut at = start.clone();
        for (family, value) in families {
            let after = LogOdds(at.log_odds.0 + value);
            at = add(Cause::Family(family.clone()), &at, value, after);
        }
        let left = score.log_odds.0 - at.log_odds.0;
        add(Cause::Rounding, &at, left, score.log_odds);
        Ok(Waterfall { start, lines })
    }

    fn standing(&self, application: &Application, log_odds: LogOdds) -> Standing {
        let points = Points::from_raw(self.model.scale().raw(log_odds));
        let pd = Probability::from_log_odds(log_odds);
        let price = match &self.pricing {
            None => Price::Without(NoPrice::NoPricing),
            Some(pricing) => match pricing.offer(&self.policy, self.inputs(), application, points, pd) {
                Some(offer) => Price::Quoted(Quote::of(offer)),
                None if requested(self.inputs(), application).is_none() => Price::Without(NoPrice::NoDeal),
                None => Price::Without(NoPrice::NoTier),
            },
        };
        Standing { log_odds, points, pd_bps: bps(pd.value() * 10_000.0), price }
    }
}

impl Waterfall {
    /// Where the walk ends: at the applicant.
    pub fn end(&self) -> &Standing {
        self.lines.last().map_or(&self.start, |line| &line.after)
    }
}

impl Standing {
    fn line(&self, cause: Cause, log_odds: f64, raw_points: f64, after: Standing) -> Line {
        let price = match (&self.price, &after.price) {
            (Price::Quoted(before), Price::Quoted(after)) => PriceMove::By {
                note_rate_bps: i64::from(after.note_rate_bps.0) - i64::from(before.note_rate_bps.0),
                apr_bps: after.apr_bps - before.apr_bps,
                payment_cents: after.payment_cents.0 - before.payment_cents.0,
                expected_loss_cents: after.expected_loss_cents.0 - before.expected_loss_cents.0,
            },
            (Price::Without(_), Price::Quoted(_)) => PriceMove::Gained,
            (Price::Quoted(_), Price::Without(_)) => PriceMove::Lost,
            (Price::Without(_), Price::Without(why)) => PriceMove::Without(*why),
        };
        Line {
            cause,
            log_odds,
            raw_points,
            points: i64::from(after.points) - i64::from(self.points),
            pd_bps: after.pd_bps - self.pd_bps,
            price,
            after,
        }
    }
}

impl Quote {
    fn of(offer: Offer) -> Self {
        Self {
            tier: offer.tier,
            note_rate_bps: offer.note_rate_bps,
            apr_bps: bps(offer.apr * 100.0),
            payment_cents: offer.payment_cents,
            expected_loss_cents: offer.expected_loss_cents,
        }
    }
}

fn bps(exact: f64) -> i64 {
    exact.round_ties_even() as i64
}

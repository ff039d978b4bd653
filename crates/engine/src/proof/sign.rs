//! Which way a derivation moves with one of its inputs, over the schema's ranges.
//!
//! Interval arithmetic bounds every part of an expression, and the rules of differentiation give the sign of its change.
//! Sums, differences, products and quotients of doubles are rounded monotonically, so the bounds hold for what is computed,
//! and an order may become a tie but never turns around. `log1p` and the annuity's `expm1` keep it up to the last digit, which
//! no library of transcendental functions promises.

use crate::application::{Input, InputKind};
use crate::features::Expr;
use crate::features::interval::{self, Interval};
use serde::{Deserialize, Serialize};

/// The sign of a change, over all cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Nothing ever changes.
    Zero,
    /// Never falls.
    Positive,
    /// Never rises.
    Negative,
    /// May rise in one case and fall in another.
    Any,
}

impl Sign {
    /// In words, as the effect of something.
    pub fn effect(self) -> &'static str {
        match self {
            Sign::Zero => "no effect",
            Sign::Positive => "increasing",
            Sign::Negative => "decreasing",
            Sign::Any => "not shown",
        }
    }

    /// Of a number; NaN may be anything.
    pub fn of(change: f64) -> Self {
        match change.partial_cmp(&0.0) {
            Some(std::cmp::Ordering::Equal) => Sign::Zero,
            Some(std::cmp::Ordering::Greater) => Sign::Positive,
            Some(std::cmp::Ordering::Less) => Sign::Negative,
            None => Sign::Any,
        }
    }

    /// Of a sum of changes.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Sign::Zero, sign) | (sign, Sign::Zero) => sign,
            (a, b) if a == b => a,
            _ => Sign::Any,
        }
    }

    /// Of a change that is passed on by a factor or a function of this sign.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        match (self, other) {
            (Sign::Zero, _) | (_, Sign::Zero) => Sign::Zero,
            (Sign::Any, _) | (_, Sign::Any) => Sign::Any,
            (a, b) if a == b => Sign::Positive,
            _ => Sign::Negative,
        }
    }
}

impl Interval {
    fn within(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    /// The values whose sign is this one's.
    fn half(side: Sign) -> Self {
        match side {
            Sign::Zero => Self::point(0.0),
            Sign::Positive => Self { low: 0.0, high: f64::INFINITY },
            Sign::Negative => Self { low: f64::NEG_INFINITY, high: 0.0 },
            Sign::Any => Self::ALL,
        }
    }

    /// The sign of the values themselves.
    fn side(self) -> Sign {
        match (self.low >= 0.0, self.high <= 0.0) {
            (true, true) => Sign::Zero,
            (true, false) => Sign::Positive,
            (false, true) => Sign::Negative,
            (false, false) => Sign::Any,
        }
    }
}

/// The values that an expression takes over the inputs' limits.
fn range(expr: &Expr, inputs: &[Input]) -> Interval {
    interval::range(expr, &|name| match inputs.iter().find(|input| input.name == *name).map(|input| &input.kind) {
        Some(InputKind::Number { min, max, .. }) => {
            Interval { low: min.unwrap_or(f64::NEG_INFINITY), high: max.unwrap_or(f64::INFINITY) }
        }
        _ => Interval::ALL,
    })
}

/// Which way an expression moves when one input rises and both ends have a value; only changes at values `within` an
/// interval count: elsewhere the model does not look.
pub(super) fn sign(expr: &Expr, input: &str, inputs: &[Input], within: Interval) -> Sign {
    let of = |expr: &Expr, within: Interval| sign(expr, input, inputs, within);
    match expr {
        Expr::Input(name) if name == input => Sign::Positive,
        Expr::Input(_) | Expr::IsMissing(_) => Sign::Zero,
        Expr::Ratio(a, b) | Expr::AnnuityPayment(a, _, b) => {
            // a/b changes by a'/b − a·b'/b², and a·g(b) alike, because g falls on either side of zero.
            let below = range(b, inputs).side();
            let rising_below = of(b, Interval::ALL);
            if below == Sign::Any && rising_below != Sign::Zero {
                return Sign::Any;
            }
            let above = Interval::half(within.side().times(below));
            let over = range(a, inputs).within(above).side();
            let through_above = of(a, above).times(below);
            through_above.plus(rising_below.times(over).times(Sign::Negative))
        }
        Expr::Difference(a, b) => of(a, Interval::ALL).plus(of(b, Interval::ALL).times(Sign::Negative)),
        Expr::Sum(list) => list.iter().fold(Sign::Zero, |sum, part| sum.plus(of(part, Interval::ALL))),
        Expr::Product(list) => list.iter().enumerate().fold(Sign::Zero, |sum, (at, part)| {
            let others = list.iter().enumerate().filter(|(other, _)| *other != at);
            let factor = others.fold(Interval::point(1.0), |product, (_, part)| product.times(range(part, inputs)));
            sum.plus(of(part, Interval::ALL).times(factor.side()))
        }),
        Expr::Clip(a, low, high) => of(a, within.within(Interval { low: *low, high: *high })),
        Expr::Log1p(a) => of(a, Interval { low: libm::expm1(within.low), high: libm::expm1(within.high) }),
        Expr::MonthsBetween(from, to) => {
            let is = |name: &String, sign| if name == input { sign } else { Sign::Zero };
            is(from, Sign::Negative).plus(is(to, Sign::Positive))
        }
    }
}

/// Whether an expression has no value at some values of an input, although all its inputs have one.
pub(super) fn may_vanish(expr: &Expr, input: &str, inputs: &[Input]) -> bool {
    let of = |expr: &Expr| may_vanish(expr, input, inputs);
    let moves = |expr: &Expr| sign(expr, input, inputs, Interval::ALL) != Sign::Zero;
    let touches_zero = |expr: &Expr| {
        let Interval { low, high } = range(expr, inputs);
        low <= 0.0 && high >= 0.0
    };
    match expr {
        Expr::Input(_) | Expr::MonthsBetween(..) | Expr::IsMissing(_) => false,
        Expr::Ratio(a, b) | Expr::AnnuityPayment(a, _, b) => moves(b) && touches_zero(b) || of(a) || of(b),
        Expr::Difference(a, b) => of(a) || of(b),
        Expr::Sum(list) | Expr::Product(list) => list.iter().any(of),
        Expr::Clip(a, ..) => of(a),
        Expr::Log1p(a) => moves(a) && range(a, inputs).low <= -1.0 || of(a),
    }
}

/// Whether an expression asks if the input is missing: then it may have a value without it.
pub(super) fn asks_missing(expr: &Expr, input: &str) -> bool {
    let of = |expr: &Expr| asks_missing(expr, input);
    match expr {
        Expr::IsMissing(name) => name == input,
        Expr::Input(_) | Expr::MonthsBetween(..) => false,
        Expr::Ratio(a, b) | Expr::AnnuityPayment(a, _, b) | Expr::Difference(a, b) => of(a) || of(b),
        Expr::Sum(list) | Expr::Product(list) => list.iter().any(of),
        Expr::Clip(a, ..) | Expr::Log1p(a) => of(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::auto;

    fn input(name: &str) -> Expr {
        Expr::Input(name.to_owned())
    }

    fn boxed(name: &str) -> Box<Expr> {
        Box::new(input(name))
    }

    const POSITIVE: Interval = Interval { low: 0.01, high: 9.0 };

    fn check(expr: &Expr, name: &str, within: Interval, expected: Sign) {
        assert_eq!(sign(expr, name, &auto::inputs(), within), expected, "{expr:?} in {name}");
    }

    #[test]
    fn every_derivation_has_its_sign() {
        // Income is 0 to 30,000, the trade-in −15,000 to 30,000, the term 12 to 96.
        let all = Interval::ALL;
        let ratio = Expr::Ratio(boxed("debts_monthly"), boxed("income_monthly"));
        check(&ratio, "debts_monthly", all, Sign::Positive);
        check(&ratio, "income_monthly", all, Sign::Negative);
        check(&ratio, "fees", all, Sign::Zero);
        let negative = Expr::Ratio(boxed("trade_in"), boxed("income_monthly"));
        check(&negative, "income_monthly", all, Sign::Any);
        // A threshold above zero is passed by positive numerators only.
        check(&negative, "income_monthly", POSITIVE, Sign::Negative);
        let pole = Expr::Ratio(boxed("income_monthly"), boxed("trade_in"));
        check(&pole, "income_monthly", all, Sign::Any);
        check(&pole, "trade_in", all, Sign::Any);
        let difference = Expr::Difference(boxed("vehicle_price"), boxed("down_payment"));
        check(&difference, "vehicle_price", all, Sign::Positive);
        check(&difference, "down_payment", all, Sign::Negative);
        check(&Expr::Sum(vec![input("fees"), input("fees")]), "fees", all, Sign::Positive);
        let product = Expr::Product(vec![input("fees"), input("trade_in")]);
        check(&product, "fees", all, Sign::Any);
        check(&product, "trade_in", all, Sign::Positive);
        let clipped = Expr::Clip(Box::new(Expr::Difference(boxed("fees"), boxed("fees"))), 0.0, 1.0);
        check(&clipped, "fees", all, Sign::Any);
        check(&Expr::Log1p(boxed("fees")), "fees", all, Sign::Positive);
        check(&Expr::IsMissing("fees".to_owned()), "fees", all, Sign::Zero);
        let months = Expr::MonthsBetween("opened".to_owned(), "asked".to_owned());
        check(&months, "opened", all, Sign::Negative);
        check(&months, "asked", all, Sign::Positive);
        let payment = Expr::AnnuityPayment(Box::new(difference), 0.18, boxed("term_months"));
        check(&payment, "vehicle_price", all, Sign::Positive);
        check(&payment, "term_months", all, Sign::Any);
        check(&payment, "term_months", POSITIVE, Sign::Negative);
    }

    #[test]
    fn a_derivation_vanishes_where_its_denominator_does() {
        let of = |expr: Expr, name| may_vanish(&expr, name, &auto::inputs());
        let over = |bottom| Expr::Ratio(boxed("fees"), boxed(bottom));
        assert!(of(over("income_monthly"), "income_monthly") && of(over("trade_in"), "trade_in"));
        assert!(!of(over("income_monthly"), "fees") && !of(over("term_months"), "term_months"));
        assert!(of(Expr::Log1p(boxed("trade_in")), "trade_in") && !of(Expr::Log1p(boxed("fees")), "fees"));
    }
}

//! Interval arithmetic on derivations.

use super::{Expr, annuity_payment};

/// Values that an expression can take; the ends may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    pub(crate) const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub(crate) fn point(value: f64) -> Self {
        Self { low: value, high: value }
    }

    fn holds(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether all values are below a number, if they agree.
    pub(crate) fn is_below(self, number: f64) -> Option<bool> {
        if self.high < number { Some(true) } else { (self.low >= number).then_some(false) }
    }

    /// From corner values; a product of zero and infinity counts as zero.
    fn hull(corners: [f64; 4]) -> Self {
        let number = |corner: f64| if corner.is_nan() { 0.0 } else { corner };
        let fold = |pick: fn(f64, f64) -> f64, start| corners.into_iter().map(number).fold(start, pick);
        Self { low: fold(f64::min, f64::INFINITY), high: fold(f64::max, f64::NEG_INFINITY) }
    }

    fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    fn minus(self, other: Self) -> Self {
        Self { low: self.low - other.high, high: self.high - other.low }
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let (Self { low: a, high: b }, Self { low: c, high: d }) = (self, other);
        Self::hull([a * c, a * d, b * c, b * d])
    }

    /// One over the values, where they are not zero.
    fn inverse(self) -> Self {
        match (self.low >= 0.0, self.high <= 0.0) {
            (true, false) => Self { low: 1.0 / self.high, high: 1.0 / self.low.abs() },
            (false, true) => Self { low: -1.0 / self.high.abs(), high: 1.0 / self.low },
            _ => Self::ALL,
        }
    }
}

/// The values that an expression takes over intervals of its inputs.
pub(crate) fn range<L>(expr: &Expr<L>, input: &dyn Fn(&L) -> Interval) -> Interval {
    let of = |expr: &Expr<L>| range(expr, input);
    match expr {
        Expr::Input(name) => input(name),
        Expr::Ratio(a, b) => of(a).times(of(b).inverse()),
        Expr::Difference(a, b) => of(a).minus(of(b)),
        Expr::Sum(list) => list.iter().fold(Interval::point(0.0), |sum, part| sum.plus(of(part))),
        Expr::Product(list) => list.iter().fold(Interval::point(1.0), |product, part| product.times(of(part))),
        Expr::Clip(a, low, high) => {
            let Interval { low: from, high: to } = of(a);
            Interval { low: from.clamp(*low, *high), high: to.clamp(*low, *high) }
        }
        Expr::Log1p(a) => {
            let Interval { low, high } = of(a);
            Interval { low: libm::log1p(low.max(-1.0)), high: libm::log1p(high.max(-1.0)) }
        }
        Expr::MonthsBetween(..) => Interval::ALL,
        Expr::IsMissing(_) => Interval { low: 0.0, high: 1.0 },
        Expr::AnnuityPayment(principal, rate, term) => of(principal).times(payment_factor(of(term), *rate)),
    }
}

/// The payment for one unit of principal: it falls from infinity to the monthly rate as the term grows.
fn payment_factor(term: Interval, yearly_rate: f64) -> Interval {
    if term.low < 0.0 {
        return Interval::ALL;
    }
    let at = |term: f64| annuity_payment(1.0, yearly_rate / 12.0, term);
    Interval { low: at(term.high), high: if term.low > 0.0 { at(term.low) } else { f64::INFINITY } }
}

/// Whether an expression has a value wherever its inputs have one in their intervals: no part of it divides by zero or
/// grows beyond all bounds.
pub(crate) fn is_there<L>(expr: &Expr<L>, input: &dyn Fn(&L) -> Interval) -> bool {
    let there = |expr: &Expr<L>| is_there(expr, input);
    let range = |expr: &Expr<L>| range(expr, input);
    let parts = match expr {
        Expr::Input(_) | Expr::IsMissing(_) => true,
        Expr::Ratio(a, b) => there(a) && there(b) && !range(b).holds(0.0),
        Expr::Difference(a, b) => there(a) && there(b),
        Expr::Sum(list) | Expr::Product(list) => list.iter().all(there),
        Expr::Clip(a, ..) => there(a),
        Expr::Log1p(a) => there(a) && range(a).low > -1.0,
        Expr::MonthsBetween(..) => false,
        Expr::AnnuityPayment(principal, _, term) => there(principal) && there(term) && range(term).low > 0.0,
    };
    let Interval { low, high } = range(expr);
    parts && low.is_finite() && high.is_finite()
}

//! What a loan costs: payment to the cent, APR, ratios, expected loss and net present value.

use crate::application::{Application, Input, Role};
use crate::features::annuity_payment;
use crate::policy::Policy;
use crate::seal::{self, Digest, Kind, Layout, SealError};
use crate::units::{Bps, Cents, Months, Points, Probability};
use serde::{Deserialize, Serialize};

/// A pricing file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pricing {
    /// The file's name for people.
    pub name: String,
    /// The version of its content.
    pub version: String,
    /// The note rate of each tier of the policy.
    pub rates: Vec<TierRate>,
    /// No note rate above this.
    pub cap_bps: Bps,
    /// Prepaid finance charge: part of the APR, not of the payment's principal.
    pub fee_cents: Cents,
    /// Monthly insurance estimate, counted into payment-to-income and debt-to-income.
    pub insurance_cents: Cents,
    /// What a loan costs the lender.
    pub economics: Economics,
}

/// The rate of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierRate {
    /// The tier's name in the policy.
    pub tier: String,
    /// The yearly note rate.
    pub note_rate_bps: Bps,
}

/// What a loan costs the lender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Economics {
    /// Months that the score's probability of bad looks ahead.
    pub pd_window_months: Months,
    /// Share of the balance lost at default.
    pub lgd: Probability,
    /// Yearly cost of funds.
    pub cost_of_funds_bps: Bps,
    /// Servicing cost a month.
    pub servicing_cents: Cents,
    /// Months from default to recovery.
    pub recovery_lag_months: u16,
    /// Relative monthly hazard; empty is flat.
    pub hazard: Vec<f64>,
}

/// A priced loan. Ratios are fractions; `None` where the divisor is missing or not positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The policy tier.
    pub tier: String,
    /// Amount financed.
    pub amount_cents: Cents,
    /// Number of monthly payments.
    pub term_months: Months,
    /// Yearly note rate.
    pub note_rate_bps: Bps,
    /// Annual percentage rate in percent, by Regulation Z, Appendix J.
    pub apr: f64,
    /// Level monthly payment.
    pub payment_cents: Cents,
    /// The last payment: it absorbs the rounding residue.
    pub last_payment_cents: Cents,
    /// Sum of all payments.
    pub total_cents: Cents,
    /// (Payment + insurance estimate) over gross monthly income.
    pub pti: Option<f64>,
    /// (Debt payments + payment + insurance estimate) over gross monthly income; where debt payments are only known as a
    /// share of income, that share and `pti`.
    pub dti: Option<f64>,
    /// Amount financed over collateral value.
    pub ltv: Option<f64>,
    /// Expected loss over the loan's life.
    pub expected_loss_cents: Cents,
    /// Net present value to the lender.
    pub npv_cents: Cents,
}

/// Why a pricing file was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PricingError {
    /// The file could not be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A tier of the policy has no rate.
    #[error("the policy's tier {0:?} has no rate")]
    NoRate(String),
    /// A number makes no sense.
    #[error("{what} is {found}; expected {expected}")]
    Number {
        /// The field.
        what: &'static str,
        /// Its value.
        found: f64,
        /// What is allowed.
        expected: &'static str,
    },
}

impl Pricing {
    /// Reads a pricing file and checks it against the policy's tiers.
    ///
    /// # Errors
    /// [`PricingError`].
    pub fn decode(bytes: &[u8], policy: &Policy) -> Result<(Self, Digest), PricingError> {
        let (pricing, digest): (Pricing, Digest) = seal::read(Kind::Pricing, bytes)?;
        pricing.check(policy)?;
        Ok((pricing, digest))
    }

    /// The sealed file of this pricing.
    pub fn encode(&self) -> Vec<u8> {
        seal::write(Kind::Pricing, self, Layout::Lines(2))
    }

    /// Checks rates and economics.
    ///
    /// # Errors
    /// [`PricingError`].
    pub fn check(&self, policy: &Policy) -> Result<(), PricingError> {
        if let Some(tier) = policy.tiers.iter().find(|tier| self.rate(&tier.name).is_none()) {
            return Err(PricingError::NoRate(tier.name.clone()));
        }
        let limit = |what, found: f64, most: f64, expected| {
            if (0.0..=most).contains(&found) { Ok(()) } else { Err(PricingError::Number { what, found, expected }) }
        };
        for rate in &self.rates {
            limit("note_rate_bps", f64::from(rate.note_rate_bps.0), 100_000.0, "0 to 100000")?;
        }
        limit("fee_cents", self.fee_cents.0 as f64, 1e9, "0 to 1000000000")?;
        limit("insurance_cents", self.insurance_cents.0 as f64, 1e9, "0 to 1000000000")?;
        limit("servicing_cents", self.economics.servicing_cents.0 as f64, 1e9, "0 to 1000000000")?;
        self.economics.hazard.iter().try_for_each(|hazard| limit("hazard", *hazard, 1e6, "0 to 1000000"))
    }

    /// The note rate of a tier, capped.
    pub fn rate(&self, tier: &str) -> Option<Bps> {
        self.rates.iter().find(|rate| rate.tier == tier).map(|rate| rate.note_rate_bps.min(self.cap_bps))
    }

    /// Prices an application's deal at its score. `None` without a tier, an amount or a term.
    pub fn offer(
        &self,
        policy: &Policy,
        inputs: &[Input],
        application: &Application,
        points: Points,
        pd: Probability,
    ) -> Option<Offer> {
        let tier = policy.tier(points)?;
        let deal = Deal::of(inputs, application)?;
        Some(self.price(&tier.name, self.rate(&tier.name)?, &deal, pd))
    }

    /// The burden of a deal at the best rate of the tiers up to a score.
    pub(crate) fn least_burden(
        &self,
        policy: &Policy,
        inputs: &[Input],
        deal: &Application,
        best: Points,
    ) -> Option<Burden> {
        let open = policy.tiers.iter().filter(|tier| tier.min <= best);
        let rate = open.filter_map(|tier| self.rate(&tier.name)).min()?;
        let deal = Deal::of(inputs, deal)?;
        Some(self.burden(&deal, Schedule::new(deal.amount, rate, deal.term).payment))
    }

    fn burden(&self, deal: &Deal, payment: Cents) -> Burden {
        let income = deal.income.filter(|income| income.0 > 0).map(Cents::dollars);
        let housed = payment.dollars() + self.insurance_cents.dollars();
        let pti = income.map(|income| housed / income);
        let by_amount = income.zip(deal.debt).map(|(income, debt)| (debt.dollars() + housed) / income);
        Burden {
            payment,
            pti,
            dti: by_amount.or_else(|| Some(deal.debt_ratio? + pti?)),
            ltv: deal.collateral.filter(|value| value.0 > 0).map(|value| deal.amount.dollars() / value.dollars()),
        }
    }

    fn price(&self, tier: &str, rate: Bps, deal: &Deal, pd: Probability) -> Offer {
        let schedule = Schedule::new(deal.amount, rate, deal.term);
        let Burden { pti, dti, ltv, .. } = self.burden(deal, schedule.payment);
        let (expected_loss, npv) = self.economics.value(deal.amount, rate, deal.term, pd);
        Offer {
            tier: tier.to_owned(),
            amount_cents: deal.amount,
            term_months: deal.term,
            note_rate_bps: rate,
            apr: self.apr(&schedule, deal),
            payment_cents: schedule.payment,
            last_payment_cents: schedule.last,
            total_cents: schedule.total,
            pti,
            dti,
            ltv,
            expected_loss_cents: expected_loss,
            npv_cents: npv,
        }
    }

    fn apr(&self, schedule: &Schedule, deal: &Deal) -> f64 {
        let net = (deal.amount.0 - self.fee_cents.0).max(1);
        let n = deal.term.count();
        let payments = (1..=n).map(|k| Payment {
            amount: if k == n { schedule.last } else { schedule.payment }.dollars(),
            periods: f64::from(k),
            odd: 0.0,
        });
        apr(Cents(net).dollars(), &payments.collect::<Vec<_>>(), 12.0)
    }
}

/// What a deal asks of an applicant and its collateral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Burden {
    pub(crate) payment: Cents,
    pub(crate) pti: Option<f64>,
    pub(crate) dti: Option<f64>,
    pub(crate) ltv: Option<f64>,
}

/// The money side of an application.
struct Deal {
    amount: Cents,
    term: Months,
    income: Option<Cents>,
    debt: Option<Cents>,
    debt_ratio: Option<f64>,
    collateral: Option<Cents>,
}

impl Deal {
    fn of(inputs: &[Input], application: &Application) -> Option<Self> {
        let money = |role| application.money(inputs, role);
        let amount = money(Role::LoanAmount).or_else(|| {
            let paid = |role| money(role).unwrap_or_default().0;
            Some(Cents(money(Role::Price)?.0 + paid(Role::Fees) - paid(Role::DownPayment) - paid(Role::TradeIn)))
        })?;
        let term = application.in_role(inputs, Role::Term)?;
        let term = (1.0..=480.0).contains(&term).then_some(term as u16).and_then(Months::new)?;
        (amount.0 > 0).then(|| Self {
            amount,
            term,
            income: application.monthly_income(inputs),
            debt: money(Role::MonthlyDebt),
            debt_ratio: application.in_role(inputs, Role::DebtRatio),
            collateral: money(Role::CollateralValue),
        })
    }
}

/// The amount and the term that an application asks for. `None` where the inputs have no such roles or values.
pub fn requested(inputs: &[Input], application: &Application) -> Option<(Cents, Months)> {
    Deal::of(inputs, application).map(|deal| (deal.amount, deal.term))
}

/// An amortisation schedule in whole cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The level payment.
    pub payment: Cents,
    /// The last payment, which clears the balance.
    pub last: Cents,
    /// The sum of all payments.
    pub total: Cents,
    /// How many payments are made.
    pub count: u16,
}

impl Schedule {
    /// Level payments: `P·r / (1 − (1 + r)^−n)` rounded half up; each month's interest is rounded half up to cents;
    /// the last payment clears the balance.
    ///
    /// ```
    /// use underglass_engine::{pricing::Schedule, units::{Bps, Cents, Months}};
    /// let loan = |dollars: i64, bps, n| Schedule::new(Cents(dollars * 100), Bps(bps), Months::new(n).unwrap());
    /// assert_eq!((loan(18_000, 1999, 66).payment, loan(18_000, 1999, 66).last), (Cents(451_64), Cents(451_51)));
    /// assert_eq!((loan(15_000, 2290, 60).payment, loan(15_000, 2290, 60).last), (Cents(422_00), Cents(421_54)));
    /// assert_eq!(
    ///     (loan(18_000, 1999, 66).total, loan(15_000, 2290, 60).total),
    ///     (Cents(29_808_11), Cents(25_319_54))
    /// );
    /// // Not 318.73, which one of the reference systems prints for this loan.
    /// assert_eq!((loan(3_500, 899, 12).payment, loan(3_500, 899, 12).last), (Cents(306_06), Cents(306_10)));
    /// ```
    pub fn new(amount: Cents, rate: Bps, term: Months) -> Self {
        let exact = annuity_payment(amount.dollars(), rate.per_month(), f64::from(term.count()));
        Self::with_payment(amount, rate, term, Cents((exact * 100.0 + 0.5).floor() as i64))
    }

    fn with_payment(amount: Cents, rate: Bps, term: Months, payment: Cents) -> Self {
        let mut schedule = Self { payment, last: Cents(0), total: Cents(0), count: 0 };
        for paid in installments(amount, rate, term, payment) {
            schedule.last = paid.payment;
            schedule.total.0 += paid.payment.0;
            schedule.count += 1;
        }
        schedule
    }

    /// The payments one by one, of the loan that this is the schedule of.
    ///
    /// ```
    /// use underglass_engine::{pricing::Schedule, units::{Bps, Cents, Months}};
    /// let (amount, rate, term) = (Cents(1_200_00), Bps(1000), Months::new(12).unwrap());
    /// let paid: Vec<_> = Schedule::new(amount, rate, term).installments(amount, rate, term).collect();
    /// assert_eq!((paid[0].payment, paid[0].interest, paid[0].balance), (Cents(105_50), Cents(10_00), Cents(1_104_50)));
    /// assert_eq!((paid[11].payment, paid[11].balance), (Cents(105_47), Cents(0)));
    /// ```
    pub fn installments(&self, amount: Cents, rate: Bps, term: Months) -> impl Iterator<Item = Installment> + use<> {
        installments(amount, rate, term, self.payment)
    }
}

/// One payment of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installment {
    /// What is paid.
    pub payment: Cents,
    /// Of it, interest for the month.
    pub interest: Cents,
    /// What is owed after it.
    pub balance: Cents,
}

/// Payments until nothing is owed; that of the term's last month clears the balance.
fn installments(amount: Cents, rate: Bps, term: Months, payment: Cents) -> impl Iterator<Item = Installment> + use<> {
    let mut balance = amount.0;
    (1..=term.count()).map_while(move |month| {
        let interest = (balance != 0).then(|| interest(balance, rate))?;
        let owed = balance + interest;
        let paid = if month == term.count() { owed } else { payment.0.min(owed) };
        balance = owed - paid;
        Some(Installment { payment: Cents(paid), interest: Cents(interest), balance: Cents(balance) })
    })
}

/// A month's interest on a balance, half up to cents: `(balance·bps + 60,000) / 120,000`, in integers.
fn interest(balance: i64, rate: Bps) -> i64 {
    // Sixty-four bits hold every balance below 350 billion dollars, and divide ten times as fast.
    const WIDE: i64 = 1 << 45;
    if balance < WIDE && rate.0 < 1 << 17 {
        (balance * i64::from(rate.0) + 60_000) / 120_000
    } else {
        ((i128::from(balance) * i128::from(rate.0) + 60_000) / 120_000) as i64
    }
}

/// One payment of a disclosed loan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment {
    /// Dollars.
    pub amount: f64,
    /// Full unit-periods from the advance.
    pub periods: f64,
    /// Fraction of a unit-period beside them.
    pub odd: f64,
}

/// Annual percentage rate in percent by the actuarial method: the rate `100·w·i` at which
/// `A = Σ P_k / ((1 + f_k·i)(1 + i)^{t_k})`, with `w` unit-periods a year.
///
/// Source: 12 CFR 1026, Appendix J, whose examples these are:
///
/// ```
/// use underglass_engine::pricing::{Payment, apr};
/// // n level payments, the first after some unit-periods and a fraction of one; to the two decimals that are printed.
/// let level = |advance, amount, n: u16, a_year, first: f64, odd| {
///     let payments: Vec<Payment> = (0..n).map(|k| Payment { amount, periods: first + f64::from(k), odd }).collect();
///     format!("{:.2}", apr(advance, &payments, a_year))
/// };
/// assert_eq!(level(5000.0, 230.0, 24, 12.0, 1.0, 0.0), "9.69");
/// assert_eq!(level(6000.0, 200.0, 36, 12.0, 1.0, 19.0 / 30.0), "11.82");
/// assert_eq!(level(5000.0, 219.17, 24, 24.0, 0.0, 6.0 / 15.0), "10.34");
/// assert_eq!(level(10_000.0, 385.0, 40, 4.0, 1.0, 39.0 / 90.0), "8.97");
/// assert_eq!(level(500.0, 17.60, 30, 52.0, 4.0, 4.0 / 7.0), "14.96");
/// ```
pub fn apr(advance: f64, payments: &[Payment], periods_a_year: f64) -> f64 {
    // Value and slope of the payments at a rate a unit-period. A payment one period after the one before it is
    // discounted by one more factor.
    let at = |i: f64| {
        let (factor, growth) = (1.0 / (1.0 + i), libm::log1p(i));
        let (mut value, mut slope, mut before, mut discount) = (0.0, 0.0, 0.0, 1.0);
        for Payment { amount, periods, odd } in payments {
            discount = if *periods == before + 1.0 { discount * factor } else { libm::exp(-periods * growth) };
            before = *periods;
            let late = 1.0 / (1.0 + odd * i);
            let present = amount * late * discount;
            value += present;
            slope -= present * (odd * late + periods * factor);
        }
        (value, slope)
    };
    // The value falls and is convex in the rate, so Newton's steps approach from below after at most one that overshoots;
    // payments below the advance have a negative rate.
    let mut i = 0.0_f64;
    for _ in 0..200 {
        let (value, slope) = at(i);
        let next = (i + (advance - value) / slope).max(-0.999);
        if !next.is_finite() || (next - i).abs() <= 1e-15 {
            break;
        }
        i = next;
    }
    100.0 * periods_a_year * i
}

impl Economics {
    /// Expected loss and net present value by monthly cash flow.
    ///
    /// With survival `S_k` and monthly hazard `h_k`:
    /// `NPV = −A + Σ S_k (pmt − serv) / (1 + c/12)^k + Σ S_{k−1} h_k (1 − LGD) B_{k−1} / (1 + c/12)^{k + lag}`.
    /// Payments and balances are unrounded here; the offer's payment is in cents.
    fn value(&self, amount: Cents, rate: Bps, term: Months, pd: Probability) -> (Cents, Cents) {
        let hazards = self.hazards(term, pd);
        let (loss, npv) = cash_flow(amount.dollars(), rate.per_month(), &hazards, self);
        let cents = |dollars: f64| Cents((dollars * 100.0).round_ties_even() as i64);
        (cents(loss), cents(npv))
    }

    /// Monthly hazards over the term. Within the score's window the total matches the score's probability; the vector
    /// (flat when empty, its last entry repeated) gives the shape.
    pub(crate) fn hazards(&self, term: Months, pd: Probability) -> Vec<f64> {
        let shape = |k: usize| self.hazard.get(k).or(self.hazard.last()).copied().unwrap_or(1.0);
        let window: f64 = (0..usize::from(self.pd_window_months.count())).map(shape).sum();
        let log_survival = libm::log1p(-pd.value().min(1.0 - 1e-9));
        let hazard = |k: usize| if window > 0.0 { -libm::expm1(log_survival * shape(k) / window) } else { 0.0 };
        // From its last entry on the shape stays what it is.
        let n_own = self.hazard.len().max(1).min(usize::from(term.count()));
        let mut hazards: Vec<f64> = (0..n_own).map(hazard).collect();
        hazards.resize(usize::from(term.count()), hazards[n_own - 1]);
        hazards
    }
}

fn cash_flow(amount: f64, monthly_rate: f64, hazards: &[f64], economics: &Economics) -> (f64, f64) {
    let payment = annuity_payment(amount, monthly_rate, hazards.len() as f64);
    let discount = 1.0 / (1.0 + economics.cost_of_funds_bps.per_month());
    let lag = (0..economics.recovery_lag_months).fold(1.0, |factor, _| factor * discount);
    let lgd = economics.lgd.value();
    let (mut survival, mut balance, mut factor) = (1.0, amount, 1.0);
    let (mut loss, mut npv) = (0.0, -amount);
    for hazard in hazards {
        factor *= discount;
        let defaulted = survival * hazard;
        loss += defaulted * lgd * balance;
        npv += defaulted * (1.0 - lgd) * balance * factor * lag;
        survival *= 1.0 - hazard;
        npv += survival * (payment - economics.servicing_cents.dollars()) * factor;
        balance = balance * (1.0 + monthly_rate) - payment;
    }
    (loss, npv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_present_value_matches_the_published_vector() {
        let economics = Economics {
            pd_window_months: Months::new(60).expect("not zero"),
            lgd: Probability::new(0.60).expect("a probability"),
            cost_of_funds_bps: Bps(700),
            servicing_cents: Cents(1_200),
            recovery_lag_months: 4,
            hazard: Vec::new(),
        };
        let (_, npv) = economics.value(
            Cents(1_500_000),
            Bps(2290),
            Months::new(60).expect("not zero"),
            Probability::new(0.25).expect("a probability"),
        );
        assert_eq!(npv, Cents(391_042));
    }

    /// $495 of prepaid charges on 15,000 at 22.90 % over 60 months, the first payment after one month or after 45 days.
    #[test]
    fn a_prepaid_charge_and_odd_days_move_the_rate() {
        let (amount, rate, term) = (Cents(1_500_000), Bps(2290), Months::new(60).expect("not zero"));
        let schedule = Schedule::new(amount, rate, term);
        let yearly = |odd| {
            let payments: Vec<Payment> = (1..=60_u16)
                .zip(schedule.installments(amount, rate, term))
                .map(|(k, paid)| Payment { amount: paid.payment.dollars(), periods: f64::from(k), odd })
                .collect();
            (apr(14_505.0, &payments, 12.0) * 100.0).round() / 100.0
        };
        assert_eq!((yearly(0.0), yearly(0.5)), (24.56, 24.06));
    }
}

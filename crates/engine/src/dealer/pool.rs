//! What a pool of contracts is expected to bring in, how its collections are applied, and the largest advance on it.

use super::{DealerError, Share, cents, positive, present_value};
use crate::pricing::{Economics, Schedule};
use crate::units::{Bps, Cents, Months, Probability};
use serde::{Deserialize, Serialize};

/// What contracts are expected to bring in, month by month. Forecasts of a pool's contracts add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// All payments of the contracts, as if everyone paid.
    pub contract_cents: Cents,
    /// Expected collections: the first entry is those of the first month.
    pub months: Vec<Cents>,
}

impl Forecast {
    /// Expected collections of one contract: in month *k* the payment of those who still pay, and what is recovered of those
    /// who defaulted `lag` months before: `S_k · P_k + S_{j−1} · h_j · (1 − LGD) · B_{j−1}` with `j = k − lag`, half to even
    /// to cents. Survival *S*, hazards *h*, loss given default and lag as in [`crate::pricing`].
    ///
    /// # Errors
    /// [`DealerError::Amount`] for an amount that is not positive.
    pub fn of(
        amount: Cents,
        rate: Bps,
        term: Months,
        pd: Probability,
        economics: &Economics,
    ) -> Result<Self, DealerError> {
        positive("the amount financed", amount)?;
        let schedule = Schedule::new(amount, rate, term);
        let lag = usize::from(economics.recovery_lag_months);
        let mut months = vec![0.0; usize::from(term.count()) + lag];
        let (mut survival, mut balance) = (1.0, amount);
        let paid = schedule.installments(amount, rate, term).zip(economics.hazards(term, pd));
        for (month, (paid, hazard)) in paid.enumerate() {
            let recovered = survival * hazard * (1.0 - economics.lgd.value()) * balance.0 as f64;
            survival *= 1.0 - hazard;
            for (at, more) in [(month, survival * paid.payment.0 as f64), (month + lag, recovered)] {
                if let Some(sum) = months.get_mut(at) {
                    *sum += more;
                }
            }
            balance = paid.balance;
        }
        Ok(Self { contract_cents: schedule.total, months: months.into_iter().map(cents).collect() })
    }

    /// A pool of contracts that start together.
    ///
    /// # Errors
    /// [`DealerError::EmptyPool`].
    pub fn pool(contracts: &[Forecast]) -> Result<Self, DealerError> {
        let length = contracts.iter().map(|contract| contract.months.len()).max().ok_or(DealerError::EmptyPool)?;
        let month =
            |month: usize| contracts.iter().filter_map(|contract| contract.months.get(month)).map(|sum| sum.0).sum();
        Ok(Self {
            contract_cents: Cents(contracts.iter().map(|contract| contract.contract_cents.0).sum()),
            months: (0..length).map(|at| Cents(month(at))).collect(),
        })
    }

    /// All expected collections.
    pub fn total(&self) -> Cents {
        Cents(self.months.iter().map(|month| month.0).sum())
    }
}

/// How a pool's collections are applied, and what the lender wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Costs of collection, as a share of collections: they are taken first.
    pub collection_costs: Share,
    /// The lender's fee, as a share of collections: generally 20 %.
    pub servicing_fee: Share,
    /// The yearly return that the lender requires on its advance.
    pub required_return_bps: Bps,
}

/// Where a pool's expected collections go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settlement {
    /// What the dealer was paid at the start.
    pub advance_cents: Cents,
    /// Expected collections.
    pub collections_cents: Cents,
    /// First, costs of collection.
    pub costs_cents: Cents,
    /// Second, the lender's fee.
    pub fee_cents: Cents,
    /// Third, the advance, as far as it is recovered.
    pub recovered_cents: Cents,
    /// What is left, for the dealer: the holdback.
    pub holdback_cents: Cents,
    /// The month in which the advance has been recovered; `None` when it never is.
    pub recovered_in: Option<u16>,
    /// Collections over contract dollars.
    pub forecast_share: f64,
    /// Advance over contract dollars.
    pub advance_share: f64,
    /// The first less the second: the lender's margin for error.
    pub spread: f64,
    /// Fee and recovered advance at the required return, less the advance.
    pub npv_cents: Cents,
}

impl Settlement {
    /// What the dealer gets in all: the customer's down payment, the advance and the expected holdback.
    pub fn dealer_total(&self, down_payment: Cents) -> Cents {
        Cents(down_payment.0 + self.advance_cents.0 + self.holdback_cents.0)
    }
}

impl Program {
    /// Where a pool's collections go after an advance: `holdback = max(0, F − costs − fee − advance)`, on the pool.
    ///
    /// # Errors
    /// [`DealerError::Amount`] for an advance below 0 and for a pool without contract dollars.
    pub fn settle(&self, pool: &Forecast, advance: Cents) -> Result<Settlement, DealerError> {
        positive("the pool's contract dollars", pool.contract_cents)?;
        if advance.0 < 0 {
            return Err(DealerError::Amount { what: "the advance", found: advance });
        }
        let collections = pool.total();
        let [costs, fee] = [self.collection_costs, self.servicing_fee].map(|share| share.of(collections));
        let net = self.net(collections);
        let recovered = Cents(net.0.min(advance.0));
        let sums = pool.months.iter().scan(0, |sum, month| {
            *sum += month.0;
            Some(Cents(*sum))
        });
        let recovered_in = (1..).zip(sums).find(|(_, sum)| self.net(*sum) >= advance).map(|(month, _)| month);
        let [forecast_share, advance_share] =
            [collections, advance].map(|part| part.0 as f64 / pool.contract_cents.0 as f64);
        Ok(Settlement {
            advance_cents: advance,
            collections_cents: collections,
            costs_cents: costs,
            fee_cents: fee,
            recovered_cents: recovered,
            holdback_cents: Cents(net.0 - recovered.0),
            recovered_in,
            forecast_share,
            advance_share,
            spread: forecast_share - advance_share,
            npv_cents: cents(self.npv(pool, advance)),
        })
    }

    /// The largest advance at which the lender earns its required return: the last cent at which the net present value is not
    /// negative, by bisection. Each further cent costs a cent at once and brings back at most a cent later, so the value
    /// falls.
    ///
    /// # Errors
    /// As [`Program::settle`].
    pub fn most_advance(&self, pool: &Forecast) -> Result<Settlement, DealerError> {
        // No advance has a value above all collections: what comes back is at most that.
        let (mut kept, mut refused) = (0, pool.total().0.max(0) + 1);
        while refused - kept > 1 {
            let middle = kept + (refused - kept) / 2;
            if self.npv(pool, Cents(middle)) >= 0.0 {
                kept = middle;
            } else {
                refused = middle;
            }
        }
        self.settle(pool, Cents(kept))
    }

    /// What is left of the first so many collections after costs and fee: shares of sums, so that months add up to the pool.
    fn net(&self, collections: Cents) -> Cents {
        let taken = self.collection_costs.of(collections).0 + self.servicing_fee.of(collections).0;
        Cents((collections.0 - taken).max(0))
    }

    /// Fee and recovered advance at the required return, less the advance, in cents.
    fn npv(&self, pool: &Forecast, advance: Cents) -> f64 {
        let (mut sum, mut before) = (0, 0);
        let monthly = pool.months.iter().map(|month| {
            sum += month.0;
            let lender = self.servicing_fee.of(Cents(sum)).0 + self.net(Cents(sum)).0.min(advance.0);
            let received = lender - before;
            before = lender;
            Cents(received)
        });
        present_value(monthly, self.required_return_bps) - advance.0 as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(n: u16) -> Months {
        Months::new(n).expect("not zero")
    }

    fn share(basis_points: u32) -> Share {
        Share::new(basis_points).expect("a share")
    }

    fn probability(p: f64) -> Probability {
        Probability::new(p).expect("a probability")
    }

    /// 1,000 in two payments of 500 without interest; a tenth of those who pay default in each month, half of what they owe
    /// comes back a month later.
    fn small() -> Forecast {
        let economics = Economics {
            pd_window_months: months(2),
            lgd: probability(0.5),
            cost_of_funds_bps: Bps(0),
            servicing_cents: Cents(0),
            recovery_lag_months: 1,
            hazard: Vec::new(),
        };
        Forecast::of(Cents(100_000), Bps(0), months(2), probability(1.0 - 0.9 * 0.9), &economics).expect("an amount")
    }

    fn program(costs: u32, required_return: u32) -> Program {
        Program {
            collection_costs: share(costs),
            servicing_fee: share(2_000),
            required_return_bps: Bps(required_return),
        }
    }

    #[test]
    fn collections_are_those_of_survivors_and_recoveries() {
        let forecast = small();
        // 0.9 · 500; 0.81 · 500 + 0.1 · 0.5 · 1000; 0.09 · 0.5 · 500.
        assert_eq!(forecast.months, [Cents(45_000), Cents(45_500), Cents(2_250)]);
        assert_eq!((forecast.contract_cents, forecast.total()), (Cents(100_000), Cents(92_750)));
        let pool = Forecast::pool(&[forecast.clone(), forecast]).expect("two contracts");
        assert_eq!((pool.contract_cents, pool.total()), (Cents(200_000), Cents(185_500)));
        assert_eq!(Forecast::pool(&[]), Err(DealerError::EmptyPool));
    }

    /// The published net present value is that of the forecast: 15,000 at 22.90 % over 60 months, 25 % bad over its life.
    #[test]
    fn the_forecast_is_that_of_the_price() {
        let economics = Economics {
            pd_window_months: months(60),
            lgd: probability(0.60),
            cost_of_funds_bps: Bps(700),
            servicing_cents: Cents(1_200),
            recovery_lag_months: 4,
            hazard: Vec::new(),
        };
        let forecast =
            Forecast::of(Cents(1_500_000), Bps(2_290), months(60), probability(0.25), &economics).expect("an amount");
        let hazard = -libm::expm1(libm::log1p(-0.25) / 60.0);
        let survivors = (1..=60).scan(1.0, |survival, _| {
            *survival *= 1.0 - hazard;
            Some(Cents((1_200.0 * *survival * 1e6) as i64))
        });
        let servicing = present_value(survivors, Bps(700)) / 1e6;
        let npv = present_value(forecast.months.iter().copied(), Bps(700)) - servicing - 1_500_000.0;
        // 64 months and 60 payments, each rounded by at most half a cent: 62 cents.
        assert!((npv - 391_042.0).abs() < 62.0, "{npv}");
    }

    #[test]
    fn a_pool_is_settled_in_order() {
        let settled = program(0, 0).settle(&small(), Cents(45_000)).expect("an advance");
        // 0.8 · 927.50 = 742.00; after one month 360.00 of it, after two 724.00.
        let parts = [settled.fee_cents, settled.recovered_cents, settled.holdback_cents];
        assert_eq!(parts, [Cents(18_550), Cents(45_000), Cents(29_200)]);
        assert_eq!((settled.recovered_in, settled.dealer_total(Cents(20_000))), (Some(2), Cents(94_200)));
        assert!((settled.forecast_share - 0.9275).abs() < 1e-12 && (settled.spread - 0.4775).abs() < 1e-12);
        // Costs of 10 % come first: 927.50 − 92.75 − 185.50 = 649.25.
        let settled = program(1_000, 0).settle(&small(), Cents(70_000)).expect("an advance");
        let parts = [settled.costs_cents, settled.recovered_cents, settled.holdback_cents];
        assert_eq!((parts, settled.recovered_in), ([Cents(9_275), Cents(64_925), Cents(0)], None));
        assert_eq!(
            program(0, 0).settle(&small(), Cents(-1)).map(|_| ()),
            Err(DealerError::Amount { what: "the advance", found: Cents(-1) })
        );
    }

    #[test]
    fn the_largest_advance_earns_the_required_return_and_a_cent_more_does_not() {
        let most = |costs, required| program(costs, required).most_advance(&small()).expect("a pool").advance_cents;
        // Without a required return all collections; at 1 % a month 450/1.01 + 455/1.0201 + 22.5/1.030301 = 913.4175.
        assert_eq!((most(0, 0), most(0, 1_200)), (Cents(92_750), Cents(91_341)));
        let economics = Economics {
            pd_window_months: months(18),
            lgd: probability(0.60),
            cost_of_funds_bps: Bps(600),
            servicing_cents: Cents(0),
            recovery_lag_months: 4,
            hazard: Vec::new(),
        };
        let contract = |amount, pd| {
            Forecast::of(Cents(amount), Bps(2_290), months(60), probability(pd), &economics).expect("an amount")
        };
        let pool = Forecast::pool(&[contract(1_500_000, 0.25), contract(940_000, 0.40)]).expect("two contracts");
        let mut before = pool.total();
        for required in [600, 2_000, 4_000, 9_000] {
            let program = program(300, required);
            let found = program.most_advance(&pool).expect("a pool");
            assert!(program.npv(&pool, found.advance_cents) >= 0.0, "{required}");
            assert!(program.npv(&pool, Cents(found.advance_cents.0 + 1)) < 0.0, "{required}");
            assert!(found.advance_cents < before, "{required}: a higher return leaves less");
            let parts = [found.costs_cents, found.fee_cents, found.recovered_cents, found.holdback_cents];
            assert_eq!(parts.iter().map(|part| part.0).sum::<i64>(), found.collections_cents.0);
            before = found.advance_cents;
        }
    }
}

//! Who applies: what is hidden behind an application, and what several worlds show of it in the same way.

use super::sampler::{Sampler, share, whole};

/// An applicant's hidden side.
pub(super) struct Person {
    /// In whole years.
    pub(super) age: f64,
    /// Credit quality; standard normal, higher is better.
    pub(super) quality: f64,
    /// Income level; about standard normal.
    level: f64,
    /// Whether hardly any credit is on file.
    pub(super) thin: bool,
}

impl Person {
    pub(super) fn draw(sampler: &mut Sampler) -> Self {
        let age = whole(18.0 + 8.5 * sampler.gamma(2.5), 18.0, 90.0);
        let quality = sampler.normal();
        // Incomes rise until the fifties and fall after.
        let career = 0.30 - 0.8 * ((age - 50.0) / 32.0) * ((age - 50.0) / 32.0);
        let level = 0.35 * quality + 0.90 * sampler.normal() + career;
        let thin = sampler.bernoulli(share(-1.8 - 0.065 * (age - 25.0)));
        Self { age, quality, level, thin }
    }

    /// Dollars a year, in hundreds.
    pub(super) fn annual_income(&self) -> f64 {
        100.0 * whole(490.0 * libm::exp(0.42 * self.level), 60.0, 4_000.0)
    }

    /// In half years.
    pub(super) fn employment_years(&self, sampler: &mut Sampler) -> f64 {
        let years = sampler.gamma(0.95) * (1.4 + 0.13 * (self.age - 18.0)) * libm::exp(0.20 * self.quality);
        whole(2.0 * years, 0.0, 2.0 * (self.age - 17.0).min(50.0)) / 2.0
    }

    /// A fraction of limits, in hundredths.
    pub(super) fn utilization(&self, sampler: &mut Sampler) -> f64 {
        let used = share(-0.25 - 0.85 * self.quality);
        whole(104.0 * sampler.beta(2.6 * used + 0.15, 2.6 * (1.0 - used) + 0.15), 0.0, 150.0) / 100.0
    }

    /// Accounts or credit lines on file.
    pub(super) fn accounts(&self, sampler: &mut Sampler) -> f64 {
        let accounts = sampler.poisson(4.4 * libm::exp(0.10 * self.quality + 0.007 * (self.age - 40.0)));
        let few = sampler.uniform();
        if self.thin { (2.0 * few).floor() } else { (1.0 + accounts).min(60.0) }
    }

    /// Dollars owed, in hundreds: a typical share of a year's income, less for thin files.
    pub(super) fn debt(&self, sampler: &mut Sampler, annual_income: f64, share_of_income: f64) -> f64 {
        let share = sampler.gamma(1.15) * share_of_income * if self.thin { 0.4 } else { 1.0 };
        100.0 * whole(annual_income * share * libm::exp(-0.15 * self.quality) / 100.0, 0.0, 5_000.0)
    }

    /// Inquiries on file, about so many.
    pub(super) fn inquiries(&self, sampler: &mut Sampler, mean: f64) -> f64 {
        sampler.poisson(mean * libm::exp(-0.30 * self.quality)).min(30.0)
    }
}

//! How an applicant is drawn: the person, their bureau file, their deal.

use super::schema::{AGE_BANDS, EMPLOYED, HOUSING, N_DEALERS, REGIONS, RETIRED, VEHICLES};
use super::{Raw, Shock};
use crate::population::sampler::{Sampler, share, whole};

/// Share of applicants from each region, and of group H among them.
const REGION_WEIGHTS: [f64; REGIONS.len()] = [0.22, 0.18, 0.16, 0.20, 0.12, 0.12];
const REGION_GROUP_H: [f64; REGIONS.len()] = [0.12, 0.18, 0.10, 0.38, 0.28, 0.58];
/// Sales tax of each region.
const REGION_TAX: [f64; REGIONS.len()] = [0.050, 0.060, 0.045, 0.075, 0.055, 0.070];
/// Price of a new vehicle of each type, and how often each is bought.
const NEW_PRICES: [f64; VEHICLES.len()] = [23_500.0, 29_000.0, 33_500.0, 29_500.0, 27_000.0];
const VEHICLE_WEIGHTS: [f64; VEHICLES.len()] = [0.36, 0.34, 0.15, 0.07, 0.08];
/// Terms on offer, how often a payment of usual weight chooses each, and how a heavier one tilts the choice.
const TERMS: [f64; 8] = [36.0, 42.0, 48.0, 60.0, 66.0, 72.0, 75.0, 84.0];
const TERM_WEIGHTS: [f64; TERMS.len()] = [0.06, 0.03, 0.11, 0.26, 0.12, 0.30, 0.06, 0.06];
/// First ages of the bands after the first.
const AGE_BAND_STARTS: [f64; AGE_BANDS.len() - 1] = [25.0, 35.0, 50.0, 62.0];

/// What is hidden behind an application.
struct Person {
    /// Credit quality; standard normal, higher is better.
    quality: f64,
    /// Income level; about standard normal.
    level: f64,
    age: f64,
    region: usize,
    group: usize,
    sex: usize,
    dealer: Option<usize>,
}

struct Job {
    income: f64,
    status: usize,
    months: f64,
}

struct File {
    thin: bool,
    utilization: Option<f64>,
    late: f64,
    inquiries: f64,
    accounts: f64,
    oldest: Option<f64>,
    collections: f64,
    repossessions: f64,
    bankruptcies: f64,
}

struct Vehicle {
    kind: usize,
    age: f64,
    mileage: f64,
    value: f64,
    price: f64,
}

pub(super) fn raw(sampler: &mut Sampler, shock: &Shock) -> Raw {
    let person = person(sampler, shock);
    let job = job(sampler, &person, shock);
    let (housing, residence_months) = home(sampler, &person);
    let file = file(sampler, &person, shock);
    let burden = sampler.beta(2.2, 7.0) * if file.thin { 0.5 } else { 1.0 } * libm::exp(-0.10 * person.quality);
    let vehicle = vehicle(sampler, &person, shock);
    let (down_payment, trade_in) = equity(sampler, &person, vehicle.price);
    let products = sampler.gamma(1.5) * 400.0;
    let fees = cents(vehicle.price * REGION_TAX[person.region] + 180.0 + products).min(12_000.0);
    let amount = vehicle.price + fees - down_payment - trade_in;
    Raw {
        income_monthly: job.income,
        debts_monthly: whole(job.income * burden, 0.0, 15_000.0),
        utilization: file.utilization,
        late_24m: file.late,
        employment_months: job.months,
        inquiries_6m: file.inquiries,
        vehicle_price: vehicle.price,
        down_payment,
        term_months: term(sampler, amount / job.income),
        vehicle_value: vehicle.value,
        trade_in,
        fees,
        vehicle_age_years: vehicle.age,
        mileage_thousand: vehicle.mileage,
        vehicle_type: vehicle.kind,
        employment: job.status,
        housing,
        residence_months,
        open_accounts: file.accounts,
        oldest_account_months: file.oldest,
        collections: file.collections,
        repossessions_12m: file.repossessions,
        bankruptcies_open: file.bankruptcies,
        dealer: person.dealer,
        region: person.region,
        age_band: AGE_BAND_STARTS.iter().filter(|start| person.age >= **start).count(),
        group: person.group,
        sex: person.sex,
    }
}

fn person(sampler: &mut Sampler, shock: &Shock) -> Person {
    let new_dealer = sampler.bernoulli(shock.new_dealer_share);
    let region = sampler.categorical(&REGION_WEIGHTS);
    let group = usize::from(sampler.bernoulli(REGION_GROUP_H[region]));
    let sex = usize::from(sampler.bernoulli(0.53));
    let age = whole(18.0 + 8.5 * sampler.gamma(2.6), 18.0, 88.0);
    let maturity = ((age - 40.0) / 20.0).clamp(-1.0, 1.0);
    let quality = 0.95 * sampler.normal() + 0.20 * maturity - if new_dealer { 0.6 } else { 0.0 };
    // Incomes rise until the fifties and fall after; group H and women earn somewhat less here.
    let career = 0.30 - 0.8 * ((age - 50.0) / 32.0) * ((age - 50.0) / 32.0);
    let level = 0.32 * quality + 0.90 * sampler.normal() + career - 0.30 * group as f64 + 0.10 * (sex as f64 - 0.5);
    // A dealer draws most of its customers from one region.
    let near: [f64; N_DEALERS] = std::array::from_fn(|dealer| if dealer % REGIONS.len() == region { 6.0 } else { 0.5 });
    let dealer = sampler.categorical(&near);
    Person { quality, level, age, region, group, sex, dealer: (!new_dealer).then_some(dealer) }
}

fn job(sampler: &mut Sampler, person: &Person, shock: &Shock) -> Job {
    let retired = share(0.45 * (person.age - 65.0)) * 0.85;
    let mut weights = [0.77, 0.12, 0.11, 0.0].map(|weight| weight * (1.0 - retired));
    weights[RETIRED] = retired;
    let status = sampler.categorical(&weights);
    let longest = 12.0 * (person.age - 17.0);
    let months = sampler.gamma(1.05) * (18.0 + 1.1 * (person.age - 18.0)) * libm::exp(0.22 * person.quality);
    let (spread, steady) = if status == EMPLOYED { (0.40, 1.0) } else { (0.48, 0.94) };
    let income = 3_650.0 * steady * libm::exp(spread * person.level);
    let uprooted = sampler.bernoulli(0.02 * shock.unemployment_points);
    let new_months = 6.0 * sampler.uniform();
    let (months, pay) = if uprooted && status == EMPLOYED { (months.min(new_months), 0.85) } else { (months, 1.0) };
    Job {
        income: whole(income * pay * shock.income_factor, 500.0, 30_000.0),
        status,
        months: whole(months, 0.0, longest.min(600.0)),
    }
}

/// Position of the housing level, and months at the residence.
fn home(sampler: &mut Sampler, person: &Person) -> (usize, f64) {
    let years = person.age - 18.0;
    let lean = [-3.6 + 0.055 * years, -1.6 + 0.02 * years + 0.5 * person.level, 0.0, -0.3 - 0.06 * years];
    let weights: [f64; HOUSING.len()] = lean.map(libm::exp);
    let housing = sampler.categorical(&weights);
    let stay = [110.0, 80.0, 30.0, 60.0][housing];
    (housing, whole(sampler.gamma(0.95) * stay, 0.0, (12.0 * person.age).min(720.0)))
}

fn file(sampler: &mut Sampler, person: &Person, shock: &Shock) -> File {
    let quality = person.quality;
    let thin = sampler.bernoulli(share(-1.6 - 0.065 * (person.age - 25.0)));
    let no_cards = sampler.bernoulli(share(-2.7 - 0.5 * quality));
    let used = share(-0.25 - 0.85 * quality);
    let used = 104.0 * sampler.beta(2.6 * used + 0.15, 2.6 * (1.0 - used) + 0.15);
    let frailty = sampler.gamma(0.8) / 0.8;
    let late = sampler.poisson((frailty * libm::exp(-0.55 - 0.80 * quality)).min(40.0));
    let inquiries = sampler.poisson(1.5 * libm::exp(-0.30 * quality));
    let accounts = sampler.poisson(4.6 * libm::exp(0.12 * quality + 0.008 * (person.age - 40.0)));
    let oldest = sampler.gamma(2.4) * (20.0 + 1.9 * (person.age - 18.0)) * libm::exp(0.10 * quality);
    let collections = sampler.poisson((0.32 * libm::exp(-0.80 * quality)).min(20.0));
    let repossessions = f64::from(u8::from(sampler.bernoulli(share(-4.7 - 0.9 * quality))));
    let bankruptcies = f64::from(u8::from(sampler.bernoulli(share(-4.5 - 0.6 * quality))));
    let few = sampler.uniform();
    File {
        thin,
        utilization: (!thin && !no_cards).then(|| whole(used + shock.utilization_points, 0.0, 150.0)),
        late: if thin { whole(late / 4.0, 0.0, 4.0) } else { late.min(24.0) },
        inquiries: inquiries.min(30.0),
        accounts: if thin { (few * 2.0).floor() } else { (1.0 + accounts).min(60.0) },
        oldest: (!thin).then(|| whole(6.0 + oldest, 6.0, (12.0 * (person.age - 17.0)).min(720.0))),
        collections: collections.min(30.0),
        repossessions: if thin { 0.0 } else { repossessions },
        bankruptcies: if thin { 0.0 } else { bankruptcies },
    }
}

fn vehicle(sampler: &mut Sampler, person: &Person, shock: &Shock) -> Vehicle {
    let kind = sampler.categorical(&VEHICLE_WEIGHTS);
    let new = sampler.bernoulli(share(-2.1 + 0.5 * person.level + 0.3 * person.quality));
    let used_years = 1.0 + sampler.gamma(2.3) * 2.4 * libm::exp(-0.12 * person.level);
    let miles = 11.5 * libm::exp(0.30 * sampler.normal());
    let age = if new { 0.0 } else { whole(used_years, 1.0, 22.0) };
    let mileage = if new { 0.0 } else { whole(miles * age, 2.0, 320.0) };
    let trim = libm::exp(0.14 * sampler.normal() + 0.17 * person.level);
    let worn = libm::exp(-0.115 * age - 0.0025 * (mileage - 11.5 * age));
    let value = NEW_PRICES[kind] * trim * worn * shock.vehicle_price_factor;
    let markup = libm::exp(0.075 + 0.080 * sampler.normal() - 0.015 * person.quality);
    Vehicle {
        kind,
        age,
        mileage,
        value: whole(value * shock.vehicle_value_factor, 1_000.0, 100_000.0),
        price: whole(value * markup, 2_500.0, 100_000.0),
    }
}

/// Down payment and net trade-in. Together they stay well below the price, so that something is always financed.
fn equity(sampler: &mut Sampler, person: &Person, price: f64) -> (f64, f64) {
    let nothing_down = sampler.bernoulli(share(-1.9 - 0.35 * person.quality - 0.25 * person.level));
    let down = sampler.beta(1.4, 9.0) * libm::exp(0.15 * person.quality + 0.12 * person.level);
    let trades = sampler.bernoulli(0.36);
    let net = 2_100.0 + 900.0 * person.quality + 2_600.0 * sampler.normal();
    let down = if nothing_down { 0.0 } else { 50.0 * whole(price * down.min(0.5) / 50.0, 0.0, 1_000.0) };
    let trade = if trades { 50.0 * whole(net.clamp(-0.25 * price, 0.40 * price) / 50.0, -300.0, 600.0) } else { 0.0 };
    (down, trade)
}

/// A loan that is large against income takes a longer term.
fn term(sampler: &mut Sampler, amount_to_income: f64) -> f64 {
    let weight = (libm::log(amount_to_income / 4.6) / 0.5).clamp(-2.5, 2.5);
    let weights: [f64; TERMS.len()] =
        std::array::from_fn(|at| TERM_WEIGHTS[at] * libm::exp(0.28 * (at as f64 - 4.0) * weight));
    TERMS[sampler.categorical(&weights)]
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

//! Amortisation schedules and annual percentage rates.

use crate::Report;
use crate::values::{cases, cents, number, numbers};
use serde_json::Value;
use underglass_engine::features::annuity_payment;
use underglass_engine::pricing::{Installment, Payment, Schedule, apr as actuarial_apr};
use underglass_engine::units::{Bps, Cents, Months};

pub(crate) fn amortisation(file: &Value, report: &mut Report) {
    let relative = number(&file["tolerance"]["payment_exact_rel"]).unwrap_or(0.0);
    for case in cases(file) {
        let name = format!("{} at {} over {}", case["principal"], case["annual_rate"], case["months"]);
        let rate = Bps((number(&case["annual_rate"]).unwrap_or(f64::NAN) * 10_000.0).round() as u32);
        let term = case["months"].as_u64().and_then(|months| Months::new(months as u16));
        let Some(term) = term else { continue };
        let amount = Cents(cents(&case["principal"]));
        let schedule = Schedule::new(amount, rate, term);
        let interest = schedule.total.0 - amount.0;
        report.equal(&format!("{name}: payment"), schedule.payment.0, cents(&case["payment_rounded_half_up"]));
        report.equal(&format!("{name}: last payment"), schedule.last.0, cents(&case["last_payment"]));
        report.equal(&format!("{name}: total"), schedule.total.0, cents(&case["total_paid_rounded_schedule"]));
        report.equal(&format!("{name}: interest"), interest, cents(&case["total_interest_rounded_schedule"]));
        report.equal(
            &format!("{name}: payments made"),
            i64::from(schedule.count),
            case["n_payments_made"].as_i64().unwrap_or(-1),
        );
        rows(&name, &schedule.installments(amount, rate, term).collect::<Vec<_>>(), case, report);
        let exact = number(&case["payment_exact"]).unwrap_or(f64::NAN);
        let found = annuity_payment(amount.dollars(), rate.per_month(), f64::from(term.count()));
        report.number(&format!("{name}: exact payment"), found, exact, relative * exact);
    }
    for case in file["misc"].as_array().into_iter().flatten() {
        misc(case, relative, report);
    }
}

/// The listed rows of a schedule: number, payment, interest, principal, balance.
fn rows(name: &str, paid: &[Installment], case: &Value, report: &mut Report) {
    for row in case["schedule"].as_array().into_iter().flatten() {
        let at = row[0].as_u64().unwrap_or(0) as usize;
        let Some(paid) = at.checked_sub(1).and_then(|at| paid.get(at)) else {
            report.failures.push(format!("{name}: there is no payment {at}"));
            continue;
        };
        let principal = paid.payment.0 - paid.interest.0;
        let found = [("payment", paid.payment.0), ("interest", paid.interest.0), ("principal", principal)];
        for (column, (what, found)) in found.into_iter().chain([("balance", paid.balance.0)]).enumerate() {
            report.equal(&format!("{name}: {what} of payment {at}"), found, cents(&row[column + 1]));
        }
    }
}

/// An annuity solved for something else than its payment must have that payment; an internal rate of return is a rate of
/// one unit-period a year. Net present values and effective rates are not the engine's.
fn misc(case: &Value, relative: f64, report: &mut Report) {
    let of = |name: &str| number(&case[name]);
    let (amount, n) = (of("pv").or(of("principal")), of("n").or(of("nper")));
    if let (Some(amount), Some(rate), Some(n), Some(payment)) = (amount, of("rate"), n, of("payment")) {
        // What a last bit of the periods or the amount moves the payment by is of the order of the payment's own last bits.
        report.number(&format!("{amount} over {n}"), annuity_payment(amount, rate, n), payment, relative * payment);
    }
    let flows = numbers(&case["irr_flows"]);
    if let (Some((advance, flows)), Some(irr)) = (flows.split_first(), of("irr")) {
        let paid = flows.iter().zip(1_u32..);
        let payments: Vec<Payment> =
            paid.map(|(amount, k)| Payment { amount: *amount, periods: f64::from(k), odd: 0.0 }).collect();
        report.number("internal rate of return", actuarial_apr(-advance, &payments, 1.0) / 100.0, irr, relative);
    }
}

pub(crate) fn apr(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["apr_percent_abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let payments: Vec<Payment> = case["payments"].as_array().into_iter().flatten().map(payment).collect();
        let periods = fraction(&case["unit_periods_per_year_fraction"]);
        let found = actuarial_apr(number(&case["amount_financed"]).unwrap_or(f64::NAN), &payments, periods);
        report.number(&case["id"].to_string(), found, number(&case["apr_percent"]).unwrap_or(f64::NAN), tolerance);
        let printed = case["regulation_prints"].as_str();
        report.text(&format!("{} in print", case["id"]), printed.map(|_| format!("{found:.2}")).as_deref(), printed);
    }
}

fn payment(value: &Value) -> Payment {
    Payment {
        amount: number(&value["amount"]).unwrap_or(f64::NAN),
        periods: number(&value["t"]).unwrap_or(f64::NAN),
        odd: fraction(&value["f"]),
    }
}

fn fraction(value: &Value) -> f64 {
    let (over, under) = value.as_str().and_then(|text| text.split_once('/')).unwrap_or(("NaN", "1"));
    over.parse::<f64>().unwrap_or(f64::NAN) / under.parse::<f64>().unwrap_or(f64::NAN)
}

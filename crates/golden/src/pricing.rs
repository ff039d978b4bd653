//! Amortisation schedules and annual percentage rates.

use crate::Report;
use crate::values::{cases, cents, number};
use serde_json::Value;
use underglass_engine::pricing::{Payment, Schedule, apr as actuarial_apr};
use underglass_engine::units::{Bps, Cents, Months};

pub(crate) fn amortisation(file: &Value, report: &mut Report) {
    for case in cases(file) {
        let name = format!("{} at {} over {}", case["principal"], case["annual_rate"], case["months"]);
        let rate = Bps((number(&case["annual_rate"]).unwrap_or(f64::NAN) * 10_000.0).round() as u32);
        let term = case["months"].as_u64().and_then(|months| Months::new(months as u16));
        let Some(term) = term else { continue };
        let schedule = Schedule::new(Cents(cents(&case["principal"])), rate, term);
        report.equal(&format!("{name}: payment"), schedule.payment.0, cents(&case["payment_rounded_half_up"]));
        report.equal(&format!("{name}: last payment"), schedule.last.0, cents(&case["last_payment"]));
        report.equal(&format!("{name}: total"), schedule.total.0, cents(&case["total_paid_rounded_schedule"]));
        report.equal(
            &format!("{name}: payments made"),
            i64::from(schedule.count),
            case["n_payments_made"].as_i64().unwrap_or(-1),
        );
    }
}

pub(crate) fn apr(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["apr_percent_abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let payments: Vec<Payment> = case["payments"].as_array().into_iter().flatten().map(payment).collect();
        let periods = fraction(&case["unit_periods_per_year_fraction"]);
        let found = actuarial_apr(number(&case["amount_financed"]).unwrap_or(f64::NAN), &payments, periods);
        report.number(&case["id"].to_string(), found, number(&case["apr_percent"]).unwrap_or(f64::NAN), tolerance);
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

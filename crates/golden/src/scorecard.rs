//! Points-to-double-the-odds scaling.

use crate::Report;
use crate::values::{cases, number, numbers};
use serde_json::Value;
use underglass_engine::units::{LogOdds, Probability, Scale};

pub(crate) fn pdo_scaling(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let of = |name: &str| number(&case[name]).unwrap_or(f64::NAN);
        let scale = Scale { base_points: of("base_score"), base_odds: of("base_odds_good_to_bad"), pdo: of("pdo") };
        report.number("factor", scale.factor(), of("factor"), tolerance);
        report.number("offset", scale.offset(), of("offset"), tolerance);
        let rows = numbers(&case["p_bad"])
            .into_iter()
            .zip(numbers(&case["score"]))
            .zip(numbers(&case["score_rounded_half_even"]));
        for ((p, score), rounded) in rows {
            let raw = scale.raw(LogOdds(libm_logit(p)));
            // Near p = 1e-9 the input itself carries only six decimals of points.
            let tolerance = if (1e-6..=1.0 - 1e-6).contains(&p) { tolerance } else { 1e-6 };
            report.number(&format!("score at {p}"), raw, score, tolerance);
            report.number(&format!("rounded score at {p}"), raw.round_ties_even(), rounded, 0.0);
            report.number(
                &format!("p back at {p}"),
                Probability::from_log_odds(scale.log_odds(raw)).value(),
                p,
                tolerance,
            );
        }
    }
}

fn libm_logit(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

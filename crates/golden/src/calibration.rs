//! Calibrations beside the affine one.

use crate::Report;
use crate::values::{cases, number, numbers};
use serde_json::Value;
use underglass_learn::calibrate::beta::{Form, Slopes, beta as beta_calibration};
use underglass_learn::calibrate::isotonic::{Trend, isotonic as isotonic_regression};
use underglass_learn::calibrate::platt::platt as platt_scaling;

pub(crate) fn isotonic(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let (input, params, expected) = (&case["input"], &case["params"], &case["expected"]);
        let (x, y, weight) = (numbers(&input["x"]), numbers(&input["y"]), weights(&input["weight"]));
        let trend = match (&params["increasing"], params["increasing"].as_bool()) {
            (Value::String(_), _) => Trend::of(&x, &y),
            (_, Some(false)) => Trend::Falling,
            _ => Trend::Rising,
        };
        let bounds =
            (number(&params["y_min"]).unwrap_or(f64::NEG_INFINITY), number(&params["y_max"]).unwrap_or(f64::INFINITY));
        let name = case["name"].to_string();
        let Ok(found) = isotonic_regression(&x, &y, weight.as_deref(), trend, bounds) else {
            report.failures.push(format!("{name}: refused"));
            continue;
        };
        let rises = expected["increasing"].as_bool() == Some(true);
        report.equal(&format!("{name}: rises"), i64::from(found.trend == Trend::Rising), i64::from(rises));
        let corners = |of: fn(&(f64, f64)) -> f64| found.corners.iter().map(of).collect::<Vec<f64>>();
        report.list(&format!("{name}: x of corners"), &corners(|c| c.0), &expected["X_thresholds"], tolerance);
        report.list(&format!("{name}: y of corners"), &corners(|c| c.1), &expected["y_thresholds"], tolerance);
        let outside_is_nan = params["out_of_bounds"].as_str() == Some("nan");
        let at = |x: &f64| if outside_is_nan { found.within(*x).unwrap_or(f64::NAN) } else { found.nearest(*x) };
        let fitted: Vec<f64> = x.iter().map(at).collect();
        report.list(&format!("{name}: fitted"), &fitted, &expected["fitted_on_x"], tolerance);
        let grid: Vec<f64> = numbers(&input["grid"]).iter().map(at).collect();
        report.list(&format!("{name}: grid"), &grid, &expected["pred_grid"], tolerance);
    }
}

pub(crate) fn platt(file: &Value, report: &mut Report) {
    let tolerance = |name: &str| number(&file["tolerance"][name]).unwrap_or(0.0);
    let (relative, exact, theirs) =
        (tolerance("a_b_vs_exact_rel"), tolerance("prob_vs_exact_abs"), tolerance("prob_vs_sklearn_abs"));
    for case in cases(file) {
        let (input, expected, name) = (&case["input"], &case["expected"], case["name"].to_string());
        let score = numbers(&input["decision"]);
        let Ok(found) = platt_scaling(&score, &outcomes(&input["y"]), weights(&input["weight"]).as_deref()) else {
            report.failures.push(format!("{name}: refused"));
            continue;
        };
        // Their probability is 1 / (1 + exp(a · score + b)). A parameter that is 0 up to rounding has no relative error.
        for (parameter, found) in [("a", -found.slope), ("b", -found.intercept)] {
            let expected = number(&expected[format!("{parameter}_exact")]).unwrap_or(f64::NAN);
            report.number(&format!("{name}: {parameter}"), found, expected, relative * expected.abs().max(1e-6));
        }
        let objective = number(&expected["objective_exact"]).unwrap_or(f64::NAN);
        report.number(&format!("{name}: loss"), found.evidence.loss, objective, 1e-9 * objective);
        let p = |score: f64| 1.0 / (1.0 + libm::exp(-(found.slope * score + found.intercept)));
        let grid: Vec<f64> = numbers(&input["grid"]).into_iter().map(p).collect();
        report.list(&format!("{name}: probability"), &grid, &expected["prob_grid_exact"], exact);
        report.list(&format!("{name}: scikit-learn's probability"), &grid, &expected["prob_grid_sklearn"], theirs);
    }
}

pub(crate) fn beta(file: &Value, report: &mut Report) {
    let tolerance = |name: &str| number(&file["tolerance"][name]).unwrap_or(0.0);
    let exact = tolerance("prob_vs_unconstrained_newton_mle_abs");
    let theirs = tolerance("prob_vs_betacal_abs_interior_grid");
    for case in cases(file) {
        let (input, expected, name) = (&case["input"], &case["expected"], case["name"].to_string());
        let form = match case["parameters"].as_str() {
            Some("am") => Form::EqualSlopes,
            Some("ab") => Form::FixedMiddle,
            _ => Form::Full,
        };
        let (p, bad, grid) = (numbers(&input["p"]), outcomes(&input["y"]), numbers(&input["grid"]));
        let fits = [Slopes::Free, Slopes::NotBelowZero].map(|slopes| beta_calibration(&p, &bad, None, form, slopes));
        let [Ok(free), Ok(rising)] = fits else {
            report.failures.push(format!("{name}: refused"));
            continue;
        };
        let maximum = &expected["unconstrained_newton_mle"];
        let parameters: &[f64] = match form {
            Form::Full => &[free.a, free.b, free.c],
            Form::EqualSlopes => &[free.a, free.c],
            Form::FixedMiddle => &[free.a, free.b],
        };
        // A probability moves by a quarter of what log-odds move.
        report.list(&format!("{name}: parameters"), parameters, &maximum["theta"], 4.0 * exact);
        let found: Vec<f64> = grid.iter().map(|p| free.probability(*p)).collect();
        report.list(&format!("{name}: probability"), &found, &maximum["prob_grid"], exact);
        // The library drops the first slope where it is below 0 and never looks at the other one again, so that a
        // reversed score keeps a falling map there; ours becomes the base rate.
        let map = numbers(&expected["betacal"]["map"]);
        if map.iter().take(2).all(|slope| *slope >= 0.0) {
            let pairs = grid.iter().zip(numbers(&expected["betacal"]["pred"]));
            for (p, expected) in pairs.filter(|(p, _)| (0.01..=0.99).contains(*p)) {
                report.number(&format!("{name}: betacal at {p}"), rising.probability(*p), expected, theirs);
            }
        } else {
            report.number(&format!("{name}: never falls"), rising.a.min(rising.b), 0.0, 0.0);
        }
    }
}

fn outcomes(value: &Value) -> Vec<bool> {
    numbers(value).into_iter().map(|y| y == 1.0).collect()
}

fn weights(value: &Value) -> Option<Vec<f64>> {
    value.as_array().map(|_| numbers(value))
}

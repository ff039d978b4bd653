//! Figures of merit of a classifier.

use crate::Report;
use crate::values::{cases, number, numbers};
use serde_json::Value;
use underglass_engine::metrics::{
    self, Bins, Confusion, Edge, Ranking, expected_calibration_error, maximum_calibration_error, reliability,
};

/// The rows of one case.
struct Rows {
    name: String,
    score: Vec<f64>,
    bad: Vec<bool>,
    weight: Option<Vec<f64>>,
    tolerance: f64,
}

pub(crate) fn classification(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["default_abs"]).unwrap_or(0.0);
    for case in cases(file) {
        let rows = Rows {
            name: case["name"].as_str().unwrap_or_default().to_owned(),
            score: numbers(&case["input"]["score"]),
            bad: numbers(&case["input"]["y_true"]).into_iter().map(|y| y == 1.0).collect(),
            weight: case["input"]["weight"].as_array().map(|_| numbers(&case["input"]["weight"])),
            tolerance,
        };
        let ranking = Ranking::new(&rows.score, &rows.bad);
        let expected = &case["expected"];
        rows.figures(&ranking, expected, report);
        rows.curves(&ranking, expected, report);
        rows.gains(&ranking, expected, report);
        rows.thresholds(&expected["threshold_table"], report);
        rows.calibration(&expected["calibration"], report);
    }
}

impl Rows {
    fn weight(&self) -> Option<&[f64]> {
        self.weight.as_deref()
    }

    /// `null` means that the figure is not defined for the case, such as a log-loss of points.
    fn compare(&self, name: &str, found: f64, expected: &Value, report: &mut Report) {
        if let Some(expected) = number(expected) {
            if found == expected {
                // Two infinities have no difference.
                report.number(name, 0.0, 0.0, 0.0);
            } else {
                report.number(&format!("{name} of {}", self.name), found, expected, self.tolerance);
            }
        }
    }

    fn figures(&self, ranking: &Ranking, expected: &Value, report: &mut Report) {
        let (score, bad, weight) = (&self.score, &self.bad, self.weight());
        for (name, found) in [
            ("roc_auc", ranking.auc(weight)),
            ("gini", metrics::gini(score, bad, weight)),
            ("roc_auc_max_fpr_0.2_standardised_mcclish", ranking.partial_auc(0.2, weight)),
            ("average_precision", ranking.average_precision(weight)),
            ("pr_auc_trapezoid", ranking.pr_auc_trapezoid(weight)),
            ("ks", ranking.ks(weight)),
            ("ks_threshold", ranking.ks_point(weight).score),
            ("ks_two_sided_abs", ranking.ks_two_sided(weight)),
            ("log_loss", metrics::log_loss(score, bad, weight)),
            ("brier", metrics::brier(score, bad, weight)),
        ] {
            self.compare(name, found, &expected[name], report);
        }
    }

    fn curves(&self, ranking: &Ranking, expected: &Value, report: &mut Report) {
        let roc = ranking.roc(self.weight());
        let of_roc = &expected["roc_curve"];
        self.series("roc fpr", roc.iter().map(|point| point.good_share), &of_roc["fpr"], report);
        self.series("roc tpr", roc.iter().map(|point| point.bad_share), &of_roc["tpr"], report);
        self.series("roc thresholds", roc.iter().map(|point| point.score), &of_roc["thresholds"], report);
        // The reference walks recall down and ends with precision 1 at recall 0, which no threshold has.
        let pr = ranking.precision_recall(self.weight());
        let of_pr = &expected["pr_curve"];
        self.series(
            "precision",
            pr.iter().rev().map(|point| point.precision).chain([1.0]),
            &of_pr["precision"],
            report,
        );
        self.series("recall", pr.iter().rev().map(|point| point.recall).chain([0.0]), &of_pr["recall"], report);
        self.series("pr thresholds", pr.iter().rev().map(|point| point.score), &of_pr["thresholds"], report);
    }

    /// Compares two series point by point; a missing series is not compared.
    fn series(&self, name: &str, found: impl Iterator<Item = f64>, expected: &Value, report: &mut Report) {
        let Some(expected) = expected.as_array() else { return };
        let found: Vec<f64> = found.collect();
        report.equal(&format!("points of {name} of {}", self.name), found.len() as i64, expected.len() as i64);
        for (found, expected) in found.into_iter().zip(expected) {
            self.compare(name, found, expected, report);
        }
    }

    fn gains(&self, ranking: &Ranking, expected: &Value, report: &mut Report) {
        for bins in [5, 10] {
            let table = ranking.gains(bins, self.weight());
            let expected = &expected[format!("gains_table_{bins}")];
            self.series("gains n", table.iter().map(|bin| bin.rows as f64), &column(expected, "n"), report);
            for (name, figure) in [
                ("weight", (|bin| bin.weight) as fn(&metrics::GainsBin) -> f64),
                ("positives", |bin| bin.bads),
                ("rate", |bin| bin.rate),
                ("score_max", |bin| bin.score_max),
                ("score_min", |bin| bin.score_min),
                ("lift", |bin| bin.lift),
                ("cum_gain", |bin| bin.cumulative_gain),
                ("cum_lift", |bin| bin.cumulative_lift),
                ("cum_population", |bin| bin.cumulative_population),
            ] {
                self.series(name, table.iter().map(figure), &column(expected, name), report);
            }
        }
    }

    fn thresholds(&self, table: &Value, report: &mut Report) {
        for expected in table.as_array().into_iter().flatten() {
            let threshold = number(&expected["threshold"]).unwrap_or(f64::NAN);
            let predicted: Vec<bool> = self.score.iter().map(|score| *score >= threshold).collect();
            let found = Confusion::of(&predicted, &self.bad, self.weight());
            for (name, found) in [
                ("tp", found.true_positive),
                ("fp", found.false_positive),
                ("fn", found.false_negative),
                ("tn", found.true_negative),
                ("accuracy", found.accuracy()),
                ("precision", found.precision()),
                ("recall", found.recall()),
                ("f1", found.f1()),
                ("specificity", found.specificity()),
                ("balanced_accuracy", found.balanced_accuracy()),
                ("mcc", found.matthews()),
            ] {
                self.compare(&format!("{name} at {threshold}"), found, &expected[name], report);
            }
        }
    }

    fn calibration(&self, expected: &Value, report: &mut Report) {
        for n in [5, 10] {
            for (kind, bins) in [
                (format!("uniform_{n}"), Bins::equal_width(n, Edge::Below)),
                (format!("quantile_{n}"), Bins::equal_count(&self.score, n, Edge::Below)),
                (format!("uniform_{n}_left_closed_variant"), Bins::equal_width(n, Edge::Above)),
            ] {
                let found = reliability(&self.score, &self.bad, self.weight(), &bins);
                let curve = &expected[&kind];
                self.series(&kind, found.iter().map(|bin| bin.share_bad), &curve["prob_true"], report);
                self.series(&kind, found.iter().map(|bin| bin.mean_probability), &curve["prob_pred"], report);
                let errors = &expected[format!("ece_{kind}")];
                self.compare(&format!("ece_{kind}"), expected_calibration_error(&found), &errors["ece"], report);
                self.compare(&format!("mce_{kind}"), maximum_calibration_error(&found), &errors["mce"], report);
            }
        }
    }
}

/// One column of a table given as a list of rows; `null` when there is no table.
fn column(table: &Value, name: &str) -> Value {
    table.as_array().map_or(Value::Null, |rows| rows.iter().map(|row| row[name].clone()).collect())
}

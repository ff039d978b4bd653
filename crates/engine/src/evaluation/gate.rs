//! May a challenger take a champion's place? One check a question, each with the figure, its interval and the bar.
//!
//! Non-inferiority: a check of quality passes when even the bad end of the difference's interval lies within the margin,
//! so too few rows refuse a challenger, they do not admit it.

use super::{Quality, Scored, Segments, compare, quality};
use crate::metrics::{Estimate, Resampling, Z_95, bootstrap, calibration_intercept, calibration_slope};
use serde::Serialize;

/// A group with fewer rows, or with a smaller share of them, is not screened.
///
/// Source of the share: 29 CFR 1607.15(A)(2)(a), groups of less than two percent.
const FEWEST_ROWS: usize = 30;
const LEAST_SHARE: f64 = 0.02;

/// What a challenger must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// AUC may be lower, and log-loss higher, by less than this.
    pub margin: f64,
    /// The calibration error may be higher by less than this.
    pub calibration_error: f64,
    /// Slope and intercept may be further from 1 and 0 by less than this, unless their intervals hold 1 and 0.
    pub calibration_line: f64,
    /// The least approved group's approval rate over the most approved group's.
    pub adverse_impact: f64,
    /// Time a row over the champion's.
    pub latency_ratio: f64,
}

impl Default for Bars {
    /// Half a point of AUC, one point of calibration error, four fifths between groups, twice the time.
    fn default() -> Self {
        Self { margin: 0.005, calibration_error: 0.01, calibration_line: 0.1, adverse_impact: 0.8, latency_ratio: 2.0 }
    }
}

/// Seconds a row, measured by the host in one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Latency {
    pub champion: f64,
    pub challenger: f64,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The bar is met.
    Passed,
    /// It is not.
    Failed,
    /// The data cannot answer.
    NotMeasured,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What it came to.
    pub verdict: Verdict,
    /// The figure that was looked at.
    pub found: Estimate,
    /// What was asked of it, in words.
    pub bar: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// Every check.
    pub checks: Vec<Check>,
    /// The champion's figures on the same rows.
    pub champion: Quality,
    /// The challenger's.
    pub challenger: Quality,
}

impl Gate {
    /// Names of the failed checks; the challenger is admitted when there is none.
    pub fn failed(&self) -> Vec<&str> {
        let failed = self.checks.iter().filter(|check| check.verdict == Verdict::Failed);
        failed.map(|check| check.name.as_str()).collect()
    }
}

/// Checks a challenger against a champion on the same rows.
pub fn gate(
    champion: &Scored,
    challenger: &Scored,
    groups: &[Segments],
    cut_off: i16,
    latency: Latency,
    bars: Bars,
    resampling: Resampling,
) -> Gate {
    let against = compare(challenger, champion, resampling);
    let (auc, log_loss, ece) = (against.auc.estimate(), against.log_loss.estimate(), against.calibration_error);
    let (champion_quality, challenger_quality) = (quality(champion, resampling), quality(challenger, resampling));
    let [slope, intercept] = line_excess(champion, challenger, resampling);
    let Bars { margin, calibration_error, calibration_line, .. } = bars;
    let mut checks = vec![
        Check::new("AUC", auc, auc.low > -margin, format!("difference above −{margin} at the lower end")),
        Check::new("log-loss", log_loss, log_loss.high < margin, format!("difference below {margin} at the upper end")),
        Check::new(
            "calibration error",
            ece,
            ece.high < calibration_error,
            format!("difference below {calibration_error} at the upper end"),
        ),
        Check::new(
            "calibration slope",
            slope,
            slope.high < calibration_line || holds(challenger_quality.calibration_slope, 1.0),
            format!("1 within its own interval, or further from 1 than the champion's by less than {calibration_line}"),
        ),
        Check::new(
            "calibration intercept",
            intercept,
            intercept.high < calibration_line || holds(challenger_quality.calibration_intercept, 0.0),
            format!("0 within its own interval, or further from 0 than the champion's by less than {calibration_line}"),
        ),
    ];
    checks.extend(groups.iter().map(|group| adverse_impact(champion, challenger, group, cut_off, bars.adverse_impact)));
    let ratio = latency.challenger / latency.champion;
    checks.push(Check::new(
        "latency",
        Estimate { value: ratio, low: ratio, high: ratio },
        ratio <= bars.latency_ratio,
        format!("at most {} times the champion's time a row", bars.latency_ratio),
    ));
    Gate { checks, champion: champion_quality, challenger: challenger_quality }
}

impl Check {
    fn new(name: &str, found: Estimate, is_met: bool, bar: String) -> Self {
        let verdict = match (found.value.is_nan(), is_met) {
            (true, _) => Verdict::NotMeasured,
            (false, true) => Verdict::Passed,
            (false, false) => Verdict::Failed,
        };
        Self { name: name.to_owned(), verdict, found, bar }
    }
}

fn holds(interval: Estimate, value: f64) -> bool {
    (interval.low..=interval.high).contains(&value)
}

/// How much further the challenger's slope is from 1, and its intercept from 0, than the champion's.
fn line_excess(champion: &Scored, challenger: &Scored, resampling: Resampling) -> [Estimate; 2] {
    let off = |scored: &Scored, weight: &[f64]| {
        let slope = calibration_slope(&scored.log_odds, &scored.bad, Some(weight));
        let intercept = calibration_intercept(&scored.log_odds, &scored.bad, Some(weight));
        [(slope - 1.0).abs(), intercept.abs()]
    };
    bootstrap(champion.n_rows(), resampling, |weight| {
        let ([slope, intercept], [its_slope, its_intercept]) = (off(challenger, weight), off(champion, weight));
        [slope - its_slope, intercept - its_intercept]
    })
}

/// Approvals among the rows of one group.
struct Approvals<'a> {
    label: &'a str,
    approved: u64,
    rows: u64,
}

impl Approvals<'_> {
    fn rate(&self) -> f64 {
        self.approved as f64 / self.rows as f64
    }
}

/// The least and the most approved of the groups that are large enough.
fn extremes<'a>(scored: &Scored, groups: &'a Segments, cut_off: i16) -> Option<(Approvals<'a>, Approvals<'a>)> {
    let approvals = |(label, rows): (&'a str, Vec<usize>)| {
        let approved = rows.iter().filter(|row| scored.points[**row] >= cut_off).count() as u64;
        let is_large = rows.len() >= FEWEST_ROWS && rows.len() as f64 >= LEAST_SHARE * scored.n_rows() as f64;
        is_large.then_some(Approvals { label, approved, rows: rows.len() as u64 })
    };
    let mut listed: Vec<Approvals<'a>> = groups.rows().into_iter().filter_map(approvals).collect();
    // Compared as products of whole numbers: equal shares are equal.
    listed.sort_by(|a, b| (a.approved * b.rows).cmp(&(b.approved * a.rows)));
    let most = listed.pop()?;
    (!listed.is_empty()).then(|| (listed.swap_remove(0), most))
}

/// Adverse impact ratio: approval rate of the least approved group over that of the most approved one, with the interval
/// of a ratio of two shares. A screen that says where to look, not a finding.
///
/// Source: 29 CFR 1607.4(D), the four-fifths rule of employment, by custom in lending; interval of Katz et al. (1978).
fn adverse_impact(champion: &Scored, challenger: &Scored, groups: &Segments, cut_off: i16, bar: f64) -> Check {
    let name = format!("adverse impact by {}", groups.name);
    let Some((least, most)) = extremes(challenger, groups, cut_off) else {
        let nothing = Estimate { value: f64::NAN, low: f64::NAN, high: f64::NAN };
        return Check::new(&name, nothing, false, "no two groups have 30 rows and 2 % of all".to_owned());
    };
    let ratio = least.rate() / most.rate();
    let part = |group: &Approvals<'_>| (1.0 - group.rate()) / group.approved as f64;
    let spread = libm::exp(Z_95 * (part(&least) + part(&most)).sqrt());
    let found = Estimate { value: ratio, low: ratio / spread, high: ratio * spread };
    let before = extremes(champion, groups, cut_off)
        .map_or_else(String::new, |(least, most)| format!(" (champion {:.3})", least.rate() / most.rate()));
    let words = format!(
        "a screen: {:?} is approved at {:.1} %, {:?} at {:.1} %; ratio at least {bar}{before}",
        least.label,
        100.0 * least.rate(),
        most.label,
        100.0 * most.rate()
    );
    // 4/5 of a rate may miss 0.8 by the last bit.
    Check::new(&name, found, ratio >= bar - 1e-12, words)
}

//! Many applications under a draft of the policy: what a worker answers, read into figures.

use serde::Deserialize;
use underglass_engine::policy::Op;
use underglass_engine::strategy::{Draft, N_SUMS, Setting};
use underglass_engine::units::Points;

use super::number::{money, on_grid, percent, plain};

/// Outcomes, in the engine's order: approve, conditional, counter-offer, review, decline, incomplete.
pub const N_OUTCOMES: usize = 6;

/// What a portfolio can be asked about.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Applications that are there.
    pub rows: u64,
    /// The policy as it is written.
    pub draft: Draft,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Categories by which rows can be told apart.
    pub segments: Vec<Segment>,
}

/// A rule of the policy.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rule {
    /// Its name in drafts.
    pub id: String,
    /// What a person reads.
    pub label: String,
    /// Its limit, if one number is.
    pub limit: Option<Limit>,
}

/// A limit that can be moved.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Limit {
    /// What is observed.
    pub field: String,
    /// How it is compared.
    pub op: Op,
    /// Where the policy has it.
    pub written: f64,
    /// The lowest that makes sense.
    pub from: Option<f64>,
    /// The highest.
    pub to: Option<f64>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// What a person reads.
    pub label: String,
    /// Its levels.
    pub levels: Vec<String>,
    /// Whether it is there for fairness alone.
    pub audit_only: bool,
}

/// Stops of a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stops {
    /// First.
    pub from: f64,
    /// Last.
    pub to: f64,
    /// From one to the next.
    pub step: f64,
}

impl Limit {
    /// Where a slider may put the limit: about a hundred round numbers around the written one, which is one of them.
    pub fn stops(&self) -> Stops {
        let far = if self.written == 0.0 { 10.0 } else { self.written.abs() * 2.0 };
        let from = self.from.unwrap_or(0.0).max(self.written - far);
        let to = self.to.unwrap_or(f64::INFINITY).min(self.written + far);
        let rough = (to - from) / 100.0;
        let tens = std::iter::successors(Some(1e-4), |tens| Some(tens * 10.0)).take(12);
        let step = tens.flat_map(|tens| [1.0, 2.0, 5.0].map(|n| n * tens)).find(|step| *step >= rough).unwrap_or(rough);
        // Counts move by one.
        let step =
            if self.written.fract() == 0.0 && self.written.abs() < 1_000.0 { step.max(1.0).round() } else { step };
        let below = ((self.written - from) / step).floor();
        Stops { from: on_grid(self.written - below * step, step), to, step }
    }

    /// A limit as a person reads it: shares of income and of value as percentages.
    pub fn shown(&self, at: f64) -> String {
        match self.field.as_str() {
            "price.pti" | "price.dti" | "price.ltv" | "score.pd" => percent(at, 1),
            "price.payment" => money(at),
            field if field.contains("loan_to_value") || field.ends_with("_share") => percent(at, 1),
            field if field.contains("income") || field.contains("amount") => money(at),
            _ => plain(on_grid(at, 1e-6)),
        }
    }
}

/// Sums over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Rows.
    pub rows: f64,
    /// Rows of which it is known whether they turned bad.
    pub known: f64,
    /// Rows that did.
    pub bad: f64,
    /// Probabilities of bad.
    pub pd: f64,
    /// Dollars financed.
    pub amount: f64,
    /// Dollars of expected loss.
    pub loss: f64,
    /// Dollars of net present value.
    pub npv: f64,
}

impl Tally {
    /// Reads the worker's seven sums: billionths and cents.
    fn read([rows, known, bad, pd, amount, loss, npv]: &[f64; N_SUMS]) -> Self {
        Self {
            rows: *rows,
            known: *known,
            bad: *bad,
            pd: pd / 1e9,
            amount: amount / 100.0,
            loss: loss / 100.0,
            npv: npv / 100.0,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            known: self.known + other.known,
            bad: self.bad + other.bad,
            pd: self.pd + other.pd,
            amount: self.amount + other.amount,
            loss: self.loss + other.loss,
            npv: self.npv + other.npv,
        }
    }

    /// The share of rows that turned bad, of those of which it is known.
    pub fn bad_rate(&self) -> Option<f64> {
        (self.known > 0.0).then(|| self.bad / self.known)
    }
}

/// Reads columns of sums.
pub fn tallies(sums: &[f64]) -> Vec<Tally> {
    sums.as_chunks().0.iter().map(Tally::read).collect()
}

/// What a draft makes of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decided {
    /// Approved, some once something is brought.
    pub approved: Tally,
    /// Sent to a person, or offered another deal.
    pub reviewed: Tally,
    /// Declined, or not complete.
    pub declined: Tally,
}

impl Decided {
    fn of([approve, conditional, counteroffer, review, decline, incomplete]: &[Tally; N_OUTCOMES]) -> Self {
        Self {
            approved: approve.plus(*conditional),
            reviewed: counteroffer.plus(*review),
            declined: decline.plus(*incomplete),
        }
    }

    /// All rows.
    pub fn rows(&self) -> f64 {
        self.approved.rows + self.reviewed.rows + self.declined.rows
    }

    /// The share that some of the rows are.
    pub fn share(&self, part: &Tally) -> f64 {
        part.rows / self.rows().max(1.0)
    }
}

/// What a draft makes of a portfolio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// All rows.
    pub all: Decided,
    /// Each segment's levels, and last the rows without one.
    pub segments: Vec<Vec<Decided>>,
    /// The lowest adverse impact ratio of the fairness segments.
    pub impact: Option<f64>,
}

impl Totals {
    /// Reads the worker's answer: cells × outcomes × sums, and an adverse impact ratio a segment. `by` holds the segments
    /// by which the rows were told apart.
    pub fn read(by: &[&Segment], sums: &[f64], impact: &[f64]) -> Self {
        let tallies = tallies(sums);
        let mut cells = tallies.as_chunks().0.iter().map(Decided::of);
        let all = cells.next().unwrap_or_default();
        let segments = by.iter().map(|segment| cells.by_ref().take(segment.levels.len() + 1).collect()).collect();
        let fair = by.iter().zip(impact).filter(|(segment, ratio)| segment.audit_only && !ratio.is_nan());
        Self { all, segments, impact: fair.map(|(_, ratio)| *ratio).reduce(f64::min) }
    }
}

/// What would be approved at each cut-off from 300.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// One entry a cut-off.
    pub approved: Vec<Tally>,
    /// The risk at each; NaN where nothing is approved.
    pub risk: Vec<f64>,
    /// The cut-off with the most profit.
    pub best: Option<f64>,
    /// Cut-offs that none beats in both profit and risk.
    pub frontier: Vec<f64>,
}

impl Curve {
    /// The entry of a cut-off.
    pub fn at(&self, approve: f64) -> Option<(&Tally, f64)> {
        let index = (approve - f64::from(Points::MIN.value())) as usize;
        Some((self.approved.get(index)?, *self.risk.get(index)?))
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleEffect {
    /// Rows on which it fires.
    pub hits: f64,
    /// Rows that would be decided otherwise without it.
    pub only_by: f64,
}

/// Reads the effects of all rules: hits and seven sums each.
pub fn effects(sums: &[f64]) -> Vec<RuleEffect> {
    sums.as_chunks::<{ 1 + N_SUMS }>()
        .0
        .iter()
        .map(|[hits, only_by, ..]| RuleEffect { hits: *hits, only_by: *only_by })
        .collect()
}

/// Rows by what the written policy and the draft make of them: approved, reviewed, declined.
pub fn swap(sums: &[f64]) -> [[Tally; 3]; 3] {
    let group = |outcome: usize| [0, 0, 1, 1, 2, 2][outcome];
    let mut cells = [[Tally::default(); 3]; 3];
    for (index, tally) in tallies(sums).into_iter().enumerate().take(N_OUTCOMES * N_OUTCOMES) {
        let cell = &mut cells[group(index / N_OUTCOMES)][group(index % N_OUTCOMES)];
        *cell = cell.plus(tally);
    }
    cells
}

/// What is being moved.
#[derive(Clone, Debug, PartialEq)]
pub enum Lever {
    /// A cut-off.
    CutOffs,
    /// The limit of a rule.
    Limit(String),
}

/// A draft with another lowest approved score; review never lies above.
pub fn with_approve(draft: &Draft, approve: Points) -> Draft {
    Draft { approve, review: draft.review.min(approve), ..draft.clone() }
}

/// A draft with another lowest reviewed score; approve never lies below.
pub fn with_review(draft: &Draft, review: Points) -> Draft {
    Draft { review, approve: draft.approve.max(review), ..draft.clone() }
}

/// A draft with a rule set otherwise, or as it is written.
pub fn with_rule(draft: &Draft, id: &str, setting: Option<Setting>) -> Draft {
    let mut draft = draft.clone();
    match setting {
        Some(setting) => draft.rules.insert(id.to_owned(), setting),
        None => draft.rules.remove(id),
    };
    draft
}

/// Dollars as a person reads millions.
pub fn large_money(dollars: f64) -> String {
    let sign = if dollars < 0.0 { "\u{2212}" } else { "" };
    let size = dollars.abs();
    match size {
        size if size >= 1e9 => format!("{sign}${:.2}B", size / 1e9),
        size if size >= 1e6 => format!("{sign}${:.2}M", size / 1e6),
        size if size >= 1e4 => format!("{sign}${:.0}K", size / 1e3),
        _ => money(dollars.round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(written: f64, from: Option<f64>, to: Option<f64>) -> Limit {
        Limit { field: "price.pti".to_owned(), op: Op::Gt, written, from, to }
    }

    #[test]
    fn the_written_limit_is_one_of_the_stops() {
        for (written, from, to) in
            [(0.18, None, None), (1800.0, Some(0.0), Some(50_000.0)), (6.0, Some(0.0), None), (0.0, Some(0.0), None)]
        {
            let limit = limit(written, from, to);
            let Stops { from: first, to: last, step } = limit.stops();
            assert!(first <= written && written <= last && step > 0.0, "{limit:?}");
            let steps = (written - first) / step;
            assert!((steps - steps.round()).abs() < 1e-9, "{limit:?}: {first} {step}");
            assert!(limit.from.is_none_or(|from| from <= first));
        }
    }

    #[test]
    fn totals_are_read_cell_by_cell() {
        let segment = Segment { label: "Group".to_owned(), levels: vec!["a".to_owned()], audit_only: true };
        let cell = |rows: f64| (0..N_OUTCOMES).flat_map(move |_| [rows, rows, 1.0, 2e9, 300.0, 200.0, 100.0]);
        let sums: Vec<f64> = cell(10.0).chain(cell(6.0)).chain(cell(4.0)).collect();
        let totals = Totals::read(&[&segment], &sums, &[0.9]);
        assert_eq!((totals.all.approved.rows, totals.all.rows()), (20.0, 60.0));
        assert_eq!((totals.all.approved.pd, totals.all.approved.npv), (4.0, 2.0));
        assert_eq!(totals.segments[0].iter().map(Decided::rows).collect::<Vec<_>>(), [36.0, 24.0]);
        assert_eq!(totals.impact, Some(0.9));
    }

    #[test]
    fn swap_sums_outcomes_that_a_person_counts_as_one() {
        let mut sums = vec![0.0; N_OUTCOMES * N_OUTCOMES * N_SUMS];
        // Written: conditional. Draft: decline.
        sums[(N_OUTCOMES + 4) * N_SUMS] = 7.0;
        sums[(N_OUTCOMES + 5) * N_SUMS] = 2.0;
        assert_eq!(swap(&sums)[0][2].rows, 9.0);
    }

    #[test]
    fn cut_offs_push_each_other() {
        let points = |n: i64| Points::new(n).expect("a score");
        let draft = Draft { approve: points(640), review: points(560), rules: Default::default() };
        assert_eq!(with_approve(&draft, points(500)).review, points(500));
        assert_eq!(with_review(&draft, points(700)).approve, points(700));
    }
}

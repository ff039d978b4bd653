//! An answer in words and figures: what the page says about a decision.

use underglass_engine::application::{Input, InputKind};
use underglass_engine::decision::{Decision, NO_ADVERSE_FACTOR, NO_REFERENCE, Outcome, SCORE_BAND, Score, Terms};
use underglass_engine::features::Expr;
use underglass_engine::policy::{
    Answer as RuleOutcome, Band, Condition, Op, Operand, Rule, RuleAnswer, Severity, Test,
};
use underglass_engine::pricing::Offer;
use underglass_engine::reasons::by_family;

use super::number::{fixed, money, percent, plain, with_unit};
use super::{Answer, OpenBook};
use crate::chart::waterfall::{Part, Waterfall, waterfall};
use crate::text;

/// Parts of the waterfall with their own row.
const MOST_PARTS: usize = 8;

/// A sentence, some words of which are stressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence(pub Vec<(String, bool)>);

impl Sentence {
    fn say(mut self, text: impl Into<String>) -> Self {
        self.0.push((text.into(), false));
        self
    }

    fn stress(mut self, text: impl Into<String>) -> Self {
        self.0.push((text.into(), true));
        self
    }

    fn join(mut self, other: Sentence) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// One figure under the score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What stands small beside it.
    pub aside: String,
    /// How it is meant.
    pub note: String,
}

/// One check in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The rule's label.
    pub label: String,
    /// What it said.
    pub answer: RuleOutcome,
    /// The value that it read; empty for compound conditions.
    pub observed: String,
    /// The condition under which it fires.
    pub condition: String,
    /// What firing means.
    pub severity: Severity,
}

impl Check {
    /// The check as a chip: its requirement, and once it is not met what was found instead.
    pub fn chip(&self) -> String {
        if self.answer == RuleOutcome::Fired && !self.observed.is_empty() {
            text::not_met(&self.label, &self.observed)
        } else {
            self.label.clone()
        }
    }
}

/// The answer in one plain sentence or two.
pub fn sentence(book: &OpenBook, answer: &Answer) -> Sentence {
    let decided = &answer.decided;
    let bands = book.engine.policy.bands;
    let fired = |severity| first_fired(book, &decided.rules, severity);
    let score = decided.score.as_ref();
    let points = score.map_or(0, |score| score.points.value());
    let start = || Sentence::default().say("Score ").stress(points.to_string());
    let above = points - bands.approve.value();
    match &decided.decision {
        Decision::Approve { .. } => {
            start().say(above_approval(above, bands.approve.value())).say(checks_passed(&decided.rules))
        }
        Decision::Conditional { conditions, .. } => {
            let wanted =
                conditions.as_slice().iter().map(|code| reason_text(book, code)).collect::<Vec<_>>().join("; ");
            start().say(" is enough for approval. Still needed: ").stress(wanted).say(".")
        }
        Decision::Counteroffer { change, .. } => {
            let input = book.engine.inputs().iter().find(|input| input.name == change.input);
            let label = input.map_or(change.input.as_str(), |input| input.label.as_str());
            let unit = input.map_or("", |input| input.unit.as_str());
            let enough =
                if decided.band == Some(Band::Approve) { " is enough, but " } else { " is in the review band. " };
            start()
                .say(enough)
                .stress(format!("{label} {}", with_unit(change.from, unit)))
                .say(" is beyond the policy; ")
                .stress(with_unit(change.to, unit))
                .say(" is offered instead.")
        }
        Decision::Review { triggers, .. } => {
            let by_band = triggers.as_slice().iter().any(|code| code == SCORE_BAND);
            let by_rule = fired(Severity::Review);
            let no_factor = triggers.as_slice().iter().any(|code| code == NO_ADVERSE_FACTOR);
            if score.is_none() {
                return Sentence::default()
                    .say("This imported model has not been calibrated to chances of loss. A person decides.");
            }
            if triggers.as_slice().iter().any(|code| code == NO_REFERENCE) {
                return start().say(
                    " is below the cut-off, and this imported model has no reference population to give reasons against. A \
                     person decides.",
                );
            }
            match (by_band, by_rule, no_factor) {
                (_, _, true) => start().say(
                    " is below the cut-off without one factor against it that a notice could name. A person decides.",
                ),
                (true, None, _) => {
                    start().say(format!(" is {} below approval, so a person decides.", points_of(-above)))
                }
                (true, Some(rule), _) => start().say(format!(" is {} below approval. ", points_of(-above))).join(rule),
                (false, Some(rule), _) => start().say(" would be approved. ").join(rule),
                (false, None, _) => start().say(": a person decides."),
            }
        }
        Decision::Decline { .. } => {
            let below = bands.review.value() - points;
            let by_rule = fired(Severity::Decline);
            match (decided.band == Some(Band::Decline), by_rule) {
                (true, None) => start().say(format!(
                    " is {} below {}, the lowest score that is reviewed.",
                    points_of(below),
                    bands.review.value()
                )),
                (true, Some(rule)) => start()
                    .say(format!(" is {} below the lowest score that is reviewed. ", points_of(below)))
                    .join(rule),
                (false, Some(rule)) => rule.say(" Score ").stress(points.to_string()).say(" cannot outweigh that."),
                (false, None) => start(),
            }
        }
        Decision::Incomplete { fields } => {
            let names: Vec<String> = fields.as_slice().iter().map(|field| field_label(book, field)).collect();
            Sentence::default().say("A decision needs ").stress(names.join(", ")).say(".")
        }
    }
}

fn above_approval(above: i16, approve: i16) -> String {
    match above {
        0 => format!(" is exactly the lowest score that is approved, {approve}."),
        above => format!(" is {} above the lowest score that is approved, {approve}.", points_of(above)),
    }
}

fn points_of(points: i16) -> String {
    if points == 1 { "1 point".to_owned() } else { format!("{points} points") }
}

fn checks_passed(rules: &[RuleAnswer]) -> String {
    let count = |answer| rules.iter().filter(|rule| rule.answer == answer).count();
    text::checks_passed(count(RuleOutcome::Passed), count(RuleOutcome::NotApplicable))
}

/// The first fired rule of a severity as a sentence.
fn first_fired(book: &OpenBook, answers: &[RuleAnswer], severity: Severity) -> Option<Sentence> {
    let listed = book.engine.policy.rules.iter().zip(answers);
    let (rule, answer) =
        listed.into_iter().find(|(rule, answer)| rule.severity == severity && answer.answer == RuleOutcome::Fired)?;
    let spoken = Sentence::default().say("Not met: ").stress(rule.label.clone());
    Some(match (&rule.when, &answer.observed) {
        (Condition::Test(test), Some(observed)) => {
            spoken.say("; found ").stress(operand(book, &test.field, observed)).say(".")
        }
        _ => spoken.say("."),
    })
}

/// The figures under the score.
pub fn figures(book: &OpenBook, answer: &Answer) -> Vec<Figure> {
    let decided = &answer.decided;
    let Some(score) = &decided.score else { return Vec::new() };
    let target = &book.engine.model.file().target;
    let mut figures = vec![Figure {
        label: text::default_within(target.window_months, &target.column, &target.positive),
        value: format!("{}\u{a0}%", one_decimal(score.pd.value())),
        aside: text::interval(&one_decimal(score.pd_low.value()), &one_decimal(score.pd_high.value())),
        note: format!("{}. {}", target.definition, text::INTERVAL_NOTE),
    }];
    if let Some(confidence) = decided.confidence {
        figures.push(figure(text::CONFIDENCE, text::confidence(confidence).to_owned(), text::CONFIDENCE_NOTE));
    }
    if let Some(offer) = offer(answer) {
        let label = match decided.decision.outcome() {
            Outcome::Approve | Outcome::Conditional => text::APR,
            Outcome::Counteroffer => text::APR_OFFERED,
            _ => text::APR_IF,
        };
        figures.push(figure(label, format!("{}\u{a0}%", fixed(offer.apr, 2)), ""));
        figures.push(figure(&text::payment(offer.term_months.count()), money(offer.payment_cents.dollars()), ""));
    }
    figures
}

fn figure(label: &str, value: String, note: &str) -> Figure {
    Figure { label: label.to_owned(), value, aside: String::new(), note: note.to_owned() }
}

fn one_decimal(fraction: f64) -> String {
    fixed(fraction * 100.0, 1)
}

/// The price to show: that of the decision, else that at this score.
fn offer(answer: &Answer) -> Option<&Offer> {
    match &answer.decided.decision {
        Decision::Counteroffer { terms: Terms::Priced(offer), .. } => Some(offer),
        Decision::Decline { .. } => None,
        _ => answer.decided.offer.as_ref(),
    }
}

/// Every check in the policy's order.
pub fn checks(book: &OpenBook, answer: &Answer) -> Vec<Check> {
    let listed = book.engine.policy.rules.iter().zip(&answer.decided.rules);
    listed.map(|(rule, answer)| check(book, rule, answer)).collect()
}

fn check(book: &OpenBook, rule: &Rule, answer: &RuleAnswer) -> Check {
    let (observed, condition) = match &rule.when {
        Condition::Test(test) => {
            let observed =
                answer.observed.as_ref().map(|observed| operand(book, &test.field, observed)).unwrap_or_default();
            (observed, comparison(book, test))
        }
        _ => (String::new(), text::COMPOUND.to_owned()),
    };
    Check { label: rule.label.clone(), answer: answer.answer, observed, condition, severity: rule.severity }
}

fn comparison(book: &OpenBook, test: &Test) -> String {
    let value = test.value.as_ref().map(|value| operand(book, &test.field, value)).unwrap_or_default();
    match test.op {
        Op::Lt => format!("<\u{a0}{value}"),
        Op::Le => format!("\u{2264}\u{a0}{value}"),
        Op::Gt => format!(">\u{a0}{value}"),
        Op::Ge => format!("\u{2265}\u{a0}{value}"),
        Op::Eq => format!("is {value}"),
        Op::In => format!("is one of {value}"),
        Op::Missing => text::NOT_REPORTED.to_owned(),
    }
}

/// A value as the field that it belongs to is read.
fn operand(book: &OpenBook, field: &str, operand: &Operand) -> String {
    let (space, name) = field.split_once('.').unwrap_or(("", field));
    let input = book.engine.inputs().iter().find(|input| space == "input" && input.name == name);
    match operand {
        Operand::Number(number) => match (space, name, input) {
            (_, _, Some(input)) => with_unit(*number, &input.unit),
            ("price", "payment", _) => money(*number),
            ("price", "apr", _) => format!("{}\u{a0}%", fixed(*number, 2)),
            ("price", ..) | ("score", "pd", _) => percent(*number, 1),
            ("feature", ..) => of_feature(book, name, *number),
            _ => plain(rounded(*number)),
        },
        Operand::Text(text) => level_label(input, text),
        Operand::Texts(texts) => texts.iter().map(|text| level_label(input, text)).collect::<Vec<_>>().join(", "),
    }
}

/// A feature has the unit that its expression gives it; a quotient reads best as a percentage.
fn of_feature(book: &OpenBook, name: &str, number: f64) -> String {
    let schema = book.engine.model.schema();
    let mut from = schema.feature_index(name).map(|index| &schema.features()[index].from);
    loop {
        from = match from {
            Some(Expr::Ratio(..)) => return percent(number, 1),
            Some(Expr::AnnuityPayment(amount, ..) | Expr::Difference(amount, _) | Expr::Clip(amount, ..)) => {
                Some(amount)
            }
            Some(Expr::Sum(terms)) => terms.first(),
            Some(Expr::Input(input)) => {
                let input = schema.input_index(input).map(|index| &schema.inputs()[index]);
                return with_unit(rounded(number), input.map_or("", |input| &input.unit));
            }
            _ => return plain(rounded(number)),
        };
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn level_label(input: Option<&Input>, name: &str) -> String {
    match input.map(|input| &input.kind) {
        Some(InputKind::Category { levels }) => {
            levels.iter().find(|level| level.name == name).map_or(name, |level| &level.label).to_owned()
        }
        _ => name.to_owned(),
    }
}

/// The principal reasons of a decline in the catalogue's words.
pub fn principal_reasons(book: &OpenBook, answer: &Answer) -> Vec<String> {
    match &answer.decided.decision {
        Decision::Decline { reasons } => {
            reasons.as_slice().iter().map(|reason| reason_text(book, &reason.code)).collect()
        }
        _ => Vec::new(),
    }
}

fn reason_text(book: &OpenBook, code: &str) -> String {
    book.engine
        .reasons
        .as_ref()
        .and_then(|catalogue| catalogue.entry(code))
        .map_or_else(|| in_words(code), |entry| entry.en.clone())
}

/// What a person reads for a reason family.
pub fn family_label(book: &OpenBook, code: &str) -> String {
    let entry = book.engine.reasons.as_ref().and_then(|catalogue| catalogue.entry(code));
    let label = entry.map(|entry| entry.label.as_str()).or_else(|| only_feature(book, code));
    label.map_or_else(|| in_words(code), str::to_owned)
}

fn field_label(book: &OpenBook, name: &str) -> String {
    book.engine
        .inputs()
        .iter()
        .find(|input| input.name == name)
        .map_or_else(|| reason_text(book, name), |input| input.label.clone())
}

/// The one feature of a family, if it has no other.
fn only_feature<'a>(book: &'a OpenBook, family: &str) -> Option<&'a str> {
    let mut features = book.engine.model.schema().features().iter().filter(|feature| feature.family == family);
    let first = features.next()?;
    features.next().is_none().then_some(&first.label)
}

/// A code without a text of its own, as words.
fn in_words(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Whether parts are single features or sums by reason family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// By reason family.
    Families,
    /// By feature.
    Features,
}

/// The points that each part adds, in the schema's order.
pub fn parts(book: &OpenBook, score: &Score, grouping: Grouping) -> Vec<Part> {
    let schema = book.engine.model.schema();
    let points = book.engine.contributions_in_points(score);
    match grouping {
        Grouping::Features => schema
            .features()
            .iter()
            .zip(points)
            .map(|(feature, points)| Part { label: feature.label.clone(), points })
            .collect(),
        Grouping::Families => by_family(schema, &points)
            .into_iter()
            .map(|(family, points)| Part { label: family_label(book, family), points })
            .collect(),
    }
}

/// The reference group's mean in points.
pub fn base_points(book: &OpenBook, score: &Score) -> f64 {
    let sum: f64 = book.engine.contributions_in_points(score).iter().sum();
    score.raw_points - sum
}

/// The waterfall from the reference group's mean to this score.
pub fn waterfall_of(book: &OpenBook, score: &Score, grouping: Grouping) -> Waterfall {
    waterfall(base_points(book, score), &parts(book, score, grouping), score.points.value(), MOST_PARTS)
}

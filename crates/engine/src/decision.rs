//! From a checked application to a decision. Stages: features, score, band and tier, price, rules. A rule answers as
//! soon as what it reads exists; severity, not order, decides. Nothing here returns an error.

use crate::application::{Application, Input, Permitted, Role};
use crate::artifact::{Model, Population, Populations};
use crate::explain::{Explainer, Explanation, Game, GameError};
use crate::features::FeatureVector;
use crate::policy::{Answer, Band, Facts, Policy, ReferenceName, Rule, RuleAnswer, Severity};
use crate::pricing::{Offer, Pricing};
use crate::reasons::{self, Catalogue, Reason};
use crate::seal::Digest;
use crate::units::{Date, LogOdds, NonEmpty, Points, Probability};
use serde::{Deserialize, Serialize};

/// The trigger of a score in the review band.
pub const SCORE_BAND: &str = "score_band";
/// The trigger of a score below the cut-off without one adverse family.
pub const NO_ADVERSE_FACTOR: &str = "no_adverse_factor";
/// The trigger of a score below the cut-off of a model that was imported without a reference population: it gives no reasons.
pub const NO_REFERENCE: &str = "no_reference";
/// The trigger of any application to a model whose scores are not log-odds: it scores, and a person decides.
pub const NOT_CALIBRATED: &str = "not_calibrated";

/// A model with everything that turns its score into a decision.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The model and its digest.
    pub model: Model,
    /// The policy.
    pub policy: Policy,
    /// Prices, if this book has them.
    pub pricing: Option<Pricing>,
    /// Reason texts, if this book has them.
    pub reasons: Option<Catalogue>,
    /// The digests of the files above.
    pub digests: Digests,
    reference: Reference,
}

/// Which files and which engine made a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the files")]
pub struct Digests {
    pub engine: Digest,
    pub artifact: Digest,
    pub policy: Digest,
    pub pricing: Option<Digest>,
    pub reasons: Option<Digest>,
}

/// The population against which a decision is explained.
#[derive(Clone, Debug)]
struct Reference {
    named: ReferencePopulation,
    /// Whether the population is known: reasons need one.
    gives_reasons: bool,
    /// `None`: the model's own, against all rows.
    explainer: Option<Explainer>,
}

/// A reference population by name, its score interval and its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferencePopulation {
    /// `all`, or `above_cutoff`; `library` for the rows that another library grew the trees on, `none` when nobody knows them.
    pub name: String,
    /// Shown points from, inclusive.
    pub from: Option<i16>,
    /// Shown points to, exclusive.
    pub to: Option<i16>,
    /// Rows in it; 0 when it is not known how many.
    pub rows: u64,
    /// The game whose Shapley values the contributions are.
    pub game: Game,
}

/// Why a model is not explained as was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotExplained {
    /// An imported model without counts of its training rows and without a reference population.
    #[error("this model has no reference population: import it again with one to explain its scores")]
    NoReference,
    /// A population that this book does not explain against.
    #[error("reference {found:?}: this book explains against {expected}")]
    Unknown {
        /// What was asked for.
        found: String,
        /// What there is.
        expected: String,
    },
    /// A game that the model cannot play.
    #[error("this model is not explained that way: {0}")]
    Game(#[from] GameError),
}

/// A score with its uncertainty and its explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Calibrated log-odds of bad.
    pub log_odds: LogOdds,
    /// Probability of bad within the target's window.
    pub pd: Probability,
    /// 90 % interval of that probability, from the artifact's spread.
    pub pd_low: Probability,
    /// Upper end of the interval.
    pub pd_high: Probability,
    /// The shown score.
    pub points: Points,
    /// Unrounded, unclamped points.
    pub raw_points: f64,
    /// Mean log-odds of the reference population.
    pub base: f64,
    /// One contribution a feature in log-odds: `base + Σ contributions = log_odds`. None where nothing is known to compare with.
    pub contributions: Vec<f64>,
    /// What a sum in single precision adds to `base + Σ contributions`: `None` where leaves are added in double precision.
    pub float32_rounding: Option<f64>,
}

/// How sure it is that a refit of the model would land in the same band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Approved.
    Approve {
        /// The price.
        terms: Terms,
    },
    /// Approved once conditions are met.
    Conditional {
        /// The price.
        terms: Terms,
        /// Codes of what must be brought.
        conditions: NonEmpty<String>,
    },
    /// Another deal is offered.
    Counteroffer {
        /// The price of the changed deal.
        terms: Terms,
        /// What changes.
        change: Change,
    },
    /// A person decides.
    Review {
        /// Codes of why.
        triggers: NonEmpty<String>,
        /// What the price would be.
        terms: Terms,
    },
    /// Declined.
    Decline {
        /// Principal reasons, most important first.
        reasons: NonEmpty<Reason>,
    },
    /// Cannot be decided.
    Incomplete {
        /// The fields that are needed.
        fields: NonEmpty<String>,
    },
}

/// A price, or none for a model without roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// Priced.
    Priced(Offer),
    /// No pricing, or nothing to price.
    Unpriced,
}

/// A changed deal: one input at the value that policy allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The input.
    pub input: String,
    /// What was asked for.
    pub from: f64,
    /// What is offered.
    pub to: f64,
}

/// The word for a decision, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Decision")]
pub enum Outcome {
    Approve,
    Conditional,
    Counteroffer,
    Review,
    Decline,
    Incomplete,
}

impl Outcome {
    /// All of them, from best to worst.
    pub const ALL: [Outcome; 6] = [
        Outcome::Approve,
        Outcome::Conditional,
        Outcome::Counteroffer,
        Outcome::Review,
        Outcome::Decline,
        Outcome::Incomplete,
    ];
}

impl Decision {
    /// The word.
    pub fn outcome(&self) -> Outcome {
        match self {
            Decision::Approve { .. } => Outcome::Approve,
            Decision::Conditional { .. } => Outcome::Conditional,
            Decision::Counteroffer { .. } => Outcome::Counteroffer,
            Decision::Review { .. } => Outcome::Review,
            Decision::Decline { .. } => Outcome::Decline,
            Decision::Incomplete { .. } => Outcome::Incomplete,
        }
    }
}

/// Everything that a decision consists of; a receipt records it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The word and its content.
    pub decision: Decision,
    /// The score; `None` when the application is incomplete.
    pub score: Option<Score>,
    /// Where the score falls; `None` when the application is incomplete.
    pub band: Option<Band>,
    /// How sure the band is.
    pub confidence: Option<Confidence>,
    /// Features outside the range of the training rows.
    pub outside_experience: Vec<String>,
    /// Every rule's answer, in the policy's order.
    pub rules: Vec<RuleAnswer>,
    /// The price at this score, whatever the decision.
    pub offer: Option<Offer>,
}

impl Engine {
    /// Joins the parts that were read from files. The reference population is the policy's, or all rows when the model
    /// carries no band that covers the cut-off.
    pub fn new(
        model: Model,
        policy: Policy,
        pricing: Option<Pricing>,
        reasons: Option<Catalogue>,
        digests: Digests,
    ) -> Self {
        let reference = Reference::new(&model, &policy);
        Self { model, policy, pricing, reasons, digests, reference }
    }

    /// The inputs of an application.
    pub fn inputs(&self) -> &[Input] {
        self.model.schema().inputs()
    }

    /// The population against which decisions are explained.
    pub fn reference(&self) -> &ReferencePopulation {
        &self.reference.named
    }

    /// Whether the population of the explanation is known: reasons need one.
    pub fn gives_reasons(&self) -> bool {
        self.reference.gives_reasons
    }

    /// Decides one application on a day.
    pub fn decide(&self, application: &Application, as_of: Date) -> Decided {
        if !self.model.decides() {
            let features = self.model.schema().features_of(application);
            let facts = Facts { application, features: &features, score: None, offer: None, as_of };
            let decision =
                Decision::Review { triggers: NonEmpty::one(NOT_CALIBRATED.to_owned()), terms: Terms::Unpriced };
            return self.without_score(decision, &facts);
        }
        if let Some(fields) = NonEmpty::new(self.missing(application)) {
            let features = self.model.schema().features_of(application);
            let facts = Facts { application, features: &features, score: None, offer: None, as_of };
            return self.without_score(Decision::Incomplete { fields }, &facts);
        }
        let assessed = self.assess(application, as_of);
        let score = self.explained(&assessed.features, assessed.log_odds);
        let outside_experience = self.outside_experience(&assessed.features);
        Decided {
            decision: self.conclude(self.verdict(application, &assessed, as_of), &score, &assessed),
            band: Some(self.policy.bands.of(score.points)),
            confidence: Some(self.confidence(&score, !outside_experience.is_empty())),
            outside_experience,
            rules: assessed.answers,
            offer: assessed.offer,
            score: Some(score),
        }
    }

    fn without_score(&self, decision: Decision, facts: &Facts<'_>) -> Decided {
        Decided {
            decision,
            score: None,
            band: None,
            confidence: None,
            outside_experience: Vec::new(),
            rules: self.policy.answers(self.model.schema(), facts),
            offer: None,
        }
    }

    /// The word alone, without explanation: for response curves and sweeps.
    pub fn outcome(&self, application: &Application, as_of: Date) -> (Outcome, Option<(Points, Probability)>) {
        if !self.model.decides() {
            return (Outcome::Review, None);
        }
        if !self.missing(application).is_empty() {
            return (Outcome::Incomplete, None);
        }
        let assessed = self.assess(application, as_of);
        let outcome = match self.verdict(application, &assessed, as_of) {
            Verdict::Incomplete(_) => Outcome::Incomplete,
            Verdict::Decline
                if self
                    .reasons_against(&assessed, || self.explained(&assessed.features, assessed.log_odds))
                    .is_empty() =>
            {
                Outcome::Review
            }
            Verdict::Decline => Outcome::Decline,
            Verdict::Counteroffer { .. } => Outcome::Counteroffer,
            Verdict::Review(_) => Outcome::Review,
            Verdict::Conditional(_) => Outcome::Conditional,
            Verdict::Approve => Outcome::Approve,
        };
        (outcome, Some((assessed.points, assessed.pd)))
    }

    /// Shown points and PD of a row.
    pub fn points(&self, features: &FeatureVector) -> (Points, Probability) {
        self.shown(self.model.log_odds(features))
    }

    pub(crate) fn shown(&self, log_odds: LogOdds) -> (Points, Probability) {
        (Points::from_raw(self.model.scale().raw(log_odds)), Probability::from_log_odds(log_odds))
    }

    /// Score, interval and exact contributions of a row.
    pub fn score(&self, features: &FeatureVector) -> Score {
        self.explained(features, self.model.log_odds(features))
    }

    fn explained(&self, features: &FeatureVector, log_odds: LogOdds) -> Score {
        let model = &self.model;
        let explained = self.explainer().map(|explainer| model.explain_log_odds(explainer, features));
        let explanation = explained.unwrap_or(Explanation { base: log_odds.0, values: Vec::new() });
        let raw = model.scale().raw(log_odds);
        let half = 1.645 * model.spread_at(raw);
        let pd_at = |raw| Probability::from_log_odds(model.scale().log_odds(raw));
        Score {
            log_odds,
            pd: Probability::from_log_odds(log_odds),
            pd_low: pd_at(raw + half),
            pd_high: pd_at(raw - half),
            points: Points::from_raw(raw),
            raw_points: raw,
            float32_rounding: model
                .adds_singles()
                .then(|| log_odds.0 - explanation.values.iter().fold(explanation.base, |sum, value| sum + value)),
            base: explanation.base,
            contributions: explanation.values,
        }
    }

    /// The population against which decisions are explained, folded; `None` where none is known.
    pub fn explainer(&self) -> Option<&Explainer> {
        self.reference.explainer.as_ref().or(self.model.against_all())
    }

    /// An explainer for a game against a population: `all` when none is named, or that of decisions by its name. Without a
    /// game, that which suits the model best.
    ///
    /// # Errors
    /// [`NotExplained`] for a population that is not known, and for a game that the model cannot play against it.
    pub fn explainer_of(&self, game: Option<Game>, reference: Option<&str>) -> Result<Explainer, NotExplained> {
        let named = &self.reference.named.name;
        let own = match reference.unwrap_or("all") {
            "all" => self.model.against_all().ok_or(NotExplained::NoReference)?,
            name if name == named => self.explainer().ok_or(NotExplained::NoReference)?,
            other => {
                let mut expected = vec!["all", named];
                expected.dedup();
                return Err(NotExplained::Unknown { found: other.to_owned(), expected: expected.join(" or ") });
            }
        };
        match (game, self.model.populations()) {
            (Some(game), Some(populations)) if game != own.game() => {
                let above = || populations.above(self.policy.bands.approve.value());
                let population = reference.filter(|name| *name == "above_cutoff").and_then(|_| above());
                Ok(self.model.explainer_of(game, population.as_ref().unwrap_or(&populations.all))?)
            }
            (Some(game), None) if game != own.game() => Err(NotExplained::NoReference),
            _ => Ok(own.clone()),
        }
    }

    /// Points that each feature adds against the reference; with the reference's mean they add up to the raw score.
    pub fn contributions_in_points(&self, score: &Score) -> Vec<f64> {
        let factor = self.model.scale().factor();
        score.contributions.iter().map(|value| -factor * value).collect()
    }

    /// How much each feature moves this model over all training rows, in the margin's unit: for ordering what people see.
    pub fn influence(&self) -> Vec<f64> {
        let n_features = self.model.schema().features().len();
        match self.explainer() {
            Some(explainer) => {
                let all = self.model.populations().map(|populations| &populations.all.summary);
                explainer.influence(self.model.ensemble(), all, n_features)
            }
            None => vec![0.0; n_features],
        }
    }

    /// Required inputs without a value, and an income that nothing can be divided by.
    pub(crate) fn missing(&self, application: &Application) -> Vec<String> {
        self.inputs()
            .iter()
            .enumerate()
            .filter(|(index, input)| {
                let ratio_base = input.role.is_some_and(Role::is_income);
                !input.optional && input.permitted != Permitted::AuditOnly && application.value(*index).is_none()
                    || ratio_base && application.number(*index).is_some_and(|income| income <= 0.0)
            })
            .map(|(_, input)| input.name.clone())
            .collect()
    }

    pub(crate) fn offer(&self, application: &Application, points: Points, pd: Probability) -> Option<Offer> {
        self.pricing.as_ref()?.offer(&self.policy, self.inputs(), application, points, pd)
    }

    /// Everything short of the explanation: features, score, price, rules.
    fn assess(&self, application: &Application, as_of: Date) -> Assessed {
        let features = self.model.schema().features_of(application);
        let log_odds = self.model.log_odds(&features);
        let (points, pd) = self.shown(log_odds);
        let offer = self.offer(application, points, pd);
        let facts = Facts { application, features: &features, score: Some((points, pd)), offer: offer.as_ref(), as_of };
        let answers = self.policy.answers(self.model.schema(), &facts);
        Assessed { features, log_odds, points, pd, offer, answers }
    }

    fn conclude(&self, verdict: Verdict, score: &Score, assessed: &Assessed) -> Decision {
        let terms = || Terms::of(assessed.offer.clone());
        match verdict {
            Verdict::Incomplete(fields) => Decision::Incomplete { fields },
            Verdict::Decline => match NonEmpty::new(self.reasons_against(assessed, || score.clone())) {
                Some(reasons) => Decision::Decline { reasons },
                // Below the cut-off without one adverse family cannot be explained: a person looks at it.
                None => {
                    let why = if self.reference.gives_reasons { NO_ADVERSE_FACTOR } else { NO_REFERENCE };
                    Decision::Review { triggers: NonEmpty::one(why.to_owned()), terms: terms() }
                }
            },
            Verdict::Counteroffer { change, offer } => Decision::Counteroffer { terms: Terms::of(offer), change },
            Verdict::Review(triggers) => Decision::Review { triggers, terms: terms() },
            Verdict::Conditional(conditions) => Decision::Conditional { terms: terms(), conditions },
            Verdict::Approve => Decision::Approve { terms: terms() },
        }
    }

    /// The principal reasons of a decline. The model speaks only where its score is below the review cut-off, and only
    /// against a reference population; without any declining rule and without an adverse family there are none.
    fn reasons_against(&self, assessed: &Assessed, score: impl FnOnce() -> Score) -> Vec<Reason> {
        let below = self.policy.bands.of(assessed.points) == Band::Decline && self.reference.gives_reasons;
        let points = below.then(|| self.contributions_in_points(&score()));
        reasons::principal(self.model.schema(), &self.policy, &assessed.answers, points.as_deref())
    }

    /// The most severe of what the score's band and the fired rules say. A counter-offer is one only if the changed deal
    /// would itself be approved; else a person looks at it.
    fn verdict(&self, application: &Application, assessed: &Assessed, as_of: Date) -> Verdict {
        let (input, value) = match self.ruling(assessed) {
            Ruling::Stands(verdict) => return verdict,
            Ruling::Limit { input, value } => (input, value),
        };
        let changed = self.assess(&application.with_number(input, value), as_of);
        match self.ruling(&changed) {
            Ruling::Stands(Verdict::Approve | Verdict::Conditional(_)) => {
                let from = application.number(input).unwrap_or(value);
                let change = Change { input: self.inputs()[input].name.clone(), from, to: value };
                Verdict::Counteroffer { change, offer: changed.offer }
            }
            _ => Verdict::Review(
                self.triggers(assessed, Severity::Counteroffer).unwrap_or(NonEmpty::one(SCORE_BAND.to_owned())),
            ),
        }
    }

    fn ruling(&self, assessed: &Assessed) -> Ruling {
        let band = self.policy.bands.of(assessed.points);
        let fired = |severity| self.fired(&assessed.answers, severity);
        if let Some(fields) = self.codes(&assessed.answers, Severity::Incomplete) {
            return Ruling::Stands(Verdict::Incomplete(fields));
        }
        if band == Band::Decline || fired(Severity::Decline).next().is_some() {
            return Ruling::Stands(Verdict::Decline);
        }
        if let Some((input, value)) = fired(Severity::Counteroffer).find_map(|rule| rule.limit(self.model.schema())) {
            return Ruling::Limit { input, value };
        }
        if let Some(triggers) = self.triggers(assessed, Severity::Review) {
            return Ruling::Stands(Verdict::Review(triggers));
        }
        let conditions = self.codes(&assessed.answers, Severity::Condition);
        Ruling::Stands(conditions.map_or(Verdict::Approve, Verdict::Conditional))
    }

    /// Why a person should look at it: the review band first, then rules from review up to a severity.
    fn triggers(&self, assessed: &Assessed, up_to: Severity) -> Option<NonEmpty<String>> {
        let by_band = (self.policy.bands.of(assessed.points) == Band::Review).then(|| SCORE_BAND.to_owned());
        let rules = [Severity::Counteroffer, Severity::Review].into_iter().filter(|severity| *severity <= up_to);
        let codes = rules.flat_map(|severity| self.fired(&assessed.answers, severity)).map(|rule| rule.reason.clone());
        NonEmpty::new(by_band.into_iter().chain(codes).collect())
    }

    fn codes(&self, answers: &[RuleAnswer], severity: Severity) -> Option<NonEmpty<String>> {
        NonEmpty::new(self.fired(answers, severity).map(|rule| rule.reason.clone()).collect())
    }

    fn fired<'a>(&'a self, answers: &'a [RuleAnswer], severity: Severity) -> impl Iterator<Item = &'a Rule> {
        let listed = self.policy.rules.iter().zip(answers);
        listed
            .filter(move |(rule, answer)| rule.severity == severity && answer.answer == Answer::Fired)
            .map(|(rule, _)| rule)
    }

    fn outside_experience(&self, features: &FeatureVector) -> Vec<String> {
        let listed = self.model.schema().features().iter().zip(&features.0);
        listed
            .filter(|(feature, value)| {
                feature.levels.is_empty()
                    && feature.range.zip(**value).is_some_and(|((low, high), value)| value < low || value > high)
            })
            .map(|(feature, _)| feature.name.clone())
            .collect()
    }

    /// [`same_side`] of the policy's cut-offs as a label: high from 0.95, medium from 0.80; outside experience it is at most
    /// medium.
    fn confidence(&self, score: &Score, outside: bool) -> Confidence {
        let cut_offs = [self.policy.bands.approve, self.policy.bands.review].map(|cut| f64::from(cut.value()));
        let same = same_side(score.raw_points, cut_offs, self.model.spread_at(score.raw_points));
        let label = if same >= 0.95 {
            Confidence::High
        } else if same >= 0.80 {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        if outside { label.min(Confidence::Medium) } else { label }
    }
}

/// Probability that a refit of the model lands on the same side of the nearest cut-off, `Φ(|raw − nearest cut-off| / σ)`:
/// raw score, cut-offs and the spread σ of refits in points. One half when nobody measured the spread.
pub fn same_side(raw: f64, cut_offs: [f64; 2], spread: f64) -> f64 {
    let nearest = cut_offs.into_iter().map(|cut| (raw - cut).abs()).fold(f64::INFINITY, f64::min);
    if spread > 0.0 { 0.5 * libm::erfc(-nearest / spread / core::f64::consts::SQRT_2) } else { 1.0 }
}

struct Assessed {
    features: FeatureVector,
    log_odds: LogOdds,
    points: Points,
    pd: Probability,
    offer: Option<Offer>,
    answers: Vec<RuleAnswer>,
}

/// What band and rules say of one deal.
enum Ruling {
    Stands(Verdict),
    /// A counter-offer rule names the value that an input may have.
    Limit {
        input: usize,
        value: f64,
    },
}

/// A decision before its explanation.
enum Verdict {
    Incomplete(NonEmpty<String>),
    Decline,
    Counteroffer { change: Change, offer: Option<Offer> },
    Review(NonEmpty<String>),
    Conditional(NonEmpty<String>),
    Approve,
}

impl Terms {
    fn of(offer: Option<Offer>) -> Self {
        offer.map_or(Terms::Unpriced, Terms::Priced)
    }
}

/// Whom decisions are explained against at an approve cut-off, if not all rows.
pub(crate) fn above_cutoff(populations: &Populations, named: ReferenceName, approve: Points) -> Option<Population> {
    match named {
        ReferenceName::AboveCutoff => populations.above(approve.value()),
        ReferenceName::All => None,
    }
}

impl Reference {
    /// The merge of the 20-point bands that the interval above the cut-off touches, or all rows when one is not carried.
    fn new(model: &Model, policy: &Policy) -> Self {
        let Some(populations) = model.populations() else { return Self::of_library(model) };
        let above = above_cutoff(populations, policy.reference, policy.bands.approve);
        let (name, population) = match &above {
            Some(population) => ("above_cutoff", population),
            None => ("all", &populations.all),
        };
        let explainer = above.as_ref().map(|population| model.explainer(population));
        let game = explainer.as_ref().or(model.against_all()).map_or(Game::PathDependent, Explainer::game);
        Self {
            named: ReferencePopulation {
                name: name.to_owned(),
                from: population.from,
                to: population.to,
                rows: population.rows,
                game,
            },
            gives_reasons: true,
            explainer,
        }
    }

    /// What an imported model has without a reference population: at most what its library counted.
    fn of_library(model: &Model) -> Self {
        let own = model.against_all();
        let name = if own.is_some() { "library" } else { "none" };
        let game = own.map_or(Game::PathDependent, Explainer::game);
        let named = ReferencePopulation { name: name.to_owned(), from: None, to: None, rows: 0, game };
        Self { named, gives_reasons: false, explainer: None }
    }
}

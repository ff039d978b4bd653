//! What other systems call a decision: their requests become applications, and a receipt is answered in their shapes.
//!
//! | View | Answers |
//! | --- | --- |
//! | `000` [`approval`] | probability of a bad outcome, approve or review at one threshold |
//! | `001` [`credit_score`] | P(approve-worthy), three-way decision, explanations, risk factors |
//! | `003` [`point_of_sale`] | credit score, terms, the three features that count most |
//! | `004` [`default_risk`] | probability of default and a risk category |
//!
//! A view is a pure function of a receipt and of the book that made it: the receipt decides, a view never computes a score,
//! a price or a decision of its own.

pub mod approval;
pub mod credit_score;
pub mod default_risk;
pub mod point_of_sale;
pub mod refusal;
pub mod request;
pub mod surrogate;

use crate::application::ApplicationForm;
use crate::decision::{Decision, Engine};
use crate::features::FeatureVector;
use crate::policy::{Answer as RuleSays, Severity};
use crate::receipt::{Receipt, ReceiptScore, ReplayError};
use crate::units::Date;
use refusal::{Fault, Path, Unprocessable};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A reference system's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// `000`: an auto lender's approval risk.
    Approval,
    /// `001`: a credit score service.
    CreditScore,
    /// `003`: credit at the point of sale.
    PointOfSale,
    /// `004`: default risk in a changing economy.
    DefaultRisk,
}

impl View {
    /// Every view.
    pub const ALL: [View; 4] = [View::Approval, View::CreditScore, View::PointOfSale, View::DefaultRisk];

    /// The name by which a view is asked for.
    pub fn name(self) -> &'static str {
        match self {
            View::Approval => "000",
            View::CreditScore => "001",
            View::PointOfSale => "003",
            View::DefaultRisk => "004",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no view has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("view {0:?} is not known; expected 000, 001, 003 or 004")]
pub struct UnknownView(pub String);

impl FromStr for View {
    type Err = UnknownView;
    fn from_str(name: &str) -> Result<Self, UnknownView> {
        View::ALL.into_iter().find(|view| view.name() == name).ok_or_else(|| UnknownView(name.to_owned()))
    }
}

/// A receipt in a view's shape.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names are those of View")]
pub enum Response {
    Approval(approval::Approval),
    CreditScore(credit_score::CreditScore),
    PointOfSale(point_of_sale::PointOfSale),
    DefaultRisk(default_risk::DefaultRisk),
}

/// A request's result: the response, or what is wrong with the request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Answered {
    Response(Box<Response>),
    Refused(Unprocessable),
}

/// The answer to a request, in the shape of the request: one, a list, or `{"customers": […]}`, element by element in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Answer {
    One(Answered),
    List(Vec<Answered>),
    Customers { customers: Vec<Answered> },
}

impl Answer {
    /// A request that is no JSON.
    pub fn not_json(why: &str) -> Self {
        Answer::One(Answered::Refused(Unprocessable::one(Path::body(), &Fault::NotJson(why.to_owned()))))
    }

    /// How many requests were refused.
    pub fn refused(&self) -> usize {
        let all = match self {
            Answer::One(one) => std::slice::from_ref(one),
            Answer::List(list) | Answer::Customers { customers: list } => list,
        };
        all.iter().filter(|answered| matches!(answered, Answered::Refused(_))).count()
    }
}

/// Why there is no answer at all.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotViewed {
    /// The receipt was made with other files than this book's.
    #[error(transparent)]
    Receipt(#[from] ReplayError),
    /// Another kind of book.
    #[error("view {view} asks for {}, which this model does not know", .lacking.join(", "))]
    OtherBook {
        /// The view.
        view: View,
        /// The inputs that the book lacks.
        lacking: Vec<&'static str>,
    },
    /// A model whose scores are no log-odds.
    #[error("this model's scores are no probabilities; import it with a reference and a target to calibrate it")]
    NotCalibrated,
    /// An application that could not be decided.
    #[error("{0}")]
    Incomplete(Unprocessable),
}

/// What an answer needs beyond the receipt; a receipt holds no name and does not tell who chose its inputs.
#[derive(Clone, Copy)]
struct Beside<'a> {
    id: Option<&'a str>,
    defaulted: Option<&'a [String]>,
    /// Where the request stands.
    at: &'a Path,
}

impl Engine {
    /// A receipt of this book in a view's shape. What only a request knows (an applicant's id, which inputs were defaulted)
    /// is `null`.
    ///
    /// # Errors
    /// [`NotViewed`] when the receipt is of other files, or has no score.
    pub fn view(&self, receipt: &Receipt, view: View) -> Result<Response, NotViewed> {
        self.same_files(&receipt.digests)?;
        self.seen(receipt, view, Beside { id: None, defaulted: None, at: &Path::body() })
    }

    /// Decides a reference system's request, or a batch of them, and answers in its shape.
    ///
    /// # Errors
    /// [`NotViewed`] when this book cannot be asked in this view; a bad request is an answer.
    pub fn answer(&self, view: View, body: &Value, as_of: Date, seed: u64) -> Result<Answer, NotViewed> {
        let lacking = view.lacking(self.inputs());
        if !lacking.is_empty() {
            return Err(NotViewed::OtherBook { view, lacking });
        }
        let all = |list: &[Value], at: &Path| {
            let each = list.iter().enumerate();
            each.map(|(index, body)| self.answered(view, body, &at.element(index), as_of, seed))
                .collect::<Result<Vec<_>, _>>()
        };
        let at = Path::body();
        Ok(match (body, body.get("customers")) {
            (Value::Array(list), _) => Answer::List(all(list, &at)?),
            (_, Some(Value::Array(list))) => Answer::Customers { customers: all(list, &at.member("customers"))? },
            (_, Some(_)) => {
                Answer::One(Answered::Refused(Unprocessable::one(at.member("customers"), &Fault::NotAList)))
            }
            _ => Answer::One(self.answered(view, body, &at, as_of, seed)?),
        })
    }

    fn answered(&self, view: View, body: &Value, at: &Path, as_of: Date, seed: u64) -> Result<Answered, NotViewed> {
        let adapted = match request::adapt(view, self.inputs(), body, at, as_of) {
            Ok(adapted) => adapted,
            Err(refused) => return Ok(Answered::Refused(refused)),
        };
        let receipt = self.receipt(&adapted.form, as_of, seed).map_err(ReplayError::Inputs)?;
        let beside = Beside { id: adapted.id.as_deref(), defaulted: Some(&adapted.defaulted), at };
        match self.seen(&receipt, view, beside) {
            Ok(response) => Ok(Answered::Response(Box::new(response))),
            Err(NotViewed::Incomplete(refused)) => Ok(Answered::Refused(refused)),
            Err(other) => Err(other),
        }
    }

    fn seen(&self, receipt: &Receipt, view: View, beside: Beside<'_>) -> Result<Response, NotViewed> {
        let Some(score) = &receipt.score else {
            return Err(match &receipt.decision {
                Decision::Incomplete { fields } => {
                    request::incomplete(view, fields.as_slice(), &receipt.inputs, beside.at)
                        .map_or(NotViewed::NotCalibrated, NotViewed::Incomplete)
                }
                _ => NotViewed::NotCalibrated,
            });
        };
        let scored = Scored { engine: self, receipt, score };
        Ok(match view {
            View::Approval => Response::Approval(approval::view(&scored, beside.defaulted)),
            View::CreditScore => Response::CreditScore(credit_score::view(&scored, &scored.features()?)),
            View::PointOfSale => Response::PointOfSale(point_of_sale::view(&scored, &scored.features()?, beside.id)),
            View::DefaultRisk => Response::DefaultRisk(default_risk::view(&scored)),
        })
    }
}

/// A receipt that has a score, with its book.
struct Scored<'a> {
    engine: &'a Engine,
    receipt: &'a Receipt,
    score: &'a ReceiptScore,
}

impl Scored<'_> {
    /// The features that the model saw.
    fn features(&self) -> Result<FeatureVector, ReplayError> {
        let form = ApplicationForm(self.receipt.inputs.clone());
        Ok(self.engine.model.schema().features_of(&form.check(self.engine.inputs())?))
    }

    /// Contributions by position of the feature, those that move the score most first.
    fn ranked(&self) -> Vec<(usize, f64)> {
        let features = self.engine.model.schema().features().iter().enumerate();
        let of = |name: &str| self.score.contributions.get(name).copied();
        let mut ranked: Vec<(usize, f64)> =
            features.filter_map(|(index, feature)| Some((index, of(&feature.name)?))).collect();
        ranked.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        ranked
    }

    fn feature_name(&self, index: usize) -> String {
        let features = self.engine.model.schema().features();
        features.get(index).map(|feature| feature.name.clone()).unwrap_or_default()
    }

    /// The most severe rule that fired.
    fn severest(&self) -> Option<Severity> {
        let fired = |id: &str| self.receipt.rules.iter().any(|rule| rule.id == id && rule.answer == RuleSays::Fired);
        let rules = self.engine.policy.rules.iter().filter(|rule| fired(&rule.id));
        rules.map(|rule| rule.severity).max()
    }
}

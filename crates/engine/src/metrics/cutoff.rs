//! Figures of a yes/no prediction.

use serde::Serialize;

/// Weights of the four outcomes of predicting *bad*. A ratio with nothing below the line is 0.
///
/// ```
/// use underglass_engine::metrics::Confusion;
/// let found = Confusion::of(&[true, true, false, false], &[true, false, false, true], None);
/// assert_eq!((found.true_positive, found.precision(), found.specificity()), (1.0, 0.5, 0.5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Confusion {
    pub true_positive: f64,
    pub false_positive: f64,
    pub false_negative: f64,
    pub true_negative: f64,
}

impl Confusion {
    /// Counts rows by prediction and outcome.
    pub fn of(predicted_bad: &[bool], bad: &[bool], weight: Option<&[f64]>) -> Self {
        let mut found = Self::default();
        for (row, (predicted, bad)) in predicted_bad.iter().zip(bad).enumerate() {
            let cell = match (predicted, bad) {
                (true, true) => &mut found.true_positive,
                (true, false) => &mut found.false_positive,
                (false, true) => &mut found.false_negative,
                (false, false) => &mut found.true_negative,
            };
            *cell += weight.map_or(1.0, |weight| weight[row]);
        }
        found
    }

    /// Share of right predictions.
    pub fn accuracy(&self) -> f64 {
        ratio(self.true_positive + self.true_negative, self.total())
    }

    /// Share of bads among rows predicted bad.
    pub fn precision(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Share of the bads that were predicted bad.
    pub fn recall(&self) -> f64 {
        ratio(self.true_positive, self.bads())
    }

    /// Share of the goods that were predicted good.
    pub fn specificity(&self) -> f64 {
        ratio(self.true_negative, self.goods())
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        ratio(2.0 * self.true_positive, 2.0 * self.true_positive + self.false_positive + self.false_negative)
    }

    /// Mean of recall and specificity, over the outcomes that occur.
    pub fn balanced_accuracy(&self) -> f64 {
        let classes = f64::from(u8::from(self.bads() > 0.0) + u8::from(self.goods() > 0.0));
        ratio(self.recall() + self.specificity(), classes)
    }

    /// Matthews' correlation of prediction and outcome.
    ///
    /// Source: Matthews, *Comparison of the predicted and observed secondary structure of T4 phage lysozyme* (1975).
    pub fn matthews(&self) -> f64 {
        let (tp, fp, fneg, tn) = (self.true_positive, self.false_positive, self.false_negative, self.true_negative);
        let variance = (tp + fp).sqrt() * (tp + fneg).sqrt() * (tn + fp).sqrt() * (tn + fneg).sqrt();
        ratio(tp * tn - fp * fneg, variance)
    }

    /// Share of rows predicted good: the approval rate of a cut-off.
    pub fn approval_rate(&self) -> f64 {
        ratio(self.false_negative + self.true_negative, self.total())
    }

    /// Share of bads among rows predicted good: the bad rate of what a cut-off approves.
    pub fn approved_bad_rate(&self) -> f64 {
        ratio(self.false_negative, self.false_negative + self.true_negative)
    }

    fn bads(&self) -> f64 {
        self.true_positive + self.false_negative
    }

    fn goods(&self) -> f64 {
        self.false_positive + self.true_negative
    }

    fn total(&self) -> f64 {
        self.bads() + self.goods()
    }
}

fn ratio(over: f64, under: f64) -> f64 {
    if under > 0.0 { over / under } else { 0.0 }
}

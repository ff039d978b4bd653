//! Logistic regression with a ridge penalty, by Newton's method.

use crate::check::{self, BadData};
use crate::cholesky;
use ndarray::{Array2, ArrayView2};
use serde::Serialize;

/// Newton doubles the correct digits of a step; data that needs more steps has no maximum.
const MOST_STEPS: u32 = 100;
/// Halvings of a step before it counts as none.
const MOST_HALVINGS: u32 = 30;
/// A step that changes no parameter by more than this share of `1 + |parameter|` is the last.
const LAST_STEP: f64 = 1e-11;
/// A sum of losses is known to about this share of itself.
const ROUNDING: f64 = 1e-13;
/// Where no fitted probability is further from its target than this, a plane separates the outcomes.
const SEPARATED: f64 = 1e-8;

/// A fitted logistic regression: log-odds are `intercept + Σ coefficient · column`.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// One a column of the design.
    pub coefficients: Vec<f64>,
    /// Not penalised.
    pub intercept: f64,
    /// How the fit ended.
    pub evidence: Evidence,
}

/// What tells whether a fit found the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Why it stopped.
    pub ending: Ending,
    /// Newton steps taken.
    pub steps: u32,
    /// Largest absolute derivative of the penalised loss; it grows with the sum of weights.
    pub gradient: f64,
    /// The penalised loss that was reached: `Σ weight · loss + l2/2 · Σ coefficient²`.
    pub loss: f64,
}

/// Why a fit stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// At the maximum of the penalised likelihood.
    Converged,
    /// Without a penalty on outcomes that a plane separates: the coefficients would grow for ever.
    Separated,
    /// After the most steps.
    OutOfSteps,
}

/// Fits coefficients and an intercept to targets in `[0, 1]`: outcomes, or probabilities.
///
/// `design` is `rows × columns`, `l2` the ridge penalty on coefficients of columns of about unit scale (as if each were
/// drawn with variance `1 / l2` around 0), `weight` one number a row. A step is halved until the loss does not rise. A
/// column that repeats others keeps coefficient 0 when there is no penalty.
///
/// # Errors
/// [`BadData`]: lengths that differ, numbers that are not finite, weights or a penalty below 0, or one outcome only.
///
/// Source: le Cessie and van Houwelingen, *Ridge estimators in logistic regression* (1992).
///
/// ```
/// use ndarray::array;
/// use underglass_learn::logistic::{Ending, fit};
/// let design = array![[0.0], [1.0], [2.0], [3.0]];
/// let found = fit(design.view(), &[0.0, 1.0, 0.0, 1.0], None, 0.0)?;
/// assert_eq!(found.evidence.ending, Ending::Converged);
/// assert!(found.coefficients[0] > 0.0 && found.evidence.gradient < 1e-9);
/// # Ok::<(), underglass_learn::check::BadData>(())
/// ```
pub fn fit(design: ArrayView2<'_, f64>, target: &[f64], weight: Option<&[f64]>, l2: f64) -> Result<Logistic, BadData> {
    check::finite_rows("design", design)?;
    Problem::new(Sparse::of(design), target, weight)?.fit(l2, &vec![false; design.ncols()], None)
}

impl Logistic {
    /// Log-odds of one row of a design.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        self.coefficients.iter().zip(row).fold(self.intercept, |sum, (coefficient, x)| sum + coefficient * x)
    }
}

/// `1 / (1 + e^−z)`.
pub(crate) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

/// Probability at log-odds `z`, and the negative log-likelihood of a target, without overflow.
fn judged(z: f64, target: f64) -> (f64, f64) {
    let small = libm::exp(-z.abs());
    let p = if z < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
    let beyond = libm::log1p(small);
    (p, target * ((-z).max(0.0) + beyond) + (1.0 - target) * (z.max(0.0) + beyond))
}

/// Rows of a design without their zeros: most of a one-hot design is 0.
#[derive(Clone, Debug)]
pub(crate) struct Sparse {
    n_columns: usize,
    /// Where each row's entries end.
    ends: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl Sparse {
    /// No rows yet.
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { n_columns, ends: Vec::new(), entries: Vec::new() }
    }

    fn of(design: ArrayView2<'_, f64>) -> Self {
        let mut sparse = Self::new(design.ncols());
        for row in design.rows() {
            sparse.push(row.iter().copied().enumerate());
        }
        sparse
    }

    /// Adds a row by its entries, columns rising.
    pub(crate) fn push(&mut self, row: impl Iterator<Item = (usize, f64)>) {
        // The intercept is a last column of ones.
        let row = row.chain([(self.n_columns, 1.0)]).filter(|(_, x)| *x != 0.0);
        self.entries.extend(row.map(|(column, x)| (column as u32, x)));
        self.ends.push(self.entries.len());
    }

    fn rows(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.entries[start..*end])
    }
}

/// Rows with their targets and weights, ready to be fitted under one penalty after the other.
pub(crate) struct Problem<'a> {
    rows: Sparse,
    target: &'a [f64],
    weight: Vec<f64>,
    /// Weighted sums of targets and of their complements.
    sums: (f64, f64),
    intercept: Intercept,
}

#[derive(Clone, Copy, PartialEq)]
enum Intercept {
    Fitted,
    Zero,
}

/// Penalised loss with its gradient and the lower triangle of its Hessian, and the largest `|probability − target|` of a row
/// that weighs something.
struct Derivatives {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Array2<f64>,
    worst: f64,
}

impl<'a> Problem<'a> {
    /// Checks targets and weights; the rows are finite.
    pub(crate) fn new(rows: Sparse, target: &'a [f64], weight: Option<&[f64]>) -> Result<Self, BadData> {
        let weight = check::weights(weight, rows.ends.len())?;
        check::length("targets", target.len(), rows.ends.len())?;
        check::within("target", target, (0.0, 1.0), "0 to 1")?;
        let events: f64 = weight.iter().zip(target).map(|(weight, target)| weight * target).sum();
        let others: f64 = weight.iter().zip(target).map(|(weight, target)| weight * (1.0 - target)).sum();
        if events > 0.0 && others > 0.0 {
            Ok(Self { rows, target, weight, sums: (events, others), intercept: Intercept::Fitted })
        } else {
            Err(BadData::OneOutcome)
        }
    }

    /// The same with the intercept at 0.
    pub(crate) fn without_intercept(self) -> Self {
        Self { intercept: Intercept::Zero, ..self }
    }

    /// Maximises the penalised likelihood, from an earlier fit where one is given. A column that is held keeps
    /// coefficient 0.
    pub(crate) fn fit(&self, l2: f64, held: &[bool], start: Option<&Logistic>) -> Result<Logistic, BadData> {
        check::setting("penalty", l2, (0.0, f64::MAX), "a finite number from 0")?;
        let mut theta = match start {
            Some(start) => start.coefficients.clone(),
            None => vec![0.0; self.rows.n_columns],
        };
        theta.iter_mut().zip(held).filter(|(_, held)| **held).for_each(|(theta, _)| *theta = 0.0);
        theta.push(match (self.intercept, start) {
            (Intercept::Zero, _) => 0.0,
            (Intercept::Fitted, Some(start)) => start.intercept,
            (Intercept::Fitted, None) => libm::log(self.sums.0 / self.sums.1),
        });
        let (mut steps, mut ending) = (0, Ending::OutOfSteps);
        let mut at = self.derivatives(&theta, l2, held);
        while steps < MOST_STEPS && ending == Ending::OutOfSteps {
            let step = cholesky::solve(&mut at.hessian, &at.gradient);
            let mut share = 1.0;
            let mut next = theta.clone();
            // The longest of the step, its half, its quarter … that does not raise the loss; no step when none does.
            for _ in 0..MOST_HALVINGS {
                let tried: Vec<f64> = theta.iter().zip(&step).map(|(theta, step)| theta - share * step).collect();
                let there = self.derivatives(&tried, l2, held);
                if there.loss <= at.loss + ROUNDING * at.loss.abs() {
                    (next, at) = (tried, there);
                    break;
                }
                share /= 2.0;
            }
            let moved = theta.iter().zip(&next).map(|(a, b)| (a - b).abs() / (1.0 + a.abs())).fold(0.0, f64::max);
            theta = next;
            steps += 1;
            if at.worst < SEPARATED {
                ending = Ending::Separated;
            } else if moved <= LAST_STEP {
                ending = Ending::Converged;
            }
        }
        let gradient = at.gradient.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        // The intercept stands last.
        let intercept = theta.pop().unwrap_or(0.0);
        Ok(Logistic { coefficients: theta, intercept, evidence: Evidence { ending, steps, gradient, loss: at.loss } })
    }

    fn derivatives(&self, theta: &[f64], l2: f64, held: &[bool]) -> Derivatives {
        let n = theta.len();
        let mut at = Derivatives { loss: 0.0, gradient: vec![0.0; n], hessian: Array2::zeros((n, n)), worst: 0.0 };
        for (column, coefficient) in theta.iter().enumerate().take(n - 1) {
            at.loss += l2 / 2.0 * coefficient * coefficient;
            at.gradient[column] = l2 * coefficient;
            at.hessian[[column, column]] = l2;
        }
        for ((row, target), weight) in self.rows.rows().zip(self.target).zip(&self.weight) {
            let (p, loss) = judged(log_odds(row, theta), *target);
            at.loss += weight * loss;
            let (g, h) = (weight * (p - target), weight * p * (1.0 - p));
            if *weight > 0.0 {
                at.worst = at.worst.max((p - target).abs());
            }
            for (k, (column, x)) in row.iter().enumerate() {
                at.gradient[*column as usize] += g * x;
                let scaled = h * x;
                let mut line = at.hessian.row_mut(*column as usize);
                for (other, y) in &row[..=k] {
                    line[*other as usize] += scaled * y;
                }
            }
        }
        // Without slope and curvature a column takes no step.
        let no_intercept = self.intercept == Intercept::Zero;
        for (column, _) in held.iter().chain([&no_intercept]).enumerate().filter(|(_, held)| **held) {
            at.gradient[column] = 0.0;
            at.hessian.row_mut(column).fill(0.0);
            at.hessian.column_mut(column).fill(0.0);
        }
        at
    }
}

fn log_odds(row: &[(u32, f64)], theta: &[f64]) -> f64 {
    row.iter().fold(0.0, |z, (column, x)| z + theta[*column as usize] * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use smartcore::linalg::basic::matrix::DenseMatrix;
    use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};

    fn drawn(n: usize) -> (Array2<f64>, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let design = Array2::from_shape_fn((n, 3), |(_, column)| match column {
            2 => f64::from(u8::from(rng.random_range(0.0..1.0) < 0.3)),
            _ => rng.random_range(-2.0..2.0),
        });
        let bad = |row: ndarray::ArrayView1<'_, f64>| 0.8 * row[0] - 0.5 * row[1] + 1.1 * row[2] - 1.0;
        let target = design.rows().into_iter().map(bad).collect::<Vec<f64>>();
        let target = target.iter().map(|z| f64::from(u8::from(rng.random_range(0.0..1.0) < logistic(*z)))).collect();
        (design, target)
    }

    #[test]
    fn finds_the_coefficients_that_smartcore_finds() {
        let (design, target) = drawn(1500);
        for l2 in [0.0, 25.0] {
            let found = fit(design.view(), &target, None, l2).expect("a fit");
            let rows: Vec<Vec<f64>> = design.rows().into_iter().map(|row| row.to_vec()).collect();
            let labels: Vec<i32> = target.iter().map(|target| *target as i32).collect();
            let theirs = LogisticRegression::fit(
                &DenseMatrix::from_2d_vec(&rows).expect("a matrix"),
                &labels,
                LogisticRegressionParameters::default().with_alpha(l2),
            )
            .expect("a fit");
            // Its search stops at a gradient of about 1e-4 of 1,500 summed rows with a curvature above 100.
            for (ours, theirs) in found.coefficients.iter().zip(theirs.coefficients().iter()) {
                assert!((ours - theirs).abs() < 1e-4, "{l2}: {ours} {theirs}");
            }
            for theirs in theirs.intercept().iter() {
                assert!((found.intercept - theirs).abs() < 1e-4, "{l2}: {} {theirs}", found.intercept);
            }
        }
    }

    #[test]
    fn the_gradient_is_zero_where_it_ends() {
        let (design, target) = drawn(800);
        for l2 in [0.0, 1.0, 1e4] {
            let evidence = fit(design.view(), &target, None, l2).expect("a fit").evidence;
            // 800 terms below 2 are summed: rounding stays below 800 · 2 · 1e-16 by far more than this.
            assert!(evidence.ending == Ending::Converged && evidence.gradient < 1e-9, "{evidence:?}");
        }
    }

    #[test]
    fn a_weight_counts_like_repeated_rows() {
        let (design, target) = drawn(60);
        let weight: Vec<f64> = (0..60).map(|row| f64::from(row % 3)).collect();
        let repeated: Vec<usize> = (0..60).flat_map(|row| std::iter::repeat_n(row, row % 3)).collect();
        let twice = design.select(Axis(0), &repeated);
        let targets: Vec<f64> = repeated.iter().map(|row| target[*row]).collect();
        let a = fit(design.view(), &target, Some(&weight), 0.5).expect("a fit");
        let b = fit(twice.view(), &targets, None, 0.5).expect("a fit");
        for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
            // Both stop where a step is below 1e-11, and the step before was its root.
            assert!((a - b).abs() < 1e-10, "{a} {b}");
        }
    }

    #[test]
    fn separated_outcomes_end_with_their_name_or_with_a_penalty() {
        let design = array![[-2.0], [-1.0], [1.0], [2.0]];
        let target = [0.0, 0.0, 1.0, 1.0];
        let free = fit(design.view(), &target, None, 0.0).expect("a fit");
        assert_eq!(free.evidence.ending, Ending::Separated);
        assert!(free.coefficients[0].is_finite() && free.coefficients[0] > 5.0);
        let ridge = fit(design.view(), &target, None, 1.0).expect("a fit");
        assert!(ridge.evidence.ending == Ending::Converged && ridge.coefficients[0] < 1.5);
    }

    #[test]
    fn a_repeated_column_changes_nothing() {
        let (design, target) = drawn(200);
        let doubled = ndarray::concatenate![Axis(1), design, design];
        let once = fit(design.view(), &target, None, 0.0).expect("a fit");
        let twice = fit(doubled.view(), &target, None, 0.0).expect("a fit");
        for (column, coefficient) in once.coefficients.iter().enumerate() {
            let sum = twice.coefficients[column] + twice.coefficients[column + 3];
            assert!((sum - coefficient).abs() < 1e-9, "{sum} {coefficient}");
        }
    }

    #[test]
    fn bad_data_is_named() {
        let broken = fit(array![[1.0], [f64::NAN]].view(), &[0.0, 1.0], None, 0.0);
        assert!(matches!(broken, Err(BadData::Number { what: "design", row: 1, .. })));
        let design = array![[1.0], [2.0]];
        let of = |target: &[f64], weight: Option<&[f64]>| fit(design.view(), target, weight, 0.0);
        assert!(matches!(of(&[0.0], None), Err(BadData::Length { what: "targets", found: 1, expected: 2 })));
        assert!(matches!(of(&[0.0, 2.0], None), Err(BadData::Number { what: "target", .. })));
        assert!(matches!(of(&[0.0, 1.0], Some(&[1.0, -1.0])), Err(BadData::Number { what: "weight", .. })));
        assert!(matches!(of(&[0.0, 1.0], Some(&[1.0])), Err(BadData::Length { what: "weights", .. })));
        assert!(matches!(
            fit(design.view(), &[0.0, 1.0], None, f64::NAN),
            Err(BadData::Setting { what: "penalty", .. })
        ));
        assert_eq!(fit(design.view(), &[1.0, 1.0], None, 1.0), Err(BadData::OneOutcome));
        assert_eq!(fit(design.view(), &[0.0, 1.0], Some(&[0.0, 1.0]), 1.0), Err(BadData::OneOutcome));
    }
}

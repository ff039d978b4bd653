//! Random draws with the same bits natively and in wasm.
//!
//! The generator is ChaCha8, every transcendental is `libm`'s, and only whole 64-bit words are drawn: a pointer-sized
//! draw would differ between 64-bit native code and 32-bit wasm.

use crate::seal::Digest;
use crate::units::{LogOdds, Probability};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Sampler {
    rng: ChaCha8Rng,
}

impl Sampler {
    /// The stream of one row of a named world: independent of every other row, name and seed.
    pub fn new(name: &str, seed: u64, row: u64) -> Self {
        let key = Digest::of(&[&seed.to_le_bytes(), name.as_bytes()].concat());
        let mut rng = ChaCha8Rng::from_seed(*key.bytes());
        rng.set_stream(row);
        Self { rng }
    }

    /// Uniform on `[0, 1)`: the upper 53 bits of a word.
    pub fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// True with probability `p`; a `p` outside 0 to 1 acts as the nearer end.
    pub fn bernoulli(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Position of an entry drawn in proportion to the weights. The last one when they are empty of mass.
    pub fn categorical(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        let last = weights.len().saturating_sub(1);
        weights[..last]
            .iter()
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(last)
    }

    /// One of values with their weights. Each value's weight is multiplied by `exp(tilt)` once more than that of the value
    /// before. 0 when there is none.
    pub fn tilted(&mut self, choices: &[(f64, f64)], tilt: f64) -> f64 {
        let weight = |(at, (_, weight)): (usize, &(f64, f64))| weight * libm::exp(tilt * at as f64);
        let weights: Vec<f64> = choices.iter().enumerate().map(weight).collect();
        choices.get(self.categorical(&weights)).map_or(0.0, |(value, _)| *value)
    }

    /// Standard normal by Box and Muller's transform. The second value of the pair is not kept, so that the number of
    /// words a draw takes never depends on the draws before.
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * libm::log1p(-radius)).sqrt() * libm::cos(core::f64::consts::TAU * angle)
    }

    /// Gamma of a positive shape and scale 1: mean and variance equal the shape.
    ///
    /// Source: Marsaglia and Tsang, *A simple method for generating gamma variables* (2000), with the boost
    /// `Γ(a) = Γ(a + 1) · U^(1/a)` for shapes below 1.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(1.0 - self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let v = root * root * root;
            let log_u = libm::log1p(-self.uniform());
            if v > 0.0 && log_u < 0.5 * x * x + d * (1.0 - v + libm::log(v)) {
                return d * v;
            }
        }
    }

    /// Beta on `[0, 1]` as a ratio of gammas; both shapes positive.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        if x + y > 0.0 { x / (x + y) } else { a / (a + b) }
    }

    /// Poisson count by multiplying uniforms; for means up to about a hundred. With a gamma-distributed mean it is
    /// negative binomial.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let floor = libm::exp(-mean);
        let (mut count, mut product) = (0.0, 1.0 - self.uniform());
        while product > floor {
            count += 1.0;
            product *= 1.0 - self.uniform();
        }
        count
    }
}

/// A probability from log-odds.
pub(super) fn share(log_odds: f64) -> f64 {
    Probability::from_log_odds(LogOdds(log_odds)).value()
}

/// Rounded to a whole number in a range; never negative zero, which would print with its sign.
pub(super) fn whole(x: f64, min: f64, max: f64) -> f64 {
    x.round().clamp(min, max) + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of 100,000 draws against theory, at five standard errors. The standard error of a sample
    /// variance is `σ² · √((κ − 1)/n)`; the kurtosis κ of every case here is below 12.
    fn check(name: &str, mean: f64, variance: f64, mut draw: impl FnMut(&mut Sampler) -> f64) {
        let n = 100_000.0;
        let mut sampler = Sampler::new(name, 1, 0);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n as u32 {
            let deviation = draw(&mut sampler) - mean;
            sum += deviation;
            squares += deviation * deviation;
        }
        assert!((sum / n).abs() < 5.0 * (variance / n).sqrt(), "{name}: mean off by {}", sum / n);
        assert!(
            (squares / n - variance).abs() < 5.0 * variance * (11.0 / n).sqrt(),
            "{name}: variance {}",
            squares / n
        );
    }

    #[test]
    fn moments_are_those_of_the_named_distributions() {
        check("uniform", 0.5, 1.0 / 12.0, Sampler::uniform);
        check("normal", 0.0, 1.0, Sampler::normal);
        check("gamma above one", 2.5, 2.5, |draw| draw.gamma(2.5));
        check("gamma at one", 1.0, 1.0, |draw| draw.gamma(1.0));
        check("gamma below one", 0.7, 0.7, |draw| draw.gamma(0.7));
        check("beta", 0.4, 0.04, |draw| draw.beta(2.0, 3.0));
        check("poisson", 3.0, 3.0, |draw| draw.poisson(3.0));
        check("bernoulli", 0.3, 0.21, |draw| f64::from(u8::from(draw.bernoulli(0.3))));
        check("categorical", 1.3, 0.49, |draw| draw.categorical(&[1.0, 2.5, 1.5]) as f64 + 0.2);
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_before() {
        let words = |row| {
            let mut sampler = Sampler::new("world", 7, row);
            [sampler.uniform(), sampler.uniform()]
        };
        let forward: Vec<_> = (0..100).map(words).collect();
        let backward: Vec<_> = (0..100).rev().map(words).collect();
        assert!(forward.iter().eq(backward.iter().rev()));
        assert_ne!(forward[0], forward[1]);
    }

    #[test]
    fn a_category_without_mass_is_never_drawn_before_the_last() {
        let mut sampler = Sampler::new("zero weights", 3, 0);
        assert!((0..1000).all(|_| sampler.categorical(&[0.0, 1.0, 0.0]) == 1));
        assert_eq!(sampler.categorical(&[0.0, 0.0]), 1);
    }
}

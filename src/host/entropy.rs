//! Randomness for examples only: decisions draw nothing.

/// A small seed, so that it reads well in an address.
pub fn seed() -> u64 {
    u64::from(getrandom::u32().unwrap_or_default() % 100_000)
}

//! Who is held out when.

use crate::random::{Stream, stream};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Seeded folds with equal shares of bad outcomes: the rows of each outcome are shuffled and dealt in turn.
pub fn stratified(bad: &[bool], k: u16, seed: u64) -> Vec<u16> {
    let mut rng = stream(seed, Stream::Folds);
    let mut folds = vec![0; bad.len()];
    let mut dealt = 0_u32;
    for outcome in [true, false] {
        let mut rows: Vec<u32> = (0..bad.len() as u32).filter(|row| bad[*row as usize] == outcome).collect();
        shuffle(&mut rows, &mut rng);
        for row in rows {
            folds[row as usize] = (dealt % u32::from(k)) as u16;
            dealt += 1;
        }
    }
    folds
}

/// Fisher and Yates, from the end.
fn shuffle(rows: &mut [u32], rng: &mut ChaCha8Rng) {
    for at in (1..rows.len()).rev() {
        rows.swap(at, rng.random_range(0..=at as u32) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_have_equal_sizes_and_equal_shares_of_bad() {
        let bad: Vec<bool> = (0..1003).map(|i| i % 10 == 3).collect();
        let folds = stratified(&bad, 5, 1);
        for fold in 0..5 {
            let rows: Vec<usize> = (0..1003).filter(|row| folds[*row] == fold).collect();
            let bads = rows.iter().filter(|row| bad[**row]).count();
            assert!((200..=201).contains(&rows.len()) && (20..=21).contains(&bads), "{} {bads}", rows.len());
        }
        assert_eq!(folds, stratified(&bad, 5, 1));
        assert_ne!(folds, stratified(&bad, 5, 2));
    }
}

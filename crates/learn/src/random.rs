//! Named streams of random numbers: each choice has its own, so that adding one never moves another.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Dealing rows to folds.
    Folds,
    /// Rows and columns of the final model's trees.
    FinalModel,
    /// Rows and columns of a fold model's trees.
    FoldModel(u16),
    /// Settings to try.
    Search,
    /// Rows and columns of the final forest.
    FinalForest,
    /// Rows and columns of a fold's forest.
    FoldForest(u16),
    /// First centres of a start of k-means.
    Segments(u16),
    /// Made-up rows.
    Smote,
}

/// The numbers of a stream under a seed.
pub fn stream(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(match stream {
        Stream::Folds => 1,
        Stream::FinalModel => 2,
        Stream::FoldModel(fold) => 1 << 16 | u64::from(fold),
        Stream::FinalForest => 3,
        Stream::Search => 4,
        Stream::FoldForest(fold) => 4 << 16 | u64::from(fold),
        Stream::Segments(start) => 2 << 16 | u64::from(start),
        Stream::Smote => 3 << 16,
    });
    rng
}

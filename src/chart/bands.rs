//! A score on its policy's bands.

use super::Scale;
use underglass_engine::policy::{Band, Bands};
use underglass_engine::units::Points;

/// Labels closer than this share of the width would touch on a narrow screen.
const CLOSEST_LABELS: f64 = 0.12;

/// One band of the score range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Which band.
    pub band: Band,
    /// Share of the width at which it begins.
    pub from: f64,
    /// Share of the width at which it ends.
    pub to: f64,
}

/// A number below the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Share of the width.
    pub at: f64,
    /// The score.
    pub points: i16,
}

/// The range of shown scores.
pub fn scale() -> Scale {
    Scale::new(f64::from(Points::MIN.value()), f64::from(Points::MAX.value()))
}

/// The bands from left to right; a band without scores is left out.
pub fn segments(bands: Bands) -> Vec<Segment> {
    let at = |points: Points| scale().share(f64::from(points.value()));
    let (review, approve) = (at(bands.review), at(bands.approve));
    [(Band::Decline, 0.0, review), (Band::Review, review, approve), (Band::Approve, approve, 1.0)]
        .into_iter()
        .filter(|(_, from, to)| to > from)
        .map(|(band, from, to)| Segment { band, from, to })
        .collect()
}

/// Cut-offs first, then the ends of the range where they leave room.
pub fn ticks(bands: Bands) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for points in [bands.approve, bands.review, Points::MIN, Points::MAX] {
        let at = scale().share(f64::from(points.value()));
        if ticks.iter().all(|tick| (tick.at - at).abs() >= CLOSEST_LABELS) {
            ticks.push(Tick { at, points: points.value() });
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(review: i64, approve: i64) -> Bands {
        let points = |points| Points::new(points).unwrap_or(Points::MIN);
        Bands { approve: points(approve), review: points(review) }
    }

    #[test]
    fn bands_cover_the_range_without_gaps() {
        let segments = segments(bands(560, 640));
        assert_eq!(segments.len(), 3);
        assert!(segments.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!((segments[0].from, segments[2].to), (0.0, 1.0));
    }

    #[test]
    fn an_empty_band_is_not_drawn() {
        assert_eq!(segments(bands(640, 640)).len(), 2);
        assert_eq!(segments(bands(300, 300)).len(), 1);
    }

    #[test]
    fn labels_never_touch() {
        let points = |review, approve| ticks(bands(review, approve)).iter().map(|tick| tick.points).collect::<Vec<_>>();
        assert_eq!(points(560, 640), [640, 560, 300, 850]);
        assert_eq!(points(630, 640), [640, 300, 850]);
        assert_eq!(points(310, 840), [840, 310]);
    }
}

//! What delay and loss mean for a conversation: the E-model of ITU-T G.107, of delay and loss alone.
//!
//! R = 93.2 - Idd(Ta) - Ie,eff. Ta is the delay from mouth to ear, one way. All constants are printed.

/// What delay costs beside the network, in milliseconds: packets of 20, Opus 6.5, the jitter buffer about
/// 50, the mixer 20, the devices about 15. An assumption of ours.
pub const FIXED_DELAY_MS: f64 = 110.0;

/// How well a codec bears loss, in percent: an engineering value for Opus that corrects errors; ITU has none.
pub const LOSS_ROBUSTNESS: f64 = 20.0;

/// The transmission rating of a conversation without any delay or loss.
const BEST_RATING: f64 = 93.2;

/// Up to so many milliseconds nobody notices (G.107, mT); sT is 1.
const UNNOTICED_MS: f64 = 100.0;

/// A leg of a conversation: from a member to the datacentre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// The round trip, in milliseconds.
    pub round_trip_ms: f64,
    /// The part of packets that is lost, from 0 to 1.
    pub loss_ratio: f64,
}

/// How a conversation is rated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// R of the E-model, 0 to 100.
    pub rating: f64,
    /// The mean opinion that this stands for, 1 to 4.5.
    pub opinion: f64,
}

impl Quality {
    /// Of two members who speak with each other through a datacentre: half of both round trips, and loss
    /// on either leg.
    pub fn of_pair(one: Leg, other: Leg) -> Self {
        let delay_ms = Self::delay_ms(one, other);
        let kept = (1.0 - one.loss_ratio) * (1.0 - other.loss_ratio);
        Self::of(delay_ms, 1.0 - kept)
    }

    /// The delay from mouth to ear of two members, one way, in milliseconds.
    pub fn delay_ms(one: Leg, other: Leg) -> f64 {
        f64::midpoint(one.round_trip_ms, other.round_trip_ms) + FIXED_DELAY_MS
    }

    fn of(delay_ms: f64, loss_ratio: f64) -> Self {
        let loss =
            delay_impairment(delay_ms) + loss_impairment(loss_ratio * 100.0, LOSS_ROBUSTNESS);
        let rating = (BEST_RATING - loss).clamp(0.0, 100.0);
        Self { rating, opinion: opinion(rating) }
    }

    /// The word for it (G.109).
    pub fn word(self) -> &'static str {
        match self.rating {
            r if r >= 90.0 => "best",
            r if r >= 80.0 => "high",
            r if r >= 70.0 => "medium",
            r if r >= 60.0 => "low",
            _ => "poor",
        }
    }
}

/// Idd: what delay costs (G.107, equations 7-27 and 7-28).
fn delay_impairment(delay_ms: f64) -> f64 {
    if delay_ms <= UNNOTICED_MS {
        return 0.0;
    }
    let x = (delay_ms / UNNOTICED_MS).log2();
    let root = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)
}

/// Ie,eff of a codec without an impairment of its own, at random loss (equation 7-29).
fn loss_impairment(loss_percent: f64, robustness: f64) -> f64 {
    95.0 * loss_percent / (loss_percent + robustness)
}

/// The mean opinion score of a rating. The cubic dips below 1 near 6.5.
fn opinion(rating: f64) -> f64 {
    if rating >= 100.0 {
        return 4.5;
    }
    let cubic = rating * (rating - 60.0) * (100.0 - rating);
    (1.0 + 0.035 * rating + 7e-6 * cubic).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_those_of_the_standard() {
        for (delay_ms, rating, mean) in
            [(0.0, 93.2, 4.409), (100.0, 93.2, 4.409), (200.0, 90.16, 4.343), (400.0, 69.13, 3.556)]
        {
            let quality = Quality::of(delay_ms, 0.0);
            assert!((quality.rating - rating).abs() < 0.005, "{delay_ms}: {quality:?}");
            assert!((quality.opinion - mean).abs() < 0.0015, "{delay_ms}: {quality:?}");
        }
        // G.711 with concealment at 1 % loss.
        assert!((loss_impairment(1.0, 25.1) - 3.640).abs() < 0.0005);
    }

    #[test]
    fn opinions_stay_on_their_scale_and_fall_with_delay_and_loss() {
        assert_eq!((opinion(0.0), opinion(6.5), opinion(100.0)), (1.0, 1.0, 4.5));
        let mut last = Quality::of(0.0, 0.0);
        for step in 1..200 {
            let next = Quality::of(f64::from(step) * 20.0, f64::from(step) / 200.0);
            assert!(next.rating <= last.rating && next.opinion <= last.opinion, "{step}");
            assert!((1.0..=4.5).contains(&next.opinion) && next.rating >= 0.0);
            last = next;
        }
        assert_eq!((last.rating, last.word()), (0.0, "poor"));
    }

    #[test]
    fn a_pair_has_half_of_both_round_trips_and_loss_on_both_legs() {
        let leg = |round_trip_ms, loss_ratio| Leg { round_trip_ms, loss_ratio };
        let quality = Quality::of_pair(leg(40.0, 0.0), leg(140.0, 0.0));
        assert_eq!(quality, Quality::of(200.0, 0.0));
        let lossy = Quality::of_pair(leg(90.0, 0.1), leg(90.0, 0.2));
        assert!((lossy.rating - Quality::of(200.0, 0.28).rating).abs() < 1e-9);
    }
}

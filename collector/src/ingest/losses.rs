//! What a report of lost frames may say. One that contradicts itself or the clock tells no interval
//! that anybody could be shown.

use std::sync::Arc;

use headroom_proto::limits::MAX_FRAME_VALUES;
use headroom_proto::wire::Loss;

use super::frames::TakenTimes;
use crate::store::LostInterval;

/// Rounds are at least a hundred milliseconds apart, and few samplers make rounds of their own: that
/// each millisecond has a frame, and this many more, was never true.
const FRAMES_AT_ONCE: u64 = 1000;

/// Checks a report of an agent; an error is the reason why it is none.
pub fn check(instance: &Arc<str>, loss: &Loss, times: TakenTimes) -> Result<LostInterval, String> {
    let Loss { first_sequence: first, last_sequence: last, samples, .. } = *loss;
    let (first_ms, last_ms) = (loss.first_timestamp_ms, loss.last_timestamp_ms);
    if first == 0 || last < first {
        return Err(format!("a loss of frames {first} to {last}"));
    }
    if last_ms < first_ms {
        return Err(format!("a loss that ends {} ms before it begins", first_ms.abs_diff(last_ms)));
    }
    let (frames, length_ms) = ((last - first).saturating_add(1), last_ms.abs_diff(first_ms));
    if frames > length_ms.saturating_add(FRAMES_AT_ONCE) {
        return Err(format!("a loss of {frames} frames within {length_ms} ms"));
    }
    if samples > frames.saturating_mul(MAX_FRAME_VALUES as u64) {
        return Err(format!("a loss of {samples} samples in {frames} frames"));
    }
    // What begins longer ago than anything is kept may end within that time.
    if let Some(untimely) = times.untimely(last_ms) {
        return Err(format!("a loss with a {}", untimely.message));
    }
    Ok(LostInterval {
        instance: Arc::clone(instance),
        boot: loss.boot,
        first_sequence: first,
        last_sequence: last,
        first_ms,
        last_ms,
        samples,
        reason: loss.reason,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const DAY_MS: i64 = 86_400_000;

    /// First and last frame, first and last moment counted from now, and samples.
    fn said((first, last): (u64, u64), (from_ms, to_ms): (i64, i64), samples: u64) -> String {
        let loss = Loss {
            boot: 7,
            first_sequence: first,
            last_sequence: last,
            first_timestamp_ms: NOW_MS.saturating_add(from_ms),
            last_timestamp_ms: NOW_MS.saturating_add(to_ms),
            samples,
            reason: 1,
        };
        let times = TakenTimes { now_ms: NOW_MS, oldest: Duration::from_hours(24 * 62) };
        match check(&"ca1".into(), &loss, times) {
            Ok(lost) => {
                assert_eq!((lost.first_ms, lost.samples), (loss.first_timestamp_ms, samples));
                "fine".into()
            }
            Err(reason) => reason,
        }
    }

    #[test]
    fn what_contradicts_itself_or_the_clock_is_no_loss() {
        let hour = (-3_600_000, 0);
        for ((frames, times, samples), expected) in [
            (((1, 360), hour, 100_000), "fine"),
            (((5, 5), (-10, -10), 0), "fine"),
            (((1, 9), (-70 * DAY_MS, -DAY_MS), 9), "fine"),
            (((0, 360), hour, 1), "a loss of frames 0 to 360"),
            (((7, 5), hour, 1), "a loss of frames 7 to 5"),
            (((1, 2), (0, -1), 1), "a loss that ends 1 ms before it begins"),
            (
                ((1, 2), (i64::MAX, i64::MIN), 1),
                "a loss that ends 18446742273709551615 ms before it begins",
            ),
            (((1, u64::MAX), hour, 1), "a loss of 18446744073709551615 frames within 3600000 ms"),
            (((1, 1002), (0, 1), 1), "a loss of 1002 frames within 1 ms"),
            (((1, 2), (0, 10), 40_001), "a loss of 40001 samples in 2 frames"),
            (
                ((1, 2), (0, 301_000), 1),
                "a loss with a timestamp 301 s ahead of the collector's clock, at most 300 s",
            ),
            (
                ((1, 2), (-63 * DAY_MS, -63 * DAY_MS), 1),
                "a loss with a timestamp 63 days old, kept are 62",
            ),
        ] {
            assert_eq!(said(frames, times, samples), expected);
        }
    }
}

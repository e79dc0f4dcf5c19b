//! The highest of many minutes: it lies above what is expected of any of them, the more so the more
//! minutes are about as high and the more they waver.
//!
//! Measured in 400 simulated worlds: an event's peak is 8 to 10 % above the expected minute, whatever
//! its rooms, but an hour's of the past only 3 %, since its rooms fill and empty. Where that is left
//! to scores, probabilities of events are 0.2 too high in the middle; so it is part of what is
//! foreseen, and scores tell what remains.

use super::quantiles::{median, normal_quantile};

/// Minutes of a mix as somebody types it: all its rooms are full for so long.
const MIX_MINUTES: f64 = 60.0;

/// How far a minute is from the next, relative, before anything is measured, and how many pairs of
/// minutes that belief counts as. What lasts longer and is no room's is the rest of the 5 % that the
/// prior gives to a minute.
const BELIEVED: f64 = 0.04;
const LASTING: f64 = 0.03;
const BELIEVED_PAIRS: f64 = 20.0;

/// Minutes below this part of their day's highest do not tell how busy minutes waver.
const BUSY_PART: f64 = 0.3;

/// Rounds in which the middle of the highest is found; each doubles the digits.
const ROUNDS: usize = 6;
const NEAR: f64 = 1e-4;

/// So many spreads above a value, it no longer counts.
const FAR_ABOVE: f64 = 4.5;

/// A value that is to come: the logarithm of its middle, and its spread on the logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coming {
    pub(super) log: f64,
    pub(super) spread: f64,
}

/// The middle of the highest of values that are apart from each other, on the logarithm: where the
/// product of their distributions is one half (Newton, from the left of a concave function).
pub(super) fn middle_of_highest(coming: &[Coming]) -> f64 {
    let highest = coming.iter().map(|one| one.log).fold(f64::NEG_INFINITY, f64::max);
    let mut middle = highest;
    for _ in 0..ROUNDS {
        let (mut log, mut slope) = (0.0, 0.0);
        for one in coming.iter().filter(|one| one.spread > 0.0) {
            let place = (middle - one.log) / one.spread;
            if place < FAR_ABOVE {
                let below = LogBelow::of(place);
                log += below.log;
                slope += below.slope / one.spread;
            }
        }
        if slope <= 0.0 {
            break;
        }
        let step = (0.5_f64.ln() - log) / slope;
        middle += step;
        if step < NEAR {
            break;
        }
    }
    middle.max(highest)
}

/// The logarithm of the normal distribution at a place, and its slope there, to 1.4e-4 of the
/// distribution (Page 1977): this is asked for each minute of a year.
struct LogBelow {
    log: f64,
    slope: f64,
}

impl LogBelow {
    fn of(place: f64) -> Self {
        let square = place * place;
        let odds = (-1.597_6 * place * (1.0 + 0.044_17 * square)).exp();
        let above = odds / (1.0 + odds);
        Self { log: -odds.ln_1p(), slope: above * (1.597_6 + 0.211_7 * square) }
    }
}

/// What of a minute's noise is left in the highest of many, relative: what lasts, and the spread of
/// the highest of an hour's minutes, which is 0.43 of one's.
pub(super) fn noise_of_highest(waver: f64) -> f64 {
    LASTING.hypot(0.43 * waver)
}

/// How far the highest minute of a mix lies above what is expected of one, on the logarithm.
pub(super) fn lift_of_mix(waver: f64) -> f64 {
    waver * normal_quantile(0.5_f64.powf(1.0 / MIX_MINUTES))
}

/// How far the middle of rooms that differ by factors lies below their mean, on the logarithm, where
/// they differ by this spread relative to it: they are taken to be log-normal.
pub(super) fn middle_below_mean(spread: f64) -> f64 {
    0.5 * (spread * spread).ln_1p()
}

/// A minute to learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) minute: i64,
    pub(super) expected: f64,
    pub(super) measured: f64,
}

/// How far busy minutes are from the next, relative: the middle of the steps between neighbours,
/// which rooms that come and go do not move.
pub(super) fn waver(days: &[&[Seen]]) -> f64 {
    let mut steps = Vec::new();
    for day in days {
        let busy = BUSY_PART * day.iter().map(|seen| seen.expected).fold(0.0, f64::max);
        let log = |seen: &Seen| (seen.measured / seen.expected).ln();
        let pairs = day.windows(2).filter(|pair| pair[1].minute == pair[0].minute + 1);
        let busy_pairs = pairs.filter(|pair| pair.iter().all(|seen| seen.expected > busy));
        let of_pair = busy_pairs.map(|pair| (log(&pair[1]) - log(&pair[0])).powi(2));
        steps.extend(of_pair.filter(|step| step.is_finite()));
    }
    // The middle of the square of a standard normal variable is 0.4549; a step has two of them.
    let count = steps.len() as f64;
    let found = median(steps).unwrap_or(0.0) / (2.0 * 0.454_936);
    let sum = count * found + BELIEVED_PAIRS * BELIEVED * BELIEVED;
    (sum / (count + BELIEVED_PAIRS)).sqrt()
}

//! Moments and ranges as people give them: absolute, or before now.

use std::str::FromStr;

use headroom_proto::units::Span;

/// How many points a range has unless its step is given.
const POINTS: i64 = 250;
/// The last moment of the year 9999, in Unix seconds: what a calendar can show.
const END_OF_TIME: f64 = 253_402_300_799.0;

/// A moment, fixed or before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Unix time in milliseconds.
    Fixed(i64),
    /// Milliseconds before now.
    BeforeNow(i64),
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// One moment.
    At(Moment),
    /// A range, both ends included.
    Between {
        /// Its first moment.
        from: Moment,
        /// Its end.
        to: Moment,
        /// The distance of two points; chosen by the range if absent.
        step: Option<Span>,
    },
}

/// Why a text is no moment.
#[derive(Debug, thiserror::Error)]
#[error(
    "must be RFC 3339 such as 2020-05-28T12:00:00Z, Unix seconds, now, or before now such as -1h"
)]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if text == "now" {
            return Ok(Self::BeforeNow(0));
        }
        let back = text.strip_prefix("now-").or_else(|| text.strip_prefix('-'));
        if let Some(Ok(Span(span))) = back.map(str::parse) {
            return Ok(Self::BeforeNow(span.as_millis().min(END_OF_TIME as u128 * 1000) as i64));
        }
        if let Ok(seconds) = text.parse::<f64>() {
            let known = seconds.abs() <= END_OF_TIME;
            let fixed = Self::Fixed((seconds * 1000.0).round() as i64);
            return known.then_some(fixed).ok_or(MomentError);
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| MomentError)?;
        Ok(Self::Fixed(moment.as_millisecond()))
    }
}

impl Moment {
    /// Unix time in milliseconds.
    pub fn unix_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Fixed(moment_ms) => moment_ms,
            Self::BeforeNow(span_ms) => now_ms - span_ms,
        }
    }
}

impl When {
    /// From, to and step in milliseconds; a moment is a range of its own.
    pub fn grid(&self, now_ms: i64) -> (i64, i64, i64) {
        match *self {
            Self::At(at) => (at.unix_ms(now_ms), at.unix_ms(now_ms), 1000),
            Self::Between { from, to, step } => {
                let (from_ms, to_ms) = (from.unix_ms(now_ms), to.unix_ms(now_ms));
                let given = step.map(|Span(step)| step.as_millis() as i64);
                let points_ms = (to_ms - from_ms).max(0) / POINTS;
                let seconds = points_ms / 1000 + i64::from(points_ms % 1000 > 0);
                (from_ms, to_ms, given.unwrap_or(seconds.max(1) * 1000))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW_MS: i64 = 1_590_667_200_000;

    #[test]
    fn moments_are_what_people_write() {
        let cases = [
            ("now", NOW_MS),
            ("-1h", NOW_MS - 3_600_000),
            ("now-90s", NOW_MS - 90_000),
            ("-7d", NOW_MS - 7 * 86_400_000),
            ("1590667200", NOW_MS),
            ("1590667200.5", NOW_MS + 500),
            ("-5", -5_000),
            ("2020-05-28T12:00:00Z", NOW_MS),
            ("2020-05-28T14:00:00+02:00", NOW_MS),
        ];
        for (text, expected) in cases {
            let moment: Moment = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(moment.unix_ms(NOW_MS), expected, "{text}");
        }
        for text in ["", "-", "tomorrow", "+1h", "-1x", "nan", "inf", "1e99", "2020-05-28", "1h"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_about_as_many_points_as_a_picture_shows() {
        let ago = |span: i64| Moment::BeforeNow(span);
        let grid = |span_ms: i64, step: Option<Span>| {
            When::Between { from: ago(span_ms), to: ago(0), step }.grid(NOW_MS).2
        };
        assert_eq!(grid(10_000, None), 1_000);
        assert_eq!(grid(3_600_000, None), 15_000);
        assert_eq!(grid(86_400_000, None), 346_000);
        assert_eq!(grid(86_400_000, Some(Span(Duration::from_secs(30)))), 30_000);
    }
}

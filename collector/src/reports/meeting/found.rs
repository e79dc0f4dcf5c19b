//! Finds a meeting by its hash, or by its host and a moment, and reads what its host sent meanwhile.

use std::fmt::Write as _;

use super::share::{self, Share};
use crate::links::{self, LinksOf};
use crate::moments::DAY_MS;
use crate::planning::scores::Range;
use crate::query::Interval;
use crate::reports::Sources;
use crate::reports::host::HostModel;
use crate::reports::past::LONGEST_DAYS;
use crate::samples::{ReadError, TimeRange};
use crate::store::Meeting;

/// Of a minute so much must have been read.
const LEAST_SECONDS: f64 = 30.0;

/// Which meeting is meant.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The hosts that it may have run on.
    pub hosts: &'a [String],
    /// Its hash, or how that begins.
    pub id: Option<&'a str>,
    /// A moment at which it ran, Unix time in milliseconds.
    pub at_ms: Option<i64>,
    /// When it is asked, Unix time in milliseconds.
    pub now_ms: i64,
}

/// A meeting, and what its host did meanwhile.
#[derive(Debug, Clone)]
pub struct Found {
    /// The meeting.
    pub meeting: Meeting,
    /// The others that ran on its host meanwhile.
    pub others: Vec<Meeting>,
    /// What its host sent: at most over a minute and on average in Mbit/s, and in bytes.
    pub sent: Option<[f64; 3]>,
    /// The same of what it received.
    pub received: Option<[f64; 3]>,
}

/// The newest meeting of that hash, or the one with most people at that moment.
pub fn find(sources: Sources<'_>, asked: Asked<'_>) -> Result<Option<Found>, ReadError> {
    let range = match asked.at_ms {
        Some(at_ms) => TimeRange { from_ms: at_ms, to_ms: at_ms },
        None => TimeRange {
            from_ms: asked.now_ms - i64::from(LONGEST_DAYS) * DAY_MS,
            to_ms: asked.now_ms,
        },
    };
    let budget = sources.reader.budget;
    let mut best: Option<Meeting> = None;
    for host in asked.hosts {
        let held = budget.held();
        let meetings = sources.records.meetings(host, range, budget)?;
        let own = meetings
            .into_iter()
            .filter(|one| asked.id.is_none_or(|id| hash(&one.id).starts_with(id)));
        for one in own {
            let is_better = best.as_ref().is_none_or(|known| match asked.at_ms {
                Some(_) => one.participants_peak > known.participants_peak,
                None => one.started_ms > known.started_ms,
            });
            if is_better {
                best = Some(one);
            }
        }
        budget.release_to(held);
    }
    best.map(|meeting| around(sources, meeting)).transpose()
}

/// What ran and flowed while a meeting did.
fn around(sources: Sources<'_>, meeting: Meeting) -> Result<Found, ReadError> {
    let range = TimeRange {
        from_ms: meeting.started_ms,
        to_ms: meeting.seen_ms.max(meeting.started_ms + 1),
    };
    let instance = meeting.instance.to_string();
    let mut others = sources.records.meetings(&instance, range, sources.reader.budget)?;
    others.retain(|other| other.id != meeting.id || other.started_ms != meeting.started_ms);
    let of = LinksOf { instance: &instance, device: None };
    let traffic = links::traffic(sources.reader, of, range)?;
    let (sent, received) = (told(&traffic.sent), told(&traffic.received));
    Ok(Found { meeting, others, sent, received })
}

/// At most over a minute, on average, and in bytes; nothing of nothing.
fn told(intervals: &[Interval]) -> Option<[f64; 3]> {
    let seconds: f64 = intervals.iter().map(Interval::seconds).sum();
    if seconds <= 0.0 {
        return None;
    }
    let bits: f64 = intervals.iter().map(|one| one.mean * one.seconds()).sum();
    let first_ms = intervals.first()?.from_ms;
    let mut peak: Option<f64> = None;
    for minute in intervals
        .chunk_by(|a, b| (a.from_ms - first_ms) / 60_000 == (b.from_ms - first_ms) / 60_000)
    {
        let length: f64 = minute.iter().map(Interval::seconds).sum();
        let bits: f64 = minute.iter().map(|one| one.mean * one.seconds()).sum();
        // The end of a meeting is seldom a whole minute, and a moment is none.
        if length >= LEAST_SECONDS {
            peak = Some(peak.unwrap_or(0.0).max(bits / length));
        }
    }
    let peak = peak.unwrap_or(bits / seconds);
    Some([peak / 1e6, bits / seconds / 1e6, bits / 8.0])
}

/// A meeting's id, as it is written.
pub fn hash(id: &[u8; 16]) -> String {
    id.iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a meeting had of what its host sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Own {
    /// At most over a minute, in Mbit/s.
    pub peak_mbit: f64,
    /// On average, in Mbit/s.
    pub mean_mbit: f64,
    /// In all.
    pub bytes: f64,
    /// From where to where its bytes lie in four of five cases.
    pub range: Range,
}

impl Found {
    /// What this meeting had of what was sent.
    pub fn own(&self, model: &HostModel) -> Option<Own> {
        let [peak, mean, bytes] = self.sent?;
        let seconds = bytes * 8.0 / 1e6 / mean.max(f64::MIN_POSITIVE);
        let base_mbit = share::base_mbit(model).min(mean);
        let megabits = (mean - base_mbit) * seconds;
        let Share { part, low, high } = share::of(&self.meeting, &self.others, model, megabits);
        let bytes = |part: f64| megabits * 1e6 / 8.0 * part;
        Some(Own {
            peak_mbit: (peak - base_mbit) * part,
            mean_mbit: (mean - base_mbit) * part,
            bytes: bytes(part),
            range: Range { low: bytes(low), high: bytes(high) },
        })
    }

    /// The part of its time for which its host told what it sent; none where nothing was told or sent.
    pub fn told_part(&self) -> Option<f64> {
        let [_, mean_mbit, bytes] = self.sent.filter(|[_, mean_mbit, _]| *mean_mbit > 0.0)?;
        let length_ms = (self.meeting.seen_ms - self.meeting.started_ms).max(1);
        Some(bytes * 8.0 / 1e6 / mean_mbit / (length_ms as f64 / 1e3))
    }

    /// From when to when its picture reaches: a tenth more on both sides, at least five minutes.
    pub fn picture_ms(&self) -> [i64; 2] {
        let (from_ms, to_ms) = (self.meeting.started_ms, self.meeting.seen_ms);
        let margin_ms = ((to_ms - from_ms) / 10).max(300_000);
        [from_ms - margin_ms, to_ms + margin_ms]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_of_a_minute_and_no_moment_at_its_end() {
        let interval =
            |from: i64, to: i64, mbit: f64| Interval::even(from * 1_000, to * 1_000, mbit * 1e6);
        let found =
            told(&[interval(0, 60, 10.0), interval(60, 120, 20.0), interval(120, 122, 90.0)]);
        let [peak, mean, bytes] = found.unwrap();
        assert_eq!((peak, bytes), (20.0, (600.0 + 1_200.0 + 180.0) * 1e6 / 8.0));
        assert!((mean - 1_980.0 / 122.0).abs() < 1e-9);
        // All that there is of it is a moment.
        assert_eq!(told(&[interval(0, 5, 30.0)]).unwrap()[0], 30.0);
        assert_eq!(told(&[]), None);
    }
}

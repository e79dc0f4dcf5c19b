//! What becomes of recordings: raw media grow while people meet, wait, are processed one after
//! the other, published, and deleted after the host's retention, if it has one.

use std::collections::VecDeque;

use super::calendar::{DAY_MS, HOUR_MS, MINUTE_MS};
use super::hosts::{Host, Processing};
use super::meeting::Span;

/// Processing takes this part of a meeting's length (25 to 50 % by the docs).
const PROCESSING_RATIO: f64 = 0.3;
/// What is published is this part of the raw media (45 MB of 61 were measured, 0.1 to 0.4 of
/// webcam recordings by the docs).
const PUBLISHED_RATIO: f64 = 0.45;
/// A meeting waits for so long before its processing may start.
const WAIT_MS: i64 = 2 * MINUTE_MS;
/// Local hours in which hosts that process at night do so.
const NIGHT_MS: (i64, i64) = (HOUR_MS, 6 * HOUR_MS);

/// A host's recordings at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RecordingsState {
    /// Raw media.
    pub raw_bytes: u64,
    /// Published recordings.
    pub published_bytes: u64,
    /// Recordings that wait or are processed.
    pub unprocessed: usize,
    /// Recordings that are processed at this moment.
    pub processing: usize,
    /// Recordings that are there.
    pub published: usize,
    /// Recordings that were deleted since the walk began.
    pub deleted: usize,
    /// When the meeting ended that has waited longest.
    pub oldest_unprocessed_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Recording {
    ended_ms: i64,
    length_ms: i64,
    raw_bytes: f64,
}

/// The one worker of a host, and its queue. Sizes are floating-point so that growth is smooth.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    retention_ms: Option<i64>,
    processing: Processing,
    offset_ms: i64,
    down: Option<Span>,
    raw_bytes: f64,
    published_bytes: f64,
    waiting: VecDeque<Recording>,
    /// What is processed, and until when.
    running: Option<(Recording, i64)>,
    /// When what is published is deleted: raw and published bytes.
    kept: VecDeque<(i64, f64, f64)>,
    published: usize,
    deleted: usize,
}

impl Recorder {
    /// The worker of a host that may be down once.
    pub(super) fn new(host: &Host, down: Option<Span>) -> Self {
        Self {
            retention_ms: host.retention_days.map(|days| days * DAY_MS),
            processing: host.processing,
            offset_ms: host.datacentre.utc_offset_minutes * MINUTE_MS,
            down,
            raw_bytes: 0.0,
            published_bytes: 0.0,
            waiting: VecDeque::new(),
            running: None,
            kept: VecDeque::new(),
            published: 0,
            deleted: 0,
        }
    }

    /// Raw media of meetings that go on.
    pub(super) fn grow(&mut self, bytes: f64) {
        self.raw_bytes += bytes;
    }

    /// A recorded meeting has ended.
    pub(super) fn ended(&mut self, ended_ms: i64, length_ms: i64, raw_bytes: f64) {
        self.waiting.push_back(Recording { ended_ms, length_ms, raw_bytes });
    }

    /// How many recordings are processed: one or none.
    pub(super) fn workers(&self) -> usize {
        usize::from(self.running.is_some())
    }

    /// When the next thing happens, seen from a moment.
    pub(super) fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let start =
            || self.waiting.front().map(|next| self.start_ms(now_ms.max(next.ended_ms + WAIT_MS)));
        let work = self.running.map(|(_, until_ms)| until_ms).or_else(start);
        let delete = self.kept.front().map(|(at_ms, ..)| *at_ms);
        work.into_iter().chain(delete).min()
    }

    /// Does all that is due at a moment.
    pub(super) fn step(&mut self, now_ms: i64) {
        if let Some((recording, until_ms)) = self.running
            && until_ms <= now_ms
        {
            self.running = None;
            self.published += 1;
            let published = recording.raw_bytes * PUBLISHED_RATIO;
            self.published_bytes += published;
            if let Some(retention_ms) = self.retention_ms {
                self.kept.push_back((until_ms + retention_ms, recording.raw_bytes, published));
            }
        }
        if self.running.is_none()
            && let Some(next) = self.waiting.front().copied()
            && self.start_ms(now_ms.max(next.ended_ms + WAIT_MS)) <= now_ms
        {
            self.waiting.pop_front();
            self.running = Some((next, now_ms + self.takes_ms(next, now_ms)));
        }
        while self.kept.front().is_some_and(|(at_ms, ..)| *at_ms <= now_ms) {
            let (_, raw, published) = self.kept.pop_front().expect("just seen");
            self.raw_bytes -= raw;
            self.published_bytes -= published;
            self.published -= 1;
            self.deleted += 1;
        }
    }

    /// The first moment from `moment_ms` on at which processing may start.
    fn start_ms(&self, moment_ms: i64) -> i64 {
        let awake_ms = self.awake_ms(moment_ms);
        match self.down {
            Some(down) if down.holds(awake_ms) => self.awake_ms(down.to_ms),
            _ => awake_ms,
        }
    }

    /// The first moment from `moment_ms` on at which the worker is awake.
    fn awake_ms(&self, moment_ms: i64) -> i64 {
        let local_ms = (moment_ms + self.offset_ms).rem_euclid(DAY_MS);
        let midnight_ms = moment_ms - local_ms;
        match self.processing {
            Processing::AtOnce => moment_ms,
            Processing::AtNight if local_ms < NIGHT_MS.0 => midnight_ms + NIGHT_MS.0,
            Processing::AtNight if local_ms < NIGHT_MS.1 => moment_ms,
            Processing::AtNight => midnight_ms + DAY_MS + NIGHT_MS.0,
        }
    }

    /// How long processing takes from a moment on; what is interrupted goes on after the boot.
    fn takes_ms(&self, recording: Recording, from_ms: i64) -> i64 {
        let plain_ms = (recording.length_ms as f64 * PROCESSING_RATIO) as i64;
        let whole = Span { from_ms, to_ms: from_ms + plain_ms };
        let lost_ms = self.down.map_or(0, |down| {
            if whole.within(down).length_ms() > 0 { down.length_ms() } else { 0 }
        });
        plain_ms.max(MINUTE_MS) + lost_ms
    }

    /// All of it at a moment.
    pub(super) fn state(&self) -> RecordingsState {
        let running = self.running.map(|(recording, _)| recording);
        let oldest = running.iter().chain(&self.waiting).map(|recording| recording.ended_ms).min();
        RecordingsState {
            raw_bytes: self.raw_bytes.max(0.0) as u64,
            published_bytes: self.published_bytes.max(0.0) as u64,
            unprocessed: self.waiting.len() + self.workers(),
            processing: self.workers(),
            published: self.published,
            deleted: self.deleted,
            oldest_unprocessed_ms: oldest,
        }
    }
}

/// What a recording of that raw size adds to a disk once it is published.
pub(super) fn lasting_bytes(raw_bytes: f64) -> f64 {
    raw_bytes * (1.0 + PUBLISHED_RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HOSTS;

    fn recorder(host: usize) -> Recorder {
        Recorder::new(&HOSTS[host], None)
    }

    #[test]
    fn one_after_the_other_then_deleted() {
        let mut recorder = recorder(0);
        recorder.grow(3000.0);
        recorder.ended(0, HOUR_MS, 1000.0);
        recorder.ended(MINUTE_MS, HOUR_MS, 2000.0);
        let mut moments = Vec::new();
        let mut now_ms = 0;
        while let Some(next_ms) = recorder.next_ms(now_ms) {
            now_ms = next_ms;
            recorder.step(next_ms);
            let state = recorder.state();
            moments.push((next_ms / MINUTE_MS, state.unprocessed, state.published, state.deleted));
            assert!(moments.len() < 10, "{moments:?}");
        }
        let day = 24 * 60;
        let expected = [(2, 2, 0, 0), (20, 1, 1, 0), (38, 0, 2, 0)];
        assert_eq!(moments[..3], expected);
        assert_eq!(moments[3..], [(day + 20, 0, 1, 1), (day + 38, 0, 0, 2)]);
        assert_eq!(recorder.state().raw_bytes, 0);
    }

    #[test]
    fn a_host_that_works_at_night_waits_for_it() {
        let mut recorder = recorder(1);
        recorder.ended(10 * HOUR_MS, HOUR_MS, 1000.0);
        assert_eq!(recorder.next_ms(0), Some(DAY_MS)); // One o'clock in Falkenstein.
        assert_eq!(recorder.state().oldest_unprocessed_ms, Some(10 * HOUR_MS));
    }

    #[test]
    fn an_outage_interrupts() {
        let down = Span { from_ms: 10 * MINUTE_MS, to_ms: 40 * MINUTE_MS };
        let mut recorder = Recorder::new(&HOSTS[0], Some(down));
        recorder.ended(0, HOUR_MS, 1000.0);
        recorder.step(2 * MINUTE_MS);
        assert_eq!(recorder.next_ms(0), Some(50 * MINUTE_MS));
        recorder.ended(12 * MINUTE_MS, HOUR_MS, 1000.0);
        recorder.step(50 * MINUTE_MS);
        assert_eq!(recorder.next_ms(0), Some(68 * MINUTE_MS));
    }
}

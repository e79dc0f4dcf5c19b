//! A request on its way in: its samples are judged by their moment and sorted by it, and what may
//! not be stored is counted.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use headroom_proto::limits::MAX_FUTURE;

use super::moment::{Conflict, MOMENT_BYTES, Moment, SAMPLE_BYTES};
use super::series::Series;
use super::unstored::Unstored;
use super::{RemoteWriteError, Version};
use crate::ingest::clocks::Clocks;
use crate::moments::DAY_MS;
use crate::samples::{NoRoom, Share};
use crate::store::{Description, FrameWrite, SeriesId};
use crate::telemetry::{CollectorCounts, RefusalReason};

/// What a sender is told whose samples are old or future while nobody knows by whose clock.
const CLOCK_IN_DOUBT: &str =
    "timestamps are too old or in the future, but the collector's own clock may be wrong";

/// Memory is taken in pieces of this size, since most samples come alone.
const PIECE: u64 = 64 << 10;

/// What samples are judged by.
#[derive(Clone, Copy)]
pub struct Judges<'c> {
    /// Where the refused are counted.
    pub counts: &'c CollectorCounts,
    /// The moment, Unix time in milliseconds.
    pub now_ms: i64,
    /// How far back samples are kept.
    pub oldest_ms: i64,
    /// By clocks that may be wrong.
    pub clocks: &'c Clocks,
}

/// Samples that were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub samples: u64,
    /// Why, of the first.
    pub first: String,
}

/// What of a request may be stored, by moment.
pub struct Intake<'c> {
    judges: Judges<'c>,
    moments: Vec<Moment>,
    places: HashMap<i64, usize>,
    /// Where the next sample most likely belongs.
    next: usize,
    descriptions: Vec<Description>,
    taken: u64,
    refused: u64,
    first: Option<String>,
    memory: Piecewise,
}

/// What is left of a request that was read.
pub struct Gathered {
    /// What is to be stored.
    pub writes: Vec<FrameWrite>,
    /// How many samples that are, those that came twice among them.
    pub taken: u64,
    /// What is new of metrics.
    pub descriptions: Vec<Description>,
    /// What is not.
    pub refused: Option<Refused>,
    /// The memory of both.
    pub share: Share,
}

/// Memory that is taken ahead of its use.
struct Piecewise {
    share: Share,
    ahead: u64,
}

impl Piecewise {
    fn take(&mut self, bytes: u64) -> Result<(), NoRoom> {
        if bytes > self.ahead {
            let piece = bytes.max(PIECE);
            self.share.take(piece)?;
            self.ahead += piece;
        }
        self.ahead -= bytes;
        Ok(())
    }
}

impl<'c> Intake<'c> {
    /// Nothing yet, in memory of `share`.
    pub fn new(judges: Judges<'c>, share: Share) -> Self {
        Self {
            judges,
            moments: Vec::new(),
            places: HashMap::new(),
            next: 0,
            descriptions: Vec::new(),
            taken: 0,
            refused: 0,
            first: None,
            memory: Piecewise { share, ahead: 0 },
        }
    }

    /// The memory of what is gathered.
    pub fn share(&mut self) -> &mut Share {
        &mut self.memory.share
    }

    /// Sorts the samples of a series in; its id is asked for once there is a sample that may be
    /// stored, so that no series is made for others.
    pub fn sort(
        &mut self,
        series: &Series<'_>,
        version: Version,
        id: impl FnOnce() -> Result<SeriesId, Unstored>,
    ) -> Result<(), RemoteWriteError> {
        let malformed = RemoteWriteError::malformed(version);
        let id = LazyCell::new(id);
        for sample in series.samples() {
            let (timestamp_ms, value) = sample.map_err(&malformed)?;
            if self.is_untimely(timestamp_ms)? {
                continue;
            }
            match &*id {
                Ok(id) => self.add(timestamp_ms, *id, value)?,
                Err(Unstored { reason, message }) => self.refuse(*reason, 1, || message.clone()),
            }
        }
        if series.histograms > 0 {
            self.refuse(RefusalReason::NativeHistogram, series.histograms, || {
                "native histograms are not taken; send classic ones, with buckets".to_owned()
            });
        }
        if series.exemplars > 0 {
            CollectorCounts::add(&self.judges.counts.exemplars_dropped, series.exemplars);
        }
        Ok(())
    }

    /// Takes what is new of a metric.
    pub fn describe(&mut self, word: Description) -> Result<(), NoRoom> {
        self.memory.take(2 * word.bytes() as u64)?;
        self.descriptions.push(word);
        Ok(())
    }

    /// Whether a sample is refused for its moment.
    fn is_untimely(&mut self, timestamp_ms: i64) -> Result<bool, RemoteWriteError> {
        let Judges { now_ms, oldest_ms, clocks, counts: _ } = self.judges;
        let is_future = timestamp_ms.saturating_sub(now_ms) > MAX_FUTURE.as_millis() as i64;
        let is_old = now_ms.saturating_sub(timestamp_ms) > oldest_ms;
        // What is refused is not sent again, and it may be our clock that is wrong.
        if (is_future || is_old) && clocks.doubt(None) {
            return Err(RemoteWriteError::Unavailable(CLOCK_IN_DOUBT.into()));
        }
        if is_future {
            let limit = MAX_FUTURE.as_secs();
            self.refuse(RefusalReason::Future, 1, || {
                format!("timestamp {timestamp_ms} is over {limit} s ahead of the collector's clock")
            });
        } else if is_old {
            let limit = oldest_ms / DAY_MS;
            self.refuse(RefusalReason::TooOld, 1, || {
                format!("timestamp {timestamp_ms} is over {limit} days old")
            });
        }
        Ok(is_future || is_old)
    }

    fn refuse(&mut self, reason: RefusalReason, samples: u64, message: impl FnOnce() -> String) {
        self.judges.counts.refuse(reason, samples);
        self.refused += samples;
        self.first.get_or_insert_with(message);
    }

    fn add(&mut self, timestamp_ms: i64, id: SeriesId, value: f64) -> Result<(), NoRoom> {
        self.memory.take(SAMPLE_BYTES)?;
        let likely = self.next.checked_rem(self.moments.len()).unwrap_or_default();
        let place = match self.moments.get(likely) {
            Some(known) if known.timestamp_ms == timestamp_ms => likely,
            _ => match self.places.entry(timestamp_ms) {
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(vacant) => {
                    self.memory.take(MOMENT_BYTES)?;
                    self.moments.push(Moment::new(timestamp_ms));
                    *vacant.insert(self.moments.len() - 1)
                }
            },
        };
        self.moments[place].push(id, value);
        self.taken += 1;
        // One sample each: the same moment again. Several: the next one.
        self.next = if self.moments.len() == 1 { 0 } else { place + 1 };
        Ok(())
    }

    /// What is left once each series has one value for each moment.
    pub fn finish(mut self) -> Gathered {
        let mut ids = Vec::new();
        for mut moment in std::mem::take(&mut self.moments) {
            let timestamp_ms = moment.timestamp_ms;
            let conflicts = moment.settle(&mut ids);
            if let Some(Conflict { first, other }) = conflicts.first() {
                let samples = conflicts.len() as u64;
                self.taken -= samples;
                self.refuse(RefusalReason::DuplicateTimestamp, samples, || {
                    format!(
                        "a series has the values {first} and {other} at timestamp {timestamp_ms}; \
                         the first stays"
                    )
                });
            }
            self.moments.push(moment);
        }
        let (writes, samples) = (self.moments.into_iter().map(Moment::into_write), self.refused);
        Gathered {
            writes: writes.collect(),
            taken: self.taken,
            descriptions: self.descriptions,
            refused: self.first.map(|first| Refused { samples, first }),
            share: self.memory.share,
        }
    }
}

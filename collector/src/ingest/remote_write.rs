//! Prometheus remote write 1.0: snappy, protobuf, durable before it is answered.
//!
//! What is right of a request is stored though another part is refused, as its senders expect:
//! they do not send again what was answered with 400.

mod request;

use std::cell::LazyCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use headroom_proto::limits::{MAX_FUTURE, MAX_LABELS, MAX_NAME_BYTES, MAX_VALUE_BYTES};
use headroom_proto::metric::{self, INSTANCE, JOB};
use headroom_proto::panics::{self, Panicked};
use headroom_proto::seldom::Seldom;
use tokio::sync::mpsc;

use self::request::{Malformed, TimeSeries};
use super::clocks::Clocks;
use crate::clock::now_ms;
use crate::identity::{RemoteWriter, RemoteWriters};
use crate::moments::DAY_MS;
use crate::samples::{METRIC, NoRoom, Share};
use crate::store::{Claim, FrameWrite, SeriesId};
use crate::telemetry::{CollectorCounts, RefusalReason};
use crate::writer::{Submission, Write, WriteOutcome, Writer, WriterEnded};

/// The largest request, compressed or not.
pub const MAX_REQUEST_BYTES: usize = 32 << 20;

/// The most series whose ids are remembered by the bytes of their labels; beyond it all are
/// forgotten and found anew.
const MAX_KNOWN: usize = 2_000_000;

/// What a sender is told whose samples are old or future while nobody knows by whose clock.
const CLOCK_IN_DOUBT: &str =
    "timestamps are too old or in the future, but the collector's own clock may be wrong";

/// Takes remote writes.
pub struct RemoteWrite {
    counts: Arc<CollectorCounts>,
    options: IntakeOptions,
    /// Refusals that were told lately.
    told: Seldom,
    /// What each writer may write and has written, by the 128-bit hash of the bytes that name a
    /// series in a request.
    known: RwLock<HashMap<Known, SeriesId>>,
}

/// What remote writes go by.
pub struct IntakeOptions {
    /// Who may write.
    pub writers: RemoteWriters,
    /// Where what passes goes.
    pub writer: Writer,
    /// How far back samples are kept.
    pub oldest: Duration,
    /// By clocks that may be wrong.
    pub clocks: Arc<Clocks>,
}

/// The hash of a series' name, and of its writer's: what one may write says nothing of another.
type Known = [u32; 5];

/// Nobody is known by what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWriter {
    /// It was nothing.
    #[error("remote write needs a token here")]
    NoToken,
    /// It was a token.
    #[error("the token is not known to this collector")]
    UnknownToken,
}

/// A series of a request, before its samples are looked at.
enum Found<'r> {
    /// It was written before.
    Known(SeriesId),
    /// It may be made, under these names and values.
    Allowed { name: Option<Known>, pairs: Vec<(&'r str, &'r str)> },
    /// It may not.
    Refused(Unstored),
}

/// A series that is not stored.
struct Unstored {
    reason: RefusalReason,
    message: String,
}

/// Why a request is refused, in whole or in part.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteWriteError {
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It is too large.
    #[error("the request has {bytes} bytes once unpacked, at most {MAX_REQUEST_BYTES}")]
    Large {
        /// How large.
        bytes: usize,
    },
    /// Some samples were refused; the others are durable.
    #[error("{samples} samples were refused, the others stored; the first: {first}")]
    Partial {
        /// How many.
        samples: u64,
        /// Why, of the first.
        first: String,
    },
    /// The store takes nothing now; the request may be sent again.
    #[error("{0}")]
    Unavailable(String),
    /// There is no memory for it.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// What reads requests did not survive this one.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// A request on its way in: what of it may be stored, by moment.
struct Intake<'c> {
    counts: &'c CollectorCounts,
    now_ms: i64,
    oldest_ms: i64,
    clocks: &'c Clocks,
    groups: Vec<(i64, Vec<SeriesId>, Vec<f64>)>,
    places: HashMap<i64, usize>,
    /// Where the next sample most likely belongs.
    next: usize,
    refused: u64,
    first: Option<String>,
    memory: Piecewise,
}

/// What a sample takes at most until it is durable, in bytes: its id and value in lists that double,
/// and once more in the log.
const SAMPLE_BYTES: u64 = 40;

/// What a moment takes beside its samples: its lists, its place among the moments, its frame.
const MOMENT_BYTES: u64 = 256;

/// Memory is taken in pieces of this size, since most samples come alone.
const PIECE: u64 = 64 << 10;

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

impl RemoteWrite {
    /// Takes none yet.
    pub fn new(options: IntakeOptions, counts: Arc<CollectorCounts>) -> Self {
        Self { counts, options, told: Seldom::default(), known: RwLock::default() }
    }

    /// Who writes, by the token that is shown.
    pub fn writer(&self, token: Option<&str>) -> Result<Arc<RemoteWriter>, NoWriter> {
        let writers = &self.options.writers;
        match token {
            Some(token) => writers.by_token(token).ok_or(NoWriter::UnknownToken),
            None => writers.nameless().ok_or(NoWriter::NoToken),
        }
    }

    /// Reads a request of `writer` on the caller's thread, which takes milliseconds;
    /// [`Self::commit`] makes it durable.
    ///
    /// The body lies in memory of `share`, which takes more for what is made of it.
    pub fn read(
        &self,
        body: Vec<u8>,
        mut share: Share,
        writer: &RemoteWriter,
    ) -> Result<Pending, RemoteWriteError> {
        let bytes = unpack(&body, &mut share)?;
        share.give_back(body.len() as u64);
        drop(body);
        let read = || self.read_unpacked(&bytes, share, writer);
        panics::catch("the reading of a remote write", || panics::hash(&bytes), read)?
    }

    fn read_unpacked(
        &self,
        bytes: &[u8],
        share: Share,
        writer: &RemoteWriter,
    ) -> Result<Pending, RemoteWriteError> {
        let mut intake = Intake {
            counts: &self.counts,
            now_ms: now_ms(),
            oldest_ms: self.options.oldest.as_millis() as i64,
            clocks: &self.options.clocks,
            groups: Vec::new(),
            places: HashMap::new(),
            next: 0,
            refused: 0,
            first: None,
            memory: Piecewise { share, ahead: 0 },
        };
        for series in request::read(bytes) {
            let series = series.map_err(malformed)?;
            let found = self.find(series, writer)?;
            intake.sort(series, || self.id(found))?;
        }
        if let Some(first) = &intake.first {
            let (name, samples) = (&*writer.name, intake.refused);
            if let Some(before) = self.told.tell(name, Instant::now()) {
                tracing::warn!(writer = name, samples, before, "refused remote writes: {first}");
            }
        }
        let mut pending = intake.finish();
        pending.share.give_back(bytes.len() as u64);
        Ok(pending)
    }

    /// Makes what was read durable.
    pub async fn commit(&self, pending: Pending) -> Result<(), RemoteWriteError> {
        let Pending { writes, refused, share } = pending;
        if !writes.is_empty() {
            let (reply, mut outcome) = mpsc::channel(1);
            let submission =
                Submission { write: Write::Request(writes), reply, held: share.into() };
            let ended = |ended: WriterEnded| RemoteWriteError::Unavailable(ended.to_string());
            self.options.writer.submit(submission).await.map_err(ended)?;
            match outcome.recv().await.ok_or_else(|| ended(WriterEnded))? {
                WriteOutcome::Request
                | WriteOutcome::Frame(_)
                | WriteOutcome::Loss(_)
                | WriteOutcome::Own => {}
                WriteOutcome::Failed(reason) => return Err(RemoteWriteError::Unavailable(reason)),
            }
        }
        match refused {
            None => Ok(()),
            Some((samples, first)) => Err(RemoteWriteError::Partial { samples, first }),
        }
    }

    /// What is known of a series before its samples are looked at.
    fn find<'r>(
        &self,
        series: TimeSeries<'r>,
        writer: &RemoteWriter,
    ) -> Result<Found<'r>, RemoteWriteError> {
        let name = series.name_bytes().map(|name| known(name, writer));
        if let Some(name) = name {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = known.get(&name) {
                return Ok(Found::Known(*id));
            }
        }
        let pairs: Vec<(&str, &str)> =
            series.labels().collect::<Result<_, _>>().map_err(malformed)?;
        check(&pairs).map_err(RemoteWriteError::Malformed)?;
        let pairs: Vec<(&str, &str)> =
            pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let label = |name| pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1);
        let checked = self.options.writers.check(writer, label(INSTANCE), label(JOB));
        Ok(match checked {
            Ok(()) => Found::Allowed { name, pairs },
            Err(other) => Found::Refused(Unstored {
                reason: RefusalReason::Writer,
                message: other.to_string(),
            }),
        })
    }

    /// The id of a series, which is made now if it is a new one.
    fn id(&self, found: Found<'_>) -> Result<SeriesId, Unstored> {
        let (name, pairs) = match found {
            Found::Known(id) => return Ok(id),
            Found::Refused(unstored) => return Err(unstored),
            Found::Allowed { name, pairs } => (name, pairs),
        };
        let id = self.options.writer.series_id_of(&pairs, Claim::Guest);
        let id =
            id.map_err(|limit| Unstored { reason: (&limit).into(), message: limit.to_string() })?;
        if let Some(name) = name {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(name, id);
        }
        Ok(id)
    }
}

/// A request that was read and is not durable yet.
pub struct Pending {
    writes: Vec<FrameWrite>,
    refused: Option<(u64, String)>,
    share: Share,
}

impl Intake<'_> {
    /// Sorts the samples of a series in; its id is asked for once there is a sample that may be
    /// stored, so that no series is made for others.
    fn sort(
        &mut self,
        series: TimeSeries<'_>,
        id: impl FnOnce() -> Result<SeriesId, Unstored>,
    ) -> Result<(), RemoteWriteError> {
        let id = LazyCell::new(id);
        let mut before = None;
        for sample in series.samples() {
            let (timestamp_ms, value) = sample.map_err(malformed)?;
            let is_future =
                timestamp_ms.saturating_sub(self.now_ms) > MAX_FUTURE.as_millis() as i64;
            let is_old = self.now_ms.saturating_sub(timestamp_ms) > self.oldest_ms;
            // What is refused is not sent again, and it may be our clock that is wrong.
            if (is_future || is_old) && self.clocks.doubt(None) {
                return Err(RemoteWriteError::Unavailable(CLOCK_IN_DOUBT.into()));
            }
            if is_future {
                let limit = MAX_FUTURE.as_secs();
                self.refuse(RefusalReason::Future, 1, || {
                    format!(
                        "timestamp {timestamp_ms} is over {limit} s ahead of the collector's clock"
                    )
                });
            } else if is_old {
                let limit = self.oldest_ms / DAY_MS;
                self.refuse(RefusalReason::TooOld, 1, || {
                    format!("timestamp {timestamp_ms} is over {limit} days old")
                });
            } else if before != Some(timestamp_ms) {
                match &*id {
                    Ok(id) => self.add(timestamp_ms, *id, value)?,
                    Err(Unstored { reason, message }) => {
                        self.refuse(*reason, 1, || message.clone());
                    }
                }
            }
            before = Some(timestamp_ms);
        }
        Ok(())
    }

    fn refuse(&mut self, reason: RefusalReason, samples: u64, message: impl FnOnce() -> String) {
        self.counts.refuse(reason, samples);
        self.refused += samples;
        self.first.get_or_insert_with(message);
    }

    fn finish(self) -> Pending {
        let write = |(timestamp_ms, series, values): (i64, Vec<SeriesId>, Vec<f64>)| FrameWrite {
            id: None,
            timestamp_ms,
            series: series.into(),
            values,
        };
        let refused = self.refused;
        Pending {
            writes: self.groups.into_iter().map(write).collect(),
            refused: self.first.map(|first| (refused, first)),
            share: self.memory.share,
        }
    }

    fn add(&mut self, timestamp_ms: i64, id: SeriesId, value: f64) -> Result<(), NoRoom> {
        self.memory.take(SAMPLE_BYTES)?;
        let likely = self.next.checked_rem(self.groups.len()).unwrap_or_default();
        let place = match self.groups.get(likely) {
            Some((known, ..)) if *known == timestamp_ms => likely,
            _ => match self.places.entry(timestamp_ms) {
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(vacant) => {
                    self.memory.take(MOMENT_BYTES)?;
                    self.groups.push((timestamp_ms, Vec::new(), Vec::new()));
                    *vacant.insert(self.groups.len() - 1)
                }
            },
        };
        let (_, series, values) = &mut self.groups[place];
        series.push(id);
        values.push(value);
        // One sample each: the same moment again. Several: the next one.
        self.next = if self.groups.len() == 1 { 0 } else { place + 1 };
        Ok(())
    }
}

fn unpack(body: &[u8], share: &mut Share) -> Result<Vec<u8>, RemoteWriteError> {
    let not_snappy = |error: snap::Error| {
        RemoteWriteError::Malformed(format!("the request is not compressed with snappy: {error}"))
    };
    let bytes = snap::raw::decompress_len(body).map_err(not_snappy)?;
    if bytes > MAX_REQUEST_BYTES {
        return Err(RemoteWriteError::Large { bytes });
    }
    share.take(bytes as u64)?;
    let unpacking = || snap::raw::Decoder::new().decompress_vec(body).map_err(not_snappy);
    panics::catch("the unpacking of a remote write", || panics::hash(body), unpacking)?
}

fn malformed(error: Malformed) -> RemoteWriteError {
    RemoteWriteError::Malformed(format!("the request is no remote write 1.0: {error}"))
}

/// Labels must be sorted, each once, and name a metric.
fn check(pairs: &[(&str, &str)]) -> Result<(), String> {
    let show = || format!("{pairs:?}").chars().take(200).collect::<String>();
    if pairs.len() > MAX_LABELS {
        return Err(format!("series with {} labels, at most {MAX_LABELS}", pairs.len()));
    }
    if let Some([a, b]) = pairs.array_windows::<2>().find(|[a, b]| a.0 >= b.0) {
        let what = if a.0 == b.0 { "twice" } else { "out of order" };
        return Err(format!("label {:?} stands {what} in series {}", b.0, show()));
    }
    for (name, value) in pairs {
        if !metric::is_label_name(name) {
            return Err(format!(
                "label name {name:?} must match [a-zA-Z_][a-zA-Z0-9_]* within {MAX_NAME_BYTES} bytes"
            ));
        }
        if value.len() > MAX_VALUE_BYTES {
            let bytes = value.len();
            return Err(format!(
                "value of label {name:?} has {bytes} bytes, at most {MAX_VALUE_BYTES}"
            ));
        }
    }
    let name = pairs.iter().find(|(name, _)| *name == METRIC).map_or("", |pair| pair.1);
    if name.is_empty() {
        return Err(format!("series {} has no metric name", show()));
    }
    if !metric::is_metric_name(name) {
        return Err(format!(
            "metric name {name:?} must match [a-zA-Z_:][a-zA-Z0-9_:]* within {MAX_NAME_BYTES} bytes"
        ));
    }
    Ok(())
}

fn known(name: &[u8], writer: &RemoteWriter) -> Known {
    let hash = xxhash_rust::xxh3::xxh3_128(name);
    let of = xxhash_rust::xxh3::xxh3_64(writer.name.as_bytes()) as u32;
    [hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32, of]
}

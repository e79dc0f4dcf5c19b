//! Prometheus remote write 1.0: snappy, protobuf, durable before it is answered.
//!
//! What is right of a request is stored though another part is refused, as its senders expect:
//! they do not send again what was answered with 400.

mod error;
mod fields;
mod intake;
mod known;
mod labels;
mod moment;
mod request;

use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom_proto::metric::{INSTANCE, JOB};
use headroom_proto::panics;
use headroom_proto::seldom::Seldom;
use tokio::sync::mpsc;

pub use self::error::{NoWriter, RemoteWriteError};
use self::intake::{Gathered, Intake, Judges, Refused, Unstored};
use self::known::{Known, Name};
pub use self::labels::LabelLimits;
use self::request::TimeSeries;
use super::clocks::Clocks;
use crate::clock::now_ms;
use crate::identity::{RemoteWriter, RemoteWriters};
use crate::samples::Share;
use crate::store::{Claim, FrameWrite, SeriesId};
use crate::telemetry::{CollectorCounts, RefusalReason};
use crate::writer::{Submission, Write, WriteOutcome, Writer, WriterEnded};

/// The largest request, compressed or not.
pub const MAX_REQUEST_BYTES: usize = 32 << 20;

/// Takes remote writes.
pub struct RemoteWrite {
    counts: Arc<CollectorCounts>,
    options: IntakeOptions,
    /// Refusals that were told lately.
    told: Seldom,
    known: Known,
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
    /// What labels may be.
    pub labels: LabelLimits,
}

/// A series of a request, before its samples are looked at.
enum Found<'r> {
    /// It was written before.
    Known(SeriesId),
    /// It may be made, under these names and values.
    Allowed { name: Option<Name>, pairs: Vec<(&'r str, &'r str)> },
    /// It may not.
    Refused(Unstored),
}

/// A request that was read and is not durable yet.
pub struct Pending {
    writes: Vec<FrameWrite>,
    refused: Option<Refused>,
    share: Share,
}

impl RemoteWrite {
    /// Takes none yet.
    pub fn new(options: IntakeOptions, counts: Arc<CollectorCounts>) -> Self {
        Self { counts, options, told: Seldom::default(), known: Known::default() }
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
        let judges = Judges {
            counts: &self.counts,
            now_ms: now_ms(),
            oldest_ms: self.options.oldest.as_millis() as i64,
            clocks: &self.options.clocks,
        };
        let mut intake = Intake::new(judges, share);
        for series in request::read(bytes) {
            let series = series?;
            let found = self.find(series, writer)?;
            intake.sort(series, || self.id(found))?;
        }
        let Gathered { writes, refused, mut share } = intake.finish();
        if let Some(Refused { samples, first }) = &refused {
            let name = &*writer.name;
            if let Some(before) = self.told.tell(name, Instant::now()) {
                tracing::warn!(writer = name, samples, before, "refused remote writes: {first}");
            }
        }
        share.give_back(bytes.len() as u64);
        Ok(Pending { writes, refused, share })
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
            Some(Refused { samples, first }) => Err(RemoteWriteError::Partial { samples, first }),
        }
    }

    /// What is known of a series before its samples are looked at.
    fn find<'r>(
        &self,
        series: TimeSeries<'r>,
        writer: &RemoteWriter,
    ) -> Result<Found<'r>, RemoteWriteError> {
        let name = series.name_bytes().map(|bytes| Name::of(bytes, writer));
        if let Some(id) = name.as_ref().and_then(|name| self.known.find(name)) {
            return Ok(Found::Known(id));
        }
        let pairs = match labels::check(series.labels(), self.options.labels)? {
            Ok(pairs) => pairs,
            Err(fault) => return Ok(Found::Refused(fault)),
        };
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
            self.known.add(name, id);
        }
        Ok(id)
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

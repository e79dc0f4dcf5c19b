//! Prometheus remote write 1.0 and 2.0: snappy, protobuf, durable before it is answered.
//!
//! What is right of a request is stored though another part is refused, as its senders expect:
//! they do not send again what was answered with 400.

mod described;
mod error;
mod fields;
mod intake;
mod known;
mod labels;
mod moment;
mod references;
mod series;
mod unstored;
mod version_1;
mod version_2;

use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom_proto::metric::{INSTANCE, JOB};
use headroom_proto::panics;
use headroom_proto::seldom::Seldom;
use tokio::sync::mpsc;

pub use self::error::{NoWriter, RemoteWriteError};
use self::intake::{Gathered, Intake, Judges, Refused};
use self::known::{Known, Look, Name};
pub use self::labels::LabelLimits;
use self::labels::Pairs;
use self::series::{Part, Said, Series};
use self::unstored::Unstored;
use super::clocks::Clocks;
use crate::clock::now_ms;
use crate::identity::{RemoteWriter, RemoteWriters, Whose};
use crate::samples::Share;
use crate::store::{Claim, SeriesId, Word};
use crate::telemetry::{CollectorCounts, RefusalReason, Unread};
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

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `prometheus.WriteRequest`.
    One,
    /// `io.prometheus.write.v2.Request`.
    Two,
}

impl Version {
    fn name(self) -> &'static str {
        match self {
            Self::One => "1.0",
            Self::Two => "2.0",
        }
    }
}

/// A request as it was sent.
pub struct Sent {
    /// Its body.
    pub body: Vec<u8>,
    /// The memory in which that lies, which grows by what is made of it.
    pub share: Share,
    /// How it is written.
    pub version: Version,
}

/// A series of a request, before its samples are looked at.
enum Found<'r> {
    /// It was written before.
    Known(SeriesId),
    /// It may be made, under these names and values.
    Allowed { name: Option<Name>, pairs: Pairs<'r> },
    /// It may not.
    Refused(Unstored),
}

/// A request that was read and is not durable yet.
pub struct Pending {
    gathered: Gathered,
}

/// Where a request goes on its way in.
struct Way<'w, 'c> {
    writer: &'w RemoteWriter,
    version: Version,
    intake: Intake<'c>,
    look: Look<'c>,
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

    /// How far back samples are taken.
    pub fn oldest(&self) -> Duration {
        self.options.oldest
    }

    /// Counts a request that is refused before it is read.
    pub fn refuse(&self, why: Unread) {
        self.counts.writes.refuse(why);
    }

    /// Reads a request of `writer` on the caller's thread, which takes milliseconds;
    /// [`Self::commit`] makes it durable.
    pub fn read(&self, sent: Sent, writer: &RemoteWriter) -> Result<Pending, RemoteWriteError> {
        let Sent { body, mut share, version } = sent;
        let read = || {
            let bytes = unpack(&body, &mut share)?;
            share.give_back(body.len() as u64);
            drop(body);
            let intake = Intake::new(self.judges(), share);
            let read = || {
                self.read_unpacked(&bytes, Way { writer, version, intake, look: Look::default() })
            };
            panics::catch("the reading of a remote write", || panics::hash(&bytes), read)?
        };
        let read = read();
        if let Some(why) = read.as_ref().err().and_then(RemoteWriteError::unread) {
            self.refuse(why);
        }
        read
    }

    fn read_unpacked<'c>(
        &'c self,
        bytes: &[u8],
        mut way: Way<'_, 'c>,
    ) -> Result<Pending, RemoteWriteError> {
        let malformed = RemoteWriteError::malformed(way.version);
        match way.version {
            Version::One => {
                for part in version_1::read(bytes) {
                    self.take(part.map_err(&malformed)?, &mut way)?;
                }
            }
            Version::Two => {
                let reader = version_2::Reader::new(bytes, way.intake.share())?;
                let mut reader = reader.map_err(&malformed)?;
                while let Some(part) = reader.next() {
                    self.take(part.map_err(&malformed)?, &mut way)?;
                }
            }
        }
        let mut gathered = way.intake.finish();
        if let Some(Refused { samples, first }) = &gathered.refused {
            let name = &*way.writer.name;
            if let Some(before) = self.told.tell(name, Instant::now()) {
                tracing::warn!(writer = name, samples, before, "refused remote writes: {first}");
            }
        }
        gathered.share.give_back(bytes.len() as u64);
        Ok(Pending { gathered })
    }

    /// What samples are judged by now.
    fn judges(&self) -> Judges<'_> {
        Judges {
            counts: &self.counts,
            now_ms: now_ms(),
            oldest_ms: self.options.oldest.as_millis() as i64,
            clocks: &self.options.clocks,
        }
    }

    /// Makes what was read durable; tells how many samples that are.
    pub async fn commit(&self, pending: Pending) -> Result<u64, RemoteWriteError> {
        let Gathered { writes, taken, descriptions, refused, share } = pending.gathered;
        if !writes.is_empty() || !descriptions.is_empty() {
            let (reply, mut outcome) = mpsc::channel(1);
            let write = Write::Request { frames: writes, descriptions };
            let submission = Submission { write, reply, held: share.into() };
            let ended = |ended: WriterEnded| RemoteWriteError::Unavailable(ended.to_string());
            self.options.writer.submit(submission).await.map_err(ended)?;
            match outcome.recv().await.ok_or_else(|| ended(WriterEnded))? {
                WriteOutcome::Request
                | WriteOutcome::Frame(_)
                | WriteOutcome::Loss(_)
                | WriteOutcome::Own
                | WriteOutcome::Ledger => {}
                WriteOutcome::Failed(reason) => return Err(RemoteWriteError::Unavailable(reason)),
            }
        }
        match refused {
            None => Ok(taken),
            Some(Refused { samples, first }) => {
                Err(RemoteWriteError::Partial { samples, first, written: taken })
            }
        }
    }

    /// Takes a part of a request in.
    fn take<'c>(&'c self, part: Part<'_>, way: &mut Way<'_, 'c>) -> Result<(), RemoteWriteError> {
        match part {
            Part::Description(said) => self.describe(&said, &mut way.intake),
            Part::Series(series) => {
                let found = self.find(&series, way)?;
                let is_refused = matches!(found, Found::Refused(_));
                way.intake.sort(&series, way.version, || self.id(found))?;
                match &series.description {
                    Some(said) if !is_refused => self.describe(said, &mut way.intake),
                    Some(_) | None => Ok(()),
                }
            }
        }
    }

    /// Takes what is said of a metric, if it is new and there is room for it.
    fn describe(&self, said: &Said<'_>, intake: &mut Intake<'_>) -> Result<(), RemoteWriteError> {
        let word = described::word(said, self.options.labels);
        let judged = word.as_ref().map_or(Word::Refused, |word| self.options.writer.judge(word));
        match (judged, word) {
            (Word::News, Some(word)) => intake.describe(word)?,
            (Word::Refused | Word::News, _) => {
                CollectorCounts::add(&self.counts.metadata_refused, 1);
            }
            (Word::Known, _) => {}
        }
        Ok(())
    }

    /// What is known of a series before its samples are looked at.
    fn find<'c, 'r>(
        &'c self,
        series: &Series<'r>,
        way: &mut Way<'_, 'c>,
    ) -> Result<Found<'r>, RemoteWriteError> {
        let name = series.name.map(|bytes| Name::of(bytes, way.writer));
        if let Some(id) = name.as_ref().and_then(|name| way.look.find(&self.known, name)) {
            return Ok(Found::Known(id));
        }
        // It may be made, and remembered.
        way.look.pause();
        let checked = series.labels.check(self.options.labels);
        let pairs = match checked.map_err(RemoteWriteError::malformed(way.version))? {
            Ok(pairs) => pairs,
            Err(fault) => return Ok(Found::Refused(fault)),
        };
        let label = |name| pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1);
        let whose = Whose {
            instance: label(INSTANCE),
            job: label(JOB),
            vantage: label("vantage"),
            kind: label("kind"),
        };
        let checked = self.options.writers.check(way.writer, whose);
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

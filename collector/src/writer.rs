//! The one writer of the store. What agents, Prometheus and the collector itself hand in waits in
//! one bounded queue; one thread commits all that has gathered as one batch with one sync.
//!
//! Nothing else appends to the store, and nothing is answered before it is durable.

mod commit;
mod ledger;
mod own;
mod ruled;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use headroom_proto::panics::Whole;
use headroom_proto::wire::SequenceRange;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout;

use self::commit::Commits;
pub use self::ledger::{Ledger, LedgerError};
pub use self::own::{OwnSeries, OwnSeriesError};
pub use self::ruled::{RuleSeries, Ruled};
use crate::samples::Share;
use crate::store::{
    Claim, Description, FrameWrite, LedgerRow, LostInterval, Meeting, SeriesId, SeriesLimit, Store,
    Word,
};
use crate::telemetry::CollectorCounts;

/// The most that waits for the writer; beyond it streams wait, and agents with them.
const QUEUE: usize = 4096;

/// A commit that takes longer is no longer on its way.
const LONGEST_COMMIT: Duration = Duration::from_secs(10);

/// How long a look at the disk may take; one that hangs is no place for anything.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// When the commit under way began, if there is one.
#[derive(Debug, Clone, Default)]
struct BusySince(Arc<Mutex<Option<Instant>>>);

impl BusySince {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn elapsed(&self) -> Option<Duration> {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| since.elapsed())
    }
}

/// What is handed in.
#[derive(Debug)]
pub enum Write {
    /// A frame of an agent, and what came with it of meetings.
    Frame {
        /// The frame.
        frame: FrameWrite,
        /// The meetings.
        meetings: Vec<Meeting>,
    },
    /// One remote write.
    Request {
        /// Frames without names.
        frames: Vec<FrameWrite>,
        /// What is new of metrics.
        descriptions: Vec<Description>,
    },
    /// A loss that an agent reports.
    Loss(LostInterval),
    /// Numbers of the collector's own.
    Own(FrameWrite),
    /// Rows of the ledger, all or none.
    Ledger(Vec<LedgerRow>),
}

/// What became of it.
#[derive(Debug)]
pub enum WriteOutcome {
    /// The frame is durable.
    Frame(SequenceRange),
    /// The whole request is.
    Request,
    /// The loss is.
    Loss(SequenceRange),
    /// The collector's own numbers are.
    Own,
    /// The rows of the ledger are.
    Ledger,
    /// The store takes no more; the whole reason, for whoever handed it in.
    Failed(String),
}

/// A write and where its outcome goes. The way back never blocks: whoever hands in keeps room in
/// the channel for every outcome that is due.
#[derive(Debug)]
pub struct Submission {
    /// What is to become durable.
    pub write: Write,
    /// Where it is told.
    pub reply: mpsc::Sender<WriteOutcome>,
    /// What is given back once it is durable, or refused.
    pub held: Held,
}

/// What a write holds of what writers share.
#[derive(Debug, Default)]
pub enum Held {
    /// Nothing that anybody would miss.
    #[default]
    Nothing,
    /// Memory of the pool.
    Share(Share),
    /// Memory of agents.
    Permit(OwnedSemaphorePermit),
}

impl From<Share> for Held {
    fn from(share: Share) -> Self {
        Self::Share(share)
    }
}

/// The writer thread has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store's writer has ended; restart the collector")]
pub struct WriterEnded;

/// The way to the writer thread, which ends when the last of these is gone.
#[derive(Clone)]
pub struct Writer {
    store: Arc<Store>,
    queue: mpsc::Sender<Submission>,
    /// When the commit under way began.
    busy_since: BusySince,
}

/// The writer thread, for whoever waits for its end.
pub struct WriterThread {
    /// Told at its end.
    ended: oneshot::Receiver<()>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(
        store: Arc<Store>,
        counts: Arc<CollectorCounts>,
    ) -> std::io::Result<(Self, WriterThread)> {
        let (queue, submissions) = mpsc::channel(QUEUE);
        let (ending, ended) = oneshot::channel();
        let busy_since = BusySince::default();
        let writer = Self { store: Arc::clone(&store), queue, busy_since: busy_since.clone() };
        let work = move || {
            let _whole = Whole::begin("the store's writer");
            Commits::new(&store, &counts, busy_since).run(submissions);
            // Whoever waited has gone if this fails.
            let _ = ending.send(());
        };
        std::thread::Builder::new().name("store-writer".into()).spawn(work)?;
        Ok((writer, WriterThread { ended }))
    }

    /// The id of the series with exactly these names and values, sorted by name, the metric's among
    /// them; a new one if there is none yet.
    pub fn series_id_of(
        &self,
        pairs: &[(&str, &str)],
        claim: Claim,
    ) -> Result<SeriesId, SeriesLimit> {
        self.store.series_id_of(pairs, claim)
    }

    /// What a word on a metric is beside what is known of it.
    pub fn judge(&self, word: &Description) -> Word {
        self.store.judge(word)
    }

    /// Whether what is handed in now would be durable soon; the reason why not.
    pub async fn readiness(&self) -> Result<(), String> {
        let writer = self.clone();
        let looking = tokio::task::spawn_blocking(move || writer.look());
        match timeout(LONGEST_LOOK, looking).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the disk has not answered for {} s", LONGEST_LOOK.as_secs())),
        }
    }

    /// Looks at the disk, which may hang.
    fn look(&self) -> Result<(), String> {
        let waits = self.busy_since.elapsed().filter(|waits| *waits >= LONGEST_COMMIT);
        if let Some(waits) = waits {
            return Err(format!("the store has not answered for {} s", waits.as_secs()));
        }
        self.store.durability().map_err(|not| not.to_string())
    }

    /// Hands in a write; waits while the queue is full.
    pub async fn submit(&self, submission: Submission) -> Result<(), WriterEnded> {
        self.queue.send(submission).await.map_err(|_| WriterEnded)
    }
}

impl WriterThread {
    /// Waits until the thread has ended, which it does when all writers are gone; an error if it
    /// ended before.
    pub async fn join(self) -> Result<(), WriterEnded> {
        self.ended.await.map_err(|_| WriterEnded)
    }
}

#[cfg(test)]
mod tests;

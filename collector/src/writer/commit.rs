//! The writer thread: gathers what has been handed in and commits it as one batch with one sync.

use std::time::Instant;

use headroom_proto::chain::Chain;
use headroom_proto::wire::SequenceRange;
use tokio::sync::mpsc;

use super::{BusySince, Held, Submission, Write, WriteOutcome};
use crate::complaint::Complaint;
use crate::store::{
    Appended, Description, FrameId, FrameWrite, LedgerRow, LostInterval, Meeting, Store, StoreError,
};
use crate::telemetry::CollectorCounts;

/// The most that is taken into one commit.
const BATCH: usize = 4096;

/// What is told to whom once a commit is durable.
struct Reply {
    to: mpsc::Sender<WriteOutcome>,
    outcome: WriteOutcome,
}

/// A loss, and to whom its outcome goes.
struct Loss {
    to: mpsc::Sender<WriteOutcome>,
    interval: LostInterval,
}

/// Rows of the ledger that belong together, and to whom their outcome goes.
struct Noted {
    to: mpsc::Sender<WriteOutcome>,
    rows: Vec<LedgerRow>,
}

/// What has been handed in since the last commit.
#[derive(Default)]
struct Batch {
    /// What came through the door.
    frames: Vec<FrameWrite>,
    /// What the collector says of itself, which the door does not count.
    own: Vec<FrameWrite>,
    meetings: Vec<Meeting>,
    descriptions: Vec<Description>,
    replies: Vec<Reply>,
    losses: Vec<Loss>,
    noted: Vec<Noted>,
    /// Until all of it is durable.
    held: Vec<Held>,
}

/// The work of the thread.
pub struct Commits<'w> {
    store: &'w Store,
    counts: &'w CollectorCounts,
    busy_since: BusySince,
    complaint: Complaint,
}

impl<'w> Commits<'w> {
    pub fn new(store: &'w Store, counts: &'w CollectorCounts, busy_since: BusySince) -> Self {
        Self { store, counts, busy_since, complaint: Complaint::default() }
    }

    /// Commits what comes until nobody is left to hand in anything.
    pub fn run(mut self, mut queue: mpsc::Receiver<Submission>) {
        let mut gathered = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut gathered, BATCH) > 0 {
            self.busy_since.set(Some(Instant::now()));
            let mut batch = Batch::default();
            gathered.drain(..).for_each(|submission| batch.add(submission));
            let losses = std::mem::take(&mut batch.losses);
            let noted = std::mem::take(&mut batch.noted);
            let _held = std::mem::take(&mut batch.held);
            if !batch.replies.is_empty() {
                self.append(batch);
            }
            // After the frames: one that arrived after all is no loss.
            for Loss { to, interval } in losses {
                answer(&to, self.record(&interval));
            }
            for Noted { to, rows } in noted {
                answer(&to, self.note(&rows));
            }
            self.busy_since.set(None);
        }
    }

    fn append(&mut self, batch: Batch) {
        let Batch {
            mut frames,
            own,
            meetings,
            descriptions,
            replies,
            losses: _,
            noted: _,
            held: _,
        } = batch;
        let from_outside = frames.len();
        frames.extend(own);
        // Meetings first: what is known of one does not change if its frame comes again.
        let noted =
            if meetings.is_empty() { Ok(()) } else { self.store.record_meetings(&meetings) };
        let described =
            if descriptions.is_empty() { Ok(()) } else { self.store.describe(&descriptions) };
        let appended = noted.and(described).and_then(|()| self.store.append(&frames));
        CollectorCounts::add(&self.counts.commits, 1);
        match appended {
            Ok(appended) => {
                self.works();
                let counted = frames.iter().zip(appended).take(from_outside);
                counted.for_each(|(frame, appended)| count(self.counts, frame, appended));
                for Reply { to, outcome } in replies {
                    answer(&to, outcome);
                }
            }
            Err(error) => {
                let reason = self.failed(&error);
                for Reply { to, .. } in replies {
                    answer(&to, WriteOutcome::Failed(reason.clone()));
                }
            }
        }
    }

    fn record(&mut self, loss: &LostInterval) -> WriteOutcome {
        match self.store.record_loss(loss) {
            Ok(appended) => {
                if appended == Appended::Stored {
                    CollectorCounts::add(&self.counts.frames_lost, loss.frames());
                }
                WriteOutcome::Loss(SequenceRange {
                    boot: loss.boot,
                    first: loss.first_sequence,
                    last: loss.last_sequence,
                })
            }
            Err(error) => WriteOutcome::Failed(self.failed(&error)),
        }
    }

    fn note(&mut self, rows: &[LedgerRow]) -> WriteOutcome {
        match self.store.note(rows) {
            Ok(()) => WriteOutcome::Ledger,
            Err(error) => WriteOutcome::Failed(self.failed(&error)),
        }
    }

    /// Counts a failure, and tells it unless it is the last one again.
    fn failed(&mut self, error: &StoreError) -> String {
        CollectorCounts::add(&self.counts.commits_failed, 1);
        let reason = Chain(error).to_string();
        if let Some(told) = self.complaint.failed(reason.clone()) {
            tracing::error!("nothing can be stored: {told}");
        }
        reason
    }

    fn works(&mut self) {
        if let Some(again) = self.complaint.works() {
            tracing::info!(again, "what comes is stored again");
        }
    }
}

impl Batch {
    fn add(&mut self, Submission { write, reply: to, held }: Submission) {
        self.held.push(held);
        let outcome = match write {
            Write::Frame { frame, meetings } => {
                let outcome = frame.id.as_ref().map_or(WriteOutcome::Request, durable);
                self.meetings.extend(meetings);
                self.frames.push(frame);
                outcome
            }
            Write::Request { frames, descriptions } => {
                self.frames.extend(frames);
                self.descriptions.extend(descriptions);
                WriteOutcome::Request
            }
            Write::Own(frame) => {
                self.own.push(frame);
                WriteOutcome::Own
            }
            Write::Loss(interval) => {
                self.losses.push(Loss { to, interval });
                return;
            }
            Write::Ledger(rows) => {
                self.noted.push(Noted { to, rows });
                return;
            }
        };
        self.replies.push(Reply { to, outcome });
    }
}

fn durable(FrameId { boot, sequence, .. }: &FrameId) -> WriteOutcome {
    WriteOutcome::Frame(SequenceRange { boot: *boot, first: *sequence, last: *sequence })
}

fn count(counts: &CollectorCounts, frame: &FrameWrite, appended: Appended) {
    match appended {
        Appended::Stored => {
            counts.note_moment(frame.timestamp_ms);
            CollectorCounts::add(&counts.frames_stored, 1);
            CollectorCounts::add(&counts.samples_stored, frame.values.len() as u64);
        }
        Appended::Duplicate => CollectorCounts::add(&counts.frames_duplicate, 1),
    }
}

/// A stream that is gone needs no answer: its agent sends again.
fn answer(to: &mpsc::Sender<WriteOutcome>, outcome: WriteOutcome) {
    let _ = to.try_send(outcome);
}

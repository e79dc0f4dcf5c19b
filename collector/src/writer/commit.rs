//! The writer thread: gathers what has been handed in and commits it as one batch with one sync.

use headroom_proto::chain::Chain;
use headroom_proto::wire::SequenceRange;
use tokio::sync::mpsc;

use super::{Submission, Write, WriteOutcome};
use crate::store::{Appended, FrameId, FrameWrite, LostInterval, Meeting, Store, StoreError};
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

/// What has been handed in since the last commit.
#[derive(Default)]
struct Batch {
    /// What came through the door.
    frames: Vec<FrameWrite>,
    /// What the collector says of itself, which the door does not count.
    own: Vec<FrameWrite>,
    meetings: Vec<Meeting>,
    replies: Vec<Reply>,
    losses: Vec<Loss>,
}

/// Commits what comes until nobody is left to hand in anything.
pub fn run(store: &Store, counts: &CollectorCounts, mut queue: mpsc::Receiver<Submission>) {
    let mut gathered = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut gathered, BATCH) > 0 {
        let mut batch = Batch::default();
        gathered.drain(..).for_each(|submission| batch.add(submission));
        let losses = std::mem::take(&mut batch.losses);
        if !batch.replies.is_empty() {
            append(store, counts, batch);
        }
        // After the frames: one that arrived after all is no loss.
        for Loss { to, interval } in losses {
            answer(&to, record(store, counts, &interval));
        }
    }
}

impl Batch {
    fn add(&mut self, Submission { write, reply: to }: Submission) {
        let outcome = match write {
            Write::Frame { frame, meetings } => {
                let outcome = frame.id.as_ref().map_or(WriteOutcome::Request, durable);
                self.meetings.extend(meetings);
                self.frames.push(frame);
                outcome
            }
            Write::Request(frames) => {
                self.frames.extend(frames);
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
        };
        self.replies.push(Reply { to, outcome });
    }
}

fn append(store: &Store, counts: &CollectorCounts, batch: Batch) {
    let Batch { mut frames, own, meetings, replies, losses: _ } = batch;
    let from_outside = frames.len();
    frames.extend(own);
    // Meetings first: what is known of one does not change if its frame comes again.
    let noted = if meetings.is_empty() { Ok(()) } else { store.record_meetings(&meetings) };
    let appended = noted.and_then(|()| store.append(&frames));
    CollectorCounts::add(&counts.commits, 1);
    match appended {
        Ok(appended) => {
            let counted = frames.iter().zip(appended).take(from_outside);
            counted.for_each(|(frame, appended)| count(counts, frame, appended));
            for Reply { to, outcome } in replies {
                answer(&to, outcome);
            }
        }
        Err(error) => {
            report(&error);
            for Reply { to, .. } in replies {
                answer(&to, WriteOutcome::Failed(error.to_string()));
            }
        }
    }
}

fn durable(FrameId { boot, sequence, .. }: &FrameId) -> WriteOutcome {
    WriteOutcome::Frame(SequenceRange { boot: *boot, first: *sequence, last: *sequence })
}

fn record(store: &Store, counts: &CollectorCounts, loss: &LostInterval) -> WriteOutcome {
    match store.record_loss(loss) {
        Ok(appended) => {
            if appended == Appended::Stored {
                CollectorCounts::add(&counts.frames_lost, loss.frames());
            }
            WriteOutcome::Loss(SequenceRange {
                boot: loss.boot,
                first: loss.first_sequence,
                last: loss.last_sequence,
            })
        }
        Err(error) => {
            report(&error);
            WriteOutcome::Failed(error.to_string())
        }
    }
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

fn report(error: &StoreError) {
    tracing::error!("{}", Chain(error));
}

/// A stream that is gone needs no answer: its agent sends again.
fn answer(to: &mpsc::Sender<WriteOutcome>, outcome: WriteOutcome) {
    let _ = to.try_send(outcome);
}

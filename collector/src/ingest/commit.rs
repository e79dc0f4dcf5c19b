//! The one writer: gathers what all streams hand in and commits it as one batch with one sync.

use std::sync::Arc;

use headroom_proto::chain::Chain;
use headroom_proto::wire::SequenceRange;
use tokio::sync::mpsc;

use crate::store::{Appended, FrameId, FrameWrite, LostInterval, Meeting, Store, StoreError};
use crate::telemetry::Counts;

/// The most that waits for the writer; beyond it streams wait, and agents with them.
const QUEUE: usize = 4096;

/// The most frames in one commit.
const BATCH: usize = 4096;

/// What a stream hands in.
pub enum Write {
    /// A frame, and what came with it of meetings.
    Frame(FrameWrite, Vec<Meeting>),
    /// Frames without a name, of one request.
    Batch(Vec<FrameWrite>),
    Loss(LostInterval),
}

/// What became of it.
pub enum Written {
    /// The frame is durable.
    Frame(SequenceRange),
    /// The whole request is.
    Batch,
    /// The loss is.
    Loss(SequenceRange),
    /// The store takes no more; the reason, for the stream's status.
    Failed(String),
}

/// A write and where its outcome goes. The way back never blocks: a stream hands in no more than
/// its channel holds.
pub struct Request {
    pub write: Write,
    pub reply: mpsc::Sender<Written>,
}

/// The way to the writer thread, which ends when the last of these is gone.
#[derive(Clone)]
pub struct Committer {
    requests: mpsc::Sender<Request>,
}

impl Committer {
    /// Starts the thread.
    pub fn start(store: Arc<Store>, counts: Arc<Counts>) -> std::io::Result<Self> {
        let (requests, queue) = mpsc::channel(QUEUE);
        let work = move || run(&store, &counts, queue);
        std::thread::Builder::new().name("store-writer".into()).spawn(work)?;
        Ok(Self { requests })
    }

    /// Hands in a write; waits while the queue is full.
    pub async fn submit(&self, request: Request) -> bool {
        self.requests.send(request).await.is_ok()
    }
}

fn run(store: &Store, counts: &Counts, mut queue: mpsc::Receiver<Request>) {
    let mut gathered = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut gathered, BATCH) > 0 {
        let mut frames = Vec::with_capacity(gathered.len());
        let mut replies = Vec::with_capacity(gathered.len());
        let mut losses = Vec::new();
        let mut meetings = Vec::new();
        for Request { write, reply } in gathered.drain(..) {
            match write {
                Write::Frame(frame, own) => {
                    meetings.extend(own);
                    replies.push((reply, written(frame.id.as_ref())));
                    frames.push(frame);
                }
                Write::Batch(batch) => {
                    replies.push((reply, Written::Batch));
                    frames.extend(batch);
                }
                Write::Loss(loss) => losses.push((reply, loss)),
            }
        }
        if !frames.is_empty() {
            append(store, counts, (&frames, &meetings), replies);
        }
        // After the frames: one that arrived after all is no loss.
        for (reply, loss) in losses {
            answer(&reply, record(store, counts, &loss));
        }
    }
}

fn append(
    store: &Store,
    counts: &Counts,
    (frames, meetings): (&[FrameWrite], &[Meeting]),
    replies: Vec<(mpsc::Sender<Written>, Written)>,
) {
    // Meetings first: what is known of one does not change if its frame comes again.
    let noted = if meetings.is_empty() { Ok(()) } else { store.record_meetings(meetings) };
    let outcome = noted.and_then(|()| store.append(frames));
    Counts::add(&counts.commits, 1);
    match outcome {
        Ok(outcomes) => {
            frames.iter().zip(outcomes).for_each(|(frame, outcome)| count(counts, frame, outcome));
            for (reply, written) in replies {
                answer(&reply, written);
            }
        }
        Err(error) => {
            report(&error);
            for (reply, _) in &replies {
                answer(reply, Written::Failed(error.to_string()));
            }
        }
    }
}

fn written(id: Option<&FrameId>) -> Written {
    id.map_or(Written::Batch, |FrameId { boot, sequence, .. }| {
        Written::Frame(SequenceRange { boot: *boot, first: *sequence, last: *sequence })
    })
}

fn record(store: &Store, counts: &Counts, loss: &LostInterval) -> Written {
    match store.record_loss(loss) {
        Ok(outcome) => {
            if outcome == Appended::Stored {
                Counts::add(&counts.frames_lost, loss.frames());
            }
            Written::Loss(SequenceRange {
                boot: loss.boot,
                first: loss.first_sequence,
                last: loss.last_sequence,
            })
        }
        Err(error) => {
            report(&error);
            Written::Failed(error.to_string())
        }
    }
}

fn count(counts: &Counts, frame: &FrameWrite, outcome: Appended) {
    match outcome {
        Appended::Stored => {
            Counts::add(&counts.frames_stored, 1);
            Counts::add(&counts.samples_stored, frame.values.len() as u64);
        }
        Appended::Duplicate => Counts::add(&counts.frames_duplicate, 1),
    }
}

fn report(error: &StoreError) {
    tracing::error!("{}", Chain(error));
}

/// A stream that is gone needs no answer: its agent sends again.
fn answer(reply: &mpsc::Sender<Written>, written: Written) {
    let _ = reply.try_send(written);
}

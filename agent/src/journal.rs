//! The journal: one task that turns readings into frames, keeps the newest in memory, and knows what
//! became of each. It touches no file and waits for nobody but for messages.
//!
//! It shares the uplink's thread: neither ever blocks, and between threads each message would cost more
//! than all that is done with it.
//!
//! Producers hand readings in through an [`Inlet`], the uplink asks through the [`Outlet`], and the
//! spool's thread behind it keeps on disk what it is handed. While the disk hangs, frames and
//! acknowledgements flow past it.

mod book;
mod inlet;
mod outlet;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use headroom_proto::wire::Acknowledgement;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

pub use self::book::Delivery;
use self::book::{Book, MemoryLimits};
pub use self::inlet::{Inlet, READINGS};
pub use self::outlet::{Deliveries, Outlet};
use crate::frames::Backlog;
use crate::series::Reading;
use crate::spool::work::{Reply, Work};
use crate::spool::{self, MEMORY_BYTES, SpoolOptions};
use crate::telemetry::Telemetry;

/// Messages on their way to the journal. Readings beyond it are dropped and counted; the uplink and
/// the spool wait.
const INBOX: usize = 64;

/// The way to the journal's task, which ends with it.
pub struct Journal {
    inbox: mpsc::Sender<Message>,
    _task: JoinSet<()>,
}

/// What the journal is told.
enum Message {
    /// A producer has read something, and wants the reading's memory back.
    Reading(Box<Reading>, SyncSender<Box<Reading>>),
    /// A stream to the collector has been opened.
    Begin(StreamEnds),
    /// It has ended.
    End,
    /// The collector has made something durable.
    Acknowledged(Acknowledgement),
    /// So many frames of the backlog are wanted.
    Want(usize, oneshot::Sender<Backlog>),
    /// The spool's thread says something.
    Spool(Reply),
    /// Nothing comes any more.
    Finish(oneshot::Sender<()>),
}

/// What the journal goes on for.
enum Event {
    Told(Message),
    /// The spool is to get what was not acknowledged in time.
    Due,
}

/// What the journal holds of an open stream.
struct StreamEnds {
    deliveries: mpsc::Sender<Delivery>,
    behind: watch::Sender<bool>,
}

impl Journal {
    /// Starts the journal of a boot, and its spool. Within a runtime.
    pub fn start(options: SpoolOptions, boot: u64, telemetry: Arc<Telemetry>) -> io::Result<Self> {
        let (inbox, messages) = mpsc::channel(INBOX);
        let limits = MemoryLimits {
            bytes: MEMORY_BYTES,
            age: options.max_age,
            on_its_way: options.write_after,
        };
        let replies = inbox.clone();
        // Whoever listens no more needs no reply.
        let reply = move |reply| drop(replies.blocking_send(Message::Spool(reply)));
        let works = spool::thread::start(options, boot, reply)?;
        let desk = Desk {
            book: Book::new(boot, limits),
            works,
            telemetry,
            stream: None,
            wanting: None,
            finishing: None,
        };
        let mut task = JoinSet::new();
        task.spawn(desk.run(messages));
        Ok(Self { inbox, _task: task })
    }

    /// A way in, for one producer.
    pub fn inlet(&self) -> Inlet {
        Inlet::new(self.inbox.clone())
    }

    /// The way out, for the uplink.
    pub fn outlet(&self) -> Outlet {
        Outlet::new(self.inbox.clone())
    }

    /// Waits until all that waits lies on disk. While the disk hangs, this waits too.
    pub async fn finish(&self) {
        let (done, finished) = oneshot::channel();
        if self.inbox.send(Message::Finish(done)).await.is_ok() {
            // A journal that is gone has finished.
            let _ = finished.await;
        }
    }
}

/// The journal's task: passes on between the book and all others.
struct Desk {
    book: Book,
    works: SyncSender<Work>,
    telemetry: Arc<Telemetry>,
    stream: Option<StreamEnds>,
    wanting: Option<oneshot::Sender<Backlog>>,
    finishing: Option<oneshot::Sender<()>>,
}

impl Desk {
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(event) = self.next(&mut messages).await {
            if let Event::Told(message) = event {
                self.take(message);
            }
            self.deliver();
            if let Some(work) = self.book.next_work(Instant::now()) {
                // One is under way at a time, so there is room; a thread that is gone replies nothing.
                let _ = self.works.try_send(work);
            }
            self.telemetry.set_waiting(&self.book.waiting());
            if let Some(done) = self.finishing.take_if(|_| self.book.is_finished()) {
                let _ = done.send(());
                return;
            }
        }
    }

    /// Waits for what comes first; for nothing, once nobody is left to tell anything.
    async fn next(&self, messages: &mut mpsc::Receiver<Message>) -> Option<Event> {
        let Some(due) = self.book.due() else { return messages.recv().await.map(Event::Told) };
        tokio::select! {
            message = messages.recv() => message.map(Event::Told),
            () = tokio::time::sleep_until(due.into()) => Some(Event::Due),
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Reading(mut reading, back) => {
                self.book.take(&mut reading, Instant::now());
                // A producer that has ended needs no memory.
                let _ = back.try_send(reading);
            }
            Message::Begin(ends) => {
                self.book.begin_stream();
                self.stream = Some(ends);
            }
            Message::End => {
                self.book.end_stream();
                self.stream = None;
            }
            Message::Acknowledged(acknowledgement) => self.book.acknowledge(&acknowledgement),
            Message::Want(frames, answer) => match self.book.want_backlog(frames) {
                Some(backlog) => drop(answer.send(backlog)),
                None => self.wanting = Some(answer),
            },
            Message::Spool(reply) => {
                if let Some(backlog) = self.book.take_reply(reply)
                    && let Some(answer) = self.wanting.take()
                {
                    let _ = answer.send(backlog);
                }
            }
            Message::Finish(done) => {
                self.book.finish();
                self.finishing = Some(done);
            }
        }
    }

    /// Sends what is to be sent at once, as far as the uplink takes it.
    fn deliver(&mut self) {
        let Some(StreamEnds { deliveries, behind }) = &self.stream else { return };
        while let Ok(place) = deliveries.try_reserve() {
            let Some(delivery) = self.book.next_delivery() else { break };
            place.send(delivery);
        }
        behind.send_if_modified(|behind| {
            let before = std::mem::replace(behind, self.book.is_behind());
            before != *behind
        });
    }
}

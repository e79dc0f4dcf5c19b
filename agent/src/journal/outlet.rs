//! The way out of the journal, for the uplink: what it asks and tells.

use headroom_proto::wire::Acknowledgement;
use tokio::sync::{mpsc, oneshot, watch};

use super::book::Delivery;
use super::{Message, StreamEnds};
use crate::frames::Backlog;

/// What may be under way to the uplink. What finds no room is kept for the backlog.
const DELIVERIES: usize = 64;

/// Asks the journal. When it is full, the uplink waits; when it is gone, nothing comes any more.
pub struct Outlet {
    inbox: mpsc::Sender<Message>,
}

/// What comes out for an open stream.
pub struct Deliveries {
    /// What is new, and what waits in memory. Ends with the journal.
    pub live: mpsc::Receiver<Delivery>,
    /// Whether there may be a backlog, which has to be asked for.
    pub behind: watch::Receiver<bool>,
}

impl Outlet {
    pub(super) fn new(inbox: mpsc::Sender<Message>) -> Self {
        Self { inbox }
    }

    /// A stream has been opened: what is to be sent on it comes from now on.
    pub async fn begin_stream(&self) -> Deliveries {
        let (deliveries, live) = mpsc::channel(DELIVERIES);
        let (told, behind) = watch::channel(false);
        let _ = self.inbox.send(Message::Begin(StreamEnds { deliveries, behind: told })).await;
        Deliveries { live, behind }
    }

    /// The stream has ended.
    pub async fn end_stream(&self) {
        let _ = self.inbox.send(Message::End).await;
    }

    /// The collector has made something durable.
    pub async fn acknowledge(&self, acknowledgement: Acknowledgement) {
        let _ = self.inbox.send(Message::Acknowledged(acknowledgement)).await;
    }

    /// Asks for frames of the backlog; the answer may take as long as the disk does. An answer that is
    /// asked for anew is given once.
    pub async fn want_backlog(&self, frames: usize) -> oneshot::Receiver<Backlog> {
        let (answer, backlog) = oneshot::channel();
        let _ = self.inbox.send(Message::Want(frames, answer)).await;
        backlog
    }
}

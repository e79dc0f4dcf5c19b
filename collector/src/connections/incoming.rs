//! The connections that come in on a listener, as far as there is room for them.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use headroom_proto::seldom::Seldom;
use tokio::net::TcpListener;
use tokio::time::{Sleep, sleep};
use tokio_stream::Stream;

use super::{Connections, Watched};
use crate::telemetry::Shut;

/// How long is waited after the system had nothing to give, such as a descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// So many are turned away before others have their turn.
const TURN: usize = 64;

/// Never ends, and tells no error: what fails is counted, told to the log, and tried again.
pub struct Incoming {
    listener: TcpListener,
    connections: Arc<Connections>,
    pause: Option<Pin<Box<Sleep>>>,
    told: Seldom,
}

impl Incoming {
    /// Of this listener.
    pub fn new(listener: TcpListener, connections: Arc<Connections>) -> Self {
        Self { listener, connections, pause: None, told: Seldom::default() }
    }

    fn failed(&mut self, error: &Error) {
        self.connections.counts().refuse(Shut::System);
        if let Some(before) = self.told.tell("", Instant::now()) {
            tracing::error!(before, "failed to take a connection: {error}");
        }
        self.pause = Some(Box::pin(sleep(PAUSE)));
    }
}

impl Stream for Incoming {
    type Item = Result<Watched, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for _ in 0..TURN {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((stream, address)) => {
                    // Dropped, and so ended, if there is no room.
                    if let Ok(caller) = self.connections.enter(address, Instant::now()) {
                        return Poll::Ready(Some(Ok(Watched::new(stream, caller))));
                    }
                }
                // It ended before it was taken.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionAborted
                            | ErrorKind::ConnectionReset
                            | ErrorKind::ConnectionRefused
                    ) => {}
                Err(error) => self.failed(&error),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

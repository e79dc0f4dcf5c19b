//! What waits while nobody knows whose clock is wrong: it is neither taken nor refused, and nothing
//! behind it is read.

use std::time::Duration;

use headroom_proto::wire::AgentMessage;
use headroom_proto::wire::agent_message::Message as Up;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use super::AgentStream;
use crate::clock::now_ms;
use crate::ingest::frames::{TakenTimes, Untimely};
use crate::writer::WriteOutcome;

/// How long a frame waits, and its stream with it, while it is not known whose clock is wrong. Then
/// the stream ends, before its agent gives up on an answer.
const HOLD: Duration = Duration::from_secs(15);

/// How often it is asked again meanwhile.
const HELD_LOOK: Duration = Duration::from_secs(1);

/// What may be old or future by the collector's clock alone: it is neither taken nor refused yet.
pub(super) struct Held {
    message: Up,
    since: Instant,
    next_look: Instant,
}

impl Held {
    /// From now on.
    pub(super) fn new(message: Up) -> Self {
        let since = Instant::now();
        Self { message, since, next_look: since + HELD_LOOK }
    }
}

impl AgentStream {
    /// Whether it may be the collector's clock that makes this old or future. What is refused then is
    /// forgotten by its agent for good, so it waits.
    pub(super) fn is_in_doubt(&self, message: &Up) -> bool {
        self.untimely(message).is_some() && self.door.clocks.doubt(Some(&self.agent.instance))
    }

    fn untimely(&self, message: &Up) -> Option<Untimely> {
        let timestamp_ms = match message {
            Up::Frame(frame) => frame.timestamp_ms,
            Up::Loss(loss) => loss.last_timestamp_ms,
            Up::Series(_) | Up::SettingsApplied(_) | Up::Hello(_) => return None,
        };
        self.times().untimely(timestamp_ms)
    }

    pub(super) fn times(&self) -> TakenTimes {
        TakenTimes { now_ms: now_ms(), oldest: self.door.oldest }
    }

    /// Looks whether what is held can be taken now, or refused; after a while the stream ends, and the
    /// agent keeps it.
    pub(super) async fn look_again(
        &mut self,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        let Some(Held { message, since, .. }) = self.held.take() else { return Ok(()) };
        if !self.is_in_doubt(&message) {
            return self.take(AgentMessage { message: Some(message) }, reply).await;
        }
        if since.elapsed() >= HOLD {
            let what = self.untimely(&message).map_or_else(String::new, |what| what.message);
            return Err(Status::unavailable(format!(
                "{what}, but the collector's own clock may be wrong; frames wait"
            )));
        }
        self.held = Some(Held { message, since, next_look: Instant::now() + HELD_LOOK });
        Ok(())
    }
}

/// Waits until what is held is to be looked at again; for ever, if nothing is.
pub(super) async fn next_look(held: Option<&Held>) {
    match held {
        Some(held) => tokio::time::sleep_until(held.next_look).await,
        None => std::future::pending().await,
    }
}

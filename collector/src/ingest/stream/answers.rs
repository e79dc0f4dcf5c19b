//! What an agent is told: what is durable, and what is refused, without saying the same for ever.

use headroom_proto::log::shown;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{Acknowledgement, CollectorMessage, Refusal, SequenceRange};
use tokio::time::Instant;
use tonic::Status;

use super::AgentStream;
use crate::ingest::frames::Refused;
use crate::writer::WriteOutcome;

/// The most series whose samples' refusal is told to the agent; the counter has them all.
const TOLD: usize = 100;

impl AgentStream {
    /// Tells the agent of a refusal: of a frame always, since it waits for an answer; of a series
    /// once.
    pub(super) async fn tell(&mut self, refusal: Refusal, refused: Refused) -> Result<(), Status> {
        let reason = refused.message;
        if !refusal.whole_frame {
            if self.told.len() >= TOLD || !self.told.insert(reason.clone()) {
                return Ok(());
            }
            let (instance, why) = (&*self.agent.instance, shown(&reason));
            if let Some(before) = self.tell_log(&format!("{instance} {why}")) {
                tracing::warn!(instance, before, "refused samples: {why}");
            }
        }
        self.answer(Down::Refusal(Refusal { reason, ..refusal })).await
    }

    /// Whether to tell the log of something that the agent could repeat at will.
    pub(super) fn tell_log(&self, subject: &str) -> Option<u64> {
        self.door.told.tell(subject, Instant::now().into_std())
    }

    pub(super) async fn acknowledge(&self, outcomes: &mut Vec<WriteOutcome>) -> Result<(), Status> {
        let mut acknowledgement = Acknowledgement::default();
        let mut failed = None;
        for outcome in outcomes.drain(..) {
            match outcome {
                WriteOutcome::Frame(range) => join(&mut acknowledgement.frames, range),
                // Only remote writes and the collector itself have those.
                WriteOutcome::Request | WriteOutcome::Own | WriteOutcome::Ledger => {}
                WriteOutcome::Loss(range) => acknowledgement.losses.push(range),
                WriteOutcome::Failed(reason) => failed = Some(Status::unavailable(reason)),
            }
        }
        if !acknowledgement.frames.is_empty() || !acknowledgement.losses.is_empty() {
            self.answer(Down::Acknowledgement(acknowledgement)).await?;
        }
        failed.map_or(Ok(()), Err)
    }

    pub(super) async fn answer(&self, message: Down) -> Result<(), Status> {
        let message = CollectorMessage { message: Some(message) };
        self.answers.send(Ok(message)).await.map_err(|_| Status::cancelled("the agent has gone"))
    }
}

/// Adds a range to a list, joined to the last one if it continues it.
fn join(ranges: &mut Vec<SequenceRange>, range: SequenceRange) {
    match ranges.last_mut() {
        Some(last) if last.boot == range.boot && last.last + 1 == range.first => {
            last.last = range.last;
        }
        _ => ranges.push(range),
    }
}

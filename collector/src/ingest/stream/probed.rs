//! Rounds of pings go with the frame that they came in, and become series of it.

use std::sync::Arc;

use headroom_proto::wire::{ProbeRound, Refusal};
use tonic::Status;

use super::AgentStream;
use crate::ingest::rounds::Teller;
use crate::store::{Claim, FrameWrite};

impl AgentStream {
    /// Adds the series of rounds to the frame that they came in. What is refused of them costs the frame
    /// nothing.
    pub(super) async fn add_rounds(
        &mut self,
        mut frame: FrameWrite,
        rounds: Vec<ProbeRound>,
    ) -> Result<FrameWrite, Status> {
        if rounds.is_empty() {
            return Ok(frame);
        }
        let known = std::mem::take(&mut self.rounds);
        let told_ms = frame.timestamp_ms;
        let (writer, settings) = (self.door.writer.clone(), Arc::clone(&self.door.settings));
        let instance = Arc::clone(&self.agent.instance);
        // New series may each wait for a commit to leave the store's index.
        let work = move || {
            let given = settings.given(&instance);
            let resolve = |pairs: &[(&str, &str)]| writer.series_id_of(pairs, Claim::Own);
            let teller = Teller { agent: &instance, given: &given, told_ms };
            known.samples(teller, &rounds, resolve)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let told = done.map_err(|error| Status::internal(error.to_string()))?;
        self.rounds = told.known;
        let boot = frame.id.as_ref().map_or(0, |id| id.boot);
        frame.series = frame.series.iter().copied().chain(told.series).collect();
        frame.values.extend(told.values);
        frame.rounds = told.rounds;
        for refused in told.refused {
            self.door.counts.refuse(refused.reason, refused.samples);
            self.tell(Refusal { boot, ..Refusal::default() }, refused).await?;
        }
        Ok(frame)
    }
}

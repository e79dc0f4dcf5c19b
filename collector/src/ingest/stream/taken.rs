//! What an agent sends: checked here, and handed to the writer with the memory that it takes. It
//! answers nothing itself but refusals.

use std::sync::Arc;

use headroom_proto::log::shown;
use headroom_proto::panics;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{
    Acknowledgement, Frame, Loss, Refusal, RefusedSetting, SequenceRange, SeriesDefinition,
    SeriesDefinitions, SettingsApplied,
};
use tokio::sync::mpsc;
use tonic::Status;

use super::AgentStream;
use crate::ingest::frames::{Checked, Refused, StreamSeries};
use crate::ingest::losses;
use crate::store::{Claim, LostInterval};
use crate::telemetry::CollectorCounts;
use crate::writer::{self, Submission, Write, WriteOutcome};

/// What a value takes until it is durable, in bytes: in the frame with its ids, and in the log.
const VALUE_BYTES: usize = 8 + 4 + 4 + 12;

/// What a meeting takes.
const MEETING_BYTES: usize = 512;

/// And a round of pings.
const ROUND_BYTES: usize = 512;

impl AgentStream {
    pub(super) fn take_echo(&self, echo: SettingsApplied) {
        let instance = &*self.agent.instance;
        let SettingsApplied { version, refused } = self.door.settings.keep_echo(instance, echo);
        let subject = format!("{instance} settings {version}");
        if let Some(before) = self.tell_log(&subject) {
            tracing::info!(
                instance,
                version,
                refused = refused.len(),
                before,
                "agent applied settings"
            );
            for RefusedSetting { setting, reason } in &refused {
                let (setting, reason) = (shown(setting), shown(reason));
                tracing::warn!(instance, setting, "agent refused a setting: {reason}");
            }
        }
        CollectorCounts::add(&self.door.counts.settings_refused, refused.len() as u64);
    }

    pub(super) async fn define(&mut self, definitions: SeriesDefinitions) -> Result<(), Status> {
        let boot = definitions.boot;
        let nothing = StreamSeries::new(Arc::clone(&self.agent.instance));
        let mut series = std::mem::replace(&mut self.series, nothing);
        let writer = self.door.writer.clone();
        // There may be thousands, and each may wait for a commit to leave the store's index.
        let work = move || {
            let mut refused = Vec::new();
            for definition in &definitions.series {
                let resolve = |pairs: &[(&str, &str)]| writer.series_id_of(pairs, Claim::Own);
                let define = || series.define(boot, definition, resolve);
                let defined = panics::catch("the check of a series", || hash(definition), define);
                refused.extend(defined.unwrap_or_else(|error| Err(Refused::broken(&error))).err());
            }
            (series, refused)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let (series, refused) = done.map_err(|error| Status::internal(error.to_string()))?;
        self.series = series;
        for refused in refused {
            self.tell(Refusal { boot, ..Refusal::default() }, refused).await?;
        }
        Ok(())
    }

    pub(super) async fn take_frame(
        &mut self,
        frame: Frame,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        let times = self.times();
        let (boot, sequence) = (frame.boot, frame.sequence);
        let samples = frame.values.len() as u64;
        let name = || panics::hash(&(boot, sequence));
        let check = || self.series.check(frame, times);
        let checked = panics::catch("the check of a frame", name, check).unwrap_or_else(|error| {
            let refused = vec![Refused { samples, ..Refused::broken(&error) }];
            Checked { refused, ..Checked::default() }
        });
        let whole_frame = checked.write.is_none();
        for refused in checked.refused {
            self.door.counts.refuse(refused.reason, refused.samples);
            let refusal = Refusal {
                boot,
                sequence,
                samples: refused.samples,
                whole_frame,
                ..Refusal::default()
            };
            self.tell(refusal, refused).await?;
        }
        match checked.write {
            Some(frame) => {
                let frame = self.add_rounds(frame, checked.rounds).await?;
                let meetings = checked.meetings;
                let values = frame.values.len() * VALUE_BYTES;
                let rounds = frame.rounds.len() * ROUND_BYTES;
                let bytes = values + rounds + meetings.len() * MEETING_BYTES;
                let held = self.hold(bytes).await?;
                let write = Write::Frame { frame, meetings };
                self.submit(Submission { write, reply: reply.clone(), held }).await
            }
            None => Ok(()),
        }
    }

    /// A report that cannot be true is acknowledged like any other, or its agent would repeat it on
    /// each stream for ever.
    pub(super) async fn take_loss(
        &mut self,
        loss: &Loss,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        let instance = &*self.agent.instance;
        let times = self.times();
        match losses::check(&self.agent.instance, loss, times) {
            Ok(lost) => {
                let LostInterval { first_ms: from_ms, last_ms: to_ms, samples, .. } = lost;
                if let Some(before) = self.tell_log(&format!("{instance} lost")) {
                    tracing::warn!(instance, from_ms, to_ms, samples, before, "agent lost frames");
                }
                let (write, reply) = (Write::Loss(lost), reply.clone());
                self.submit(Submission { write, reply, held: writer::Held::Nothing }).await
            }
            Err(reason) => {
                CollectorCounts::add(&self.door.counts.losses_refused, 1);
                if let Some(before) = self.tell_log(&format!("{instance} refused loss")) {
                    tracing::warn!(instance, before, "refused a report of lost frames: {reason}");
                }
                let (boot, first, last) = (loss.boot, loss.first_sequence, loss.last_sequence);
                let losses = vec![SequenceRange { boot, first, last }];
                let done = Acknowledgement { frames: Vec::new(), losses };
                self.answer(Down::Acknowledgement(done)).await
            }
        }
    }

    /// Waits for memory, which those before it give back once they are durable.
    async fn hold(&self, bytes: usize) -> Result<writer::Held, Status> {
        let permits = (1 + bytes / 1024).min(self.door.permits) as u32;
        let memory = Arc::clone(&self.door.memory).acquire_many_owned(permits).await;
        memory.map(writer::Held::Permit).map_err(|closed| Status::unavailable(closed.to_string()))
    }

    async fn submit(&mut self, submission: Submission) -> Result<(), Status> {
        self.in_flight += 1;
        let submitted = self.door.writer.submit(submission).await;
        submitted.map_err(|ended| Status::unavailable(ended.to_string()))
    }
}

/// What names a definition in the log.
fn hash(definition: &SeriesDefinition) -> u64 {
    let labels = definition.labels.iter().map(|label| (&label.name, &label.value));
    panics::hash(&(&definition.metric, labels.collect::<Vec<_>>()))
}

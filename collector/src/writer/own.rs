//! The door for series of the collector's own: its numbers become samples of `job="headroom"`, so
//! that graphs, rules and queries see them like those of any host.
//!
//! They name no agent's frames, by which hosts are known: the collector is in no list of hosts.

use std::sync::Arc;

use headroom_proto::metric::{INSTANCE, JOB, OWN_JOB};
use tokio::sync::mpsc;

use super::{Held, Submission, Write, WriteOutcome, Writer, WriterEnded};
use crate::samples::{Labels, METRIC};
use crate::store::{Claim, FrameWrite, PathRound, RoundWrite, SeriesId, SeriesLimit};
use crate::telemetry::OwnNumber;

/// Why the collector's own numbers are not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnSeriesError {
    /// The collector's instance has as many series as it may.
    #[error("failed to store the collector's own numbers")]
    Limit(#[from] SeriesLimit),
    /// The store takes nothing.
    #[error("failed to store the collector's own numbers: {0}")]
    Refused(String),
    /// The writer has ended.
    #[error("failed to store the collector's own numbers")]
    Ended(#[from] WriterEnded),
}

/// Stores what the collector says of itself under one instance.
pub struct OwnSeries {
    writer: Writer,
    instance: Arc<str>,
}

impl OwnSeries {
    /// Stores under `instance`, the collector's own name.
    pub fn new(writer: Writer, instance: Arc<str>) -> Self {
        Self { writer, instance }
    }

    /// The same of what is said of another instance.
    #[must_use]
    pub fn of(&self, instance: Arc<str>) -> Self {
        Self { writer: self.writer.clone(), instance }
    }

    /// Makes the numbers of one moment durable.
    pub async fn store(
        &self,
        numbers: &[OwnNumber],
        timestamp_ms: i64,
    ) -> Result<(), OwnSeriesError> {
        let series = numbers.iter().map(|number| self.series_id(number)).collect::<Result<_, _>>();
        let values = numbers.iter().map(|number| number.value).collect();
        self.append(FrameWrite {
            id: None,
            timestamp_ms,
            series: series?,
            values,
            rounds: Vec::new(),
        })
        .await
    }

    /// Makes samples of one moment durable, whose labels are given whole.
    pub async fn store_labelled(
        &self,
        told: &[(Labels, f64)],
        timestamp_ms: i64,
    ) -> Result<(), OwnSeriesError> {
        let (series, values) = self.labelled(told)?;
        let (series, rounds) = (series.into(), Vec::new());
        self.append(FrameWrite { id: None, timestamp_ms, series, values, rounds }).await
    }

    /// Makes several rounds of one moment durable, all or none of them: each with its samples, the first of
    /// which names its path.
    pub async fn store_rounds(
        &self,
        told: Vec<(Vec<(Labels, f64)>, PathRound)>,
        timestamp_ms: i64,
    ) -> Result<(), OwnSeriesError> {
        let (mut series, mut values, mut rounds) = (Vec::new(), Vec::new(), Vec::new());
        for (told, round) in told {
            let (ids, numbers) = self.labelled(&told)?;
            rounds.extend(ids.first().map(|path| RoundWrite { path: *path, round }));
            series.extend(ids);
            values.extend(numbers);
        }
        let series = series.into();
        self.append(FrameWrite { id: None, timestamp_ms, series, values, rounds }).await
    }

    /// Series and values of samples whose labels are given whole.
    fn labelled(&self, told: &[(Labels, f64)]) -> Result<(Vec<SeriesId>, Vec<f64>), SeriesLimit> {
        let id = |(labels, _): &(Labels, f64)| {
            let mut pairs: Vec<(&str, &str)> = labels.iter().collect();
            pairs.sort_unstable();
            self.writer.series_id_of(&pairs, Claim::Own)
        };
        let series = told.iter().map(id).collect::<Result<_, _>>()?;
        Ok((series, told.iter().map(|(_, value)| *value).collect()))
    }

    async fn append(&self, frame: FrameWrite) -> Result<(), OwnSeriesError> {
        let (reply, mut outcome) = mpsc::channel(1);
        let held = Held::Nothing;
        self.writer.submit(Submission { write: Write::Own(frame), reply, held }).await?;
        match outcome.recv().await {
            Some(WriteOutcome::Own) => Ok(()),
            Some(WriteOutcome::Failed(reason)) => Err(OwnSeriesError::Refused(reason)),
            Some(
                WriteOutcome::Frame(_)
                | WriteOutcome::Request
                | WriteOutcome::Loss(_)
                | WriteOutcome::Ledger,
            )
            | None => Err(WriterEnded.into()),
        }
    }

    fn series_id(&self, number: &OwnNumber) -> Result<SeriesId, SeriesLimit> {
        let own = [(METRIC, number.metric.name), (INSTANCE, &*self.instance), (JOB, OWN_JOB)];
        let mut pairs: Vec<(&str, &str)> = own.into_iter().chain(number.labels()).collect();
        pairs.sort_unstable();
        self.writer.series_id_of(&pairs, Claim::Own)
    }
}

//! The door for what rules find: recordings, states of alerts, and the ends of both. Series of any
//! name, which nobody's token names.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::own::OwnSeriesError;
use super::{Held, Submission, Write, WriteOutcome, Writer, WriterEnded};
use crate::samples::Labels;
use crate::store::{Claim, FrameWrite, SeriesId, SeriesLimit};

/// Stores what rules find.
#[derive(Clone)]
pub struct RuleSeries(Writer);

/// A sample of a rule.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// Its series.
    pub labels: Labels,
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// Its value.
    pub value: f64,
}

/// Samples of one moment.
#[derive(Default)]
struct Moment {
    series: Vec<SeriesId>,
    values: Vec<f64>,
}

impl RuleSeries {
    /// Hands in to this writer.
    pub fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Makes samples durable; answers with how many could not be, for want of room for their
    /// series, and why.
    pub async fn store(
        &self,
        samples: Vec<Ruled>,
    ) -> Result<Option<(u64, SeriesLimit)>, OwnSeriesError> {
        let mut moments: BTreeMap<i64, Moment> = BTreeMap::new();
        let mut refused = None;
        for Ruled { labels, at_ms, value } in samples {
            let pairs: Vec<(&str, &str)> = labels.iter().collect();
            match self.0.series_id_of(&pairs, Claim::Guest) {
                Ok(id) => {
                    let moment = moments.entry(at_ms).or_default();
                    moment.series.push(id);
                    moment.values.push(value);
                }
                Err(limit) => {
                    let (count, _) = refused.get_or_insert((0, limit));
                    *count += 1;
                }
            }
        }
        let (reply, mut outcomes) = mpsc::channel(moments.len().max(1));
        let count = moments.len();
        for (timestamp_ms, Moment { series, values }) in moments {
            let frame = FrameWrite {
                id: None,
                timestamp_ms,
                series: series.into(),
                values,
                rounds: Vec::new(),
            };
            let (reply, held) = (reply.clone(), Held::Nothing);
            self.0.submit(Submission { write: Write::Own(frame), reply, held }).await?;
        }
        for _ in 0..count {
            match outcomes.recv().await {
                Some(WriteOutcome::Own) => {}
                Some(WriteOutcome::Failed(reason)) => return Err(OwnSeriesError::Refused(reason)),
                Some(
                    WriteOutcome::Frame(_)
                    | WriteOutcome::Request
                    | WriteOutcome::Loss(_)
                    | WriteOutcome::Ledger,
                )
                | None => return Err(WriterEnded.into()),
            }
        }
        Ok(refused)
    }
}

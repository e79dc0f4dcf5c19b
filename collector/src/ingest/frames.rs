//! What may pass: series definitions and frames are checked here, without I/O and without a clock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::limits::{
    MAX_FRAME_MEETINGS, MAX_FRAME_ROUNDS, MAX_FRAME_VALUES, MAX_FUTURE, MAX_STREAM_SERIES,
};
use headroom_proto::metric::{self, INSTANCE};
use headroom_proto::panics::Panicked;
use headroom_proto::wire::{Frame, ProbeRound, SeriesDefinition};

use super::meetings;
use crate::moments::DAY_MS;
use crate::samples::Labels;
use crate::store::{FrameId, FrameWrite, Meeting, SeriesId, SeriesLimit};
use crate::telemetry::RefusalReason;

/// The series of one stream, by boot and id.
pub struct StreamSeries {
    /// The agent's name, as its token says.
    instance: Arc<str>,
    series: HashMap<(u64, u32), Resolved>,
    /// The ids of the last frame that was taken whole, and their series: the next one mostly has
    /// the same.
    last: Option<(u64, Vec<u32>, Arc<[SeriesId]>)>,
}

/// Between which moments samples are taken.
#[derive(Debug, Clone, Copy)]
pub struct TakenTimes {
    /// The collector's clock, in Unix milliseconds.
    pub now_ms: i64,
    /// How far back samples are kept.
    pub oldest: Duration,
}

/// A moment that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untimely {
    /// Old or future.
    pub reason: RefusalReason,
    /// By how much, in words.
    pub message: String,
}

impl TakenTimes {
    /// Why a moment is not taken, if it is not.
    pub fn untimely(self, timestamp_ms: i64) -> Option<Untimely> {
        let Self { now_ms, oldest } = self;
        let ahead_ms = timestamp_ms.saturating_sub(now_ms);
        if ahead_ms > MAX_FUTURE.as_millis() as i64 {
            let limit = MAX_FUTURE.as_secs();
            let message = format!(
                "timestamp {} s ahead of the collector's clock, at most {limit} s",
                ahead_ms / 1000
            );
            return Some(Untimely { reason: RefusalReason::Future, message });
        }
        let age_ms = now_ms.saturating_sub(timestamp_ms);
        if age_ms > oldest.as_millis() as i64 {
            let limit = oldest.as_secs() / 86_400;
            let message = format!("timestamp {} days old, kept are {limit}", age_ms / DAY_MS);
            return Some(Untimely { reason: RefusalReason::TooOld, message });
        }
        None
    }
}

/// What became of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolved {
    Known(SeriesId),
    Refused(RefusalReason),
}

/// A frame, or part of it, that is not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Why, as it is counted.
    pub reason: RefusalReason,
    /// How many samples it costs.
    pub samples: u64,
    /// Why, for whoever sent it.
    pub message: String,
}

impl Refused {
    /// Something that its checks did not survive: sent again, it would break them again.
    pub fn broken(error: &Panicked) -> Self {
        tracing::error!("{error}");
        let message = "the collector could not check it; its log says why".into();
        Self { reason: RefusalReason::Frame, samples: 0, message }
    }
}

/// A frame after its checks.
#[derive(Debug, Default)]
pub struct Checked {
    /// What to store, if anything.
    pub write: Option<FrameWrite>,
    /// What it says of meetings.
    pub meetings: Vec<Meeting>,
    /// What it says of pings, unchecked yet.
    pub rounds: Vec<ProbeRound>,
    /// What was left out.
    pub refused: Vec<Refused>,
}

impl StreamSeries {
    /// No series yet, on a stream of the agent of that name.
    pub fn new(instance: Arc<str>) -> Self {
        Self { instance, series: HashMap::new(), last: None }
    }

    /// Takes a definition; `resolve` finds the id of its labels, sorted by name, in the store.
    ///
    /// A series that is refused stays refused on this stream; its samples are left out of frames.
    pub fn define(
        &mut self,
        boot: u64,
        definition: &SeriesDefinition,
        resolve: impl FnOnce(&[(&str, &str)]) -> Result<SeriesId, SeriesLimit>,
    ) -> Result<(), Refused> {
        if self.series.len() >= MAX_STREAM_SERIES {
            let message = format!("more than {MAX_STREAM_SERIES} series on one stream");
            return Err(Refused { reason: RefusalReason::SeriesLimit, samples: 0, message });
        }
        let outcome = check(&self.instance, definition).and_then(|labels| {
            let pairs: Vec<(&str, &str)> = labels.iter().collect();
            resolve(&pairs).map_err(|limit| ((&limit).into(), limit.to_string()))
        });
        let (resolved, result) = match outcome {
            Ok(id) => (Resolved::Known(id), Ok(())),
            Err((reason, error)) => {
                let message = format!("series {}: {error}", definition.id);
                (Resolved::Refused(reason), Err(Refused { reason, samples: 0, message }))
            }
        };
        self.series.insert((boot, definition.id), resolved);
        self.last = None;
        result
    }

    /// Checks a frame.
    pub fn check(&mut self, mut frame: Frame, times: TakenTimes) -> Checked {
        if let Some(refused) = check_whole(&frame, times) {
            return Checked { refused: vec![refused], ..Checked::default() };
        }
        let id = Some(FrameId {
            instance: Arc::clone(&self.instance),
            boot: frame.boot,
            sequence: frame.sequence,
        });
        let timestamp_ms = frame.timestamp_ms;
        let meetings = meetings::check(&self.instance, &frame);
        let rounds = std::mem::take(&mut frame.rounds);
        if let Some((boot, ids, series)) = &self.last
            && *boot == frame.boot
            && *ids == frame.ids
        {
            let series = Arc::clone(series);
            let write =
                FrameWrite { id, timestamp_ms, series, values: frame.values, rounds: Vec::new() };
            return Checked { write: Some(write), meetings, rounds, refused: Vec::new() };
        }
        let (series, values, refused) = self.resolve(&frame);
        if refused.is_empty() {
            self.last = Some((frame.boot, frame.ids, Arc::clone(&series)));
        }
        let write = Some(FrameWrite { id, timestamp_ms, series, values, rounds: Vec::new() });
        Checked { write, meetings, rounds, refused }
    }

    /// The series and values of a frame that may be stored, and what may not.
    fn resolve(&self, frame: &Frame) -> (Arc<[SeriesId]>, Vec<f64>, Vec<Refused>) {
        let mut series = Vec::with_capacity(frame.ids.len());
        let mut values = Vec::with_capacity(frame.ids.len());
        let mut refused: Vec<Refused> = Vec::new();
        for (&id, &value) in frame.ids.iter().zip(&frame.values) {
            let reason = match self.series.get(&(frame.boot, id)) {
                Some(Resolved::Known(known)) => {
                    series.push(*known);
                    values.push(value);
                    continue;
                }
                Some(Resolved::Refused(reason)) => *reason,
                None => RefusalReason::UnknownSeries,
            };
            if let Some(known) = refused.iter_mut().find(|known| known.reason == reason) {
                known.samples += 1;
                continue;
            }
            let is_unknown = reason == RefusalReason::UnknownSeries;
            let what = if is_unknown { "was never defined" } else { "was refused" };
            refused.push(Refused { reason, samples: 1, message: format!("series {id} {what}") });
        }
        (series.into(), values, refused)
    }
}

fn check(instance: &str, definition: &SeriesDefinition) -> Result<Labels, (RefusalReason, String)> {
    let pairs = definition.labels.iter().map(|label| (label.name.as_str(), label.value.as_str()));
    metric::check(&definition.metric, pairs.clone())
        .map_err(|error| (RefusalReason::Series, error.to_string()))?;
    Ok(Labels::new(&definition.metric, pairs.chain([(INSTANCE, instance)])))
}

fn check_whole(frame: &Frame, times: TakenTimes) -> Option<Refused> {
    let samples = frame.values.len().max(frame.ids.len()) as u64;
    let refuse = |reason, message| Some(Refused { reason, samples, message });
    if frame.ids.len() != frame.values.len() {
        let (ids, values) = (frame.ids.len(), frame.values.len());
        return refuse(RefusalReason::Frame, format!("{ids} ids with {values} values"));
    }
    if frame.values.len() > MAX_FRAME_VALUES {
        let message = format!("{} values, at most {MAX_FRAME_VALUES}", frame.values.len());
        return refuse(RefusalReason::Frame, message);
    }
    if frame.meetings.len() > MAX_FRAME_MEETINGS {
        let message = format!("{} meetings, at most {MAX_FRAME_MEETINGS}", frame.meetings.len());
        return refuse(RefusalReason::Frame, message);
    }
    if frame.rounds.len() > MAX_FRAME_ROUNDS {
        let message = format!("{} rounds, at most {MAX_FRAME_ROUNDS}", frame.rounds.len());
        return refuse(RefusalReason::Frame, message);
    }
    if frame.sequence == 0 {
        return refuse(RefusalReason::Frame, "sequence 0; they count from 1".into());
    }
    let Untimely { reason, message } = times.untimely(frame.timestamp_ms)?;
    refuse(reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_proto::wire::Label;

    const NOW_MS: i64 = 1_800_000_000_000;
    const OLDEST: Duration = Duration::from_hours(24 * 62);

    fn stream() -> StreamSeries {
        let mut series = StreamSeries::new("ca1".into());
        let definition = |id, metric: &str, label: &str| SeriesDefinition {
            id,
            metric: metric.into(),
            labels: vec![Label { name: label.into(), value: "x".into() }],
        };
        let store = tempfile::TempDir::new().unwrap();
        let store = crate::store::Store::open(store.path()).unwrap();
        let resolve = |pairs: &[(&str, &str)]| store.series_id_of(pairs, crate::store::Claim::Own);
        series.define(7, &definition(0, "a", "device"), resolve).unwrap();
        series.define(7, &definition(1, "b", "device"), resolve).unwrap();
        let refused = series.define(7, &definition(2, "c", "instance"), resolve).unwrap_err();
        let message = "series 2: label \"instance\" is set by the collector, never by an agent";
        assert_eq!(refused.message, message);
        series
    }

    #[test]
    fn takes_what_is_right_and_says_what_is_not() {
        let frame = |change: fn(&mut Frame)| {
            let mut frame = Frame {
                boot: 7,
                sequence: 1,
                timestamp_ms: NOW_MS,
                ids: vec![0, 1],
                values: vec![1.0, f64::NAN],
                meetings: vec![],
                rounds: vec![],
            };
            change(&mut frame);
            frame
        };
        // Samples taken, then reason, samples and message of each refusal.
        let cases: [(Frame, Option<usize>, &str); 11] = [
            (frame(|_| {}), Some(2), ""),
            (frame(|f| f.timestamp_ms += 299_000), Some(2), ""),
            (
                frame(|f| f.timestamp_ms += 3_600_000),
                None,
                "Future 2: timestamp 3600 s ahead of the collector's clock, at most 300 s",
            ),
            (
                frame(|f| f.timestamp_ms -= 63 * DAY_MS),
                None,
                "TooOld 2: timestamp 63 days old, kept are 62",
            ),
            (frame(|f| f.ids.push(1)), None, "Frame 3: 3 ids with 2 values"),
            (frame(|f| f.sequence = 0), None, "Frame 2: sequence 0; they count from 1"),
            (
                frame(|f| (f.ids, f.values) = (vec![0; 20_001], vec![0.0; 20_001])),
                None,
                "Frame 20001: 20001 values, at most 20000",
            ),
            (
                frame(|f| f.rounds = vec![ProbeRound::default(); 501]),
                None,
                "Frame 2: 501 rounds, at most 500",
            ),
            (frame(|f| f.ids[1] = 9), Some(1), "UnknownSeries 1: series 9 was never defined"),
            (frame(|f| f.boot = 8), Some(0), "UnknownSeries 2: series 0 was never defined"),
            (frame(|f| f.ids[0] = 2), Some(1), "Series 1: series 2 was refused"),
        ];
        for (frame, taken, expected) in cases {
            let checked = stream().check(frame, TakenTimes { now_ms: NOW_MS, oldest: OLDEST });
            let say = |r: &Refused| format!("{:?} {}: {}", r.reason, r.samples, r.message);
            let refused: Vec<String> = checked.refused.iter().map(say).collect();
            assert_eq!(refused.join("; "), expected);
            assert_eq!(checked.write.map(|write| write.values.len()), taken, "{expected}");
        }
    }
}

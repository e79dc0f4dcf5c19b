//! Days as series tell them: which were told already, and the numbers of one that is to be told.

use std::borrow::Cow;
use std::collections::HashMap;

use headroom_proto::catalogue::{
    HEADROOM_PLANNING_DAY_COVERAGE_RATIO, HEADROOM_PLANNING_DAY_HIDDEN_MINUTES,
    HEADROOM_PLANNING_DAY_PEAK_MBIT, HEADROOM_PLANNING_DAY_PEAK_PACKETS,
    HEADROOM_PLANNING_DAY_PEAK_PEOPLE, HEADROOM_PLANNING_DAY_PEAK_RATIO,
    HEADROOM_PLANNING_DAY_PEAK_TIMESTAMP_SECONDS,
};
use headroom_proto::metric::INSTANCE;

use super::{Day, DayRow};
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, TimeRange};
use crate::telemetry::OwnNumber;

/// What was told of days, by host: the moments and coverages, in order.
pub type Known = HashMap<String, Vec<Telling>>;

/// One telling of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Telling {
    /// Where it stands.
    pub at_ms: i64,
    /// How much of the day had been read.
    pub coverage: f64,
}

/// What was told of the days within a range.
pub fn known(reader: Reader<'_>, range: TimeRange) -> Result<Known, ReadError> {
    let matchers = [Matcher::metric(HEADROOM_PLANNING_DAY_COVERAGE_RATIO.name)];
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::ALL)?;
    let mut known = Known::new();
    for series in found {
        let Some(instance) = series.labels.get(INSTANCE) else { continue };
        let tellings = series.timestamps.iter().zip(&series.values);
        let own = known.entry(instance.to_owned()).or_default();
        own.extend(
            tellings.map(|(at_ms, coverage)| Telling { at_ms: *at_ms, coverage: *coverage }),
        );
    }
    Ok(known)
}

impl Telling {
    /// The last word on a day.
    pub fn last(known: &Known, instance: &str, day: Day) -> Option<Self> {
        let own = known.get(instance)?;
        own.iter().filter(|telling| day.holds(telling.at_ms)).max_by_key(|last| last.at_ms).copied()
    }
}

impl DayRow {
    /// What is to be stored; what was not read is left out.
    pub fn numbers(&self) -> Vec<OwnNumber> {
        let direction = |name: &'static str| Some(("direction", Cow::Borrowed(name)));
        let resource = |name: &'static str| Some(("resource", Cow::Borrowed(name)));
        let all = [
            (HEADROOM_PLANNING_DAY_COVERAGE_RATIO, None, Some(self.coverage)),
            (HEADROOM_PLANNING_DAY_PEAK_MBIT, direction("out"), self.sent_mbit),
            (HEADROOM_PLANNING_DAY_PEAK_MBIT, direction("in"), self.received_mbit),
            (HEADROOM_PLANNING_DAY_PEAK_PACKETS, direction("out"), self.sent_packets),
            (HEADROOM_PLANNING_DAY_PEAK_PACKETS, direction("in"), self.received_packets),
            (HEADROOM_PLANNING_DAY_PEAK_RATIO, resource("processors"), self.processors),
            (HEADROOM_PLANNING_DAY_PEAK_RATIO, resource("busiest_core"), self.busiest_core),
            (HEADROOM_PLANNING_DAY_PEAK_RATIO, resource("busiest_thread"), self.busiest_thread),
            (HEADROOM_PLANNING_DAY_PEAK_PEOPLE, None, self.people),
            (
                HEADROOM_PLANNING_DAY_PEAK_TIMESTAMP_SECONDS,
                None,
                Some(self.peak_ms.div_euclid(1000) as f64),
            ),
            (HEADROOM_PLANNING_DAY_HIDDEN_MINUTES, None, Some(self.hidden_minutes as f64)),
        ];
        let number = |(metric, label, value): (_, _, Option<f64>)| {
            Some(OwnNumber { metric, label, value: value? })
        };
        all.into_iter().filter_map(number).collect()
    }
}

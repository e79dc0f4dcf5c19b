//! What is in the rooms at one moment, by host and organisation.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    BBB_MEETINGS, BBB_MEETINGS_PARTICIPANTS, BBB_MEETINGS_PARTICIPANTS_MAX,
    BBB_MEETINGS_VIDEO_PARTICIPANTS, BBB_MEETINGS_VOICE_PARTICIPANTS,
    HEADROOM_TENANT_BREAKOUT_ROOMS, HEADROOM_TENANT_CAMERAS,
    HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS, HEADROOM_TENANT_PARTICIPANTS,
    HEADROOM_TENANT_RECORDING_ROOMS, HEADROOM_TENANT_ROOMS, HEADROOM_TENANT_VOICES, Metric,
};
use headroom_proto::metric::{INSTANCE, TENANT};

use super::Counts;
use crate::promql::{self, QueryError, QueryLimits, Row, Value};
use crate::samples::{Labels, Reader};

/// Whose rooms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub instance: String,
    pub tenant: String,
}

impl Key {
    pub fn of(labels: &Labels) -> Self {
        let label = |name| labels.get(name).unwrap_or_default().to_owned();
        let tenant = labels.get(TENANT).unwrap_or(UNKNOWN).to_owned();
        Self { instance: label(INSTANCE), tenant }
    }
}

type Field = fn(&mut Counts) -> &mut f64;

/// Each gauge, and what it counts.
const GAUGES: [(&Metric, Field); 7] = [
    (HEADROOM_TENANT_ROOMS, |counts| &mut counts.rooms),
    (HEADROOM_TENANT_BREAKOUT_ROOMS, |counts| &mut counts.breakouts),
    (HEADROOM_TENANT_PARTICIPANTS, |counts| &mut counts.people),
    (HEADROOM_TENANT_VOICES, |counts| &mut counts.voices),
    (HEADROOM_TENANT_CAMERAS, |counts| &mut counts.cameras),
    (HEADROOM_TENANT_RECORDING_ROOMS, |counts| &mut counts.recording),
    (HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS, |counts| &mut counts.largest),
];

/// What bigbluebutton-exporter tells of all meetings: breakout rooms count as rooms, and people in
/// them twice.
const OF_ALL: [(&Metric, Field); 5] = [
    (BBB_MEETINGS, |counts| &mut counts.rooms),
    (BBB_MEETINGS_PARTICIPANTS, |counts| &mut counts.people),
    (BBB_MEETINGS_VOICE_PARTICIPANTS, |counts| &mut counts.voices),
    (BBB_MEETINGS_VIDEO_PARTICIPANTS, |counts| &mut counts.cameras),
    (BBB_MEETINGS_PARTICIPANTS_MAX, |counts| &mut counts.largest),
];

/// Whose people are that no organisation has.
const UNKNOWN: &str = "unknown";

/// A gauge of all meetings, of hosts where people are whom no organisation has: another exporter
/// counts them than our agent. Better all are counted than that nobody seems to be there.
pub fn of_nobody(gauge: &Metric) -> String {
    let people = format!("sum by (instance) ({BBB_MEETINGS_PARTICIPANTS}) > 0");
    let counted = format!("sum by (instance) ({HEADROOM_TENANT_PARTICIPANTS})");
    format!("sum by (instance) ({gauge}) and ({people}) unless {counted}")
}

/// What each organisation has on each host, by readings no older than `lookback_ms`.
pub fn counts(
    reader: Reader<'_>,
    now_ms: i64,
    lookback_ms: i64,
) -> Result<BTreeMap<Key, Counts>, QueryError> {
    let limits = QueryLimits { lookback_ms, ..QueryLimits::default() };
    let mut counts: BTreeMap<Key, Counts> = BTreeMap::new();
    let of_tenants =
        |(gauge, field): (&Metric, Field)| (format!("sum by (instance, tenant) ({gauge})"), field);
    let of_all = |(gauge, field): (&Metric, Field)| (of_nobody(gauge), field);
    for (expression, field) in GAUGES.map(of_tenants).into_iter().chain(OF_ALL.map(of_all)) {
        for row in rows(promql::instant(reader, &expression, now_ms, limits)?) {
            let Some(value) = row.points.first().copied().flatten() else { continue };
            if value.is_finite() {
                *field(counts.entry(Key::of(&row.labels)).or_default()) = value;
            }
        }
    }
    Ok(counts)
}

/// The rows of a vector.
pub fn rows(value: Value) -> Vec<Row> {
    match value {
        Value::Vector(rows) => rows,
        Value::Scalar(_) | Value::Text(_) | Value::Matrix(_) => Vec::new(),
    }
}

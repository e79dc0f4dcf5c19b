//! What is in the rooms at one moment, by host and organisation.

use std::collections::BTreeMap;

use headroom_proto::metric::INSTANCE;

use super::Counts;
use crate::promql::{self, QueryError, QueryLimits, Row, Value};
use crate::samples::{Labels, Reader};

/// The label of an organisation.
pub const TENANT: &str = "tenant";

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
const GAUGES: [(&str, Field); 7] = [
    ("headroom_tenant_rooms", |counts| &mut counts.rooms),
    ("headroom_tenant_breakout_rooms", |counts| &mut counts.breakouts),
    ("headroom_tenant_participants", |counts| &mut counts.people),
    ("headroom_tenant_voices", |counts| &mut counts.voices),
    ("headroom_tenant_cameras", |counts| &mut counts.cameras),
    ("headroom_tenant_recording_rooms", |counts| &mut counts.recording),
    ("headroom_tenant_largest_room_participants", |counts| &mut counts.largest),
];

/// What bigbluebutton-exporter tells of all meetings: breakout rooms count as rooms, and people in
/// them twice.
const OF_ALL: [(&str, Field); 5] = [
    ("bbb_meetings", |counts| &mut counts.rooms),
    ("bbb_meetings_participants", |counts| &mut counts.people),
    ("bbb_meetings_voice_participants", |counts| &mut counts.voices),
    ("bbb_meetings_video_participants", |counts| &mut counts.cameras),
    ("bbb_meetings_participants_max", |counts| &mut counts.largest),
];

/// Whose people are that no organisation has.
const UNKNOWN: &str = "unknown";

/// A gauge of all meetings, of hosts where people are whom no organisation has: another exporter
/// counts them than our agent. Better all are counted than that nobody seems to be there.
pub fn of_nobody(gauge: &str) -> String {
    let people = "sum by (instance) (bbb_meetings_participants) > 0";
    let counted = "sum by (instance) (headroom_tenant_participants)";
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
        |(gauge, field): (&str, Field)| (format!("sum by (instance, tenant) ({gauge})"), field);
    let of_all = |(gauge, field): (&str, Field)| (of_nobody(gauge), field);
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

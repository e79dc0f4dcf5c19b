//! What is in the rooms at one moment, by host and organisation.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    BBB_MEETINGS, BBB_MEETINGS_PARTICIPANTS, BBB_MEETINGS_PARTICIPANTS_MAX,
    BBB_MEETINGS_VIDEO_PARTICIPANTS, BBB_MEETINGS_VOICE_PARTICIPANTS,
    HEADROOM_TENANT_BREAKOUT_ROOMS, HEADROOM_TENANT_CAMERAS,
    HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS, HEADROOM_TENANT_PARTICIPANTS,
    HEADROOM_TENANT_RECORDING_ROOMS, HEADROOM_TENANT_ROOMS, HEADROOM_TENANT_VOICES,
};
use headroom_proto::metric::{INSTANCE, TENANT};

use super::Counts;
use crate::promql::{self, QueryError, QueryLimits, Row, quoted};
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

    /// People of a host whom no organisation has.
    pub fn of_nobody(instance: String) -> Self {
        Self { instance, tenant: UNKNOWN.to_owned() }
    }
}

type Field = fn(&mut Counts) -> &mut f64;

/// Each gauge, and what it counts.
const GAUGES: [(&str, Field); 7] = [
    (HEADROOM_TENANT_ROOMS.name, |counts| &mut counts.rooms),
    (HEADROOM_TENANT_BREAKOUT_ROOMS.name, |counts| &mut counts.breakouts),
    (OF_TENANTS, |counts| &mut counts.people),
    (HEADROOM_TENANT_VOICES.name, |counts| &mut counts.voices),
    (HEADROOM_TENANT_CAMERAS.name, |counts| &mut counts.cameras),
    (HEADROOM_TENANT_RECORDING_ROOMS.name, |counts| &mut counts.recording),
    (HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS.name, |counts| &mut counts.largest),
];

/// What bigbluebutton-exporter tells of all meetings: breakout rooms count as rooms, and people in
/// them twice.
const OF_ALL: [(&str, Field); 5] = [
    (BBB_MEETINGS.name, |counts| &mut counts.rooms),
    (OF_MEETINGS, |counts| &mut counts.people),
    (BBB_MEETINGS_VOICE_PARTICIPANTS.name, |counts| &mut counts.voices),
    (BBB_MEETINGS_VIDEO_PARTICIPANTS.name, |counts| &mut counts.cameras),
    (BBB_MEETINGS_PARTICIPANTS_MAX.name, |counts| &mut counts.largest),
];

/// Whose people are that no organisation has.
const UNKNOWN: &str = "unknown";

/// People as organisations have them, and as all meetings together have them.
pub const OF_TENANTS: &str = HEADROOM_TENANT_PARTICIPANTS.name;
pub const OF_MEETINGS: &str = BBB_MEETINGS_PARTICIPANTS.name;

/// Asks for several gauges at once, summed by their name, host and organisation: of one host, or of
/// all.
pub fn sums(gauges: &[&str], host: Option<&str>) -> String {
    let own = host.map_or_else(String::new, |host| format!(", instance={}", quoted(host)));
    let gauges = gauges.join("|");
    format!("sum by (__name__, instance, tenant) ({{__name__=~\"{gauges}\"{own}}})")
}

/// What each organisation has on each host, by readings no older than `lookback_ms`: of one host, or
/// of all.
///
/// Of hosts where people are whom no organisation has, another exporter counts than our agent. There
/// the gauges of all meetings stand: better all are counted than that nobody seems to be there.
pub fn counts(
    reader: Reader<'_>,
    host: Option<&str>,
    now_ms: i64,
    lookback_ms: i64,
) -> Result<BTreeMap<Key, Counts>, QueryError> {
    let limits = QueryLimits { lookback_ms };
    let gauges: Vec<&str> = GAUGES.iter().chain(&OF_ALL).map(|(gauge, _)| *gauge).collect();
    let found = promql::instant(reader, &sums(&gauges, host), now_ms, limits)?.into_rows();
    let value = |row: &Row| row.points.first().copied().flatten();
    let instances = |gauge: &str, test: fn(f64) -> bool| -> BTreeSet<String> {
        let own = found.iter().filter(|row| row.labels.metric() == gauge);
        let own = own.filter(|row| value(row).is_some_and(test));
        own.map(|row| Key::of(&row.labels).instance).collect()
    };
    let counted = instances(OF_TENANTS, |_| true);
    let of_nobody = &instances(OF_MEETINGS, |people| people > 0.0) - &counted;
    let mut counts: BTreeMap<Key, Counts> = BTreeMap::new();
    for row in &found {
        let Some(value) = value(row).filter(|value| value.is_finite()) else { continue };
        let (key, metric) = (Key::of(&row.labels), row.labels.metric());
        let of_all = OF_ALL.iter().filter(|_| of_nobody.contains(&key.instance));
        let field = GAUGES.iter().chain(of_all).find(|(gauge, _)| *gauge == metric);
        if let Some((_, field)) = field {
            *field(counts.entry(key).or_default()) = value;
        }
    }
    Ok(counts)
}

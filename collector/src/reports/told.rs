//! What a day of a host's series told, each sum minute by minute. Knows which series there are, and
//! nothing of what is made of them.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    BBB_MEETINGS, HEADROOM_CAMERAS, HEADROOM_CAMERAS_OUT, HEADROOM_CPU_BUSY_RATIO,
    HEADROOM_LISTENERS, HEADROOM_PARTICIPANTS, HEADROOM_PROCESS_BUSIEST_CPU_RATIO,
    HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO, HEADROOM_ROOMS, HEADROOM_TENANT_CAMERAS,
    HEADROOM_TENANT_CAMERAS_OUT, HEADROOM_TENANT_LISTENERS, HEADROOM_TENANT_PARTICIPANTS,
    HEADROOM_TENANT_ROOMS, HEADROOM_TENANT_VOICES, HEADROOM_VOICES,
    NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL, NODE_NETWORK_TRANSMIT_DROP_TOTAL,
    NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
};
use headroom_proto::metric::TENANT;

use super::grid::Grid;
use crate::links::Traffic;
use crate::planning::processors::GROUPS;
use crate::query::rates;
use crate::samples::Series;

/// Gauges that a host and each organisation tell alike: rooms, people, listeners, voices, cameras,
/// camera streams out.
pub const GAUGES: usize = 6;

const OF_HOST: [&str; GAUGES] = [
    HEADROOM_ROOMS.name,
    HEADROOM_PARTICIPANTS.name,
    HEADROOM_LISTENERS.name,
    HEADROOM_VOICES.name,
    HEADROOM_CAMERAS.name,
    HEADROOM_CAMERAS_OUT.name,
];
const OF_TENANTS: [&str; GAUGES] = [
    HEADROOM_TENANT_ROOMS.name,
    HEADROOM_TENANT_PARTICIPANTS.name,
    HEADROOM_TENANT_LISTENERS.name,
    HEADROOM_TENANT_VOICES.name,
    HEADROOM_TENANT_CAMERAS.name,
    HEADROOM_TENANT_CAMERAS_OUT.name,
];

/// Those of listeners, which BigBlueButton 3.0 leaves at 0.
pub const LISTENERS_OF_HOST: &str = HEADROOM_LISTENERS.name;
/// See [`LISTENERS_OF_HOST`].
pub const LISTENERS_OF_TENANTS: &str = HEADROOM_TENANT_LISTENERS.name;

/// Names that BigBlueButton's media server has for its own series.
const PRODUCERS: &str = "mediasoup_producers";
const CONSUMERS: &str = "mediasoup_consumers";
const SCREEN_SESSIONS: &str = "sfu_screenshare_sessions";

const ANSWERS: &str = BBB_MEETINGS.name;
const GROUP_SECONDS: &str = NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL.name;
const BUSIEST_THREAD: &str = HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO.name;
const BUSIEST_PROCESS: &str = HEADROOM_PROCESS_BUSIEST_CPU_RATIO.name;
const BUSY: &str = HEADROOM_CPU_BUSY_RATIO.name;
const DROPS: &str = NODE_NETWORK_TRANSMIT_DROP_TOTAL.name;
const PACKETS: &str = NODE_NETWORK_TRANSMIT_PACKETS_TOTAL.name;

/// Organisations that are told apart; what comes on top is counted with the host only.
const MOST_TENANTS: usize = 100;

/// What serves web pages and chat, beside what begins with `bbb-`.
const APPS: [&str; 7] = ["nginx", "redis", "mongodb", "postgres", "hasura", "etherpad", "node"];

/// What does not serve people in rooms though its name begins so.
const NO_APPS: [&str; 2] = ["bbb-rap", "bbb-webrtc-recorder"];

/// Every metric that is read of a day.
pub fn metrics() -> impl Iterator<Item = &'static str> {
    let own = [
        PRODUCERS,
        CONSUMERS,
        SCREEN_SESSIONS,
        ANSWERS,
        GROUP_SECONDS,
        BUSIEST_THREAD,
        BUSIEST_PROCESS,
        BUSY,
        DROPS,
        PACKETS,
    ];
    own.into_iter().chain(OF_HOST).chain(OF_TENANTS)
}

/// The minutes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Unix time in minutes.
    pub first_minute: i64,
    /// How many.
    pub minutes: usize,
}

/// What was told.
pub struct Told {
    stretch: Stretch,
    /// While BigBlueButton answered.
    pub answers: Grid,
    /// Of the host.
    pub host: [Grid; GAUGES],
    /// Of each organisation.
    pub tenants: BTreeMap<String, [Grid; GAUGES]>,
    /// Video streams in and all streams out of the media server.
    pub producers: Grid,
    /// See `producers`.
    pub consumers: Grid,
    /// Who shares a screen, and who sees it.
    pub screen_sessions: Grid,
    /// Cores of the groups of processes: audio, media, apps.
    pub groups: [Grid; GROUPS],
    /// The part of all cores that worked.
    pub busy: Grid,
    /// The busiest thread of those that serve rooms, else process: whichever is told.
    pub busiest: Grid,
    /// Bits a second.
    pub sent: Grid,
    /// See `sent`.
    pub received: Grid,
    /// Packets out a second, and those that were dropped.
    pub packets: Grid,
    /// See `packets`.
    pub drops: Grid,
}

impl Told {
    /// What the series of a day told.
    pub fn of(stretch: Stretch, traffic: &Traffic, series: &[Series]) -> Self {
        let grid = || Grid::new(stretch.first_minute, stretch.minutes);
        let mut told = Self {
            stretch,
            answers: grid(),
            host: std::array::from_fn(|_| grid()),
            tenants: BTreeMap::new(),
            producers: grid(),
            consumers: grid(),
            screen_sessions: grid(),
            groups: std::array::from_fn(|_| grid()),
            busy: grid(),
            busiest: grid(),
            sent: grid(),
            received: grid(),
            packets: grid(),
            drops: grid(),
        };
        told.sent.add_intervals(&traffic.sent);
        told.received.add_intervals(&traffic.received);
        for one in series.iter().filter(|one| one.stand_ins.is_empty()) {
            told.take(one, &traffic.devices);
        }
        told.busiest = busiest(stretch, series);
        told
    }

    fn take(&mut self, series: &Series, devices: &[String]) {
        let metric = series.labels.metric();
        let label = |name| series.labels.get(name).unwrap_or_default();
        if let Some(place) = OF_HOST.iter().position(|known| *known == metric) {
            return self.host[place].add_gauge(series);
        }
        if let Some(place) = OF_TENANTS.iter().position(|known| *known == metric) {
            return self.take_tenant(label(TENANT), place, series);
        }
        let counted = || rates(&series.timestamps, &series.values);
        match metric {
            ANSWERS => self.answers.add_gauge(series),
            PRODUCERS if label("kind") == "video" => self.producers.add_gauge(series),
            CONSUMERS => self.consumers.add_gauge(series),
            SCREEN_SESSIONS => self.screen_sessions.add_gauge(series),
            BUSY => self.busy.add_backwards(series),
            PACKETS if devices.iter().any(|device| device == label("device")) => {
                self.packets.add_intervals(&counted());
            }
            DROPS if devices.iter().any(|device| device == label("device")) => {
                self.drops.add_intervals(&counted());
            }
            GROUP_SECONDS => {
                if let Some(group) = group_of(label("groupname")) {
                    self.groups[group].add_intervals(&counted());
                }
            }
            _ => {}
        }
    }

    fn take_tenant(&mut self, tenant: &str, place: usize, series: &Series) {
        let stretch = self.stretch;
        if self.tenants.len() >= MOST_TENANTS && !self.tenants.contains_key(tenant) {
            return;
        }
        let grids = self.tenants.entry(tenant.to_owned()).or_insert_with(|| {
            std::array::from_fn(|_| Grid::new(stretch.first_minute, stretch.minutes))
        });
        grids[place].add_gauge(series);
    }
}

/// The busiest thread of those that serve rooms where that is told, else process: a recording may well
/// take a whole core.
fn busiest(stretch: Stretch, series: &[Series]) -> Grid {
    let mut found = Grid::new(stretch.first_minute, stretch.minutes);
    let serves = |one: &&Series| one.labels.get("groupname").and_then(group_of).is_some();
    for metric in [BUSIEST_THREAD, BUSIEST_PROCESS] {
        let of_metric = series.iter().filter(|one| one.labels.metric() == metric);
        for one in of_metric.filter(serves) {
            let mut own = Grid::new(stretch.first_minute, stretch.minutes);
            own.add_backwards(one);
            found.keep_greater(&own);
        }
        if found.is_told() {
            break;
        }
    }
    found
}

/// The place of a group of processes among those that are fitted.
fn group_of(name: &str) -> Option<usize> {
    match name {
        "freeswitch" => Some(0),
        "mediasoup-worker" | "kurento" | "livekit" => Some(1),
        other if NO_APPS.contains(&other) => None,
        other => (other.starts_with("bbb-") || APPS.contains(&other)).then_some(2),
    }
}

//! What a day of a host's series told, each sum minute by minute. Knows which series there are, and
//! nothing of what is made of them.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    BBB_MEETINGS, HEADROOM_CAMERAS, HEADROOM_CAMERAS_OUT, HEADROOM_CPU_BUSY_RATIO,
    HEADROOM_LISTENERS, HEADROOM_PARTICIPANTS, HEADROOM_PROCESS_BUSIEST_CPU_RATIO,
    HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO, HEADROOM_ROOMS, HEADROOM_TENANT_CAMERAS,
    HEADROOM_TENANT_CAMERAS_OUT, HEADROOM_TENANT_CAMERAS_OUT_MBIT, HEADROOM_TENANT_HEARING,
    HEADROOM_TENANT_LISTENERS, HEADROOM_TENANT_PARTICIPANTS, HEADROOM_TENANT_ROOMS,
    HEADROOM_TENANT_VOICES, HEADROOM_VOICES, NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL,
    NODE_NETWORK_TRANSMIT_DROP_TOTAL, NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
};
use headroom_proto::metric::TENANT;

use super::grid::{Grid, Stretch};
use super::of_rooms::{self, OfRooms};
use super::sums::{GAUGES, Sums};
use crate::links::Traffic;
use crate::planning::processors::GROUPS;
use crate::query::{self, apart, rates};
use crate::samples::Series;

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

/// What an organisation tells beside them.
const TENANT_HEARING: &str = HEADROOM_TENANT_HEARING.name;
const TENANT_CAMERAS_MBIT: &str = HEADROOM_TENANT_CAMERAS_OUT_MBIT.name;

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
const NO_APPS: [&str; 1] = ["bbb-webrtc-recorder"];

/// Every metric that is read of a day.
pub fn metrics() -> impl Iterator<Item = &'static str> {
    let own = [
        TENANT_HEARING,
        TENANT_CAMERAS_MBIT,
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
    own.into_iter().chain(OF_HOST).chain(OF_TENANTS).chain(of_rooms::METRICS)
}

/// What was told.
pub struct Told {
    stretch: Stretch,
    /// While BigBlueButton answered.
    pub answers: Grid,
    /// Of the host.
    pub host: [Grid; GAUGES],
    /// Whether the host tells its own sums.
    pub is_of_host: bool,
    /// Of each organisation.
    pub tenants: BTreeMap<String, OfTenant>,
    /// Of rooms, beyond sums.
    pub of_rooms: OfRooms,
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
    /// How often a counter of packets began anew, of the link where that was most often.
    pub restarts: usize,
    /// While readings of two times lay between each other.
    pub out_of_order: Grid,
}

/// What was told of one organisation.
pub struct OfTenant {
    gauges: [Grid; GAUGES],
    hearing: Grid,
    cameras_mbit: Grid,
}

impl OfTenant {
    fn new(stretch: Stretch) -> Self {
        let gauges = std::array::from_fn(|_| stretch.grid());
        Self { gauges, hearing: stretch.grid(), cameras_mbit: stretch.grid() }
    }

    /// A minute of it; none of it is 0 while `answers` were read.
    pub fn sums(&self, place: usize, answers: &Grid) -> Sums {
        let told = |grid: &Grid| Some(grid.mean_of(place, answers)).filter(|_| grid.has(place));
        Sums {
            hearing: told(&self.hearing),
            cameras_mbit: told(&self.cameras_mbit),
            ..Sums::of(self.gauges.each_ref().map(|grid| grid.mean_of(place, answers)))
        }
    }
}

impl Told {
    /// What the series of a day told.
    pub fn of(stretch: Stretch, traffic: &Traffic, series: &[Series]) -> Self {
        let grid = || stretch.grid();
        let mut told = Self {
            stretch,
            answers: grid(),
            host: std::array::from_fn(|_| grid()),
            is_of_host: false,
            tenants: BTreeMap::new(),
            of_rooms: OfRooms::new(stretch),
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
            restarts: 0,
            out_of_order: grid(),
        };
        let spans = out_of_order(series, &traffic.devices);
        told.sent.add_intervals(&apart(&traffic.sent, &spans));
        told.received.add_intervals(&apart(&traffic.received, &spans));
        for (from_ms, to_ms) in spans {
            told.out_of_order.add(from_ms, to_ms, 1.0);
        }
        for one in series.iter().filter(|one| one.stand_ins.is_empty()) {
            told.take(one, &traffic.devices);
        }
        told.busiest = busiest(stretch, series);
        told.is_of_host = told.host[0].is_told();
        told
    }

    fn take(&mut self, series: &Series, devices: &[String]) {
        let metric = series.labels.metric();
        let label = |name| series.labels.get(name).unwrap_or_default();
        if let Some(place) = OF_HOST.iter().position(|known| *known == metric) {
            return self.host[place].add_gauge(series);
        }
        if let Some(place) = OF_TENANTS.iter().position(|known| *known == metric) {
            return self.take_tenant(label(TENANT), series, |own| &mut own.gauges[place]);
        }
        self.of_rooms.take(series);
        // Several of them, such as modes and kinds, make up the whole.
        let stretch = self.stretch;
        let counted = || {
            let mut own = stretch.grid();
            own.add_intervals(&rates(&series.timestamps, &series.values));
            own
        };
        let gauge = || {
            let mut own = stretch.grid();
            own.add_gauge(series);
            own
        };
        match metric {
            ANSWERS => self.answers.add_gauge(series),
            TENANT_HEARING => self.take_tenant(label(TENANT), series, |own| &mut own.hearing),
            TENANT_CAMERAS_MBIT => {
                self.take_tenant(label(TENANT), series, |own| &mut own.cameras_mbit);
            }
            PRODUCERS if label("kind") == "video" => self.producers.add_beside(&gauge()),
            CONSUMERS => self.consumers.add_beside(&gauge()),
            SCREEN_SESSIONS => self.screen_sessions.add_beside(&gauge()),
            BUSY => self.busy.add_backwards(series),
            PACKETS if devices.iter().any(|device| device == label("device")) => {
                self.packets.add_beside(&counted());
                let falls = series.values.windows(2).filter(|pair| pair[1] < pair[0]).count();
                self.restarts = self.restarts.max(falls);
            }
            DROPS if devices.iter().any(|device| device == label("device")) => {
                self.drops.add_beside(&counted());
            }
            GROUP_SECONDS => {
                if let Some(group) = group_of(label("groupname")) {
                    self.groups[group].add_beside(&counted());
                }
            }
            _ => {}
        }
    }

    fn take_tenant(
        &mut self,
        tenant: &str,
        series: &Series,
        grid: impl Fn(&mut OfTenant) -> &mut Grid,
    ) {
        if self.tenants.len() >= MOST_TENANTS && !self.tenants.contains_key(tenant) {
            return;
        }
        let stretch = self.stretch;
        let own = self.tenants.entry(tenant.to_owned()).or_insert_with(|| OfTenant::new(stretch));
        grid(own).add_gauge(series);
    }
}

/// The spans in which counters of links were out of order.
fn out_of_order(series: &[Series], devices: &[String]) -> Vec<(i64, i64)> {
    let of_links = series.iter().filter(|one| {
        let device = one.labels.get("device").unwrap_or_default();
        one.labels.metric() == PACKETS && devices.iter().any(|known| known == device)
    });
    of_links.flat_map(|one| query::out_of_order(&one.timestamps, &one.values)).collect()
}

/// The busiest thread of those that serve rooms where that is told, else process: a recording may well
/// take a whole core.
fn busiest(stretch: Stretch, series: &[Series]) -> Grid {
    let mut found = stretch.grid();
    let serves = |one: &&Series| one.labels.get("groupname").and_then(group_of).is_some();
    for metric in [BUSIEST_THREAD, BUSIEST_PROCESS] {
        let of_metric = series.iter().filter(|one| one.labels.metric() == metric);
        for one in of_metric.filter(serves) {
            let mut own = stretch.grid();
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

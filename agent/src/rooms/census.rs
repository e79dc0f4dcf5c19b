//! What one poll's rooms amount to: the host's sums in bigbluebutton-exporter's names and in our own,
//! and each tenant's. A sum of which a part is not known is not written.

use std::collections::BTreeMap;
use std::sync::Arc;

use headroom_proto::catalogue::{
    BBB_MEETINGS, BBB_MEETINGS_LISTENERS, BBB_MEETINGS_PARTICIPANT_CLIENTS,
    BBB_MEETINGS_PARTICIPANTS, BBB_MEETINGS_PARTICIPANTS_MAX, BBB_MEETINGS_PARTICIPANTS_ORIGIN,
    BBB_MEETINGS_VIDEO_PARTICIPANTS, BBB_MEETINGS_VOICE_PARTICIPANTS, BBB_ROOM_LISTENERS,
    BBB_ROOM_PARTICIPANTS, BBB_ROOM_VIDEO_PARTICIPANTS, BBB_ROOM_VOICE_PARTICIPANTS,
    HEADROOM_BBB_INCOMPLETE_MEETINGS, HEADROOM_BREAKOUT_ROOMS, HEADROOM_CAMERAS,
    HEADROOM_CAMERAS_OUT, HEADROOM_HEARING, HEADROOM_LISTENERS, HEADROOM_PARTICIPANTS,
    HEADROOM_RECORDING_ROOMS, HEADROOM_ROOMS, HEADROOM_TENANT_BREAKOUT_ROOMS,
    HEADROOM_TENANT_CAMERAS, HEADROOM_TENANT_CAMERAS_OUT, HEADROOM_TENANT_HEARING,
    HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS, HEADROOM_TENANT_LISTENERS,
    HEADROOM_TENANT_PARTICIPANTS, HEADROOM_TENANT_RECORDING_ROOMS, HEADROOM_TENANT_ROOMS,
    HEADROOM_TENANT_VOICES, HEADROOM_VOICES, Metric,
};
use headroom_proto::media::MediaSettings;
use headroom_proto::metric::TENANT;

use super::histogram::{Histogram, PEOPLE, STREAMS};
use super::room::{Clients, Room};
use super::streams;
use super::tenants::OTHER;
use crate::series::Round;

/// The most pairs of front end's host and product that have a series.
const MAX_ORIGINS: usize = 50;

/// What stands where the exporter has no value for a label.
const NONE: &str = "unknown";

type Count = fn(&Room) -> Option<u32>;

/// A sum over all rooms: its name, that of its histogram with the borders, and what is summed.
struct Sum {
    metric: &'static Metric,
    histogram: &'static Metric,
    borders: &'static [(f64, &'static str)],
    count: Count,
}

const SUMS: [Sum; 4] = [
    Sum {
        metric: BBB_MEETINGS_PARTICIPANTS,
        histogram: BBB_ROOM_PARTICIPANTS,
        borders: &PEOPLE,
        count: |room| room.participants,
    },
    Sum {
        metric: BBB_MEETINGS_LISTENERS,
        histogram: BBB_ROOM_LISTENERS,
        borders: &PEOPLE,
        count: |room| room.listeners,
    },
    Sum {
        metric: BBB_MEETINGS_VOICE_PARTICIPANTS,
        histogram: BBB_ROOM_VOICE_PARTICIPANTS,
        borders: STREAMS,
        count: |room| room.voices,
    },
    Sum {
        metric: BBB_MEETINGS_VIDEO_PARTICIPANTS,
        histogram: BBB_ROOM_VIDEO_PARTICIPANTS,
        borders: STREAMS,
        count: |room| room.cameras,
    },
];

/// Writes what bigbluebutton-exporter would, breakout rooms included as it does.
pub fn push_all(rooms: &[(Room, Arc<str>)], round: &mut Round<'_>) {
    let all = || rooms.iter().map(|(room, _)| room);
    round.push(BBB_MEETINGS.name, &[], rooms.len() as f64);
    for Sum { metric, histogram, borders, count } in SUMS {
        let Some(counts) = all().map(count).collect::<Option<Vec<u32>>>() else { continue };
        let mut buckets = Histogram::new(borders);
        for count in &counts {
            buckets.add(f64::from(*count));
        }
        round.push(metric.name, &[], counts.iter().map(|count| f64::from(*count)).sum());
        buckets.push(histogram, &[], round);
    }
    let largest = all().map(|room| room.participants).try_fold(0, |max, n| Some(n?.max(max)));
    if let Some(largest) = largest {
        round.push(BBB_MEETINGS_PARTICIPANTS_MAX.name, &[], f64::from(largest));
    }
    push_clients(all().map(|room| room.clients), round);
    push_origins(all(), round);
    let incomplete = all().filter(|room| !is_complete(room)).count();
    round.push(HEADROOM_BBB_INCOMPLETE_MEETINGS.name, &[], incomplete as f64);
}

fn is_complete(room: &Room) -> bool {
    let counts = [room.participants, room.listeners, room.voices, room.cameras];
    room.id.is_some() && counts.iter().all(Option::is_some)
}

fn push_clients(clients: impl Iterator<Item = Clients>, round: &mut Round<'_>) {
    let mut sum = Clients::default();
    for Clients { html5, dial_in, flash, other } in clients {
        sum.html5 += html5;
        sum.dial_in += dial_in;
        sum.flash += flash;
        sum.other += other;
    }
    let kinds = [("html5", sum.html5), ("dial-in", sum.dial_in), ("flash", sum.flash)];
    let others = (sum.other > 0).then_some(("other", sum.other));
    for (kind, count) in kinds.into_iter().chain(others) {
        round.push(BBB_MEETINGS_PARTICIPANT_CLIENTS.name, &[("type", kind)], f64::from(count));
    }
}

fn push_origins<'r>(rooms: impl Iterator<Item = &'r Room>, round: &mut Round<'_>) {
    let mut origins: BTreeMap<(&str, &str), Option<u32>> = BTreeMap::new();
    for room in rooms {
        let server = room.origin.server.as_deref().unwrap_or(NONE);
        let mut origin = (server, room.origin.product.as_deref().unwrap_or(NONE));
        if origins.len() >= MAX_ORIGINS && !origins.contains_key(&origin) {
            origin = (OTHER, OTHER);
        }
        let sum = origins.entry(origin).or_insert(Some(0));
        *sum = sum.zip(room.participants).map(|(sum, participants)| sum + participants);
    }
    for ((server, name), participants) in origins {
        let labels = [("server", server), ("name", name)];
        if let Some(participants) = participants {
            round.push(BBB_MEETINGS_PARTICIPANTS_ORIGIN.name, &labels, f64::from(participants));
        }
    }
}

/// What a tenant has now, room by room, and the sum of all tenants.
struct Gauge {
    of_tenant: &'static Metric,
    of_host: &'static Metric,
    count: Count,
}

const GAUGES: [Gauge; 9] = [
    Gauge {
        of_tenant: HEADROOM_TENANT_ROOMS,
        of_host: HEADROOM_ROOMS,
        count: |room| whole(room).map(|people| u32::from(people > 0)).or(not(room)),
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_BREAKOUT_ROOMS,
        of_host: HEADROOM_BREAKOUT_ROOMS,
        count: |room| Some(u32::from(room.breakout && room.is_used())),
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_PARTICIPANTS,
        of_host: HEADROOM_PARTICIPANTS,
        count: |room| whole(room).or(not(room)),
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_LISTENERS,
        of_host: HEADROOM_LISTENERS,
        count: |room| room.listeners,
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_HEARING,
        of_host: HEADROOM_HEARING,
        count: |room| room.hearing,
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_VOICES,
        of_host: HEADROOM_VOICES,
        count: |room| room.voices,
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_CAMERAS,
        of_host: HEADROOM_CAMERAS,
        count: |room| room.cameras,
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_CAMERAS_OUT,
        of_host: HEADROOM_CAMERAS_OUT,
        count: |room| room.cameras_out,
    },
    Gauge {
        of_tenant: HEADROOM_TENANT_RECORDING_ROOMS,
        of_host: HEADROOM_RECORDING_ROOMS,
        count: |room| Some(u32::from(room.recording && room.is_used())),
    },
];

/// The people of a meeting that is no breakout room.
fn whole(room: &Room) -> Option<u32> {
    room.participants.filter(|_| !room.breakout)
}

/// Breakout rooms have nobody of their own.
fn not(room: &Room) -> Option<u32> {
    room.breakout.then_some(0)
}

/// Writes each tenant's gauges: 0 for those who have no room now, for that is known. Then what all of
/// them have together, whoever they are.
pub fn push_tenants<'t>(
    tenants: impl Iterator<Item = &'t Arc<str>>,
    rooms: &[(Room, Arc<str>)],
    settings: &MediaSettings,
    round: &mut Round<'_>,
) {
    for tenant in tenants {
        let own = || rooms.iter().filter(|(_, of)| of == tenant).map(|(room, _)| room);
        let labels = [(TENANT, &**tenant)];
        for Gauge { of_tenant, count, .. } in GAUGES {
            push_sum(of_tenant, &labels, own().map(count), round);
        }
        let largest = own().map(|room| room.participants).try_fold(0, |max, n| Some(n?.max(max)));
        if let Some(largest) = largest {
            let metric = HEADROOM_TENANT_LARGEST_ROOM_PARTICIPANTS;
            round.push(metric.name, &labels, f64::from(largest));
        }
        streams::push_tenant(tenant, own(), settings, round);
    }
    for Gauge { of_host, count, .. } in GAUGES {
        push_sum(of_host, &[], rooms.iter().map(|(room, _)| count(room)), round);
    }
}

/// Writes a sum, if each of its parts is known.
fn push_sum(
    metric: &Metric,
    labels: &[(&str, &str)],
    mut counts: impl Iterator<Item = Option<u32>>,
    round: &mut Round<'_>,
) {
    if let Some(sum) = counts.try_fold(0u32, |sum, count| Some(sum.saturating_add(count?))) {
        round.push(metric.name, labels, f64::from(sum));
    }
}

//! The agents of simulated vantages: rounds of pings to each datacentre of the cooperative, as frames
//! through the door that every agent uses.

use std::sync::Arc;

use headroom_agent::uplink::{CollectorAddress, Introduction, WireClient};
use headroom_proto::wire::{AddressFamily, Frame, ProbeKind, ProbeRound, ProbeTarget};
use headroom_simulation::{DATACENTRES, HOSTS, PINGS, PingRound, VANTAGES, Vantage, World};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::feed::{FeedError, Item, PATIENCE, Progress, send, wait_until};
use super::host::Outgoing;
use crate::clock::now_ms;
use crate::latency::{Coordinates, Datacentre, Places};
use crate::moments::DAY_MS;

/// Up to which age, and how long rounds are: of long ago, as SmokePing has them.
const SPANS: [(i64, i64); 2] = [(3 * DAY_MS, 60_000), (i64::MAX, 300_000)];

/// How long behind its end a round is told.
const TOLD_AFTER_MS: i64 = 3_000;

/// What waits for the stream.
const AHEAD: usize = 512;

/// A vantage to be fed.
pub struct PingFeed {
    pub world: Arc<World>,
    pub vantage: &'static Vantage,
    /// The moment behind which nothing is stored yet.
    pub from_ms: i64,
    pub boot: u64,
    /// Where agents are served, with this vantage's token.
    pub collector: CollectorAddress,
}

/// Where the cooperative's members and datacentres are.
pub fn places() -> Places {
    let at = |latitude, longitude| Some(Coordinates { latitude, longitude });
    let vantage = |one: &Vantage| crate::latency::Vantage {
        agent: one.name.into(),
        region: Some(one.region.into()),
        city: Some(one.city.into()),
        coordinates: at(one.latitude, one.longitude),
        network: Some(one.network.into()),
    };
    let datacentre = |one: &headroom_simulation::Datacentre| Datacentre {
        name: one.name.into(),
        city: Some(one.city.into()),
        coordinates: at(one.latitude, one.longitude),
        hosts: hosts(one).map(Into::into).collect(),
        targets: vec![ProbeTarget {
            target: target(one),
            kind: ProbeKind::Icmp.into(),
            only: AddressFamily::Ipv4.into(),
        }],
    };
    Places {
        vantages: VANTAGES.iter().map(vantage).collect(),
        datacentres: DATACENTRES.iter().map(datacentre).collect(),
        ..Places::default()
    }
}

fn hosts(datacentre: &headroom_simulation::Datacentre) -> impl Iterator<Item = &'static str> {
    HOSTS.iter().filter(move |host| host.datacentre == datacentre).map(|host| host.name)
}

fn target(datacentre: &headroom_simulation::Datacentre) -> String {
    format!("{}.example.org", hosts(datacentre).next().unwrap_or(datacentre.name))
}

impl PingFeed {
    /// Runs until `stop`.
    pub async fn run(
        self,
        progress: Arc<Progress>,
        stop: CancellationToken,
    ) -> Result<(), FeedError> {
        let agent_version = "simulated".to_owned();
        let (boot, patience) = (self.boot, PATIENCE);
        let introduction = Introduction { boot, agent_version, settings_version: 0, patience };
        let (mut wire, _) = WireClient::open(&self.collector, introduction).await?;
        let (items, mut queue) = mpsc::channel(AHEAD);
        let counting = Arc::clone(&progress);
        let producer =
            tokio::task::spawn_blocking(move || produce(&self, &items, &counting, &stop));
        let outcome = send(&mut wire, &mut queue, &progress).await;
        drop(queue);
        producer.await?;
        outcome
    }
}

/// Hands out a frame for each round of the vantage, with those of all datacentres.
fn produce(
    feed: &PingFeed,
    items: &mpsc::Sender<Item>,
    progress: &Progress,
    stop: &CancellationToken,
) {
    let until_ms = now_ms();
    let mut caught_up = false;
    let mut begin_ms = feed.from_ms;
    let give = |item| items.blocking_send(item).is_ok();
    for sequence in 1.. {
        let age_ms = until_ms - begin_ms;
        let span = SPANS.iter().find(|(up_to_ms, _)| age_ms <= *up_to_ms);
        let span_ms = span.map_or(60_000, |(_, span_ms)| *span_ms);
        begin_ms = begin_ms.div_euclid(span_ms) * span_ms;
        let told_ms = begin_ms + span_ms + TOLD_AFTER_MS;
        if !caught_up && told_ms > now_ms() {
            caught_up = true;
            if !give(Item::CaughtUp) {
                return;
            }
        }
        if !wait_until(told_ms, stop) {
            return;
        }
        if !caught_up {
            progress.add(span_ms);
        }
        let round = |datacentre| {
            let pings = feed.world.pings(feed.vantage, datacentre, begin_ms);
            round(pings, datacentre, (begin_ms, span_ms))
        };
        let frame = Frame {
            boot: feed.boot,
            sequence,
            timestamp_ms: told_ms,
            rounds: DATACENTRES.iter().map(round).collect(),
            ..Frame::default()
        };
        if !give(Item::Send(Outgoing { series: Vec::new(), frame })) {
            return;
        }
        begin_ms += span_ms;
    }
}

/// A round as the wire has it.
fn round(
    pings: PingRound,
    datacentre: &headroom_simulation::Datacentre,
    (begin_ms, span_ms): (i64, i64),
) -> ProbeRound {
    let PingRound { round_trips_us, hop_limit, address, offline } = pings;
    let mut before = 0;
    let differences = round_trips_us.iter().map(|us| us - std::mem::replace(&mut before, *us));
    let round_trips: Vec<u32> = differences.collect();
    let spread =
        round_trips_us.last().zip(round_trips_us.first()).map(|(last, first)| last - first);
    let place = DATACENTRES.iter().position(|one| one == datacentre).unwrap_or_default();
    ProbeRound {
        target: target(datacentre),
        kind: ProbeKind::Icmp.into(),
        family: AddressFamily::Ipv4.into(),
        begin_ms,
        span_ms: span_ms as u32,
        sent: PINGS,
        round_trips_us: round_trips,
        jitter_us: spread.map(|spread| spread / 4),
        hop_limit: hop_limit.map_or(0, u32::from),
        address: format!("198.51.100.{}", place * 10 + usize::from(address)),
        vantage_offline: offline,
        ..ProbeRound::default()
    }
}

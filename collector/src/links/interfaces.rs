//! Which interfaces lead out of a host, and how fast they are.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    HEADROOM_NETWORK_DEVICE_SPEED_BYTES, NODE_NETWORK_INFO, NODE_NETWORK_RECEIVE_BYTES_TOTAL,
    NODE_NETWORK_SPEED_BYTES,
};
use headroom_proto::metric::INSTANCE;

use super::LinksOf;
use crate::samples::{METRIC, Matcher, Newest, ReadError, Reader, Selection, TimeRange};

/// Describes an interface by its label `kind`.
pub const INFO: &str = NODE_NETWORK_INFO.name;
const PHYSICAL: &str = "physical";
const VETH: &str = "veth";

/// What the names of interfaces begin with that lead to others of the same host, or lie upon others.
/// Only where nobody says of which kind they are, as node_exporter does not, they are told by it.
const INNER: [&str; 18] = [
    "lo", "veth", "docker", "br", "virbr", "vnet", "cni", "flannel", "cali", "tun", "tap", "wg",
    "dummy", "ifb", "bond", "team", "lxc", "lxd",
];

/// How fast it is, in bytes per second.
pub const SPEED: &str = NODE_NETWORK_SPEED_BYTES.name;

/// How fast its device is, whatever the operator says of the link.
pub const DEVICE_SPEED: &str = HEADROOM_NETWORK_DEVICE_SPEED_BYTES.name;

/// Nothing is faster than so many times the speed of its device: counters and clocks are read at
/// moments a little apart.
const FASTEST: f64 = 1.1;

/// What no device exceeds whose speed is not known, in bytes per second: 400 Gbit/s.
const FASTEST_BYTES: f64 = 400e9 / 8.0;

/// An interface that leads out of a host.
pub struct Interface {
    pub device: String,
    /// In bytes per second, if that is known.
    pub speed: Option<f64>,
    /// What cannot have gone over it: a counter that fell a little, or that somebody changed, gives
    /// such rates. In bytes per second.
    pub fastest: f64,
}

/// What the newest samples tell of an interface.
#[derive(Default)]
struct Known {
    /// The newest description, and what it says.
    described_ms: Option<i64>,
    kind: String,
    /// The newest speed, and when that was.
    told_ms: Option<i64>,
    speed: Option<f64>,
    /// The greatest speed of the device in the span.
    device_speed: Option<f64>,
}

/// The interfaces in order of their names: all that lead out of the host, by their newest
/// description, or the one that is asked for, if it is there.
pub fn read(
    reader: Reader<'_>,
    links: LinksOf<'_>,
    range: TimeRange,
) -> Result<Vec<Interface>, ReadError> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let matchers = [
        Matcher::one_of(METRIC, [INFO, SPEED, DEVICE_SPEED]),
        Matcher::equal(INSTANCE, links.instance),
    ];
    for newest in reader.newest(Selection { matchers: &matchers, range })? {
        let device = newest.labels.get("device").unwrap_or_default();
        known.entry(device.to_owned()).or_default().learn(&newest);
    }
    if known.values().all(|interface| interface.kind.is_empty()) {
        tell_by_name(reader, links.instance, range, &mut known)?;
    }
    known.retain(|_, interface| interface.described_ms.is_some());
    if let Some(asked) = links.device {
        known.retain(|device, _| device == asked);
    } else {
        // In a container nothing is physical, and its own end of a pair is what leads out.
        let any = known.values().any(|interface| interface.kind == PHYSICAL);
        let kind = if any { PHYSICAL } else { VETH };
        known.retain(|_, interface| interface.kind == kind);
    }
    let interface = |(device, Known { speed, device_speed, .. })| {
        let fastest = device_speed.map_or(FASTEST_BYTES, |speed| speed * FASTEST);
        Interface { device, speed, fastest }
    };
    Ok(known.into_iter().map(interface).collect())
}

/// Finds the interfaces of a host of which nobody tells the kind by what they have received.
fn tell_by_name(
    reader: Reader<'_>,
    instance: &str,
    range: TimeRange,
    known: &mut BTreeMap<String, Known>,
) -> Result<(), ReadError> {
    let received = Matcher::metric(NODE_NETWORK_RECEIVE_BYTES_TOTAL.name);
    let matchers = [received, Matcher::equal(INSTANCE, instance)];
    for newest in reader.newest(Selection { matchers: &matchers, range })? {
        let device = newest.labels.get("device").unwrap_or_default();
        let is_inner = INNER.iter().any(|beginning| device.starts_with(beginning));
        if !is_inner && !device.contains('.') {
            let interface = known.entry(device.to_owned()).or_default();
            interface.described_ms = Some(newest.at_ms);
            PHYSICAL.clone_into(&mut interface.kind);
        }
    }
    Ok(())
}

impl Known {
    fn learn(&mut self, newest: &Newest) {
        let Newest { labels, at_ms, value } = newest;
        let is_newer = |known_ms: Option<i64>| known_ms.is_none_or(|known_ms| *at_ms > known_ms);
        if labels.metric() == INFO && is_newer(self.described_ms) {
            self.described_ms = Some(*at_ms);
            labels.get("kind").unwrap_or_default().clone_into(&mut self.kind);
        }
        if labels.metric() == SPEED && is_newer(self.told_ms) {
            (self.told_ms, self.speed) = (Some(*at_ms), Some(*value));
        }
        if labels.metric() == DEVICE_SPEED && *value > 0.0 {
            self.device_speed = Some(self.device_speed.map_or(*value, |known| known.max(*value)));
        }
    }
}

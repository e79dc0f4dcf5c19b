//! What runs on a host beside its streams: containers of its front end, and units of systemd.

use super::hosts::Host;

const MIB: u64 = 1 << 20;

/// A container at one moment. Counters count from the host's boot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Container {
    /// What its manager calls it.
    pub name: &'static str,
    /// CPU time.
    pub cpu_seconds: f64,
    /// Memory without what the kernel takes back first.
    pub memory_bytes: u64,
    /// The most it may have.
    pub memory_limit_bytes: u64,
    /// Bytes in.
    pub receive_bytes: u64,
    /// Bytes out.
    pub transmit_bytes: u64,
    /// Its processes.
    pub processes: u64,
}

/// A unit of systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: &'static str,
    /// How many seconds after the boot it is active.
    pub active_after_seconds: i64,
}

/// What a container is made of: its share of the front end's work, its memory at rest and for each
/// person, its limit.
struct Kind {
    name: &'static str,
    share: f64,
    rest_mib: u64,
    person_mib: u64,
    limit_mib: u64,
    processes: u64,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "greenlight-v3",
        share: 0.5,
        rest_mib: 410,
        person_mib: 1,
        limit_mib: 2048,
        processes: 7,
    },
    Kind {
        name: "postgres",
        share: 0.3,
        rest_mib: 160,
        person_mib: 0,
        limit_mib: 1024,
        processes: 9,
    },
    Kind { name: "redis", share: 0.1, rest_mib: 24, person_mib: 0, limit_mib: 256, processes: 1 },
];

/// Containers of a host.
pub(super) const CONTAINERS: usize = KINDS.len();

/// What a host's containers do is told from this: what the front end has worked since the boot, and
/// who is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrontLoad {
    pub(super) cpu_seconds: f64,
    pub(super) up_seconds: f64,
    pub(super) people: u64,
}

/// The containers of a host.
pub(super) fn containers(load: FrontLoad) -> [Container; CONTAINERS] {
    KINDS.each_ref().map(|kind| {
        // Each looks around a little, whoever is there.
        let cpu_seconds = load.cpu_seconds * kind.share + load.up_seconds * 0.002;
        Container {
            name: kind.name,
            cpu_seconds,
            memory_bytes: (kind.rest_mib + kind.person_mib * load.people) * MIB,
            memory_limit_bytes: kind.limit_mib * MIB,
            receive_bytes: (cpu_seconds * 40_000.0) as u64,
            transmit_bytes: (cpu_seconds * 95_000.0) as u64,
            processes: kind.processes,
        }
    })
}

const UNITS: [Unit; 9] = [
    Unit { name: "nginx.service", active_after_seconds: 6 },
    Unit { name: "redis-server.service", active_after_seconds: 7 },
    Unit { name: "freeswitch.service", active_after_seconds: 11 },
    Unit { name: "bbb-web.service", active_after_seconds: 14 },
    Unit { name: "bbb-apps-akka.service", active_after_seconds: 15 },
    Unit { name: "bbb-webrtc-sfu.service", active_after_seconds: 17 },
    Unit { name: "bbb-rap-resque-worker.service", active_after_seconds: 19 },
    Unit { name: "docker.service", active_after_seconds: 9 },
    // Until 3.0 there was a database for what clients see; since then it is another one.
    Unit { name: "mongod.service", active_after_seconds: 12 },
];

/// The units of a host's BigBlueButton.
pub fn units(host: &Host) -> impl Iterator<Item = Unit> {
    let before_3 = host.is_before_3();
    UNITS.into_iter().map(move |unit| match unit.name {
        "mongod.service" if !before_3 => Unit { name: "bbb-graphql-server.service", ..unit },
        _ => unit,
    })
}

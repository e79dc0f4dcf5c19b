//! What a host does beyond streams: cores, memory, disks, packets. Coefficients of
//! streams and people are in `media`; these here are of the host.

use super::cores::Work;
use super::hosts::Host;
use super::media::Demand;
use super::noise::Noise;

/// What runs when nobody is there: nginx, redis, a database, a silent FreeSWITCH.
pub const IDLE_CORES: f64 = 0.28;
/// Recordings are processed by one worker, ffmpeg beneath it on two threads (engineering value;
/// the docs warn only that it is on the cores of live meetings).
pub const PROCESSING_CORES: f64 = 1.8;
/// The kernel handles some 400,000 packets a second with one core.
pub const PACKET_CORES: f64 = 1.0 / 400_000.0;
/// A saturated host's clocks never show more.
pub const BUSIEST_RATIO: f64 = 0.97;
/// What a full link's counters show: a gigabit port is full at 930 to 980 Mbit/s.
pub const FULL_LINK_RATIO: f64 = 0.98;
/// Bytes and their packets per second without anybody: updates, monitoring, robots.
pub const IDLE_BYTES_PER_SECOND: f64 = 5_000.0;

const WEB_PACKET_BYTES: f64 = 500.0;
const MIB: f64 = 1_048_576.0;
/// Memory of the system, of one person, of one room, of the worker that processes.
const MEMORY_BYTES: [f64; 4] = [3_600.0 * MIB, 6.0 * MIB, 24.0 * MIB, 1_100.0 * MIB];

/// What goes over the link in a second.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traffic {
    pub(super) received_bytes: f64,
    pub(super) sent_bytes: f64,
    pub(super) received_packets: f64,
    pub(super) sent_packets: f64,
    pub(super) received_datagrams: f64,
    pub(super) sent_datagrams: f64,
    /// Packets that found the link full.
    pub(super) dropped_packets: f64,
}

/// The traffic that a demand makes, clipped at the link.
fn traffic(host: &Host, demand: &Demand, noise: &Noise) -> Traffic {
    let idle = IDLE_BYTES_PER_SECOND * noise.background;
    let link = host.link_bytes_per_second() as f64 * FULL_LINK_RATIO;
    let wanted = demand.sent.bytes as f64 * noise.sent + idle;
    let carried = (link / wanted).min(1.0);
    let received_bytes = (demand.received.bytes as f64 * noise.received + idle).min(link);
    let received_datagrams = demand.received.datagrams as f64 * noise.received;
    let sent_datagrams = demand.sent.datagrams as f64 * noise.sent;
    let web = idle / WEB_PACKET_BYTES + demand.people as f64 * 3.0;
    Traffic {
        received_bytes,
        sent_bytes: wanted * carried,
        received_packets: received_datagrams + web,
        sent_packets: (sent_datagrams + web) * carried,
        received_datagrams,
        sent_datagrams: sent_datagrams * carried,
        dropped_packets: (sent_datagrams + web) * (1.0 - carried),
    }
}

/// Cores that each group of programs keeps busy.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Busy {
    pub(super) audio: f64,
    pub(super) video: f64,
    pub(super) apps: f64,
    pub(super) web: f64,
    pub(super) processing: f64,
    pub(super) packets: f64,
}

/// Share of a program's time that the kernel takes for it.
pub(super) const SYSTEM_RATIO: f64 = 0.27;

/// What a demand does to a host.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    pub(super) traffic: Traffic,
    pub(super) busy: Busy,
    /// Bytes that the disk reads and writes in a second.
    pub(super) disk: (f64, f64),
}

impl Load {
    /// The load of a demand, and of so many workers that process recordings.
    pub(super) fn of(host: &Host, demand: &Demand, workers: usize, noise: &Noise) -> Self {
        let traffic = traffic(host, demand, noise);
        let busy = busy(host, demand, &traffic, noise);
        let left = host.cores as f64 * BUSIEST_RATIO - busy.all();
        let processing = (PROCESSING_CORES * workers as f64 * noise.busy).min(left).max(0.0);
        let busy = Busy { processing, ..busy };
        Self { traffic, busy, disk: disk(demand, &busy, noise) }
    }
}

/// The cores that a demand keeps busy, within what the host has.
fn busy(host: &Host, demand: &Demand, traffic: &Traffic, noise: &Noise) -> Busy {
    let cores = |microcores: i64| microcores as f64 * 1e-6 * noise.busy;
    let idle = IDLE_CORES * (0.6 + 0.4 * noise.background);
    let busy = Busy {
        audio: cores(demand.audio_microcores) + idle * 0.2,
        video: cores(demand.video_microcores) + idle * 0.1,
        apps: cores(demand.app_microcores) + idle * 0.5,
        web: idle * 0.2 + cores(demand.people * 300),
        processing: 0.0,
        packets: (traffic.received_packets + traffic.sent_packets) * PACKET_CORES,
    };
    let most = host.cores as f64 * BUSIEST_RATIO;
    let all = busy.all();
    if all > most { busy.times(most / all) } else { busy }
}

impl Busy {
    /// All of it.
    pub(super) fn all(&self) -> f64 {
        self.audio + self.video + self.apps + self.web + self.processing + self.packets
    }

    fn times(&self, factor: f64) -> Self {
        Self {
            audio: self.audio * factor,
            video: self.video * factor,
            apps: self.apps * factor,
            web: self.web * factor,
            processing: self.processing * factor,
            packets: self.packets * factor,
        }
    }

    /// Its modes over a time in seconds.
    pub(super) fn work(&self, host: &Host, seconds: f64) -> Work {
        let programs = (self.all() - self.packets - self.processing) * seconds;
        let processing = self.processing * seconds;
        Work {
            user: programs * (1.0 - SYSTEM_RATIO),
            nice: processing * 0.92,
            system: programs * SYSTEM_RATIO + processing * 0.08,
            softirq: self.packets * seconds,
            iowait: processing * 0.06 + 0.002 * seconds,
            steal: host.steal_ratio * (host.cores as f64 + 4.0 * self.all()) * seconds,
        }
    }
}

/// Bytes that the disk reads and writes in a second.
fn disk(demand: &Demand, busy: &Busy, noise: &Noise) -> (f64, f64) {
    let raw = demand.raw_bytes_per_hour as f64 / 3600.0;
    let processing = busy.processing / PROCESSING_CORES;
    let read = 2_000.0 * noise.background + processing * 9e6;
    let log = 30_000.0 * noise.background + demand.people as f64 * 400.0;
    (read, log + raw + processing * 4e6)
}

/// Memory that programs have taken.
pub(super) fn used_memory(host: &Host, demand: &Demand, busy: &Busy) -> f64 {
    let [system, person, room, worker] = MEMORY_BYTES;
    let used = system
        + person * demand.people as f64
        + room * demand.rooms as f64
        + worker * busy.processing.min(1.0);
    used.min(host.memory_bytes as f64 * 0.96)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flow, HOSTS};

    const STILL: Noise = Noise { received: 1.0, sent: 1.0, busy: 1.0, background: 1.0 };

    #[test]
    fn a_full_link_carries_no_more_and_drops_the_rest() {
        let wanted =
            |bytes| Demand { sent: Flow { bytes, datagrams: bytes / 1000 }, ..Demand::default() };
        let host = &HOSTS[0];
        let within = traffic(host, &wanted(100_000_000), &STILL);
        assert_eq!((within.sent_bytes, within.dropped_packets), (100_005_000.0, 0.0));
        let beyond = traffic(host, &wanted(200_000_000), &STILL);
        assert_eq!(beyond.sent_bytes.round(), 122_500_000.0);
        let tried = beyond.sent_packets + beyond.dropped_packets;
        assert!((tried - 200_010.0).abs() < 1e-6, "{tried}");
        assert!((0.61..0.62).contains(&(beyond.sent_packets / tried)), "{beyond:?}");
    }

    #[test]
    fn cores_never_do_more_than_there_are() {
        let host = &HOSTS[4];
        let much = Demand { video_microcores: 90_000_000, ..Demand::default() };
        let load = Load::of(host, &much, 1, &STILL);
        assert!((load.busy.all() - 8.0 * BUSIEST_RATIO).abs() < 1e-9, "{load:?}");
        let calm = Load::of(host, &Demand::default(), 0, &STILL);
        assert!((calm.busy.all() - IDLE_CORES).abs() < 1e-3, "{calm:?}");
        let working = Load::of(host, &Demand::default(), 1, &STILL);
        assert_eq!(working.busy.processing, PROCESSING_CORES);
    }
}

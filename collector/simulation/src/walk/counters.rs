//! Counters that only grow until the next boot.

use crate::cores::{CoreSeconds, Work};
use crate::hosts::Host;
use crate::load::{Busy, Load, SYSTEM_RATIO, Traffic};
use crate::noise::Place;
use crate::organisations::ORGANISATIONS;

/// Users' and rooms' milliseconds of each organisation.
pub(super) type Totals = [(i64, i64); ORGANISATIONS.len()];

/// Names of process groups as agents tell them, in the order of [`Counters::groups`].
pub(super) const GROUPS: [&str; 5] =
    ["freeswitch", "mediasoup-worker", "bbb-apps-akka", "nginx", "recordings"];

/// Reads of the disk and writes to it are of this size.
const DISK_OPERATION_BYTES: (f64, f64) = (128_000.0, 40_000.0);
/// What a disk reads or writes in a second when it does nothing else.
const DISK_BYTES_PER_SECOND: f64 = 350e6;

/// What went over the link since boot.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Network {
    /// Bytes in.
    pub receive_bytes: u64,
    /// Bytes out.
    pub transmit_bytes: u64,
    /// Packets in.
    pub receive_packets: u64,
    /// Packets out.
    pub transmit_packets: u64,
    /// Packets in that nobody could take.
    pub receive_drops: u64,
    /// Packets out that found the link full.
    pub transmit_drops: u64,
}

/// UDP since boot.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Datagrams {
    /// In.
    pub received: u64,
    /// Out.
    pub sent: u64,
    /// To a port where nobody listens.
    pub no_port: u64,
    /// In, and lost.
    pub receive_errors: u64,
    /// Those of them for which a socket's buffer was full.
    pub receive_buffer_errors: u64,
    /// Out, and lost, since a socket's buffer was full.
    pub send_buffer_errors: u64,
}

/// The disk since boot.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Disk {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Seconds in which it did something.
    pub busy_seconds: f64,
}

/// The kernel's own counters since boot.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Kernel {
    /// Context switches.
    pub context_switches: u64,
    /// Interrupts.
    pub interrupts: u64,
    /// Processes that were started.
    pub forks: u64,
}

/// Seconds since boot in which somebody waited.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// For a core.
    pub cpu_waiting_seconds: f64,
    /// For a disk.
    pub io_waiting_seconds: f64,
    /// All of them for a disk.
    pub io_stalled_seconds: f64,
}

/// Programs of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessGroup {
    /// Their name.
    pub name: &'static str,
    /// CPU time of their own since boot.
    pub user_seconds: f64,
    /// CPU time of the kernel for them since boot.
    pub system_seconds: f64,
    /// Resident memory.
    pub memory_bytes: u64,
    /// How many there are.
    pub processes: u64,
    /// Their threads.
    pub threads: u64,
}

/// All counters, in floating point so that shares of a unit are kept.
#[derive(Debug, Clone)]
pub(super) struct Counters {
    pub(super) link: Traffic,
    pub(super) udp_lost: f64,
    pub(super) no_port: f64,
    pub(super) cores: Vec<CoreSeconds>,
    /// CPU seconds of each group.
    pub(super) groups: [f64; GROUPS.len()],
    pub(super) disk: [f64; 5],
    pub(super) kernel: [f64; 3],
    pub(super) pressure: Pressure,
    pub(super) load: [f64; 3],
    /// Never reset: what organisations used, since the walk began.
    pub(super) totals: Totals,
    /// Meetings that were created since boot.
    pub(super) meetings: u64,
    /// Breakout rooms that were.
    pub(super) breakouts: u64,
    /// What was busy at last, and in the slot so far.
    pub(super) busy: Busy,
    slot: Work,
    slot_busy: f64,
}

impl Counters {
    /// Those of a host that was just booted.
    pub(super) fn new(host: &Host) -> Self {
        Self {
            link: Traffic::default(),
            udp_lost: 0.0,
            no_port: 0.0,
            cores: vec![CoreSeconds::default(); host.cores],
            groups: [0.0; GROUPS.len()],
            disk: [0.0; 5],
            kernel: [0.0; 3],
            pressure: Pressure::default(),
            load: [0.1; 3],
            totals: [(0, 0); ORGANISATIONS.len()],
            meetings: 0,
            breakouts: 0,
            busy: Busy::default(),
            slot: Work::default(),
            slot_busy: 0.0,
        }
    }

    /// What a load adds over a time.
    pub(super) fn add(&mut self, host: &Host, load: &Load, seconds: f64) {
        let ratio = load.busy.all() / host.cores as f64;
        self.traffic(&load.traffic, ratio, seconds);
        self.work(&load.busy.work(host, seconds));
        self.slot_busy += load.busy.all() * seconds;
        self.waiting(load, ratio, seconds);
        let busy = &load.busy;
        let groups = [busy.audio, busy.video, busy.apps, busy.web, busy.processing];
        add(&mut self.groups, groups, seconds);
        let all = busy.all();
        let kernel = [1_500.0 + all * 9_000.0, 1_200.0 + all * 6_000.0, 1.5 + all * 0.4];
        add(&mut self.kernel, kernel, seconds);
        self.busy = *busy;
    }

    fn traffic(&mut self, traffic: &Traffic, ratio: f64, seconds: f64) {
        let link = &mut self.link;
        link.received_bytes += traffic.received_bytes * seconds;
        link.sent_bytes += traffic.sent_bytes * seconds;
        link.received_packets += traffic.received_packets * seconds;
        link.sent_packets += traffic.sent_packets * seconds;
        link.received_datagrams += traffic.received_datagrams * seconds;
        link.sent_datagrams += traffic.sent_datagrams * seconds;
        link.dropped_packets += traffic.dropped_packets * seconds;
        // Sockets overflow when their programs do not come to read: from 70 % of the cores on.
        let late = (ratio - 0.7).max(0.0);
        self.udp_lost += traffic.received_datagrams * (late * 0.004 + 2e-7) * seconds;
        self.no_port += 0.02 * seconds;
    }

    fn work(&mut self, work: &Work) {
        self.slot.user += work.user;
        self.slot.nice += work.nice;
        self.slot.system += work.system;
        self.slot.softirq += work.softirq;
        self.slot.iowait += work.iowait;
        self.slot.steal += work.steal;
    }

    /// Disks, and who waits for them and for cores.
    fn waiting(&mut self, load: &Load, ratio: f64, seconds: f64) {
        let (read, written) = load.disk;
        let used = ((read + written) / DISK_BYTES_PER_SECOND).min(1.0);
        let reads = read / DISK_OPERATION_BYTES.0;
        let writes = written / DISK_OPERATION_BYTES.1;
        add(&mut self.disk, [read, written, reads, writes, used], seconds);
        let crowded = ((ratio - 0.5).max(0.0) * 2.0).powi(2) * 0.5;
        self.pressure.cpu_waiting_seconds += (crowded + ratio * 0.01) * seconds;
        self.pressure.io_waiting_seconds += (used * 0.5 + 5e-4) * seconds;
        self.pressure.io_stalled_seconds += (used * 0.3 + 3e-4) * seconds;
    }

    /// Ends a slot, or a part of one: its work goes to the cores and into the load.
    pub(super) fn settle(&mut self, place: Place, length_ms: i64) {
        let seconds = length_ms as f64 / 1000.0;
        if seconds <= 0.0 {
            return;
        }
        self.slot.hand_out(&mut self.cores, seconds, place);
        let running = self.slot_busy / seconds * 1.08;
        for (load, minutes) in self.load.iter_mut().zip([1.0, 5.0, 15.0]) {
            let kept = (-seconds / 60.0 / minutes).exp();
            *load = *load * kept + running * (1.0 - kept);
        }
        (self.slot, self.slot_busy) = (Work::default(), 0.0);
    }

    /// CPU seconds of the front end.
    pub(super) fn front_end_seconds(&self) -> f64 {
        let [_, _, _, web, _] = self.groups;
        web
    }

    /// CPU seconds of a group: its own and the kernel's.
    pub(super) fn group_seconds(&self, group: usize) -> (f64, f64) {
        let all = self.groups[group];
        (all * (1.0 - SYSTEM_RATIO), all * SYSTEM_RATIO)
    }
}

/// Adds rates over a time to sums.
fn add<const N: usize>(sums: &mut [f64; N], rates: [f64; N], seconds: f64) {
    for (sum, rate) in sums.iter_mut().zip(rates) {
        *sum += rate * seconds;
    }
}

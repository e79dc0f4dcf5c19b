//! A host at one moment, as a monitor would read it.

use super::counters::{Datagrams, Disk, GROUPS, Kernel, Network, Pressure, ProcessGroup};
use super::{HostWalk, State};
use crate::calendar::{DAY_MS, day_of};
use crate::cores::CoreSeconds;
use crate::hosts::Host;
use crate::load;
use crate::media::Presence;
use crate::organisations::{ORGANISATIONS, Organisation};
use crate::recordings::RecordingsState;
use crate::services::{self, CONTAINERS, Container, FrontLoad};

const MIB: u64 = 1 << 20;

/// A host at one moment. Counters count from its boot.
#[derive(Debug, Clone, PartialEq)]
pub struct HostMoment {
    /// When.
    pub at_ms: i64,
    /// When it was booted.
    pub boot_ms: i64,
    /// Its link.
    pub network: Network,
    /// Its UDP.
    pub datagrams: Datagrams,
    /// Its cores.
    pub cores: Vec<CoreSeconds>,
    /// Its load over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Its memory.
    pub memory: Memory,
    /// Its disk.
    pub disk: Disk,
    /// `/` and `/var/bigbluebutton`.
    pub filesystems: [Filesystem; 2],
    /// Its recordings.
    pub recordings: RecordingsState,
    /// Its kernel.
    pub kernel: Kernel,
    /// Who waited.
    pub pressure: Pressure,
    /// Its programs.
    pub processes: [ProcessGroup; GROUPS.len()],
    /// Its containers.
    pub containers: [Container; CONTAINERS],
    /// Rooms that the API lists, in order of creation.
    pub rooms: Vec<RoomMoment>,
    /// What each organisation used since the walk began; counters that no boot resets.
    pub tenants: Vec<TenantTotals>,
    /// Meetings that were created since boot, without breakout rooms.
    pub meetings_total: u64,
    /// Breakout rooms that were created since boot.
    pub breakouts_total: u64,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All.
    pub total_bytes: u64,
    /// Without any use.
    pub free_bytes: u64,
    /// What programs could have.
    pub available_bytes: u64,
    /// Of files.
    pub cached_bytes: u64,
    /// Of devices.
    pub buffers_bytes: u64,
}

/// A file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filesystem {
    /// Where it is.
    pub mountpoint: &'static str,
    /// Its device.
    pub device: &'static str,
    /// Its size.
    pub size_bytes: u64,
    /// What is left of it.
    pub available_bytes: u64,
}

/// A room that the API lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomMoment {
    /// Its number, the same as long as it runs.
    pub number: u32,
    /// Whose it is.
    pub organisation: &'static Organisation,
    /// When it was created.
    pub created_ms: i64,
    /// Whether it is a breakout room.
    pub is_breakout: bool,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Who is inside.
    pub presence: Presence,
    /// Camera streams out.
    pub cameras_out: i64,
    /// Bytes that its people are sent in a second: what no counter of a host tells apart.
    pub sent_bytes_per_second: i64,
}

/// What an organisation used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenantTotals {
    /// Which.
    pub organisation: &'static Organisation,
    /// Seconds of people; who is in a breakout room counts once.
    pub user_seconds: f64,
    /// Seconds of meetings with somebody inside, without breakout rooms.
    pub room_seconds: f64,
}

impl HostWalk {
    /// What a state looks like from outside.
    pub(super) fn moment(&self, state: &State) -> HostMoment {
        let counters = &state.counters;
        let recordings = state.recorder.state();
        let [read, written, reads, writes, busy_seconds] = counters.disk;
        let [context_switches, interrupts, forks] = counters.kernel.map(|count| count as u64);
        let busy = &counters.busy;
        let used_memory = load::used_memory(self.host, &state.demand, busy);
        HostMoment {
            at_ms: state.at_ms,
            boot_ms: state.boot_ms,
            network: network(state),
            datagrams: datagrams(state),
            cores: counters.cores.clone(),
            load: counters.load,
            memory: memory(self.host, used_memory, state.at_ms - state.boot_ms),
            disk: Disk {
                read_bytes: read as u64,
                written_bytes: written as u64,
                reads: reads as u64,
                writes: writes as u64,
                busy_seconds,
            },
            filesystems: self.filesystems(state.at_ms, &recordings),
            recordings,
            kernel: Kernel { context_switches, interrupts, forks },
            pressure: counters.pressure,
            processes: processes(self.host, state),
            containers: services::containers(front_load(state)),
            rooms: rooms(state),
            tenants: tenants(state),
            meetings_total: counters.meetings,
            breakouts_total: counters.breakouts,
        }
    }

    fn filesystems(&self, at_ms: i64, recordings: &RecordingsState) -> [Filesystem; 2] {
        let left = |size: u64, used: f64| size.saturating_sub(used.max(0.0) as u64);
        // Logs grow over the day; at midnight they are rotated and packed.
        let day = (at_ms - day_of(at_ms) * DAY_MS) as f64 / DAY_MS as f64;
        let root = self.host.root_bytes;
        let recorded = (recordings.raw_bytes + recordings.published_bytes) as f64;
        let size_bytes = self.host.recordings_bytes;
        [
            Filesystem {
                mountpoint: "/",
                device: "/dev/sda1",
                size_bytes: root,
                available_bytes: left(root, root as f64 * 0.31 + day * 6e8),
            },
            Filesystem {
                mountpoint: "/var/bigbluebutton",
                device: "/dev/sdb1",
                size_bytes,
                available_bytes: left(size_bytes, self.other_bytes + recorded),
            },
        ]
    }
}

fn network(state: &State) -> Network {
    let link = &state.counters.link;
    Network {
        receive_bytes: link.received_bytes as u64,
        transmit_bytes: link.sent_bytes as u64,
        receive_packets: link.received_packets as u64,
        transmit_packets: link.sent_packets as u64,
        receive_drops: (state.counters.udp_lost * 0.1) as u64,
        transmit_drops: link.dropped_packets as u64,
    }
}

fn datagrams(state: &State) -> Datagrams {
    let counters = &state.counters;
    Datagrams {
        received: (counters.link.received_datagrams - counters.udp_lost) as u64,
        sent: counters.link.sent_datagrams as u64,
        no_port: counters.no_port as u64,
        receive_errors: counters.udp_lost as u64,
        receive_buffer_errors: (counters.udp_lost * 0.98) as u64,
        // Half of what the link drops comes back to the sockets.
        send_buffer_errors: (counters.link.dropped_packets * 0.5) as u64,
    }
}

fn memory(host: &Host, used: f64, up_ms: i64) -> Memory {
    let total = host.memory_bytes as f64;
    let available = (total * 0.985 - used).max(0.0);
    // Files fill what nobody needs, within two days.
    let warm = 1.0 - (-(up_ms as f64) / DAY_MS as f64 * 2.0).exp();
    let cached = available * 0.8 * warm;
    let buffers = available * 0.03 * warm;
    Memory {
        total_bytes: host.memory_bytes,
        free_bytes: (available - cached - buffers) as u64,
        available_bytes: available as u64,
        cached_bytes: cached as u64,
        buffers_bytes: buffers as u64,
    }
}

fn processes(host: &Host, state: &State) -> [ProcessGroup; GROUPS.len()] {
    let people = state.demand.people as u64;
    let workers = (host.cores as u64 * 4).div_ceil(5);
    let works = state.recorder.workers() as u64;
    // Memory, processes and threads of each group.
    let sizes = [
        (220 * MIB + people * MIB, 1, 40 + people / 2),
        (workers * 45 * MIB + people * MIB / 2, workers, workers * 4),
        (1_900 * MIB + people * 3 * MIB, 9, 310),
        (60 * MIB + people * MIB / 8, host.cores as u64 + 1, host.cores as u64 + 1),
        (90 * MIB + works * 1_000 * MIB, 3 + works * 2, 9 + works * 24),
    ];
    std::array::from_fn(|group| {
        let (user_seconds, system_seconds) = state.counters.group_seconds(group);
        let (memory_bytes, processes, threads) = sizes[group];
        let name = GROUPS[group];
        ProcessGroup { name, user_seconds, system_seconds, memory_bytes, processes, threads }
    })
}

fn front_load(state: &State) -> FrontLoad {
    FrontLoad {
        cpu_seconds: state.counters.front_end_seconds(),
        up_seconds: (state.at_ms - state.boot_ms).max(0) as f64 / 1000.0,
        people: state.demand.people as u64,
    }
}

fn rooms(state: &State) -> Vec<RoomMoment> {
    let room = |(number, room): (&u32, &super::Room)| RoomMoment {
        number: *number,
        organisation: room.organisation,
        created_ms: room.created_ms,
        is_breakout: room.is_breakout,
        recorded: room.kind.recorded,
        presence: room.presence,
        cameras_out: room.presence.cameras_out(room.kind.policy),
        sent_bytes_per_second: room.demand.sent.bytes,
    };
    state.rooms.iter().map(room).collect()
}

fn tenants(state: &State) -> Vec<TenantTotals> {
    let all = ORGANISATIONS.iter().zip(state.counters.totals);
    all.filter(|(_, totals)| *totals != (0, 0))
        .map(|(organisation, (users_ms, rooms_ms))| TenantTotals {
            organisation,
            user_seconds: users_ms as f64 / 1000.0,
            room_seconds: rooms_ms as f64 / 1000.0,
        })
        .collect()
}

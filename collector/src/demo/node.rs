//! A simulated host in the words of the agent's samplers: what a round of theirs would have written.

use headroom_proto::catalogue::{
    BBB_RECORDINGS_DELETED, BBB_RECORDINGS_PROCESSING, BBB_RECORDINGS_PUBLISHED,
    BBB_RECORDINGS_UNPROCESSED, BBB_RECORDINGS_UNPUBLISHED, HEADROOM_CPU_BUSIEST_CORE_RATIO,
    HEADROOM_CPU_BUSY_RATIO, HEADROOM_RECORDINGS_BYTES,
    HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS, NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL,
    NAMEDPROCESS_NAMEGROUP_MEMORY_BYTES, NAMEDPROCESS_NAMEGROUP_NUM_PROCS,
    NAMEDPROCESS_NAMEGROUP_NUM_THREADS, NODE_BOOT_TIME_SECONDS, NODE_CONTEXT_SWITCHES_TOTAL,
    NODE_CPU_SECONDS_TOTAL, NODE_DISK_IO_TIME_SECONDS_TOTAL, NODE_DISK_READ_BYTES_TOTAL,
    NODE_DISK_READS_COMPLETED_TOTAL, NODE_DISK_WRITES_COMPLETED_TOTAL,
    NODE_DISK_WRITTEN_BYTES_TOTAL, NODE_FILESYSTEM_AVAIL_BYTES, NODE_FILESYSTEM_FREE_BYTES,
    NODE_FILESYSTEM_SIZE_BYTES, NODE_FORKS_TOTAL, NODE_INTR_TOTAL, NODE_LOAD1, NODE_LOAD5,
    NODE_LOAD15, NODE_MEMORY_BUFFERS_BYTES, NODE_MEMORY_CACHED_BYTES,
    NODE_MEMORY_MEMAVAILABLE_BYTES, NODE_MEMORY_MEMFREE_BYTES, NODE_MEMORY_MEMTOTAL_BYTES,
    NODE_NETSTAT_UDP_INDATAGRAMS, NODE_NETSTAT_UDP_INERRORS, NODE_NETSTAT_UDP_NOPORTS,
    NODE_NETSTAT_UDP_OUTDATAGRAMS, NODE_NETSTAT_UDP_RCVBUFERRORS, NODE_NETSTAT_UDP_SNDBUFERRORS,
    NODE_NETWORK_INFO, NODE_NETWORK_RECEIVE_BYTES_TOTAL, NODE_NETWORK_RECEIVE_DROP_TOTAL,
    NODE_NETWORK_RECEIVE_PACKETS_TOTAL, NODE_NETWORK_SPEED_BYTES,
    NODE_NETWORK_TRANSMIT_BYTES_TOTAL, NODE_NETWORK_TRANSMIT_DROP_TOTAL,
    NODE_NETWORK_TRANSMIT_PACKETS_TOTAL, NODE_NETWORK_UP, NODE_PRESSURE_CPU_WAITING_SECONDS_TOTAL,
    NODE_PRESSURE_IO_STALLED_SECONDS_TOTAL, NODE_PRESSURE_IO_WAITING_SECONDS_TOTAL,
};
use headroom_proto::metric::{BBB_JOB, NODE_JOB};

use headroom_agent::series::Round;
use headroom_simulation::{CoreSeconds, Host, HostMoment, ProcessGroup};

/// Writes the host's series.
pub fn push(host: &Host, moment: &HostMoment, round: &mut Round<'_>) {
    round.set_job(NODE_JOB);
    push_cores(moment, round);
    push_load(moment, round);
    push_memory(moment, round);
    push_network(host, moment, round);
    push_disks(moment, round);
    push_kernel(moment, round);
    moment.processes.iter().for_each(|group| push_group(group, round));
    push_recordings(moment, round);
}

fn push_cores(moment: &HostMoment, round: &mut Round<'_>) {
    for (number, core) in moment.cores.iter().enumerate() {
        let number = number.to_string();
        for (mode, seconds) in [
            ("user", core.user),
            ("nice", core.nice),
            ("system", core.system),
            ("idle", core.idle),
            ("iowait", core.iowait),
            ("irq", core.irq),
            ("softirq", core.softirq),
            ("steal", core.steal),
        ] {
            let labels = [("cpu", &*number), ("mode", mode)];
            round.push(NODE_CPU_SECONDS_TOTAL.name, &labels, counted(seconds));
        }
    }
}

/// How busy the cores were since `before`, their times at the round before.
pub fn push_busy(moment: &HostMoment, before: &[CoreSeconds], round: &mut Round<'_>) {
    let share = |core: &CoreSeconds, before: &CoreSeconds| {
        let (busy, idle) = (busy(core) - busy(before), idle(core) - idle(before));
        (busy + idle > 0.0).then(|| (busy / (busy + idle)).clamp(0.0, 1.0))
    };
    let shares = moment.cores.iter().zip(before).filter_map(|(core, before)| share(core, before));
    let shares: Vec<f64> = shares.collect();
    let Some(busiest) = shares.iter().copied().reduce(f64::max) else { return };
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    round.set_job(NODE_JOB);
    round.push(HEADROOM_CPU_BUSY_RATIO.name, &[], mean);
    round.push(HEADROOM_CPU_BUSIEST_CORE_RATIO.name, &[], busiest);
}

fn busy(core: &CoreSeconds) -> f64 {
    let CoreSeconds { user, nice, system, irq, softirq, steal, .. } = *core;
    [user, nice, system, irq, softirq, steal].map(counted).into_iter().sum()
}

fn idle(core: &CoreSeconds) -> f64 {
    counted(core.idle) + counted(core.iowait)
}

/// The kernel counts in hundredths.
fn counted(seconds: f64) -> f64 {
    (seconds * 100.0).floor() / 100.0
}

fn push_load(moment: &HostMoment, round: &mut Round<'_>) {
    for (metric, load) in [NODE_LOAD1, NODE_LOAD5, NODE_LOAD15].into_iter().zip(moment.load) {
        round.push(metric.name, &[], (load * 100.0).round() / 100.0);
    }
}

fn push_memory(moment: &HostMoment, round: &mut Round<'_>) {
    let memory = moment.memory;
    for (metric, bytes) in [
        (NODE_MEMORY_MEMTOTAL_BYTES, memory.total_bytes),
        (NODE_MEMORY_MEMFREE_BYTES, memory.free_bytes),
        (NODE_MEMORY_MEMAVAILABLE_BYTES, memory.available_bytes),
        (NODE_MEMORY_CACHED_BYTES, memory.cached_bytes),
        (NODE_MEMORY_BUFFERS_BYTES, memory.buffers_bytes),
    ] {
        round.push(metric.name, &[], bytes as f64);
    }
}

fn push_network(host: &Host, moment: &HostMoment, round: &mut Round<'_>) {
    let device = [("device", host.device)];
    let network = moment.network;
    for (metric, count) in [
        (NODE_NETWORK_RECEIVE_BYTES_TOTAL, network.receive_bytes),
        (NODE_NETWORK_TRANSMIT_BYTES_TOTAL, network.transmit_bytes),
        (NODE_NETWORK_RECEIVE_PACKETS_TOTAL, network.receive_packets),
        (NODE_NETWORK_TRANSMIT_PACKETS_TOTAL, network.transmit_packets),
        (NODE_NETWORK_RECEIVE_DROP_TOTAL, network.receive_drops),
        (NODE_NETWORK_TRANSMIT_DROP_TOTAL, network.transmit_drops),
    ] {
        round.push(metric.name, &device, count as f64);
    }
    round.push(NODE_NETWORK_UP.name, &device, 1.0);
    round.push(NODE_NETWORK_SPEED_BYTES.name, &device, host.link_bytes_per_second() as f64);
    let info = [device[0], ("kind", "physical"), ("operstate", "up"), ("duplex", "full")];
    round.push(NODE_NETWORK_INFO.name, &info, 1.0);
    let datagrams = moment.datagrams;
    for (metric, count) in [
        (NODE_NETSTAT_UDP_INDATAGRAMS, datagrams.received),
        (NODE_NETSTAT_UDP_OUTDATAGRAMS, datagrams.sent),
        (NODE_NETSTAT_UDP_NOPORTS, datagrams.no_port),
        (NODE_NETSTAT_UDP_INERRORS, datagrams.receive_errors),
        (NODE_NETSTAT_UDP_RCVBUFERRORS, datagrams.receive_buffer_errors),
        (NODE_NETSTAT_UDP_SNDBUFERRORS, datagrams.send_buffer_errors),
    ] {
        round.push(metric.name, &[], count as f64);
    }
}

fn push_disks(moment: &HostMoment, round: &mut Round<'_>) {
    let disk = moment.disk;
    let device = [("device", "sdb")];
    round.push(NODE_DISK_READ_BYTES_TOTAL.name, &device, disk.read_bytes as f64);
    round.push(NODE_DISK_WRITTEN_BYTES_TOTAL.name, &device, disk.written_bytes as f64);
    round.push(NODE_DISK_READS_COMPLETED_TOTAL.name, &device, disk.reads as f64);
    round.push(NODE_DISK_WRITES_COMPLETED_TOTAL.name, &device, disk.writes as f64);
    round.push(NODE_DISK_IO_TIME_SECONDS_TOTAL.name, &device, disk.busy_seconds);
    for filesystem in moment.filesystems {
        let labels = [
            ("device", filesystem.device),
            ("fstype", "ext4"),
            ("mountpoint", filesystem.mountpoint),
        ];
        let available = filesystem.available_bytes as f64;
        round.push(NODE_FILESYSTEM_SIZE_BYTES.name, &labels, filesystem.size_bytes as f64);
        round.push(NODE_FILESYSTEM_AVAIL_BYTES.name, &labels, available);
        round.push(NODE_FILESYSTEM_FREE_BYTES.name, &labels, available);
    }
}

fn push_kernel(moment: &HostMoment, round: &mut Round<'_>) {
    let kernel = moment.kernel;
    round.push(NODE_BOOT_TIME_SECONDS.name, &[], (moment.boot_ms / 1000) as f64);
    round.push(NODE_CONTEXT_SWITCHES_TOTAL.name, &[], kernel.context_switches as f64);
    round.push(NODE_INTR_TOTAL.name, &[], kernel.interrupts as f64);
    round.push(NODE_FORKS_TOTAL.name, &[], kernel.forks as f64);
    let pressure = moment.pressure;
    for (metric, seconds) in [
        (NODE_PRESSURE_CPU_WAITING_SECONDS_TOTAL, pressure.cpu_waiting_seconds),
        (NODE_PRESSURE_IO_WAITING_SECONDS_TOTAL, pressure.io_waiting_seconds),
        (NODE_PRESSURE_IO_STALLED_SECONDS_TOTAL, pressure.io_stalled_seconds),
    ] {
        round.push(metric.name, &[], seconds);
    }
}

fn push_group(group: &ProcessGroup, round: &mut Round<'_>) {
    let name = ("groupname", group.name);
    for (mode, seconds) in [("user", group.user_seconds), ("system", group.system_seconds)] {
        let labels = [name, ("mode", mode)];
        round.push(NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL.name, &labels, seconds);
    }
    round.push(NAMEDPROCESS_NAMEGROUP_NUM_PROCS.name, &[name], group.processes as f64);
    round.push(NAMEDPROCESS_NAMEGROUP_NUM_THREADS.name, &[name], group.threads as f64);
    let labels = [name, ("memtype", "resident")];
    round.push(NAMEDPROCESS_NAMEGROUP_MEMORY_BYTES.name, &labels, group.memory_bytes as f64);
}

fn push_recordings(moment: &HostMoment, round: &mut Round<'_>) {
    let recordings = moment.recordings;
    let state = |state| [("state", state)];
    let bytes = HEADROOM_RECORDINGS_BYTES.name;
    round.push(bytes, &state("raw"), recordings.raw_bytes as f64);
    round.push(bytes, &state("published"), recordings.published_bytes as f64);
    if let Some(oldest_ms) = recordings.oldest_unprocessed_ms {
        let age_seconds = (moment.at_ms - oldest_ms) as f64 / 1000.0;
        round.push(HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS.name, &[], age_seconds);
    }
    round.set_job(BBB_JOB);
    for (metric, count) in [
        (BBB_RECORDINGS_UNPROCESSED, recordings.unprocessed),
        (BBB_RECORDINGS_PROCESSING, recordings.processing),
        (BBB_RECORDINGS_PUBLISHED, recordings.published),
        (BBB_RECORDINGS_UNPUBLISHED, 0),
        (BBB_RECORDINGS_DELETED, recordings.deleted),
    ] {
        round.push(metric.name, &[], count as f64);
    }
}

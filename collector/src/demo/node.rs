//! A simulated host in the words of the agent's samplers: what a round of theirs would have written.

use headroom_agent::series::Round;
use headroom_simulation::{Host, HostMoment, ProcessGroup};

/// Writes the host's series.
pub fn push(host: &Host, moment: &HostMoment, round: &mut Round<'_>) {
    round.set_job("node");
    push_cores(moment, round);
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
            // The kernel counts in hundredths.
            let seconds = (seconds * 100.0).floor() / 100.0;
            round.push("node_cpu_seconds_total", &[("cpu", &number), ("mode", mode)], seconds);
        }
    }
    for (metric, load) in ["node_load1", "node_load5", "node_load15"].into_iter().zip(moment.load) {
        round.push(metric, &[], (load * 100.0).round() / 100.0);
    }
}

fn push_memory(moment: &HostMoment, round: &mut Round<'_>) {
    let memory = moment.memory;
    for (metric, bytes) in [
        ("node_memory_MemTotal_bytes", memory.total_bytes),
        ("node_memory_MemFree_bytes", memory.free_bytes),
        ("node_memory_MemAvailable_bytes", memory.available_bytes),
        ("node_memory_Cached_bytes", memory.cached_bytes),
        ("node_memory_Buffers_bytes", memory.buffers_bytes),
    ] {
        round.push(metric, &[], bytes as f64);
    }
}

fn push_network(host: &Host, moment: &HostMoment, round: &mut Round<'_>) {
    let device = [("device", host.device)];
    let network = moment.network;
    for (metric, count) in [
        ("node_network_receive_bytes_total", network.receive_bytes),
        ("node_network_transmit_bytes_total", network.transmit_bytes),
        ("node_network_receive_packets_total", network.receive_packets),
        ("node_network_transmit_packets_total", network.transmit_packets),
        ("node_network_receive_drop_total", network.receive_drops),
        ("node_network_transmit_drop_total", network.transmit_drops),
    ] {
        round.push(metric, &device, count as f64);
    }
    round.push("node_network_up", &device, 1.0);
    round.push("node_network_speed_bytes", &device, host.link_bytes_per_second() as f64);
    let info = [device[0], ("kind", "physical"), ("operstate", "up"), ("duplex", "full")];
    round.push("node_network_info", &info, 1.0);
    let datagrams = moment.datagrams;
    for (metric, count) in [
        ("node_netstat_Udp_InDatagrams", datagrams.received),
        ("node_netstat_Udp_OutDatagrams", datagrams.sent),
        ("node_netstat_Udp_NoPorts", datagrams.no_port),
        ("node_netstat_Udp_InErrors", datagrams.receive_errors),
        ("node_netstat_Udp_RcvbufErrors", datagrams.receive_buffer_errors),
        ("node_netstat_Udp_SndbufErrors", datagrams.send_buffer_errors),
    ] {
        round.push(metric, &[], count as f64);
    }
}

fn push_disks(moment: &HostMoment, round: &mut Round<'_>) {
    let disk = moment.disk;
    let device = [("device", "sdb")];
    round.push("node_disk_read_bytes_total", &device, disk.read_bytes as f64);
    round.push("node_disk_written_bytes_total", &device, disk.written_bytes as f64);
    round.push("node_disk_reads_completed_total", &device, disk.reads as f64);
    round.push("node_disk_writes_completed_total", &device, disk.writes as f64);
    round.push("node_disk_io_time_seconds_total", &device, disk.busy_seconds);
    for filesystem in moment.filesystems {
        let labels = [
            ("device", filesystem.device),
            ("fstype", "ext4"),
            ("mountpoint", filesystem.mountpoint),
        ];
        let available = filesystem.available_bytes as f64;
        round.push("node_filesystem_size_bytes", &labels, filesystem.size_bytes as f64);
        round.push("node_filesystem_avail_bytes", &labels, available);
        round.push("node_filesystem_free_bytes", &labels, available);
    }
}

fn push_kernel(moment: &HostMoment, round: &mut Round<'_>) {
    let kernel = moment.kernel;
    round.push("node_boot_time_seconds", &[], (moment.boot_ms / 1000) as f64);
    round.push("node_context_switches_total", &[], kernel.context_switches as f64);
    round.push("node_intr_total", &[], kernel.interrupts as f64);
    round.push("node_forks_total", &[], kernel.forks as f64);
    let pressure = moment.pressure;
    for (metric, seconds) in [
        ("node_pressure_cpu_waiting_seconds_total", pressure.cpu_waiting_seconds),
        ("node_pressure_io_waiting_seconds_total", pressure.io_waiting_seconds),
        ("node_pressure_io_stalled_seconds_total", pressure.io_stalled_seconds),
    ] {
        round.push(metric, &[], seconds);
    }
}

fn push_group(group: &ProcessGroup, round: &mut Round<'_>) {
    let name = ("groupname", group.name);
    for (mode, seconds) in [("user", group.user_seconds), ("system", group.system_seconds)] {
        let labels = [name, ("mode", mode)];
        round.push("namedprocess_namegroup_cpu_seconds_total", &labels, seconds);
    }
    round.push("namedprocess_namegroup_num_procs", &[name], group.processes as f64);
    round.push("namedprocess_namegroup_num_threads", &[name], group.threads as f64);
    let labels = [name, ("memtype", "resident")];
    round.push("namedprocess_namegroup_memory_bytes", &labels, group.memory_bytes as f64);
}

fn push_recordings(moment: &HostMoment, round: &mut Round<'_>) {
    let recordings = moment.recordings;
    let state = |state| [("state", state)];
    let bytes = "headroom_recordings_bytes";
    round.push(bytes, &state("raw"), recordings.raw_bytes as f64);
    round.push(bytes, &state("published"), recordings.published_bytes as f64);
    if let Some(oldest_ms) = recordings.oldest_unprocessed_ms {
        let age_seconds = (moment.at_ms - oldest_ms) as f64 / 1000.0;
        round.push("headroom_recordings_oldest_unprocessed_age_seconds", &[], age_seconds);
    }
    round.set_job("bbb");
    for (metric, count) in [
        ("bbb_recordings_unprocessed", recordings.unprocessed),
        ("bbb_recordings_processing", recordings.processing),
        ("bbb_recordings_published", recordings.published),
        ("bbb_recordings_unpublished", 0),
        ("bbb_recordings_deleted", recordings.deleted),
    ] {
        round.push(metric, &[], count as f64);
    }
}

//! The host itself: processors, memory, pressure, system and systemd, under node_exporter's names.

super::metrics! { HOST:
    NODE_CPU_SECONDS_TOTAL = Counter "node_cpu_seconds_total" in Seconds by ["cpu", "mode"],
        "Time that each core has spent in each mode.";
    NODE_CPU_GUEST_SECONDS_TOTAL =
        Counter "node_cpu_guest_seconds_total" in Seconds by ["cpu", "mode"],
        "Time that each core has spent for guests, which its modes user and nice count too.";
    HEADROOM_CPU_BUSY_RATIO = Gauge "headroom_cpu_busy_ratio" in Ratio,
        "Share of the time since the last round in which the cores worked, all of them together.";
    HEADROOM_CPU_BUSIEST_CORE_RATIO = Gauge "headroom_cpu_busiest_core_ratio" in Ratio,
        "Share of the time since the last round in which the busiest core worked.";
    NODE_CONTEXT_SWITCHES_TOTAL = Counter "node_context_switches_total",
        "Switches from one task to another.";
    NODE_INTR_TOTAL = Counter "node_intr_total",
        "Interrupts that the kernel has served.";
    NODE_FORKS_TOTAL = Counter "node_forks_total",
        "Processes and threads that have been started.";
    NODE_PROCS_RUNNING = Gauge "node_procs_running",
        "Tasks that run or could run now.";
    NODE_PROCS_BLOCKED = Gauge "node_procs_blocked",
        "Tasks that wait for a disk now.";
    NODE_LOAD1 = Gauge "node_load1",
        "Tasks that ran or waited, averaged over a minute.";
    NODE_LOAD5 = Gauge "node_load5",
        "Tasks that ran or waited, averaged over five minutes.";
    NODE_LOAD15 = Gauge "node_load15",
        "Tasks that ran or waited, averaged over fifteen minutes.";

    NODE_MEMORY_MEMTOTAL_BYTES = Gauge "node_memory_MemTotal_bytes" in Bytes,
        "Memory that the kernel can use.";
    NODE_MEMORY_MEMFREE_BYTES = Gauge "node_memory_MemFree_bytes" in Bytes,
        "Memory that nothing uses.";
    NODE_MEMORY_MEMAVAILABLE_BYTES = Gauge "node_memory_MemAvailable_bytes" in Bytes,
        "Memory that programs can have without swapping, by the kernel's estimate.";
    NODE_MEMORY_CACHED_BYTES = Gauge "node_memory_Cached_bytes" in Bytes,
        "Contents of files that are kept in memory.";
    NODE_MEMORY_BUFFERS_BYTES = Gauge "node_memory_Buffers_bytes" in Bytes,
        "Blocks of disks that are kept in memory.";
    NODE_MEMORY_BYTES = Gauge "node_memory_*_bytes" in Bytes,
        "A figure of /proc/meminfo under the kernel's own name.";
    NODE_MEMORY = Gauge "node_memory_*",
        "A number of pages in /proc/meminfo under the kernel's own name.";
    NODE_VMSTAT = Counter "node_vmstat_*",
        "A counter of paging in /proc/vmstat under the kernel's own name.";

    NODE_PRESSURE_CPU_WAITING_SECONDS_TOTAL =
        Counter "node_pressure_cpu_waiting_seconds_total" in Seconds,
        "Time in which some task waited for a processor.";
    NODE_PRESSURE_IO_WAITING_SECONDS_TOTAL =
        Counter "node_pressure_io_waiting_seconds_total" in Seconds,
        "Time in which some task waited for a disk.";
    NODE_PRESSURE_IO_STALLED_SECONDS_TOTAL =
        Counter "node_pressure_io_stalled_seconds_total" in Seconds,
        "Time in which all tasks waited for a disk.";
    NODE_PRESSURE_MEMORY_WAITING_SECONDS_TOTAL =
        Counter "node_pressure_memory_waiting_seconds_total" in Seconds,
        "Time in which some task waited for memory.";
    NODE_PRESSURE_MEMORY_STALLED_SECONDS_TOTAL =
        Counter "node_pressure_memory_stalled_seconds_total" in Seconds,
        "Time in which all tasks waited for memory.";

    NODE_BOOT_TIME_SECONDS = Gauge "node_boot_time_seconds" in Seconds,
        "When the host was started, in Unix time.";
    NODE_TIME_SECONDS = Gauge "node_time_seconds" in Seconds,
        "What the host's clock said when it was sampled, in Unix time.";
    NODE_UNAME_INFO = Info "node_uname_info"
        by ["domainname", "machine", "nodename", "release", "sysname", "version"],
        "Kernel and name of the host, as uname tells them.";
    NODE_OS_INFO = Info "node_os_info"
        by ["build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant",
            "variant_id", "version", "version_codename", "version_id"],
        "The operating system, as its os-release file describes it.";
    NODE_OS_VERSION = Gauge "node_os_version" by ["id", "id_like", "name"],
        "Major and minor version of the operating system as one number.";

    NODE_SYSTEMD_UNIT_STATE = Gauge "node_systemd_unit_state" by ["name", "state", "type"],
        "1 for the state in which a systemd unit is, 0 for the other states.";
    NODE_SYSTEMD_UNIT_START_TIME_SECONDS =
        Gauge "node_systemd_unit_start_time_seconds" in Seconds
        by ["name"],
        "When a systemd unit became active, in Unix time.";
    NODE_SYSTEMD_SERVICE_RESTART_TOTAL = Counter "node_systemd_service_restart_total" by ["name"],
        "How often systemd has started a service again by itself.";
}

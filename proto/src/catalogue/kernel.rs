//! The kernel's clock, and what is told of interrupts, tasks, connections, drivers and systemd where an
//! operator asks for it, under node_exporter's names.

super::metrics! { KERNEL:
    NODE_TIMEX_SYNC_STATUS = Gauge "node_timex_sync_status",
        "1 if the kernel's clock follows a reliable one, 0 if not.";
    NODE_TIMEX_OFFSET_SECONDS = Gauge "node_timex_offset_seconds" in Seconds,
        "How far the kernel's clock was off the one that it follows.";
    NODE_TIMEX_FREQUENCY_ADJUSTMENT_RATIO =
        Gauge "node_timex_frequency_adjustment_ratio" in Ratio,
        "How fast the kernel lets its clock go, by how fast it would go by itself.";
    NODE_TIMEX_MAXERROR_SECONDS = Gauge "node_timex_maxerror_seconds" in Seconds,
        "How far the kernel's clock may be off at most.";
    NODE_TIMEX_ESTIMATED_ERROR_SECONDS =
        Gauge "node_timex_estimated_error_seconds" in Seconds,
        "How far the kernel's clock is off by estimate.";
    NODE_TIMEX_STATUS = Gauge "node_timex_status",
        "The kernel's bits on how its clock is set (STA_* of adjtimex(2)).";
    NODE_TIMEX_LOOP_TIME_CONSTANT = Gauge "node_timex_loop_time_constant",
        "The time constant by which the kernel follows another clock.";
    NODE_TIMEX_TICK_SECONDS = Gauge "node_timex_tick_seconds" in Seconds,
        "The time between two ticks of the kernel's clock.";
    NODE_TIMEX_TAI_OFFSET_SECONDS = Gauge "node_timex_tai_offset_seconds" in Seconds,
        "How far International Atomic Time is ahead of UTC, as the kernel was told.";
    NODE_TIMEX_PPS_FREQUENCY_HERTZ = Gauge "node_timex_pps_frequency_hertz",
        "The frequency by a signal of a pulse per second.";
    NODE_TIMEX_PPS_JITTER_SECONDS = Gauge "node_timex_pps_jitter_seconds" in Seconds,
        "The jitter of that signal.";
    NODE_TIMEX_PPS_SHIFT_SECONDS = Gauge "node_timex_pps_shift_seconds" in Seconds,
        "The length of an interval in which that signal is measured.";
    NODE_TIMEX_PPS_STABILITY_HERTZ = Gauge "node_timex_pps_stability_hertz",
        "The mean of the signal's last changes of frequency.";
    NODE_TIMEX_PPS_JITTER_TOTAL = Counter "node_timex_pps_jitter_total",
        "How often the signal's jitter was too great.";
    NODE_TIMEX_PPS_CALIBRATION_TOTAL = Counter "node_timex_pps_calibration_total",
        "Intervals in which the signal was measured.";
    NODE_TIMEX_PPS_ERROR_TOTAL = Counter "node_timex_pps_error_total",
        "Intervals in which measuring the signal failed.";
    NODE_TIMEX_PPS_STABILITY_EXCEEDED_TOTAL =
        Counter "node_timex_pps_stability_exceeded_total",
        "How often the signal's frequency changed too much.";

    NODE_INTERRUPTS_TOTAL =
        Counter "node_interrupts_total" by ["cpu", "devices", "info", "type"],
        "How often a core was interrupted, by what.";
    NODE_TCP_CONNECTION_STATES = Gauge "node_tcp_connection_states" by ["state"],
        "Sockets of TCP in a state; or, as rx_queued_bytes and tx_queued_bytes, what waits in those with a peer.";

    NODE_PROCESSES_STATE = Gauge "node_processes_state" by ["state"],
        "Processes in a state, by the kernel's letter for it.";
    NODE_PROCESSES_THREADS = Gauge "node_processes_threads",
        "Threads of all processes.";
    NODE_PROCESSES_THREADS_STATE = Gauge "node_processes_threads_state" by ["thread_state"],
        "Threads in a state, by the kernel's letter for it.";
    NODE_PROCESSES_PIDS = Gauge "node_processes_pids",
        "Processes that there are.";
    NODE_PROCESSES_MAX_PROCESSES = Gauge "node_processes_max_processes",
        "The most processes and threads that may have a number.";
    NODE_PROCESSES_MAX_THREADS = Gauge "node_processes_max_threads",
        "The most threads that there may be.";

    NODE_ETHTOOL = Gauge "node_ethtool_*" by ["device"],
        "A figure of an interface's driver under the driver's own name.";
    NODE_ETHTOOL_INFO = Info "node_ethtool_info"
        by ["bus_info", "device", "driver", "expansion_rom_version", "firmware_version", "version"],
        "The driver of an interface.";

    NODE_SYSTEMD_UNITS = Gauge "node_systemd_units" by ["state"],
        "Units of systemd in a state.";
    NODE_SYSTEMD_SYSTEM_RUNNING = Gauge "node_systemd_system_running",
        "1 if systemd says that all is well (`systemctl is-system-running`), 0 if not.";
    NODE_SYSTEMD_VERSION = Gauge "node_systemd_version" by ["version"],
        "The version of systemd, as a number and in its own words.";
    NODE_SYSTEMD_SOCKET_ACCEPTED_CONNECTIONS_TOTAL =
        Counter "node_systemd_socket_accepted_connections_total" by ["name"],
        "Connections that a socket of systemd has taken.";
    NODE_SYSTEMD_SOCKET_CURRENT_CONNECTIONS =
        Gauge "node_systemd_socket_current_connections" by ["name"],
        "Connections that a socket of systemd has now.";
    NODE_SYSTEMD_SOCKET_REFUSED_CONNECTIONS_TOTAL =
        Counter "node_systemd_socket_refused_connections_total" by ["name"],
        "Connections that a socket of systemd has refused.";
    NODE_SYSTEMD_TIMER_LAST_TRIGGER_SECONDS =
        Gauge "node_systemd_timer_last_trigger_seconds" in Seconds by ["name"],
        "When a timer of systemd last did its work, in Unix time.";
}

//! Containers and BigBlueButton's services, under cAdvisor's names.

super::metrics! { CONTAINERS:
    CONTAINER_CPU_USAGE_SECONDS_TOTAL =
        Counter "container_cpu_usage_seconds_total" in Seconds by ["id", "name", "tenant"],
        "Processor time that a container has used.";
    CONTAINER_CPU_USER_SECONDS_TOTAL =
        Counter "container_cpu_user_seconds_total" in Seconds by ["id", "name", "tenant"],
        "Processor time that a container has used in its programs.";
    CONTAINER_CPU_SYSTEM_SECONDS_TOTAL =
        Counter "container_cpu_system_seconds_total" in Seconds by ["id", "name", "tenant"],
        "Processor time that a container has used in the kernel.";
    CONTAINER_CPU_CFS_THROTTLED_SECONDS_TOTAL =
        Counter "container_cpu_cfs_throttled_seconds_total" in Seconds by ["id", "name", "tenant"],
        "Time for which a container had to wait for its share of the processors.";
    CONTAINER_MEMORY_USAGE_BYTES =
        Gauge "container_memory_usage_bytes" in Bytes by ["id", "name", "tenant"],
        "Memory of a container, with contents of files that are kept for it.";
    CONTAINER_MEMORY_WORKING_SET_BYTES =
        Gauge "container_memory_working_set_bytes" in Bytes by ["id", "name", "tenant"],
        "Memory of a container without what the kernel takes back first.";
    CONTAINER_SPEC_MEMORY_LIMIT_BYTES =
        Gauge "container_spec_memory_limit_bytes" in Bytes by ["id", "name", "tenant"],
        "The most memory that a container may have.";
    CONTAINER_OOM_EVENTS_TOTAL = Counter "container_oom_events_total" by ["id", "name", "tenant"],
        "Processes of a container that were killed for want of memory.";
    CONTAINER_FS_READS_BYTES_TOTAL =
        Counter "container_fs_reads_bytes_total" in Bytes by ["id", "name", "tenant"],
        "Bytes that a container has read from disks.";
    CONTAINER_FS_WRITES_BYTES_TOTAL =
        Counter "container_fs_writes_bytes_total" in Bytes by ["id", "name", "tenant"],
        "Bytes that a container has written to disks.";
    CONTAINER_FS_READS_TOTAL = Counter "container_fs_reads_total" by ["id", "name", "tenant"],
        "Reads that disks have done for a container.";
    CONTAINER_FS_WRITES_TOTAL = Counter "container_fs_writes_total" by ["id", "name", "tenant"],
        "Writes that disks have done for a container.";
    CONTAINER_THREADS = Gauge "container_threads" by ["id", "name", "tenant"],
        "Threads of a container.";
    CONTAINER_PROCESSES = Gauge "container_processes" by ["id", "name", "tenant"],
        "Processes of a container.";

    CONTAINER_NETWORK_RECEIVE_BYTES_TOTAL =
        Counter "container_network_receive_bytes_total" in Bytes
        by ["id", "interface", "name", "tenant"],
        "Bytes that a container has received.";
    CONTAINER_NETWORK_RECEIVE_PACKETS_TOTAL =
        Counter "container_network_receive_packets_total"
        by ["id", "interface", "name", "tenant"],
        "Packets that a container has received.";
    CONTAINER_NETWORK_RECEIVE_ERRORS_TOTAL =
        Counter "container_network_receive_errors_total"
        by ["id", "interface", "name", "tenant"],
        "Packets for a container that came in damaged.";
    CONTAINER_NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL =
        Counter "container_network_receive_packets_dropped_total"
        by ["id", "interface", "name", "tenant"],
        "Packets for a container that came in and found no room.";
    CONTAINER_NETWORK_TRANSMIT_BYTES_TOTAL =
        Counter "container_network_transmit_bytes_total" in Bytes
        by ["id", "interface", "name", "tenant"],
        "Bytes that a container has sent.";
    CONTAINER_NETWORK_TRANSMIT_PACKETS_TOTAL =
        Counter "container_network_transmit_packets_total"
        by ["id", "interface", "name", "tenant"],
        "Packets that a container has sent.";
    CONTAINER_NETWORK_TRANSMIT_ERRORS_TOTAL =
        Counter "container_network_transmit_errors_total"
        by ["id", "interface", "name", "tenant"],
        "Packets that a container failed to send.";
    CONTAINER_NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL =
        Counter "container_network_transmit_packets_dropped_total"
        by ["id", "interface", "name", "tenant"],
        "Packets that a container was to send and that found no room.";

    HEADROOM_CONTAINERS_DROPPED = Gauge "headroom_containers_dropped",
        "Containers that are left out since there are more than the agent follows.";
}

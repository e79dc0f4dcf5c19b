//! Groups of processes, under process-exporter's names, and how near the busiest are to a core.

super::metrics! { PROCESSES:
    NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL =
        Counter "namedprocess_namegroup_cpu_seconds_total" in Seconds by ["groupname", "mode"],
        "Processor time that a group of processes has used, those that have ended included.";
    NAMEDPROCESS_NAMEGROUP_NUM_PROCS = Gauge "namedprocess_namegroup_num_procs" by ["groupname"],
        "Processes of a group.";
    NAMEDPROCESS_NAMEGROUP_NUM_THREADS =
        Gauge "namedprocess_namegroup_num_threads" by ["groupname"],
        "Threads of a group of processes.";
    NAMEDPROCESS_NAMEGROUP_MEMORY_BYTES =
        Gauge "namedprocess_namegroup_memory_bytes" in Bytes by ["groupname", "memtype"],
        "Memory of a group of processes.";
    HEADROOM_PROCESS_BUSIEST_CPU_RATIO =
        Gauge "headroom_process_busiest_cpu_ratio" in Ratio by ["groupname"],
        "Processor time of a group's busiest process since the last round, in whole cores.";
    HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO =
        Gauge "headroom_process_busiest_thread_cpu_ratio" in Ratio by ["groupname"],
        "Share of a core that a group's busiest thread had between the last two looks at it.";
    HEADROOM_PROCESSES_DROPPED = Gauge "headroom_processes_dropped",
        "Processes that are left out since there are more than the agent follows.";
}

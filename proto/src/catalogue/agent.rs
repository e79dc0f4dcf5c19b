//! What an agent says of itself.

super::metrics! { AGENT:
    HEADROOM_AGENT_BUILD_INFO = Info "headroom_agent_build_info" by ["version"],
        "The version of the agent.";
    HEADROOM_AGENT_FRAMES_TOTAL = Counter "headroom_agent_frames_total",
        "Frames that an agent has taken since it started: the frame's own sequence.";
    HEADROOM_AGENT_CPU_SECONDS_TOTAL = Counter "headroom_agent_cpu_seconds_total" in Seconds,
        "Processor time that an agent has used.";
    HEADROOM_AGENT_RESIDENT_MEMORY_BYTES = Gauge "headroom_agent_resident_memory_bytes" in Bytes,
        "Memory that an agent takes.";
    HEADROOM_AGENT_CONNECTED = Gauge "headroom_agent_connected",
        "1 while an agent is connected to the collector, 0 while it is not.";
    HEADROOM_AGENT_CONNECTIONS_TOTAL = Counter "headroom_agent_connections_total",
        "How often the collector has welcomed an agent.";
    HEADROOM_AGENT_MISSED_ROUNDS_TOTAL = Counter "headroom_agent_missed_rounds_total",
        "Rounds that were not taken since the one before took too long.";
    HEADROOM_AGENT_INTERVAL_SECONDS = Gauge "headroom_agent_interval_seconds" in Seconds,
        "Time between two rounds of an agent, as it is in force.";
    HEADROOM_AGENT_DROPPED_POLLS_TOTAL = Counter "headroom_agent_dropped_polls_total",
        "Polls of BigBlueButton that were dropped since the agent was too busy.";
    HEADROOM_AGENT_DROPPED_PROBE_ROUNDS_TOTAL =
        Counter "headroom_agent_dropped_probe_rounds_total",
        "Rounds of pings that were dropped since the agent was too busy.";
    HEADROOM_AGENT_SETTINGS_VERSION = Gauge "headroom_agent_settings_version",
        "The version of the collector's settings that an agent follows.";
    HEADROOM_AGENT_SAMPLES_DROPPED_TOTAL =
        Counter "headroom_agent_samples_dropped_total" by ["reason"],
        "Samples that an agent has taken and that will not arrive.";
    HEADROOM_AGENT_SPOOL_BYTES = Gauge "headroom_agent_spool_bytes" in Bytes,
        "Size of the spool, in which frames wait for the collector.";
    HEADROOM_AGENT_SPOOL_FRAMES = Gauge "headroom_agent_spool_frames",
        "Frames that wait in the spool.";
    HEADROOM_AGENT_SPOOL_OLDEST_AGE_SECONDS =
        Gauge "headroom_agent_spool_oldest_age_seconds" in Seconds,
        "Age of the oldest frame that waits in the spool, 0 if none does.";
    HEADROOM_AGENT_SAMPLER_SUCCESS = Gauge "headroom_agent_sampler_success" by ["sampler"],
        "1 if a sampler had its values in the last round, 0 if it failed.";
    HEADROOM_AGENT_ITEMS_SKIPPED_TOTAL =
        Counter "headroom_agent_items_skipped_total" by ["sampler"],
        "Interfaces, disks, cores, file systems, containers and other items that a sampler could not read and left out, once for each round.";
}

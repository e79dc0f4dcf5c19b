//! What a collector says of itself.

super::metrics! { COLLECTOR:
    HEADROOM_BUILD_INFO = Info "headroom_build_info" by ["version"],
        "The version of the collector.";
    HEADROOM_HTTP_CONNECTIONS = Gauge "headroom_http_connections",
        "Connections of readers and programs that are open.";
    HEADROOM_HTTP_CONNECTIONS_REFUSED_TOTAL =
        Counter "headroom_http_connections_refused_total" by ["reason"],
        "Connections of readers and programs for which there was no room.";
    HEADROOM_HTTP_CONNECTIONS_CUT_TOTAL =
        Counter "headroom_http_connections_cut_total" by ["reason"],
        "Connections of readers and programs that the collector ended.";
    HEADROOM_GRPC_CONNECTIONS = Gauge "headroom_grpc_connections",
        "Connections of agents that are open.";
    HEADROOM_GRPC_CONNECTIONS_REFUSED_TOTAL =
        Counter "headroom_grpc_connections_refused_total" by ["reason"],
        "Connections of agents for which there was no room.";
    HEADROOM_GRPC_CONNECTIONS_CUT_TOTAL =
        Counter "headroom_grpc_connections_cut_total" by ["reason"],
        "Connections of agents that the collector ended.";
    HEADROOM_GRPC_VIOLATIONS_TOTAL = Counter "headroom_grpc_violations_total" by ["reason"],
        "Connections of agents that ended since they broke HTTP/2 or one of its limits.";
    HEADROOM_HTTP_REFUSED_TOTAL = Counter "headroom_http_refused_total" by ["reason"],
        "Requests over HTTP that were turned away before they were read.";
    HEADROOM_PANICS_TOTAL = Counter "headroom_panics_total",
        "Panics that were caught; each became an error for whoever caused it.";
    HEADROOM_MEMORY_TAKEN_BYTES = Gauge "headroom_memory_taken_bytes" in Bytes by ["side"],
        "Memory of the collector that requests under way have taken, by who reads and who writes.";
    HEADROOM_MEMORY_REFUSED_TOTAL = Counter "headroom_memory_refused_total" by ["side"],
        "Requests that the collector had no memory left for.";
    HEADROOM_INGEST_STREAMS = Gauge "headroom_ingest_streams",
        "Agents that are connected.";
    HEADROOM_INGEST_STREAMS_REFUSED_TOTAL = Counter "headroom_ingest_streams_refused_total",
        "Connections of agents that were turned away.";
    HEADROOM_INGEST_FRAMES_TOTAL = Counter "headroom_ingest_frames_total" by ["outcome"],
        "Frames that came in, by whether they were stored or had been stored before.";
    HEADROOM_INGEST_LOST_FRAMES_TOTAL = Counter "headroom_ingest_lost_frames_total",
        "Frames that agents report as lost.";
    HEADROOM_INGEST_LOSSES_REFUSED_TOTAL = Counter "headroom_ingest_losses_refused_total",
        "Reports of lost frames that contradict themselves or the clock.";
    HEADROOM_INGEST_SAMPLES_TOTAL = Counter "headroom_ingest_samples_total",
        "Samples that were stored.";
    HEADROOM_INGEST_SAMPLES_REFUSED_TOTAL =
        Counter "headroom_ingest_samples_refused_total" by ["reason"],
        "Samples that came in and were refused.";
    HEADROOM_INGEST_EXEMPLARS_DROPPED_TOTAL = Counter "headroom_ingest_exemplars_dropped_total",
        "Exemplars that came with samples; none are kept.";
    HEADROOM_INGEST_METADATA_REFUSED_TOTAL = Counter "headroom_ingest_metadata_refused_total",
        "Descriptions of metrics that writers sent and that are not kept: wrong, too long or too many.";
    HEADROOM_INGEST_REQUESTS_REFUSED_TOTAL =
        Counter "headroom_ingest_requests_refused_total" by ["reason"],
        "Remote writes that were refused as a whole.";
    HEADROOM_INGEST_SETTINGS_REFUSED_TOTAL = Counter "headroom_ingest_settings_refused_total",
        "Settings that agents do not follow as they were asked.";
    HEADROOM_QUERY_RUNNING = Gauge "headroom_query_running",
        "Queries that run now.";
    HEADROOM_QUERY_TOTAL = Counter "headroom_query_total" by ["outcome"],
        "Queries by how they ended.";
    HEADROOM_PAGE_RUNNING = Gauge "headroom_page_running",
        "Pages, and what they show as data, that are made now.";
    HEADROOM_PAGE_TOTAL = Counter "headroom_page_total" by ["outcome"],
        "Pages, and what they show as data, by how their making ended.";
    HEADROOM_PICTURE_RUNNING = Gauge "headroom_picture_running",
        "Pictures, and what they show as data, that are made now.";
    HEADROOM_PICTURE_TOTAL = Counter "headroom_picture_total" by ["outcome"],
        "Pictures, and what they show as data, by how their making ended.";
    HEADROOM_NOTICES_TOTAL = Counter "headroom_notices_total" by ["outcome"],
        "Notices of alerts, one for each that is to be told, by whether they were taken.";
    HEADROOM_DELIVERIES_TAKEN_TOTAL = Counter "headroom_deliveries_taken_total" by ["receiver"],
        "Messages that a receiver took.";
    HEADROOM_DELIVERIES_FAILED_TOTAL = Counter "headroom_deliveries_failed_total" by ["receiver"],
        "Attempts to hand a message to a receiver that failed, for now or for good.";
    HEADROOM_WATCHDOG_BEATS_TOTAL = Counter "headroom_watchdog_beats_total" by ["outcome"],
        "Words to the watchdog that all is well, by whether they were heard, failed or were withheld.";
    HEADROOM_RULES_EVALUATED_TOTAL = Counter "headroom_rules_evaluated_total" by ["outcome"],
        "Rules that were evaluated, by whether they went well, failed or were not due in time.";
    HEADROOM_RULES_SAMPLES_REFUSED_TOTAL = Counter "headroom_rules_samples_refused_total",
        "Samples of rules that could not be stored.";
    HEADROOM_STORE_COMMITS_TOTAL = Counter "headroom_store_commits_total",
        "Batches that were written, each with one sync of the disk.";
    HEADROOM_STORE_FAILED_COMMITS_TOTAL = Counter "headroom_store_failed_commits_total",
        "Batches that could not be written, and were acknowledged to nobody.";
    HEADROOM_STORE_SERIES = Gauge "headroom_store_series",
        "Series that the store knows.";
    HEADROOM_STORE_LIVING_SERIES = Gauge "headroom_store_living_series",
        "Series that had samples within the last hours, which limits count.";
    HEADROOM_STORE_LABEL_BYTES = Gauge "headroom_store_label_bytes" in Bytes,
        "Memory that the names of all series take.";
    HEADROOM_STORE_HEAD_SAMPLES = Gauge "headroom_store_head_samples",
        "Samples that are kept in memory until they are sealed.";
    HEADROOM_STORE_HEAD_BYTES = Gauge "headroom_store_head_bytes" in Bytes,
        "Memory that those samples take.";
    HEADROOM_STORE_LOG_BYTES = Gauge "headroom_store_log_bytes" in Bytes,
        "Size of the log, which holds on the disk what is kept in memory.";
    HEADROOM_STORE_DAYS = Gauge "headroom_store_days",
        "Days of which samples are kept.";
    HEADROOM_STORE_UNMERGED_DAYS = Gauge "headroom_store_unmerged_days",
        "Days whose sealed samples wait to be merged.";
    HEADROOM_STORE_DISK_BYTES = Gauge "headroom_store_disk_bytes" in Bytes,
        "What the data directory takes on the disk.";
    HEADROOM_STORE_SEALED_SAMPLES_TOTAL = Counter "headroom_store_sealed_samples_total",
        "Samples that were sealed.";
    HEADROOM_STORE_LATE_SAMPLES_TOTAL = Counter "headroom_store_late_samples_total",
        "Samples that came in after newer ones of the same sender.";
    HEADROOM_STORE_DUPLICATE_SAMPLES_TOTAL = Counter "headroom_store_duplicate_samples_total",
        "Samples that were left out since the series had one of the same moment.";
    HEADROOM_STORE_MERGES_TOTAL = Counter "headroom_store_merges_total",
        "Days whose samples were merged.";
    HEADROOM_STORE_DAMAGED_TOTAL = Counter "headroom_store_damaged_total",
        "Pieces on the disk that were found damaged and left out.";
}

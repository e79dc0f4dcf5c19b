//! Recordings on the disk: their states under bigbluebutton-exporter's names, and what they take.

super::metrics! { RECORDINGS:
    BBB_RECORDINGS_PROCESSING = Gauge "bbb_recordings_processing",
        "Recordings that are being processed.";
    BBB_RECORDINGS_PUBLISHED = Gauge "bbb_recordings_published",
        "Recordings that are published.";
    BBB_RECORDINGS_UNPUBLISHED = Gauge "bbb_recordings_unpublished",
        "Recordings that are ready and not shown.";
    BBB_RECORDINGS_DELETED = Gauge "bbb_recordings_deleted",
        "Recordings that were published once and have been deleted.";
    BBB_RECORDINGS_UNPROCESSED = Gauge "bbb_recordings_unprocessed",
        "Recordings that wait to be processed.";
    HEADROOM_RECORDINGS_FAILED = Gauge "headroom_recordings_failed",
        "Steps of processing recordings that have failed and were not tried again.";
    HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS =
        Gauge "headroom_recordings_oldest_unprocessed_age_seconds" in Seconds,
        "For how long the recording that was made first waits to be processed.";
    HEADROOM_RECORDINGS_BYTES = Gauge "headroom_recordings_bytes" in Bytes by ["state"],
        "What recordings take on the disk.";
    HEADROOM_RECORDINGS_SECONDS = Gauge "headroom_recordings_seconds" in Seconds by ["state"],
        "How long the recorded meetings took, added up.";
    HEADROOM_RECORDINGS_SIZES_LEFT_OUT = Gauge "headroom_recordings_sizes_left_out",
        "States whose recordings were not measured: they are too many, or cannot be read.";
    HEADROOM_RECORDINGS_SCAN_TIMESTAMP_SECONDS =
        Gauge "headroom_recordings_scan_timestamp_seconds" in Seconds by ["scan"],
        "When recordings were counted or measured last, in Unix time.";
}

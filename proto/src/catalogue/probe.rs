//! What rounds of pings say: a round is a minute, and each value is of one round. Names that blackbox_exporter
//! has mean what they mean there. The label `instance` is the target, `vantage` who pinged it.

super::metrics! { PROBE:
    PROBE_SUCCESS = Gauge "probe_success" by ["datacentre", "family", "kind", "vantage"],
        "1 if any ping of the round was answered, 0 if none was.";
    PROBE_DURATION_SECONDS = Gauge "probe_duration_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "The lower median of the round trips of a round.";
    PROBE_ICMP_DURATION_SECONDS = Gauge "probe_icmp_duration_seconds" in Seconds
        by ["datacentre", "family", "kind", "phase", "vantage"],
        "The lower median of the round trips of a round of ICMP.";
    PROBE_ICMP_REPLY_HOP_LIMIT = Gauge "probe_icmp_reply_hop_limit"
        by ["datacentre", "family", "kind", "vantage"],
        "What was left of the hop limit in the last reply.";
    PROBE_IP_PROTOCOL = Gauge "probe_ip_protocol" by ["datacentre", "family", "kind", "vantage"],
        "The version of IP that was used: 4 or 6.";
    PROBE_DNS_LOOKUP_TIME_SECONDS = Gauge "probe_dns_lookup_time_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "How long the name of the target was last looked up.";
    PROBE_HTTP_DURATION_SECONDS = Gauge "probe_http_duration_seconds" in Seconds
        by ["datacentre", "family", "kind", "phase", "vantage"],
        "The lower median of each part of the pings of a round of HTTPS: resolve, connect, tls, processing, transfer.";
    PROBE_HTTP_STATUS_CODE = Gauge "probe_http_status_code"
        by ["datacentre", "family", "kind", "vantage"],
        "The status of the last answer of a round of HTTPS; 0 if there was none.";
    PROBE_HTTP_VERSION = Gauge "probe_http_version" by ["datacentre", "family", "kind", "vantage"],
        "The version of HTTP that was spoken.";
    PROBE_HTTP_SSL = Gauge "probe_http_ssl" by ["datacentre", "family", "kind", "vantage"],
        "1 if TLS was spoken in the end, 0 if not.";
    PROBE_HTTP_REDIRECTS = Gauge "probe_http_redirects"
        by ["datacentre", "family", "kind", "vantage"],
        "Redirects that were followed: none ever is.";
    PROBE_HTTP_CONTENT_LENGTH = Gauge "probe_http_content_length"
        by ["datacentre", "family", "kind", "vantage"],
        "How long the body of the last answer was said to be, in bytes; -1 if that was not said.";
    PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH = Gauge "probe_http_uncompressed_body_length"
        by ["datacentre", "family", "kind", "vantage"],
        "How long the body of the last answer was, in bytes.";
    PROBE_SSL_EARLIEST_CERT_EXPIRY = Gauge "probe_ssl_earliest_cert_expiry"
        by ["datacentre", "family", "kind", "vantage"],
        "When the first of the shown certificates ends, trusted or not, Unix time in seconds.";
    PROBE_TLS_VERSION_INFO = Info "probe_tls_version_info"
        by ["datacentre", "family", "kind", "vantage", "version"],
        "The version of TLS that was spoken.";
    HEADROOM_PROBE_SENT = Gauge "headroom_probe_sent" by ["datacentre", "family", "kind", "vantage"],
        "Pings of a round.";
    HEADROOM_PROBE_RECEIVED = Gauge "headroom_probe_received"
        by ["datacentre", "family", "kind", "vantage"],
        "Pings of a round that were answered in time.";
    HEADROOM_PROBE_RTT_MIN_SECONDS = Gauge "headroom_probe_rtt_min_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "The least round trip of a round.";
    HEADROOM_PROBE_RTT_MAX_SECONDS = Gauge "headroom_probe_rtt_max_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "The longest round trip of a round.";
    HEADROOM_PROBE_JITTER_SECONDS = Gauge "headroom_probe_jitter_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "The jitter of round trips as RFC 3550 estimates it, at the end of a round.";
    HEADROOM_PROBE_ERRORS = Gauge "headroom_probe_errors"
        by ["datacentre", "error", "family", "kind", "vantage"],
        "Pings of a round that ended with an error.";
    HEADROOM_PROBE_DISCARDED = Gauge "headroom_probe_discarded"
        by ["datacentre", "family", "kind", "reason", "vantage"],
        "Replies that came in a round and counted for nothing.";
    HEADROOM_PROBE_TRAIN_SENT = Gauge "headroom_probe_train_sent"
        by ["datacentre", "family", "kind", "vantage"],
        "Packets 20 ms apart, the pace of speech, that were sent in a round.";
    HEADROOM_PROBE_TRAIN_RECEIVED = Gauge "headroom_probe_train_received"
        by ["datacentre", "family", "kind", "vantage"],
        "Those of them that were answered in time.";
    HEADROOM_PROBE_TRAIN_REORDERED = Gauge "headroom_probe_train_reordered"
        by ["datacentre", "family", "kind", "vantage"],
        "Those of them whose answer came behind that of a later one, as RFC 4737 counts.";
    HEADROOM_PROBE_TRAIN_DUPLICATES = Gauge "headroom_probe_train_duplicates"
        by ["datacentre", "family", "kind", "vantage"],
        "Answers to them that came twice.";
    HEADROOM_PROBE_TRAIN_JITTER_SECONDS = Gauge "headroom_probe_train_jitter_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "The mean difference between the round trips of two of them that follow each other.";
    HEADROOM_PROBE_BASELINE_SECONDS = Gauge "headroom_probe_baseline_seconds" in Seconds
        by ["datacentre", "family", "kind", "vantage"],
        "What the median round trip of a path usually is at this hour of the week, told each hour: the lower median \
         of the hourly medians of the past four weeks, or of seven days before there are two weeks.";
    HEADROOM_PROBE_VANTAGE_OFFLINE = Gauge "headroom_probe_vantage_offline"
        by ["datacentre", "family", "kind", "vantage"],
        "1 if a vantage reached neither the target nor its own gateway in a round, so that the round says \
         nothing of the target; 0 otherwise.";
}

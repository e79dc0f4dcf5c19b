//! What a host's contract counts in the running cycle of bills, and whether what a decision rested on
//! still holds: told each full hour by the collector under the host's own name.

super::metrics! { BILLING:
    HEADROOM_BILLING_BEGIN_TIMESTAMP_SECONDS =
        Gauge "headroom_billing_begin_timestamp_seconds" in Seconds,
        "When the running cycle of a host's bills began, in Unix time.";
    HEADROOM_BILLING_END_TIMESTAMP_SECONDS = Gauge "headroom_billing_end_timestamp_seconds" in Seconds,
        "When the running cycle of a host's bills ends, in Unix time.";
    HEADROOM_BILLING_COVERAGE_RATIO = Gauge "headroom_billing_coverage_ratio" in Ratio,
        "The part of the cycle so far that was measured; the rest is taken as at that time of other days.";
    HEADROOM_BILLING_COUNTED_BYTES = Gauge "headroom_billing_counted_bytes" in Bytes,
        "What has counted by a host's contract since the cycle began: out, in and out, or the greater.";
    HEADROOM_BILLING_FORESEEN_BYTES = Gauge "headroom_billing_foreseen_bytes" in Bytes by ["quantile"],
        "What will have counted when the cycle ends: in half of all futures, and in nine of ten, it is less.";
    HEADROOM_BILLING_QUOTA_BYTES = Gauge "headroom_billing_quota_bytes" in Bytes,
        "What a host's contract includes in a cycle; absent where it has no quota.";
    HEADROOM_BILLING_QUOTA_ENDS_RATIO = Gauge "headroom_billing_quota_ends_ratio" in Ratio,
        "The probability that the quota is used up before the cycle ends.";
    HEADROOM_BILLING_QUOTA_END_TIMESTAMP_SECONDS =
        Gauge "headroom_billing_quota_end_timestamp_seconds" in Seconds by ["quantile"],
        "When the quota is used up, in Unix time: in half of all futures, and in one of ten, it is earlier; \
         absent where it lasts.";
    HEADROOM_BILLING_COMMIT_MBIT = Gauge "headroom_billing_commit_mbit",
        "The 95th percentile that a host's contract covers, in Mbit/s; absent where it bills none.";
    HEADROOM_BILLING_PERCENTILE_MBIT = Gauge "headroom_billing_percentile_mbit",
        "The 95th percentile of five minutes since the cycle began, in Mbit/s.";
    HEADROOM_BILLING_FORESEEN_PERCENTILE_MBIT =
        Gauge "headroom_billing_foreseen_percentile_mbit" by ["quantile"],
        "The 95th percentile of the whole cycle, in Mbit/s: in half of all futures, and in nine of ten, it is \
         less; absent where the contract bills none.";
    HEADROOM_DECISION_HOLDS = Gauge "headroom_decision_holds" by ["assumption"],
        "Whether what the last decision on a host's server rested on still holds: 1, or 0 where it no longer does.";
}

//! What each past day of a host was at most, kept longer than its samples: written once a day, at the
//! end of the day that it tells of. Where more of a day comes in later, it is told again, some
//! milliseconds behind: the last sample of a day counts.

super::metrics! { PLANNING:
    HEADROOM_PLANNING_DAY_COVERAGE_RATIO = Gauge "headroom_planning_day_coverage_ratio" in Ratio,
        "The part of a day's minutes in which the traffic of the host's links was read.";
    HEADROOM_PLANNING_DAY_PEAK_MBIT = Gauge "headroom_planning_day_peak_mbit" by ["direction"],
        "The highest mean of a minute of a day on the host's links, out and in, in Mbit/s.";
    HEADROOM_PLANNING_DAY_PEAK_PACKETS = Gauge "headroom_planning_day_peak_packets" by ["direction"],
        "The highest mean of a minute of a day on the host's links, out and in, in packets a second.";
    HEADROOM_PLANNING_DAY_PEAK_RATIO = Gauge "headroom_planning_day_peak_ratio" in Ratio by ["resource"],
        "The highest mean of a minute of a day: of all processors, of the busiest core, and of one core \
         that the busiest thread took.";
    HEADROOM_PLANNING_DAY_PEAK_PEOPLE = Gauge "headroom_planning_day_peak_people",
        "The most people in the rooms of the host in a minute of a day.";
    HEADROOM_PLANNING_DAY_PEAK_TIMESTAMP_SECONDS =
        Gauge "headroom_planning_day_peak_timestamp_seconds" in Seconds,
        "When the minute of a day began in which most left the host's links, in Unix time.";
    HEADROOM_PLANNING_DAY_FORESEEN_MBIT = Gauge "headroom_planning_day_foreseen_mbit",
        "What the rooms of a day let foresee of its highest minute out, by the factors of all other days, \
         in Mbit/s.";
    HEADROOM_PLANNING_DAY_SPREAD_RATIO = Gauge "headroom_planning_day_spread_ratio" in Ratio,
        "How far the highest minute of a day was foreseen to be from that: one standard deviation of its \
         logarithm.";
    HEADROOM_PLANNING_DAY_HIDDEN_MINUTES = Gauge "headroom_planning_day_hidden_minutes",
        "Minutes of a day in which the host's links were full or dropped packets, so that more was \
         asked for than was sent.";
}

//! What planning says of a host at each full hour, told by the collector under the host's own name.

super::metrics! { PLANS:
    HEADROOM_PLANNING_PEOPLE_THAT_FIT = Gauge "headroom_planning_people_that_fit" by ["mix"],
        "People in rooms like those of a mix that fit on an empty host with nine chances in ten.";
    HEADROOM_PLANNING_FITS_RATIO = Gauge "headroom_planning_fits_ratio" in Ratio by ["mix"],
        "The probability that a mix of rooms stays within every limit of a host.";
    HEADROOM_PLANNING_MORE_PEOPLE = Gauge "headroom_planning_more_people",
        "People in usual rooms that fit beside the busiest minute of the last four weeks.";
    HEADROOM_PLANNING_RUN_OUT_TIMESTAMP_SECONDS =
        Gauge "headroom_planning_run_out_timestamp_seconds" in Seconds by ["limit"],
        "When usual days begin to pass a limit of the link, in Unix time; absent if not foreseen.";
    HEADROOM_PLANNING_ORGANISATION_BYTES =
        Gauge "headroom_planning_organisation_bytes" in Bytes by ["organisation"],
        "Bytes that a host sent for an organisation in the last full hour.";
    HEADROOM_PLANNING_TENANT_PEOPLE = Gauge "headroom_planning_tenant_people" by ["tenant"],
        "People at once that the tier of a tenant's organisation allows, as configured.";
    HEADROOM_PLANNING_UNTIL_TIMESTAMP_SECONDS =
        Gauge "headroom_planning_until_timestamp_seconds" in Seconds,
        "The full hour up to which a host's past was read, in Unix time.";
}

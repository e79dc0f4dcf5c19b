//! The catalogue keeps its own rules, and finds what is in it.

use std::collections::BTreeSet;

use super::*;
use crate::metric::{is_label_name, is_metric_name};

#[test]
fn each_metric_stands_once_and_says_in_a_sentence_what_it_is() {
    let mut names = BTreeSet::new();
    for metric in all() {
        let Metric { name, labels, help, .. } = metric;
        assert!(names.insert(name), "{name} stands twice");
        assert!(is_metric_name(&name.replace('*', "x")), "{name}");
        assert!(help.len() > 10 && help.ends_with('.') && !help.contains(['\n', '\\']), "{name}");
        assert!(labels.is_sorted() && labels.iter().all(|label| is_label_name(label)), "{name}");
        assert!(!labels.iter().any(|label| [INSTANCE, JOB, "le"].contains(label)), "{name}");
    }
}

#[test]
fn names_end_as_type_and_unit_have_it() {
    // Names that others gave before there were rules.
    let unruly = |name: &str| {
        ["node_netstat_", "node_vmstat_"].iter().any(|family| name.starts_with(family))
            || [BBB_API_LATENCY, BBB_EXPORTER, BBB_VERSION].iter().any(|metric| metric.name == name)
    };
    for Metric { name, kind, unit, .. } in all().filter(|metric| !unruly(metric.name)) {
        let stem = name.strip_suffix("_total").unwrap_or(name);
        assert_eq!(*kind == Kind::Counter, stem != *name, "{name}");
        assert_eq!(*kind == Kind::Info, stem.ends_with("_info"), "{name}");
        let ending = stem.rsplit('_').next().unwrap_or_default();
        let ended = match unit {
            Unit::None => !["seconds", "bytes", "ratio"].contains(&ending),
            Unit::Seconds | Unit::Bytes | Unit::Ratio => ending == unit.name(),
        };
        assert!(ended, "{name} in {unit:?}");
    }
}

#[test]
fn a_series_is_found_by_its_name() {
    for (series, metric, family) in [
        ("node_load1", Some(NODE_LOAD1), "node_load1"),
        ("node_load1_", None, ""),
        (
            "node_memory_MemTotal_bytes",
            Some(NODE_MEMORY_MEMTOTAL_BYTES),
            "node_memory_MemTotal_bytes",
        ),
        ("node_memory_Zswap_bytes", Some(NODE_MEMORY_BYTES), "node_memory_Zswap_bytes"),
        ("node_memory_HugePages_Free", Some(NODE_MEMORY), "node_memory_HugePages_Free"),
        ("node_vmstat_pgfault", Some(NODE_VMSTAT), "node_vmstat_pgfault"),
        ("bbb_api_latency_bucket", Some(BBB_API_LATENCY), "bbb_api_latency"),
        ("bbb_api_latency_gsum", None, ""),
        ("bbb_api_latency", None, ""),
        ("bbb_room_listeners_gsum", Some(BBB_ROOM_LISTENERS), "bbb_room_listeners"),
        ("bbb_meetings", Some(BBB_MEETINGS), "bbb_meetings"),
        ("bbb_meetings_count", None, ""),
        ("mediasoup_workers", None, ""),
    ] {
        let found = find(series);
        assert_eq!(found, metric, "{series}");
        assert_eq!(found.map_or("", |found| found.family(series)), family);
    }
}

#[test]
fn what_is_not_declared_is_found_out() {
    for (series, labels, said) in [
        ("node_load1", &["instance", "job"][..], ""),
        ("node_cpu_seconds_total", &["cpu", "job"], ""),
        ("bbb_api_latency_bucket", &["endpoint", "le"], ""),
        ("node_load2", &[], "metric node_load2 is not in the catalogue"),
        ("node_load1", &["cpu"], "metric node_load1 is in the catalogue without label cpu"),
        ("node_load1", &["le"], "metric node_load1 is in the catalogue without label le"),
    ] {
        let outcome = check(series, labels.iter().copied());
        assert_eq!(outcome.err().map(|error| error.to_string()).unwrap_or_default(), said);
    }
}

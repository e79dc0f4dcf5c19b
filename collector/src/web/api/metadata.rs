//! What is known of metrics: type, help and unit of ours by the catalogue, of others by what their
//! writers say, and little of the rest.

use std::collections::BTreeMap;

use headroom_proto::catalogue;
use serde::Serialize;

use crate::store::{Description, MetricType};

/// What Prometheus says of a metric.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry<'d> {
    #[serde(rename = "type")]
    kind: &'static str,
    help: &'d str,
    unit: &'d str,
}

/// What is known, by metric; each has one entry: whoever writes a metric of ours, it means the same.
pub type Entries<'d> = BTreeMap<&'d str, [Entry<'d>; 1]>;

/// The entries of at most `limit` of the metrics that the series of those names are of, and of those
/// that are described, or of the one that is `asked` for.
pub fn of<'d>(
    series: &'d [String],
    described: &'d [Description],
    asked: Option<&str>,
    limit: usize,
) -> Entries<'d> {
    let kinds: BTreeMap<&str, MetricType> =
        described.iter().map(|word| (&*word.metric, word.kind)).collect();
    let is_part = |series: &str, part: &str| {
        let metric = series.strip_suffix(part).and_then(|metric| kinds.get(metric));
        metric.is_some_and(|kind| parts(*kind).contains(&part))
    };
    let all_parts = || PARTS.iter().flat_map(|parts| parts.iter());
    let is_described =
        |series: &str| kinds.contains_key(series) || all_parts().any(|part| is_part(series, part));
    let of_others = series.iter().filter(|name| !is_described(name));
    let of_ours = series.iter().filter(|name| catalogue::find(name).is_some());
    let mut entries: Entries<'d> = described.iter().map(said).collect();
    entries.extend(of_others.chain(of_ours).map(|name| describe(name)));
    let wanted = |metric: &str| asked.is_none_or(|asked| asked == metric);
    entries.into_iter().filter(|(metric, _)| wanted(metric)).take(limit).collect()
}

/// The ends of names of series that a metric's own name does not have, by type.
const PARTS: [&[&str]; 5] = [
    &["_bucket", "_count", "_sum"],
    &["_bucket", "_gcount", "_gsum"],
    &["_count", "_sum"],
    &["_total"],
    &["_info"],
];

fn parts(kind: MetricType) -> &'static [&'static str] {
    match kind {
        MetricType::Histogram => PARTS[0],
        MetricType::GaugeHistogram => PARTS[1],
        MetricType::Summary => PARTS[2],
        MetricType::Counter => PARTS[3],
        MetricType::Info => PARTS[4],
        MetricType::Unknown | MetricType::Gauge | MetricType::StateSet => &[],
    }
}

/// What its writers say of a metric.
fn said(word: &Description) -> (&str, [Entry<'_>; 1]) {
    (&word.metric, [Entry { kind: word.kind.name(), help: &word.help, unit: &word.unit }])
}

/// The metric that a series is of, and what is known of it. Of a metric that others name, nothing
/// but that counters end in `_total`.
fn describe(series: &str) -> (&str, [Entry<'_>; 1]) {
    let Some(metric) = catalogue::find(series) else {
        let kind = if series.ends_with("_total") { "counter" } else { "unknown" };
        return (series, [Entry { kind, help: "", unit: "" }]);
    };
    let (kind, unit) = (metric.kind.name(), metric.unit.name());
    (metric.family(series), [Entry { kind, help: metric.help, unit }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_described_once_and_as_far_as_they_are_known() {
        let names = [
            "bbb_api_latency_bucket",
            "bbb_api_latency_count",
            "mediasoup_workers",
            "node_cpu_seconds_total",
            "their_total",
        ];
        let names = names.map(str::to_owned);
        let show = |asked, limit| serde_json::to_string(&of(&names, &[], asked, limit)).unwrap();
        let latency = r#""bbb_api_latency":[{"type":"histogram","help":"Time that BigBlueButton took to answer.","unit":"seconds"}]"#;
        let workers = r#""mediasoup_workers":[{"type":"unknown","help":"","unit":""}]"#;
        let cpu = r#""node_cpu_seconds_total":[{"type":"counter","help":"Time that each core has spent in each mode.","unit":"seconds"}]"#;
        let theirs = r#""their_total":[{"type":"counter","help":"","unit":""}]"#;
        for (asked, limit, expected) in [
            (None, 9, format!("{{{latency},{workers},{cpu},{theirs}}}")),
            (None, 2, format!("{{{latency},{workers}}}")),
            (None, 0, "{}".to_owned()),
            (Some("node_cpu_seconds_total"), 9, format!("{{{cpu}}}")),
            (Some("bbb_api_latency"), 1, format!("{{{latency}}}")),
            (Some("bbb_api_latency_bucket"), 9, "{}".to_owned()),
        ] {
            assert_eq!(show(asked, limit), expected);
        }
    }

    #[test]
    fn what_writers_say_stands_for_the_parts_of_a_metric_and_never_for_ours() {
        let word = |metric: &str, kind| Description {
            metric: metric.into(),
            kind,
            help: "Theirs.".into(),
            unit: "".into(),
        };
        let described = [
            word("latency", MetricType::Histogram),
            word("load", MetricType::Gauge),
            word("node_load1", MetricType::Counter),
            word("requests", MetricType::Counter),
            word("silent", MetricType::Summary),
        ];
        let names =
            ["latency_bucket", "latency_sum", "load", "load_total", "node_load1", "requests_total"];
        let names = names.map(str::to_owned);
        let entries = of(&names, &described, None, usize::MAX);
        let found: Vec<(&str, &str, bool)> = entries
            .iter()
            .map(|(metric, [entry])| (*metric, entry.kind, entry.help == "Theirs."))
            .collect();
        let expected = [
            ("latency", "histogram", true),
            ("load", "gauge", true),
            ("load_total", "counter", false),
            ("node_load1", "gauge", false),
            ("requests", "counter", true),
            ("silent", "summary", true),
        ];
        assert_eq!(found, expected);
    }
}

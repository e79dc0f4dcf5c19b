//! What is known of metrics: type, help and unit of ours by the catalogue, little of others.

use std::collections::BTreeMap;

use headroom_proto::catalogue;
use serde::Serialize;

/// What Prometheus says of a metric.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    #[serde(rename = "type")]
    kind: &'static str,
    help: &'static str,
    unit: &'static str,
}

/// The entries of at most `limit` of the metrics that the series of those names are of, or of the
/// one that is `asked` for. Each has one entry: whoever writes a metric of ours, it means the same.
pub fn of<'n>(
    series: &'n [String],
    asked: Option<&str>,
    limit: usize,
) -> BTreeMap<&'n str, [Entry; 1]> {
    let mut entries = BTreeMap::new();
    for name in series {
        let (metric, entry) = describe(name);
        let wanted = asked.is_none_or(|asked| asked == metric);
        if wanted && (entries.len() < limit || entries.contains_key(metric)) {
            entries.insert(metric, [entry]);
        }
    }
    entries
}

/// The metric that a series is of, and what is known of it. Of a metric that others name, nothing
/// but that counters end in `_total`.
fn describe(series: &str) -> (&str, Entry) {
    let Some(metric) = catalogue::find(series) else {
        let kind = if series.ends_with("_total") { "counter" } else { "gauge" };
        return (series, Entry { kind, help: "", unit: "" });
    };
    let (kind, unit) = (metric.kind.name(), metric.unit.name());
    (metric.family(series), Entry { kind, help: metric.help, unit })
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
        let show = |asked, limit| serde_json::to_string(&of(&names, asked, limit)).unwrap();
        let latency = r#""bbb_api_latency":[{"type":"histogram","help":"Time that BigBlueButton took to answer.","unit":"seconds"}]"#;
        let workers = r#""mediasoup_workers":[{"type":"gauge","help":"","unit":""}]"#;
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
}

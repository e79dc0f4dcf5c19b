//! One round of samples as Prometheus text format, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use headroom_proto::metric::JOB;
use headroom_proto::wire::{Label, SeriesDefinition};

/// Writes each value under its series, grouped by metric and sorted by name.
///
/// `job` is left out: whoever scrapes a text gives it a job of their own.
pub fn write(definitions: &[SeriesDefinition], ids: &[u32], values: &[f64]) -> String {
    let mut metrics: BTreeMap<&str, Vec<(String, f64)>> = BTreeMap::new();
    for (&id, &value) in ids.iter().zip(values) {
        let series = &definitions[id as usize];
        metrics.entry(&series.metric).or_default().push((labels(&series.labels), value));
    }
    let mut text = String::new();
    for (metric, mut series) in metrics {
        let kind = if metric.ends_with("_total") { "counter" } else { "gauge" };
        let _ = writeln!(text, "# TYPE {metric} {kind}");
        series.sort_by(|a, b| a.0.cmp(&b.0));
        for (labels, value) in series {
            let _ = writeln!(text, "{metric}{labels} {}", number(value));
        }
    }
    text
}

fn labels(labels: &[Label]) -> String {
    let mut shown: Vec<String> = labels
        .iter()
        .filter(|label| label.name != JOB)
        .map(|label| format!("{}=\"{}\"", label.name, escape(&label.value)))
        .collect();
    shown.sort_unstable();
    if shown.is_empty() { String::new() } else { format!("{{{}}}", shown.join(",")) }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    match value {
        v if v == f64::INFINITY => "+Inf".into(),
        v if v == f64::NEG_INFINITY => "-Inf".into(),
        v => v.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Round, SeriesTable};

    #[test]
    fn groups_sorts_and_escapes() {
        let mut table = SeriesTable::default();
        let mut round = Round::new(&mut table);
        round.push("b_total", &[("device", "eth1")], 12_345_678_901_234.0);
        round.push("a", &[("path", "C:\\\"x\"\n")], f64::INFINITY);
        round.push("b_total", &[("device", "eth0")], 0.25);
        round.push("c", &[], f64::NAN);
        let (ids, values, _) = round.finish();
        insta::assert_snapshot!(write(table.definitions(), &ids, &values), @r#"
        # TYPE a gauge
        a{path="C:\\\"x\"\n"} +Inf
        # TYPE b_total counter
        b_total{device="eth0"} 0.25
        b_total{device="eth1"} 12345678901234
        # TYPE c gauge
        c NaN
        "#);
    }
}

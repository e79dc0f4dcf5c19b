//! Prometheus text format, version 0.0.4: series by metric, with what the catalogue says of it.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::catalogue::{self, Kind, Metric};

/// Series and their values, to be displayed as a text that Prometheus can scrape.
#[derive(Debug, Default)]
pub struct Exposition {
    families: BTreeMap<String, Family>,
}

#[derive(Debug)]
struct Family {
    metric: Option<&'static Metric>,
    series: Vec<Series>,
}

#[derive(Debug)]
struct Series {
    text: String,
    value: f64,
}

impl Exposition {
    /// Adds a series of a metric of ours, or of another, of which nothing more is told.
    pub fn add<'l>(
        &mut self,
        series: &str,
        labels: impl Iterator<Item = (&'l str, &'l str)>,
        value: f64,
    ) {
        let metric = catalogue::find(series);
        let family = metric.map_or(series, |metric| metric.family(series));
        let mut labels: Vec<String> =
            labels.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        labels.sort_unstable();
        let text = if labels.is_empty() {
            series.to_owned()
        } else {
            format!("{series}{{{}}}", labels.join(","))
        };
        let family = self.families.entry(family.to_owned());
        let family = family.or_insert_with(|| Family { metric, series: Vec::new() });
        family.series.push(Series { text, value });
    }
}

impl Display for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, Family { metric, series }) in &self.families {
            if let Some(metric) = metric {
                writeln!(f, "# HELP {name} {}\n# TYPE {name} {}", metric.help, type_of(metric))?;
            }
            let mut sorted: Vec<&Series> = series.iter().collect();
            // The borders of a histogram come in order, which is not that of their texts.
            if metric.is_none_or(|metric| metric.kind.parts().is_empty()) {
                sorted.sort_by(|a, b| a.text.cmp(&b.text));
            }
            for Series { text, value } in sorted {
                writeln!(f, "{text} {}", Number(*value))?;
            }
        }
        Ok(())
    }
}

/// This format knows fewer types than OpenMetrics.
fn type_of(metric: &Metric) -> &'static str {
    match metric.kind {
        Kind::Counter | Kind::Gauge | Kind::Histogram => metric.kind.name(),
        Kind::Info => Kind::Gauge.name(),
        Kind::GaugeHistogram => "untyped",
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_stand_sorted_below_what_is_known_of_their_metric() {
        let mut exposition = Exposition::default();
        let received = "node_network_receive_bytes_total";
        exposition.add(received, [("device", "eth1")].into_iter(), 12_345_678_901_234.0);
        exposition.add("foreign", [("b", "C:\\\"x\"\n"), ("a", "")].into_iter(), f64::INFINITY);
        exposition.add(received, [("device", "eth0")].into_iter(), 0.25);
        for (border, count) in [("2.5", 1.0), ("10", 2.0), ("+Inf", 3.0)] {
            exposition.add("bbb_api_latency_bucket", [("le", border)].into_iter(), count);
        }
        exposition.add("bbb_api_latency_count", [].into_iter(), 3.0);
        exposition.add("node_uname_info", [].into_iter(), 1.0);
        exposition.add("node_vmstat_pgfault", [].into_iter(), f64::NAN);
        assert_eq!(
            exposition.to_string(),
            "# HELP bbb_api_latency Time that BigBlueButton took to answer.\n\
             # TYPE bbb_api_latency histogram\n\
             bbb_api_latency_bucket{le=\"2.5\"} 1\n\
             bbb_api_latency_bucket{le=\"10\"} 2\n\
             bbb_api_latency_bucket{le=\"+Inf\"} 3\n\
             bbb_api_latency_count 3\n\
             foreign{a=\"\",b=\"C:\\\\\\\"x\\\"\\n\"} +Inf\n\
             # HELP node_network_receive_bytes_total Bytes that an interface has received.\n\
             # TYPE node_network_receive_bytes_total counter\n\
             node_network_receive_bytes_total{device=\"eth0\"} 0.25\n\
             node_network_receive_bytes_total{device=\"eth1\"} 12345678901234\n\
             # HELP node_uname_info Kernel and name of the host, as uname tells them.\n\
             # TYPE node_uname_info gauge\n\
             node_uname_info 1\n\
             # HELP node_vmstat_pgfault A counter of paging in /proc/vmstat under the kernel's own name.\n\
             # TYPE node_vmstat_pgfault counter\n\
             node_vmstat_pgfault NaN\n"
        );
    }
}

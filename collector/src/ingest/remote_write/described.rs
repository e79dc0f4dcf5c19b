//! What a request says of metrics, as words that the store keeps. No I/O.

use super::labels::LabelLimits;
use super::series::Said;
use crate::store::{Description, MetricType};

/// A word on a metric; nothing if it has no name, or one that no series may have, or is no text.
pub fn word(said: &Said<'_>, limits: LabelLimits) -> Option<Description> {
    let text = |bytes| str::from_utf8(bytes).ok();
    let kind = MetricType::of(said.kind);
    let metric = family(text(said.metric)?, kind);
    let is_name = (1..=limits.name_bytes).contains(&metric.len());
    is_name.then_some(())?;
    let (help, unit) = (text(said.help)?.into(), text(said.unit)?.into());
    Some(Description { metric: metric.into(), kind, help, unit })
}

/// The metric that a series is of, by the type it is said to have.
fn family(series: &str, kind: MetricType) -> &str {
    let parts: &[&str] = match kind {
        MetricType::Histogram => &["_bucket", "_count", "_sum"],
        MetricType::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
        MetricType::Summary => &["_count", "_sum"],
        MetricType::Unknown
        | MetricType::Counter
        | MetricType::Gauge
        | MetricType::Info
        | MetricType::StateSet => &[],
    };
    let stripped = parts.iter().find_map(|part| series.strip_suffix(part));
    stripped.filter(|metric| !metric.is_empty()).unwrap_or(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series, its type by number, its metric and the type's name.
    type Case<'c> = (&'c [u8], u64, Option<(&'c str, &'c str)>);

    #[test]
    fn a_word_is_on_the_metric_that_a_series_is_of() {
        let cases: [Case<'_>; 12] = [
            (b"requests_total", 1, Some(("requests_total", "counter"))),
            (b"load", 2, Some(("load", "gauge"))),
            (b"latency_bucket", 3, Some(("latency", "histogram"))),
            (b"latency_sum", 3, Some(("latency", "histogram"))),
            (b"latency", 3, Some(("latency", "histogram"))),
            (b"now_gcount", 4, Some(("now", "gaugehistogram"))),
            (b"wait_count", 5, Some(("wait", "summary"))),
            (b"wait_count", 2, Some(("wait_count", "gauge"))),
            (b"_count", 5, Some(("_count", "summary"))),
            (b"odd", 99, Some(("odd", "unknown"))),
            (b"", 1, None),
            (b"\xff", 1, None),
        ];
        for (metric, kind, expected) in cases {
            let said = Said { metric, kind, help: b"h", unit: b"" };
            let word = word(&said, LabelLimits::default());
            let word = word.as_ref().map(|word| (&*word.metric, word.kind.name()));
            assert_eq!(word, expected, "{metric:?} {kind}");
        }
    }
}

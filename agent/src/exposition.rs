//! Prometheus's text format: one round of samples, written, and what other programs write, read.

mod sample;

use headroom_proto::exposition::Exposition;
use headroom_proto::metric::JOB;

pub use self::sample::Sample;
use crate::series::Layout;

/// Writes each value under its series, grouped by metric and sorted by name.
///
/// `job` is left out: whoever scrapes a text gives it a job of their own.
pub fn write(layout: &Layout, values: &[f64]) -> String {
    let mut exposition = Exposition::default();
    for (definition, &value) in layout.definitions().iter().zip(values) {
        let labels = definition.labels.iter().filter(|label| label.name != JOB);
        let labels = labels.map(|label| (label.name.as_str(), label.value.as_str()));
        exposition.add(&definition.metric, labels, value);
    }
    exposition.to_string()
}

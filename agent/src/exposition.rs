//! One round of samples as Prometheus text format.

use headroom_proto::exposition::Exposition;
use headroom_proto::metric::JOB;
use headroom_proto::wire::SeriesDefinition;

/// Writes each value under its series, grouped by metric and sorted by name.
///
/// `job` is left out: whoever scrapes a text gives it a job of their own.
pub fn write(definitions: &[SeriesDefinition], ids: &[u32], values: &[f64]) -> String {
    let mut exposition = Exposition::default();
    for (&id, &value) in ids.iter().zip(values) {
        let SeriesDefinition { metric, labels, .. } = &definitions[id as usize];
        let labels = labels.iter().filter(|label| label.name != JOB);
        let labels = labels.map(|label| (label.name.as_str(), label.value.as_str()));
        exposition.add(metric, labels, value);
    }
    exposition.to_string()
}

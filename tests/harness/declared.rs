//! Holds series that a collector has stored against the catalogue of metrics.

use headroom_proto::catalogue;
use serde_json::Value;

/// Asks for all series that an agent has written.
pub const ALL_SERIES: &str = "api/v1/series?match[]=%7Binstance!=%22%22%7D";

/// What agents pass on of bbb-webrtc-sfu's exporters under its own names, which are not ours to declare.
const PASSED_ON: [&str; 2] = ["mediasoup_", "sfu_"];

/// Whether a metric is one of those.
pub fn is_passed_on(name: &str) -> bool {
    PASSED_ON.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether rules record it: only their names have a colon.
pub fn is_recorded(name: &str) -> bool {
    name.contains(':')
}

/// Fails if the answer to [`ALL_SERIES`] has a series of a metric or with a label that is not in the
/// catalogue, but for what is passed on or recorded by rules; gives back how many series there are.
pub fn assert_declared(answer: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(answer).expect("JSON");
    let series = answer["data"].as_array().expect("a list of series");
    for labels in series {
        let name = labels["__name__"].as_str().expect("a name");
        if is_passed_on(name) || is_recorded(name) {
            continue;
        }
        let labels = labels.as_object().expect("labels").keys().map(String::as_str);
        let declared = catalogue::check(name, labels.filter(|label| *label != "__name__"));
        declared.unwrap_or_else(|undeclared| panic!("{undeclared}"));
    }
    series.len()
}

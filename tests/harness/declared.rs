//! Holds series that a collector has stored against the catalogue of metrics.

use headroom_proto::catalogue;
use serde_json::Value;

/// Asks for all series that an agent has written.
pub const ALL_SERIES: &str = "api/v1/series?match[]=%7Binstance!=%22%22%7D";

/// Fails if the answer to [`ALL_SERIES`] has a series of a metric or with a label that is not in the
/// catalogue; gives back how many series there are.
pub fn assert_declared(answer: &[u8]) -> usize {
    let answer: Value = serde_json::from_slice(answer).expect("JSON");
    let series = answer["data"].as_array().expect("a list of series");
    for labels in series {
        let name = labels["__name__"].as_str().expect("a name");
        // What media servers tell of themselves is passed on as it is.
        if name.starts_with("mediasoup_") {
            continue;
        }
        let labels = labels.as_object().expect("labels").keys().map(String::as_str);
        let declared = catalogue::check(name, labels.filter(|label| *label != "__name__"));
        declared.unwrap_or_else(|undeclared| panic!("{undeclared}"));
    }
    series.len()
}

//! Prometheus remote write 1.0 as a client speaks it.

pub mod by_hand;

use std::time::Duration;

use prost::Message;

/// One request.
#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    /// Its series.
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<WrittenSeries>,
}

/// One series with samples.
#[derive(Clone, PartialEq, Message)]
pub struct WrittenSeries {
    /// Sorted by name, `__name__` among them.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<WrittenLabel>,
    /// In order of time.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<WrittenSample>,
}

/// One label.
#[derive(Clone, PartialEq, Message)]
pub struct WrittenLabel {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// One sample.
#[derive(Clone, PartialEq, Message)]
pub struct WrittenSample {
    /// Its value.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Unix time in milliseconds.
    #[prost(int64, tag = "2")]
    pub timestamp_ms: i64,
}

/// Where requests go, and whose they are.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Such as `http://127.0.0.1:8440/api/v1/write`.
    pub url: String,
    /// The writer's token.
    pub token: String,
}

/// Sends a request; the status of its answer, none if there was no answer.
pub async fn remote_write(
    client: &reqwest::Client,
    to: &Destination,
    request: &WriteRequest,
) -> Option<u16> {
    let packed = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec()).ok()?;
    let answer = client
        .post(&to.url)
        .bearer_auth(&to.token)
        .header("content-type", "application/x-protobuf")
        .header("content-encoding", "snappy")
        .header("x-prometheus-remote-write-version", "0.1.0")
        .timeout(Duration::from_secs(20))
        .body(packed)
        .send()
        .await;
    answer.ok().map(|answer| answer.status().as_u16())
}

//! Prometheus remote write 1.0: samples as protobuf in a snappy block, sent over a few connections.

use anyhow::{Context, ensure};
use prost::Message;
use prost::bytes::Bytes;
use prost::encoding::{WireType, encode_key, encode_varint, message};

use crate::peer::Peer;

/// How many samples a request holds.
pub const BATCH: usize = 2_500;

/// A sample of the series of that number.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The series, by its place among the labels of [`Batches`].
    pub series: usize,
    /// Unix time in milliseconds.
    pub timestamp_ms: i64,
    /// The value.
    pub value: f64,
}

// `prometheus.WriteRequest` is a list of `TimeSeries` (field 1): labels (field 1), samples (field 2).

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// The labels of a series, encoded once and sent with each of its samples.
#[derive(Debug, Clone)]
pub struct Labels(Vec<u8>);

impl Labels {
    /// Encodes labels, the metric's name among them, in the order the protocol asks for.
    pub fn new<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> Self {
        let mut labels: Vec<(&str, &str)> = labels.collect();
        labels.sort_unstable();
        let mut bytes = Vec::new();
        for (name, value) in labels {
            let label = Label { name: name.to_owned(), value: value.to_owned() };
            message::encode(1, &label, &mut bytes);
        }
        Self(bytes)
    }
}

/// Requests of [`BATCH`] samples each; every sample brings its labels, as those of Prometheus do.
pub struct Batches<P> {
    labels: Vec<Labels>,
    points: P,
    encoder: snap::raw::Encoder,
    plain: Vec<u8>,
}

impl<P: Iterator<Item = Point>> Batches<P> {
    /// Requests of these points of series with these labels.
    pub fn new(labels: Vec<Labels>, points: P) -> Self {
        Self { labels, points, encoder: snap::raw::Encoder::new(), plain: Vec::new() }
    }

    fn encode(&mut self, point: Point) {
        let Labels(labels) = &self.labels[point.series];
        let sample = Sample { value: point.value, timestamp: point.timestamp_ms };
        let mut samples = [0; 32];
        let mut rest = &mut samples[..];
        message::encode(2, &sample, &mut rest);
        let unused = rest.len();
        let samples = &samples[..32 - unused];
        encode_key(1, WireType::LengthDelimited, &mut self.plain);
        encode_varint((labels.len() + samples.len()) as u64, &mut self.plain);
        self.plain.extend_from_slice(labels);
        self.plain.extend_from_slice(samples);
    }
}

impl<P: Iterator<Item = Point>> Iterator for Batches<P> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.plain.clear();
        for _ in 0..BATCH {
            let Some(point) = self.points.next() else { break };
            self.encode(point);
        }
        if self.plain.is_empty() {
            return None;
        }
        let block = self.encoder.compress_vec(&self.plain);
        Some(block.expect("a request is far below what snappy takes").into())
    }
}

/// Sends each lane's requests one after the other over a connection of its own; all are taken, or
/// it is an error.
pub fn send<L>(peer: &Peer, lanes: Vec<L>) -> anyhow::Result<()>
where
    L: Iterator<Item = Bytes> + Send,
{
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            lanes.into_iter().map(|lane| scope.spawn(|| send_lane(peer, lane))).collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
        }
        Ok(())
    })
}

fn send_lane(peer: &Peer, lane: impl Iterator<Item = Bytes>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    for body in lane {
        runtime.block_on(post(&client, peer, body))?;
    }
    Ok(())
}

/// Sends one request.
pub async fn post(client: &reqwest::Client, peer: &Peer, body: Bytes) -> anyhow::Result<()> {
    let url = &peer.url;
    let mut request = client
        .post(format!("{url}/api/v1/write"))
        .header("content-encoding", "snappy")
        .header("content-type", "application/x-protobuf")
        .header("x-prometheus-remote-write-version", "0.1.0");
    if let Some(token) = &peer.token {
        request = request.bearer_auth(token);
    }
    let response = request.body(body).send().await.with_context(|| format!("write to {url}"))?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "write to {url}: {status}: {text}");
    Ok(())
}

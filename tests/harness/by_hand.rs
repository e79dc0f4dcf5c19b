//! A stream to the collector spoken by hand: what an agent would send, and what it never would.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_proto::limits::PROTOCOL;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::telemetry_client::TelemetryClient;
use headroom_proto::wire::{AgentMessage, CollectorMessage, Frame, Hello, Label, SeriesDefinition};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Id, metric and labels of a series.
pub type Definition<'d> = (u32, &'d str, &'d [(&'d str, &'d str)]);

/// A stream spoken by hand.
pub struct ByHand {
    outbox: mpsc::Sender<AgentMessage>,
    inbound: Streaming<CollectorMessage>,
}

impl ByHand {
    /// Opens a stream at an address such as `http://127.0.0.1:8441` with its first message.
    pub async fn open(address: &str, token: Option<&str>, first: Up) -> Result<Self, Status> {
        let client = TelemetryClient::connect(address.to_owned()).await;
        let mut client = client.map_err(|error| Status::unavailable(error.to_string()))?;
        let (outbox, messages) = mpsc::channel(64);
        outbox.try_send(AgentMessage { message: Some(first) }).expect("an empty outbox takes one");
        let mut request = Request::new(ReceiverStream::new(messages));
        if let Some(token) = token {
            let header = format!("Bearer {token}").parse().expect("a token is a header's value");
            request.metadata_mut().insert("authorization", header);
        }
        let inbound = client.push(request).await?.into_inner();
        Ok(Self { outbox, inbound })
    }

    /// Opens a stream and waits to be welcomed.
    pub async fn welcomed(address: &str, token: &str, boot: u64) -> Result<Self, Status> {
        let mut stream = Self::open(address, Some(token), hello(PROTOCOL, boot)).await?;
        match stream.answer().await? {
            Down::Welcome(_) => Ok(stream),
            other => Err(Status::internal(format!("{other:?} in place of Welcome"))),
        }
    }

    /// Opens a stream and defines so many series without labels, with ids from 0 on.
    pub async fn with_plain_series(
        address: &str,
        token: &str,
        boot: u64,
        count: u32,
    ) -> Result<Self, Status> {
        let stream = Self::welcomed(address, token, boot).await?;
        let names: Vec<String> = (0..count).map(|id| format!("m{id}")).collect();
        let definitions: Vec<_> =
            (0..).zip(&names).map(|(id, name)| (id, &**name, &[][..])).collect();
        stream.send(series(boot, &definitions)).await?;
        Ok(stream)
    }

    /// Sends a frame: whether it is acknowledged, or why the stream ended.
    pub async fn push(&mut self, frame: Frame) -> Result<(), Status> {
        let sequence = frame.sequence;
        self.send(Up::Frame(frame)).await?;
        match self.answer().await? {
            Down::Acknowledgement(done) => {
                assert_eq!((done.frames[0].first, done.frames[0].last), (sequence, sequence));
                Ok(())
            }
            other => Err(Status::internal(format!("{other:?}"))),
        }
    }

    /// Sends a message; an error if the stream has ended.
    pub async fn send(&self, message: Up) -> Result<(), Status> {
        let sent = self.outbox.send(AgentMessage { message: Some(message) }).await;
        sent.map_err(|_| Status::unavailable("the stream has ended"))
    }

    /// The next message of the collector, but for settings.
    pub async fn answer(&mut self) -> Result<Down, Status> {
        loop {
            let message = tokio::time::timeout(ANSWER_TIMEOUT, self.inbound.message()).await;
            let message = message.map_err(|_| Status::deadline_exceeded("no answer in time"))??;
            let ended = || Status::unavailable("the stream has ended");
            let message = message.ok_or_else(ended)?.message;
            match message.ok_or_else(|| Status::internal("an empty message"))? {
                Down::Settings(_) => {}
                other => return Ok(other),
            }
        }
    }
}

/// The first message of a stream.
pub fn hello(protocol: u32, boot: u64) -> Up {
    Up::Hello(Hello {
        protocol,
        boot,
        agent_version: "by hand".into(),
        now_ms: 0,
        settings_version: 0,
    })
}

/// A frame of now for such series, each of which has its sequence for a value.
pub fn plain_frame(boot: u64, sequence: u64, count: u32) -> Frame {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let timestamp_ms = now.as_millis() as i64;
    let (ids, values) = ((0..count).collect(), vec![sequence as f64; count as usize]);
    Frame { boot, sequence, timestamp_ms, ids, values, ..Frame::default() }
}

/// Definitions of series.
pub fn series(boot: u64, definitions: &[Definition<'_>]) -> Up {
    let label =
        |(name, value): &(&str, &str)| Label { name: (*name).into(), value: (*value).into() };
    let one = |(id, metric, labels): &Definition<'_>| SeriesDefinition {
        id: *id,
        metric: (*metric).into(),
        labels: labels.iter().map(label).collect(),
    };
    let series = definitions.iter().map(one).collect();
    Up::Series(headroom_proto::wire::SeriesDefinitions { boot, series })
}

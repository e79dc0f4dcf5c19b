//! An agent's stream without an agent: speaks the wire as the real one does, from memory and as
//! fast as the collector acknowledges.

use std::time::Duration;

use headroom_proto::limits::{
    KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, MAX_UNACKNOWLEDGED, PROTOCOL,
};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::telemetry_client::TelemetryClient;
use headroom_proto::wire::{
    AgentMessage, CollectorMessage, Frame, Hello, SequenceRange, SeriesDefinition,
    SeriesDefinitions,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::errors::InvalidMetadataValue;
use tonic::transport::Endpoint;
use tonic::{Request, Status, Streaming};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a stream ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The collector cannot be reached.
    #[error("failed to connect to the collector")]
    Connect(#[from] tonic::transport::Error),
    /// The token cannot be sent.
    #[error("the token is no header's value")]
    Token(#[from] InvalidMetadataValue),
    /// The collector ended it.
    #[error("the collector ended the stream: {}", .0.message())]
    Status(#[from] Status),
    /// The collector ended it without a word.
    #[error("the collector ended the stream")]
    Ended,
    /// No answer came in time.
    #[error("no answer of the collector within {} s", ANSWER_TIMEOUT.as_secs())]
    Timeout,
    /// The collector does not take what was sent.
    #[error("the collector refused: {0}")]
    Refused(String),
}

/// A stream that has been welcomed, on a connection of its own.
pub struct AgentStream {
    outbox: mpsc::Sender<AgentMessage>,
    inbound: Streaming<CollectorMessage>,
    boot: u64,
    /// Frames that are not acknowledged yet.
    ahead: u64,
}

impl AgentStream {
    /// Connects to `grpc`, an address such as `http://127.0.0.1:8441`, and waits to be welcomed.
    pub async fn open(grpc: &str, token: &str, boot: u64) -> Result<Self, StreamError> {
        let endpoint = Endpoint::from_shared(grpc.to_owned())?
            .connect_timeout(ANSWER_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        let mut client = TelemetryClient::new(endpoint.connect().await?);
        let (outbox, messages) = mpsc::channel(2 * MAX_UNACKNOWLEDGED);
        let mut request = Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let agent_version = "simulated".to_owned();
        let hello = Up::Hello(Hello { protocol: PROTOCOL, boot, agent_version });
        let hello = AgentMessage { message: Some(hello) };
        outbox.send(hello).await.map_err(|_| StreamError::Ended)?;
        let pushing = timeout(ANSWER_TIMEOUT, client.push(request)).await;
        let inbound = pushing.map_err(|_| StreamError::Timeout)??.into_inner();
        let mut stream = Self { outbox, inbound, boot, ahead: 0 };
        match stream.answer().await? {
            Down::Welcome(_) => Ok(stream),
            other => Err(StreamError::Refused(format!("{other:?} in place of Welcome"))),
        }
    }

    /// Gives ids to series of this boot.
    pub async fn define(&self, series: Vec<SeriesDefinition>) -> Result<(), StreamError> {
        self.send(Up::Series(SeriesDefinitions { boot: self.boot, series })).await
    }

    /// Sends a frame, once there is room for it ahead of the acknowledgements.
    pub async fn push(&mut self, frame: Frame) -> Result<(), StreamError> {
        while self.ahead >= MAX_UNACKNOWLEDGED as u64 {
            self.acknowledged().await?;
        }
        self.ahead += 1;
        self.send(Up::Frame(frame)).await
    }

    /// Waits for the next acknowledgement; a refusal is an error.
    pub async fn acknowledged(&mut self) -> Result<Vec<SequenceRange>, StreamError> {
        loop {
            match self.answer().await? {
                Down::Acknowledgement(acknowledgement) => {
                    let frames: u64 = acknowledgement.frames.iter().map(length).sum();
                    self.ahead = self.ahead.saturating_sub(frames);
                    return Ok(acknowledgement.frames);
                }
                Down::Refusal(refusal) => return Err(StreamError::Refused(refusal.reason)),
                Down::Settings(_) | Down::Welcome(_) => {}
            }
        }
    }

    /// Waits until every frame is acknowledged.
    pub async fn settle(&mut self) -> Result<(), StreamError> {
        while self.ahead > 0 {
            self.acknowledged().await?;
        }
        Ok(())
    }

    async fn send(&self, message: Up) -> Result<(), StreamError> {
        let sent = self.outbox.send(AgentMessage { message: Some(message) }).await;
        sent.map_err(|_| StreamError::Ended)
    }

    async fn answer(&mut self) -> Result<Down, StreamError> {
        let answer = timeout(ANSWER_TIMEOUT, self.inbound.message()).await;
        let message = answer.map_err(|_| StreamError::Timeout)??;
        message.and_then(|message| message.message).ok_or(StreamError::Ended)
    }
}

fn length(range: &SequenceRange) -> u64 {
    range.last + 1 - range.first
}

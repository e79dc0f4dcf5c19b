//! An agent's stream without an agent: speaks the wire as the real one does, from memory.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use harness::Token;
use headroom_proto::limits::{
    KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, MAX_UNACKNOWLEDGED, PROTOCOL,
};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::telemetry_client::TelemetryClient;
use headroom_proto::wire::{
    AgentMessage, CollectorMessage, Frame, Hello, Label, SequenceRange, SeriesDefinition,
    SeriesDefinitions,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;
use tonic::{Request, Streaming};

use crate::load::Series;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A stream that has been welcomed, on a connection of its own.
pub struct AgentStream {
    outbox: mpsc::Sender<AgentMessage>,
    inbound: Streaming<CollectorMessage>,
    boot: u64,
}

impl AgentStream {
    /// Connects to `grpc`, says Hello and waits for Welcome.
    pub async fn open(grpc: &str, token: &Token, boot: u64) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(grpc.to_owned())?
            .connect_timeout(ANSWER_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        let mut client = TelemetryClient::new(endpoint.connect().await?);
        let (outbox, messages) = mpsc::channel(2 * MAX_UNACKNOWLEDGED);
        let agent_version = "simulated".to_owned();
        let hello = Up::Hello(Hello { protocol: PROTOCOL, boot, agent_version });
        outbox.send(AgentMessage { message: Some(hello) }).await?;
        let mut request = Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", format!("Bearer {}", token.secret).parse()?);
        let inbound = timeout(ANSWER_TIMEOUT, client.push(request)).await??.into_inner();
        let mut stream = Self { outbox, inbound, boot };
        match stream.answer().await? {
            Down::Welcome(welcome) => ensure!(welcome.instance == token.instance),
            other => bail!("no Welcome but {other:?}"),
        }
        Ok(stream)
    }

    /// Defines series; their ids count from 0.
    pub async fn define(&self, series: &[Series]) -> anyhow::Result<()> {
        let series = (0..).zip(series).map(|(id, series)| definition(id, series)).collect();
        self.send(Up::Series(SeriesDefinitions { boot: self.boot, series })).await
    }

    /// Sends a frame.
    pub async fn push(&self, frame: Frame) -> anyhow::Result<()> {
        self.send(Up::Frame(frame)).await
    }

    /// Waits for the next acknowledgement; a refusal is an error.
    pub async fn acknowledged(&mut self) -> anyhow::Result<Vec<SequenceRange>> {
        match self.answer().await? {
            Down::Acknowledgement(acknowledgement) => Ok(acknowledgement.frames),
            other => bail!("no acknowledgement but {other:?}"),
        }
    }

    /// Sends all frames as fast as they are acknowledged, and waits until all are.
    pub async fn push_all(&mut self, frames: &[Frame]) -> anyhow::Result<()> {
        let mut ahead = 0;
        let mut rest = frames.iter();
        loop {
            while ahead < MAX_UNACKNOWLEDGED as u64 {
                let Some(frame) = rest.next() else { break };
                self.push(frame.clone()).await?;
                ahead += 1;
            }
            if ahead == 0 {
                return Ok(());
            }
            ahead -= self.acknowledged().await?.iter().map(length).sum::<u64>();
        }
    }

    async fn send(&self, message: Up) -> anyhow::Result<()> {
        let sent = self.outbox.send(AgentMessage { message: Some(message) }).await;
        sent.context("the collector ended the stream")
    }

    async fn answer(&mut self) -> anyhow::Result<Down> {
        let message = timeout(ANSWER_TIMEOUT, self.inbound.message()).await.context("an answer")?;
        message?.and_then(|message| message.message).context("the collector ended the stream")
    }
}

/// How many frames a range holds.
pub fn length(range: &SequenceRange) -> u64 {
    range.last + 1 - range.first
}

fn definition(id: u32, series: &Series) -> SeriesDefinition {
    let label =
        |(name, value): &(&str, String)| Label { name: (*name).to_owned(), value: value.clone() };
    let labels = series.others.iter().map(label).collect();
    SeriesDefinition { id, metric: series.metric.to_owned(), labels }
}

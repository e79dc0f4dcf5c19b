//! The agent's end of the wire: one stream, from Hello to its end.
//!
//! It knows what may be sent ahead of its acknowledgement, and how long an answer may take. It knows
//! nothing of where frames come from, nor of their pace.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_proto::limits::{MAX_MESSAGE_BYTES, MAX_STREAM_SERIES, MAX_UNACKNOWLEDGED, PROTOCOL};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{
    Acknowledgement, CollectorMessage, Frame, Hello, Loss, Refusal, SeriesDefinition,
    SeriesDefinitions, Settings, SettingsApplied, Welcome,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status, Streaming};

use super::codec::{Outgoing, WireCodec};
use super::connection::{CollectorAddress, ConnectError};
use super::unanswered::{NeverSent, Unanswered};
use crate::definitions;
use crate::frames::EncodedFrame;

const PUSH: &str = "/headroom.v1.Telemetry/Push";

/// Messages on their way into the connection. What may be sent ahead, and as many definitions in
/// front of it, always fit; only who sends more waits here.
const OUTBOX: usize = 2 * MAX_UNACKNOWLEDGED;

/// Why a stream did not come to be, or ended.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The collector cannot be reached.
    #[error("no way to the collector")]
    Connect(#[from] ConnectError),
    /// The collector turned the stream away, or the connection broke.
    #[error("the collector ended the stream: {}", .0.message())]
    Refused(Status),
    /// The collector ended it without a word.
    #[error("the collector closed the stream")]
    Closed,
    /// No answer came in time.
    #[error("no answer from the collector within {} s", .0.as_secs())]
    Silent(Duration),
    /// The collector answers for what it cannot have. Nothing of that answer counts.
    #[error("the collector answered for {0}, which this stream never sent")]
    NeverSent(NeverSent),
    /// So many series have been defined that the collector takes no more of them on this stream.
    #[error(
        "a stream may define no more than {MAX_STREAM_SERIES} series; the next one begins anew"
    )]
    Full,
    /// The collector speaks another protocol.
    #[error("the collector speaks protocol {0}, this agent {PROTOCOL}")]
    Protocol(u32),
}

impl From<Status> for WireError {
    fn from(status: Status) -> Self {
        Self::Refused(status)
    }
}

impl From<NeverSent> for WireError {
    fn from(what: NeverSent) -> Self {
        Self::NeverSent(what)
    }
}

/// How an agent presents itself.
#[derive(Debug, Clone)]
pub struct Introduction {
    /// The boot of its run.
    pub boot: u64,
    /// Its version, for people.
    pub agent_version: String,
    /// The settings in force by version; 0 if those are its own.
    pub settings_version: u64,
    /// How long the collector may take to welcome it, and later to answer what was sent.
    pub patience: Duration,
}

/// What the collector says on a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Frames and losses that are durable.
    Acknowledged(Acknowledgement),
    /// A frame, or part of one, that is not taken.
    Refused(Refusal),
    /// What the collector asks of the agent.
    Settings(Settings),
}

/// A stream that has been welcomed, on a connection of its own. It ends when this is dropped.
pub struct WireClient {
    outbox: mpsc::Sender<Outgoing>,
    inbound: Streaming<CollectorMessage>,
    unanswered: Unanswered,
    /// When the collector last answered, or had nothing to answer.
    waiting_since: Instant,
    patience: Duration,
}

impl WireClient {
    /// Connects, says Hello and waits to be welcomed.
    pub async fn open(
        address: &CollectorAddress,
        introduction: Introduction,
    ) -> Result<(Self, Welcome), WireError> {
        let Introduction { boot, agent_version, settings_version, patience } = introduction;
        let mut client =
            Grpc::new(address.connect().await?).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let now_ms = unix_ms();
        let hello = Hello { protocol: PROTOCOL, boot, agent_version, now_ms, settings_version };
        let hello = Up::Hello(hello);
        outbox.send(hello.into()).await.map_err(|_| WireError::Closed)?;
        let mut request = Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", address.token.header());
        let opening = async {
            client.ready().await.map_err(ConnectError::from)?;
            let push = PathAndQuery::from_static(PUSH);
            let response = client.streaming(request, push, WireCodec).await?;
            let mut inbound = response.into_inner();
            let first = inbound.message().await?;
            Ok::<_, WireError>((inbound, first))
        };
        let (inbound, first) =
            timeout(patience, opening).await.map_err(|_| WireError::Silent(patience))??;
        match first.and_then(|first| first.message) {
            Some(Down::Welcome(welcome)) if welcome.protocol == PROTOCOL => {
                let waiting_since = Instant::now();
                let unanswered = Unanswered::default();
                Ok((Self { outbox, inbound, unanswered, waiting_since, patience }, welcome))
            }
            Some(Down::Welcome(welcome)) => Err(WireError::Protocol(welcome.protocol)),
            Some(Down::Acknowledgement(_) | Down::Refusal(_) | Down::Settings(_)) | None => {
                Err(WireError::Closed)
            }
        }
    }

    /// How many more frames and losses may be sent before the next answer.
    pub fn room(&self) -> usize {
        MAX_UNACKNOWLEDGED.saturating_sub(self.unanswered.count())
    }

    /// How many frames and losses wait for their answer.
    pub fn unanswered(&self) -> usize {
        self.unanswered.count()
    }

    /// Gives ids to series of a boot, before the first frame that refers to them.
    pub async fn define(
        &mut self,
        boot: u64,
        series: Vec<SeriesDefinition>,
    ) -> Result<(), WireError> {
        for part in definitions::parts(&series) {
            self.send(Up::Series(SeriesDefinitions { boot, series: part.to_vec() }).into()).await?;
        }
        Ok(())
    }

    /// Sends frames, for which the caller has seen that there is [`Self::room`].
    pub async fn push(&mut self, frames: Vec<Frame>) -> Result<(), WireError> {
        for Frame { boot, sequence, .. } in &frames {
            self.expect_answer().send(*boot, *sequence);
        }
        self.send_all(frames.into_iter().map(|frame| Up::Frame(frame).into())).await
    }

    /// Sends frames that are encoded already, each as an `AgentMessage`; else like [`Self::push`].
    pub async fn push_encoded(&mut self, frames: Vec<EncodedFrame>) -> Result<(), WireError> {
        for EncodedFrame { boot, sequence, .. } in &frames {
            self.expect_answer().send(*boot, *sequence);
        }
        self.send_all(frames.into_iter().map(|frame| Outgoing::Encoded(frame.message))).await
    }

    /// Reports a loss, for which the caller has seen that there is [`Self::room`].
    pub async fn report(&mut self, loss: Loss) -> Result<(), WireError> {
        self.expect_answer().report(&loss);
        self.send(Up::Loss(loss).into()).await
    }

    /// Says what became of the collector's settings.
    pub async fn echo(&mut self, applied: SettingsApplied) -> Result<(), WireError> {
        self.send(Up::SettingsApplied(applied).into()).await
    }

    /// Waits for the next answer. An error ends the stream, also if none comes in time though
    /// something waits for it, or one for what was never sent. Nothing is lost if the caller stops waiting.
    pub async fn answer(&mut self) -> Result<Answer, WireError> {
        loop {
            let message = if self.unanswered.count() == 0 {
                self.inbound.message().await
            } else {
                let due = self.waiting_since + self.patience;
                let silent = |_| WireError::Silent(self.patience);
                timeout_at(due, self.inbound.message()).await.map_err(silent)?
            };
            let answer = match message?.ok_or(WireError::Closed)?.message {
                Some(Down::Acknowledgement(acknowledgement)) => {
                    self.unanswered.acknowledge(&acknowledgement)?;
                    Answer::Acknowledged(acknowledgement)
                }
                Some(Down::Refusal(refusal)) => {
                    self.unanswered.refuse(&refusal)?;
                    Answer::Refused(refusal)
                }
                Some(Down::Settings(settings)) => Answer::Settings(settings),
                // A second welcome, or a message of a later version that this one may ignore.
                Some(Down::Welcome(_)) | None => continue,
            };
            self.waiting_since = Instant::now();
            return Ok(answer);
        }
    }

    async fn send_all(
        &mut self,
        frames: impl ExactSizeIterator<Item = Outgoing>,
    ) -> Result<(), WireError> {
        let places = self.outbox.reserve_many(frames.len()).await;
        for (place, frame) in places.map_err(|_| WireError::Closed)?.zip(frames) {
            place.send(frame);
        }
        Ok(())
    }

    /// The account of what is sent, to which something is added now.
    fn expect_answer(&mut self) -> &mut Unanswered {
        if self.unanswered.count() == 0 {
            self.waiting_since = Instant::now();
        }
        &mut self.unanswered
    }

    async fn send(&mut self, message: Outgoing) -> Result<(), WireError> {
        self.outbox.send(message).await.map_err(|_| WireError::Closed)
    }
}

/// Unix time in milliseconds; a clock before 1970 says nothing.
fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

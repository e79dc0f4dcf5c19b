//! The door: gRPC streams of agents and remote writes in, durable frames out.
//!
//! Each stream is a task of its own; all of them hand frames to the writer. A frame is acknowledged
//! after its commit, never before. The door itself never touches the store.

mod clocks;
pub mod frames;
mod health;
pub mod losses;
mod meetings;
mod remote_write;
mod rounds;
mod settings;
mod stream;
mod streams;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use headroom_proto::limits::{KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, MAX_MESSAGE_BYTES};
use headroom_proto::log::shown;
use headroom_proto::seldom::Seldom;
use headroom_proto::wire::telemetry_server::{Telemetry, TelemetryServer};
use headroom_proto::wire::{AgentMessage, CollectorMessage};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::transport::server::{Connected, TlsConnectInfo};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use tonic_health::server::HealthReporter;

pub use self::clocks::Clocks;
pub use self::remote_write::{
    IntakeOptions, LabelLimits, MAX_REQUEST_BYTES, NoWriter, RemoteWrite, RemoteWriteError, Sent,
    Version,
};
pub use self::settings::{SettingsBoard, Standing};
use self::stream::AgentStream;
use self::streams::{AgentStreams, MOST_STREAMS};
use crate::connections::{Caller, ConnectionLimits, Connections, Incoming, Patience, Watched};
use crate::identity::{Agent, Agents, Guesses};
use crate::telemetry::CollectorCounts;
use crate::writer::Writer;

/// The most lines that agents make in the log in a minute, one of each agent and subject.
const LINES_OF_AGENTS: usize = 600;

/// How long TLS may take to be agreed on.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may have no agent's stream on it, and how long an agent may take nothing.
const PATIENCE: Patience =
    Patience { stranger: Some(Duration::from_secs(30)), write: Duration::from_secs(60) };

/// How long streams may take to end once asked to.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Certificate and key of the listener, PEM.
pub struct TlsIdentity {
    /// The certificate, with those that lead to the authority.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

/// What the door needs.
pub struct IngestOptions {
    /// Who may push.
    pub agents: Agents,
    /// Wrong tokens of late.
    pub guesses: Arc<Guesses>,
    /// What is asked of them.
    pub settings: Arc<SettingsBoard>,
    /// How many connections there is room for.
    pub connections: ConnectionLimits,
    /// TLS, if the listener has it.
    pub tls: Option<TlsIdentity>,
    /// The oldest sample that is still taken.
    pub oldest: Duration,
    /// By whose clock that is.
    pub clocks: Arc<Clocks>,
    /// Where what passes goes.
    pub writer: Writer,
    /// The memory of frames under way, in KiB.
    pub memory: Arc<Semaphore>,
    /// What is counted on the way.
    pub counts: Arc<CollectorCounts>,
}

/// What the streams share.
struct Door {
    agents: Agents,
    guesses: Arc<Guesses>,
    /// Refusals that were told lately.
    refusals: Seldom,
    /// What was told lately of agents that are known.
    told: Seldom,
    settings: Arc<SettingsBoard>,
    counts: Arc<CollectorCounts>,
    writer: Writer,
    memory: Arc<Semaphore>,
    /// How many permits that are, if all of them are there.
    permits: usize,
    oldest: Duration,
    clocks: Arc<Clocks>,
    stop: CancellationToken,
    streams: TaskTracker,
    /// How many of them each agent has.
    open: AgentStreams,
}

/// Where the log has what becomes of connections.
pub const CONNECTIONS_LOG: &str = "tonic::transport::server";

/// Why the door is shut.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The listener or its TLS failed.
    #[error("the gRPC listener failed")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves agents on `listener` until `stop`, then lets what is under way become durable.
pub async fn serve(
    listener: TcpListener,
    options: IngestOptions,
    stop: CancellationToken,
) -> Result<(), IngestError> {
    let connections =
        Connections::new(options.connections, PATIENCE, Arc::clone(&options.counts.grpc));
    let streams = TaskTracker::new();
    let door = Door {
        agents: options.agents,
        guesses: options.guesses,
        refusals: Seldom::default(),
        told: Seldom::of(LINES_OF_AGENTS),
        settings: options.settings,
        counts: options.counts,
        writer: options.writer.clone(),
        permits: options.memory.available_permits(),
        memory: options.memory,
        oldest: options.oldest,
        clocks: options.clocks,
        stop: stop.clone(),
        streams: streams.clone(),
        open: AgentStreams::default(),
    };
    let health = HealthReporter::new();
    health.set_serving::<TelemetryServer<DoorService>>().await;
    let telemetry = TelemetryServer::new(DoorService(Arc::new(door)))
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let mut server = Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
        .max_concurrent_streams(16);
    if let Some(tls) = options.tls {
        let identity = Identity::from_pem(tls.certificate, tls.key);
        let tls = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE_TIMEOUT);
        server = server.tls_config(tls).map_err(IngestError::Transport)?;
    }
    let serving = server
        .add_service(health::bounded(health.clone()))
        .add_service(telemetry)
        .serve_with_incoming_shutdown(Incoming::new(listener, connections), stop.cancelled());
    let following = health::follow::<TelemetryServer<DoorService>>(health, options.writer);
    let outcome = tokio::select! {
        served = serving => served.map_err(IngestError::Transport),
        () = following => Ok(()),
    };
    streams.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, streams.wait()).await.is_err() {
        tracing::warn!("streams did not end within {} s", DRAIN_TIMEOUT.as_secs());
    }
    outcome
}

impl Door {
    /// Holds back the answer to a stream without a known token, longer each time its peer is wrong.
    async fn refuse(&self, peer: Option<SocketAddr>, status: Status) -> Status {
        let now = Instant::now();
        CollectorCounts::add(&self.counts.streams_refused, 1);
        let from = peer.map_or_else(String::new, |peer| peer.ip().to_string());
        if let Some(before) = self.refusals.tell(&from, now) {
            tracing::warn!(peer = from, before, "refused a stream: {}", status.message());
        }
        if let Some(peer) = peer {
            tokio::time::sleep(self.guesses.wrong(peer.ip(), now)).await;
        }
        status
    }
}

/// Whose connection a request came on.
fn caller<T>(request: &Request<T>) -> Option<Caller> {
    let extensions = request.extensions();
    let encrypted = || Some(extensions.get::<TlsConnectInfo<Caller>>()?.get_ref());
    extensions.get::<Caller>().or_else(encrypted).cloned()
}

impl Connected for Watched {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller().clone()
    }
}

/// The gRPC service in front of the [`Door`].
struct DoorService(Arc<Door>);

impl DoorService {
    fn authenticate(&self, request: &Request<Streaming<AgentMessage>>) -> Result<Agent, Status> {
        let header = request.metadata().get("authorization");
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Err(Status::unauthenticated("no token: send `authorization: Bearer TOKEN`"));
        };
        let agent = self.0.agents.by_token(token).cloned();
        agent.ok_or_else(|| Status::unauthenticated("the token is not known to this collector"))
    }
}

#[tonic::async_trait]
impl Telemetry for DoorService {
    type PushStream = Pin<Box<dyn Stream<Item = Result<CollectorMessage, Status>> + Send>>;

    async fn push(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let caller = caller(&request);
        let peer = caller.as_ref().map(Caller::address);
        let agent = match self.authenticate(&request) {
            Ok(agent) => agent,
            Err(status) => {
                // What it sends already is not kept while it waits.
                drop(request);
                return Err(self.0.refuse(peer, status).await);
            }
        };
        let place = self.0.open.enter(&agent.instance).ok_or_else(|| {
            Status::resource_exhausted(format!(
                "{MOST_STREAMS} streams of agent {:?} are open already, the most at once",
                agent.instance
            ))
        })?;
        let known = caller.as_ref().map(Caller::recognise);
        let (answers, outbound) = tokio::sync::mpsc::channel(64);
        let instance = Arc::clone(&agent.instance);
        let stream = AgentStream::new(Arc::clone(&self.0), agent, answers.clone());
        let door = Arc::clone(&self.0);
        let inbound = request.into_inner();
        self.0.streams.spawn(async move {
            let (_known, _place) = (known, place);
            let _open = OpenStream::begin(Arc::clone(&door.counts));
            if let Err(status) = stream.run(inbound).await {
                let why = shown(status.message());
                if let Some(before) = door.told.tell(&format!("{instance} {why}"), Instant::now()) {
                    tracing::warn!(?peer, instance = &*instance, before, "ended a stream: {why}");
                }
                // Nobody listens any more if this fails.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(outbound))))
    }
}

/// Counts a stream while it is open, however it ends.
struct OpenStream(Arc<CollectorCounts>);

impl OpenStream {
    fn begin(counts: Arc<CollectorCounts>) -> Self {
        counts.streams.fetch_add(1, Ordering::Relaxed);
        Self(counts)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

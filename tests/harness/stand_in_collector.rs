//! A collector that only listens: keeps every message that agents send, acknowledges as it is told
//! to, and says what a test wants said. Nothing is stored.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use headroom_proto::limits::PROTOCOL;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::telemetry_server::{Telemetry, TelemetryServer};
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, CollectorMessage, SequenceRange, Welcome,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// What may be on its way to an agent; tests send less.
const OUTBOX: usize = 1024;

type Outbox = mpsc::Sender<Result<CollectorMessage, Status>>;

/// A stand-in that runs until it is dropped.
pub struct StandInCollector {
    address: SocketAddr,
    ears: Arc<Ears>,
    _serving: JoinSet<()>,
}

/// What its streams share.
#[derive(Default)]
struct Ears {
    heard: Mutex<Vec<AgentMessage>>,
    streams: Mutex<Vec<Outbox>>,
    silent: AtomicBool,
}

impl StandInCollector {
    /// Starts one on a free port of loopback. It acknowledges everything at once.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let ears = Arc::new(Ears::default());
        let service = TelemetryServer::new(Service(Arc::clone(&ears)));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let server = Server::builder().add_service(service);
            let _ = server.serve_with_incoming(TcpListenerStream::new(listener)).await;
        });
        Self { address, ears, _serving: serving }
    }

    /// Where agents push.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that agents have sent, in order.
    pub fn heard(&self) -> Vec<AgentMessage> {
        lock(&self.ears.heard).clone()
    }

    /// Says something on every stream.
    pub fn say(&self, message: &Down) {
        for outbox in lock(&self.ears.streams).iter() {
            let message = CollectorMessage { message: Some(message.clone()) };
            let _ = outbox.try_send(Ok(message));
        }
    }

    /// Acknowledges nothing from now on.
    pub fn fall_silent(&self) {
        self.ears.silent.store(true, Ordering::Relaxed);
    }
}

struct Service(Arc<Ears>);

#[tonic::async_trait]
impl Telemetry for Service {
    type PushStream = Pin<Box<dyn Stream<Item = Result<CollectorMessage, Status>> + Send>>;

    async fn push(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::PushStream>, Status> {
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let ears = Arc::clone(&self.0);
        lock(&ears.streams).push(outbox.clone());
        // Ends with the connection.
        tokio::spawn(listen(ears, request.into_inner(), outbox));
        Ok(Response::new(Box::pin(ReceiverStream::new(messages))))
    }
}

async fn listen(ears: Arc<Ears>, mut inbound: Streaming<AgentMessage>, outbox: Outbox) {
    while let Ok(Some(heard)) = inbound.message().await {
        let answer = heard.message.as_ref().and_then(answer);
        let silent = ears.silent.load(Ordering::Relaxed) && !is_hello(&heard);
        lock(&ears.heard).push(heard);
        if let Some(answer) = answer.filter(|_| !silent) {
            let _ = outbox.send(Ok(CollectorMessage { message: Some(answer) })).await;
        }
    }
}

fn is_hello(message: &AgentMessage) -> bool {
    matches!(message.message, Some(Up::Hello(_)))
}

fn answer(message: &Up) -> Option<Down> {
    let done = |boot, first, last| vec![SequenceRange { boot, first, last }];
    let answer = match message {
        Up::Hello(_) => Down::Welcome(Welcome {
            protocol: PROTOCOL,
            collector_version: "stand-in".into(),
            instance: "ca1".into(),
        }),
        Up::Frame(frame) => Down::Acknowledgement(Acknowledgement {
            frames: done(frame.boot, frame.sequence, frame.sequence),
            losses: Vec::new(),
        }),
        Up::Loss(loss) => Down::Acknowledgement(Acknowledgement {
            frames: Vec::new(),
            losses: done(loss.boot, loss.first_sequence, loss.last_sequence),
        }),
        Up::Series(_) | Up::SettingsApplied(_) => return None,
    };
    Some(answer)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

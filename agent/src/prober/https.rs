//! Pages over HTTPS as pings: each has a connection and TLS of its own, whose parts are timed apart, and one
//! GET without credentials. No redirect is followed and nothing of a page is kept.
//!
//! They have a thread of their own: what TLS computes would show in the round trips of others.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use headroom_proto::certificate::Validity;
use headroom_proto::chain::Chain;
use headroom_proto::targets::{TargetAddress, TargetHost};
use headroom_proto::wire::ProbeError;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{Resumption, VerifierBuilderError};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme,
};

use super::connects::meaning;
use super::fetched::{Fetch, Tls};
use super::paths::Place;
use super::round::TIMEOUT;
use crate::http::{self, BodyError, Page, Talk};

/// The most pages that are asked for at once.
const MOST: usize = 64;

/// The most of a page that is read.
const PAGE_BYTES: usize = 256 << 10;

/// Pages that are asked for.
#[derive(Debug, Default)]
pub struct Pages {
    thread: Option<Working>,
    under_way: usize,
}

/// The thread, which ends when nobody can ask it any more.
#[derive(Debug)]
struct Working {
    asks: Option<mpsc::Sender<Ask>>,
    fetched: mpsc::Receiver<Fetched>,
    thread: Option<JoinHandle<()>>,
}

/// A page that is to be asked for.
#[derive(Debug, Clone)]
struct Ask {
    place: Place,
    to: SocketAddr,
    name: ServerName<'static>,
    authority: String,
    path: String,
}

/// What became of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// Whose it was.
    pub place: Place,
    /// How long it took in all; none if it took too long.
    pub took: Result<Option<Duration>, ProbeError>,
    /// What it told beside.
    pub told: Fetch,
}

impl Pages {
    /// Asks an address for the page of a target. Whether there was room for it.
    pub fn ask(&mut self, place: Place, address: IpAddr, target: &TargetAddress) -> bool {
        let Some(ask) = Ask::of(place, address, target).filter(|_| self.under_way < MOST) else {
            return false;
        };
        if self.thread.is_none() {
            match Working::start() {
                Ok(working) => self.thread = Some(working),
                Err(error) => {
                    tracing::warn!("failed to start the thread of HTTPS: {}", Chain(&error));
                    return false;
                }
            }
        }
        let asks = self.thread.as_ref().and_then(|working| working.asks.as_ref());
        let taken = asks.is_some_and(|asks| asks.try_send(ask).is_ok());
        self.under_way += usize::from(taken);
        taken
    }

    /// What became of the next; waits for ever while there is none.
    pub async fn next(&mut self) -> Fetched {
        if let Some(working) = &mut self.thread
            && let Some(fetched) = working.fetched.recv().await
        {
            self.under_way = self.under_way.saturating_sub(1);
            return fetched;
        }
        std::future::pending().await
    }
}

impl Ask {
    fn of(place: Place, address: IpAddr, target: &TargetAddress) -> Option<Self> {
        let (port, path) = (target.port?, target.path.clone()?);
        let (name, host) = match &target.host {
            TargetHost::Name(name) => (ServerName::try_from(name.clone()).ok()?, name.clone()),
            TargetHost::Address(address @ IpAddr::V4(_)) => {
                (ServerName::from(*address), address.to_string())
            }
            TargetHost::Address(address @ IpAddr::V6(_)) => {
                (ServerName::from(*address), format!("[{address}]"))
            }
        };
        let authority = if port == 443 { host } else { format!("{host}:{port}") };
        Some(Self { place, to: SocketAddr::new(address, port), name, authority, path })
    }
}

impl Working {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Room for all that may be under way, so that nothing is ever waited for.
        let (asks, asked) = mpsc::channel(MOST);
        let (tell, fetched) = mpsc::channel(MOST);
        let work = move || {
            runtime.block_on(work(asked, tell));
            // A connection that hangs is not waited for.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("https".into()).spawn(work)?;
        Ok(Self { asks: Some(asks), fetched, thread: Some(thread) })
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // It holds nothing that waits; one that panicked has said so.
            let _ = thread.join();
        }
    }
}

async fn work(mut asked: mpsc::Receiver<Ask>, tell: mpsc::Sender<Fetched>) {
    let system = http::authorities(None).unwrap_or_else(|_| rustls::RootCertStore::empty());
    let trust = Trust::of(system).map(Arc::new).map_err(|error| {
        tracing::warn!("no certificate is trusted: {}", Chain(&error));
    });
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            ask = asked.recv() => {
                let Some(ask) = ask else { return };
                tasks.spawn(fetch(ask, trust.clone().ok()));
            }
            Some(done) = tasks.join_next() => {
                // Whoever asked may have gone; one that panicked is not answered.
                let Ok(fetched) = done else { continue };
                if tell.send(fetched).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Whom to trust.
#[derive(Debug)]
struct Trust {
    verifier: Arc<WebPkiServerVerifier>,
    tls: ClientConfig,
}

impl Trust {
    fn of(authorities: rustls::RootCertStore) -> Result<Self, VerifierBuilderError> {
        let roots = Arc::new(authorities.clone());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots, http::provider()).build()?;
        let mut tls = http::tls(authorities);
        // Each ping is a whole handshake.
        tls.resumption = Resumption::disabled();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { verifier, tls })
    }

    fn connector(&self, reader: Arc<Reader>) -> TlsConnector {
        let mut tls = self.tls.clone();
        tls.dangerous().set_certificate_verifier(reader);
        TlsConnector::from(Arc::new(tls))
    }
}

/// Reads the dates of certificates, and leaves the judgement to who knows better.
#[derive(Debug)]
struct Reader {
    judge: Arc<WebPkiServerVerifier>,
    earliest_end_s: Mutex<Option<i64>>,
}

impl Reader {
    fn earliest_end_s(&self) -> Option<i64> {
        *self.earliest_end_s.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Reader {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = std::iter::once(own).chain(between);
        let ends =
            shown.filter_map(|certificate| Validity::of(certificate)).map(|dates| dates.end_s);
        *self.earliest_end_s.lock().unwrap_or_else(PoisonError::into_inner) = ends.min();
        self.judge.verify_server_cert(own, between, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, own, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, own, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

async fn fetch(ask: Ask, trust: Option<Arc<Trust>>) -> Fetched {
    let (place, mut told) = (ask.place, Fetch::default());
    let Some(trust) = trust else {
        return Fetched { place, took: Err(ProbeError::NotSent), told };
    };
    let reader =
        Arc::new(Reader { judge: Arc::clone(&trust.verifier), earliest_end_s: Mutex::default() });
    let connector = trust.connector(Arc::clone(&reader));
    let begun = Instant::now();
    let outcome = timeout(TIMEOUT, exchange(&ask, &connector, &mut told)).await;
    let took = match outcome {
        Ok(Ok(())) => Ok(Some(begun.elapsed())),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(None),
    };
    told.earliest_end_s = reader.earliest_end_s();
    Fetched { place, took, told }
}

async fn exchange(ask: &Ask, tls: &TlsConnector, told: &mut Fetch) -> Result<(), ProbeError> {
    let mut lap = Lap(Instant::now());
    let stream = TcpStream::connect(ask.to).await.map_err(|error| meaning(&error))?;
    told.parts.connect = Some(lap.end());
    let agreed = tls.connect(ask.name.clone(), stream).await;
    let stream = agreed.map_err(|error| distrust(&error))?;
    told.parts.tls = Some(lap.end());
    told.tls = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => Some(Tls::V12),
        Some(ProtocolVersion::TLSv1_3) => Some(Tls::V13),
        // No other is offered.
        Some(_) | None => None,
    };
    let mut talk = Talk::begin(stream).await.map_err(|_| ProbeError::Answer)?;
    let page = Page { authority: &ask.authority, path: &ask.path };
    let answer = talk.get(page).await.map_err(|_| ProbeError::Answer)?;
    told.parts.processing = Some(lap.end());
    told.status = Some(answer.status());
    told.content_length = answer.content_length().and_then(|bytes| u32::try_from(bytes).ok());
    let is_fine = (200..300).contains(&answer.status());
    match answer.body(PAGE_BYTES).await {
        Ok(body) => told.body_bytes = u32::try_from(body.len()).ok(),
        Err(BodyError::Broken(_) | BodyError::TooLarge(_)) => return Err(ProbeError::Answer),
    }
    told.parts.transfer = Some(lap.end());
    if is_fine { Ok(()) } else { Err(ProbeError::Status) }
}

/// When a part began.
struct Lap(Instant);

impl Lap {
    /// How long it took; the next begins.
    fn end(&mut self) -> Duration {
        let now = Instant::now();
        let took = now - self.0;
        self.0 = now;
        took
    }
}

/// Why TLS was not agreed.
fn distrust(error: &std::io::Error) -> ProbeError {
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => ProbeError::Certificate,
        Some(_) => ProbeError::Tls,
        None => match meaning(error) {
            // The other side ended what it had begun.
            ProbeError::NotSent => ProbeError::Tls,
            known => known,
        },
    }
}

#[cfg(test)]
mod tests;

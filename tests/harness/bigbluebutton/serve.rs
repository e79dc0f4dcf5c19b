//! Listens, stops to listen and listens again on the same port; answers each connection.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::http::{self, Then};
use super::{Shared, answers};
use crate::tls::Certificates;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 64;

/// Serves until it is dropped: listens while `wanted` says so, and tells whether it does.
pub(super) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    mut wanted: watch::Receiver<bool>,
    tell: watch::Sender<bool>,
) {
    let address = listener.local_addr().expect("a bound port has an address");
    let tls = shared.options.certificates.as_ref().map(acceptor);
    let mut open = listener;
    loop {
        tell.send_replace(true);
        let mut connections = JoinSet::new();
        while *wanted.borrow_and_update() {
            tokio::select! {
                accepted = open.accept() => {
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(connection(Arc::clone(&shared), stream, tls.clone()));
                    }
                }
                Some(_) = connections.join_next() => {}
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
            }
        }
        drop(open);
        connections.shutdown().await;
        // Bound without listening, the port refuses connections, and nobody else can have it.
        let held = hold(address);
        tell.send_replace(false);
        if wanted.wait_for(|wanted| *wanted).await.is_err() {
            return;
        }
        open = held.listen(BACKLOG).expect("a bound socket listens");
    }
}

fn hold(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a fresh socket takes options");
    socket.bind(address).expect("the port that was just ours");
    socket
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificates.certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("a certificate of our own");
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).expect("a key of our own");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the key fits the certificate");
    TlsAcceptor::from(Arc::new(config))
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    match tls {
        None => converse(&shared, stream).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                converse(&shared, stream).await;
            }
        }
    }
}

/// Answers one request after the other; whatever breaks ends the connection.
async fn converse(shared: &Shared, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut rest = Vec::new();
    while let Some(target) = http::read(&mut stream, &mut rest).await {
        let reply = answers::reply(shared, &target);
        if !matches!(http::write(&mut stream, reply).await, Ok(Then::Next)) {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

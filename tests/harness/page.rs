//! Servers that probes of pages and of STUN are tried on: one page over TLS, and bindings over UDP.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::Certificates;

/// A server that ends when it is dropped.
pub struct Served {
    /// Where it is.
    pub address: SocketAddr,
    _task: JoinSet<()>,
}

/// Answers every request over TLS with this.
pub async fn page(certificates: &Certificates, answer: &'static str) -> Served {
    let chain = CertificateDer::pem_slice_iter(certificates.certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates of our own");
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).expect("a key of our own");
    let configuration = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(configuration));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    Served { address, _task: task }
}

/// Answers each binding request of STUN, every so-manyth with an error.
pub async fn stun(error_every: u32) -> Served {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    let address = socket.local_addr().expect("it is bound");
    let mut task = JoinSet::new();
    task.spawn(async move {
        let (mut message, mut count) = ([0; 1500], 0_u32);
        while let Ok((length, source)) = socket.recv_from(&mut message).await {
            count += 1;
            if length == 20 && message[..2] == [0, 1] {
                let wrong = count.is_multiple_of(error_every);
                let _ = socket.send_to(&bound(&message[..length], source, wrong), source).await;
            }
        }
    });
    Served { address, _task: task }
}

/// What RFC 8489 has for an answer: XOR-MAPPED-ADDRESS, or ERROR-CODE 500.
fn bound(request: &[u8], source: SocketAddr, wrong: bool) -> Vec<u8> {
    let mut answer = request.to_vec();
    let attribute = if wrong {
        answer[..2].copy_from_slice(&[1, 0x11]);
        vec![0, 9, 0, 4, 0, 0, 5, 0]
    } else {
        answer[..2].copy_from_slice(&[1, 1]);
        let port = source.port() ^ 0x2112;
        let SocketAddr::V4(source) = source else { return Vec::new() };
        let octets = source.ip().to_bits() ^ 0x2112_a442;
        let head = [0, 0x20, 0, 8, 0, 1];
        [&head[..], &port.to_be_bytes(), &octets.to_be_bytes()].concat()
    };
    answer[2..4].copy_from_slice(&(attribute.len() as u16).to_be_bytes());
    answer.extend(attribute);
    answer
}

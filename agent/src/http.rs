//! HTTP/1.1 as a client: whom TLS trusts, and one connection over which pages are asked for without any
//! credentials. It opens no connection itself and follows no redirect.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, CONTENT_LENGTH, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// What goes wrong on a connection.
pub use hyper::Error as TalkError;

/// Why nobody can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The authority's file cannot be read.
    #[error("failed to read the authority {}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The file holds no certificate that can be used.
    #[error("no authority in {}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Why a body is not had.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The connection broke.
    #[error("the answer broke off")]
    Broken(#[source] TalkError),
    /// It is longer than it may be.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

/// Where a page is, on a connection to its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<'p> {
    /// What the header `Host` says.
    pub authority: &'p str,
    /// The path, which is sent as it is; empty is the root.
    pub path: &'p str,
}

/// A connection on which HTTP is spoken, and what drives it.
pub struct Talk {
    sender: SendRequest<Empty<Bytes>>,
    _driver: JoinSet<()>,
}

/// An answer whose body has not been read.
#[derive(Debug)]
pub struct Answer(Response<Incoming>);

impl Talk {
    /// Begins to speak on a stream that is open.
    pub async fn begin<S>(stream: S) -> Result<Self, TalkError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        let mut driving = JoinSet::new();
        driving.spawn(async move { drop(driver.await) });
        Ok(Self { sender, _driver: driving })
    }

    /// Whether more can be asked on it: the other side may have closed it.
    pub async fn is_usable(&mut self) -> bool {
        !self.sender.is_closed() && self.sender.ready().await.is_ok()
    }

    /// Asks for a page that was checked; answers as soon as the answer begins.
    pub async fn get(&mut self, page: Page<'_>) -> Result<Answer, TalkError> {
        self.sender.send_request(request(page)).await.map(Answer)
    }
}

impl Answer {
    /// Its status.
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// How long its body is said to be, if it is said.
    pub fn content_length(&self) -> Option<u64> {
        self.0.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Its body, up to so many bytes.
    pub async fn body(self, most: usize) -> Result<Vec<u8>, BodyError> {
        let mut body = self.0.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(BodyError::Broken)?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > most {
                return Err(BodyError::TooLarge(most));
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes)
    }
}

fn request(page: Page<'_>) -> Request<Empty<Bytes>> {
    let Page { authority, path } = page;
    let request = Request::get(if path.is_empty() { "/" } else { path })
        .header(HOST, authority)
        .header(USER_AGENT, concat!("headroom-agent/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*");
    request.body(Empty::new()).expect("an address and a call that were checked make a request")
}

/// The authorities of a file, or the system's.
pub fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => {
            let system = rustls_native_certs::load_native_certs().certs;
            roots.add_parsable_certificates(system);
        }
        Some(path) => {
            let failed = |source| TrustError::Authority { path: path.to_owned(), source };
            let certificates = CertificateDer::pem_file_iter(path).map_err(failed)?;
            let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(failed)?;
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(TrustError::Empty { path: path.to_owned() });
            }
        }
    }
    Ok(roots)
}

/// How TLS is computed.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// TLS that trusts these.
pub fn tls(authorities: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(authorities)
        .with_no_client_auth()
}

//! A small HTTP client for one server: exactly the bytes it is given, one connection that is kept,
//! a limit of time and one of size.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

pub use crate::http::TrustError;
use crate::http::{self, BodyError, Page, Talk};

/// Where a server is: `http://HOST:PORT/PATH` or `https://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as https://bbb.example.org/bigbluebutton/api")]
pub struct AddressError;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let uri: Uri = text.parse().map_err(|_| AddressError)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(AddressError),
        };
        let authority = uri.authority().ok_or(AddressError)?;
        if uri.query().is_some() || authority.as_str().contains('@') || authority.host().is_empty()
        {
            return Err(AddressError);
        }
        Ok(Self {
            tls,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl Address {
    /// What the header `Host` says.
    fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Whether what is sent can be read on its way.
    pub fn is_plaintext(&self) -> bool {
        !self.tls
    }

    /// Whether it leads to this machine by number.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// Why there is no answer. Never holds anything of the request.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The connection failed or broke.
    #[error("failed to reach {host}")]
    Unreachable {
        /// The server.
        host: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// TLS failed.
    #[error("failed to trust {host}")]
    Tls {
        /// The server.
        host: String,
        /// Why.
        source: std::io::Error,
    },
    /// Too slow.
    #[error("{host} gave no whole answer within {seconds} s")]
    Timeout {
        /// The server.
        host: String,
        /// The limit.
        seconds: f64,
    },
    /// Another status than 200.
    #[error("{host} answers with HTTP status {status}")]
    Status {
        /// The server.
        host: String,
        /// The status.
        status: u16,
    },
    /// Too much.
    #[error("{host} answers with more than {bytes} bytes")]
    TooLarge {
        /// The server.
        host: String,
        /// The limit.
        bytes: usize,
    },
}

/// How long and how large an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// From connecting to the last byte.
    pub timeout: Duration,
    /// The body's length.
    pub bytes: usize,
}

/// Asks one server.
pub struct Client {
    address: Address,
    limits: AnswerLimits,
    tls: Option<TlsConnector>,
    connection: Option<Talk>,
}

impl Client {
    /// A client that trusts `ca_file`, or the system's authorities.
    pub fn new(
        address: Address,
        limits: AnswerLimits,
        ca_file: Option<&Path>,
    ) -> Result<Self, TrustError> {
        let connector = |authorities| TlsConnector::from(Arc::new(http::tls(authorities)));
        let tls = address.tls.then(|| http::authorities(ca_file).map(connector)).transpose()?;
        Ok(Self { address, limits, tls, connection: None })
    }

    /// The body of the answer to GET `PATH` + `call`, which is sent as it is.
    pub async fn get(&mut self, call: &str) -> Result<Vec<u8>, FetchError> {
        let limit = self.limits.timeout;
        let Ok(outcome) = tokio::time::timeout(limit, self.exchange(call)).await else {
            self.connection = None;
            let host = self.address.host.clone();
            return Err(FetchError::Timeout { host, seconds: limit.as_secs_f64() });
        };
        if outcome.is_err() {
            self.connection = None;
        }
        outcome
    }

    async fn exchange(&mut self, call: &str) -> Result<Vec<u8>, FetchError> {
        let (authority, path) = (self.address.authority(), format!("{}{call}", self.address.path));
        let page = Page { authority: &authority, path: &path };
        // A kept connection may have been closed meanwhile; then a new one is worth a try.
        if let Some(connection) = &mut self.connection
            && connection.is_usable().await
            && let Ok(answer) = connection.get(page).await
        {
            return self.body(answer).await;
        }
        self.connection = None;
        let mut connection = self.connect().await?;
        let answer = connection.get(page).await.map_err(|error| self.unreachable(error))?;
        self.connection = Some(connection);
        self.body(answer).await
    }

    async fn body(&self, answer: http::Answer) -> Result<Vec<u8>, FetchError> {
        let host = || self.address.host.clone();
        let status = answer.status();
        if status != 200 {
            return Err(FetchError::Status { host: host(), status });
        }
        answer.body(self.limits.bytes).await.map_err(|error| match error {
            BodyError::Broken(error) => self.unreachable(error),
            BodyError::TooLarge(bytes) => FetchError::TooLarge { host: host(), bytes },
        })
    }

    async fn connect(&self) -> Result<Talk, FetchError> {
        let Address { host, port, .. } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await;
        let stream = stream.map_err(|error| self.unreachable(error))?;
        let Some(tls) = &self.tls else {
            return Talk::begin(stream).await.map_err(|error| self.unreachable(error));
        };
        let name = ServerName::try_from(host.clone()).map_err(|error| self.unreachable(error))?;
        let stream = tls.connect(name, stream).await.map_err(|error| self.distrust(error))?;
        Talk::begin(stream).await.map_err(|error| self.unreachable(error))
    }

    fn unreachable(&self, error: impl std::error::Error + Send + Sync + 'static) -> FetchError {
        FetchError::Unreachable { host: self.address.host.clone(), source: Box::new(error) }
    }

    fn distrust(&self, error: std::io::Error) -> FetchError {
        let tls =
            error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
        if tls {
            return FetchError::Tls { host: self.address.host.clone(), source: error };
        }
        self.unreachable(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let host = |text: &str| text.parse::<Address>().map(|address| address.authority());
        for (text, expected) in [
            ("https://bbb.example.org/bigbluebutton/api/", Ok("bbb.example.org")),
            ("https://bbb.example.org:443/x", Ok("bbb.example.org")),
            ("http://127.0.0.1:8090/bigbluebutton/api", Ok("127.0.0.1:8090")),
            ("http://[::1]:80/x", Ok("[::1]")),
            ("ftp://bbb.example.org", Err(AddressError)),
            ("bbb.example.org", Err(AddressError)),
            ("https://user:password@bbb.example.org/", Err(AddressError)),
            ("https://bbb.example.org/x?y", Err(AddressError)),
            ("", Err(AddressError)),
        ] {
            assert_eq!(host(text), expected.map(ToOwned::to_owned), "{text}");
        }
        let loopback = |text: &str| text.parse::<Address>().unwrap().is_loopback();
        assert!(loopback("http://[::1]:80/x") && !loopback("http://bbb.example.org/x"));
    }
}

//! Where the collector is and how to get there: address, token, TLS.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use headroom_proto::limits::{KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::authority;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The secret that says which host this is. Never printed.
#[derive(Clone)]
pub struct Token(MetadataValue<Ascii>);

impl Token {
    /// A token; nothing if it holds what a header cannot carry.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut value: MetadataValue<Ascii> = format!("Bearer {text}").parse().ok()?;
        value.set_sensitive(true);
        (!text.is_empty()).then_some(Self(value))
    }

    /// The value of the header `authorization`.
    pub fn header(&self) -> MetadataValue<Ascii> {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The collector as configured.
#[derive(Debug, Clone)]
pub struct CollectorAddress {
    /// `https://HOST:PORT`, or `http://` within one machine.
    pub url: String,
    /// This host's token.
    pub token: Token,
    /// The authority that signed the collector's certificate; the system's own if absent.
    pub ca_file: Option<PathBuf>,
}

impl fmt::Display for CollectorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The authority's file could not be read.
    #[error("failed to read the authority {}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Network or TLS.
    #[error("failed to connect")]
    Transport(#[from] tonic::transport::Error),
}

impl CollectorAddress {
    /// Connects, within a limit of time.
    pub async fn connect(&self) -> Result<Channel, ConnectError> {
        let mut endpoint = Endpoint::from_shared(self.url.clone())?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .user_agent(concat!("headroom-agent/", env!("CARGO_PKG_VERSION")))?;
        if self.url.starts_with("https://") {
            endpoint = endpoint.tls_config(self.tls().await?)?;
        }
        Ok(endpoint.connect().await?)
    }

    async fn tls(&self) -> Result<ClientTlsConfig, ConnectError> {
        let Some(path) = &self.ca_file else {
            return Ok(ClientTlsConfig::new().with_native_roots());
        };
        // Read for each connection, so that a new authority needs no restart.
        let pem = authority::read(path.clone())
            .await
            .map_err(|source| ConnectError::Authority { path: path.clone(), source })?;
        Ok(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
    }
}

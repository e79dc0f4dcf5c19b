//! Where a collector is served.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The two addresses of a collector; port 0 stands for any that is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Of pages.
    pub http: SocketAddr,
    /// Of agents.
    pub grpc: SocketAddr,
}

/// What is told once a collector is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Where it is served.
    pub addresses: Addresses,
    /// The file with a token for remote write, if one was made.
    pub writer_token: Option<PathBuf>,
}

impl Announced {
    /// A line for each, which scripts wait for.
    pub fn into_lines(self) -> String {
        let Self { addresses: Addresses { http, grpc }, writer_token } = self;
        let token = writer_token
            .map(|path| format!("token for remote write in {}\n", path.display()))
            .unwrap_or_default();
        format!("http listening on {http}\ngrpc listening on {grpc}\n{token}")
    }
}

impl Addresses {
    /// The first of them that other machines could reach.
    pub fn beyond_loopback(&self) -> Option<SocketAddr> {
        [self.http, self.grpc].into_iter().find(|address| !address.ip().is_loopback())
    }
}

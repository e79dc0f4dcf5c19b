//! Pages, pictures and their data over HTTP.
//!
//! All that reads passes one gate. What Prometheus writes is handed to the door. What takes longer
//! than half a millisecond leaves the async threads.

mod alertmanager;
mod answers;
mod api;
mod assets;
mod body;
mod check;
mod content;
mod credentials;
mod cross_origin;
mod doors;
mod frame;
mod gate;
mod heartbeats;
mod lane;
mod links;
mod loading;
mod meetings;
mod metrics;
mod names;
mod oncall;
mod pages;
mod pictures;
mod placement;
mod probe;
mod problem;
mod question;
mod raw_targets;
mod reader_threads;
mod ready;
mod reload;
mod remote_write;
mod rounds;
mod routes;
mod rules;
mod serve;
mod site;
mod snapshot;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::check::{Checks, Keep};
pub use self::lane::Lane;
pub use self::loading::Loading;
pub use self::names::OwnNames;
pub use self::oncall::{ANSWERS, Ask, Done, OnCall, ToldReceiver, Wish};
pub use self::reader_threads::ReaderThreads;
pub use self::rules::{RELOADS, Reload, Rules};
pub use self::site::{KeptPast, Readiness, Site};
pub use self::snapshot::Snapshots;
use crate::connections::{ConnectionLimits, Connections};

/// What the public listener serves.
pub struct Linked {
    /// Links that act, and heartbeats.
    pub oncall: OnCall,
    /// What members measure.
    pub checks: Checks,
}

/// Serves links that act, heartbeats and what members measure on `listener` until `stop`, and nothing else.
pub async fn serve_links(
    listener: TcpListener,
    limits: ConnectionLimits,
    linked: Linked,
    stop: CancellationToken,
) {
    let connections = Connections::new(limits, serve::PATIENCE, Arc::default());
    serve::serve(listener, connections, routes::linked(linked), stop).await;
}

/// Answers every request on `listener` that it was taken, until `stop`.
pub async fn take_all(listener: TcpListener, limits: ConnectionLimits, stop: CancellationToken) {
    let connections = Connections::new(limits, serve::PATIENCE, Arc::default());
    // A body is read to its end, as whoever sends it expects.
    let routes = Router::new().fallback(async |_: Bytes| StatusCode::OK);
    serve::serve(listener, connections, routes, stop).await;
}

/// Serves pages on `listener` until `stop`, to as many as `limits` say.
pub async fn serve(
    listener: TcpListener,
    limits: ConnectionLimits,
    site: Site,
    stop: CancellationToken,
) {
    let closing = site.closing.clone();
    let closes = async {
        stop.cancelled().await;
        closing.set();
    };
    let connections = Connections::new(limits, serve::PATIENCE, Arc::clone(&site.counts.http));
    let routes = routes::routes(&Arc::new(site));
    tokio::join!(closes, serve::serve(listener, connections, routes, stop.clone()));
}

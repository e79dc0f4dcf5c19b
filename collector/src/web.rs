//! Pages, pictures and their data over HTTP.
//!
//! All that reads passes one gate. What Prometheus writes is handed to the door. What takes longer
//! than half a millisecond leaves the async threads.

mod api;
mod assets;
mod body;
mod content;
mod credentials;
mod doors;
mod gate;
mod meetings;
mod metrics;
mod names;
mod pages;
mod pictures;
mod problem;
mod question;
mod ready;
mod remote_write;
mod routes;
mod site;
mod snapshot;
mod words;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::gate::Lane;
pub use self::names::OwnNames;
pub use self::site::{Readiness, Site};
pub use self::snapshot::Snapshots;

/// Serves pages on `listener` until `stop`.
pub async fn serve(
    listener: TcpListener,
    site: Site,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let closing = site.closing.clone();
    let stopped = async move {
        stop.cancelled().await;
        closing.set();
    };
    let routes = routes::routes(&Arc::new(site));
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, routes).with_graceful_shutdown(stopped).await
}

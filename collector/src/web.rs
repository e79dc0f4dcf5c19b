//! Pages, pictures and their data over HTTP.
//!
//! Reads the store, and hands what Prometheus writes to the door. What takes longer than half a millisecond leaves the async
//! threads.

mod api;
mod assets;
mod meetings;
mod pages;
mod pictures;
mod problem;
mod remote_write;
mod site;
mod snapshot;
mod words;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::site::Site;
pub use self::snapshot::Snapshots;
use crate::ingest::MAX_REQUEST_BYTES;
use crate::telemetry::{OwnNumbers, exposition};

/// Serves pages on `listener` until `stop`.
pub async fn serve(
    listener: TcpListener,
    site: Site,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let stopped = async move { stop.cancelled().await };
    axum::serve(listener, router(Arc::new(site))).with_graceful_shutdown(stopped).await
}

fn router(site: Arc<Site>) -> Router {
    let body_limit = DefaultBodyLimit::max(MAX_REQUEST_BYTES);
    Router::new()
        .route("/", get(pages::fleet))
        .route("/hosts/{instance}", get(pages::host))
        .route("/rooms", get(pages::rooms))
        .route("/rooms.csv", get(pages::rooms_csv))
        .route("/rooms.json", get(pages::rooms_json))
        .route("/graphs/{instance}/{graph}/{file}", get(pictures::picture))
        .route("/rooms/{file}", get(meetings::meetings))
        .route("/assets/{file}", get(assets::asset))
        .route("/favicon.ico", get(assets::icon))
        .nest("/api/v1", api::routes())
        .route("/api/v1/write", post(remote_write::write).layer(body_limit))
        .route("/api/v1/snapshot", post(snapshot))
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(|| async { "ready\n" }))
        .fallback(problem::not_found)
        .layer(map_response(secure))
        .with_state(site)
}

async fn snapshot(State(site): State<Arc<Site>>) -> Response {
    site.snapshots.answer()
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let numbers = OwnNumbers::new(Arc::clone(&site.counts), site.records.clone());
    let text =
        tokio::task::spawn_blocking(move || exposition(&numbers.now())).await.unwrap_or_default();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Nothing is loaded from elsewhere, and nobody frames the pages.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

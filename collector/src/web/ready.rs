//! `/-/ready`: whether what comes now would be durable, and what is there may be read, with the reason
//! why not.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Site;

/// 200 or 503.
pub async fn ready(State(site): State<Arc<Site>>) -> Response {
    let durable = (site.readiness)().await;
    let loaded = match site.loading.percent() {
        None => Ok(()),
        Some(percent) => Err(format!("{percent} % of the history is written")),
    };
    match durable.and(loaded) {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
        }
    }
}

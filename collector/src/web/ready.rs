//! `/-/ready`: whether what comes now would be durable, with the reason why not.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Site;

/// How long the look may take; a disk that hangs is no place for anything.
const PATIENCE: Duration = Duration::from_secs(5);

/// 200 or 503.
pub async fn ready(State(site): State<Arc<Site>>) -> Response {
    let looking = tokio::task::spawn_blocking(move || (site.readiness)());
    let outcome = match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("the disk has not answered for {} s", PATIENCE.as_secs())),
    };
    match outcome {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response()
        }
    }
}

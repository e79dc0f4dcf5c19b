//! A new reading of the configuration, for who asks for it over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use super::site::Site;

/// `POST /-/reload`: the configuration and the files that it names are read anew; nothing changes if any of
/// them is wrong. What has changed and needs a restart is told.
pub async fn reload(State(site): State<Arc<Site>>) -> Response {
    let (reply, outcome) = oneshot::channel();
    if site.rules.reloads.try_send(reply).is_err() {
        let busy = "The rules are being read already; try again in a moment.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, busy).into_response();
    }
    match outcome.await {
        Ok(Ok(needs_restart)) if needs_restart.is_empty() => StatusCode::OK.into_response(),
        Ok(Ok(needs_restart)) => {
            let names = needs_restart.join(", ");
            format!("What has changed of {names} needs a restart.\n").into_response()
        }
        Ok(Err(mistakes)) => {
            let text = format!("failed to reload config: {mistakes}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "The collector ends.\n").into_response(),
    }
}

//! `POST /api/v1/write`: Prometheus remote write 1.0.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::problem::Problem;
use crate::identity::RemoteWriter;
use crate::ingest::RemoteWriteError;

/// Who writes is known by then. 204 when durable; 400 for what will never be right, 503 for what may be sent again.
pub async fn write(
    State(site): State<Arc<Site>>,
    Extension(writer): Extension<Arc<RemoteWriter>>,
    body: Bytes,
) -> Response {
    let reader = Arc::clone(&site);
    let read = tokio::task::spawn_blocking(move || reader.remote_write.read(&body, &writer)).await;
    let outcome = match read {
        Ok(Ok(pending)) => site.remote_write.commit(pending).await,
        Ok(Err(error)) => Err(error),
        Err(error) => Err(RemoteWriteError::Unavailable(error.to_string())),
    };
    let Err(error) = outcome else { return StatusCode::NO_CONTENT.into_response() };
    let status = match &error {
        RemoteWriteError::Malformed(_) | RemoteWriteError::Partial { .. } => {
            StatusCode::BAD_REQUEST
        }
        RemoteWriteError::Large { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        RemoteWriteError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        RemoteWriteError::Panicked(_) => {
            return Problem::internal("read a remote write", &error).into_response();
        }
    };
    (status, format!("{error}\n")).into_response()
}

//! `POST /api/v1/write`: Prometheus remote write 1.0 and 2.0.

mod form;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::Site;
use super::body::{self, Allowed};
use super::lane::Turned;
use super::problem::{Code, Problem};
use crate::identity::RemoteWriter;
use crate::ingest::{MAX_REQUEST_BYTES, RemoteWriteError, Sent, Version};
use crate::samples::{Share, Side};

/// How large a request may be, compressed, and how long it may take to arrive.
const REQUEST: Allowed =
    Allowed { bytes: MAX_REQUEST_BYTES, each: 1, time: Duration::from_secs(30) };

/// How long a request waits for its turn, of which nothing is taken yet.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a sender of version 2.0 is told of what was written.
const SAMPLES_WRITTEN: &str = "x-prometheus-remote-write-samples-written";
const HISTOGRAMS_WRITTEN: &str = "x-prometheus-remote-write-histograms-written";
const EXEMPLARS_WRITTEN: &str = "x-prometheus-remote-write-exemplars-written";

/// Who writes is known by then. 204 when durable; 400 and 415 for what will never be right, 503 for
/// what may be sent again: a sender repeats what is answered so, and gives up all else.
pub async fn write(
    State(site): State<Arc<Site>>,
    Extension(writer): Extension<Arc<RemoteWriter>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let version = match form::version(&headers) {
        Ok(version) => version,
        Err(foreign) => {
            site.remote_write.refuse(foreign.why);
            let said = format!("{}\n", foreign.message);
            return Ok((StatusCode::UNSUPPORTED_MEDIA_TYPE, said).into_response());
        }
    };
    let place = site.writes.enter(Instant::now() + PATIENCE).await;
    let _place = place.map_err(|turned| Problem::new(Code::Busy, turned_away(&turned)))?;
    let share = Share::nothing(&site.pool, Side::Writers);
    let taken = body::take(body, share, REQUEST).await.map_err(worth_a_retry)?;
    let (body, share) = taken.into_parts();
    let reader = Arc::clone(&site);
    let read = move || reader.remote_write.read(Sent { body, share, version }, &writer);
    let read = tokio::task::spawn_blocking(read).await;
    let outcome = match read {
        Ok(Ok(pending)) => site.remote_write.commit(pending).await,
        Ok(Err(error)) => Err(error),
        Err(error) => Err(RemoteWriteError::Unavailable(error.to_string())),
    };
    let written = match &outcome {
        Ok(written) | Err(RemoteWriteError::Partial { written, .. }) => *written,
        Err(_) => 0,
    };
    let response = match &outcome {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => told(error)?,
    };
    Ok(match version {
        Version::One => response,
        Version::Two => counted(response, written),
    })
}

/// Why a request is refused, in whole or in part.
fn told(error: &RemoteWriteError) -> Result<Response, Problem> {
    let status = match error {
        RemoteWriteError::Malformed(_) | RemoteWriteError::Partial { .. } => {
            StatusCode::BAD_REQUEST
        }
        // The same request again would end in the same way, and keep all behind it waiting.
        RemoteWriteError::Panicked(_) => {
            tracing::error!("failed to read a remote write: {error}");
            StatusCode::BAD_REQUEST
        }
        RemoteWriteError::Large { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        RemoteWriteError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        RemoteWriteError::NoRoom(no_room) => return Err(body::no_room(*no_room)),
    };
    Ok((status, format!("{error}\n")).into_response())
}

/// With how much was written; histograms and exemplars never are.
fn counted(mut response: Response, samples: u64) -> Response {
    let counts = [(SAMPLES_WRITTEN, samples), (HISTOGRAMS_WRITTEN, 0), (EXEMPLARS_WRITTEN, 0)];
    for (name, count) in counts {
        response.headers_mut().insert(name, count.into());
    }
    response
}

/// A body that came too slowly may come faster the next time, which its sender tries after no status
/// below 500.
fn worth_a_retry(problem: Problem) -> Problem {
    if problem.code() == Code::Slow { problem.told_as(Code::Busy) } else { problem }
}

fn turned_away(turned: &Turned) -> &'static str {
    match turned {
        Turned::Away => "Too many writes wait already.",
        Turned::Late => "Too many writes came before it.",
    }
}

//! Errors as pages: what happened, to what, and what to do next, in a sentence.

use std::error::Error;

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use headroom_proto::chain::Chain;

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    /// There is no such thing.
    pub fn not_found(sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, sentence: sentence.into() }
    }

    /// The question itself is wrong.
    pub fn bad_request(sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, sentence: sentence.into() }
    }

    /// The collector failed; the cause goes to the log, not to the reader.
    pub fn internal(operation: &str, error: &(dyn Error + 'static)) -> Self {
        tracing::error!("failed to {operation}: {}", Chain(error));
        let sentence = format!("Failed to {operation}. The collector's log says why.");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, sentence }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (self.status, kind, format!("{}\n", self.sentence)).into_response()
    }
}

pub async fn not_found(uri: Uri) -> Problem {
    let path = uri.path();
    Problem::not_found(format!("There is no page {path}. The overview of all hosts is at /."))
}

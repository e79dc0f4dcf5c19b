//! Answers that are not what was asked for: what happened, to what, and what to do next, in a
//! sentence. A problem has one code, which tells all else: the status, the word of the query API,
//! the outcome in the counters.

mod code;

use std::error::Error;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headroom_proto::chain::Chain;
use serde_json::json;

pub use self::code::Code;

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    sentence: String,
}

impl Problem {
    /// What happened, in a sentence.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }

    /// There is no such thing.
    pub fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(Code::NotFound, sentence)
    }

    /// The question itself is wrong.
    pub fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, sentence)
    }

    /// An operation failed, and its error says of which kind that is. What is the collector's own
    /// fault goes to the log, not to the reader.
    pub fn failed<'e, E: Error + 'static>(operation: &str, error: &'e E) -> Self
    where
        Code: From<&'e E>,
    {
        let code = Code::from(error);
        match code {
            Code::Internal => Self::internal(operation, error),
            Code::NotFound
            | Code::BadRequest
            | Code::Unprocessable
            | Code::Late
            | Code::Queued
            | Code::Busy => Self::new(code, format!("Failed to {operation}: {}.", Chain(error))),
        }
    }

    /// The collector failed; the cause goes to the log, not to the reader.
    pub fn internal(operation: &str, error: &(dyn Error + 'static)) -> Self {
        tracing::error!("failed to {operation}: {}", Chain(error));
        let sentence = format!("Failed to {operation}. The collector's log says why.");
        Self::new(Code::Internal, sentence)
    }

    /// With what to do about it.
    #[must_use]
    pub fn and(self, advice: &str) -> Self {
        Self { sentence: format!("{}; {advice}", self.sentence), ..self }
    }

    /// Of which kind it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// As Prometheus's query API tells it.
    fn json(&self) -> Response {
        let body =
            json!({ "status": "error", "errorType": self.code.word(), "error": self.sentence });
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (self.code.status(), kind, body.to_string()).into_response()
    }

    fn text(&self) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (self.code.status(), kind, format!("{}\n", self.sentence)).into_response()
    }
}

/// A problem leaves its handler without a form; [`present`] gives it that of who asked.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Tells problems as whoever asked reads them.
pub async fn present(request: Request, next: Next) -> Response {
    let program = is_api(request.uri());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let mut response = if program { problem.json() } else { problem.text() };
    if let Some(seconds) = problem.code.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Nothing is at this address.
pub async fn not_found(uri: Uri) -> Response {
    if is_api(&uri) {
        // As Prometheus says it.
        return (StatusCode::NOT_FOUND, "404 page not found\n").into_response();
    }
    let path = uri.path();
    let sentence = format!("There is no page {path}. The overview of all hosts is at /.");
    Problem::not_found(sentence).into_response()
}

fn is_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/v1/")
}

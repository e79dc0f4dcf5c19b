//! Answers that are not what was asked for: what happened, to what, and what to do next, in a
//! sentence. A problem has one code, which tells all else: the status, the word of the query API,
//! the outcome in the counters.

mod code;
mod page;

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headroom_proto::chain::Chain;
use serde_json::json;

pub use self::code::Code;
use super::frame::Frame;
use super::site::Site;

/// Where clients of Alertmanager ask.
const ALERTMANAGER: &str = "/api/v2/";

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    /// Without its end where a way follows.
    sentence: String,
    way: Option<Way>,
}

/// Where to go next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The page of all hosts, for who looks for one of them.
    Hosts,
    /// The same for who looks for a page.
    Overview,
    /// The page of all rooms.
    Rooms,
    /// The page of everything that is pinged.
    Latency,
    /// The graph that was asked for is one of all hosts.
    GraphOfAll(&'static str),
}

impl Way {
    /// The rest of the sentence, for who reads plain text.
    fn plainly(&self) -> String {
        match self {
            Self::Hosts => "; / lists all.".into(),
            Self::Overview => ". The overview of all hosts is at /.".into(),
            Self::Rooms => "; /rooms lists all.".into(),
            Self::Latency => "; /latency lists all.".into(),
            Self::GraphOfAll(name) => format!("; it is at /graphs/all/{name}/."),
        }
    }
}

impl Problem {
    /// What happened, in a sentence.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), way: None }
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
            | Code::Misdirected
            | Code::Unauthorized
            | Code::Forbidden
            | Code::Busy
            | Code::Loading
            | Code::Large
            | Code::Slow => Self::new(code, format!("Failed to {operation}: {}.", Chain(error))),
        }
    }

    /// The past is still being written: so much of it is there.
    pub fn loading(percent: u32) -> Self {
        let sentence = format!("The history is still being written: {percent} % of it is there.");
        Self::new(Code::Loading, sentence)
    }

    /// The collector failed; the cause goes to the log, not to the reader.
    pub fn internal(operation: &str, error: &(dyn Error + 'static)) -> Self {
        tracing::error!("failed to {operation}: {}", Chain(error));
        let sentence = format!("Failed to {operation}. The collector's log says why.");
        Self::new(Code::Internal, sentence)
    }

    /// With where to go next, which ends the sentence.
    #[must_use]
    pub fn with(self, way: Way) -> Self {
        Self { way: Some(way), ..self }
    }

    /// With what to do about it.
    #[must_use]
    pub fn and(self, advice: &str) -> Self {
        Self { sentence: format!("{}; {advice}", self.sentence), ..self }
    }

    /// The same of another kind.
    #[must_use]
    pub fn told_as(self, code: Code) -> Self {
        Self { code, ..self }
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

    /// As Alertmanager tells it.
    fn json_text(&self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (self.code.status(), kind, json!(self.sentence).to_string()).into_response()
    }

    fn text(&self) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        let way = self.way.as_ref().map_or_else(String::new, Way::plainly);
        (self.code.status(), kind, format!("{}{way}\n", self.sentence)).into_response()
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

/// Tells problems as whoever asked reads them: programs of the query API Prometheus's JSON, browsers
/// a page, everybody else a line of text.
pub async fn present(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (uri, browser) = (request.uri().clone(), reads_pages(request.headers()));
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let mut response = if is_api(&uri) {
        problem.json()
    } else if uri.path().starts_with(ALERTMANAGER) {
        problem.json_text()
    } else {
        let page = browser.then(|| page::page(&problem, &uri, Frame::bare(&site))).flatten();
        let mut response = page.unwrap_or_else(|| problem.text());
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
        response
    };
    if problem.code == Code::Unauthorized {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = problem.code.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Browsers name pages among what they take when an address is opened, but not for a picture.
fn reads_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted.filter_map(|kinds| kinds.to_str().ok()).any(|kinds| kinds.contains("text/html"))
}

/// Nothing is at this address.
pub async fn not_found(uri: Uri) -> Response {
    if is_api(&uri) {
        // As Prometheus says it.
        return (StatusCode::NOT_FOUND, "404 page not found\n").into_response();
    }
    let path = uri.path();
    Problem::not_found(format!("There is no page {path}")).with(Way::Overview).into_response()
}

fn is_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/v1/")
}

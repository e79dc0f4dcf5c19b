//! What browsers ask before a page of one address uses the query API of another: `OPTIONS`, and which
//! origin may read an answer. Only the collector's own names may, unlike a Prometheus, which lets every
//! page of the web read what it knows.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::Site;

/// Where programs ask.
const API: &str = "/api/v1/";

/// Answers `OPTIONS` of the query API, and tells with its other answers who may read them.
pub async fn answer(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(API) {
        return next.run(request).await;
    }
    let origin = site.names.own_origin(request.uri(), request.headers()).cloned();
    let is_question = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    // No handler is for it, and what the address allows is said already.
    if is_question && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Origin"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "Date"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

//! `/latency/check` of the public listener, off unless regions are configured: members measure from their browser how
//! far datacentres are. What is kept is the region and the times; who it was is looked at by nobody.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::clock::now_ms;
use crate::latency::{Allowance, CheckRound, CheckTarget, CheckTimes, FETCHES, SharedPlaces};

/// Makes a check durable.
pub type Keep = Box<dyn Fn(Vec<CheckRound>, i64) -> Kept + Send + Sync>;

/// Ends when it is, or with the reason why not.
type Kept = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

const SCRIPT: &str = include_str!("../../../dashboards/check.js");

/// What checks are made from.
#[derive(Clone)]
pub struct Checks {
    inner: Arc<Inner>,
}

struct Inner {
    places: SharedPlaces,
    keep: Keep,
    gate: Mutex<Turnstile>,
}

/// Lets checks in, and gives each a moment of its own.
struct Turnstile {
    allowance: Allowance,
    last_ms: i64,
}

impl Checks {
    /// Of these places; `keep` stores what comes in.
    pub fn new(places: SharedPlaces, keep: Keep) -> Self {
        let gate = Turnstile { allowance: Allowance::new(Instant::now()), last_ms: 0 };
        Self { inner: Arc::new(Inner { places, keep, gate: Mutex::new(gate) }) }
    }

    /// The moment of a check that is let in.
    fn admit(&self) -> Option<i64> {
        let mut gate = self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if !gate.allowance.take(Instant::now()) {
            return None;
        }
        // Two of one region at one moment would be one.
        gate.last_ms = now_ms().max(gate.last_ms + 1);
        Some(gate.last_ms)
    }
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    regions: Vec<Arc<str>>,
    targets: Vec<Row>,
    fetches: usize,
}

/// A page that is fetched.
struct Row {
    target: CheckTarget,
    /// Where its datacentre is, if that is told.
    city: String,
}

/// `GET /latency/check`.
pub async fn show(State(checks): State<Checks>) -> Response {
    let places = checks.inner.places.now();
    let (regions, targets) = (places.check_regions.clone(), places.check_targets());
    if regions.is_empty() || targets.is_empty() {
        return off();
    }
    let origins: Vec<&str> = targets.iter().map(|target| origin(&target.url)).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self' {}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        origins.join(" ")
    );
    let city = |name: &str| places.datacentre(name).and_then(|one| one.city.clone());
    let row =
        |target: CheckTarget| Row { city: city(&target.datacentre).unwrap_or_default(), target };
    let targets = targets.into_iter().map(row).collect();
    let page = CheckPage { regions, targets, fetches: FETCHES };
    let Ok(text) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// `GET /latency/check.js`.
pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

/// What a browser sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    region: String,
    datacentres: BTreeMap<String, SentTimes>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SentTimes {
    times_ms: Vec<f64>,
    failed: usize,
}

/// `POST /latency/check`: all of it is kept, or nothing.
pub async fn take(State(checks): State<Checks>, body: Bytes) -> Response {
    let places = checks.inner.places.now();
    if places.check_regions.is_empty() {
        return off();
    }
    let sent: Sent = match serde_json::from_slice(&body) {
        Ok(sent) => sent,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if !places.check_regions.iter().any(|region| **region == *sent.region) {
        return refused(StatusCode::BAD_REQUEST, "no such region");
    }
    if sent.datacentres.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "no datacentre was measured");
    }
    let Some(now_ms) = checks.admit() else {
        return refused(StatusCode::TOO_MANY_REQUESTS, "many measure now: try it in a minute");
    };
    let targets = places.check_targets();
    let mut rounds = Vec::new();
    for (datacentre, SentTimes { times_ms, failed }) in sent.datacentres {
        let Some(target) = targets.iter().find(|one| *one.datacentre == *datacentre) else {
            return refused(StatusCode::BAD_REQUEST, "no such datacentre");
        };
        match (CheckTimes { times_ms, failed }).round(target, &sent.region, now_ms) {
            Ok(round) => rounds.push(round),
            Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
    match (checks.inner.keep)(rounds, now_ms).await {
        Ok(()) => "kept\n".into_response(),
        Err(why) => refused(StatusCode::SERVICE_UNAVAILABLE, &why),
    }
}

fn off() -> Response {
    let why =
        "nobody has configured regions of [latency_check], and pages (https) of [[datacentres]]";
    refused(StatusCode::NOT_FOUND, why)
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, format!("Not measured: {why}.\n")).into_response()
}

/// Scheme, host and port of a page.
fn origin(url: &str) -> &str {
    let begin = url.find("://").map_or(0, |place| place + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |place| begin + place);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_before_the_path() {
        for (url, expected) in [
            ("https://ca1.example.org/bigbluebutton/api", "https://ca1.example.org"),
            ("https://[2001:db8::1]:444/", "https://[2001:db8::1]:444"),
            ("https://ca1.example.org", "https://ca1.example.org"),
            ("https://ca1.example.org?x", "https://ca1.example.org"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}

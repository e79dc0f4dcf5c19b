//! `headroom query`: asks a collector in PromQL over HTTP and renders the answer.
//!
//! It speaks Prometheus's query API and knows no store, so any collector can be asked. What is
//! absent stays absent: a series without a point has no value, never zero.

mod answer;
mod csv;
mod moment;
mod report;
mod table;

use std::time::Duration;

use headroom_proto::chain;
use headroom_proto::units::Span;
use reqwest::{StatusCode, Url};

use self::answer::{Answer, Envelope};
pub use self::moment::{Moment, When};
pub use self::report::{Report, ReportFormat};

/// The collector that is asked unless another is named.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8440";

/// The server's own limit is shorter; this one is for a server that hangs.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer read.
const MAX_ANSWER_BYTES: usize = 512 << 20;

/// What to ask, of whom, and how to show the answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// The collector's address, such as `http://127.0.0.1:8440`.
    pub url: Url,
    /// The expression.
    pub expression: String,
    /// One moment, or a range.
    pub when: When,
    /// The form of the answer.
    pub format: Format,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: a row for each series, figures rounded to six digits.
    Table,
    /// RFC 4180: a row for each value, labels as columns, values exact.
    Csv,
    /// The data as Prometheus's API gives it.
    Json,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("failed to ask {url}: {reason}")]
    Unreachable {
        /// The address, without its password.
        url: Url,
        /// The innermost cause.
        reason: String,
    },
    /// The collector says why it does not answer.
    #[error("{0}")]
    Refused(String),
    /// Whoever answers does not speak Prometheus's API.
    #[error("{url} does not answer as a collector: {what}")]
    Foreign {
        /// The address, without its password.
        url: Url,
        /// What came instead.
        what: String,
    },
}

/// A step as given on the command line: longer than nothing.
pub fn parse_step(text: &str) -> Result<Span, String> {
    let step: Span = text.parse().map_err(|error| format!("{error}"))?;
    let whole = step.0 >= Duration::from_millis(1);
    whole.then_some(step).ok_or_else(|| "must be at least 1ms".to_owned())
}

/// An address as given on the command line. Without TLS: the pages have none either, and whoever is
/// elsewhere comes through a tunnel or a proxy.
pub fn parse_url(text: &str) -> Result<Url, String> {
    let rule = || "must be an address such as http://127.0.0.1:8440".to_owned();
    let url = Url::parse(text).map_err(|_| rule())?;
    (url.scheme() == "http" && url.has_host()).then_some(url).ok_or_else(rule)
}

/// Asks, and renders the answer; `now_ms` is Unix time in milliseconds.
pub async fn ask(question: &Question, now_ms: i64) -> Result<String, ClientError> {
    let seconds = |ms: i64| (ms as f64 / 1000.0).to_string();
    let mut form = vec![("query", question.expression.clone())];
    let path = match &question.when {
        When::At(at) => {
            form.push(("time", seconds(at.unix_ms(now_ms))));
            "api/v1/query"
        }
        When::Between { .. } => {
            let (from_ms, to_ms, step_ms) = question.when.grid(now_ms);
            form.push(("start", seconds(from_ms)));
            form.push(("end", seconds(to_ms)));
            form.push(("step", seconds(step_ms)));
            "api/v1/query_range"
        }
    };
    let (status, body) = post(&question.url, path, &form).await?;
    let foreign = |what: String| ClientError::Foreign { url: shown(&question.url), what };
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&body) else {
        return Err(foreign(format!("status {status} without Prometheus's JSON")));
    };
    let data = match envelope {
        Envelope { status: "success", data: Some(data), .. } => data,
        Envelope { error: Some(error), .. } => return Err(ClientError::Refused(error)),
        Envelope { .. } => return Err(foreign(format!("status {status} without data"))),
    };
    if question.format == Format::Json {
        return Ok(format!("{data}\n"));
    }
    let answer: Answer =
        serde_json::from_value(data).map_err(|error| foreign(error.to_string()))?;
    Ok(match question.format {
        Format::Table | Format::Json => table::render(&answer),
        Format::Csv => csv::render(&answer),
    })
}

async fn post(
    url: &Url,
    path: &str,
    form: &[(&str, String)],
) -> Result<(StatusCode, Vec<u8>), ClientError> {
    let address = format!("{}/{path}", url.as_str().trim_end_matches('/'));
    let client = client(url)?;
    read(url, client.post(address).form(form)).await
}

/// What is at an address, with wishes behind it.
async fn fetch(
    url: &Url,
    path: &str,
    wishes: &[(&str, String)],
) -> Result<(StatusCode, Vec<u8>), ClientError> {
    let mut address = url.clone();
    let whole = format!("{}/{path}", url.path().trim_end_matches('/'));
    address.set_path(&whole);
    address.set_query(None);
    if !wishes.is_empty() {
        address.query_pairs_mut().extend_pairs(wishes);
    }
    read(url, client(url)?.get(address)).await
}

fn client(url: &Url) -> Result<reqwest::Client, ClientError> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build();
    client.map_err(|error| unreachable(url, &error))
}

async fn read(
    url: &Url,
    request: reqwest::RequestBuilder,
) -> Result<(StatusCode, Vec<u8>), ClientError> {
    let mut response = request.send().await.map_err(|error| unreachable(url, &error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
        if body.len() + part.len() > MAX_ANSWER_BYTES {
            let what = format!("an answer of more than {} MiB", MAX_ANSWER_BYTES >> 20);
            return Err(ClientError::Foreign { url: shown(url), what });
        }
        body.extend_from_slice(&part);
    }
    Ok((status, body))
}

/// Hands on what is at an address, part by part; ends early when nobody takes it.
pub async fn download(
    url: &Url,
    path: &str,
    parts: std::sync::mpsc::SyncSender<Vec<u8>>,
) -> Result<(), ClientError> {
    let address = format!("{}/{path}", url.as_str().trim_end_matches('/'));
    // All of a store takes as long as it takes; a silence is what counts.
    let client = reqwest::Client::builder().read_timeout(TIMEOUT).build();
    let request = client.map_err(|error| unreachable(url, &error))?.post(address);
    let mut response = request.send().await.map_err(|error| unreachable(url, &error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(refused(status, &response.text().await.unwrap_or_default()));
    }
    while let Some(part) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
        let parts = parts.clone();
        let sent = tokio::task::spawn_blocking(move || parts.send(part.to_vec())).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    Ok(())
}

/// What is at an address, whole; nothing if there is nothing.
pub async fn found(url: &Url, path: &str) -> Result<Option<String>, ClientError> {
    let (status, body) = post(url, path, &[]).await?;
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() { Ok(Some(said)) } else { Err(refused(status, &said)) }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> ClientError {
    ClientError::Unreachable { url: shown(url), reason: innermost(error) }
}

fn refused(status: StatusCode, said: &str) -> ClientError {
    ClientError::Refused(format!("status {status}: {}", said.trim()))
}

/// The address without a password in it.
fn shown(url: &Url) -> Url {
    let mut url = url.clone();
    // Fails for addresses that can have none.
    let _ = url.set_password(None);
    url
}

/// What the system said, without the layers above it.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    chain::innermost(error).map_or_else(|| "no connection".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests;

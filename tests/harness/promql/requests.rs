//! Requests to the query API, each answered as Prometheus 2.42 does or listed with its reason.

use super::edges::listed;

const WRITTEN: &str = include_str!("requests.txt");

/// A request that both are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// Path and parameters.
    pub address: String,
    /// The body of a form, if it is one.
    pub form: Option<String>,
    /// Why the answers differ; nothing if they are equal.
    pub reason: Option<String>,
}

/// All requests.
pub fn all() -> Vec<ApiRequest> {
    let request = |(line, reason): (String, Option<String>)| {
        let (asked, form) = match line.split_once(' ') {
            Some((asked, form)) => (asked, Some(form.to_owned())),
            None => (&*line, None),
        };
        ApiRequest { address: format!("/api/v1/{asked}"), form, reason }
    };
    listed(WRITTEN).map(request).collect()
}

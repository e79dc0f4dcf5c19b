//! In which form a remote write comes, by its headers. What is not said is version 1.0 in snappy, for
//! small clients say nothing.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

use crate::ingest::Version;
use crate::telemetry::Unread;

/// The one content type, and the messages that it may have.
const PROTOBUF: &str = "application/x-protobuf";
const MESSAGES: [(&str, Version); 2] =
    [("prometheus.WriteRequest", Version::One), ("io.prometheus.write.v2.Request", Version::Two)];

/// The most letters of a header that are shown.
const SHOWN: usize = 100;

/// A form that is not taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What of it.
    pub why: Unread,
    /// What is taken instead.
    pub message: String,
}

/// The version that the headers of a request name.
pub fn version(headers: &HeaderMap) -> Result<Version, Foreign> {
    let encoding = header(headers, CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("snappy") {
        let message = format!("content encoding {encoding:?} is not taken, only snappy");
        return Err(Foreign { why: Unread::Encoding, message });
    }
    let content_type = header(headers, CONTENT_TYPE);
    let foreign = || Foreign {
        why: Unread::ContentType,
        message: format!(
            "content type {content_type:?} is not taken, only {PROTOBUF}, with proto={} or {}",
            MESSAGES[0].0, MESSAGES[1].0
        ),
    };
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    if content_type.is_empty() {
        return Ok(Version::One);
    }
    if !kind.eq_ignore_ascii_case(PROTOBUF) {
        return Err(foreign());
    }
    let message = parts.filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("proto").then(|| value.trim().trim_matches('"'))
    });
    let Some(message) = message else { return Ok(Version::One) };
    let known = MESSAGES.iter().find(|(name, _)| *name == message);
    known.map(|(_, version)| *version).ok_or_else(foreign)
}

/// The beginning of a header; empty if there is none.
fn header(headers: &HeaderMap, name: HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.unwrap_or_default().trim().chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_form_is_what_headers_say_or_the_oldest() {
        let foreign = Err(Unread::ContentType);
        for (content_type, encoding, expected) in [
            (None, None, Ok(Version::One)),
            (Some(""), Some(""), Ok(Version::One)),
            (Some("application/x-protobuf"), Some("snappy"), Ok(Version::One)),
            (Some("Application/X-Protobuf"), Some("Snappy"), Ok(Version::One)),
            (Some("application/x-protobuf; charset=utf-8"), None, Ok(Version::One)),
            (Some("application/x-protobuf;proto=prometheus.WriteRequest"), None, Ok(Version::One)),
            (
                Some("application/x-protobuf;proto=io.prometheus.write.v2.Request"),
                Some("snappy"),
                Ok(Version::Two),
            ),
            (
                Some("application/x-protobuf; proto=\"io.prometheus.write.v2.Request\""),
                None,
                Ok(Version::Two),
            ),
            (Some("application/x-protobuf;proto=io.prometheus.write.v3.Request"), None, foreign),
            (Some("application/x-protobuf;proto="), None, foreign),
            (Some("application/vnd.google.protobuf"), None, foreign),
            (Some("application/json"), None, foreign),
            (Some("text/plain; charset=utf-8"), None, foreign),
            (Some("application/x-www-form-urlencoded"), None, foreign),
            (Some("application/x-protobuf"), Some("zstd"), Err(Unread::Encoding)),
            (Some("application/x-protobuf"), Some("gzip"), Err(Unread::Encoding)),
            (None, Some("identity"), Err(Unread::Encoding)),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, encoding)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            let found = version(&headers).map_err(|foreign| foreign.why);
            assert_eq!(found, expected, "{content_type:?} {encoding:?}");
        }
    }
}

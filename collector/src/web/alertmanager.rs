//! Alertmanager's API, version 2: what amtool, karma, Grafana and Prometheus ask an Alertmanager is
//! asked here. Whoever changes something shows a writer's token, or is the collector's own page.

mod alerts;
mod post;
mod silences;
mod status;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

pub use self::alerts::{alerts, groups};
pub use self::post::post_alerts;
pub use self::silences::{delete_silence, post_silence, silence, silences};
pub use self::status::{receivers, status};
use super::content::{Content, JSON};
use super::problem::Problem;
use crate::moments::iso;

/// What is asked for, name by name; a name may stand several times.
type Wished = Vec<(String, String)>;

/// An answer as JSON.
fn answer<T: Serialize>(value: &T) -> Content {
    let text = serde_json::to_vec(value).expect("texts always have a form in JSON");
    Content::whole(JSON, text)
}

/// The value of a flag, true unless somebody says otherwise.
fn is_wanted(wished: &Wished, name: &str) -> Result<bool, Problem> {
    let value = wished.iter().find(|(known, _)| known == name);
    match value.map(|(_, value)| value.as_str()) {
        None | Some("" | "true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => {
            Err(Problem::bad_request(format!("{name}={other} is neither true nor false.")))
        }
    }
}

/// The conditions that are asked for.
fn filters(wished: &Wished) -> Result<Vec<crate::oncall::Matcher>, Problem> {
    let texts = wished.iter().filter(|(name, _)| name == "filter");
    let parse = |(_, text): &(String, String)| crate::oncall::Matcher::parse(text);
    texts
        .map(parse)
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::bad_request(format!("bad matcher format: {error}")))
}

/// A moment that somebody sent; `0001-01-01` is Go's word for none.
fn moment(text: Option<&str>) -> Result<Option<i64>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong =
        |_| Problem::bad_request(format!("{text:?} is no moment such as 2026-01-05T09:00:00Z."));
    // Whoever names no zone means UTC.
    let in_utc = |error| match text.parse::<DateTime>() {
        Ok(at) => at.to_zoned(TimeZone::UTC).map(|at| at.timestamp()),
        Err(_) => Err(error),
    };
    let at_ms = text.parse::<Timestamp>().or_else(in_utc).map_err(wrong)?.as_millisecond();
    Ok(Some(at_ms).filter(|at_ms| *at_ms > 0))
}

/// A moment as it is told, to the millisecond.
fn told(at_ms: i64) -> String {
    iso(at_ms)
}

/// A number as its clients know it.
fn uuid(number: u128) -> String {
    let digits = format!("{number:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

fn number(uuid: &str) -> Option<u128> {
    let is_uuid = uuid.len() == 36 && uuid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let digits = is_uuid.then(|| uuid.replace('-', ""))?;
    u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)
}

/// What a wrong number is told.
fn unknown_silence() -> Problem {
    Problem::not_found("silence not found")
}

/// What everything that went well and says nothing is answered with.
const DONE: StatusCode = StatusCode::OK;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_go_there_and_back() {
        for value in [0, 1, u128::MAX / 3, u128::MAX] {
            assert_eq!(number(&uuid(value)), Some(value));
        }
        for text in
            ["", "1", &"-".repeat(36), &"0".repeat(36), "00000000-0000-0000-0000-00000000000g"]
        {
            assert_eq!(number(text), None, "{text}");
        }
        let read = |text: &str| moment(Some(text)).ok().flatten();
        assert_eq!(read("0001-01-01T00:00:00.000Z"), None);
        assert_eq!(read("1970-01-01T00:00:01.5+00:00"), Some(1500));
        assert_eq!(read("1970-01-01T00:00:02"), Some(2000));
        assert!(moment(Some("soon")).is_err() && moment(None).is_ok());
        assert_eq!(told(1500), "1970-01-01T00:00:01.5Z");
    }
}

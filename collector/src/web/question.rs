//! What an address asks for: the names before its question mark, and behind it wishes such as zones,
//! moments and periods. Each is read once, and a mistake names the wish and its value.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::problem::Problem;
use crate::graphs::{Period, Span};

/// The last moment of the year 9999, in Unix seconds.
const END_OF_TIME: f64 = 253_402_300_799.0;

/// The names that a route leaves open.
pub struct Names<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let names = Path::<T>::from_request_parts(parts, state).await;
        names.map(|Path(names)| Self(names)).map_err(|rejection| {
            let reason = rejection.body_text();
            Problem::bad_request(format!("The address cannot be read: {reason}."))
        })
    }
}

/// What stands behind the question mark, read or not: the gate counts what is wrong as well.
pub struct Wishes<T>(Result<T, Problem>);

impl<T> Wishes<T> {
    /// What is wished for, if it can be read, for whoever must know a part of it beforehand.
    pub fn peek(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }

    /// What is wished for.
    pub fn read(self) -> Result<T, Problem> {
        self.0
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Wishes<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let wishes = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            let reason = text.rsplit_once("query string: ").map_or(&*text, |(_, reason)| reason);
            Problem::bad_request(unreadable(&parts.uri, reason))
        });
        Ok(Self(wishes.map(|Query(wishes)| wishes)))
    }
}

/// Says which wish cannot be read, and its value.
fn unreadable(uri: &Uri, reason: &str) -> String {
    let all = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let wrong = reason.split_once(": ").zip(all.ok()).and_then(|((name, why), Query(all))| {
        let (_, value) = all.into_iter().find(|(asked, _)| asked == name)?;
        let why = match why {
            "invalid digit found in string" | "cannot parse integer from empty string" => {
                "is no whole number from 0"
            }
            "invalid float literal" | "cannot parse float from empty string" => "is no number",
            "number too large to fit in target type" => "is too large",
            _ => return None,
        };
        Some(format!("{name}={value} {why}."))
    });
    wrong.unwrap_or_else(|| format!("What follows the question mark cannot be read: {reason}."))
}

/// A number as a form sends it: a field that was left empty asks for nothing.
pub fn field<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
}

/// A moment, Unix time in milliseconds.
pub fn moment(name: &str, text: &str) -> Result<i64, Problem> {
    read_moment(text).ok_or_else(|| {
        let ways = "Unix seconds or like 2020-05-28T12:00:00Z";
        Problem::bad_request(format!("{name}={text} is no moment; write it as {ways}."))
    })
}

/// A moment as a form has it, by the clock of a zone; or Unix seconds or RFC 3339.
pub fn typed_moment(name: &str, text: &str, zone: &TimeZone) -> Result<i64, Problem> {
    // What says its offset is a moment; the clock on the wall is for what says none.
    if let Some(at_ms) = read_moment(text) {
        return Ok(at_ms);
    }
    let local = text.parse::<jiff::civil::DateTime>().ok();
    let local = local.and_then(|time| time.to_zoned(zone.clone()).ok());
    local.map_or_else(|| moment(name, text), |zoned| Ok(zoned.timestamp().as_millisecond()))
}

/// Unix seconds or RFC 3339, as Unix time in milliseconds.
pub fn read_moment(text: &str) -> Option<i64> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() <= END_OF_TIME);
    let moment = seconds.map(|seconds| in_milliseconds(seconds) as i64);
    moment.or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond))
}

/// Seconds in whole milliseconds as Prometheus reckons them: what stands behind the point is rounded.
pub fn in_milliseconds(seconds: f64) -> f64 {
    seconds.trunc() * 1000.0 + (seconds.fract() * 1000.0).round()
}

/// A zone of the IANA database.
pub fn zone(name: &str, text: &str) -> Result<TimeZone, Problem> {
    let unknown =
        |_| Problem::bad_request(format!("{name}={text} is no zone of the IANA database."));
    TimeZone::get(text).map_err(unknown)
}

/// A day of the calendar that has begun, where the site is.
pub fn day(text: &str, now_ms: i64, zone: &TimeZone) -> Result<Date, Problem> {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let date = if text == "yesterday" {
        now.to_zoned(zone.clone()).date().yesterday().ok()
    } else {
        text.parse::<Date>().ok()
    };
    let wrong = |why: &str| Err(Problem::bad_request(format!("day={text} {why}.")));
    match date {
        None => wrong("is no day; write it as 2020-05-28, or yesterday"),
        Some(date) if Span::of_day(date, now_ms, zone).is_none() => wrong("lies ahead"),
        Some(date) => Ok(date),
    }
}

/// The period that is asked for, or else the usual one.
pub fn period(asked: Option<&str>, periods: &[Period], usual: Period) -> Result<Period, Problem> {
    let Some(text) = asked else { return Ok(usual) };
    // The long day is there for those who ask for it, wherever days are.
    let offered = |period: Period| match period {
        Period::LongDay => periods.contains(&Period::Day),
        other => periods.contains(&other),
    };
    let found = Period::named(text).filter(|period| offered(*period));
    found.ok_or_else(|| {
        let names: Vec<&str> = periods.iter().map(|period| period.name()).collect();
        Problem::bad_request(format!("range={text} is none of {}.", names.join(", ")))
    })
}

/// One of several, by its name; without a wish, the first.
pub fn choice<T: Copy>(
    name: &str,
    asked: Option<&str>,
    choices: &[(&str, T)],
) -> Result<T, Problem> {
    let found = match asked {
        None => choices.first(),
        Some(text) => choices.iter().find(|(known, _)| *known == text),
    };
    found.map(|(_, chosen)| *chosen).ok_or_else(|| {
        let text = asked.unwrap_or_default();
        Problem::bad_request(match choices {
            [(one, _), (other, _)] => format!("{name}={text} is neither {one} nor {other}."),
            several => {
                let names: Vec<&str> = several.iter().map(|(known, _)| *known).collect();
                let (last, others) = names.split_last().unwrap_or((&"", &[]));
                format!("{name}={text} is not {} or {last}.", others.join(", "))
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct People {
        people: Option<u32>,
        #[serde(default, deserialize_with = "field")]
        cameras: Option<u32>,
    }

    #[test]
    fn a_field_that_was_left_empty_asks_for_nothing() {
        for (query, people, cameras) in [
            ("people=1", Some(1), None),
            ("people=1&cameras=", Some(1), None),
            ("cameras=+", None, None),
            ("cameras=4", None, Some(4)),
        ] {
            let uri: Uri = format!("http://h/p?{query}").parse().unwrap();
            let Query(read) = Query::<People>::try_from_uri(&uri).unwrap();
            assert_eq!((read.people, read.cameras), (people, cameras), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_value() {
        for (query, expected) in [
            ("people=a%26b", "people=a&b is no whole number from 0."),
            ("people=", "people= is no whole number from 0."),
            ("people=-1", "people=-1 is no whole number from 0."),
            ("x=1&people=9999999999", "people=9999999999 is too large."),
            ("cameras=-1", "cameras=-1 is no whole number from 0."),
            ("cameras=9999999999", "cameras=9999999999 is too large."),
            (
                "people=1&people=2",
                "What follows the question mark cannot be read: duplicate field `people`.",
            ),
        ] {
            let uri: Uri = format!("http://h/p?{query}").parse().unwrap();
            let rejection = Query::<People>::try_from_uri(&uri).unwrap_err().body_text();
            let (_, reason) = rejection.rsplit_once("query string: ").unwrap();
            assert_eq!(unreadable(&uri, reason), expected, "{query}");
        }
    }

    #[test]
    fn moments_are_unix_seconds_or_rfc_3339() {
        let cases = [
            ("1590667200", Some(1_590_667_200_000)),
            ("1.5", Some(1_500)),
            ("-1", Some(-1_000)),
            ("2020-05-28T12:00:00Z", Some(1_590_667_200_000)),
            ("2020-05-28T14:00:00+02:00", Some(1_590_667_200_000)),
            ("253402300799", Some(253_402_300_799_000)),
            ("1e300", None),
            ("nan", None),
            ("noon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_moment(text), expected, "{text}");
        }
    }
}

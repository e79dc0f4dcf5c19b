//! Parameters of the query API, from the address or from a form.

use std::num::{IntErrorKind, ParseIntError};
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, header};

use jiff::civil::DateTime;

use crate::moments::DAY_MS;
use crate::promql::QueryError;
use crate::web::body::Taken;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::{in_milliseconds, read_moment};

const FORM: &[u8] = b"application/x-www-form-urlencoded";
const PARTS: &[u8] = b"multipart/form-data";

/// The longest name that is looked for, with every letter coded.
const LONGEST_NAME: usize = 3 * 20;

/// Steps are counted in nanoseconds where Prometheus lives.
const LONGEST_STEP: f64 = i64::MAX as f64 / 1e9;

/// The same in milliseconds, for lengths that have units.
const LONGEST_MS: i64 = i64::MAX / 1_000_000;

/// The first and the last moment that Prometheus's own clients can name, as they write them.
const FIRST: &str = "-292273086-05-16T16:47:06Z";
const LAST: &str = "292277025-08-18T07:12:54.999999999Z";

/// How far from 1970 a moment may be, in milliseconds. What is further is as far: nothing is stored
/// there, and whatever is reckoned from here stays a number.
const FURTHEST_MS: i64 = 9_000_000_000_000_000;

/// The largest number of seconds that Prometheus takes for a moment.
const MOST_SECONDS: f64 = 9_223_372_036_854_775_807.0;

/// Names and values in order; a name may come more than once. They are decoded when they are asked
/// for, so that a form takes no more than its bytes, however many names it has.
pub struct Parameters {
    /// The body of a form, which goes first.
    body: Option<Taken>,
    /// What stands behind the question mark.
    address: Vec<u8>,
}

impl Parameters {
    /// Reads `a=b&c=d`.
    pub fn read(address: &[u8]) -> Self {
        Self { body: None, address: address.to_vec() }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        let value = self.values(name).find(|value| !value.is_empty());
        value.map(decode)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.values(name).map(decode).collect()
    }

    /// The values of a name, not decoded.
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let forms = self.body.iter().map(Taken::bytes).chain([&self.address[..]]);
        let pairs = forms.flat_map(|form| form.split(|&byte| byte == b'&'));
        pairs.filter_map(move |pair| {
            let end = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end + 1..).unwrap_or_default();
            // Others may be many: they are not decoded.
            let coded = pair[..end].iter().any(|byte| b"%+".contains(byte));
            let known = if coded {
                end <= LONGEST_NAME && decode(&pair[..end]) == name
            } else {
                &pair[..end] == name.as_bytes()
            };
            known.then_some(value)
        })
    }

    /// The expression; nothing if there is none.
    pub fn query(&self) -> String {
        self.get("query").unwrap_or_default()
    }

    /// A moment: Unix seconds or RFC 3339.
    pub fn time(&self, name: &str) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let unread = || {
            let message = format!(
                "Invalid time value for '{name}': cannot parse {text:?} to a valid timestamp"
            );
            invalid(name, &message)
        };
        moment(&text).map(Some).ok_or_else(unread)
    }

    pub fn required_time(&self, name: &str) -> Result<i64, QueryError> {
        let text = self.get(name).unwrap_or_default();
        let unread = || invalid(name, &format!("cannot parse {text:?} to a valid timestamp"));
        moment(&text).ok_or_else(unread)
    }

    /// How long an answer may take, at most `longest`; nothing is left of what is negative.
    pub fn timeout(&self, longest: Duration) -> Result<Duration, QueryError> {
        if self.get("timeout").is_none() {
            return Ok(longest);
        }
        let wanted_ms = self.step("timeout")?.max(0) as u64;
        Ok(longest.min(Duration::from_millis(wanted_ms)))
    }

    /// The most metrics of metadata; all if it is negative, as in Prometheus 2.
    pub fn limit(&self, name: &str) -> Result<Option<usize>, QueryError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let unread = || QueryError::BadData(format!("{name} must be a number"));
        let number: i64 = text.parse().map_err(|_| unread())?;
        Ok(usize::try_from(number).ok())
    }

    /// The most entries of a listing; 0 stands for all, as in Prometheus 3.
    pub fn most(&self, name: &str) -> Result<Option<usize>, QueryError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let unread = |error: ParseIntError| {
            let why = match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            invalid(name, &format!("strconv.Atoi: parsing {text:?}: {why}"))
        };
        let number: i64 = text.parse().map_err(unread)?;
        let negative = |_| invalid(name, "limit must be non-negative");
        Ok(Some(usize::try_from(number).map_err(negative)?).filter(|most| *most > 0))
    }

    /// Whether something is so; it is not if nothing is said.
    pub fn truth(&self, name: &str) -> Result<bool, QueryError> {
        let Some(text) = self.get(name) else { return Ok(false) };
        match &*text.to_lowercase() {
            "1" | "t" | "true" => Ok(true),
            "0" | "f" | "false" => Ok(false),
            other => {
                let why = format!("strconv.ParseBool: parsing {other:?}: invalid syntax");
                Err(invalid(name, &format!("error converting {name}: {why}")))
            }
        }
    }

    /// A length of time: seconds, or a number with a unit such as `5m`.
    pub fn step(&self, name: &str) -> Result<i64, QueryError> {
        length(&self.get(name).unwrap_or_default()).map_err(|message| invalid(name, &message))
    }

    /// How far a query looks back for a sample; as usual if that is no time at all.
    pub fn lookback_ms(&self) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.get("lookback_delta") else { return Ok(None) };
        let unread = |message| {
            QueryError::BadData(format!("error parsing lookback delta duration: {message}"))
        };
        Ok(Some(length(&text).map_err(unread)?).filter(|lookback_ms| *lookback_ms > 0))
    }
}

/// A length of time in milliseconds, or why it is none.
fn length(text: &str) -> Result<i64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| !seconds.is_nan());
    if seconds.is_some_and(|seconds| seconds.abs() > LONGEST_STEP) {
        return Err(format!("cannot parse {text:?} to a valid duration. It overflows int64"));
    }
    let length = seconds.map(|seconds| (seconds * 1000.0).round() as i64);
    let length = length.or_else(|| parse_duration(text));
    length.ok_or_else(|| format!("cannot parse {text:?} to a valid duration"))
}

/// From the body of a form and from the address.
impl FromRequest<Gate> for Parameters {
    type Rejection = Problem;

    async fn from_request(request: Request, gate: &Gate) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let parameters = Self::read(parts.uri.query().unwrap_or_default().as_bytes());
        let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let kind = kind.and_then(|kind| kind.split(|&byte| byte == b';').next());
        let is =
            |form: &[u8]| kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(form));
        if is(PARTS) {
            // Questions that stand in it would seem to be none.
            let message = "a body of multipart/form-data is not read here: send the parameters as \
                           application/x-www-form-urlencoded";
            return Err(gate.refuse(Kind::Query, Problem::bad_request(message)));
        }
        if !is(FORM) {
            return Ok(parameters);
        }
        let body = gate.form(body).await?;
        Ok(Self { body: Some(body), ..parameters })
    }
}

fn invalid(name: &str, message: &str) -> QueryError {
    QueryError::BadData(format!("invalid parameter {name:?}: {message}"))
}

/// `1h30m`, in Prometheus's units, the longest first.
fn parse_duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", DAY_MS),
        ("w", 604_800_000),
        ("y", 31_536_000_000),
    ];
    let mut rest = text;
    let (mut sum, mut before) = (0i64, i64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        if *factor >= std::mem::replace(&mut before, *factor) {
            return None;
        }
        sum = sum.checked_add(number.checked_mul(*factor)?)?;
        rest = &rest[letters..];
    }
    (!text.is_empty() && sum <= LONGEST_MS).then_some(sum)
}

/// A moment: Unix seconds or RFC 3339, in milliseconds.
fn moment(text: &str) -> Option<i64> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() <= MOST_SECONDS);
    let far = seconds.map(|seconds| {
        in_milliseconds(seconds).clamp(-FURTHEST_MS as f64, FURTHEST_MS as f64) as i64
    });
    match text {
        FIRST => Some(-FURTHEST_MS),
        LAST => Some(FURTHEST_MS),
        _ if seconds.is_some() => read_moment(text).or(far),
        _ => calendar(text),
    }
}

/// When Unix time begins.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// RFC 3339 to the letter. The last hours of the year 9999 are no moments of every zone, so they are
/// reckoned in UTC.
fn calendar(text: &str) -> Option<i64> {
    let is_digit = |place: &usize| text.as_bytes().get(*place).is_some_and(u8::is_ascii_digit);
    let is_clock = text.get(10..11) == Some("T") && [17, 18].iter().all(is_digit);
    if !is_clock || text.get(17..19) == Some("60") || text.contains(char::is_whitespace) {
        return None;
    }
    let utc = text.strip_suffix('Z').and_then(|text| text.parse::<DateTime>().ok());
    match utc {
        Some(at) => i64::try_from(at.duration_since(EPOCH).as_millis()).ok(),
        None if has_offset(text) => read_moment(text),
        None => None,
    }
}

/// Whether it ends in an offset with hours, a colon and minutes.
fn has_offset(text: &str) -> bool {
    let offset = text.len().checked_sub(6).and_then(|place| text.as_bytes().get(place..));
    matches!(offset, Some([b'+' | b'-', hours @ .., b':', _, _]) if hours.len() == 2)
}

/// Percent signs and plus signs; what is no UTF-8 is replaced.
fn decode(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let digits = behind.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let coded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, coded) {
            (b'+', _) => plain.push(b' '),
            (b'%', Some(code)) => {
                plain.push(code);
                rest = &behind[2..];
            }
            _ => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_reach_as_far_as_any_client_can_name_them() {
        for (text, expected) in [
            ("1590667200.5", Some(1_590_667_200_500)),
            ("1.2345", Some(1_234)),
            ("-1.2345", Some(-1_234)),
            ("-292273086-05-16T16:47:06Z", Some(-FURTHEST_MS)),
            ("292277025-08-18T07:12:54.999999999Z", Some(FURTHEST_MS)),
            ("9223372036854775807", Some(FURTHEST_MS)),
            ("-9223372036854775808", Some(-FURTHEST_MS)),
            ("9223372036.854775807", Some(9_223_372_036_855)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800_000)),
            ("9999-12-30T22:00:00Z", Some(253_402_207_200_000)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("2026-06-30T23:59:60Z", None),
            ("2026-06-30t23:59:59Z", None),
            ("2026-06-30T23:59:59z", None),
            ("2026-06-30 23:59:59Z", None),
            ("2026-06-30T23:59:59+02:00", Some(1_782_856_799_000)),
            ("2026-06-30T23:59:59+02", None),
            ("2026-06-30T23:59:59+0200", None),
            ("2026-06-30T23:59:59Z[UTC]", None),
            ("2026-06-30T23:59:59+02:00[+02:00]", None),
            ("1e300", None),
            ("inf", None),
            ("nan", None),
            ("x", None),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn lengths_have_their_units_once_and_in_order() {
        for (text, expected) in [
            ("1d12h", Some(129_600_000)),
            ("1y2w3d4h5m6s7ms", Some(33_019_506_007)),
            ("292y", Some(9_208_512_000_000)),
            ("293y", None),
            ("12h1d", None),
            ("1h1h", None),
            ("1m 30s", None),
            ("5S", None),
            ("", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_what_grafana_sends() {
        let form = b"query=sum%28rate%28a%5B5m%5D%29%29+%3E+0&start=1.5&match[]=a&match%5B%5D=b&end=2020-05-28T12:00:00Z&step=1h30m&bad=%zz";
        let parameters = Parameters::read(form);
        assert_eq!(parameters.get("query").as_deref(), Some("sum(rate(a[5m])) > 0"));
        assert_eq!(parameters.time("start").unwrap(), Some(1500));
        assert_eq!(parameters.time("end").unwrap(), Some(1_590_667_200_000));
        assert_eq!(parameters.step("step").unwrap(), 5_400_000);
        assert_eq!(parameters.all("match[]"), ["a", "b"]);
        assert_eq!(parameters.get("bad").as_deref(), Some("%zz"));
        let error = parameters.step("none").unwrap_err().to_string();
        assert_eq!(error, "invalid parameter \"none\": cannot parse \"\" to a valid duration");
    }
}

//! Numbers as Prometheus shows them to people.

use super::number::general;
use super::print;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

const SHOWN: Option<usize> = Some(4);

/// `humanize`: with a prefix of the decimal system.
pub fn decimal(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return general(value, SHOWN);
    }
    if value.abs() >= 1.0 { large(value, 1000.0, &LARGE) } else { small(value) }
}

/// `humanize1024`: with a prefix of the binary system.
pub fn binary(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return general(value, SHOWN);
    }
    large(value, 1024.0, &LARGE_BINARY)
}

/// `humanizePercentage`
pub fn percentage(value: f64) -> String {
    general(value * 100.0, SHOWN) + "%"
}

/// `humanizeDuration`, of seconds.
pub fn duration(value: f64) -> String {
    if !value.is_finite() {
        return general(value, SHOWN);
    }
    if value == 0.0 {
        return general(value, SHOWN) + "s";
    }
    if value.abs() < 1.0 {
        return small(value) + "s";
    }
    let (sign, value) = if value < 0.0 { ("-", -value) } else { ("", value) };
    // What does not fit is the least that fits, as on the machines that Prometheus runs on.
    let whole = if value < 9_223_372_036_854_775_808.0 { value as i64 } else { i64::MIN };
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3600 % 24, whole / 86_400);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", general(value, SHOWN))
    }
}

/// `humanizeTimestamp`, of Unix time in seconds.
pub fn timestamp(value: f64) -> Result<String, String> {
    if !value.is_finite() {
        return Ok(general(value, SHOWN));
    }
    nanoseconds(value).map(|at| print::time(at / 1_000_000 * 1_000_000))
}

/// Nanoseconds of Unix time in seconds.
pub fn nanoseconds(value: f64) -> Result<i64, String> {
    if !value.is_finite() {
        return Err("value is NaN or Inf".into());
    }
    let nanoseconds = value * 1e9;
    if nanoseconds > i64::MAX as f64 || nanoseconds < i64::MIN as f64 {
        let value = general(value, None);
        return Err(format!(
            "{value} cannot be represented as a nanoseconds timestamp since it overflows int64"
        ));
    }
    Ok(nanoseconds as i64)
}

fn large(mut value: f64, base: f64, prefixes: &[&str]) -> String {
    let mut prefix = "";
    for larger in prefixes {
        if value.abs() < base {
            break;
        }
        prefix = larger;
        value /= base;
    }
    general(value, SHOWN) + prefix
}

fn small(mut value: f64) -> String {
    let mut prefix = "";
    for smaller in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = smaller;
        value *= 1000.0;
    }
    general(value, SHOWN) + prefix
}

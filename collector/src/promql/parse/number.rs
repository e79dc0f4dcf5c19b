//! What numbers and durations say, as Go and Prometheus read them.

use crate::moments::DAY_MS;

/// The longest duration, as in Prometheus: 292 years.
pub const MAX_DURATION_MS: i64 = i64::MAX / 1_000_000;

/// The units of durations in the order in which they must stand.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * DAY_MS as u64),
    ("w", 7 * DAY_MS as u64),
    ("d", DAY_MS as u64),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The value of a number: first whole ones, of which `0x` and a zero in front tell the base, then
/// all others.
pub fn number(text: &str) -> Result<f64, String> {
    let wrong = |what: &str| {
        Err(format!("error parsing number: strconv.ParseFloat: parsing {text:?}: {what}"))
    };
    if text.contains('_') && !separates_digits(text) {
        return wrong("invalid syntax");
    }
    let plain = text.replace('_', "");
    if let Some(number) = whole(&plain) {
        return Ok(number);
    }
    match plain.parse::<f64>() {
        _ if plain.starts_with("0x") || plain.starts_with("0X") => wrong("invalid syntax"),
        Ok(number) if number.is_infinite() && !plain.eq_ignore_ascii_case("inf") => {
            wrong("value out of range")
        }
        Ok(number) => Ok(number),
        Err(_) => wrong("invalid syntax"),
    }
}

fn whole(text: &str) -> Option<f64> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, base) = match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        (None, Some(_) | None) => (text, 10),
    };
    i64::from_str_radix(digits, base).ok().map(|number| number as f64)
}

/// Underscores stand between digits, or behind the prefix that tells the base.
fn separates_digits(text: &str) -> bool {
    let prefixed = text.starts_with("0x") || text.starts_with("0X");
    let digits = if prefixed { &text[2..] } else { text };
    let mut before = if prefixed { '0' } else { '.' };
    let is_digit = |c: char| if prefixed { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    for next in digits.chars() {
        let apart = (before == '_' && !is_digit(next)) || (next == '_' && !is_digit(before));
        if apart {
            return false;
        }
        before = next;
    }
    before != '_'
}

/// The length of `1h30m` in seconds.
pub fn duration_seconds(text: &str) -> Result<f64, String> {
    let wrong = || format!("not a valid duration string: {text:?}");
    let mut units = UNITS.iter();
    let mut sum_ms: u64 = 0;
    let mut left = text;
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0);
        let (count, rest) = left.split_at(digits.ok_or_else(wrong)?);
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(letters);
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let count = count.parse::<u64>().unwrap_or(u64::MAX);
        sum_ms = sum_ms.saturating_add(count.saturating_mul(*unit_ms));
        left = rest;
    }
    if sum_ms > MAX_DURATION_MS as u64 {
        return Err("duration out of range".into());
    }
    Ok(sum_ms as f64 / 1000.0)
}

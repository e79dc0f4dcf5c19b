//! Lengths of time as Prometheus's files write them: `1h30m`, units from large to small, `0`.

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is empty.
    #[error("empty duration string")]
    Empty,
    /// It is written otherwise.
    #[error("not a valid duration string: {0:?}")]
    Invalid(String),
    /// It is longer than can be counted.
    #[error("duration out of range")]
    OutOfRange,
}

/// Units and their milliseconds, in the only order in which they may stand.
const UNITS: [(&str, i64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// The longest, which Go counts in nanoseconds.
const MAX_MS: i64 = i64::MAX / 1_000_000;

/// Milliseconds.
pub fn parse_duration(text: &str) -> Result<i64, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text == "0" {
        return Ok(0);
    }
    let invalid = || DurationError::Invalid(text.to_owned());
    let (mut rest, mut units, mut sum_ms) = (text, &UNITS[..], 0i64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, next) = behind.split_at(letters);
        let place = units.iter().position(|(name, _)| *name == unit).ok_or_else(invalid)?;
        if number.is_empty() {
            return Err(invalid());
        }
        let part_ms = number.parse::<i64>().ok().and_then(|n| n.checked_mul(units[place].1));
        let sum = part_ms.and_then(|part_ms| sum_ms.checked_add(part_ms));
        sum_ms = sum.filter(|ms| *ms <= MAX_MS).ok_or(DurationError::OutOfRange)?;
        units = &units[place + 1..];
        rest = next;
    }
    Ok(sum_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("0s", Ok(0)),
            ("5m", Ok(300_000)),
            ("1h30m", Ok(5_400_000)),
            ("1y2w3d4h5m6s7ms", Ok(33_019_506_007)),
            ("", Err("empty duration string")),
            ("5", Err("not a valid duration string: \"5\"")),
            ("1m1h", Err("not a valid duration string: \"1m1h\"")),
            ("1m1m", Err("not a valid duration string: \"1m1m\"")),
            ("-5m", Err("not a valid duration string: \"-5m\"")),
            ("1.5m", Err("not a valid duration string: \"1.5m\"")),
            (" 5m", Err("not a valid duration string: \" 5m\"")),
            ("m", Err("not a valid duration string: \"m\"")),
            ("1é", Err("not a valid duration string: \"1é\"")),
            ("293y", Err("duration out of range")),
            ("99999999999999999999s", Err("duration out of range")),
        ] {
            let found = parse_duration(text).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{text:?}");
        }
    }
}

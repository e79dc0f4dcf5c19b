//! Quantities as people write them in configurations: spans of time, sizes, speeds of links.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A span of time such as `500ms`, `10s`, `5m`, `12h` or `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A number of bytes such as `64 KiB`, `256 MiB` or `1 GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// The speed of a link such as `100 Mbit/s` or `1 Gbit/s`, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct BitRate(pub f64);

/// Why a text is not the quantity that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("needs {expected}")]
pub struct UnitError {
    expected: &'static str,
}

const SPAN_UNITS: [(&str, f64); 5] =
    [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];
const BYTE_UNITS: [(&str, f64); 8] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];
const RATE_UNITS: [(&str, f64); 4] =
    [("bit/s", 1.0), ("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)];

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let expected = "a number with ms, s, m, h or d, such as 10s";
        let seconds = parse(text, &SPAN_UNITS).ok_or(UnitError { expected })?;
        Duration::try_from_secs_f64(seconds).map(Span).map_err(|_| UnitError { expected })
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let expected = "a number with B, kB, MB, GB, KiB, MiB, GiB or TiB, such as 256 MiB";
        parse(text, &BYTE_UNITS).map(|bytes| ByteSize(bytes as u64)).ok_or(UnitError { expected })
    }
}

impl FromStr for BitRate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let expected = "a number with bit/s, kbit/s, Mbit/s or Gbit/s, such as 1 Gbit/s";
        parse(text, &RATE_UNITS).map(BitRate).ok_or(UnitError { expected })
    }
}

fn parse(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start())?.1;
    number.parse::<f64>().ok().map(|n| n * factor).filter(|n| n.is_finite())
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_whole(f, self.0.as_secs_f64(), &SPAN_UNITS, "")
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_whole(f, self.0 as f64, &BYTE_UNITS, " ")
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_whole(f, self.0, &RATE_UNITS, " ")
    }
}

/// Writes `quantity` in the unit that leaves the smallest whole number, or else in the base unit.
fn write_whole(
    f: &mut fmt::Formatter<'_>,
    quantity: f64,
    units: &[(&str, f64)],
    space: &str,
) -> fmt::Result {
    let whole = |factor: f64| {
        let number = quantity / factor;
        number >= 1.0 && (number - number.round()).abs() < 1e-9
    };
    let best = units.iter().filter(|(_, factor)| whole(*factor)).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((unit, factor)) = best {
        return write!(f, "{}{space}{unit}", (quantity / factor).round());
    }
    let base = units.iter().find(|(_, factor)| *factor == 1.0).map_or("", |(unit, _)| unit);
    write!(f, "{quantity}{space}{base}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_spans() {
        let cases = [
            ("500ms", "500ms"),
            ("10s", "10s"),
            ("90 s", "90s"),
            ("120s", "2m"),
            ("1.5h", "90m"),
            ("7d", "7d"),
            ("0s", "0s"),
        ];
        for (text, written) in cases {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn reads_and_writes_sizes_and_speeds() {
        assert_eq!("256 MiB".parse(), Ok(ByteSize(256 << 20)));
        assert_eq!("1GB".parse(), Ok(ByteSize(1_000_000_000)));
        assert_eq!(ByteSize(256 << 20).to_string(), "256 MiB");
        assert_eq!("1 Gbit/s".parse(), Ok(BitRate(1e9)));
        assert_eq!(BitRate(2.5e8).to_string(), "250 Mbit/s");
    }

    #[test]
    fn a_quantity_needs_its_own_unit() {
        for text in ["10", "ten s", "10 parsecs", "", "s", "1e3s", "-1s"] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert_eq!(error, "needs a number with ms, s, m, h or d, such as 10s", "{text}");
        }
        assert!("256 Mbit".parse::<ByteSize>().is_err());
        assert!("1 GB".parse::<BitRate>().is_err());
    }
}

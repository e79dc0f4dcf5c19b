//! What the values of a graph are, and how people read them.

use serde::Deserialize;

use super::figures::{Prefix, significant};

/// What a graph's values are, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Unit {
    /// Bits per second, counted in tens.
    #[serde(rename = "bit/s")]
    BitRate,
    /// People at once.
    #[serde(rename = "people")]
    People,
    /// Rooms at once.
    #[serde(rename = "rooms")]
    Rooms,
    /// Streams at once.
    #[serde(rename = "streams")]
    Streams,
    /// A part of a whole, 0 to 1, read in per cent.
    #[serde(rename = "ratio")]
    Ratio,
    /// Bytes counted in tens, as disks are sold.
    #[serde(rename = "bytes")]
    Bytes,
    /// Bytes counted in powers of two, as memory is.
    #[serde(rename = "binary bytes")]
    BinaryBytes,
    /// Seconds, read in thousandths.
    #[serde(rename = "seconds")]
    Seconds,
}

/// A unit with the prefix that one graph chose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    unit: Unit,
    prefix: Prefix,
}

/// What a line adds up to over a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Total {
    /// Bytes, of bits per second.
    Bytes(f64),
    /// Hours, of people and rooms: one for an hour of one.
    Hours(f64),
}

const SECONDS_PER_HOUR: f64 = 3600.0;

/// People and per cents up to this are written as whole numbers.
const LONGEST_WHOLE: f64 = 1e9;

/// Up to this, data have no exponent.
const LONGEST_PLAIN: f64 = 1e18;

impl Unit {
    /// The base unit, as data says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BitRate => "bit/s",
            Self::People => "people",
            Self::Rooms => "rooms",
            Self::Streams => "streams",
            Self::Ratio => "ratio",
            Self::Bytes | Self::BinaryBytes => "B",
            Self::Seconds => "s",
        }
    }

    /// The base unit as the end of a column's name.
    pub fn column(self) -> &'static str {
        match self {
            Self::BitRate => "bits_per_second",
            Self::Bytes | Self::BinaryBytes => "bytes",
            Self::Seconds => "seconds",
            Self::People | Self::Rooms | Self::Streams | Self::Ratio => self.name(),
        }
    }

    /// The unit with the prefix that fits the greatest value.
    pub fn measure(self, largest: f64) -> Measure {
        let prefix = match self {
            Self::BitRate | Self::Bytes => Prefix::for_largest(largest),
            Self::BinaryBytes => Prefix::binary(largest),
            Self::People | Self::Rooms | Self::Streams | Self::Ratio | Self::Seconds => {
                Prefix::NONE
            }
        };
        Measure { unit: self, prefix }
    }

    /// What seconds of it add up to, where that means anything.
    pub fn total(self, value_seconds: f64) -> Option<Total> {
        match self {
            Self::BitRate => Some(Total::Bytes(value_seconds / 8.0)),
            Self::People | Self::Rooms => Some(Total::Hours(value_seconds / SECONDS_PER_HOUR)),
            Self::Streams | Self::Ratio | Self::Bytes | Self::BinaryBytes | Self::Seconds => None,
        }
    }

    /// All that there is, of what is a part of it.
    pub fn whole(self) -> Option<f64> {
        (self == Self::Ratio).then_some(1.0)
    }

    /// Whether values are counted in ones.
    fn is_count(self) -> bool {
        matches!(self, Self::People | Self::Rooms | Self::Streams)
    }

    /// A value for data: without decimals where they say nothing.
    pub fn plain(self, value: f64) -> String {
        if value.abs() >= LONGEST_PLAIN {
            return format!("{value:e}");
        }
        match self {
            Self::BitRate | Self::Bytes | Self::BinaryBytes => format!("{value:.0}"),
            Self::People | Self::Rooms | Self::Streams => {
                format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Self::Ratio => format!("{value:.4}"),
            Self::Seconds => format!("{value:.6}"),
        }
    }
}

impl Measure {
    /// Its name, such as `Mbit/s`.
    pub fn name(self) -> String {
        match self.unit {
            Unit::Ratio => "%".into(),
            Unit::Seconds => "ms".into(),
            unit => self.prefix.unit(unit.name()),
        }
    }

    /// A value in it.
    pub fn scale(self, value: f64) -> f64 {
        match self.unit {
            Unit::Ratio => value * 100.0,
            Unit::Seconds => value * 1e3,
            _ => self.prefix.scale(value),
        }
    }

    /// A value in it, with three significant digits; whole people and per cents without a point.
    pub fn write(self, value: f64) -> String {
        let scaled = self.scale(value);
        let whole = scaled.abs() < LONGEST_WHOLE && (scaled - scaled.round()).abs() < 1e-6;
        if whole && (self.unit.is_count() || self.unit == Unit::Ratio) {
            return format!("{:.0}", scaled.round().abs());
        }
        significant(scaled)
    }

    /// The least distance of lines of a grid, in this measure.
    pub fn least_step(self) -> f64 {
        if self.unit.is_count() { 1.0 } else { 0.0 }
    }

    /// What no value exceeds, in this measure.
    pub fn most(self) -> Option<f64> {
        (self.unit == Unit::Ratio).then_some(100.0)
    }
}

impl Total {
    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Bytes(bytes) => {
                let prefix = Prefix::for_largest(bytes);
                format!("{} {}", prefix.write(bytes), prefix.unit("B"))
            }
            Self::Hours(hours) => format!("{} h", significant(hours)),
        }
    }

    /// The same in fewer letters, the fewest last.
    pub fn briefly(self) -> Vec<String> {
        match self {
            Self::Hours(hours) if hours.abs() >= 1e4 && hours.abs() < 1e6 => {
                let thousands = hours / 1e3;
                vec![format!("{}k h", significant(thousands)), format!("{thousands:.0}k h")]
            }
            Self::Hours(hours) => vec![format!("{hours:.0e} h")],
            Self::Bytes(bytes) => vec![format!("{bytes:.0e} B")],
        }
    }

    /// Its name and value in data.
    pub fn entry(self) -> (&'static str, f64) {
        match self {
            Self::Bytes(bytes) => ("total_bytes", bytes.round()),
            Self::Hours(hours) => ("total_hours", hours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_reads_as_people_say_it() {
        let cases = [
            (Unit::BitRate, 85_300_000.0, "85.3 Mbit/s", "85300000"),
            (Unit::People, 63.0, "63 people", "63"),
            (Unit::People, 12.44, "12.4 people", "12.44"),
            (Unit::Rooms, 0.0, "0 rooms", "0"),
            (Unit::Streams, 1234.0, "1234 streams", "1234"),
            (Unit::Ratio, 0.8, "80 %", "0.8000"),
            (Unit::Ratio, 0.123_45, "12.3 %", "0.1235"),
            (Unit::Seconds, 0.092_31, "92.3 ms", "0.092310"),
            (Unit::Bytes, 512e9, "512 GB", "512000000000"),
            (Unit::BinaryBytes, 16.0 * 1024.0 * 1024.0 * 1024.0, "16.0 GiB", "17179869184"),
            (Unit::BinaryBytes, 100.0, "100 B", "100"),
            (Unit::People, 1.7e308, "1.70e308 people", "1.7e308"),
            (Unit::Ratio, -1.7e308, "-∞ %", "-1.7e308"),
            (Unit::Bytes, f64::INFINITY, "∞ TB", "inf"),
        ];
        for (unit, value, words, plain) in cases {
            let measure = unit.measure(value);
            assert_eq!(format!("{} {}", measure.write(value), measure.name()), words);
            assert_eq!(unit.plain(value), plain);
        }
    }

    #[test]
    fn only_what_adds_up_has_a_total() {
        let briefly = |hours: f64| Total::Hours(hours).briefly().join(", ");
        assert_eq!(briefly(17_823.0), "17.8k h, 18k h");
        assert_eq!(briefly(123_456.0), "123k h, 123k h");
        assert_eq!(briefly(3.4e17), "3e17 h");
        let words = |unit: Unit| unit.total(7200.0 * 40.0).map(Total::words);
        assert_eq!(words(Unit::BitRate).as_deref(), Some("36.0 kB"));
        assert_eq!(words(Unit::People).as_deref(), Some("80.0 h"));
        assert_eq!((words(Unit::Ratio), words(Unit::Bytes)), (None, None));
    }
}

//! Numbers as people read them: three significant digits, one prefix for a whole graph.

/// A prefix of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prefix {
    letter: &'static str,
    size: f64,
}

/// Those of the SI: bits and bytes count in tens.
const DECIMAL: [Prefix; 4] = [
    Prefix { letter: "k", size: 1e3 },
    Prefix { letter: "M", size: 1e6 },
    Prefix { letter: "G", size: 1e9 },
    Prefix { letter: "T", size: 1e12 },
];

/// Those of IEC 80000-13, for what the system counts in powers of two.
const BINARY: [Prefix; 4] = [
    Prefix { letter: "Ki", size: 1024.0 },
    Prefix { letter: "Mi", size: 1_048_576.0 },
    Prefix { letter: "Gi", size: 1_073_741_824.0 },
    Prefix { letter: "Ti", size: 1_099_511_627_776.0 },
];

impl Prefix {
    /// No prefix.
    pub const NONE: Self = Self { letter: "", size: 1.0 };

    /// The prefix in which `largest` has one to three digits before the point.
    pub fn for_largest(largest: f64) -> Self {
        Self::among(&DECIMAL, largest)
    }

    /// The same in powers of two.
    pub fn binary(largest: f64) -> Self {
        Self::among(&BINARY, largest)
    }

    fn among(prefixes: &[Self], largest: f64) -> Self {
        let fits = |prefix: &&Self| largest.abs() >= prefix.size * 0.9995;
        prefixes.iter().rev().find(fits).copied().unwrap_or(Self::NONE)
    }

    /// A unit with the prefix, such as `Mbit/s`.
    pub fn unit(self, unit: &str) -> String {
        format!("{}{unit}", self.letter)
    }

    /// A value in units of the prefix.
    pub fn scale(self, value: f64) -> f64 {
        value / self.size
    }

    /// A value in units of the prefix, with three significant digits.
    pub fn write(self, value: f64) -> String {
        significant(self.scale(value))
    }
}

/// From here on, digits are counted and not read.
const READABLE: f64 = 1e9;

/// Three significant digits, at most three of them behind the point; an exponent only where there
/// would be more digits than anybody reads.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".into(),
        s if s.is_nan() => "–".into(),
        s if s.is_infinite() => if value > 0.0 { "∞" } else { "-∞" }.into(),
        s if s >= READABLE => format!("{value:.2e}"),
        s if s < 0.0005 => "<0.001".into(),
        s if s < 0.9995 => format!("{value:.3}"),
        s if s >= 99.95 => format!("{value:.0}"),
        s if s >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_prefix() {
        let cases = [
            (0.0, "0 bit/s"),
            (0.004, "0.004 bit/s"),
            (0.0238, "0.024 bit/s"),
            (0.2346, "0.235 bit/s"),
            (0.000_1, "<0.001 bit/s"),
            (999.0, "999 bit/s"),
            (999.7, "1.00 kbit/s"),
            (85_300_000.0, "85.3 Mbit/s"),
            (940_000_000.0, "940 Mbit/s"),
            (1e9, "1.00 Gbit/s"),
            (12_345e12, "12345 Tbit/s"),
            (1.7e308, "1.70e296 Tbit/s"),
            (f64::INFINITY, "∞ Tbit/s"),
            (f64::NAN, "– bit/s"),
            (5e-324, "<0.001 bit/s"),
        ];
        for (value, expected) in cases {
            let prefix = Prefix::for_largest(value);
            assert_eq!(format!("{} {}", prefix.write(value), prefix.unit("bit/s")), expected);
        }
    }
}

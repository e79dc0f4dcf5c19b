//! Numbers as people read them: three significant digits, one SI prefix for a whole graph.

/// An SI prefix; bits and bytes count in tens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    letter: &'static str,
    exponent: i32,
}

const PREFIXES: [Prefix; 5] = [
    Prefix { letter: "", exponent: 0 },
    Prefix { letter: "k", exponent: 3 },
    Prefix { letter: "M", exponent: 6 },
    Prefix { letter: "G", exponent: 9 },
    Prefix { letter: "T", exponent: 12 },
];

impl Prefix {
    /// The prefix in which `largest` has one to three digits before the point.
    pub fn for_largest(largest: f64) -> Self {
        let fits = |prefix: &&Self| largest.abs() >= 10f64.powi(prefix.exponent) * 0.9995;
        PREFIXES.iter().rev().find(fits).copied().unwrap_or(PREFIXES[0])
    }

    /// A unit with the prefix, such as `Mbit/s`.
    pub fn unit(self, unit: &str) -> String {
        format!("{}{unit}", self.letter)
    }

    /// A value in units of the prefix.
    pub fn scale(self, value: f64) -> f64 {
        value / 10f64.powi(self.exponent)
    }

    /// A value in units of the prefix, with three significant digits.
    pub fn write(self, value: f64) -> String {
        significant(self.scale(value))
    }
}

/// Three significant digits, at most three of them behind the point; never an exponent.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".into(),
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
        ];
        for (value, expected) in cases {
            let prefix = Prefix::for_largest(value);
            assert_eq!(format!("{} {}", prefix.write(value), prefix.unit("bit/s")), expected);
        }
    }
}

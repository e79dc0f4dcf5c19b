//! Numbers in the fewest digits that mean them, as Go writes them. Of two that are as near, the one with
//! an even last digit.

/// A finite number taken apart.
struct Digits {
    is_negative: bool,
    /// Without a point, and without zeros at their ends; `0` is one.
    all: String,
    /// The power of ten of the first digit.
    exponent: i32,
}

impl Digits {
    fn of(value: f64) -> Self {
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{part}");
        let leading = digits.len() - digits.trim_start_matches('0').len();
        let all = digits.trim_matches('0');
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let first = whole.len() as i32 - 1 - leading as i32 + exponent;
        let is_negative = value.is_sign_negative();
        if all.is_empty() {
            return Self { is_negative, all: "0".into(), exponent: 0 };
        }
        Self { is_negative, all: all.to_owned(), exponent: first }
    }

    fn sign(&self) -> &'static str {
        if self.is_negative { "-" } else { "" }
    }

    /// `1250`, `0.00125`.
    fn plain(&self) -> String {
        let (sign, all) = (self.sign(), &self.all);
        if self.exponent < 0 {
            let zeros = "0".repeat(-self.exponent as usize - 1);
            return format!("{sign}0.{zeros}{all}");
        }
        let whole = self.exponent as usize + 1;
        if all.len() <= whole {
            let zeros = "0".repeat(whole - all.len());
            return format!("{sign}{all}{zeros}");
        }
        format!("{sign}{}.{}", &all[..whole], &all[whole..])
    }

    /// `1.25e+03`.
    fn scientific(&self) -> String {
        let (first, rest) = self.all.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{}{first}{point}{rest}e{:+03}", self.sign(), self.exponent)
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        value if value.is_nan() => Some("NaN"),
        _ => None,
    }
}

/// With an exponent where it is large or small (`%v`).
pub fn number(value: f64) -> String {
    if let Some(word) = not_finite(value) {
        return word.into();
    }
    let digits = Digits::of(value);
    if (-4..6).contains(&digits.exponent) { digits.plain() } else { digits.scientific() }
}

/// In plain digits, however many (`%f`).
pub fn plain_number(value: f64) -> String {
    not_finite(value).map_or_else(|| Digits::of(value).plain(), Into::into)
}

/// With one digit before the point (`%e`).
pub fn scientific_number(value: f64) -> String {
    not_finite(value).map_or_else(|| Digits::of(value).scientific(), Into::into)
}

/// As values stand in answers: plain between a millionth and a thousand million million million.
pub fn value_number(value: f64) -> String {
    if let Some(word) = not_finite(value) {
        return word.into();
    }
    let size = value.abs();
    let is_plain = size == 0.0 || (1e-6..1e21).contains(&size);
    if is_plain { plain_number(value) } else { scientific_number(value) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Go's strconv.FormatFloat writes them.
    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, any, plain, scientific, answered) in [
            (0.0, "0", "0", "0e+00", "0"),
            (-0.0, "-0", "-0", "-0e+00", "-0"),
            (1.0, "1", "1", "1e+00", "1"),
            (-17.5, "-17.5", "-17.5", "-1.75e+01", "-17.5"),
            (1e6, "1e+06", "1000000", "1e+06", "1000000"),
            (123_456.0, "123456", "123456", "1.23456e+05", "123456"),
            (1e-5, "1e-05", "0.00001", "1e-05", "0.00001"),
            (1.5e-7, "1.5e-07", "0.00000015", "1.5e-07", "1.5e-07"),
            (1e21, "1e+21", "1000000000000000000000", "1e+21", "1e+21"),
            (9e20, "9e+20", "900000000000000000000", "9e+20", "900000000000000000000"),
            (
                1e15 + 0.25,
                "1.0000000000000002e+15",
                "1000000000000000.2",
                "1.0000000000000002e+15",
                "1000000000000000.2",
            ),
            (5e-324, "5e-324", "", "5e-324", "5e-324"),
            (
                f64::MAX,
                "1.7976931348623157e+308",
                "",
                "1.7976931348623157e+308",
                "1.7976931348623157e+308",
            ),
            (f64::NAN, "NaN", "NaN", "NaN", "NaN"),
            (f64::NEG_INFINITY, "-Inf", "-Inf", "-Inf", "-Inf"),
        ] {
            assert_eq!(number(value), any);
            assert!(plain.is_empty() || plain_number(value) == plain, "{}", plain_number(value));
            assert_eq!(scientific_number(value), scientific);
            assert_eq!(value_number(value), answered);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_means_the_number(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            for text in [number(value), plain_number(value), scientific_number(value)] {
                let read: f64 = text.parse().unwrap();
                prop_assert!(read.to_bits() == bits || (read.is_nan() && value.is_nan()), "{}", text);
            }
        }
    }
}

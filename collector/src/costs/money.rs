//! Amounts of money, in whole minor units of a currency.

use std::fmt::{self, Display};
use std::str::FromStr;

/// A currency by its three letters (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// An amount, which may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// In the smallest unit: cents of most.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It is written in another way.
    #[error("needs an amount and its currency, such as 299.00 USD")]
    Form,
    /// There is a number alone.
    #[error("has no currency; write it behind the amount, such as 299.00 USD")]
    NoCurrency,
    /// It is more exact than its money.
    #[error("has more than {digits} digits behind the point, which {currency} does not have")]
    Digits {
        /// The currency.
        currency: Currency,
        /// How many it has.
        digits: usize,
    },
    /// Nobody has so much.
    #[error("must be less than a million million")]
    Size,
}

/// Currencies whose smallest unit is not a hundredth, with their digits behind the point.
const DIGITS: [(&str, usize); 22] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("VND", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// The most of an amount, in whole units of its currency.
const MOST: i64 = 1_000_000_000_000;

impl Currency {
    /// The euro.
    pub const EURO: Self = Self(*b"EUR");

    /// How many digits it has behind the point.
    pub fn digits(self) -> usize {
        let known = DIGITS.iter().find(|(name, _)| name.as_bytes() == self.0);
        known.map_or(2, |(_, digits)| *digits)
    }

    /// How many of its smallest unit make one.
    fn minor_units(self) -> i64 {
        10i64.pow(self.digits() as u32)
    }
}

impl Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match *text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::Form),
        }
    }
}

impl Money {
    /// The price of so many hours at this rate, to the nearest unit.
    #[must_use]
    pub fn times(self, hours: f64) -> Self {
        Self { minor: (self.minor as f64 * hours).round() as i64, ..self }
    }

    /// In units of its currency.
    pub fn value(self) -> f64 {
        self.minor as f64 / self.currency.minor_units() as f64
    }
}

impl Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, units) = (self.currency.digits(), self.currency.minor_units().unsigned_abs());
        let size = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "−" } else { "" };
        write!(f, "{sign}{}", size / units)?;
        if digits > 0 {
            write!(f, ".{:0digits$}", size % units)?;
        }
        write!(f, " {}", self.currency)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (number, currency) = match text.rsplit_once(' ') {
            Some((number, currency)) => (number.trim_end(), currency.parse::<Currency>()?),
            None if text.parse::<f64>().is_ok() => return Err(MoneyError::NoCurrency),
            None => return Err(MoneyError::Form),
        };
        // Reports write a minus of its own, which whoever copies an amount brings along.
        let (sign, number) = match number.strip_prefix(['-', '−']) {
            Some(number) => (-1, number),
            None => (1, number),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |text: &str| text.bytes().all(|sign| sign.is_ascii_digit());
        let misses_part = number.ends_with('.');
        if whole.is_empty() || misses_part || !is_number(whole) || !is_number(part) {
            return Err(MoneyError::Form);
        }
        let digits = currency.digits();
        if part.len() > digits {
            return Err(MoneyError::Digits { currency, digits });
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Size)?;
        if whole >= MOST {
            return Err(MoneyError::Size);
        }
        let part: i64 = format!("{part:0<digits$}").parse().unwrap_or(0);
        Ok(Self { minor: sign * (whole * currency.minor_units() + part), currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_their_smallest_unit_and_written_back() {
        for (text, minor, written) in [
            ("299.00 USD", 29_900, "299.00 USD"),
            ("299 USD", 29_900, "299.00 USD"),
            ("0.5 EUR", 50, "0.50 EUR"),
            (" 12.05  CHF ", 1_205, "12.05 CHF"),
            ("-7.10 EUR", -710, "−7.10 EUR"),
            ("-0.10 EUR", -10, "−0.10 EUR"),
            ("−7.10 EUR", -710, "−7.10 EUR"),
            ("1500 JPY", 1_500, "1500 JPY"),
            ("1.234 KWD", 1_234, "1.234 KWD"),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!((money.minor, money.to_string()), (minor, written.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_reason() {
        for (text, reason) in [
            ("299", "has no currency"),
            ("299.00", "has no currency"),
            ("USD", "needs an amount"),
            ("USD 299", "needs an amount"),
            ("299 usd", "needs an amount"),
            ("299,00 EUR", "needs an amount"),
            ("1.000 EUR", "more than 2 digits behind the point, which EUR"),
            ("1.5 JPY", "more than 0 digits"),
            ("1. EUR", "needs an amount"),
            (".5 EUR", "needs an amount"),
            ("--5 EUR", "needs an amount"),
            ("1e3 EUR", "needs an amount"),
            ("1000000000000 EUR", "less than a million million"),
            ("99999999999999999999 EUR", "less than a million million"),
            ("", "needs an amount"),
        ] {
            let error = text.parse::<Money>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

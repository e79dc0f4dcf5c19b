//! Numbers and texts as Go writes and prints them.

use super::value::Value;
use crate::promql::{plain_number, scientific_number};

/// What a number or a letter in quotes stands for; nothing if it is none.
pub fn constant(text: &str) -> Option<Value> {
    if text.starts_with('\'') {
        let inner = unquote_as(text, '\'')?;
        let mut letters = inner.chars();
        let letter = letters.next()?;
        return letters.next().is_none().then_some(Value::Int(i64::from(u32::from(letter))));
    }
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let plain = digits.replace('_', "");
    let whole = match plain.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => i128::from_str_radix(&plain[2..], 16).ok(),
        Some("0b") => i128::from_str_radix(&plain[2..], 2).ok(),
        Some("0o") => i128::from_str_radix(&plain[2..], 8).ok(),
        _ if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(is_octal) => {
            i128::from_str_radix(&plain, 8).ok()
        }
        _ if plain.bytes().all(|byte| byte.is_ascii_digit()) => plain.parse().ok(),
        _ => None,
    };
    if let Some(whole) = whole {
        return i64::try_from(if is_negative { -whole } else { whole }).ok().map(Value::Int);
    }
    let is_float = plain.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let number = plain.parse::<f64>().ok().filter(|number| is_float && number.is_finite())?;
    Some(Value::Float(if is_negative { -number } else { number }))
}

fn is_octal(byte: u8) -> bool {
    (b'0'..=b'7').contains(&byte)
}

/// The text that stands in quotes; nothing if it is written wrongly.
pub fn unquote(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    unquote_as(text, '"')
}

fn unquote_as(text: &str, quote: char) -> Option<String> {
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        let mut push = |letter: char| bytes.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
        if letter != '\\' {
            push(letter);
            continue;
        }
        let escaped = letters.next()?;
        match escaped {
            'a' => push('\x07'),
            'b' => push('\x08'),
            'f' => push('\x0c'),
            'n' => push('\n'),
            'r' => push('\r'),
            't' => push('\t'),
            'v' => push('\x0b'),
            '\\' => push('\\'),
            escaped if escaped == quote => push(escaped),
            'x' => bytes.push(u8::try_from(digits(&mut letters, 2, 16)?).ok()?),
            'u' => push(char::from_u32(digits(&mut letters, 4, 16)?)?),
            'U' => push(char::from_u32(digits(&mut letters, 8, 16)?)?),
            '0'..='7' => {
                let first = escaped.to_digit(8)?;
                bytes.push(u8::try_from(first * 64 + digits(&mut letters, 2, 8)?).ok()?);
            }
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn digits(letters: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    (0..count).try_fold(0u32, |sum, _| {
        let digit = letters.next()?.to_digit(radix)?;
        sum.checked_mul(radix)?.checked_add(digit)
    })
}

/// `%e`: one digit, the others behind the point.
pub fn exponential(value: f64, precision: Option<usize>) -> String {
    if let Some(word) = no_number(value) {
        return word.into();
    }
    let text = match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => return scientific_number(value),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{digits}e{:+03}", exponent.parse::<i32>().unwrap_or(0))
}

/// `%x`: a mantissa of hexadecimal digits, as few as tell it or so many, and a power of two.
pub fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    let shift = if mantissa == 0 { 0 } else { mantissa.leading_zeros() - UNUSED_BITS };
    mantissa <<= shift;
    exponent = if mantissa == 0 { 0 } else { exponent + POINT_BITS as i32 - shift as i32 };
    if let Some(digits) = precision.filter(|digits| *digits < MANTISSA_DIGITS) {
        let dropped = 4 * (MANTISSA_DIGITS - digits) as u32;
        let (half, rest) = (1 << (dropped - 1), mantissa & ((1 << dropped) - 1));
        mantissa >>= dropped;
        mantissa += u64::from(rest > half || (rest == half && mantissa & 1 == 1));
        mantissa <<= dropped;
        if mantissa >> (POINT_BITS + 1) > 0 {
            (mantissa, exponent) = (mantissa >> 1, exponent + 1);
        }
    }
    let mut digits = format!("{:013x}", mantissa & ((1 << POINT_BITS) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(count) => {
            digits.truncate(count);
            digits.push_str(&"0".repeat(count.saturating_sub(MANTISSA_DIGITS)));
        }
    }
    let point = if digits.is_empty() { "" } else { "." };
    format!("{}0x{}{point}{digits}p{exponent:+03}", sign(value), mantissa >> POINT_BITS)
}

/// `%b`: the whole mantissa and a power of two.
pub fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{}{mantissa}p{exponent:+}", sign(value))
}

/// The bits of a mantissa behind its point, the digits that they are, and what they leave of 64.
const POINT_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const MANTISSA_DIGITS: usize = 13;
const UNUSED_BITS: u32 = u64::BITS - f64::MANTISSA_DIGITS;

/// A number without its sign as a whole mantissa and a power of two.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << POINT_BITS) - 1);
    let exponent = ((bits >> POINT_BITS) & 0x7ff) as i32;
    // The smallest numbers have no first digit, and the same power as the next larger ones.
    let first = if exponent == 0 { 0 } else { 1 << POINT_BITS };
    (first | fraction, exponent.max(1) - 1075)
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() { "-" } else { "" }
}

/// `%f`: plain digits.
pub fn plain(value: f64, precision: Option<usize>) -> String {
    match (no_number(value), precision) {
        (Some(word), _) => word.into(),
        (None, Some(precision)) => format!("{value:.precision$}"),
        (None, None) => plain_number(value),
    }
}

/// `%g`: with an exponent where it is large or small.
pub fn general(value: f64, precision: Option<usize>) -> String {
    if let Some(word) = no_number(value) {
        return word.into();
    }
    let precision = precision.map(|precision| precision.max(1));
    let text = match precision {
        Some(precision) => format!("{value:.*e}", precision - 1),
        None => scientific_number(value),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    let most = match precision {
        // Go decides so for the shortest digits.
        None => 6,
        Some(precision) => i32::try_from(precision).unwrap_or(i32::MAX),
    };
    if exponent < -4 || exponent >= most {
        return format!("{digits}e{exponent:+03}");
    }
    let figures = digits.bytes().filter(u8::is_ascii_digit).count();
    let behind = i32::try_from(figures).unwrap_or(i32::MAX) - 1 - exponent;
    let rounded: f64 = format!("{digits}e{exponent}").parse().unwrap_or(value);
    format!("{rounded:.*}", usize::try_from(behind).unwrap_or(0))
}

pub fn no_number(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

//! How values become text: as Go's fmt prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::number;
use super::value::{Found, Value};

/// `%v`
pub fn plain(value: &Value) -> String {
    match value {
        Value::Missing => "<no value>".into(),
        Value::Nil => "<nil>".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number::general(*number, None),
        Value::Text(text) => text.to_string(),
        Value::Labels(labels) => map(labels, Clone::clone),
        Value::Arguments(arguments) => map(arguments, plain),
        Value::Samples(samples) => {
            let samples: Vec<String> = samples.iter().map(sample).collect();
            format!("[{}]", samples.join(" "))
        }
        Value::Sample(found) => sample(found),
        Value::Data => "{}".into(),
        Value::Time(nanoseconds) => time(*nanoseconds),
    }
}

fn map<T>(pairs: &BTreeMap<String, T>, show: impl Fn(&T) -> String) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}:{}", show(value))).collect();
    format!("map[{}]", pairs.join(" "))
}

fn sample(Found { labels, value }: &Found) -> String {
    format!("&{{{} {}}}", map(labels, Clone::clone), number::general(*value, None))
}

/// A moment in UTC as Go's `Time` prints itself.
pub fn time(nanoseconds: i64) -> String {
    let Ok(moment) = Timestamp::from_nanosecond(nanoseconds.into()) else { return String::new() };
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
    let mut text = moment.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let behind = nanoseconds.rem_euclid(1_000_000_000);
    if behind != 0 {
        let digits = format!("{behind:09}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text + " +0000 UTC"
}

/// Values one behind the other, a space between two of which neither is a text.
pub fn all(values: &[Value]) -> String {
    let mut text = String::new();
    let mut before_is_text = true;
    for (place, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Text(_));
        if place > 0 && !is_text && !before_is_text {
            text.push(' ');
        }
        text.push_str(&argument(value));
        before_is_text = is_text;
    }
    text
}

/// Values one behind the other, a space between each and a line's end behind the last.
pub fn line(values: &[Value]) -> String {
    values.iter().map(argument).collect::<Vec<_>>().join(" ") + "\n"
}

fn argument(value: &Value) -> String {
    match value {
        Value::Missing => "<nil>".into(),
        other => plain(other),
    }
}

/// A directive of a format.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own in a format")]
struct Directive {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The widest that a number or a text is filled up to.
const WIDEST: usize = 10_000;

/// `printf`
pub fn formatted(format: &str, values: &[Value]) -> String {
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    let mut values = values.iter();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut directive = Directive::default();
        while let Some(flag) = letters.peek().copied() {
            match flag {
                '-' => directive.minus = true,
                '+' => directive.plus = true,
                '#' => directive.sharp = true,
                ' ' => directive.space = true,
                '0' => directive.zero = true,
                _ => break,
            }
            letters.next();
        }
        directive.width = count(&mut letters);
        if letters.peek() == Some(&'.') {
            letters.next();
            directive.precision = Some(count(&mut letters).unwrap_or(0));
        }
        match letters.next() {
            None => text.push_str("%!(NOVERB)"),
            Some('%') => text.push('%'),
            Some(verb) => match values.next() {
                None => {
                    let _ = write!(text, "%!{verb}(MISSING)");
                }
                Some(value) => text.push_str(&directive.format(verb, value)),
            },
        }
    }
    let rest: Vec<String> =
        values.map(|value| format!("{}={}", value.kind(), argument(value))).collect();
    if !rest.is_empty() {
        let _ = write!(text, "%!(EXTRA {})", rest.join(", "));
    }
    text
}

fn letter_quoted(number: i64) -> String {
    let letter = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    match letter {
        '\'' => "'\\''".into(),
        '"' => "'\"'".into(),
        other => {
            let quoted = crate::promql::quoted(&other.to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

fn count(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut count: Option<usize> = None;
    while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
        let sum = count.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize);
        count = Some(sum.min(WIDEST));
        letters.next();
    }
    count
}

impl Directive {
    fn format(self, verb: char, value: &Value) -> String {
        if verb == 'T' {
            return self.filled(value.kind().into());
        }
        match (verb, value) {
            ('v', Value::Float(number)) => self.float('g', *number),
            ('v', Value::Int(number)) => self.int('d', *number),
            ('v' | 's', Value::Text(text)) => self.text(text),
            ('v', other) => self.filled(argument(other)),
            ('s', Value::Labels(_) | Value::Time(_)) => self.filled(plain(value)),
            ('q', Value::Text(text)) => self.text_quoted(text),
            ('x' | 'X', Value::Text(text)) => {
                let mut digits = String::with_capacity(2 * text.len());
                for byte in text.bytes() {
                    let _ = if verb == 'x' {
                        write!(digits, "{byte:02x}")
                    } else {
                        write!(digits, "{byte:02X}")
                    };
                }
                self.filled(digits)
            }
            ('t', Value::Bool(truth)) => self.filled(truth.to_string()),
            ('e' | 'E' | 'f' | 'F' | 'g' | 'G', Value::Float(number)) => self.float(verb, *number),
            ('q', Value::Int(number)) => self.filled(letter_quoted(*number)),
            ('U', Value::Int(number)) => self.filled(format!("U+{number:04X}")),
            ('d' | 'b' | 'o' | 'x' | 'X' | 'c', Value::Int(number)) => self.int(verb, *number),
            (verb, Value::Missing | Value::Nil) => format!("%!{verb}(<nil>)"),
            (verb, other) => {
                let shown = match other {
                    Value::Float(number) => self.float('g', *number),
                    Value::Int(number) => self.int('d', *number),
                    other => self.filled(plain(other)),
                };
                format!("%!{verb}({}={shown})", other.kind())
            }
        }
    }

    fn float(self, verb: char, value: f64) -> String {
        let mut text = match verb {
            'e' | 'E' => number::exponential(value, Some(self.precision.unwrap_or(6))),
            'f' | 'F' => number::plain(value, Some(self.precision.unwrap_or(6))),
            _ => number::general(value, self.precision),
        };
        if verb.is_ascii_uppercase() && verb != 'F' {
            text = text.to_uppercase();
        }
        // Infinity shows its sign only where it is asked for or below zero.
        if let Some(plain) = text.strip_prefix('+').filter(|_| !self.plus) {
            text = if verb == 'g' { format!("+{plain}") } else { text };
        } else if self.plus && !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        } else if self.space && !text.starts_with(['-', '+']) {
            text.insert(0, ' ');
        }
        let zero = self.zero && value.is_finite();
        Self { zero, ..self }.number(text)
    }

    fn int(self, verb: char, value: i64) -> String {
        let magnitude = value.unsigned_abs();
        let mut digits = match verb {
            'b' => format!("{magnitude:b}"),
            'o' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            'c' => {
                let letter = u32::try_from(value).ok().and_then(char::from_u32);
                return self.filled(letter.unwrap_or('\u{fffd}').to_string());
            }
            _ => magnitude.to_string(),
        };
        if let Some(precision) = self.precision {
            digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        }
        let sign = match (value < 0, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let zero = self.zero && self.precision.is_none();
        Self { zero, ..self }.number(format!("{sign}{digits}"))
    }

    /// Filled up with zeros behind its sign, or with spaces.
    fn number(self, text: String) -> String {
        if !self.zero || self.minus {
            return self.filled(text);
        }
        let (sign, digits) = match text.strip_prefix(['-', '+', ' ']) {
            Some(digits) => (&text[..1], digits),
            None => ("", &*text),
        };
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        format!("{sign}{}{digits}", "0".repeat(missing))
    }

    fn text(self, text: &str) -> String {
        let most = self.precision.unwrap_or(usize::MAX);
        self.filled(text.chars().take(most).collect())
    }

    fn text_quoted(self, text: &str) -> String {
        self.filled(crate::promql::quoted(text))
    }

    fn filled(self, text: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        match (missing, self.minus) {
            (0, _) => text,
            (missing, true) => text + &" ".repeat(missing),
            (missing, false) => (if self.zero { "0" } else { " " }).repeat(missing) + &text,
        }
    }
}

//! `printf` as Go's fmt writes it.

use std::fmt::Write as _;

use super::number;
use super::print::{argument, plain};
use super::value::Value;

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
    let mut writing = Writing {
        letters: format.chars().peekable(),
        values,
        next: 0,
        has_index: false,
        is_badly_indexed: false,
    };
    let mut text = String::new();
    while let Some(letter) = writing.letters.next() {
        match letter {
            '%' => text.push_str(&writing.directive()),
            other => text.push(other),
        }
    }
    let rest = values.get(writing.next..).filter(|_| !writing.has_index).unwrap_or_default();
    let rest: Vec<String> =
        rest.iter().map(|value| format!("{}={}", value.kind(), argument(value))).collect();
    if !rest.is_empty() {
        let _ = write!(text, "%!(EXTRA {})", rest.join(", "));
    }
    text
}

/// A format that is being written.
struct Writing<'f> {
    letters: std::iter::Peekable<std::str::Chars<'f>>,
    values: &'f [Value],
    /// The value that is next.
    next: usize,
    /// Whether a value was named by its number, such as `%[2]d`.
    has_index: bool,
    is_badly_indexed: bool,
}

impl Writing<'_> {
    fn directive(&mut self) -> String {
        self.is_badly_indexed = false;
        let mut directive = Directive::default();
        while let Some(flag) = self.letters.peek().copied() {
            match flag {
                '-' => directive.minus = true,
                '+' => directive.plus = true,
                '#' => directive.sharp = true,
                ' ' => directive.space = true,
                '0' => directive.zero = true,
                _ => break,
            }
            self.letters.next();
        }
        self.index();
        let mut trouble = "";
        match self.length() {
            Ok(width) => {
                directive.minus |= width.is_some_and(i64::is_negative);
                directive.width = width.map(magnitude);
            }
            Err(()) => trouble = "%!(BADWIDTH)",
        }
        if self.letters.next_if_eq(&'.').is_some() {
            self.index();
            match self.length() {
                Ok(precision) => {
                    directive.precision = Some(precision.unwrap_or(0))
                        .filter(|precision| *precision >= 0)
                        .map(magnitude);
                }
                Err(()) => trouble = "%!(BADPREC)",
            }
        }
        self.index();
        let written = match self.letters.next() {
            None => "%!(NOVERB)".into(),
            Some('%') => "%".into(),
            Some(verb) if self.is_badly_indexed => format!("%!{verb}(BADINDEX)"),
            Some(verb) => match self.values.get(self.next) {
                None => format!("%!{verb}(MISSING)"),
                Some(value) => {
                    self.next += 1;
                    directive.format(verb, value)
                }
            },
        };
        format!("{trouble}{written}")
    }

    /// Reads the number of a value in brackets, if there is one.
    fn index(&mut self) {
        if self.letters.next_if_eq(&'[').is_none() {
            return;
        }
        self.has_index = true;
        if !self.letters.clone().any(|letter| letter == ']') {
            self.is_badly_indexed = true;
            return;
        }
        let number = count(&mut self.letters);
        let ends = self.letters.next();
        match number.and_then(|number| number.checked_sub(1)) {
            Some(place) if ends == Some(']') && place < self.values.len() => self.next = place,
            _ => {
                self.is_badly_indexed = true;
                if ends != Some(']') {
                    let _ = self.letters.by_ref().find(|letter| *letter == ']');
                }
            }
        }
    }

    /// A width or a precision, which may be a value's; refused where that is no whole number.
    fn length(&mut self) -> Result<Option<i64>, ()> {
        if self.letters.next_if_eq(&'*').is_none() {
            return Ok(count(&mut self.letters).map(|count| count as i64));
        }
        let value = self.values.get(self.next);
        self.next += 1;
        let most = WIDEST as i64;
        match value {
            Some(Value::Int(number)) if (-most..=most).contains(number) => {
                self.index();
                Ok(Some(*number))
            }
            _ => Err(()),
        }
    }
}

fn magnitude(length: i64) -> usize {
    usize::try_from(length.unsigned_abs()).unwrap_or(WIDEST)
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
        // What these flags say to other verbs they do not say to this one.
        let own = Self { plus: false, sharp: false, ..self };
        match (verb, value) {
            ('v', Value::Float(number)) => own.float('g', *number),
            ('v', Value::Int(number)) => own.int('d', *number),
            ('v', Value::Text(text)) if self.sharp => own.text_quoted(text),
            ('v' | 's', Value::Text(text)) => self.text(text),
            ('v', other) => self.filled(argument(other)),
            ('s', Value::Labels(_) | Value::Time(_)) => self.filled(plain(value)),
            ('q', Value::Text(text)) => self.text_quoted(text),
            ('x', Value::Text(text)) => self.filled(self.bytes(text)),
            ('X', Value::Text(text)) => self.filled(self.bytes(text).to_ascii_uppercase()),
            ('t', Value::Bool(truth)) => self.filled(truth.to_string()),
            ('b' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'x' | 'X', Value::Float(number)) => {
                self.float(verb, *number)
            }
            ('q', Value::Int(number)) => self.filled(letter_quoted(*number)),
            ('U', Value::Int(number)) => {
                let letter = u32::try_from(*number).ok().and_then(char::from_u32);
                let shown = letter.filter(|letter| self.sharp && !letter.is_control());
                let shown = shown.map_or_else(String::new, |letter| format!(" '{letter}'"));
                self.filled(format!("U+{number:04X}{shown}"))
            }
            ('d' | 'b' | 'o' | 'O' | 'x' | 'X' | 'c', Value::Int(number)) => {
                self.int(verb, *number)
            }
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
        if !value.is_finite() {
            return self.no_number(value);
        }
        let mut text = match verb {
            'b' => number::binary(value),
            'x' | 'X' => number::hexadecimal(value, self.precision),
            'e' | 'E' => number::exponential(value, Some(self.precision.unwrap_or(6))),
            'f' | 'F' => number::plain(value, Some(self.precision.unwrap_or(6))),
            _ => number::general(value, self.precision),
        };
        if verb.is_ascii_uppercase() && verb != 'F' {
            text = text.to_uppercase();
        }
        if self.plus && !text.starts_with('-') {
            text.insert(0, '+');
        } else if self.space && !text.starts_with('-') {
            text.insert(0, ' ');
        }
        self.number(text)
    }

    /// Infinity, with its sign always, or none that it is; never filled up with zeros.
    fn no_number(self, value: f64) -> String {
        let (sign, word) = match value {
            f64::NEG_INFINITY => ("-", "Inf"),
            f64::INFINITY if self.space && !self.plus => (" ", "Inf"),
            f64::INFINITY => ("+", "Inf"),
            _ if self.plus => ("+", "NaN"),
            _ if self.space => (" ", "NaN"),
            _ => ("", "NaN"),
        };
        Self { zero: false, ..self }.filled(format!("{sign}{word}"))
    }

    fn int(self, verb: char, value: i64) -> String {
        let magnitude = value.unsigned_abs();
        let mut digits = match verb {
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
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
        match verb {
            'O' => digits.insert_str(0, "0o"),
            'b' if self.sharp => digits.insert_str(0, "0b"),
            'o' if self.sharp && !digits.starts_with('0') => digits.insert(0, '0'),
            'x' if self.sharp => digits.insert_str(0, "0x"),
            'X' if self.sharp => digits.insert_str(0, "0X"),
            _ => {}
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

    /// The bytes of a text; with a space between them where one is asked for.
    fn bytes(self, text: &str) -> String {
        let mut digits = String::with_capacity(2 * text.len());
        for (place, byte) in text.bytes().enumerate() {
            if place > 0 && self.space {
                digits.push(' ');
            }
            if self.sharp && (place == 0 || self.space) {
                digits.push_str("0x");
            }
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    fn text(self, text: &str) -> String {
        let most = self.precision.unwrap_or(usize::MAX);
        self.filled(text.chars().take(most).collect())
    }

    fn text_quoted(self, text: &str) -> String {
        let is_plain = |letter: char| letter != '`' && (letter == '\t' || !letter.is_control());
        if self.sharp && text.chars().all(is_plain) {
            return self.filled(format!("`{text}`"));
        }
        let quoted = crate::promql::quoted(text);
        if !self.plus {
            return self.filled(quoted);
        }
        let ascii = |letter: char| match u32::from(letter) {
            0..0x80 => letter.to_string(),
            short @ 0x80..0x1_0000 => format!("\\u{short:04x}"),
            long => format!("\\U{long:08x}"),
        };
        self.filled(quoted.chars().map(ascii).collect())
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

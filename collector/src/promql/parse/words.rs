//! The words of an expression and where they stand, split as the parser splits them.
//!
//! What the parser takes for a text or a comment is one here too: what is checked in these words is
//! what the parser will see.

use std::iter::Peekable;
use std::str::CharIndices;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'t> {
    pub kind: Kind,
    pub text: &'t str,
    /// Its first byte.
    pub place: usize,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    /// A number or a duration.
    Number,
    /// Behind quotes of any kind.
    Text,
    /// One sign: a bracket, an operator or a part of one.
    Sign(char),
}

/// The words of `expression`, up to what the parser cannot read.
pub fn words(expression: &str) -> Words<'_> {
    Words { expression, left: expression.char_indices().peekable(), in_brackets: false }
}

/// Line and column of a place as Prometheus counts them: both from one, columns in bytes.
pub fn position(expression: &str, place: usize) -> String {
    let before = &expression[..place];
    let line = before.matches('\n').count() + 1;
    let column = place - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("{line}:{column}")
}

/// Words in order.
pub struct Words<'t> {
    expression: &'t str,
    left: Peekable<CharIndices<'t>>,
    /// Within `[…]` a colon stands between durations; elsewhere it is a letter.
    in_brackets: bool,
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        self.skip_space();
        let (place, first) = self.left.next()?;
        let fraction = first == '.' && self.left.peek().is_some_and(|(_, c)| c.is_ascii_digit());
        let kind = match first {
            '"' | '\'' | '`' => {
                self.skip_text(first);
                Kind::Text
            }
            c if c.is_ascii_digit() || fraction => {
                self.skip_number(c);
                Kind::Number
            }
            c if is_letter(c) || (c == ':' && !self.in_brackets) => {
                while self.accept(|c| is_letter(c) || c.is_ascii_digit() || c == ':') {}
                Kind::Name
            }
            sign => {
                self.in_brackets = sign == '[' || (self.in_brackets && sign != ']');
                Kind::Sign(sign)
            }
        };
        let end = self.left.peek().map_or(self.expression.len(), |(place, _)| *place);
        Some(Word { kind, text: &self.expression[place..end], place })
    }
}

impl Words<'_> {
    fn accept(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        self.left.next_if(|(_, c)| wanted(*c)).is_some()
    }

    /// Comments end with their line.
    fn skip_space(&mut self) {
        while let Some((_, c)) = self.left.next_if(|(_, c)| *c == '#' || c.is_ascii_whitespace()) {
            while c == '#' && self.accept(|c| c != '\n' && c != '\r') {}
        }
    }

    /// A backslash hides what follows it, behind quotes of any kind.
    fn skip_text(&mut self, quote: char) {
        while let Some((_, c)) = self.left.next() {
            if c == quote {
                return;
            }
            if c == '\\' {
                self.left.next();
            }
        }
    }

    /// `1`, `0x1f`, `1.5e-3`, `1h30m`.
    fn skip_number(&mut self, first: char) {
        let hexadecimal = first == '0' && self.accept(|c| c == 'x' || c == 'X');
        let digit = |c: char| {
            if hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() }
        };
        while self.accept(digit) {}
        if first != '.' && self.accept(|c| c == '.') {
            while self.accept(digit) {}
        }
        if self.accept(|c| c == 'e' || c == 'E') {
            self.accept(|c| c == '+' || c == '-');
        }
        while self.accept(|c| is_letter(c) || c.is_ascii_digit()) {}
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_parser() {
        let cases: [(&str, &[&str]); 12] = [
            ("a+b", &["a", "+", "b"]),
            ("job:load:sum5m[5m:1m]", &["job:load:sum5m", "[", "5m", ":", "1m", "]"]),
            ("a[1h30m] offset -5e3", &["a", "[", "1h30m", "]", "offset", "-", "5e3"]),
            ("0x1F+.5-1e+3", &["0x1F", "+", ".5", "-", "1e+3"]),
            ("1.5.2", &["1.5", ".2"]),
            ("a{b=~\"x\\\"y\"}", &["a", "{", "b", "=", "~", "\"x\\\"y\"", "}"]),
            // The parser knows escapes in raw texts too.
            ("`\\` `+(", &["`\\` `", "+", "("]),
            ("a # (b\r(c", &["a", "(", "c"]),
            ("'open", &["'open"]),
            ("é", &["é"]),
            ("'é'é", &["'é'", "é"]),
            ("", &[]),
        ];
        for (expression, expected) in cases {
            let found: Vec<&str> = words(expression).map(|word| word.text).collect();
            assert_eq!(found, expected, "{expression}");
        }
    }

    #[test]
    fn places_have_lines_and_columns() {
        assert_eq!(position("foo(x)", 0), "1:1");
        assert_eq!(position("sum(\n  foo(x))", 7), "2:3");
    }
}

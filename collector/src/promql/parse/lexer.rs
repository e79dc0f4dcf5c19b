//! From text to tokens, cut where Prometheus cuts it.
//!
//! It goes through the text once and never back. What it cannot read ends the list, with its error:
//! whoever reads the tokens in order tells earlier errors first.

use super::quoted;
use super::token::{Bracket, Keyword, Kind, Operator, Token};

/// The tokens of an expression. The last is its end, or what is wrong.
#[derive(Debug)]
pub struct Tokens<'t> {
    pub list: Vec<Token<'t>>,
    /// What is wrong with the last one.
    pub error: Option<Wrong>,
}

/// What is wrong in an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// A byte of the expression.
    pub place: usize,
    pub message: String,
}

/// The tokens of a text.
pub fn tokens(text: &str) -> Tokens<'_> {
    let mut lexer = Lexer { text, at: 0, round: 0, within: Within::Nothing };
    let mut list = Vec::new();
    loop {
        match lexer.token() {
            Ok(token) => {
                list.push(token);
                if token.kind == Kind::End {
                    return Tokens { list, error: None };
                }
            }
            Err(wrong) => {
                list.push(Token { kind: Kind::Wrong, text: "", place: wrong.place });
                return Tokens { list, error: Some(wrong) };
            }
        }
    }
}

/// Where words and signs mean something of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    /// `{…}`
    Curly,
    /// `[…]`
    Square {
        colon: bool,
    },
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// How many `(` are open.
    round: usize,
    within: Within,
}

impl<'t> Lexer<'t> {
    fn token(&mut self) -> Result<Token<'t>, Wrong> {
        self.skip_space();
        let place = self.at;
        let Some(first) = self.peek() else { return self.end() };
        let fraction = first == '.' && self.text[place + 1..].starts_with(is_digit);
        let kind = match first {
            '"' | '\'' | '`' => self.text(place, first)?,
            _ if is_letter(first) || first == ':' => self.word(first)?,
            _ if self.within != Within::Curly && (is_digit(first) || fraction) => self.number()?,
            _ => {
                self.at += first.len_utf8();
                match self.within {
                    Within::Curly => self.sign_in_braces(place, first)?,
                    Within::Nothing | Within::Square { .. } => self.sign(place, first)?,
                }
            }
        };
        Ok(Token { kind, text: &self.text[place..self.at], place })
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Goes past a character, if it is one of these.
    fn accept(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        match self.peek() {
            Some(next) if wanted(next) => {
                self.at += next.len_utf8();
                true
            }
            Some(_) | None => false,
        }
    }

    /// Comments end with their line.
    fn skip_space(&mut self) {
        loop {
            if self.accept(|c| c == '#') {
                while self.accept(|c| c != '\n' && c != '\r') {}
            } else if !self.accept(is_space) {
                return;
            }
        }
    }

    fn end(&self) -> Result<Token<'t>, Wrong> {
        let message = match self.within {
            Within::Curly => "unexpected end of input inside braces",
            Within::Nothing | Within::Square { .. } if self.round > 0 => {
                "unclosed left parenthesis"
            }
            Within::Square { .. } => "unclosed left bracket",
            Within::Nothing => {
                return Ok(Token { kind: Kind::End, text: "", place: self.at });
            }
        };
        Err(wrong(self.at, message))
    }

    fn text(&mut self, place: usize, quote: char) -> Result<Kind, Wrong> {
        let behind = quoted::end(&self.text[place..], quote);
        self.at = place + behind.map_err(|message| wrong(place, message))?;
        Ok(Kind::Text)
    }

    fn word(&mut self, first: char) -> Result<Kind, Wrong> {
        let place = self.at;
        let begins = |c| is_letter(c) || is_digit(c);
        match self.within {
            Within::Curly => {
                if first == ':' {
                    return Err(wrong(place, "unexpected character inside braces: ':'"));
                }
                while self.accept(begins) {}
                Ok(Kind::Name)
            }
            Within::Square { colon } if first == ':' => {
                self.at += 1;
                self.within = Within::Square { colon: true };
                if colon { Err(wrong(place, "unexpected colon ':'")) } else { Ok(Kind::Colon) }
            }
            Within::Square { .. } => {
                while self.accept(begins) {}
                let word = self.text[place..self.at].to_ascii_lowercase();
                if ["step", "range", "min", "max", "min_of", "max_of"].contains(&&*word) {
                    return Ok(Kind::Name);
                }
                let message = format!("unexpected character in duration expression: {first:?}");
                Err(wrong(place, message))
            }
            Within::Nothing => {
                while self.accept(|c| begins(c) || c == ':') {}
                Ok(self.of_word(&self.text[place..self.at]))
            }
        }
    }

    /// The words `fill…` are names unless something is filled in.
    fn of_word(&self, word: &str) -> Kind {
        let kind = Kind::of_word(word);
        let is_fill =
            matches!(kind, Kind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight));
        let behind = self.text[self.at..].trim_start_matches(is_space);
        if is_fill && !behind.starts_with('(') { Kind::Name } else { kind }
    }

    /// `1`, `0x1f`, `1.5e-3`, `1_000`, `1h30m`.
    fn number(&mut self) -> Result<Kind, Wrong> {
        let place = self.at;
        if self.digits() && !self.peek().is_some_and(|c| is_letter(c) || is_digit(c)) {
            return Ok(Kind::Number);
        }
        while self.accept(is_unit) {
            while self.accept(is_digit) {}
        }
        let text = &self.text[place..self.at];
        if text.ends_with(is_unit) && !self.accept(|c| is_letter(c) || is_digit(c)) {
            return Ok(Kind::Duration);
        }
        let text = &self.text[place..self.at];
        Err(wrong(place, format!("bad number or duration syntax: {text:?}")))
    }

    /// Goes past what may be a number, and tells whether it is whole.
    fn digits(&mut self) -> bool {
        if self.accept(|c| c == '0') && self.accept(|c| c == 'x' || c == 'X') {
            // With a fraction it is no number, but one token.
            while self.accept(|c| c.is_ascii_hexdigit() || c == '_' || c == '.') {}
            return true;
        }
        let digits = |lexer: &mut Self| while lexer.accept(|c| is_digit(c) || c == '_') {};
        digits(self);
        if self.accept(|c| c == '.') {
            if self.accept(|c| c == '.' || c == '_') {
                return false;
            }
            digits(self);
            if self.accept(|c| c == '.') {
                return false;
            }
        }
        if self.accept(|c| c == 'e' || c == 'E') {
            self.accept(|c| c == '+' || c == '-');
            if !self.accept(is_digit) {
                return false;
            }
            digits(self);
        }
        true
    }

    fn sign(&mut self, place: usize, first: char) -> Result<Kind, Wrong> {
        let operator = |operator| Ok(Kind::Operator(operator));
        match first {
            '(' => {
                self.round += 1;
                Ok(Kind::Open(Bracket::Round))
            }
            ')' if self.round == 0 => Err(wrong(self.at, "unexpected right parenthesis ')'")),
            ')' => {
                self.round -= 1;
                Ok(Kind::Close(Bracket::Round))
            }
            '[' | ']' => self.square(place, first),
            '{' => {
                self.within = Within::Curly;
                Ok(Kind::Open(Bracket::Curly))
            }
            ',' => Ok(Kind::Comma),
            '+' => operator(Operator::Add),
            '-' => operator(Operator::Subtract),
            '*' => operator(Operator::Multiply),
            '/' => operator(Operator::Divide),
            '%' => operator(Operator::Modulo),
            '^' => operator(Operator::Power),
            '@' => operator(Operator::At),
            '=' if self.accept(|c| c == '=') => operator(Operator::Equal),
            '=' if self.peek() == Some('~') => {
                Err(wrong(place, "unexpected character after '=': '~'"))
            }
            '=' => Ok(Kind::Equals),
            '!' if self.accept(|c| c == '=') => operator(Operator::NotEqual),
            '!' => Err(wrong(place, format!("unexpected character after '!': {}", self.next()))),
            '<' if self.accept(|c| c == '=') => operator(Operator::LessOrEqual),
            '<' => operator(Operator::Less),
            '>' if self.accept(|c| c == '=') => operator(Operator::GreaterOrEqual),
            '>' => operator(Operator::Greater),
            other => Err(wrong(place, format!("unexpected character: {other:?}"))),
        }
    }

    fn square(&mut self, place: usize, sign: char) -> Result<Kind, Wrong> {
        match (sign, self.within) {
            ('[', Within::Square { .. }) => Err(wrong(place, "unexpected left bracket '['")),
            ('[', Within::Nothing | Within::Curly) => {
                self.within = Within::Square { colon: false };
                Ok(Kind::Open(Bracket::Square))
            }
            (_, Within::Square { .. }) => {
                self.within = Within::Nothing;
                Ok(Kind::Close(Bracket::Square))
            }
            (_, Within::Nothing | Within::Curly) => {
                Err(wrong(place, "unexpected right bracket ']'"))
            }
        }
    }

    fn sign_in_braces(&mut self, place: usize, first: char) -> Result<Kind, Wrong> {
        match first {
            '}' => {
                self.within = Within::Nothing;
                Ok(Kind::Close(Bracket::Curly))
            }
            ',' => Ok(Kind::Comma),
            '=' if self.accept(|c| c == '~') => Ok(Kind::Operator(Operator::Matches)),
            '=' => Ok(Kind::Equals),
            '!' if self.accept(|c| c == '~') => Ok(Kind::Operator(Operator::MatchesNot)),
            '!' if self.accept(|c| c == '=') => Ok(Kind::Operator(Operator::NotEqual)),
            '!' => {
                let message = "unexpected character after '!' inside braces";
                Err(wrong(place, format!("{message}: {}", self.next())))
            }
            '{' => Err(wrong(place, "unexpected left brace '{'")),
            other => Err(wrong(place, format!("unexpected character inside braces: {other:?}"))),
        }
    }

    /// The next character for an error.
    fn next(&self) -> String {
        // Prometheus writes the end of a text so.
        self.peek().map_or_else(|| "'\u{fffd}'".into(), |next| format!("{next:?}"))
    }
}

fn wrong(place: usize, message: impl Into<String>) -> Wrong {
    Wrong { place, message: message.into() }
}

fn is_space(c: char) -> bool {
    [' ', '\t', '\n', '\r'].contains(&c)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// What units of durations are made of.
fn is_unit(c: char) -> bool {
    "smhdwy".contains(c)
}

//! From the text of a template to its tokens, as Go's own lexer cuts it.

/// A token and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub place: usize,
    pub kind: Kind,
    /// As it is written.
    pub text: String,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What stands outside of actions.
    Outside,
    /// `{{`
    Begin,
    /// `}}`
    End,
    Space,
    /// A name without a dot: a function, a word of the language, a truth.
    Name,
    /// `.name`
    Field,
    /// `.`
    Dot,
    /// `$name`
    Variable,
    Number,
    /// In double quotes.
    Quoted,
    /// In backquotes.
    Raw,
    /// In single quotes.
    Letter,
    /// `|`
    Pipe,
    Open,
    Close,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    Comma,
}

const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

/// All tokens of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer { text, place: 0, tokens: Vec::new() };
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    place: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), String> {
        let mut trims = false;
        loop {
            let rest = &self.text[self.place..];
            let Some(begin) = rest.find("{{") else {
                let last = if trims { rest.trim_start_matches(WHITE) } else { rest };
                let place = self.text.len() - last.len();
                self.push_outside(place, last);
                return Ok(());
            };
            let mut outside = &rest[..begin];
            let mut place = self.place;
            if trims {
                let trimmed = outside.trim_start_matches(WHITE);
                place += outside.len() - trimmed.len();
                outside = trimmed;
            }
            let inside = &rest[begin + 2..];
            let trims_left = inside.starts_with('-') && inside[1..].starts_with(WHITE);
            if trims_left {
                outside = outside.trim_end_matches(WHITE);
            }
            self.push_outside(place, outside);
            let begins = self.place + begin;
            self.place = begins + if trims_left { 4 } else { 2 };
            let comment = &self.text[self.place..];
            // A comment may stand behind white space only where that is trimmed.
            trims = if comment.starts_with("/*") {
                self.comment()?
            } else {
                self.tokens.push(Token { place: begins, kind: Kind::Begin, text: "{{".into() });
                self.inside()?
            };
        }
    }

    fn push_outside(&mut self, place: usize, text: &str) {
        if !text.is_empty() {
            self.tokens.push(Token { place, kind: Kind::Outside, text: text.into() });
        }
    }

    /// Skips a comment; answers whether what follows is trimmed.
    fn comment(&mut self) -> Result<bool, String> {
        let rest = &self.text[self.place..];
        let end = rest.find("*/").ok_or_else(|| self.at("unclosed comment"))?;
        self.place += end + 2;
        self.end().ok_or_else(|| self.at("comment ends before closing delimiter"))
    }

    /// Takes the end of an action, if it stands here; answers whether what follows is trimmed.
    fn end(&mut self) -> Option<bool> {
        let rest = &self.text[self.place..];
        if rest.starts_with("}}") {
            self.place += 2;
            return Some(false);
        }
        let trimmed = rest.strip_prefix(WHITE).is_some_and(|rest| rest.starts_with("-}}"));
        trimmed.then(|| self.place += 4)?;
        Some(true)
    }

    /// The tokens of an action; answers whether what follows is trimmed.
    fn inside(&mut self) -> Result<bool, String> {
        let mut open = 0usize;
        loop {
            let place = self.place;
            if let Some(trims) = self.end() {
                if open > 0 {
                    return Err(self.at("unclosed left paren"));
                }
                self.tokens.push(Token { place, kind: Kind::End, text: "}}".into() });
                return Ok(trims);
            }
            let rest = &self.text[place..];
            let Some(first) = rest.chars().next() else {
                return Err(self.at("unclosed action"));
            };
            let (kind, length) = match first {
                first if WHITE.contains(&first) => (Kind::Space, spaces(rest)),
                '"' => (Kind::Quoted, self.quoted(rest, '"')?),
                '\'' => (Kind::Letter, self.quoted(rest, '\'')?),
                '`' => {
                    let end = rest[1..].find('`');
                    let end = end.ok_or_else(|| self.at("unterminated raw quoted string"))?;
                    (Kind::Raw, end + 2)
                }
                '|' => (Kind::Pipe, 1),
                '(' => (Kind::Open, 1),
                ')' => (Kind::Close, 1),
                ',' => (Kind::Comma, 1),
                '=' => (Kind::Assign, 1),
                ':' if rest.starts_with(":=") => (Kind::Declare, 2),
                '$' => (Kind::Variable, 1 + name(&rest[1..])),
                '.' if !rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                    match name(&rest[1..]) {
                        0 => (Kind::Dot, 1),
                        length => (Kind::Field, 1 + length),
                    }
                }
                first if first == '+' || first == '-' || first == '.' || first.is_ascii_digit() => {
                    (Kind::Number, number(rest))
                }
                first if is_letter(first) => (Kind::Name, name(rest)),
                other => return Err(self.at(&format!("unexpected {other:?} in action"))),
            };
            match kind {
                Kind::Open => open += 1,
                Kind::Close if open == 0 => return Err(self.at("unexpected right paren")),
                Kind::Close => open -= 1,
                _ => {}
            }
            self.tokens.push(Token { place, kind, text: rest[..length].into() });
            self.place += length;
        }
    }

    /// How long a text in quotes is, with them.
    fn quoted(&self, rest: &str, quote: char) -> Result<usize, String> {
        let mut letters = rest.char_indices().skip(1);
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\\' => {
                    letters.next();
                }
                '\n' => break,
                letter if letter == quote => return Ok(place + 1),
                _ => {}
            }
        }
        Err(self.at("unterminated quoted string"))
    }

    fn at(&self, message: &str) -> String {
        let line = self.text[..self.place].matches('\n').count() + 1;
        format!("line {line}: {message}")
    }
}

/// White space up to the end of an action that trims.
fn spaces(rest: &str) -> usize {
    let length = rest.len() - rest.trim_start_matches(WHITE).len();
    if rest[length..].starts_with("-}}") { (length - 1).max(1) } else { length }
}

fn is_letter(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

fn name(rest: &str) -> usize {
    rest.find(|letter| !is_letter(letter)).unwrap_or(rest.len())
}

/// A number with its sign and its letters; whether it is one is told when it is read.
fn number(rest: &str) -> usize {
    let mut length = 0;
    let mut before = ' ';
    for letter in rest.chars() {
        let is_sign = matches!(letter, '+' | '-');
        let is_part = match letter {
            '+' | '-' => length == 0 || matches!(before, 'e' | 'E' | 'p' | 'P'),
            '.' | '_' => true,
            letter => letter.is_ascii_alphanumeric(),
        };
        if !is_part || (is_sign && length > 0 && !matches!(before, 'e' | 'E' | 'p' | 'P')) {
            break;
        }
        length += letter.len_utf8();
        before = letter;
    }
    length
}

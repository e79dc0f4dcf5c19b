//! Texts in quotes, with Go's escapes. Behind a backquote there are none.

/// Where a text ends that begins with its quote: the first byte behind the closing one. An escape
/// that Go does not know is refused with its words.
pub fn end(text: &str, quote: char) -> Result<usize, String> {
    let mut at = quote.len_utf8();
    loop {
        let Some(next) = text[at..].chars().next() else { return Err(unterminated(quote)) };
        at += next.len_utf8();
        match next {
            '\u{fffd}' => return Err("invalid UTF-8 rune".into()),
            '\\' if quote != '`' => at += escape(&text[at..], quote)?.length,
            '\n' if quote != '`' => return Err(unterminated(quote)),
            _ if next == quote => return Ok(at),
            _ => {}
        }
    }
}

/// What a text in quotes says. An escape may stand for a byte that is part of no character.
pub fn unquote(quoted: &str) -> Vec<u8> {
    let mut said = Vec::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    let (Some(quote), Some(_)) = (chars.next(), chars.next_back()) else { return said };
    let mut left = chars.as_str();
    while let Some(next) = left.chars().next() {
        left = &left[next.len_utf8()..];
        let found = (next == '\\' && quote != '`').then(|| escape(left, quote).ok()).flatten();
        match found {
            Some(Escape { length, meaning: Meaning::Byte(byte) }) => {
                said.push(byte);
                left = &left[length..];
            }
            Some(Escape { length, meaning: Meaning::Character(character) }) => {
                said.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                left = &left[length..];
            }
            None => said.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    said
}

/// What stands behind a backslash.
struct Escape {
    /// So many bytes of it.
    length: usize,
    meaning: Meaning,
}

enum Meaning {
    Byte(u8),
    Character(char),
}

fn escape(text: &str, quote: char) -> Result<Escape, String> {
    let first = text.chars().next().ok_or("escape sequence not terminated")?;
    let byte = |byte| Ok(Escape { length: 1, meaning: Meaning::Byte(byte) });
    match first {
        'a' => byte(0x07),
        'b' => byte(0x08),
        'f' => byte(0x0c),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(0x0b),
        '\\' => byte(b'\\'),
        _ if first == quote => {
            Ok(Escape { length: first.len_utf8(), meaning: Meaning::Character(first) })
        }
        '0'..='7' => coded(text, Code { skipped: 0, digits: 3, base: 8, bytes: true }),
        'x' => coded(text, Code { skipped: 1, digits: 2, base: 16, bytes: true }),
        'u' => coded(text, Code { skipped: 1, digits: 4, base: 16, bytes: false }),
        'U' => coded(text, Code { skipped: 1, digits: 8, base: 16, bytes: false }),
        other => Err(format!("unknown escape sequence {}", name(other))),
    }
}

/// How a number stands for a character or a byte.
#[derive(Clone, Copy)]
struct Code {
    /// The letter that says so.
    skipped: usize,
    digits: usize,
    base: u32,
    /// It is a byte.
    bytes: bool,
}

fn coded(text: &str, code: Code) -> Result<Escape, String> {
    let mut chars = text[code.skipped..].chars();
    let mut value: u32 = 0;
    for _ in 0..code.digits {
        let digit = chars.next().ok_or("escape sequence not terminated")?;
        let number = digit
            .to_digit(code.base)
            .ok_or_else(|| format!("illegal character {} in escape sequence", name(digit)))?;
        value = value.wrapping_mul(code.base).wrapping_add(number);
    }
    let meaning = if code.bytes {
        u8::try_from(value).ok().map(Meaning::Byte)
    } else {
        char::from_u32(value).map(Meaning::Character)
    };
    let meaning = meaning.ok_or("escape sequence is an invalid Unicode code point")?;
    Ok(Escape { length: code.skipped + code.digits, meaning })
}

/// A character as Go's errors write it.
fn name(character: char) -> String {
    let code = format!("U+{:04X}", character as u32);
    if character.is_control() { code } else { format!("{code} '{character}'") }
}

fn unterminated(quote: char) -> String {
    let kind = if quote == '`' { "raw string" } else { "quoted string" };
    format!("unterminated {kind}")
}

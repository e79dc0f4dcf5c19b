//! What stands behind a backslash: characters, and classes of them.

use super::PatternError;
use super::scan::Scan;

/// Characters from one to another, both included.
pub type Range = (char, char);

/// All characters.
const ALL: &str = "[\\x{0}-\\x{10FFFF}]";

/// No character.
pub const NONE: &str = "[^\\x{0}-\\x{10FFFF}]";

const DIGITS: &[Range] = &[('0', '9')];
const SPACES: &[Range] = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
const WORDS: &[Range] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The general categories that Go knows by name; `C` it knows without what is not assigned.
const CATEGORIES: &str = "Cc Cf Co L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S \
                          Sc Sk Sm So Z Zl Zp Zs";

/// `\d`, `\pL` and their kin as a class of the crate, if that comes next: ASCII, as in RE2.
pub fn class(scan: &mut Scan<'_>) -> Result<Option<String>, PatternError> {
    let mut ahead = *scan;
    if !ahead.accept("\\") {
        return Ok(None);
    }
    let found = match ahead.next() {
        Some('d') => one_of(DIGITS),
        Some('D') => none_of(DIGITS),
        Some('s') => one_of(SPACES),
        Some('S') => none_of(SPACES),
        Some('w') => one_of(WORDS),
        Some('W') => none_of(WORDS),
        Some(sign @ ('p' | 'P')) => {
            let class = unicode(&mut ahead, *scan)?;
            if sign == 'p' { class } else { others(&class) }
        }
        Some(_) | None => return Ok(None),
    };
    *scan = ahead;
    Ok(Some(found))
}

/// A class of ranges.
pub fn one_of(ranges: &[Range]) -> String {
    let inner: String = ranges.iter().map(|range| written(*range)).collect();
    format!("[{inner}]")
}

/// A class of all but ranges.
pub fn none_of(ranges: &[Range]) -> String {
    let inner: String = ranges.iter().map(|range| written(*range)).collect();
    format!("[^{inner}]")
}

fn others(class: &str) -> String {
    format!("[^{class}]")
}

/// A range within a class of the crate.
pub fn written((first, last): Range) -> String {
    format!("\\x{{{:X}}}-\\x{{{:X}}}", first as u32, last as u32)
}

/// `L}` or `{Greek}` of `\p`, as a class of the crate.
fn unicode(scan: &mut Scan<'_>, before: Scan<'_>) -> Result<String, PatternError> {
    let wrong = |part: &str| Err(PatternError::new("invalid character class range", part));
    let name = if scan.accept("{") {
        let name = scan.take(|c| c != '}');
        if !scan.accept("}") {
            return wrong(before.left);
        }
        name
    } else {
        let letter = *scan;
        scan.next();
        scan.since(letter)
    };
    let (name, within) = match name.strip_prefix('^') {
        Some(name) => (name, false),
        None => (name, true),
    };
    let class = match name {
        "Any" => ALL.to_owned(),
        "C" => "[\\p{Cc}\\p{Cf}\\p{Co}]".to_owned(),
        "Cs" => NONE.to_owned(),
        _ if CATEGORIES.split(' ').any(|known| known == name) => format!("\\p{{gc={name}}}"),
        _ => {
            let named = name.len() > 2
                && name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
                && regex::Regex::new(&format!("\\p{{sc={name}}}")).is_ok();
            if !named {
                return wrong(scan.since(before));
            }
            format!("\\p{{sc={name}}}")
        }
    };
    Ok(if within { class } else { others(&class) })
}

/// The code of one character behind a backslash, which is the next.
pub fn character(scan: &mut Scan<'_>) -> Result<u32, PatternError> {
    let before = *scan;
    scan.next();
    let Some(first) = scan.next() else {
        return Err(PatternError::new("trailing backslash at end of expression", ""));
    };
    let code = match first {
        '1'..='7' if !scan.left.starts_with(is_octal) => None,
        '0'..='7' => {
            let digits = scan.left.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte));
            let count = digits.count();
            let (digits, left) = scan.left.split_at(count);
            scan.left = left;
            u32::from_str_radix(&format!("{first}{digits}"), 8).ok()
        }
        'x' if scan.accept("{") => braced(scan),
        'x' => {
            let digits = [scan.next(), scan.next()].map(|digit| digit.and_then(|d| d.to_digit(16)));
            let [high, low] = digits;
            high.zip(low).map(|(high, low)| 16 * high + low)
        }
        'a' => Some(0x07),
        'f' => Some(0x0c),
        'n' => Some(0x0a),
        'r' => Some(0x0d),
        't' => Some(0x09),
        'v' => Some(0x0b),
        sign if sign.is_ascii() && !sign.is_ascii_alphanumeric() => Some(sign as u32),
        _ => None,
    };
    code.ok_or_else(|| PatternError::new("invalid escape sequence", scan.since(before)))
}

/// `41}`, up to what is no character.
fn braced(scan: &mut Scan<'_>) -> Option<u32> {
    let mut code = None;
    while let Some(digit) = scan.peek().and_then(|next| next.to_digit(16)) {
        scan.next();
        let next = code.unwrap_or(0) * 16 + digit;
        code = Some(next).filter(|code| *code <= 0x0010_ffff);
        code?;
    }
    scan.accept("}").then_some(code).flatten()
}

fn is_octal(c: char) -> bool {
    ('0'..='7').contains(&c)
}

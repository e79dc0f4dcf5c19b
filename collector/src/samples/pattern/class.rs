//! `[…]`: a class of characters as Go reads it, written for the crate as ranges.

use super::PatternError;
use super::escape::{NONE, Range, character, class as escaped, none_of, one_of, written};
use super::scan::Scan;

/// POSIX's names, for ASCII.
const NAMED: [(&str, &[Range]); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// The class that comes next, which begins with its bracket.
pub fn class(scan: &mut Scan<'_>) -> Result<String, PatternError> {
    let whole = *scan;
    scan.accept("[");
    let within = !scan.accept("^");
    let mut inner = String::new();
    let mut first = true;
    // A bracket that closes is one of the characters where it is the first.
    while first || scan.peek() != Some(']') {
        first = false;
        if let Some(found) = named(scan)? {
            inner.push_str(&found);
        } else if let Some(found) = escaped(scan)? {
            inner.push_str(&found);
        } else {
            inner.push_str(&range(scan, whole)?);
        }
    }
    scan.accept("]");
    Ok(match (within, inner.is_empty()) {
        (true, true) => NONE.to_owned(),
        (false, true) => format!("[^{NONE}]"),
        (true, false) => format!("[{inner}]"),
        (false, false) => format!("[^{inner}]"),
    })
}

/// `[:alpha:]`, `[:^alpha:]`
fn named(scan: &mut Scan<'_>) -> Result<Option<String>, PatternError> {
    let Some(behind) = scan.left.strip_prefix("[:") else { return Ok(None) };
    let Some(end) = behind.find(":]") else { return Ok(None) };
    let (name, within) = match behind[..end].strip_prefix('^') {
        Some(name) => (name, false),
        None => (&behind[..end], true),
    };
    let Some((_, ranges)) = NAMED.iter().find(|(known, _)| *known == name) else {
        let part = &scan.left[..end + 4];
        return Err(PatternError::new("invalid character class range", part));
    };
    scan.left = &behind[end + 2..];
    Ok(Some(if within { one_of(ranges) } else { none_of(ranges) }))
}

/// A character, or those from one to another.
fn range(scan: &mut Scan<'_>, whole: Scan<'_>) -> Result<String, PatternError> {
    let before = *scan;
    let first = one(scan, whole)?;
    let mut last = first;
    // One that stands last stands for itself.
    if scan.left.starts_with('-') && scan.left.len() >= 2 && !scan.left.starts_with("-]") {
        scan.next();
        last = one(scan, whole)?;
        if last < first {
            let part = scan.since(before);
            return Err(PatternError::new("invalid character class range", part));
        }
    }
    // No text has halves of characters, which Go counts as some.
    let first = char::from_u32(first).unwrap_or('\u{e000}');
    let last = char::from_u32(last).unwrap_or('\u{d7ff}');
    Ok(if first <= last { written((first, last)) } else { String::new() })
}

fn one(scan: &mut Scan<'_>, whole: Scan<'_>) -> Result<u32, PatternError> {
    match scan.peek() {
        None => Err(PatternError::new("missing closing ]", whole.left)),
        Some('\\') => character(scan),
        Some(next) => {
            scan.next();
            Ok(next as u32)
        }
    }
}

//! From RE2's syntax to the crate's: one pass, in which each part is written anew.

use super::class::class;
use super::escape::{self, NONE};
use super::scan::Scan;
use super::{Named, PatternError};

/// The most that repetitions within repetitions may ask for, as in RE2.
const MOST_REPEATED: usize = 1_000;

/// The deepest that groups may nest, what lies around a pattern included: Go allows a thousand, but
/// the crate takes stack for each.
const DEEPEST: usize = 200;

/// A pattern in the crate's syntax.
#[derive(Debug, PartialEq, Eq)]
pub struct Translated {
    pub text: String,
    /// Groups with a name; in the text they have none.
    pub names: Vec<Named>,
}

/// A whole pattern in the crate's syntax.
pub fn translate(pattern: &str) -> Result<Translated, PatternError> {
    let mut translator = Translator {
        whole: pattern,
        scan: Scan { left: pattern },
        written: Translated { text: String::with_capacity(2 * pattern.len()), names: Vec::new() },
        groups: 0,
        open: Vec::new(),
        before: Before::Nothing,
        last: Last::default(),
        repeated: 0,
    };
    while let Some(next) = translator.scan.peek() {
        translator.part(next)?;
    }
    if translator.open.is_empty() {
        Ok(translator.written)
    } else {
        Err(PatternError::new("missing closing )", pattern))
    }
}

struct Translator<'p> {
    whole: &'p str,
    scan: Scan<'p>,
    written: Translated,
    /// How many groups have been opened that are counted.
    groups: usize,
    open: Vec<Open>,
    before: Before<'p>,
    last: Last,
    /// The most that repetitions ask for in the innermost group.
    repeated: usize,
}

/// An open group.
struct Open {
    /// Where it begins in what is written.
    begin: usize,
    /// How much was asked for before it.
    repeated: usize,
}

/// Where in what is written stands what a repetition would repeat. Flags may stand behind it, which are
/// never repeated.
#[derive(Default)]
struct Last {
    begin: usize,
    /// Behind what repeats it, too.
    end: usize,
    is_repeated: bool,
}

/// What a repetition would repeat.
#[derive(Clone, Copy)]
enum Before<'p> {
    Nothing,
    /// Something in which repetitions ask for so much.
    Atom(usize),
    /// Something that is repeated already, from there on, and asks for so much.
    Repetition(Scan<'p>, usize),
}

impl<'p> Translator<'p> {
    fn part(&mut self, next: char) -> Result<(), PatternError> {
        match next {
            '(' => self.open()?,
            ')' => self.close()?,
            '|' => {
                self.scan.next();
                self.written.text.push('|');
                self.before = Before::Nothing;
            }
            '^' | '$' | '.' => {
                self.scan.next();
                self.atom(&next.to_string());
            }
            '[' => {
                let class = class(&mut self.scan)?;
                self.atom(&class);
            }
            '*' | '+' | '?' => self.repetition(1, |scan| scan.left = &scan.left[1..])?,
            '{' => match bounds(self.scan)? {
                Some(bounds) => self.repetition(bounds.most, |scan| scan.left = bounds.behind)?,
                None => self.literal(),
            },
            '\\' => self.escaped()?,
            _ => self.literal(),
        }
        Ok(())
    }

    fn atom(&mut self, text: &str) {
        let begin = self.written.text.len();
        self.written.text.push_str(text);
        self.before = Before::Atom(1);
        self.last = Last { begin, end: self.written.text.len(), is_repeated: false };
    }

    /// What has been repeated may be so again: something that is nothing stands between.
    fn settle(&mut self) {
        if let Before::Repetition(_, asked) = self.before {
            self.before = Before::Atom(asked);
        }
    }

    /// The next character as itself.
    fn literal(&mut self) {
        if let Some(next) = self.scan.next() {
            self.atom(&regex::escape(next.encode_utf8(&mut [0; 4])));
        }
    }

    fn open(&mut self) -> Result<(), PatternError> {
        let before = self.scan;
        self.scan.next();
        if self.open.len() >= DEEPEST {
            return Err(PatternError::new("expression nests too deeply", self.whole));
        }
        if !self.scan.accept("?") {
            self.groups += 1;
            self.enter("(");
        } else if self.scan.accept("P<") {
            self.named(before)?;
        } else if self.scan.accept("<") {
            if self.scan.left.starts_with(['=', '!']) {
                let part = self.scan.since(before);
                return Err(PatternError::new("invalid or unsupported Perl syntax", part));
            }
            self.named(before)?;
        } else {
            self.flags(before)?;
        }
        Ok(())
    }

    fn enter(&mut self, text: &str) {
        self.open.push(Open { begin: self.written.text.len(), repeated: self.repeated });
        self.written.text.push_str(text);
        self.repeated = 1;
        self.before = Before::Nothing;
    }

    /// `name>` of a group, whose names are our own affair: the crate's have other letters.
    fn named(&mut self, before: Scan<'_>) -> Result<(), PatternError> {
        let wrong = |part: &str| Err(PatternError::new("invalid named capture", part));
        let name = self.scan.take(|c| c != '>');
        if !self.scan.accept(">") {
            return wrong(before.left);
        }
        let valid =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !valid {
            return wrong(self.scan.since(before));
        }
        self.groups += 1;
        self.written.names.push(Named { name: name.to_owned(), group: self.groups });
        self.enter("(");
        Ok(())
    }

    /// `i-s)`, `i-s:`
    fn flags(&mut self, before: Scan<'_>) -> Result<(), PatternError> {
        let (mut on, mut off) = (String::new(), String::new());
        let mut negative = false;
        loop {
            let next = self.scan.next();
            match next {
                Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                    let flags = if negative { &mut off } else { &mut on };
                    if !flags.contains(flag) {
                        flags.push(flag);
                    }
                }
                Some('-') if !negative => negative = true,
                Some(end @ (':' | ')')) if !negative || !off.is_empty() => {
                    on.retain(|flag| !off.contains(flag));
                    let sign = if off.is_empty() { "" } else { "-" };
                    let flags = format!("{on}{sign}{off}");
                    if end == ':' {
                        self.enter(&format!("(?{flags}:"));
                    } else if !flags.is_empty() {
                        self.written.text.push_str("(?");
                        self.written.text.push_str(&flags);
                        self.written.text.push(')');
                        self.settle();
                    }
                    return Ok(());
                }
                Some(_) => {
                    let part = self.scan.since(before);
                    return Err(PatternError::new("invalid or unsupported Perl syntax", part));
                }
                None => return Err(PatternError::new("missing closing )", self.whole)),
            }
        }
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let Some(outside) = self.open.pop() else {
            return Err(PatternError::new("unexpected )", self.whole));
        };
        self.scan.next();
        self.written.text.push(')');
        self.last = Last { begin: outside.begin, end: self.written.text.len(), is_repeated: false };
        self.before = Before::Atom(self.repeated);
        self.repeated = self.repeated.max(outside.repeated);
        Ok(())
    }

    /// `*`, `{2,3}` and their kin; `most` is the most that it asks for.
    fn repetition(
        &mut self,
        most: usize,
        pass: impl FnOnce(&mut Scan<'p>),
    ) -> Result<(), PatternError> {
        let before = self.scan;
        pass(&mut self.scan);
        self.scan.accept("?");
        let part = self.scan.since(before);
        let atom = match self.before {
            Before::Nothing => {
                return Err(PatternError::new("missing argument to repetition operator", part));
            }
            Before::Repetition(first, _) => {
                let part = self.scan.since(first);
                return Err(PatternError::new("invalid nested repetition operator", part));
            }
            Before::Atom(atom) => atom,
        };
        let asked = atom.saturating_mul(most.max(1));
        if asked > MOST_REPEATED {
            return Err(PatternError::new("invalid repeat count", part));
        }
        self.repeated = self.repeated.max(asked);
        self.repeat(part);
        self.before = Before::Repetition(before, asked);
        Ok(())
    }

    /// Writes a repetition behind what it repeats.
    fn repeat(&mut self, part: &str) {
        let text = &mut self.written.text;
        if self.last.is_repeated {
            text.insert(self.last.end, ')');
            text.insert_str(self.last.begin, "(?:");
            self.last.end += "(?:)".len();
        }
        text.insert_str(self.last.end, part);
        self.last.end += part.len();
        self.last.is_repeated = true;
    }

    /// A backslash and what it means.
    fn escaped(&mut self) -> Result<(), PatternError> {
        let before = self.scan;
        let known = [("\\A", "\\A"), ("\\z", "\\z"), ("\\b", "(?-u:\\b)"), ("\\B", "(?-u:\\B)")];
        if let Some((_, text)) = known.into_iter().find(|(from, _)| self.scan.accept(from)) {
            self.atom(text);
        } else if self.scan.accept("\\C") {
            return Err(PatternError::new("invalid escape sequence", self.scan.since(before)));
        } else if self.scan.accept("\\Q") {
            self.settle();
            while !self.scan.left.is_empty() && !self.scan.accept("\\E") {
                self.literal();
            }
        } else if let Some(class) = escape::class(&mut self.scan)? {
            self.atom(&class);
        } else {
            let code = escape::character(&mut self.scan)?;
            match char::from_u32(code) {
                Some(found) => self.atom(&regex::escape(found.encode_utf8(&mut [0; 4]))),
                // Half a character, which is in no text.
                None => self.atom(NONE),
            }
        }
        Ok(())
    }
}

/// `{2,3}`
struct Bounds<'p> {
    most: usize,
    behind: &'p str,
}

/// The bounds of a repetition, if that is what a brace begins; otherwise it is a brace.
fn bounds(mut scan: Scan<'_>) -> Result<Option<Bounds<'_>>, PatternError> {
    let before = scan;
    scan.accept("{");
    let Some(least) = count(&mut scan) else { return Ok(None) };
    let most = if scan.accept(",") {
        match scan.peek() {
            Some('}') => None,
            _ => match count(&mut scan) {
                Some(most) => Some(most),
                None => return Ok(None),
            },
        }
    } else {
        Some(least)
    };
    if !scan.accept("}") {
        return Ok(None);
    }
    let asked = most.unwrap_or(least);
    if least > MOST_REPEATED || asked > MOST_REPEATED || asked < least {
        return Err(PatternError::new("invalid repeat count", scan.since(before)));
    }
    Ok(Some(Bounds { most: asked, behind: scan.left }))
}

/// A number without a zero in front.
fn count(scan: &mut Scan<'_>) -> Option<usize> {
    let digits = scan.take(|c| c.is_ascii_digit());
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some(digits.parse().unwrap_or(usize::MAX))
}

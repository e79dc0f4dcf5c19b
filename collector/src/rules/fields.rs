//! The fields of a mapping: which may stand there, and what each is. What is wrong is noted, and
//! reading goes on.

use super::duration::parse_duration;
use super::mistake::Mistake;
use super::yaml::{Content, Entry, Node};

/// A text and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// From one.
    pub line: usize,
    /// The text.
    pub text: String,
}

/// A mapping whose names are known.
pub struct Fields<'n> {
    /// Its line.
    pub line: usize,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The fields of a part that must be a mapping of names that are known; nothing if it is none.
    pub fn of(
        node: &'n Node,
        what: &str,
        known: &[&str],
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Self> {
        let entries = match &node.content {
            Content::Map(entries) => entries,
            Content::Nothing | Content::Text(_) | Content::Quoted(_) | Content::List(_) => {
                let message = format!("{what} must be a mapping, not {}", node.kind());
                mistakes.push(Mistake::at(node.line, message));
                return None;
            }
        };
        for Entry { line, name, .. } in entries {
            if !known.contains(&&**name) {
                mistakes.push(Mistake::at(*line, format!("{what} has no field {name:?}")));
            }
        }
        Some(Self { line: node.line, entries })
    }

    /// The part of that name; one that is empty is as none.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        let found = self.entries.iter().find(|entry| entry.name == name);
        found.map(|entry| &entry.value).filter(|value| !matches!(value.content, Content::Nothing))
    }

    /// A text; an empty one where there is none.
    pub fn text(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Placed {
        match self.get(name) {
            None => Placed { line: self.line, text: String::new() },
            Some(node) => text(node, name, mistakes),
        }
    }

    /// A length of time in milliseconds.
    pub fn duration(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Option<i64> {
        let node = self.get(name)?;
        let Placed { line, text } = text(node, name, mistakes);
        match parse_duration(&text) {
            Ok(ms) => Some(ms),
            Err(error) => {
                mistakes.push(Mistake::at(line, format!("{name}: {error}")));
                None
            }
        }
    }

    /// A whole number; none if it is zero or less.
    pub fn number(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Option<usize> {
        let node = self.get(name)?;
        let Placed { line, text } = text(node, name, mistakes);
        let is_plain = !matches!(node.content, Content::Quoted(_));
        let Some(number) = whole(&text).filter(|_| is_plain) else {
            mistakes.push(Mistake::at(line, format!("{name}: {text:?} is no whole number")));
            return None;
        };
        usize::try_from(number).ok().filter(|number| *number > 0)
    }

    /// The parts of a list; none where there is none.
    pub fn list(&self, name: &str, mistakes: &mut Vec<Mistake>) -> &'n [Node] {
        match self.get(name) {
            None | Some(Node { content: Content::Nothing, .. }) => &[],
            Some(Node { content: Content::List(items), .. }) => items,
            Some(node) => {
                let message = format!("{name} must be a list, not {}", node.kind());
                mistakes.push(Mistake::at(node.line, message));
                &[]
            }
        }
    }

    /// Names and texts, ordered by name.
    pub fn pairs(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Vec<(String, Placed)> {
        let entries = match self.get(name) {
            None | Some(Node { content: Content::Nothing, .. }) => return Vec::new(),
            Some(Node { content: Content::Map(entries), .. }) => entries,
            Some(node) => {
                let message = format!("{name} must be a mapping, not {}", node.kind());
                mistakes.push(Mistake::at(node.line, message));
                return Vec::new();
            }
        };
        let pair = |entry: &Entry| {
            let value = text(&entry.value, &entry.name, mistakes);
            (entry.name.clone(), Placed { line: entry.line, ..value })
        };
        let mut pairs: Vec<_> = entries.iter().map(pair).collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs
    }
}

fn text(node: &Node, name: &str, mistakes: &mut Vec<Mistake>) -> Placed {
    let text = match &node.content {
        Content::Text(text) | Content::Quoted(text) => text.clone(),
        Content::Nothing => String::new(),
        Content::List(_) | Content::Map(_) => {
            let message = format!("{name} must be a text, not {}", node.kind());
            mistakes.push(Mistake::at(node.line, message));
            String::new()
        }
    };
    Placed { line: node.line, text }
}

/// A whole number as YAML 1.2 and Go write it: decimal, or with `0x`, `0o`, `0b` or a leading nought.
fn whole(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let digits = digits.replace('_', "");
    let is_digits = digits.starts_with(|first: char| first.is_ascii_alphanumeric());
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok().filter(|_| is_digits)
}

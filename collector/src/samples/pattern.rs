//! Regular expressions as Prometheus reads them: RE2's, over the whole of a value, and a dot is any
//! character.
//!
//! The crate `regex` finds what they match; what is written differently there is translated.

mod class;
mod escape;
mod scan;
mod translate;

use regex::{Captures, Regex, RegexBuilder};

use self::translate::{Translated, translate};

/// The most that a compiled pattern may take, in bytes, as the crate has it.
pub const LARGEST_BYTES: usize = 10 << 20;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// The names of groups that have one.
    names: Vec<Named>,
}

/// A group with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    group: usize,
}

/// Why a pattern is none, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {what}: `{part}`")]
pub struct PatternError {
    what: &'static str,
    /// The part of the pattern that is wrong.
    part: String,
}

impl PatternError {
    fn new(what: &'static str, part: &str) -> Self {
        Self { what, part: part.to_owned() }
    }
}

impl Pattern {
    /// A pattern for whole values.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let found = Self::within(text, LARGEST_BYTES)?;
        found.ok_or_else(|| PatternError::new("expression too large", text))
    }

    /// A pattern that takes no more than so many bytes; nothing if it would take more.
    pub fn within(text: &str, bytes: usize) -> Result<Option<Self>, PatternError> {
        // As Prometheus does it, so that a bracket may close what it has opened.
        let whole = format!("^(?s:{text})$");
        compiled(text, translate(&whole)?, bytes)
    }

    /// A pattern for any part of a value, as templates have them: a dot is no end of a line.
    pub fn anywhere(text: &str, bytes: usize) -> Result<Self, PatternError> {
        let found = compiled(text, translate(text)?, bytes)?;
        found.ok_or_else(|| PatternError::new("expression too large", text))
    }

    /// Whether it matches a value: the whole of it, unless it is one for any part.
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// A template in which `$1`, `${1}` and `${name}` stand for what the groups have matched in a
    /// value, and `$$` for `$`; nothing if the value does not match. A name ends where letters,
    /// digits and underscores do.
    pub fn expanded(&self, value: &str, template: &str) -> Option<String> {
        let mut text = String::new();
        self.expand(&self.regex.captures(value)?, template, &mut text);
        Some(text)
    }

    /// A value in which a template stands for each part that matches.
    pub fn replaced(&self, value: &str, template: &str) -> String {
        let (mut text, mut end) = (String::new(), 0);
        for found in self.regex.captures_iter(value) {
            let part = found.get_match();
            text.push_str(&value[end..part.start()]);
            self.expand(&found, template, &mut text);
            end = part.end();
        }
        text.push_str(&value[end..]);
        text
    }

    /// Adds a template, filled with what was found.
    fn expand(&self, found: &Captures<'_>, template: &str, text: &mut String) {
        let mut left = template;
        while let Some((before, behind)) = left.split_once('$') {
            text.push_str(before);
            left = behind;
            if let Some(rest) = left.strip_prefix('$') {
                text.push('$');
                left = rest;
            } else if let Some((name, rest)) = group_name(left) {
                let group = self.groups(name).find_map(|group| found.get(group));
                text.push_str(group.map_or("", |group| group.as_str()));
                left = rest;
            } else {
                text.push('$');
            }
        }
        text.push_str(left);
    }

    /// The groups that a number or a name means: several may have the same name.
    fn groups(&self, name: &str) -> impl Iterator<Item = usize> {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit())
            && !(name.len() > 1 && name.starts_with('0'));
        let number = is_number.then(|| name.parse().ok()).flatten();
        let named = self.names.iter().filter(move |known| !is_number && known.name == name);
        number.into_iter().chain(named.map(|known| known.group))
    }
}

/// A pattern in the crate's syntax; nothing if it would take more than so many bytes.
fn compiled(
    text: &str,
    translated: Translated,
    bytes: usize,
) -> Result<Option<Pattern>, PatternError> {
    let Translated { text: written, names } = translated;
    match RegexBuilder::new(&written).size_limit(bytes).build() {
        Ok(regex) => Ok(Some(Pattern { regex, names })),
        Err(regex::Error::CompiledTooBig(_)) => Ok(None),
        Err(_) => Err(PatternError::new("invalid or unsupported syntax", text)),
    }
}

/// The name behind a `$`, and what follows it.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let from = inner.unwrap_or(text);
    let end = from.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(from.len());
    let (name, rest) = from.split_at(end);
    let rest = if inner.is_some() { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests;

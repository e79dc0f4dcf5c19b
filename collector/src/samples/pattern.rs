//! Regular expressions as Prometheus reads them: RE2's, over the whole of a value, and a dot is any
//! character.
//!
//! The crate `regex` finds what they match; what is written differently there is translated.

mod class;
mod escape;
mod scan;
mod translate;

use regex::{Regex, RegexBuilder};

use self::translate::translate;

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
        let translated = translate(&whole)?;
        let mut builder = RegexBuilder::new(&translated.text);
        match builder.size_limit(bytes).build() {
            Ok(regex) => Ok(Some(Self { regex, names: translated.names })),
            Err(regex::Error::CompiledTooBig(_)) => Ok(None),
            Err(_) => Err(PatternError::new("invalid or unsupported syntax", text)),
        }
    }

    /// Whether it matches the whole of a value.
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// A template in which `$1`, `${1}` and `${name}` stand for what the groups have matched in a
    /// value, and `$$` for `$`; nothing if the value does not match. A name ends where letters,
    /// digits and underscores do.
    pub fn expanded(&self, value: &str, template: &str) -> Option<String> {
        let found = self.regex.captures(value)?;
        let mut text = String::new();
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
        Some(text)
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

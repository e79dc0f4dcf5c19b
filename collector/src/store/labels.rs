//! Labels, which name a series, and matchers, which find series.

use std::fmt;
use std::sync::Arc;

use regex::Regex;

/// The label that holds a series' metric name.
pub const METRIC: &str = "__name__";

/// The labels of one series, metric name included, sorted by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[(Box<str>, Box<str>)]>);

impl Labels {
    /// Labels from names and values in any order; a value that is empty is no label.
    pub fn new<'a>(metric: &'a str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = labels.into_iter().chain([(METRIC, metric)]);
        let mut pairs: Vec<(Box<str>, Box<str>)> = pairs
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        pairs.sort();
        pairs.dedup_by(|b, a| a.0 == b.0);
        Self(pairs.into())
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&self.0[place].1)
    }

    /// The metric's name.
    pub fn metric(&self) -> &str {
        self.get(METRIC).unwrap_or_default()
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// These labels but those of the given names.
    #[must_use]
    pub fn without<S: AsRef<str>>(&self, names: &[S]) -> Self {
        let left = |name: &str| !names.iter().any(|unwanted| unwanted.as_ref() == name);
        Self(self.0.iter().filter(|(name, _)| left(name)).cloned().collect())
    }

    /// Only the labels of the given names.
    #[must_use]
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Self {
        let wanted = |name: &str| names.iter().any(|wanted| wanted.as_ref() == name);
        Self(self.0.iter().filter(|(name, _)| wanted(name)).cloned().collect())
    }

    /// These labels with one set; an empty value takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<(Box<str>, Box<str>)> = self.without(&[name]).0.to_vec();
        if !value.is_empty() {
            pairs.push((name.into(), value.into()));
            pairs.sort();
        }
        Self(pairs.into())
    }

    /// No labels.
    pub fn none() -> Self {
        Self(Arc::new([]))
    }

    /// The labels as bytes: each name and value behind its length (u16, little endian).
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in self.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    /// The reverse of [`Self::encode`].
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut texts = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
            let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
            texts.push(str::from_utf8(text).ok()?);
            bytes = rest;
        }
        let (pairs, []) = texts.as_chunks::<2>() else { return None };
        let pairs = pairs.iter().map(|[name, value]| ((*name).into(), (*value).into()));
        bytes.is_empty().then(|| Self(pairs.collect()))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric())?;
        let mut separator = "{";
        for (name, value) in self.iter().filter(|(name, _)| *name != METRIC) {
            write!(f, "{separator}{name}={value:?}")?;
            separator = ",";
        }
        f.write_str(if separator == "," { "}" } else { "" })
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A condition on one label. An absent label has the empty value, as in Prometheus.
#[derive(Debug, Clone)]
pub struct Matcher {
    name: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Equal(String),
    NotEqual(String),
    Regex(Regex),
    NotRegex(Regex),
}

/// Why a matcher cannot be.
#[derive(Debug, thiserror::Error)]
#[error("matcher of label {name:?}: {pattern:?} is not a regular expression")]
pub struct MatcherError {
    name: String,
    pattern: String,
    source: regex::Error,
}

impl Matcher {
    /// `name = value`.
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: name.into(), test: Test::Equal(value.into()) }
    }

    /// `name != value`.
    pub fn not_equal(name: &str, value: &str) -> Self {
        Self { name: name.into(), test: Test::NotEqual(value.into()) }
    }

    /// `name =~ pattern`, on the whole value.
    pub fn regex(name: &str, pattern: &str) -> Result<Self, MatcherError> {
        Ok(Self { name: name.into(), test: Test::Regex(anchored(name, pattern)?) })
    }

    /// `name !~ pattern`, on the whole value.
    pub fn not_regex(name: &str, pattern: &str) -> Result<Self, MatcherError> {
        Ok(Self { name: name.into(), test: Test::NotRegex(anchored(name, pattern)?) })
    }

    /// The series of a metric.
    pub fn metric(name: &str) -> Self {
        Self::equal(METRIC, name)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The one value that matches, if there is just one.
    pub(super) fn exact(&self) -> Option<&str> {
        match &self.test {
            Test::Equal(value) if !value.is_empty() => Some(value),
            Test::Equal(_) | Test::NotEqual(_) | Test::Regex(_) | Test::NotRegex(_) => None,
        }
    }

    pub(super) fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name).unwrap_or_default();
        match &self.test {
            Test::Equal(wanted) => value == wanted,
            Test::NotEqual(unwanted) => value != unwanted,
            Test::Regex(pattern) => pattern.is_match(value),
            Test::NotRegex(pattern) => !pattern.is_match(value),
        }
    }
}

fn anchored(name: &str, pattern: &str) -> Result<Regex, MatcherError> {
    Regex::new(&format!("^(?s:{pattern})$")).map_err(|source| MatcherError {
        name: name.into(),
        pattern: pattern.into(),
        source,
    })
}

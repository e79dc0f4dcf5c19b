//! Labels, which name a series.

use std::fmt;
use std::sync::Arc;

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

    /// About what they take in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        Self::bytes_of(self.iter())
    }

    /// About what labels of these names and values would take.
    pub fn bytes_of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
        let pair = size_of::<(Box<str>, Box<str>)>();
        pairs.map(|(name, value)| (pair + name.len() + value.len()) as u64).sum()
    }

    /// No labels.
    pub fn none() -> Self {
        Self(Arc::new([]))
    }

    /// Labels from pairs that are sorted by name already.
    pub fn sorted<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.map(|(name, value)| (name.into(), value.into())).collect())
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

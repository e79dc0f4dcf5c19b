//! Labels, which name a series.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use headroom_proto::metric::{is_plain_label_name, is_plain_metric_name};

/// The label that holds a series' metric name.
pub const METRIC: &str = "__name__";

/// The labels of one series, metric name included, sorted by name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<Packed>);

/// All texts one behind the other, since a series has too many of them to give each its own memory.
#[derive(Default, PartialEq, Eq, Hash)]
struct Packed {
    /// A name, its value, the next name.
    texts: Box<str>,
    /// Where each of them ends.
    ends: Box<[u32]>,
}

/// What packed labels take beside their texts and ends, in bytes.
const PACKED_BYTES: usize = size_of::<Packed>() + 2 * size_of::<usize>();

impl Labels {
    /// Labels from names and values in any order; a value that is empty is no label.
    pub fn new<'a>(metric: &'a str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = labels.into_iter().chain([(METRIC, metric)]);
        let mut pairs: Vec<_> = pairs.filter(|(_, value)| !value.is_empty()).collect();
        pairs.sort_unstable();
        pairs.dedup_by(|b, a| a.0 == b.0);
        Self::sorted(pairs.into_iter())
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The metric's name.
    pub fn metric(&self) -> &str {
        self.get(METRIC).unwrap_or_default()
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let Packed { texts, ends } = &*self.0;
        let mut begin = 0;
        ends.chunks_exact(2).map(move |pair| {
            let [name, value] = [pair[0] as usize, pair[1] as usize];
            let pair = (&texts[begin..name], &texts[name..value]);
            begin = value;
            pair
        })
    }

    /// These labels but those of the given names.
    #[must_use]
    pub fn without<S: AsRef<str>>(&self, names: &[S]) -> Self {
        let left = |name: &str| !names.iter().any(|unwanted| unwanted.as_ref() == name);
        Self::sorted(self.iter().filter(|(name, _)| left(name)))
    }

    /// Only the labels of the given names.
    #[must_use]
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Self {
        let wanted = |name: &str| names.iter().any(|wanted| wanted.as_ref() == name);
        Self::sorted(self.iter().filter(|(name, _)| wanted(name)))
    }

    /// These labels with one set; an empty value takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.iter().filter(|(known, _)| *known != name).collect();
        if !value.is_empty() {
            let place = pairs.partition_point(|(known, _)| *known < name);
            pairs.insert(place, (name, value));
        }
        Self::sorted(pairs.into_iter())
    }

    /// What they take in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        (PACKED_BYTES + self.0.texts.len() + size_of_val(&*self.0.ends)) as u64
    }

    /// What labels of these names and values would take.
    pub fn bytes_of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
        let ends = 2 * size_of::<u32>();
        let pairs: usize = pairs.map(|(name, value)| ends + name.len() + value.len()).sum();
        (PACKED_BYTES + pairs) as u64
    }

    /// No labels.
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// Labels from pairs that are sorted by name already.
    pub fn sorted<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut texts, mut ends) = (String::new(), Vec::new());
        for (name, value) in pairs {
            for text in [name, value] {
                texts.push_str(text);
                ends.push(texts.len() as u32);
            }
        }
        Self(Arc::new(Packed { texts: texts.into(), ends: ends.into() }))
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        match self.metric() {
            "" => {}
            plain if is_plain_metric_name(plain) => f.write_str(plain)?,
            other => {
                write!(f, "{{{other:?}")?;
                separator = ",";
            }
        }
        for (name, value) in self.iter().filter(|(name, _)| *name != METRIC) {
            if is_plain_label_name(name) {
                write!(f, "{separator}{name}={value:?}")?;
            } else {
                write!(f, "{separator}{name:?}={value:?}")?;
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_words_are_quoted() {
        for (metric, labels, expected) in [
            ("up", &[][..], "up"),
            ("a:b", &[("job", "x\"y")], "a:b{job=\"x\\\"y\"}"),
            ("", &[("job", "x")], "{job=\"x\"}"),
            ("", &[], ""),
            ("http.server.size", &[], "{\"http.server.size\"}"),
            ("http.size", &[("a:b", "1"), ("c", "2")], "{\"http.size\",\"a:b\"=\"1\",c=\"2\"}"),
            ("größe", &[("0", "1")], "{\"größe\",\"0\"=\"1\"}"),
        ] {
            assert_eq!(Labels::new(metric, labels.iter().copied()).to_string(), expected);
        }
    }
}

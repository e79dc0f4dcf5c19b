//! Matchers, which find series by their labels.

use super::labels::METRIC;
use super::pattern::{Pattern, PatternError};

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
    OneOf(Vec<String>),
    Regex(Pattern),
    NotRegex(Pattern),
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

    /// `name` has one of the values.
    pub fn one_of<V: Into<String>>(name: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(V::into).collect();
        Self { name: name.into(), test: Test::OneOf(values) }
    }

    /// `name =~ pattern`, on the whole value.
    pub fn regex(name: &str, pattern: &str) -> Result<Self, PatternError> {
        Ok(Self { name: name.into(), test: Test::Regex(Pattern::new(pattern)?) })
    }

    /// `name !~ pattern`, on the whole value.
    pub fn not_regex(name: &str, pattern: &str) -> Result<Self, PatternError> {
        Ok(Self { name: name.into(), test: Test::NotRegex(Pattern::new(pattern)?) })
    }

    /// The series of a metric.
    pub fn metric(name: &str) -> Self {
        Self::equal(METRIC, name)
    }

    /// The name of the label.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The one value that matches, if there is just one.
    pub fn exact(&self) -> Option<&str> {
        match &self.test {
            Test::Equal(value) if !value.is_empty() => Some(value),
            Test::Equal(_)
            | Test::NotEqual(_)
            | Test::OneOf(_)
            | Test::Regex(_)
            | Test::NotRegex(_) => None,
        }
    }

    /// Whether it accepts a value; the empty one stands for a label that is absent.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal(wanted) => value == wanted,
            Test::NotEqual(unwanted) => value != unwanted,
            Test::OneOf(wanted) => wanted.iter().any(|wanted| value == wanted),
            Test::Regex(pattern) => pattern.matches(value),
            Test::NotRegex(pattern) => !pattern.matches(value),
        }
    }
}

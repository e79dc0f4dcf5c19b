//! Selectors: which series, and where to look for their samples.

use std::collections::BTreeMap;

use super::{RangeVector, Vector, Window};
use crate::samples::{Labels, METRIC, Matcher, PatternError};

/// The series that all matchers accept, and where to look for their samples.
#[derive(Debug, Clone)]
pub struct Selector {
    pub matchers: Vec<Matcher>,
    /// The labels that the matchers demand exactly: those of the series that `absent` speaks of.
    pub demanded: Labels,
    pub shift: Shift,
}

/// What a selector demands of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    pub label: String,
    pub test: Test,
    /// The value or the regular expression.
    pub value: String,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// Where to look for the samples of a step: `@` and `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shift {
    pub at: At,
    /// How far before that.
    pub offset_ms: i64,
}

/// The moment from which a selector looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum At {
    /// The step's own.
    #[default]
    Step,
    /// `@ start()`: the first of the query.
    Start,
    /// `@ end()`: the last of the query.
    End,
    /// `@ 1700000000`, in milliseconds.
    Moment(i64),
}

/// A demand, and whether a series meets it.
#[derive(Debug)]
pub struct Demanded {
    pub demand: Demand,
    pub matcher: Matcher,
}

impl Selector {
    /// A selector of what meets all demands, at the step's own moment.
    pub fn new(demands: Vec<Demanded>) -> Self {
        let demanded = demanded(&demands);
        let matchers = demands.into_iter().map(|demanded| demanded.matcher).collect();
        Self { matchers, demanded, shift: Shift::default() }
    }
}

impl Demand {
    /// What tells whether it is met.
    pub fn demanded(self) -> Result<Demanded, PatternError> {
        let (label, value) = (&*self.label, &*self.value);
        let matcher = match self.test {
            Test::Equal => Matcher::equal(label, value),
            Test::NotEqual => Matcher::not_equal(label, value),
            Test::Regex => Matcher::regex(label, value)?,
            Test::NotRegex => Matcher::not_regex(label, value)?,
        };
        Ok(Demanded { demand: self, matcher })
    }
}

/// What stands with an equals sign; a label that more is said about is left out, as in Prometheus.
fn demanded(demands: &[Demanded]) -> Labels {
    let mut values: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for Demanded { demand, .. } in demands.iter().filter(|found| found.demand.label != METRIC) {
        match (values.get_mut(&*demand.label), demand.test) {
            (Some(value), _) => *value = None,
            (None, Test::Equal) => {
                values.insert(&demand.label, Some(&demand.value));
            }
            (None, Test::NotEqual | Test::Regex | Test::NotRegex) => {}
        }
    }
    let set = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Labels::sorted(set.filter(|(_, value)| !value.is_empty()))
}

impl Vector {
    /// What `absent` knows of the series that is not there.
    pub(super) fn demanded(&self) -> Labels {
        match self {
            Self::Newest(selector) => selector.demanded.clone(),
            Self::Timestamps(_)
            | Self::Scalar(_)
            | Self::Now(_)
            | Self::Signed(_)
            | Self::Each(_)
            | Self::Sorted(..)
            | Self::SortedByLabels(_)
            | Self::Absent(..)
            | Self::AbsentOverTime(..)
            | Self::OverTime(_)
            | Self::HistogramQuantile(_)
            | Self::HistogramFraction(_)
            | Self::NoHistograms(_)
            | Self::LabelReplace(_)
            | Self::LabelJoin(_)
            | Self::Info(_)
            | Self::Aggregation(_)
            | Self::WithScalar(_)
            | Self::Matched(_)
            | Self::Sets(_) => Labels::none(),
        }
    }
}

impl RangeVector {
    /// What `absent_over_time` knows of the series that is not there.
    pub(super) fn demanded(&self) -> Labels {
        match self {
            Self::Window(Window { selector, .. }) => selector.demanded.clone(),
            Self::Subquery(_) => Labels::none(),
        }
    }
}

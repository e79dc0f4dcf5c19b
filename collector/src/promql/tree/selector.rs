//! Selectors: which series, and where to look for their samples.

use super::{RangeVector, TreeError, Vector, Window};
use crate::samples::{Labels, METRIC, Matcher};

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

impl Selector {
    /// A selector of what meets all demands, at the step's own moment.
    pub fn new(demands: &[Demand]) -> Result<Self, TreeError> {
        let matchers = demands.iter().map(Demand::matcher).collect::<Result<_, _>>()?;
        Ok(Self { matchers, demanded: demanded(demands), shift: Shift::default() })
    }
}

impl Demand {
    fn matcher(&self) -> Result<Matcher, TreeError> {
        let (label, value) = (&*self.label, &*self.value);
        let matcher = match self.test {
            Test::Equal => Ok(Matcher::equal(label, value)),
            Test::NotEqual => Ok(Matcher::not_equal(label, value)),
            Test::Regex => Matcher::regex(label, value),
            Test::NotRegex => Matcher::not_regex(label, value),
        };
        matcher.map_err(|error| TreeError::wrong(error.to_string()))
    }
}

/// What stands with an equals sign; a label that more is said about is left out, as in Prometheus.
fn demanded(demands: &[Demand]) -> Labels {
    let mut labels = Labels::none();
    let mut seen: Vec<&str> = Vec::new();
    for demand in demands.iter().filter(|demand| demand.label != METRIC) {
        let label = &*demand.label;
        if demand.test == Test::Equal && !seen.contains(&label) {
            labels = labels.with(label, &demand.value);
            seen.push(label);
        } else {
            labels = labels.without(&[label]);
        }
    }
    labels
}

impl Vector {
    /// What `absent` knows of the series that is not there.
    pub(super) fn demanded(&self) -> Labels {
        match self {
            Self::Newest(selector) => selector.demanded.clone(),
            Self::Timestamps(_)
            | Self::Scalar(_)
            | Self::Now(_)
            | Self::Each(_)
            | Self::Sorted(..)
            | Self::Absent(..)
            | Self::AbsentOverTime(..)
            | Self::OverTime(_)
            | Self::HistogramQuantile(_)
            | Self::LabelReplace(_)
            | Self::LabelJoin(_)
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

//! Values of templates.

use std::collections::BTreeMap;
use std::sync::Arc;

/// One series that a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its labels, the metric's name among them.
    pub labels: Arc<BTreeMap<String, String>>,
    /// Its value.
    pub value: f64,
}

/// What an alert's texts are about.
#[derive(Debug, Clone, Copy)]
pub struct Data<'d> {
    /// The labels of what was found.
    pub labels: &'d Arc<BTreeMap<String, String>>,
    /// Labels of the collector.
    pub external_labels: &'d Arc<BTreeMap<String, String>>,
    /// Where people reach it.
    pub external_url: &'d str,
    /// The value of what was found.
    pub value: f64,
}

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// What is not there: a label, the value of no action.
    Missing,
    /// `nil`
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Labels(Arc<BTreeMap<String, String>>),
    Samples(Arc<[Found]>),
    Sample(Found),
    /// What the whole template is about.
    Data,
    /// What `args` makes.
    Arguments(Arc<BTreeMap<String, Self>>),
    /// What `toTime` makes: nanoseconds.
    Time(i64),
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// What Go calls its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing | Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Labels(_) => "map[string]string",
            Self::Samples(_) => "template.queryResult",
            Self::Sample(_) => "*template.sample",
            Self::Data => {
                "struct { Labels map[string]string; ExternalLabels map[string]string; \
                 ExternalURL string; Value float64 }"
            }
            Self::Arguments(_) => "map[string]interface {}",
            Self::Time(_) => "*time.Time",
        }
    }

    /// Whether `if` takes it for true.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Labels(labels) => !labels.is_empty(),
            Self::Samples(samples) => !samples.is_empty(),
            Self::Arguments(arguments) => !arguments.is_empty(),
            Self::Sample(_) | Self::Data | Self::Time(_) => true,
        }
    }
}

//! Names of metrics and labels: what is allowed, and the names both sides speak of.

use crate::limits::{MAX_LABELS, MAX_NAME_BYTES, MAX_VALUE_BYTES};

/// The label that the collector sets from the agent's authenticated identity.
pub const INSTANCE: &str = "instance";

/// The label that says which part of an agent a series comes from.
pub const JOB: &str = "job";

/// The job of what is read of a host.
pub const NODE_JOB: &str = "node";

/// The job of what BigBlueButton tells.
pub const BBB_JOB: &str = "bbb";

/// The job of what pings tell.
pub const PROBE_JOB: &str = "probe";

/// The `kind` of what members' browsers time.
pub const BROWSER: &str = "browser";

/// The job of what the programs say of themselves.
pub const OWN_JOB: &str = "headroom";

/// The label that names the organisation that a room belongs to.
pub const TENANT: &str = "tenant";

/// The value that says that a series has ended, Prometheus's stale marker: this NaN and no other.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Why a series definition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The metric name breaks Prometheus's rule for names.
    #[error("metric name {0:?} must match [a-zA-Z_:][a-zA-Z0-9_:]* within {MAX_NAME_BYTES} bytes")]
    Metric(String),
    /// The label name breaks Prometheus's rule for label names.
    #[error("label name {0:?} must match [a-zA-Z_][a-zA-Z0-9_]* within {MAX_NAME_BYTES} bytes")]
    Label(String),
    /// Names with two underscores in front, and `instance`, belong to the collector.
    #[error("label {0:?} is set by the collector, never by an agent")]
    Reserved(String),
    /// The same label stands twice.
    #[error("label {0:?} stands twice")]
    Twice(String),
    /// A label without a value is no label.
    #[error("label {0:?} is empty")]
    Empty(String),
    /// The value is too long.
    #[error("value of label {name:?} has {bytes} bytes, at most {MAX_VALUE_BYTES}")]
    Long {
        /// The label.
        name: String,
        /// The length of its value.
        bytes: usize,
    },
    /// `le` and `quantile` are numbers by definition.
    #[error("label {name:?} must be a number, not {value:?}")]
    NotANumber {
        /// The label.
        name: String,
        /// Its value.
        value: String,
    },
    /// Too many labels.
    #[error("{0} labels, at most {MAX_LABELS}")]
    Many(usize),
}

/// Whether `name` is a metric name in Prometheus's sense, and short enough.
pub fn is_metric_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && is_plain_metric_name(name)
}

/// Whether `name` is a label name in Prometheus's sense, and short enough.
pub fn is_label_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && is_plain_label_name(name)
}

/// Whether `name` may stand before braces as it is; else it is written within them, quoted.
pub fn is_plain_metric_name(name: &str) -> bool {
    begins_plainly(name) && name.bytes().all(|byte| is_plain(byte) || byte == b':')
}

/// Whether the name of a label may be written as it is; else it is quoted.
pub fn is_plain_label_name(name: &str) -> bool {
    begins_plainly(name) && name.bytes().all(is_plain)
}

fn begins_plainly(name: &str) -> bool {
    name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Checks a metric and the labels an agent gives it, in any order.
pub fn check<'a>(
    metric: &str,
    labels: impl ExactSizeIterator<Item = (&'a str, &'a str)> + Clone,
) -> Result<(), NameError> {
    if !is_metric_name(metric) {
        return Err(NameError::Metric(shorten(metric)));
    }
    // The metric's name and `instance` come on top.
    if labels.len() + 2 > MAX_LABELS {
        return Err(NameError::Many(labels.len() + 2));
    }
    let all = labels.clone();
    for (position, (name, value)) in labels.enumerate() {
        check_label(name, value)?;
        if all.clone().skip(position + 1).any(|(other, _)| other == name) {
            return Err(NameError::Twice(name.to_owned()));
        }
    }
    Ok(())
}

fn check_label(name: &str, value: &str) -> Result<(), NameError> {
    if !is_label_name(name) {
        return Err(NameError::Label(shorten(name)));
    }
    if name == INSTANCE || name.starts_with("__") {
        return Err(NameError::Reserved(name.to_owned()));
    }
    if value.is_empty() {
        return Err(NameError::Empty(name.to_owned()));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(NameError::Long { name: name.to_owned(), bytes: value.len() });
    }
    let number = || value.parse::<f64>().is_ok_and(|v| !v.is_nan());
    if matches!(name, "le" | "quantile") && !number() {
        return Err(NameError::NotANumber { name: name.to_owned(), value: shorten(value) });
    }
    Ok(())
}

/// Keeps a hostile name from filling a log line.
fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metric, labels, message; empty if there is nothing to refuse.
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str);

    #[test]
    fn refuses_what_prometheus_would_refuse_and_what_is_ours() {
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        let cases: [Case<'_>; 11] = [
            ("node_load1", &[("job", "node")], ""),
            ("a:b", &[], ""),
            ("", &[], "metric name \"\" must match [a-zA-Z_:][a-zA-Z0-9_:]* within 128 bytes"),
            ("1a", &[], "metric name \"1a\" must match [a-zA-Z_:][a-zA-Z0-9_:]* within 128 bytes"),
            (
                "a",
                &[("b-c", "x")],
                "label name \"b-c\" must match [a-zA-Z_][a-zA-Z0-9_]* within 128 bytes",
            ),
            (
                "a",
                &[("instance", "x")],
                "label \"instance\" is set by the collector, never by an agent",
            ),
            (
                "a",
                &[("__name__", "x")],
                "label \"__name__\" is set by the collector, never by an agent",
            ),
            ("a", &[("b", "1"), ("c", "2"), ("b", "3")], "label \"b\" stands twice"),
            ("a", &[("b", "")], "label \"b\" is empty"),
            ("a", &[("le", "NaN")], "label \"le\" must be a number, not \"NaN\""),
            ("a", &[("b", &long)], "value of label \"b\" has 1025 bytes, at most 1024"),
        ];
        for (metric, labels, expected) in cases {
            let outcome = check(metric, labels.iter().copied());
            let message = outcome.err().map(|e| e.to_string()).unwrap_or_default();
            assert_eq!(message, expected, "{metric} {labels:?}");
        }
    }

    #[test]
    fn counts_labels() {
        let labels: Vec<(String, String)> =
            (0..MAX_LABELS).map(|n| (format!("l{n}"), "v".to_owned())).collect();
        let borrowed: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(check("a", borrowed.iter().copied()), Err(NameError::Many(MAX_LABELS + 2)));
        assert_eq!(check("a", borrowed[2..].iter().copied()), Ok(()));
    }
}

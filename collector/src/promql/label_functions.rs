//! `label_replace` and `label_join`.

use headroom_proto::metric::is_label_name;
use regex::Regex;

use super::QueryError;
use super::value::{Row, merge};
use crate::samples::METRIC;

/// Sets `target` to `replacement` where the whole of `source` matches `pattern`.
pub fn replace(
    rows: Vec<Row>,
    [target, replacement, source, pattern]: [&str; 4],
) -> Result<Vec<Row>, QueryError> {
    let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
        QueryError::Execution(format!("invalid regular expression in label_replace(): {pattern}"))
    })?;
    if !is_label_name(target) {
        let message = format!("invalid destination label name in label_replace(): {target}");
        return Err(QueryError::Execution(message));
    }
    let replaced = rows.into_iter().map(|row| {
        let value = row.labels.get(source).unwrap_or_default();
        let Some(found) = regex.captures(value) else { return row };
        let mut text = String::new();
        found.expand(replacement, &mut text);
        let labels = row.labels.with(target, &text);
        row.named(labels)
    });
    merge(replaced.collect())
}

/// Sets `target` to the values of `sources` with `separator` between them.
pub fn join(
    rows: Vec<Row>,
    (target, separator): (&str, &str),
    sources: &[&str],
) -> Result<Vec<Row>, QueryError> {
    let wrong = |name: &str| !is_label_name(name) && name != METRIC;
    if let Some(name) = sources.iter().find(|name| wrong(name)) {
        let message = format!("invalid source label name in label_join(): {name}");
        return Err(QueryError::Execution(message));
    }
    if wrong(target) {
        let message = format!("invalid destination label name in label_join(): {target}");
        return Err(QueryError::Execution(message));
    }
    let joined = rows.into_iter().map(|row| {
        let values: Vec<&str> =
            sources.iter().map(|name| row.labels.get(name).unwrap_or_default()).collect();
        let labels = row.labels.with(target, &values.join(separator));
        row.named(labels)
    });
    merge(joined.collect())
}

//! `label_replace` and `label_join`.

use super::QueryError;
use super::meter::Meter;
use super::rows::{Rows, label_bytes};
use super::tree::{LabelJoin, LabelReplace};

/// The longest label that is made, in bytes: one that doubles and doubles again ends here, and none
/// takes long to be made or to be matched between two looks.
const LONGEST_BYTES: u64 = 1 << 20;

fn check(bytes: u64) -> Result<(), QueryError> {
    if bytes <= LONGEST_BYTES {
        return Ok(());
    }
    let message = format!(
        "a label of {bytes} bytes would take more than {LONGEST_BYTES} bytes of memory, the most it may"
    );
    Err(QueryError::Execution(message))
}

/// Sets one label where the whole of another matches.
pub fn replace<'b>(
    node: &LabelReplace,
    mut rows: Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    // As much as each `$` may stand for, and no more than is needed in the end.
    let groups = node.replacement.matches('$').count() as u64;
    rows.relabel(meter, |labels, memory| {
        let value = labels.get(&node.source).unwrap_or_default();
        let longest = node.replacement.len() as u64 + groups * value.len() as u64;
        memory.take(2 * longest)?;
        let expanded = node.pattern.expanded(value, &node.replacement);
        let Some(text) = expanded else {
            memory.give_back(2 * longest);
            return Ok(None);
        };
        check(text.len() as u64)?;
        memory.give_back(2 * longest);
        memory.take(labels.bytes() + label_bytes(&node.target, &text))?;
        Ok(Some(labels.with(&node.target, &text)))
    })?;
    rows.merge(meter)?;
    Ok(rows)
}

/// Sets one label to the values of others, with a text between them.
pub fn join<'b>(
    node: &LabelJoin,
    mut rows: Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    rows.relabel(meter, |labels, memory| {
        let value = |name: &String| labels.get(name).unwrap_or_default();
        let length: usize = node.sources.iter().map(|name| value(name).len()).sum();
        let between = node.separator.len() * node.sources.len().saturating_sub(1);
        let bytes = (length + between) as u64;
        check(bytes)?;
        // The text once beside the labels, and once in them.
        memory.take(labels.bytes() + label_bytes(&node.target, "") + 2 * bytes)?;
        let values: Vec<&str> = node.sources.iter().map(value).collect();
        let labels = labels.with(&node.target, &values.join(&node.separator));
        memory.give_back(bytes);
        Ok(Some(labels))
    })?;
    rows.merge(meter)?;
    Ok(rows)
}

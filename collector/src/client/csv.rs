//! Answers as RFC 4180: a row for each value, labels as columns.
//!
//! Where a series lacks a label the field is empty; where it has no value there is no row.

use std::collections::BTreeSet;

use super::answer::{Answer, Labels, METRIC, Point, iso};
use crate::sheet::{RowEnd, Sheet};

const TIMESTAMP: &str = "timestamp";
const VALUE: &str = "value";

/// The whole table, its heads first.
pub fn render(answer: &Answer) -> String {
    let none = Labels::new();
    let rows: Vec<(&Labels, &[Point])> = match answer {
        Answer::Scalar(point) | Answer::String(point) => vec![(&none, std::slice::from_ref(point))],
        Answer::Vector(samples) => {
            samples.iter().map(|one| (&one.metric, std::slice::from_ref(&one.value))).collect()
        }
        Answer::Matrix(series) => series.iter().map(|one| (&one.metric, &one.values[..])).collect(),
    };
    let names: BTreeSet<&str> =
        rows.iter().flat_map(|(labels, _)| labels.keys()).map(String::as_str).collect();
    // The metric's name before all others, as it is written.
    let (metric, others): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| *name == METRIC);
    let names = [metric, others].concat();
    let heads = names.iter().copied().map(head).chain([TIMESTAMP.into(), VALUE.into()]);
    let mut sheet = Sheet::new(RowEnd::Rfc4180);
    sheet.row(heads);
    for (labels, points) in rows {
        for (at, value) in points {
            let label = |name: &&str| labels.get(*name).cloned().unwrap_or_default();
            let fields = names.iter().map(label).chain([iso(*at), value.clone()]);
            sheet.row(fields);
        }
    }
    sheet.text()
}

/// A label's column; one that is called as ours are is told apart.
fn head(name: &str) -> String {
    if matches!(name, TIMESTAMP | VALUE) { format!("label_{name}") } else { name.to_owned() }
}

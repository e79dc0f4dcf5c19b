//! The last hour of all paths as data: CSV and JSON.

use serde_json::{Value, json};

use super::path::{Hole, PathHour};
use crate::moments::iso;
use crate::sheet::{RowEnd, Sheet};

const HEADS: [&str; 17] = [
    "vantage",
    "datacentre",
    "target",
    "kind",
    "family",
    "median_ms",
    "least_ms",
    "jitter_ms",
    "speech_jitter_ms",
    "usual_ms",
    "loss_ratio",
    "rating",
    "mos",
    "distance_km",
    "fibre_bound_ms",
    "last_round",
    "hole",
];

/// A row for each path. What is not known is empty.
pub fn csv(paths: &[PathHour]) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    sheet.row(HEADS);
    for path in paths {
        let name = &path.name;
        let words = [&name.vantage, &name.datacentre, &name.target, &name.kind, &name.family];
        let number =
            |value: &Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
        let figures = figures(path);
        let rest = [
            path.last_ms.map(iso).unwrap_or_default(),
            path.hole.map(|hole| hole.words().to_owned()).unwrap_or_default(),
        ];
        let cells = words.into_iter().cloned().chain(figures.iter().map(number)).chain(rest);
        sheet.row(cells);
    }
    sheet.text()
}

/// The same with nothing where something is not known.
pub fn json(paths: &[PathHour]) -> String {
    let path = |path: &PathHour| {
        let name = &path.name;
        let words = [&name.vantage, &name.datacentre, &name.target, &name.kind, &name.family];
        let words = words.into_iter().map(|word| json!(word));
        let figures = figures(path).into_iter().map(|value| json!(value));
        let rest = [json!(path.last_ms.map(iso)), json!(path.hole.map(Hole::words))];
        let values = words.chain(figures).chain(rest);
        let pairs = HEADS.iter().map(|head| (*head).to_owned()).zip(values);
        Value::Object(pairs.collect())
    };
    json!({ "paths": paths.iter().map(path).collect::<Vec<_>>() }).to_string()
}

fn figures(path: &PathHour) -> [Option<f64>; 10] {
    [
        path.median_ms,
        path.least_ms,
        path.jitter_ms,
        path.speech_jitter_ms,
        path.usual_ms,
        path.loss_ratio,
        path.quality.map(|quality| quality.rating),
        path.quality.map(|quality| quality.opinion),
        path.bound.map(|bound| bound.distance_km),
        path.bound.map(|bound| bound.least_ms),
    ]
}

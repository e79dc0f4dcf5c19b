//! The fit: a host's own factors on the published figures, and how well past days were foreseen.

use super::View;
use crate::planning::bandwidth::Bandwidth;
use crate::planning::quantiles::normal_quantile;
use crate::planning::scores::Level;
use crate::reports::document::{Cell, Column, Section, Table};
use crate::reports::words;

/// Above it kinds are hard to tell apart.
const HIGH_CONDITION: f64 = 1_000.0;

const KINDS: [(&str, &str); 4] = [
    ("base", "base, Mbit/s without anybody"),
    ("audio", "audio and web"),
    ("cameras", "cameras"),
    ("shares", "screen shares"),
];

pub fn section(view: View<'_>) -> Section {
    let Ok(bandwidth) = &view.model.bandwidth else {
        return Section::said("fit", "Fit", Vec::new());
    };
    let columns = vec![
        Column::words("kind", &["kind"]),
        Column::figures("factor", "of the published figure", &["factor"]),
        Column::figures("95 % range", "", &["low", "high"]),
        Column::figures("weight of the data", "", &["weight_of_data"]),
    ];
    let caption =
        format!("What streams of {} take, beside the published formula.", view.model.instance);
    Section {
        key: "fit",
        title: "Fit",
        sentences: sentences(bandwidth),
        tables: vec![Table { key: "fit", caption, columns, rows: rows(bandwidth) }],
    }
}

fn rows(bandwidth: &Bandwidth) -> Vec<Vec<Cell>> {
    let posterior = &bandwidth.fit.posterior;
    let deviations = posterior.deviations();
    let wide = normal_quantile(0.975);
    let row = |(place, (key, name)): (usize, &(&'static str, &'static str))| {
        let (factor, deviation) = (posterior.factors[place], deviations[place]);
        let low = (factor - wide * deviation).max(0.0);
        let high = factor + wide * deviation;
        let weight = bandwidth.fit.weight_of_data[place];
        vec![
            Cell {
                values: vec![crate::reports::document::Value::Text((*key).into())],
                ..Cell::text(*name)
            },
            Cell::shown(format!("{factor:.2}"), [factor]),
            Cell::shown(format!("{low:.2}–{high:.2}"), [low, high]),
            Cell::shown(format!("{:.0} %", weight * 100.0), [weight]),
        ]
    };
    KINDS.iter().enumerate().map(row).collect()
}

fn sentences(bandwidth: &Bandwidth) -> Vec<String> {
    let [_, _, cameras, _] = bandwidth.fit.posterior.factors;
    let deviation = bandwidth.fit.posterior.deviations()[2];
    let (low, high) = (cameras - 1.96 * deviation, cameras + 1.96 * deviation);
    let mut sentences = vec![format!(
        "Cameras take {cameras:.2} × the published figure ({:.2}–{high:.2}).",
        low.max(0.0)
    )];
    let (held, days) = bandwidth.days.held(Level::EIGHTY);
    if days > 0 {
        sentences.push(format!(
            "The peaks of {held} of {days} past busy days lay within the 80 % range that all other \
             days had given them."
        ));
    }
    let condition = bandwidth.fit.condition;
    let said = if condition > HIGH_CONDITION {
        let doubt = crate::planning::Doubt::Collinear { condition };
        words::sentence(&doubt.to_string())
    } else {
        format!(
            "{} minutes were fitted; the condition number is {condition:.0}.",
            bandwidth.fit.minutes
        )
    };
    sentences.push(said);
    sentences
}

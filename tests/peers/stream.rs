//! The series of a made-up host as an agent defines them.

use headroom_proto::wire::{Label, SeriesDefinition};

use crate::load::Series;

/// The definitions of series; their ids count from 0.
pub fn definitions(series: &[Series]) -> Vec<SeriesDefinition> {
    (0..).zip(series).map(|(id, series)| definition(id, series)).collect()
}

fn definition(id: u32, series: &Series) -> SeriesDefinition {
    let label =
        |(name, value): &(&str, String)| Label { name: (*name).to_owned(), value: value.clone() };
    let labels = series.others.iter().map(label).collect();
    SeriesDefinition { id, metric: series.metric.to_owned(), labels }
}

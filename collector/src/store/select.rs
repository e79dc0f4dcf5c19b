//! Reading: chunks, the head being sealed and the head become one ordered series each.

use super::head::Column;
use super::labels::{Labels, Matcher};
use super::{SeriesId, Store, StoreError, seal};

/// From and to, both included, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment.
    pub from_ms: i64,
    /// The last moment.
    pub to_ms: i64,
}

/// What the reader will do with the samples; a store may answer with less where that is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// The distance of the points that the reader will compute, in milliseconds; 0 if it wants
    /// every sample.
    pub step_ms: i64,
    /// Whether it takes rates of counters, so that first and last of a step are enough.
    pub counter: bool,
}

/// One series with its samples in time order, timestamps and values side by side.
#[derive(Debug, Clone)]
pub struct Series {
    /// What names it.
    pub labels: Labels,
    /// Unix time in milliseconds, strictly growing.
    pub timestamps: Vec<i64>,
    /// As many as there are timestamps.
    pub values: Vec<f64>,
}

pub fn select(
    store: &Store,
    matchers: &[Matcher],
    range: TimeRange,
    _hints: Hints,
) -> Result<Vec<Series>, StoreError> {
    // The heads first: what is sealed in between is then found twice, never missed.
    let heads: Vec<(SeriesId, Labels, Vec<Column>)> = {
        let state = store.read();
        let ids = state.index.select(matchers).into_iter();
        let of = |id| {
            let labels = state.index.labels(id)?.clone();
            let heads = state.sealing.as_deref().into_iter().chain([&state.head]);
            let columns = heads.filter_map(|head| head.column(id));
            Some((id, labels, columns.map(|column| within(column, range)).collect()))
        };
        ids.filter_map(of).collect()
    };
    let mut found = Vec::new();
    for (id, labels, recent) in heads {
        let mut whole = Column::default();
        let chunks = seal::read_chunks(&store.database, id, (range.from_ms, range.to_ms))?;
        for column in chunks.iter().map(|chunk| within(chunk, range)).chain(recent) {
            whole.timestamps.extend(column.timestamps);
            whole.values.extend(column.values);
        }
        whole.settle();
        if !whole.timestamps.is_empty() {
            let Column { timestamps, values } = whole;
            found.push(Series { labels, timestamps, values });
        }
    }
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

/// The part of a column, ordered or not, that lies in the range.
fn within(column: &Column, range: TimeRange) -> Column {
    let inside = |timestamp: i64| timestamp >= range.from_ms && timestamp <= range.to_ms;
    if column.timestamps.is_sorted() {
        let start = column.timestamps.partition_point(|&timestamp| timestamp < range.from_ms);
        let end = column.timestamps.partition_point(|&timestamp| timestamp <= range.to_ms);
        return Column {
            timestamps: column.timestamps[start..end.max(start)].to_vec(),
            values: column.values[start..end.max(start)].to_vec(),
        };
    }
    let pairs = column.timestamps.iter().copied().zip(column.values.iter().copied());
    let (timestamps, values) = pairs.filter(|(timestamp, _)| inside(*timestamp)).unzip();
    Column { timestamps, values }
}

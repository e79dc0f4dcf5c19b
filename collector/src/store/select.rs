//! Reading: chunks, the head being sealed and the head become one ordered series each; before the
//! oldest samples, rollups stand in.

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::OnceLock;

use super::Store;
use super::days::Day;
use super::head::Column;
use super::view::View;
use super::wanted::Wanted;
use crate::samples::{Budget, Hints, Labels, ReadError, Resolution, Selection, Series, TimeRange};

/// Reading more chunks than this is shared by threads.
const CHUNKS_ALONE: usize = 64;

/// The samples of the series that match, ordered by labels.
pub fn select(
    store: &Store,
    what: Selection<'_>,
    hints: Hints,
    budget: &Budget,
) -> Result<Vec<Series>, ReadError> {
    let view = View::open(store, what.matchers, what.range);
    budget.series(view.series.len())?;
    let (wanted, range) = (Wanted::new(what.range, hints), what.range);
    let reading = Reading { view: &view, wanted, range, budget };
    let places = view.series.len();
    let alone = places * view.days.len() <= CHUNKS_ALONE;
    let threads = if alone { 1 } else { cores().min(places) };
    let mut found = if threads < 2 {
        reading.read(0..places)?
    } else {
        std::thread::scope(|scope| {
            let part = |n: usize| places * n / threads..places * (n + 1) / threads;
            let reading = &reading;
            let parts: Vec<_> =
                (1..threads).map(|n| scope.spawn(move || reading.read(part(n)))).collect();
            let mut found = reading.read(part(0));
            for part in parts {
                let more = part.join().unwrap_or_else(|panic| resume_unwind(panic));
                found = found.and_then(|mut found| {
                    found.extend(more?);
                    Ok(found)
                });
            }
            found
        })?
    };
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

/// Asking the system for it takes as long as reading a chunk.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The labels of the series that match and have samples on a day that the range touches, sorted.
pub fn find(
    store: &Store,
    what: Selection<'_>,
    most: usize,
    budget: &Budget,
) -> Result<Vec<Labels>, ReadError> {
    let mut found = Vec::new();
    each_present(store, what, budget, |labels| {
        budget.hold(labels.bytes())?;
        found.push(labels.clone());
        Ok(found.len() < most)
    })?;
    found.sort();
    Ok(found)
}

/// The names of the labels that those series have, sorted.
pub fn label_names(
    store: &Store,
    what: Selection<'_>,
    budget: &Budget,
) -> Result<Vec<String>, ReadError> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    each_present(store, what, budget, |labels| {
        for (name, _) in
            labels.iter().filter(|(name, _)| !names.contains(*name)).collect::<Vec<_>>()
        {
            budget.hold(name.len() as u64)?;
            names.insert(name.to_owned());
        }
        Ok(true)
    })?;
    Ok(names.into_iter().collect())
}

/// The values that those series have of one label, sorted.
pub fn label_values(
    store: &Store,
    what: Selection<'_>,
    name: &str,
    budget: &Budget,
) -> Result<Vec<String>, ReadError> {
    if what.range == TimeRange::EVER {
        // Nothing is known of a series that never had a sample.
        let values = store.read().index.label_values(name, what.matchers);
        budget.hold(values.iter().map(|value| value.len() as u64).sum())?;
        return Ok(values);
    }
    let mut values: BTreeSet<String> = BTreeSet::new();
    each_present(store, what, budget, |labels| {
        if let Some(value) = labels.get(name).filter(|value| !values.contains(*value)) {
            budget.hold(value.len() as u64)?;
            values.insert(value.to_owned());
        }
        Ok(true)
    })?;
    Ok(values.into_iter().collect())
}

/// Shows the labels of each series that is there, until told that it is enough.
fn each_present(
    store: &Store,
    what: Selection<'_>,
    budget: &Budget,
    mut take: impl FnMut(&Labels) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    let view = View::open(store, what.matchers, what.range);
    for (place, (_, labels)) in view.series.iter().enumerate() {
        budget.check()?;
        if view.has_any(place, what.range) && !take(labels)? {
            break;
        }
    }
    Ok(())
}

/// A select under way.
struct Reading<'v, 's> {
    view: &'v View<'s>,
    wanted: Wanted,
    range: TimeRange,
    budget: &'v Budget,
}

impl Reading<'_, '_> {
    /// Reads some of the series, within the budget.
    fn read(&self, places: Range<usize>) -> Result<Vec<Series>, ReadError> {
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let series = self.series(place);
            self.budget.samples(series.timestamps.len())?;
            self.budget.hold(series.bytes())?;
            if !series.timestamps.is_empty() {
                found.push(series);
            }
        }
        Ok(found)
    }

    fn series(&self, place: usize) -> Series {
        let view = self.view;
        let (id, labels) = &view.series[place];
        let mut whole = Column::default();
        let mut stand_ins = Vec::new();
        let before_raw = |day: &Day| view.oldest_raw.is_none_or(|oldest| *day < oldest);
        for day in view.rollups.days(self.range).take_while(before_raw) {
            if let Some((resolution, buckets)) = view.rollups.read(*id, day, Resolution::Minutes) {
                let before = whole.timestamps.len();
                for bucket in buckets.iter().filter(|bucket| self.range.contains(bucket.last_ms)) {
                    whole.timestamps.push(bucket.last_ms);
                    whole.values.push(bucket.last);
                }
                note(&mut stand_ins, whole.timestamps.len() - before, resolution.ms());
            }
        }
        for (day, _) in &view.days {
            let windows = self.wanted.within(day.span());
            view.read_sealed((place, *day), windows, &mut whole);
        }
        whole.extend(view.recent[place].clone());
        whole.settle();
        let (labels, Column { timestamps, values }) = (labels.clone(), whole);
        Series { labels, timestamps, values, stand_ins }
    }
}

fn note(stand_ins: &mut Vec<(usize, i64)>, count: usize, bucket_ms: i64) {
    match stand_ins.last_mut() {
        Some((known, length)) if *length == bucket_ms => *known += count,
        _ => stand_ins.push((count, bucket_ms)),
    }
}

//! Reading: chunks, the head being sealed and the head become one ordered series each; before the
//! oldest samples, rollups stand in.

use std::collections::BTreeSet;

use fjall::{Guard, Keyspace};

use super::days::{Day, DayState};
use super::head::Column;
use super::labels::Labels;
use super::matcher::Matcher;
use super::rollup::Resolution;
use super::rollups::Rollups;
use super::{SeriesId, Store, StoreError, chunk, database};

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
    /// How far each point looks back, in milliseconds; samples that no point sees may be left out.
    pub range_ms: i64,
    /// The reader refuses more samples than this, so the store stops reading beyond it; 0 for no
    /// limit.
    pub max_samples: usize,
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
    /// How many of the first samples stand for buckets of rollups, and how long those are in
    /// milliseconds, the older first.
    pub stand_ins: Vec<(usize, i64)>,
}

impl Series {
    /// How long the sample at `place` stands for its series, if that is longer than `lookback_ms`.
    pub fn lookback_ms(&self, place: usize, lookback_ms: i64) -> i64 {
        let mut behind = place;
        for (count, bucket_ms) in &self.stand_ins {
            if behind < *count {
                // The last sample of a bucket is followed by the last of the next.
                return lookback_ms.max(2 * bucket_ms);
            }
            behind -= count;
        }
        lookback_ms
    }
}

pub fn select(
    store: &Store,
    matchers: &[Matcher],
    range: TimeRange,
    hints: Hints,
) -> Result<Vec<Series>, StoreError> {
    let view = View::open(store, matchers, range);
    let rollups = Rollups::open(store)?;
    let mut found = Vec::new();
    let wanted = Wanted { range, hints };
    let mut read = 0;
    for (place, (id, labels)) in view.series.iter().enumerate() {
        let mut whole = Column::default();
        let mut stand_ins = Vec::new();
        let before_raw = |day: &Day| view.oldest_raw.is_none_or(|oldest| *day < oldest);
        for day in rollups.days(range).take_while(before_raw) {
            if let Some((resolution, buckets)) = rollups.read(*id, day, Resolution::Minutes) {
                let inside = buckets.iter().filter(|bucket| range.contains(bucket.last_ms));
                let before = whole.timestamps.len();
                for bucket in inside {
                    whole.timestamps.push(bucket.last_ms);
                    whole.values.push(bucket.last);
                }
                note(&mut stand_ins, whole.timestamps.len() - before, resolution.ms());
            }
        }
        for (day, _) in view.days.iter().filter(|(day, _)| wanted.sees(*day)) {
            whole.extend(view.read_sealed(place, *day).within(range));
        }
        whole.extend(view.recent[place].clone());
        whole.settle();
        read += whole.timestamps.len();
        if !whole.timestamps.is_empty() {
            let (labels, Column { timestamps, values }) = (labels.clone(), whole);
            found.push(Series { labels, timestamps, values, stand_ins });
        }
        if hints.max_samples > 0 && read > hints.max_samples {
            break;
        }
    }
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

fn note(stand_ins: &mut Vec<(usize, i64)>, count: usize, bucket_ms: i64) {
    match stand_ins.last_mut() {
        Some((known, length)) if *length == bucket_ms => *known += count,
        _ => stand_ins.push((count, bucket_ms)),
    }
}

/// What the reader's points see.
struct Wanted {
    range: TimeRange,
    hints: Hints,
}

impl Wanted {
    /// Whether a point looks at samples of a day.
    fn sees(&self, day: Day) -> bool {
        let Hints { step_ms, range_ms, .. } = self.hints;
        if step_ms <= range_ms || step_ms <= 0 {
            return true;
        }
        // The first point is a whole window behind the beginning of the range.
        let first = self.range.from_ms + range_ms;
        let behind = (day.begin_ms() - first).max(0);
        let point = first + behind.div_euclid(step_ms) * step_ms;
        let touches = |point: i64| point >= day.begin_ms() && point - range_ms < day.end_ms();
        touches(point) || touches(point + step_ms)
    }
}

impl TimeRange {
    fn contains(self, timestamp_ms: i64) -> bool {
        timestamp_ms >= self.from_ms && timestamp_ms <= self.to_ms
    }
}

/// What a read sees: the series that match, the keyspaces of the days, and what is not sealed.
pub struct View<'s> {
    store: &'s Store,
    pub series: Vec<(SeriesId, Labels)>,
    pub days: Vec<(Day, DayState)>,
    /// The first day of which samples are kept.
    oldest_raw: Option<Day>,
    /// What each series has in memory, settled.
    recent: Vec<Column>,
}

impl<'s> View<'s> {
    /// Opens a view at one moment: what is sealed later is then still in its heads.
    pub fn open(store: &'s Store, matchers: &[Matcher], range: TimeRange) -> Self {
        let state = store.read();
        let mut view = Self {
            store,
            series: Vec::new(),
            days: state.days.between(range.from_ms, range.to_ms),
            oldest_raw: state.days.0.keys().next().copied(),
            recent: Vec::new(),
        };
        for id in state.index.select(matchers) {
            let Some(labels) = state.index.labels(id) else { continue };
            let mut recent = Column::default();
            let sealing = state.sealing.as_ref().map(|sealing| &*sealing.head);
            for head in sealing.into_iter().chain([&state.head]) {
                recent.extend(head.column(id, range).0);
            }
            recent.settle();
            view.series.push((id, labels));
            view.recent.push(recent);
        }
        view
    }

    pub fn day(&self, day: Day) -> Option<&DayState> {
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        Some(&self.days[place].1)
    }

    /// The days that any of the series has in memory.
    pub fn head_days(&self) -> BTreeSet<Day> {
        let times = self.recent.iter().flat_map(|column| &column.timestamps);
        times.map(|timestamp| Day::of(*timestamp)).collect()
    }

    /// Whether a series has samples of a day in memory.
    pub fn has_recent(&self, place: usize, day: Day) -> bool {
        let times = &self.recent[place].timestamps;
        let next = times.partition_point(|&timestamp| timestamp < day.begin_ms());
        times.get(next).is_some_and(|&timestamp| timestamp < day.end_ms())
    }

    /// All samples of a series on a day, within the range.
    pub fn read_day(&self, place: usize, day: Day, range: TimeRange) -> Column {
        let mut column = self.read_sealed(place, day).within(range);
        column.extend(self.recent[place].clone().within(range));
        column.settle();
        column
    }

    /// The sealed samples of a series on a day, settled. What is damaged is left out, and counted.
    fn read_sealed(&self, place: usize, day: Day) -> Column {
        let Some(state) = self.day(day) else { return Column::default() };
        let (id, _) = self.series[place];
        let mut column = Column::default();
        let mut add = |chunk: Result<Option<Column>, StoreError>| match chunk {
            Ok(Some(part)) => column.extend(part),
            Ok(None) => {}
            Err(error) => {
                self.store.note_damage(&format!("series {} on day {}: {error}", id.0, day.0));
            }
        };
        if let Some(merged) = &state.merged {
            add(read_merged(merged, id));
        }
        if let Some(fresh) = &state.fresh {
            for entry in fresh.prefix(id.0.to_be_bytes()) {
                add(read_fresh(entry).map(Some));
            }
        }
        column.settle();
        column
    }
}

fn read_merged(keyspace: &Keyspace, id: SeriesId) -> Result<Option<Column>, StoreError> {
    let bytes = keyspace.get(id.0.to_be_bytes()).map_err(database::failed("read a chunk"))?;
    bytes.map(|bytes| decode(&bytes)).transpose()
}

fn read_fresh(entry: Guard) -> Result<Column, StoreError> {
    let (_, bytes) = database::entry(entry, "read a chunk")?;
    decode(&bytes)
}

fn decode(bytes: &[u8]) -> Result<Column, StoreError> {
    let damaged = || StoreError::Damaged { what: "a chunk".into() };
    chunk::decode(bytes).ok_or_else(damaged)
}

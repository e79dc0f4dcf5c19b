//! Reading: chunks, the head being sealed and the head become one ordered series each; before the
//! oldest samples, rollups stand in.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Store;
use super::days::Day;
use super::head::Column;
use super::labels::Labels;
use super::matcher::Matcher;
use super::rollup::Resolution;
use super::view::View;
use super::wanted::Wanted;

/// From and to, both included, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment.
    pub from_ms: i64,
    /// The last moment.
    pub to_ms: i64,
}

/// What the reader will do with the samples; a store may answer with less where that is enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'r> {
    /// The distance of the points that the reader will compute, in milliseconds; 0 if it wants
    /// every sample.
    pub step_ms: i64,
    /// How far each point looks back, in milliseconds; samples that no point sees may be left out.
    pub range_ms: i64,
    /// When to stop.
    pub limit: ReadLimit<'r>,
}

/// When reading ends early: the reader will refuse what it gets then.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimit<'r> {
    /// The reader refuses more samples, or buckets, than this.
    pub max_samples: usize,
    /// Set once nobody waits any more.
    pub stop: Option<&'r AtomicBool>,
}

impl Default for ReadLimit<'_> {
    fn default() -> Self {
        Self { max_samples: usize::MAX, stop: None }
    }
}

impl ReadLimit<'_> {
    /// Whether nobody waits any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
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

/// Reading more chunks than this is shared by threads.
const CHUNKS_ALONE: usize = 64;

pub fn select(
    store: &Store,
    matchers: &[Matcher],
    range: TimeRange,
    hints: Hints<'_>,
) -> Vec<Series> {
    let view = View::open(store, matchers, range);
    let reading = Reading {
        view: &view,
        wanted: Wanted::new(range, hints),
        range,
        limit: hints.limit,
        read: AtomicUsize::new(0),
    };
    let places = view.series.len();
    let alone = places * view.days.len() <= CHUNKS_ALONE;
    let threads = if alone { 1 } else { cores().min(places) };
    let mut found = if threads < 2 {
        reading.read(0..places)
    } else {
        std::thread::scope(|scope| {
            let part = |n: usize| places * n / threads..places * (n + 1) / threads;
            let reading = &reading;
            let parts: Vec<_> =
                (1..threads).map(|n| scope.spawn(move || reading.read(part(n)))).collect();
            let mut found = reading.read(part(0));
            for part in parts {
                found.extend(part.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            found
        })
    };
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    found
}

/// Asking the system for it takes as long as reading a chunk.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The labels of the series that match and have samples on a day that the range touches, sorted.
pub fn find(store: &Store, matchers: &[Matcher], range: TimeRange) -> Vec<Labels> {
    let view = View::open(store, matchers, range);
    let present = (0..view.series.len()).filter(|place| view.has_any(*place, range));
    let mut found: Vec<Labels> = present.map(|place| view.series[place].1.clone()).collect();
    found.sort();
    found
}

/// A select under way.
struct Reading<'v, 's> {
    view: &'v View<'s>,
    wanted: Wanted,
    range: TimeRange,
    limit: ReadLimit<'v>,
    /// Samples read so far, by all threads.
    read: AtomicUsize,
}

impl Reading<'_, '_> {
    /// Reads some of the series, until the limit.
    fn read(&self, places: Range<usize>) -> Vec<Series> {
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let series = self.series(place);
            let count = series.timestamps.len();
            if count > 0 {
                found.push(series);
            }
            let read = self.read.fetch_add(count, Ordering::Relaxed) + count;
            if read > self.limit.max_samples || self.limit.is_stopped() {
                break;
            }
        }
        found
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

impl TimeRange {
    fn contains(self, timestamp_ms: i64) -> bool {
        timestamp_ms >= self.from_ms && timestamp_ms <= self.to_ms
    }
}

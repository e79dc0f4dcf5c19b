//! Reading: chunks, the head being sealed and the head become one ordered series each; before the
//! oldest samples, rollups stand in.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::OnceLock;

use headroom_proto::panics;

use super::day::{ALL_TIME, Day};
use super::gathered::Gathered;
use super::periods::WantedRows;
use super::view::{DayPart, View};
use super::wanted::Wanted;
use super::{SeriesId, Store};
use crate::samples::{
    Budget, Figure, Figures, Hints, ReadError, Resolution, Selection, Series, TimeRange, sorted,
};

/// Reading more chunks than this is shared by threads.
const CHUNKS_ALONE: usize = 64;

/// What stands in for samples.
const LAST: Figures = Figures::of(&[Figure::Last]);

/// The samples of the series that match, ordered by labels.
pub fn select(
    store: &Store,
    what: Selection<'_>,
    hints: Hints,
    budget: &Budget,
) -> Result<Vec<Series>, ReadError> {
    let view = View::open(store, what, budget)?;
    budget.series(view.series.len())?;
    read(&view, Wanted::new(what.range, hints))
}

/// The samples of the series of a view that lie in its range, ordered by labels.
pub fn read(view: &View<'_, '_>, wanted: Wanted) -> Result<Vec<Series>, ReadError> {
    let windows = view.days.iter().map(|(day, _)| wanted.within(day.span()).collect()).collect();
    let work = Work { view, windows, range: wanted.range() };
    let places = view.series.len();
    let alone = places * view.days.len() <= CHUNKS_ALONE;
    let threads = if alone { 1 } else { cores().min(places) };
    let found = if threads < 2 {
        work.read(0..places)?
    } else {
        std::thread::scope(|scope| {
            let part = |n: usize| places * n / threads..places * (n + 1) / threads;
            let work = &work;
            let parts: Vec<_> =
                (1..threads).map(|n| scope.spawn(move || work.read_aside(part(n)))).collect();
            let mut found = work.read(part(0));
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
    sorted(found, view.budget(), |a, b| a.labels.cmp(&b.labels))
}

/// Asking the system for it takes as long as reading a chunk.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A select under way.
struct Work<'v, 's, 'b> {
    view: &'v View<'s, 'b>,
    /// What is wanted of each of the view's days.
    windows: Vec<Vec<TimeRange>>,
    range: TimeRange,
}

impl<'b> Work<'_, '_, 'b> {
    /// Reads some of the series, within the budget.
    fn read(&self, places: Range<usize>) -> Result<Vec<Series>, ReadError> {
        let mut found = Vec::new();
        for place in places {
            found.extend(self.series(self.view.series[place])?);
        }
        Ok(found)
    }

    /// The same on a thread of its own, whose panic would be nobody's.
    fn read_aside(&self, places: Range<usize>) -> Result<Vec<Series>, ReadError> {
        let input = || panics::hash(&self.view.series[places.clone()]);
        let outcome = panics::catch("a read", input, || self.read(places.clone()));
        outcome.map_err(|panicked| ReadError::Failed(panicked.into()))?
    }

    /// A series, if it has anything in the range.
    fn series(&self, id: SeriesId) -> Result<Option<Series>, ReadError> {
        let view = self.view;
        let budget = view.budget();
        budget.check()?;
        let mut samples = Gathered::nothing(budget);
        let stand_ins = self.stand_ins(id, &mut samples)?;
        let recent = view.recent(id)?;
        for day in view.days_with(&recent, self.range) {
            budget.check()?;
            view.read_day(self.part(id, day), &recent, &mut samples)?;
        }
        samples.settle_from(0)?;
        if samples.stretch.is_empty() {
            return Ok(None);
        }
        let Some(labels) = view.labels(id)? else { return Ok(None) };
        budget.hold(size_of::<Series>() as u64)?;
        let stretch = samples.finish();
        let (timestamps, values) = (stretch.timestamps, stretch.values);
        Ok(Some(Series { labels, timestamps, values, stand_ins }))
    }
    /// What is wanted of a series on a day.
    fn part(&self, id: SeriesId, day: Day) -> DayPart<'_> {
        let place = self.view.days.binary_search_by_key(&day, |(day, _)| *day);
        let windows = place.map_or(&[][..], |place| &self.windows[place]);
        DayPart { id, day, windows, range: day.span().both(self.range) }
    }

    /// Before the oldest samples, the last of each bucket stands in.
    fn stand_ins(
        &self,
        id: SeriesId,
        samples: &mut Gathered<'b>,
    ) -> Result<Vec<(usize, i64)>, ReadError> {
        let view = self.view;
        let mut stand_ins = Vec::new();
        let before_raw = |day: &Day| view.oldest_raw.is_none_or(|oldest| *day < oldest);
        let to_ms = view.oldest_raw.map_or(i64::MAX, Day::begin_ms);
        let range = self.range.both(TimeRange { to_ms, ..ALL_TIME });
        let wanted = WantedRows { id, range, resolution: Resolution::Minutes };
        let rollups = view.rollups(wanted)?;
        for (day, row) in rollups.rows.iter().take_while(|(day, _)| before_raw(day)) {
            view.budget().check()?;
            let buckets = rollups.buckets(*day, LAST).unwrap_or_default();
            let inside = || buckets.iter().filter(|bucket| self.range.contains(bucket.last_ms));
            let count = inside().count();
            samples.make_room(count)?;
            inside().for_each(|bucket| samples.stretch.push(bucket.last_ms, bucket.last));
            note(&mut stand_ins, count, row.resolution.ms());
        }
        Ok(stand_ins)
    }
}

fn note(stand_ins: &mut Vec<(usize, i64)>, count: usize, bucket_ms: i64) {
    match stand_ins.last_mut() {
        Some((known, length)) if *length == bucket_ms => *known += count,
        _ => stand_ins.push((count, bucket_ms)),
    }
}

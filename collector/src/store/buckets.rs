//! Reading buckets: from rollups where a day is rolled up, else from samples.

use super::gathered::Gathered;
use super::periods::WantedRows;
use super::room::{bytes_of, give_back_spare, make_room};
use super::view::{DayPart, View};
use super::wanted::Wanted;
use super::{SeriesId, Store, rollup};
use crate::samples::{
    Bucket, BucketSeries, Budget, Detail, Held, ReadError, Selection, TimeRange, sorted,
};

/// The buckets of the series that match, ordered by labels.
pub fn select(
    store: &Store,
    what: Selection<'_>,
    detail: Detail,
    budget: &Budget,
) -> Result<Vec<BucketSeries>, ReadError> {
    let view = View::open(store, what, budget)?;
    budget.series(view.series.len())?;
    let mut found = Vec::new();
    for id in &view.series {
        let mut reading = Intake::new(what.range, detail, budget);
        reading.read(&view, *id)?;
        let buckets = reading.finish();
        if buckets.is_empty() {
            continue;
        }
        if let Some(labels) = view.labels(*id)? {
            budget.hold(size_of::<BucketSeries>() as u64)?;
            found.push(BucketSeries { labels, buckets });
        }
    }
    sorted(found, budget, |a, b| a.labels.cmp(&b.labels))
}

/// The buckets of one series on their way.
struct Intake<'b> {
    range: TimeRange,
    detail: Detail,
    budget: &'b Budget,
    buckets: Vec<Bucket>,
    memory: Held<'b>,
    /// Samples of days that are not rolled up; they are joined, so that slopes reach over midnight.
    raw: Gathered<'b>,
}

impl<'b> Intake<'b> {
    fn new(range: TimeRange, detail: Detail, budget: &'b Budget) -> Self {
        let (memory, raw) = (Held::nothing(budget), Gathered::nothing(budget));
        Self { range, detail, budget, buckets: Vec::new(), memory, raw }
    }

    fn read(&mut self, view: &View<'_, 'b>, id: SeriesId) -> Result<(), ReadError> {
        let Detail { resolution, figures, hints } = self.detail;
        let wanted_windows = Wanted::new(self.range, hints);
        let wanted = WantedRows { id, range: self.range, resolution };
        let rollups = view.rollups(wanted)?;
        let recent = view.recent(id)?;
        let mut days = view.days_with(&recent, self.range);
        days.extend(rollups.rows.keys());
        for day in days {
            self.budget.check()?;
            let range = day.span().both(self.range);
            if wanted_windows.within(range).next().is_none() {
                continue;
            }
            let settled = view.day(day).is_none_or(|state| state.rolled && state.fresh.is_none());
            let stored = settled && !recent.has_any(range) && rollups.has(day, resolution);
            if let Some(stored) = stored.then(|| rollups.buckets(day, figures)).flatten() {
                self.fold()?;
                self.add(&stored)?;
                continue;
            }
            let before = self.raw.stretch.len();
            let part = DayPart { id, day, windows: &[range], range };
            view.read_day(part, &recent, &mut self.raw)?;
            if self.raw.stretch.len() == before
                && let Some(stored) = rollups.buckets(day, figures)
            {
                self.fold()?;
                self.add(&stored)?;
            }
        }
        self.fold()
    }

    /// Makes buckets of the samples that were read.
    fn fold(&mut self) -> Result<(), ReadError> {
        let raw = std::mem::replace(&mut self.raw, Gathered::nothing(self.budget));
        let times = &raw.stretch.timestamps;
        let Some((first, last)) = times.first().zip(times.last()) else { return Ok(()) };
        // No more than there are samples, and no more than there is time for.
        let most = last.saturating_sub(*first) / self.detail.resolution.ms() + 2;
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(times.len());
        let _folded = self.budget.lend(bytes_of::<Bucket>(most))?;
        self.add(&rollup::buckets(&raw.stretch, self.detail.resolution))
    }

    fn add(&mut self, buckets: &[Bucket]) -> Result<(), ReadError> {
        let TimeRange { from_ms, to_ms } = self.range;
        let inside = |bucket: &&Bucket| bucket.last_ms >= from_ms && bucket.begin_ms <= to_ms;
        let inside = || buckets.iter().filter(inside);
        let count = inside().count();
        self.budget.samples(count)?;
        make_room(&mut self.buckets, count, &mut self.memory)?;
        self.buckets.extend(inside());
        Ok(())
    }

    /// The buckets; what they take stays held until their reader releases it.
    fn finish(mut self) -> Vec<Bucket> {
        give_back_spare(&mut self.buckets, &mut self.memory);
        self.memory.hand_over();
        self.buckets
    }
}

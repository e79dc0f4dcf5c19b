//! Windows of days and years whose ends lie anywhere. What lies between whole hours is answered from
//! rollups, which keep what samples that have expired once said; nearer to the ends, those of 5 minutes
//! say more, and only what is left there is read as samples.

use std::collections::BTreeMap;
use std::iter::zip;

use super::Evaluator;
use super::reading::{Selected, Windows};
use super::windowed::labels;
use crate::promql::QueryError;
use crate::promql::buckets::{self, BucketFunction, Fold};
use crate::promql::grid::Grid;
use crate::promql::meter::Meter;
use crate::promql::places::Places;
use crate::promql::rows::{Names, Rows};
use crate::promql::tree::{OverTime, RangeVector, Selector, Shift, Window};
use crate::promql::value::{Row, Samples};
use crate::samples::{Bucket, BucketSeries, Detail, Labels, Resolution, Sample, TimeRange};

const MINUTES_MS: i64 = Resolution::Minutes.ms();
const HOUR_MS: i64 = Resolution::Hour.ms();

/// Shorter windows are read as samples: there would be little to save.
const SHORTEST_MS: i64 = 24 * HOUR_MS;

impl<'b> Evaluator<'b> {
    /// A function of such windows; nothing if they are no such windows, or there are no rollups.
    pub(super) fn over_long_windows(
        &self,
        node: &OverTime,
        grid: &Grid,
    ) -> Result<Option<Rows<'b>>, QueryError> {
        let RangeVector::Window(window) = &node.range else { return Ok(None) };
        let Some(function) = BucketFunction::of(&node.function) else { return Ok(None) };
        let look = self.look(window, grid);
        let whole = buckets::resolution(&look) == Some(Resolution::Hour);
        let cut = |step| Cut::new(look.window(step));
        if window.range_ms < SHORTEST_MS || whole || (0..grid.steps).any(|step| cut(step).is_none())
        {
            return Ok(None);
        }
        let Some(parts) = self.parts(window, grid, function)? else { return Ok(None) };
        let _memory = self.meter.hold(parts.index_bytes())?;
        let mut rows = Rows::none(&self.meter);
        rows.names = parts.names().heir(&self.meter);
        for (of, pieces) in parts.by_labels() {
            rows.take(grid.steps)?;
            let mut walk = Walk { pieces, places: Default::default(), middle: None };
            let points = self.meter.try_collect(grid.steps, |step| {
                let Some(cut) = cut(step) else { return Ok(None) };
                Ok(function.of_fold(walk.fold(&cut, &self.meter)?, cut.ends))
            })?;
            let labels = labels(&node.function, &mut rows.names, of)?;
            rows.list.push(Row { labels, points });
        }
        Ok(Some(rows))
    }

    /// All that such windows are made of; nothing if there are no rollups.
    fn parts(
        &self,
        window: &Window,
        grid: &Grid,
        function: BucketFunction,
    ) -> Result<Option<Parts<'b>>, QueryError> {
        let buckets = |window: &Window, resolution| {
            let look = self.look(window, grid);
            let detail = Detail { resolution, figures: function.figures(), hints: look.hints() };
            self.select_buckets(&window.selector, &look, detail)
        };
        let Some(hours) = buckets(window, Resolution::Hour)? else { return Ok(None) };
        let [before, behind] = ends(window, HOUR_MS);
        let before = buckets(&before, Resolution::Minutes)?;
        let behind = buckets(&behind, Resolution::Minutes)?;
        let Some(minutes) = before.zip(behind) else { return Ok(None) };
        let samples = |window| self.windows(&RangeVector::Window(window), grid);
        let [before, behind] = ends(window, MINUTES_MS - 1);
        let samples = [samples(before)?, samples(behind)?];
        Ok(Some(Parts { samples, minutes: minutes.into(), hours }))
    }
}

/// So much of the beginning and of the end of a window.
fn ends(window: &Window, length_ms: i64) -> [Window; 2] {
    let end = |earlier_ms: i64| {
        let Shift { at, offset_ms } = window.selector.shift;
        let shift = Shift { at, offset_ms: offset_ms.saturating_add(earlier_ms) };
        let selector = Selector { shift, ..window.selector.clone() };
        Window { selector, range_ms: length_ms }
    };
    [end(window.range_ms - length_ms), end(0)]
}

/// What was read: before and behind the middle, and the middle.
struct Parts<'b> {
    samples: [Windows<'b>; 2],
    minutes: [Selected<'b, BucketSeries>; 2],
    hours: Selected<'b, BucketSeries>,
}

impl<'b> Parts<'b> {
    /// What finding its series by their labels takes at most.
    fn index_bytes(&self) -> u64 {
        const ENTRY_BYTES: usize = 2 * size_of::<(&Labels, Pieces<'_>)>();
        let buckets = self.minutes.iter().chain([&self.hours]).map(|part| part.series.len());
        let series = self.samples.iter().map(|part| part.series.len()).chain(buckets);
        (series.sum::<usize>() * ENTRY_BYTES) as u64
    }

    /// Of all parts, those whose labels take memory of their own, if any do.
    fn names(&self) -> &Names<'b> {
        let read = self.samples.iter().find(|part| !part.series.is_empty());
        read.map_or(&self.hours.names, |part| &part.names)
    }

    fn by_labels(&self) -> BTreeMap<&Labels, Pieces<'_>> {
        let mut found: BTreeMap<&Labels, Pieces<'_>> = BTreeMap::new();
        for (side, part) in self.samples.iter().enumerate() {
            for series in &part.series {
                found.entry(&series.labels).or_default().samples[side] = Some(series);
            }
        }
        for (side, part) in self.minutes.iter().enumerate() {
            for series in &part.series {
                found.entry(&series.labels).or_default().minutes[side] = &series.buckets;
            }
        }
        for series in &self.hours.series {
            found.entry(&series.labels).or_default().hours = &series.buckets;
        }
        found
    }
}

/// What there is of one series.
#[derive(Debug, Clone, Copy, Default)]
struct Pieces<'p> {
    samples: [Option<&'p Samples>; 2],
    minutes: [&'p [Bucket]; 2],
    hours: &'p [Bucket],
}

/// A window that is cut where buckets begin.
#[derive(Debug, Clone, Copy)]
struct Cut {
    ends: TimeRange,
    minutes: TimeRange,
    hours: TimeRange,
}

impl Cut {
    /// Nothing of a window that the clock cannot hold.
    fn new(ends: TimeRange) -> Option<Self> {
        let cut = |ms: i64| -> Option<TimeRange> {
            let from_ms = ends.from_ms.checked_add(ms - 1)?.div_euclid(ms).checked_mul(ms)?;
            let to_ms = ends.to_ms.div_euclid(ms).checked_mul(ms)?;
            (from_ms < to_ms && from_ms > i64::MIN && to_ms < i64::MAX)
                .then_some(TimeRange { from_ms, to_ms })
        };
        Some(Self { ends, minutes: cut(MINUTES_MS)?, hours: cut(HOUR_MS)? })
    }
}

/// The way of windows over the pieces of one series.
struct Walk<'p> {
    pieces: Pieces<'p>,
    places: [Places; 2],
    /// The whole hours of the window before, and what they are together.
    middle: Option<(TimeRange, Fold)>,
}

impl Walk<'_> {
    /// All that a window holds.
    fn fold(&mut self, cut: &Cut, meter: &Meter<'_>) -> Result<Fold, QueryError> {
        meter.check()?;
        let Cut { ends, minutes, hours } = *cut;
        let mut fold = Fold::default();
        self.add_samples(0, TimeRange { to_ms: minutes.from_ms - 1, ..ends }, &mut fold);
        for bucket in from_to(self.pieces.minutes[0], minutes.from_ms, hours.from_ms) {
            fold.add(bucket);
        }
        if let Some(middle) = self.middle(hours, meter)?.bucket() {
            fold.add(&middle);
        }
        // Where there are only hours left, one of them may reach beyond the window.
        let inside = |bucket: &&Bucket| bucket.last_ms <= ends.to_ms;
        let behind = from_to(self.pieces.minutes[1], hours.to_ms, minutes.to_ms);
        behind.iter().filter(inside).for_each(|bucket| fold.add(bucket));
        let border = from_to(self.pieces.minutes[1], minutes.to_ms, ends.to_ms + 1).first();
        if let Some(border) = border.filter(|border| border.first_ms == minutes.to_ms) {
            fold.add_sample(Sample { at_ms: border.first_ms, value: border.first });
        }
        self.add_samples(1, TimeRange { from_ms: minutes.to_ms + 1, ..ends }, &mut fold);
        Ok(fold)
    }

    fn add_samples(&mut self, side: usize, range: TimeRange, fold: &mut Fold) {
        let Some(samples) = self.pieces.samples[side] else { return };
        let found = self.places[side].advance(&samples.timestamps, range);
        let values = &samples.values[found.clone()];
        for (&at_ms, &value) in zip(&samples.timestamps[found], values) {
            fold.add_sample(Sample { at_ms, value });
        }
    }

    /// Many windows have the same whole hours.
    fn middle(&mut self, hours: TimeRange, meter: &Meter<'_>) -> Result<Fold, QueryError> {
        if let Some((_, fold)) = self.middle.filter(|(known, _)| *known == hours) {
            return Ok(fold);
        }
        let mut fold = Fold::default();
        for part in meter.parts(from_to(self.pieces.hours, hours.from_ms, hours.to_ms)) {
            part?.iter().for_each(|bucket| fold.add(bucket));
        }
        self.middle = Some((hours, fold));
        Ok(fold)
    }
}

/// The buckets that begin from one moment on and before another.
fn from_to(buckets: &[Bucket], from_ms: i64, to_ms: i64) -> &[Bucket] {
    let begin = buckets.partition_point(|bucket| bucket.begin_ms < from_ms);
    let end = buckets.partition_point(|bucket| bucket.begin_ms < to_ms);
    &buckets[begin..end.max(begin)]
}

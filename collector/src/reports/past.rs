//! Reads what plans need of a host's past, day by day, so that never more than a day of samples is
//! held at once.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    HEADROOM_RECORDINGS_BYTES, NODE_CPU_SECONDS_TOTAL, NODE_FILESYSTEM_AVAIL_BYTES,
    NODE_FILESYSTEM_SIZE_BYTES,
};
use headroom_proto::metric::INSTANCE;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::day::{Day, TenantMinute};
use super::grid::{MINUTE_MS, Stretch};
use super::measure::{Listeners, Measure};
use super::occasion::USUAL_MINUTES;
use super::recordings::{Mount, Recordings, holding};
use super::settings::Settings;
use super::told::{Told, metrics};
use super::told_days::{self, ToldDay, number_of};
use crate::links::{self, LinksOf};
use crate::moments::DAY_MS;
use crate::planning::forecast::DayPeak;
use crate::planning::minute::Minute;
use crate::planning::processors::ProcessorMinute;
use crate::samples::{
    Detail, Figure, Figures, Hints, METRIC, Matcher, ReadError, Reader, Resolution, Selection,
    Series, TimeRange,
};
use crate::store::{Meeting, Records};

/// How far back minutes are looked for: as long as samples are kept unless configured otherwise.
pub const LONGEST_DAYS: i32 = 62;

/// How far back settings, and days as they were told, are looked for.
const REMEMBERED_DAYS: i64 = 366;

/// Readings up to this long before a day hold into it.
const MARGIN_MS: i64 = 150_000;

/// A day counts with its peak if so much of it was read.
const WHOLE_DAY_MINUTES: usize = 1_200;

/// What recordings take, by state.
const RECORDED: &str = HEADROOM_RECORDINGS_BYTES.name;

/// Where BigBlueButton keeps recordings.
const RECORDINGS_PATH: &str = "/var/bigbluebutton";

const HOUR_MS: i64 = 3_600_000;

/// mediasoup's workers, as its own series tell them.
const WORKERS: &str = "mediasoup_workers";

/// Which past is asked for.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The host.
    pub instance: &'a str,
    /// Until when, Unix time in milliseconds.
    pub until_ms: i64,
    /// Where days begin and end.
    pub zone: &'a TimeZone,
    /// The speed of its link as configured, in Mbit/s.
    pub link_mbit: Option<f64>,
    /// What BigBlueButton sends, and since when.
    pub settings: &'a Settings,
    /// Where its meetings are told of.
    pub records: &'a Records,
}

impl Asked<'_> {
    fn whole(&self) -> TimeRange {
        whole(self.until_ms)
    }
}

/// All the time until a moment of which minutes are read.
fn whole(until_ms: i64) -> TimeRange {
    TimeRange { from_ms: until_ms - i64::from(LONGEST_DAYS) * DAY_MS, to_ms: until_ms }
}

/// All the time until a moment of which anything is known.
pub fn remembered(until_ms: i64) -> TimeRange {
    TimeRange { from_ms: until_ms - REMEMBERED_DAYS * DAY_MS, to_ms: until_ms }
}

/// A host's past.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Minutes in which BigBlueButton answered, by time.
    pub minutes: Vec<Minute>,
    /// The same of its processors.
    pub processors: Vec<ProcessorMinute>,
    /// Its tenants.
    pub tenants: Vec<String>,
    /// What each had in each minute, by time.
    pub parts: Vec<TenantMinute>,
    /// Days as they were told when they had ended, in order.
    pub told_days: Vec<ToldDay>,
    /// The highest minute of each day that was read nearly whole, whether its minutes are still there
    /// or not, in order.
    pub peaks: Vec<DayPeak>,
    /// What was sent in each minute that was read, in Mbit/s, unordered.
    pub sent_mbit: Vec<f64>,
    /// Packets out a second, at most in a minute.
    pub most_packets: f64,
    /// Minutes with traffic in which BigBlueButton did not answer.
    pub unanswered: usize,
    /// Minutes with a rate that cannot be.
    pub impossible: usize,
    /// How often counters of the links began anew.
    pub restarts: usize,
    /// Minutes without traffic between the first and the last that had some.
    pub missing: usize,
    /// The link's speed in Mbit/s, the newest that was told or the one configured.
    pub link_mbit: Option<f64>,
    /// Cores.
    pub cores: f64,
    /// mediasoup's workers, if told.
    pub workers: Option<f64>,
    /// How listeners are known.
    pub listeners: Option<Listeners>,
    /// From which minute on BigBlueButton's newest release ran by its newest settings, if either
    /// changed.
    pub regime_from: Option<i64>,
    /// Minutes since then in which other settings were told all the same, by time.
    pub otherwise: Vec<i64>,
    /// Its meetings of the last four weeks, by their start.
    pub meetings: Vec<Meeting>,
    /// What it recorded.
    pub recordings: Recordings,
}

/// A day in the zone of whoever plans.
#[derive(Debug, Clone, Copy)]
struct Span {
    number: i32,
    weekday: u8,
    from_ms: i64,
    to_ms: i64,
    /// Whether nothing more will come of it.
    is_over: bool,
}

/// Reads it.
pub fn read(reader: Reader<'_>, asked: Asked<'_>) -> Result<Past, ReadError> {
    let mut past = Past { cores: cores(reader, asked)?, ..Past::default() };
    past.listeners = Some(listeners(reader, asked)?);
    for span in spans(asked) {
        reader.budget.check()?;
        let held = reader.budget.held();
        let bytes = past.take_day(reader, asked, span)?;
        reader.budget.release_to(held);
        reader.budget.hold(bytes)?;
    }
    past.told_days =
        told_days::read(reader, asked.instance, remembered(asked.until_ms), asked.zone)?;
    past.join_told_peaks();
    past.recordings.mount = mount(reader, asked)?;
    past.meetings = meetings(reader, asked)?;
    past.regime_from = asked.settings.since_minute;
    past.otherwise.retain(|minute| past.regime_from.is_none_or(|from| *minute >= from));
    past.missing = past.gaps();
    Ok(past)
}

/// The minutes from a moment on until that of the question, of not many days.
pub fn minutes(
    reader: Reader<'_>,
    asked: Asked<'_>,
    from_ms: i64,
) -> Result<Vec<Minute>, ReadError> {
    let mut past = Past { cores: cores(reader, asked)?, ..Past::default() };
    past.listeners = Some(listeners(reader, asked)?);
    for span in spans(asked).into_iter().filter(|span| span.to_ms > from_ms) {
        let held = reader.budget.held();
        past.take_day(reader, asked, span)?;
        reader.budget.release_to(held);
    }
    past.minutes.retain(|minute| minute.minute * MINUTE_MS >= from_ms);
    Ok(past.minutes)
}

impl Past {
    /// Adds a day; answers with the bytes that it keeps.
    fn take_day(
        &mut self,
        reader: Reader<'_>,
        asked: Asked<'_>,
        span: Span,
    ) -> Result<u64, ReadError> {
        let range = TimeRange { from_ms: span.from_ms, to_ms: span.to_ms };
        let links = LinksOf { instance: asked.instance, device: None };
        let traffic = links::traffic(reader, links, range)?;
        if traffic.rollups.is_some() {
            return Ok(0);
        }
        let names = metrics().chain([WORKERS, RECORDED]);
        let matchers = [Matcher::one_of(METRIC, names), Matcher::equal(INSTANCE, asked.instance)];
        let with_margin = TimeRange { from_ms: span.from_ms - MARGIN_MS, ..range };
        let series =
            reader.select(Selection { matchers: &matchers, range: with_margin }, Hints::ALL)?;
        if series.is_empty() && traffic.sent.is_empty() {
            return Ok(0);
        }
        self.learn(&series);
        self.learn_recordings(&series, span);
        let limit = asked.link_mbit.or(traffic.limit.map(|bits| bits / 1e6));
        self.link_mbit = limit.or(self.link_mbit);
        let first_minute = span.from_ms.div_euclid(MINUTE_MS);
        let minutes = (span.to_ms - span.from_ms).div_euclid(MINUTE_MS).max(0) as usize;
        let told = Told::of(Stretch { first_minute, minutes }, &traffic, &series);
        let measure = Measure {
            day: span.number,
            media: &asked.settings.media,
            link_mbit: self.link_mbit.filter(|mbit| *mbit > 0.0),
            cores: self.cores,
            listeners: self.listeners.unwrap_or(Listeners::Told),
        };
        let day = Day::of(&told, &measure, first_minute, &mut self.tenants);
        Ok(self.join(day, span))
    }

    fn learn(&mut self, series: &[Series]) {
        let last = |series: &Series| series.values.iter().copied().rfind(|value| !value.is_nan());
        let workers = series.iter().filter(|one| one.labels.metric() == WORKERS);
        let sum = workers.filter_map(last).reduce(|a, b| a + b);
        self.workers = sum.or(self.workers);
    }

    /// What recordings became more, hour by hour: what is purged meanwhile is no growth.
    fn learn_recordings(&mut self, series: &[Series], span: Span) {
        let own = || series.iter().filter(|one| one.labels.metric() == RECORDED);
        if own().next().is_none() {
            return;
        }
        let hours = (span.to_ms - span.from_ms).div_euclid(HOUR_MS).max(1) as usize;
        let mut grown = vec![0.0; hours];
        // What only goes from one state to another, such as deleted, is no growth either.
        let mut sums: BTreeMap<i64, (usize, f64)> = BTreeMap::new();
        for one in own() {
            for (at_ms, bytes) in one.timestamps.iter().zip(&one.values) {
                let sum = sums.entry(*at_ms).or_default();
                *sum = (sum.0 + 1, sum.1 + bytes);
            }
        }
        let told = sums.iter().zip(sums.iter().skip(1));
        for ((_, (states, bytes)), (at_ms, (states_now, bytes_now))) in told {
            let more = bytes_now - bytes;
            let hour = (at_ms - span.from_ms).div_euclid(HOUR_MS);
            let hour = usize::try_from(hour).ok().and_then(|hour| grown.get_mut(hour));
            if let Some(hour) = hour.filter(|_| more > 0.0 && states == states_now) {
                *hour += more;
            }
        }
        self.recordings.hours.extend(grown);
        let newest = |one: &Series| one.values.iter().copied().rfind(|bytes| bytes.is_finite());
        self.recordings.stored_bytes = own().filter_map(newest).sum();
    }

    fn join(&mut self, day: Day, span: Span) -> u64 {
        let read = day.sent_mbit.iter().filter(|mbit| mbit.is_finite());
        let (count, peak) = read.fold((0, 0.0), |(n, most), mbit| (n + 1, f64::max(most, *mbit)));
        // The evening may still bring more.
        if count >= WHOLE_DAY_MINUTES && span.is_over {
            self.peaks.push(DayPeak { day: span.number, weekday: span.weekday, peak });
        }
        self.most_packets = self.most_packets.max(day.most_packets);
        self.unanswered += day.unanswered;
        self.impossible += day.impossible;
        self.otherwise.extend(day.otherwise);
        self.restarts += day.restarts;
        let bytes = size_of_val(&*day.minutes)
            + size_of_val(&*day.processors)
            + size_of_val(&*day.parts)
            + size_of_val(&*day.sent_mbit);
        self.minutes.extend(day.minutes);
        self.processors.extend(day.processors);
        self.parts.extend(day.parts);
        self.sent_mbit.extend(day.sent_mbit);
        bytes as u64
    }

    /// What was told of a day counts; of others, such as the one that has just ended, its minutes do.
    fn join_told_peaks(&mut self) {
        let told = self.told_days.iter().filter_map(ToldDay::day_peak);
        let of_minutes = self.peaks.iter().copied();
        let all: BTreeMap<i32, DayPeak> =
            of_minutes.chain(told).map(|peak| (peak.day, peak)).collect();
        self.peaks = all.into_values().collect();
    }

    /// Minutes without traffic, but those before the first and after the last.
    fn gaps(&self) -> usize {
        let is_read = |mbit: &f64| mbit.is_finite();
        let first = self.sent_mbit.iter().position(is_read);
        let last = self.sent_mbit.iter().rposition(is_read);
        let (Some(first), Some(last)) = (first, last) else { return 0 };
        self.sent_mbit[first..=last].iter().filter(|mbit| !mbit.is_finite()).count()
    }
}

/// The days up to the moment that is asked for, the oldest first.
fn spans(asked: Asked<'_>) -> Vec<Span> {
    let at = Timestamp::from_millisecond(asked.until_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = at.to_zoned(asked.zone.clone()).date();
    let span = |back: i32| {
        let date = today.checked_sub(back.days()).ok()?;
        let begin = |date: Date| {
            let zoned = date.to_zoned(asked.zone.clone()).ok()?;
            Some(zoned.timestamp().as_millisecond())
        };
        let from_ms = begin(date)?;
        let end_ms = begin(date.tomorrow().ok()?)?;
        let (to_ms, is_over) = (end_ms.min(asked.until_ms), end_ms <= asked.until_ms);
        let weekday = date.weekday().to_monday_zero_offset() as u8;
        Some(Span { number: number_of(date), weekday, from_ms, to_ms, is_over })
    };
    (0..LONGEST_DAYS).rev().filter_map(span).filter(|span| span.from_ms < span.to_ms).collect()
}

fn cores(reader: Reader<'_>, asked: Asked<'_>) -> Result<f64, ReadError> {
    let matchers =
        [Matcher::metric(NODE_CPU_SECONDS_TOTAL.name), Matcher::equal(INSTANCE, asked.instance)];
    // Those of today: a server may have had more, or fewer.
    let whole = asked.whole();
    let last_day = TimeRange { from_ms: whole.to_ms - DAY_MS, ..whole };
    for range in [last_day, whole] {
        let cores = reader.label_values(Selection { matchers: &matchers, range }, "cpu")?;
        if !cores.is_empty() {
            return Ok(cores.len() as f64);
        }
    }
    Ok(0.0)
}

/// The meetings of the last four weeks.
fn meetings(reader: Reader<'_>, asked: Asked<'_>) -> Result<Vec<Meeting>, ReadError> {
    let from_ms = asked.until_ms - USUAL_MINUTES * MINUTE_MS;
    let range = TimeRange { from_ms, to_ms: asked.until_ms };
    asked.records.meetings(asked.instance, range, reader.budget)
}

/// The file system that recordings lie on.
fn mount(reader: Reader<'_>, asked: Asked<'_>) -> Result<Option<Mount>, ReadError> {
    let (size, left) = (NODE_FILESYSTEM_SIZE_BYTES.name, NODE_FILESYSTEM_AVAIL_BYTES.name);
    let matchers =
        [Matcher::one_of(METRIC, [size, left]), Matcher::equal(INSTANCE, asked.instance)];
    let range = TimeRange { from_ms: asked.until_ms - HOUR_MS, to_ms: asked.until_ms };
    let mut mounts: BTreeMap<String, Mount> = BTreeMap::new();
    for newest in reader.newest(Selection { matchers: &matchers, range })? {
        let mountpoint = newest.labels.get("mountpoint").unwrap_or_default().to_owned();
        let mount = mounts.entry(mountpoint.clone()).or_default();
        mount.mountpoint = mountpoint;
        if newest.labels.metric() == size {
            mount.size_bytes = newest.value;
        } else {
            mount.left_bytes = newest.value;
        }
    }
    let mounts: Vec<Mount> = mounts.into_values().collect();
    Ok(holding(&mounts, RECORDINGS_PATH).cloned())
}

/// The most of each hour.
const MOST: Detail = Detail {
    resolution: Resolution::Hour,
    figures: Figures::of(&[Figure::Max]),
    hints: Hints::ALL,
};

/// Whether anybody was told to listen; nobody is where BigBlueButton says 0 of all.
fn listeners(reader: Reader<'_>, asked: Asked<'_>) -> Result<Listeners, ReadError> {
    let names = [super::told::LISTENERS_OF_HOST, super::told::LISTENERS_OF_TENANTS];
    let matchers = [Matcher::one_of(METRIC, names), Matcher::equal(INSTANCE, asked.instance)];
    let what = Selection { matchers: &matchers, range: asked.whole() };
    let held = reader.budget.held();
    let of_hours = reader
        .select_figures(what, MOST)?
        .map(|found| found.iter().any(|one| one.buckets.iter().any(|bucket| bucket.max > 0.0)));
    let is_told = if let Some(is_told) = of_hours {
        is_told
    } else {
        let found = reader.select(what, Hints::ALL)?;
        found.iter().any(|one| one.values.iter().any(|value| *value > 0.0))
    };
    reader.budget.release_to(held);
    Ok(if is_told { Listeners::Told } else { Listeners::Untold })
}

//! What a past day of a host was at most: minutes are gone once its samples are, and rollups do not
//! know them. Reads samples only; a day of which rollups are all that is left has none.
//!
//! A day says how much of it was read, so half a day is never taken for a whole one. Knows no clock.

mod minutes;
mod told;

use headroom_proto::catalogue::{
    HEADROOM_CPU_BUSIEST_CORE_RATIO, HEADROOM_CPU_BUSY_RATIO, HEADROOM_PARTICIPANTS,
    HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO, NODE_NETWORK_RECEIVE_PACKETS_TOTAL,
    NODE_NETWORK_TRANSMIT_DROP_TOTAL, NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
};
use headroom_proto::metric::INSTANCE;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use self::minutes::{MINUTE_MS, Minutes};
pub use self::told::{Known, Telling, known};
use crate::links::{self, LinksOf};
use crate::query::{self, Interval, apart, rates, sum};
use crate::samples::{Hints, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// Readings up to this long before a day reach into it.
const MARGIN_MS: i64 = 300_000;

/// A gauge says nothing of a longer time than this.
const LONGEST_HOLD_MS: i64 = 150_000;

/// How long before its end the first telling of a day stands; later ones follow by a millisecond each.
const BEFORE_END_MS: i64 = 1_000;

/// From this part of a link's speed on it counts as full.
const FULL: f64 = 0.93;

/// Rates above so many times the link's speed are none, nor are those that no link has: a clock was set,
/// and the readings of two times lie between each other.
const IMPOSSIBLE: f64 = 1.5;
const FASTEST_BITS: f64 = 4e11;

/// Packets dropped, of those sent, from which a minute hides what was asked for.
const HIDING_DROPS: f64 = 0.001;

/// A day in the zone of whoever plans, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// When it began, Unix time in milliseconds.
    pub from_ms: i64,
    /// When the next one began.
    pub to_ms: i64,
}

impl Day {
    /// The days that have ended by a moment, the newest first.
    pub fn before(now_ms: i64, zone: &TimeZone, most: i32) -> Vec<Self> {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = now.to_zoned(zone.clone()).date();
        let begin = |date: Date| {
            let zoned = date.to_zoned(zone.clone()).ok()?;
            Some(zoned.timestamp().as_millisecond())
        };
        let day = |back: i32| {
            let date = today.checked_sub(back.days()).ok()?;
            Some(Self { from_ms: begin(date)?, to_ms: begin(date.tomorrow().ok()?)? })
        };
        (1..=most).filter_map(day).collect()
    }

    /// Whether a moment lies within.
    pub fn holds(&self, at_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    /// Where a telling of it stands, which comes behind those that stand already.
    pub fn stamp_ms(&self, last_told_ms: Option<i64>) -> i64 {
        last_told_ms.map_or(self.to_ms - BEFORE_END_MS, |last_ms| last_ms + 1).min(self.to_ms - 1)
    }

    fn minutes(&self) -> usize {
        usize::try_from((self.to_ms - self.from_ms) / MINUTE_MS).unwrap_or(0)
    }
}

/// What a day was. What was not read is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DayRow {
    /// The part of its minutes in which traffic was read.
    pub coverage: f64,
    /// Highest minute out, in Mbit/s.
    pub sent_mbit: Option<f64>,
    /// When that minute began, Unix time in milliseconds.
    pub peak_ms: i64,
    /// Highest minute in, in Mbit/s.
    pub received_mbit: Option<f64>,
    /// Most packets a second in a minute, out.
    pub sent_packets: Option<f64>,
    /// The same, in.
    pub received_packets: Option<f64>,
    /// All processors, from 0 to 1.
    pub processors: Option<f64>,
    /// The busiest core, from 0 to 1.
    pub busiest_core: Option<f64>,
    /// The busiest thread, of one core.
    pub busiest_thread: Option<f64>,
    /// The most people.
    pub people: Option<f64>,
    /// Minutes that hide what was asked for.
    pub hidden_minutes: usize,
}

/// Reads a day of a host; none if nothing of its traffic is left or ever was.
pub fn read(reader: Reader<'_>, instance: &str, day: Day) -> Result<Option<DayRow>, ReadError> {
    let range = TimeRange { from_ms: day.from_ms, to_ms: day.to_ms };
    let traffic = links::traffic(reader, LinksOf { instance, device: None }, range)?;
    if traffic.rollups.is_some() {
        return Ok(None);
    }
    let series = select(reader, instance, range)?;
    let fastest = traffic.limit.map_or(FASTEST_BITS, |limit| IMPOSSIBLE * limit);
    let out_of_order = out_of_order(&series, &traffic.devices);
    let possible = |intervals: &[Interval]| {
        let mut fine = apart(intervals, &out_of_order);
        fine.retain(|interval| interval.mean <= fastest);
        minutes_of(day, &fine)
    };
    let (sent, received) = (possible(&traffic.sent), possible(&traffic.received));
    if sent.count() == 0 {
        return Ok(None);
    }
    let packets_of = |metric: &str| {
        let own = series.iter().filter(|one| {
            let device = one.labels.get("device").unwrap_or_default();
            one.labels.metric() == metric && traffic.devices.iter().any(|known| known == device)
        });
        let all = own.map(|one| rates(&one.timestamps, &one.values)).collect();
        minutes_of(day, &sum(all))
    };
    let gauge = |metric: &str| {
        let own = series.iter().filter(|one| one.labels.metric() == metric);
        let all: Vec<Interval> = own.flat_map(since_before).collect();
        minutes_of(day, &all).most()
    };
    let packets = packets_of(NODE_NETWORK_TRANSMIT_PACKETS_TOTAL.name);
    let drops = packets_of(NODE_NETWORK_TRANSMIT_DROP_TOTAL.name);
    let peak = sent.peak();
    let people = series.iter().filter(|one| one.labels.metric() == HEADROOM_PARTICIPANTS.name);
    let people: Vec<Interval> = people.flat_map(until_next).collect();
    let people = minutes_of(day, &people).most();
    let hides = |place: usize| {
        let is_full = traffic.limit.is_some_and(|limit| sent.mean(place) >= FULL * limit);
        is_full || drops.mean(place) > HIDING_DROPS * packets.mean(place).max(1.0)
    };
    Ok(Some(DayRow {
        coverage: sent.count() as f64 / day.minutes().max(1) as f64,
        sent_mbit: peak.map(|(_, bits)| bits / 1e6),
        peak_ms: peak.map_or(day.from_ms, |(place, _)| day.from_ms + place as i64 * MINUTE_MS),
        received_mbit: received.most().map(|bits| bits / 1e6),
        sent_packets: packets.most(),
        received_packets: packets_of(NODE_NETWORK_RECEIVE_PACKETS_TOTAL.name).most(),
        processors: gauge(HEADROOM_CPU_BUSY_RATIO.name),
        busiest_core: gauge(HEADROOM_CPU_BUSIEST_CORE_RATIO.name),
        busiest_thread: gauge(HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO.name),
        people,
        hidden_minutes: (0..day.minutes()).filter(|place| hides(*place)).count(),
    }))
}

fn select(reader: Reader<'_>, instance: &str, range: TimeRange) -> Result<Vec<Series>, ReadError> {
    let names = [
        NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
        NODE_NETWORK_RECEIVE_PACKETS_TOTAL,
        NODE_NETWORK_TRANSMIT_DROP_TOTAL,
        HEADROOM_CPU_BUSY_RATIO,
        HEADROOM_CPU_BUSIEST_CORE_RATIO,
        HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO,
        HEADROOM_PARTICIPANTS,
    ];
    let names = names.map(|metric| metric.name);
    let matchers = [Matcher::one_of(METRIC, names), Matcher::equal(INSTANCE, instance)];
    let range = TimeRange { from_ms: range.from_ms - MARGIN_MS, ..range };
    reader.select(Selection { matchers: &matchers, range }, Hints::ALL)
}

/// While readings of two times lay between each other: rates from one to the other are none.
fn out_of_order(series: &[Series], devices: &[String]) -> Vec<(i64, i64)> {
    let of_links = series.iter().filter(|one| {
        let device = one.labels.get("device").unwrap_or_default();
        one.labels.metric() == NODE_NETWORK_TRANSMIT_PACKETS_TOTAL.name
            && devices.iter().any(|known| known == device)
    });
    of_links.flat_map(|one| query::out_of_order(&one.timestamps, &one.values)).collect()
}

fn minutes_of(day: Day, intervals: &[Interval]) -> Minutes {
    let mut minutes = Minutes::of(day);
    minutes.add(intervals);
    minutes
}

/// A gauge that tells of the time since the reading before.
fn since_before(series: &Series) -> impl Iterator<Item = Interval> + '_ {
    let pairs = series.timestamps.windows(2).zip(series.values.iter().skip(1));
    pairs
        .filter(|(pair, value)| pair[1] - pair[0] <= LONGEST_HOLD_MS && value.is_finite())
        .map(|(pair, value)| Interval::even(pair[0], pair[1], *value))
}

/// A gauge, each reading of which holds until the next.
fn until_next(series: &Series) -> impl Iterator<Item = Interval> + '_ {
    let pairs = series.timestamps.windows(2).zip(&series.values);
    pairs
        .filter(|(pair, value)| pair[1] - pair[0] <= LONGEST_HOLD_MS && value.is_finite())
        .map(|(pair, value)| Interval::even(pair[0], pair[1], *value))
}

#[cfg(test)]
mod tests;

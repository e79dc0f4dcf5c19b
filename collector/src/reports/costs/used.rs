//! What each organisation used of each host in a month, from rollups of an hour: they are kept for ever.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    BBB_MEETINGS, HEADROOM_PLANNING_ORGANISATION_BYTES, HEADROOM_TENANT_PARTICIPANTS,
    HEADROOM_TENANT_USER_SECONDS_TOTAL,
};
use headroom_proto::metric::INSTANCE;

use super::busiest::{Busiest, Hour, Sent, busiest};
use crate::costs::Use;
use crate::reports::plan::Plan;
use crate::samples::{
    Bucket, BucketSeries, Hints, Matcher, ReadError, Reader, Resolution, Sample, Selection, Series,
    Sum, TimeRange,
};

const HOUR_MS: i64 = Resolution::Hour.ms();

/// Weeks that are looked at, and hours of one that must have been read.
const MOST_WEEKS: i64 = 8;
const WEEK_MS: i64 = 168 * HOUR_MS;
const WHOLE_WEEK_HOURS: usize = 160;

/// What was used, and how much of the month was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Used {
    /// By host and organisation.
    pub of: BTreeMap<(String, String), Use>,
    /// When each organisation was first in a room of the month, Unix time in milliseconds.
    pub since_ms: BTreeMap<String, i64>,
    /// People at once, at most, by host and organisation.
    pub people: BTreeMap<(String, String), f64>,
    /// Hours of the month in which BigBlueButton told its rooms, by host.
    pub hours_read: BTreeMap<String, usize>,
    /// Hours of the month of which bytes were told by organisation, by host.
    pub hours_of_bytes: BTreeMap<String, usize>,
}

/// Where and when.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What is configured.
    pub plan: &'a Plan,
    /// From when, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when; that moment is no part of it.
    pub to_ms: i64,
}

impl Used {
    /// What an organisation used of some hosts, or of all if none is named.
    pub fn by(&self, organisation: &str, hosts: &[String]) -> Use {
        let counts = |host: &String| hosts.is_empty() || hosts.contains(host);
        let own = self.of.iter().filter(|((host, name), _)| name == organisation && counts(host));
        own.fold(Use::default(), |all, (_, used)| all.and(*used))
    }

    /// People of an organisation at once, at most: where it has rooms on several hosts, their most together.
    pub fn people_of(&self, organisation: &str) -> f64 {
        let own = self.people.iter().filter(|((_, name), _)| name == organisation);
        own.map(|(_, people)| people).sum()
    }

    /// The organisations that used anything.
    pub fn organisations(&self) -> BTreeSet<&str> {
        let used = self.of.iter().filter(|(_, used)| used.hours > 0.0 || used.bytes > 0.0);
        used.map(|((_, name), _)| &**name).collect()
    }
}

/// Whole weeks before a moment, the newest first, as far as most of their hours were read; at most so
/// many.
pub fn weeks(reader: Reader<'_>, plan: &Plan, until_ms: i64) -> Result<Vec<Used>, ReadError> {
    let mut weeks = Vec::new();
    for back in 0..MOST_WEEKS {
        let to_ms = until_ms - back * WEEK_MS;
        let week = read(reader, Asked { plan, from_ms: to_ms - WEEK_MS, to_ms })?;
        let most = week.hours_read.values().max().copied().unwrap_or(0);
        if most < WHOLE_WEEK_HOURS {
            break;
        }
        weeks.push(week);
    }
    Ok(weeks)
}

/// Reads it.
pub fn read(reader: Reader<'_>, asked: Asked<'_>) -> Result<Used, ReadError> {
    let mut used = Used::default();
    // The hour before tells what counters had reached when the month began.
    let before_ms = asked.from_ms - HOUR_MS;
    for series in hours(reader, HEADROOM_TENANT_USER_SECONDS_TOTAL.name, (before_ms, asked.to_ms))?
    {
        let tenant = series.labels.get("tenant").unwrap_or_default();
        let organisation = asked.plan.organisation_of(tenant);
        let seconds = rise(&series.buckets, asked.from_ms);
        used.at(&series, organisation).hours += seconds / 3600.0;
        if let Some(begin_ms) = since(&series.buckets, asked.from_ms) {
            let since = used.since_ms.entry(organisation.to_owned()).or_insert(begin_ms);
            *since = begin_ms.min(*since);
        }
    }
    // What is told within an hour is of the hour before it.
    let range = (asked.from_ms + HOUR_MS, asked.to_ms + HOUR_MS);
    let mut sent = Vec::new();
    for series in hours(reader, HEADROOM_PLANNING_ORGANISATION_BYTES.name, range)? {
        let organisation = series.labels.get("organisation").unwrap_or_default().to_owned();
        let mut bytes = Sum::default();
        // Each hour is told once, unless a collector was started anew within it.
        series.buckets.iter().for_each(|bucket| bytes.add(bucket.last));
        used.at(&series, &organisation).bytes += bytes.total();
        let host = series.labels.get(INSTANCE).unwrap_or_default().to_owned();
        let hours = used.hours_of_bytes.entry(host.clone()).or_default();
        *hours = series.buckets.len().max(*hours);
        sent.push(Sent {
            host,
            organisation,
            hours: series.buckets.iter().map(Hour::of).collect(),
        });
    }
    for Busiest { host, organisation, own_bytes, bytes } in busiest(sent) {
        let used = used.of.entry((host, organisation)).or_default();
        (used.peak_bytes, used.busiest_bytes) =
            (used.peak_bytes + own_bytes, used.busiest_bytes + bytes);
    }
    for series in hours(reader, HEADROOM_TENANT_PARTICIPANTS.name, (asked.from_ms, asked.to_ms))? {
        let tenant = series.labels.get("tenant").unwrap_or_default();
        let host = series.labels.get(INSTANCE).unwrap_or_default().to_owned();
        let organisation = asked.plan.organisation_of(tenant).to_owned();
        let most = series.buckets.iter().map(|bucket| bucket.max).fold(0.0, f64::max);
        *used.people.entry((host, organisation)).or_default() += most;
    }
    for series in hours(reader, BBB_MEETINGS.name, (asked.from_ms, asked.to_ms))? {
        let host = series.labels.get(INSTANCE).unwrap_or_default().to_owned();
        used.hours_read.insert(host, series.buckets.len());
    }
    Ok(used)
}

impl Used {
    fn at(&mut self, series: &BucketSeries, organisation: &str) -> &mut Use {
        let host = series.labels.get(INSTANCE).unwrap_or_default();
        self.of.entry((host.to_owned(), organisation.to_owned())).or_default()
    }
}

/// From when on in a month somebody was in rooms: from its begin, where a counter had risen before; none
/// where nobody was.
fn since(buckets: &[Bucket], from_ms: i64) -> Option<i64> {
    let was_there =
        buckets.first().is_some_and(|first| first.begin_ms < from_ms && first.last > 0.0);
    if was_there {
        return Some(from_ms);
    }
    let is_used = |bucket: &&Bucket| bucket.begin_ms >= from_ms && bucket.last > bucket.first;
    buckets.iter().find(is_used).map(|bucket| bucket.begin_ms)
}

/// How far a counter rose from a moment on, with what it had reached before each start anew.
fn rise(buckets: &[Bucket], from_ms: i64) -> f64 {
    let mut rise = 0.0;
    let mut before: Option<f64> = None;
    for bucket in buckets {
        let between = match before {
            // The first reading of all: nothing is known of what came before it.
            None => 0.0,
            Some(before) if bucket.first < before => bucket.first,
            Some(before) => bucket.first - before,
        };
        if bucket.begin_ms >= from_ms {
            rise += between + bucket.last - bucket.first + bucket.drops;
        }
        before = Some(bucket.last);
    }
    rise
}

/// Rollups of an hour of all series of a metric.
fn hours(
    reader: Reader<'_>,
    metric: &str,
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<BucketSeries>, ReadError> {
    let matchers = [Matcher::metric(metric)];
    let range = TimeRange { from_ms, to_ms: to_ms - 1 };
    let what = Selection { matchers: &matchers, range };
    if let Some(found) = reader.select_buckets(what, Resolution::Hour)? {
        return Ok(found);
    }
    let rolled = |series: Series| BucketSeries { buckets: rolled(&series), labels: series.labels };
    Ok(reader.select(what, Hints::ALL)?.into_iter().map(rolled).collect())
}

/// Samples as rollups of an hour, as far as they are looked at here.
fn rolled(series: &Series) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    for (&at_ms, &value) in series.timestamps.iter().zip(&series.values) {
        let begin_ms = at_ms.div_euclid(HOUR_MS) * HOUR_MS;
        match buckets.last_mut().filter(|bucket| bucket.begin_ms == begin_ms) {
            Some(bucket) => {
                bucket.drops += if value < bucket.last { bucket.last } else { 0.0 };
                bucket.sum += value;
                bucket.max = bucket.max.max(value);
                (bucket.last_ms, bucket.last) = (at_ms, value);
            }
            None => buckets.push(Bucket::of(begin_ms, Sample { at_ms, value })),
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Budget, Labels, Memory};

    fn plan() -> Plan {
        use crate::reports::plan::Organisation;
        let organisation = Organisation {
            name: "School".into(),
            tenants: vec!["school".into(), "old-school".into()],
            tier: None,
        };
        Plan { organisations: vec![organisation], ..Plan::default() }
    }

    fn put(memory: &mut Memory, tenant: &str, samples: &[(i64, f64)]) {
        let labels = Labels::new(
            HEADROOM_TENANT_USER_SECONDS_TOTAL.name,
            [("instance", "ca1"), ("tenant", tenant)],
        );
        for (minute, value) in samples {
            memory.put(&labels, minute * 60_000, *value);
        }
    }

    #[test]
    fn hours_rise_from_the_month_before_over_starts_anew_into_one_organisation() {
        let mut memory = Memory::default();
        // A month that begins at minute 120, and a counter that begins anew in it.
        put(&mut memory, "school", &[(100, 3600.0), (130, 7200.0), (170, 9000.0), (200, 1800.0)]);
        put(&mut memory, "old-school", &[(130, 50.0), (190, 3650.0), (250, 99_000.0)]);
        let labels = Labels::new(
            HEADROOM_PLANNING_ORGANISATION_BYTES.name,
            [("instance", "ca1"), ("organisation", "School")],
        );
        // Told somewhat after each full hour, of the hour before it.
        for (minute, bytes) in [(122, 7.0), (182, 10.0), (242, 30.0), (302, 90.0)] {
            memory.put(&labels, minute * 60_000, bytes);
        }
        let meetings = Labels::new(BBB_MEETINGS.name, [("instance", "ca1")]);
        for minute in [119, 121, 150, 239, 240] {
            memory.put(&meetings, minute * 60_000, 0.0);
        }
        let budget = Budget::unlimited();
        let plan = plan();
        let asked = Asked { plan: &plan, from_ms: 120 * 60_000, to_ms: 240 * 60_000 };
        let used = read(Reader::new(&memory, &budget), asked).unwrap();
        let school = used.by("School", &[]);
        // 1.5 h until the start anew, half an hour after it; one hour of the other tenant.
        assert_eq!((school.hours, school.bytes), (3.0, 40.0));
        assert_eq!(used.by("School", &["ca2".into()]), Use::default());
        assert_eq!(used.hours_read.get("ca1"), Some(&2));
        assert_eq!(used.hours_of_bytes.get("ca1"), Some(&2));
        assert_eq!(used.organisations().into_iter().collect::<Vec<_>>(), ["School"]);
    }

    #[test]
    fn months_of_zones_with_half_hours_have_each_hour_once() {
        let mut memory = Memory::default();
        let labels = Labels::new(
            HEADROOM_PLANNING_ORGANISATION_BYTES.name,
            [("instance", "ca1"), ("organisation", "School")],
        );
        for hour in 1..12 {
            memory.put(&labels, hour * HOUR_MS + 80_000, 1.0);
        }
        let budget = Budget::unlimited();
        let plan = plan();
        let bytes = |from_ms: i64, to_ms: i64| {
            let asked = Asked { plan: &plan, from_ms, to_ms };
            read(Reader::new(&memory, &budget), asked).unwrap().by("School", &[]).bytes
        };
        let half = HOUR_MS / 2;
        let [first, second] = [[0, 5 * HOUR_MS + half], [5 * HOUR_MS + half, 10 * HOUR_MS + half]]
            .map(|[from_ms, to_ms]| bytes(from_ms, to_ms));
        assert_eq!(first + second, bytes(0, 10 * HOUR_MS + half));
        assert_eq!((first, second), (6.0, 5.0));
    }

    #[test]
    fn who_paused_has_not_joined() {
        let mut memory = Memory::default();
        put(&mut memory, "school", &[(100, 3600.0), (190, 3600.0), (200, 7200.0)]);
        put(&mut memory, "idle", &[(100, 0.0), (190, 0.0), (200, 60.0)]);
        put(&mut memory, "new", &[(190, 0.0), (200, 60.0)]);
        let budget = Budget::unlimited();
        let plan = plan();
        let asked = Asked { plan: &plan, from_ms: 120 * 60_000, to_ms: 240 * 60_000 };
        let used = read(Reader::new(&memory, &budget), asked).unwrap();
        let since: Vec<(&str, i64)> =
            used.since_ms.iter().map(|(name, at_ms)| (&**name, at_ms / 60_000)).collect();
        assert_eq!(since, [("School", 120), ("idle", 180), ("new", 180)]);
    }
}

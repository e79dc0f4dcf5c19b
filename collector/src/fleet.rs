//! The fleet at a glance: each host's traffic now and at its peak, its limit, its last report, and what
//! is judged of it.

mod facts;
mod judgement;
mod services;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    HEADROOM_AGENT_FRAMES_TOTAL, Metric, NODE_CPU_SECONDS_TOTAL, NODE_LOAD1,
    NODE_MEMORY_MEMAVAILABLE_BYTES, NODE_NETWORK_RECEIVE_BYTES_TOTAL,
};
use headroom_proto::limits::MAX_FUTURE;
use headroom_proto::metric::INSTANCE;

pub use self::facts::{Facts, LastReport, Mount, read as facts};
pub use self::judgement::{Finding, Severity, Subject, judge, lasting, percent};
pub use self::services::{Container, Recordings, Services, Unit, read as services};
use crate::links::{self, LinksOf, Traffic};
use crate::moments::DAY_MS;
use crate::query::{Column, Interval, Statistics, fold};
use crate::samples::{METRIC, Matcher, ReadError, Reader, Selection, TimeRange};
use crate::store::{LostInterval, Records};

/// A host whose agent has not reported for this long is silent.
const SILENT_AFTER_MS: i64 = 60_000;

/// So is one of which a writer has said nothing for so long: most scrape each minute or less often.
const UNWRITTEN_AFTER_MS: i64 = 300_000;

/// What a host is known by that has no agent: writers say these of it, under node_exporter's names.
const WRITTEN: [&Metric; 4] = [
    NODE_LOAD1,
    NODE_MEMORY_MEMAVAILABLE_BYTES,
    NODE_NETWORK_RECEIVE_BYTES_TOTAL,
    NODE_CPU_SECONDS_TOTAL,
];

/// A host that has reported for less than this is new.
const NEW_FOR_MS: i64 = 20 * 60_000;

/// How far back a host's last report is looked for, first and then.
const RECENT_MS: i64 = 300_000;
const KNOWN_FOR_MS: i64 = 31 * DAY_MS;

/// Of so many hosts what is known is read at once: of each there are dozens of series.
const TOGETHER: usize = 500;

/// Columns of the day in small: one for a quarter of an hour.
const COLUMNS: usize = 96;

/// When a host reported last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Report {
    /// Its name.
    instance: String,
    /// When its newest frame, or sample, was taken, Unix time in milliseconds.
    at_ms: i64,
    /// Who reported.
    reporter: Reporter,
}

/// Who tells of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reporter {
    /// An agent of its own.
    #[default]
    Agent,
    /// Somebody who writes by remote write.
    Writer,
}

impl Reporter {
    /// What of it tells that a host is there.
    fn matcher(self) -> Matcher {
        match self {
            Self::Agent => Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name),
            Self::Writer => Matcher::one_of(METRIC, WRITTEN.map(|metric| metric.name)),
        }
    }

    /// After how long without a report a host is silent.
    pub fn silent_after_ms(self) -> i64 {
        match self {
            Self::Agent => SILENT_AFTER_MS,
            Self::Writer => UNWRITTEN_AFTER_MS,
        }
    }
}

/// One host, and its last day, from which its state was told.
#[derive(Debug, Clone)]
pub struct Host {
    /// What there is to say.
    pub state: HostState,
    /// What went over its links in the last day.
    pub day: Traffic,
}

/// What there is to say of one host. Rates in bits per second.
#[derive(Debug, Clone)]
pub struct HostState {
    /// Its name.
    pub instance: String,
    /// When its newest frame was taken.
    pub last_report: LastReport,
    /// Whether that is too long ago.
    pub silent: bool,
    /// What it sends now.
    pub sends: Option<f64>,
    /// What it receives now.
    pub receives: Option<f64>,
    /// The most it sent in the last day.
    pub peak: Option<Peak>,
    /// The interfaces that these are the sum of.
    pub devices: Vec<String>,
    /// The speed of its links.
    pub limit: Option<f64>,
    /// The last day in small: the most sent in each quarter of an hour.
    pub day: Vec<Option<f64>>,
    /// The first rate of the last day, Unix time in milliseconds.
    pub first_ms: Option<i64>,
    /// How many frames it reported as lost in the last day.
    pub lost_frames: u64,
    /// What is known of it beside its link.
    pub facts: Facts,
    /// What somebody should look at, the worst first.
    pub findings: Vec<Finding>,
}

/// The most there was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// In bits per second.
    pub rate: f64,
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
}

impl HostState {
    /// Whether there is so little of it that an hour would be an empty picture.
    pub fn is_new(&self, now_ms: i64) -> bool {
        self.first_ms.is_none_or(|first_ms| now_ms - first_ms < NEW_FOR_MS) && !self.silent
    }

    /// What is left of the limit above the peak.
    pub fn headroom(&self) -> Option<f64> {
        Some(self.limit? - self.peak?.rate)
    }

    /// What is left of its processors: the figure of a host whose link has no known speed.
    pub fn cpu_headroom(&self) -> Option<f64> {
        Some(1.0 - self.facts.cpu_busy?)
    }

    /// Which host to look at first: by what is judged, then by what little headroom they have, then
    /// by name.
    pub fn urgency(&self, other: &Self) -> Ordering {
        let used = |host: &Self| match (host.peak, host.limit) {
            (Some(peak), Some(limit)) if limit > 0.0 => peak.rate / limit,
            _ => 0.0,
        };
        judgement::urgency(&self.findings, &other.findings)
            .then(used(other).total_cmp(&used(self)))
            .then_with(|| self.instance.cmp(&other.instance))
    }
}

/// The last day, of which a host's figures are.
pub fn last_day(now_ms: i64) -> TimeRange {
    TimeRange { from_ms: now_ms - DAY_MS, to_ms: now_ms }
}

/// A host as its last day shows it, and as its facts judge it.
pub fn host(
    reader: Reader<'_>,
    records: &Records,
    facts: Facts,
    now_ms: i64,
) -> Result<Host, ReadError> {
    let span = last_day(now_ms);
    let day = match facts.report {
        LastReport::At(_) => {
            links::traffic(reader, LinksOf { instance: &facts.instance, device: None }, span)?
        }
        LastReport::Never | LastReport::LongAgo => Traffic::default(),
    };
    let losses = records.losses(&facts.instance, span, reader.budget)?;
    let sent = Statistics::of(&day.sent, now_ms);
    let received = Statistics::of(&day.received, now_ms);
    let peak = sent.map(|figures| Peak { rate: figures.max, at_ms: figures.max_ms });
    let facts = Facts { sent_peak: peak.map(|peak| peak.rate), link_speed: day.limit, ..facts };
    let findings = judge(&facts, now_ms);
    let state = HostState {
        instance: facts.instance.clone(),
        last_report: facts.report,
        silent: findings.iter().any(|finding| finding.subject == Subject::Silence),
        sends: sent.and_then(|figures| figures.now),
        receives: received.and_then(|figures| figures.now),
        peak,
        limit: day.limit,
        day: in_small(&day.sent, span),
        first_ms: day.sent.first().map(|first| first.from_ms),
        lost_frames: losses.iter().map(LostInterval::frames).sum(),
        devices: day.devices.clone(),
        facts,
        findings,
    };
    Ok(Host { state, day })
}

/// What is known of all hosts: those that have reported within a month, and those that are configured
/// whether they have or not; by name.
pub fn all(
    reader: Reader<'_>,
    configured: &[String],
    now_ms: i64,
) -> Result<Vec<Facts>, ReadError> {
    let known: BTreeSet<String> = instances(reader)?.into_iter().collect();
    let names: Vec<String> = known.iter().cloned().collect();
    let mut reports = Vec::new();
    for some in names.chunks(TOGETHER) {
        reports.extend(newest_reports(reader, some.to_vec(), now_ms)?);
    }
    let mut last: BTreeMap<String, Option<Report>> =
        configured.iter().map(|name| (name.clone(), None)).collect();
    last.extend(reports.into_iter().map(|report| (report.instance.clone(), Some(report))));
    let instances: Vec<String> = last.keys().cloned().collect();
    let mut found = BTreeMap::new();
    for some in instances.chunks(TOGETHER) {
        found.append(&mut facts(reader, some, now_ms)?);
    }
    let all = last.into_iter().map(|(instance, report)| {
        let facts = found.remove(&instance).unwrap_or_else(|| Facts::named(&instance));
        let unheard =
            if known.contains(&instance) { LastReport::LongAgo } else { LastReport::Never };
        facts.reported(report.as_ref(), unheard)
    });
    Ok(all.collect())
}

/// The most urgent of many hosts as far as their facts tell, their links not looked at; and how many
/// others there are.
pub fn most_urgent(mut hosts: Vec<Facts>, most: usize, now_ms: i64) -> (Vec<Facts>, usize) {
    let others = hosts.len().saturating_sub(most);
    if others > 0 {
        let judged = |facts: Facts| (judge(&facts, now_ms), facts);
        let mut judged: Vec<(Vec<Finding>, Facts)> = hosts.into_iter().map(judged).collect();
        judged.sort_by(|(one, _), (other, _)| judgement::urgency(one, other));
        hosts = judged.into_iter().take(most).map(|(_, facts)| facts).collect();
    }
    (hosts, others)
}

/// What is known of one host; none if it has not reported within a month and is not configured.
pub fn one(
    reader: Reader<'_>,
    instance: &str,
    configured: &[String],
    now_ms: i64,
) -> Result<Option<Facts>, ReadError> {
    let report = report(reader, instance, now_ms)?;
    if report.is_none() && !configured.iter().any(|name| name == instance) {
        return Ok(None);
    }
    let unheard = if is_known(reader, instance)? { LastReport::LongAgo } else { LastReport::Never };
    let found = facts(reader, &[instance.to_owned()], now_ms)?.remove(instance);
    Ok(found.map(|facts| facts.reported(report.as_ref(), unheard)))
}

impl Facts {
    /// The same with the last report, if there was one within a month; else with what is known instead.
    fn reported(self, report: Option<&Report>, unheard: LastReport) -> Self {
        match report {
            Some(Report { at_ms, reporter, .. }) => {
                Self { report: LastReport::At(*at_ms), reporter: *reporter, ..self }
            }
            None => Self { report: unheard, ..self },
        }
    }
}

fn in_small(sent: &[Interval], span: TimeRange) -> Vec<Option<f64>> {
    let columns = fold(sent, (span.from_ms, span.to_ms), COLUMNS);
    columns.into_iter().map(|column| column.map(|Column { max, .. }| max)).collect()
}

/// The last report of one host; none if it has not reported within a month.
fn report(reader: Reader<'_>, instance: &str, now_ms: i64) -> Result<Option<Report>, ReadError> {
    Ok(newest_reports(reader, vec![instance.to_owned()], now_ms)?.pop())
}

/// Looks at the last minutes first, since that is where they nearly always are.
fn newest_reports(
    reader: Reader<'_>,
    mut instances: Vec<String>,
    now_ms: i64,
) -> Result<Vec<Report>, ReadError> {
    let mut newest: BTreeMap<String, Report> = BTreeMap::new();
    // A host's clock may be ahead, but no frame is taken in that is further.
    let to_ms = now_ms + MAX_FUTURE.as_millis() as i64;
    for back_ms in [RECENT_MS, KNOWN_FOR_MS] {
        for reporter in [Reporter::Agent, Reporter::Writer] {
            instances.retain(|instance| !newest.contains_key(instance));
            if instances.is_empty() {
                break;
            }
            let matchers = [reporter.matcher(), Matcher::one_of(INSTANCE, &instances)];
            let range = TimeRange { from_ms: now_ms - back_ms, to_ms };
            for found in reader.newest(Selection { matchers: &matchers, range })? {
                let instance = found.labels.get(INSTANCE).unwrap_or_default().to_owned();
                let report = Report { instance: instance.clone(), at_ms: found.at_ms, reporter };
                let known = newest.entry(instance).or_insert(report);
                known.at_ms = found.at_ms.max(known.at_ms);
            }
        }
    }
    Ok(newest.into_values().collect())
}

/// The names of all hosts that have ever reported.
pub fn instances(reader: Reader<'_>) -> Result<Vec<String>, ReadError> {
    let mut all = BTreeSet::new();
    for reporter in [Reporter::Agent, Reporter::Writer] {
        all.extend(reader.label_values(Selection::ever(&[reporter.matcher()]), INSTANCE)?);
    }
    all.remove("");
    Ok(all.into_iter().collect())
}

/// Whether a host of that name has ever reported.
pub fn is_known(reader: Reader<'_>, instance: &str) -> Result<bool, ReadError> {
    for reporter in [Reporter::Agent, Reporter::Writer] {
        let matchers = [reporter.matcher(), Matcher::equal(INSTANCE, instance)];
        if !reader.label_values(Selection::ever(&matchers), INSTANCE)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::samples::{Budget, Labels};
    use crate::store::{FrameWrite, Store};
    use std::sync::Arc;

    const NOW_MS: i64 = 1_590_678_123_456;

    /// A frame of a host so long ago.
    fn frame(store: &Store, instance: &str, ago_ms: i64) -> FrameWrite {
        let labels = Labels::new(HEADROOM_AGENT_FRAMES_TOTAL.name, [("instance", instance)]);
        let series = [store.series_id(&labels).unwrap()].into();
        FrameWrite {
            id: None,
            timestamp_ms: NOW_MS - ago_ms,
            series,
            values: vec![1.0],
            rounds: Vec::new(),
        }
    }

    #[test]
    fn hosts_are_known_for_a_month_and_silent_ones_come_first() {
        let directory = TempDir::new().unwrap();
        let store = Arc::new(Store::open(directory.path()).unwrap());
        let day = DAY_MS;
        let frames = [
            ("ahead", 30_000 - 120_000),
            ("busy", 20_000),
            ("busy", 10_000),
            ("gone", 32 * day),
            ("old", 20 * day),
            ("quiet", 59_000),
        ];
        let frames = frames.map(|(instance, ago_ms)| frame(&store, instance, ago_ms));
        store.append(&frames).unwrap();
        let (budget, records) = (Budget::unlimited(), Records::of(&store));
        let reader = Reader::new(&*store, &budget);
        let hosts = all(reader, &[], NOW_MS).unwrap();
        let ages: Vec<(&str, LastReport)> =
            hosts.iter().map(|facts| (&*facts.instance, facts.report)).collect();
        let at = |ago_ms| LastReport::At(NOW_MS - ago_ms);
        let ago = [("ahead", -90_000), ("busy", 10_000), ("old", 20 * day), ("quiet", 59_000)];
        assert_eq!(ages, ago.map(|(name, ago_ms)| (name, at(ago_ms))));
        let configured = ["gone".to_owned(), "new".to_owned()];
        let also = all(reader, &configured, NOW_MS).unwrap();
        let also: Vec<LastReport> = also[2..5].iter().map(|facts| facts.report).collect();
        assert_eq!(also, [LastReport::LongAgo, LastReport::Never, at(20 * day)]);
        assert_eq!(one(reader, "gone", &[], NOW_MS).unwrap(), None);
        assert!(one(reader, "gone", &configured, NOW_MS).unwrap().is_some());
        assert_eq!(one(reader, "old", &[], NOW_MS).unwrap().as_ref(), Some(&hosts[2]));
        let (urgent, others) = most_urgent(hosts.clone(), 1, NOW_MS);
        assert_eq!((&*urgent[0].instance, urgent.len(), others), ("old", 1, 3));
        assert_eq!(most_urgent(hosts.clone(), 4, NOW_MS), (hosts.clone(), 0));
        let state = |facts: &Facts| host(reader, &records, facts.clone(), NOW_MS).unwrap().state;
        let mut states: Vec<HostState> = hosts.iter().map(state).collect();
        // The links of one are nearly full.
        states[1].limit = Some(100.0);
        states[1].peak = Some(Peak { rate: 70.0, at_ms: NOW_MS });
        states.sort_by(HostState::urgency);
        let order: Vec<&str> = states.iter().map(|state| &*state.instance).collect();
        assert_eq!(order, ["old", "busy", "ahead", "quiet"]);
    }
}

//! The fleet at a glance: each host's traffic now and at its peak, its limit, its last report.

use headroom_proto::metric::{AGENT_FRAMES, INSTANCE};
use jiff::tz::TimeZone;

use crate::graphs::{GatherError, Graph, Period, Side, Sources, Span, definition, gather};
use crate::query::{Column, fold};
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, TimeRange};
use crate::store::LostInterval;

/// A host that has not reported for this long is silent.
const SILENT_AFTER_MS: i64 = 60_000;

/// A host that has reported for less than this is new.
const NEW_FOR_MS: i64 = 20 * 60_000;

/// How far back a host is looked for.
const KNOWN_FOR_MS: i64 = 31 * 86_400_000;

/// Columns of the day in small: one for a quarter of an hour.
const COLUMNS: usize = 96;

/// One host. Rates in bits per second.
#[derive(Debug, Clone)]
pub struct HostState {
    /// Its name.
    pub instance: String,
    /// When its newest frame was taken, Unix time in milliseconds.
    pub last_report_ms: i64,
    /// Whether that is too long ago.
    pub silent: bool,
    /// What it sends now.
    pub sends: Option<f64>,
    /// What it receives now.
    pub receives: Option<f64>,
    /// The most it sent in the last day, and when.
    pub peak: Option<(f64, i64)>,
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
}

impl HostState {
    /// Whether there is so little of it that an hour would be an empty picture.
    pub fn is_new(&self, now_ms: i64) -> bool {
        self.first_ms.is_none_or(|first_ms| now_ms - first_ms < NEW_FOR_MS) && !self.silent
    }

    /// What is left of the limit above the peak.
    pub fn headroom(&self) -> Option<f64> {
        Some(self.limit? - self.peak?.0)
    }
}

/// All hosts known, the silent ones first, then by what little headroom they have, then by name.
pub fn hosts(sources: Sources<'_>, now_ms: i64) -> Result<Vec<HostState>, GatherError> {
    let mut hosts = Vec::new();
    for instance in instances(sources.reader)? {
        hosts.extend(host(sources, &instance, now_ms)?);
    }
    let used = |host: &HostState| match (host.peak, host.limit) {
        (Some((peak, _)), Some(limit)) if limit > 0.0 => peak / limit,
        _ => 0.0,
    };
    hosts.sort_by(|a, b| {
        let by_use = used(b).total_cmp(&used(a));
        b.silent.cmp(&a.silent).then(by_use).then_with(|| a.instance.cmp(&b.instance))
    });
    Ok(hosts)
}

/// One host; none if it has not reported within a month.
pub fn host(
    sources: Sources<'_>,
    instance: &str,
    now_ms: i64,
) -> Result<Option<HostState>, GatherError> {
    let Some(last_report_ms) = last_report(sources.reader, instance, now_ms)? else {
        return Ok(None);
    };
    let definition = definition("network").expect("the network graph is part of the program");
    let span = Span::ending(Period::Day, now_ms, TimeZone::UTC);
    let graph = gather(sources, definition, (instance, None), (span, now_ms))?;
    let lost = graph.losses.iter().map(LostInterval::frames);
    let sent = line(&graph, Side::Above);
    let received = line(&graph, Side::Below);
    Ok(Some(HostState {
        instance: instance.to_owned(),
        last_report_ms,
        silent: now_ms - last_report_ms > SILENT_AFTER_MS,
        sends: sent.and_then(|line| line.statistics?.now),
        receives: received.and_then(|line| line.statistics?.now),
        peak: sent.and_then(|line| line.statistics).map(|s| (s.max, s.max_ms)),
        limit: graph.limit,
        day: sent.map(|line| in_small(line, &graph.span)).unwrap_or_default(),
        first_ms: sent.and_then(|line| Some(line.intervals.first()?.from_ms)),
        lost_frames: lost.sum(),
        devices: graph.devices,
    }))
}

fn line(graph: &Graph, side: Side) -> Option<&crate::graphs::Line> {
    graph.lines.iter().find(|line| line.side == side)
}

fn in_small(line: &crate::graphs::Line, span: &Span) -> Vec<Option<f64>> {
    let columns = fold(&line.intervals, (span.from_ms, span.to_ms), COLUMNS);
    columns.into_iter().map(|column| column.map(|Column { max, .. }| max)).collect()
}

/// The names of all hosts that have ever reported.
pub fn instances(reader: Reader<'_>) -> Result<Vec<String>, ReadError> {
    let matchers = [Matcher::metric(AGENT_FRAMES)];
    reader.label_values(Selection::ever(&matchers), INSTANCE)
}

/// Whether a host of that name has ever reported.
pub fn is_known(reader: Reader<'_>, instance: &str) -> Result<bool, ReadError> {
    let matchers = [Matcher::metric(AGENT_FRAMES), Matcher::equal(INSTANCE, instance)];
    let what = Selection::ever(&matchers);
    Ok(!reader.label_values(what, INSTANCE)?.is_empty())
}

/// Looks at the last minutes first, since that is where it nearly always is.
fn last_report(reader: Reader<'_>, instance: &str, now_ms: i64) -> Result<Option<i64>, ReadError> {
    let matchers = [Matcher::metric(AGENT_FRAMES), Matcher::equal(INSTANCE, instance)];
    for back_ms in [300_000, KNOWN_FOR_MS] {
        let range = TimeRange { from_ms: now_ms - back_ms, to_ms: i64::MAX };
        let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
        let last = found.iter().filter_map(|series| series.timestamps.last()).max();
        if let Some(&last) = last {
            return Ok(Some(last));
        }
    }
    Ok(None)
}

//! Counters of devices: which devices a graph sums, their rates, their limit.

use std::collections::BTreeMap;

use super::{GatherError, Line, MARGIN_MS, clip};
use crate::graphs::buckets::bucket_rates;
use crate::graphs::definition::{Devices, LineDefinition};
use crate::graphs::period::Span;
use crate::query::{Interval, Statistics, rates, sum};
use crate::samples::{Hints, Matcher, ReadError, Reader, Resolution, Selection, TimeRange};
use headroom_proto::metric::INSTANCE;

/// Longer spans are read from rollups: a pixel of theirs is many buckets of 5 minutes wide.
const LONGEST_RAW_MS: i64 = 8 * 86_400_000;

/// Bytes are drawn as bits.
const BITS: f64 = 8.0;

/// What is read of devices.
pub struct Found {
    /// Which ones there are.
    pub devices: Vec<String>,
    /// Their lines.
    pub lines: Vec<Line>,
    /// The sum of their limits.
    pub limit: Option<f64>,
}

/// Reads the lines of `instance`; of one device if that is named.
pub fn gather(
    reader: Reader<'_>,
    (instance, device): (&str, Option<&str>),
    (wanted, lines, limit): (Devices, &'static [(LineDefinition, String)], Option<&str>),
    (span, now_ms): (&Span, i64),
) -> Result<Found, GatherError> {
    let range = TimeRange { from_ms: span.from_ms - MARGIN_MS, to_ms: span.to_ms };
    let devices = devices(reader, (wanted, device), instance, range)?;
    let line = |(line, metric): &(LineDefinition, String)| -> Result<Line, ReadError> {
        let intervals = clip(read_rates(reader, metric, (instance, &devices), range)?, span);
        let statistics = Statistics::of(&intervals, now_ms);
        let LineDefinition { name, colour, side, shape } = line.clone();
        Ok(Line { name, colour, side, shape, intervals, statistics })
    };
    let lines = lines.iter().map(line).collect::<Result<_, _>>()?;
    let limit = match limit {
        Some(metric) => read_limit(reader, metric, (instance, &devices), range)?,
        None => None,
    };
    Ok(Found { devices, lines, limit })
}

/// The devices that a graph sums, by their newest description: all of the definition's, or the one
/// that was asked for, if it is there.
fn devices(
    reader: Reader<'_>,
    (Devices::Physical, asked): (Devices, Option<&str>),
    instance: &str,
    range: TimeRange,
) -> Result<Vec<String>, ReadError> {
    let matchers = [Matcher::metric("node_network_info"), Matcher::equal(INSTANCE, instance)];
    let mut newest: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for series in reader.select(Selection { matchers: &matchers, range }, Hints::default())? {
        let Some(&last) = series.timestamps.last() else { continue };
        let label = |name| series.labels.get(name).unwrap_or_default().to_owned();
        let known = newest.entry(label("device")).or_insert((i64::MIN, String::new()));
        if last > known.0 {
            *known = (last, label("kind"));
        }
    }
    if let Some(asked) = asked {
        return Ok(newest.into_keys().filter(|device| device == asked).collect());
    }
    let of_kind = |wanted: &str| -> Vec<String> {
        let found = newest.iter().filter(|(_, (_, kind))| kind == wanted);
        found.map(|(device, _)| device.clone()).collect()
    };
    let physical = of_kind("physical");
    // In a container nothing is physical, and its own end of a pair is what leads out.
    Ok(if physical.is_empty() { of_kind("veth") } else { physical })
}

fn read_rates(
    reader: Reader<'_>,
    metric: &str,
    (instance, devices): (&str, &[String]),
    range: TimeRange,
) -> Result<Vec<Interval>, ReadError> {
    let mut all = Vec::new();
    for device in devices {
        let matchers = matchers(metric, instance, device);
        all.extend(device_rates(reader, &matchers, range)?);
    }
    for interval in all.iter_mut().flatten() {
        *interval = interval.times(BITS);
    }
    Ok(sum(all))
}

/// The rates of each series that matches: from samples, or from rollups where the span is long or
/// samples are no longer kept.
fn device_rates(
    reader: Reader<'_>,
    matchers: &[Matcher],
    range: TimeRange,
) -> Result<Vec<Vec<Interval>>, ReadError> {
    let what = Selection { matchers, range };
    if range.to_ms - range.from_ms > LONGEST_RAW_MS
        && let Some(found) = reader.select_buckets(what, Resolution::Minutes)?
    {
        return Ok(found.iter().map(|series| bucket_rates(&series.buckets)).collect());
    }
    let found = reader.select(what, Hints::default())?;
    if found.iter().any(|series| !series.stand_ins.is_empty())
        && let Some(found) = reader.select_buckets(what, Resolution::Minutes)?
    {
        return Ok(found.iter().map(|series| bucket_rates(&series.buckets)).collect());
    }
    Ok(found.iter().map(|s| rates(&s.timestamps, &s.values)).collect())
}

/// The sum of the devices' newest limits; none if any of them has none.
fn read_limit(
    reader: Reader<'_>,
    metric: &str,
    (instance, devices): (&str, &[String]),
    range: TimeRange,
) -> Result<Option<f64>, ReadError> {
    let mut sum = None;
    for device in devices {
        let matchers = matchers(metric, instance, device);
        let series = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
        let Some(last) = series.iter().filter_map(|series| series.values.last()).next_back() else {
            return Ok(None);
        };
        *sum.get_or_insert(0.0) += last * BITS;
    }
    Ok(sum)
}

fn matchers(metric: &str, instance: &str, device: &str) -> [Matcher; 3] {
    [Matcher::metric(metric), Matcher::equal(INSTANCE, instance), Matcher::equal("device", device)]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::graphs::gather::{Sources, gather};
    use crate::graphs::{Period, Side, definition};
    use crate::samples::{Budget, Labels};
    use crate::store::{FrameWrite, Records, Retention, SeriesId, Store};
    use jiff::tz::TimeZone;

    const DAY_MS: i64 = 86_400_000;
    const STEP_MS: i64 = 10_000;
    const BURST_MS: i64 = 20_000 * DAY_MS + 40_000_000;

    /// Three hours at 10 bytes a second, but for one step with 1000 and a gap of half an hour.
    fn fill(store: &Store) {
        let id = |metric, device: &[(&str, &str)]| {
            let labels = [("instance", "ca1"), ("device", "eth0")];
            store
                .series_id(&Labels::new(metric, labels.into_iter().chain(device.to_vec())))
                .unwrap()
        };
        let info = id("node_network_info", &[("kind", "physical")]);
        let sent = id("node_network_transmit_bytes_total", &[]);
        let series: Arc<[SeriesId]> = [info, sent].into();
        let mut counter = 0.0;
        let frames = (0..1080).map(|n| {
            let timestamp_ms = BURST_MS + (n - 500) * STEP_MS;
            counter += if n == 500 { 10_000.0 } else { 100.0 };
            FrameWrite {
                id: None,
                timestamp_ms,
                series: series.clone(),
                values: vec![1.0, counter],
            }
        });
        let frames: Vec<_> = frames.collect();
        store.append(&[&frames[..700], &frames[880..]].concat()).unwrap();
    }

    #[test]
    fn a_burst_of_ten_seconds_is_the_peak_of_a_month_and_of_what_only_rollups_keep() {
        let directory = TempDir::new().unwrap();
        let store = Arc::new(Store::open(directory.path()).unwrap());
        let (records, budget) = (Records::of(&store), Budget::unlimited());
        let sources = Sources { reader: Reader::new(&*store, &budget), records: &records };
        fill(&store);
        let definition = definition("network").unwrap();
        let now_ms = BURST_MS + 15 * DAY_MS;
        let figures = |span: Span| {
            let graph = gather(sources, definition, ("ca1", None), (span, now_ms)).unwrap();
            let sent = graph.lines.iter().find(|line| line.side == Side::Above).unwrap();
            let Statistics { max, max_ms, mean, seconds, .. } = sent.statistics.unwrap();
            // The gap is there: two parts of the three hours.
            assert!((seconds - 8980.0).abs() < 20.0, "{seconds} s measured");
            assert!(sent.intervals.iter().all(|i| i.to_ms - i.from_ms <= 300_000));
            (max, (max_ms - BURST_MS).abs() <= 300_000, (mean / 8.0).round())
        };
        let month = || Span::ending(Period::Month, now_ms, TimeZone::UTC);
        let day = || Span::ending(Period::Day, BURST_MS + DAY_MS / 2, TimeZone::UTC);
        let expected = (8000.0, true, 11.0);
        assert_eq!((figures(month()), figures(day())), (expected, expected));
        let ever = 1000 * DAY_MS;
        let retention = Retention { raw_ms: 5 * DAY_MS, minutes_ms: ever, hours_ms: ever };
        store.seal().unwrap();
        store.maintain((now_ms, retention), &|| false).unwrap();
        assert_eq!(store.state().days, 0, "samples have expired");
        assert_eq!((figures(month()), figures(day())), (expected, expected));
    }
}

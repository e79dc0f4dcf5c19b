//! What runs on a host beside its rooms: containers, units of systemd, recordings on the disk. The
//! newest readings alone, and of processors what was used of late.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    BBB_RECORDINGS_DELETED, BBB_RECORDINGS_PROCESSING, BBB_RECORDINGS_PUBLISHED,
    BBB_RECORDINGS_UNPROCESSED, BBB_RECORDINGS_UNPUBLISHED, CONTAINER_CPU_USAGE_SECONDS_TOTAL,
    CONTAINER_MEMORY_WORKING_SET_BYTES, CONTAINER_SPEC_MEMORY_LIMIT_BYTES,
    HEADROOM_RECORDINGS_BYTES, HEADROOM_RECORDINGS_FAILED,
    HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS, NODE_SYSTEMD_SERVICE_RESTART_TOTAL,
    NODE_SYSTEMD_UNIT_START_TIME_SECONDS, NODE_SYSTEMD_UNIT_STATE,
};
use headroom_proto::metric::INSTANCE;

use crate::query::{Interval, rates};
use crate::samples::{
    Hints, Labels, METRIC, Matcher, Newest, ReadError, Reader, Selection, Series, TimeRange,
};

/// How old a reading may be to be true still, and by how long a time processors are judged.
const NEWEST_MS: i64 = 300_000;

/// The states of a unit that are well.
const WELL: [&str; 2] = ["active", "reloading"];

/// The states of recordings that wait or stay, in the order in which they are told.
const STATES: [(&str, &str); 5] = [
    (BBB_RECORDINGS_UNPROCESSED.name, "unprocessed"),
    (BBB_RECORDINGS_PROCESSING.name, "processing"),
    (BBB_RECORDINGS_PUBLISHED.name, "published"),
    (BBB_RECORDINGS_UNPUBLISHED.name, "unpublished"),
    (BBB_RECORDINGS_DELETED.name, "deleted"),
];

/// What runs on a host, as far as its agent tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Services {
    /// The busiest first.
    pub containers: Vec<Container>,
    /// Those that are not well first.
    pub units: Vec<Unit>,
    /// By state, those of which anything is told.
    pub recordings: Vec<Recordings>,
    /// How long the recording that waits for longest has waited, in seconds.
    pub waiting_seconds: Option<f64>,
    /// Steps of processing that have failed.
    pub failed: f64,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container {
    /// Its name, or its id where it has none.
    pub name: String,
    /// Cores that it kept busy of late.
    pub cores: Option<f64>,
    /// What it holds in memory.
    pub memory_bytes: Option<f64>,
    /// What it may hold; none if all that there is.
    pub limit_bytes: Option<f64>,
}

/// A unit of systemd.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Its state in systemd's word.
    pub state: String,
    /// When it was started, in Unix time.
    pub start_seconds: Option<f64>,
    /// How often systemd has restarted it.
    pub restarts: Option<f64>,
}

/// Recordings of one state.
#[derive(Debug, Clone, PartialEq)]
pub struct Recordings {
    /// Which.
    pub state: &'static str,
    /// How many, where they are counted.
    pub count: Option<f64>,
    /// What they take on the disk, where that is measured.
    pub bytes: Option<f64>,
}

impl Unit {
    /// Whether it works as it should.
    pub fn is_well(&self) -> bool {
        WELL.contains(&&*self.state)
    }
}

/// What runs on a host at a moment.
pub fn read(reader: Reader<'_>, instance: &str, now_ms: i64) -> Result<Services, ReadError> {
    let host = Host { reader, instance, now_ms };
    let mut services = Services { containers: host.containers()?, ..Services::default() };
    services.units = host.units()?;
    host.recordings(&mut services)?;
    Ok(services)
}

struct Host<'a> {
    reader: Reader<'a>,
    instance: &'a str,
    now_ms: i64,
}

impl Host<'_> {
    fn matchers(&self, metrics: &[&str]) -> [Matcher; 2] {
        let metrics = metrics.iter().copied();
        [Matcher::one_of(METRIC, metrics), Matcher::equal(INSTANCE, self.instance)]
    }

    fn range(&self) -> TimeRange {
        TimeRange { from_ms: self.now_ms - NEWEST_MS, to_ms: self.now_ms }
    }

    fn newest(&self, metrics: &[&str]) -> Result<Vec<Newest>, ReadError> {
        let matchers = self.matchers(metrics);
        self.reader.newest(Selection { matchers: &matchers, range: self.range() })
    }

    fn containers(&self) -> Result<Vec<Container>, ReadError> {
        let (memory, limit) =
            (CONTAINER_MEMORY_WORKING_SET_BYTES.name, CONTAINER_SPEC_MEMORY_LIMIT_BYTES.name);
        let mut found: BTreeMap<String, Container> = BTreeMap::new();
        for Newest { labels, value, .. } in self.newest(&[memory, limit])? {
            let container = found.entry(id(&labels)).or_insert_with(|| named(&labels));
            if labels.metric() == memory {
                container.memory_bytes = Some(value);
            } else {
                // Without a limit the kernel tells one that no machine has.
                container.limit_bytes = (value > 0.0 && value < 1e18).then_some(value);
            }
        }
        let matchers = self.matchers(&[CONTAINER_CPU_USAGE_SECONDS_TOTAL.name]);
        let what = Selection { matchers: &matchers, range: self.range() };
        let series = self.reader.select(what, Hints::default())?;
        for one in &series {
            let rates = rates(&one.timestamps, &one.values);
            let seconds: f64 = rates.iter().map(Interval::seconds).sum();
            let used: f64 = rates.iter().map(|rate| rate.mean * rate.seconds()).sum();
            let container = found.entry(id(&one.labels)).or_insert_with(|| named(&one.labels));
            container.cores = (seconds > 0.0).then(|| used / seconds);
        }
        self.reader.budget.release(series.iter().map(Series::bytes).sum());
        let mut containers: Vec<Container> = found.into_values().collect();
        let cores = |container: &Container| container.cores.unwrap_or(0.0);
        containers.sort_by(|a, b| cores(b).total_cmp(&cores(a)).then_with(|| a.name.cmp(&b.name)));
        Ok(containers)
    }

    fn units(&self) -> Result<Vec<Unit>, ReadError> {
        let [state, start, restarts] = [
            NODE_SYSTEMD_UNIT_STATE,
            NODE_SYSTEMD_UNIT_START_TIME_SECONDS,
            NODE_SYSTEMD_SERVICE_RESTART_TOTAL,
        ]
        .map(|metric| metric.name);
        let mut found: BTreeMap<String, Unit> = BTreeMap::new();
        for Newest { labels, value, .. } in self.newest(&[state, start, restarts])? {
            let name = labels.get("name").unwrap_or_default();
            let unit = found.entry(name.to_owned()).or_default();
            name.clone_into(&mut unit.name);
            match labels.metric() {
                metric if metric == state => {
                    if value > 0.0 {
                        labels.get("state").unwrap_or_default().clone_into(&mut unit.state);
                    }
                }
                metric if metric == start => unit.start_seconds = (value > 0.0).then_some(value),
                _ => unit.restarts = Some(value),
            }
        }
        let mut units: Vec<Unit> =
            found.into_values().filter(|unit| !unit.state.is_empty()).collect();
        units.sort_by_key(|unit| (unit.is_well(), unit.name.clone()));
        Ok(units)
    }

    fn recordings(&self, services: &mut Services) -> Result<(), ReadError> {
        let (bytes, failed, waiting) = (
            HEADROOM_RECORDINGS_BYTES.name,
            HEADROOM_RECORDINGS_FAILED.name,
            HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS.name,
        );
        let metrics = STATES.map(|(metric, _)| metric);
        let mut found: BTreeMap<&str, [Option<f64>; 2]> = BTreeMap::new();
        for newest in self.newest(&[&metrics[..], &[bytes, failed, waiting]].concat())? {
            let Newest { labels, value, .. } = &newest;
            let metric = labels.metric();
            if metric == failed {
                services.failed = *value;
            } else if metric == waiting {
                services.waiting_seconds = Some(*value);
            }
            for (counts, state) in STATES {
                let place = match metric {
                    metric if metric == counts => 0,
                    metric if metric == bytes && labels.get("state") == Some(state) => 1,
                    _ => continue,
                };
                found.entry(state).or_default()[place] = Some(*value);
            }
        }
        let told = STATES.into_iter().filter_map(|(_, state)| {
            let [count, bytes] = *found.get(state)?;
            Some(Recordings { state, count, bytes })
        });
        services.recordings = told.collect();
        Ok(())
    }
}

/// What names a container among all of its host.
fn id(labels: &Labels) -> String {
    labels.get("id").or_else(|| labels.get("name")).unwrap_or_default().to_owned()
}

fn named(labels: &Labels) -> Container {
    let name = labels.get("name").filter(|name| !name.is_empty());
    let name = name.map_or_else(|| id(labels), ToOwned::to_owned);
    Container { name, ..Container::default() }
}

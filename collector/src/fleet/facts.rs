//! What is known of hosts, as far as it is judged: the newest readings and how fast disks fill.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    HEADROOM_BBB_STATE, NODE_CPU_SECONDS_TOTAL, NODE_FILESYSTEM_AVAIL_BYTES,
    NODE_FILESYSTEM_FREE_BYTES, NODE_FILESYSTEM_SIZE_BYTES, NODE_MEMORY_MEMAVAILABLE_BYTES,
    NODE_MEMORY_MEMTOTAL_BYTES,
};
use headroom_proto::metric::INSTANCE;

use super::Reporter;
use crate::moments::DAY_MS;
use crate::query::rates;
use crate::samples::{
    Hints, Labels, METRIC, Matcher, Newest, ReadError, Reader, Selection, Series, TimeRange,
};

/// How old a reading may be to be true still.
const NEWEST_MS: i64 = 300_000;

/// File systems that hold no data of their own.
const NO_DISKS: [&str; 4] = ["tmpfs", "ramfs", "overlay", "squashfs"];

/// So long ago disks are looked at, the best first: whole days, since nights differ from days. What
/// was emptied since says nothing of how fast it fills.
const TREND_MS: [i64; 3] = [7 * DAY_MS, 3 * DAY_MS, DAY_MS];

/// Processors are judged by so long a time, of which so much must have been measured.
const CPU_MS: i64 = 300_000;
const CPU_MEASURED_SECONDS: f64 = 240.0;
const IDLE: [&str; 2] = ["idle", "iowait"];

/// What is known of one host, as far as it is judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Its name.
    pub instance: String,
    /// When it reported last.
    pub report: LastReport,
    /// Who tells of it.
    pub reporter: Reporter,
    /// How the newest poll of its BBB ended, `ok` if well; none without BBB.
    pub bbb: Option<String>,
    /// Its file systems, by mount point.
    pub mounts: Vec<Mount>,
    /// The part of its memory that programs can no longer have.
    pub memory_used: Option<f64>,
    /// The part of its processors' time that was used of late.
    pub cpu_busy: Option<f64>,
    /// The most it sent within a second or a few in the last day, in bits per second.
    pub sent_peak: Option<f64>,
    /// The speed of its links, in bits per second.
    pub link_speed: Option<f64>,
}

/// When a host reported last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastReport {
    /// It never has.
    #[default]
    Never,
    /// Longer ago than anybody looks.
    LongAgo,
    /// When its newest frame was taken, Unix time in milliseconds.
    At(i64),
}

/// A file system.
#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// Where it is mounted.
    pub mountpoint: String,
    /// What is used of it.
    pub used_bytes: f64,
    /// What is left of it for those who are not root.
    pub left_bytes: f64,
    /// How fast it fills, in bytes per second; none if it is not known for a day.
    pub filling: Option<f64>,
}

impl Facts {
    /// A host of which nothing is known.
    pub fn named(instance: &str) -> Self {
        Self { instance: instance.to_owned(), ..Self::default() }
    }
}

impl Mount {
    /// The part of it that is used, as df tells it.
    pub fn used_ratio(&self) -> Option<f64> {
        let all = self.used_bytes + self.left_bytes;
        (all > 0.0).then(|| self.used_bytes / all)
    }

    /// When it will be full by its trend; none if it does not fill.
    pub fn seconds_left(&self) -> Option<f64> {
        let filling = self.filling.filter(|filling| *filling > 0.0)?;
        Some(self.left_bytes / filling)
    }
}

/// What is known of hosts at a moment, by name. Reports and links are not looked at here.
pub fn read(
    reader: Reader<'_>,
    instances: &[String],
    now_ms: i64,
) -> Result<BTreeMap<String, Facts>, ReadError> {
    let mut all: BTreeMap<String, Facts> =
        instances.iter().map(|instance| (instance.clone(), Facts::named(instance))).collect();
    let asking = Asking { reader, instances, now_ms };
    asking.newest_figures(&mut all)?;
    asking.mounts(&mut all)?;
    asking.cpu(&mut all)?;
    Ok(all)
}

struct Asking<'a> {
    reader: Reader<'a>,
    instances: &'a [String],
    now_ms: i64,
}

/// What names a file system: its host and where it is mounted.
type Place = (String, String);

/// What was left of file systems, and how long ago.
struct Past {
    ago_ms: i64,
    left: BTreeMap<Place, f64>,
}

/// What is read of a file system.
#[derive(Default)]
struct Filesystem {
    device: String,
    size: Option<f64>,
    free: Option<f64>,
    left: Option<f64>,
}

impl Asking<'_> {
    fn matchers(&self, metrics: &[&str]) -> Vec<Matcher> {
        vec![
            Matcher::one_of(METRIC, metrics.iter().copied()),
            Matcher::one_of(INSTANCE, self.instances),
        ]
    }

    /// The newest readings before a moment.
    fn newest(&self, metrics: &[&str], at_ms: i64) -> Result<Vec<Newest>, ReadError> {
        let range = TimeRange { from_ms: at_ms - NEWEST_MS, to_ms: at_ms };
        self.reader.newest(Selection { matchers: &self.matchers(metrics), range })
    }

    fn newest_figures(&self, all: &mut BTreeMap<String, Facts>) -> Result<(), ReadError> {
        let (total, available) =
            (NODE_MEMORY_MEMTOTAL_BYTES.name, NODE_MEMORY_MEMAVAILABLE_BYTES.name);
        let state = HEADROOM_BBB_STATE.name;
        let mut memory: BTreeMap<String, [Option<f64>; 2]> = BTreeMap::new();
        for Newest { labels, value, .. } in self.newest(&[total, available, state], self.now_ms)? {
            let Some(facts) = all.get_mut(host(&labels)) else { continue };
            if labels.metric() == state {
                if value > 0.0 {
                    facts.bbb = labels.get("state").map(ToOwned::to_owned);
                }
                continue;
            }
            let figures = memory.entry(facts.instance.clone()).or_default();
            figures[usize::from(labels.metric() == available)] = Some(value);
        }
        for (instance, figures) in memory {
            if let ([Some(total), Some(available)], Some(facts)) = (figures, all.get_mut(&instance))
            {
                facts.memory_used = (total > 0.0).then(|| 1.0 - available / total);
            }
        }
        Ok(())
    }

    fn mounts(&self, all: &mut BTreeMap<String, Facts>) -> Result<(), ReadError> {
        let [size, free, left] =
            [NODE_FILESYSTEM_SIZE_BYTES, NODE_FILESYSTEM_FREE_BYTES, NODE_FILESYSTEM_AVAIL_BYTES]
                .map(|metric| metric.name);
        let mut found: BTreeMap<Place, Filesystem> = BTreeMap::new();
        for Newest { labels, value, .. } in self.newest(&[size, free, left], self.now_ms)? {
            let Some(place) = place(&labels) else { continue };
            let filesystem = found.entry(place).or_default();
            labels.get("device").unwrap_or_default().clone_into(&mut filesystem.device);
            let figure = match labels.metric() {
                metric if metric == size => &mut filesystem.size,
                metric if metric == free => &mut filesystem.free,
                _ => &mut filesystem.left,
            };
            *figure = Some(value);
        }
        let past = self.past(left)?;
        let mut seen = BTreeSet::new();
        for (place, Filesystem { device, size, free, left }) in found {
            let (Some(size), Some(left)) = (size, left) else { continue };
            // What is mounted twice counts once, by the first of its places.
            if !seen.insert((place.0.clone(), device)) {
                continue;
            }
            let filling = past.iter().find_map(|past| {
                let used = past.left.get(&place)? - left;
                (used > 0.0).then(|| used * 1000.0 / past.ago_ms as f64)
            });
            let (instance, mountpoint) = place;
            let Some(facts) = all.get_mut(&instance) else { continue };
            let used_bytes = size - free.unwrap_or(left);
            facts.mounts.push(Mount { mountpoint, used_bytes, left_bytes: left, filling });
        }
        Ok(())
    }

    fn past(&self, left: &str) -> Result<Vec<Past>, ReadError> {
        let past = |ago_ms: i64| {
            let found = self.newest(&[left], self.now_ms - ago_ms)?;
            let of = |newest: Newest| Some((place(&newest.labels)?, newest.value));
            Ok(Past { ago_ms, left: found.into_iter().filter_map(of).collect() })
        };
        TREND_MS.into_iter().map(past).collect()
    }

    /// How busy processors were of late: by the idle time of all cores, of that which was measured.
    fn cpu(&self, all: &mut BTreeMap<String, Facts>) -> Result<(), ReadError> {
        let mut matchers = self.matchers(&[NODE_CPU_SECONDS_TOTAL.name]);
        matchers.push(Matcher::one_of("mode", IDLE));
        let range = TimeRange { from_ms: self.now_ms - CPU_MS, to_ms: self.now_ms };
        let what = Selection { matchers: &matchers, range };
        let found = self.reader.select(what, Hints::default())?;
        let mut idle: BTreeMap<(&str, &str), [f64; 2]> = BTreeMap::new();
        for series in &found {
            let core = (host(&series.labels), series.labels.get("cpu").unwrap_or_default());
            let [seconds, idle] = idle.entry(core).or_default();
            let (mut own_seconds, mut own_idle) = (0.0, 0.0);
            for rate in rates(&series.timestamps, &series.values) {
                own_seconds += rate.seconds();
                own_idle += rate.mean * rate.seconds();
            }
            (*seconds, *idle) = (seconds.max(own_seconds), *idle + own_idle);
        }
        let mut hosts: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
        for ((instance, _), [seconds, idle]) in idle {
            if seconds >= CPU_MEASURED_SECONDS {
                let [cores, busy] = hosts.entry(instance).or_default();
                (*cores, *busy) = (*cores + 1.0, *busy + (1.0 - idle / seconds).clamp(0.0, 1.0));
            }
        }
        for (instance, [cores, busy]) in hosts {
            if let Some(facts) = all.get_mut(instance) {
                facts.cpu_busy = Some(busy / cores);
            }
        }
        self.reader.budget.release(found.iter().map(Series::bytes).sum());
        Ok(())
    }
}

fn host(labels: &Labels) -> &str {
    labels.get(INSTANCE).unwrap_or_default()
}

/// The place of a file system with data of its own.
fn place(labels: &Labels) -> Option<Place> {
    let kind = labels.get("fstype").unwrap_or_default();
    let mountpoint = labels.get("mountpoint")?.to_owned();
    (!NO_DISKS.contains(&kind)).then(|| (host(labels).to_owned(), mountpoint))
}

//! Text to answer: an expression is parsed and evaluated over a small store within a budget.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use headroom::promql::{QueryError, QueryLimits, Steps, instant, range, selectors, show};
use headroom::samples::{Budget, Labels, Limits, Pool, Reader, Stop};
use headroom::store::{FrameWrite, Store};
use tempfile::TempDir;

use crate::scratch;

const BEGIN_MS: i64 = 1_700_000_000_000;
const END_MS: i64 = BEGIN_MS + 3_600_000;

/// What one question may take: far less than a collector gives, so that limits are met.
const LIMITS: Limits = Limits { samples: 200_000, series: 1_000, bytes: 16 << 20 };

/// After this long nobody waits any more, as a collector's gate decides.
const PATIENCE: Duration = Duration::from_secs(1);

/// A question in work, and when nobody waits for it any more.
static WAITING: Mutex<Option<(Instant, Stop)>> = Mutex::new(None);

/// An expression.
pub fn promql(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let world = World::get();
    // A refusal is an answer; what is held for an answer goes back.
    world.ask(|reader| selectors(&[&text], reader.budget).is_ok());
    world.ask(|reader| {
        show(&text, reader.budget, |shown| serde_json::to_string(&shown.parts())).is_ok()
    });
    world.ask(|reader| printed_again(&text, reader.budget));
    world.ask(|reader| instant(reader, &text, END_MS, QueryLimits::default()).is_ok());
    for (steps, step_ms) in [(7, 60_000), (3, 3_600_000)] {
        let steps = Steps { from_ms: END_MS - steps * step_ms, to_ms: END_MS, step_ms };
        world.ask(|reader| range(reader, &text, steps, QueryLimits::default()).is_ok());
    }
}

/// What is printed means the same: it is printed again alike, unless that takes too much. Only signs
/// grow: infinity is printed as `+Inf`, as Prometheus does, which before `^` is a sign and a number.
fn printed_again(text: &str, budget: &Budget) -> bool {
    let print = |text: &str| show(text, budget, |shown| shown.lines().to_string());
    let Ok(printed) = print(text) else { return false };
    let unsigned = |text: &str| text.replace(['+', ' ', '\n'], "");
    match print(&printed) {
        Ok(again) => assert_eq!(unsigned(&again), unsigned(&printed), "{text:?}"),
        Err(QueryError::Read(_) | QueryError::Stopped) => {}
        // Printed as it is, and refused as it is: as Prometheus does.
        Err(_) if printed.contains(char::REPLACEMENT_CHARACTER) => {}
        Err(error) => panic!("{text:?} is printed as {printed:?}: {error}"),
    }
    true
}

/// A store with something of each kind.
struct World {
    store: Store,
    _folder: TempDir,
}

impl World {
    fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let watch = std::thread::Builder::new().name("patience".into());
            watch.spawn(give_up).expect("a thread starts");
            Self::new()
        })
    }

    fn new() -> Self {
        let folder = scratch::folder();
        let store = Store::open(folder.path()).expect("a new store opens");
        for n in 0..60_u32 {
            let mut series = Vec::new();
            let mut values = Vec::new();
            let mut push = |metric: &str, labels: &[(&str, &str)], value: f64| {
                let labels = Labels::new(metric, labels.iter().copied());
                series.push(store.series_id(&labels).expect("there is room for a series"));
                values.push(value);
            };
            for (place, instance) in ["ca1", "ca2", "de1"].into_iter().enumerate() {
                let own = f64::from(n) + place as f64;
                push("up", &[("instance", instance), ("job", "node")], 1.0);
                push("requests_total", &[("instance", instance)], own * 31.0 % 200.0);
                if n % 7 > 2 {
                    push("load", &[("instance", instance), ("core", "0")], own / 4.0 - 5.0);
                }
                for (le, share) in [("0.1", 1.0), ("1", 2.0), ("+Inf", 3.0)] {
                    push("latency_bucket", &[("instance", instance), ("le", le)], own * share);
                }
            }
            let stale = f64::from_bits(headroom_proto::metric::STALE_BITS);
            let odd = [f64::NAN, f64::INFINITY, f64::MAX, stale, -0.0, f64::MIN_POSITIVE];
            push("odd", &[("instance", "ca1")], odd[n as usize % odd.len()]);
            let timestamp_ms = BEGIN_MS + i64::from(n) * 60_000;
            let frame = FrameWrite {
                id: None,
                timestamp_ms,
                series: series.into(),
                values,
                rounds: Vec::new(),
            };
            store.append(&[frame]).expect("a frame is stored");
            if n == 30 {
                store.seal().expect("the first half is sealed");
            }
        }
        Self { store, _folder: folder }
    }

    /// Asks on a budget of its own, all of which must be free again afterwards.
    fn ask(&self, ask: impl FnOnce(Reader<'_>) -> bool) {
        let stop = Stop::default();
        let pool = Pool::new(LIMITS.bytes);
        let budget = Budget::new(LIMITS, pool.clone(), stop.clone());
        *waiting() = Some((Instant::now() + PATIENCE, stop));
        ask(Reader::new(&self.store, &budget));
        *waiting() = None;
        drop(budget);
        assert_eq!(pool.taken().readers, 0, "memory of an answer is not given back");
    }
}

/// Stops a question that nobody waits for any more.
fn give_up() {
    loop {
        std::thread::sleep(PATIENCE / 10);
        if let Some((until, stop)) = &*waiting()
            && Instant::now() > *until
        {
            stop.set();
        }
    }
}

fn waiting() -> std::sync::MutexGuard<'static, Option<(Instant, Stop)>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The expressions that are compared with Prometheus, and what must be refused.
pub fn seeds() -> Vec<Vec<u8>> {
    let lines = include_str!("../../harness/promql/expressions.txt").lines();
    let compared = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let refused = [
        "up offset NaN",
        "up[1e20]",
        "up[18446744073709551615]",
        "up[5m:1e20]",
        "up offset -1e20",
        "sum(rate(latency_bucket[5m:7s])) by (le)",
        "histogram_quantile(0.9, rate(latency_bucket[10m]))",
        "label_join(label_join(up, \"a\", \"b\", \"instance\"), \"c\", \"\", \"a\", \"a\")",
    ];
    compared.chain(refused).map(|line| line.as_bytes().to_vec()).collect()
}

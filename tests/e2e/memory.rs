//! The memory of a collector under questions, pictures and writes that want more than there is, and
//! its end in the midst of them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::by_hand::{ByHand, series};
use harness::remote_write::{
    WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};
use harness::{CollectorOptions, CollectorProgram, eventually, fetch, metric};
use headroom_proto::wire::Frame;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use tokio::task::JoinSet;

const MIB: u64 = 1 << 20;

/// What requests share, what the store may hold, and what the program itself takes.
const SHARED: u64 = 96 * MIB;
const STORE: u64 = (16 + 4) * MIB;
const ITSELF: u64 = 64 * MIB;

const SMALL_STORE: &str = "head_bytes = '8 MiB'\ncache_bytes = '4 MiB'\n";
const SMALL_MEMORY: &str = "[memory]\nshared_bytes = '96 MiB'\n";

const BOOT: u64 = 7;

/// A picture takes a program that is not optimised seconds, and waits for others.
const PATIENCE: Duration = Duration::from_secs(90);

async fn small_collector() -> CollectorProgram {
    let options = CollectorOptions {
        instances: vec!["ca1".into()],
        store: SMALL_STORE.into(),
        more: SMALL_MEMORY.into(),
        ..CollectorOptions::default()
    };
    CollectorProgram::start(options).await
}

/// The most memory that the collector has had, in bytes, but for the pages of its program: those of
/// one that is not optimised take as much as all else.
fn most(collector: &CollectorProgram) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", collector.id())).unwrap();
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
    };
    bytes("VmHWM:") - bytes("RssFile:")
}

fn assert_small(collector: &CollectorProgram, after: &str) {
    let (most, limit) = (most(collector) / MIB, (SHARED + STORE + ITSELF) / MIB);
    assert!(most < limit, "{most} MiB after {after}, at most {limit}");
}

fn nested(begin: &str, middle: &str, end: &str, depth: usize) -> String {
    format!("{}{middle}{}", begin.repeat(depth), end.repeat(depth))
}

/// Questions that would take gigabytes, of a store that holds nothing.
fn greedy() -> Vec<(&'static str, String)> {
    let doubled = nested("label_join(", "vector(1)", ",\"x\",\"a\",\"x\",\"x\")", 34);
    let begun = "label_replace(vector(1),\"x\",\"aaaaaaaa\",\"\",\"\")";
    let joined = nested("label_join(", begun, ",\"x\",\"\",\"x\",\"x\")", 34);
    let replaced = nested("label_replace(", begun, ",\"x\",\"$1$1\",\"x\",\"(.*)\")", 34);
    vec![
        ("labels that double", doubled),
        ("labels that double and were there", joined),
        ("labels that are put twice", replaced),
        ("points", "sum_over_time(vector(1)[30000000s:1s])".into()),
        ("values", "count_over_time(count_values(\"v\",vector(time()))[40000s:1s])".into()),
        ("patterns", format!("{{a=\"b\"{}}}", ",a=~\"\\\\pL{900}\"".repeat(2_000))),
        ("matchers", format!("{{a=\"b\"{}}}", ",a=\"\"".repeat(550_000))),
        ("names", format!("sum by ({}) (vector(1))", "a,".repeat(1_500_000))),
    ]
}

async fn post(collector: &CollectorProgram, path: &str, form: String) -> Option<u16> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().ok()?;
    let kind = "application/x-www-form-urlencoded";
    let request = client.post(collector.http(path)).header("content-type", kind).body(form);
    request.send().await.ok().map(|answer| answer.status().as_u16())
}

/// Signs that forms write otherwise.
fn coded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut coded, byte| {
        match byte {
            b'%' | b'&' | b'+' | b'=' => drop(write!(coded, "%{byte:02X}")),
            _ => coded.push(char::from(byte)),
        }
        coded
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_would_eat_all_memory_are_refused() {
    let collector = small_collector().await;
    for (what, expression) in greedy() {
        let form = format!("query={}", coded(&expression));
        let status = post(&collector, "/api/v1/query", form).await;
        assert!(matches!(status, Some(400 | 413 | 422 | 503)), "{what}: {status:?}");
        assert_small(&collector, what);
    }
    // A name for each two bytes, and forms that wait for each other.
    let collector = Arc::new(collector);
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let collector = Arc::clone(&collector);
        let form = format!("{}query=1", "a&".repeat(2 * MIB as usize - 4));
        asking.spawn(async move { post(&collector, "/api/v1/query", form).await });
    }
    let statuses = asking.join_all().await;
    // Whoever is refused before all of it was sent may see its connection close instead.
    let ended = |status: &Option<u16>| matches!(status, None | Some(200 | 503));
    assert!(statuses.iter().all(ended), "{statuses:?}");
    assert!(statuses.contains(&Some(200)), "{statuses:?}");
    assert_small(&collector, "forms");
    let mut collector = Arc::into_inner(collector).unwrap();
    // Nothing of it is held once nobody waits.
    for side in ["readers", "writers"] {
        let name = format!("headroom_memory_taken_bytes{{side=\"{side}\"}}");
        eventually("all memory is given back", Duration::from_secs(30), async || {
            (metric(&collector, &name).await? == 0).then_some(())
        })
        .await;
    }
    assert_eq!(metric(&collector, "headroom_panics_total").await, Some(0));
    collector.terminate();
}

/// A request of some megabytes that packs well: as many moments as samples.
fn large_write(now_ms: i64) -> WriteRequest {
    let label = |name: &str, value: &str| WrittenLabel { name: name.into(), value: value.into() };
    let labels = vec![label("__name__", "large"), label("instance", "w1"), label("job", "x")];
    let sample = |back| WrittenSample { value: 1.0, timestamp_ms: now_ms - back };
    WriteRequest {
        series: vec![WrittenSeries { labels, samples: (0..60_000).map(sample).collect() }],
    }
}

fn frame(sequence: u64, now_ms: i64) -> Up {
    Up::Frame(Frame {
        boot: BOOT,
        sequence,
        timestamp_ms: now_ms + sequence as i64,
        ids: vec![1],
        values: vec![1.0],
        ..Frame::default()
    })
}

/// Those who ask over and over until they are stopped, and what they were answered.
#[derive(Default)]
struct Crowd {
    asking: JoinSet<()>,
    stop: Arc<AtomicBool>,
    statuses: Arc<Mutex<HashSet<u16>>>,
}

impl Crowd {
    fn again_and_again<F>(&mut self, ask: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = Option<u16>> + Send,
    {
        let (stop, statuses) = (Arc::clone(&self.stop), Arc::clone(&self.statuses));
        self.asking.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let status = ask().await;
                statuses.lock().unwrap().extend(status);
            }
        });
    }

    fn was_answered(&self, status: u16) -> bool {
        self.statuses.lock().unwrap().contains(&status)
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.join_all().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_heard_among_greedy_readers_writers_and_painters_and_a_sigterm_ends_it() {
    let collector = Arc::new(small_collector().await);
    let now_ms = jiff::Timestamp::now().as_millisecond() - 60_000;
    let mut crowd = Crowd::default();
    for (_, expression) in greedy().into_iter().take(5) {
        let (collector, form) = (Arc::clone(&collector), format!("query={}", coded(&expression)));
        crowd.again_and_again(move || {
            let (collector, form) = (Arc::clone(&collector), form.clone());
            async move { post(&collector, "/api/v1/query", form).await }
        });
    }
    let request = Arc::new(large_write(now_ms));
    for _ in 0..6 {
        let (client, request) = (reqwest::Client::new(), Arc::clone(&request));
        let to = collector.remote_write();
        crowd.again_and_again(move || {
            let (client, request, to) = (client.clone(), Arc::clone(&request), to.clone());
            async move { remote_write(&client, &to, &request).await }
        });
    }
    // Small ones among them are drawn in time even where the machine has other work.
    for painter in 0..20 {
        let scale = if painter % 4 == 0 { 1 } else { 3 };
        let url = collector.http(&format!("/graphs/all/organisations/year.png?scale={scale}"));
        crowd.again_and_again(move || {
            let url = url.clone();
            async move { fetch(&url).await.map(|(status, _)| status) }
        });
    }
    // All the while, each frame is acknowledged before the next is sent.
    let token = collector.token("ca1").secret;
    let mut stream = ByHand::welcomed(&collector.grpc(), &token, BOOT).await.unwrap();
    stream.send(series(BOOT, &[(1, "node_load1", &[("job", "node")])])).await.unwrap();
    for sequence in 1..=20 {
        stream.send(frame(sequence, now_ms)).await.unwrap();
        match stream.answer().await.unwrap() {
            Down::Acknowledgement(acknowledged) => {
                assert_eq!(acknowledged.frames[0].last, sequence);
            }
            other => panic!("{other:?} in place of an acknowledgement"),
        }
    }
    // Some are served meanwhile, and some are told to come again.
    for status in [200, 503] {
        let answered = async || crowd.was_answered(status).then_some(());
        eventually(&format!("something is answered with {status}"), PATIENCE, answered).await;
    }
    assert_small(&collector, "all at once");
    // In the midst of it.
    let begin = Instant::now();
    let pid = rustix::process::Pid::from_raw(collector.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    crowd.end().await;
    let mut collector = Arc::into_inner(collector).unwrap();
    collector.terminate();
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
}
